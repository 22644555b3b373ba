#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../../lib.sh"
. "$(dirname "$0")/../../lib-net.sh"
. "$(dirname "$0")/../lib-charon.sh"
. "$(dirname "$0")/../lib-certs.sh"
interop=$(cd "$(dirname "$0")/.." && pwd)
need_root
need_tun
need_build
charon_need
need_command tcpdump
certs_make
net_up
path_narrow
chain=$tmp/pki/chain

# Both ends of the path.
capture_both() {
	capture c1 wan "$tmp/c1.pcap"
	c1_capture=$capture_pid
	capture gw wan "$tmp/gw.pcap"
}
captures_stop() {
	capture_stop
	capture_pid=$c1_capture
	capture_stop
}
# skf FILE SOURCE: how many messages of IKE_AUTH in fragments (next payload 53) left there.
skf() { tcpdump -n -r "$1" "src host $2 and udp port 4500 and udp[8:4] == 0 and udp[28] == 53 and udp[30] == 35" 2>/dev/null | wc -l; }

step "strongSwan is the client"
cygnet_configure gw "$interop/gateway"
cert_config gw clients
cygnet_add gw <<-END
	crypto ikev2 profile clients
	aaa authorization group cert list here clients
END
cert_files gw "$chain/ca.pem" "$chain/gateway-chain.pem" "$chain/gateway.key"
cygnet_start gw
mkdir -p "$(charon_dir c1)"
charon_files c1 "$chain/ca.pem" "$chain/client.pem" "$chain/client.key" "$chain/intermediate.pem"
client_conf | charon_start c1
capture_both
charon_initiate c1 net >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; cygnet_log gw | tail -n 5; fail "strongSwan cannot connect"; }
wait_for 5 sa_ready gw || fail "the gateway shows no SA"
[[ $(json gw "show crypto ikev2 sa" '.rows[0].fragmentation') == true ]] || fail "the gateway does not show fragmentation"
captures_stop
[[ $(skf "$tmp/c1.pcap" 198.51.100.2) -ge 2 ]] || fail "strongSwan sent no message in fragments: this proves nothing"
[[ $(skf "$tmp/gw.pcap" 192.0.2.1) -ge 2 ]] || fail "the gateway sent no message in fragments: this proves nothing"
charon_ctl c1 --terminate --ike gw --timeout 5 >/dev/null || fail "strongSwan cannot delete"
wait_for 5 no_sa gw || fail "the gateway keeps an SA that the client deleted"

# stuck: strongSwan does not get through.
stuck() {
	if charon_ctl c1 --initiate --child net --timeout 8 >"$tmp/initiate" 2>&1; then fail "connected, and should not have"; fi
	charon_ctl c1 --terminate --ike gw --force --timeout 1 >/dev/null 2>&1 || true
	! sa_ready gw || fail "an SA stays"
}
step "twin: fragmentation off at the gateway"
say "no crypto ikev2 fragmentation" | cygnet_add gw
show gw reload >/dev/null
stuck
step "twin: fragmentation off at strongSwan"
sed -i '/^no crypto ikev2 fragmentation/d' "$(cygnet_root gw)/etc/cygnet/startup-config"
show gw reload >/dev/null
client_conf conn="fragmentation = no" | charon_reload c1
stuck
charon_kill c1
cygnet_stop gw

step "strongSwan is the gateway"
mkdir -p "$(charon_dir gw)"
charon_files gw "$chain/ca.pem" "$chain/gateway.pem" "$chain/gateway.key" "$chain/intermediate.pem"
gateway_conf | charon_start gw
cygnet_configure c1 "$interop/client"
cert_config c1 gateway
cygnet_add c1 <<-END
	crypto ikev2 profile gateway
	identity local fqdn client.example.org
END
cert_files c1 "$chain/ca.pem" "$chain/client-chain.pem" "$chain/client.key"
capture_both
cygnet_start c1
wait_for 25 sa_ready c1 || { cygnet_log c1 | tail -n 5; charon_log gw | tail -n 10; fail "the client does not connect"; }
captures_stop
[[ $(skf "$tmp/c1.pcap" 198.51.100.2) -ge 2 ]] || fail "the client sent no message in fragments: this proves nothing"
cygnet_stop c1
wait_for 8 charon_has_no_sa gw || fail "strongSwan keeps an SA of a client that stopped"

step "twin: fragmentation off at the client"
say "no crypto ikev2 fragmentation" | cygnet_add c1
cygnet_start c1
sleep 8
! sa_ready c1 || fail "connected, and should not have"
done_ok
