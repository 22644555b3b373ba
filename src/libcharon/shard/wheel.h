/* SPDX-License-Identifier: MIT */
/*
 * A shard's timers: a hierarchical wheel of 6 levels with 64 slots each and a tick of one
 * millisecond, so deadlines are exact. Setting and clearing touch one list; a bitmap per level finds
 * the next occupied slot, so idle time costs nothing. A timer cascades at most once per level.
 *
 * A timer lies at the level of the highest group of six bits in which its deadline differs from the
 * wheel's time. All timers of one level are therefore later than those of the levels below, and no
 * slot index wraps around. Deadlines beyond 2^36 ms wait in a list of their own.
 *
 * Owning shard only. Timers belong to their owners; the wheel allocates nothing.
 */
#ifndef SHARD_WHEEL_H
#define SHARD_WHEEL_H

#include <cygnet/shard.h>

#define WHEEL_LEVELS 6
#define WHEEL_SLOTS  64
#define WHEEL_NEVER  UINT64_MAX

struct wheel {
	uint64_t now_ms;                       /* all that is due up to here has left the slots */
	uint64_t used[WHEEL_LEVELS];           /* bit per slot that is not empty */
	struct cyg_timer *slot[WHEEL_LEVELS * WHEEL_SLOTS];
	struct cyg_timer *far;                 /* beyond the highest level */
	struct cyg_timer *due, **due_tail;     /* in the order of their deadlines */
	struct cyg_timer *firing;              /* those of this turn that have not run yet */
	size_t count;                          /* timers that are set */
};

void wheel_init(struct wheel *w, uint64_t now_ms);
void wheel_set(struct wheel *w, struct cyg_timer *timer, uint64_t deadline_ms);
void wheel_clear(struct wheel *w, struct cyg_timer *timer);
/* Fires all that is due at `now_ms`; returns how many. A timer that is set while this runs, to a
 * deadline that has passed, fires in the next call. */
size_t wheel_run(struct wheel *w, struct cyg_shard *shard, uint64_t now_ms);
/* When wheel_run() has to be called again: never later than the next deadline, WHEEL_NEVER if none. */
uint64_t wheel_next(const struct wheel *w);
/* The next deadline itself; it looks through one slot. For tests. */
uint64_t wheel_next_deadline(const struct wheel *w);

#endif
