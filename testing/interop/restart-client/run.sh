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
net_up
ns c2
link c2 wan r toc2
address r toc2 203.0.113.1/24
address c2 wan 203.0.113.2/24
ip -n "$prefix-c2" route add default via 203.0.113.1
charon_options="retransmit_timeout = 0.5
	    retransmit_tries = 2"

cygnet_configure gw "$interop/gateway"
cygnet_add gw <<-END
	crypto ikev2 keyring clients
	peer bob
	identity fqdn bob.example.org
	pre-shared-key key-of-bob
END
cygnet_start gw
conn="dpd_delay = 1s" child="dpd_action = restart"
charon_client "conn=$conn" "child=$child" | charon_start c1
charon_client id=bob.example.org key=key-of-bob | charon_start c2

spis() { json gw "show crypto ikev2 sa" "[.rows[] | select(.status == \"READY\" and (.remote_id | startswith(\"$1\"))) | .local_spi] | join(\" \")"; }
used() { json gw "show ip local pool" '[.rows[].used] | add'; }
initiate() { charon_initiate "$1" net >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; fail "strongSwan in $1 cannot connect"; }; }
# one_sa ID BEFORE: exactly one, and another one than before.
one_sa() { local now; now=$(spis "$1") && [[ -n $now && $now != "$2" && $now != *" "* ]]; }
traffic() {
	local vip
	vip=$(json gw "show crypto ikev2 sa" ".rows[] | select(.remote_id | startswith(\"$1\")) | .assigned_address")
	in_ns lan ping -c 5 -i 0.1 -W 3 -q "$vip" >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic to $1: $2"; }
}
initiate c1
one_sa alice "" || fail "the gateway shows no SA"
alice=$(spis alice)

step "twin: somebody else comes with INITIAL_CONTACT"
initiate c2
charon_logged c2 'generating IKE_AUTH request.*N\(INIT_CONTACT\)' || fail "strongSwan sends no INITIAL_CONTACT: this proves nothing"
[[ $(spis alice) == "$alice" && -n $(spis bob) ]] || fail "the SA of another identity went"

step "the client is killed and comes again"
charon_kill c1
charon_run c1
initiate c1
wait_for 5 one_sa alice "$alice" || fail "its SAs now: '$(spis alice)', before: '$alice'"
[[ $(used) == 2 ]] || fail "$(used) addresses are in use by two clients"
traffic alice "after the client was killed"
traffic bob "after another client was killed"
logged gw 'ike\.down.*alice' || fail "no line says that the older SA is down"

step "a client that does not say that it comes anew: its older SA stays, unless that is forced"
count_is() { [[ $(spis bob | wc -w) == "$1" ]]; }
silent() {
	charon_kill c2
	charon_client id=bob.example.org key=key-of-bob "conn=unique = never" | charon_start c2
	initiate c2
	! charon_logged c2 'generating IKE_AUTH request.*N\(INIT_CONTACT\)' || fail "strongSwan sends INITIAL_CONTACT: this proves nothing"
}
silent
count_is 2 || fail "the gateway has '$(spis bob)': the older SA went unasked"
in_ns gw "$(cygctl_bin)" --root "$(cygnet_root gw)" -c "configure terminal" -c "crypto ikev2 profile clients" \
	-c "initial-contact force" -c end || fail "initial-contact force"
silent
wait_for 5 count_is 1 || fail "the gateway has '$(spis bob)': older SAs stay"
one_sa alice "" || fail "the SA of another identity went"
traffic bob "after its older SAs were ended"

step "our daemon is killed and started again by its starter"
alice=$(spis alice)
kill -9 "$(sed -n 's/^daemon=//p' "$(cygnet_root gw)/run/cygnet/cygnet.state")"
wait_for 30 one_sa alice "$alice" || fail "the client does not come back"
traffic alice "after our daemon was killed"
[[ $(used) == 1 ]] || fail "$(used) addresses are in use by one client"
done_ok
