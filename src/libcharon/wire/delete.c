/* SPDX-License-Identifier: MIT */
/* RFC 7296 section 3.11: protocol, SPI size, how many, the SPIs. The IKE_SA itself has none here. */
#include "wire/payloads.h"

static bool shape_is_good(const struct delete_payload *del)
{
	switch (del->protocol) {
	case CYG_PROTO_IKE:
		return del->spi_len == 0;
	case CYG_PROTO_AH:
	case CYG_PROTO_ESP:
		return del->spi_len == 4 && del->count > 0;
	default:
		return true; /* of a protocol we do not know nothing is ours */
	}
}

enum cyg_status delete_read(struct wire_reader *r, struct delete_payload *out)
{
	struct delete_payload del;

	del.protocol = wire_u8(r);
	del.spi_len = wire_u8(r);
	del.count = wire_u16(r);
	del.spis = wire_view(r, (size_t)del.spi_len * del.count);
	if (!wire_done(r) || !shape_is_good(&del))
		return CYG_MALFORMED;
	if (del.count > DELETE_SPIS_MAX)
		return CYG_LIMIT;
	*out = del;
	return CYG_OK;
}

uint32_t delete_spi(const struct delete_payload *del, size_t n)
{
	struct wire_reader r = wire_reader_of(del->spis);

	wire_skip(&r, n * del->spi_len);
	return wire_u32(&r);
}

void delete_write(struct chain_writer *c, uint8_t protocol, uint8_t spi_len, const uint32_t *spis,
		  size_t count)
{
	chain_open(c, CYG_PAYLOAD_DELETE);
	wire_put_u8(&c->w, protocol);
	wire_put_u8(&c->w, spi_len);
	wire_put_u16(&c->w, (uint16_t)count);
	for (size_t i = 0; i < count && spi_len; i++)
		wire_put_u32(&c->w, spis[i]);
	if (count > DELETE_SPIS_MAX || (spi_len != 0 && spi_len != 4))
		c->w.failed = true;
	chain_close(c);
}
