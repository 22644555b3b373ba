/* SPDX-License-Identifier: MIT */
/*
 * RFC 7296 section 3.16: one EAP packet (RFC 3748 section 4). Its own length must agree with the
 * payload's; what is inside belongs to the methods.
 */
#include "wire/payloads.h"

#define EAP_HEADER_LEN 4
#define EAP_REQUEST    1
#define EAP_RESPONSE   2
#define EAP_FAILURE    4

enum cyg_status eap_read(struct wire_reader *r, struct cyg_bytes *out)
{
	struct wire_reader head = *r;
	struct cyg_bytes packet = wire_rest(r);
	uint8_t code = wire_u8(&head);
	uint16_t len;

	wire_skip(&head, 1);
	len = wire_u16(&head);
	if (!wire_ok(&head) || len != packet.len || code < EAP_REQUEST || code > EAP_FAILURE)
		return CYG_MALFORMED;
	if (code <= EAP_RESPONSE ? len == EAP_HEADER_LEN : len != EAP_HEADER_LEN)
		return CYG_MALFORMED; /* a request or response has a type, an outcome has none */
	*out = packet;
	return CYG_OK;
}

void eap_write(struct chain_writer *c, struct cyg_bytes packet)
{
	chain_open(c, CYG_PAYLOAD_EAP);
	wire_put_bytes(&c->w, packet);
	chain_close(c);
}
