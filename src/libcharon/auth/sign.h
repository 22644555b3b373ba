/* SPDX-License-Identifier: MIT */
/*
 * Which signature proves whom: the classic methods of RFC 7296 and RFC 4754 (1, 9, 10, 11) where a peer has not announced
 * hashes, and method 14 of RFC 7427 (with RFC 8420) where it has. Pure functions; any thread.
 */
#ifndef AUTH_SIGN_H
#define AUTH_SIGN_H

#include "config/objects.h"

#include <cygnet/cert.h>

/* Sets of hashes: a bit by its number in RFC 7427. */
#define SIGN_HASH(hash_) (1u << (hash_))
/* Those that we verify with method 14, and announce. */
#define SIGN_HASHES_OURS                                                                         \
	(SIGN_HASH(CYG_HASH_SHA2_256) | SIGN_HASH(CYG_HASH_SHA2_384) | SIGN_HASH(CYG_HASH_SHA2_512) | \
	 SIGN_HASH(CYG_HASH_IDENTITY))

/* The AUTH data of method 14 in front of the signature: a length and an AlgorithmIdentifier. */
#define SIGN_DATA_MAX (1 + CYG_SIGNATURE_ALG_MAX + CYG_SIGNATURE_MAX)

/*
 * How a key of this kind signs for a peer that announced these hashes (0: none, it knows the classic methods only).
 * CYG_UNSUPPORTED: it has no way that the peer can verify.
 */
enum cyg_status sign_choose(enum cyg_key_type key, unsigned bits, uint32_t peer_hashes, uint8_t *method,
			    struct cyg_signature *out) CYG_MUST_CHECK;

#define SIGN_WAYS_MAX 4
/* A peer's AUTH payload taken apart: the ways in which the signature may be meant (method 1 does not tell its hash), and the signature. */
struct sign_proof {
	unsigned count;
	struct cyg_signature how[SIGN_WAYS_MAX];
	struct cyg_bytes signature;
};
/* CYG_MALFORMED; CYG_UNSUPPORTED: an algorithm that we do not have, or did not announce (then *out is filled). */
enum cyg_status sign_read(const struct cyg_cert_ops *ops, uint8_t method, struct cyg_bytes data,
			  struct sign_proof *out) CYG_MUST_CHECK;
/* Does the length of the curve fit the classic method? True for all others. */
bool sign_curve_fits(uint8_t method, unsigned bits);

bool sign_is_signature(uint8_t method);
/* The bit in a profile: RSA, or elliptic curves of either kind. */
enum auth_kind sign_kind(enum cyg_key_type key);
/* "RSA-PSS with SHA2-256". */
void sign_text(const struct cyg_signature *how, struct cyg_strbuf *out);

#endif
