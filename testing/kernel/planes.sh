#!/bin/bash
# SPDX-License-Identifier: MIT
# The same scenarios with kernel-tun and with kernel-netlink, against strongSwan on the kernel's own ESP and
# against each other, in a virtual machine: guest/planes has the table.
here=$(cd "$(dirname "$0")" && pwd)
"$here/../install-packages" vm || { echo "SKIP: the packages of set vm are not here"; exit 77; }
"$here/vm" -t 1500 -- "$here/guest/planes" "$@"
status=$?
[[ $status != 125 ]] || { echo "SKIP: no virtual machine can be had here"; exit 77; }
exit $status
