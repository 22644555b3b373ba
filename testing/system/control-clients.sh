#!/bin/bash
# SPDX-License-Identifier: MIT
# A gateway in bad company: a change that locks its own author's tunnel out, and nobody who confirms it; 10,000 control
# connections of people with no right, of those who may look, of those who may do everything; one client that asks and
# never reads. Each is turned away with a clear word, nobody else waits, and the way back is taken by itself.
. "$(dirname "$0")/../lib.sh"
need_root
need_tun
need_build
need_command python3
ns gw c1
link gw wan c1 wan
address gw wan 192.0.2.1/24
address c1 wan 192.0.2.2/24
# The groups that have rights, for those in this namespace alone.
mkdir -p "/etc/netns/$prefix-gw"
at_end+=("rm -rf '/etc/netns/$prefix-gw'")
printf 'root:x:0:\ncygnet:x:64701:\ncygnet-view:x:64702:\n' >"/etc/netns/$prefix-gw/group"
cygnet_start gw "$top/testing/quickstart/gateway"
cygnet_start c1 "$top/testing/quickstart/client"
root=$(cygnet_root gw)
ctl() { timeout 60 ip netns exec "$prefix-gw" "$(cygctl_bin)" --root "$root" "$@" 2>&1; }
wait_for 30 sa_ready gw || fail "the client is not connected"

step "a lock-out, with a minute to confirm"
printf '%s\n' 'configure terminal revert timer 1' 'crypto ikev2 profile clients' shutdown end | ctl >"$tmp/typed" ||
	fail "$(cat "$tmp/typed")"
wait_for 10 no_sa gw || fail "shutting the profile has not ended the session"
out=$(ctl -c 'write memory') && fail "written with the way back armed: $out"
[[ $out == *"configure confirm"* ]] || fail "$out"

# crowd WHO COUNT [UID GID]: holds its connections until crowd_leaves; what it saw in $tmp/crowd.
crowd() {
	step "10,000 connections of $1"
	rm -f "$tmp/crowd"
	mkfifo "$tmp/stay"
	ip netns exec "$prefix-gw" python3 "$top/testing/system/control_clients.py" "$root/run/cygnet/control.sock" \
		crowd "${@:2}" >"$tmp/crowd" 2>"$tmp/crowd.err" <"$tmp/stay" &
	crowd_pid=$!
	pids+=("$crowd_pid")
	exec 9>"$tmp/stay"
}
crowd_is_done() { grep -q ' answered$' "$tmp/crowd" || ! kill -0 "$crowd_pid"; }
crowd_is_in() {
	wait_for 120 crowd_is_done || fail "it takes for ever"
	grep -q ' answered$' "$tmp/crowd" || fail "$(cat "$tmp/crowd" "$tmp/crowd.err")"
}
crowd_saw() { grep -qE "^$1\$" "$tmp/crowd" || fail "not '$1' but: $(cat "$tmp/crowd")"; }
crowd_leaves() {
	exec 9>&-
	wait_gone 20 "$crowd_pid" || fail "the crowd does not leave"
	rm "$tmp/stay"
}

crowd "those who may not" 10000 64700 64700
for ((i = 0; i < 5; i++)); do ctl -c 'show version' >/dev/null || fail "not answered meanwhile"; done
crowd_is_in
crowd_saw "10000 you may not use this daemon: be root or in group cygnet \(or cygnet-view to look\)"
crowd_leaves

crowd "those who may look" 10000 64700 64702
for ((i = 0; i < 5; i++)); do ctl -c 'show version' >/dev/null || fail "not answered meanwhile"; done
crowd_is_in
crowd_saw "48 greeted"
crowd_saw "9952 too many sessions are open on the control socket: close some"
crowd_saw "48 answered"
ctl -c 'show version' >/dev/null || fail "who may configure does not get in"
crowd_leaves

crowd "root" 10000
crowd_is_in
crowd_saw "64 greeted"
crowd_saw "9936 too many sessions are open on the control socket: close some"
crowd_saw "64 answered"
out=$(ctl -c 'show version') && fail "one more got in"
[[ $out == *"too many sessions are open"* ]] || fail "$out"
crowd_leaves
answers() { ctl -c 'show version'; }
wait_for 10 answers || fail "nobody gets in any more"

step "a client that asks and never reads"
in_background gw "$tmp/deaf" python3 "$top/testing/system/control_clients.py" "$root/run/cygnet/control.sock" deaf
wait_for 20 grep -q '^deaf' "$tmp/deaf" || fail "it can send for ever: $(cat "$tmp/deaf")"
for ((i = 0; i < 5; i++)); do ctl -c 'show version' >/dev/null || fail "not answered meanwhile"; done
wait_for 60 grep -q '^thrown out' "$tmp/deaf" || fail "it is still there: $(cat "$tmp/deaf")"
logged gw 'is closed: it has not read for 30 seconds' || fail "not in the log"

step "the way back was taken, and the client is connected again"
is_back() { logged gw 'what it was before root began: nobody confirmed in time'; }
wait_for 90 is_back || fail "not in the log: $(cygnet_log gw)"
[[ $(ctl -c 'show running-config') != *shutdown* ]] || fail "the profile is still shut"
wait_for 90 sa_ready gw || fail "the client is not connected again"
out=$(ctl -c 'configure confirm') && fail "there is still something to confirm: $out"

step "twin: a change that is confirmed stays"
printf '%s\n' 'configure terminal revert timer 1' 'hostname confirmed' end 'configure confirm' | ctl >"$tmp/typed" ||
	fail "$(cat "$tmp/typed")"
[[ $(ctl -c 'show running-config') == *"hostname confirmed"* ]] || fail "not in force"
out=$(ctl -c 'configure revert now') && fail "the way back is still armed: $out"
done_ok
