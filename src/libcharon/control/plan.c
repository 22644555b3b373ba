/* SPDX-License-Identifier: MIT */
#include "control/plan.h"

#include "control/pages.h"
#include "control/publish.h"
#include "control/show.h"
#include "exchange/driver.h"

#include <stdlib.h>

#define ROWS_MAX 1000 /* told of each shard; the others are counted */

/* --- Objects --- */

struct telling {
	struct cyg_exec *exec;
	struct plan_counts *counts;
};

static void tell_change(void *ctx, enum config_change change, const struct cyg_mode *mode, const char *path)
{
	static const char *const words[] = { "added", "changed", "removed" };
	const struct telling *telling = ctx;
	struct cyg_exec *exec = telling->exec;
	json_t *row;

	telling->counts->added += change == CONFIG_ADDED;
	telling->counts->changed += change == CONFIG_CHANGED;
	telling->counts->removed += change == CONFIG_REMOVED;
	if (!exec)
		return;
	if (path[0])
		cyg_exec_printf(exec, "%s: %s %s\n", words[change], mode->what, path);
	else
		cyg_exec_printf(exec, "%s: single lines at the top\n", words[change]);
	if (!cyg_exec_json(exec))
		return;
	row = json_object();
	put_text(&row, "change", words[change]);
	put_text(&row, "mode", mode->name);
	put_text(&row, "object", path);
	cyg_exec_row(exec, row);
}

void plan_tell_changes(struct cyg_exec *exec, const struct cyg_config *before, const struct cyg_config *after,
		       struct plan_counts *counts)
{
	struct telling telling = { exec, counts };

	*counts = (struct plan_counts){ 0 };
	config_diff(before, after, tell_change, &telling);
}

/* --- Sessions --- */

struct shard_plan {
	struct row_cursor cursor;
	struct ike_plan_row *rows;
	size_t count, total;
};

struct plan {
	struct cyg_config *config;
	void (*done)(struct plan *plan, void *ctx);
	void *ctx;
	unsigned shard_count;
	struct shard_plan shard[];
};

static bool ask(struct cyg_shard *shard, void *ctx, unsigned index)
{
	struct plan *plan = ctx;
	struct shard_plan *mine = &plan->shard[index];
	size_t room, found;

	if (!shard->engine)
		return false;
	/* Without memory for rows they are counted. */
	if (!mine->rows)
		mine->rows = calloc(ROWS_MAX, sizeof(*mine->rows));
	room = mine->rows ? ROWS_MAX - mine->count : 0;
	found = ike_plan(shard->engine, plan->config, config_view(plan->config), &mine->cursor,
			 mine->rows ? mine->rows + mine->count : NULL, room);
	mine->total += found;
	mine->count += found < room ? found : room;
	return !mine->cursor.end;
}

static void asked(struct daemon *daemon, void *ctx)
{
	struct plan *plan = ctx;

	plan->done(plan, plan->ctx);
}

enum cyg_status plan_sessions(struct daemon *daemon, struct cyg_config *config,
			      void (*done)(struct plan *plan, void *ctx), void *ctx, struct plan **out)
{
	struct plan *plan = calloc(1, sizeof(*plan) + daemon->shard_count * sizeof(plan->shard[0]));
	enum cyg_status status;

	if (!plan)
		return CYG_NOMEM;
	plan->config = config_ref(config);
	plan->done = done;
	plan->ctx = ctx;
	plan->shard_count = daemon->shard_count;
	status = round_start(daemon, ask, plan, asked);
	if (status != CYG_OK) {
		plan_free(plan);
		return status;
	}
	*out = plan;
	return CYG_PENDING;
}

size_t plan_disturbed(const struct plan *plan)
{
	size_t total = 0;

	for (unsigned i = 0; i < plan->shard_count; i++)
		total += plan->shard[i].total;
	return total;
}

static void tell_session(struct cyg_exec *exec, const struct plan *plan, unsigned shard,
			 const struct ike_plan_row *from)
{
	uint64_t id = row_tunnel_id(from->serial, shard, plan->shard_count);
	char peer[CYG_IP_TEXT];
	json_t *row;

	cyg_exec_printf(exec, "ends: session %llu with %s (profile %s): %s\n", (unsigned long long)id,
			cyg_ip_text(&from->remote.ip, peer), from->profile, from->why);
	if (!cyg_exec_json(exec))
		return;
	row = json_object();
	put_text(&row, "change", "ends");
	put_number(&row, "tunnel_id", id);
	put_ip(&row, "remote", &from->remote.ip);
	put_text(&row, "profile", from->profile);
	put_text(&row, "why", from->why);
	cyg_exec_row(exec, row);
}

void plan_tell_sessions(struct cyg_exec *exec, const struct plan *plan)
{
	size_t total = plan_disturbed(plan), told = 0;

	for (unsigned i = 0; i < plan->shard_count; i++) {
		for (size_t k = 0; k < plan->shard[i].count; k++)
			tell_session(exec, plan, i, &plan->shard[i].rows[k]);
		told += plan->shard[i].count;
	}
	if (told < total)
		cyg_exec_printf(exec, "and %zu more\n", total - told);
	cyg_exec_printf(exec, "sessions that end: %zu\n", total);
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (unsigned i = 0; i < plan->shard_count; i++)
		free(plan->shard[i].rows);
	config_unref(plan->config);
	free(plan);
}
