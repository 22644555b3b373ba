/* SPDX-License-Identifier: MIT */
/*
 * What the files of this plugin provide. All ops are constant; an instance belongs to one shard (of
 * the slow key exchanges: to whoever calls, several threads at once, since it never changes).
 *
 * The shape is the same everywhere: algorithms are fetched once, contexts are kept and re-keyed, the
 * digest of a MAC is set once, EC keys are made by copying a template's parameters.
 */
#ifndef OPENSSL_ALGORITHMS_H
#define OPENSSL_ALGORITHMS_H

#include <cygnet/crypto.h>

extern const struct cyg_cipher_ops openssl_aes_gcm_128, openssl_aes_gcm_256, openssl_chacha20_poly1305,
	openssl_aes_cbc_128, openssl_aes_cbc_192, openssl_aes_cbc_256, openssl_des3_cbc;

extern const struct cyg_mac_ops openssl_mac_sha2_256, openssl_mac_sha2_384, openssl_mac_sha2_512,
	openssl_mac_sha1, openssl_mac_md5;

extern const struct cyg_prf_ops openssl_prf_sha2_256, openssl_prf_sha2_384, openssl_prf_sha2_512,
	openssl_prf_sha1, openssl_prf_md5;

extern const struct cyg_hash_ops openssl_hash_sha1, openssl_hash_sha2_256, openssl_hash_sha2_384,
	openssl_hash_sha2_512;

extern const struct cyg_ke_ops openssl_x25519, openssl_x448, openssl_ecp_256, openssl_ecp_384,
	openssl_ecp_521, openssl_modp_768, openssl_modp_1024, openssl_modp_1536, openssl_modp_2048,
	openssl_modp_3072, openssl_modp_4096, openssl_modp_6144, openssl_modp_8192, openssl_modp_2048_256;

extern const struct cyg_rng_ops openssl_rng;

#endif
