#!/bin/bash
# SPDX-License-Identifier: MIT
# No TUN device: the daemon says which interface it cannot have and how to mend that, and runs on without.
. "$(dirname "$0")/../lib.sh"
need_root
need_build
need_command unshare
ns gw
cygnet_configure gw "$top/testing/system/gateway"
root=$(cygnet_root gw)
roots+=("$root")

in_ns gw unshare -m bash -c 'mount -t tmpfs none /dev/net && exec "$@"' - \
	"$(cygnet_bin)" start --root "$root" >"$tmp/out" 2>&1 || fail "no start: $(cat "$tmp/out"; cygnet_log gw)"
step "the log names the device and the module"
wait_for 5 grep -q 'no /dev/net/tun: load the module: modprobe tun' "$root"/var/log/*.log ||
	fail "not said: $(cygnet_log gw)"
step "the rest answers"
show gw "show version" >/dev/null || fail "show version"
[[ $(show gw "show interfaces") == *" is down, device cyg-"* ]] || fail "the device is not told to be down: $(show gw "show interfaces")"
done_ok
