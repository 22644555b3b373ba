#!/bin/bash
# SPDX-License-Identifier: MIT
# One daemon for each --root: the second one says who has it, in one line and with an exit status of its own.
. "$(dirname "$0")/lib-starter.sh"

step "one runs"
fake "ready wait" start
expect_status 0
first=$(starter_pid)

step "a second one on the same root is refused, in the background and in the foreground"
for how in "" --foreground; do
	fake "ready wait" start ${how:+"$how"}
	expect_status 5
	one_line
	expect "already running on $root (pid $first)"
done
[[ $(starter_pid) == "$first" ]] || fail "the pid file changed"
fake "" status
expect_status 0
expect "state     running"

step "one on another root runs beside it"
root=$tmp/root2 fake "ready wait" start
expect_status 0
root=$tmp/root2 fake "" stop
expect_status 0

step "ten at once: one wins"
fake "" stop
expect_status 0
for i in {1..10}; do
	FAKE_DAEMON="ready wait" "$tmp/tree/src/starter/cygnet" --root "$root" start >"$tmp/race$i" 2>&1 &
	race[i]=$!
done
won=0
for i in {1..10}; do
	status=0
	wait "${race[i]}" || status=$?
	case $status in
	0) won=$((won + 1)) ;;
	5) ;;
	*) fail "status $status: $(cat "$tmp/race$i")" ;;
	esac
done
[[ $won == 1 ]] || fail "$won of ten started"

step "when the starter is killed, the daemon ends and the root is free again"
starter=$(starter_pid)
daemon=$(state daemon)
kill -KILL "$starter"
wait_gone 5 "$daemon" || fail "the daemon outlives its starter"
fake "" status
expect_status 3
fake "ready wait" start
expect_status 0
[[ $(starter_pid) != "$starter" ]] || fail "the old pid is still there"
fake "" stop
expect_status 0
fake "" stop
expect_status 3
expect "not running"
done_ok
