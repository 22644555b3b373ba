/* SPDX-License-Identifier: MIT */
#include "fragment.h"

#include "sum.h"

#include <cygnet/cursor.h>

#define IPV4_HEADER 20
#define IPV4_FLAGS  6
#define IPV4_SUM    10
#define MORE        0x2000
#define OFFSET_MAX  0x1fff

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_COPIED = 0x80 };

/* The options that each fragment has. RFC 791 3.1: the highest bit of the type says so. */
static enum cyg_status copy_options(struct wire_reader *options, struct wire_writer *w)
{
	while (wire_left(options)) {
		struct wire_reader at = *options;
		uint8_t type = wire_u8(options), len = 1;

		if (type == OPTION_END)
			break;
		if (type != OPTION_NOP) {
			len = wire_u8(options);
			if (!wire_ok(options) || len < 2)
				return CYG_MALFORMED;
			wire_skip(options, len - 2u);
		}
		if (!wire_ok(options))
			return CYG_MALFORMED;
		if (type & OPTION_COPIED) {
			struct cyg_bytes whole = wire_view(&at, len);

			wire_put(w, whole.ptr, whole.len);
		}
	}
	return CYG_OK;
}

enum cyg_status fragment_plan(struct cyg_bytes packet, uint16_t mtu, struct fragments *out)
{
	struct fragments f = { .packet = packet };
	struct wire_reader r = wire_reader_of(packet), options;
	struct wire_writer w = wire_writer(f.copied, sizeof(f.copied));
	struct cyg_bytes fixed;
	size_t body, rest;
	uint16_t place;

	if (mtu < FRAGMENT_MTU_LEAST)
		return CYG_UNSUPPORTED;
	f.header = (uint16_t)((wire_u8(&r) & 0x0fu) * 4u);
	wire_skip(&r, IPV4_FLAGS - 1);
	place = wire_u16(&r);
	r = wire_reader_of(packet);
	fixed = wire_view(&r, IPV4_HEADER);
	if (!wire_ok(&r) || f.header < IPV4_HEADER || f.header > packet.len)
		return CYG_MALFORMED;
	options = wire_sub(&r, f.header - IPV4_HEADER);
	wire_put(&w, fixed.ptr, fixed.len);
	if (copy_options(&options, &w) != CYG_OK)
		return CYG_MALFORMED;
	f.header_later = (uint16_t)((wire_written(&w).len + 3) & ~(size_t)3);
	f.copied[0] = (uint8_t)(0x40 | f.header_later / 4);
	f.offset = place & OFFSET_MAX;
	f.more = place & MORE;
	f.first = (uint16_t)((mtu - f.header) & ~7u);
	f.later = (uint16_t)((mtu - f.header_later) & ~7u);
	body = packet.len - f.header;
	f.count = 1;
	if (packet.len > mtu) {
		rest = body - f.first;
		/* The last one may be longer than the others, up to the MTU. */
		f.count = (uint16_t)(1 + (rest + f.later - 1) / f.later);
		if (f.count > 2 && rest - (size_t)(f.count - 2u) * f.later + f.later <= (size_t)(mtu - f.header_later))
			f.count--;
	}
	if (body && f.offset + (body - 1) / 8 > OFFSET_MAX)
		return CYG_MALFORMED;
	*out = f;
	return CYG_OK;
}

uint16_t fragment_write(const struct fragments *f, unsigned i, uint8_t *out)
{
	uint16_t header = i ? f->header_later : f->header;
	size_t at = i ? f->first + (size_t)(i - 1) * f->later : 0;
	bool last = i + 1u >= f->count;
	size_t left = f->packet.len - f->header - at;
	size_t body = last ? left : i ? f->later : f->first;
	uint16_t len = (uint16_t)(header + body), place = (uint16_t)(f->offset + at / 8);
	struct wire_writer w = wire_writer(out, len);

	if (!last || f->more)
		place |= MORE;
	wire_put(&w, i ? f->copied : f->packet.ptr, header);
	wire_put(&w, f->packet.ptr + f->header + at, body);
	wire_set_u16(&w, 2, len);
	wire_set_u16(&w, IPV4_FLAGS, place);
	wire_set_u16(&w, IPV4_SUM, 0);
	wire_set_u16(&w, IPV4_SUM, sum_end(sum_add(0, out, header)));
	return len;
}
