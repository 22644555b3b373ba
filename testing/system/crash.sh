#!/bin/bash
# SPDX-License-Identifier: MIT
# A daemon that falls is brought back, each time a little later; one whose start cannot succeed is not.
. "$(dirname "$0")/lib-starter.sh"

step "after a fall the daemon is back within two seconds"
fake "ready keep return wait" start
expect_status 0
starter=$(starter_pid) first=$(state daemon)
kill -ABRT "$first"
wait_for 3 state_is restarts 1 || fail "the fall was not seen"
wait_for 3 state_is state running || fail "not restarted"
[[ $(starter_pid) == "$starter" && $(state daemon) != "$first" ]] || fail "not the same starter, or the same daemon"
expect_log "the daemon fell: signal 6"

step "the next time it waits longer"
kill -KILL "$(state daemon)"
wait_for 3 state_is state waiting || fail "the second fall was not seen"
fake "" status
expect "restart in 2 s"

step "it can be stopped while it waits"
fake "" stop
expect_status 0

step "what was kept survives the fall"
fake "ready keep abort" start
expect_status 0
wait_for 4 state_is restarts 2 || fail "no second life"
fake "" stop
start_log >"$tmp/log"
rm "$root/var/log/cygnet-start.log"
fake "ready return keep abort" start
wait_for 4 state_is restarts 2 || fail "no second life"
fake "" stop
[[ $(start_log | grep 'fake: state:' | head -n 2 | cut -d: -f3) == $' not found\n ok with a descriptor' ]] ||
	fail "not given back: $(start_log)"

step "a daemon with a wrong option, a busy port or wrong arguments is not started again"
for code in 2 3 4; do
	fake "exit=$code" start
	expect_status 1
	[[ ! -e $root/run/cygnet/cygnet.pid ]] || fail "status $code: the starter still runs"
done
expect "stop that daemon"
step "the same in the foreground"
fake "exit=3" start --foreground
expect_status 1

step "who waits for a first start that fails and fails again is told why; it goes on trying"
begin=$SECONDS
fake "abort" start
expect_status 1
expect "the daemon fell: signal 6"
((SECONDS - begin <= 8)) || fail "it took $((SECONDS - begin)) s to say so"
state_is state waiting || fail "it does not try on"
fake "" stop
expect_status 0

step "a daemon that breaks the broker's protocol is killed and started again"
fake "ready garbage wait" start
wait_for 4 state_is restarts 1 || fail "not killed"
expect_log "does not keep to the broker's protocol"
fake "" stop
expect_status 0

step "a daemon that stops by itself ends the starter"
fake "ready exit=0" start
expect_status 0
wait_for 3 test ! -e "$root/run/cygnet/cygnet.pid" || fail "the starter still runs"
done_ok
