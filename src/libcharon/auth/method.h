/* SPDX-License-Identifier: MIT */
/*
 * Proving an identity (RFC 7296 2.15), one row per method: what the AUTH payload's number is, which
 * word of the command language allows it, how its octets are made and checked. Signatures have no
 * functions here, since they need certificates and may wait (sign.h; exchange/prove.c, peer_auth.c). Owning shard.
 */
#ifndef AUTH_METHOD_H
#define AUTH_METHOD_H

#include "config/objects.h"
#include "sa/suite.h"

#include <cygnet/cert.h>

#define AUTH_DATA_MAX CYG_PRF_MAX /* octets of AUTH data that `make` makes */

/* What is signed: the signer's first message, the other side's nonce, the signer's identity. */
struct auth_input {
	const struct suite *suite;
	const uint8_t *sk_p;            /* of the signer: SK_pi or SK_pr */
	struct cyg_bytes message, nonce;
	struct cyg_bytes id_body;       /* ID payload without its generic header */
	struct cyg_bytes int_auth;      /* IntAuth of RFC 9242, empty without it */
	const struct cyg_secret *secret;/* shared key, or MSK */
};

struct auth_method {
	uint8_t number;                 /* enum cyg_auth_method */
	enum auth_kind kind;            /* the bit in a profile */
	enum config_for use;            /* which `aaa authorization` lines count */
	const char *name;               /* "pre-shared key" */
	const char *word;               /* "pre-share" */
	bool needs_secret;
	bool signature;                 /* by the key of a certificate: the two below are NULL, as they are for EAP */
	/* Writes at most AUTH_DATA_MAX octets, sets *len. */
	enum cyg_status (*make)(const struct auth_input *in, uint8_t *out, size_t *len);
	/* CYG_REFUSED if the proof is wrong. */
	enum cyg_status (*verify)(const struct auth_input *in, struct cyg_bytes data);
};

/* By the number in an AUTH payload, for one of these kinds (method 14 is there for each kind of key); NULL if it is none of ours. */
const struct auth_method *auth_method_by_number(uint8_t number, unsigned kinds);
/* The method that an `authentication local` line means; NULL. */
const struct auth_method *auth_method_by_kind(enum auth_kind kind);
/* "pre-share, rsa-sig": the words of a profile's remote methods. */
void auth_kinds_text(unsigned kinds, struct cyg_strbuf *out);
/* Our identity by a profile: what it says, else the subject of our certificate if there is one, else the local address.
 * CYG_NOT_FOUND: it is to be the certificate's, and there is none. */
enum cyg_status auth_local_id(const struct config_profile *profile, const struct cyg_ip *local,
			      const struct cyg_cert_info *own, struct cyg_identity **out) CYG_MUST_CHECK;

#endif
