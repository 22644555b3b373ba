/* SPDX-License-Identifier: MIT */
/* Segment sizes that are clamped, and path MTUs as children learn and use them. */
#include "kernel_tun_tests.h"

#include "world_test.h"

#include <netinet/in.h>

/* A SYN whose option of a segment size stands behind `before` octets of NOP. Returns the length. */
static size_t syn_make(uint8_t *packet, bool six, unsigned before, uint16_t mss)
{
	size_t ip = six ? 40 : 20, header = 20 + (before + 4 + 3) / 4 * 4, len;
	uint32_t sum;
	uint16_t right;
	uint8_t *t = packet + ip;

	len = packet_make(packet, six ? "2001:db8:1::5" : "10.1.0.5", six ? "2001:db8:2::9" : "10.2.0.9", IPPROTO_TCP,
			  4000, 5001, header);
	memset(t + 4, 0, 16);
	memset(t + 20, 1, header - 20);
	t[12] = (uint8_t)(header / 4 << 4);
	t[13] = 2;
	t[20 + before] = 2;
	t[21 + before] = 4;
	t[22 + before] = (uint8_t)(mss >> 8);
	t[23 + before] = (uint8_t)mss;
	sum = IPPROTO_TCP + (uint32_t)header;
	for (size_t i = six ? 8 : 12; i < ip; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	right = checksum(t, header, sum);
	t[16] = (uint8_t)(right >> 8);
	t[17] = (uint8_t)right;
	return len;
}

static bool tcp_right(const uint8_t *packet, size_t len)
{
	bool six = packet[0] >> 4 == 6;
	size_t ip = six ? 40 : 20;
	uint32_t sum = (uint32_t)IPPROTO_TCP + (uint32_t)(len - ip);

	for (size_t i = six ? 8 : 12; i < ip; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	return checksum(packet + ip, len - ip, sum) == 0;
}

static bool clamp(uint8_t *packet, size_t len, uint16_t mtu, bool summed)
{
	struct inner in;

	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	return path_clamp_mss(packet, &in, mtu, summed);
}

START_TEST(segment_size_of_a_syn_is_clamped_wherever_its_option_stands)
{
	uint8_t packet[128];

	for (unsigned six = 0; six < 2; six++) {
		for (unsigned before = 0; before <= 20; before++) {
			size_t len = syn_make(packet, six, before, 1460), at = (six ? 40u : 20u) + 22 + before;
			uint16_t most = (uint16_t)(1338 - (six ? 60 : 40));

			ck_assert(tcp_right(packet, len));
			ck_assert(clamp(packet, len, 1338, true));
			ck_assert_uint_eq(packet[at] << 8 | packet[at + 1], most);
			ck_assert_msg(tcp_right(packet, len), "IPv%u, %u octets before", six ? 6 : 4, before);
			/* It fits now, and one that fits stays. */
			ck_assert(!clamp(packet, len, 1338, true));
			len = syn_make(packet, six, before, most);
			ck_assert(!clamp(packet, len, 1338, true));
		}
	}
}
END_TEST

START_TEST(only_a_syn_that_is_whole_is_clamped)
{
	uint8_t packet[128], before[128];
	size_t len = syn_make(packet, false, 3, 1460);

	memcpy(before, packet, len);
	packet[33] = 16; /* no SYN */
	ck_assert(!clamp(packet, len, 1338, true));
	memcpy(packet, before, len);
	ck_assert(!clamp(packet, len, 500, true)); /* too small a path to believe */
	packet[40] = 0;                            /* the options end before */
	ck_assert(!clamp(packet, len, 1338, true));
	memcpy(packet, before, len);
	packet[40] = 7; /* an option that is longer than all of them */
	packet[41] = 200;
	ck_assert(!clamp(packet, len, 1338, true));
	packet[41] = 0; /* and one that has no length */
	ck_assert(!clamp(packet, len, 1338, true));
	memcpy(packet, before, len);
	packet[9] = 17;
	packet_sum(packet);
	ck_assert(!clamp(packet, len, 1338, true));
	/* A checksum that is still to be completed does not cover options. */
	memcpy(packet, before, len);
	ck_assert(clamp(packet, len, 1338, false));
	ck_assert_mem_eq(packet + 36, before + 36, 2);
	/* Every truncation of the TCP header is left alone. */
	for (size_t cut = 20; cut < len; cut++) {
		memcpy(packet, before, len);
		packet[2] = 0;
		packet[3] = (uint8_t)cut;
		packet_sum(packet);
		ck_assert(!clamp(packet, cut, 1338, true));
	}
}
END_TEST

static void begin(void)
{
	world_new(1);
	world_interface(&world.a, 1, 1400);
	world_interface(&world.b, 1, 1400);
}

START_TEST(syns_both_ways_are_clamped_to_what_the_path_takes)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	size_t len;

	begin();
	world.path_mtu = 1300;
	world_connect(&pair);
	len = syn_make(packet, false, 0, 1460);
	tun_put(&world.a, 0, packet, len);
	world_run();
	wire_give_all(-1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	ck_assert_uint_eq(out[42] << 8 | out[43], 1238 - 40);
	ck_assert(tcp_right(out, len));
	/* A peer that does not clamp: ours does on the way in. */
	tun_child_find(tun_of(&world.a, 0), pair.spi_a)->inner_mtu = 0;
	tun_child_find(tun_of(&world.a, 0), pair.spi_a)->path_asked_ms = UINT64_MAX;
	tun_of(&world.a, 0)->links->mtu = 9000;
	tun_put(&world.a, 0, packet, len);
	world_run();
	wire_give_all(-1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	ck_assert_uint_eq(out[42] << 8 | out[43], 1238 - 40);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(path_mtu_is_asked_now_and_then_and_told_inward)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	size_t len;

	begin();
	world.path_mtu = 1500;
	world_connect(&pair);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).path_mtu, 1500);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).inner_mtu, 1438);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 1300);
	packet_set_df(packet);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 1);
	/* A router on the way has told the system; until it is asked again nothing changes. */
	world.path_mtu = 1300;
	world.path_asked = 0;
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 2);
	ck_assert_uint_eq(world.path_asked, 0);
	world.clock.now_ms += TUN_PATH_MS;
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.path_asked, 1);
	ck_assert_uint_eq(world.datagrams, 2);
	ck_assert_uint_eq(tun_get(&world.a, 0, out, sizeof(out)), 576);
	ck_assert_uint_eq(out[26] << 8 | out[27], 1238);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).drop_too_big, 1);
	/* The path is wider again. */
	world.path_mtu = 1500;
	world.clock.now_ms += TUN_PATH_MS;
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 3);
	world.datagrams = 0;
	world_disconnect(&pair);
	world_free();
}
END_TEST

/* Log-ins by the thousand ask the system for nothing; who looks at a child, or its first packet, does. */
START_TEST(a_child_without_a_packet_has_not_asked_for_its_path)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM];
	size_t len;

	begin();
	world.path_mtu = 1300;
	world.path_asked = 0;
	world_connect(&pair);
	ck_assert_uint_eq(world.path_asked, 0);
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).path_mtu, 1300);
	ck_assert_uint_eq(world.path_asked, 1);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 1300);
	packet_set_df(packet);
	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.path_asked, 2);
	ck_assert_uint_eq(world.datagrams, 0);
	ck_assert_uint_eq(counters_of(&world.a, 0, pair.spi_a).drop_too_big, 1);
	world_disconnect(&pair);
	world_free();
}
END_TEST

START_TEST(class_and_congestion_marks_go_through_udp)
{
	struct pair pair = { .window = 64 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	size_t len;

	begin();
	world_connect(&pair);
	for (unsigned six = 0; six < 2; six++) {
		len = packet_make(packet, six ? "2001:db8:1::5" : "10.1.0.5", six ? "2001:db8:2::9" : "10.2.0.9", 17, 1, 2, 80);
		if (six)
			packet[0] |= 0xb; /* expedited forwarding, 46, and 8 of it in the next octet */
		else
			packet[1] = 0xb8;
		if (six)
			packet[1] |= 0x80;
		packet_set_ecn(packet, ECN_ECT0);
		tun_put(&world.a, 0, packet, len);
		world_run();
		ck_assert_uint_eq(wire_last()->tos, 0xb8 | ECN_ECT0);
		wire_last()->tos |= ECN_CE; /* a router is congested */
		wire_give_all(-1);
		ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
		packet_set_ecn(packet, ECN_CE);
		ck_assert_mem_eq(out, packet, len);
		/* What cannot carry the mark is dropped, as if the router had (RFC 6040 4.2). */
		packet_set_ecn(packet, ECN_NONE);
		tun_put(&world.a, 0, packet, len);
		world_run();
		ck_assert_uint_eq(wire_last()->tos, 0xb8);
		wire_last()->tos |= ECN_CE;
		wire_give_all(-1);
		ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), 0);
	}
	ck_assert_uint_eq(counters_of(&world.b, 0, pair.spi_b).drop_other, 2);
	world_disconnect(&pair);
	world_free();
}
END_TEST

TCase *path_tcase(void)
{
	TCase *tc = tcase_create("path");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, segment_size_of_a_syn_is_clamped_wherever_its_option_stands);
	tcase_add_test(tc, only_a_syn_that_is_whole_is_clamped);
	tcase_add_test(tc, syns_both_ways_are_clamped_to_what_the_path_takes);
	tcase_add_test(tc, path_mtu_is_asked_now_and_then_and_told_inward);
	tcase_add_test(tc, a_child_without_a_packet_has_not_asked_for_its_path);
	tcase_add_test(tc, class_and_congestion_marks_go_through_udp);
	return tc;
}
