#!/bin/bash
# SPDX-License-Identifier: MIT
# Files that are no configuration, given to `check-config`, to a reload and to `configure replace` of a live daemon: a
# clear error each, and what was in force stays. Twin: a good file in the same place is taken.
. "$(dirname "$0")/../lib.sh"
need_root
need_build
ns gw
root=$(cygnet_root gw)
etc=$root/etc/cygnet
cygnet_configure gw "$top/testing/system/gateway"

# A file whose read fails in the middle: mounted here, since the gateway has a view of the mounts of its own.
"$top/testing/system/failing_file.py" "$etc/startup-config" >"$tmp/failing" &
pids+=($!)
wait_for 10 test -s "$tmp/failing" || fail "no failing file"
failing=$(<"$tmp/failing")
if [[ $failing == ready ]]; then
	: >"$etc/failing"
	mount --bind "/proc/$!/mem" "$etc/failing"
	at_end+=("umount '$etc/failing'")
	[[ $(head -c 65536 "$etc/failing" | wc -c) == 65536 ]] || fail "not even the first half can be read"
	cat "$etc/failing" >/dev/null 2>&1 && fail "the second half can be read"
fi
cygnet_start gw
cp "$etc/startup-config" "$tmp/good"
in_force=$(show gw "show running-config")

# refused NAME TEXT [TEXT-OF-CHECK]: the file $etc/NAME is refused with that, in all three ways.
refused() {
	local name=$1 status out
	step "$name"
	status=0
	out=$("$(cygnet_bin)" check-config "$etc/$name" 2>&1) || status=$?
	[[ $status != 0 && $out == *"${3:-$2}"* ]] || fail "check-config, status $status: ${out:0:500}"
	status=0
	out=$(show gw "configure replace $name" 2>&1) || status=$?
	[[ $status == 1 && $out == *"$2"* && $out == *"what was in force stays"* ]] || fail "replace, status $status: ${out: -500}"
	rm -rf "$etc/startup-config"
	mv "$etc/$name" "$etc/startup-config"
	status=0
	out=$(show gw reload 2>&1) || status=$?
	[[ $status == 1 && $out == *"what was in force stays"* ]] || fail "reload, status $status: ${out: -500}"
	[[ $(show gw "show running-config") == "$in_force" ]] || fail "something else is in force"
}

head -c 52428800 /dev/zero | tr '\0' x >"$etc/long-line"
refused long-line "the line is longer than 16384 octets"
head -c 1000000 /dev/zero | tr '\0' x >"$etc/longish-line"
refused longish-line "the line is longer than 16384 octets"
printf 'hostname other\nhost\0name other\n' >"$etc/nul"
refused nul ":2:5: error: a NUL octet stands here: this is no text"
{ printf '\177ELF\2\1\1\0'; head -c 100000 /dev/zero | tr '\0' '\377'; } >"$etc/binary"
refused binary ":1:1: error: a control character stands here"
printf 'hostname other\ncrypto ikev2 authorization policy p\n banner # welcome\n and no end\nhostname last\n' >"$etc/unclosed-banner"
refused unclosed-banner ":3:9: error: "
for ((i = 0; i < 1000; i++)); do echo "frob $i"; done >"$etc/errors"
refused errors "has 1000 errors" ":1000:1: error: "
mkdir "$etc/folder"
refused folder "is a folder, not a file" "Is a directory"
mkfifo "$etc/pipe"
rm -rf "$etc/startup-config"
out=$(show gw "configure replace pipe" 2>&1) && fail "a pipe is taken"
[[ $out == *"is a device or pipe, not a file"* ]] || fail "pipe: $out"
ln -s /etc/hostname "$etc/link"
out=$(show gw "configure replace link" 2>&1) && fail "a link out of the folder is taken"
[[ $out == *"leads out of"* ]] || fail "link: $out"

if [[ $failing == ready ]]; then
	step "a read that fails in the middle"
	out=$(show gw "configure replace failing" 2>&1) && fail "half a file is taken"
	[[ $out == *"etc/cygnet/failing: Input/output error; what was in force stays"* ]] || fail "replace: $out"
	ln -s failing "$etc/startup-config"
	out=$(show gw reload 2>&1) && fail "half a startup-config is taken"
	[[ $out == *"etc/cygnet/startup-config: Input/output error"*"what was in force stays"* ]] || fail "reload: $out"
	[[ $(show gw "show running-config") == "$in_force" ]] || fail "something else is in force"
	rm "$etc/startup-config"
else
	say "no memory at address 0 here: a read that fails in the middle is not looked at"
fi

step "twin: a good file is taken"
sed 's/^hostname .*/hostname other/' "$tmp/good" >"$etc/startup-config"
show gw reload >/dev/null || fail "reload"
[[ $(show gw "show running-config") == "${in_force/hostname system/hostname other}" ]] || fail "not in force"
done_ok
