/* SPDX-License-Identifier: MIT */
/*
 * The daemon on its way: what the lists of steps up (daemon_up.c) and down (daemon_down.c) work on, and how they
 * go on (daemon.c). Control thread only.
 */
#ifndef CONTROL_RUNNING_H
#define CONTROL_RUNNING_H

#include "control/broker_client.h"
#include "control/daemon.h"
#include "control/daemon_parts.h"
#include "control/key_files.h"
#include "control/reading.h"
#include "exchange/driver.h"
#include "net/net.h"

#define SOCKET_GROUPS  4    /* IPv4 and IPv6, ports 500 and 4500 */

struct running;
typedef enum cyg_status step_fn(struct running *r);

/* One shard's share. */
struct shard_rooms {
	int fd[SOCKET_GROUPS];
	struct ike_shard *ike;
	struct net_shard *net;
	enum cyg_status status;
	char why[200];
	bool started, attached;
};

struct running {
	struct daemon d;
	const struct daemon_args *args;
	struct broker_client *broker;
	struct watchdog watchdog;
	struct control_hooks hooks;
	struct ike_options ike_options;
	struct key_files keys;
	struct cyg_poll signals;
	struct cyg_timer patience, later;
	enum daemon_exit code;

	step_fn *const *steps;     /* the list under way, ended by NULL */
	unsigned step;
	bool down;
	struct cyg_op op;
	enum cyg_status (*after)(struct running *r, enum cyg_status status); /* the op's completion */
	struct cyg_broker_reply reply;
	struct config_reading reading;
	struct registry_set *plugins;
	unsigned at;               /* of a step that counts */
	bool rooms_up;
	struct shard_rooms rooms[CYG_SHARDS_MAX];
};

extern step_fn *const up_steps[], *const down_steps[];

/* Takes the steps one after the other, from this result of the one before; CYG_PENDING: it is called again. A failure
 * on the way up begins the way down. */
void go_on(struct running *r, enum cyg_status status);
/* The step's operation, and what goes on behind it. */
struct cyg_op *op_for(struct running *r, enum cyg_status (*after)(struct running *r, enum cyg_status status));
/* What a call that was given op_for() returned: its own `after` if it is done already. */
enum cyg_status op_result(struct running *r, enum cyg_status status);
/* `run` on every shard, then `after` (may be NULL). */
enum cyg_status run_round(struct running *r, bool (*run)(struct cyg_shard *shard, void *ctx, unsigned index),
			  enum cyg_status (*after)(struct running *r, enum cyg_status status));
/* Ends a round (publish.h) or the work on interfaces; `ctx` is the struct running. */
void round_done(struct daemon *daemon, void *ctx);
void interfaces_done(struct daemon *daemon, void *ctx);

#endif
