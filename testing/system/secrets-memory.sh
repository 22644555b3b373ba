#!/bin/bash
# SPDX-License-Identifier: MIT
# A secret that is not configured any more is nowhere: not in the daemon's memory, in no log, in nothing that is shown, in no
# history. Twin: the secrets that are configured are found in memory by the same look.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-net.sh"
need_root
need_tun
need_build
need_command python3
net_up

# secret NAME: a text that is nowhere else; it is not an argument of a program.
secret() { printf -v "$1" '%s-%s-%s-of-%s' "$(printf '%08x' $RANDOM$RANDOM)" $RANDOM $RANDOM "$1"; }
for name in first second typed wrong master later enabled; do secret "$name"; done
cygnet_configure gw "$top/testing/interop/gateway"
cygnet_configure c1 "$top/testing/interop/client"
for name in gw c1; do
	sed -i "s/key-of-alice/$first/" "$(cygnet_root $name)/etc/cygnet/startup-config"
done
cygnet_start gw
cygnet_start c1
wait_for 15 sa_ready c1 || fail "the client does not connect"
pid=$(sed -n 's/^daemon=//p' "$(cygnet_root gw)/run/cygnet/cygnet.state")
[[ -n $pid ]] || fail "no daemon"

# type_in NS: lines on standard input, as a list.
type_in() { in_ns "$1" "$(cygctl_bin)" --root "$(cygnet_root "$1")" >>"$tmp/shown" 2>&1; }
# places TEXT...: where in the daemon's memory they are.
places() { printf '%s\n' "$@" | python3 "$top/testing/system/memory_scan.py" "$pid"; }
nowhere() { # WHAT TEXT...
	local what=$1 found
	shift
	found=$(places "$@") || fail "the memory cannot be read"
	[[ -z $found ]] || fail "$what: in memory: $found"
}

step "twin: what is configured is found"
found=$(places "$first" "$second") || fail "the memory cannot be read"
[[ $found == *"1 "* && $found != *$'\n2 '* && $found != "2 "* ]] || fail "found: $found"

step "typed, refused, shown, debugged, changed and taken away"
cat >"$tmp/lines" <<-END
	debug crypto ikev2
	terminal monitor
	configure terminal
	crypto ikev2 keyring other
	peer bob
	address 198.51.100.77
	pre-shared-key $typed
	pre-shared-key $typed
	do show running-config
	end
END
type_in gw <"$tmp/lines"
printf '%s\n' 'configure terminal' 'crypto ikev2 keyring other' 'peer bob' "pre-shared-key local $wrong remote nonsense" |
	type_in gw && fail "a wrong line was taken"
printf '%s\n' "username carol password $wrong and more" | type_in gw && fail "a wrong line was taken"
found=$(places "$typed") || fail "the memory cannot be read"
[[ -n $found ]] || fail "a key that is configured is not found"
for line in "show running-config" "show running-config all" "show archive" "show archive config differences" \
	"show crypto ikev2 sa detailed" "show startup-config"; do
	show gw "$line" >>"$tmp/shown" || fail "$line"
	show_json gw "$line" >>"$tmp/shown" || fail "$line"
done
printf '%s\n' 'configure terminal' 'no crypto ikev2 keyring other' end | type_in gw || fail "no keyring"
nowhere "typed and taken away" "$typed" "$wrong"

step "another key for the peer that is connected"
for name in gw c1; do
	keyring=$([[ $name == gw ]] && echo clients alice || echo gateway gateway)
	printf '%s\n' 'configure terminal' "crypto ikev2 keyring ${keyring% *}" "peer ${keyring#* }" "pre-shared-key $second" end |
		type_in $name || fail "$name takes no other key"
done
show c1 "clear crypto ikev2 sa" >/dev/null || fail "clear"
connected_anew() { sa_ready c1 && [[ $(json gw "show crypto ikev2 stats" '.rows[0].established_in') -ge 2 ]]; }
wait_for 20 connected_anew || fail "no connection with the other key: $(cygnet_log gw | tail)"
nowhere "a key that was changed" "$first"
[[ -n $(places "$second") ]] || fail "the key of now is not found"

step "under a master key, by files and by the way back"
printf '%s\n' 'configure terminal' "key config-key password-encrypt $master" 'password encryption aes' \
	"enable secret $enabled" 'crypto ikev2 keyring other' 'peer bob' 'address 198.51.100.77' "pre-shared-key $later" end \
	'write memory' 'show running-config' | type_in gw || fail "no master key"
for text in "$second" "$later" "$master" "$enabled"; do
	grep -qF "$text" "$(cygnet_root gw)/etc/cygnet/startup-config" && fail "startup-config has a secret in clear"
done
[[ -n $(places "$master") ]] || fail "the master key is not found"
show gw reload >>"$tmp/shown" || fail "reload"
printf '%s\n' 'configure terminal' 'no key config-key password-encrypt' 'no enable secret' \
	'no crypto ikev2 keyring other' end 'write memory' 'show running-config' | type_in gw || fail "not taken away"
nowhere "removed" "$later" "$master" "$enabled" "$typed" "$wrong" "$first"
# Without the master key what was sealed is closed.
nowhere "closed" "$second"

step "in nothing that was written for people"
cygnet_log gw >"$tmp/log"
for text in "$first" "$second" "$typed" "$wrong" "$master" "$later" "$enabled"; do
	found=$(grep -rlF -- "$text" "$tmp/log" "$tmp/shown" "$(cygnet_root gw)/var/log" "$(cygnet_root gw)/start.log" || true)
	[[ -z $found ]] || fail "a secret is in $found"
done
[[ $(grep -c '<secret>' "$tmp/log") -ge 4 && $(wc -l <"$tmp/shown") -ge 100 ]] || fail "too little was looked at"
done_ok
