/* SPDX-License-Identifier: MIT */
/*
 * What the daemon is made of, for the files of this room: commands look at it, daemon.c makes it, reload.c changes it.
 * Control thread only. Tests fill in the members that what they test needs.
 */
#ifndef CONTROL_STATE_H
#define CONTROL_STATE_H

#include "base/paths.h"
#include "config/config.h"
#include "config/objects.h"
#include "control/options.h"
#include "control/server.h"
#include "shard/shard.h"

struct pki;
struct registry;
struct engine_conf;
struct interfaces;
struct change;
struct revert;
struct vault;

/* Who gave a wrong enable secret, and until when no other is looked at. */
struct enable_wait {
	uid_t uid;
	uint64_t until_ms;
};

#define ENABLE_WAITS   16   /* users at a time */
#define ENABLE_WAIT_MS 1000

struct daemon {
	struct paths paths;
	struct engine_conf *conf;       /* cygnet.conf */
	const struct engine_options *options; /* what is in it */
	struct shard_group *group;
	struct cyg_shard *control;      /* its control shard */
	unsigned shard_count;
	struct registry *registry;
	struct config_grammar *grammar;
	uint64_t grammar_print;         /* which tables it is made of */
	struct cyg_config *config;      /* in force; a reference of ours */
	struct pki *pki;                /* what its trustpoints hold; ours. NULL before the first is in force */
	bool trust_stale;               /* their files are to be read again, changed or not */
	uint64_t trust_seed[2];
	const char *config_origin;      /* "startup-config", "last good copy", "empty" */
	bool config_changed;            /* since it was read or written */
	struct control_server *server;
	struct control_groups groups;
	struct enable_wait enable_waits[ENABLE_WAITS];
	bool changing;                  /* a change is under way (change.h) */
	struct change *changes;         /* those that wait for it */
	void (*changes_over)(struct daemon *daemon); /* told when the last has left */
	struct revert *revert;          /* the way back that is armed (revert.h) */
	struct vault *vault;            /* the master key of secrets of type 6 (vault.h) */
	struct interfaces *interfaces;  /* what has been made */
	int64_t started_wall_s;
	bool running;                   /* all is made; not yet going down */
	bool stopping;
};

/* Name of the box: `hostname` of the configuration in force, or "cygnet". */
const char *daemon_hostname(const struct daemon *daemon);
/* The one kernel plugin and its context on the control shard; NULL if there is none. */
const struct cyg_kernel_ops *daemon_kernel(struct daemon *daemon, struct cyg_plugin_ctx **ctx);

/* The exec tables of this room; ended by NULL. */
extern const struct cyg_command_table *const control_tables[];

#endif
