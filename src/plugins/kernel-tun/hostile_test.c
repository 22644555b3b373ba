/* SPDX-License-Identifier: MIT */
/* What must not pass the tunnel: replayed, changed, malformed and foreign packets, and wrong requests. */
#include "kernel_tun_tests.h"

#include "world_test.h"

START_TEST(reordered_packets_pass_and_replayed_ones_do_not)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	unsigned got = 0;

	world_begin(1);
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

	world_begin(1);
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

	world_begin(1);
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

/* One of each kind: AEAD, a cipher in blocks, none. */
static const struct { uint16_t encr, key_bits, integ; } suites[] = {
	{ CYG_ENCR_AES_GCM_16, 128, 0 },
	{ CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_256_128 },
	{ CYG_ENCR_NULL, 0, CYG_AUTH_HMAC_SHA2_256_128 },
};

START_TEST(no_changed_or_truncated_packet_passes)
{
	for (unsigned s = 0; s < CYG_COUNT(suites); s++) {
		struct pair pair = { .encr = suites[s].encr, .key_bits = suites[s].key_bits,
				     .integ = suites[s].integ, .window = 64 };
		uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
		struct cyg_kernel_counters counters;
		struct datagram good;

		world_begin(1);
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

	world_begin(1);
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

	world_begin(1);
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

	world_begin(1);
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

/* A TCP segment of the stream that `begins`, number `i` of it, sealed for the child; all are as long. */
static void seal_segment(const struct pair *pair, uint32_t seq, unsigned i, uint8_t ecn)
{
	struct datagram *d = &world.datagram[world.datagrams++];
	uint8_t plain[256];
	size_t len = packet_make(plain, "10.1.0.5", "10.2.0.9", 6, 4000, 5001, 20 + 66);
	uint32_t sum = 6 + 86;
	uint16_t right;

	plain[1] = ecn;
	packet_set_df(plain);
	memset(plain + 24, 0, 16);
	plain[27] = (uint8_t)(i * 66);
	plain[32] = 0x50;
	plain[33] = 0x10;
	for (unsigned at = 12; at < 20; at += 2)
		sum += (uint32_t)(plain[at] << 8 | plain[at + 1]);
	right = checksum(plain + 20, len - 20, sum);
	plain[36] = (uint8_t)(right >> 8);
	plain[37] = (uint8_t)right;
	plain[len] = 0;
	plain[len + 1] = 4;
	*d = seal_raw(pair, seq, plain, len + 2);
}

START_TEST(a_stream_is_continued_by_the_child_that_may_bring_it_alone)
{
	struct pair one = { .window = 64 }, two = { .window = 64 };
	static uint8_t out[CUT_PACKET_MAX], key[100];
	struct vnet vnet;

	world_new(1);
	world.merges = true;
	world_interface(&world.a, 1, 1400);
	world_interface(&world.b, 1, 1400);
	two.b.count = 1;
	two.b.item[0] = selector_of("10.2.0.1", "10.2.0.1");
	world_connect(&one);
	memcpy(key, one.child_a.key_out.ptr, one.child_a.key_out.len); /* the next pair's are made in its place */
	one.child_a.key_out.ptr = key;
	world_connect(&two);
	seal_segment(&one, 1, 0, 0);
	seal_segment(&one, 2, 1, 0);
	wire_give_merged();
	ck_assert_uint_eq(tun_get_large(&world.b, 0, &vnet, out, sizeof(out)), 40 + 2 * 66);
	seal_segment(&one, 3, 0, 0);
	seal_segment(&two, 1, 1, 0);
	wire_give_merged();
	ck_assert_uint_eq(tun_get_large(&world.b, 0, &vnet, out, sizeof(out)), 40 + 66);
	ck_assert_uint_eq(tun_get_large(&world.b, 0, &vnet, out, sizeof(out)), 0);
	ck_assert_uint_eq(counters_of(&world.b, 0, two.spi_b).drop_selector, 1);
	world_disconnect(&one);
	world_disconnect(&two);
	world_free();
}
END_TEST

START_TEST(congestion_outside_is_told_in_every_packet_of_a_stream)
{
	struct pair pair = { .window = 64 };
	static uint8_t out[CUT_PACKET_MAX];
	struct vnet vnet;

	world_new(1);
	world.merges = true;
	world_interface(&world.a, 1, 1400);
	world_interface(&world.b, 1, 1400);
	world_connect(&pair);
	for (unsigned i = 0; i < 3; i++)
		seal_segment(&pair, 1 + i, i, ECN_ECT0);
	world.datagram[0].tos = ECN_CE;
	wire_give_merged();
	ck_assert_uint_eq(tun_get_large(&world.b, 0, &vnet, out, sizeof(out)), 40 + 3 * 66);
	ck_assert_uint_eq(out[1], ECN_CE);
	/* Who cannot be told must lose it (RFC 6040 4.2). */
	for (unsigned i = 0; i < 3; i++)
		seal_segment(&pair, 4 + i, i, ECN_NONE);
	world.datagram[0].tos = ECN_CE;
	wire_give_merged();
	ck_assert_uint_eq(tun_get_large(&world.b, 0, &vnet, out, sizeof(out)), 0);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_other, 3);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(unknown_spi_is_reported_a_few_times_a_second)
{
	struct datagram d = { .from = &world.a, .len = 60 };

	world_begin(1);
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

	world_begin(1);
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

START_TEST(wrong_requests_are_refused_and_leave_nothing)
{
	struct pair pair = { .window = 64 };
	struct cyg_kernel_child child;
	struct cyg_shard *shard;
	struct cyg_selectors none = { 0 };

	world_begin(1);
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
	REFUSED(encr, CYG_ENCR_DES, CYG_UNSUPPORTED);
	REFUSED(key_out.len, 7, CYG_MALFORMED);
	REFUSED(key_in.len, 7, CYG_MALFORMED);
	REFUSED(ts_local, &none, CYG_MALFORMED);
	REFUSED(spi_out, 0, CYG_MALFORMED);
	child = pair.child_a;
	ck_assert_int_eq(world.a.ops->child_add(world.a.ctx, shard, &child, CYG_BOTH, NULL), CYG_EXISTS);
	ck_assert_int_eq(world.a.ops->can_do(world.a.ctx, shard, CYG_ENCR_AES_GCM_16, 256, 0, true), CYG_OK);
	ck_assert_int_eq(world.a.ops->can_do(world.a.ctx, shard, CYG_ENCR_DES, 0, 2, false), CYG_UNSUPPORTED);
	world.a.ops->child_remove(world.a.ctx, shard, 4711, CYG_BOTH, NULL);
	world_disconnect(&pair);
	world_free();
}
END_TEST

TCase *hostile_tcase(void)
{
	TCase *tc = tcase_create("hostile");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, reordered_packets_pass_and_replayed_ones_do_not);
	tcase_add_loop_test(tc, packets_late_by_less_than_the_window_pass_and_later_ones_do_not, 0, 2);
	tcase_add_test(tc, the_same_packet_twice_in_one_batch_passes_once);
	tcase_add_test(tc, no_changed_or_truncated_packet_passes);
	tcase_add_test(tc, wrong_padding_next_header_and_inner_packet_are_malformed);
	tcase_add_test(tc, octets_behind_the_inner_packet_are_traffic_flow_padding);
	tcase_add_test(tc, inner_addresses_outside_the_selectors_do_not_pass);
	tcase_add_test(tc, a_stream_is_continued_by_the_child_that_may_bring_it_alone);
	tcase_add_test(tc, congestion_outside_is_told_in_every_packet_of_a_stream);
	tcase_add_test(tc, unknown_spi_is_reported_a_few_times_a_second);
	tcase_add_test(tc, spi_that_is_handed_out_but_not_in_use_is_no_unknown_one);
	tcase_add_test(tc, wrong_requests_are_refused_and_leave_nothing);
	return tc;
}
