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
need_command tcpdump
net_up

charon_gateway "local=192.0.2.1, 2001:db8:2::1" "pools=clients, clients6" "local_ts=0.0.0.0/0, ::/0" | charon_start gw
capture gw wan "$tmp/wire.pcap"

assigned() { json c1 "show crypto ikev2 sa" ".rows[0].assigned_address$1 // \"\""; }
pings() {
	in_ns c1 ping -c 5 -i 0.05 -s 600 -W 3 -q "$2" >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic from $1 to $2"; }
	in_ns lan ping -c 5 -i 0.05 -W 3 -q "$1" >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic to $1"; }
}
# connect OUTER INNER...: families.
connect() {
	local outer=$1
	shift
	rm -rf "$(cygnet_root c1)"
	cygnet_configure c1 "$interop/client"
	{
		if [[ $outer == 6 ]]; then
			say "crypto ikev2 keyring gateway"
			say "peer gateway"
			say "address 2001:db8:2::1/128"
		fi
		say "interface Tunnel0"
		if [[ $outer == 6 ]]; then
			say "tunnel source 2001:db8:1::2"
			say "tunnel destination 2001:db8:2::1"
		fi
		[[ " $* " == *" 4 "* ]] || say "no ip address negotiated"
		if [[ " $* " == *" 6 "* ]]; then
			[[ " $* " == *" 4 "* ]] || say "tunnel mode ipsec ipv6"
			say "ipv6 address negotiated"
			say "ipv6 route fd00:10::/64 Tunnel0"
		fi
	} | cygnet_add c1
	cygnet_start c1
}
up() {
	wait_for 15 sa_ready c1 || { cygnet_log c1 | tail; fail "the client does not connect"; }
	vip4=$(assigned "") vip6=$(assigned 6)
}
end() {
	cygnet_stop c1
	wait_for 8 charon_has_no_sa gw || fail "strongSwan keeps an SA of a client that stopped"
}

step "IPv4 inside of IPv6"
connect 6 4
up
[[ $vip4 == 10.99.2.* && -z $vip6 ]] || fail "addresses: '$vip4' '$vip6'"
pings "$vip4" 10.10.0.10
end

step "IPv6 inside of IPv4"
connect 4 6
up
[[ -z $vip4 && $vip6 == fd00:99:2:* ]] || fail "addresses: '$vip4' '$vip6'"
pings "$vip6" fd00:10::10
end

step "both inside of IPv6"
connect 6 4 6
up
[[ $vip4 == 10.99.2.* && $vip6 == fd00:99:2:* ]] || fail "addresses: '$vip4' '$vip6'"
pings "$vip4" 10.10.0.10
pings "$vip6" fd00:10::10
end
capture_stop
only_ipsec "$tmp/wire.pcap"

step "twin: the gateway has no IPv6 addresses"
charon_gateway | charon_reload gw
connect 4 6
wait_for 10 logged c1 'failed.*(INTERNAL_ADDRESS_FAILURE|FAILED_CP_REQUIRED|TS_UNACCEPTABLE)' || { cygnet_log c1 | tail -n 5; fail "no line says why"; }
[[ $(json c1 "show crypto ipsec sa" '.rows | length') == 0 ]] || fail "a child came about"
done_ok
