/* SPDX-License-Identifier: MIT */
/*
 * An operation that travels: its provider asks another shard by message, that one starts a job, a helper works, and
 * what it found comes home by message. Who waits may give up, and be gone, at any point of that way.
 *
 * First every order of steps up to a length is made, on shards that the test steps; then each place is held open
 * with real threads, for ThreadSanitizer. That nobody touches what is gone is AddressSanitizer's part.
 */
#include "shard/shard.h"
#include "shard/shard_tests.h"

#include <sched.h>
#include <stdlib.h>

/* Where on its way a question is. With threads a test holds one of them open. */
enum place {
	AT_START,      /* cyg_op_pending() was called, nothing is posted */
	IN_MAILBOX,    /* the far shard has not looked yet */
	IN_RUN,        /* it looks now */
	BEFORE_HELPER, /* the job waits */
	IN_WORK,       /* a helper works */
	JOB_BACK,      /* its message waits in the far shard's mailbox */
	IN_FINISH,     /* the far shard is about to answer */
	ANSWER_POSTED, /* the answer waits in our mailbox */
	COMPLETED,     /* `done` is due in this turn */
	DELIVERED,     /* `done` runs */
	PLACES,
};

static void reach(enum place place);
static void plug_far(struct cyg_shard *far);
static atomic_int queued; /* the job is where helpers look */

/* --- Who waits --- */

struct waiter {
	struct cyg_op op;
	unsigned *done;          /* counts; outlives the waiter */
	struct waiter **self;    /* NULL there once it is gone */
	struct waiter **also;    /* another one that `done` cancels */
};

static void waiter_cancel(struct waiter **self)
{
	struct waiter *w = *self;

	if (!w)
		return;
	cyg_op_cancel(&w->op);
	*self = NULL;
	free(w);
}

static void on_done(struct cyg_op *op, enum cyg_status status)
{
	struct waiter *w = CYG_CONTAINER(op, struct waiter, op), **also = w->also;

	reach(DELIVERED);
	++*w->done;
	cyg_op_cancel(op); /* an idle one is fine */
	*w->self = NULL;
	free(w);
	if (also)
		waiter_cancel(also);
}

/* --- The provider --- */

struct question {
	struct cyg_msg msg;
	struct cyg_op *op; /* of the asking shard only; NULL once it gave up */
	struct cyg_shard *home;
	unsigned value;
};

struct work {
	struct cyg_job job;
	struct question *question; /* NULL once it was answered */
};

static atomic_uint questions; /* that are somewhere */
static struct work *at_far;   /* the last one that the far shard began; of that shard only */

static void question_free(struct question *q)
{
	atomic_fetch_sub(&questions, 1);
	free(q);
}

static void question_drop(struct cyg_msg *msg)
{
	question_free(CYG_CONTAINER(msg, struct question, msg));
}

static void run_answer(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct question *q = CYG_CONTAINER(msg, struct question, msg);

	if (q->op) {
		ck_assert_ptr_eq(q->op->shard, shard);
		cyg_op_complete(q->op, CYG_OK);
		reach(COMPLETED);
	}
	question_free(q);
}

static void answer(struct question *q)
{
	q->msg = (struct cyg_msg){ .run = run_answer, .drop = question_drop, .reserved = true };
	(void)!cyg_shard_post(q->home, &q->msg);
	reach(ANSWER_POSTED);
}

static void on_work(struct cyg_job *job)
{
	reach(IN_WORK);
	plug_far(job->home);
	CYG_CONTAINER(job, struct work, job)->question->value++;
}

static void on_finish(struct cyg_shard *shard, struct cyg_job *job)
{
	struct work *w = CYG_CONTAINER(job, struct work, job);
	struct question *q = w->question;

	ck_assert_uint_eq(q->value, 1);
	reach(IN_FINISH);
	w->question = NULL;
	answer(q);
}

static void on_drop(struct cyg_job *job)
{
	struct work *w = CYG_CONTAINER(job, struct work, job);

	if (at_far == w)
		at_far = NULL;
	if (w->question && w->job.cancelled)
		answer(w->question); /* who asked hears of it */
	else if (w->question)
		question_free(w->question);
	free(w);
}

static void run_question(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct question *q = CYG_CONTAINER(msg, struct question, msg);
	struct work *w = calloc(1, sizeof(*w));

	reach(IN_RUN);
	w->job = (struct cyg_job){ .work = on_work, .finish = on_finish, .drop = on_drop };
	w->question = q;
	at_far = w;
	if (cyg_job_start(shard, &w->job) == CYG_OK) {
		atomic_store(&queued, 1);
		return;
	}
	at_far = NULL;
	free(w);
	answer(q);
}

/* The provider waits for others: it forgets the op in a message of its own. */
static void on_cancel(struct cyg_op *op, void *provider_state)
{
	struct question *q = provider_state;

	ck_assert_ptr_eq(q->op, op);
	q->op = NULL;
}

static void ask(struct cyg_shard *home, uint64_t timeout_ms, unsigned *done, struct waiter **self,
		struct waiter **also)
{
	struct waiter *w = calloc(1, sizeof(*w));
	struct question *q = calloc(1, sizeof(*q));

	atomic_fetch_add(&questions, 1);
	*w = (struct waiter){ .done = done, .self = self, .also = also };
	*self = w;
	*q = (struct question){ .msg = { .run = run_question, .drop = question_drop }, .op = &w->op, .home = home };
	cyg_op_init(&w->op, home, on_done);
	ck_assert_int_eq(cyg_op_pending(&w->op, timeout_ms, on_cancel, q), CYG_PENDING);
	reach(AT_START);
	ck_assert_int_eq(cyg_shard_post(cyg_shard_peer(home, 1), &q->msg), CYG_OK);
}

/* --- Every order --- */

enum { LENGTH = 5, WAITERS = 2, TIMEOUT_MS = 10 };

/* What may happen next. */
enum move { STEP_HOME, STEP_FAR, WORK, DEADLINE, CANCEL_FIRST, CANCEL_SECOND, FAR_CANCELS, MOVES };

struct stage {
	struct shard_group *group;
	struct cyg_shard *home, *far;
	struct shard_clock clock;
	struct waiter *waiter[WAITERS];
	unsigned done[WAITERS];
	bool cancelled[WAITERS];
};

static void move(struct stage *s, enum move what)
{
	switch (what) {
	case STEP_HOME:
		shard_step(s->home);
		break;
	case STEP_FAR:
		shard_step(s->far);
		break;
	case WORK:
		(void)shard_manual_run_job(s->group);
		break;
	case DEADLINE:
		shard_clock_advance(&s->clock, TIMEOUT_MS);
		break;
	case CANCEL_FIRST:
	case CANCEL_SECOND:
		s->cancelled[what - CANCEL_FIRST] |= s->waiter[what - CANCEL_FIRST] != NULL;
		waiter_cancel(&s->waiter[what - CANCEL_FIRST]);
		break;
	case FAR_CANCELS:
		if (at_far)
			cyg_job_cancel(&at_far->job);
		break;
	case MOVES:
		break;
	}
}

static void play(const enum move moves[LENGTH], bool chained, bool to_the_end)
{
	struct stage s = { .clock = { .now_ms = 1 } };
	const struct shard_manual setup = { .workers = 2, .clock = &s.clock, .seed = 1, .hold_jobs = true };

	ck_assert_int_eq(shard_manual_group_new(&setup, &s.group), CYG_OK);
	s.home = shard_group_worker(s.group, 0);
	s.far = shard_group_worker(s.group, 1);
	for (unsigned i = 0; i < WAITERS; i++)
		ask(s.home, TIMEOUT_MS, &s.done[i], &s.waiter[i], chained && i == 0 ? &s.waiter[1] : NULL);
	for (unsigned i = 0; i < LENGTH; i++)
		move(&s, moves[i]);
	while (to_the_end && (shard_manual_run_job(s.group) || !shard_settle(s.group, 1)))
		;
	for (unsigned i = 0; i < WAITERS; i++) {
		bool silent = s.cancelled[i] || (chained && i == 1 && s.done[0] && !s.done[1]);

		if (s.done[i] > (s.cancelled[i] ? 0 : 1) || (to_the_end && !silent && s.done[i] != 1))
			ck_abort_msg("moves %u%u%u%u%u%s: waiter %u was told %u times", moves[0], moves[1], moves[2],
				     moves[3], moves[4], chained ? ", chained" : "", i, s.done[i]);
		if (s.waiter[i])
			waiter_cancel(&s.waiter[i]);
	}
	if (shard_timer_count(s.home) || (to_the_end && atomic_load(&questions)))
		ck_abort_msg("moves %u%u%u%u%u: %zu timers and %u questions stay", moves[0], moves[1], moves[2],
			     moves[3], moves[4], shard_timer_count(s.home), atomic_load(&questions));
	shard_group_free(s.group);
	if (atomic_load(&questions))
		ck_abort_msg("moves %u%u%u%u%u: the end leaves %u questions", moves[0], moves[1], moves[2],
			     moves[3], moves[4], atomic_load(&questions));
}

/* Each first move is a test of its own. */
START_TEST(in_every_order_of_steps_a_waiter_is_told_once_or_was_cancelled)
{
	enum move moves[LENGTH] = { (enum move)_i };
	unsigned long orders = 1;

	for (unsigned i = 1; i < LENGTH; i++)
		orders *= MOVES;
	for (unsigned long n = 0; n < orders; n++) {
		unsigned long rest = n;

		for (unsigned i = 1; i < LENGTH; i++) {
			moves[i] = (enum move)(rest % MOVES);
			rest /= MOVES;
		}
		play(moves, false, true);
		play(moves, n % 2, n % 3 != 0);
	}
}
END_TEST

/* --- Every place, with threads --- */

static struct shard_group *group;
static atomic_int held = PLACES, reached, released;
static bool let_go_first;        /* the way goes on while the waiter cancels; else it waits until it has */
static bool to_its_end;          /* all ends only when the question is through */
static struct waiter *traveller; /* of the home shard only, as what follows */
static unsigned told;
static bool is_over;

static bool is_at_home(enum place place)
{
	return place == AT_START || place == COMPLETED || place == DELIVERED;
}

/* Any thread: waits here while the test does not let it go on. At home it is the test itself that comes by. */
static void reach(enum place place)
{
	if (atomic_load(&held) != (int)place)
		return;
	if (is_at_home(place)) {
		if (place != DELIVERED)
			waiter_cancel(&traveller);
		is_over = true;
		return;
	}
	atomic_store(&reached, 1);
	while (!atomic_load(&released))
		sched_yield();
}

/* Occupies the far shard or the helper; what comes behind it waits in the queue. */
static struct cyg_msg plug;
static struct cyg_job plug_job;

static void run_plug(struct cyg_shard *shard, struct cyg_msg *msg)
{
	enum place place = (enum place)atomic_load(&held);

	while (place == JOB_BACK && mailbox_empty(&shard->mailbox))
		sched_yield();
	reach(place);
}

static void post_plug(struct cyg_shard *far)
{
	plug = (struct cyg_msg){ .run = run_plug };
	ck_assert_int_eq(cyg_shard_post(far, &plug), CYG_OK);
}

/* On the helper: its job comes home behind this. */
static void plug_far(struct cyg_shard *far)
{
	if (atomic_load(&held) == JOB_BACK)
		post_plug(far);
}

static void work_plug(struct cyg_job *job)
{
	while (!atomic_load(&queued))
		sched_yield();
	reach(BEFORE_HELPER);
}

static void finish_plug(struct cyg_shard *shard, struct cyg_job *job)
{
}

static void drop_plug(struct cyg_job *job)
{
}

static void look(struct cyg_shard *home, struct cyg_turn_end *end)
{
	if (!is_at_home((enum place)atomic_load(&held)) && !is_over) {
		while (!atomic_load(&reached))
			sched_yield();
		if (let_go_first)
			atomic_store(&released, 1);
		waiter_cancel(&traveller);
		atomic_store(&released, 1);
		is_over = true;
	}
	if (!is_over || (to_its_end && atomic_load(&questions)))
		cyg_shard_at_turn_end(home, end);
	else
		shard_stop(cyg_shard_peer(home, CYG_SHARD_CONTROL));
}

static struct cyg_turn_end looking = { .run = look };

static void set_out(struct cyg_shard *home, struct cyg_msg *msg)
{
	if (atomic_load(&held) == IN_MAILBOX) {
		post_plug(cyg_shard_peer(home, 1));
		while (!atomic_load(&reached))
			sched_yield();
	} else if (atomic_load(&held) == BEFORE_HELPER) {
		plug_job = (struct cyg_job){ .work = work_plug, .finish = finish_plug, .drop = drop_plug };
		ck_assert_int_eq(cyg_job_start(home, &plug_job), CYG_OK);
	}
	ask(home, 0, &told, &traveller, NULL);
	look(home, &looking); /* before this turn takes another message */
}

START_TEST(cancelled_at_any_place_of_its_way_it_is_never_told)
{
	const struct shard_setup setup = { .workers = 2, .helpers = 1 };
	struct cyg_msg begin = { .run = set_out };
	enum place place = (enum place)(_i / 2);

	for (unsigned round = 0; round < 20; round++) {
		atomic_store(&held, (int)place);
		atomic_store(&reached, 0);
		atomic_store(&released, 0);
		atomic_store(&queued, 0);
		let_go_first = _i % 2;
		to_its_end = round % 2;
		is_over = false;
		told = 0;
		ck_assert_int_eq(shard_group_new(&setup, &group), CYG_OK);
		for (unsigned i = 0; i < setup.workers; i++)
			ck_assert_int_eq(shard_start(shard_group_worker(group, i)), CYG_OK);
		ck_assert_int_eq(cyg_shard_post(shard_group_worker(group, 0), &begin), CYG_OK);
		ck_assert_int_eq(shard_run(shard_group_control(group)), CYG_OK);
		shard_group_free(group);
		ck_assert_uint_eq(told, place == DELIVERED ? 1 : 0);
		ck_assert_ptr_null(traveller);
		ck_assert_uint_eq(atomic_load(&questions), 0);
	}
	atomic_store(&held, PLACES);
}
END_TEST

Suite *cancel_suite(void)
{
	Suite *s = suite_create("cancel");
	TCase *c = tcase_create("cancel");

	tcase_set_timeout(c, 300);
	tcase_add_loop_test(c, in_every_order_of_steps_a_waiter_is_told_once_or_was_cancelled, 0, MOVES);
	tcase_add_loop_test(c, cancelled_at_any_place_of_its_way_it_is_never_told, 0, 2 * PLACES);
	suite_add_tcase(s, c);
	return s;
}
