/* SPDX-License-Identifier: MIT */
/*
 * Cryptography by OpenSSL 3. The algorithms are in the files beside this one, which only lists
 * them; the ones that are weak are here too, since old peers want them, and are offered only if a proposal
 * names them.
 */
#include "algorithms.h"
#include "esp.h"
#include "x509.h"

#include <cygnet/plugin.h>

#include "config.h"

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_RNG(&openssl_rng),
	CYG_PROVIDE_HASH(&openssl_hash_sha1),
	CYG_PROVIDE_HASH(&openssl_hash_sha2_256),
	CYG_PROVIDE_HASH(&openssl_hash_sha2_384),
	CYG_PROVIDE_HASH(&openssl_hash_sha2_512),
	CYG_PROVIDE_PRF(&openssl_prf_sha2_256),
	CYG_PROVIDE_PRF(&openssl_prf_sha2_384),
	CYG_PROVIDE_PRF(&openssl_prf_sha2_512),
	CYG_PROVIDE_PRF(&openssl_prf_sha1),
	CYG_PROVIDE_PRF(&openssl_prf_md5),
	CYG_PROVIDE_MAC(&openssl_mac_sha2_256),
	CYG_PROVIDE_MAC(&openssl_mac_sha2_384),
	CYG_PROVIDE_MAC(&openssl_mac_sha2_512),
	CYG_PROVIDE_MAC(&openssl_mac_sha1),
	CYG_PROVIDE_MAC(&openssl_mac_md5),
	CYG_PROVIDE_CIPHER(&openssl_aes_gcm_128),
	CYG_PROVIDE_CIPHER(&openssl_aes_gcm_256),
	CYG_PROVIDE_CIPHER(&openssl_chacha20_poly1305),
	CYG_PROVIDE_CIPHER(&openssl_aes_cbc_128),
	CYG_PROVIDE_CIPHER(&openssl_aes_cbc_192),
	CYG_PROVIDE_CIPHER(&openssl_aes_cbc_256),
	CYG_PROVIDE_CIPHER(&openssl_des3_cbc),
	CYG_PROVIDE_KE(&openssl_x25519),
	CYG_PROVIDE_KE(&openssl_x448),
	CYG_PROVIDE_KE(&openssl_ecp_256),
	CYG_PROVIDE_KE(&openssl_ecp_384),
	CYG_PROVIDE_KE(&openssl_ecp_521),
	CYG_PROVIDE_KE(&openssl_modp_768),
	CYG_PROVIDE_KE(&openssl_modp_1024),
	CYG_PROVIDE_KE(&openssl_modp_1536),
	CYG_PROVIDE_KE(&openssl_modp_2048),
	CYG_PROVIDE_KE(&openssl_modp_3072),
	CYG_PROVIDE_KE(&openssl_modp_4096),
	CYG_PROVIDE_KE(&openssl_modp_6144),
	CYG_PROVIDE_KE(&openssl_modp_8192),
	CYG_PROVIDE_KE(&openssl_modp_2048_256),
	CYG_PROVIDE_CERT(&openssl_cert),
	CYG_PROVIDE_SIGNER(&openssl_signer),
	OPENSSL_ESP_FEATURES,
	CYG_FEATURES_END,
};

CYG_PLUGIN(openssl, "openssl", .version = PACKAGE_VERSION, .summary = "cryptography by OpenSSL 3",
	   .provides = provides);
