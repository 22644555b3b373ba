#!/bin/bash
# SPDX-License-Identifier: MIT
# SIGTERM ends everything within a bound, whatever the daemon does.
. "$(dirname "$0")/lib-starter.sh"

step "a daemon that listens ends at once"
fake "ready wait" start
expect_status 0
daemon=$(state daemon)
begin=$SECONDS
fake "" stop
expect_status 0
((SECONDS - begin <= 3)) || fail "it took $((SECONDS - begin)) s"
kill -0 "$daemon" 2>/dev/null && fail "the daemon is still there"

step "SIGTERM to the foreground starter: status 0"
FAKE_DAEMON="ready wait" "$tmp/tree/src/starter/cygnet" start -f --root "$root" 2>"$tmp/fg.log" &
pid=$!
wait_for 5 state_is state running || fail "not running: $(cat "$tmp/fg.log")"
kill "$pid"
wait "$pid" || fail "status $? after SIGTERM"

step "SIGHUP reaches the daemon"
fake "ready hup wait" start
fake "" reload
expect_status 0
wait_for 3 test ! -e "$root/run/cygnet/cygnet.pid" || fail "no SIGHUP arrived"

step "a daemon that does not listen is killed after ten seconds"
fake "deaf ready wait" start
expect_status 0
daemon=$(state daemon)
begin=$SECONDS
fake "" stop
expect_status 0
((SECONDS - begin >= 8 && SECONDS - begin <= 14)) || fail "it took $((SECONDS - begin)) s"
kill -0 "$daemon" 2>/dev/null && fail "the daemon is still there"
expect_log "was killed"

step "stopped before it was ready"
FAKE_DAEMON="wait" "$tmp/tree/src/starter/cygnet" start --root "$root" >"$tmp/early.log" 2>&1 &
pid=$!
wait_for 5 state_is state starting || fail "not starting"
fake "" stop
expect_status 0
status=0
wait "$pid" || status=$?
[[ $status == 1 ]] || fail "status $status: $(cat "$tmp/early.log")"
done_ok
