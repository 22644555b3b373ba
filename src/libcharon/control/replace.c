/* SPDX-License-Identifier: MIT */
#include "control/replace.h"

#include "control/change.h"
#include "control/kept.h"
#include "control/plan.h"
#include "control/reading.h"
#include "control/revert.h"
#include "control/show.h"

#include <cygnet/log.h>

#include <stdio.h>
#include <stdlib.h>

struct replace {
	struct change change;
	struct daemon *daemon;
	struct cyg_exec *exec;
	struct replace_order order;
	struct config_reading reading;
	struct plan *plan;
	struct plan_counts counts;
};

static void end(struct replace *take, enum cyg_status status)
{
	struct daemon *daemon = take->daemon;
	struct cyg_exec *exec = take->exec;

	plan_free(take->plan);
	config_reading_done(&take->reading);
	free(take);
	cyg_exec_done(exec, status);
	change_leave(daemon);
}

/* Whoever has answered the question has seen it. */
static bool tells_plan(const struct cyg_exec *exec)
{
	return exec->answer_count == 0 || cyg_exec_json(exec);
}

static void applied(struct daemon *daemon, void *ctx, enum cyg_status status)
{
	struct replace *replace = ctx;

	if (status == CYG_OK && !tells_plan(replace->exec))
		cyg_exec_printf(replace->exec, "done: objects added %u, changed %u, removed %u; sessions that end: %zu\n",
				replace->counts.added, replace->counts.changed, replace->counts.removed,
				plan_disturbed(replace->plan));
	if (status == CYG_OK)
		cyg_log(CYG_LOG_NOTICE, "config.replaced",
			"{user} {what} {name}: {added} added, {changed} changed, {removed} removed, sessions that end: "
			"{sessions}",
			F_STR("user", replace->exec->session->user),
			F_STR("what", replace->order.merge ? "added" : "put in force"),
			F_STR("name", replace->reading.name), F_UINT("added", replace->counts.added),
			F_UINT("changed", replace->counts.changed), F_UINT("removed", replace->counts.removed),
			F_UINT("sessions", plan_disturbed(replace->plan)));
	else
		cyg_exec_error(replace->exec, "memory is short; what was in force stays");
	end(replace, status);
}

static enum cyg_status commit(struct replace *replace)
{
	struct daemon *daemon = replace->daemon;
	const struct control_session *session = replace->exec->session;
	char what[CYG_BROKER_NAME_MAX + 20];
	enum cyg_status status = CYG_OK;

	if (replace->order.revert_seconds)
		status = revert_arm(daemon, replace->order.revert_seconds, session->user);
	if (status != CYG_OK)
		return status;
	snprintf(what, sizeof(what), "%s %s", replace->order.merge ? "copy of" : "replacement by",
		 replace->reading.name);
	kept_add(daemon, daemon->config, what, session);
	daemon->config_changed = true;
	change_apply(daemon, replace->reading.config, applied, replace);
	return CYG_PENDING;
}

static void planned(struct plan *plan, void *ctx)
{
	struct replace *replace = ctx;
	struct cyg_exec *exec = replace->exec;
	size_t disturbed = plan_disturbed(plan);
	enum cyg_status status = CYG_OK;

	if (tells_plan(exec))
		plan_tell_sessions(exec, plan);
	if (replace->order.dry_run)
		cyg_exec_printf(exec, "dry run: nothing was done\n");
	else if (disturbed && !replace->order.force &&
		 !exec_confirmed(exec, "%zu session%s will end. Go on? [no]", disturbed, disturbed == 1 ? "" : "s"))
		status = CYG_REFUSED;
	else
		status = commit(replace);
	if (status != CYG_PENDING)
		end(replace, status);
}

#define CLOSED_TOLD_MAX 20

struct closed_count {
	struct cyg_exec *exec;
	const char *name;
	size_t count;
};

static void tell_closed(void *ctx, const struct config_closed *closed)
{
	struct closed_count *c = ctx;
	json_t *row;

	if (++c->count > CLOSED_TOLD_MAX)
		return;
	cyg_exec_printf(c->exec, "%s:%u: the secret of this line cannot be opened; it lacks: %s\n", c->name, closed->line,
			closed->lacks);
	if (!cyg_exec_json(c->exec))
		return;
	row = json_object();
	put_text(&row, "file", c->name);
	put_number(&row, "line", closed->line);
	put_text(&row, "lacks", closed->lacks);
	cyg_exec_row(c->exec, row);
}

/* Who goes back wants what was, with its secrets: not sessions that end since nobody can open them. */
static enum cyg_status refuse_closed(const struct replace *replace)
{
	struct closed_count c = { replace->exec, replace->reading.name, 0 };

	if (replace->order.name[0] || replace->order.force)
		return CYG_OK;
	config_each_closed(replace->reading.config, tell_closed, &c);
	if (!c.count)
		return CYG_OK;
	if (c.count > CLOSED_TOLD_MAX)
		cyg_exec_printf(c.exec, "%s: and %zu more\n", c.name, c.count - CLOSED_TOLD_MAX);
	cyg_exec_error(c.exec, "%s has %zu secret%s that cannot be opened; what was in force stays (`force` goes back all the same)",
		       c.name, c.count, c.count == 1 ? "" : "s");
	return CYG_REFUSED;
}

static void judged(struct config_reading *reading, enum cyg_status status)
{
	struct replace *replace = reading->ctx;
	struct cyg_exec *exec = replace->exec;

	findings_tell(exec, reading->name, &reading->findings);
	if (status == CYG_REFUSED)
		cyg_exec_error(exec, "%s has %zu error%s; what was in force stays", reading->name,
			       reading->findings.errors, reading->findings.errors == 1 ? "" : "s");
	else if (status != CYG_OK)
		cyg_exec_error(exec, "%s; what was in force stays", reading->why);
	if (status == CYG_OK)
		status = refuse_closed(replace);
	if (status == CYG_OK) {
		plan_tell_changes(tells_plan(exec) ? exec : NULL, replace->daemon->config, reading->config, &replace->counts);
		status = plan_sessions(replace->daemon, reading->config, planned, replace, &replace->plan);
	}
	if (status != CYG_PENDING)
		end(replace, status);
}

static void begin(struct daemon *daemon, struct change *change)
{
	struct replace *replace = CYG_CONTAINER(change, struct replace, change);
	struct config_reading *reading = &replace->reading;
	enum cyg_status status;

	if (daemon->stopping) {
		cyg_exec_error(replace->exec, "the daemon stops");
		end(replace, CYG_BUSY);
		return;
	}
	if (replace->order.name[0]) {
		config_reading_start(reading);
		return;
	}
	status = kept_text(daemon, replace->order.number, &reading->text, &reading->text_len);
	if (status == CYG_OK) {
		config_reading_start(reading);
		return;
	}
	snprintf(reading->why, sizeof(reading->why), "there is no configuration number %u: see show archive",
		 replace->order.number);
	judged(reading, status);
}

enum cyg_status replace_run(struct daemon *daemon, struct cyg_exec *exec, const struct replace_order *order)
{
	struct replace *replace;

	if (daemon->stopping || !daemon->running) {
		cyg_exec_error(exec, "the daemon starts or stops: try again");
		return CYG_BUSY;
	}
	replace = calloc(1, sizeof(*replace));
	if (!replace)
		return CYG_NOMEM;
	*replace = (struct replace){
		.change.run = begin,
		.daemon = daemon,
		.exec = exec,
		.order = *order,
		.reading = { .daemon = daemon,
			     .done = judged,
			     .ctx = replace,
			     .how = (order->merge ? CONFIG_MERGE : 0u) |
				    (order->skip_errors ? CONFIG_SKIP_ERRORS : 0u) },
	};
	if (order->name[0])
		snprintf(replace->reading.name, sizeof(replace->reading.name), "%s", order->name);
	else
		snprintf(replace->reading.name, sizeof(replace->reading.name), "kept-%u", order->number);
	change_enter(daemon, &replace->change);
	return CYG_PENDING;
}
