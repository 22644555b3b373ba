/* SPDX-License-Identifier: MIT */
/*
 * EAP packets as far as whoever carries them must look into them (RFC 3748 4, 5.1, 5.2, 5.3). Pure functions; any thread. What
 * is read borrows from the packet.
 */
#ifndef AUTH_EAP_PACKET_H
#define AUTH_EAP_PACKET_H

#include <cygnet/eap.h>

#define EAP_IDENTITY_MAX 253 /* octets of an identity: what a RADIUS User-Name holds */
#define EAP_OWN_MAX      (5 + 255) /* octets of a packet that is made here */

/* A type as a method names it: vendor and vendor_type with CYG_EAP_EXPANDED, else 0. */
struct eap_type {
	uint8_t type;
	uint32_t vendor, vendor_type;
};

struct eap_packet {
	uint8_t code;                   /* enum cyg_eap_code */
	uint8_t identifier;
	struct eap_type type;           /* 0 in Success and Failure */
	struct cyg_bytes data;          /* behind the type */
};

/* CYG_MALFORMED: shorter than it says, a code that there is not, a request or response without a type, Success or Failure with one;
 * CYG_LIMIT: longer than CYG_EAP_PACKET_MAX. */
enum cyg_status eap_packet_read(struct cyg_bytes packet, struct eap_packet *out) CYG_MUST_CHECK;
/* A request or response of a type that is not expanded; `out` has EAP_OWN_MAX octets, what does not fit is CYG_LIMIT. */
enum cyg_status eap_packet_write(uint8_t code, uint8_t identifier, uint8_t type, struct cyg_bytes data, uint8_t *out,
				 struct cyg_bytes *packet) CYG_MUST_CHECK;
/* Is it what this method is for? */
bool eap_type_is(const struct eap_type *type, const struct cyg_eap_method_ops *ops);

#endif
