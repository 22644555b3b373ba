/* SPDX-License-Identifier: MIT */
/* Messages to other shards: gathered over a turn, in order, and none is lost while a mailbox is full. */
#include "libkernel_tests.h"
#include "outbox.h"

#include "shard/shard.h"

#define COUNT 10

static struct shard_group *group;
static struct cyg_shard *here, *there;
static struct outbox box;
static unsigned ran[COUNT], ran_count, dropped;

struct numbered {
	struct cyg_msg msg;
	unsigned number;
};

static void run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	ck_assert_uint_lt(ran_count, COUNT);
	ran[ran_count++] = CYG_CONTAINER(msg, struct numbered, msg)->number;
}

static void drop(struct cyg_msg *msg)
{
	dropped++;
}

static void begin(unsigned mailbox_limit, struct numbered *messages)
{
	const struct shard_manual setup = { .workers = 2, .mailbox_limit = mailbox_limit };

	ck_assert_int_eq(shard_manual_group_new(&setup, &group), CYG_OK);
	here = shard_group_worker(group, 0);
	there = shard_group_worker(group, 1);
	ran_count = dropped = 0;
	ck_assert_int_eq(outbox_init(&box, here), CYG_OK);
	for (unsigned i = 0; i < COUNT; i++)
		messages[i] = (struct numbered){ .msg = { .run = run, .drop = drop }, .number = i };
}

static void end(void)
{
	outbox_done(&box);
	ck_assert_uint_eq(shard_timer_count(here), 0);
	shard_manual_free(here);
}

START_TEST(messages_of_a_turn_leave_when_it_ends_and_in_order)
{
	struct numbered messages[COUNT];

	begin(0, messages);
	for (unsigned i = 0; i < COUNT; i++)
		outbox_post(&box, 1, &messages[i].msg);
	(void)shard_step(there);
	ck_assert_uint_eq(ran_count, 0);
	(void)shard_step(here);
	(void)shard_step(there);
	ck_assert_uint_eq(ran_count, COUNT);
	for (unsigned i = 0; i < COUNT; i++)
		ck_assert_uint_eq(ran[i], i);
	end();
}
END_TEST

START_TEST(message_to_the_shard_itself_runs_in_its_next_step)
{
	struct numbered messages[COUNT];

	begin(0, messages);
	outbox_post(&box, 0, &messages[3].msg);
	(void)shard_step(here);
	ck_assert_uint_eq(ran_count, 1);
	ck_assert_uint_eq(ran[0], 3);
	end();
}
END_TEST

START_TEST(what_a_full_mailbox_refuses_follows_in_order)
{
	struct numbered messages[COUNT];

	begin(4, messages);
	for (unsigned i = 0; i < COUNT; i++)
		outbox_post(&box, 1, &messages[i].msg);
	for (unsigned round = 0; round < COUNT && ran_count < COUNT; round++) {
		(void)shard_step(here);
		(void)shard_step(there);
		ck_assert_uint_le(ran_count, 4 * (round + 1));
		shard_clock_advance(shard_manual_clock(here), 1);
	}
	ck_assert_uint_eq(ran_count, COUNT);
	for (unsigned i = 0; i < COUNT; i++)
		ck_assert_uint_eq(ran[i], i);
	end();
}
END_TEST

START_TEST(what_has_not_left_is_dropped_with_its_shard)
{
	struct numbered messages[COUNT];

	begin(4, messages);
	for (unsigned i = 0; i < COUNT; i++)
		outbox_post(&box, 1, &messages[i].msg);
	(void)shard_step(here);
	outbox_done(&box);
	ck_assert_uint_eq(dropped, COUNT - 4);
	(void)shard_step(there);
	ck_assert_uint_eq(ran_count, 4);
	end();
}
END_TEST

TCase *outbox_tcase(void)
{
	TCase *tc = tcase_create("outbox");

	tcase_add_test(tc, messages_of_a_turn_leave_when_it_ends_and_in_order);
	tcase_add_test(tc, message_to_the_shard_itself_runs_in_its_next_step);
	tcase_add_test(tc, what_a_full_mailbox_refuses_follows_in_order);
	tcase_add_test(tc, what_has_not_left_is_dropped_with_its_shard);
	return tc;
}
