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
certs_make
net_up
reload() { show "$1" reload >"$tmp/reload" || { cat "$tmp/reload"; fail "reload"; }; }
kinds="rsa p256 p384 p521 ed25519 chain"

# --- strongSwan is the client ---

cygnet_configure gw "$interop/gateway"
cert_config gw clients
cygnet_add gw <<-END
crypto ikev2 profile clients
 aaa authorization group cert list here clients
END
cert_files gw "$tmp/pki/p256/ca.pem" "$tmp/pki/p256/gateway.pem" "$tmp/pki/p256/gateway.key"
cygnet_start gw
mkdir -p "$(charon_dir c1)"
charon_files c1 "$tmp/pki/p256/ca.pem" "$tmp/pki/p256/client.pem" "$tmp/pki/p256/client.key"
client_conf | charon_start c1

connected() { # SIGN VERIFY
	charon_initiate c1 net >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; cygnet_log gw | tail -n 5; fail "strongSwan cannot connect"; }
	wait_for 5 sa_ready gw || fail "the gateway shows no SA"
	[[ $(json gw "show crypto ikev2 sa" '.rows[0] | .auth_sign + " " + .auth_verify') == "$1 $1" ]] ||
		fail "not by $1: $(json gw "show crypto ikev2 sa" '.rows[0] | .auth_sign + " " + .auth_verify')"
	vip=$(json gw "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
	in_ns c1 ping -c 3 -i 0.05 -W 3 -q -I "$vip" 10.10.0.10 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic through the tunnel"; }
	charon_ctl c1 --terminate --ike gw --timeout 5 >/dev/null || fail "strongSwan cannot delete"
	wait_for 5 no_sa gw || fail "the gateway keeps an SA that the client deleted"
}
word_of() {
	case $1 in
	rsa) say RSA ;;
	ed25519) say Ed25519 ;;
	*) say ECDSA ;;
	esac
}
for kind in $kinds; do
	step "strongSwan is the client: $kind"
	cert_files gw "$tmp/pki/$kind/ca.pem" "$(files_of "$kind" gateway)" "$tmp/pki/$kind/gateway.key"
	reload gw
	charon_files c1 "$tmp/pki/$kind/ca.pem" "$tmp/pki/$kind/client.pem" "$tmp/pki/$kind/client.key" "$(middle_of "$kind")"
	charon_ctl c1 --load-all --clear >/dev/null 2>&1 || fail "strongSwan does not load $kind"
	connected "$(word_of "$kind")"
done

# refused CERT PATTERN: the gateway's line says why.
refused() {
	: >"$(cygnet_root gw)/var/log/cygnet.log"
	charon_files c1 "$tmp/pki/p256/ca.pem" "$tmp/pki/bad/$1.pem" "$tmp/pki/bad/$1.key"
	charon_ctl c1 --load-all --clear >/dev/null 2>&1 || fail "strongSwan does not load $1"
	if charon_initiate c1 net >"$tmp/initiate" 2>&1; then fail "connected with $1, and should not have"; fi
	charon_logged c1 'AUTHENTICATION_FAILED|AUTH_FAILED' 40 || { charon_log c1 | tail -n 20; fail "strongSwan was not told"; }
	logged gw "$2" || { cygnet_log gw | tail -n 8; fail "no line of ours says: $2"; }
	charon_ctl c1 --terminate --ike gw --timeout 1 >/dev/null 2>&1 || true
	[[ $(json gw "show crypto ikev2 sa" '[.rows[] | select(.status == "READY")] | length') == 0 ]] || fail "an SA stays"
}
cert_files gw "$tmp/pki/p256/ca.pem" "$tmp/pki/p256/gateway.pem" "$tmp/pki/p256/gateway.key" "$tmp/pki/bad/crl.pem"
reload gw
for twin in "expired expired at" "early is not valid before" "eku for other purposes only" \
	"name says that it is fqdn client.example.org, which the certificate" "usage does not let it sign" \
	"revoked was revoked by its CA" "stranger leads to no CA that we trust"; do
	step "twin: ${twin%% *}"
	refused "${twin%% *}" "ike.failed.*${twin#* }.*try: "
done
step "twin: a certificate that is not sent"
cp "$tmp/pki/p256/client.pem" "$tmp/pki/bad/unsent.pem"
cp "$tmp/pki/p256/client.key" "$tmp/pki/bad/unsent.key"
client_conf conn='send_cert = never' >"$(charon_dir c1)/swanctl/swanctl.conf"
refused unsent 'ike.failed.*sends no certificate.*try: '

step "the classic methods, with signature authentication off"
charon_kill c1
sed -i 's/^charon {/charon {\n    signature_authentication = no/' "$(charon_dir c1)/strongswan.conf"
client_conf >"$(charon_dir c1)/swanctl/swanctl.conf"
charon_files c1 "$tmp/pki/p384/ca.pem" "$tmp/pki/p384/client.pem" "$tmp/pki/p384/client.key"
charon_run c1
for kind in p384 rsa; do
	cert_files gw "$tmp/pki/$kind/ca.pem" "$tmp/pki/$kind/gateway.pem" "$tmp/pki/$kind/gateway.key"
	reload gw
	charon_files c1 "$tmp/pki/$kind/ca.pem" "$tmp/pki/$kind/client.pem" "$tmp/pki/$kind/client.key"
	charon_ctl c1 --load-all --clear >/dev/null 2>&1
	connected "$(word_of "$kind")"
done
charon_kill c1
cygnet_stop gw

# --- strongSwan is the gateway ---

cygnet_configure c1 "$interop/client"
cert_config c1 gateway
cygnet_add c1 <<-END
crypto ikev2 profile gateway
 identity local fqdn client.example.org
END
mkdir -p "$(charon_dir gw)"
charon_files gw "$tmp/pki/p256/ca.pem" "$tmp/pki/p256/gateway.pem" "$tmp/pki/p256/gateway.key"
gateway_conf | charon_start gw
for kind in $kinds; do
	step "strongSwan is the gateway: $kind"
	charon_files gw "$tmp/pki/$kind/ca.pem" "$tmp/pki/$kind/gateway.pem" "$tmp/pki/$kind/gateway.key" "$(middle_of "$kind")"
	charon_ctl gw --load-all --clear >/dev/null 2>&1 || fail "strongSwan does not load $kind"
	cert_files c1 "$tmp/pki/$kind/ca.pem" "$(files_of "$kind" client)" "$tmp/pki/$kind/client.key"
	cygnet_start c1
	wait_for 15 sa_ready c1 || { cygnet_log c1 | tail -n 5; charon_log gw | tail -n 10; fail "the client does not connect"; }
	in_ns c1 ping -c 3 -i 0.05 -W 3 -q 10.10.0.10 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic through the tunnel"; }
	cygnet_stop c1
	wait_for 8 charon_has_no_sa gw || fail "strongSwan keeps an SA of a client that stopped"
done
step "twin: a gateway of a stranger"
cert_files c1 "$tmp/pki/bad/stranger-ca.pem" "$tmp/pki/p256/client.pem" "$tmp/pki/p256/client.key"
charon_files gw "$tmp/pki/p256/ca.pem" "$tmp/pki/p256/gateway.pem" "$tmp/pki/p256/gateway.key"
charon_ctl gw --load-all --clear >/dev/null 2>&1
: >"$(cygnet_root c1)/var/log/cygnet.log"
cygnet_start c1
wait_for 15 logged c1 'ike.failed.*leads to no CA that we trust.*pki/T/ca.pem' || { cygnet_log c1 | tail; fail "no line says why"; }
sa_ready c1 && fail "connected, and should not have"
done_ok
