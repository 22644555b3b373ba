#!/bin/bash
# SPDX-License-Identifier: MIT
# Our ESP over raw sockets (no NAT, no UDP) against strongSwan on the kernel's own ESP, in a virtual machine.
here=$(cd "$(dirname "$0")" && pwd)
"$here/../install-packages" vm || { echo "SKIP: the packages of set vm are not here"; exit 77; }
"$here/vm" -t 900 -- "$here/guest/raw-esp" "$@"
status=$?
[[ $status != 125 ]] || { echo "SKIP: no virtual machine can be had here"; exit 77; }
exit $status
