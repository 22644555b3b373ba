/* SPDX-License-Identifier: MIT */
/*
 * The daemon's end of the broker's socket (cygnet/broker.h): calls as operations on the control
 * shard, answered in order; and the watchdog that tells the starter that every shard moves.
 * Control thread only. Whoever called broker_client_new() frees.
 */
#ifndef CONTROL_BROKER_CLIENT_H
#define CONTROL_BROKER_CLIENT_H

#include "shard/shard.h"

#include <cygnet/broker.h>

#define BROKER_CALL_TIMEOUT_MS 30000

struct broker_client;

/*
 * Takes `fd` (closed on failure too), greets the starter and makes cyg_broker_call() work on
 * `control`. CYG_NOMEM, CYG_IO.
 */
enum cyg_status broker_client_new(struct cyg_shard *control, int take_fd,
				  struct broker_client **out) CYG_MUST_CHECK;
/* Calls under way complete with CYG_IO at the next turn. NULL is fine. */
void broker_client_free(struct broker_client *client);
/* The starter was there at the last look. */
bool broker_client_is_alive(const struct broker_client *client);

struct watchdog {
	struct cyg_shard *control;
	struct cyg_timer timer;
	struct cyg_op op;
	struct cyg_broker_reply reply;
	struct shard_look look[CYG_SHARDS_MAX];
	enum shard_verdict told; /* the worst of the last look, said already */
};

/* From now on the starter hears every CYG_BROKER_ALIVE_S that all workers move, or hears nothing. */
void watchdog_start(struct watchdog *watchdog, struct cyg_shard *control);
/* One that was never started (zeroed) is fine. */
void watchdog_stop(struct watchdog *watchdog);

#endif
