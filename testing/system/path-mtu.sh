#!/bin/bash
# SPDX-License-Identifier: MIT
# A narrow link between two gateways, over ESP in UDP and raw ESP, IPv4 and IPv6 outside: who sends more than fits and
# forbids fragments is told the size, and TCP goes through at once.
# shellcheck source=testing/lib.sh
. "$(dirname "$0")/../lib.sh" "$@"
need_root
need_tun
need_build
need_command iperf3 jq

ns a b mid
link a wan mid east
link mid west b wan
forwarding mid
address a wan 192.0.2.1/25
address mid east 192.0.2.126/25
address mid west 192.0.2.254/25
address b wan 192.0.2.130/25
address a wan 2001:db8:a::1/64
address mid east 2001:db8:a::f/64
address mid west 2001:db8:b::f/64
address b wan 2001:db8:b::1/64
ip -n "$prefix-a" route add default via 192.0.2.126
ip -n "$prefix-b" route add default via 192.0.2.254
ip -n "$prefix-a" -6 route add default via 2001:db8:a::f
ip -n "$prefix-b" -6 route add default via 2001:db8:b::f
# Only the router knows: our own interfaces take 1500.
ip -n "$prefix-mid" link set west mtu 1300
ip -n "$prefix-b" link set wan mtu 1300

gateway() { # NS OUTER PEER INNER PEER-INNER ENCAP
	rm -rf "${tmp:?}/$1" && mkdir -p "$tmp/$1"
	local mask=255.255.255.255 peer=$3 match="$3 255.255.255.255"
	[[ $3 != *:* ]] || peer=$3/128 match=$3/128
	cat >"$tmp/$1/startup-config" <<-C
	hostname $1
	crypto ikev2 keyring peers
	 peer other
	  address $peer
	  pre-shared-key path-key
	crypto ikev2 profile peers
	 match identity remote address $match
	 identity local address $2
	 authentication local pre-share
	 authentication remote pre-share
	 keyring local peers
	 $6
	crypto ipsec transform-set gcm esp-gcm
	 mode tunnel
	crypto ipsec profile peers
	 set transform-set gcm
	 set ikev2-profile peers
	interface Tunnel0
	 ip address $4 $mask
	 tunnel source $2
	 tunnel mode ipsec ipv4
	 tunnel destination $3
	 tunnel protection ipsec profile peers
	ip route $5 $mask Tunnel0
	end
	C
}
pings() { in_ns a ping -c 1 -W 1 "$@" 10.99.0.2 >/dev/null 2>&1; }
told() { in_ns a ip route get 10.99.0.2 | sed -nE 's/.*mtu ([0-9]+).*/\1/p'; }

run() { # WHAT OUTER PEER ENCAP OVERHEAD
	step "$1"
	gateway a "$2" "$3" 10.99.0.1 10.99.0.2 "$4"
	gateway b "$3" "$2" 10.99.0.2 10.99.0.1 "$4"
	cygnet_start a "$tmp/a"
	cygnet_start b "$tmp/b"
	wait_for 15 pings || fail "no way through the tunnel"
	# The first large ones find out; then the sender knows.
	knows() { pings -M do -s 1300; [[ -n $(told) ]]; }
	wait_for 10 knows || fail "nobody tells the size"
	local size most=$(((1300 - $5) / 4 * 4 - 2))
	size=$(told)
	[[ $size == "$most" ]] || fail "told $size octets, and $most fit"
	pings -M do -s $((size - 28)) || fail "what was told does not fit"
	pings -M do -s $((size - 27)) && fail "more than was told passes"
	[[ $(json a "show crypto ipsec sa" '.rows[0].drop_too_big // 0') -gt 0 ]] || fail "nothing was counted"
	in_background b "$tmp/iperf" iperf3 -s -1 -B 10.99.0.2
	iperf=$!
	listens() { [[ -n $(in_ns b ss -Hltn 'sport = :5201') ]]; }
	wait_for 5 listens || fail "iperf3 does not start"
	in_ns a timeout 30 iperf3 -c 10.99.0.2 -n 5M >"$tmp/tcp" 2>&1 || { cat "$tmp/tcp"; fail "TCP does not go through"; }
	wait_gone 5 "$iperf" || true
	cygnet_stop a
	cygnet_stop b
}
run "UDP over IPv4" 192.0.2.1 192.0.2.130 "nat force-encap" $((20 + 8 + 8 + 8 + 16))
ip -n "$prefix-a" route flush cache
run "raw ESP over IPv4" 192.0.2.1 192.0.2.130 "" $((20 + 8 + 8 + 16))
run "UDP over IPv6" 2001:db8:a::1 2001:db8:b::1 "nat force-encap" $((40 + 8 + 8 + 8 + 16))
done_ok
