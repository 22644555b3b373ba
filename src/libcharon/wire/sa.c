/* SPDX-License-Identifier: MIT */
/*
 * RFC 7296 section 3.3: proposals, in each of them transforms, in each of them attributes. All three
 * nest by lengths that count their own headers, so each level has a reader of its own.
 */
#include "wire/payloads.h"

#define PROPOSAL_HEADER_LEN 8
#define TRANSFORM_HEADER_LEN 8
#define MORE_PROPOSALS  2
#define MORE_TRANSFORMS 3
#define ATTR_SHORT      0x8000 /* the value stands in the length field */

uint64_t spi_read(struct wire_reader *r, size_t len)
{
	if (len == 4)
		return wire_u32(r);
	if (len == 8)
		return wire_u64(r);
	wire_skip(r, len);
	return 0;
}

void spi_write(struct wire_writer *w, size_t len, uint64_t spi)
{
	if (len == 4)
		wire_put_u32(w, (uint32_t)spi);
	else if (len == 8)
		wire_put_u64(w, spi);
	else if (len != 0)
		w->failed = true;
}

/*
 * Section 3.3.5. Key Length is the one attribute there is, always in the short format, once. A transform with
 * an attribute we do not know may not be chosen, but does not spoil the others.
 */
static enum cyg_status attributes_read(struct wire_reader *r, struct transform *t)
{
	while (wire_left(r) > 0) {
		uint16_t type = wire_u16(r), value = wire_u16(r);

		if (type == (ATTR_SHORT | CYG_ATTR_KEY_LENGTH)) {
			if (!wire_ok(r) || value == 0 || t->key_bits)
				return CYG_MALFORMED;
			t->key_bits = value;
			continue;
		}
		if (type == CYG_ATTR_KEY_LENGTH)
			return CYG_MALFORMED;
		if (!(type & ATTR_SHORT))
			wire_skip(r, value);
		t->unknown_attribute = true;
	}
	return wire_done(r) ? CYG_OK : CYG_MALFORMED;
}

/* Section 3.3.2. */
static enum cyg_status transform_read(struct wire_reader *r, bool last, struct transform *out)
{
	uint8_t more = wire_u8(r);
	struct transform t = { 0 };
	struct wire_reader body;
	enum cyg_status status;

	wire_skip(r, 1);
	body = wire_body(r, wire_u16(r), 4);
	t.type = wire_u8(&body);
	wire_skip(&body, 1);
	t.id = wire_u16(&body);
	if (!wire_ok(&body) || more != (last ? 0 : MORE_TRANSFORMS))
		return CYG_MALFORMED;
	status = attributes_read(&body, &t);
	if (status == CYG_OK)
		*out = t;
	return status;
}

static bool spi_len_is_good(uint8_t protocol, uint8_t len)
{
	switch (protocol) {
	case CYG_PROTO_IKE:
		return len == 0 || len == 8;
	case CYG_PROTO_AH:
	case CYG_PROTO_ESP:
		return len == 4;
	default:
		return true; /* a protocol we do not know is never chosen */
	}
}

/* Section 3.3.1. */
static enum cyg_status proposal_read(struct wire_reader *r, struct sa_payload *sa)
{
	uint8_t more = wire_u8(r), transforms;
	struct proposal p = { .first = sa->transform_count };
	struct wire_reader body;

	wire_skip(r, 1);
	body = wire_body(r, wire_u16(r), 4);
	p.number = wire_u8(&body);
	p.protocol = wire_u8(&body);
	p.spi_len = wire_u8(&body);
	transforms = wire_u8(&body);
	p.spi = spi_read(&body, p.spi_len);
	if (!wire_ok(&body) || more != (wire_left(r) ? MORE_PROPOSALS : 0) || transforms == 0 ||
	    !spi_len_is_good(p.protocol, p.spi_len))
		return CYG_MALFORMED;
	/* Each is to be one more than the one before it; peers are known that leave some out. */
	if (sa->proposal_count && p.number <= sa->proposal[sa->proposal_count - 1].number)
		return CYG_MALFORMED;
	if (sa->proposal_count == PROPOSALS_MAX ||
	    transforms > PROPOSAL_TRANSFORMS_MAX - sa->transform_count)
		return CYG_LIMIT;
	for (; p.count < transforms; p.count++) {
		enum cyg_status status = transform_read(&body, p.count + 1 == transforms,
							&sa->transform[sa->transform_count]);

		if (status != CYG_OK)
			return status;
		sa->transform_count++;
	}
	if (!wire_done(&body))
		return CYG_MALFORMED;
	sa->proposal[sa->proposal_count++] = p;
	return CYG_OK;
}

enum cyg_status sa_read(struct wire_reader *r, struct sa_payload *out)
{
	struct sa_payload sa = { 0 };

	do {
		enum cyg_status status = proposal_read(r, &sa);

		if (status != CYG_OK)
			return status;
	} while (wire_left(r) > 0);
	if (!wire_done(r))
		return CYG_MALFORMED;
	*out = sa;
	return CYG_OK;
}

static void transform_write(struct wire_writer *w, const struct transform *t, bool last)
{
	wire_put_u8(w, last ? 0 : MORE_TRANSFORMS);
	wire_put_u8(w, 0);
	wire_put_u16(w, TRANSFORM_HEADER_LEN + (t->key_bits ? 4 : 0));
	wire_put_u8(w, t->type);
	wire_put_u8(w, 0);
	wire_put_u16(w, t->id);
	if (t->key_bits) {
		wire_put_u16(w, ATTR_SHORT | CYG_ATTR_KEY_LENGTH);
		wire_put_u16(w, t->key_bits);
	}
}

void sa_write(struct chain_writer *c, const struct proposal_out *proposals, size_t count)
{
	chain_open(c, CYG_PAYLOAD_SA);
	for (size_t i = 0; i < count; i++) {
		const struct proposal_out *p = &proposals[i];
		size_t start = wire_len(&c->w);

		wire_put_u8(&c->w, i + 1 < count ? MORE_PROPOSALS : 0);
		wire_put_u8(&c->w, 0);
		wire_put_u16(&c->w, 0);
		wire_put_u8(&c->w, p->number);
		wire_put_u8(&c->w, p->protocol);
		wire_put_u8(&c->w, p->spi_len);
		wire_put_u8(&c->w, (uint8_t)p->count);
		spi_write(&c->w, p->spi_len, p->spi);
		for (size_t t = 0; t < p->count; t++)
			transform_write(&c->w, &p->transforms[t], t + 1 == p->count);
		if (p->count == 0 || p->count > UINT8_MAX)
			c->w.failed = true;
		wire_set_u16(&c->w, start + 2, (uint16_t)(wire_len(&c->w) - start));
	}
	if (count == 0)
		c->w.failed = true;
	chain_close(c);
}
