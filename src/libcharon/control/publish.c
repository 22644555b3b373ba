/* SPDX-License-Identifier: MIT */
#include "control/publish.h"

#include "config/idle.h"
#include "control/trust.h"
#include "exchange/diagnose.h"
#include "exchange/driver.h"

#include <cygnet/log.h>

#include <stdlib.h>

struct round_msg {
	struct cyg_msg msg;
	struct round *round;
	unsigned index;
};

struct round {
	struct daemon *daemon;
	bool (*run)(struct cyg_shard *shard, void *ctx, unsigned index);
	void *ctx;
	void (*done)(struct daemon *daemon, void *ctx);
	unsigned left;             /* control only */
	struct cyg_timer none;     /* a daemon without workers ends its round in the next turn, too */
	struct round_msg msg[];
};

static void round_end(struct round *round)
{
	struct daemon *daemon = round->daemon;
	void (*done)(struct daemon *daemon, void *ctx) = round->done;
	void *ctx = round->ctx;

	free(round);
	done(daemon, ctx);
}

static void round_back(struct cyg_shard *control, struct cyg_msg *msg)
{
	struct round *round = CYG_CONTAINER(msg, struct round_msg, msg)->round;

	if (--round->left == 0)
		round_end(round);
}

/* Only when a group is torn down with a round under way; the memory of the round goes with the process. */
static void round_drop(struct cyg_msg *msg)
{
}

static void round_run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct round_msg *mine = CYG_CONTAINER(msg, struct round_msg, msg);
	struct round *round = mine->round;
	bool more = round->run(shard, round->ctx, mine->index);

	mine->msg = (struct cyg_msg){ .run = more ? round_run : round_back, .drop = round_drop, .reserved = true };
	CYG_ASSERT(cyg_shard_post(more ? shard : round->daemon->control, &mine->msg) == CYG_OK);
}

static void round_none(struct cyg_shard *control, struct cyg_timer *timer)
{
	round_end(CYG_CONTAINER(timer, struct round, none));
}

enum cyg_status round_start(struct daemon *daemon, bool (*run)(struct cyg_shard *shard, void *ctx, unsigned index),
			    void *ctx, void (*done)(struct daemon *daemon, void *ctx))
{
	struct round *round = calloc(1, sizeof(*round) + daemon->shard_count * sizeof(round->msg[0]));

	if (!round)
		return CYG_NOMEM;
	round->daemon = daemon;
	round->run = run;
	round->ctx = ctx;
	round->done = done;
	for (unsigned i = 0; i < daemon->shard_count; i++) {
		/* One message a shard and round: the mailbox always has that much room. */
		round->msg[i].msg = (struct cyg_msg){ .run = round_run, .drop = round_drop, .reserved = true };
		round->msg[i].round = round;
		round->msg[i].index = i;
		if (cyg_shard_post(cyg_shard_peer(daemon->control, i), &round->msg[i].msg) == CYG_OK)
			round->left++;
	}
	if (round->left == 0)
		cyg_timer_set(daemon->control, &round->none, cyg_shard_now_ms(daemon->control), round_none);
	return CYG_OK;
}

/* --- Configuration --- */

struct publication {
	struct cyg_config *config; /* a reference until the round is over */
	struct cyg_config *before; /* the one of before, likewise: no shard has to free it */
	struct pki *pki;           /* likewise: what its trustpoints hold */
	void (*done)(struct daemon *daemon, void *ctx);
	void *ctx;
	bool taken[];              /* by each shard, which alone looks at its own */
};

static bool take_config(struct cyg_shard *shard, void *ctx, unsigned index)
{
	struct publication *publication = ctx;
	const struct cyg_config *before = shard->config;

	if (publication->taken[index])
		return shard->engine && ike_shard_renew(shard->engine);
	publication->taken[index] = true;
	shard->config = config_ref(publication->config);
	if (shard->engine)
		ike_shard_pki(shard->engine, publication->pki);
	if (shard->engine)
		ike_shard_configure(shard->engine, shard->config, config_view(shard->config));
	config_unref(before);
	return shard->engine != NULL;
}

static void published(struct daemon *daemon, void *ctx)
{
	struct publication *publication = ctx;
	void (*done)(struct daemon *daemon, void *ctx) = publication->done;
	void *done_ctx = publication->ctx;

	config_unref(publication->config);
	config_unref(publication->before);
	pki_unref(publication->pki);
	free(publication);
	done(daemon, done_ctx);
}

#define UNUSED_TOLD_MAX 50

static void tell_unused(void *ctx, const struct config_unused *unused)
{
	unsigned *count = ctx;

	if ((*count)++ < UNUSED_TOLD_MAX)
		cyg_log(CYG_LOG_NOTICE, "config.unused", "{mode} {name} ({file}:{line}) is not used: {why}",
			F_STR("mode", unused->mode->what), F_STR("name", unused->name), F_STR("file", unused->file),
			F_UINT("line", unused->line), F_STR("why", unused->why));
}

static void tell_idle(void *ctx, const struct config_idle *idle)
{
	unsigned *count = ctx;

	if ((*count)++ < UNUSED_TOLD_MAX)
		cyg_log(CYG_LOG_NOTICE, "config.no-effect", "`{line}` ({file}:{number}) has no effect: nothing in this version acts on it",
			F_STR("line", idle->text), F_STR("file", idle->file), F_UINT("number", idle->line));
}

/* What was configured and does nothing, once. */
static void log_unused(const struct cyg_config *config, const struct cyg_config *before)
{
	unsigned count = 0;

	if (config_each_idle(config, before, tell_idle, &count) != CYG_OK)
		cyg_log(CYG_LOG_CRIT, "config.memory", "memory is short: lines without an effect are not told");
	if (count > UNUSED_TOLD_MAX)
		cyg_log(CYG_LOG_NOTICE, "config.no-effect-more", "{count} more lines have no effect",
			F_UINT("count", count - UNUSED_TOLD_MAX));
	count = 0;
	config_each_unused(config, before, tell_unused, &count);
	if (count > UNUSED_TOLD_MAX)
		cyg_log(CYG_LOG_NOTICE, "config.unused-more", "{count} more objects are not used",
			F_UINT("count", count - UNUSED_TOLD_MAX));
}

/* The files have been read: to the shards with it. */
static void trust_loaded(struct daemon *daemon, struct pki *take_pki, void *ctx)
{
	struct publication *publication = ctx;

	publication->pki = take_pki;
	if (!take_pki || round_start(daemon, take_config, publication, published) != CYG_OK) {
		cyg_log(CYG_LOG_CRIT, "config.memory", "memory is short: the configuration before stays in force");
		published(daemon, publication);
		return;
	}
	if (take_pki != daemon->pki)
		trust_log(config_view(publication->config), take_pki, cyg_shard_wall_s(daemon->control));
	pki_unref(daemon->pki);
	daemon->pki = pki_ref(take_pki);
	log_unused(publication->config, daemon->config);
	publication->before = daemon->config;
	daemon->config = config_ref(publication->config);
	daemon->control->config = daemon->config;
	diagnose_configure(config_view(daemon->config)->global->diagnose);
}

enum cyg_status publish_config(struct daemon *daemon, struct cyg_config *config,
			       void (*done)(struct daemon *daemon, void *ctx), void *ctx)
{
	struct publication *publication = calloc(1, sizeof(*publication) + daemon->shard_count * sizeof(publication->taken[0]));

	if (!publication)
		return CYG_NOMEM;
	publication->config = config_ref(config);
	publication->done = done;
	publication->ctx = ctx;
	trust_load(daemon, config, trust_loaded, publication);
	return CYG_OK;
}
