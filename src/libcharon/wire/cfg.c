/* SPDX-License-Identifier: MIT */
/* RFC 7296 section 3.15: a type, three reserved octets, attributes of type, length, value. */
#include "wire/payloads.h"

#define ATTR_TYPE_MASK 0x7fff /* the first bit is reserved */

/* The lengths of section 3.15.1; an empty value asks for one. */
static bool attr_len_is_good(uint16_t type, size_t len)
{
	switch (type) {
	case CYG_INTERNAL_IP4_ADDRESS:
	case CYG_INTERNAL_IP4_NETMASK:
	case CYG_INTERNAL_IP4_DNS:
	case CYG_INTERNAL_IP4_NBNS:
	case CYG_INTERNAL_IP4_DHCP:
		return len == 0 || len == 4;
	case CYG_INTERNAL_IP6_DNS:
	case CYG_INTERNAL_IP6_DHCP:
		return len == 0 || len == 16;
	case CYG_INTERNAL_IP6_ADDRESS:
	case CYG_INTERNAL_IP6_SUBNET:
		return len == 0 || len == 17;
	case CYG_INTERNAL_IP4_SUBNET:
		return len == 0 || len == 8;
	case CYG_SUPPORTED_ATTRIBUTES:
		return len % 2 == 0;
	default:
		return true;
	}
}

enum cyg_status cfg_read(struct wire_reader *r, struct cfg_payload *out)
{
	struct cfg_payload cfg = { .type = wire_u8(r) };

	wire_skip(r, 3);
	while (wire_left(r) > 0) {
		struct cfg_attr attr;
		uint16_t len;

		attr.type = wire_u16(r) & ATTR_TYPE_MASK;
		len = wire_u16(r);
		attr.value = wire_view(r, len);
		if (!wire_ok(r))
			return CYG_MALFORMED;
		/* Of no use, and no reason to refuse all the others. */
		if (!attr_len_is_good(attr.type, len))
			continue;
		if (cfg.count == CFG_ATTRS_MAX)
			return CYG_LIMIT;
		cfg.attr[cfg.count++] = attr;
	}
	if (!wire_done(r))
		return CYG_MALFORMED;
	*out = cfg;
	return CYG_OK;
}

void cfg_write(struct chain_writer *c, uint8_t type, const struct cfg_attr *attrs, size_t count)
{
	chain_open(c, CYG_PAYLOAD_CP);
	wire_put_u8(&c->w, type);
	wire_put_zero(&c->w, 3);
	for (size_t i = 0; i < count; i++) {
		wire_put_u16(&c->w, attrs[i].type & ATTR_TYPE_MASK);
		wire_put_u16(&c->w, (uint16_t)attrs[i].value.len);
		wire_put_bytes(&c->w, attrs[i].value);
		if (attrs[i].value.len > UINT16_MAX)
			c->w.failed = true;
	}
	chain_close(c);
}
