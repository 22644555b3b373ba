#!/bin/bash
# SPDX-License-Identifier: MIT
# `write memory` goes through the starter: whole or not at all, with the file's mode. A disk that is really full, and
# one that may not be written to, leave the old file as it was and say so; the daemon goes on.
. "$(dirname "$0")/../lib.sh"
need_root
need_build
ns gw
root=$(cygnet_root gw)
etc=$root/etc/cygnet
mkdir -p "$etc"
mount -t tmpfs -o size=256k,mode=755 none "$etc" || skip "no tmpfs can be mounted here"
at_end+=("umount -l '$etc'")
cygnet_configure gw "$top/testing/system/gateway"
chmod 640 "$etc/startup-config"
cygnet_start gw

ctl() { in_ns gw "$(cygctl_bin)" --root "$root" "$@" 2>&1; }
rename() { printf '%s\n' 'configure terminal' "hostname $1" end | ctl >/dev/null || fail "hostname $1"; }
# keeps_the_old_file REASON: a write that fails is told with that reason, and nothing is lost or left behind.
keeps_the_old_file() {
	local before status=0 left
	before=$(sha256sum <"$etc/startup-config")
	out=$(ctl -c 'write memory') || status=$?
	[[ $status == 1 && $out == *"$1"*"the old one is whole"* ]] || fail "status $status: $out"
	[[ $(sha256sum <"$etc/startup-config") == "$before" ]] || fail "the old file was changed"
	left=$(find "$etc" -name '*startup-config*' ! -name startup-config)
	[[ -z $left ]] || fail "left behind: $left"
	logged gw 'startup-config was not written' || fail "not in the log: $(cygnet_log gw)"
}

step "written whole, with the mode that the file had; a reload finds nothing to change"
rename written
out=$(ctl -c 'write memory') || fail "$out"
[[ $out == *"[OK]"* ]] || fail "$out"
grep -qx 'hostname written' "$etc/startup-config" || fail "not written: $(cat "$etc/startup-config")"
grep -qx '  pre-shared-key system-test-key' "$etc/startup-config" || fail "a key is not there"
[[ $(stat -c '%a %U' "$etc/startup-config") == "640 root" ]] || fail "$(stat "$etc/startup-config")"
"$(cygnet_bin)" check-config "$etc/startup-config" >"$tmp/findings" || fail "$(cat "$tmp/findings")"
ctl -c reload >/dev/null || fail "reload"
[[ -z $(ctl -c 'show archive config differences') ]] || fail "running and startup differ"

step "a full disk"
rename later
dd if=/dev/zero of="$etc/filler" bs=4096 2>/dev/null && fail "the disk does not fill"
keeps_the_old_file "No space left on device: see 'df'"
[[ $(ctl -c 'show running-config') == *"hostname later"* ]] || fail "what was in force is gone"

step "room again: written"
rm "$etc/filler"
ctl -c 'write memory' >/dev/null || fail "write memory"
grep -qx 'hostname later' "$etc/startup-config" || fail "not written"

step "a disk that may not be written to"
rename last
# The daemon's side sees mounts of its own: there the starter writes.
starter=$(cat "$root/run/cygnet/cygnet.pid")
nsenter -t "$starter" -m -r mount -o remount,ro "$etc" || fail "remount"
keeps_the_old_file "Read-only file system: mount it read-write"
nsenter -t "$starter" -m -r mount -o remount,rw "$etc" || fail "remount"
ctl -c 'write memory' >/dev/null || fail "write memory"
grep -qx 'hostname last' "$etc/startup-config" || fail "not written"
done_ok
