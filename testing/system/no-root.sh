#!/bin/bash
# SPDX-License-Identifier: MIT
# Without root: what needs it says so in one line and what works without; the rest works.
. "$(dirname "$0")/lib-starter.sh"
need_command setpriv

as_nobody() {
	status=0
	out=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$tmp/tree/src/starter/cygnet" --root "$root" "$@" 2>&1) || status=$?
}

step "start"
as_nobody start
expect_status 4
one_line
expect "start needs root"
expect "check-config, status"
[[ ! -e $root ]] || fail "it made folders"

step "status, stop and reload of nothing"
for command in status stop reload; do
	as_nobody "$command"
	expect_status 3
	one_line
done

step "status of what root started; stop and reload are refused"
fake "ready wait" start
expect_status 0
as_nobody status
expect_status 0
expect "fake and ready"
for command in stop reload restart; do
	as_nobody "$command"
	expect_status 4
	one_line
done
fake "" status
expect_status 0

step "wrong usage"
as_nobody
expect_status 2
as_nobody strat
expect_status 2
expect "did you mean 'start'"
as_nobody check-config
expect_status 2
as_nobody --help
expect_status 0
as_nobody --version
expect_status 0
done_ok
