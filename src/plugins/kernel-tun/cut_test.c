/* SPDX-License-Identifier: MIT */
/* Large packets cut into segments and segments merged into large packets: what is true of all of them. */
#include "kernel_tun_tests.h"

#include "merge.h"
#include "packets_test.h"
#include "sum.h"

#include <netinet/in.h>
#include <stdlib.h>

#define ROUNDS 3000

static uint64_t seed = 7;

static uint32_t chance(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

/* A large packet as a device gives it; the checksum field holds what the kernel would not mind. */
struct large {
	uint8_t octets[CUT_PACKET_MAX];
	size_t len, headers;
	struct vnet vnet;
	bool six, tcp;
};

static void large_make(struct large *l, bool six, bool tcp, unsigned options, unsigned payload, unsigned segment)
{
	size_t ip = six ? 40 : 20, header = tcp ? 20 + options : 8;

	l->six = six;
	l->tcp = tcp;
	l->headers = ip + header;
	l->len = packet_make(l->octets, six ? "2001:db8:1::5" : "10.1.0.5", six ? "2001:db8:2::9" : "10.2.0.9",
			     tcp ? IPPROTO_TCP : IPPROTO_UDP, 4000, 5001, header + payload);
	for (size_t i = l->headers; i < l->len; i++)
		l->octets[i] = (uint8_t)chance(256);
	if (tcp) {
		uint8_t *t = l->octets + ip;

		for (size_t i = 4; i < header; i++)
			t[i] = (uint8_t)chance(256);
		t[12] = (uint8_t)((header / 4) << 4);
		t[13] = 0x10;
		memset(t + 18, 0, 2);
	}
	if (!six) {
		l->octets[4] = (uint8_t)chance(256);
		packet_set_df(l->octets);
	}
	l->vnet = (struct vnet){ .flags = VNET_NEEDS_SUM, .segment = (uint16_t)segment, .sum_start = (uint16_t)ip,
				 .type = tcp ? six ? VNET_TCP6 : VNET_TCP4 : VNET_UDP,
				 .sum_offset = tcp ? 16 : 6 };
}

static bool upper_right(const uint8_t *packet, size_t len)
{
	bool six = packet[0] >> 4 == 6;
	size_t ip = six ? 40 : 20;
	uint32_t sum = (six ? packet[6] : packet[9]) + (uint32_t)(len - ip);

	for (size_t i = six ? 8 : 12; i < ip; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	return checksum(packet + ip, len - ip, sum) == 0 && (six || checksum(packet, 20, 0) == 0);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static struct cut cut_of(const struct large *l)
{
	struct inner in;
	struct cut cut;

	ck_assert_int_eq(inner_read(cyg_bytes(l->octets, l->len), &in), CYG_OK);
	ck_assert_int_eq(cut_read(&l->vnet, cyg_bytes(l->octets, l->len), &in, &cut), CYG_OK);
	return cut;
}

static struct inner inner_of(const uint8_t *packet, size_t len)
{
	struct inner in;

	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert_uint_eq(in.len, len);
	return in;
}

static void large_random(struct large *l)
{
	unsigned payload = 1 + (chance(4) ? chance(20000) : chance(65000)), segment = 40 + chance(1400);

	large_make(l, chance(2), chance(2), chance(11) * 4, payload, segment);
}

START_TEST(every_segment_is_a_right_packet_and_all_of_them_are_the_large_one)
{
	static struct large l;

	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t seen = l.headers;
		struct cut cut;

		large_random(&l);
		if (l.tcp)
			l.octets[(l.six ? 40 : 20) + 13] = (uint8_t)(0x10 | (chance(2) ? 0x80 : 0) | (chance(2) ? 9 : 0));
		cut = cut_of(&l);
		seen = l.headers;
		for (unsigned i = 0; i < cut.count; i++) {
			size_t longest = cut_longest(&cut), ip = l.six ? 40 : 20, len;
			uint8_t *out = malloc(longest); /* the sanitizer sees one octet too far */

			len = cut_write(&cut, i, out);
			ck_assert_uint_le(len, longest);
			ck_assert(i + 1u == cut.count || len == longest);
			(void)inner_of(out, len);
			ck_assert(upper_right(out, len));
			ck_assert_mem_eq(out + l.headers, l.octets + seen, len - l.headers);
			if (l.tcp) {
				ck_assert_uint_eq(get32(out + ip + 4), (uint32_t)(get32(l.octets + ip + 4) + seen - l.headers));
				ck_assert_uint_eq(out[ip + 13] & 0x80, i == 0 ? l.octets[ip + 13] & 0x80 : 0);
				ck_assert_uint_eq(out[ip + 13] & 9, i + 1u == cut.count ? l.octets[ip + 13] & 9 : 0);
			}
			seen += len - l.headers;
			free(out);
		}
		ck_assert_uint_eq(seen, l.len);
	}
}
END_TEST

START_TEST(segments_merge_into_the_large_packet_they_were_cut_from)
{
	static struct large l;
	static uint8_t room[MERGE_MAX][1600];

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct cut cut;
		struct merge m = { .count = 0 };
		size_t at = 0;
		static uint8_t whole[CUT_PACKET_MAX + VNET_LEN];
		struct vnet vnet;
		unsigned parts;

		large_random(&l);
		cut = cut_of(&l);
		if (cut.count > (l.tcp ? MERGE_MAX : MERGE_UDP_MAX))
			continue;
		for (unsigned i = 0; i < cut.count; i++) {
			uint16_t len = cut_write(&cut, i, room[i]);
			struct inner in = inner_of(room[i], len);

			if (i == 0)
				merge_begin(&m, room[i], &in, true, true);
			else
				ck_assert_msg(merge_add(&m, cyg_bytes(room[i], len)) == len, "round %u, segment %u", round, i);
		}
		parts = merge_end(&m);
		for (unsigned i = 0; i < parts; i++) {
			memcpy(whole + at, m.part[i].iov_base, m.part[i].iov_len);
			at += m.part[i].iov_len;
		}
		ck_assert_uint_eq(at, l.len + VNET_LEN);
		vnet_read(whole, &vnet);
		if (cut.count == 1) {
			ck_assert_uint_eq(vnet.flags | vnet.type, 0);
			continue;
		}
		ck_assert_uint_eq(vnet.type, l.vnet.type);
		ck_assert_uint_eq(vnet.segment, l.vnet.segment);
		ck_assert_uint_eq(vnet.sum_start, l.vnet.sum_start);
		ck_assert_uint_eq(vnet.sum_offset, l.vnet.sum_offset);
		ck_assert_uint_eq(vnet.flags, VNET_NEEDS_SUM);
		/* All but the checksum of what is inside, which is the pseudo-header's. */
		memcpy(l.octets + vnet.sum_start + vnet.sum_offset, whole + VNET_LEN + vnet.sum_start + vnet.sum_offset, 2);
		if (!l.tcp) {
			l.octets[vnet.sum_start + 4] = (uint8_t)((l.len - vnet.sum_start) >> 8);
			l.octets[vnet.sum_start + 5] = (uint8_t)(l.len - vnet.sum_start);
		}
		ck_assert_mem_eq(whole + VNET_LEN, l.octets, l.len);
		/* And it can be cut again into the same. */
		l.vnet = vnet;
		memcpy(l.octets, whole + VNET_LEN, l.len);
		cut = cut_of(&l);
		ck_assert(upper_right(room[0], cut_write(&cut, 0, room[0])));
	}
}
END_TEST

/* Two segments of a stream, the second changed by `change`; merged or not. */
static bool merges_with(bool six, bool tcp, void (*change)(uint8_t *packet, size_t ip))
{
	static struct large l;
	static uint8_t a[1600], b[1600];
	struct merge m = { .count = 0 };
	struct inner first;
	struct cut cut;
	bool merged;

	large_make(&l, six, tcp, 12, 2400, 1200);
	if (!six && !tcp) { /* numbers count only without DF */
		l.octets[6] &= 0xbf;
		packet_sum(l.octets);
	}
	cut = cut_of(&l);
	first = inner_of(a, cut_write(&cut, 0, a));
	(void)cut_write(&cut, 1, b);
	if (change)
		change(b, six ? 40 : 20);
	merge_begin(&m, a, &first, true, true);
	merged = merge_add(&m, cyg_bytes(b, cut.headers + cut.payload)) != 0;
	(void)merge_end(&m);
	return merged;
}

/* Sets the checksums right again, so that only the changed octet can be the reason. */
static void mend(uint8_t *packet, size_t ip)
{
	size_t len = ip == 40 ? (size_t)(packet[4] << 8 | packet[5]) + 40 : (size_t)(packet[2] << 8 | packet[3]);
	bool tcp = packet[ip == 40 ? 6 : 9] == IPPROTO_TCP;
	size_t at = ip + (tcp ? 16 : 6);
	uint32_t sum = (uint32_t)(tcp ? IPPROTO_TCP : IPPROTO_UDP) + (uint32_t)(len - ip);
	uint16_t right;

	packet[at] = packet[at + 1] = 0;
	for (size_t i = ip == 40 ? 8 : 12; i < ip; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	right = checksum(packet + ip, len - ip, sum);
	packet[at] = (uint8_t)(right >> 8);
	packet[at + 1] = (uint8_t)right;
	if (ip == 20)
		packet_sum(packet);
}

#define CHANGE(name_, what_)                                     \
	static void name_(uint8_t *packet, size_t ip)            \
	{                                                        \
		uint8_t *upper = packet + ip;                    \
		(void)upper;                                     \
		what_;                                           \
		mend(packet, ip);                                \
	}
CHANGE(change_nothing, )
CHANGE(change_port, upper[3] ^= 1)
CHANGE(change_sequence, upper[7] ^= 1)
CHANGE(change_acknowledgement, upper[11] ^= 1)
CHANGE(change_window, upper[15] ^= 1)
CHANGE(change_option, upper[25] ^= 1)
CHANGE(change_to_fin, upper[13] |= 1)
CHANGE(change_to_urgent, upper[13] |= 32)
CHANGE(change_source, packet[ip - 5] ^= 1)
CHANGE(change_class, packet[1] ^= 0x10)
CHANGE(change_ttl, packet[ip == 40 ? 7 : 8] ^= 1)
CHANGE(change_id, packet[5] ^= 1)
CHANGE(change_df, packet[6] ^= 0x40)

static void change_payload_only(uint8_t *packet, size_t ip)
{
	packet[ip + 100] ^= 1; /* the checksum is wrong now */
}

START_TEST(what_is_not_of_one_stream_or_not_right_is_not_merged)
{
	static void (*const tcp[])(uint8_t *packet, size_t ip) = {
		change_port, change_sequence, change_acknowledgement, change_window, change_option, change_to_fin,
		change_to_urgent, change_source, change_class, change_ttl, change_payload_only,
	};
	static void (*const udp[])(uint8_t *packet, size_t ip) = {
		change_port, change_source, change_class, change_ttl, change_payload_only,
	};

	for (unsigned six = 0; six < 2; six++) {
		ck_assert(merges_with(six, true, change_nothing));
		ck_assert(merges_with(six, false, change_nothing));
		for (size_t i = 0; i < CYG_COUNT(tcp); i++)
			ck_assert_msg(!merges_with(six, true, tcp[i]), "TCP, IPv%u, change %zu", six ? 6 : 4, i);
		for (size_t i = 0; i < CYG_COUNT(udp); i++)
			ck_assert_msg(!merges_with(six, false, udp[i]), "UDP, IPv%u, change %zu", six ? 6 : 4, i);
	}
	/* With DF the number of an IPv4 packet says nothing, without it does. */
	ck_assert(merges_with(false, true, change_id));
	ck_assert(!merges_with(false, false, change_id));
	ck_assert(!merges_with(false, true, change_df));
}
END_TEST

static unsigned flipped;

static void flip(uint8_t *packet, size_t ip)
{
	packet[flipped / 8] ^= (uint8_t)(0x80u >> flipped % 8);
	mend(packet, ip);
}

START_TEST(no_bit_of_the_headers_may_differ_but_those_that_segments_have_of_their_own)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		bool six = kind & 1, tcp = kind & 2;
		unsigned ip = six ? 40 : 20, length = six ? 4 : 2, sum = ip + (tcp ? 16 : 6);

		for (flipped = 0; flipped < (ip + (tcp ? 32 : 8)) * 8; flipped++) {
			unsigned octet = flipped / 8;
			bool own = (!six && tcp && (octet == 4 || octet == 5)) || /* identification, with DF */
				   (tcp && octet == ip + 13 && flipped % 8 == 4); /* PSH */

			/* What mend() sets right again; lengths are another matter. */
			if (octet / 2 == length / 2 || octet / 2 == sum / 2 || (!six && octet / 2 == 5))
				continue;
			ck_assert_msg(merges_with(six, tcp, flip) == own, "kind %u, bit %u", kind, flipped);
		}
	}
}
END_TEST

START_TEST(a_plain_packet_gets_the_checksum_that_was_left_to_the_device)
{
	static struct large l;
	uint8_t out[2000];
	struct cut cut;

	for (unsigned kind = 0; kind < 4; kind++) {
		size_t ip = kind & 1 ? 40 : 20, at = ip + (kind & 2 ? 16 : 6);
		uint32_t sum;

		large_make(&l, kind & 1, kind & 2, 0, 777, 0);
		l.vnet.type = 0;
		sum = (uint32_t)(kind & 2 ? IPPROTO_TCP : IPPROTO_UDP) + (uint32_t)(l.len - ip);
		for (size_t i = kind & 1 ? 8 : 12; i < ip; i += 2)
			sum += (uint32_t)(l.octets[i] << 8 | l.octets[i + 1]);
		sum = (sum & 0xffff) + (sum >> 16);
		l.octets[at] = (uint8_t)(sum >> 8);
		l.octets[at + 1] = (uint8_t)sum;
		cut = cut_of(&l);
		ck_assert_uint_eq(cut.count, 1);
		ck_assert_uint_eq(cut_write(&cut, 0, out), l.len);
		ck_assert(upper_right(out, l.len));
		/* Without the flag it stays as it is. */
		l.vnet.flags = 0;
		cut = cut_of(&l);
		ck_assert_uint_eq(cut_write(&cut, 0, out), l.len);
		ck_assert_mem_eq(out, l.octets, l.len);
	}
}
END_TEST

START_TEST(a_virtio_header_that_does_not_fit_its_packet_is_malformed)
{
	static struct large l;
	struct inner in;
	struct cut cut = { .count = 77 };

#define REFUSED(what_)                                                                                  \
	do {                                                                                            \
		large_make(&l, false, true, 0, 3000, 1000);                                             \
		what_;                                                                                  \
		in = inner_of(l.octets, l.len);                                                         \
		ck_assert_int_eq(cut_read(&l.vnet, cyg_bytes(l.octets, l.len), &in, &cut), CYG_MALFORMED); \
		ck_assert_uint_eq(cut.count, 77);                                                       \
	} while (0)
	REFUSED(l.vnet.segment = 0);
	REFUSED(l.vnet.segment = 1); /* too many */
	REFUSED(l.vnet.type = VNET_UDP);
	REFUSED(l.vnet.type = 3);
	REFUSED(l.octets[32] = 0x40); /* a TCP header of 16 octets */
	REFUSED(l.octets[6] = 0x20; l.octets[7] = 1; packet_sum(l.octets)); /* a later fragment */
	REFUSED(l.vnet.type = 0; l.vnet.sum_start = 0);
	REFUSED(l.vnet.type = 0; l.vnet.sum_start = 3010; l.vnet.sum_offset = 29);
	REFUSED(l.vnet.type = 0; l.vnet.sum_start = 65535; l.vnet.sum_offset = 65535);
	large_make(&l, false, true, 0, 10, 1000); /* the TCP header goes on behind the packet */
	l.octets[32] = 0xf0;
	in = inner_of(l.octets, l.len);
	ck_assert_int_eq(cut_read(&l.vnet, cyg_bytes(l.octets, l.len), &in, &cut), CYG_MALFORMED);
}
END_TEST

/* RFC 1071, word by word, in host order. */
static uint16_t sum_slowly(const uint8_t *octets, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint64_t)octets[i] << 8 | (i + 1 < len ? octets[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

START_TEST(sums_are_those_of_the_words_at_every_length_and_place_and_so_are_copies)
{
	static uint8_t from[CUT_PACKET_MAX + 64], to[CUT_PACKET_MAX + 64];

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i % 5 ? chance(256) : 0xff); /* carries galore */
	for (unsigned round = 0; round < 4 * ROUNDS; round++) {
		size_t len = round < 700 ? round : chance(round % 7 ? 2000 : CUT_PACKET_MAX), at = chance(64), out = 1 + chance(60);

		memset(to, 0x5a, sizeof(to));
		ck_assert_uint_eq(sum_fold(sum_add(0, from + at, len)), sum_slowly(from + at, len));
		ck_assert_uint_eq(sum_fold(sum_copy(0, to + out, from + at, len)), sum_slowly(from + at, len));
		ck_assert(memcmp(to + out, from + at, len) == 0);
		ck_assert_uint_eq(to[out - 1], 0x5a);
		ck_assert_uint_eq(to[out + len], 0x5a);
	}
	memset(from, 0xff, sizeof(from));
	ck_assert_uint_eq(sum_fold(sum_add(0, from, CUT_PACKET_MAX - 1)), sum_slowly(from, CUT_PACKET_MAX - 1));
}
END_TEST

TCase *cut_tcase(void)
{
	TCase *tc = tcase_create("cut");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, sums_are_those_of_the_words_at_every_length_and_place_and_so_are_copies);
	tcase_add_test(tc, every_segment_is_a_right_packet_and_all_of_them_are_the_large_one);
	tcase_add_test(tc, segments_merge_into_the_large_packet_they_were_cut_from);
	tcase_add_test(tc, what_is_not_of_one_stream_or_not_right_is_not_merged);
	tcase_add_test(tc, no_bit_of_the_headers_may_differ_but_those_that_segments_have_of_their_own);
	tcase_add_test(tc, a_plain_packet_gets_the_checksum_that_was_left_to_the_device);
	tcase_add_test(tc, a_virtio_header_that_does_not_fit_its_packet_is_malformed);
	return tc;
}
