#!/bin/bash
# SPDX-License-Identifier: MIT
# A startup-config that is a folder is told so; the daemon runs with an empty configuration and can be mended.
. "$(dirname "$0")/../lib.sh"
need_root
need_build
ns gw
mkdir -p "$tmp/empty/startup-config"
cygnet_start gw "$tmp/empty"
root=$(cygnet_root gw)

step "said in the log, and an empty configuration runs"
grep -q 'startup-config is a folder, not a file: move it away' <<<"$(cygnet_log gw)" || fail "not said: $(cygnet_log gw)"
grep -q 'crypto ikev2 profile' <<<"$(show gw "show running-config")" && fail "where does this configuration come from?"

step "check-config says so too, with status 2"
status=0
out=$("$(cygnet_bin)" check-config "$root/etc/cygnet/startup-config" 2>&1) || status=$?
[[ $status == 2 && -n $out ]] || fail "status $status: $out"

step "a file in its place and a reload mend it"
rmdir "$root/etc/cygnet/startup-config"
cp "$top/testing/system/gateway/startup-config" "$root/etc/cygnet/startup-config"
in_ns gw "$(cygnet_bin)" reload --root "$root" || fail "reload"
mended() { grep -q 'crypto ikev2 profile clients' <<<"$(show gw "show running-config")"; }
wait_for 5 mended || fail "not mended: $(cygnet_log gw)"
done_ok
