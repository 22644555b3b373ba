#!/bin/bash
# SPDX-License-Identifier: MIT
# Two daemons connect, carry traffic, answer, reload and end behind the filter of system calls, which here
# ends a daemon at the first call that it refuses. With one shard and with two.
. "$(dirname "$0")/../lib.sh"
need_root
need_tun
need_build
ns gw client
link gw wan client wan
address gw wan 192.0.2.1/24
address client wan 192.0.2.2/24
address gw lo 10.10.0.10/32
state() { sed -n "s/^$2=//p" "$(cygnet_root "$1")/run/cygnet/cygnet.state"; }
never_fell() {
	for name in gw client; do
		[[ $(state $name restarts) == 0 && $(state $name state) == running ]] ||
			fail "$name fell: $(cygnet_log $name | grep -E 'fell|signal' | tail -n 3)"
	done
}

for shards in 1 2; do
	step "$shards shard(s): connect"
	for name in gw client; do rm -rf "$(cygnet_root $name)"; done
	CYGNET_SHARDS=$shards cygnet_start gw testing/quickstart/gateway --debug
	CYGNET_SHARDS=$shards cygnet_start client testing/quickstart/client --debug
	filtered=$(awk '/^Seccomp:/ {print $2}' "/proc/$(state gw daemon)/status")
	wait_for 30 sa_ready client || { never_fell; fail "not connected"; }

	step "traffic"
	in_ns client ping -c 5 -i 0.1 -W 2 -q 10.10.0.10 >/dev/null || { never_fell; fail "no traffic"; }
	never_fell

	step "commands, reload, clear, a second connection"
	for command in "show version" "show plugins detail" "show crypto ikev2 sa detailed" "show crypto ipsec sa" \
		"show ip local pool" "show running-config"; do
		show gw "$command" >/dev/null || { never_fell; fail "$command"; }
	done
	in_ns gw "$(cygnet_bin)" reload --root "$(cygnet_root gw)"
	show client "clear crypto ikev2 sa" >/dev/null || { never_fell; fail "clear"; }
	wait_for 30 sa_ready client || { never_fell; fail "not connected again"; }
	in_ns client ping -c 3 -i 0.1 -W 2 -q 10.10.0.10 >/dev/null || { never_fell; fail "no traffic"; }
	never_fell

	step "the end"
	for name in client gw; do
		in_ns $name "$(cygnet_bin)" stop --root "$(cygnet_root $name)" || fail "stop $name"
		grep -qE 'signal 31|was killed' <<<"$(cygnet_log $name)" && fail "$name: $(cygnet_log $name | tail -n 5)"
	done
	# Else the next round would find nobody to stop and that is fine.
	roots=()
done
[[ $filtered == 2 ]] || skip "this build has no filter of system calls; all else passed"
done_ok
