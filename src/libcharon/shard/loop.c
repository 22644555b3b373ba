/* SPDX-License-Identifier: MIT */
/*
 * Shards that are driven: a libuv loop each, on a thread of its own (workers) or on the caller's
 * (control). libuv polls and tells signals; timers are the wheel's, with one uv_timer_t that is armed for the
 * wheel's next slot, so that an idle shard sleeps. Nothing here uses libuv's thread pool.
 *
 * The mailbox wakes the loop through an eventfd of ours, not uv_async_t: it stays open until the
 * group is freed, so that a poster who comes late writes into something that is there. A write costs more than
 * most messages, so a shard that is awake is not woken.
 */
#include "config.h"

#include "shard/group.h"
#include "shard/helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum loop_state {
	LOOP_NEW = 0,
	LOOP_RUNNING,
	LOOP_ENDED, /* the uv loop is closed */
};

struct loop {
	uv_loop_t uv;
	uv_timer_t timer;
	uv_poll_t wake;
	int wake_fd;
	pthread_t owner;        /* who made it, and may touch it until it runs */
	pthread_t thread;
	bool joinable, in_turn, open;
	atomic_int state;       /* enum loop_state */
	atomic_int tid;         /* of the thread that runs it, 0 before and after */
	atomic_int cpu_clock;   /* that thread's; written before `tid` */
};

struct loop_poll {
	uv_poll_t uv;
	struct cyg_shard *shard;
	struct cyg_poll *poll;  /* NULL once stopped */
};

static _Thread_local const struct cyg_shard *current;

static struct loop *loop_of(const struct cyg_shard *shard)
{
	return shard->impl;
}

static uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int64_t loop_wall_s(const struct cyg_shard *shard)
{
	return time(NULL);
}

static bool loop_is_mine(const struct cyg_shard *shard)
{
	const struct loop *l = loop_of(shard);

	if (current == shard)
		return true;
	return atomic_load_explicit(&l->state, memory_order_acquire) == LOOP_NEW &&
	       pthread_equal(l->owner, pthread_self());
}

/* The first thing that runs after the loop slept reads the clock; progress becomes odd. */
static void begin_turn(struct cyg_shard *shard)
{
	struct loop *l = loop_of(shard);

	if (l->in_turn)
		return;
	l->in_turn = true;
	atomic_fetch_add(&shard->progress, 1);
	shard_turn_begin(shard, clock_ms());
}

static void end_turn(struct cyg_shard *shard)
{
	loop_of(shard)->in_turn = false;
	atomic_fetch_add(&shard->progress, 1);
}

/* --- Looked at from outside --- */

static void show_thread(struct loop *l)
{
	clockid_t own;

	if (pthread_getcpuclockid(pthread_self(), &own) != 0)
		return;
	atomic_store_explicit(&l->cpu_clock, own, memory_order_relaxed);
	atomic_store_explicit(&l->tid, gettid(), memory_order_release);
}

/* Field 3 of proc_pid_stat(5), behind the name, which may hold anything. */
static char state_of(int tid)
{
	char path[48], text[256];
	const char *at;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return '\0';
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	at = strrchr(text, ')');
	return at && at[1] == ' ' ? at[2] : '\0';
}

static bool loop_load(const struct cyg_shard *shard, uint64_t *cpu_ms, bool *runs)
{
	struct loop *l = loop_of(shard);
	int tid = atomic_load_explicit(&l->tid, memory_order_acquire);
	struct timespec ts;

	/* A thread that has ended meanwhile has no clock any more: that is an error, and no harm. */
	if (!tid || clock_gettime(atomic_load_explicit(&l->cpu_clock, memory_order_relaxed), &ts) != 0)
		return false;
	*cpu_ms = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
	*runs = state_of(tid) == 'R';
	return true;
}

/* --- Descriptors --- */

static int uv_events(unsigned events)
{
	return (events & CYG_READABLE ? UV_READABLE : 0) | (events & CYG_WRITABLE ? UV_WRITABLE : 0);
}

static void on_poll(uv_poll_t *handle, int status, int uv_ready)
{
	struct loop_poll *p = CYG_CONTAINER(handle, struct loop_poll, uv);
	unsigned events = (uv_ready & UV_READABLE ? CYG_READABLE : 0) |
			  (uv_ready & UV_WRITABLE ? CYG_WRITABLE : 0);

	if (!p->poll)
		return;
	begin_turn(p->shard);
	/* An error condition: libuv stops watching. The owner learns what it is when it reads or writes,
	 * which takes a pending socket error away, so it is watched again. */
	if (status < 0) {
		events = p->poll->events;
		if (uv_poll_start(handle, uv_events(events), on_poll) != 0)
			return;
	}
	events &= p->poll->events;
	if (events) {
		SHARD_ENTERS(p->shard, p->poll->ready);
		p->poll->ready(p->shard, p->poll, events);
	}
}

static enum cyg_status loop_poll_start(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct loop_poll *p = poll->impl;
	int error;

	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return CYG_NOMEM;
		error = uv_poll_init(&loop_of(shard)->uv, &p->uv, poll->fd);
		if (error) {
			free(p);
			errno = -error;
			return error == UV_ENOMEM ? CYG_NOMEM : CYG_IO;
		}
		p->shard = shard;
		p->poll = poll;
		poll->impl = p;
	}
	poll->events = events;
	error = uv_poll_start(&p->uv, uv_events(events), on_poll);
	if (error) {
		shard->driver->poll_stop(shard, poll);
		errno = -error;
		return error == UV_ENOMEM ? CYG_NOMEM : CYG_IO;
	}
	return CYG_OK;
}

static void free_poll(uv_handle_t *handle)
{
	free(CYG_CONTAINER(handle, struct loop_poll, uv));
}

static void loop_poll_stop(struct cyg_shard *shard, struct cyg_poll *poll)
{
	struct loop_poll *p = poll->impl;

	p->poll = NULL;
	poll->impl = NULL;
	/* Stops at once; only the memory has to wait for the loop. */
	uv_close((uv_handle_t *)&p->uv, free_poll);
}

/* --- Waking --- */

static void on_wake(uv_poll_t *handle, int status, int events)
{
	struct loop *l = CYG_CONTAINER(handle, struct loop, wake);
	uint64_t count;

	/* Only the counter goes; the mailbox is looked into every turn. */
	while (read(l->wake_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

/* One that is awake looks at its mailbox and at `stop` before it sleeps, after it has made `progress` even. */
static void loop_wake(struct cyg_shard *shard)
{
	const uint64_t one = 1;

	if (atomic_load(&shard->progress) & 1)
		return;
	/* EAGAIN means that the counter is full, so it wakes already. */
	while (write(loop_of(shard)->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* --- The loop --- */

/* Until it is set anew it rings again and again: see sleep_or_look(). */
#define RING_AGAIN_MS 1

static void on_timer(uv_timer_t *timer)
{
}

/* Sleeps until something is ready or the next timer is due; not at all if work is left. */
static void sleep_or_look(struct cyg_shard *shard)
{
	struct loop *l = loop_of(shard);
	uint64_t next = wheel_next(&shard->wheel), now;
	uv_run_mode mode = UV_RUN_ONCE;

	if (!shard_may_sleep(shard)) {
		mode = UV_RUN_NOWAIT;
	} else if (next == WHEEL_NEVER) {
		uv_timer_stop(&l->timer);
	} else {
		now = clock_ms();
		if (next <= now) {
			mode = UV_RUN_NOWAIT;
		} else {
			uv_update_time(&l->uv);
			/*
			 * It cannot fail: the callback is set and the handle is not closing. A thread that waits
			 * for a processor here may reach uv_run() after the deadline: that one lets the timer
			 * ring first and sleeps then, for ever if it rang but once.
			 */
			(void)uv_timer_start(&l->timer, on_timer, next - now, RING_AGAIN_MS);
		}
	}
	end_turn(shard);
	/* Whoever has posted or wants us to stop since that was looked at has seen us awake. */
	if (!mailbox_empty(&shard->mailbox) || atomic_load(&shard->stop))
		mode = UV_RUN_NOWAIT;
	(void)uv_run(&l->uv, mode);
	begin_turn(shard);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	const struct loop *l = arg;

	if (uv_is_closing(handle))
		return;
	if (handle->type == UV_POLL && handle != (const uv_handle_t *)&l->wake) {
		struct loop_poll *p = CYG_CONTAINER(handle, struct loop_poll, uv);

		/* Its owner may stop it later all the same: there is nothing left to stop. */
		if (p->poll)
			p->poll->impl = NULL;
		p->poll = NULL;
		uv_close(handle, free_poll);
	} else {
		uv_close(handle, NULL);
	}
}

static void close_loop(struct loop *l)
{
	if (!l->open)
		return;
	uv_walk(&l->uv, close_handle, l);
	(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	CYG_ASSERT(uv_loop_close(&l->uv) == 0);
	l->open = false;
}

static void run(struct cyg_shard *shard)
{
	struct loop *l = loop_of(shard);
	const struct cyg_shard *before = current;

	current = shard;
	show_thread(l);
	begin_turn(shard);
	if (shard->begin)
		shard->begin(shard, shard->life_ctx);
	for (;;) {
		(void)shard_turn_rest(shard);
		if (atomic_load_explicit(&shard->stop, memory_order_acquire))
			break;
		sleep_or_look(shard);
	}
	if (shard->end)
		shard->end(shard, shard->life_ctx);
	shard_close(shard);
	close_loop(l);
	end_turn(shard);
	atomic_store_explicit(&l->tid, 0, memory_order_relaxed);
	atomic_store_explicit(&l->state, LOOP_ENDED, memory_order_release);
	current = before;
}

static void *thread_main(void *arg)
{
	struct cyg_shard *shard = arg;
	char name[16];

	/* By the thread itself: another one's name is a file in /proc. */
	snprintf(name, sizeof(name), "cyg-shard-%u", shard->index);
	pthread_setname_np(pthread_self(), name);
	run(shard);
	return NULL;
}

enum cyg_status shard_start(struct cyg_shard *shard)
{
	struct loop *l = loop_of(shard);
	sigset_t all, before;
	enum cyg_status status;
	int error;

	CYG_ASSERT(!shard->driver->manual);
	if (atomic_load(&l->state) != LOOP_NEW)
		return CYG_EXISTS;
	status = helper_pool_start(shard->group->helpers);
	if (status != CYG_OK)
		return status;
	/* Signals are the control thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_store(&l->state, LOOP_RUNNING);
	error = pthread_create(&l->thread, NULL, thread_main, shard);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error) {
		atomic_store(&l->state, LOOP_NEW);
		errno = error;
		return CYG_IO;
	}
	l->joinable = true;
	return CYG_OK;
}

enum cyg_status shard_run(struct cyg_shard *shard)
{
	struct loop *l = loop_of(shard);
	enum cyg_status status;

	CYG_ASSERT(!shard->driver->manual);
	if (atomic_load(&l->state) != LOOP_NEW)
		return CYG_EXISTS;
	status = helper_pool_start(shard->group->helpers);
	if (status != CYG_OK)
		return status;
	atomic_store(&l->state, LOOP_RUNNING);
	run(shard);
	return CYG_OK;
}

void shard_join(struct cyg_shard *shard)
{
	struct loop *l = loop_of(shard);

	if (!l->joinable)
		return;
	pthread_join(l->thread, NULL);
	l->joinable = false;
}

struct uv_loop_s *shard_uv_loop(struct cyg_shard *shard)
{
	return shard->driver->manual ? NULL : &loop_of(shard)->uv;
}

/* --- Jobs --- */

static enum cyg_status loop_job_start(struct cyg_shard *shard, struct cyg_job *job)
{
	return helper_pool_put(shard->group->helpers, job);
}

static void loop_job_cancel(struct cyg_shard *shard, struct cyg_job *job)
{
	/* No helper has begun it: it goes home without being done, to be dropped there. */
	if (helper_pool_remove(shard->group->helpers, job))
		(void)!cyg_shard_post(shard, &job->msg);
}

/* --- Making and ending --- */

static enum cyg_status loop_init(struct cyg_shard *shard)
{
	struct loop *l = calloc(1, sizeof(*l));
	int error;

	if (!l)
		return CYG_NOMEM;
	shard->impl = l;
	l->owner = pthread_self();
	atomic_init(&l->state, LOOP_NEW);
	atomic_init(&l->tid, 0);
	atomic_init(&l->cpu_clock, 0);
	shard->now_ms = clock_ms();
	wheel_init(&shard->wheel, shard->now_ms);
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake_fd < 0)
		return CYG_IO;
	error = uv_loop_init(&l->uv);
	if (error)
		goto failed;
	l->open = true;
	error = uv_timer_init(&l->uv, &l->timer);
	if (!error)
		error = uv_poll_init(&l->uv, &l->wake, l->wake_fd);
	if (!error)
		error = uv_poll_start(&l->wake, UV_READABLE, on_wake);
	if (!error)
		return CYG_OK;
failed:
	errno = -error;
	return error == UV_ENOMEM ? CYG_NOMEM : CYG_IO;
}

static void loop_group_stop(struct shard_group *group)
{
	for (unsigned i = 0; i < group->workers; i++)
		shard_stop(group->worker[i]);
	for (unsigned i = 0; i < group->workers; i++)
		shard_join(group->worker[i]);
	helper_pool_free(group->helpers);
	group->helpers = NULL;
}

static void loop_done(struct cyg_shard *shard)
{
	struct loop *l = loop_of(shard);

	if (!l)
		return;
	close_loop(l);
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	free(l);
	shard->impl = NULL;
}

static const struct shard_driver loop_driver = {
	.wall_s = loop_wall_s,
	.is_mine = loop_is_mine,
	.poll_start = loop_poll_start,
	.poll_stop = loop_poll_stop,
	.wake = loop_wake,
	.load = loop_load,
	.job_start = loop_job_start,
	.job_cancel = loop_job_cancel,
	.group_stop = loop_group_stop,
	.done = loop_done,
};

enum cyg_status shard_group_new(const struct shard_setup *setup, struct shard_group **out)
{
	struct shard_group *group;
	enum cyg_status status;

	status = group_new(setup->workers, setup->mailbox_limit, 0, &loop_driver, &group);
	if (status != CYG_OK)
		return status;
	status = helper_pool_new(setup->helpers ? setup->helpers : SHARD_HELPERS,
				 setup->jobs_limit ? setup->jobs_limit : SHARD_JOBS_LIMIT,
				 &group->helpers);
	if (status == CYG_OK)
		status = loop_init(group->control);
	for (unsigned i = 0; i < group->workers && status == CYG_OK; i++)
		status = loop_init(group->worker[i]);
	if (status != CYG_OK) {
		helper_pool_free(group->helpers);
		group_free(group);
		return status;
	}
	*out = group;
	return CYG_OK;
}
