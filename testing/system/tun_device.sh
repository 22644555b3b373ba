#!/bin/bash
# SPDX-License-Identifier: MIT
# The plugin kernel-tun between two namespaces: device, addresses, routes and rules appear, traffic passes
# sealed, by UDP and by raw ESP, and nothing is left at the end, after a fall neither.
# shellcheck source=testing/lib.sh
. "$(dirname "$0")/../lib.sh" "$@"
need_root
need_tun
need_build
need_command ping tcpdump
make -s -C "$build" testing/system/tun_live >"$tmp/make.log" 2>&1 || fail "tun_live: $(cat "$tmp/make.log")"

ns left right
link left wan right wan
address left wan 192.0.2.1/24
address right wan 192.0.2.2/24

live() { # SIDE MODE SUITE
	rm -f "$tmp/$1.log"
	in_background "$1" "$tmp/$1.log" "$build/testing/system/tun_live" "$@"
	eval "$1=$!"
	wait_for 10 grep -q '^ready$' "$tmp/$1.log" || fail "$1 does not start: $(cat "$tmp/$1.log")"
}
rules() { { in_ns "$1" ip rule; in_ns "$1" ip -6 rule; } | grep -c 'proto 73\|lookup 73\|fwmark 0xc6' || true; } # NS
end_side() { # SIDE
	local pid=${!1}
	kill "$pid"
	wait_gone 5 "$pid" || fail "$1 does not end"
	grep -q '^in ' "$tmp/$1.log" || fail "$1 ended badly: $(cat "$tmp/$1.log")"
}
count() { awk -v f="$2" '/^in / { for (i = 1; i < NF; i += 2) if ($i == f) print $(i + 1) }' "$tmp/$1.log"; } # SIDE FIELD
nothing_left() { # SIDE
	[[ $(rules "$1") == 0 ]] || fail "rules are left: $(in_ns "$1" ip rule)"
	[[ -z $(in_ns "$1" ip route show table 73) && -z $(in_ns "$1" ip -6 route show table 73) ]] || fail "routes are left"
	in_ns "$1" ip link show cyg-t0 >/dev/null 2>&1 && fail "the device is left"
	return 0
}

for mode in udp raw; do
	for suite in gcm cbc chacha; do
		step "$mode, $suite"
		live left $mode $suite
		live right $mode $suite
		capture left wan "$tmp/$mode-$suite.pcap"
		in_ns left ping -q -c 5 -i 0.05 -W 2 10.99.2.1 >"$tmp/ping" || fail "no answer over IPv4: $(cat "$tmp/ping")"
		in_ns right ping -q -c 5 -i 0.05 -W 2 fd99:1::1 >"$tmp/ping" || fail "no answer over IPv6: $(cat "$tmp/ping")"
		in_ns left ping -q -c 2 -i 0.05 -s 1372 -M do -W 2 10.99.2.1 >"$tmp/ping" || fail "a full packet does not pass"
		capture_stop
		only_ipsec "$tmp/$mode-$suite.pcap"
		end_side left
		end_side right
		[[ $(count left out) -ge 12 && $(count right in) == "$(count left out)" && $(count left in) == "$(count right out)" ]] ||
			fail "the counters do not agree: $(tail -n 1 "$tmp/left.log") / $(tail -n 1 "$tmp/right.log")"
		[[ $(count left dropped) == 0 && $(count right dropped) == 0 ]] || fail "packets were dropped"
		nothing_left left
		nothing_left right
	done
done

step "device, addresses, routes and rules while it runs"
live left udp gcm
[[ $(in_ns left ip -o link show cyg-t0) == *UP*"mtu 1400"* ]] || fail "device: $(in_ns left ip link show cyg-t0)"
in_ns left ip -o addr show cyg-t0 | grep >/dev/null '10.99.1.1/24' || fail "no IPv4 address"
in_ns left ip -o addr show cyg-t0 | grep >/dev/null 'fd99:1::1/128' || fail "no IPv6 address"
in_ns left ip -o addr show cyg-t0 | grep >/dev/null 'fe80:' && fail "an address that nobody asked for"
for to in 10.99.1.0/24 10.99.2.0/24; do
	in_ns left ip route show table 73 proto 73 | grep >/dev/null "^$to dev cyg-t0" || fail "no route to $to: $(in_ns left ip route show table 73; in_ns left ip addr show cyg-t0)"
done
in_ns left ip -6 route show table 73 proto 73 | grep >/dev/null '^fd99:2::/64 dev cyg-t0' || fail "no IPv6 route"
[[ $(rules left) == 6 ]] || fail "rules: $(in_ns left ip rule)"
in_ns left ip route show | grep >/dev/null cyg-t0 && fail "a route of ours in the main table"
[[ $(in_ns left ip route get 10.99.2.1) == *cyg-t0* ]] || fail "not the way into the tunnel"
[[ $(in_ns left ip route get 10.99.2.1 mark 0xc6 2>&1) != *cyg-t0* ]] || fail "a packet of ours would loop"

step "a fall leaves rules; the next start brings order and the next end takes them away"
kill -KILL "$left"
wait_gone 5 "$left" || fail "still there"
[[ $(rules left) == 6 ]] || fail "the fall left no rules: this proves nothing"
live left udp gcm
[[ $(rules left) == 6 ]] || fail "rules: $(in_ns left ip rule)"
end_side left
nothing_left left

step "a default route into the tunnel does not hide the network outside"
live left udp gcm
in_ns left ip route add default dev cyg-t0 table 73 proto 73
[[ $(in_ns left ip route get 192.0.2.2) == *" dev wan "* ]] || fail "$(in_ns left ip route get 192.0.2.2)"
[[ $(in_ns left ip route get 203.0.113.1) == *" dev cyg-t0 "* ]] || fail "$(in_ns left ip route get 203.0.113.1)"
end_side left
nothing_left left

step "without the capability it says so"
if command -v setpriv >/dev/null; then
	status=0
	in_ns left setpriv --bounding-set -net_admin --inh-caps -net_admin "$build/testing/system/tun_live" left udp gcm \
		>"$tmp/no-cap" 2>&1 || status=$?
	[[ $status != 0 ]] || fail "it started without CAP_NET_ADMIN"
fi
done_ok
