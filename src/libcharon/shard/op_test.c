/* SPDX-License-Identifier: MIT */
#include "shard/shard.h"
#include "shard/shard_tests.h"

#include <stdlib.h>

struct waiter {
	struct cyg_op op;
	unsigned done, cancelled;
	enum cyg_status status;
	struct waiter *cancels; /* another one that `done` cancels */
};

static struct cyg_shard *shard;

static void setup(void)
{
	shard = shard_manual_new(NULL);
	ck_assert_ptr_nonnull(shard);
}

static void teardown(void)
{
	ck_assert_uint_eq(shard_timer_count(shard), 0);
	shard_manual_free(shard);
}

static void on_done(struct cyg_op *op, enum cyg_status status)
{
	struct waiter *w = CYG_CONTAINER(op, struct waiter, op);

	ck_assert(!cyg_op_is_pending(op));
	w->done++;
	w->status = status;
	if (w->cancels)
		cyg_op_cancel(&w->cancels->op);
}

static void on_cancel(struct cyg_op *op, void *provider_state)
{
	unsigned *cancelled = provider_state;

	(*cancelled)++;
}

static void begin(struct waiter *w, uint64_t timeout_ms)
{
	*w = (struct waiter){ 0 };
	cyg_op_init(&w->op, shard, on_done);
	ck_assert_int_eq(cyg_op_pending(&w->op, timeout_ms, on_cancel, &w->cancelled), CYG_PENDING);
	ck_assert(cyg_op_is_pending(&w->op));
}

START_TEST(completion_runs_at_the_next_step_and_not_inside_the_call)
{
	struct waiter w;

	begin(&w, 1000);
	cyg_op_complete(&w.op, CYG_REFUSED);
	ck_assert_uint_eq(w.done, 0);
	shard_step(shard);
	ck_assert_uint_eq(w.done, 1);
	ck_assert_int_eq(w.status, CYG_REFUSED);
	ck_assert_uint_eq(w.cancelled, 0);
	shard_clock_advance(shard_manual_clock(shard), 2000);
	shard_step(shard);
	ck_assert_uint_eq(w.done, 1);
}
END_TEST

/* What answers an operation from another thread. */
struct answer {
	struct cyg_msg msg;
	struct waiter *w;
	unsigned ran;
};

static void run_answer(struct cyg_shard *on, struct cyg_msg *msg)
{
	struct answer *answer = CYG_CONTAINER(msg, struct answer, msg);

	answer->ran++;
	if (answer->w)
		cyg_op_complete(&answer->w->op, CYG_OK);
}

static void post(struct answer *answer, struct waiter *w)
{
	*answer = (struct answer){ .msg = { .run = run_answer }, .w = w };
	ck_assert_int_eq(cyg_shard_post(shard, &answer->msg), CYG_OK);
}

START_TEST(an_answer_that_came_while_the_shard_stood_still_is_in_time)
{
	struct answer before[200], answer;
	struct waiter w, without;

	begin(&w, 1000);
	begin(&without, 1000);
	for (size_t i = 0; i < CYG_COUNT(before); i++) /* more than a turn reads */
		post(&before[i], NULL);
	post(&answer, &w);
	shard_clock_advance(shard_manual_clock(shard), 5000);
	for (unsigned turn = 0; turn < 8; turn++)
		shard_step(shard);
	ck_assert_uint_eq(answer.ran, 1);
	ck_assert_uint_eq(w.done, 1);
	ck_assert_int_eq(w.status, CYG_OK);
	ck_assert_uint_eq(w.cancelled, 0);
	/* The one that nobody has answered is over all the same. */
	ck_assert_uint_eq(without.done, 1);
	ck_assert_int_eq(without.status, CYG_TIMEOUT);
}
END_TEST

START_TEST(messages_without_end_do_not_keep_a_deadline_off)
{
	static struct answer noise[1000];
	struct waiter w;
	size_t posted = 0;

	begin(&w, 1000);
	shard_clock_advance(shard_manual_clock(shard), 5000);
	while (!w.done && posted < CYG_COUNT(noise)) {
		post(&noise[posted++], NULL);
		shard_step(shard);
		shard_clock_advance(shard_manual_clock(shard), 1);
	}
	ck_assert_uint_eq(w.done, 1);
	ck_assert_int_eq(w.status, CYG_TIMEOUT);
	ck_assert_uint_eq(w.cancelled, 1);
	for (unsigned turn = 0; turn < 4; turn++)
		shard_step(shard);
}
END_TEST

START_TEST(deadline_cancels_the_provider_and_completes_with_a_timeout)
{
	struct waiter w;

	begin(&w, 1000);
	shard_clock_advance(shard_manual_clock(shard), 999);
	shard_step(shard);
	ck_assert_uint_eq(w.cancelled, 0);
	shard_clock_advance(shard_manual_clock(shard), 1);
	shard_step(shard);
	ck_assert_uint_eq(w.cancelled, 1);
	ck_assert_uint_eq(w.done, 1);
	ck_assert_int_eq(w.status, CYG_TIMEOUT);
}
END_TEST

START_TEST(cancelled_operation_never_completes_wherever_it_stood)
{
	struct waiter w;

	/* Idle. */
	w = (struct waiter){ 0 };
	cyg_op_init(&w.op, shard, on_done);
	cyg_op_cancel(&w.op);

	/* With the provider. */
	begin(&w, 1000);
	cyg_op_cancel(&w.op);
	ck_assert_uint_eq(w.cancelled, 1);
	cyg_op_cancel(&w.op);
	ck_assert_uint_eq(w.cancelled, 1);
	shard_clock_advance(shard_manual_clock(shard), 2000);
	shard_step(shard);
	ck_assert_uint_eq(w.done, 0);

	/* Completed, `done` is queued: the provider is through with it. */
	begin(&w, 1000);
	cyg_op_complete(&w.op, CYG_OK);
	cyg_op_cancel(&w.op);
	shard_step(shard);
	ck_assert_uint_eq(w.cancelled, 0);
	ck_assert_uint_eq(w.done, 0);

	/* Done: idle again, and it can begin anew. */
	begin(&w, 0);
	cyg_op_complete(&w.op, CYG_OK);
	shard_step(shard);
	ck_assert_uint_eq(w.done, 1);
	cyg_op_cancel(&w.op);
	ck_assert_int_eq(cyg_op_pending(&w.op, 0, on_cancel, &w.cancelled), CYG_PENDING);
	cyg_op_complete(&w.op, CYG_OK);
	shard_step(shard);
	ck_assert_uint_eq(w.done, 2);
}
END_TEST

START_TEST(completion_that_cancels_another_one_of_the_same_step_wins)
{
	struct waiter first, second, third;

	for (unsigned which = 0; which < 2; which++) {
		begin(&first, 1000);
		begin(&second, 1000);
		begin(&third, 1000);
		first.cancels = which ? &third : &second;
		cyg_op_complete(&first.op, CYG_OK);
		cyg_op_complete(&second.op, CYG_OK);
		cyg_op_complete(&third.op, CYG_OK);
		shard_step(shard);
		ck_assert_uint_eq(first.done, 1);
		ck_assert_uint_eq(second.done, which ? 1 : 0);
		ck_assert_uint_eq(third.done, which ? 0 : 1);
		/* The list is whole: one more finds its way. */
		begin(&first, 0);
		cyg_op_complete(&first.op, CYG_OK);
		shard_step(shard);
		ck_assert_uint_eq(first.done, 1);
	}
}
END_TEST

static void on_done_free(struct cyg_op *op, enum cyg_status status)
{
	free(CYG_CONTAINER(op, struct waiter, op));
}

START_TEST(owner_may_free_itself_when_it_completes_or_after_it_cancelled)
{
	unsigned cancelled = 0;

	for (unsigned i = 0; i < 3; i++) {
		struct waiter *w = calloc(1, sizeof(*w));

		cyg_op_init(&w->op, shard, on_done_free);
		ck_assert_int_eq(cyg_op_pending(&w->op, 100, on_cancel, &cancelled), CYG_PENDING);
		if (i == 0) {
			cyg_op_complete(&w->op, CYG_OK);
			shard_step(shard);
		} else if (i == 1) {
			shard_clock_advance(shard_manual_clock(shard), 100);
			shard_step(shard);
		} else {
			cyg_op_cancel(&w->op);
			free(w);
		}
	}
	ck_assert_uint_eq(cancelled, 2);
}
END_TEST

/* --- Jobs, one at a time --- */

struct sum {
	struct cyg_job job;
	unsigned worked, finished, dropped;
};

static void sum_work(struct cyg_job *job)
{
	CYG_CONTAINER(job, struct sum, job)->worked++;
}

static void sum_finish(struct cyg_shard *on, struct cyg_job *job)
{
	ck_assert_ptr_eq(on, shard);
	ck_assert_uint_eq(CYG_CONTAINER(job, struct sum, job)->dropped, 0);
	CYG_CONTAINER(job, struct sum, job)->finished++;
}

static void sum_drop(struct cyg_job *job)
{
	CYG_CONTAINER(job, struct sum, job)->dropped++;
}

static struct sum new_sum(void)
{
	return (struct sum){ .job = { .work = sum_work, .finish = sum_finish, .drop = sum_drop } };
}

START_TEST(job_works_finishes_and_is_dropped_once)
{
	struct sum s = new_sum();

	ck_assert_int_eq(cyg_job_start(shard, &s.job), CYG_OK);
	ck_assert_uint_eq(s.worked, 0);
	shard_step(shard);
	ck_assert_uint_eq(s.worked, 1);
	ck_assert_uint_eq(s.finished, 1);
	ck_assert_uint_eq(s.dropped, 1);
}
END_TEST

START_TEST(cancelled_job_never_finishes_and_is_dropped_once)
{
	const struct shard_manual held = { .hold_jobs = true };

	shard_manual_free(shard);
	shard = shard_manual_new(&held);
	for (unsigned point = 0; point < 2; point++) {
		struct sum s = new_sum(), behind = new_sum();

		ck_assert_int_eq(cyg_job_start(shard, &s.job), CYG_OK);
		ck_assert_int_eq(cyg_job_start(shard, &behind.job), CYG_OK);
		if (point == 1) /* it worked, its completion is under way */
			ck_assert(shard_manual_run_job(shard_group_of(shard)));
		cyg_job_cancel(&s.job);
		cyg_job_cancel(&s.job);
		shard_step(shard);
		ck_assert_uint_eq(s.worked, point);
		ck_assert_uint_eq(s.finished, 0);
		ck_assert_uint_eq(s.dropped, 1);
		ck_assert(shard_manual_run_job(shard_group_of(shard)));
		ck_assert(!shard_manual_run_job(shard_group_of(shard)));
		shard_step(shard);
		ck_assert_uint_eq(behind.finished, 1);
		ck_assert_uint_eq(behind.dropped, 1);
	}
}
END_TEST

START_TEST(job_that_waits_when_all_ends_is_dropped_once)
{
	const struct shard_manual held = { .hold_jobs = true, .jobs_limit = 2 };
	struct sum s[3] = { new_sum(), new_sum(), new_sum() };

	shard_manual_free(shard);
	shard = shard_manual_new(&held);
	ck_assert_int_eq(cyg_job_start(shard, &s[0].job), CYG_OK);
	ck_assert_int_eq(cyg_job_start(shard, &s[1].job), CYG_OK);
	ck_assert_int_eq(cyg_job_start(shard, &s[2].job), CYG_BUSY);
	ck_assert(shard_manual_run_job(shard_group_of(shard)));
	shard_manual_free(shard);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(s[i].finished, 0);
		ck_assert_uint_eq(s[i].dropped, i < 2 ? 1 : 0);
	}
	shard = shard_manual_new(NULL);
}
END_TEST

Suite *op_suite(void)
{
	Suite *s = suite_create("op");
	TCase *c = tcase_create("op");

	tcase_set_timeout(c, 60); /* under ThreadSanitizer, on a busy machine */
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, completion_runs_at_the_next_step_and_not_inside_the_call);
	tcase_add_test(c, deadline_cancels_the_provider_and_completes_with_a_timeout);
	tcase_add_test(c, an_answer_that_came_while_the_shard_stood_still_is_in_time);
	tcase_add_test(c, messages_without_end_do_not_keep_a_deadline_off);
	tcase_add_test(c, cancelled_operation_never_completes_wherever_it_stood);
	tcase_add_test(c, completion_that_cancels_another_one_of_the_same_step_wins);
	tcase_add_test(c, owner_may_free_itself_when_it_completes_or_after_it_cancelled);
	tcase_add_test(c, job_works_finishes_and_is_dropped_once);
	tcase_add_test(c, cancelled_job_never_finishes_and_is_dropped_once);
	tcase_add_test(c, job_that_waits_when_all_ends_is_dropped_once);
	suite_add_tcase(s, c);
	return s;
}
