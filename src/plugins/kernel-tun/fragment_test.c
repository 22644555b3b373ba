/* SPDX-License-Identifier: MIT */
/* IPv4 packets without DF in fragments that the path takes: what is true of all of them, and on the packets' way. */
#include "kernel_tun_tests.h"

#include "fragment.h"
#include "world_test.h"

#include <netinet/in.h>
#include <stdlib.h>

#define ROUNDS 4000

static uint64_t seed = 11;

static uint32_t chance(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

static uint16_t at16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void header_sum(uint8_t *packet)
{
	uint16_t sum;

	packet[10] = packet[11] = 0;
	sum = checksum(packet, (packet[0] & 15) * 4u, 0);
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
}

/* Options of random sorts, up to 40 octets; those that each fragment has are put into `copied` as well. */
static size_t options_make(uint8_t *out, uint8_t *copied, size_t *copied_len)
{
	size_t len = 0, room = chance(3) ? chance(41) : 0;

	*copied_len = 0;
	while (len < room) {
		size_t left = room - len, this = 1;

		if (left < 2 || chance(4) == 0) {
			out[len] = 1;
		} else {
			this = 2 + chance((uint32_t)left - 1);
			for (size_t i = 2; i < this; i++)
				out[len + i] = (uint8_t)chance(256);
			out[len] = (uint8_t)(chance(2) << 7 | (2 + chance(100)));
			out[len + 1] = (uint8_t)this;
			if (out[len] & 0x80) {
				memcpy(copied + *copied_len, out + len, this);
				*copied_len += this;
			}
		}
		len += this;
	}
	while (len % 4)
		out[len++] = 0;
	while (*copied_len % 4)
		copied[(*copied_len)++] = 0;
	return len;
}

struct sample {
	uint8_t octets[65535];
	uint8_t copied[44];
	size_t len, header, copied_len;
	unsigned offset;
	bool more;
};

static void sample_make(struct sample *s, size_t body)
{
	uint8_t *p = s->octets;

	memset(p, 0, 20);
	for (size_t i = 0; i < 20; i++)
		p[i] = (uint8_t)chance(256);
	s->header = 20 + options_make(p + 20, s->copied, &s->copied_len);
	s->len = s->header + body;
	s->more = chance(4) == 0;
	s->offset = chance(4) ? 0 : chance(64);
	p[0] = (uint8_t)(0x40 | s->header / 4);
	p[2] = (uint8_t)(s->len >> 8);
	p[3] = (uint8_t)s->len;
	p[6] = (uint8_t)(s->more << 5 | s->offset >> 8);
	p[7] = (uint8_t)s->offset;
	for (size_t i = s->header; i < s->len; i++)
		p[i] = (uint8_t)chance(256);
	header_sum(p);
}

/* All fragments of a sample: each right by itself, all together the packet that it was. */
static void check_all(const struct sample *s, uint16_t mtu)
{
	static uint8_t whole[65535];
	size_t seen = 0, body = s->len - s->header;
	struct fragments f;
	/* As long as it is: the sanitizer sees one octet too far. */
	uint8_t *exact = malloc(s->len), *out = malloc(mtu);

	memcpy(exact, s->octets, s->len);
	ck_assert_int_eq(fragment_plan(cyg_bytes(exact, s->len), mtu, &f), CYG_OK);
	ck_assert(f.count >= 1 && (f.count > 1) == (s->len > mtu));
	for (unsigned i = 0; i < f.count; i++) {
		size_t len = fragment_write(&f, i, out), header = (out[0] & 15) * 4u;
		bool last = i + 1 == f.count;
		struct inner in;

		ck_assert_uint_le(len, mtu);
		ck_assert_int_eq(inner_read(cyg_bytes(out, len), &in), CYG_OK);
		ck_assert_uint_eq(in.len, len);
		ck_assert_uint_eq(checksum(out, header, 0), 0);
		/* Where it stands, and that the others follow. */
		ck_assert_uint_eq((at16(out + 6) & 0x1fff) * 8u, s->offset * 8u + seen);
		ck_assert_uint_eq(!!(out[6] & 0x20), !last || s->more);
		ck_assert_uint_eq(out[6] & 0xc0, 0);
		ck_assert(last || (len - header) % 8 == 0);
		ck_assert(f.count == 1 || len > header);
		/* All else of the header is the packet's; of its options the later ones have what is copied. */
		ck_assert_uint_eq(out[1], exact[1]);
		ck_assert_mem_eq(out + 4, exact + 4, 2);
		ck_assert_mem_eq(out + 8, exact + 8, 2);
		ck_assert_mem_eq(out + 12, exact + 12, 8);
		ck_assert_uint_eq(header - 20, i ? s->copied_len : s->header - 20);
		ck_assert(memcmp(out + 20, i ? s->copied : exact + 20, header - 20) == 0);
		memcpy(whole + seen, out + header, len - header);
		seen += len - header;
	}
	ck_assert_uint_eq(seen, body);
	ck_assert(body == 0 || memcmp(whole, exact + s->header, body) == 0);
	free(exact);
	free(out);
}

START_TEST(fragments_come_together_to_the_packet_that_was)
{
	static struct sample s;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint16_t mtu = (uint16_t)(FRAGMENT_MTU_LEAST + chance(round % 2 ? 64 : 1500));

		sample_make(&s, chance(round % 100 ? 4000 : 60000));
		check_all(&s, mtu);
	}
}
END_TEST

/* Around each multiple of what a fragment takes, odd MTUs too. */
START_TEST(no_fragment_is_empty_and_none_is_needless)
{
	static struct sample s;

	for (uint16_t mtu = 68; mtu < 92; mtu++) {
		for (size_t body = 40; body < 300; body++) {
			struct fragments f;

			do
				sample_make(&s, body);
			while (s.header != 20);
			check_all(&s, mtu);
			ck_assert_int_eq(fragment_plan(cyg_bytes(s.octets, s.len), mtu, &f), CYG_OK);
			if (s.len > mtu) { /* the last one has up to MTU - 20 octets, the others a multiple of eight */
				size_t each = (mtu - 20u) & ~7u, most = mtu - 20u;
				size_t least = 1 + (body - most + each - 1) / each;

				ck_assert_msg(f.count == least, "MTU %u, %zu octets: %u and not %zu", mtu, body, f.count, least);
			}
		}
	}
}
END_TEST

START_TEST(what_cannot_be_fragmented_is_refused)
{
	static struct sample s;
	static const uint8_t broken[][4] = {
		{ 0x82, 0, 0, 0 },  /* an option without a length */
		{ 0x82, 1, 0, 0 },
		{ 0x82, 5, 0, 0 },  /* longer than all of them */
		{ 1, 1, 1, 0x82 },  /* cut off */
	};
	struct fragments f = { .count = 77 };

	sample_make(&s, 1000);
	ck_assert_int_eq(fragment_plan(cyg_bytes(s.octets, s.len), 67, &f), CYG_UNSUPPORTED);
	for (size_t i = 0; i < CYG_COUNT(broken); i++) {
		do
			sample_make(&s, 1000);
		while (s.header != 24);
		memcpy(s.octets + 20, broken[i], 4);
		ck_assert_int_eq(fragment_plan(cyg_bytes(s.octets, s.len), 576, &f), CYG_MALFORMED);
	}
	/* A fragment whose end no offset can say. */
	sample_make(&s, 1000);
	s.octets[6] = 0x1f;
	s.octets[7] = 0xff;
	ck_assert_int_eq(fragment_plan(cyg_bytes(s.octets, s.len), 576, &f), CYG_MALFORMED);
	ck_assert_uint_eq(f.count, 77); /* untouched */
	for (size_t cut = 0; cut < 20; cut++)
		ck_assert_int_eq(fragment_plan(cyg_bytes(s.octets, cut), 576, &f), CYG_MALFORMED);
}
END_TEST

/* --- On their way --- */

static struct pair pair;

static void begin(const struct cyg_selectors *far)
{
	world_new(1);
	world_interface(&world.a, 1, 9000);
	world_interface(&world.b, 1, 9000);
	world.path_mtu = 1301;
	pair = (struct pair){ .window = 64 };
	if (far) {
		pair.a = (struct cyg_selectors){ .count = 1, .item = { selector_of("10.1.0.0", "10.1.255.255") } };
		pair.b = *far;
	}
	world_connect(&pair);
}

static void end(void)
{
	world.datagrams = 0;
	world_disconnect(&pair);
	world_free();
}

/* What comes out at the other side, taken together; the number of packets. */
static unsigned reassemble(uint8_t *out, size_t *len)
{
	uint8_t piece[PACKET_ROOM];
	unsigned count = 0;
	size_t got;

	*len = 0;
	while ((got = tun_get(&world.b, 0, piece, sizeof(piece))) > 0) {
		ck_assert_uint_eq((at16(piece + 6) & 0x1fff) * 8u, *len);
		memcpy(out + *len, piece + 20, got - 20);
		*len += got - 20;
		count++;
	}
	return count;
}

START_TEST(a_packet_without_df_goes_in_fragments_inside)
{
	uint8_t packet[PACKET_ROOM], out[4 * PACKET_ROOM];
	struct tun_counters *counters;
	struct cyg_kernel_counters c;
	size_t len, got;

	begin(NULL);
	counters = &tun_of(&world.a, 0)->counters;
	c = counters_of(&world.a, 0, pair.spi_a);
	ck_assert_uint_gt(c.inner_mtu, 1200);
	/* What just fits is whole, one octet more is not. */
	for (unsigned more = 0; more < 2; more++) {
		len = packet_make(packet, "10.1.0.5", "10.2.0.9", IPPROTO_UDP, 1, 2, c.inner_mtu - 20u + more);
		tun_put(&world.a, 0, packet, len);
		world_run();
		ck_assert_uint_eq(world.datagrams, 1 + more);
		for (unsigned i = 0; i < world.datagrams; i++)
			ck_assert_uint_le(world.datagram[i].len + 28, world.path_mtu);
		wire_give_all(-1);
		ck_assert_uint_eq(reassemble(out, &got), 1 + more);
		ck_assert_uint_eq(got, len - 20);
		ck_assert_mem_eq(out, packet + 20, got);
	}
	ck_assert_uint_eq(counters->fragmented, 1);
	ck_assert_uint_eq(counters->fragments, 2);
	c = counters_of(&world.a, 0, pair.spi_a);
	ck_assert_uint_eq(c.packets_out, 3);
	ck_assert_uint_eq(c.drop_out + c.drop_too_big, 0);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).packets_in, 3);
	/* With DF, or of IPv6: the sender hears of it, as ever. */
	packet_set_df(packet);
	tun_put(&world.a, 0, packet, len);
	len = packet_make(packet, "2001:db8:1::5", "2001:db8:2::9", IPPROTO_UDP, 1, 2, 1400);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 0);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).drop_too_big, 2);
	ck_assert_uint_eq(counters->fragmented, 1);
	end();
}
END_TEST

START_TEST(where_ports_matter_the_outer_packet_is_what_is_fragmented)
{
	struct cyg_selectors far = { .count = 1, .item = { selector_of("10.2.0.0", "10.2.255.255") } };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	size_t len;

	far.item[0].protocol = IPPROTO_UDP;
	far.item[0].port_low = 2;
	far.item[0].port_high = 100;
	begin(&far);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", IPPROTO_UDP, 1, 2, 1400);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 1);
	ck_assert_uint_gt(wire_last()->len + 28, world.path_mtu);
	wire_give_all(-1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	ck_assert_uint_eq(tun_of(&world.a, 0)->counters.fragmented, 0);
	end();
}
END_TEST

/* Options that cannot be read are no reason to lose the packet. */
START_TEST(a_packet_with_broken_options_goes_whole)
{
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	size_t len;

	begin(NULL);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", IPPROTO_UDP, 1, 2, 1400);
	packet[0] = 0x46;
	packet[20] = 0x82; /* what were ports are options now */
	packet[21] = 0;
	header_sum(packet);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 1);
	wire_give_all(-1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	ck_assert_mem_eq(out, packet, len);
	end();
}
END_TEST

/* A large packet of UDP whose segments are too long each: segments first, then fragments of each. */
START_TEST(segments_that_are_too_long_go_in_fragments)
{
	static uint8_t packet[CUT_PACKET_MAX], piece[PACKET_ROOM], body[4 * PACKET_ROOM];
	struct vnet vnet = { .flags = VNET_NEEDS_SUM, .type = VNET_UDP, .segment = 1400, .sum_start = 20,
			     .sum_offset = 6 };
	size_t len, got, filled = 0;
	unsigned count = 0, firsts = 0;

	begin(NULL);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", IPPROTO_UDP, 4000, 5001, 8 + 3 * 1400 + 100);
	tun_put_large(&world.a, 0, &vnet, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 3 * 2 + 1);
	wire_give_all(-1);
	while ((got = tun_get(&world.b, 0, piece, sizeof(piece))) > 0) {
		size_t skip = 20;

		if ((at16(piece + 6) & 0x1fff) == 0) {
			firsts++;
			skip += 8;
		}
		memcpy(body + filled, piece + skip, got - skip);
		filled += got - skip;
		count++;
	}
	ck_assert_uint_eq(count, 7);
	ck_assert_uint_eq(firsts, 4);
	ck_assert_uint_eq(filled, 3 * 1400 + 100);
	ck_assert_mem_eq(body, packet + 28, filled);
	ck_assert_uint_eq(tun_of(&world.a, 0)->counters.fragmented, 3);
	ck_assert_uint_eq(tun_of(&world.a, 0)->counters.fragments, 6);
	end();
}
END_TEST

/* More than the send area takes: what is lost is counted, and the area is not written beyond. */
START_TEST(fragments_beyond_the_send_area_are_counted)
{
	uint8_t packet[PACKET_ROOM];
	struct tun_shard *s;
	size_t len;

	begin(NULL);
	s = tun_of(&world.a, 0);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", IPPROTO_UDP, 1, 2, 1400);
	for (size_t left = 0; left < 5000; left += 37) {
		struct tun_packet one = { packet, len, { 0 } };
		uint64_t full = s->counters.area_full, fragments = s->counters.fragments;

		ck_assert_ptr_nonnull(tun_send_room(s, tun_send_left(s) - left));
		tun_out(s->links, &one, 1, false);
		ck_assert_uint_eq(s->counters.area_full - full + (s->counters.fragments - fragments) / 2, 1);
		world_run();
		world.datagrams = 0;
	}
	ck_assert_uint_gt(s->counters.area_full, 10);
	ck_assert_uint_gt(s->counters.fragments, 2);
	end();
}
END_TEST

TCase *fragment_tcase(void)
{
	TCase *tc = tcase_create("fragment");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, fragments_come_together_to_the_packet_that_was);
	tcase_add_test(tc, no_fragment_is_empty_and_none_is_needless);
	tcase_add_test(tc, what_cannot_be_fragmented_is_refused);
	tcase_add_test(tc, a_packet_without_df_goes_in_fragments_inside);
	tcase_add_test(tc, where_ports_matter_the_outer_packet_is_what_is_fragmented);
	tcase_add_test(tc, a_packet_with_broken_options_goes_whole);
	tcase_add_test(tc, segments_that_are_too_long_go_in_fragments);
	tcase_add_test(tc, fragments_beyond_the_send_area_are_counted);
	return tc;
}
