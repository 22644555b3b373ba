/* SPDX-License-Identifier: MIT */
/*
 * An IKE identity (RFC 7296 section 3.5): a type and its octets, held in place, since what is kept
 * for a peer is bounded. Any thread.
 */
#ifndef CYGNET_IDENTITY_H
#define CYGNET_IDENTITY_H

#include <cygnet/ip.h>

#define CYG_IDENTITY_MAX 512 /* octets of the data; a longer one is refused with CYG_LIMIT */

enum cyg_id_type {
	CYG_ID_NONE = 0,
	CYG_ID_IPV4_ADDR = 1,
	CYG_ID_FQDN = 2,
	CYG_ID_RFC822_ADDR = 3,
	CYG_ID_IPV6_ADDR = 5,
	CYG_ID_DER_ASN1_DN = 9,
	CYG_ID_DER_ASN1_GN = 10,
	CYG_ID_KEY_ID = 11,
	CYG_ID_GROUP_NAME = 201, /* private use; AnyConnect: matched as key-id, 201 stays in the AUTH octets */
};

/* Immutable once made; the octets follow the struct. Counted: shared by sessions and configuration. */
struct cyg_identity {
	uint32_t refs;           /* atomic */
	uint8_t type;            /* as it stood on the wire */
	uint16_t len;
	uint8_t octets[];
};

/* CYG_LIMIT, CYG_NOMEM, or CYG_MALFORMED if the length does not fit an address type. */
CYG_EXPORT enum cyg_status cyg_identity_new(uint8_t type, struct cyg_bytes octets,
					    struct cyg_identity **out) CYG_MUST_CHECK;
CYG_EXPORT enum cyg_status cyg_identity_of_ip(const struct cyg_ip *ip, struct cyg_identity **out)
	CYG_MUST_CHECK;
CYG_EXPORT struct cyg_identity *cyg_identity_ref(struct cyg_identity *id);
CYG_EXPORT void cyg_identity_unref(struct cyg_identity *id); /* NULL is fine */
/* Names compare without case for FQDN and RFC822 (its domain part), octet by octet else. */
CYG_EXPORT bool cyg_identity_equal(const struct cyg_identity *a, const struct cyg_identity *b);
/* Readable and safe for logs and `show`: an address, a name, a DN, or hex. */
CYG_EXPORT void cyg_identity_text(const struct cyg_identity *id, struct cyg_strbuf *out);
/* Tells each attribute of a Name (DER, RFC 5280 4.1.2.4) in its order, the least specific first: its short name as
 * cyg_identity_text() has it ("cn", "dc"; "" if it has none) and its value, foreign octets of whatever kind of
 * string. CYG_MALFORMED: it is no Name, and what was told before means nothing. */
CYG_EXPORT enum cyg_status cyg_dn_each(struct cyg_bytes der,
				       void (*tell)(void *ctx, const char *name, struct cyg_bytes value),
				       void *ctx) CYG_MUST_CHECK;
/* "address", "fqdn", "email", "dn", "key-id"; the words of the command language. */
CYG_EXPORT const char *cyg_identity_type_text(uint8_t type);

#endif
