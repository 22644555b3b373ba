/* SPDX-License-Identifier: MIT */
#include "control/reload.h"

#include "control/broker_client.h"
#include "control/daemon_parts.h"
#include "control/interfaces.h"
#include "control/language.h"
#include "control/publish.h"
#include "control/show.h"
#include "control/text_file.h"
#include "registry/registry.h"

#include <cygnet/log.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LAST_GOOD "last-good"

/* --- Reading --- */

static void reading_parse(struct config_reading *reading)
{
	const struct daemon *daemon = reading->daemon;
	enum cyg_status status = config_parse_text(daemon->grammar, STARTUP_CONFIG,
						   cyg_str_n(reading->text, reading->text_len), daemon->config,
						   &reading->findings, &reading->config);

	config_findings_sort(&reading->findings);
	if (status != CYG_OK && status != CYG_REFUSED)
		snprintf(reading->why, sizeof(reading->why), "%s: %s", STARTUP_CONFIG, cyg_status_text(status));
	reading->done(reading, status);
}

static void reading_text(struct config_reading *reading, enum cyg_status status, const char *why)
{
	if (status == CYG_OK) {
		reading_parse(reading);
		return;
	}
	if (status == CYG_LIMIT)
		why = "is larger than 16 MB";
	snprintf(reading->why, sizeof(reading->why), "%s/%s: %s", reading->daemon->paths.etc, STARTUP_CONFIG, why);
	reading->done(reading, status);
}

static void reading_opened(struct cyg_op *op, enum cyg_status status)
{
	struct config_reading *reading = CYG_CONTAINER(op, struct config_reading, op);
	int fd = reading->reply->fd, error;

	if (status != CYG_OK) {
		snprintf(reading->why, sizeof(reading->why), "%s", reading->reply->text);
		/* Refused is a text with errors; this is no text at all. */
		reading->done(reading, status == CYG_REFUSED ? CYG_IO : status);
		return;
	}
	reading->reply->fd = -1;
	status = text_file_read_fd(fd, &reading->text, &reading->text_len);
	error = errno;
	close(fd);
	reading_text(reading, status, strerror(error));
}

void config_reading_start(struct config_reading *reading)
{
	struct cyg_broker_request request = { .verb = CYG_BROKER_FILE_OPEN, .name = STARTUP_CONFIG, .fd = -1 };
	char path[PATHS_LEN];
	enum cyg_status status;

	reading->reply = calloc(1, sizeof(*reading->reply));
	if (!reading->reply) {
		reading_text(reading, CYG_NOMEM, "memory is short");
		return;
	}
	reading->reply->fd = -1;
	cyg_op_init(&reading->op, reading->daemon->control, reading_opened);
	status = cyg_broker_call(reading->daemon->control, &request, reading->reply, &reading->op);
	if (status == CYG_PENDING)
		return;
	if (status == CYG_UNSUPPORTED) { /* no starter: what we may read ourselves */
		status = paths_join(path, reading->daemon->paths.etc, STARTUP_CONFIG);
		errno = ENAMETOOLONG;
		if (status == CYG_OK)
			status = text_file_read(path, &reading->text, &reading->text_len);
		reading_text(reading, status, status == CYG_NOT_FOUND ? "there is no such file" : strerror(errno));
		return;
	}
	reading_text(reading, status, cyg_status_text(status));
}

void config_reading_done(struct config_reading *reading)
{
	cyg_op_cancel(&reading->op);
	if (reading->reply && reading->reply->fd >= 0)
		close(reading->reply->fd);
	free(reading->reply);
	if (reading->text)
		cyg_wipe(reading->text, reading->text_len);
	free(reading->text);
	config_findings_done(&reading->findings);
	config_unref(reading->config);
	reading->reply = NULL;
	reading->text = NULL;
	reading->config = NULL;
}

/* --- Findings --- */

void findings_tell(struct cyg_exec *exec, const char *file, const struct config_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct config_finding *finding = &findings->items[i];
		json_t *row;

		cyg_exec_printf(exec, "%s:%u:%u: %s: %s [%s]\n", file, finding->line, finding->column,
				config_severity_text(finding->severity), finding->text, finding->code);
		if (!cyg_exec_json(exec))
			continue;
		row = json_object();
		put_text(&row, "file", file);
		put_number(&row, "line", finding->line);
		put_number(&row, "column", finding->column);
		put_text(&row, "severity", config_severity_text(finding->severity));
		put_text(&row, "code", finding->code);
		put_text(&row, "text", finding->text);
		cyg_exec_row(exec, row);
	}
	if (findings->dropped)
		cyg_exec_printf(exec, "%s: and %zu more\n", file, findings->dropped);
}

void findings_log(const char *file, const struct config_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct config_finding *finding = &findings->items[i];
		enum cyg_log_level level = finding->severity == CONFIG_ERROR	  ? CYG_LOG_ERROR
					   : finding->severity == CONFIG_WARNING ? CYG_LOG_WARNING
										  : CYG_LOG_DEBUG;

		cyg_log(level, "config.finding", "{file}:{line}:{column}: {severity}: {text} [{code}]",
			F_STR("file", file), F_UINT("line", finding->line), F_UINT("column", finding->column),
			F_STR("severity", config_severity_text(finding->severity)), F_STR("text", finding->text),
			F_STR("code", finding->code));
	}
}

/* --- The last good copy --- */

void last_good_keep(struct daemon *daemon, struct cyg_str text)
{
	char path[PATHS_LEN];

	if (paths_join(path, daemon->paths.lib, LAST_GOOD) != CYG_OK)
		return;
	if (text_file_replace(path, text) != CYG_OK)
		cyg_log(CYG_LOG_WARNING, "config.unkept",
			"{path} cannot be written ({why}): a start with a broken startup-config will find nothing "
			"to fall back to",
			F_STR("path", path), F_STR("why", strerror(errno)));
}

enum cyg_status last_good_load(struct daemon *daemon, struct cyg_config **out)
{
	struct config_findings findings = { 0 };
	char path[PATHS_LEN], *text;
	size_t len;
	enum cyg_status status = paths_join(path, daemon->paths.lib, LAST_GOOD);

	if (status == CYG_OK)
		status = text_file_read(path, &text, &len);
	if (status != CYG_OK)
		return status;
	status = config_parse_text(daemon->grammar, LAST_GOOD, cyg_str_n(text, len), NULL, &findings, out);
	config_findings_done(&findings);
	cyg_wipe(text, len);
	free(text);
	return status;
}

/* --- Reload --- */

struct reload {
	struct daemon *daemon;
	struct cyg_exec *exec;
	struct config_reading reading;
	struct registry_set *plugins;
	struct cyg_op op;
	struct engine_conf *conf;    /* the next cygnet.conf */
	unsigned added, changed, removed;
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
			F_UINT("added", reload->added), F_UINT("changed", reload->changed),
			F_UINT("removed", reload->removed));
	else
		cyg_log(CYG_LOG_ERROR, "config.refused", "reload: {why}; what was in force stays",
			F_STR("why", why));
	if (exec && status != CYG_OK)
		cyg_exec_error(exec, "%s; what was in force stays", why);
	daemon->reload = NULL;
	config_reading_done(&reload->reading);
	registry_set_free(reload->plugins);
	engine_conf_free(reload->conf);
	free(reload);
	if (exec)
		cyg_exec_done(exec, status);
	if (daemon->reload_over)
		daemon->reload_over(daemon);
}

static void reload_pruned(struct daemon *daemon, void *ctx)
{
	struct reload *reload = ctx;

	last_good_keep(daemon, cyg_str_n(reload->reading.text, reload->reading.text_len));
	daemon->config_origin = STARTUP_CONFIG;
	reload_end(reload, CYG_OK, "");
}

static void reload_published(struct daemon *daemon, void *ctx)
{
	interfaces_prune(daemon, daemon->config, reload_pruned, ctx);
}

static void reload_made(struct daemon *daemon, void *ctx)
{
	struct reload *reload = ctx;
	enum cyg_status status;

	daemon->trust_stale = true;
	status = publish_config(daemon, reload->reading.config, reload_published, reload);
	if (status != CYG_OK)
		reload_end(reload, status, "memory is short");
}

static void tell_change(void *ctx, enum config_change change, const struct cyg_mode *mode, const char *path)
{
	static const char *const words[] = { "added", "changed", "removed" };
	struct reload *reload = ctx;
	json_t *row;

	reload->added += change == CONFIG_ADDED;
	reload->changed += change == CONFIG_CHANGED;
	reload->removed += change == CONFIG_REMOVED;
	if (!reload->exec)
		return;
	if (path[0])
		cyg_exec_printf(reload->exec, "%s: %s %s\n", words[change], mode->what, path);
	else
		cyg_exec_printf(reload->exec, "%s: single lines at the top\n", words[change]);
	if (!cyg_exec_json(reload->exec))
		return;
	row = json_object();
	put_text(&row, "change", words[change]);
	put_text(&row, "mode", mode->name);
	put_text(&row, "object", path);
	cyg_exec_row(reload->exec, row);
}

/* The text once more, with the commands of the plugins that are loaded now. */
static enum cyg_status judge_again(struct reload *reload)
{
	struct config_reading *reading = &reload->reading;
	enum cyg_status status;

	config_findings_done(&reading->findings);
	config_unref(reading->config);
	reading->config = NULL;
	reading->findings = (struct config_findings){ 0 };
	status = config_parse_text(reload->daemon->grammar, STARTUP_CONFIG,
				   cyg_str_n(reading->text, reading->text_len), reload->daemon->config,
				   &reading->findings, &reading->config);
	config_findings_sort(&reading->findings);
	return status;
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
	if (!same)
		status = judge_again(reload);
	findings_log(STARTUP_CONFIG, &reload->reading.findings);
	if (reload->exec)
		findings_tell(reload->exec, STARTUP_CONFIG, &reload->reading.findings);
	if (status != CYG_OK) {
		reload_end(reload, status, "startup-config has errors with the plugins that are loaded now");
		return;
	}
	config_diff(daemon->config, reload->reading.config, tell_change, reload);
	engine_conf_swap(daemon, &reload->conf);
	interfaces_set(daemon, reload->reading.config, reload_made, reload);
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

enum cyg_status reload_start(struct daemon *daemon, struct cyg_exec *exec)
{
	struct reload *reload;

	if (daemon->reload || daemon->stopping || !daemon->running) {
		if (exec)
			cyg_exec_error(exec, "the daemon starts, stops or reloads already: try again");
		return CYG_BUSY;
	}
	reload = calloc(1, sizeof(*reload));
	if (!reload)
		return CYG_NOMEM;
	reload->daemon = daemon;
	reload->exec = exec;
	reload->reading = (struct config_reading){ .daemon = daemon, .done = reload_read, .ctx = reload };
	daemon->reload = reload;
	config_reading_start(&reload->reading);
	return CYG_PENDING;
}
