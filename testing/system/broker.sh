#!/bin/bash
# SPDX-License-Identifier: MIT
# What the starter opens for the daemon, and how it says no: busy port, no TUN device, no file.
. "$(dirname "$0")/lib-starter.sh"
need_command python3 unshare
ns a

in_a() { # WORDS: one life of a daemon in namespace a; the log is its answers
	rm -f "$root/var/log/cygnet-start.log"
	FAKE_DAEMON="ready $1 exit=3" in_ns a "$tmp/tree/src/starter/cygnet" --root "$root" start >/dev/null 2>&1 || true
	wait_for 5 test ! -e "$root/run/cygnet/cygnet.pid" || fail "it does not end"
}

step "sockets of one group, IPv4 and IPv6, and raw ESP"
in_a "udp=500 udp=4500"
[[ $(start_log | grep -c 'fake: \(udp\|udp6\|esp6\): ok with a descriptor$') == 8 ]] || fail "$(start_log)"
in_a "udp=53"
expect_log "fake: udp: refused: UDP port 53 is none of ours"

step "a port that another program has, even one of the same user that shares it"
for option in SO_REUSEADDR SO_REUSEPORT; do
	in_background a "$tmp/holder" python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.$option, 1)
s.bind(('0.0.0.0', 500))
print('bound', flush=True)
time.sleep(600)"
	holder=$!
	wait_for 5 grep -q bound "$tmp/holder" || fail "the holder does not start: $(cat "$tmp/holder")"
	in_a "udp=500"
	expect_log "UDP port 500 on 0.0.0.0 is in use: see 'ss -ulpn sport = :500'"
	grep -q python3 <<<"$(in_ns a ss -H -ulpn "sport = :500")" || fail "the command that is named does not show it"
	kill "$holder"
	wait_gone 5 "$holder" || fail "the holder does not end"
done

step "TUN devices"
need_tun
in_a "tun=cyg-v1 tun=cyg-v1 tun=eth0"
[[ $(start_log | grep -c 'fake: cyg-v1: ok with a descriptor') == 2 ]] || fail "$(start_log)"
expect_log "fake: eth0: refused"

step "no TUN device"
rm -f "$root/var/log/cygnet-start.log"
FAKE_DAEMON="ready tun=cyg-v1 exit=3" unshare -m bash -c \
	'mount -t tmpfs none /dev/net && exec "$@"' - "$tmp/tree/src/starter/cygnet" --root "$root" start >/dev/null 2>&1 || true
wait_for 5 test ! -e "$root/run/cygnet/cygnet.pid" || fail "it does not end"
expect_log "there is no /dev/net/tun: load the module: modprobe tun"

step "files"
echo "hostname hub" >"$root/etc/cygnet/startup-config"
chmod 600 "$root/etc/cygnet/startup-config"
in_a "open=startup-config open=/etc/shadow open=../../../etc/shadow open=none"
[[ $(start_log | grep -c 'startup-config: ok with a descriptor') == 1 ]] || fail "$(start_log)"
[[ $(start_log | grep -c 'shadow: refused') == 2 ]] || fail "$(start_log)"
expect_log "fake: none: not found"
rm "$root/etc/cygnet/startup-config"
mkdir "$root/etc/cygnet/startup-config"
in_a "open=startup-config"
expect_log "startup-config is a folder, not a file"
done_ok
