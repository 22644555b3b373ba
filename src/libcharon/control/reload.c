/* SPDX-License-Identifier: MIT */
#include "control/reload.h"

#include "control/change.h"
#include "control/daemon_parts.h"
#include "control/kept.h"
#include "control/language.h"
#include "control/plan.h"
#include "control/reading.h"
#include "control/vault.h"
#include "registry/registry.h"

#include <cygnet/log.h>

#include <stdio.h>
#include <stdlib.h>

struct reload {
	struct change change;
	struct daemon *daemon;
	struct cyg_exec *exec;
	struct config_reading reading;
	struct registry_set *plugins;
	struct cyg_op op;
	struct engine_conf *conf;    /* the next cygnet.conf */
	struct plan_counts counts;
};

static void reload_end(struct reload *reload, enum cyg_status status, const char *why)
{
	struct daemon *daemon = reload->daemon;
	struct cyg_exec *exec = reload->exec;
	char line[PATHS_LEN + 400];

	/* The first of several lines. */
	snprintf(line, sizeof(line), "%.*s", (int)cyg_str_span_until(cyg_str(why), "\n"), why);
	why = line;
	if (status == CYG_OK)
		cyg_log(CYG_LOG_NOTICE, "config.reloaded",
			"startup-config is in force: {added} added, {changed} changed, {removed} removed",
			F_UINT("added", reload->counts.added), F_UINT("changed", reload->counts.changed),
			F_UINT("removed", reload->counts.removed));
	else
		cyg_log(CYG_LOG_ERROR, "config.refused", "reload: {why}; what was in force stays",
			F_STR("why", why));
	if (exec && status != CYG_OK)
		cyg_exec_error(exec, "%s; what was in force stays", why);
	config_reading_done(&reload->reading);
	registry_set_free(reload->plugins);
	engine_conf_free(reload->conf);
	free(reload);
	if (exec)
		cyg_exec_done(exec, status);
	change_leave(daemon);
}

static void reload_applied_config(struct daemon *daemon, void *ctx, enum cyg_status status)
{
	struct reload *reload = ctx;

	if (status == CYG_OK) {
		last_good_keep(daemon, cyg_str_n(reload->reading.text, reload->reading.text_len));
		daemon->config_origin = STARTUP_CONFIG;
		daemon->config_changed = false;
	}
	reload_end(reload, status, status == CYG_OK ? "" : "memory is short");
}

/* The plugins are as wanted. */
static void reload_commit(struct reload *reload)
{
	struct daemon *daemon = reload->daemon;
	struct config_grammar *grammar;
	char reason[300];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum cyg_status status = language_grammar(daemon->paths.plugins, daemon->registry, daemon->grammar,
						  &daemon->grammar_print, &grammar, &why);
	bool same = status == CYG_OK && grammar == daemon->grammar;

	if (status != CYG_OK) {
		reload_end(reload, status, reason);
		return;
	}
	config_grammar_unref(daemon->grammar);
	daemon->grammar = grammar;
	config_grammar_seal_with(grammar, vault_sealer(daemon->vault));
	/* Once more, with the commands of the plugins that are loaded now. */
	if (!same)
		status = config_reading_judge(&reload->reading);
	findings_log(STARTUP_CONFIG, &reload->reading.findings);
	if (reload->exec)
		findings_tell(reload->exec, STARTUP_CONFIG, &reload->reading.findings);
	if (status != CYG_OK) {
		reload_end(reload, status, "startup-config has errors with the plugins that are loaded now");
		return;
	}
	plan_tell_changes(reload->exec, daemon->config, reload->reading.config, &reload->counts);
	engine_conf_swap(daemon, &reload->conf);
	kept_add(daemon, daemon->config, "reload", reload->exec ? reload->exec->session : NULL);
	daemon->trust_stale = true;
	change_apply(daemon, reload->reading.config, reload_applied_config, reload);
}

static void reload_applied(struct cyg_op *op, enum cyg_status status)
{
	struct reload *reload = CYG_CONTAINER(op, struct reload, op);
	const char *why = registry_errors(reload->daemon->registry);

	if (status == CYG_OK)
		reload_commit(reload);
	else
		reload_end(reload, status, why[0] ? why : cyg_status_text(status));
}

static void reload_read(struct config_reading *reading, enum cyg_status status)
{
	struct reload *reload = reading->ctx;
	struct daemon *daemon = reload->daemon;
	char why[PATHS_LEN + 400];
	struct cyg_strbuf text = CYG_STRBUF(why);

	if (status == CYG_REFUSED) {
		findings_log(STARTUP_CONFIG, &reading->findings);
		if (reload->exec)
			findings_tell(reload->exec, STARTUP_CONFIG, &reading->findings);
		cyg_strbuf_addf(&text, "startup-config has %zu error%s", reading->findings.errors,
				reading->findings.errors == 1 ? "" : "s");
	} else if (status != CYG_OK) {
		cyg_strbuf_addf(&text, "%s", reading->why);
	} else {
		status = engine_conf_read(&daemon->paths, &reload->conf, &text);
	}
	if (status == CYG_OK) {
		reload->plugins = plugins_wanted(&daemon->paths, engine_conf_options(reload->conf), &text);
		status = reload->plugins ? CYG_OK : CYG_IO;
	}
	if (status != CYG_OK) {
		reload_end(reload, status, why);
		return;
	}
	cyg_op_init(&reload->op, daemon->control, reload_applied);
	status = registry_apply(daemon->registry, reload->plugins, true, &reload->op);
	if (status != CYG_PENDING)
		reload_applied(&reload->op, status);
}

static void reload_begin(struct daemon *daemon, struct change *change)
{
	struct reload *reload = CYG_CONTAINER(change, struct reload, change);

	if (daemon->stopping)
		reload_end(reload, CYG_BUSY, "the daemon stops");
	else
		config_reading_start(&reload->reading);
}

enum cyg_status reload_start(struct daemon *daemon, struct cyg_exec *exec)
{
	struct reload *reload;

	if (daemon->stopping || !daemon->running) {
		if (exec)
			cyg_exec_error(exec, "the daemon starts or stops: try again");
		return CYG_BUSY;
	}
	reload = calloc(1, sizeof(*reload));
	if (!reload)
		return CYG_NOMEM;
	reload->change.run = reload_begin;
	reload->daemon = daemon;
	reload->exec = exec;
	reload->reading = (struct config_reading){ .daemon = daemon, .done = reload_read, .ctx = reload };
	change_enter(daemon, &reload->change);
	return CYG_PENDING;
}
