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
charon_options="keep_alive = 1s"

cygnet_configure gw "$interop/gateway"
cygnet_add gw <<-END
	crypto ikev2 nat keepalive 5
END
cygnet_start gw
charon_client | charon_start c1

remote() { json gw "show crypto ikev2 sa" '.rows[0].remote + " " + (.rows[0].remote_port | tostring)'; }
remote_is() { [[ $(remote) == "$1" ]]; }
remote_is_not() { [[ $(remote) != "$1" ]]; }
connect() {
	charon_initiate c1 net >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; fail "strongSwan cannot connect"; }
	wait_for 5 sa_ready gw || fail "the gateway shows no SA"
	vip=$(json gw "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
	read -r nat_local nat_remote <<<"$(json gw "show crypto ikev2 sa" '"\(.rows[0].nat_local) \(.rows[0].nat_remote)"')"
}
# keepalives IF FILTER: one comes.
keepalive_seen() { [[ -n $(tcpdump -n -r "$tmp/wire.pcap" "udp[4:2] == 9 and udp[8] == 0xff and ($1)" 2>/dev/null | head -n 1) ]]; }
# esp_payload N: the N-th ESP packet of the client, as hexadecimal octets.
esp_payload() {
	tcpdump -n -r "$tmp/wire.pcap" -x "src host 192.0.2.254 and udp dst port 4500 and udp[8:4] != 0 and udp[4:2] > 12" 2>/dev/null |
		awk -v want="$1" '/^\t0x/ {if (n == want) {sub(/^[^:]*:/, ""); gsub(/ /, ""); printf "%s", $0}; next} {n++}' | cut -c57-
}
# from_elsewhere HEX: sent to the gateway from the NAT's address and another port.
from_elsewhere() {
	in_ns r python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.254", 40000))
s.sendto(bytes.fromhex(sys.argv[1]), ("192.0.2.1", 4500))' "$1"
}
drops() { esp gw "drop_$1"; }
grew() { [[ $(drops "$1") -gt $2 ]]; }

step "the client behind a NAT: its mapping is lost under traffic"
nat_client
capture gw wan "$tmp/wire.pcap"
connect
[[ $nat_remote == true && $nat_local == false ]] || fail "the gateway takes the NAT to be elsewhere: local $nat_local, remote $nat_remote"
before=$(remote)
[[ $before == "192.0.2.254 "* && $before != *" 4500" ]] || fail "the client does not come from the NAT: $before"
numbered_start c1 "$vip" lan 10.10.0.10
numbered_go_on 5
nat_flush
wait_for 5 remote_is_not "$before" || fail "the gateway stays at $before"
after=$(remote)
numbered_go_on 5
nat_flush
wait_for 5 remote_is_not "$after" || fail "the gateway stays at $after"
numbered_go_on 5
numbered_stop
# What the gateway sends between the loss of the mapping and the client's next packet has nowhere to go.
# No mapping is in the way of these; a machine with other work may drop a few of them.
[[ $lost_ab -lt $((sent_a / 20)) ]] || fail "of the client's packets $lost_ab were lost: no mapping was in their way"
[[ $lost_ba -lt 200 ]] || fail "$lost_ba packets to the client were lost: the gateway did not follow at once"

step "an idle client's keepalives keep its mapping"
sleep 2
capture_stop
keepalive_seen "src host 192.0.2.254" || fail "no keepalive of the client was seen"

step "twin: its packets replayed or forged from another port move nothing"
before=$(remote)
replayed=$(drops replay)
octets=$(esp_payload 5)
[[ ${#octets} -gt 100 ]] || fail "no ESP packet in the capture"
from_elsewhere "$octets"
wait_for 5 grew replay "$replayed" || fail "the replayed packet was not dropped as one"
forged=$(drops authentication)
from_elsewhere "${octets:0:8}00ffffff${octets:16}"
wait_for 5 grew authentication "$forged" || fail "the forged packet was not dropped as one"
remote_is "$before" || fail "the gateway follows a packet that the client did not send: $(remote)"
in_ns lan ping -c 3 -i 0.1 -W 3 -q "$vip" >"$tmp/ping" || { cat "$tmp/ping"; fail "the way to the client is lost"; }
charon_ctl c1 --terminate --ike gw --timeout 5 >/dev/null || fail "strongSwan cannot delete"
wait_for 5 no_sa gw || fail "the gateway keeps an SA that the client deleted"

step "the gateway behind a NAT: its mapping is lost under traffic"
in_ns r nft delete table ip nat
nat_flush
nat_gateway
charon_client remote=198.51.100.1 | charon_reload c1
capture gw wan "$tmp/wire.pcap"
connect
[[ $nat_local == true ]] || fail "the gateway does not know of the NAT in front of it"
numbered_start c1 "$vip" lan 10.10.0.10
numbered_go_on 5
nat_flush
numbered_go_on 5
numbered_stop
[[ $((lost_ab + lost_ba)) -lt 200 ]] || fail "$lost_ab and $lost_ba packets were lost"

step "the gateway's keepalives keep its mapping"
keepalive_ours() { keepalive_seen "src host 192.0.2.1"; }
wait_for 8 keepalive_ours || fail "no keepalive of the gateway was seen"
capture_stop
only_ipsec "$tmp/wire.pcap"
done_ok
