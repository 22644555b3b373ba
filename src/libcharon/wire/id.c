/* SPDX-License-Identifier: MIT */
/*
 * RFC 7296 section 3.5: a type, three reserved octets, the identity. AUTH covers the whole body as it was
 * received, reserved octets and all (section 2.15), so it is kept beside the parts.
 */
#include "wire/payloads.h"

#define ID_NULL 13 /* RFC 7619: has no octets */

static bool id_len_is_good(uint8_t type, size_t len)
{
	switch (type) {
	case CYG_ID_IPV4_ADDR:
		return len == 4;
	case CYG_ID_IPV6_ADDR:
		return len == 16;
	case ID_NULL:
		return len == 0;
	default:
		return len > 0;
	}
}

enum cyg_status id_read(struct wire_reader *r, struct id_payload *out)
{
	struct id_payload id;
	struct wire_reader whole = *r;

	id.body = wire_rest(&whole);
	id.type = wire_u8(r);
	wire_skip(r, 3);
	id.data = wire_rest(r);
	if (!wire_done(r) || !id_len_is_good(id.type, id.data.len))
		return CYG_MALFORMED;
	*out = id;
	return CYG_OK;
}

void id_write(struct chain_writer *c, bool initiator, uint8_t type, struct cyg_bytes data)
{
	chain_open(c, initiator ? CYG_PAYLOAD_IDI : CYG_PAYLOAD_IDR);
	wire_put_u8(&c->w, type);
	wire_put_zero(&c->w, 3);
	wire_put_bytes(&c->w, data);
	chain_close(c);
}
