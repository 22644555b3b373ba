/* SPDX-License-Identifier: MIT */
#include "shard/shard.h"
#include "shard/shard_tests.h"

#include <stdlib.h>

/* --- Turn-ends --- */

struct end {
	struct cyg_turn_end end;
	unsigned ran;
	struct end *sets, *clears;
};

static void run_end(struct cyg_shard *shard, struct cyg_turn_end *end)
{
	struct end *e = CYG_CONTAINER(end, struct end, end);

	e->ran++;
	if (e->sets)
		cyg_shard_at_turn_end(shard, &e->sets->end);
	if (e->clears)
		cyg_turn_end_clear(shard, &e->clears->end);
}

START_TEST(turn_end_runs_once_a_turn_however_often_it_is_set)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	struct end e = { .end.run = run_end };

	cyg_shard_at_turn_end(shard, &e.end);
	cyg_shard_at_turn_end(shard, &e.end);
	shard_step(shard);
	ck_assert_uint_eq(e.ran, 1);
	shard_step(shard);
	ck_assert_uint_eq(e.ran, 1);
	shard_manual_free(shard);
}
END_TEST

START_TEST(turn_end_that_another_one_sets_runs_in_the_same_turn)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	struct end second = { .end.run = run_end }, first = { .end.run = run_end, .sets = &second };

	/* The second ran already in this turn: what the first adds still goes out before sleep. */
	cyg_shard_at_turn_end(shard, &second.end);
	cyg_shard_at_turn_end(shard, &first.end);
	shard_step(shard);
	ck_assert_uint_eq(first.ran, 1);
	ck_assert_uint_eq(second.ran, 2);
	shard_manual_free(shard);
}
END_TEST

START_TEST(turn_end_that_sets_itself_does_not_stop_the_loop)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	struct end e = { .end.run = run_end, .sets = &e };

	cyg_shard_at_turn_end(shard, &e.end);
	ck_assert(shard_step(shard));
	ck_assert_uint_gt(e.ran, 0);
	cyg_turn_end_clear(shard, &e.end);
	ck_assert(!shard_step(shard));
	shard_manual_free(shard);
}
END_TEST

START_TEST(turn_end_that_is_taken_back_does_not_run)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	struct end e[4] = { [0].end.run = run_end, [1].end.run = run_end, [2].end.run = run_end,
			    [3].end.run = run_end };

	e[0].clears = &e[2]; /* in the middle of the turn */
	for (unsigned i = 0; i < 3; i++)
		cyg_shard_at_turn_end(shard, &e[i].end);
	cyg_turn_end_clear(shard, &e[1].end);
	cyg_turn_end_clear(shard, &e[1].end);
	cyg_shard_at_turn_end(shard, &e[3].end);
	shard_step(shard);
	ck_assert_uint_eq(e[0].ran, 1);
	ck_assert_uint_eq(e[1].ran, 0);
	ck_assert_uint_eq(e[2].ran, 0);
	ck_assert_uint_eq(e[3].ran, 1);
	shard_manual_free(shard);
}
END_TEST

/* --- Messages --- */

struct note {
	struct cyg_msg msg;
	struct cyg_shard *from;
	unsigned *ran;
	bool answer;
};

static void run_note(struct cyg_shard *to, struct cyg_msg *msg)
{
	struct note *n = CYG_CONTAINER(msg, struct note, msg);

	(*n->ran)++;
	if (n->answer) {
		n->answer = false;
		n->msg.reserved = true;
		ck_assert_int_eq(cyg_shard_post(n->from, &n->msg), CYG_OK);
		return;
	}
	free(n);
}

static void drop_note(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct note, msg));
}

static struct note *new_note(struct cyg_shard *from, unsigned *ran, bool answer)
{
	struct note *n = calloc(1, sizeof(*n));

	n->msg.run = run_note;
	n->msg.drop = drop_note;
	n->from = from;
	n->ran = ran;
	n->answer = answer;
	return n;
}

START_TEST(no_more_than_sixty_four_messages_run_in_a_turn)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	unsigned ran = 0;

	for (unsigned i = 0; i < 100; i++)
		ck_assert_int_eq(cyg_shard_post(shard, &new_note(shard, &ran, false)->msg), CYG_OK);
	ck_assert(shard_step(shard));
	ck_assert_uint_eq(ran, 64);
	ck_assert(shard_step(shard));
	ck_assert_uint_eq(ran, 100);
	ck_assert(!shard_step(shard));
	shard_manual_free(shard);
}
END_TEST

START_TEST(shards_of_a_group_find_each_other_and_answer)
{
	const struct shard_manual setup = { .workers = 2, .mailbox_limit = 1 };
	struct shard_group *group;
	struct cyg_shard *control, *worker;
	unsigned ran = 0;

	ck_assert_int_eq(shard_manual_group_new(&setup, &group), CYG_OK);
	control = shard_group_control(group);
	worker = cyg_shard_peer(control, 1);
	ck_assert_ptr_eq(worker, shard_group_worker(group, 1));
	ck_assert_ptr_eq(cyg_shard_peer(worker, CYG_SHARD_CONTROL), control);
	ck_assert_ptr_null(cyg_shard_peer(worker, 2));
	ck_assert_uint_eq(cyg_shard_index(control), CYG_SHARD_CONTROL);
	ck_assert_uint_eq(cyg_shard_index(worker), 1);
	ck_assert_uint_eq(cyg_shard_count(worker), 2);
	ck_assert(cyg_shard_is_mine(worker));
	/* A request each way while both mailboxes hold one only: the answers are reserved. */
	ck_assert_int_eq(cyg_shard_post(worker, &new_note(control, &ran, true)->msg), CYG_OK);
	ck_assert_int_eq(cyg_shard_post(control, &new_note(worker, &ran, true)->msg), CYG_OK);
	ck_assert(shard_settle(group, 10));
	ck_assert_uint_eq(ran, 4);
	/* What waits at the end is dropped, which the leak checker watches. */
	ck_assert_int_eq(cyg_shard_post(worker, &new_note(control, &ran, true)->msg), CYG_OK);
	shard_group_free(group);
}
END_TEST

/* --- Descriptors --- */

struct watch {
	struct cyg_poll poll;
	unsigned events, calls;
	struct watch *stops;
};

static void on_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct watch *w = CYG_CONTAINER(poll, struct watch, poll);

	w->events |= events;
	w->calls++;
	if (w->stops)
		cyg_poll_stop(shard, &w->stops->poll);
}

START_TEST(fake_descriptor_is_ready_once_and_only_for_what_is_watched)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	struct watch w = { .poll = { .fd = 1000, .ready = on_ready } };

	ck_assert_int_eq(cyg_poll_start(shard, &w.poll, CYG_READABLE), CYG_OK);
	shard_manual_fd_ready(shard, 1000, CYG_WRITABLE);
	shard_step(shard);
	ck_assert_uint_eq(w.calls, 0);
	ck_assert_int_eq(cyg_poll_start(shard, &w.poll, CYG_READABLE | CYG_WRITABLE), CYG_OK);
	shard_step(shard);
	ck_assert_uint_eq(w.calls, 1);
	ck_assert_uint_eq(w.events, CYG_WRITABLE);
	shard_step(shard);
	ck_assert_uint_eq(w.calls, 1);
	cyg_poll_stop(shard, &w.poll);
	cyg_poll_stop(shard, &w.poll);
	ck_assert_uint_eq(shard_manual_poll_count(shard), 0);
	shard_manual_free(shard);
}
END_TEST

START_TEST(poll_that_another_one_stops_in_the_same_turn_is_not_called)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	struct watch a = { .poll = { .fd = 1, .ready = on_ready } },
		     b = { .poll = { .fd = 2, .ready = on_ready }, .stops = &a };

	a.stops = &b;
	ck_assert_int_eq(cyg_poll_start(shard, &a.poll, CYG_READABLE), CYG_OK);
	ck_assert_int_eq(cyg_poll_start(shard, &b.poll, CYG_READABLE), CYG_OK);
	shard_manual_fd_ready(shard, 1, CYG_READABLE);
	shard_manual_fd_ready(shard, 2, CYG_READABLE);
	shard_step(shard);
	ck_assert_uint_eq(a.calls + b.calls, 1);
	ck_assert_uint_eq(shard_manual_poll_count(shard), 1);
	shard_manual_free(shard);
}
END_TEST

/* --- Random and slots --- */

START_TEST(seeded_random_repeats_and_real_random_does_not)
{
	const struct shard_manual seeded = { .seed = 7 };
	uint8_t a[100], b[100];

	for (unsigned real = 0; real < 2; real++) {
		struct cyg_shard *one = shard_manual_new(real ? NULL : &seeded);
		struct cyg_shard *two = shard_manual_new(real ? NULL : &seeded);

		for (unsigned i = 0; i < 50; i++) {
			cyg_shard_random(one, a, sizeof(a));
			cyg_shard_random(two, b, sizeof(b));
			ck_assert_int_eq(memcmp(a, b, sizeof(a)) == 0, !real);
		}
		shard_manual_free(one);
		shard_manual_free(two);
	}
}
END_TEST

static enum cyg_status fill_counting(void *ctx, struct cyg_shard *shard, void *out, size_t len)
{
	unsigned *calls = ctx;

	(*calls)++;
	if (*calls % 2 == 0)
		return CYG_IO;
	memset(out, 0x5a, len);
	return CYG_OK;
}

START_TEST(random_comes_from_the_hook_and_from_the_system_when_it_fails)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	uint8_t big[2000], all[2000];
	unsigned calls = 0;

	memset(all, 0x5a, sizeof(all));
	shard->fill_random = fill_counting;
	shard->fill_random_ctx = &calls;
	cyg_shard_random(shard, big, sizeof(big));
	ck_assert_mem_eq(big, all, sizeof(big));
	cyg_shard_random(shard, big, sizeof(big));
	ck_assert_mem_ne(big, all, sizeof(big));
	ck_assert_uint_eq(calls, 2);
	shard_manual_free(shard);
}
END_TEST

START_TEST(random_octets_are_handed_out_once)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	uint8_t seen[SHARD_RANDOM_POOL / 8][8];

	for (unsigned i = 0; i < CYG_COUNT(seen); i++) {
		cyg_shard_random(shard, seen[i], sizeof(seen[i]));
		for (unsigned k = 0; k < i; k++)
			ck_assert_mem_ne(seen[i], seen[k], sizeof(seen[i]));
		for (size_t at = 0; at + 8 <= sizeof(shard->random_pool); at++)
			ck_assert_mem_ne(shard->random_pool + at, seen[i], 8);
	}
	shard_manual_free(shard);
}
END_TEST

START_TEST(own_slots_lead_back_to_the_shard_and_reach_all_of_them)
{
	static const unsigned counts[] = { 1, 2, 3, 7, 64 };

	for (size_t c = 0; c < CYG_COUNT(counts); c++) {
		const struct shard_manual setup = { .workers = counts[c], .seed = 1 };
		struct shard_group *group;
		bool seen[256] = { false };
		unsigned slots = 0;

		ck_assert_int_eq(shard_manual_group_new(&setup, &group), CYG_OK);
		for (unsigned i = 0; i < counts[c]; i++) {
			struct cyg_shard *shard = shard_group_worker(group, i);

			for (unsigned n = 0; n < 20000 / counts[c] + 200; n++) {
				uint8_t slot = shard_own_slot(shard);

				ck_assert_uint_eq(cyg_shard_of_slot(shard, slot), i);
				slots += !seen[slot];
				seen[slot] = true;
			}
		}
		ck_assert_uint_eq(slots, 256);
		shard_group_free(group);
	}
}
END_TEST

START_TEST(initiator_spis_that_differ_in_one_bit_spread_over_the_slots)
{
	const struct shard_manual setup = { .workers = 2, .seed = 3 };
	struct shard_group *group;
	unsigned seen[256] = { 0 }, most = 0;

	ck_assert_int_eq(shard_manual_group_new(&setup, &group), CYG_OK);
	for (unsigned n = 0; n < 25600; n++) {
		const uint8_t spi[8] = { 0, 0, 0, 0, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
					 (uint8_t)(n >> 8), (uint8_t)n };
		uint8_t slot = shard_slot_of_init(shard_group_worker(group, 0), spi);

		ck_assert_uint_eq(slot, shard_slot_of_init(shard_group_worker(group, 1), spi));
		if (++seen[slot] > most)
			most = seen[slot];
	}
	ck_assert_uint_lt(most, 400); /* 100 on average */
	shard_group_free(group);
}
END_TEST

/* --- Sending, progress, life --- */

static unsigned sent;

static void fake_send(void *ctx, struct cyg_shard *shard, const struct cyg_endpoint *local,
		      const struct cyg_endpoint *remote, struct cyg_bytes octets, bool ike)
{
	ck_assert_ptr_eq(ctx, &sent);
	ck_assert(ike);
	sent += (unsigned)octets.len;
}

START_TEST(datagrams_go_to_the_hook_and_are_counted_where_there_is_none)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	struct cyg_endpoint e = { .port = 500 };

	cyg_net_send(shard, &e, &e, cyg_bytes("abc", 3), true);
	cyg_net_send_run(shard, &e, &e, cyg_bytes("abc", 3), 2, 0);
	ck_assert_uint_eq(shard->unsent, 2);
	shard->send = fake_send;
	shard->send_ctx = &sent;
	cyg_net_send(shard, &e, &e, cyg_bytes("abc", 3), true);
	ck_assert_uint_eq(sent, 3);
	ck_assert_uint_eq(shard->unsent, 2);
	shard_manual_free(shard);
}
END_TEST

static void count_call(struct cyg_shard *shard, void *ctx)
{
	unsigned *calls = ctx;

	(*calls)++;
}

START_TEST(begin_and_end_are_called_once_around_the_turns)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	unsigned begun = 0;
	uint64_t before;

	shard->begin = count_call;
	shard->end = count_call;
	shard->life_ctx = &begun;
	before = shard_progress(shard);
	shard_step(shard);
	shard_step(shard);
	ck_assert_uint_eq(begun, 1);
	ck_assert_uint_gt(shard_progress(shard), before);
	ck_assert_uint_eq(shard_progress(shard) % 2, 0);
	shard_manual_free(shard);
	ck_assert_uint_eq(begun, 2);
}
END_TEST

START_TEST(wall_clock_and_monotonic_clock_move_together)
{
	struct shard_clock clock = { .now_ms = 5000, .wall_ms = 1000000 };
	const struct shard_manual setup = { .clock = &clock };
	struct cyg_shard *shard = shard_manual_new(&setup);

	ck_assert_uint_eq(cyg_shard_now_ms(shard), 5000);
	ck_assert_int_eq(cyg_shard_wall_s(shard), 1000);
	shard_clock_advance(&clock, 2500);
	ck_assert_uint_eq(cyg_shard_now_ms(shard), 5000); /* read once a turn */
	shard_step(shard);
	ck_assert_uint_eq(cyg_shard_now_ms(shard), 7500);
	ck_assert_int_eq(cyg_shard_wall_s(shard), 1002);
	shard_manual_free(shard);
}
END_TEST

Suite *manual_suite(void)
{
	Suite *s = suite_create("manual");
	TCase *c = tcase_create("manual");

	tcase_set_timeout(c, 60); /* under ThreadSanitizer, on a busy machine */
	tcase_add_test(c, turn_end_runs_once_a_turn_however_often_it_is_set);
	tcase_add_test(c, turn_end_that_another_one_sets_runs_in_the_same_turn);
	tcase_add_test(c, turn_end_that_sets_itself_does_not_stop_the_loop);
	tcase_add_test(c, turn_end_that_is_taken_back_does_not_run);
	tcase_add_test(c, no_more_than_sixty_four_messages_run_in_a_turn);
	tcase_add_test(c, shards_of_a_group_find_each_other_and_answer);
	tcase_add_test(c, fake_descriptor_is_ready_once_and_only_for_what_is_watched);
	tcase_add_test(c, poll_that_another_one_stops_in_the_same_turn_is_not_called);
	tcase_add_test(c, seeded_random_repeats_and_real_random_does_not);
	tcase_add_test(c, random_comes_from_the_hook_and_from_the_system_when_it_fails);
	tcase_add_test(c, random_octets_are_handed_out_once);
	tcase_add_test(c, own_slots_lead_back_to_the_shard_and_reach_all_of_them);
	tcase_add_test(c, initiator_spis_that_differ_in_one_bit_spread_over_the_slots);
	tcase_add_test(c, datagrams_go_to_the_hook_and_are_counted_where_there_is_none);
	tcase_add_test(c, begin_and_end_are_called_once_around_the_turns);
	tcase_add_test(c, wall_clock_and_monotonic_clock_move_together);
	suite_add_tcase(s, c);
	return s;
}
