# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by the scenarios of the starter: a tree of its own in which a small program that does as told
# (src/starter/fake_daemon.c) stands where the starter looks for the daemon.
# shellcheck source=testing/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" "$@"
need_root
need_build
make -s -C "$build" src/starter/fake_daemon >"$tmp/make.log" 2>&1 || fail "fake_daemon: $(cat "$tmp/make.log")"
mkdir -p "$tmp/tree/src/starter" "$tmp/tree/src/cygnetd" "$tmp/tree/src/plugins"
cp "$build/src/starter/cygnet" "$tmp/tree/src/starter/"
cp "$build/src/starter/fake_daemon" "$tmp/tree/src/cygnetd/cygnetd"
chmod -R a+rX "$tmp/tree"
root=$tmp/root

# Ends what a failed scenario left running.
at_end+=('fake_end "$tmp"/root*')
fake_end() {
	local folder pid
	for folder in "$@"; do
		pid=$(cat "$folder/run/cygnet/cygnet.pid" 2>/dev/null) || continue
		kill "$pid" 2>/dev/null && wait_gone 12 "$pid"
	done
}
# fake 'WORDS' COMMAND...: cygnet with a daemon that does WORDS. Output at $out, exit status at $status.
fake() {
	local words=$1
	shift
	status=0
	out=$(FAKE_DAEMON=$words "$tmp/tree/src/starter/cygnet" --root "$root" "$@" 2>&1) || status=$?
}
expect_status() { [[ $status == "$1" ]] || fail "exit status $status, expected $1: $out"; }
expect() { grep -q -- "$1" <<<"$out" || fail "'$1' is not in: $out"; }
one_line() { [[ $(wc -l <<<"$out") == 1 ]] || fail "more than one line: $out"; }
start_log() { cat "$root/var/log/cygnet-start.log"; }
expect_log() { grep -q -- "$1" <<<"$(start_log)" || fail "'$1' is not in the log: $(start_log)"; }
starter_pid() { cat "$root/run/cygnet/cygnet.pid"; }
state() { sed -n "s/^$1=//p" "$root/run/cygnet/cygnet.state" 2>/dev/null; }
state_is() { [[ $(state "$1") == "$2" ]]; }
