#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../../lib.sh"
. "$(dirname "$0")/../lib-charon.sh"
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONDONTWRITEBYTECODE=1
need_root
need_tun
need_build
charon_need
need_command python3

ns gw c1
link gw wan c1 wan
address gw wan 10.64.0.1/12
address c1 wan 10.63.0.1/32
ip -n "$prefix-c1" route add 10.64.0.0/16 dev wan
ip -n "$prefix-gw" route add 10.63.0.1/32 dev wan

step "the plan: what our plugins provide, crossed with what strongSwan lists"
mkdir -p "$tmp/first"
printf 'hostname first\nend\n' >"$tmp/first/startup-config"
cygnet_start gw "$tmp/first"
show_json gw "show plugins detail" >"$tmp/plugins.json"
cygnet_stop gw
echo | charon_start c1
charon_ctl c1 --list-algs >"$tmp/algorithms"
python3 "$here/plan.py" "$tmp/plugins.json" "$tmp/algorithms" "$tmp" || fail "no plan"
rows=$(jq length "$tmp/rows.json")
member() { jq -r ".[].$1" "$tmp/rows.json"; }
# An address a row on each side, within the tunnels, and outside for what we call.
member inner_theirs | sed 's,.*,addr add &/32 dev lo,' | ip -n "$prefix-c1" -batch -
member inner_ours | sed 's,.*,addr add &/32 dev lo,' | ip -n "$prefix-gw" -batch -

# compare [MEMBER]: both views against the plan.
compare() {
	charon_ctl c1 --list-sas >"$tmp/list-sas"
	show_json gw "show crypto ikev2 sa" >"$tmp/ike.json"
	show_json gw "show crypto ipsec sa" >"$tmp/ipsec.json"
	python3 "$here/compare.py" "$tmp/rows.json" "$tmp/list-sas" "$tmp/ike.json" "$tmp/ipsec.json" "$@"
}
# pings: one packet there and back in each row's child, 16 at a time.
pings() {
	paste <(member inner_theirs) <(member inner_ours) |
		xargs -P 16 -L 1 sh -c 'ip netns exec "$0" ping -c 1 -W 5 -q -I "$1" "$2" >/dev/null || echo "no traffic from $1 to $2"' "$prefix-c1" >"$tmp/pings"
	[[ ! -s $tmp/pings ]] || { cat "$tmp/pings"; fail "no traffic in some rows"; }
}
rekeys() {
	for ((n = 0; n < rows; n++)); do
		charon_ctl c1 --rekey --child "n$n" >"$tmp/rekey" 2>&1 || { cat "$tmp/rekey"; fail "row $n: no rekey"; }
	done
}
rekeyed() { [[ $(json gw "show crypto ikev2 stats" '.rows[0].child_rekeyed') -ge $rows && $(json gw "show crypto ipsec sa" '.rows | length') == "$rows" ]]; }

step "strongSwan calls: $rows connections"
cygnet_configure gw "$tmp/first"
cp "$tmp/startup-config" "$(cygnet_root gw)/etc/cygnet/startup-config"
cygnet_start gw
charon_reload c1 <"$tmp/swanctl.conf" 2>"$tmp/load"
for ((n = 0; n < rows; n++)); do
	charon_ctl c1 --initiate --child "n$n" --timeout 30 >"$tmp/initiate" 2>&1 || {
		tail -n 5 "$tmp/initiate"
		cygnet_log gw | grep failed | tail -n 2
		fail "row $n: $(jq -r ".[$n] | .ike_token + \" \" + .esp_token" "$tmp/rows.json") does not connect"
	}
done
pings
compare || fail "the views differ"
step "each child rekeyed with the group of its row"
rekeys
wait_for 30 rekeyed || fail "not all children were rekeyed: $(json gw "show crypto ikev2 stats" '.rows[0].child_rekeyed')"
pings
compare ke || fail "the views differ after the rekeys"

step "twin: a suite that no proposal of ours names"
{
	sed -n '1,/^ }/p' "$tmp/swanctl.conf" | sed 's/proposals = [^e].*/proposals = aes256ccm16-prfsha256-x25519/; s/ c0 {/ twin {/; s/ n0 {/ twin {/'
	sed -n '/^}/,$p' "$tmp/swanctl.conf"
} | charon_reload c1 2>"$tmp/load"
if charon_ctl c1 --initiate --child twin --timeout 10 >"$tmp/initiate" 2>&1; then fail "connected, and should not have"; fi
logged gw 'ike\.failed.*AES-CCM' || { cygnet_log gw | tail -n 3; fail "no line of ours names the suite that was offered"; }
cygnet_stop gw

step "we call: $rows tunnels at once"
charon_ctl c1 --terminate --ike twin --timeout 1 >/dev/null 2>&1 || true
charon_gone() { charon_has_no_sa c1; }
wait_for 10 charon_gone || { for ((n = 0; n < rows; n++)); do charon_ctl c1 --terminate --ike "c$n" --force --timeout 1 >/dev/null 2>&1 || true; done; }
member outer | sed '1d; s,.*,addr add &/32 dev wan,' | ip -n "$prefix-gw" -batch -
charon_reload c1 <"$tmp/swanctl.conf.answers" 2>"$tmp/load"
cp "$tmp/startup-config.calls" "$(cygnet_root gw)/etc/cygnet/startup-config"
cygnet_start gw
wait_for 60 sa_ready gw "$rows" || { cygnet_log gw | grep failed | tail -n 5; fail "$(json gw "show crypto ikev2 sa" '[.rows[] | select(.status == "READY")] | length') of $rows tunnels are up"; }
pings
compare || fail "the views differ"
step "each child rekeyed with another group"
rekeys
wait_for 30 rekeyed || fail "not all children were rekeyed: $(json gw "show crypto ikev2 stats" '.rows[0].child_rekeyed')"
pings
compare pfs || fail "the views differ after the rekeys"
say "$rows suites, both ways round"
done_ok
