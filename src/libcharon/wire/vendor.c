/* SPDX-License-Identifier: MIT */
/* RFC 7296 section 3.12: octets whose meaning is their sender's. */
#include "wire/payloads.h"

enum cyg_status vendor_read(struct wire_reader *r, struct cyg_bytes *out)
{
	struct cyg_bytes id = wire_rest(r);

	if (!wire_done(r))
		return CYG_MALFORMED;
	*out = id;
	return CYG_OK;
}

void vendor_write(struct chain_writer *c, struct cyg_bytes id)
{
	chain_open(c, CYG_PAYLOAD_VENDOR);
	wire_put_bytes(&c->w, id);
	chain_close(c);
}
