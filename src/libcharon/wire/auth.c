/* SPDX-License-Identifier: MIT */
/* RFC 7296 section 3.8: a method, three reserved octets, the proof. */
#include "wire/payloads.h"

enum cyg_status auth_read(struct wire_reader *r, struct auth_payload *out)
{
	struct auth_payload auth;

	auth.method = wire_u8(r);
	wire_skip(r, 3);
	auth.data = wire_rest(r);
	if (!wire_done(r) || auth.data.len == 0)
		return CYG_MALFORMED;
	*out = auth;
	return CYG_OK;
}

void auth_write(struct chain_writer *c, uint8_t method, struct cyg_bytes data)
{
	chain_open(c, CYG_PAYLOAD_AUTH);
	wire_put_u8(&c->w, method);
	wire_put_zero(&c->w, 3);
	wire_put_bytes(&c->w, data);
	chain_close(c);
}
