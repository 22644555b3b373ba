#!/bin/bash
# SPDX-License-Identifier: MIT
# The service manager hears when the daemon is ready, how it is and when it stops; the daemon hears nothing of it.
. "$(dirname "$0")/lib-starter.sh"
need_command python3

for address in "$tmp/notify.sock" "@cygnet-test-$$"; do
	step "$address"
	python3 -u -c "
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
a = sys.argv[1]
s.bind('\0' + a[1:] if a[0] == '@' else a)
print('bound')
while True:
    print(s.recv(4096).decode())" "$address" >"$tmp/heard" 2>&1 &
	pids+=($!)
	wait_for 5 grep -q bound "$tmp/heard" || fail "no listener: $(cat "$tmp/heard")"
	NOTIFY_SOCKET=$address fake "ready wait" start
	expect_status 0
	wait_for 3 grep -qx READY=1 "$tmp/heard" || fail "not told: $(cat "$tmp/heard")"
	grep -q '^STATUS=running: fake and ready' "$tmp/heard" || fail "no status: $(cat "$tmp/heard")"
	grep -qz '^NOTIFY_SOCKET=' "/proc/$(state daemon)/environ" && fail "the daemon has NOTIFY_SOCKET"
	grep -q STOPPING "$tmp/heard" && fail "stopping already"
	fake "" stop
	expect_status 0
	wait_for 3 grep -qx STOPPING=1 "$tmp/heard" || fail "not told: $(cat "$tmp/heard")"
done

step "without a listener it starts all the same"
NOTIFY_SOCKET=$tmp/nobody fake "ready wait" start
expect_status 0
fake "" stop
expect_status 0
done_ok
