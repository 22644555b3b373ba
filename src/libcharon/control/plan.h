/* SPDX-License-Identifier: MIT */
/*
 * What a configuration would change before it does: objects, and the sessions that it would end. Control thread only.
 */
#ifndef CONTROL_PLAN_H
#define CONTROL_PLAN_H

#include "control/state.h"

struct plan_counts {
	unsigned added, changed, removed;
};

/* The objects that differ, as lines and rows of a command (NULL: counted only). */
void plan_tell_changes(struct cyg_exec *exec, const struct cyg_config *before, const struct cyg_config *after,
		       struct plan_counts *counts);

/* The sessions of all shards that a configuration would end. */
struct plan;
/* Asks every shard; `done` is called later. CYG_PENDING, or CYG_NOMEM. The snapshot is kept until plan_free(). */
enum cyg_status plan_sessions(struct daemon *daemon, struct cyg_config *config,
			      void (*done)(struct plan *plan, void *ctx), void *ctx,
			      struct plan **out) CYG_MUST_CHECK;
size_t plan_disturbed(const struct plan *plan);
/* One line and row for each of the first thousand of a shard, and how many there are. */
void plan_tell_sessions(struct cyg_exec *exec, const struct plan *plan);
void plan_free(struct plan *plan); /* after `done` only; NULL is fine */

#endif
