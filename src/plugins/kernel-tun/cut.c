/* SPDX-License-Identifier: MIT */
#include "cut.h"

#include "sum.h"

#include <cygnet/cursor.h>

#include <linux/virtio_net.h>
#include <netinet/in.h>

#define IPV4_ID     4
#define IPV6_HEADER 40
#define IPV4_SUM    10
#define TCP_FLAGS   13
#define TCP_SUM     16
#define UDP_SUM     6
#define UDP_HEADER  8

enum { FIN = 1, PSH = 8, CWR = 128 };

void vnet_read(const uint8_t octets[VNET_LEN], struct vnet *out)
{
	struct virtio_net_hdr h;

	memcpy(&h, octets, sizeof(h)); /* in the machine's octet order */
	*out = (struct vnet){ .flags = h.flags, .type = h.gso_type, .header_len = h.hdr_len,
			      .segment = h.gso_size, .sum_start = h.csum_start, .sum_offset = h.csum_offset };
}

void vnet_write(const struct vnet *vnet, uint8_t out[VNET_LEN])
{
	struct virtio_net_hdr h = { .flags = vnet->flags, .gso_type = vnet->type, .hdr_len = vnet->header_len,
				    .gso_size = vnet->segment, .csum_start = vnet->sum_start,
				    .csum_offset = vnet->sum_offset };

	_Static_assert(sizeof(h) == VNET_LEN, "the header that TUN devices speak unless told otherwise");
	memcpy(out, &h, sizeof(h));
}

/* A whole packet; its checksum may have to be completed. */
static enum cyg_status read_plain(const struct vnet *vnet, struct cut *cut)
{
	cut->count = 1;
	if (!(vnet->flags & VNET_NEEDS_SUM))
		return CYG_OK;
	if (vnet->sum_start == 0 || (size_t)vnet->sum_start + vnet->sum_offset + 2 > cut->len)
		return CYG_MALFORMED;
	cut->sum_start = vnet->sum_start;
	cut->sum_at = (uint16_t)(vnet->sum_start + vnet->sum_offset);
	return CYG_OK;
}

/* Headers are summed once. What was just written octet by octet would be slow to read as words, too. */
static void constant_sums(struct cut *cut)
{
	const uint8_t *ip = cut->packet, *upper = ip + cut->l4;
	uint64_t sum;

	if (cut->family == CYG_IPV4) { /* all but length, identification and checksum */
		sum = sum_add(0, ip, 2);
		sum = sum_add(sum, ip + 6, 4);
		cut->ip_sum = sum_add(sum, ip + 12, (ip[0] & 0x0fu) * 4u - 12);
		sum = sum_add(0, ip + 12, 8);
	} else {
		sum = sum_add(0, ip + 8, 32);
	}
	sum = sum_add_u16(sum_add(sum, upper, 4), cut->protocol);
	if (cut->protocol == IPPROTO_TCP) { /* all but sequence number, flags and checksum */
		sum = sum_add(sum, upper + 8, 4);
		sum = sum_add_u16(sum, (uint16_t)(upper[12] << 8));
		sum = sum_add(sum, upper + 14, 2);
		sum = sum_add(sum, upper + 18, (size_t)cut->headers - cut->l4 - 18);
	}
	cut->upper_sum = sum;
}

enum cyg_status cut_read(const struct vnet *vnet, struct cyg_bytes packet, const struct inner *in,
			 struct cut *out)
{
	struct cut cut = { .packet = packet.ptr, .len = in->len, .family = in->source.family,
			   .protocol = in->protocol, .l4 = in->payload_at };
	struct wire_reader r = wire_reader(packet.ptr, in->len);
	unsigned type = vnet->type & ~(unsigned)VNET_ECN;
	enum cyg_status status;
	size_t left, count;

	if (in->len > packet.len)
		return CYG_MALFORMED;
	if (type == 0) {
		status = read_plain(vnet, &cut);
		if (status == CYG_OK)
			*out = cut;
		return status;
	}
	if (cut.l4 == 0 || vnet->segment == 0)
		return CYG_MALFORMED;
	wire_skip(&r, cut.l4);
	if (cut.protocol == IPPROTO_TCP && (type == VNET_TCP4 || type == VNET_TCP6)) {
		unsigned header;

		wire_skip(&r, 12);
		header = (wire_u8(&r) >> 4) * 4u;
		if (header < 20)
			return CYG_MALFORMED;
		cut.headers = (uint16_t)(cut.l4 + header);
	} else if (cut.protocol == IPPROTO_UDP && type == VNET_UDP) {
		cut.headers = (uint16_t)(cut.l4 + UDP_HEADER);
	} else {
		return CYG_MALFORMED;
	}
	if (!wire_ok(&r) || cut.headers > cut.len)
		return CYG_MALFORMED;
	left = (size_t)cut.len - cut.headers;
	count = left ? (left + vnet->segment - 1) / vnet->segment : 1;
	if (count > CUT_COUNT_MAX)
		return CYG_MALFORMED;
	cut.payload = vnet->segment < left ? vnet->segment : (uint16_t)left;
	cut.count = (uint16_t)count;
	constant_sums(&cut);
	*out = cut;
	return CYG_OK;
}

uint16_t cut_longest(const struct cut *cut)
{
	return cut->headers ? (uint16_t)(cut->headers + cut->payload) : cut->len;
}

static uint16_t write_plain(const struct cut *cut, uint8_t *out)
{
	struct wire_writer w = wire_writer(out, cut->len);
	uint16_t sum;

	wire_put(&w, cut->packet, cut->len);
	if (cut->sum_at) {
		/* The field holds the pseudo-header's sum already. */
		sum = sum_end(sum_add(0, out + cut->sum_start, (size_t)cut->len - cut->sum_start));
		if (sum == 0 && cut->protocol == IPPROTO_UDP)
			sum = UINT16_MAX; /* 0 says that there is none */
		wire_set_u16(&w, cut->sum_at, sum);
	}
	return cut->len;
}

/* What differs in each IPv4 header; RFC 791, RFC 6864. */
static void write_ipv4(const struct cut *cut, unsigned i, struct wire_writer *w, uint16_t len)
{
	struct wire_reader r = wire_reader(cut->packet, cut->len);
	uint16_t id;

	wire_skip(&r, IPV4_ID);
	id = (uint16_t)(wire_u16(&r) + i);
	wire_set_u16(w, 2, len);
	wire_set_u16(w, IPV4_ID, id);
	wire_set_u16(w, IPV4_SUM, sum_end(sum_add_u16(sum_add_u16(cut->ip_sum, len), id)));
}

/* Sequence number and flags of a segment; the sum with them. RFC 9293 3.1, RFC 3168 6.1.2. */
static uint64_t write_tcp(const struct cut *cut, unsigned i, struct wire_writer *w, uint64_t sum)
{
	struct wire_reader r = wire_reader(cut->packet, cut->len);
	uint32_t seq;
	uint8_t flags;

	wire_skip(&r, cut->l4 + 4u);
	seq = wire_u32(&r) + (uint32_t)(i * cut->payload);
	wire_skip(&r, 5);
	flags = wire_u8(&r);
	if (i + 1u < cut->count)
		flags &= (uint8_t)~(FIN | PSH);
	if (i > 0)
		flags &= (uint8_t)~CWR;
	wire_set_u32(w, cut->l4 + 4u, seq);
	wire_set_u8(w, cut->l4 + TCP_FLAGS, flags);
	return sum_add_u16(sum_add_u16(sum_add_u16(sum, (uint16_t)(seq >> 16)), (uint16_t)seq), flags);
}

uint16_t cut_write(const struct cut *cut, unsigned i, uint8_t *out)
{
	size_t at = (size_t)cut->headers + (size_t)i * cut->payload, payload;
	uint16_t len, upper_len, field;
	struct wire_writer w;
	uint64_t sum;
	uint8_t *to;

	if (cut->headers == 0)
		return write_plain(cut, out);
	payload = cut->len - at < cut->payload ? cut->len - at : cut->payload;
	len = (uint16_t)(cut->headers + payload);
	upper_len = (uint16_t)(len - cut->l4);
	w = wire_writer(out, len);
	wire_put(&w, cut->packet, cut->headers);
	to = wire_reserve(&w, payload); /* there is room: `len` is the sum of both */
	sum = sum_add_u16(sum_copy(cut->upper_sum, to, cut->packet + at, payload), upper_len);
	if (cut->family == CYG_IPV4)
		write_ipv4(cut, i, &w, len);
	else
		wire_set_u16(&w, 4, (uint16_t)(len - IPV6_HEADER));
	if (cut->protocol == IPPROTO_TCP) {
		field = sum_end(write_tcp(cut, i, &w, sum));
		wire_set_u16(&w, cut->l4 + TCP_SUM, field);
	} else {
		wire_set_u16(&w, cut->l4 + 4u, upper_len);
		field = sum_end(sum_add_u16(sum, upper_len));
		wire_set_u16(&w, cut->l4 + UDP_SUM, field ? field : UINT16_MAX);
	}
	return len;
}
