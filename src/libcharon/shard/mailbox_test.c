/* SPDX-License-Identifier: MIT */
#include "shard/mailbox.h"
#include "shard/shard_tests.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

static atomic_uint dropped;

static void count_drop(struct cyg_msg *msg)
{
	atomic_fetch_add(&dropped, 1);
}

static void count_drop_and_free(struct cyg_msg *msg)
{
	atomic_fetch_add(&dropped, 1);
	free(msg);
}

START_TEST(messages_come_out_in_the_order_they_went_in)
{
	struct mailbox box;
	struct cyg_msg msg[10] = { 0 };
	bool wake;

	mailbox_init(&box, 100);
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_int_eq(mailbox_put(&box, &msg[i], &wake), CYG_OK);
		ck_assert_int_eq(wake, i == 0);
	}
	ck_assert_ptr_eq(mailbox_take(&box), &msg[0]);
	for (unsigned i = 5; i < 10; i++)
		ck_assert_int_eq(mailbox_put(&box, &msg[i], &wake), CYG_OK);
	for (unsigned i = 1; i < 10; i++)
		ck_assert_ptr_eq(mailbox_take(&box), &msg[i]);
	ck_assert_ptr_null(mailbox_take(&box));
	ck_assert(mailbox_empty(&box));
}
END_TEST

START_TEST(full_mailbox_refuses_requests_and_takes_completions)
{
	struct mailbox box;
	struct cyg_msg msg[3] = { 0 }, refused = { .drop = count_drop }, completion = { .reserved = true };
	bool wake;

	atomic_store(&dropped, 0);
	mailbox_init(&box, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(mailbox_put(&box, &msg[i], &wake), CYG_OK);
	ck_assert_int_eq(mailbox_put(&box, &refused, &wake), CYG_BUSY);
	ck_assert_int_eq(mailbox_put(&box, &completion, &wake), CYG_OK);
	ck_assert_ptr_eq(mailbox_take(&box), &msg[0]);
	ck_assert_int_eq(mailbox_put(&box, &refused, &wake), CYG_OK);
	ck_assert_uint_eq(atomic_load(&dropped), 0);
	mailbox_close(&box);
	ck_assert_uint_eq(atomic_load(&dropped), 1);
}
END_TEST

START_TEST(closed_mailbox_drops_what_waits_and_what_comes)
{
	struct mailbox box;
	struct cyg_msg msg[3] = { { .drop = count_drop }, { .drop = count_drop }, { .drop = count_drop } };
	bool wake;

	atomic_store(&dropped, 0);
	mailbox_init(&box, 100);
	ck_assert_int_eq(mailbox_put(&box, &msg[0], &wake), CYG_OK);
	ck_assert_int_eq(mailbox_put(&box, &msg[1], &wake), CYG_OK);
	mailbox_close(&box);
	ck_assert_uint_eq(atomic_load(&dropped), 2);
	ck_assert_int_eq(mailbox_put(&box, &msg[2], &wake), CYG_OK);
	ck_assert(!wake);
	ck_assert_uint_eq(atomic_load(&dropped), 3);
	ck_assert(mailbox_empty(&box));
	ck_assert_ptr_null(mailbox_take(&box));
	mailbox_close(&box);
}
END_TEST

/* --- Many threads --- */

enum { POSTERS = 4, EACH = 20000 };

struct numbered {
	struct cyg_msg msg;
	unsigned poster, number;
};

struct poster {
	pthread_t thread;
	struct mailbox *box;
	unsigned index, busy;
};

static void *post_all(void *arg)
{
	struct poster *p = arg;

	for (unsigned i = 0; i < EACH; i++) {
		struct numbered *n = calloc(1, sizeof(*n));
		bool wake;

		n->msg.drop = count_drop_and_free;
		n->msg.reserved = i % 5 == 0;
		n->poster = p->index;
		n->number = i;
		while (mailbox_put(p->box, &n->msg, &wake) == CYG_BUSY) {
			p->busy++;
			sched_yield();
		}
	}
	return NULL;
}

START_TEST(no_message_of_many_threads_is_lost_or_overtaken)
{
	struct poster poster[POSTERS] = { 0 };
	unsigned next[POSTERS] = { 0 }, taken = 0, overtaken = 0;
	struct mailbox box;

	mailbox_init(&box, 64);
	for (unsigned i = 0; i < POSTERS; i++) {
		poster[i].box = &box;
		poster[i].index = i;
		ck_assert_int_eq(pthread_create(&poster[i].thread, NULL, post_all, &poster[i]), 0);
	}
	while (taken < POSTERS * EACH) {
		struct cyg_msg *msg = mailbox_take(&box);
		struct numbered *n = CYG_CONTAINER(msg, struct numbered, msg);

		if (!msg) {
			sched_yield();
			continue;
		}
		overtaken += n->number != next[n->poster];
		next[n->poster]++;
		taken++;
		free(n);
	}
	for (unsigned i = 0; i < POSTERS; i++)
		pthread_join(poster[i].thread, NULL);
	ck_assert_uint_eq(overtaken, 0);
	ck_assert(mailbox_empty(&box));
	ck_assert_uint_eq(atomic_load(&box.waiting), 0);
}
END_TEST

START_TEST(each_message_is_taken_or_dropped_when_it_closes_under_load)
{
	struct poster poster[POSTERS] = { 0 };
	unsigned taken = 0;
	struct mailbox box;

	atomic_store(&dropped, 0);
	mailbox_init(&box, 64);
	for (unsigned i = 0; i < POSTERS; i++) {
		poster[i].box = &box;
		poster[i].index = i;
		ck_assert_int_eq(pthread_create(&poster[i].thread, NULL, post_all, &poster[i]), 0);
	}
	while (taken < EACH) {
		struct cyg_msg *msg = mailbox_take(&box);

		if (!msg) {
			sched_yield();
			continue;
		}
		free(msg);
		taken++;
	}
	mailbox_close(&box);
	for (unsigned i = 0; i < POSTERS; i++)
		pthread_join(poster[i].thread, NULL);
	ck_assert_uint_eq(taken + atomic_load(&dropped), POSTERS * EACH);
}
END_TEST

/* What the owner writes until it closes. ThreadSanitizer tells whether who drops a message may read it. */
static unsigned of_owner;
static atomic_uint seen_of_owner;

static void look_at_owner(struct cyg_msg *msg)
{
	atomic_fetch_add(&seen_of_owner, of_owner);
	free(msg);
}

static void *post_until_closed(void *arg)
{
	struct mailbox *box = arg;
	enum cyg_status status;
	bool wake;

	while (atomic_load_explicit(&seen_of_owner, memory_order_relaxed) == 0) {
		struct cyg_msg *msg = calloc(1, sizeof(*msg));

		msg->drop = look_at_owner;
		status = mailbox_put(box, msg, &wake);
		if (status != CYG_OK)
			free(msg);
		sched_yield();
	}
	return NULL;
}

START_TEST(who_drops_a_late_message_sees_all_that_was_before_the_end)
{
	struct mailbox box;
	pthread_t poster;

	of_owner = 0;
	atomic_store(&seen_of_owner, 0);
	mailbox_init(&box, 64);
	ck_assert_int_eq(pthread_create(&poster, NULL, post_until_closed, &box), 0);
	for (unsigned taken = 0; taken < 1000; taken++) {
		struct cyg_msg *msg = mailbox_take(&box);

		free(msg);
		of_owner++;
	}
	mailbox_close(&box);
	pthread_join(poster, NULL);
	ck_assert_uint_ge(atomic_load(&seen_of_owner), 1000);
}
END_TEST

Suite *mailbox_suite(void)
{
	Suite *s = suite_create("mailbox");
	TCase *c = tcase_create("mailbox");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, messages_come_out_in_the_order_they_went_in);
	tcase_add_test(c, full_mailbox_refuses_requests_and_takes_completions);
	tcase_add_test(c, closed_mailbox_drops_what_waits_and_what_comes);
	tcase_add_test(c, no_message_of_many_threads_is_lost_or_overtaken);
	tcase_add_test(c, each_message_is_taken_or_dropped_when_it_closes_under_load);
	tcase_add_test(c, who_drops_a_late_message_sees_all_that_was_before_the_end);
	suite_add_tcase(s, c);
	return s;
}
