/* SPDX-License-Identifier: MIT */
/*
 * A configuration to every shard by message, counted until the last has switched. One at a time. Each shard
 * holds a reference of its own (its member `config`) and lets the one before go; that is freed here, where its time is nobody's.
 * Control thread.
 */
#ifndef CONTROL_PUBLISH_H
#define CONTROL_PUBLISH_H

#include "control/state.h"

/* A message to each worker, with `done` on control when all have run it. `run` is called on the shards; while it returns true it
 * is called again in the shard's next turn. */
struct round;
/* CYG_OK: `done` will be called, in a later turn. CYG_NOMEM. */
enum cyg_status round_start(struct daemon *daemon, bool (*run)(struct cyg_shard *shard, void *ctx, unsigned index),
			    void *ctx, void (*done)(struct daemon *daemon, void *ctx)) CYG_MUST_CHECK;

/* Makes `config` the one in force, with what its trustpoints' files hold (trust.h): on control when these were read,
 * on the shards before `done`. */
enum cyg_status publish_config(struct daemon *daemon, struct cyg_config *config,
			       void (*done)(struct daemon *daemon, void *ctx), void *ctx) CYG_MUST_CHECK;

#endif
