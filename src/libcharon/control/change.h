/* SPDX-License-Identifier: MIT */
/*
 * Changing what is in force, one change at a time: whoever wants to looks at the configuration and applies the next one
 * in his turn, so that no change is lost between two. Control thread only.
 */
#ifndef CONTROL_CHANGE_H
#define CONTROL_CHANGE_H

#include "control/state.h"

/* A place in the queue; embedded in whatever waits. */
struct change {
	struct change *next;
	void (*run)(struct daemon *daemon, struct change *change);
};

/* `run` is called in this call if nobody is before it, else when they have left. */
void change_enter(struct daemon *daemon, struct change *change);
/* The turn is over: who was called last has ended; his change may be freed before. */
void change_leave(struct daemon *daemon);

/*
 * In a turn: brings a snapshot (borrowed) into force: devices that it adds, every shard, devices that it no longer has. `done` is
 * called in this call or later; CYG_NOMEM: all is as it was.
 */
void change_apply(struct daemon *daemon, struct cyg_config *config,
		  void (*done)(struct daemon *daemon, void *ctx, enum cyg_status status), void *ctx);

#endif
