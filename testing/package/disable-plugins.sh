#!/bin/bash
# SPDX-License-Identifier: MIT
# Each plugin can be left out by itself, and all of them at once; the rest builds and passes its checks' build.
. "$(dirname "$0")/../lib.sh"
[[ -x $top/configure ]] || (cd "$top" && ./autogen.sh)
mapfile -t plugins < <(sed -nE 's/^CYG_PLUGIN\(\[([^]]+)\].*/\1/p' "$top/configure.ac")
[[ ${#plugins[@]} -ge 5 ]] || fail "plugins found in configure.ac: ${plugins[*]}"

# configured NAME OPTION...: builds one variant in one tree that is configured anew each time.
built() {
	local what=$1
	shift
	mkdir -p "$tmp/b"
	(cd "$tmp/b" && "$top/configure" --enable-werror "$@" && make -s -j"$(nproc)" all) >"$tmp/log" 2>&1 || {
		grep -E 'error|\*\*\*' "$tmp/log" | head
		fail "$what does not build"
	}
}
for plugin in "${plugins[@]}"; do
	built "without $plugin" "--disable-$plugin"
	rm -rf "$tmp/i"
	make -s -C "$tmp/b" install DESTDIR="$tmp/i" >"$tmp/log" 2>&1 || { tail "$tmp/log"; fail "install without $plugin"; }
	[[ -z $(find "$tmp/i" -name "$plugin.so") ]] || fail "$plugin was built, and should not have been"
	for other in "${plugins[@]}"; do
		[[ $other == "$plugin" || -n $(find "$tmp/i" -name "$other.so") ]] || fail "without $plugin, $other is missing as well"
	done
done
built "without any plugin" "${plugins[@]/#/--disable-}"
done_ok
