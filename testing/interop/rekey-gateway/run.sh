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
need_command tcpdump
net_up
cygnet=c1 charon=gw

charon_gateway | charon_start gw
cygnet_start c1 "$interop/client"
wait_for 15 sa_ready c1 || { cygnet_log c1 | tail; fail "the client does not connect"; }
vip=$(json c1 "show crypto ikev2 sa detailed" '.rows[0].assigned_address')

step "new keys by either side under traffic"
rekey_under_traffic clients "$vip"
[[ $c1_sealing == 0 && $c1_opening == 0 ]] || fail "the client lost $c1_sealing into and $c1_opening out of the tunnel"


step "twin: no common suite for new keys"
rekey_refused "$vip"
done_ok
