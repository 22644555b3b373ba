/* SPDX-License-Identifier: MIT */
/* Known answers, each list ended by an empty one. Constant. */
#ifndef OPENSSL_VECTORS_H
#define OPENSSL_VECTORS_H

#include <cygnet/crypto.h>

extern const struct cyg_vector openssl_vectors_aes_gcm_128[];
extern const struct cyg_vector openssl_vectors_aes_gcm_256[];
extern const struct cyg_vector openssl_vectors_chacha20_poly1305[];
extern const struct cyg_vector openssl_vectors_aes_cbc_128[];
extern const struct cyg_vector openssl_vectors_aes_cbc_192[];
extern const struct cyg_vector openssl_vectors_aes_cbc_256[];
extern const struct cyg_vector openssl_vectors_des3_cbc[];
extern const struct cyg_vector openssl_vectors_prf_sha2_256[];
extern const struct cyg_vector openssl_vectors_mac_sha2_256[];
extern const struct cyg_vector openssl_vectors_prf_sha2_384[];
extern const struct cyg_vector openssl_vectors_mac_sha2_384[];
extern const struct cyg_vector openssl_vectors_prf_sha2_512[];
extern const struct cyg_vector openssl_vectors_mac_sha2_512[];
extern const struct cyg_vector openssl_vectors_prf_md5[];
extern const struct cyg_vector openssl_vectors_mac_md5[];
extern const struct cyg_vector openssl_vectors_prf_sha1[];
extern const struct cyg_vector openssl_vectors_mac_sha1[];
extern const struct cyg_vector openssl_vectors_hash_sha1[];
extern const struct cyg_vector openssl_vectors_hash_sha2_256[];
extern const struct cyg_vector openssl_vectors_hash_sha2_384[];
extern const struct cyg_vector openssl_vectors_hash_sha2_512[];
extern const struct cyg_vector openssl_vectors_ecp_256[];
extern const struct cyg_vector openssl_vectors_ecp_384[];
extern const struct cyg_vector openssl_vectors_ecp_521[];
extern const struct cyg_vector openssl_vectors_x25519[];
extern const struct cyg_vector openssl_vectors_x448[];

#endif
