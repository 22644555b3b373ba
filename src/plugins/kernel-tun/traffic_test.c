/* SPDX-License-Identifier: MIT */
/* Packets through the tunnel: two gateways back to back. */
#include "kernel_tun_tests.h"

#include "world_test.h"

#include <unistd.h>

static void begin_with(unsigned workers)
{
	world_new(workers);
	world_interface(&world.a, 1, 1400);
	world_interface(&world.b, 1, 1400);
}

static void begin(void)
{
	begin_with(1);
}

/* Sends one packet from a to b and checks that it arrives as it was. */
static void passes(const char *from, const char *to, size_t body)
{
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	size_t len = packet_make(packet, from, to, 17, 4000, 53, body);

	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 1);
	wire_give_all(-1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	ck_assert_mem_eq(out, packet, len);
}

static const struct { uint16_t encr, key_bits, integ; } suites[] = {
	{ CYG_ENCR_AES_GCM_16, 128, 0 }, { CYG_ENCR_AES_GCM_16, 192, 0 }, { CYG_ENCR_AES_GCM_16, 256, 0 },
	{ CYG_ENCR_CHACHA20_POLY1305, 0, 0 },
	{ CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_256_128 }, { CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_SHA1_96 },
	{ CYG_ENCR_AES_CBC, 192, CYG_AUTH_HMAC_SHA2_384_192 }, { CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_SHA2_512_256 },
	{ CYG_ENCR_NULL, 0, CYG_AUTH_HMAC_SHA2_256_128 },
};

START_TEST(packets_pass_through_every_suite_both_ways)
{
	begin();
	for (unsigned i = 0; i < CYG_COUNT(suites); i++) {
		for (unsigned esn = 0; esn < 2; esn++) {
			struct pair pair = { .encr = suites[i].encr, .key_bits = suites[i].key_bits,
					     .integ = suites[i].integ, .esn = esn, .window = 64 };
			uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
			size_t len;

			world_connect(&pair);
			for (size_t body = 8; body < 48; body++)
				passes("10.1.0.5", "10.2.0.9", body);
			passes("2001:db8:1::5", "2001:db8:2::9", 1360);
			len = packet_make(packet, "10.2.0.9", "10.1.0.5", 6, 53, 4000, 100);
			tun_put(&world.b, 0, packet, len);
			world_run();
			wire_give_all(-1);
			ck_assert_uint_eq(tun_get(&world.a, 0, out, sizeof(out)), len);
			ck_assert_mem_eq(out, packet, len);
			ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).packets_in, 41);
			ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).packets_out, 41);
			ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).octets_in, len);
			world_disconnect(&pair);
		}
	}
	ck_assert_uint_eq(world.a.events + world.b.events, 0);
	world_free();
}
END_TEST

START_TEST(inner_octets_are_not_on_the_wire)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM];
	size_t len;

	begin();
	world_connect(&pair);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 4000, 53, 100);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_ptr_null(memmem(wire_last()->octets, wire_last()->len, packet + 12, 8));
	ck_assert_uint_eq(wire_last()->len, 8 + 8 + 124 + 16);
	ck_assert(cyg_endpoint_equal(&wire_last()->remote, &pair.child_a.remote));
	ck_assert(cyg_endpoint_equal(&wire_last()->local, &pair.child_a.local));
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(a_burst_of_one_size_leaves_as_one_run_and_arrives_in_order)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];

	begin();
	world_connect(&pair);
	for (unsigned i = 0; i < 40; i++)
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, (uint16_t)i, 53, 500));
	world_run();
	ck_assert_uint_eq(world.datagrams, 40);
	ck_assert_uint_eq(world.runs, 1);
	wire_give_all(-1);
	for (unsigned i = 0; i < 40; i++) {
		ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), 520);
		ck_assert_uint_eq(out[20] << 8 | out[21], i);
	}
	/* Sizes that differ, and the order is kept. */
	world.runs = 0;
	for (unsigned i = 0; i < 6; i++)
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, (uint16_t)i, 53,
							 (i % 3) == 1 ? 100 : 500));
	world_run();
	ck_assert_uint_eq(world.runs, 3); /* long, short; long, long, short; long */
	wire_give_all(-1);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_uint_gt(tun_get(&world.b, 0, out, sizeof(out)), 0);
		ck_assert_uint_eq(out[20] << 8 | out[21], i);
	}
	world_disconnect(&pair);
	world_free();
}
END_TEST

/* A TCP packet of many segments with the checksum left to whoever cuts it. */
static size_t large_tcp(uint8_t *packet, size_t payload, struct vnet *vnet)
{
	size_t len = packet_make(packet, "10.1.0.5", "10.2.0.9", 6, 4000, 5001, 20 + payload);

	packet_set_df(packet);
	memset(packet + 24, 1, 8);
	packet[32] = 0x50;
	packet[33] = 0x10;
	packet[38] = packet[39] = 0;
	*vnet = (struct vnet){ .flags = VNET_NEEDS_SUM, .type = VNET_TCP4, .segment = 1300, .sum_start = 20,
			       .sum_offset = 16 };
	return len;
}

START_TEST(a_large_packet_leaves_as_runs_and_arrives_as_large_packets)
{
	struct pair pair = { .window = 64 };
	static uint8_t packet[CUT_PACKET_MAX], out[CUT_PACKET_MAX];
	struct vnet vnet, seen;
	size_t len, got;

	world_new(1);
	world.merges = true;
	world_interface(&world.a, 1, 1400);
	world_interface(&world.b, 1, 1400);
	world_connect(&pair);
	len = large_tcp(packet, 47 * 1300 + 77, &vnet);
	tun_put_large(&world.a, 0, &vnet, packet, len);
	world_run();
	ck_assert_uint_eq(world.runs, 1);
	ck_assert_uint_eq(world.datagrams, 48);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).packets_out, 48);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).octets_out, 47 * 1340 + 117);
	wire_give_merged();
	got = tun_get_large(&world.b, 0, &seen, out, sizeof(out));
	ck_assert_uint_eq(got, len);
	ck_assert_mem_eq(out + 40, packet + 40, len - 40);
	ck_assert_uint_eq(seen.segment, vnet.segment);
	ck_assert_uint_eq(seen.type, vnet.type);
	ck_assert_uint_eq(tun_get_large(&world.b, 0, &seen, out, sizeof(out)), 0);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).packets_in, 48);
	ck_assert_uint_eq(tun_of(&world.b, 0)->counters.merged, 48);
	/* One that was changed on the way is missing; what is before and behind it arrives. */
	tun_put_large(&world.a, 0, &vnet, packet, len);
	world_run();
	world.datagram[10].octets[100] ^= 1;
	wire_give_merged();
	ck_assert_uint_eq(tun_get_large(&world.b, 0, &seen, out, sizeof(out)), 40 + 10 * 1300);
	ck_assert_uint_eq(tun_get_large(&world.b, 0, &seen, out, sizeof(out)), len - 11 * 1300);
	ck_assert_mem_eq(out + 40, packet + 40 + 11 * 1300, len - 40 - 11 * 1300);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_auth, 1);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(segments_too_long_for_the_outer_path_are_answered_once)
{
	struct pair pair = { .window = 64, .mtu = 1280 };
	static uint8_t packet[CUT_PACKET_MAX];
	uint8_t out[PACKET_ROOM];
	struct vnet vnet;
	size_t len;

	begin();
	world_connect(&pair);
	len = large_tcp(packet, 20000, &vnet);
	tun_put_large(&world.a, 0, &vnet, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 0);
	ck_assert_uint_eq(tun_get(&world.a, 0, out, sizeof(out)), 576);
	ck_assert_uint_eq(tun_get(&world.a, 0, out, sizeof(out)), 0);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).drop_too_big, 1);
	vnet.segment = 1100; /* the sender has learned */
	tun_put_large(&world.a, 0, &vnet, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 19);
	world.datagrams = 0;
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(large_packet_reaches_the_shard_that_owns_the_child)
{
	struct pair pair = { .window = 64, .worker_a = 1, .worker_b = 1 };
	static uint8_t packet[CUT_PACKET_MAX];
	struct vnet vnet;
	size_t len;

	begin_with(2);
	world_connect(&pair);
	len = large_tcp(packet, 13000, &vnet);
	tun_put_large(&world.a, 0, &vnet, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 10);
	ck_assert_uint_eq(tun_of(&world.a, 0)->counters.forwarded, 1);
	world.datagrams = 0;
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(two_children_and_two_suites_share_a_batch)
{
	struct pair one = { .window = 64 }, two = { .window = 64, .encr = CYG_ENCR_AES_CBC, .key_bits = 128,
						    .integ = CYG_AUTH_HMAC_SHA2_256_128 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	unsigned got = 0;

	begin();
	one.b.count = two.b.count = 1;
	one.b.item[0] = selector_of("10.2.0.1", "10.2.0.1");
	two.b.item[0] = selector_of("10.2.0.2", "10.2.0.2");
	world_connect(&one);
	world_connect(&two);
	for (unsigned i = 0; i < 64; i++)
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", i % 2 ? "10.2.0.1" : "10.2.0.2", 17,
							 (uint16_t)i, 53, 200));
	world_run();
	ck_assert_uint_eq(world.datagrams, 64);
	ck_assert_uint_eq(world.runs, 2);
	wire_give_all(-1);
	while (tun_get(&world.b, 0, out, sizeof(out)))
		got++;
	ck_assert_uint_eq(got, 64);
	ck_assert_uint_eq(counters_of(&world.b, 0, one.spi_b).packets_in, 32);
	ck_assert_uint_eq(counters_of(&world.b, 0, two.spi_b).packets_in, 32);
	world_disconnect(&one);
	world_disconnect(&two);
	world_free();
}
END_TEST

START_TEST(reordered_packets_pass_and_replayed_ones_do_not)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	unsigned got = 0;

	begin();
	world_connect(&pair);
	for (unsigned i = 0; i < 30; i++)
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, (uint16_t)i, 53, 60));
	world_run();
	for (unsigned i = 30; i-- > 0;)
		wire_give(&world.datagram[i], -1);
	for (unsigned i = 0; i < 30; i++)
		wire_give(&world.datagram[i], -1);
	while (tun_get(&world.b, 0, out, sizeof(out)))
		got++;
	ck_assert_uint_eq(got, 30);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_replay, 30);
	world.datagrams = 0;
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(packets_late_by_less_than_the_window_pass_and_later_ones_do_not)
{
	enum { WINDOW = 400, LATE = 10 };
	struct pair pair = { .window = WINDOW, .esn = _i, .seq_out = _i ? UINT32_MAX - 200 : 0 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	unsigned got = 0;
	size_t len;

	begin();
	world_connect(&pair);
	if (_i)
		tun_child_find(tun_of(&world.b, 0), pair.spi_b)->replay.top = pair.seq_out;
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 80);
	for (unsigned i = 0; i < WINDOW + LATE; i++) {
		tun_put(&world.a, 0, packet, len);
		if (i % 50 == 0)
			world_run();
	}
	world_run();
	ck_assert_uint_eq(world.datagrams, WINDOW + LATE);
	/* The last comes first, all others behind it; with ESN across the end of the low half of the number. */
	wire_give(wire_last(), -1);
	for (unsigned i = 0; i + 1 < world.datagrams; i++) {
		wire_give(&world.datagram[i], -1);
		while (tun_get(&world.b, 0, out, sizeof(out)))
			got++;
	}
	ck_assert_uint_eq(got, WINDOW);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).packets_in, WINDOW);
	/* With ESN a number below the window means one of the next 2^32 (RFC 4303 A2.2), and the ICV says it is not. */
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_replay, _i ? 0 : LATE);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_auth, _i ? LATE : 0);
	/* And none passes a second time. */
	for (unsigned i = 0; i < world.datagrams; i++)
		wire_give(&world.datagram[i], -1);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).packets_in, WINDOW);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_replay, WINDOW + (_i ? 0 : 2 * LATE));
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_auth, _i ? 2 * LATE : 0);
	world.datagrams = 0;
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(the_same_packet_twice_in_one_batch_passes_once)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	struct cyg_datagram in[2];
	uint8_t copy[2048];

	begin();
	world_connect(&pair);
	tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 60));
	world_run();
	memcpy(copy, wire_last()->octets, wire_last()->len);
	for (unsigned i = 0; i < 2; i++)
		in[i] = (struct cyg_datagram){ .local = wire_last()->remote, .remote = wire_last()->local,
					       .data = i ? copy : wire_last()->octets, .len = wire_last()->len };
	world.b.ops->esp_in_udp(world.b.ctx, worker(&world.b, 0), in, 2);
	ck_assert_uint_gt(tun_get(&world.b, 0, out, sizeof(out)), 0);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), 0);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_replay, 1);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(no_changed_or_truncated_packet_passes)
{
	for (unsigned s = 0; s < CYG_COUNT(suites); s += 4) {
		struct pair pair = { .encr = suites[s].encr, .key_bits = suites[s].key_bits,
				     .integ = suites[s].integ, .window = 64 };
		uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
		struct cyg_kernel_counters counters;
		struct datagram good;

		begin();
		world_connect(&pair);
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 60));
		world_run();
		good = *wire_last();
		for (size_t at = 4; at < good.len; at++) {
			struct datagram bad = good;

			bad.octets[at] ^= 0x40;
			wire_give(&bad, -1);
		}
		counters = counters_of(&world.b, 0, pair.spi_b);
		ck_assert_uint_eq(counters.drop_auth, good.len - 4);
		for (size_t cut = 0; cut < good.len; cut++) {
			struct datagram bad = good;

			bad.len = cut;
			wire_give(&bad, -1);
		}
		counters = counters_of(&world.b, 0, pair.spi_b);
		ck_assert_uint_eq(counters.drop_auth + counters.drop_malformed, good.len - 4 + good.len - 8);
		ck_assert_uint_eq(tun_of(&world.b, 0)->counters.short_esp, 8);
		ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), 0);
		wire_give(&good, -1); /* none of them moved the window */
		ck_assert_uint_gt(tun_get(&world.b, 0, out, sizeof(out)), 0);
		world.datagrams = 0;
		world_disconnect(&pair);
		world_free();
	}
}
END_TEST

/* Seals what a broken or hostile peer with the right key could send. */
static struct datagram seal_raw(const struct pair *pair, uint32_t seq, const void *plain, size_t len)
{
	struct datagram d = { .from = &world.a, .local = pair->child_a.local, .remote = pair->child_a.remote };
	struct cyg_esp esp;
	struct cyg_esp_packet p = { .key = pair->child_a.key_out, .esp = d.octets, .in = plain, .len = len,
				    .iv = seq };

	ck_assert_int_eq(cyg_get_esp(worker(&world.a, 0), pair->encr, pair->key_bits, pair->integ, &esp), CYG_OK);
	for (unsigned i = 0; i < 4; i++) {
		d.octets[i] = (uint8_t)(pair->spi_b >> (24 - 8 * i));
		d.octets[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
	}
	esp.ops->seal(esp.instance, &p, 1);
	ck_assert_int_eq(p.status, CYG_OK);
	d.len = 8u + esp.ops->iv_len + len + esp.ops->icv_len;
	return d;
}

START_TEST(wrong_padding_next_header_and_inner_packet_are_malformed)
{
	struct pair pair = { .window = 64 };
	uint8_t plain[256], out[PACKET_ROOM];
	struct datagram d;
	uint32_t seq = 0;
	size_t len;

	begin();
	world_connect(&pair);
	len = packet_make(plain, "10.1.0.5", "10.2.0.9", 17, 1, 2, 40); /* 60 octets: pad 2 */
	plain[len] = 1;
	plain[len + 1] = 2;
	plain[len + 2] = 2;
	plain[len + 3] = 4;
	d = seal_raw(&pair, ++seq, plain, len + 4);
	wire_give(&d, -1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);

	plain[len + 1] = 3; /* padding is 1, 2, 3 ... */
	d = seal_raw(&pair, ++seq, plain, len + 4);
	wire_give(&d, -1);
	plain[len + 1] = 2;
	plain[len + 2] = 63; /* more padding than packet */
	d = seal_raw(&pair, ++seq, plain, len + 4);
	wire_give(&d, -1);
	plain[len + 2] = 2;
	plain[len + 3] = 41; /* says IPv6 */
	d = seal_raw(&pair, ++seq, plain, len + 4);
	wire_give(&d, -1);
	plain[len + 3] = 17; /* transport mode */
	d = seal_raw(&pair, ++seq, plain, len + 4);
	wire_give(&d, -1);
	plain[len + 3] = 4;
	plain[3]++; /* longer than it is */
	d = seal_raw(&pair, ++seq, plain, len + 4);
	wire_give(&d, -1);
	plain[3]--;
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_malformed, 5);
	plain[0] = plain[1] = 0; /* nothing but a trailer */
	plain[2] = 0;
	plain[3] = 4;
	d = seal_raw(&pair, ++seq, plain, 4);
	wire_give(&d, -1);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_malformed, 6);
	plain[3] = 59; /* a dummy packet is fine and nobody's */
	d = seal_raw(&pair, ++seq, plain, 4);
	wire_give(&d, -1);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_malformed, 6);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), 0);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(octets_behind_the_inner_packet_are_traffic_flow_padding)
{
	struct pair pair = { .window = 64 };
	uint8_t plain[256] = { 0 }, out[PACKET_ROOM];
	struct datagram d;
	size_t len;

	begin();
	world_connect(&pair);
	len = packet_make(plain, "10.1.0.5", "10.2.0.9", 17, 1, 2, 40);
	memset(plain + len, 0xab, 66);
	plain[len + 66] = 0;
	plain[len + 67] = 4;
	d = seal_raw(&pair, 1, plain, len + 68);
	wire_give(&d, -1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(inner_addresses_outside_the_selectors_do_not_pass)
{
	struct pair pair = { .window = 64 };
	uint8_t plain[256], out[PACKET_ROOM];
	struct datagram d;
	size_t len;

	begin();
	world_connect(&pair);
	len = packet_make(plain, "10.9.0.5", "10.2.0.9", 17, 1, 2, 42);
	plain[len] = 0;
	plain[len + 1] = 4;
	d = seal_raw(&pair, 1, plain, len + 2);
	wire_give(&d, -1);
	len = packet_make(plain, "10.1.0.5", "10.3.0.9", 17, 1, 2, 42);
	plain[len] = 0;
	plain[len + 1] = 4;
	d = seal_raw(&pair, 2, plain, len + 2);
	wire_give(&d, -1);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_selector, 2);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), 0);
	/* Outbound: nobody takes it, and the engine hears of it once. */
	tun_put(&world.a, 0, plain, packet_make(plain, "10.9.0.5", "10.2.0.9", 17, 1, 2, 42));
	tun_put(&world.a, 0, plain, packet_make(plain, "10.1.0.5", "10.7.0.9", 17, 1, 2, 42));
	world_run();
	ck_assert_uint_eq(world.datagrams, 0);
	ck_assert_uint_eq(world.a.events, 1);
	ck_assert_int_eq(world.a.event[0].kind, TUN_ACQUIRE);
	ck_assert_uint_eq(world.a.event[0].spi, 1);
	ck_assert_uint_eq(tun_of(&world.a, 0)->counters.no_way, 2);
	shard_clock_advance(&world.clock, 1001);
	tun_put(&world.a, 0, plain, packet_make(plain, "10.1.0.5", "10.7.0.9", 17, 1, 2, 42));
	tun_put(&world.a, 0, plain, packet_make(plain, "fe80::1", "ff02::2", 58, 0x8500, 0, 42));
	tun_put(&world.a, 0, "nonsense", 8);
	world_run();
	ck_assert_uint_eq(world.a.events, 2);
	ck_assert_uint_eq(tun_of(&world.a, 0)->counters.not_ip, 1);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(unknown_spi_is_reported_a_few_times_a_second)
{
	struct datagram d = { .from = &world.a, .len = 60 };

	begin();
	d.local = (struct cyg_endpoint){ .ip = test_ip("192.0.2.77"), .port = 1234 };
	d.remote = (struct cyg_endpoint){ .ip = test_ip("192.0.2.2"), .port = 4500 };
	memcpy(d.octets, "\0\1\2\3\0\0\0\1", 8);
	for (unsigned i = 0; i < 50; i++)
		wire_give(&d, -1);
	ck_assert_uint_eq(world.b.events, TUN_UNKNOWN_PER_S);
	ck_assert_uint_eq(world.b.event[0].spi, 0x00010203);
	ck_assert_uint_eq(world.b.event[0].remote.port, 1234);
	ck_assert_uint_eq(tun_of(&world.b, 0)->counters.unknown_spi, 50);
	shard_clock_advance(&world.clock, 1000);
	world_run();
	wire_give(&d, -1);
	ck_assert_uint_eq(world.b.events, TUN_UNKNOWN_PER_S + 1);
	world_free();
}
END_TEST

START_TEST(spi_that_is_handed_out_but_not_in_use_is_no_unknown_one)
{
	struct datagram d = { .from = &world.a, .len = 60 };
	uint32_t spi;

	begin();
	ck_assert_int_eq(world.b.ops->spi_alloc(world.b.ctx, worker(&world.b, 0), 0x42, &spi, NULL), CYG_OK);
	ck_assert_uint_eq(spi >> 24, 0x42);
	for (unsigned i = 0; i < 4; i++)
		d.octets[i] = (uint8_t)(spi >> (24 - 8 * i));
	wire_give(&d, -1);
	ck_assert_uint_eq(world.b.events, 0);
	world.b.ops->spi_free(world.b.ctx, worker(&world.b, 0), spi);
	wire_give(&d, -1);
	ck_assert_uint_eq(world.b.events, 1);
	world_free();
}
END_TEST

START_TEST(traffic_moves_to_the_newest_child_and_the_old_one_still_hears)
{
	struct pair old = { .window = 64 }, fresh = { .window = 64 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	struct datagram late;
	size_t len;

	begin();
	world_connect(&old);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 60);
	tun_put(&world.a, 0, packet, len);
	world_run();
	late = *wire_last();
	world.datagrams = 0;
	fresh.replaces_a = old.spi_a;
	world_connect(&fresh);
	passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, old.spi_a).packets_out, 1);
	ck_assert_uint_eq(counters_of(&world.a, 0, fresh.spi_a).packets_out, 1);
	wire_give(&late, -1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	world_disconnect(&old);
	passes("10.1.0.5", "10.2.0.9", 60);
	world_disconnect(&fresh);
	ck_assert_uint_eq(tun_of(&world.a, 0)->child_count, 0);
	world_free();
}
END_TEST

START_TEST(a_child_without_its_outbound_direction_hears_and_never_sends)
{
	struct pair old = { .window = 64 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	struct cyg_shard *shard;
	struct datagram late;
	size_t len;

	begin();
	world_connect(&old);
	shard = worker(&world.b, 0);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 60);
	tun_put(&world.a, 0, packet, len);
	world_run();
	late = *wire_last();
	world.datagrams = 0;
	world.b.ops->child_remove(world.b.ctx, shard, old.spi_b, CYG_OUTBOUND, NULL);
	wire_give(&late, -1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	len = packet_make(packet, "10.2.0.9", "10.1.0.5", 17, 2, 1, 60);
	tun_put(&world.b, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 0);
	ck_assert_uint_eq(tun_of(&world.b, 0)->counters.no_way, 1);
	ck_assert_uint_eq(tun_of(&world.b, 0)->child_count, 1);
	world.b.ops->child_remove(world.b.ctx, shard, old.spi_b, CYG_INBOUND, NULL);
	ck_assert_uint_eq(tun_of(&world.b, 0)->child_count, 0);
	world_disconnect(&old);
	world_free();
}
END_TEST

START_TEST(a_route_leads_to_its_child_and_to_the_one_that_replaces_it)
{
	struct pair one = { .window = 64 }, two = { .window = 64 }, next = { .window = 64 };
	struct cyg_route route = { .interface_id = 1 };
	struct cyg_shard *shard;

	begin();
	shard = worker(&world.a, 0);
	one.a.count = one.b.count = two.a.count = two.b.count = 1;
	one.a.item[0] = one.b.item[0] = two.a.item[0] = two.b.item[0] = selector_of("0.0.0.0", "255.255.255.255");
	next.a = next.b = one.a;
	world_connect(&one);
	world_connect(&two); /* any to any as well, and newer */
	passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, two.spi_a).packets_out, 1);
	ck_assert_int_eq(cyg_prefix_make(&(struct cyg_ip){ CYG_IPV4, { 10, 2, 0, 9 } }, 32, &route.to), CYG_OK);
	route.spi_in = one.spi_a;
	ck_assert_int_eq(world_wait(world.a.ops->route_set(world.a.ctx, shard, &route, true, world_op(shard))), CYG_OK);
	passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, one.spi_a).packets_out, 1);
	next.replaces_a = one.spi_a;
	world_connect(&next);
	world_disconnect(&one);
	passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, next.spi_a).packets_out, 1);
	/* Other destinations: the newest of the two. */
	passes("10.1.0.5", "10.5.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, next.spi_a).packets_out, 2);
	route.spi_in = next.spi_a;
	ck_assert_int_eq(world_wait(world.a.ops->route_set(world.a.ctx, shard, &route, false, world_op(shard))), CYG_OK);
	route.spi_in = 12345;
	ck_assert_int_eq(world.a.ops->route_set(world.a.ctx, shard, &route, true, world_op(shard)), CYG_NOT_FOUND);
	world_disconnect(&two);
	world_disconnect(&next);
	world_free();
}
END_TEST

START_TEST(volume_limits_are_told_once_and_the_hard_one_stops_the_child)
{
	struct pair pair = { .window = 64, .soft = 200, .hard = 400 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	unsigned got = 0;

	begin();
	world_connect(&pair);
	for (unsigned i = 0; i < 10; i++)
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 80));
	world_run();
	ck_assert_uint_eq(world.a.events, 2);
	ck_assert_int_eq(world.a.event[0].kind, TUN_EXPIRE_SOFT);
	ck_assert_int_eq(world.a.event[1].kind, TUN_EXPIRE_HARD);
	ck_assert_uint_eq(world.a.event[0].spi, pair.spi_a);
	ck_assert_uint_eq(world.a.event[0].owner.spi, pair.child_a.owner.spi);
	ck_assert_uint_eq(world.datagrams, 4);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).drop_out, 6);
	wire_give_all(-1);
	ck_assert_uint_eq(world.b.events, 2);
	while (tun_get(&world.b, 0, out, sizeof(out)))
		got++;
	ck_assert_uint_eq(got, 4);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(a_child_may_be_removed_from_within_its_event)
{
	struct pair pair = { .window = 64, .soft = 100 };
	uint8_t packet[PACKET_ROOM];

	begin();
	world_connect(&pair);
	world.a.remove_in_event = pair.spi_a;
	for (unsigned i = 0; i < 10; i++)
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 80));
	world_run();
	ck_assert_uint_eq(world.a.events, 1);
	ck_assert_uint_eq(tun_of(&world.a, 0)->child_count, 0);
	world.datagrams = 0;
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(sequence_numbers_end_before_they_repeat)
{
	struct pair pair = { .window = 64, .seq_out = UINT32_MAX - 3 };
	uint8_t packet[PACKET_ROOM];

	begin();
	world_connect(&pair);
	for (unsigned i = 0; i < 10; i++)
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 80));
	world_run();
	ck_assert_uint_eq(world.datagrams, 3);
	ck_assert_mem_eq(world.datagram[2].octets + 4, "\xff\xff\xff\xff", 4);
	ck_assert_uint_eq(world.a.events, 2);
	ck_assert_int_eq(world.a.event[1].kind, TUN_EXPIRE_HARD);
	wire_give_all(-1);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(extended_numbers_go_on_past_the_low_half)
{
	struct pair pair = { .window = 64, .esn = true, .seq_out = UINT32_MAX - 5 };
	uint8_t out[PACKET_ROOM];

	begin();
	world_connect(&pair);
	/* The receiver counted along from the first one. */
	tun_child_find(tun_of(&world.b, 0), pair.spi_b)->replay.top = UINT32_MAX - 5;
	for (unsigned i = 0; i < 20; i++)
		passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).packets_in, 20);
	ck_assert_uint_eq(tun_child_find(tun_of(&world.a, 0), pair.spi_a)->seq_out, UINT64_C(0x10000000e));
	ck_assert_uint_eq(tun_child_find(tun_of(&world.b, 0), pair.spi_b)->replay.top, UINT64_C(0x10000000e));
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), 0);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(a_restored_child_goes_on_and_takes_nothing_old)
{
	struct pair pair = { .window = 64, .esn = true, .seq_out = UINT64_C(0x300000010),
			     .seq_in = UINT64_C(0x30000000c) };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];

	begin();
	world_connect(&pair);
	passes("10.1.0.5", "10.2.0.9", 60);
	/* The other way its numbers begin below what was seen. */
	for (unsigned i = 0; i < 20; i++)
		tun_put(&world.b, 0, packet, packet_make(packet, "10.2.0.9", "10.1.0.5", 17, 1, 2, 80));
	tun_child_find(tun_of(&world.b, 0), pair.spi_b)->seq_out = UINT64_C(0x300000000);
	world_run();
	wire_give_all(-1);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).drop_replay, 12);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).packets_in, 8);
	while (tun_get(&world.a, 0, out, sizeof(out)))
		;
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(no_iv_is_used_twice_under_one_key)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM];

	begin();
	world_connect(&pair);
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < 50; i++)
			tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 80));
		world_run();
	}
	for (unsigned i = 0; i < world.datagrams; i++) {
		for (unsigned j = 0; j < i; j++)
			ck_assert_mem_ne(world.datagram[i].octets + 8, world.datagram[j].octets + 8, 8);
	}
	ck_assert_uint_eq(world.datagrams, 200);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(endpoint_of_the_newest_authenticated_packet_is_told)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM];
	struct datagram first, second, bad;
	struct cyg_endpoint moved = { .ip = test_ip("198.51.100.7"), .port = 40000 };

	begin();
	world_connect(&pair);
	for (unsigned i = 0; i < 3; i++)
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 80));
	world_run();
	first = world.datagram[0];
	second = world.datagram[1];
	bad = world.datagram[2];
	bad.local = moved;
	bad.octets[30] ^= 1;
	wire_give(&bad, -1);
	ck_assert_uint_eq(world.b.events, 0);
	wire_give(&second, -1);
	first.local = moved; /* older than what was seen from the known place */
	wire_give(&first, -1);
	ck_assert_uint_eq(world.b.events, 0);
	world.datagram[2].local = moved;
	wire_give(&world.datagram[2], -1);
	ck_assert_uint_eq(world.b.events, 1);
	ck_assert_int_eq(world.b.event[0].kind, TUN_MAPPING);
	ck_assert(cyg_endpoint_equal(&world.b.event[0].remote, &moved));
	/* The engine follows: what leaves goes there. */
	ck_assert_int_eq(world.b.ops->child_move(world.b.ctx, worker(&world.b, 0), pair.spi_b, &pair.child_b.local,
						 &moved, true, NULL), CYG_OK);
	world.datagrams = 0;
	tun_put(&world.b, 0, packet, packet_make(packet, "10.2.0.9", "10.1.0.5", 17, 1, 2, 80));
	world_run();
	ck_assert(cyg_endpoint_equal(&wire_last()->remote, &moved));
	world.datagrams = 0;
	ck_assert_int_eq(world.b.ops->child_move(world.b.ctx, worker(&world.b, 0), 999, &moved, &moved, true, NULL),
			 CYG_NOT_FOUND);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(packet_too_long_for_the_outer_path_is_answered)
{
	struct pair pair = { .window = 64, .mtu = 1280 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	size_t len;

	begin();
	world_connect(&pair);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 1300);
	packet_set_df(packet);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 0);
	ck_assert_uint_eq(tun_get(&world.a, 0, out, sizeof(out)), 576);
	ck_assert_uint_eq(out[20], 3);
	ck_assert_uint_eq(out[26] << 8 | out[27], 1280 - 20 - 8 - 8 - 8 - 16 - 2); /* 1220 - 2 */
	/* Without DF it goes out, and the outer packet is fragmented. */
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 1300);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 1);
	world.datagrams = 0;
	/* IPv6 may count on 1280 octets. */
	tun_put(&world.a, 0, packet, packet_make(packet, "2001:db8:1::5", "2001:db8:2::9", 17, 1, 2, 1240));
	world_run();
	ck_assert_uint_eq(world.datagrams, 1);
	world.datagrams = 0;
	tun_put(&world.a, 0, packet, packet_make(packet, "2001:db8:1::5", "2001:db8:2::9", 17, 1, 2, 1241));
	world_run();
	ck_assert_uint_eq(world.datagrams, 0);
	ck_assert_uint_eq(tun_get(&world.a, 0, out, sizeof(out)), 1280);
	ck_assert_uint_eq(tun_of(&world.a, 0)->counters.too_big, 2);
	/* Not more errors than a limit. */
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 1300);
	packet_set_df(packet);
	for (unsigned i = 0; i < 200; i++) {
		tun_put(&world.a, 0, packet, len);
		world_run();
	}
	for (len = 0; tun_get(&world.a, 0, out, sizeof(out)); len++)
		;
	ck_assert_uint_eq(len, TUN_ERRORS_PER_S - 2);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(packets_reach_the_shard_that_owns_the_child)
{
	struct pair pair = { .window = 64, .worker_a = 1, .worker_b = 1 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	size_t len;

	begin_with(2);
	world_connect(&pair);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 80);
	for (unsigned shard = 0; shard < 2; shard++) {
		tun_put(&world.a, shard, packet, len); /* the device deals flows as it likes */
		world_run();
		ck_assert_uint_eq(world.datagrams, 1);
		wire_give_all((int)shard); /* and so may the network card */
		ck_assert_uint_eq(tun_get(&world.b, 1, out, sizeof(out)), len);
		ck_assert_mem_eq(out, packet, len);
	}
	ck_assert_uint_eq(tun_of(&world.a, 0)->counters.forwarded, 1);
	ck_assert_uint_eq(tun_of(&world.b, 0)->counters.forwarded, 1);
	ck_assert_uint_eq(counters_of(&world.a, 1, pair.spi_a).packets_out, 2);
	world_disconnect(&pair);
	/* The other shard forgot the prefix with the child. */
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(tun_of(&world.a, 0)->counters.forwarded, 1);
	ck_assert_uint_eq(tun_of(&world.a, 0)->counters.no_way, 1);
	world_free();
}
END_TEST

START_TEST(unknown_spi_of_another_shard_is_reported_there)
{
	struct datagram d = { .from = &world.a, .len = 60 };

	begin_with(2);
	d.local = (struct cyg_endpoint){ .ip = test_ip("192.0.2.77"), .port = 1234 };
	memcpy(d.octets, "\1\1\2\3\0\0\0\1", 8);
	wire_give(&d, 0);
	ck_assert_uint_eq(world.b.events, 1);
	ck_assert_uint_eq(tun_of(&world.b, 0)->counters.unknown_spi, 0);
	ck_assert_uint_eq(tun_of(&world.b, 1)->counters.unknown_spi, 1);
	world_free();
}
END_TEST

START_TEST(esp_without_udp_goes_by_the_raw_sockets)
{
	struct pair pair = { .window = 64, .raw = true };
	uint8_t packet[PACKET_ROOM], wire[PACKET_ROOM], out[PACKET_ROOM];
	size_t len;
	ssize_t got;

	begin();
	world_connect(&pair);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 80);
	packet_set_ecn(packet, ECN_ECT0);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 0);
	/* The system puts the outer header in front; on the way somebody sets CE. */
	(void)packet_make(wire, "192.0.2.1", "192.0.2.2", 50, 0, 0, 8);
	packet_set_ecn(wire, ECN_CE);
	got = recv(world.a.raw[0][0], wire + 20, sizeof(wire) - 20, MSG_DONTWAIT);
	ck_assert_int_eq(got, 8 + 8 + 104 + 16);
	ck_assert_int_eq(send(world.b.raw[0][0], wire, (size_t)got + 20, 0), got + 20);
	world_run();
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	packet_set_ecn(packet, ECN_CE);
	ck_assert_mem_eq(out, packet, len);
	/* Truncated ones, down to nothing, are dropped. */
	for (size_t cut = 1; cut < (size_t)got + 20; cut++) {
		ck_assert_int_eq(send(world.b.raw[0][0], wire, cut, 0), (int)cut);
		world_run();
	}
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), 0);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(raw_esp_for_another_shard_is_not_forwarded)
{
	uint8_t wire[PACKET_ROOM];
	int none = 0;

	begin_with(2);
	(void)packet_make(wire, "192.0.2.1", "192.0.2.2", 50, 0, 0, 80);
	memcpy(wire + 20, "\1\1\2\3\0\0\0\1", 8);
	ck_assert_int_eq(send(world.b.raw[0][0], wire, 100, 0), 100);
	world_run();
	ck_assert_uint_eq(tun_of(&world.b, 0)->counters.raw_foreign, 0); /* the socket's filter took it */
	ck_assert_int_eq(setsockopt(tun_of(&world.b, 0)->raw[0].fd, SOL_SOCKET, SO_DETACH_FILTER, &none,
				    sizeof(none)), 0);
	ck_assert_int_eq(send(world.b.raw[0][0], wire, 100, 0), 100);
	world_run();
	ck_assert_uint_eq(tun_of(&world.b, 0)->counters.raw_foreign, 1);
	ck_assert_uint_eq(world.b.events, 0);
	/* Its own shard's filter lets it through. */
	ck_assert_int_eq(send(world.b.raw[0][1], wire, 100, 0), 100);
	world_run();
	ck_assert_uint_eq(world.b.events, 1);
	ck_assert_uint_eq(world.b.event[0].spi, 0x01010203);
	world_free();
}
END_TEST

START_TEST(without_a_raw_socket_only_udp_is_taken)
{
	struct pair pair = { .window = 64 };
	struct cyg_kernel_child child;

	world_new(1);
	world.a.no_raw = world.b.no_raw = true;
	world_interface(&world.a, 1, 1400);
	world_interface(&world.b, 1, 1400);
	world_connect(&pair);
	passes("10.1.0.5", "10.2.0.9", 60);
	child = pair.child_a;
	child.spi_in = 0x00abcdef;
	child.udp_encap = false;
	ck_assert_int_eq(world.a.ops->child_add(world.a.ctx, worker(&world.a, 0), &child, CYG_BOTH, NULL),
			 CYG_UNSUPPORTED);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(wrong_requests_are_refused_and_leave_nothing)
{
	struct pair pair = { .window = 64 };
	struct cyg_kernel_child child;
	struct cyg_shard *shard;
	struct cyg_selectors none = { 0 };

	begin();
	shard = worker(&world.a, 0);
	world_connect(&pair);
#define REFUSED(member_, value_, status_)                                                              \
	do {                                                                                           \
		child = pair.child_a;                                                                  \
		child.spi_in = 0x00abcdef;                                                             \
		child.member_ = value_;                                                                \
		ck_assert_int_eq(world.a.ops->child_add(world.a.ctx, shard, &child, CYG_BOTH, NULL), status_); \
		ck_assert_ptr_null(spi_find(&tun_of(&world.a, 0)->spis, 0x00abcdef));                  \
	} while (0)
	REFUSED(mode, CYG_MODE_TRANSPORT, CYG_UNSUPPORTED);
	REFUSED(encr, CYG_ENCR_3DES, CYG_UNSUPPORTED);
	REFUSED(key_out.len, 7, CYG_MALFORMED);
	REFUSED(key_in.len, 7, CYG_MALFORMED);
	REFUSED(ts_local, &none, CYG_MALFORMED);
	REFUSED(spi_out, 0, CYG_MALFORMED);
	child = pair.child_a;
	ck_assert_int_eq(world.a.ops->child_add(world.a.ctx, shard, &child, CYG_BOTH, NULL), CYG_EXISTS);
	ck_assert_int_eq(world.a.ops->can_do(world.a.ctx, shard, CYG_ENCR_AES_GCM_16, 256, 0, true), CYG_OK);
	ck_assert_int_eq(world.a.ops->can_do(world.a.ctx, shard, CYG_ENCR_3DES, 0, 2, false), CYG_UNSUPPORTED);
	world.a.ops->child_remove(world.a.ctx, shard, 4711, CYG_BOTH, NULL);
	world_disconnect(&pair);
	world_free();
}
END_TEST

TCase *traffic_tcase(void)
{
	TCase *tc = tcase_create("traffic");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, packets_pass_through_every_suite_both_ways);
	tcase_add_test(tc, inner_octets_are_not_on_the_wire);
	tcase_add_test(tc, a_burst_of_one_size_leaves_as_one_run_and_arrives_in_order);
	tcase_add_test(tc, a_large_packet_leaves_as_runs_and_arrives_as_large_packets);
	tcase_add_test(tc, segments_too_long_for_the_outer_path_are_answered_once);
	tcase_add_test(tc, large_packet_reaches_the_shard_that_owns_the_child);
	tcase_add_test(tc, two_children_and_two_suites_share_a_batch);
	tcase_add_test(tc, reordered_packets_pass_and_replayed_ones_do_not);
	tcase_add_loop_test(tc, packets_late_by_less_than_the_window_pass_and_later_ones_do_not, 0, 2);
	tcase_add_test(tc, the_same_packet_twice_in_one_batch_passes_once);
	tcase_add_test(tc, no_changed_or_truncated_packet_passes);
	tcase_add_test(tc, wrong_padding_next_header_and_inner_packet_are_malformed);
	tcase_add_test(tc, octets_behind_the_inner_packet_are_traffic_flow_padding);
	tcase_add_test(tc, inner_addresses_outside_the_selectors_do_not_pass);
	tcase_add_test(tc, unknown_spi_is_reported_a_few_times_a_second);
	tcase_add_test(tc, spi_that_is_handed_out_but_not_in_use_is_no_unknown_one);
	tcase_add_test(tc, traffic_moves_to_the_newest_child_and_the_old_one_still_hears);
	tcase_add_test(tc, a_child_without_its_outbound_direction_hears_and_never_sends);
	tcase_add_test(tc, a_route_leads_to_its_child_and_to_the_one_that_replaces_it);
	tcase_add_test(tc, volume_limits_are_told_once_and_the_hard_one_stops_the_child);
	tcase_add_test(tc, a_child_may_be_removed_from_within_its_event);
	tcase_add_test(tc, sequence_numbers_end_before_they_repeat);
	tcase_add_test(tc, extended_numbers_go_on_past_the_low_half);
	tcase_add_test(tc, a_restored_child_goes_on_and_takes_nothing_old);
	tcase_add_test(tc, no_iv_is_used_twice_under_one_key);
	tcase_add_test(tc, endpoint_of_the_newest_authenticated_packet_is_told);
	tcase_add_test(tc, packet_too_long_for_the_outer_path_is_answered);
	tcase_add_test(tc, packets_reach_the_shard_that_owns_the_child);
	tcase_add_test(tc, unknown_spi_of_another_shard_is_reported_there);
	tcase_add_test(tc, esp_without_udp_goes_by_the_raw_sockets);
	tcase_add_test(tc, raw_esp_for_another_shard_is_not_forwarded);
	tcase_add_test(tc, without_a_raw_socket_only_udp_is_taken);
	tcase_add_test(tc, wrong_requests_are_refused_and_leave_nothing);
	return tc;
}
