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
need_command gcc
charon_need
[[ -e /usr/lib/ipsec/plugins/libstrongswan-eap-md5.so ]] || skip "no plugin eap-md5 (libcharon-extra-plugins)"
certs_make
net_up
# shellcheck disable=SC2034 # lib-charon.sh reads it
charon_plugins="md5 eap-identity eap-md5"

# Our plugins, and the one of this folder beside them.
plugins=$tmp/plugins
mkdir "$plugins"
cp "$build"/src/plugins/*/.libs/*.so "$plugins/"
gcc -std=gnu11 -O1 -g -fPIC -fvisibility=hidden -Wall -Werror -shared -Wl,-z,nodelete -I"$top/src/include" \
	-o "$plugins/test-eap-md5.so" "$(dirname "$0")/test-eap-md5.c" -lcrypto || fail "the method does not build"

pings() { # FROM TO
	in_ns "$1" ping -c 5 -i 0.05 -W 3 -q "$2" >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic through the tunnel"; }
}

# --- strongSwan logs in at our gateway ---

eap_client() { # PASSWORD [USER]
	charon_client id=client.example.org remote_auth='auth = pubkey' \
		local_auth=$'auth = eap-md5\n eap_id = '"${2:-alice}" \
		more=$'secrets {\n eap-alice {\n id = '"${2:-alice}"$'\n secret = '"$1"$'\n }\n}'
}
cygnet_configure gw "$interop/gateway"
cygnet_add gw <<-END
crypto pki trustpoint T
 revocation-check none
username alice password right-password
aaa authentication login users local
crypto ikev2 profile clients
 authentication local ecdsa-sig
 no authentication remote pre-share
 authentication remote eap query-identity
 aaa authentication eap users
 aaa authorization group eap list here clients
 pki trustpoint T
END
cert_files gw "$tmp/pki/p256/ca.pem" "$tmp/pki/p256/gateway.pem" "$tmp/pki/p256/gateway.key"
cygnet_start gw "" --plugin-dir "$plugins"
mkdir -p "$(charon_dir c1)"
eap_client right-password | charon_start c1
mkdir -p "$(charon_dir c1)/swanctl/x509ca"
cp "$tmp/pki/p256/ca.pem" "$(charon_dir c1)/swanctl/x509ca/"
charon_ctl c1 --load-all --clear >/dev/null 2>&1 || fail "strongSwan does not load its CA"

step "strongSwan logs in by EAP-MD5"
charon_initiate c1 net >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; cygnet_log gw | tail -n 5; fail "strongSwan cannot connect"; }
wait_for 5 sa_ready gw || fail "the gateway shows no SA"
[[ $(json gw "show crypto ikev2 sa detailed" '.rows[0] | .auth_verify + " " + .remote_eap_id + " " + .remote_id') == "EAP alice client.example.org" ]] ||
	fail "not as alice: $(json gw "show crypto ikev2 sa detailed" '.rows[0]')"
vip=$(json gw "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
[[ $vip == 10.99.1.* ]] || fail "no address from the pool: '$vip'"
in_ns c1 ping -c 5 -i 0.05 -W 3 -q -I "$vip" 10.10.0.10 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic through the tunnel"; }
charon_ctl c1 --terminate --ike gw --timeout 5 >/dev/null || fail "strongSwan cannot delete"
wait_for 5 no_sa gw || fail "the gateway keeps an SA that the client deleted"

refused() { # PATTERN
	if charon_initiate c1 net >"$tmp/initiate" 2>&1; then fail "connected, and should not have"; fi
	logged gw "$1" || { cygnet_log gw | tail -n 5; fail "no line of ours says: $1"; }
	charon_ctl c1 --terminate --ike gw --timeout 1 >/dev/null 2>&1 || true
	sa_ready gw && fail "an SA stays"
	true
}
step "twin: a wrong password"
eap_client wrong-password | charon_reload c1
refused 'ike\.failed.*EAP method md5 refuses alice.*try: username alice password PASSWORD'
charon_logged c1 'received (EAP_FAILURE|AUTHENTICATION_FAILED)|AUTH_FAILED' 40 || { charon_log c1 | tail -n 20; fail "strongSwan was not told"; }

step "twin: a user that there is not"
eap_client right-password mallory | charon_reload c1
refused 'ike\.failed.*EAP method md5 refuses mallory'

step "twin: without the method"
cygnet_stop gw
mv "$plugins/test-eap-md5.so" "$tmp/"
cygnet_start gw "" --plugin-dir "$plugins"
eap_client right-password | charon_reload c1
refused 'ike\.failed.*wants to log in by EAP, and no loaded plugin serves .local. of list users.*try: '
mv "$tmp/test-eap-md5.so" "$plugins/"
charon_kill c1
cygnet_stop gw

# --- Our client logs in at a strongSwan gateway ---

eap_gateway() { # PASSWORD
	charon_gateway local_auth=$'auth = pubkey\n certs = own.pem' remote_auth=$'auth = eap-md5\n eap_id = %any' \
		more=$'secrets {\n eap-alice {\n id = alice\n secret = '"$1"$'\n }\n}'
}
cygnet_configure c1 "$interop/client"
cygnet_add c1 <<-END
crypto pki trustpoint T
 revocation-check none
crypto ikev2 profile gateway
 identity local fqdn client.example.org
 authentication local eap md5 username alice password right-password
 no authentication remote pre-share
 authentication remote ecdsa-sig
 pki trustpoint T verify
END
mkdir -p "$(cygnet_root c1)/etc/cygnet/pki/T"
cp "$tmp/pki/p256/ca.pem" "$(cygnet_root c1)/etc/cygnet/pki/T/ca.pem"
mkdir -p "$(charon_dir gw)"
charon_files gw "$tmp/pki/p256/ca.pem" "$tmp/pki/p256/gateway.pem" "$tmp/pki/p256/gateway.key"
eap_gateway right-password | charon_start gw

step "our client logs in by EAP-MD5"
cygnet_start c1 "" --plugin-dir "$plugins"
wait_for 15 sa_ready c1 || { cygnet_log c1 | tail -n 5; charon_log gw | tail -n 10; fail "the client does not connect"; }
[[ $(json c1 "show crypto ikev2 sa" '.rows[0] | .auth_sign + " " + .auth_verify') == "EAP ECDSA" ]] || fail "not by EAP"
charon_logged gw "authentication of 'client.example.org' with EAP successful" || { charon_log gw | tail; fail "strongSwan saw no EAP"; }
pings c1 10.10.0.10
cygnet_stop c1
wait_for 8 charon_has_no_sa gw || fail "strongSwan keeps an SA of a client that stopped"

step "twin: a wrong password"
sed -i 's/right-password/wrong-password/' "$(cygnet_root c1)/etc/cygnet/startup-config"
: >"$(cygnet_root c1)/var/log/cygnet.log"
cygnet_start c1 "" --plugin-dir "$plugins"
wait_for 15 logged c1 'ike\.failed.*the peer refuses our EAP login as alice.*try: crypto ikev2 profile gateway / authentication local eap' ||
	{ cygnet_log c1 | tail; fail "no line says why"; }
sa_ready c1 && fail "connected, and should not have"
done_ok
