#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../../lib.sh"
. "$(dirname "$0")/../../lib-net.sh"
. "$(dirname "$0")/../lib-charon.sh"
interop=$(cd "$(dirname "$0")/.." && pwd)
need_root
need_tun
need_build
charon_need
need_command tcpdump python3
net_up

charon_gateway | charon_start gw
cygnet_configure c1 "$interop/client"
cygnet_add c1 <<-END
	crypto ikev2 nat keepalive 5
	crypto ikev2 dpd 10 2 on-demand
END

connect() {
	cygnet_start c1
	wait_for 15 sa_ready c1 || { cygnet_log c1 | tail; fail "the client does not connect"; }
	vip=$(json c1 "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
	read -r nat_local nat_remote <<<"$(json c1 "show crypto ikev2 sa" '"\(.rows[0].nat_local) \(.rows[0].nat_remote)"')"
}
client_keepalive() { keepalive_seen 192.0.2.254; }
keepalive_seen() { [[ -n $(tcpdump -n -r "$tmp/wire.pcap" "udp[4:2] == 9 and udp[8] == 0xff and src host $1" 2>/dev/null | head -n 1) ]]; }
theirs() { charon_ctl gw --list-sas | sed -n "s/.*remote .* @ \([0-9.]*\)\[\([0-9]*\)\].*/\1 \2/p" | head -n 1; }
theirs_is_not() { [[ $(theirs) != "$1" ]]; }

step "the client behind a NAT: its mapping is lost under traffic"
nat_client
capture gw wan "$tmp/wire.pcap"
connect
[[ $nat_local == true ]] || fail "the client does not know of its NAT"
before=$(theirs)
[[ $before == "192.0.2.254 "* ]] || fail "strongSwan sees the client elsewhere: $before"
numbered_start c1 "$vip" lan 10.10.0.10
numbered_go_on 5
nat_flush
sleep 1
[[ $(theirs) == "$before" ]] || say "this strongSwan follows ESP"
# Nothing comes any more, much goes out: a probe is due after ten seconds, and it shows the new port.
wait_for 14 theirs_is_not "$before" || fail "strongSwan never heard of the new port"
numbered_go_on 5
numbered_stop
# No mapping is in the way of these; a machine with other work may drop a few of them.
[[ $lost_ab -lt $((sent_a / 20)) ]] || fail "of the client's packets $lost_ab were lost: no mapping was in their way"
[[ $lost_ba -lt 13000 ]] || fail "$lost_ba packets were lost: more than until the probe"
# Traffic spares keepalives: the first one comes when it has ended.
wait_for 12 client_keepalive || fail "no keepalive of the client was seen"
capture_stop
cygnet_stop c1
wait_for 8 charon_has_no_sa gw || fail "strongSwan keeps an SA of a client that stopped"

step "the gateway behind a NAT: its mapping is lost under traffic"
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
capture c1 wan "$tmp/wire.pcap"
connect
[[ $nat_remote == true ]] || fail "the client does not know of the NAT in front of the gateway"
numbered_start c1 "$vip" lan 10.10.0.10
numbered_go_on 5
nat_flush
numbered_go_on 5
numbered_stop
[[ $((lost_ab + lost_ba)) -lt 200 ]] || fail "$lost_ab and $lost_ba packets were lost"

step "twin: no NAT in front of us, no keepalives"
sleep 6
capture_stop
if keepalive_seen 198.51.100.2; then fail "the client sends keepalives without a NAT in front of it"; fi
only_ipsec "$tmp/wire.pcap"
done_ok
