#!/bin/bash
# SPDX-License-Identifier: MIT
# make distcheck: the tarball is whole, builds out of its tree, passes its checks, installs and uninstalls.
. "$(dirname "$0")/../lib.sh"
[[ -x $top/configure ]] || (cd "$top" && ./autogen.sh)
mkdir "$tmp/b"
cd "$tmp/b"
"$top/configure" --enable-werror >/dev/null
make -s -j"$(nproc)" distcheck DISTCHECK_CONFIGURE_FLAGS=--enable-werror AM_DISTCHECK_DVI_TARGET= >"$tmp/log" 2>&1 || {
	tail -n 30 "$tmp/log" | head -n 20
	grep -nE 'error|FAIL|\*\*\*' "$tmp/log" | head -n 20
	find "$tmp/b" -name '*.trs' -exec grep -lE '^:test-result: (FAIL|ERROR)' {} + | while read -r trs; do
		echo "--- ${trs##*/sub/}"
		grep -vE '^[0-9]+%: Checks' "${trs%.trs}.log" | tail -n 20
	done
	fail "make distcheck"
}
tail -n 5 "$tmp/log"
done_ok
