/* SPDX-License-Identifier: MIT */
#include "cut.h"

#include "sum.h"

#include <cygnet/cursor.h>

#include <linux/virtio_net.h>
#include <netinet/in.h>

#define IPV4_ID     4
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
	*out = cut;
	return CYG_OK;
}

uint16_t cut_longest(const struct cut *cut)
{
	return cut->headers ? (uint16_t)(cut->headers + cut->payload) : cut->len;
}

/* Of TCP or UDP: pseudo-header and all that follows (RFC 9293 3.1, RFC 8200 8.1). */
static uint16_t upper_sum(const struct cut *cut, const uint8_t *packet, size_t len)
{
	size_t at = cut->family == CYG_IPV4 ? 12 : 8, addresses = cut->family == CYG_IPV4 ? 8 : 32;
	uint64_t sum = sum_add(0, packet + at, addresses);

	sum = sum_add_u16(sum, cut->protocol);
	sum = sum_add_u16(sum, (uint16_t)(len - cut->l4));
	return sum_end(sum_add(sum, packet + cut->l4, len - cut->l4));
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

uint16_t cut_write(const struct cut *cut, unsigned i, uint8_t *out)
{
	size_t at = (size_t)cut->headers + (size_t)i * cut->payload, payload, len;
	struct wire_reader r = wire_reader(cut->packet, cut->len);
	struct wire_writer w;

	if (cut->headers == 0)
		return write_plain(cut, out);
	payload = cut->len - at < cut->payload ? cut->len - at : cut->payload;
	len = cut->headers + payload;
	w = wire_writer(out, len);
	wire_put(&w, cut->packet, cut->headers);
	wire_put(&w, cut->packet + at, payload);
	if (cut->family == CYG_IPV4) {
		wire_skip(&r, IPV4_ID);
		wire_set_u16(&w, 2, (uint16_t)len);
		wire_set_u16(&w, IPV4_ID, (uint16_t)(wire_u16(&r) + i));
		wire_set_u16(&w, IPV4_SUM, 0);
		wire_set_u16(&w, IPV4_SUM, sum_end(sum_add(0, out, (out[0] & 0x0fu) * 4u)));
	} else {
		wire_set_u16(&w, 4, (uint16_t)(len - 40));
	}
	if (cut->protocol == IPPROTO_TCP) {
		uint8_t flags = cut->packet[cut->l4 + TCP_FLAGS];

		r = wire_reader(cut->packet, cut->len);
		wire_skip(&r, cut->l4 + 4u);
		wire_set_u32(&w, cut->l4 + 4u, wire_u32(&r) + (uint32_t)(i * cut->payload));
		if (i + 1u < cut->count)
			flags &= (uint8_t)~(FIN | PSH);
		if (i > 0)
			flags &= (uint8_t)~CWR;
		wire_set_u8(&w, cut->l4 + TCP_FLAGS, flags);
		wire_set_u16(&w, cut->l4 + TCP_SUM, 0);
		wire_set_u16(&w, cut->l4 + TCP_SUM, upper_sum(cut, out, len));
	} else {
		uint16_t sum;

		wire_set_u16(&w, cut->l4 + 4u, (uint16_t)(len - cut->l4));
		wire_set_u16(&w, cut->l4 + UDP_SUM, 0);
		sum = upper_sum(cut, out, len);
		wire_set_u16(&w, cut->l4 + UDP_SUM, sum ? sum : UINT16_MAX);
	}
	return (uint16_t)len;
}
