/* SPDX-License-Identifier: MIT */
#include "merge.h"

#include "sum.h"

#include <cygnet/cursor.h>

#include <netinet/in.h>

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER  20
#define UDP_HEADER  8
#define FLAGS_AT    13 /* of TCP */

enum { PSH = 8, ACK = 16 };

/* What has to be known of a packet before others may be merged to it. */
struct piece {
	uint16_t headers, payload;
	uint16_t id;
	uint32_t seq;
	uint8_t flags;
};

/*
 * Which bits of the headers are the same in all packets of a stream. What differs: lengths, checksums,
 * identification; sequence number and PSH. Options of TCP are the same too.
 */
#define ALL_4  0xff, 0xff, 0xff, 0xff
#define ALL_8  ALL_4, ALL_4
#define IN_IPV4 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, ALL_8
#define IN_IPV6 ALL_4, 0, 0, 0xff, 0xff, ALL_8, ALL_8, ALL_8, ALL_8
#define IN_TCP  ALL_4, 0, 0, 0, 0, ALL_4, 0xff, 0xff & ~PSH, 0xff, 0xff, 0, 0, 0xff, 0xff
#define IN_UDP  ALL_4, 0, 0, 0, 0

static const struct mask {
	uint8_t len; /* a multiple of four */
	uint8_t octets[IPV6_HEADER + TCP_HEADER];
} masks[2][2] = { /* IPv6? UDP? */
	{ { IPV4_HEADER + TCP_HEADER, { IN_IPV4, IN_TCP } }, { IPV4_HEADER + UDP_HEADER, { IN_IPV4, IN_UDP } } },
	{ { IPV6_HEADER + TCP_HEADER, { IN_IPV6, IN_TCP } }, { IPV6_HEADER + UDP_HEADER, { IN_IPV6, IN_UDP } } },
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

/* The pseudo-header but the length, which is all of it that differs from packet to packet. */
static uint64_t pseudo_sum(const uint8_t *packet, uint8_t family, uint8_t protocol)
{
	bool six = family == CYG_IPV6;

	return sum_add_u16(sum_add(0, packet + (six ? 8 : 12), six ? 32 : 8), protocol);
}

static bool sums_are_right(const struct merge *m, const uint8_t *packet, size_t len)
{
	uint64_t sum = sum_add_u16(m->pseudo, (uint16_t)(len - m->l4));

	if (sum_fold(sum_add(sum, packet + m->l4, len - m->l4)) != UINT16_MAX)
		return false;
	/* The IPv4 header's is written anew, so it has to be right as well. */
	return m->family == CYG_IPV6 || sum_fold(sum_ipv4(packet)) == UINT16_MAX;
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
	    !piece_read(packet, in, &piece) || (piece.flags & PSH))
		return;
	m->family = in->source.family;
	m->protocol = in->protocol;
	m->l4 = in->payload_at;
	m->headers = piece.headers;
	m->payload = piece.payload;
	m->pseudo = pseudo_sum(packet, m->family, m->protocol);
	m->next_seq = piece.seq + piece.payload;
	m->next_id = (uint16_t)(piece.id + 1);
	m->df = in->df;
	m->full = !sums_are_right(m, packet, in->len);
}

static uint64_t word(const uint8_t *at)
{
	uint64_t w;

	memcpy(&w, at, sizeof(w));
	return w;
}

/* Are the headers those of the stream? Both packets have as many octets. */
static bool same_headers(const struct merge *m, const uint8_t *packet)
{
	const struct mask *mask = &masks[m->family == CYG_IPV6][m->protocol == IPPROTO_UDP];
	uint64_t differ = 0;
	size_t i;

	for (i = 0; i + 8 <= mask->len; i += 8)
		differ |= (word(packet + i) ^ word(m->packet + i)) & word(mask->octets + i);
	for (; i < mask->len; i++)
		differ |= (uint64_t)(packet[i] ^ m->packet[i]) & mask->octets[i];
	return differ == 0 && (mask->len == m->headers ||
			       memcmp(packet + mask->len, m->packet + mask->len, (size_t)m->headers - mask->len) == 0);
}

static uint16_t at_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t at_u32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return ntohl(v);
}

/* Everything below `headers` is there once it has been looked at here. Its length by its own header, 0: another stream's. */
static size_t continues(const struct merge *m, struct cyg_bytes packet)
{
	const uint8_t *upper = packet.ptr + m->l4;
	size_t len;

	if (packet.len <= m->headers || !same_headers(m, packet.ptr))
		return 0;
	len = m->family == CYG_IPV4 ? at_u16(packet.ptr + 2) : at_u16(packet.ptr + 4) + (size_t)IPV6_HEADER;
	if (len <= m->headers || len > packet.len || len - m->headers > m->payload)
		return 0;
	if (m->protocol == IPPROTO_TCP)
		return at_u32(upper + 4) == m->next_seq ? len : 0;
	if (at_u16(upper + 4) != len - m->l4 || at_u16(upper + 6) == 0)
		return 0;
	return m->df || at_u16(packet.ptr + 4) == m->next_id ? len : 0;
}

uint16_t merge_add(struct merge *m, struct cyg_bytes packet)
{
	unsigned most = m->protocol == IPPROTO_UDP ? MERGE_UDP_MAX : MERGE_MAX;
	uint16_t payload;
	bool push;
	size_t len;

	if (m->full || m->count == most)
		return 0;
	len = continues(m, packet);
	if (len == 0 || m->len + (len - m->headers) > CUT_PACKET_MAX || !sums_are_right(m, packet.ptr, len))
		return 0;
	payload = (uint16_t)(len - m->headers);
	push = m->protocol == IPPROTO_TCP && packet.ptr[m->l4 + FLAGS_AT] & PSH;
	m->part[++m->count] = (struct iovec){ (uint8_t *)(uintptr_t)packet.ptr + m->headers, payload };
	m->len += payload;
	m->next_seq += payload;
	m->next_id++;
	if (payload < m->payload || push) {
		struct wire_writer w = wire_writer(m->packet, m->headers);

		m->full = true;
		(void)wire_reserve(&w, m->headers);
		if (push)
			wire_set_u8(&w, (size_t)m->l4 + FLAGS_AT, ACK | PSH);
	}
	return (uint16_t)len;
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
		wire_set_u16(&w, 10, sum_end(sum_ipv4(m->packet)));
	} else {
		wire_set_u16(&w, 4, (uint16_t)(m->len - IPV6_HEADER));
	}
	/* For the checksum to be completed: the pseudo-header's sum. */
	sum = sum_add_u16(m->pseudo, (uint16_t)(m->len - m->l4));
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
