#!/bin/bash
# SPDX-License-Identifier: MIT
# Each `clear` ends what it says and nothing else: of two sessions, over two addresses of the gateway, the other one keeps its
# SPIs and its children; counters begin anew and what they count goes on.
. "$(dirname "$0")/../lib.sh" "${1:-}"
. "$(dirname "$0")/../lib-net.sh"
need_root
need_tun
need_build
need_command jq

net_up
mkdir "$tmp/gateway" "$tmp/second"
# The second client is a host of the gateway's own network: neither side gives it an address.
sed -e '/^crypto ikev2 profile/a\ match identity remote address 10.10.0.10' \
	-e '/^ peer alice/i\ peer second\n  address 10.10.0.10\n  pre-shared-key second-key-of-this-test' \
	"$top/testing/system/typed/gateway/ready.cfg" >"$tmp/gateway/startup-config"
sed -e 's/192\.0\.2\.1/10.10.0.1/; s/198\.51\.100\.2/10.10.0.10/; s/swordfish-of-alice/second-key-of-this-test/' \
	-e '/identity local/d; /^ip route/d' "$top/testing/system/typed/client/startup-config" >"$tmp/second/startup-config"
cygnet_start gw "$tmp/gateway"
cygnet_start c1 "$top/testing/system/typed/client"
cygnet_start lan "$tmp/second"

sa() { json gw "show crypto ikev2 sa" ".rows[] | select(.status == \"READY\" and .remote == \"$1\") | .$2"; } # PEER FIELD
child() { json gw "show crypto ipsec sa" ".rows[] | select(.status == \"installed\" and .remote == \"$1\") | .spi_in"; }
both() { [[ -n $(child 198.51.100.2) && -n $(child 10.10.0.10) && $(json gw "show crypto ikev2 sa" '.rows | length') == 2 ]]; }
wait_for 20 both || fail "two sessions do not come up: $(show gw 'show crypto ikev2 sa')"

# ends ADDRESS STAYS COMMAND: one session of the two, by this.
ends() {
	local ended stays of_stays cleared
	wait_for 40 both || fail "before $3: not both are up"
	ended=$(sa "$1" local_spi) stays=$(sa "$2" local_spi) of_stays=$(child "$2")
	cleared=$(json gw "$3" '.rows[0].cleared')
	[[ $cleared == 1 ]] || fail "$3: cleared $cleared"
	gone() { [[ $(sa "$1" local_spi) != "$2" ]]; }
	wait_for 5 gone "$1" "$ended" || fail "$3: the session is still there"
	[[ $(sa "$2" local_spi) == "$stays" && $(child "$2") == "$of_stays" ]] || fail "$3: the other session is disturbed"
}
step "sessions by either address and by number"
ends 198.51.100.2 10.10.0.10 "clear crypto ikev2 sa remote 198.51.100.2"
ends 10.10.0.10 198.51.100.2 "clear crypto ikev2 sa local 10.10.0.1"
ends 198.51.100.2 10.10.0.10 "clear crypto session remote 198.51.100.2"
wait_for 40 both || fail "not both are up"
ends 10.10.0.10 198.51.100.2 "clear crypto ikev2 sa psh $(sa 10.10.0.10 tunnel_id)"

step "whom nobody is: nothing ends"
wait_for 40 both || fail "not both are up"
before="$(sa 198.51.100.2 local_spi) $(sa 10.10.0.10 local_spi)"
for command in "ikev2 sa remote 192.0.2.99" "ikev2 sa local 192.0.2.99" "ikev2 sa psh 4000000" "ikev2 sa fvrf blue" \
	"session remote 192.0.2.99" "sa peer 192.0.2.99"; do
	[[ $(json gw "clear crypto $command" '.rows[0].cleared') == 0 ]] || fail "clear crypto $command ends something"
done
[[ "$(sa 198.51.100.2 local_spi) $(sa 10.10.0.10 local_spi)" == "$before" ]] || fail "a session ended"

step "children alone"
old=$(child 198.51.100.2) other=$(child 10.10.0.10)
[[ $(json gw "clear crypto sa peer 198.51.100.2" '.rows[0].cleared') == 1 ]] || fail "clear crypto sa peer"
anew() { [[ -n $(child 198.51.100.2) && $(child 198.51.100.2) != "$old" ]]; }
wait_for 20 anew || fail "no other child has come"
[[ "$(sa 198.51.100.2 local_spi) $(sa 10.10.0.10 local_spi)" == "$before" ]] || fail "a session ended with its child"
[[ $(child 10.10.0.10) == "$other" ]] || fail "the other peer's child ended"

step "counters"
stat() { json gw "show crypto ikev2 stats" ".rows[0].$1"; }
[[ $(stat sa_in) -ge 5 && $(stat active) == 2 ]] || fail "sa_in $(stat sa_in), active $(stat active)"
show gw "clear crypto ikev2 stats" >/dev/null
[[ $(stat sa_in) == 0 && $(stat child_created) == 0 && $(stat active) == 2 ]] ||
	fail "after clear: sa_in $(stat sa_in), child_created $(stat child_created), active $(stat active)"
[[ $(json gw "show crypto ikev2 stats exchange" '[.rows[] | select(.group != "EXCHANGES" and .group != "OTHER COUNTERS")] | length') == 0 ]] ||
	fail "notifies are not forgotten"
[[ "$(sa 198.51.100.2 local_spi) $(sa 10.10.0.10 local_spi)" == "$before" ]] || fail "a session ended"

step "all"
[[ $(json gw "clear crypto ikev2 sa" '.rows[0].cleared') == 2 ]] || fail "clear crypto ikev2 sa"
done_ok
