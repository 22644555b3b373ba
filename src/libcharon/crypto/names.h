/* SPDX-License-Identifier: MIT */
/*
 * Names of algorithms, for `show`, for messages and for the command language: the one place that
 * knows number, name and word together. Constant tables; any thread.
 */
#ifndef CRYPTO_NAMES_H
#define CRYPTO_NAMES_H

#include <cygnet/bytes.h>
#include <cygnet/numbers.h>

struct alg_name {
	uint8_t transform;     /* CYG_TRANSFORM_* */
	uint16_t id, key_bits; /* key_bits: 0 if the algorithm has one length */
	const char *name;      /* "AES-GCM-128", as plugins name it; for KE "MODP-2048" */
	const char *iana;      /* "ENCR_AES_GCM_16", "2048-bit MODP Group" */
	const char *word;      /* as a proposal writes it: "aes-gcm-128", "sha256", "14"; NULL if it cannot */
};

/* NULL if the number is not known. */
const struct alg_name *alg_by_id(uint8_t transform, uint16_t id, uint16_t key_bits);
/* By `name` or `word`, without case. NULL if there is none. */
const struct alg_name *alg_by_name(uint8_t transform, struct cyg_str name);
/* "AES-GCM-128", or "ENCR 77" / "ENCR 77 (256 bits)" for what has no name. */
void alg_name_add(struct cyg_strbuf *out, uint8_t transform, uint16_t id, uint16_t key_bits);
/* The nth row of the table, NULL after the last (for `?` help and tests). */
const struct alg_name *alg_nth(size_t n);

const char *auth_method_name(uint8_t method);    /* "pre-shared key" */

#endif
