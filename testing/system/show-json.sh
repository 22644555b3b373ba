#!/bin/bash
# SPDX-License-Identifier: MIT
# What doc/SHOW-JSON.md says of rows is so: every command of it is asked of a gateway with a session, of its client, and
# of a daemon that has every line of the language; each row has the members that are documented, of their types, and no other.
. "$(dirname "$0")/../lib.sh" "${1:-}"
. "$(dirname "$0")/../lib-net.sh"
need_root
need_tun
need_build
need_command jq python3
doc=$top/doc/SHOW-JSON.md
check=$top/testing/check-show-json

net_up
need_tool testing/pki/make_pki
"$build/testing/pki/make_pki" "$tmp/pki" || fail "no PKI"
mkdir -p "$tmp/gateway/pki/T" "$tmp/every"
cp "$top/testing/system/typed/gateway/ready.cfg" "$tmp/gateway/startup-config"
cp "$top/testing/system/typed/gateway/changed.cfg" "$tmp/gateway/"
cp "$tmp/pki/p256/ca.pem" "$tmp/gateway/pki/T/ca.pem"
cp "$tmp/pki/p256/gateway.pem" "$tmp/gateway/pki/T/cert.pem"
cp "$tmp/pki/p256/gateway.key" "$tmp/gateway/pki/T/key.pem"
cp "$top/testing/config/every-command.cfg" "$tmp/every/startup-config"
cygnet_configure gw "$tmp/gateway"
cygnet_add gw <<-END
crypto ikev2 diagnose error 50
crypto ikev2 client flexvpn spoke
 peer 1 192.0.2.7
 client connect Tunnel1
crypto pki trustpoint T
 revocation-check crl none
END
cygnet_start gw
cygnet_start c1 "$top/testing/system/typed/client"
cygnet_start lan "$tmp/every"
wait_for 20 sa_ready c1 || fail "no session"
wait_for 10 sa_ready gw || fail "no session at the gateway"
type() { in_ns "$1" "$(cygctl_bin)" --root "$(cygnet_root "$1")" >>"$tmp/typed" 2>&1; } # NS: lines on standard input

step "something to show: a rekeyed session, conditions, a configuration that was replaced"
show gw "debug crypto condition peer ipv4 198.51.100.2" >/dev/null
show gw "debug crypto ikev2 error" >/dev/null
say "configure terminal
crypto ikev2 window 6
hostname gw2
end" | type gw
children() { json gw "show crypto ikev2 stats" '.rows[0].child_rekeyed'; }
show c1 "rekey crypto ikev2 sa child" >/dev/null
rekeyed() { [[ $(children) -ge 1 ]]; }
wait_for 10 rekeyed || fail "no child is rekeyed"

# ask COMMAND NS...: all that these say to it, against the page.
ask() {
	local command=$1 name
	shift
	: >"$tmp/documents"
	for name in "$@"; do
		show_json "$name" "$command" >"$tmp/document" || true
		jq -c . <"$tmp/document" >>"$tmp/documents" || fail "$name, $command: no JSON: $(head -c 300 "$tmp/document")"
	done
	# shellcheck disable=SC2086 # words
	python3 "$check" --seen "$doc" ${asked:-$command} <"$tmp/documents" >"$tmp/found" || fail "$(grep -v 'no row had' "$tmp/found")"
	cat "$tmp/found" >>"$tmp/seen"
}
step "every show"
python3 "$check" --commands "$doc" | grep '^show ' >"$tmp/commands"
[[ $(wc -l <"$tmp/commands") -gt 35 ]] || fail "few commands: $(cat "$tmp/commands")"
while read -r command; do ask "$command" gw c1 lan; done <"$tmp/commands"
asked="show crypto ikev2 session" ask "show crypto ikev2 session detailed" gw c1
asked="show crypto ikev2 sa" ask "show crypto ikev2 sa detailed" gw c1

step "a login that fails is kept, and told"
say "configure terminal
crypto ikev2 keyring gateway
peer gateway
pre-shared-key another-key
end
clear crypto ikev2 sa remote 192.0.2.1" | type c1
failed() { [[ $(json gw "show crypto ikev2 diagnose error" '.rows | length') -ge 1 ]]; }
wait_for 30 failed || fail "nothing is kept of it"
ask "show crypto ikev2 diagnose error" gw
ask "show crypto ikev2 stats exchange" gw c1
[[ $(json gw "show crypto ikev2 stats exchange" '.rows[] | select(.name == "AUTHENTICATION_FAILED") | .tx_response') -ge 1 ]] ||
	fail "the refusal is not counted"

step "what changes something"
ask reload lan gw
asked="configure replace" ask "configure replace changed.cfg dry-run" gw
asked="rollback" ask "rollback 1 dry-run" gw
ask "rekey crypto ikev2 sa" gw c1
ask "clear crypto sa" gw c1
ask "clear crypto session" gw c1
ask "clear crypto ikev2 sa" gw c1

step "no command of the page was silent"
# Certificates are not fetched from URLs.
grep ': 0 rows$' "$tmp/seen" | grep -v '^show crypto ikev2 certificate-cache:' >"$tmp/silent" || true
while IFS=: read -r command _; do
	[[ -n $(grep "^$command: [1-9]" "$tmp/seen") ]] || fail "no row of: $command"
done <"$tmp/silent"
grep 'no row had' "$tmp/seen" || true
done_ok
