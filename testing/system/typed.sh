#!/bin/bash
# SPDX-License-Identifier: MIT
# Transcripts of a person at cygctl, typed anew: typed/NAME.txt, to be read from top to bottom. What is typed may have
# secrets: neither the shell's memory nor its history keeps them. Twin: a transcript that is wrong fails.
#
# usage: typed.sh [BUILD [NAME...]]
. "$(dirname "$0")/../lib.sh" "${1:-}"
. "$(dirname "$0")/../lib-net.sh"
need_root
need_tun
need_build
need_command jq python3 ping
[[ -x $(cygctl_bin) ]] || skip "built without cygctl"
names=("${@:2}")
[[ ${#names[@]} -gt 0 ]] || names=(build typo no-default replace lock-out smart-defaults secrets)
walks=$top/testing/system/typed

# walk FILE: as somebody at the gateway.
walk() {
	HOME=$tmp/home TYPED_PREFIX=$prefix TYPED_BUILD=$build TYPED_TMP=$tmp TYPED_TOP=$top ip netns exec "$prefix-gw" \
		python3 "$top/testing/system/typed.py" "$1" "$walks/verbs" "$(cygctl_bin)" --root "$(cygnet_root gw)"
}
begin() { # NAME
	[[ $1 == build ]] || show gw "configure replace ready.cfg force" >"$tmp/begin" || fail "ready.cfg: $(cat "$tmp/begin")"
}

net_up
mkdir "$tmp/home"
cygnet_start gw "$walks/gateway"
cygnet_start c1 "$walks/client"
for name in "${names[@]}"; do
	step "$name"
	begin "$name"
	walk "$walks/$name.txt" || fail "$name"
done

step "twin: what is not so is told"
begin twin
wrong() { # LINE: a transcript with this one in it fails
	printf 'cygnet# show version\n\t| Cygnet\n%s\n' "$1" | sed 's/^cygnet#/gw1#/' >"$tmp/wrong.txt"
	TYPED_SECONDS=2 walk "$tmp/wrong.txt" >"$tmp/wrong.out" 2>&1 && fail "taken: $1"
	return 0
}
wrong $'\t| Swan'
wrong $'\t- Cygnet'
wrong $'\t^ version'
wrong 'gw2# show version'
wrong '$ the client flies'
printf 'gw1# show version\n\t| Cygnet\n' >"$tmp/right.txt"
walk "$tmp/right.txt" >"$tmp/right.out" 2>&1 || fail "refused: $(cat "$tmp/right.out")"

step "the history has what was typed, and no secret"
history=$tmp/home/.cygctl_history
[[ -s $history && -n $(grep -F 'show\040version' "$history") ]] || fail "no history"
found=$(grep -nE 'swordfish|another-key|open-sesame' "$history" || true)
[[ -z $found ]] || fail "in the history: $found"
done_ok
