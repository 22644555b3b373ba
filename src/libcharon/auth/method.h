/* SPDX-License-Identifier: MIT */
/*
 * Proving an identity (RFC 7296 2.15), one row per method: what the AUTH payload's number is, which
 * word of the command language allows it, how its octets are made and checked. Signatures and
 * EAP are further rows. Owning shard; a method that may wait takes the op, as any operation does.
 */
#ifndef AUTH_METHOD_H
#define AUTH_METHOD_H

#include "config/objects.h"
#include "sa/suite.h"

#define AUTH_DATA_MAX 1024 /* octets of AUTH data that we make */

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
	/* Writes at most AUTH_DATA_MAX octets, sets *len. */
	enum cyg_status (*make)(const struct auth_input *in, uint8_t *out, size_t *len,
				struct cyg_op *op);
	/* CYG_REFUSED if the proof is wrong. */
	enum cyg_status (*verify)(const struct auth_input *in, struct cyg_bytes data,
				  struct cyg_op *op);
};

/* By the number in an AUTH payload; NULL if it is none of ours. */
const struct auth_method *auth_method_by_number(uint8_t number);
/* The method that an `authentication local` line means; NULL. */
const struct auth_method *auth_method_by_kind(enum auth_kind kind);
/* "pre-share, rsa-sig": the words of a profile's remote methods. */
void auth_kinds_text(unsigned kinds, struct cyg_strbuf *out);
/* Our identity by a profile: what it says, else the local address (or DN, once certificates sign). */
enum cyg_status auth_local_id(const struct config_profile *profile, const struct cyg_ip *local,
			      struct cyg_identity **out) CYG_MUST_CHECK;

#endif
