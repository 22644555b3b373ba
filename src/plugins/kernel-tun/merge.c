/* SPDX-License-Identifier: MIT */
#include "merge.h"

#include "sum.h"

#include <cygnet/cursor.h>

#include <netinet/in.h>

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER  20
#define UDP_HEADER  8

enum { PSH = 8, ACK = 16 };

/* What has to be known of a packet before it may be merged. */
struct piece {
	uint16_t headers, payload;
	uint16_t id;
	uint32_t seq;
	uint8_t flags;
};

/* IPv4 without options or IPv6 without extension headers, whole, TCP data or UDP. */
static bool piece_read(const uint8_t *packet, const struct inner *in, struct piece *out)
{
	struct wire_reader r = wire_reader(packet, in->len);
	struct piece piece = { 0 };
	unsigned header;

	if (in->source.family == CYG_IPV4) {
		uint16_t fragment;

		if (in->payload_at != IPV4_HEADER)
			return false;
		wire_skip(&r, 4);
		piece.id = wire_u16(&r);
		fragment = wire_u16(&r);
		if (fragment & ~0x4000u) /* more fragments, or one of them */
			return false;
		wire_skip(&r, IPV4_HEADER - 8);
	} else {
		if (in->payload_at != IPV6_HEADER)
			return false;
		wire_skip(&r, IPV6_HEADER);
	}
	wire_skip(&r, 4);
	if (in->protocol == IPPROTO_TCP) {
		if (!in->df)
			return false;
		piece.seq = wire_u32(&r);
		wire_skip(&r, 4);
		header = (wire_u8(&r) >> 4) * 4u;
		piece.flags = wire_u8(&r);
		if (header < TCP_HEADER || (piece.flags & ~(ACK | PSH)) || !(piece.flags & ACK))
			return false;
	} else {
		uint16_t length = wire_u16(&r), sum = wire_u16(&r);

		header = UDP_HEADER;
		if (length != in->len - in->payload_at || sum == 0)
			return false;
	}
	if (!wire_ok(&r) || in->payload_at + header >= in->len)
		return false; /* no payload */
	piece.headers = (uint16_t)(in->payload_at + header);
	piece.payload = (uint16_t)(in->len - piece.headers);
	*out = piece;
	return true;
}

static bool sum_is_right(const uint8_t *packet, const struct inner *in)
{
	bool six = in->source.family == CYG_IPV6;
	uint64_t sum = sum_add(0, packet + (six ? 8 : 12), six ? 32 : 8);

	sum = sum_add_u16(sum, in->protocol);
	sum = sum_add_u16(sum, (uint16_t)(in->len - in->payload_at));
	if (sum_fold(sum_add(sum, packet + in->payload_at, (size_t)in->len - in->payload_at)) != UINT16_MAX)
		return false;
	/* The IPv4 header's is written anew, so it has to be right as well. */
	return six || sum_fold(sum_add(0, packet, IPV4_HEADER)) == UINT16_MAX;
}

void merge_begin(struct merge *m, uint8_t *packet, const struct inner *in, bool tcp, bool udp)
{
	struct piece piece;

	m->count = 1;
	m->packet = packet;
	m->len = in->len;
	m->part[1] = (struct iovec){ packet, in->len };
	m->full = true;
	if (!(in->protocol == IPPROTO_TCP ? tcp : in->protocol == IPPROTO_UDP && udp) ||
	    !piece_read(packet, in, &piece) || (piece.flags & PSH) || !sum_is_right(packet, in))
		return;
	m->full = false;
	m->family = in->source.family;
	m->protocol = in->protocol;
	m->l4 = in->payload_at;
	m->headers = piece.headers;
	m->payload = piece.payload;
	m->next_seq = piece.seq + piece.payload;
	m->next_id = (uint16_t)(piece.id + 1);
	m->df = in->df;
}

static bool same(const uint8_t *a, const uint8_t *b, size_t from, size_t to)
{
	return memcmp(a + from, b + from, to - from) == 0;
}

/* All of the headers but what differs from segment to segment. */
static bool same_headers(const struct merge *m, const uint8_t *p)
{
	const uint8_t *q = m->packet;

	if (m->family == CYG_IPV4) {
		/* Version to TOS; flags to protocol; addresses. Not: length, identification, checksum. */
		if (!same(p, q, 0, 2) || !same(p, q, 6, 10) || !same(p, q, 12, IPV4_HEADER))
			return false;
	} else if (!same(p, q, 0, 4) || !same(p, q, 6, IPV6_HEADER)) {
		return false;
	}
	p += m->l4;
	q += m->l4;
	if (m->protocol == IPPROTO_UDP)
		return same(p, q, 0, 4);
	/* Ports; acknowledgement and offset; window; urgent pointer and options. The flags were looked at. */
	return same(p, q, 0, 4) && same(p, q, 8, 13) && same(p, q, 14, 16) &&
	       same(p, q, 18, (size_t)m->headers - m->l4);
}

bool merge_add(struct merge *m, const uint8_t *packet, const struct inner *in)
{
	struct piece piece;

	if (m->full || in->protocol != m->protocol || in->source.family != m->family ||
	    !piece_read(packet, in, &piece) || piece.headers != m->headers || piece.payload > m->payload ||
	    m->len + piece.payload > CUT_PACKET_MAX || m->count == (m->protocol == IPPROTO_UDP ? MERGE_UDP_MAX : MERGE_MAX) || !same_headers(m, packet))
		return false;
	if (m->protocol == IPPROTO_TCP ? piece.seq != m->next_seq : !m->df && piece.id != m->next_id)
		return false;
	if (!sum_is_right(packet, in))
		return false;
	m->part[++m->count] = (struct iovec){ (uint8_t *)(uintptr_t)packet + piece.headers, piece.payload };
	m->len += piece.payload;
	m->next_seq += piece.payload;
	m->next_id++;
	if (piece.payload < m->payload || (piece.flags & PSH)) {
		struct wire_writer w = wire_writer(m->packet, m->headers);

		m->full = true;
		(void)wire_reserve(&w, m->headers);
		if (piece.flags & PSH)
			wire_set_u8(&w, m->l4 + 13u, ACK | PSH);
	}
	return true;
}

unsigned merge_end(struct merge *m)
{
	struct vnet vnet = { .flags = VNET_NEEDS_SUM, .header_len = m->headers,
			     .segment = m->payload, .sum_start = m->l4 };
	struct wire_writer w = wire_writer(m->packet, m->headers);
	unsigned parts = m->count + 1;
	uint64_t sum;

	m->part[0] = (struct iovec){ m->vnet, VNET_LEN };
	if (m->count == 1) { /* as it came; the system checks it */
		memset(m->vnet, 0, VNET_LEN);
		m->count = 0;
		return parts;
	}
	(void)wire_reserve(&w, m->headers);
	if (m->family == CYG_IPV4) {
		wire_set_u16(&w, 2, (uint16_t)m->len);
		wire_set_u16(&w, 10, 0);
		wire_set_u16(&w, 10, sum_end(sum_add(0, m->packet, IPV4_HEADER)));
		sum = sum_add(0, m->packet + 12, 8);
	} else {
		wire_set_u16(&w, 4, (uint16_t)(m->len - IPV6_HEADER));
		sum = sum_add(0, m->packet + 8, 32);
	}
	/* For the checksum to be completed: the pseudo-header's sum. */
	sum = sum_add_u16(sum_add_u16(sum, m->protocol), (uint16_t)(m->len - m->l4));
	if (m->protocol == IPPROTO_TCP) {
		vnet.type = m->family == CYG_IPV4 ? VNET_TCP4 : VNET_TCP6;
		vnet.sum_offset = 16;
	} else {
		vnet.type = VNET_UDP;
		vnet.sum_offset = 6;
		wire_set_u16(&w, m->l4 + 4u, (uint16_t)(m->len - m->l4));
	}
	wire_set_u16(&w, (size_t)m->l4 + vnet.sum_offset, sum_fold(sum));
	vnet_write(&vnet, m->vnet);
	m->count = 0;
	return parts;
}
