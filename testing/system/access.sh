#!/bin/bash
# SPDX-License-Identifier: MIT
# Who may do what, by the Unix identity at the other end of the socket: nobody, one who may look, one who may configure, with
# and without `enable secret`, and root. Each change is in the log with its user and its line; a wrong secret, too, and many
# cannot be tried.
. "$(dirname "$0")/../lib.sh" "${1:-}"
need_root
need_tun
need_build
need_command python3
ns gw
mkdir -p "/etc/netns/$prefix-gw"
at_end+=("rm -rf '/etc/netns/$prefix-gw'")
printf 'root:x:0:\ncygnet:x:64701:\ncygnet-view:x:64702:\n' >"/etc/netns/$prefix-gw/group"
cygnet_start gw "$top/testing/quickstart/gateway"
root=$(cygnet_root gw)
log=$root/var/log/cygnet.log

# as UID GIDS LINE...: what they see, at $tmp/seen.
as() {
	printf '%b\n' "${@:3}" | in_ns gw python3 "$top/testing/system/access.py" "$root/run/cygnet/control.sock" "$1" "$2" >"$tmp/seen" ||
		fail "$(cat "$tmp/seen")"
}
saw() { grep -qxF -- "$1" "$tmp/seen" || fail "not '$1' but: $(cat "$tmp/seen")"; }
saw_not() { ! grep -qF -- "$1" "$tmp/seen" || fail "'$1': $(cat "$tmp/seen")"; }
logged() { wait_for 10 grep -qE -- "$1" "$log" || fail "not in the log: $1"; }

step "nobody"
as 64700 64700 'show version'
saw "= refused: you may not use this daemon: be root or in group cygnet (or cygnet-view to look)"

step "who may look"
as 64700 64700,64702 'show running-config' enable 'configure terminal' 'clear crypto ikev2 sa'
saw "hostname gateway"
saw "  pre-shared-key <secret>"
saw_not quickstart-key
saw "= refused: you may look but not change anything: that is for root and group cygnet"
[[ $(grep -c '^= ok' "$tmp/seen") == 1 ]] || fail "more than a look: $(cat "$tmp/seen")"

step "who may configure, while there is no secret"
as 64711 64700,64701 'configure terminal' 'hostname hub' end 'show running-config | include hostname'
saw "hostname hub"
logged 'config\.changed.*uid 64711.*hostname hub'

step "root sets a secret, and is not asked for it"
as 0 0 'configure terminal' 'enable secret open-sesame' end
saw "= ok"
logged 'config\.changed.*uid 0.*enable secret'
as 0 0 'configure terminal' 'hostname gateway' end
[[ $(grep -c '^= ok' "$tmp/seen") == 3 ]] || fail "$(cat "$tmp/seen")"

step "who may configure is asked now"
as 64711 64701 'configure terminal' 'hostname hub' 'write memory' 'show version' 'enable' 'enable\topen-sesam' 'configure terminal'
saw "? Password:  (not shown)"
saw "= refused: that is not the secret"
[[ $(grep -c '^= ok' "$tmp/seen") == 1 ]] || fail "changed without the secret: $(cat "$tmp/seen")"
logged 'control\.enable.*uid 64711'
as 0 0 'show running-config | include hostname'
saw "hostname gateway"

step "many wrong ones: the right one among them is not looked at; another's is"
as 64711 64701 $(for ((i = 0; i < 50; i++)); do say 'enable\tguess'; say 'enable\topen-sesame'; done)
tried=$(grep -c 'that is not the secret' "$tmp/seen" || true)
[[ $tried -le 10 ]] || fail "$tried secrets were tried"
saw "= refused: that is too soon after a wrong one: once more in a second"
[[ -z $(grep -x '= ok' "$tmp/seen") ]] || fail "one among many was taken"
as 64712 64701 'enable\topen-sesame' 'configure terminal' 'hostname other' end
[[ $(grep -c '^= ok' "$tmp/seen") == 4 ]] || fail "$(cat "$tmp/seen")"
logged 'config\.changed.*uid 64712.*hostname other'

step "after a moment the right one is taken, and given back"
enabled() { as 64711 64701 'enable\topen-sesame' 'configure terminal' 'hostname hub' end disable 'configure terminal'; [[ $(head -1 "$tmp/seen") == "= ok" ]]; }
wait_for 20 enabled || fail "$(cat "$tmp/seen")"
[[ $(grep -c '^= ok' "$tmp/seen") == 5 && $(tail -1 "$tmp/seen") == "= refused: "*enable* ]] || fail "$(cat "$tmp/seen")"

step "no secret stands in the log"
[[ -z $(grep -E 'open-sesam|guess' "$log") ]] || fail "$(grep -nE 'open-sesam|guess' "$log")"
done_ok
