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

cygnet_configure gw "$interop/gateway"
cygnet_add gw <<-END
	ipv6 local pool clients6 fd00:99:1::/64 128
	crypto ikev2 authorization policy clients
	ipv6 pool clients6
	ipv6 dns fd00:10::53
	interface Loopback0
	ipv6 address fd00:99::1/128
	interface Virtual-Template1 type tunnel
	ipv6 unnumbered Loopback0
END
cygnet_start gw
charon_client | charon_start c1
capture gw wan "$tmp/wire.pcap"

assigned() { json gw "show crypto ikev2 sa" ".rows[0].assigned_address$1 // \"\""; }
# pings ADDRESS TARGET: there and back.
pings() {
	in_ns c1 ping -c 5 -i 0.05 -s 600 -W 3 -q -I "$1" "$2" >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic from $1 to $2"; }
	in_ns lan ping -c 5 -i 0.05 -W 3 -q "$1" >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic to $1"; }
}
connect() { # NAME=VALUE... of charon_client
	# strongSwan takes 0.0.0.0 and :: for the same and keeps the old one.
	charon_reload c1 </dev/null
	charon_client "$@" | charon_reload c1
	charon_initiate c1 net >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; fail "strongSwan cannot connect"; }
	wait_for 5 sa_ready gw || fail "the gateway shows no SA"
	vip4=$(assigned "") vip6=$(assigned 6)
}
end() {
	charon_ctl c1 --terminate --ike gw --timeout 5 >/dev/null || fail "strongSwan cannot delete"
	wait_for 5 no_sa gw || fail "the gateway keeps an SA that the client deleted"
}
outer() { json gw "show crypto ikev2 sa" '.rows[0].local + " " + .rows[0].remote'; }

for family in 4 6; do
	[[ $family == 4 ]] && remote=192.0.2.1 ends="192.0.2.1 198.51.100.2" || remote=2001:db8:2::1 ends="2001:db8:2::1 2001:db8:1::2"
	step "IPv4 inside of IPv$family"
	connect "remote=$remote"
	[[ $(outer) == "$ends" ]] || fail "outside it is $(outer)"
	[[ $vip4 == 10.99.1.* && -z $vip6 ]] || fail "addresses: '$vip4' '$vip6'"
	pings "$vip4" 10.10.0.10
	end

	step "IPv6 inside of IPv$family"
	connect "remote=$remote" vips=:: remote_ts=::/0
	[[ -z $vip4 && $vip6 == fd00:99:1:* ]] || fail "addresses: '$vip4' '$vip6'"
	pings "$vip6" fd00:10::10
	end

	step "both inside of IPv$family"
	connect "remote=$remote" "vips=0.0.0.0, ::" "remote_ts=0.0.0.0/0, ::/0"
	[[ $vip4 == 10.99.1.* && $vip6 == fd00:99:1:* ]] || fail "addresses: '$vip4' '$vip6'"
	pings "$vip4" 10.10.0.10
	pings "$vip6" fd00:10::10
	show gw "rekey crypto ikev2 sa child" >/dev/null
	rekeyed() { [[ $(json gw "show crypto ikev2 stats" '.rows[0].child_rekeyed') -ge 1 ]]; }
	wait_for 5 rekeyed || fail "a child of both families is not rekeyed: $(cygnet_log gw | tail -n 3)"
	pings "$vip4" 10.10.0.10
	pings "$vip6" fd00:10::10
	end
done
capture_stop
only_ipsec "$tmp/wire.pcap"

step "twin: a gateway without an IPv6 pool"
sed -i '/^ipv6 pool clients6/d' "$(cygnet_root gw)/etc/cygnet/startup-config"
show gw reload >/dev/null
charon_reload c1 </dev/null
charon_client vips=:: remote_ts=::/0 | charon_reload c1
if charon_initiate c1 net >"$tmp/initiate" 2>&1; then fail "connected without an IPv6 pool"; fi
wait_for 5 logged gw 'child\.failed.*IPv6 address.*ipv6 local pool' || { cygnet_log gw | tail -n 5; fail "no line says that there is no IPv6 pool"; }
done_ok
