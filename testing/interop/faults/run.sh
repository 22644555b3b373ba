#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../../lib.sh"
. "$(dirname "$0")/../../lib-net.sh"
. "$(dirname "$0")/../lib-charon.sh"
interop=$(cd "$(dirname "$0")/.." && pwd)
need_root
need_tun
need_build
charon_need

key=key-of-alice # what only the people at both ends know
rounds=3         # of typing what is printed and trying again
faults=0 mended=0

net_up

# --- What the daemon proposes, and typing it ---

# proposals: the newest lines' mending commands, each once, in order.
proposals() {
	json "$cygnet" "show logging" \
		'.rows[] | select(.event == "ike.failed" or .event == "child.failed") | .fields.mend // empty' | awk '!seen[$0]++'
}
failed_line() {
	json "$cygnet" "show logging" \
		'[.rows[] | select(.event == "ike.failed" or .event == "child.failed")][-1].message // "nothing was logged"'
}
has_proposal() { [[ -n $(proposals) ]]; }

# command_of MEND: what a person would type of it: its first alternative, without what explains it.
command_of() {
	local text=$1 end
	for end in ", or " ", the same" " (" ", with "; do
		text=${text%%"$end"*}
	done
	say "$text"
}

# type_in COMMAND: "A / B" is a line in each mode on the way.
type_in() {
	{
		say "configure terminal"
		say "$1" | sed -e 's| / |\n|g' | sed -e "s/ KEY\$/ $key/"
		say end
	} | in_ns "$cygnet" "$(cygctl_bin)" --root "$(cygnet_root "$cygnet")" >"$tmp/typed" 2>&1
}

# type_proposals: those that were not typed before, and are commands. False if there was none.
type_proposals() {
	local mend command any=1
	proposals >"$tmp/proposals"
	while read -r mend; do
		command=$(command_of "$mend")
		[[ "; $typed; " != *"; $command; "* ]] || continue
		if type_in "$command"; then
			typed+="${typed:+; }$command"
			any=0
		fi
	done <"$tmp/proposals"
	return "$any"
}

# --- One fault ---

# configured FILE: that file of etc/cygnet in place of all that is in force.
configured() {
	show "$cygnet" "configure replace $1 force" >"$tmp/replace" 2>&1 || { cat "$tmp/replace"; fail "$1 is refused"; }
}
# broken FROM TO: `fault` is `good` with one change; the words stand in it literally, and \n is a new line.
broken() {
	local folder from to text
	folder=$(cygnet_root "$cygnet")/etc/cygnet
	printf -v from %b "$1"
	printf -v to %b "$2"
	text=$(<"$folder/good")
	[[ $text == *"$from"* ]] || fail "the good configuration has no '$1'"
	say "${text/"$from"/"$to"}" >"$folder/fault"
}

# mends: types what is proposed until the pair connects.
mends() {
	local round
	typed=
	for ((round = 1; round <= rounds; round++)); do
		wait_for 10 has_proposal || return 1
		type_proposals || return 1
		if connects; then return 0; fi
	done
	return 1
}

# fault WHAT FROM TO
fault() {
	local typed
	broken "$2" "$3"
	ends
	show "$cygnet" "clear logging" >/dev/null
	configured fault
	if connects briefly; then fail "$1: connected, and should not have"; fi
	faults=$((faults + 1))
	if mends; then
		mended=$((mended + 1))
		say "mended: $1; typed: $typed"
	else
		say "not mended: $1; typed: ${typed:-nothing}"
		say "    $(failed_line)"
	fi
	configured good
}

# ready FOLDER: the daemon runs with that configuration, and the pair connects.
ready() {
	local folder
	cygnet_start "$cygnet" "$1"
	folder=$(cygnet_root "$cygnet")/etc/cygnet
	cp "$folder/startup-config" "$folder/good"
	connects || { cygnet_log "$cygnet" | tail; fail "the pair without a fault does not connect"; }
}

# --- Cygnet is the gateway ---

step "faults of a gateway"
cygnet=gw
charon_client | charon_start c1

# A session that came about without a child would only get the child: it begins anew each time.
connects() {
	local vip
	ends
	charon_initiate c1 net >"$tmp/initiate" 2>&1 || return 1
	wait_for 5 sa_ready gw || return 1
	vip=$(json gw "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
	wait_for 5 in_ns c1 ping -c 1 -W 1 -q -I "$vip" 10.10.0.10
}
ends() {
	charon_ctl c1 --terminate --ike gw --timeout 5 >/dev/null 2>&1 || true
	wait_for 5 no_sa gw || show gw "clear crypto ikev2 sa" >/dev/null
}

ready "$interop/gateway"
fault "another group" "group 31 19" "group 20"
fault "another key length" "encryption aes-gcm-128 aes-gcm-256" "encryption aes-gcm-256"
fault "another PRF" "prf sha256" "prf sha512"
fault "another pre-shared key" "pre-shared-key $key" "pre-shared-key another"
fault "no profile takes the identity" "fqdn domain example.org" "fqdn domain example.net"
fault "no keyring" " keyring local clients\n" ""
fault "a profile that is shut down" " virtual-template 1\n" " virtual-template 1\n shutdown\n"
fault "no virtual template" " virtual-template 1\n" ""
fault "no authentication of the peer" " authentication remote pre-share\n" ""
fault "no authentication of its own" " authentication local pre-share\n" ""
fault "another ESP suite" "esp-gcm" "esp-gcm 256"
fault "another name than the client expects" "identity local fqdn gateway" "identity local fqdn gw"
fault "the peer has another address in the keyring" "identity fqdn alice.example.org\n  address 198.51.100.2" "address 198.51.100.77"
fault "a template that is shut down" "tunnel mode ipsec ipv4\n tunnel" "tunnel mode ipsec ipv4\n shutdown\n tunnel"
fault "a template without protection" " tunnel protection ipsec profile clients\n" ""

step "a session older than its template is told to begin anew"
broken " tunnel mode ipsec ipv4\n" " tunnel mode ipsec ipv4\n shutdown\n"
ends
configured fault
if connects; then fail "connected through a template that is shut down"; fi
configured good
show gw "clear logging" >/dev/null
charon_initiate c1 net >/dev/null 2>&1 || true
logged gw 'child\.failed.*try: clear crypto ikev2 sa of this peer' || fail "the log proposes: $(failed_line)"

step "twin: a fault of strongSwan's own is not mended here"
charon_client key=wrong-key | charon_reload c1
show gw "clear logging" >/dev/null
if connects; then fail "connected with a wrong key"; fi
if mends; then fail "mended by '$typed', and should not be"; fi
[[ -n $typed ]] || fail "nothing was proposed"
ends
cygnet_stop gw
kill "$charon_pid_c1"
wait_gone 5 "$charon_pid_c1" || fail "charon does not end"

# --- Cygnet is the client ---

step "faults of a client"
cygnet=c1
charon_gateway | charon_start gw

connects() {
	show c1 "clear crypto ikev2 sa" >/dev/null
	if [[ -n ${1:-} ]]; then
		wait_for 10 has_proposal || true
		sa_ready c1
		return
	fi
	wait_for 15 in_ns c1 ping -c 1 -W 1 -q 10.10.0.10 && sa_ready c1
}
# After a fault the good configuration is in force again: it connects before the next one.
ends() { connects || { cygnet_log "$cygnet" | tail; fail "the pair does not connect any more"; }; }

ready "$interop/client"
fault "another pre-shared key" "pre-shared-key $key" "pre-shared-key another"
fault "no profile takes the identity" "match identity remote fqdn gateway" "match identity remote fqdn gw"
fault "no keyring" " keyring local gateway\n" ""
fault "no authentication of the peer" " authentication remote pre-share\n" ""
fault "the peer has another address in the keyring" "address 192.0.2.1\n" "address 192.0.2.77\n"

say "faults: $mended of $faults mended by the command that was printed"
[[ $((mended * 10)) -ge $((faults * 9)) ]] || fail "fewer than nine of ten"
done_ok
