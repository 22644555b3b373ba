/* SPDX-License-Identifier: MIT */
/* Packets through the tunnel: two gateways back to back. */
#include "kernel_tun_tests.h"

#include "world_test.h"

static const struct { uint16_t encr, key_bits, integ; } suites[] = {
	{ CYG_ENCR_AES_GCM_16, 128, 0 }, { CYG_ENCR_AES_GCM_16, 192, 0 }, { CYG_ENCR_AES_GCM_16, 256, 0 },
	{ CYG_ENCR_CHACHA20_POLY1305, 0, 0 },
	{ CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_256_128 }, { CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_SHA1_96 },
	{ CYG_ENCR_AES_CBC, 192, CYG_AUTH_HMAC_SHA2_384_192 }, { CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_SHA2_512_256 },
	{ CYG_ENCR_NULL, 0, CYG_AUTH_HMAC_SHA2_256_128 },
};

START_TEST(packets_pass_through_every_suite_both_ways)
{
	world_begin(1);
	for (unsigned i = 0; i < CYG_COUNT(suites); i++) {
		for (unsigned esn = 0; esn < 2; esn++) {
			struct pair pair = { .encr = suites[i].encr, .key_bits = suites[i].key_bits,
					     .integ = suites[i].integ, .esn = esn, .window = 64 };
			uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
			size_t len;

			world_connect(&pair);
			for (size_t body = 8; body < 48; body++)
				world_passes("10.1.0.5", "10.2.0.9", body);
			world_passes("2001:db8:1::5", "2001:db8:2::9", 1360);
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

	world_begin(1);
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

	world_begin(1);
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

	world_begin(1);
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

	world_begin(2);
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

	world_begin(1);
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

START_TEST(packet_too_long_for_the_outer_path_is_answered)
{
	struct pair pair = { .window = 64, .mtu = 1280 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	size_t len;

	world_begin(1);
	world_connect(&pair);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 1300);
	packet_set_df(packet);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 0);
	ck_assert_uint_eq(tun_get(&world.a, 0, out, sizeof(out)), 576);
	ck_assert_uint_eq(out[20], 3);
	ck_assert_uint_eq(out[26] << 8 | out[27], 1280 - 20 - 8 - 8 - 8 - 16 - 2); /* 1220 - 2 */
	/* Without DF it goes out, in fragments. */
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 1300);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 2);
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

	world_begin(2);
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

	world_begin(2);
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

	world_begin(1);
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

START_TEST(a_burst_of_raw_esp_takes_few_system_calls_each_way)
{
	enum { BURST = 2 * TUN_RAW_BATCH };
	struct pair pair = { .window = 64, .raw = true };
	uint8_t packet[PACKET_ROOM], wire[PACKET_ROOM], out[PACKET_ROOM];
	const struct tun_counters *a, *b;
	unsigned got = 0;

	world_begin(1);
	world_connect(&pair);
	a = &tun_of(&world.a, 0)->counters;
	b = &tun_of(&world.b, 0)->counters;
	for (unsigned i = 0; i < BURST; i++)
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, (uint16_t)i, 2, 80 + i));
	world_run();
	ck_assert_uint_eq(a->raw_sent, BURST);
	ck_assert_uint_le(a->raw_send_calls, 2);
	(void)packet_make(wire, "192.0.2.1", "192.0.2.2", 50, 0, 0, 8);
	for (unsigned i = 0; i < BURST; i++) {
		ssize_t len = recv(world.a.raw[0][0], wire + 20, sizeof(wire) - 20, MSG_DONTWAIT);

		ck_assert_int_gt(len, 0);
		ck_assert_int_eq(send(world.b.raw[0][0], wire, (size_t)len + 20, MSG_DONTWAIT), len + 20);
	}
	world_run();
	ck_assert_uint_eq(b->raw_received, BURST);
	ck_assert_uint_le(b->raw_receive_calls, BURST / TUN_RAW_BATCH + 1);
	while (tun_get(&world.b, 0, out, sizeof(out)))
		got++;
	ck_assert_uint_eq(got, BURST);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(raw_esp_for_another_shard_is_not_forwarded)
{
	uint8_t wire[PACKET_ROOM];
	int none = 0;

	world_begin(2);
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
	world_passes("10.1.0.5", "10.2.0.9", 60);
	child = pair.child_a;
	child.spi_in = 0x00abcdef;
	child.udp_encap = false;
	ck_assert_int_eq(world.a.ops->child_add(world.a.ctx, worker(&world.a, 0), &child, CYG_BOTH, NULL),
			 CYG_UNSUPPORTED);
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
	tcase_add_test(tc, packet_too_long_for_the_outer_path_is_answered);
	tcase_add_test(tc, packets_reach_the_shard_that_owns_the_child);
	tcase_add_test(tc, unknown_spi_of_another_shard_is_reported_there);
	tcase_add_test(tc, esp_without_udp_goes_by_the_raw_sockets);
	tcase_add_test(tc, a_burst_of_raw_esp_takes_few_system_calls_each_way);
	tcase_add_test(tc, raw_esp_for_another_shard_is_not_forwarded);
	tcase_add_test(tc, without_a_raw_socket_only_udp_is_taken);
	return tc;
}
