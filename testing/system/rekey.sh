#!/bin/bash
# SPDX-License-Identifier: MIT
# Two Cygnets, the gateway with two shards: each of them, and both at once, rekey the child and the IKE_SA twenty
# times under 1,000 numbered packets a second both ways; volume brings new keys too; no packet is lost.
# Twin: a gateway that is asked for nothing rekeys nothing.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-net.sh"
need_root
need_tun
need_build
need_command tcpdump
net_up

CYGNET_SHARDS=2 cygnet_configure gw "$top/testing/interop/gateway"
cygnet_configure c1 "$top/testing/interop/client"
cygnet_start gw
cygnet_start c1
wait_for 15 sa_ready c1 || fail "the client does not connect"
wait_for 5 sa_ready gw || fail "the gateway shows no SA"
vip=$(json c1 "show crypto ikev2 sa detailed" '.rows[0].assigned_address')

witness_start gw c1

stat() { json "$1" "show crypto ikev2 stats" ".rows[0].$2"; }
stat_is() { [[ $(stat "$1" "$2") == "$3" ]]; }
stat_from() { [[ $(stat "$1" "$2") -ge $3 ]]; }
# twenty NS COUNTER COMMAND
twenty() {
	local before i
	before=$(stat "$1" "$2")
	for ((i = 1; i <= 20; i++)); do
		show "$1" "$3" >/dev/null || fail "$1: $3"
		wait_for 10 stat_is "$1" "$2" $((before + i)) || fail "$1: $2 is $(stat "$1" "$2"), $i after $before"
	done
	say "$1: 20 more $2"
}
# both_at_once COUNTER COMMAND: twenty times.
both_at_once() {
	local i before
	for ((i = 1; i <= 20; i++)); do
		before=$(stat gw "$1")
		show gw "$2" >/dev/null &
		show c1 "$2" >/dev/null || fail "c1: $2"
		wait $! || fail "gw: $2"
		wait_for 10 stat_from gw "$1" $((before + 1)) || fail "both at once: $1 stays at $before"
		wait_for 10 settled || fail "more than one SA is left: $(show gw "show crypto ikev2 sa")"
	done
	say "both at once: 20 times, $1 is $(stat gw "$1")"
}
settled() {
	[[ $(json gw "show crypto ikev2 sa" '.rows | length') == 1 && $(json c1 "show crypto ikev2 sa" '.rows | length') == 1 &&
		$(json gw "show crypto ipsec sa" '.rows | length') == 1 && $(json c1 "show crypto ipsec sa" '.rows | length') == 1 ]]
}
no_losses() {
	losses
	if [[ $lost_ab != 0 || $lost_ba != 0 ]]; then
		witness_tell
		fail "packets were lost"
	fi
	[[ $(($(numbered a doubled) + $(numbered b doubled))) == 0 ]] || fail "packets came twice"
	for name in gw c1; do
		[[ $(stat "$name" child_failed) == 0 ]] || fail "a negotiation failed: $(cygnet_log "$name" | grep failed)"
	done
}

step "new keys by either side and by both under traffic"
count_start
numbered_start c1 "$vip" lan 10.10.0.10
for name in gw c1; do
	twenty "$name" child_rekeyed "rekey crypto ikev2 sa child"
	twenty "$name" ike_rekeyed "rekey crypto ikev2 sa"
done
both_at_once child_rekeyed "rekey crypto ikev2 sa child"
both_at_once ike_rekeyed "rekey crypto ikev2 sa"
numbered_go_on 5
numbered_stop
count_stop
no_losses

step "twin: nobody asks, nothing is rekeyed"
children=$(stat gw child_rekeyed)
show gw "rekey crypto ikev2 sa remote 192.0.2.99 child" >/dev/null
sleep 1
stat_is gw child_rekeyed "$children" || fail "a child was rekeyed that nobody asked for"

step "volume brings new keys"
cygnet_add c1 <<-END
	crypto ipsec profile gateway
	set security-association lifetime kilobytes 5120
END
show c1 reload >/dev/null
show c1 "rekey crypto ikev2 sa child" >/dev/null
wait_for 5 stat_is gw child_rekeyed $((children + 1)) || fail "no new keys"
count_start 1300
numbered_start c1 "$vip" lan 10.10.0.10 1600 1300
wait_for 20 stat_from gw child_rekeyed $((children + 3)) || fail "no new keys by volume"
numbered_stop
count_stop
no_losses
done_ok
