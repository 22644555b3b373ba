/* SPDX-License-Identifier: MIT */
/*
 * Shards without threads, for tests: time stands still until the test moves it, and nothing runs but
 * in shard_step(). One thread for the whole group.
 */
#include "shard/group.h"

#include <poll.h>
#include <stdlib.h>

struct manual_poll {
	struct manual_poll *next;
	struct cyg_poll *poll; /* NULL once stopped: freed when no step walks over it */
	unsigned ready;
};

struct manual {
	struct manual_poll *polls;
	size_t poll_count;
	pthread_t thread;
	bool begun, stepping;
	bool load_known, runs;
	uint64_t cpu_ms;
};

static struct manual *manual_of(const struct cyg_shard *shard)
{
	return shard->impl;
}

static int64_t manual_wall_s(const struct cyg_shard *shard)
{
	return shard->group->clock->wall_ms / 1000;
}

static bool manual_is_mine(const struct cyg_shard *shard)
{
	return pthread_equal(manual_of(shard)->thread, pthread_self());
}

static enum cyg_status manual_poll_start(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct manual *m = manual_of(shard);
	struct manual_poll *p = poll->impl;

	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return CYG_NOMEM;
		p->poll = poll;
		p->next = m->polls;
		m->polls = p;
		m->poll_count++;
		poll->impl = p;
	}
	poll->events = events;
	return CYG_OK;
}

static void sweep_polls(struct manual *m)
{
	struct manual_poll **at = &m->polls;

	while (*at) {
		struct manual_poll *p = *at;

		if (p->poll) {
			at = &p->next;
		} else {
			*at = p->next;
			free(p);
		}
	}
}

static void manual_poll_stop(struct cyg_shard *shard, struct cyg_poll *poll)
{
	struct manual *m = manual_of(shard);
	struct manual_poll *p = poll->impl;

	p->poll = NULL;
	poll->impl = NULL;
	m->poll_count--;
	if (!m->stepping)
		sweep_polls(m);
}

static void manual_wake(struct cyg_shard *shard)
{
}

static enum cyg_status manual_job_start(struct cyg_shard *shard, struct cyg_job *job)
{
	struct shard_group *group = shard->group;

	if (group->jobs_waiting >= group->jobs_limit)
		return CYG_BUSY;
	*group->jobs_tail = &job->msg;
	group->jobs_tail = &job->msg.next;
	group->jobs_waiting++;
	return CYG_OK;
}

static void manual_job_cancel(struct cyg_shard *shard, struct cyg_job *job)
{
	struct shard_group *group = shard->group;

	for (struct cyg_msg **at = &group->jobs; *at; at = &(*at)->next) {
		if (*at != &job->msg)
			continue;
		*at = job->msg.next;
		if (!*at)
			group->jobs_tail = at;
		group->jobs_waiting--;
		/* Never CYG_BUSY: it is reserved. */
		(void)!cyg_shard_post(shard, &job->msg);
		return;
	}
}

static struct cyg_job *take_job(struct shard_group *group)
{
	struct cyg_msg *msg = group->jobs;

	if (!msg)
		return NULL;
	group->jobs = msg->next;
	if (!group->jobs)
		group->jobs_tail = &group->jobs;
	group->jobs_waiting--;
	return CYG_CONTAINER(msg, struct cyg_job, msg);
}

bool shard_manual_run_job(struct shard_group *group)
{
	struct cyg_job *job = take_job(group);

	if (!job)
		return false;
	job->work(job);
	(void)!cyg_shard_post(job->home, &job->msg);
	return true;
}

static void end_one(struct cyg_shard *shard)
{
	struct manual *m = manual_of(shard);

	if (m->begun && shard->end)
		shard->end(shard, shard->life_ctx);
	shard_close(shard);
}

static void manual_group_stop(struct shard_group *group)
{
	struct cyg_job *job;

	for (unsigned i = 0; i < group->workers; i++)
		end_one(group->worker[i]);
	end_one(group->control);
	while ((job = take_job(group)))
		job->drop(job);
}

static void manual_done(struct cyg_shard *shard)
{
	struct manual *m = manual_of(shard);

	if (!m)
		return;
	for (struct manual_poll *p = m->polls; p; p = p->next) {
		if (p->poll)
			p->poll->impl = NULL;
		p->poll = NULL;
	}
	sweep_polls(m);
	free(m);
	shard->impl = NULL;
}

static bool manual_load(const struct cyg_shard *shard, uint64_t *cpu_ms, bool *runs)
{
	const struct manual *m = manual_of(shard);

	*cpu_ms = m->cpu_ms;
	*runs = m->runs;
	return m->load_known;
}

static const struct shard_driver manual_driver = {
	.manual = true,
	.wall_s = manual_wall_s,
	.is_mine = manual_is_mine,
	.poll_start = manual_poll_start,
	.poll_stop = manual_poll_stop,
	.wake = manual_wake,
	.load = manual_load,
	.job_start = manual_job_start,
	.job_cancel = manual_job_cancel,
	.group_stop = manual_group_stop,
	.done = manual_done,
};

static enum cyg_status one_init(struct cyg_shard *shard)
{
	struct manual *m = calloc(1, sizeof(*m));

	if (!m)
		return CYG_NOMEM;
	m->thread = pthread_self();
	shard->impl = m;
	shard->now_ms = shard->group->clock->now_ms;
	wheel_init(&shard->wheel, shard->now_ms);
	return CYG_OK;
}

enum cyg_status shard_manual_group_new(const struct shard_manual *setup, struct shard_group **out)
{
	static const struct shard_manual none;
	struct shard_group *group;
	enum cyg_status status;

	if (!setup)
		setup = &none;
	status = group_new(setup->workers ? setup->workers : 1, setup->mailbox_limit, setup->seed,
			   &manual_driver, &group);
	if (status != CYG_OK)
		return status;
	group->own_clock = (struct shard_clock){ 1000000, INT64_C(1700000000000) };
	group->clock = setup->clock ? setup->clock : &group->own_clock;
	group->jobs_limit = setup->jobs_limit ? setup->jobs_limit : SHARD_JOBS_LIMIT;
	group->hold_jobs = setup->hold_jobs;
	group->real_fds = setup->real_fds;
	status = one_init(group->control);
	for (unsigned i = 0; i < group->workers && status == CYG_OK; i++)
		status = one_init(group->worker[i]);
	if (status != CYG_OK) {
		group_free(group);
		return status;
	}
	*out = group;
	return CYG_OK;
}

struct cyg_shard *shard_manual_new(const struct shard_manual *setup)
{
	struct shard_group *group;

	if (shard_manual_group_new(setup, &group) != CYG_OK)
		return NULL;
	return group->worker[0];
}

void shard_manual_free(struct cyg_shard *shard)
{
	if (shard)
		shard_group_free(shard->group);
}

struct shard_clock *shard_manual_clock(struct cyg_shard *shard)
{
	return shard->group->clock;
}

void shard_clock_advance(struct shard_clock *clock, uint64_t ms)
{
	clock->now_ms += ms;
	clock->wall_ms += (int64_t)ms;
}

void shard_manual_set_load(struct cyg_shard *shard, uint64_t cpu_ms, bool runs)
{
	struct manual *m = manual_of(shard);

	m->cpu_ms = cpu_ms;
	m->runs = runs;
	m->load_known = true;
}

void shard_manual_fd_ready(struct cyg_shard *shard, int fd, unsigned events)
{
	for (struct manual_poll *p = manual_of(shard)->polls; p; p = p->next) {
		if (p->poll && p->poll->fd == fd)
			p->ready |= events;
	}
}

size_t shard_manual_poll_count(const struct cyg_shard *shard)
{
	return manual_of(shard)->poll_count;
}

static void ask_system(struct manual *m)
{
	for (struct manual_poll *p = m->polls; p; p = p->next) {
		struct pollfd one = { .fd = p->poll->fd };

		if (p->poll->events & CYG_READABLE)
			one.events |= POLLIN;
		if (p->poll->events & CYG_WRITABLE)
			one.events |= POLLOUT;
		if (poll(&one, 1, 0) <= 0)
			continue;
		if (one.revents & (POLLIN | POLLHUP | POLLERR))
			p->ready |= CYG_READABLE;
		if (one.revents & (POLLOUT | POLLHUP | POLLERR))
			p->ready |= CYG_WRITABLE;
	}
}

static bool run_polls(struct cyg_shard *shard, struct manual *m)
{
	bool ran = false;

	if (shard->group->real_fds)
		ask_system(m);
	m->stepping = true;
	for (struct manual_poll *p = m->polls; p; p = p->next) {
		unsigned events = p->poll ? p->ready & p->poll->events : 0;

		if (!events)
			continue;
		p->ready &= ~events;
		p->poll->ready(shard, p->poll, events);
		ran = true;
	}
	m->stepping = false;
	sweep_polls(m);
	return ran;
}

bool shard_step(struct cyg_shard *shard)
{
	struct manual *m = manual_of(shard);
	struct shard_group *group = shard->group;
	bool ran = false;

	CYG_ASSERT(shard->driver->manual && !m->stepping);
	atomic_fetch_add_explicit(&shard->progress, 1, memory_order_relaxed);
	shard_turn_begin(shard, group->clock->now_ms);
	if (!m->begun) {
		m->begun = true;
		if (shard->begin)
			shard->begin(shard, shard->life_ctx);
	}
	/* Those that wait now; one that is started by a completion waits for the next step. */
	for (unsigned jobs = group->hold_jobs ? 0 : group->jobs_waiting; jobs; jobs--)
		ran |= shard_manual_run_job(group);
	ran |= run_polls(shard, m);
	ran |= shard_turn_rest(shard);
	atomic_fetch_add_explicit(&shard->progress, 1, memory_order_relaxed);
	return ran || !shard_may_sleep(shard);
}

bool shard_settle(struct shard_group *group, unsigned turns)
{
	while (turns--) {
		bool ran = shard_step(group->control);

		for (unsigned i = 0; i < group->workers; i++)
			ran |= shard_step(group->worker[i]);
		if (!ran)
			return true;
	}
	return false;
}
