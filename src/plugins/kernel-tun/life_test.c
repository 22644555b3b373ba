/* SPDX-License-Identifier: MIT */
/* The life of a child under traffic: replaced, limited, counted to its end, moved. */
#include "kernel_tun_tests.h"

#include "world_test.h"

#include <linux/rtnetlink.h>

START_TEST(traffic_moves_to_the_newest_child_and_the_old_one_still_hears)
{
	struct pair old = { .window = 64 }, fresh = { .window = 64 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	struct datagram late;
	size_t len;

	world_begin(1);
	world_connect(&old);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 60);
	tun_put(&world.a, 0, packet, len);
	world_run();
	late = *wire_last();
	world.datagrams = 0;
	fresh.replaces_a = old.spi_a;
	world_connect(&fresh);
	world_passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, old.spi_a).packets_out, 1);
	ck_assert_uint_eq(counters_of(&world.a, 0, fresh.spi_a).packets_out, 1);
	wire_give(&late, -1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	world_disconnect(&old);
	world_passes("10.1.0.5", "10.2.0.9", 60);
	world_disconnect(&fresh);
	ck_assert_uint_eq(tun_of(&world.a, 0)->child_count, 0);
	world_free();
}
END_TEST

/* So many packets from a, one after the other; they stay on the wire from `first` on. */
static void send_some(unsigned first, unsigned count)
{
	uint8_t packet[PACKET_ROOM];

	for (unsigned i = 0; i < count; i++) {
		tun_put(&world.a, 0, packet, packet_make(packet, "10.1.0.5", "10.2.0.9", 17, (uint16_t)i, 53, 60));
		world_run();
	}
	ck_assert_uint_eq(world.datagrams, first + count);
}

static unsigned arrived(void)
{
	uint8_t out[PACKET_ROOM];
	unsigned count = 0;

	while (tun_get(&world.b, 0, out, sizeof(out)))
		count++;
	return count;
}

START_TEST(each_child_of_a_rekey_has_a_window_of_its_own)
{
	enum { WINDOW = 64, EACH = 60, FAR = 200 };
	struct pair old = { .window = WINDOW, .esn = _i }, fresh = { .window = WINDOW, .esn = _i };
	struct datagram forged;

	world_begin(1);
	world_connect(&old);
	send_some(0, EACH);
	fresh.replaces_a = old.spi_a;
	world_connect(&fresh);
	send_some(EACH, FAR);

	/* The new one is far ahead, and what the old one had on the way comes behind it, newest first. */
	wire_give(&world.datagram[EACH + FAR - 1], -1);
	for (unsigned i = EACH; i-- > 0;) {
		wire_give(&world.datagram[i], -1);
		wire_give(&world.datagram[EACH + FAR - 2 - i], -1);
	}
	ck_assert_uint_eq(arrived(), 2 * EACH + 1);
	ck_assert_uint_eq(counters_of(&world.b, 0, old.spi_b).packets_in, EACH);
	ck_assert_uint_eq(counters_of(&world.b, 0, fresh.spi_b).packets_in, EACH + 1);
	ck_assert_uint_eq(counters_of(&world.b, 0, old.spi_b).drop_replay, 0);
	ck_assert_uint_eq(counters_of(&world.b, 0, fresh.spi_b).drop_replay, 0);

	/* What comes a second time is dropped, and counted where it belongs. */
	for (unsigned i = 0; i < EACH; i++)
		wire_give(&world.datagram[i], -1);
	ck_assert_uint_eq(counters_of(&world.b, 0, old.spi_b).drop_replay, EACH);
	ck_assert_uint_eq(counters_of(&world.b, 0, fresh.spi_b).drop_replay, 0);
	for (unsigned i = EACH + FAR - 1 - EACH; i < EACH + FAR; i++)
		wire_give(&world.datagram[i], -1);
	ck_assert_uint_eq(counters_of(&world.b, 0, old.spi_b).drop_replay, EACH);
	ck_assert_uint_eq(counters_of(&world.b, 0, fresh.spi_b).drop_replay, EACH + 1);

	/* A packet of the old one is none of the new one's, whatever it calls itself. */
	forged = world.datagram[EACH - 1];
	memcpy(forged.octets, world.datagram[EACH].octets, 4);
	forged.octets[6] = 1; /* a number that is still to come */
	wire_give(&forged, -1);
	ck_assert_uint_eq(counters_of(&world.b, 0, fresh.spi_b).drop_auth, 1);

	/* When the old one is gone its packets are nobody's. */
	world.b.ops->child_remove(world.b.ctx, worker(&world.b, 0), old.spi_b, CYG_INBOUND | CYG_OUTBOUND, NULL);
	wire_give(&world.datagram[0], -1);
	ck_assert_uint_eq(counters_of(&world.b, 0, fresh.spi_b).packets_in, EACH + 1);
	ck_assert_uint_eq(arrived(), 0);
	ck_assert_uint_eq(tun_of(&world.b, 0)->child_count, 1);
	world.datagrams = 0;
	world_disconnect(&old);
	world_disconnect(&fresh);
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

	world_begin(1);
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

	world_begin(1);
	shard = worker(&world.a, 0);
	one.a.count = one.b.count = two.a.count = two.b.count = 1;
	one.a.item[0] = one.b.item[0] = two.a.item[0] = two.b.item[0] = selector_of("0.0.0.0", "255.255.255.255");
	next.a = next.b = one.a;
	world_connect(&one);
	world_connect(&two); /* any to any as well, and newer */
	world_passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, two.spi_a).packets_out, 1);
	ck_assert_int_eq(cyg_prefix_make(&(struct cyg_ip){ CYG_IPV4, { 10, 2, 0, 9 } }, 32, &route.to), CYG_OK);
	route.spi_in = one.spi_a;
	ck_assert_int_eq(world_wait(world.a.ops->route_set(world.a.ctx, shard, &route, true, world_op(shard))), CYG_OK);
	world_passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, one.spi_a).packets_out, 1);
	next.replaces_a = one.spi_a;
	world_connect(&next);
	world_disconnect(&one);
	world_passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, next.spi_a).packets_out, 1);
	/* Other destinations: the newest of the two. */
	world_passes("10.1.0.5", "10.5.0.9", 60);
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

static void set_route(const struct cyg_route *route, bool add)
{
	struct cyg_shard *shard = worker(&world.a, 0);

	ck_assert_int_eq(world_wait(world.a.ops->route_set(world.a.ctx, shard, route, add, world_op(shard))), CYG_OK);
}

/* How often the system was told that the route goes, since `since`. */
static unsigned withdrawn(unsigned since)
{
	unsigned count = 0;

	ck_assert_uint_le(world.requests, WORLD_REQUESTS);
	for (unsigned i = since; i < world.requests; i++)
		count += world.request[i].type == RTM_DELROUTE;
	return count;
}

/* As after two rekeys at once: two children carry the same, the one that has the route goes. */
START_TEST(a_route_that_is_wished_for_another_child_before_the_first_wish_is_taken_back_stays)
{
	struct pair loser = { .window = 64 }, heir = { .window = 64 };
	struct cyg_route old = { .interface_id = 1 }, fresh;
	unsigned before;

	world_begin(1);
	loser.a.count = loser.b.count = 1;
	loser.a.item[0] = loser.b.item[0] = selector_of("0.0.0.0", "255.255.255.255");
	heir.a = heir.b = loser.a;
	world_connect(&heir);
	world_connect(&loser); /* the newest of the two has what no route says */
	ck_assert_int_eq(cyg_prefix_make(&(struct cyg_ip){ CYG_IPV4, { 10, 2, 0, 0 } }, 16, &old.to), CYG_OK);
	old.spi_in = loser.spi_a;
	fresh = old;
	fresh.spi_in = heir.spi_a;
	set_route(&old, true);
	ck_assert_int_eq(world.routes, 1);
	before = world.requests;
	for (unsigned i = 0; i < 3; i++) { /* there, back and there again */
		set_route(i % 2 ? &old : &fresh, true);
		set_route(i % 2 ? &fresh : &old, false);
		ck_assert_int_eq(world.routes, 1);
		world_passes("10.1.0.5", "10.2.0.9", 60);
		ck_assert_uint_eq(counters_of(&world.a, 0, heir.spi_a).packets_out, i / 2 + 1);
		ck_assert_uint_eq(counters_of(&world.a, 0, loser.spi_a).packets_out, i % 2 + (i == 2));
	}
	ck_assert_uint_eq(withdrawn(before), 0);
	world_disconnect(&loser);
	world_passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, heir.spi_a).packets_out, 3);
	ck_assert_int_eq(world.routes, 1);
	/* The twin: the last wish takes it along. */
	set_route(&fresh, false);
	ck_assert_int_eq(world.routes, 0);
	ck_assert_uint_eq(withdrawn(before), 1);
	world_disconnect(&heir);
	world_free();
}
END_TEST

/* The same in one turn, the child gone before the system has answered, and the heir with the way already. */
START_TEST(a_route_survives_when_its_child_goes_in_the_same_turn)
{
	struct pair loser = { .window = 64 }, heir = { .window = 64 };
	struct cyg_route old = { .interface_id = 1 }, fresh;
	struct cyg_shard *shard;
	unsigned before;

	world_begin(1);
	shard = worker(&world.a, 0);
	world_connect(&loser);
	ck_assert_int_eq(cyg_prefix_make(&(struct cyg_ip){ CYG_IPV4, { 10, 2, 0, 0 } }, 16, &old.to), CYG_OK);
	old.spi_in = loser.spi_a;
	set_route(&old, true);
	heir.replaces_a = loser.spi_a; /* it takes the way over, the wish stays the loser's */
	world_connect(&heir);
	fresh = old;
	fresh.spi_in = heir.spi_a;
	before = world.requests;
	(void)!world.a.ops->route_set(world.a.ctx, shard, &fresh, true, world_op(shard));
	(void)!world.a.ops->route_set(world.a.ctx, shard, &old, false, world_op(shard));
	world.a.ops->child_remove(world.a.ctx, shard, loser.spi_a, CYG_BOTH, NULL);
	world_run();
	ck_assert_int_eq(world.routes, 1);
	ck_assert_uint_eq(withdrawn(before), 0);
	world_passes("10.1.0.5", "10.2.0.9", 60);
	ck_assert_uint_eq(counters_of(&world.a, 0, heir.spi_a).packets_out, 1);
	set_route(&fresh, false);
	ck_assert_int_eq(world.routes, 0);
	world_disconnect(&loser); /* b's half */
	world_disconnect(&heir);
	world_free();
}
END_TEST

START_TEST(volume_limits_are_told_once_and_the_hard_one_stops_the_child)
{
	struct pair pair = { .window = 64, .soft = 200, .hard = 400 };
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	unsigned got = 0;

	world_begin(1);
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

	world_begin(1);
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

	world_begin(1);
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

	world_begin(1);
	world_connect(&pair);
	/* The receiver counted along from the first one. */
	tun_child_find(tun_of(&world.b, 0), pair.spi_b)->replay.top = UINT32_MAX - 5;
	for (unsigned i = 0; i < 20; i++)
		world_passes("10.1.0.5", "10.2.0.9", 60);
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

	world_begin(1);
	world_connect(&pair);
	world_passes("10.1.0.5", "10.2.0.9", 60);
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

	world_begin(1);
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

	world_begin(1);
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

TCase *life_tcase(void)
{
	TCase *tc = tcase_create("life");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, traffic_moves_to_the_newest_child_and_the_old_one_still_hears);
	tcase_add_loop_test(tc, each_child_of_a_rekey_has_a_window_of_its_own, 0, 2);
	tcase_add_test(tc, a_child_without_its_outbound_direction_hears_and_never_sends);
	tcase_add_test(tc, a_route_leads_to_its_child_and_to_the_one_that_replaces_it);
	tcase_add_test(tc, a_route_that_is_wished_for_another_child_before_the_first_wish_is_taken_back_stays);
	tcase_add_test(tc, a_route_survives_when_its_child_goes_in_the_same_turn);
	tcase_add_test(tc, volume_limits_are_told_once_and_the_hard_one_stops_the_child);
	tcase_add_test(tc, a_child_may_be_removed_from_within_its_event);
	tcase_add_test(tc, sequence_numbers_end_before_they_repeat);
	tcase_add_test(tc, extended_numbers_go_on_past_the_low_half);
	tcase_add_test(tc, a_restored_child_goes_on_and_takes_nothing_old);
	tcase_add_test(tc, no_iv_is_used_twice_under_one_key);
	tcase_add_test(tc, endpoint_of_the_newest_authenticated_packet_is_told);
	return tc;
}
