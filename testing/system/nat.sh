#!/bin/bash
# SPDX-License-Identifier: MIT
# Two Cygnets with a NAT between that forgets its mappings under traffic: the endpoint follows at once, whether
# the NAT stands in front of the client or of the gateway. Twin: without a NAT at the start nothing follows.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-net.sh"
need_root
need_tun
need_build
need_command tcpdump
net_up

gateway=$top/testing/interop/gateway client=$top/testing/interop/client
cygnet_configure gw "$gateway"
cygnet_configure c1 "$client"
for name in gw c1; do
	cygnet_add "$name" <<-END
		crypto ikev2 nat keepalive 5
	END
done
remote() { json gw "show crypto ikev2 sa" '.rows[0].remote + " " + (.rows[0].remote_port | tostring)'; }
remote_is_not() { [[ $(remote) != "$1" ]]; }
connect() {
	cygnet_start gw
	cygnet_start c1
	wait_for 15 sa_ready c1 || fail "the client does not connect"
	wait_for 5 sa_ready gw || fail "the gateway shows no SA"
	vip=$(json c1 "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
}
end() {
	cygnet_stop c1
	wait_for 5 no_sa gw || fail "the gateway keeps an SA of a client that stopped"
	cygnet_stop gw
}
keepalive_seen() { [[ -n $(tcpdump -n -r "$tmp/wire.pcap" "udp[4:2] == 9 and udp[8] == 0xff and src host $1" 2>/dev/null | head -n 1) ]]; }
stats() { json "$1" "show crypto ikev2 stats" ".rows[0].$2"; }

step "the client behind a NAT"
nat_client
capture gw wan "$tmp/wire.pcap"
connect
numbered_start c1 "$vip" lan 10.10.0.10
for _ in 1 2 3; do
	numbered_go_on 5
	before=$(remote)
	nat_flush
	wait_for 5 remote_is_not "$before" || fail "the gateway stays at $before"
done
numbered_go_on 5
numbered_stop
# No mapping is in the way of these; a machine with other work may drop a few of them.
[[ $lost_ab -lt $((sent_a / 20)) ]] || fail "of the client's packets $lost_ab were lost: no mapping was in their way"
[[ $lost_ba -lt 300 ]] || fail "$lost_ba packets were lost: the gateway did not follow at once"

step "an IKE message moves the endpoint too"
before=$(remote)
nat_flush
show c1 "rekey crypto ikev2 sa child" >/dev/null
wait_for 5 remote_is_not "$before" || fail "the gateway stays at $before"
in_ns lan ping -c 3 -i 0.1 -W 3 -q "$vip" >"$tmp/ping" || { cat "$tmp/ping"; fail "the way to the client is lost"; }
ours() { keepalive_seen 192.0.2.254; }
wait_for 8 ours || fail "no keepalive of the client was seen"
capture_stop
end

step "the gateway behind a NAT"
in_ns r nft delete table ip nat
nat_flush
nat_gateway
cygnet_add c1 <<-END
	interface Tunnel0
	tunnel destination 198.51.100.1
	crypto ikev2 keyring gateway
	peer gateway
	address 198.51.100.1
END
capture gw wan "$tmp/wire.pcap"
connect
numbered_start c1 "$vip" lan 10.10.0.10
for _ in 1 2 3; do
	numbered_go_on 5
	nat_flush
done
numbered_go_on 5
numbered_stop
[[ $((lost_ab + lost_ba)) -lt 300 ]] || fail "$lost_ab and $lost_ba packets were lost"
gateways() { keepalive_seen 192.0.2.1; }
wait_for 8 gateways || fail "no keepalive of the gateway was seen"
capture_stop
end

step "twin: no NAT at the start, and then messages from elsewhere: answered, not followed"
in_ns r nft delete table ip nat
nat_flush
cygnet_add c1 <<-END
	interface Tunnel0
	tunnel destination 192.0.2.1
	crypto ikev2 keyring gateway
	peer gateway
	address 192.0.2.1
END
connect
[[ $(remote) == "198.51.100.2 500" ]] || fail "there is no NAT, and the peer is at $(remote)"
nat_client
nat_flush
rekeyed() { [[ $(stats c1 child_rekeyed) -gt 0 ]]; }
show c1 "rekey crypto ikev2 sa child" >/dev/null
wait_for 5 rekeyed || fail "the gateway does not answer where it was asked from"
[[ $(remote) == "198.51.100.2 500" ]] || fail "the gateway follows to $(remote), though there was no NAT"
done_ok
