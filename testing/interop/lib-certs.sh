# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced after lib-charon.sh: certificates for both sides, out of a PKI that is made anew for each scenario.

certs_make() {
	need_tool testing/pki/make_pki
	"$build/testing/pki/make_pki" "$tmp/pki" || fail "no PKI"
}
# cert_config NS PROFILE: what both of our sides have beyond the usual.
cert_config() {
	cygnet_add "$1" <<-END
	crypto pki trustpoint T
	 revocation-check crl none
	crypto ikev2 profile $2
	 authentication local ecdsa-sig
	 no authentication remote pre-share
	 authentication remote rsa-sig
	 authentication remote ecdsa-sig
	 pki trustpoint T
	END
}
# cert_files NS CA CERT KEY [CRL]: into the trustpoint's folder, with the method that the key has.
cert_files() {
	local root method=ecdsa-sig
	root=$(cygnet_root "$1")
	rm -rf "$root/etc/cygnet/pki"
	mkdir -p "$root/etc/cygnet/pki/T"
	cp "$2" "$root/etc/cygnet/pki/T/ca.pem"
	cp "$3" "$root/etc/cygnet/pki/T/cert.pem"
	cp "$4" "$root/etc/cygnet/pki/T/key.pem"
	[[ -z ${5:-} ]] || cp "$5" "$root/etc/cygnet/pki/T/crl.pem"
	[[ $3 != */rsa* ]] || method=rsa-sig
	sed -i "s/^ authentication local .*-sig/ authentication local $method/" "$root/etc/cygnet/startup-config"
}
# charon_files NS CA CERT KEY [INTERMEDIATE]
charon_files() {
	local dir
	dir=$(charon_dir "$1")/swanctl
	rm -rf "$dir/x509" "$dir/x509ca" "$dir/private"
	mkdir -p "$dir/x509" "$dir/x509ca" "$dir/private"
	cp "$2" "$dir/x509ca/"
	cp "$3" "$dir/x509/own.pem"
	cp "$4" "$dir/private/own.pem"
	[[ -z ${5:-} ]] || cp "$5" "$dir/x509ca/"
}
files_of() { # KIND NAME: certificate file for us
	if [[ $1 == chain ]]; then say "$tmp/pki/chain/$2-chain.pem"; else say "$tmp/pki/$1/$2.pem"; fi
}
middle_of() { if [[ $1 == chain ]]; then say "$tmp/pki/chain/intermediate.pem"; fi; }
client_conf() { charon_client id=client.example.org local_auth=$'auth = pubkey\n certs = own.pem' remote_auth='auth = pubkey' "$@"; }
gateway_conf() { charon_gateway local_auth=$'auth = pubkey\n certs = own.pem' remote_auth='auth = pubkey' "$@"; }
