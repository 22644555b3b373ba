#!/bin/bash
# SPDX-License-Identifier: MIT
# What the daemon is left with: a user of its own, CAP_NET_ADMIN, four descriptors. Nothing else.
. "$(dirname "$0")/lib-starter.sh"

field() { start_log | sed -n "s/^fake: $1:[[:space:]]*//p" | head -n 1; }

step "another user, no groups, one capability, no way to others"
fake "tell ready wait" start
expect_status 0
net_admin=0000000000001000 none=0000000000000000
[[ $(field Uid | cut -f1) != 0 ]] || fail "uid 0"
[[ -z $(field Groups | tr -d ' ') ]] || fail "groups: $(field Groups)"
for set in CapInh CapPrm CapEff CapAmb; do
	[[ $(field $set) == "$net_admin" ]] || fail "$set is $(field $set)"
done
[[ $(field CapBnd) == "$none" ]] || fail "CapBnd is $(field CapBnd)"
[[ $(field NoNewPrivs) == 1 ]] || fail "new privileges are possible"
[[ $(field SigBlk) == "$none" ]] || fail "signals are blocked: $(field SigBlk)"
[[ $(start_log | grep -c '^fake: fd ') == 4 ]] || fail "descriptors: $(start_log | grep 'fake: fd')"
[[ $(awk '/Max core file size/ {print $5}' "/proc/$(state daemon)/limits") == 0 ]] || fail "core files are on"

step "its folders, and nothing of root's in them that it could take away"
[[ $(stat -c '%a %u' "$root/run/cygnet") == "1775 0" ]] || fail "run: $(stat -c '%a %u' "$root/run/cygnet")"
[[ $(stat -c '%a' "$root/var/lib/cygnet") == 750 ]] || fail "lib"
[[ $(stat -c '%u' "$root/var/lib/cygnet") != 0 ]] || fail "var/lib/cygnet is root's"
fake "" stop

step "the checker of configurations: no capability at all"
echo >"$tmp/config"
chmod 644 "$tmp/config"
fake "tell exit=0" check-config "$tmp/config"
expect_status 0
for set in CapInh CapPrm CapEff CapBnd CapAmb; do expect "fake: $set:[[:space:]]*$none"; done
grep -qE 'fake: Uid:[[:space:]]*0' <<<"$out" && fail "uid 0: $out"
chmod 600 "$tmp/config"
fake "tell exit=0" check-config "$tmp/config"
expect_status 0
expect "fake: CapEff:[[:space:]]*$none"

step "a lock file that is a link to somewhere is refused"
rm "$root/run/cygnet/cygnet.lock"
echo precious >"$tmp/precious"
ln -s "$tmp/precious" "$root/run/cygnet/cygnet.lock"
fake "ready wait" start
expect_status 1
[[ $(cat "$tmp/precious") == precious ]] || fail "written through the link"
rm "$root/run/cygnet/cygnet.lock"

step "where its user cannot pass, it is uid 0 without the powers, and that is said"
chmod 700 "$root"
rm "$root/var/log/cygnet-start.log"
fake "tell ready wait" start
expect_status 0
expect_log "cannot reach $root: the daemon runs as uid 0"
[[ $(field Uid | cut -f1) == 0 ]] || fail "not uid 0"
[[ $(field CapEff) == "$net_admin" && $(field CapBnd) == "$none" ]] || fail "powers: $(start_log)"
fake "" stop
expect_status 0
done_ok
