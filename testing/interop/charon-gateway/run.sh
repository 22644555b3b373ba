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

capture c1 wan "$tmp/wire.pcap"
charon_gateway | charon_start gw

connected() {
	wait_for 15 sa_ready c1 || { cygnet_log c1 | tail; fail "the client does not connect"; }
	charon_sees gw 'ESTABLISHED' || fail "strongSwan sees no IKE_SA"
	charon_sees gw 'AES_GCM_16-128' || { charon_ctl gw --list-sas; fail "strongSwan sees another suite"; }
	vip=$(json c1 "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
	[[ $vip == 10.99.2.* ]] || fail "no address from the gateway's pool: '$vip'"
	charon_sees gw "\[$vip\]" || { charon_ctl gw --list-sas; fail "strongSwan has given another address than $vip"; }
	[[ $(json c1 "show crypto ikev2 sa detailed" '.rows[0].dns | join(" ")') == 10.10.0.53 ]] || fail "no DNS server"
	local theirs sealed opened
	theirs=$(charon_octets gw in) sealed=$(esp c1 packets_out) opened=$(esp c1 packets_in)
	in_ns c1 ping -c 20 -i 0.05 -s 600 -W 3 -q 10.10.0.10 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic through the tunnel"; }
	in_ns lan ping -c 5 -i 0.05 -W 3 -q "$vip" >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic from behind the gateway"; }
	[[ $(($(charon_octets gw in) - theirs)) -ge $((20 * 628)) ]] || fail "strongSwan's count of octets did not grow by what was sent"
	[[ $(($(esp c1 packets_in) - opened)) -ge 25 && $(($(esp c1 packets_out) - sealed)) -ge 25 ]] ||
		fail "our ESP counters did not grow by what was sent"
}

step "connected; the gateway deletes, the client comes back"
cygnet_start c1 "$interop/client"
connected
charon_ctl gw --terminate --ike clients --timeout 5 >/dev/null || fail "strongSwan cannot delete"
wait_for 5 logged c1 'ike.down.*the peer deleted it' || fail "no line says that the peer deleted the SA"
connected

step "the client deletes"
deletes() { charon_log gw | grep -c 'received DELETE for IKE_SA'; }
before=$(deletes) || true
show c1 "clear crypto ikev2 sa" >/dev/null || fail "clear crypto ikev2 sa"
deleted() { [[ $(deletes) -gt $before ]]; }
wait_for 5 deleted || fail "strongSwan was not told of the deletion"
cygnet_stop c1
wait_for 8 charon_has_no_sa gw || { charon_ctl gw --list-sas; fail "strongSwan keeps an SA of a client that stopped"; }

# refused PATTERN-OF-CHARON PATTERN-OF-OURS
refused() {
	: >"$(cygnet_root c1)/var/log/cygnet.log"
	cygnet_start c1 "$interop/client"
	wait_for 15 logged c1 "$2" || { cygnet_log c1 | tail -n 20; fail "no line of ours says: $2"; }
	charon_logged gw "$1" 60 || { charon_log gw | tail -n 20; fail "strongSwan's log has no $1"; }
	[[ $(esp c1 packets_in) == 0 && $(json c1 'show crypto ipsec sa' '.rows | length') == 0 ]] || fail "connected, and should not have"
	cygnet_stop c1
	charon_ctl gw --terminate --ike clients --timeout 2 >/dev/null 2>&1 || true
}

step "twin: a wrong key"
charon_gateway key=another-key | charon_reload gw
refused 'AUTH_FAILED|AUTHENTICATION_FAILED|MAC mismatched' 'AUTHENTICATION_FAILED.*(compare keys|pre-shared-key)'

step "twin: a gateway of another name"
charon_gateway id=impostor.example.org | charon_reload gw
refused 'AUTH_FAILED|IDr|impostor|AUTHENTICATION_FAILED' 'impostor\.example\.org.*match identity remote|match identity remote.*impostor|AUTHENTICATION_FAILED'

step "twin: no common IKE suite"
charon_gateway ike=aes256-sha384-ecp384 | charon_reload gw
refused 'NO_PROPOSAL_CHOSEN|NO_PROP|no proposal' 'NO_PROPOSAL_CHOSEN.*crypto ikev2 proposal|crypto ikev2 proposal.*NO_PROPOSAL_CHOSEN'

step "twin: no common ESP suite"
charon_gateway esp=aes256-sha384 | charon_reload gw
refused 'NO_PROPOSAL_CHOSEN|NO_PROP|no proposal|no acceptable' 'NO_PROPOSAL_CHOSEN.*transform-set|transform-set.*NO_PROPOSAL_CHOSEN'

capture_stop
only_ipsec "$tmp/wire.pcap"
done_ok
