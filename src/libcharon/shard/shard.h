/* SPDX-License-Identifier: MIT */
/*
 * A shard from the inside: the runtime of one worker, the rooms' state on it, and who drives it.
 * What plugins may use of it is <cygnet/shard.h>.
 *
 * Shards are made in groups: one group is one daemon, with a shard object for the control thread
 * and one per worker. A group is either driven (each worker has a thread and a libuv loop; the
 * caller of shard_run() becomes the control thread) or manual (tests: no thread at all; shard_step()
 * runs one turn under a fake clock; several groups may live on one thread).
 *
 * Threads: a shard is touched by the thread that runs it only. What any thread may do says so: post, ask
 * it to stop, read its progress. The group owns its shards and frees them last, so that a late
 * poster always finds a mailbox, if a closed one.
 *
 * A turn: the clock is read; descriptors that are ready; timers that are due; at most SHARD_MESSAGES
 * messages; operations that completed; turn-ends; then sleep until something is due.
 */
#ifndef SHARD_SHARD_H
#define SHARD_SHARD_H

#include "shard/mailbox.h"
#include "shard/wheel.h"

#include <cygnet/net.h>
#include <cygnet/shard.h>

#include <pthread.h>
#include <stdatomic.h>

#define SHARD_MESSAGES      64    /* taken out of the mailbox per turn */
#define SHARD_MAILBOX_LIMIT 16384 /* messages waiting, unless the setup says otherwise */
#define SHARD_JOBS_LIMIT    256   /* jobs waiting for a helper */
#define SHARD_HELPERS       2     /* helper threads of a group */
#define SHARD_RANDOM_POOL   1024  /* octets */
#define SHARD_CACHE_LINE    64

struct shard_group;
struct uv_loop_s;

/* State of the rooms on one shard. Each pointer is set and freed by its room. */
struct ike_shard;      /* exchange/ */
struct registry_shard; /* registry/ */
struct cyg_config;     /* config/ */
struct net_shard;      /* net/ */
struct kernel_shard;   /* kernel/ */
struct control_shard;  /* control/ */
struct broker_client;  /* control/, on the control shard only */

/* Where cyg_net_send() and cyg_net_send_run() go: net/, or a test's scripted wire. NULL: nowhere. */
typedef void shard_send_fn(void *ctx, struct cyg_shard *shard, const struct cyg_endpoint *local,
			   const struct cyg_endpoint *remote, struct cyg_bytes octets, bool ike);
typedef void shard_send_run_fn(void *ctx, struct cyg_shard *shard, const struct cyg_endpoint *local,
			       const struct cyg_endpoint *remote, struct cyg_bytes octets,
			       size_t segment, uint8_t tos);
/* Fills `out` with unpredictable octets; anything but CYG_OK makes the pool ask the system. */
typedef enum cyg_status shard_fill_fn(void *ctx, struct cyg_shard *shard, void *out, size_t len);

struct cyg_shard {
	struct ike_shard *engine;
	struct registry_shard *registry;
	const struct cyg_config *config;
	struct net_shard *net;
	struct kernel_shard *kernel;
	struct control_shard *control;
	struct broker_client *broker;

	shard_send_fn *send;
	shard_send_run_fn *send_run;
	void *send_ctx;

	shard_fill_fn *fill_random; /* CYG_RNG, set by the registry */
	void *fill_random_ctx;

	/* On the shard's own thread: `begin` before its first turn, `end` after its last one, while
	 * messages can still be posted (they are dropped). Either may be NULL. */
	void (*begin)(struct cyg_shard *shard, void *ctx);
	void (*end)(struct cyg_shard *shard, void *ctx);
	void *life_ctx;

	/* --- what follows is for shard/ only --- */
	struct shard_group *group;
	unsigned index;
	const struct shard_driver *driver;
	void *impl;                     /* the driver's */
	uint64_t now_ms;
	struct wheel wheel;
	struct cyg_timer *completed, **completed_tail; /* ops by their deadline member */
	size_t completed_count;
	struct cyg_turn_end *turn_ends, **turn_ends_tail, *turn_ends_running;
	size_t random_left;
	uint8_t random_pool[SHARD_RANDOM_POOL];
	uint64_t random_seed;           /* 0: real random */
	uint64_t unsent;                /* datagrams sent while no room was there to take them */
	atomic_uintptr_t doing;         /* the callback that was entered last */
	atomic_uint_fast64_t entered;   /* how many were */
	/* What other threads write or look at when they post, in a cache line of its own. */
	_Alignas(SHARD_CACHE_LINE) struct mailbox mailbox;
	atomic_uint_fast64_t progress;
	atomic_bool stop;
};

/* How one kind of shard is driven. */
struct shard_driver {
	bool manual;
	int64_t (*wall_s)(const struct cyg_shard *shard);
	bool (*is_mine)(const struct cyg_shard *shard);
	enum cyg_status (*poll_start)(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events);
	void (*poll_stop)(struct cyg_shard *shard, struct cyg_poll *poll);
	/* Any thread: something was put into the mailbox, which was empty, or `stop` was set (sequentially consistent, both). */
	void (*wake)(struct cyg_shard *shard);
	/* Any thread: CPU time of the shard's thread; whether it runs or waits for a CPU, and for nothing else. False: nobody knows. */
	bool (*load)(const struct cyg_shard *shard, uint64_t *cpu_ms, bool *runs);
	enum cyg_status (*job_start)(struct cyg_shard *shard, struct cyg_job *job);
	void (*job_cancel)(struct cyg_shard *shard, struct cyg_job *job);
	/* Ends all that runs: threads, waiting jobs; calls `end` where `begin` was called. */
	void (*group_stop)(struct shard_group *group);
	void (*done)(struct cyg_shard *shard);
};

/* --- A driven group --- */

struct shard_setup {
	unsigned workers;       /* 1 to CYG_SHARDS_MAX */
	unsigned mailbox_limit; /* 0: SHARD_MAILBOX_LIMIT */
	unsigned helpers;       /* threads for jobs; 0: SHARD_HELPERS */
	unsigned jobs_limit;    /* 0: SHARD_JOBS_LIMIT */
};

/* CYG_LIMIT (wrong number of workers), CYG_NOMEM, CYG_IO. Starts no thread. */
enum cyg_status shard_group_new(const struct shard_setup *setup, struct shard_group **out) CYG_MUST_CHECK;
/* Joins what still runs, then frees all shards. Not on a thread of the group. NULL is fine. */
void shard_group_free(struct shard_group *group);
struct cyg_shard *shard_group_control(struct shard_group *group);
struct cyg_shard *shard_group_worker(struct shard_group *group, unsigned index);
/* Starts a worker's thread and, with the first, the helpers. Privileges are those of the caller's
 * thread: drop them before. CYG_IO with errno set. */
enum cyg_status shard_start(struct cyg_shard *shard) CYG_MUST_CHECK;
/* Runs a shard that has no thread (control) on this one until it is stopped. */
enum cyg_status shard_run(struct cyg_shard *shard) CYG_MUST_CHECK;
/* Any thread: the shard ends its turn, calls `end` and closes its mailbox. */
void shard_stop(struct cyg_shard *shard);
/* Waits for a worker's thread to end. Not on a thread of the group. */
void shard_join(struct cyg_shard *shard);
/* The libuv loop of a driven shard, for signals and child processes; NULL for a manual one. */
struct uv_loop_s *shard_uv_loop(struct cyg_shard *shard);

/* Any thread: grows with every turn; odd while the shard is in a turn, even while it sleeps. */
uint64_t shard_progress(const struct cyg_shard *shard);

/* What a watchdog saw of a shard when that moved last; zeroed before the first look. */
struct shard_look {
	uint64_t progress, entered, cpu_ms;
};

enum shard_verdict {
	SHARD_MOVES = 0, /* it sleeps, or another callback was entered since the last look */
	SHARD_WAITS,     /* it is in the same callback, for want of a CPU: nothing of ours is wrong */
	SHARD_STUCK,     /* it is in the same callback, and has had `limit_ms` of CPU time there, or waits for something else */
};

/* Any thread: looks again. Looks some seconds apart, always the same `limit_ms`. */
enum shard_verdict shard_look(const struct cyg_shard *shard, struct shard_look *look, uint64_t limit_ms);

/*
 * Any thread: the callback that a shard entered last, as FILE+0xOFFSET (what addr2line takes) and the function's name
 * where the file tells it. Returns `out`, which has room for SHARD_DOING_TEXT octets.
 */
#define SHARD_DOING_TEXT 192
const char *shard_doing(const struct cyg_shard *shard, char *out);
/* For shard/ only: says which callback is entered now. */
#define SHARD_ENTERS(shard_, function_) shard_enters((shard_), (uintptr_t)(function_))
static inline void shard_enters(struct cyg_shard *shard, uintptr_t function)
{
	uint64_t entered = atomic_load_explicit(&shard->entered, memory_order_relaxed);

	/* Nobody else writes. */
	atomic_store_explicit(&shard->entered, entered + 1, memory_order_relaxed);
	atomic_store_explicit(&shard->doing, function, memory_order_relaxed);
}

/* --- A manual group --- */

/* Time as a test tells it; may be shared by several groups. */
struct shard_clock {
	uint64_t now_ms;  /* monotonic */
	int64_t wall_ms;  /* since 1970 */
};

struct shard_manual {
	unsigned workers;          /* 0: 1 */
	unsigned mailbox_limit;    /* 0: SHARD_MAILBOX_LIMIT */
	unsigned jobs_limit;       /* 0: SHARD_JOBS_LIMIT */
	struct shard_clock *clock; /* the test's, outlives the group; NULL: one of the group's own */
	uint64_t seed;             /* 0: real random; else the same octets each time */
	bool hold_jobs;            /* jobs run by shard_manual_run_job() only */
	bool real_fds;             /* a step asks poll(2) about the descriptors that are watched */
};

/* `setup` may be NULL. */
enum cyg_status shard_manual_group_new(const struct shard_manual *setup,
				       struct shard_group **out) CYG_MUST_CHECK;
/* A group of one worker, returned; NULL if out of memory. */
struct cyg_shard *shard_manual_new(const struct shard_manual *setup);
/* Frees the whole group of `shard`. NULL is fine. */
void shard_manual_free(struct cyg_shard *shard);
/* One turn, with `begin` before the first. Returns whether anything ran. */
bool shard_step(struct cyg_shard *shard);
/* Steps the control shard and all workers of a group until nothing moves; false if something still does
 * after `turns` rounds. */
bool shard_settle(struct shard_group *group, unsigned turns);
struct shard_group *shard_group_of(struct cyg_shard *shard);
struct shard_clock *shard_manual_clock(struct cyg_shard *shard);
void shard_clock_advance(struct shard_clock *clock, uint64_t ms);
/* The earliest deadline of the shard's timers, WHEEL_NEVER if none. */
uint64_t shard_next_deadline(const struct cyg_shard *shard);
/* How many timers are set: a test that ends with a leaked one fails. */
size_t shard_timer_count(const struct cyg_shard *shard);
/* What its thread would have had of a CPU, and whether it would run; until then nobody knows. */
void shard_manual_set_load(struct cyg_shard *shard, uint64_t cpu_ms, bool runs);
/* Polls of a manual shard see what is told here: the next step calls `ready` with those of `events` that
 * are watched. */
void shard_manual_fd_ready(struct cyg_shard *shard, int fd, unsigned events);
size_t shard_manual_poll_count(const struct cyg_shard *shard);
/* Runs `work` of the oldest waiting job of the group; false if there is none. Its completion is in
 * the home shard's mailbox then. */
bool shard_manual_run_job(struct shard_group *group);

/* --- Slots --- */

/* Our SPIs carry a slot; this deals slots to workers. The one place that knows how, but for the socket
 * filter that net/ makes of it; cyg_shard_of_slot() for plugins. */
static inline unsigned shard_of_slot(uint8_t slot, unsigned count)
{
	return slot % count;
}

/* Multipliers of the hash over initiator SPIs, the same in the socket filter and here. */
struct shard_steer {
	uint32_t high, low;
};
const struct shard_steer *shard_steer(const struct cyg_shard *shard);
/* The slot of an IKE_SA that an IKE_SA_INIT with this initiator SPI begins. */
uint8_t shard_slot_of_init(const struct cyg_shard *shard, const uint8_t spi_i[8]);
/* A random slot of this worker, for an SA that we begin. */
uint8_t shard_own_slot(struct cyg_shard *shard);

/* --- For the drivers --- */

void shard_turn_begin(struct cyg_shard *shard, uint64_t now_ms);
/* Timers, messages, completed ops and turn-ends; returns whether anything ran. */
bool shard_turn_rest(struct cyg_shard *shard);
/* Nothing is left that has to run before time passes or something comes in. */
bool shard_may_sleep(const struct cyg_shard *shard);

#endif
