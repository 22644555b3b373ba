#!/bin/bash
# SPDX-License-Identifier: MIT
# Another program has UDP port 500: the daemon does not start, and one line says whose port to free and how.
. "$(dirname "$0")/../lib.sh"
need_root
need_build
need_command python3
ns gw
cygnet_configure gw "$top/testing/system/gateway"
root=$(cygnet_root gw)
roots+=("$root")

in_background gw "$tmp/holder" python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('0.0.0.0', 500))
print('bound', flush=True)
time.sleep(600)"
holder=$!
wait_for 5 grep -q bound "$tmp/holder" || fail "the holder does not start: $(cat "$tmp/holder")"

step "start fails and says why"
status=0
out=$(in_ns gw "$(cygnet_bin)" start --root "$root" 2>&1) || status=$?
[[ $status == 1 ]] || fail "exit status $status: $out"
grep -q "UDP port 500 on 0.0.0.0 is in use: see 'ss -ulpn sport = :500'; stop that daemon" <<<"$out" || fail "$out"
[[ ! -e $root/run/cygnet/cygnet.pid ]] || fail "the starter still runs"

step "with the port free it starts"
kill "$holder"
wait_gone 5 "$holder" || fail "the holder does not end"
cygnet_start gw
done_ok
