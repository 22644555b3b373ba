/* SPDX-License-Identifier: MIT */
/*
 * What all shards have in common: groups, time, random, timers, turn-ends, messages and the order of
 * a turn. Drivers (loop.c, manual.c) say when a turn begins. Owning shard, unless shard.h says "any
 * thread".
 */
#include "shard/group.h"

#include <cygnet/commands.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define TURN_END_ROUNDS 16 /* a turn-end that sets another one runs it in the same turn, this deep */

/* --- Groups --- */

static struct cyg_shard *one_new(struct shard_group *group, unsigned index, unsigned mailbox_limit,
				 uint64_t seed, const struct shard_driver *driver)
{
	struct cyg_shard *shard = aligned_alloc(SHARD_CACHE_LINE, sizeof(*shard));

	if (!shard)
		return NULL;
	memset(shard, 0, sizeof(*shard));
	shard->group = group;
	shard->index = index;
	shard->driver = driver;
	shard->random_seed = seed;
	shard->completed_tail = &shard->completed;
	shard->turn_ends_tail = &shard->turn_ends;
	wheel_init(&shard->wheel, 0);
	mailbox_init(&shard->mailbox, mailbox_limit ? mailbox_limit : SHARD_MAILBOX_LIMIT);
	atomic_init(&shard->stop, false);
	atomic_init(&shard->progress, 0);
	atomic_init(&shard->doing, 0);
	atomic_init(&shard->entered, 0);
	return shard;
}

enum cyg_status group_new(unsigned workers, unsigned mailbox_limit, uint64_t seed,
			  const struct shard_driver *driver, struct shard_group **out)
{
	struct shard_group *group;

	if (workers < 1 || workers > CYG_SHARDS_MAX)
		return CYG_LIMIT;
	group = calloc(1, sizeof(*group));
	if (!group)
		return CYG_NOMEM;
	group->workers = workers;
	group->jobs_tail = &group->jobs;
	group->control = one_new(group, CYG_SHARD_CONTROL, mailbox_limit, seed, driver);
	if (!group->control)
		goto nomem;
	for (unsigned i = 0; i < workers; i++) {
		group->worker[i] = one_new(group, i, mailbox_limit, seed ? seed + i + 1 : 0, driver);
		if (!group->worker[i])
			goto nomem;
	}
	cyg_shard_random(group->control, &group->steer, sizeof(group->steer));
	group->steer.high |= 1;
	group->steer.low |= 1;
	*out = group;
	return CYG_OK;
nomem:
	group_free(group);
	return CYG_NOMEM;
}

static void one_free(struct cyg_shard *shard)
{
	if (!shard)
		return;
	mailbox_close(&shard->mailbox);
	shard->driver->done(shard);
	explicit_bzero(shard->random_pool, sizeof(shard->random_pool));
	free(shard);
}

void group_free(struct shard_group *group)
{
	if (!group)
		return;
	/* A message that is dropped may post to any shard of the group: close all, then free. */
	for (unsigned i = 0; i < group->workers; i++) {
		if (group->worker[i])
			mailbox_close(&group->worker[i]->mailbox);
	}
	if (group->control)
		mailbox_close(&group->control->mailbox);
	for (unsigned i = 0; i < group->workers; i++)
		one_free(group->worker[i]);
	one_free(group->control);
	free(group);
}

void shard_group_free(struct shard_group *group)
{
	if (!group)
		return;
	group->control->driver->group_stop(group);
	group_free(group);
}

struct cyg_shard *shard_group_control(struct shard_group *group)
{
	return group->control;
}

struct cyg_shard *shard_group_worker(struct shard_group *group, unsigned index)
{
	return index < group->workers ? group->worker[index] : NULL;
}

struct shard_group *shard_group_of(struct cyg_shard *shard)
{
	return shard->group;
}

const struct cyg_config *cyg_shard_config(const struct cyg_shard *shard)
{
	return shard->config;
}

unsigned cyg_shard_index(const struct cyg_shard *shard)
{
	return shard->index;
}

unsigned cyg_shard_count(const struct cyg_shard *shard)
{
	return shard->group->workers;
}

struct cyg_shard *cyg_shard_peer(const struct cyg_shard *shard, unsigned index)
{
	if (index == CYG_SHARD_CONTROL)
		return shard->group->control;
	return shard_group_worker(shard->group, index);
}

bool cyg_shard_is_mine(const struct cyg_shard *shard)
{
	return shard->driver->is_mine(shard);
}

const char *shard_doing(const struct cyg_shard *shard, char *out)
{
	uintptr_t at = atomic_load_explicit(&shard->doing, memory_order_relaxed);
	Dl_info info = { .dli_fname = NULL };
	const char *file;

	if (!at || !dladdr((void *)at, &info) || !info.dli_fname) {
		(void)snprintf(out, SHARD_DOING_TEXT, "%s", at ? "a callback of no file" : "nothing yet");
		return out;
	}
	file = strrchr(info.dli_fname, '/');
	file = file ? file + 1 : info.dli_fname;
	/* The nearest name is another function's where ours is hidden. */
	if (info.dli_sname && (uintptr_t)info.dli_saddr == at)
		(void)snprintf(out, SHARD_DOING_TEXT, "%s (%s+0x%zx)", info.dli_sname, file,
			       (size_t)(at - (uintptr_t)info.dli_fbase));
	else
		(void)snprintf(out, SHARD_DOING_TEXT, "%s+0x%zx", file, (size_t)(at - (uintptr_t)info.dli_fbase));
	return out;
}

uint64_t shard_progress(const struct cyg_shard *shard)
{
	return atomic_load_explicit(&shard->progress, memory_order_relaxed);
}

enum shard_verdict shard_look(const struct cyg_shard *shard, struct shard_look *look, uint64_t limit_ms)
{
	struct shard_look now = { .progress = shard_progress(shard),
				  .entered = atomic_load_explicit(&shard->entered, memory_order_relaxed) };
	bool runs = false;

	if (!shard->driver->load || !shard->driver->load(shard, &now.cpu_ms, &runs))
		now.cpu_ms = look->cpu_ms;
	if (now.progress % 2 == 0 || now.progress != look->progress || now.entered != look->entered) {
		*look = now;
		return SHARD_MOVES;
	}
	return runs && now.cpu_ms - look->cpu_ms < limit_ms ? SHARD_WAITS : SHARD_STUCK;
}

/* --- Time and random --- */

uint64_t cyg_shard_now_ms(const struct cyg_shard *shard)
{
	return shard->now_ms;
}

int64_t cyg_shard_wall_s(const struct cyg_shard *shard)
{
	return shard->driver->wall_s(shard);
}

/* splitmix64: for tests that want the same octets each time. */
static void fill_from_seed(uint64_t *state, uint8_t *out, size_t len)
{
	while (len) {
		uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
		size_t part = len < sizeof(z) ? len : sizeof(z);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		z ^= z >> 31;
		memcpy(out, &z, part);
		out += part;
		len -= part;
	}
}

/* getrandom(2) does not fail for want of entropy; where a filter forbids it nothing of ours may go
 * on with guessable keys. */
static void fill_from_system(uint8_t *out, size_t len)
{
	while (len) {
		ssize_t got = getrandom(out, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		CYG_ASSERT(got > 0);
		out += got;
		len -= (size_t)got;
	}
}

static void fill(struct cyg_shard *shard, void *out, size_t len)
{
	if (shard->random_seed)
		fill_from_seed(&shard->random_seed, out, len);
	else if (!shard->fill_random ||
		 shard->fill_random(shard->fill_random_ctx, shard, out, len) != CYG_OK)
		fill_from_system(out, len);
}

void cyg_shard_random(struct cyg_shard *shard, void *out, size_t len)
{
	uint8_t *at;

	if (len > sizeof(shard->random_pool) / 4) {
		fill(shard, out, len);
		return;
	}
	if (len > shard->random_left) {
		fill(shard, shard->random_pool, sizeof(shard->random_pool));
		shard->random_left = sizeof(shard->random_pool);
	}
	/* What is handed out leaves the pool: nobody gets it twice, no dump shows it later. */
	at = shard->random_pool + shard->random_left - len;
	memcpy(out, at, len);
	explicit_bzero(at, len);
	shard->random_left -= len;
}

/* --- Slots --- */

const struct shard_steer *shard_steer(const struct cyg_shard *shard)
{
	return &shard->group->steer;
}

uint8_t shard_slot_of_init(const struct cyg_shard *shard, const uint8_t spi_i[8])
{
	const struct shard_steer *steer = &shard->group->steer;
	uint32_t word[2];

	for (unsigned i = 0; i < 2; i++)
		word[i] = (uint32_t)spi_i[4 * i] << 24 | (uint32_t)spi_i[4 * i + 1] << 16 |
			  (uint32_t)spi_i[4 * i + 2] << 8 | spi_i[4 * i + 3];
	return (uint8_t)((word[0] * steer->high + word[1] * steer->low) >> 24);
}

unsigned cyg_shard_of_slot(const struct cyg_shard *shard, uint8_t slot)
{
	return shard_of_slot(slot, shard->group->workers);
}

uint8_t shard_own_slot(struct cyg_shard *shard)
{
	unsigned count = shard->group->workers, own = shard->index % count, rounds;
	uint32_t random;

	/* Slots own, own + count, own + 2 * count ... up to 255. */
	rounds = (255 - own) / count + 1;
	cyg_shard_random(shard, &random, sizeof(random));
	return (uint8_t)(own + random % rounds * count);
}

/* --- Timers --- */

void cyg_timer_set(struct cyg_shard *shard, struct cyg_timer *timer, uint64_t deadline_ms,
		   void (*fire)(struct cyg_shard *shard, struct cyg_timer *timer))
{
	timer->fire = fire;
	wheel_set(&shard->wheel, timer, deadline_ms);
}

void cyg_timer_clear(struct cyg_shard *shard, struct cyg_timer *timer)
{
	wheel_clear(&shard->wheel, timer);
}

uint64_t shard_next_deadline(const struct cyg_shard *shard)
{
	return wheel_next_deadline(&shard->wheel);
}

size_t shard_timer_count(const struct cyg_shard *shard)
{
	return shard->wheel.count;
}

/* --- Descriptors --- */

enum cyg_status cyg_poll_start(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	return shard->driver->poll_start(shard, poll, events);
}

void cyg_poll_stop(struct cyg_shard *shard, struct cyg_poll *poll)
{
	if (poll->impl)
		shard->driver->poll_stop(shard, poll);
}

/* --- Turn-ends --- */

void cyg_shard_at_turn_end(struct cyg_shard *shard, struct cyg_turn_end *end)
{
	if (end->queued)
		return;
	end->queued = true;
	end->next = NULL;
	*shard->turn_ends_tail = end;
	shard->turn_ends_tail = &end->next;
}

static bool list_remove(struct cyg_turn_end **list, struct cyg_turn_end *end)
{
	for (struct cyg_turn_end **at = list; *at; at = &(*at)->next) {
		if (*at == end) {
			*at = end->next;
			return true;
		}
	}
	return false;
}

void cyg_turn_end_clear(struct cyg_shard *shard, struct cyg_turn_end *end)
{
	if (!end->queued)
		return;
	end->queued = false;
	if (!list_remove(&shard->turn_ends_running, end))
		(void)list_remove(&shard->turn_ends, end);
	end->next = NULL;
	shard->turn_ends_tail = &shard->turn_ends;
	while (*shard->turn_ends_tail)
		shard->turn_ends_tail = &(*shard->turn_ends_tail)->next;
}

static bool run_turn_ends(struct cyg_shard *shard)
{
	bool ran = false;

	for (unsigned round = 0; round < TURN_END_ROUNDS && shard->turn_ends; round++) {
		shard->turn_ends_running = shard->turn_ends;
		shard->turn_ends = NULL;
		shard->turn_ends_tail = &shard->turn_ends;
		while (shard->turn_ends_running) {
			struct cyg_turn_end *end = shard->turn_ends_running;

			shard->turn_ends_running = end->next;
			end->next = NULL;
			end->queued = false;
			SHARD_ENTERS(shard, end->run);
			end->run(shard, end);
			ran = true;
		}
	}
	return ran;
}

/* --- Messages --- */

enum cyg_status cyg_shard_post(struct cyg_shard *to, struct cyg_msg *msg)
{
	bool wake;
	enum cyg_status status = mailbox_put(&to->mailbox, msg, &wake);

	if (wake)
		to->driver->wake(to);
	return status;
}

static bool run_messages(struct cyg_shard *shard)
{
	unsigned ran = 0;

	while (ran < SHARD_MESSAGES) {
		struct cyg_msg *msg = mailbox_take(&shard->mailbox);

		if (!msg)
			break;
		SHARD_ENTERS(shard, msg->run);
		msg->run(shard, msg);
		ran++;
	}
	return ran > 0;
}

void shard_stop(struct cyg_shard *shard)
{
	atomic_store(&shard->stop, true);
	shard->driver->wake(shard);
}

/* --- Operations. A completed one waits in a list linked by its deadline timer, which is not in the
 * wheel then, so that a cancel takes it out at once however long the list is. --- */

static void completed_add(struct cyg_shard *shard, struct cyg_op *op, enum cyg_status status)
{
	op->state = CYG_OP_COMPLETED;
	op->status = status;
	op->deadline.next = NULL;
	op->deadline.prev = shard->completed_tail;
	*shard->completed_tail = &op->deadline;
	shard->completed_tail = &op->deadline.next;
	shard->completed_count++;
}

static void completed_remove(struct cyg_shard *shard, struct cyg_op *op)
{
	struct cyg_timer *link = &op->deadline;

	*link->prev = link->next;
	if (link->next)
		link->next->prev = link->prev;
	else
		shard->completed_tail = link->prev;
	link->next = NULL;
	link->prev = NULL;
	shard->completed_count--;
	op->state = CYG_OP_IDLE;
}

/* As many turns as it takes to read a mailbox that is full. */
#define LATE_TURNS_MAX (SHARD_MAILBOX_LIMIT / SHARD_MESSAGES)
_Static_assert(LATE_TURNS_MAX <= UINT16_MAX, "cyg_op.late");

static void op_timed_out(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct cyg_op *op = CYG_CONTAINER(timer, struct cyg_op, deadline);

	/* Timers come before messages in a turn. If this shard stood still, for want of a CPU say, the answer may have been in
	 * its mailbox for long. */
	if (op->late < LATE_TURNS_MAX && !mailbox_empty(&shard->mailbox)) {
		op->late++;
		cyg_timer_set(shard, timer, shard->now_ms, op_timed_out);
		return;
	}
	completed_add(shard, op, CYG_TIMEOUT);
	if (op->cancel)
		op->cancel(op, op->provider_state);
}

enum cyg_status cyg_op_pending(struct cyg_op *op, uint64_t timeout_ms,
			       void (*cancel)(struct cyg_op *op, void *provider_state),
			       void *provider_state)
{
	CYG_ASSERT(op->state == CYG_OP_IDLE);
	op->state = CYG_OP_PENDING;
	op->late = 0;
	op->cancel = cancel;
	op->provider_state = provider_state;
	if (timeout_ms)
		cyg_timer_set(op->shard, &op->deadline, op->shard->now_ms + timeout_ms,
			      op_timed_out);
	return CYG_PENDING;
}

void cyg_op_complete(struct cyg_op *op, enum cyg_status status)
{
	CYG_ASSERT(op->state == CYG_OP_PENDING && status != CYG_PENDING);
	cyg_timer_clear(op->shard, &op->deadline);
	completed_add(op->shard, op, status);
}

void cyg_op_cancel(struct cyg_op *op)
{
	switch ((enum cyg_op_state)op->state) {
	case CYG_OP_IDLE:
		break;
	case CYG_OP_PENDING:
		cyg_timer_clear(op->shard, &op->deadline);
		op->state = CYG_OP_IDLE;
		if (op->cancel)
			op->cancel(op, op->provider_state);
		break;
	case CYG_OP_COMPLETED:
		completed_remove(op->shard, op);
		break;
	}
}

static bool run_completed(struct cyg_shard *shard)
{
	bool ran = false;

	/* Those that are here now; what completes meanwhile waits for the next turn. */
	for (size_t left = shard->completed_count; left && shard->completed; left--) {
		struct cyg_op *op = CYG_CONTAINER(shard->completed, struct cyg_op, deadline);

		completed_remove(shard, op);
		SHARD_ENTERS(shard, op->done);
		op->done(op, op->status);
		ran = true;
	}
	return ran;
}

/* --- Jobs --- */

static void job_finished(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct cyg_job *job = CYG_CONTAINER(msg, struct cyg_job, msg);

	if (!job->cancelled)
		job->finish(shard, job);
	job->drop(job);
}

static void job_dropped(struct cyg_msg *msg)
{
	struct cyg_job *job = CYG_CONTAINER(msg, struct cyg_job, msg);

	job->drop(job);
}

enum cyg_status cyg_job_start(struct cyg_shard *shard, struct cyg_job *job)
{
	job->home = shard;
	job->cancelled = false;
	job->msg = (struct cyg_msg){ .run = job_finished, .drop = job_dropped, .reserved = true };
	return shard->driver->job_start(shard, job);
}

void cyg_job_cancel(struct cyg_job *job)
{
	if (job->cancelled)
		return;
	job->cancelled = true;
	job->home->driver->job_cancel(job->home, job);
}

/* --- Sending --- */

void cyg_net_send(struct cyg_shard *shard, const struct cyg_endpoint *local,
		  const struct cyg_endpoint *remote, struct cyg_bytes octets, bool ike)
{
	if (shard->send)
		shard->send(shard->send_ctx, shard, local, remote, octets, ike);
	else
		shard->unsent++;
}

void cyg_net_send_run(struct cyg_shard *shard, const struct cyg_endpoint *local,
		      const struct cyg_endpoint *remote, struct cyg_bytes octets, size_t segment,
		      uint8_t tos)
{
	if (shard->send_run)
		shard->send_run(shard->send_ctx, shard, local, remote, octets, segment, tos);
	else
		shard->unsent++;
}

/* --- The turn --- */

void shard_turn_begin(struct cyg_shard *shard, uint64_t now_ms)
{
	if (now_ms > shard->now_ms)
		shard->now_ms = now_ms;
}

bool shard_turn_rest(struct cyg_shard *shard)
{
	bool ran = wheel_run(&shard->wheel, shard, shard->now_ms) > 0;

	ran |= run_messages(shard);
	ran |= run_completed(shard);
	ran |= run_turn_ends(shard);
	return ran;
}

bool shard_may_sleep(const struct cyg_shard *shard)
{
	return !shard->completed && !shard->turn_ends && mailbox_empty(&shard->mailbox);
}

void shard_close(struct cyg_shard *shard)
{
	mailbox_close(&shard->mailbox);
	shard->completed = NULL;
	shard->completed_tail = &shard->completed;
	shard->completed_count = 0;
	shard->turn_ends = NULL;
	shard->turn_ends_tail = &shard->turn_ends;
}
