#!/bin/bash
# SPDX-License-Identifier: MIT
# The real daemon falls and is back; it ends in time; all the while behind the filter of system calls,
# which here ends the daemon on any call that it refuses.
. "$(dirname "$0")/../lib.sh"
need_root
need_build
need_tun
ns gw
cygnet_start gw "$top/testing/system/gateway" --debug
root=$(cygnet_root gw)
state() { sed -n "s/^$1=//p" "$root/run/cygnet/cygnet.state"; }
state_is() { [[ $(state "$1") == "$2" ]]; }
daemon=$(state daemon)

step "the filter is closed, the user is not root, the device is there"
[[ $(awk '/^Seccomp:/ {print $2}' "/proc/$daemon/status") == 2 ]] || say "this build has no filter of system calls"
[[ $(awk '/^Uid:/ {print $2}' "/proc/$daemon/status") != 0 ]] || say "the build tree is private: uid 0 without powers"
[[ $(awk '/^CapEff:/ {print $2}' "/proc/$daemon/status") == 0000000000001000 ]] || fail "powers"
wait_for 5 ip -n "$prefix-gw" link show cyg-v1 || fail "no device: $(cygnet_log gw)"

step "its work goes on behind the filter"
for command in "show version" "show plugins" "show crypto ikev2 sa" "show crypto ipsec sa" "show running-config"; do
	show gw "$command" >/dev/null || fail "$command"
done
in_ns gw "$(cygnet_bin)" reload --root "$root"
sleep 1
state_is restarts 0 || fail "it fell: $(cygnet_log gw)"

step "killed, it is back with another pid, sockets and device"
kill -KILL "$daemon"
wait_for 5 state_is restarts 1 || fail "the fall was not seen"
wait_for 10 state_is state running || fail "not back: $(cygnet_log gw)"
[[ $(state daemon) != "$daemon" ]] || fail "the same pid"
show gw "show version" >/dev/null || fail "it does not answer"
wait_for 5 ip -n "$prefix-gw" link show cyg-v1 || fail "no device"
[[ $(in_ns gw ss -H -uln 'sport = :500' | wc -l) -ge 1 ]] || fail "no socket"

step "it says that it is alive"
sleep 6
grep -q 'shard.stuck' <<<"$(cygnet_log gw)" && fail "stuck: $(cygnet_log gw)"

step "it ends by itself within five seconds, in order"
begin=$SECONDS
in_ns gw "$(cygnet_bin)" stop --root "$root" || fail "stop"
((SECONDS - begin <= 5)) || fail "it took $((SECONDS - begin)) s"
grep -q 'was killed' <<<"$(cygnet_log gw)" && fail "it had to be killed: $(cygnet_log gw)"
ip -n "$prefix-gw" link show cyg-v1 2>/dev/null && fail "the device is still there"
done_ok
