/* SPDX-License-Identifier: MIT */
/* RFC 7296 section 3.10: protocol, SPI size, type, SPI, data. */
#include "wire/payloads.h"

enum cyg_status notify_read(struct wire_reader *r, struct notify_payload *out)
{
	struct notify_payload n;

	n.protocol = wire_u8(r);
	n.spi_len = wire_u8(r);
	n.type = wire_u16(r);
	n.spi = spi_read(r, n.spi_len);
	n.data = wire_rest(r);
	if (!wire_done(r) || (n.spi_len != 0 && n.spi_len != 4 && n.spi_len != 8))
		return CYG_MALFORMED;
	*out = n;
	return CYG_OK;
}

void notify_write(struct chain_writer *c, uint8_t protocol, uint8_t spi_len, uint64_t spi,
		  uint16_t type, struct cyg_bytes data)
{
	chain_open(c, CYG_PAYLOAD_NOTIFY);
	wire_put_u8(&c->w, protocol);
	wire_put_u8(&c->w, spi_len);
	wire_put_u16(&c->w, type);
	spi_write(&c->w, spi_len, spi);
	wire_put_bytes(&c->w, data);
	chain_close(c);
}
