#!/bin/bash
# SPDX-License-Identifier: MIT
# A daemon that said it was alive and then says nothing for 30 seconds is killed and started again.
. "$(dirname "$0")/lib-starter.sh"

step "one daemon falls silent, another never speaks of itself, a third is not watched"
fake "ready alive wait" start
root=$tmp/root2 fake "ready wait" start
root=$tmp/root3 fake "ready alive wait" start --no-watchdog
begin=$SECONDS
wait_for 40 state_is restarts 1 || fail "the silent daemon was left alone"
((SECONDS - begin >= 28)) || fail "killed after $((SECONDS - begin)) s already"
expect_log "given no sign of life for 30 s"
wait_for 3 state_is state running || fail "not started again"
sleep 3
for other in "$tmp/root2" "$tmp/root3"; do
	root=$other
	state_is restarts 0 || fail "$other was killed"
done
done_ok
