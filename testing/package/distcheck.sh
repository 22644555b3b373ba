#!/bin/bash
# SPDX-License-Identifier: MIT
# make distcheck: the tarball is whole, builds out of its tree, passes its checks, installs and uninstalls.
. "$(dirname "$0")/../lib.sh"
[[ -x $top/configure ]] || (cd "$top" && ./autogen.sh)
mkdir "$tmp/b"
cd "$tmp/b"
"$top/configure" --enable-werror >/dev/null
make -s -j"$(nproc)" distcheck DISTCHECK_CONFIGURE_FLAGS=--enable-werror AM_DISTCHECK_DVI_TARGET= >"$tmp/log" 2>&1 || {
	grep -nE 'error|FAIL|\*\*\*' "$tmp/log" | head -n 20
	tail -n 30 "$tmp/log"
	fail "make distcheck"
}
tail -n 5 "$tmp/log"
done_ok
