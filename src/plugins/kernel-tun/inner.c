/* SPDX-License-Identifier: MIT */
#include "inner.h"

#include "sum.h"

#include <cygnet/cursor.h>

#include <netinet/in.h>

#define IPV4_HEADER   20
#define IPV6_HEADER   40
#define EXTENSIONS_MAX 8 /* IPv6 extension headers that are looked through */
#define IPV4_DF       0x4000
#define IPV4_OFFSET   0x1fff

enum { ICMP_DEST_UNREACH = 3, ICMP_FRAG_NEEDED = 4, ICMP6_TOO_BIG = 2, ICMP6_INFO = 128 };
enum { MOBILITY = 135 };

bool inner_unwrap(struct cyg_bytes plain, struct cyg_bytes *packet, uint8_t *next)
{
	struct wire_reader r = wire_reader_of(plain), trailer;
	struct cyg_bytes body, padding;
	uint8_t pad, what;

	if (plain.len < 2)
		return false;
	body = wire_view(&r, plain.len - 2);
	pad = wire_u8(&r);
	what = wire_u8(&r);
	if (pad > body.len)
		return false;
	trailer = wire_reader_of(body);
	*packet = wire_view(&trailer, body.len - pad);
	*next = what;
	padding = wire_rest(&trailer);
	for (unsigned i = 0; i < padding.len; i++) {
		if (padding.ptr[i] != i + 1)
			return false;
	}
	return true;
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* Ports, or type and code; a packet too short for them has none. */
static void read_ports(struct wire_reader *r, struct inner *in)
{
	switch (in->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_UDPLITE:
		in->source_port = wire_u16(r);
		in->destination_port = wire_u16(r);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		in->source_port = in->destination_port = wire_u16(r);
		break;
	case MOBILITY: /* its type is the third octet (RFC 6275 6.1.1) */
		wire_skip(r, 2);
		in->source_port = in->destination_port = (uint16_t)(wire_u8(r) << 8);
		break;
	default:
		return;
	}
	in->has_ports = wire_ok(r);
}

/* Straight into what the caller has: a copy of what was just written piece by piece has to be waited for. */
static enum cyg_status read_ipv4(struct wire_reader *r, size_t whole, struct inner *in)
{
	struct wire_reader body, addresses;
	unsigned header, fragment;
	uint8_t tos, protocol;
	uint16_t len;

	header = (wire_u8(r) & 0x0fu) * 4u;
	tos = wire_u8(r);
	len = wire_u16(r);
	wire_skip(r, 2);
	fragment = wire_u16(r);
	wire_skip(r, 1);
	protocol = wire_u8(r);
	wire_skip(r, 2);
	addresses = *r;
	wire_skip(r, 8);
	if (!wire_ok(r) || header < IPV4_HEADER || len < header || len > whole)
		return CYG_MALFORMED;
	wire_skip(r, header - IPV4_HEADER);
	*in = (struct inner){ .source.family = CYG_IPV4, .destination.family = CYG_IPV4, .len = len, .protocol = protocol,
			      .tos = tos, .ecn = tos & 3, .df = fragment & IPV4_DF };
	wire_copy(&addresses, in->source.octets, 4);
	wire_copy(&addresses, in->destination.octets, 4);
	if ((fragment & IPV4_OFFSET) == 0) {
		in->payload_at = (uint16_t)header;
		body = wire_sub(r, len - header);
		read_ports(&body, in);
	}
	return CYG_OK;
}

static enum cyg_status read_ipv6(struct wire_reader *r, size_t whole, struct inner *in)
{
	uint32_t first = wire_u32(r);
	uint16_t payload = wire_u16(r);
	struct wire_reader body;
	uint8_t next;

	next = wire_u8(r);
	wire_skip(r, 1);
	in->source.family = in->destination.family = CYG_IPV6;
	wire_copy(r, in->source.octets, 16);
	wire_copy(r, in->destination.octets, 16);
	/* A jumbogram says 0 and does not go through here. */
	if (!wire_ok(r) || (size_t)payload + IPV6_HEADER > whole || payload > UINT16_MAX - IPV6_HEADER)
		return CYG_MALFORMED;
	in->len = (uint16_t)(payload + IPV6_HEADER);
	in->tos = first >> 20 & 0xff;
	in->ecn = in->tos & 3;
	in->df = true;
	body = wire_sub(r, payload);
	for (unsigned i = 0; i < EXTENSIONS_MAX && wire_ok(&body); i++) {
		uint8_t length;

		in->protocol = next;
		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			next = wire_u8(&body);
			length = wire_u8(&body);
			wire_skip(&body, length * 8u + 6u);
			continue;
		case IPPROTO_AH:
			next = wire_u8(&body);
			length = wire_u8(&body);
			wire_skip(&body, length * 4u + 6u);
			continue;
		case IPPROTO_FRAGMENT: {
			uint16_t offset;

			next = wire_u8(&body);
			wire_skip(&body, 1);
			offset = wire_u16(&body);
			wire_skip(&body, 4);
			in->protocol = next;
			if (offset & 0xfff8)
				return wire_ok(&body) ? CYG_OK : CYG_MALFORMED;
			continue;
		}
		default:
			in->payload_at = (uint16_t)(in->len - wire_left(&body));
			read_ports(&body, in);
			return CYG_OK;
		}
	}
	return wire_ok(&body) ? CYG_OK : CYG_MALFORMED;
}

enum cyg_status inner_read(struct cyg_bytes packet, struct inner *out)
{
	struct wire_reader r = wire_reader_of(packet);
	struct inner in = { 0 };
	enum cyg_status status = CYG_MALFORMED;

	if (packet.len && packet.ptr[0] >> 4 == 4)
		return read_ipv4(&r, packet.len, out);
	if (packet.len && packet.ptr[0] >> 4 == 6)
		status = read_ipv6(&r, packet.len, &in);
	if (status == CYG_OK)
		*out = in;
	return status;
}

/* --- Selectors --- */

/* IPv4 by one comparison of numbers, since every packet comes by here. */
static bool range_holds(const struct cyg_ip_range *range, const struct cyg_ip *ip)
{
	uint32_t low, high, at;

	if (range->low.family != ip->family)
		return false;
	if (ip->family != CYG_IPV4)
		return memcmp(range->low.octets, ip->octets, sizeof(ip->octets)) <= 0 &&
		       memcmp(range->high.octets, ip->octets, sizeof(ip->octets)) >= 0;
	memcpy(&low, range->low.octets, sizeof(low));
	memcpy(&high, range->high.octets, sizeof(high));
	memcpy(&at, ip->octets, sizeof(at));
	at = ntohl(at);
	return ntohl(low) <= at && at <= ntohl(high);
}

static bool selector_takes(const struct cyg_selector *s, const struct cyg_ip *ip, uint8_t protocol,
			   bool has_port, uint16_t port)
{
	if (!range_holds(&s->addr, ip))
		return false;
	if (s->protocol != 0 && s->protocol != protocol)
		return false;
	if (s->port_low == 0 && s->port_high == UINT16_MAX)
		return true;
	if (s->port_low == UINT16_MAX && s->port_high == 0) /* OPAQUE */
		return !has_port;
	return has_port && s->port_low <= port && port <= s->port_high;
}

static bool list_takes(const struct cyg_selector *list, unsigned count, const struct cyg_ip *ip,
		       const struct inner *in, uint16_t port)
{
	for (unsigned i = 0; i < count; i++) {
		if (selector_takes(&list[i], ip, in->protocol, in->has_ports, port))
			return true;
	}
	return false;
}

bool inner_matches(const struct inner *in, bool outbound, const struct cyg_selector *local, unsigned local_count,
		   const struct cyg_selector *remote, unsigned remote_count)
{
	if (outbound)
		return list_takes(local, local_count, &in->source, in, in->source_port) &&
		       list_takes(remote, remote_count, &in->destination, in, in->destination_port);
	return list_takes(remote, remote_count, &in->source, in, in->source_port) &&
	       list_takes(local, local_count, &in->destination, in, in->destination_port);
}

struct cyg_prefix inner_cover(const struct cyg_ip_range *range)
{
	struct cyg_prefix prefix = { .ip = { .family = range->low.family } };
	unsigned bits = cyg_ip_bits(range->low.family), same = 0;

	while (same < bits && ((range->low.octets[same / 8] ^ range->high.octets[same / 8]) &
			       (0x80u >> same % 8)) == 0)
		same++;
	prefix.len = (uint8_t)same;
	for (unsigned bit = 0; bit < same; bit++)
		prefix.ip.octets[bit / 8] |= range->low.octets[bit / 8] & (uint8_t)(0x80u >> bit % 8);
	return prefix;
}

/* --- MTU --- */

uint16_t inner_mtu(uint16_t outer_mtu, uint8_t outer_family, bool udp_encap, const struct cyg_esp_ops *ops)
{
	unsigned around = (outer_family == CYG_IPV6 ? IPV6_HEADER : IPV4_HEADER) + (udp_encap ? 8u : 0u) +
			  CYG_ESP_HEADER_LEN + ops->iv_len + ops->icv_len;
	unsigned room;

	if (outer_mtu <= around)
		return 0;
	room = outer_mtu - around;
	room -= room % ops->block_len;
	return room > 2 ? (uint16_t)(room - 2) : 0; /* pad length and next header */
}

/* RFC 1122 3.2.2, RFC 4443 2.4 (e): not about errors, later fragments, groups or nobody. */
static bool may_answer(struct cyg_bytes packet, const struct inner *in)
{
	uint8_t type;

	if (in->payload_at == 0 || cyg_ip_is_any(&in->source) || cyg_ip_is_any(&in->destination))
		return false;
	if (in->source.family == CYG_IPV4 ? in->source.octets[0] >= 224 : in->source.octets[0] == 0xff)
		return false;
	/* "Packet too big" is said about groups as well, but its source would be the group. */
	if (in->destination.family == CYG_IPV4 ? in->destination.octets[0] >= 224
					       : in->destination.octets[0] == 0xff)
		return false;
	if (!is_icmp(in->protocol))
		return true;
	if (in->payload_at >= packet.len)
		return false;
	type = packet.ptr[in->payload_at];
	if (in->protocol == IPPROTO_ICMPV6)
		return type >= ICMP6_INFO;
	return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

static size_t too_big4(struct cyg_bytes packet, const struct inner *in, uint16_t mtu, uint8_t *out)
{
	/* The header and at least eight octets behind it; as much as fits (RFC 1812 4.3.2.3). */
	size_t quote = in->len < INNER_MTU_MIN4 - IPV4_HEADER - 8 ? in->len : INNER_MTU_MIN4 - IPV4_HEADER - 8;
	struct wire_writer w = wire_writer(out, INNER_ERROR_MAX);

	wire_put_u16(&w, 0x45c0); /* precedence of internetwork control */
	wire_put_u16(&w, (uint16_t)(IPV4_HEADER + 8 + quote));
	wire_put_u32(&w, 0);
	wire_put_u8(&w, 64);
	wire_put_u8(&w, IPPROTO_ICMP);
	wire_put_u16(&w, 0);
	wire_put(&w, in->destination.octets, 4);
	wire_put(&w, in->source.octets, 4);
	wire_set_u16(&w, 10, sum_end(sum_add(0, out, IPV4_HEADER)));
	wire_put_u8(&w, ICMP_DEST_UNREACH);
	wire_put_u8(&w, ICMP_FRAG_NEEDED);
	wire_put_u32(&w, 0);
	wire_put_u16(&w, mtu);
	wire_put(&w, packet.ptr, quote);
	wire_set_u16(&w, IPV4_HEADER + 2, sum_end(sum_add(0, out + IPV4_HEADER, 8 + quote)));
	return wire_written(&w).len;
}

static size_t too_big6(struct cyg_bytes packet, const struct inner *in, uint16_t mtu, uint8_t *out)
{
	size_t quote = in->len < INNER_MTU_MIN6 - IPV6_HEADER - 8 ? in->len : INNER_MTU_MIN6 - IPV6_HEADER - 8;
	struct wire_writer w = wire_writer(out, INNER_ERROR_MAX);
	uint64_t sum;

	wire_put_u32(&w, 0x60000000);
	wire_put_u16(&w, (uint16_t)(8 + quote));
	wire_put_u8(&w, IPPROTO_ICMPV6);
	wire_put_u8(&w, 64);
	wire_put(&w, in->destination.octets, 16);
	wire_put(&w, in->source.octets, 16);
	wire_put_u8(&w, ICMP6_TOO_BIG);
	wire_put_u8(&w, 0);
	wire_put_u16(&w, 0);
	wire_put_u32(&w, mtu < INNER_MTU_MIN6 ? INNER_MTU_MIN6 : mtu);
	wire_put(&w, packet.ptr, quote);
	sum = sum_add_u16(sum_add_u16(0, (uint16_t)(8 + quote)), IPPROTO_ICMPV6);
	sum = sum_add(sum, out + 8, 32); /* pseudo-header */
	wire_set_u16(&w, IPV6_HEADER + 2, sum_end(sum_add(sum, out + IPV6_HEADER, 8 + quote)));
	return wire_written(&w).len;
}

size_t inner_too_big(struct cyg_bytes packet, const struct inner *in, uint16_t mtu, uint8_t *out)
{
	if (!may_answer(packet, in))
		return 0;
	return in->source.family == CYG_IPV4 ? too_big4(packet, in, mtu, out)
					     : too_big6(packet, in, mtu, out);
}

/* --- ECN --- */

static void ecn_set(uint8_t *packet, struct inner *in, uint8_t ecn)
{
	if (in->source.family == CYG_IPV6) {
		packet[1] = (uint8_t)((packet[1] & ~0x30u) | (unsigned)ecn << 4);
	} else {
		struct wire_writer w = wire_writer(packet, IPV4_HEADER);
		unsigned header = (packet[0] & 0x0fu) * 4u;

		(void)wire_reserve(&w, IPV4_HEADER);
		wire_set_u8(&w, 1, (uint8_t)((packet[1] & ~3u) | ecn));
		wire_set_u16(&w, 10, 0);
		wire_set_u16(&w, 10, sum_end(sum_add(0, packet, header)));
	}
	in->ecn = ecn;
}

bool inner_ecn_out_of_tunnel(uint8_t *packet, struct inner *in, uint8_t outer_ecn)
{
	if (outer_ecn == ECN_CE) {
		if (in->ecn == ECN_NONE)
			return false;
		if (in->ecn != ECN_CE)
			ecn_set(packet, in, ECN_CE);
	} else if (outer_ecn == ECN_ECT1 && in->ecn == ECN_ECT0) {
		ecn_set(packet, in, ECN_ECT1);
	}
	return true;
}
