/* SPDX-License-Identifier: MIT */
/*
 * The runtime of one worker as plugins and the engine see it: time, timers, descriptors,
 * operations and messages.
 *
 * A shard owns its event loop and shares nothing: all functions here that take a shard are called
 * on its own thread only, except cyg_shard_post(), which any thread may call. What completes an
 * operation from another thread posts a message of the provider's own, which knows whether the op was
 * cancelled meanwhile. The control thread has a shard object of its own (cyg_shard_index() is
 * CYG_SHARD_CONTROL), so that plugin code needs to know one runtime only. In tests a shard is stepped by hand under a fake clock.
 */
#ifndef CYGNET_SHARD_H
#define CYGNET_SHARD_H

#include <cygnet/bytes.h>

struct cyg_shard;
struct cyg_plugin_ctx;

#define CYG_SHARD_CONTROL 0xffffu
#define CYG_SHARDS_MAX    64

/* 0 to count-1, or CYG_SHARD_CONTROL. */
CYG_EXPORT unsigned cyg_shard_index(const struct cyg_shard *shard);
/* How many worker shards this daemon has (at least 1). */
CYG_EXPORT unsigned cyg_shard_count(const struct cyg_shard *shard);
/* Worker `index` of the same daemon, or for CYG_SHARD_CONTROL the control thread's shard, to post
 * to. NULL if there is none. Any thread. */
CYG_EXPORT struct cyg_shard *cyg_shard_peer(const struct cyg_shard *shard, unsigned index);
/* The worker that owns a slot (the low octet of our IKE SPIs, the high one of our ESP SPIs). Any thread. */
CYG_EXPORT unsigned cyg_shard_of_slot(const struct cyg_shard *shard, uint8_t slot);
/* True on the thread that runs this shard; debug builds assert it at the head of handlers. */
CYG_EXPORT bool cyg_shard_is_mine(const struct cyg_shard *shard);

/* Milliseconds of the monotonic clock, read once per turn of the loop. */
CYG_EXPORT uint64_t cyg_shard_now_ms(const struct cyg_shard *shard);
/* Seconds since 1970 (wall clock), for people and certificates only. */
CYG_EXPORT int64_t cyg_shard_wall_s(const struct cyg_shard *shard);
/* Unpredictable octets from the shard's pool; never fails (the pool is filled before it is used). */
CYG_EXPORT void cyg_shard_random(struct cyg_shard *shard, void *out, size_t len);

/* --- Timers: a hierarchical wheel; set and clear cost some nanoseconds. --- */

/* Embedded in what it belongs to, zeroed before first use. The members are the wheel's. */
struct cyg_timer {
	struct cyg_timer *next, **prev; /* prev is NULL while the timer is not set */
	uint64_t deadline_ms;
	void (*fire)(struct cyg_shard *shard, struct cyg_timer *timer);
};

/* (Re)arms; fires once, at the first turn of the loop at or after the deadline. */
CYG_EXPORT void cyg_timer_set(struct cyg_shard *shard, struct cyg_timer *timer, uint64_t deadline_ms,
			      void (*fire)(struct cyg_shard *shard, struct cyg_timer *timer));
/* After it returns the timer will not fire. A timer that is not set is fine. */
CYG_EXPORT void cyg_timer_clear(struct cyg_shard *shard, struct cyg_timer *timer);
static inline bool cyg_timer_is_set(const struct cyg_timer *timer)
{
	return timer->prev != NULL;
}

/* --- Descriptors --- */

#define CYG_READABLE 1u
#define CYG_WRITABLE 2u

struct cyg_poll {
	int fd;
	unsigned events;                /* CYG_READABLE | CYG_WRITABLE */
	void (*ready)(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events);
	void *impl;                     /* the loop's */
};

/* Starts, or changes the events of, watching `poll->fd`; the poll must stay where it is until
 * stopped. CYG_NOMEM, CYG_IO. */
CYG_EXPORT enum cyg_status cyg_poll_start(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
	CYG_MUST_CHECK;
/* After it returns `ready` will not be called; the descriptor stays the caller's. */
CYG_EXPORT void cyg_poll_stop(struct cyg_shard *shard, struct cyg_poll *poll);

/* Runs at the end of this turn of the loop, once, before it sleeps: for batching what a turn
 * gathered (datagrams to send, kernel requests). Setting it again in the same turn does nothing. */
struct cyg_turn_end {
	struct cyg_turn_end *next;
	bool queued;
	void (*run)(struct cyg_shard *shard, struct cyg_turn_end *end);
};
CYG_EXPORT void cyg_shard_at_turn_end(struct cyg_shard *shard, struct cyg_turn_end *end);
/* After it returns `run` will not be called; for an owner that goes away. One that is not set is fine. */
CYG_EXPORT void cyg_turn_end_clear(struct cyg_shard *shard, struct cyg_turn_end *end);

/* --- Messages between shards --- */

/*
 * Carries values or hands over ownership; never points into another shard's objects. Embedded at
 * the head of what is sent. `run` is called on the receiver and owns the message; `drop` instead of
 * it (on whichever thread) if the receiver is gone.
 */
struct cyg_msg {
	struct cyg_msg *next;
	void (*run)(struct cyg_shard *to, struct cyg_msg *msg);
	void (*drop)(struct cyg_msg *msg);
	bool reserved; /* a completion: always accepted, since its request was counted */
};

/*
 * Any thread. The mailbox is bounded: CYG_BUSY leaves the message with the caller, who answers or
 * drops it. CYG_OK gives it away. A message with `reserved` set is always accepted.
 */
CYG_EXPORT enum cyg_status cyg_shard_post(struct cyg_shard *to, struct cyg_msg *msg) CYG_MUST_CHECK;

/* --- Operations: whatever may wait --- */

/*
 * Embedded in what waits (an SA). A provider's call returns CYG_OK (done, the result is in place),
 * CYG_PENDING (`done` will run later on this shard) or an error. Never both, and `done` is never
 * called from inside the call that began it. After cyg_op_cancel() returns, `done` cannot run and
 * the provider no longer touches the caller's memory, so freeing the SA is always safe.
 */
struct cyg_op {
	struct cyg_shard *shard;  /* where it began and completes */
	void (*done)(struct cyg_op *op, enum cyg_status status);       /* the caller's */
	void (*cancel)(struct cyg_op *op, void *provider_state);      /* the provider's; may be NULL */
	void *provider_state;
	struct cyg_timer deadline; /* once completed: its place among those whose `done` is due */
	enum cyg_status status;
	uint8_t state;            /* enum cyg_op_state */
	uint16_t late;            /* turns since the deadline in which messages were still to be read */
};

enum cyg_op_state {
	CYG_OP_IDLE = 0,
	CYG_OP_PENDING,   /* the provider has it */
	CYG_OP_COMPLETED, /* queued: `done` runs at the next step of the loop */
};

/* The caller, before it calls a provider. */
static inline void cyg_op_init(struct cyg_op *op, struct cyg_shard *shard,
			       void (*done)(struct cyg_op *op, enum cyg_status status))
{
	*op = (struct cyg_op){ .shard = shard, .done = done };
}
/*
 * The provider, before it returns CYG_PENDING. `cancel` is called at most once, when the caller
 * gives up or `timeout_ms` (0: none) has passed, in which case the op then completes with CYG_TIMEOUT. A shard that
 * stood still reads the messages that came meanwhile first: an answer among them is in time.
 * It may be NULL only if the provider completes the op before it returns.
 */
CYG_EXPORT enum cyg_status cyg_op_pending(struct cyg_op *op, uint64_t timeout_ms,
					  void (*cancel)(struct cyg_op *op, void *provider_state),
					  void *provider_state);
/* The provider, on the op's shard, exactly once after CYG_PENDING. */
CYG_EXPORT void cyg_op_complete(struct cyg_op *op, enum cyg_status status);
/* The caller. An idle op is fine. */
CYG_EXPORT void cyg_op_cancel(struct cyg_op *op);
static inline bool cyg_op_is_pending(const struct cyg_op *op)
{
	return op->state != CYG_OP_IDLE;
}

/*
 * Work for the helper pool: slow arithmetic (RSA signatures, large MODP groups), over 200
 * microseconds. The job owns its inputs and its result; `work` runs on a helper thread, then `finish`
 * on the shard that began it unless it was cancelled, then `drop` frees it (always, exactly once).
 */
struct cyg_job {
	struct cyg_msg msg;
	struct cyg_shard *home;
	void (*work)(struct cyg_job *job);
	void (*finish)(struct cyg_shard *shard, struct cyg_job *job);
	void (*drop)(struct cyg_job *job);
	bool cancelled;           /* of the home shard; set by cyg_job_cancel() */
};
/* CYG_BUSY (the job stays the caller's) when the pool's queue is full. */
CYG_EXPORT enum cyg_status cyg_job_start(struct cyg_shard *shard, struct cyg_job *job) CYG_MUST_CHECK;
/* On its home shard, before `finish` has run. */
CYG_EXPORT void cyg_job_cancel(struct cyg_job *job);

#endif
