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
cygnet_start gw "$interop/gateway"
charon_client | charon_start c1

# connected ESP-IN-SWANCTL-LIST: the tunnel is up, both say so, and traffic runs both ways.
connected() {
	charon_initiate c1 net >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; fail "strongSwan cannot connect"; }
	wait_for 5 sa_ready gw || fail "the gateway shows no SA"
	[[ $(json gw "show interfaces" '.rows[] | select(.device == "cyg-v1").status') == up ]] || fail "the template's device is not told to be up"
	charon_sees c1 "$1" || { charon_ctl c1 --list-sas; fail "strongSwan does not see the suite $1"; }
	vip=$(json gw "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
	[[ $vip == 10.99.1.* ]] || fail "no address from the pool: '$vip'"
	charon_sees c1 "\[$vip\]" || { charon_ctl c1 --list-sas; fail "strongSwan does not have the address $vip"; }
	charon_logged c1 'CPRP\(.*DNS' || fail "strongSwan got no DNS server"
	local sealed opened theirs
	sealed=$(esp gw packets_out) opened=$(esp gw packets_in) theirs=$(charon_octets c1 in)
	in_ns c1 ping -c 20 -i 0.05 -s 600 -W 3 -q -I "$vip" 10.10.0.10 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic through the tunnel"; }
	in_ns lan ping -c 5 -i 0.05 -W 3 -q "$vip" >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic from behind the gateway"; }
	[[ $(($(esp gw packets_in) - opened)) -ge 25 && $(($(esp gw packets_out) - sealed)) -ge 25 ]] ||
		fail "the gateway's ESP counters did not grow by what was sent"
	[[ $(($(charon_octets c1 in) - theirs)) -ge $((20 * 628)) ]] || fail "strongSwan's count of octets did not grow by what was sent"
}

step "AES-GCM with X25519; the client deletes"
connected 'AES_GCM_16-128'
charon_ctl c1 --terminate --ike gw --timeout 5 >/dev/null || fail "strongSwan cannot delete"
wait_for 5 no_sa gw || fail "the gateway keeps an SA that the client deleted"
[[ $(json gw "show ip local pool" '[.rows[].used] | add') == 0 ]] || fail "the address was not given back"

step "AES-CBC with HMAC-SHA2-256 and MODP-2048; the gateway deletes"
charon_client ike=aes256-sha256-modp2048 esp=aes256-sha256 | charon_reload c1
connected 'AES_CBC-256/HMAC_SHA2_256_128'
show gw "clear crypto ikev2 sa" >/dev/null
wait_for 5 charon_has_no_sa c1 || { charon_ctl c1 --list-sas; fail "strongSwan keeps an SA that the gateway deleted"; }

step "the gateway answers DPD, and P-256"
charon_client ike=aes256gcm16-prfsha256-ecp256 | charon_reload c1
connected 'AES_GCM_16-128'
charon_ctl c1 --terminate --ike gw --timeout 5 >/dev/null

# refused NOTIFY PATTERN: strongSwan fails with that notify, the gateway's one line says why.
refused() {
	if charon_initiate c1 net >"$tmp/initiate" 2>&1; then fail "connected, and should not have"; fi
	charon_logged c1 "$1" 40 || { charon_log c1 | tail -n 20; fail "strongSwan was not told $1"; }
	logged gw "$2" || { cygnet_log gw | tail; fail "no line of ours says: $2"; }
	charon_ctl c1 --terminate --ike gw --timeout 1 >/dev/null 2>&1 || true
	[[ $(json gw "show crypto ikev2 sa" '[.rows[] | select(.status == "READY")] | length') == 0 ]] || fail "an SA stays"
}

step "twin: a wrong key"
charon_client key=wrong-key | charon_reload c1
refused 'AUTHENTICATION_FAILED|AUTH_FAILED' 'ike\.failed.*pre-shared-key|pre-shared key'

step "twin: an identity that no profile matches"
charon_client id=alice.example.net | charon_reload c1
refused 'AUTHENTICATION_FAILED|AUTH_FAILED' 'alice\.example\.net.*match identity remote|match identity remote.*alice\.example\.net'

step "twin: no common IKE suite"
charon_client ike=aes192-sha384-modp4096 | charon_reload c1
refused 'NO_PROPOSAL_CHOSEN|NO_PROP' 'crypto ikev2 proposal'

step "twin: no common ESP suite"
charon_client esp=aes192-sha384 | charon_reload c1
refused 'NO_PROPOSAL_CHOSEN|NO_PROP' 'transform-set'

capture_stop
only_ipsec "$tmp/wire.pcap"
done_ok
