#!/bin/bash
# SPDX-License-Identifier: MIT
# cygnet check-config FILE: 0 without an error, 1 with one, 2 if there is nothing to read; as root and as nobody.
. "$(dirname "$0")/../lib.sh"
need_root
need_build
need_command setpriv
cp "$top/testing/system/gateway/startup-config" "$tmp/good"
sed '/^hostname/s/$/ one-word-too-many/' "$tmp/good" >"$tmp/bad"
mkdir -m 700 "$tmp/private"
cp "$tmp/good" "$tmp/private/good"
chmod 600 "$tmp/private/good"
chmod 644 "$tmp/good" "$tmp/bad"

check() { # EXPECTED [PREFIX...] FILE
	local expected=$1 status=0
	shift
	out=$("${@:1:$#-1}" "$(cygnet_bin)" check-config "${!#}" 2>&1) || status=$?
	[[ $status == "$expected" ]] || fail "exit status $status, expected $expected for ${!#}: $out"
}
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

step "as root"
check 0 "$tmp/good"
check 0 "$tmp/private/good"
check 1 "$tmp/bad"
grep -qE "^$tmp/bad:[0-9]+:[0-9]+: error: .+ \[[a-z-]+\]$" <<<"$out" || fail "no finding with a place: $out"
check 2 "$tmp/none"
check 2 "$tmp/private"

step "as nobody"
if "${nobody[@]}" test -x "$(cygnet_bin)"; then
	check 0 "${nobody[@]}" "$tmp/good"
	check 1 "${nobody[@]}" "$tmp/bad"
	check 2 "${nobody[@]}" "$tmp/private/good"
else
	say "(the build tree is private: not tried)"
fi
done_ok
