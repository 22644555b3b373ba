#!/bin/bash
# SPDX-License-Identifier: MIT
# The log at a syslog daemon and at the journal, which listeners under --root play: each datagram has the form that they
# read, the JSON in it parses, a value of a peer or a user makes no line of its own, and no secret is in any.
. "$(dirname "$0")/../lib.sh"
need_root
need_build
need_command python3
ns gw
root=$(cygnet_root gw)
cp -r "$top/testing/interop/gateway" "$tmp/configuration"
secret=key-that-nobody-else-has
sed -i "s/key-of-alice/$secret/" "$tmp/configuration/startup-config"
cygnet_configure gw "$tmp/configuration"
grep -q "$secret" "$root/etc/cygnet/startup-config" || fail "the secret is not configured"
mkdir -p "$root/dev" "$root/run/systemd/journal"

# options LINE...: of cygnet.conf, beside what every part has.
options() { printf '%s\n' 'shards = 1' 'log-level = debug' 'log-file = cygnet.log' "$@" >"$root/etc/cygnet/cygnet.conf"; }
# listen NAME SOCKET: datagrams as lines of JSON in $tmp/NAME.
listen() {
	python3 "$top/testing/system/datagrams.py" "$root/$2" >>"$tmp/$1" 2>"$tmp/$1.err" &
	pids+=($!)
	wait_for 5 test -S "$root/$2" || fail "no listener: $(cat "$tmp/$1.err")"
}
judge() { python3 "$top/testing/system/datagrams.py" --judge "$1" <"$tmp/$2" || fail "$2: what came is not of the form $1"; }
heard() { [[ -n $(grep -F -- "$2" "$tmp/$1") ]]; } # NAME TEXT
listen syslog dev/log
listen journal run/systemd/journal/socket

step "syslog as text, and nothing for the journal, which nobody asked for"
options 'log-syslog = yes'
cygnet_start gw
type_secret() { printf '%s\n' 'configure terminal' 'crypto ikev2 keyring typed' ' peer typed' "  address $1" "  pre-shared-key $secret-typed" end | in_ns gw "$(cygctl_bin)" --root "$root" >/dev/null || fail "typed"; }
type_secret 192.0.2.77
wait_for 10 heard syslog 'pre-shared-key' || fail "nothing of the change: $(cat "$tmp/syslog")"
judge syslog syslog
[[ ! -s $tmp/journal ]] || fail "the journal got what it was not to get"

step "the journal has fields, and syslog JSON"
options 'log-syslog = yes' 'log-journal = yes' 'log-json = yes'
show gw reload >/dev/null || fail "reload"
: >"$tmp/syslog"
type_secret 192.0.2.78
wait_for 10 heard syslog 'address 192.0.2.78' || fail "syslog hears nothing"
wait_for 10 heard journal 'address 192.0.2.78' || fail "the journal hears nothing"
wait_for 10 heard journal 'pre-shared-key' || fail "the journal does not hear of the key"
judge syslog-json syslog
judge journal journal

step "twin: the judge finds what is of another form"
for pair in 'syslog journal' 'syslog-json journal' 'journal syslog'; do
	read -r form name <<<"$pair"
	! python3 "$top/testing/system/datagrams.py" --judge "$form" <"$tmp/$name" 2>/dev/null || fail "$name passes for $form"
done

step "no secret is in any of it"
! grep -F "$secret" "$tmp/syslog" "$tmp/journal" "$root/var/log/cygnet.log" "$root/start.log" || fail "a secret is in the log"
done_ok
