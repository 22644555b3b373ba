/* SPDX-License-Identifier: MIT */
/* RFC 7296 section 3.9: 16 to 256 octets. */
#include "wire/payloads.h"

#define NONCE_MIN  16
#define NONCE_MAX 256

enum cyg_status nonce_read(struct wire_reader *r, struct cyg_bytes *out)
{
	struct cyg_bytes nonce = wire_rest(r);

	if (!wire_done(r) || nonce.len < NONCE_MIN || nonce.len > NONCE_MAX)
		return CYG_MALFORMED;
	*out = nonce;
	return CYG_OK;
}

void nonce_write(struct chain_writer *c, struct cyg_bytes nonce)
{
	chain_open(c, CYG_PAYLOAD_NONCE);
	wire_put_bytes(&c->w, nonce);
	chain_close(c);
}
