/* SPDX-License-Identifier: MIT */
/* show version, plugins, running-config, startup-config; reload. */
#include "config.h"

#include "control/broker_client.h"
#include "control/reading.h"
#include "control/reload.h"
#include "control/show.h"
#include "control/tables.h"
#include "registry/registry.h"

#include <stdio.h>
#include <stdlib.h>

static const struct cyg_token_help tokens[] = {
	{ "show", "Shows what there is" },
	{ "version", "Version and uptime of the daemon" },
	{ "plugins", "What is loaded and what it provides" },
	{ "detail", "Everything each plugin provides and needs" },
	{ "running-config", "The configuration in force" },
	{ "all", "Defaults, too" },
	{ "section", "Only the objects whose first line has the pattern" },
	{ "<pattern>", "A pattern, as behind `| section`" },
	{ "interface", "Only this interface" },
	{ "<interface>", "Its name" },
	{ "write", "Shows the configuration, or makes it that of the next start" },
	{ "terminal", "To this terminal" },
	{ "startup-config", "The configuration that the next start reads" },
	{ "reload", "Brings startup-config into force" },
	{ 0 },
};

/* --- show version --- */

static void uptime_text(char *out, size_t room, int64_t seconds)
{
	snprintf(out, room, "%lld days, %lld hours, %lld minutes", (long long)(seconds / 86400),
		 (long long)(seconds / 3600 % 24), (long long)(seconds / 60 % 60));
}

static enum cyg_status show_version(struct cyg_exec *exec, const struct cyg_args *args)
{
	const struct daemon *daemon = exec->ctx;
	int64_t up = cyg_shard_wall_s(exec->shard) - daemon->started_wall_s;
	char uptime[80];
	json_t *row;

	if (up < 0)
		up = 0;
	uptime_text(uptime, sizeof(uptime), up);
	cyg_exec_printf(exec, "Cygnet, version %s\n", PACKAGE_VERSION);
	cyg_exec_printf(exec, "%s uptime is %s\n", daemon_hostname(daemon), uptime);
	cyg_exec_printf(exec, "Shards: %u\nConfiguration: %s%s\n", daemon->shard_count, daemon->config_origin,
			daemon->config_changed ? ", changed since" : "");
	if (!cyg_exec_json(exec))
		return CYG_OK;
	row = json_object();
	put_text(&row, "version", PACKAGE_VERSION);
	put_text(&row, "hostname", daemon_hostname(daemon));
	put_number(&row, "uptime", (uint64_t)up);
	put_number(&row, "shards", daemon->shard_count);
	put_text(&row, "configuration", daemon->config_origin);
	put_flag(&row, "changed", daemon->config_changed);
	cyg_exec_row(exec, row);
	return CYG_OK;
}

/* --- show plugins --- */

static const char *offer_text(enum registry_offer offer)
{
	switch (offer) {
	case OFFER_WINNER:
		return "used";
	case OFFER_SPARE:
		return "spare";
	case OFFER_DISABLED:
		return "disabled";
	case OFFER_FAILED_TEST:
		return "failed its self-test";
	}
	return "unknown";
}

static void plugin_detail(struct cyg_exec *exec, const struct registry_row *row)
{
	if (row->path[0])
		cyg_exec_printf(exec, "    file: %s\n", row->path);
	if (row->conf[0])
		cyg_exec_printf(exec, "    options: %s\n", row->conf);
	cyg_exec_printf(exec, "    instances: %u, uses: %u\n", row->instances, row->uses);
	for (unsigned i = 0; i < row->provides_count; i++)
		cyg_exec_printf(exec, "    provides %-10s %-32s %s\n", registry_kind_text(row->provides[i].kind),
				row->provides[i].name, offer_text(row->provides[i].offer));
	for (unsigned i = 0; i < row->needs_count; i++)
		cyg_exec_printf(exec, "    needs    %-10s %-32s %s%s\n", registry_kind_text(row->needs[i].kind),
				row->needs[i].name, row->needs[i].met ? "met" : "not met",
				row->needs[i].optional ? " (optional)" : "");
}

static void plugin_json(struct cyg_exec *exec, const struct registry_row *row, bool detail)
{
	json_t *json = json_object(), *list;

	put_text(&json, "name", row->name);
	put_text(&json, "version", row->version);
	put_text(&json, "state", registry_state_text(row->state));
	put_text(&json, "summary", row->summary);
	put_number(&json, "priority", row->priority > 0 ? (uint64_t)row->priority : 0);
	put_text(&json, "why", row->why);
	if (detail) {
		put_text(&json, "file", row->path);
		put_text(&json, "options", row->conf);
		put_number(&json, "instances", row->instances);
		put_number(&json, "uses", row->uses);
		list = json_array();
		for (unsigned i = 0; list && i < row->provides_count; i++) {
			const struct registry_provides *from = &row->provides[i];
			json_t *item = json_object();

			put_text(&item, "kind", registry_kind_text(from->kind));
			put_number(&item, "id", from->id);
			put_number(&item, "key_bits", from->key_bits);
			put_text(&item, "name", from->name);
			put_text(&item, "offer", offer_text(from->offer));
			if (json_array_append_new(list, item))
				exec_lost(exec);
		}
		put_json(&json, "provides", list);
		list = json_array();
		for (unsigned i = 0; list && i < row->needs_count; i++) {
			const struct registry_needs *from = &row->needs[i];
			json_t *item = json_object();

			put_text(&item, "kind", registry_kind_text(from->kind));
			put_number(&item, "id", from->id);
			put_text(&item, "name", from->name);
			put_flag(&item, "optional", from->optional);
			put_flag(&item, "met", from->met);
			if (json_array_append_new(list, item))
				exec_lost(exec);
		}
		put_json(&json, "needs", list);
	}
	cyg_exec_row(exec, json);
}

static enum cyg_status show_plugins(struct cyg_exec *exec, const struct cyg_args *args)
{
	const struct daemon *daemon = exec->ctx;
	bool detail = cyg_args_has(args, "detail");
	struct registry_row *rows;
	size_t count;
	enum cyg_status status = registry_describe(daemon->registry, &rows, &count);

	if (status != CYG_OK)
		return status;
	cyg_exec_printf(exec, "%-20s %-10s %-10s %s\n", "Plugin", "Version", "State", "Summary");
	for (size_t i = 0; i < count; i++) {
		if (cyg_exec_json(exec)) {
			plugin_json(exec, &rows[i], detail);
			continue;
		}
		cyg_exec_printf(exec, "%-20s %-10s %-10s %s\n", rows[i].name, rows[i].version,
				registry_state_text(rows[i].state), rows[i].summary);
		if (rows[i].why[0])
			cyg_exec_printf(exec, "    %s\n", rows[i].why);
		if (detail)
			plugin_detail(exec, &rows[i]);
	}
	registry_rows_free(rows, count);
	return CYG_OK;
}

/* --- Long texts, told as the client reads --- */

struct long_text {
	char *text;
	size_t len, at;
};

static void long_text_free(struct long_text *text)
{
	free(text->text);
	free(text);
}

static void tell_on(struct cyg_exec *exec, void *arg)
{
	struct long_text *text = arg;

	while (text->at < text->len && !exec_unread(exec)) {
		struct cyg_str rest = cyg_str_n(text->text + text->at, text->len - text->at);
		struct cyg_str line = cyg_str_head(rest, cyg_str_span_until(rest, "\n"));

		if (!exec_room(exec, tell_on, text))
			return;
		if (cyg_exec_json(exec)) {
			json_t *row = json_object();

			put_json(&row, "line", json_stringn(line.ptr, line.len));
			cyg_exec_row(exec, row);
		} else {
			exec_text(exec, line);
			exec_text(exec, CYG_STR("\n"));
		}
		text->at += line.len + 1;
	}
	long_text_free(text);
	cyg_exec_done(exec, CYG_OK);
}

/* A snapshot as text, secrets masked or sealed. */
static enum cyg_status tell_config(struct cyg_exec *exec, const struct cyg_config *config, unsigned flags)
{
	struct long_text *text = calloc(1, sizeof(*text));
	FILE *out = text ? open_memstream(&text->text, &text->len) : NULL;
	enum cyg_status status;

	if (!out) {
		free(text);
		return CYG_NOMEM;
	}
	status = config_render(config, flags, out);
	if (fclose(out))
		status = CYG_NOMEM;
	if (status != CYG_OK) {
		long_text_free(text);
		return status;
	}
	tell_on(exec, text);
	return CYG_PENDING;
}

static enum cyg_status show_running(struct cyg_exec *exec, const struct cyg_args *args)
{
	const struct daemon *daemon = exec->ctx;
	char reason[200];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum cyg_status status;

	if (cyg_args_has(args, "section")) {
		exec->pipe.json = exec->json;
		status = pipe_section_first(&exec->pipe, cyg_args_text(args, "pattern"), &why);
		if (status != CYG_OK) {
			cyg_exec_error(exec, "%s", reason);
			return status;
		}
	}
	return tell_config(exec, daemon->config,
			   (cyg_args_has(args, "all") ? CONFIG_RENDER_ALL : 0u) |
				   (exec_may_configure(exec) ? CONFIG_RENDER_SEALED : 0u));
}

/* The line that opens it ends with its name, or says its type behind it. A pattern's dot means any sign. */
static void interface_pattern(struct cyg_str name, struct cyg_strbuf *out)
{
	static const char *const ends[] = { "[ ]|", "$" };

	for (size_t k = 0; k < CYG_COUNT(ends); k++) {
		cyg_strbuf_add(out, CYG_STR("^interface "));
		for (size_t i = 0; i < name.len; i++) {
			if (name.ptr[i] == '.')
				cyg_strbuf_add(out, CYG_STR("\\"));
			cyg_strbuf_add(out, cyg_str_n(name.ptr + i, 1));
		}
		cyg_strbuf_add(out, cyg_str(ends[k]));
	}
}

static enum cyg_status show_running_interface(struct cyg_exec *exec, const struct cyg_args *args)
{
	const struct daemon *daemon = exec->ctx;
	struct cyg_str name = cyg_args_text(args, "interface");
	char reason[200], text[160];
	struct cyg_strbuf why = CYG_STRBUF(reason), pattern = CYG_STRBUF(text);
	enum cyg_status status = CYG_NOT_FOUND;

	interface_pattern(name, &pattern);
	exec->pipe.json = exec->json;
	if (!cyg_config_object(daemon->config, MODE_INTERFACE, name, false))
		cyg_strbuf_addf(&why, "there is no interface %.*s in the configuration", (int)name.len, name.ptr);
	else
		status = pipe_section_first(&exec->pipe, cyg_str(text), &why);
	if (status != CYG_OK) {
		cyg_exec_error(exec, "%s", reason);
		return status;
	}
	return tell_config(exec, daemon->config, exec_may_configure(exec) ? CONFIG_RENDER_SEALED : 0u);
}

static void startup_read(struct config_reading *reading, enum cyg_status status)
{
	struct cyg_exec *exec = reading->ctx;

	findings_tell(exec, STARTUP_CONFIG, &reading->findings);
	if (status == CYG_REFUSED)
		cyg_exec_error(exec, "startup-config has %zu errors: a start would refuse it",
			       reading->findings.errors);
	else if (status != CYG_OK)
		cyg_exec_error(exec, "%s", reading->why);
	else if (!cyg_exec_json(exec))
		status = tell_config(exec, reading->config, exec_may_configure(exec) ? CONFIG_RENDER_SEALED : 0);
	config_reading_done(reading);
	free(reading);
	if (status != CYG_PENDING)
		cyg_exec_done(exec, status);
}

static enum cyg_status show_startup(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct config_reading *reading = calloc(1, sizeof(*reading));

	if (!reading)
		return CYG_NOMEM;
	*reading = (struct config_reading){ .daemon = exec->ctx, .done = startup_read, .ctx = exec };
	config_reading_start(reading);
	return CYG_PENDING;
}

static enum cyg_status reload(struct cyg_exec *exec, const struct cyg_args *args)
{
	return reload_start(exec->ctx, exec);
}

static const struct cyg_command commands[] = {
	{ .mode = "exec", .syntax = "show version", .help = "Shows version and uptime.", .tokens = tokens,
	  .run = show_version },
	{ .mode = "exec", .syntax = "show plugins [detail]", .help = "Shows which plugins are loaded and why not.",
	  .tokens = tokens, .run = show_plugins },
	{ .mode = "exec", .syntax = "show running-config [all] [section <pattern:line>]",
	  .help = "Shows the configuration in force, or the objects whose first line has the pattern.",
	  .tokens = tokens, .run = show_running },
	{ .mode = "exec", .syntax = "show running-config interface <interface:ref(interface)>",
	  .help = "Shows one interface as it is configured.", .tokens = tokens, .run = show_running_interface },
	{ .mode = "exec", .syntax = "write terminal", .help = "Shows the configuration in force.", .tokens = tokens,
	  .run = show_running },
	{ .mode = "exec", .syntax = "show startup-config",
	  .help = "Judges startup-config and shows it if it is good.", .tokens = tokens,
	  .run = show_startup },
	{ .mode = "exec", .syntax = "reload",
	  .help = "Reads startup-config and the options of plugins again, and brings them into force if "
		  "they have no error.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = reload },
	{ 0 },
};

const struct cyg_command_table control_system_commands = { .commands = commands };

const struct cyg_command_table *const control_tables[] = {
	&control_system_commands,
	&control_configure_commands,
	&control_interface_commands,
	&control_ikev2_commands,
	&control_session_commands,
	&control_stats_commands,
	&control_objects_commands,
	&control_profile_commands,
	&control_ipsec_commands,
	&control_pki_commands,
	&control_debug_commands,
	&control_protection_commands,
	&control_lists_commands,
	&control_vault_commands,
	NULL,
};
