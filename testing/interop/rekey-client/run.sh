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
cygnet=gw charon=c1

cygnet_start gw "$interop/gateway"
charon_client | charon_start c1
charon_initiate c1 net >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; fail "strongSwan cannot connect"; }
wait_for 5 sa_ready gw || fail "the gateway shows no SA"
vip=$(json gw "show crypto ikev2 sa detailed" '.rows[0].assigned_address')

step "new keys by either side under traffic"
rekey_under_traffic gw "$vip"
[[ $gw_sealing == 0 && $gw_opening == 0 ]] || fail "the gateway lost $gw_sealing into and $gw_opening out of the tunnel"


step "twin: no common suite for new keys"
rekey_refused "$vip"
done_ok
