/* SPDX-License-Identifier: MIT */
/*
 * Driven shards with real threads, one and two workers. The test's own thread runs the control
 * shard; what workers find is told to it by message, so that all assertions are made there or after join.
 */
#include "shard/shard.h"
#include "shard/shard_tests.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

static struct shard_group *group;
static unsigned workers;

static void open_group(unsigned count)
{
	const struct shard_setup setup = { .workers = count };

	workers = count;
	ck_assert_int_eq(shard_group_new(&setup, &group), CYG_OK);
}

static void start_all(void)
{
	for (unsigned i = 0; i < workers; i++)
		ck_assert_int_eq(shard_start(shard_group_worker(group, i)), CYG_OK);
}

/* A call on another shard; `then` runs on the control shard afterwards if it is set. */
struct call {
	struct cyg_msg msg;
	void (*on)(struct cyg_shard *shard, void *ctx);
	void (*then)(void *ctx);
	void *ctx;
	bool back;
};

static void run_call(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct call *c = CYG_CONTAINER(msg, struct call, msg);

	if (c->back) {
		c->then(c->ctx);
		free(c);
		return;
	}
	c->on(shard, c->ctx);
	if (!c->then) {
		free(c);
		return;
	}
	c->back = true;
	c->msg.reserved = true;
	(void)!cyg_shard_post(cyg_shard_peer(shard, CYG_SHARD_CONTROL), &c->msg);
}

static void drop_call(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct call, msg));
}

static void call(struct cyg_shard *to, void (*on)(struct cyg_shard *, void *), void (*then)(void *),
		 void *ctx)
{
	struct call *c = calloc(1, sizeof(*c));

	c->msg = (struct cyg_msg){ .run = run_call, .drop = drop_call };
	c->on = on;
	c->then = then;
	c->ctx = ctx;
	ck_assert_int_eq(cyg_shard_post(to, &c->msg), CYG_OK);
}

static void stop_control(void *ctx)
{
	shard_stop(shard_group_control(group));
}

static void nothing(struct cyg_shard *shard, void *ctx)
{
}

/* --- A loop whose thread gets no processor for a while, just before it sleeps --- */

static atomic_bool starved;

int uv_run(uv_loop_t *loop, uv_run_mode mode)
{
	const struct timespec a_while = { .tv_nsec = 5000000 };
	int (*real)(uv_loop_t *, uv_run_mode);

	*(void **)&real = dlsym(RTLD_NEXT, "uv_run");
	ck_assert_ptr_nonnull(real);
	if (atomic_load(&starved) && mode == UV_RUN_ONCE)
		(void)nanosleep(&a_while, NULL);
	return real(loop, mode);
}

struct ringing {
	struct cyg_timer timer;
	unsigned left;
};

static void ring(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct ringing *r = CYG_CONTAINER(timer, struct ringing, timer);

	if (--r->left)
		cyg_timer_set(shard, timer, cyg_shard_now_ms(shard) + 1, ring);
	else
		shard_stop(shard);
}

START_TEST(timer_that_is_due_before_the_shard_sleeps_wakes_it)
{
	struct ringing ringing = { .left = 20 };
	struct cyg_shard *control;

	open_group(1);
	control = shard_group_control(group);
	cyg_timer_set(control, &ringing.timer, cyg_shard_now_ms(control) + 1, ring);
	atomic_store(&starved, true);
	ck_assert_int_eq(shard_run(control), CYG_OK);
	atomic_store(&starved, false);
	ck_assert_uint_eq(ringing.left, 0);
	shard_group_free(group);
}
END_TEST

/* --- Life --- */

struct life {
	unsigned begun, ended, mine;
};

static void on_begin(struct cyg_shard *shard, void *ctx)
{
	struct life *l = ctx;

	l->begun++;
	l->mine += cyg_shard_is_mine(shard) &&
		   !cyg_shard_is_mine(cyg_shard_peer(shard, CYG_SHARD_CONTROL));
}

static void on_end(struct cyg_shard *shard, void *ctx)
{
	struct life *l = ctx;

	l->ended++;
	l->mine += cyg_shard_is_mine(shard);
}

START_TEST(workers_begin_run_and_end_on_their_own_threads)
{
	struct life life[2] = { 0 };

	open_group((unsigned)_i);
	for (unsigned i = 0; i < workers; i++) {
		struct cyg_shard *shard = shard_group_worker(group, i);

		ck_assert(cyg_shard_is_mine(shard)); /* until it runs, who made it may touch it */
		shard->begin = on_begin;
		shard->end = on_end;
		shard->life_ctx = &life[i];
	}
	start_all();
	ck_assert_int_eq(shard_start(shard_group_worker(group, 0)), CYG_EXISTS);
	for (unsigned i = 0; i < workers; i++) {
		ck_assert(!cyg_shard_is_mine(shard_group_worker(group, i)));
		shard_stop(shard_group_worker(group, i));
	}
	for (unsigned i = 0; i < workers; i++) {
		shard_join(shard_group_worker(group, i));
		ck_assert_uint_eq(life[i].begun, 1);
		ck_assert_uint_eq(life[i].ended, 1);
		ck_assert_uint_eq(life[i].mine, 2);
	}
	shard_group_free(group);
}
END_TEST

START_TEST(group_that_never_ran_and_one_that_still_runs_are_freed)
{
	open_group((unsigned)_i);
	shard_group_free(group);
	open_group((unsigned)_i);
	start_all();
	shard_group_free(group);
	shard_group_free(NULL);
}
END_TEST

START_TEST(group_of_no_or_too_many_workers_is_refused)
{
	const struct shard_setup none = { .workers = 0 }, many = { .workers = CYG_SHARDS_MAX + 1 };

	group = NULL;
	ck_assert_int_eq(shard_group_new(&none, &group), CYG_LIMIT);
	ck_assert_int_eq(shard_group_new(&many, &group), CYG_LIMIT);
	ck_assert_ptr_null(group);
}
END_TEST

/* --- Messages --- */

enum { ROUNDS = 5000, FLIGHT = 50 };

struct ball {
	struct cyg_msg msg;
	unsigned left, at;
	bool *wrong;
	atomic_uint *ended;
};

static void run_ball(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct ball *b = CYG_CONTAINER(msg, struct ball, msg);

	if (!cyg_shard_is_mine(shard) || cyg_shard_index(shard) != b->at)
		*b->wrong = true;
	if (b->left == 0) {
		if (atomic_fetch_add(b->ended, 1) + 1 == FLIGHT)
			shard_stop(cyg_shard_peer(shard, CYG_SHARD_CONTROL));
		return;
	}
	b->left--;
	b->at = (b->at + 1) % cyg_shard_count(shard);
	(void)!cyg_shard_post(cyg_shard_peer(shard, b->at), msg);
}

START_TEST(messages_go_round_between_shards)
{
	struct ball ball[FLIGHT];
	bool wrong[FLIGHT] = { false };
	atomic_uint ended = 0;

	open_group((unsigned)_i);
	start_all();
	for (unsigned i = 0; i < FLIGHT; i++) {
		ball[i] = (struct ball){ .msg = { .run = run_ball, .reserved = i % 2 },
					 .left = ROUNDS, .at = i % workers, .wrong = &wrong[i],
					 .ended = &ended };
		ck_assert_int_eq(cyg_shard_post(shard_group_worker(group, ball[i].at), &ball[i].msg),
				 CYG_OK);
	}
	ck_assert_int_eq(shard_run(shard_group_control(group)), CYG_OK);
	shard_group_free(group);
	ck_assert_uint_eq(ended, FLIGHT);
	for (unsigned i = 0; i < FLIGHT; i++)
		ck_assert(!wrong[i]);
}
END_TEST

static unsigned late_drops;

static void count_late_drop(struct cyg_msg *msg)
{
	late_drops++;
}

START_TEST(message_to_a_stopped_shard_is_dropped)
{
	struct cyg_msg msg = { .run = NULL, .drop = count_late_drop };
	struct cyg_shard *last;

	open_group((unsigned)_i);
	last = shard_group_worker(group, workers - 1);
	start_all();
	shard_stop(last);
	shard_join(last);
	ck_assert_int_eq(cyg_shard_post(last, &msg), CYG_OK);
	ck_assert_uint_eq(late_drops, 1);
	shard_group_free(group);
}
END_TEST

START_TEST(posting_while_a_shard_ends_runs_or_drops_each_message)
{
	/* Leaks and races are for the sanitizers to see. */
	for (unsigned n = 0; n < 20; n++) {
		struct cyg_shard *last;

		open_group((unsigned)_i);
		last = shard_group_worker(group, workers - 1);
		start_all();
		for (unsigned i = 0; i < 200; i++) {
			call(last, nothing, NULL, NULL);
			if (i == 100)
				shard_stop(last);
		}
		shard_group_free(group);
	}
}
END_TEST

/* --- Timers --- */

struct ring {
	struct cyg_timer timer[3];
	uint64_t began_ms, early;
	unsigned fired;
};

static void on_ring(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct ring *r = CYG_CONTAINER(timer - (timer->deadline_ms - 1) % 3, struct ring, timer[0]);

	if (cyg_shard_now_ms(shard) < timer->deadline_ms)
		r->early++;
	if (++r->fired == 2)
		shard_stop(cyg_shard_peer(shard, CYG_SHARD_CONTROL));
}

static void set_ring(struct cyg_shard *shard, void *ctx)
{
	struct ring *r = ctx;
	uint64_t base = cyg_shard_now_ms(shard);

	/* Deadlines of 1, 2 and 3 modulo 3 tell which of them fired. */
	base -= base % 3;
	for (unsigned i = 0; i < 3; i++)
		cyg_timer_set(shard, &r->timer[i], base + 30 * (i + 1) + i + 1, on_ring);
	cyg_timer_clear(shard, &r->timer[1]);
}

START_TEST(timers_wake_a_sleeping_shard_and_never_fire_early)
{
	struct ring ring = { 0 };

	open_group((unsigned)_i);
	start_all();
	call(shard_group_worker(group, workers - 1), set_ring, NULL, &ring);
	ck_assert_int_eq(shard_run(shard_group_control(group)), CYG_OK);
	shard_group_free(group);
	ck_assert_uint_eq(ring.fired, 2);
	ck_assert_uint_eq(ring.early, 0);
}
END_TEST

/* --- Descriptors --- */

struct watch {
	struct cyg_poll poll;
	int other;
	unsigned calls, octets, want;
};

static void on_readable(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct watch *w = CYG_CONTAINER(poll, struct watch, poll);
	char octet;

	ck_assert_uint_eq(events, CYG_READABLE);
	w->calls++;
	if (read(poll->fd, &octet, 1) == 1)
		w->octets++;
	if (w->octets == w->want) {
		cyg_poll_stop(shard, poll);
		shard_stop(shard);
	} else {
		ck_assert_int_eq(write(w->other, "x", 1), 1);
	}
}

START_TEST(descriptor_is_read_as_often_as_something_comes)
{
	struct cyg_shard *control;
	struct watch w = { .poll.ready = on_readable, .want = 100 };
	struct cyg_poll twin = { .ready = on_readable };
	int ends[2];

	open_group((unsigned)_i);
	control = shard_group_control(group);
	ck_assert_int_eq(pipe(ends), 0);
	w.poll.fd = ends[0];
	w.other = ends[1];
	twin.fd = ends[0];
	ck_assert_int_eq(cyg_poll_start(control, &w.poll, CYG_READABLE), CYG_OK);
	ck_assert_int_eq(cyg_poll_start(control, &twin, CYG_READABLE), CYG_IO);
	ck_assert_ptr_null(twin.impl);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_int_eq(shard_run(control), CYG_OK);
	shard_group_free(group);
	ck_assert_uint_eq(w.octets, 100);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static void never_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	ck_abort_msg("nothing comes through this pipe");
}

START_TEST(descriptor_may_be_let_go_after_its_shard_has_ended)
{
	struct cyg_poll poll = { .ready = never_ready };
	struct cyg_shard *control;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	open_group(1);
	control = shard_group_control(group);
	poll.fd = ends[0];
	ck_assert_int_eq(cyg_poll_start(control, &poll, CYG_READABLE), CYG_OK);
	shard_stop(control);
	ck_assert_int_eq(shard_run(control), CYG_OK);
	cyg_poll_stop(control, &poll);
	ck_assert_ptr_null(poll.impl);
	shard_group_free(group);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(descriptor_that_cannot_be_watched_is_refused)
{
	struct cyg_poll bad = { .fd = -1, .ready = on_readable };

	open_group(1);
	ck_assert_int_eq(cyg_poll_start(shard_group_control(group), &bad, CYG_READABLE), CYG_IO);
	ck_assert_ptr_null(bad.impl);
	shard_group_free(group);
}
END_TEST

struct refused {
	struct cyg_poll poll;
	struct cyg_timer again;
	unsigned errors;
};

static void send_to_nobody(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct refused *r = CYG_CONTAINER(timer, struct refused, again);

	(void)!send(r->poll.fd, "x", 1, 0);
}

static void on_refused(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct refused *r = CYG_CONTAINER(poll, struct refused, poll);
	char octet;

	if (recv(poll->fd, &octet, 1, MSG_DONTWAIT) < 0)
		r->errors++;
	if (r->errors == 3)
		shard_stop(shard);
	else
		cyg_timer_set(shard, &r->again, cyg_shard_now_ms(shard) + 1, send_to_nobody);
}

START_TEST(socket_with_an_error_is_watched_on)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	struct refused r = { .poll.ready = on_refused };
	struct cyg_shard *control;
	int closed = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	open_group(1);
	control = shard_group_control(group);
	r.poll.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(closed, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_eq(getsockname(closed, (struct sockaddr *)&to, &len), 0);
	ck_assert_int_eq(connect(r.poll.fd, (struct sockaddr *)&to, sizeof(to)), 0);
	close(closed); /* now the port is nobody's */
	ck_assert_int_eq(cyg_poll_start(control, &r.poll, CYG_READABLE), CYG_OK);
	cyg_timer_set(control, &r.again, 0, send_to_nobody);
	ck_assert_int_eq(shard_run(control), CYG_OK);
	ck_assert_uint_eq(r.errors, 3);
	shard_group_free(group);
	close(r.poll.fd);
}
END_TEST

/* --- Jobs --- */

enum { JOBS = 2000 };

struct job {
	struct cyg_job job;
	struct crew *crew;
	uint64_t in, out;
	bool cancelled;
};

struct crew {
	struct cyg_turn_end kick;
	atomic_uint dropped;
	unsigned finished, cancelled, started, wrong, running;
	struct job *live[8];
};

static void crew_work(struct cyg_job *job)
{
	struct job *j = CYG_CONTAINER(job, struct job, job);

	j->out = j->in * j->in;
	if (j->in % 3 == 0)
		sched_yield();
}

static void crew_forget(struct crew *crew, struct job *j)
{
	for (unsigned i = 0; i < CYG_COUNT(crew->live); i++) {
		if (crew->live[i] == j)
			crew->live[i] = NULL;
	}
}

static void crew_finish(struct cyg_shard *shard, struct cyg_job *job)
{
	struct job *j = CYG_CONTAINER(job, struct job, job);

	j->crew->finished++;
	j->crew->wrong += j->cancelled || j->out != j->in * j->in || !cyg_shard_is_mine(shard);
	crew_forget(j->crew, j);
	cyg_shard_at_turn_end(shard, &j->crew->kick);
}

static void crew_drop(struct cyg_job *job)
{
	struct job *j = CYG_CONTAINER(job, struct job, job);

	atomic_fetch_add(&j->crew->dropped, 1);
	free(j);
}

/* Starts jobs and cancels some at whatever point they have reached. */
static void crew_kick(struct cyg_shard *shard, struct cyg_turn_end *end)
{
	struct crew *crew = CYG_CONTAINER(end, struct crew, kick);

	for (unsigned i = 0; i < CYG_COUNT(crew->live) && crew->started < JOBS; i++) {
		struct job *j = crew->live[i];
		uint8_t random;

		cyg_shard_random(shard, &random, 1);
		if (j && random % 2) {
			cyg_job_cancel(&j->job);
			j->cancelled = true;
			crew->cancelled++;
			j = crew->live[i] = NULL;
		}
		if (j)
			continue;
		j = calloc(1, sizeof(*j));
		*j = (struct job){ .job = { .work = crew_work, .finish = crew_finish,
					    .drop = crew_drop },
				   .crew = crew, .in = crew->started };
		if (cyg_job_start(shard, &j->job) != CYG_OK) {
			free(j);
			break;
		}
		crew->live[i] = j;
		crew->started++;
	}
	if (crew->finished + crew->cancelled < JOBS) {
		cyg_shard_at_turn_end(shard, end);
		sched_yield();
	} else {
		shard_stop(shard);
		shard_stop(cyg_shard_peer(shard, CYG_SHARD_CONTROL));
	}
}

static void crew_begin(struct cyg_shard *shard, void *ctx)
{
	cyg_shard_at_turn_end(shard, ctx);
}

START_TEST(jobs_finish_at_home_or_are_cancelled_and_all_are_dropped_once)
{
	struct crew crew[2] = { 0 };

	open_group((unsigned)_i);
	for (unsigned i = 0; i < workers; i++) {
		struct cyg_shard *shard = shard_group_worker(group, i);

		crew[i].kick.run = crew_kick;
		shard->begin = crew_begin;
		shard->life_ctx = &crew[i].kick;
	}
	start_all();
	for (unsigned i = 0; i < workers; i++)
		shard_join(shard_group_worker(group, i));
	shard_group_free(group);
	for (unsigned i = 0; i < workers; i++) {
		ck_assert_uint_eq(crew[i].started, JOBS);
		ck_assert_uint_eq(crew[i].finished + crew[i].cancelled, JOBS);
		ck_assert_uint_gt(crew[i].finished, 0);
		ck_assert_uint_gt(crew[i].cancelled, 0);
		ck_assert_uint_eq(crew[i].wrong, 0);
		ck_assert_uint_eq(atomic_load(&crew[i].dropped), JOBS);
	}
}
END_TEST

/* --- The watchdog's view --- */

struct stuck {
	atomic_bool in, release;
	int blocks[2]; /* reads from here instead of running on */
};

static void be_stuck(struct cyg_shard *shard, void *ctx)
{
	struct stuck *s = ctx;
	char octet;

	atomic_store(&s->in, true);
	if (s->blocks[0])
		ck_assert_int_eq(read(s->blocks[0], &octet, 1), 1);
	while (!atomic_load(&s->release))
		sched_yield();
}

#define FOR_EVER UINT64_MAX

/* The first worker is in be_stuck() from here on. */
static struct cyg_shard *one_is_stuck(struct stuck *stuck, struct shard_look *at)
{
	struct cyg_shard *first;

	open_group(2);
	first = shard_group_worker(group, 0);
	start_all();
	call(first, be_stuck, NULL, stuck);
	while (!atomic_load(&stuck->in))
		sched_yield();
	*at = (struct shard_look){ 0 };
	ck_assert_int_eq(shard_look(first, at, FOR_EVER), SHARD_MOVES); /* nobody has looked before */
	return first;
}

static void release(struct stuck *stuck, struct cyg_shard *first, struct shard_look *at)
{
	uint64_t before = at->progress;

	atomic_store(&stuck->release, true);
	while (shard_progress(first) == before)
		sched_yield();
	ck_assert_int_eq(shard_look(first, at, 0), SHARD_MOVES);
	shard_group_free(group);
}

START_TEST(shard_without_progress_is_told_from_one_that_sleeps)
{
	struct cyg_shard *first, *control;
	struct stuck stuck = { .in = false };
	struct shard_look at, other = { 0 };
	char doing[SHARD_DOING_TEXT];

	first = one_is_stuck(&stuck, &at);
	control = shard_group_control(group);
	ck_assert_int_eq(shard_look(first, &at, 0), SHARD_STUCK);
	/* And in what: the program and a place in it. */
	ck_assert_msg(strstr(shard_doing(first, doing), "shard_tests") && strchr(doing, '+'), "%s", doing);
	/* The other one answers meanwhile, and then sleeps. */
	call(shard_group_worker(group, 1), nothing, stop_control, NULL);
	ck_assert_int_eq(shard_run(control), CYG_OK);
	while (shard_progress(shard_group_worker(group, 1)) % 2)
		sched_yield();
	ck_assert_int_eq(shard_look(shard_group_worker(group, 1), &other, 0), SHARD_MOVES);
	ck_assert_int_eq(shard_look(shard_group_worker(group, 1), &other, 0), SHARD_MOVES);
	release(&stuck, first, &at);
}
END_TEST

/* How long it takes until it has had its time is the machine's business. */
START_TEST(shard_that_runs_is_stuck_by_its_own_time_and_not_by_ours)
{
	struct stuck stuck = { .in = false };
	struct shard_look at;
	struct cyg_shard *first = one_is_stuck(&stuck, &at);

	ck_assert_int_eq(shard_look(first, &at, FOR_EVER), SHARD_WAITS);
	while (shard_look(first, &at, 50) != SHARD_STUCK)
		sched_yield();
	/* What it had before is no excuse, and looks do not begin anew. */
	ck_assert_int_eq(shard_look(first, &at, 50), SHARD_STUCK);
	ck_assert_int_eq(shard_look(first, &at, FOR_EVER), SHARD_WAITS);
	release(&stuck, first, &at);
}
END_TEST

START_TEST(shard_that_waits_for_something_else_than_a_cpu_is_stuck)
{
	struct stuck stuck = { .in = false };
	struct shard_look at;
	struct cyg_shard *first;

	ck_assert_int_eq(pipe(stuck.blocks), 0);
	first = one_is_stuck(&stuck, &at);
	while (shard_look(first, &at, FOR_EVER) != SHARD_STUCK) /* it is on its way into read(2) */
		sched_yield();
	ck_assert_int_eq(write(stuck.blocks[1], "", 1), 1);
	release(&stuck, first, &at);
	close(stuck.blocks[0]);
	close(stuck.blocks[1]);
}
END_TEST

Suite *loop_suite(void)
{
	Suite *s = suite_create("loop");
	TCase *c = tcase_create("loop");

	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, workers_begin_run_and_end_on_their_own_threads, 1, 3);
	tcase_add_loop_test(c, group_that_never_ran_and_one_that_still_runs_are_freed, 1, 3);
	tcase_add_test(c, group_of_no_or_too_many_workers_is_refused);
	tcase_add_loop_test(c, messages_go_round_between_shards, 1, 3);
	tcase_add_loop_test(c, message_to_a_stopped_shard_is_dropped, 1, 3);
	tcase_add_loop_test(c, posting_while_a_shard_ends_runs_or_drops_each_message, 1, 3);
	tcase_add_loop_test(c, timers_wake_a_sleeping_shard_and_never_fire_early, 1, 3);
	tcase_add_test(c, timer_that_is_due_before_the_shard_sleeps_wakes_it);
	tcase_add_loop_test(c, descriptor_is_read_as_often_as_something_comes, 1, 3);
	tcase_add_test(c, descriptor_that_cannot_be_watched_is_refused);
	tcase_add_test(c, descriptor_may_be_let_go_after_its_shard_has_ended);
	tcase_add_test(c, socket_with_an_error_is_watched_on);
	tcase_add_loop_test(c, jobs_finish_at_home_or_are_cancelled_and_all_are_dropped_once, 1, 3);
	tcase_add_test(c, shard_without_progress_is_told_from_one_that_sleeps);
	tcase_add_test(c, shard_that_runs_is_stuck_by_its_own_time_and_not_by_ours);
	tcase_add_test(c, shard_that_waits_for_something_else_than_a_cpu_is_stuck);
	suite_add_tcase(s, c);
	return s;
}
