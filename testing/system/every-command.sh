#!/bin/bash
# SPDX-License-Identifier: MIT
# Every command of the configuration language, in a file and typed: each line is taken, shown, written and read again;
# `no` takes each back. testing/config/every-command.cfg has them, in the form in which they are shown.
. "$(dirname "$0")/../lib.sh"
need_root
need_build
ns gw
file=$top/testing/config/every-command.cfg
root=$(cygnet_root gw)
ctl() { in_ns gw "$(cygctl_bin)" --root "$root" "$@" 2>&1; }
mkdir "$tmp/configuration"
cp "$file" "$tmp/configuration/startup-config"
cygnet_start gw "$tmp/configuration"
cp "$file" "$root/etc/cygnet/every-command"

# What is shown has no keys in it: these lines are compared by the daemon, which knows them.
keys='secret|password |key |sealed|pre-shared-key|^!|^end$|^exit$'
lines() { sed 's/^ *//' | grep -vE "$keys" | sort -u; }

step "all lines are in force and shown"
ctl -c 'show running-config' >"$tmp/shown" || fail "$(cat "$tmp/shown")"
diff <(lines <"$file") <(lines <"$tmp/shown") || fail "shown (>) is not what is in the file (<)"
[[ $(lines <"$file" | wc -l) -gt 300 ]] || fail "few lines are compared"
[[ -z $(ctl -c 'show archive config differences every-command') ]] || fail "differs from its file"

step "written and read again they are the same"
ctl -c 'write memory' >/dev/null || fail "write memory"
ctl -c reload >"$tmp/reload" || fail "$(cat "$tmp/reload")"
[[ -z $(ctl -c 'show archive config differences every-command') ]] || fail "differs once it was written and read again"

step "typed one by one, in place of an empty configuration, they are the same"
say 'hostname nothing' >"$root/etc/cygnet/empty"
ctl -c 'configure replace empty force' >/dev/null || fail "replace"
[[ $(ctl -c 'show running-config') != *"crypto ikev2 profile"* ]] || fail "still there"
{ say 'configure terminal'; cat "$file"; say end; } | ctl >"$tmp/typed" || fail "$(tail -n 3 "$tmp/typed")"
out=$(ctl -c 'show archive config differences every-command')
[[ -z $out ]] || fail "typed differs from its file: $out"

step "no takes each line back"
# A line that opens an object has lines below it that are indented further; the last ones of those without any are named.
awk '{ line[NR] = $0; match($0, /^ */); indent[NR] = RLENGTH }
	END { for (i = 1; i <= NR; i++) {
		print line[i]
		text = substr(line[i], indent[i] + 1)
		if (indent[i + 1] > indent[i] || text ~ /^(!|exit$|end$)/ || text ~ /^(interface|crypto ikev2 pro|crypto ipsec|crypto pki|route-map|address-family) ?/)
			continue
		if (text ~ /^no /) print substr(text, 4); else print "no " text
	} }' "$file" >"$root/etc/cygnet/taken"
"$(cygnet_bin)" check-config "$root/etc/cygnet/taken" >"$tmp/findings" || fail "$(grep error: "$tmp/findings")"
ctl -c 'configure replace taken force' >/dev/null || fail "replace"
ctl -c 'show running-config' >"$tmp/left"
# What is left opens objects, or is the other form of what is on by itself.
left=$(grep -vE '^ *!|^end$|^ *(interface|crypto (ikev2|ipsec|pki|map|ssl) [A-Za-z-]+ |peer |vrf definition|address-family|ipv?6? ?access-list|ip access-list|route-map|radius server|aaa (group|server|attribute)|exit$)' "$tmp/left" | sed 's/^ *//' | sort -u)
wanted='config-exchange request
config-exchange set accept
config-exchange set send
no config-exchange request
no crypto ikev2 cookie-challenge
no crypto ikev2 fragmentation
no crypto ikev2 http-url cert
shutdown'
[[ $left == "$wanted" ]] || fail "left: $left"
done_ok
