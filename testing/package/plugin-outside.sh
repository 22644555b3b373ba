#!/bin/bash
# SPDX-License-Identifier: MIT
# The template of doc/plugin-template builds against the installed headers alone, and the daemon
# loads it; one made for another ABI is refused with both numbers.
. "$(dirname "$0")/../lib.sh"
build=$(cd "$1/gcc" 2>/dev/null && pwd) || fail "no built tree in $1/gcc: ./run-tests unit builds it"
make -s -C "$build" install DESTDIR="$tmp/i" >"$tmp/log" 2>&1 || { tail "$tmp/log"; fail "install"; }
prefix_dir=$(sed -n 's/^prefix=//p' "$build/src/include/cygnet-plugin.pc")
export PKG_CONFIG_PATH=$tmp/i$prefix_dir/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/i
cp -r "$top/doc/plugin-template" "$tmp/t"
make -s -C "$tmp/t" || fail "the template does not build against the installed headers"

plugins=$tmp/i$prefix_dir/lib/cygnet/plugins
cp "$tmp/t/strip-realm.so" "$plugins/"
gcc -std=gnu11 -fPIC -shared -include cygnet/plugin.h -I"$tmp/i$prefix_dir/include" \
	-o "$plugins/other-abi.so" -x c - <<'C'
const struct cyg_plugin cyg_plugin_descriptor = { .abi = CYG_PLUGIN_ABI + 1, .size = sizeof(struct cyg_plugin), .name = "other-abi" };
C
need_root
ns gw
mkdir -p "$tmp/conf"
printf 'hostname gw\nend\n' >"$tmp/conf/startup-config"
# The daemon of the built tree, as the installed one looks for itself where it was configured to be.
cygnet_start gw "$tmp/conf" --plugin-dir "$plugins"
show gw "show plugins"
[[ $(json gw "show plugins" '.rows[] | select(.name == "strip-realm") | .state') == loaded ]] ||
	fail "the plugin from outside is not loaded"
other=$(json gw "show plugins" '.rows[] | select(.name == "other-abi") | .why')
[[ $other == *ABI* ]] || fail "a plugin of another ABI: '$other'"
done_ok
