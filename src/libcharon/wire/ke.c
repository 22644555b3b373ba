/* SPDX-License-Identifier: MIT */
/* RFC 7296 section 3.4: a method, two reserved octets, the public value. */
#include "wire/payloads.h"

enum cyg_status ke_read(struct wire_reader *r, struct ke_payload *out)
{
	struct ke_payload ke;

	ke.group = wire_u16(r);
	wire_skip(r, 2);
	ke.data = wire_rest(r);
	if (!wire_done(r) || ke.data.len == 0)
		return CYG_MALFORMED;
	*out = ke;
	return CYG_OK;
}

void ke_write(struct chain_writer *c, uint16_t group, struct cyg_bytes data)
{
	chain_open(c, CYG_PAYLOAD_KE);
	wire_put_u16(&c->w, group);
	wire_put_zero(&c->w, 2);
	wire_put_bytes(&c->w, data);
	chain_close(c);
}
