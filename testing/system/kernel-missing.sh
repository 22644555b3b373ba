#!/bin/bash
# SPDX-License-Identifier: MIT
# The plugin kernel-netlink on a kernel that cannot do ESP: it says which option is missing, and kernel-tun goes on
# working beside it.
. "$(dirname "$0")/../lib.sh"
need_root
need_tun
need_build

ns gw
if in_ns gw ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100 mode tunnel \
	aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128 2>/dev/null; then
	skip "this kernel has ESP (testing/kernel has the scenarios for it)"
fi

step "kernel-netlink alone"
cp -r "$top/testing/system/gateway" "$tmp/conf"
mkdir -p "$tmp/conf/plugins"
echo 'load = no' >"$tmp/conf/plugins/kernel-tun.conf"
cygnet_start gw "$tmp/conf"
wait_for 10 logged gw 'kernel.missing.*CONFIG_INET_ESP' || fail "no line names CONFIG_INET_ESP: $(cygnet_log gw | grep kernel)"
cygnet_log gw | grep 'kernel.missing'
modinfo xfrm_interface >/dev/null 2>&1 || logged gw 'CONFIG_XFRM_INTERFACE' || fail "no line names CONFIG_XFRM_INTERFACE"
logged gw 'interface.failed' || fail "no line says that the tunnels' interface is not there"
[[ -z $(in_ns gw ip -br link show | grep cyg-) ]] || fail "a device stays: $(in_ns gw ip -br link)"
cygnet_stop gw

step "twin: kernel-tun beside it"
rm "$tmp/conf/plugins/kernel-tun.conf"
rm -rf "$(cygnet_root gw)"
cygnet_start gw "$tmp/conf"
wait_for 10 logged gw 'kernel.interface: ' || fail "no device with kernel-tun: $(cygnet_log gw | grep kernel)"
! logged gw 'kernel.missing' || fail "the plane that is not used complains"
done_ok
