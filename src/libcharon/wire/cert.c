/* SPDX-License-Identifier: MIT */
/* RFC 7296 sections 3.6 and 3.7: an encoding, then a certificate, or what authorities are wanted. */
#include "wire/payloads.h"

enum cyg_status certreq_read(struct wire_reader *r, struct cert_payload *out)
{
	struct cert_payload cert;

	cert.encoding = wire_u8(r);
	cert.data = wire_rest(r); /* empty: any authority */
	if (!wire_done(r))
		return CYG_MALFORMED;
	*out = cert;
	return CYG_OK;
}

enum cyg_status cert_read(struct wire_reader *r, struct cert_payload *out)
{
	struct cert_payload cert;

	if (certreq_read(r, &cert) != CYG_OK || cert.data.len == 0)
		return CYG_MALFORMED;
	*out = cert;
	return CYG_OK;
}

static void write_as(struct chain_writer *c, uint8_t type, uint8_t encoding, struct cyg_bytes data)
{
	chain_open(c, type);
	wire_put_u8(&c->w, encoding);
	wire_put_bytes(&c->w, data);
	chain_close(c);
}

void cert_write(struct chain_writer *c, uint8_t encoding, struct cyg_bytes data)
{
	write_as(c, CYG_PAYLOAD_CERT, encoding, data);
}

void certreq_write(struct chain_writer *c, uint8_t encoding, struct cyg_bytes authorities)
{
	write_as(c, CYG_PAYLOAD_CERTREQ, encoding, authorities);
}
