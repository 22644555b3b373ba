#!/bin/bash
# SPDX-License-Identifier: MIT
# One line in a plugin's .conf swaps who does MODP-2048; without any provider, and without a kernel
# plugin, the line in the log names what is missing.
. "$(dirname "$0")/../lib.sh"
need_root
need_tun
need_build
[[ -e $build/src/plugins/gmp/.libs/gmp.so ]] || skip "built without the plugin gmp"

ns gw client host
link gw wan client wan
link gw lan host lan
address gw wan 192.0.2.1/24
address client wan 192.0.2.2/24
address gw lan 10.10.0.1/24
address host lan 10.10.0.10/24
ip -n "$prefix-host" route add default via 10.10.0.1
forwarding gw

# configure NS: the quickstart's configuration with MODP-2048 as the only group.
configure() {
	rm -rf "$tmp/conf-$1"
	mkdir -p "$tmp/conf-$1/plugins"
	{
		sed '/^end$/d' "$top/testing/quickstart/$2/startup-config"
		printf '%s\n' 'crypto ikev2 proposal modp' ' encryption aes-gcm-128' ' prf sha256' ' group 14' \
			'crypto ikev2 policy modp' ' proposal modp' end
	} >"$tmp/conf-$1/startup-config"
	printf 'shards = %s\nlog-file = cygnet.log\nlog-level = debug\n' "${CYGNET_SHARDS:-1}" >"$tmp/conf-$1/cygnet.conf"
}
# offer NS PLUGIN: what becomes of its MODP-2048: used, spare, disabled.
offer() { json "$1" "show plugins detail" ".rows[] | select(.name == \"$2\") | .provides[] | select(.name == \"MODP-2048\") | .offer"; }
instances() { json "$1" "show plugins detail" ".rows[] | select(.name == \"$2\") | .instances"; }
restart() {
	cygnet_stop gw
	cygnet_stop client
	rm -f "$(cygnet_root gw)"/var/log/* "$(cygnet_root client)"/var/log/*
	cygnet_start gw "$tmp/conf-gw"
	cygnet_start client "$tmp/conf-client"
}
ping_ok() { in_ns client ping -c 3 -i 0.1 -W 2 -q 10.10.0.10 >/dev/null; }
configure gw gateway
configure client client

step "openssl by default"
cygnet_start gw "$tmp/conf-gw"
cygnet_start client "$tmp/conf-client"
wait_for 20 sa_ready client || fail "no connection"
ping_ok || fail "no traffic"
[[ $(offer gw openssl) == used && $(offer gw gmp) == spare ]] ||
	fail "MODP-2048: openssl is $(offer gw openssl), gmp is $(offer gw gmp)"
[[ $(instances gw gmp) == 0 ]] || fail "gmp has instances, though openssl is preferred"

step "gmp by one line in its .conf"
echo 'load = 200' >"$tmp/conf-gw/plugins/gmp.conf"
restart
wait_for 20 sa_ready client || fail "no connection with gmp"
ping_ok || fail "no traffic with gmp"
[[ $(offer gw openssl) == spare && $(offer gw gmp) == used ]] ||
	fail "MODP-2048: openssl is $(offer gw openssl), gmp is $(offer gw gmp)"
[[ $(instances gw gmp) -ge 1 ]] || fail "the connection did not go through gmp"
show gw "show plugins detail" | grep -E 'MODP-2048|^ *(Plugin|plugin)' | head -n 8 || true

step "the other line: openssl without it"
rm "$tmp/conf-gw/plugins/gmp.conf"
echo 'disable = MODP-2048' >"$tmp/conf-gw/plugins/openssl.conf"
restart
wait_for 20 sa_ready client || fail "no connection with openssl's MODP-2048 disabled"
[[ $(offer gw openssl) == disabled && $(offer gw gmp) == used ]] ||
	fail "MODP-2048: openssl is $(offer gw openssl), gmp is $(offer gw gmp)"

step "twin: neither"
echo 'load = no' >"$tmp/conf-gw/plugins/gmp.conf"
restart
wait_for 20 logged gw 'MODP-2048.*(gmp|openssl)' || fail "no line names what is missing: $(cygnet_log gw | tail -n 3)"
cygnet_log gw | grep -E 'MODP-2048' | head -n 2
sa_ready client && fail "connected without anybody to do MODP-2048"

step "twin: no kernel plugin"
rm "$tmp/conf-gw/plugins/"*.conf
for plane in kernel-tun kernel-netlink; do echo 'load = no' >"$tmp/conf-gw/plugins/$plane.conf"; done
restart
wait_for 20 logged gw 'kernel-tun' || fail "no line names the kernel plugin: $(cygnet_log gw | tail -n 3)"
cygnet_log gw | grep -E 'kernel' | head -n 2
[[ $(json gw "show crypto ipsec sa" '.rows | length') == 0 ]] || fail "a CHILD_SA without a kernel plugin"
done_ok
