/* SPDX-License-Identifier: MIT */
/* RFC 7296 section 3.13: a count, three reserved octets, the selectors. */
#include "wire/payloads.h"

#define TS_HEADER_LEN 4

static uint8_t family_of(uint8_t type)
{
	return type == CYG_TS_IPV4_ADDR_RANGE ? CYG_IPV4 :
	       type == CYG_TS_IPV6_ADDR_RANGE ? CYG_IPV6 : CYG_IP_NONE;
}

/* From low to high, and no port range but OPAQUE (65535-0) runs backwards. */
static bool selector_is_good(const struct cyg_selector *s)
{
	if (cyg_ip_compare(&s->addr.low, &s->addr.high) > 0)
		return false;
	return s->port_low <= s->port_high || (s->port_low == 65535 && s->port_high == 0);
}

/* What is behind the selector's header, all of it. */
static bool selector_read(struct wire_reader *body, uint8_t family, uint8_t protocol,
			  struct cyg_selector *out)
{
	struct cyg_selector s = { .protocol = protocol };

	s.addr.low.family = s.addr.high.family = family;
	s.port_low = wire_u16(body);
	s.port_high = wire_u16(body);
	wire_copy(body, s.addr.low.octets, cyg_ip_len(&s.addr.low));
	wire_copy(body, s.addr.high.octets, cyg_ip_len(&s.addr.high));
	if (!wire_done(body) || !selector_is_good(&s))
		return false;
	*out = s;
	return true;
}

/* The next selector: CYG_NOT_FOUND if it is of a type that we do not know, which is skipped whole. */
static enum cyg_status next_read(struct wire_reader *r, struct cyg_selector *out)
{
	uint8_t type = wire_u8(r);
	uint8_t protocol = wire_u8(r);
	struct wire_reader body = wire_body(r, wire_u16(r), TS_HEADER_LEN);

	if (family_of(type) == CYG_IP_NONE)
		return wire_ok(r) ? CYG_NOT_FOUND : CYG_MALFORMED;
	return selector_read(&body, family_of(type), protocol, out) ? CYG_OK : CYG_MALFORMED;
}

enum cyg_status ts_read(struct wire_reader *r, struct cyg_selectors *out, struct cyg_bytes *rest)
{
	struct cyg_selectors list = { 0 };
	uint8_t count = wire_u8(r);
	struct cyg_bytes more = { 0 };

	wire_skip(r, 3);
	for (unsigned i = 0; i < count && wire_ok(r); i++) {
		struct wire_reader here = *r;
		struct cyg_selector selector;
		enum cyg_status status = next_read(r, &selector);

		if (status == CYG_NOT_FOUND)
			continue;
		if (status != CYG_OK)
			return status;
		if (list.count < CYG_SELECTORS_MAX)
			list.item[list.count++] = selector;
		else if (!more.len)
			more = wire_rest(&here);
	}
	if (!wire_done(r) || count == 0)
		return CYG_MALFORMED;
	*out = list;
	*rest = more;
	return CYG_OK;
}

void ts_read_rest(struct cyg_bytes *rest, struct cyg_selectors *out)
{
	struct wire_reader r = wire_reader_of(*rest);

	*out = (struct cyg_selectors){ 0 };
	while (wire_ok(&r) && wire_left(&r) && out->count < CYG_SELECTORS_MAX) {
		/* They were read before: what fails is of a type that is skipped. */
		if (next_read(&r, &out->item[out->count]) == CYG_OK)
			out->count++;
	}
	*rest = wire_rest(&r);
}

void ts_write(struct chain_writer *c, bool initiator, const struct cyg_selectors *ts)
{
	chain_open(c, initiator ? CYG_PAYLOAD_TSI : CYG_PAYLOAD_TSR);
	wire_put_u8(&c->w, ts->count);
	wire_put_zero(&c->w, 3);
	for (unsigned i = 0; i < ts->count && i < CYG_SELECTORS_MAX; i++) {
		const struct cyg_selector *s = &ts->item[i];
		size_t len = cyg_ip_len(&s->addr.low);

		wire_put_u8(&c->w, len == 4 ? CYG_TS_IPV4_ADDR_RANGE : CYG_TS_IPV6_ADDR_RANGE);
		wire_put_u8(&c->w, s->protocol);
		wire_put_u16(&c->w, (uint16_t)(TS_HEADER_LEN + 4 + 2 * len));
		wire_put_u16(&c->w, s->port_low);
		wire_put_u16(&c->w, s->port_high);
		wire_put(&c->w, s->addr.low.octets, len);
		wire_put(&c->w, s->addr.high.octets, len);
		if (len == 0 || s->addr.low.family != s->addr.high.family)
			c->w.failed = true;
	}
	if (ts->count == 0 || ts->count > CYG_SELECTORS_MAX)
		c->w.failed = true;
	chain_close(c);
}
