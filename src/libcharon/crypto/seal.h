/* SPDX-License-Identifier: MIT */
/*
 * Secrets of type 6: sealed by a key that is made of a master password, as one word of text.
 *
 * The key is PBKDF2 (RFC 8018 5.2) with HMAC-SHA2-256 of the password and a salt; the cipher is AES-GCM with 256 bits and
 * a random nonce of 96. A text is base64url (RFC 4648 5, without padding) of
 *
 *     version (1) | salt (16) | key check (4) | nonce (12) | ciphertext | tag (16)
 *
 * with all octets before the nonce authenticated too. The salt tells which key opens it, the check whether the password was
 * the same: a wrong password and a text that was tampered with are told apart. Nothing of the line around it is bound, so that
 * it can be copied from one object to another.
 *
 * Pure functions over algorithms that were resolved on this shard; call on the shard's thread. Nothing here logs; what was
 * derived on the way is wiped.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include <cygnet/crypto.h>

#define SEAL_SALT_LEN	16
#define SEAL_CHECK_LEN	4
#define SEAL_NONCE_LEN	12
#define SEAL_ITERATIONS 600000 /* of PBKDF2: what a guess costs */
/* Room for the text of a secret of `len` octets, with its NUL. */
#define SEAL_TEXT_LEN(len_) ((1 + SEAL_SALT_LEN + SEAL_CHECK_LEN + SEAL_NONCE_LEN + (len_) + 16) * 4 / 3 + 3)

struct seal_key {
	uint8_t salt[SEAL_SALT_LEN];
	uint8_t check[SEAL_CHECK_LEN];
	struct cyg_secret octets; /* 32 */
};

/* Of a password and a salt; takes a good part of a second with SEAL_ITERATIONS: not for a shard that serves peers.
 * `prf` is HMAC-SHA2-256 (else CYG_UNSUPPORTED). CYG_MALFORMED: an empty password, no iteration. To be freed by
 * seal_key_done(), which is fine on a zeroed one. */
enum cyg_status seal_key_make(const struct cyg_prf *prf, struct cyg_bytes password, const uint8_t salt[SEAL_SALT_LEN],
			      uint32_t iterations, struct seal_key *out) CYG_MUST_CHECK;
void seal_key_done(struct seal_key *key);

/* Adds the text of a secret. `cipher` is AES-GCM-256 with a tag of 16 octets (else CYG_UNSUPPORTED); `nonce` is
 * SEAL_NONCE_LEN unpredictable octets that are used once. CYG_LIMIT: longer than CYG_SECRET_MAX, or no room. */
enum cyg_status seal_text(const struct cyg_cipher *cipher, const struct seal_key *key, const uint8_t nonce[SEAL_NONCE_LEN],
			  struct cyg_bytes clear, struct cyg_strbuf *out) CYG_MUST_CHECK;
/* The salt of the key that a text was sealed with. CYG_MALFORMED: it is no such text, CYG_LIMIT: it is too long. */
enum cyg_status seal_salt(struct cyg_str text, uint8_t salt[SEAL_SALT_LEN]) CYG_MUST_CHECK;
/* What it seals, to be freed by the caller. CYG_MALFORMED, CYG_LIMIT as seal_salt(). CYG_NOT_FOUND: sealed with another
 * salt or password. CYG_REFUSED: with this key, and changed since. CYG_NOMEM. `out` is untouched on failure. */
enum cyg_status seal_open(const struct cyg_cipher *cipher, const struct seal_key *key, struct cyg_str text,
			  struct cyg_secret *out) CYG_MUST_CHECK;

#endif
