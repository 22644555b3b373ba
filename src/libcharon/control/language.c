/* SPDX-License-Identifier: MIT */
#include "control/language.h"

#include "control/editing.h"
#include "registry/registry.h"

#include <cygnet/log.h>

#include <dirent.h>
#include <dlfcn.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TABLES_MAX (REGISTRY_PLUGINS_MAX * 2 + 16)

/* --- Grammar --- */

struct tables {
	struct config_table item[TABLES_MAX];
	size_t count;
};

static bool add_table(struct tables *tables, const struct cyg_command_table *table, const char *plugin,
		      bool loaded)
{
	if (tables->count == TABLES_MAX)
		return false;
	tables->item[tables->count++] = (struct config_table){ table, plugin, loaded };
	return true;
}

/* The descriptor of a shared object, NULL if it has none of our ABI (the registry says so in its log). */
static const struct cyg_plugin *descriptor_of(const char *path)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct cyg_plugin *plugin = object ? dlsym(object, "cyg_plugin_descriptor") : NULL;

	if (plugin && plugin->abi == CYG_PLUGIN_ABI && plugin->size == sizeof(*plugin))
		return plugin;
	if (object)
		dlclose(object);
	return NULL;
}

static bool is_loaded(const struct registry_row *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].state == REGISTRY_LOADED;
	return false;
}

/* DIR/NAME.so, or DIR/NAME/.libs/NAME.so in a build tree: an entry of DIR to a path. */
static bool object_path(char *out, size_t room, const char *dir, const char *entry)
{
	size_t len = strlen(entry);
	int used;

	if (entry[0] == '.')
		return false;
	if (len > 3 && strcmp(entry + len - 3, ".so") == 0)
		used = snprintf(out, room, "%s/%s", dir, entry);
	else
		used = snprintf(out, room, "%s/%s/.libs/%s.so", dir, entry, entry);
	return used > 0 && (size_t)used < room && access(out, R_OK) == 0;
}

static int by_name(const void *a, const void *b)
{
	const struct config_table *left = a, *right = b;

	return strcmp(left->plugin, right->plugin);
}

static bool scan_plugins(struct tables *tables, const char *dir, const struct registry_row *rows,
			 size_t row_count, bool all_loaded)
{
	DIR *folder = opendir(dir);
	size_t first = tables->count;
	struct dirent *entry;
	bool ok = true;

	if (!folder)
		return true; /* no plugins: the core's commands alone */
	while (ok && (entry = readdir(folder))) {
		char path[PATHS_LEN + 600];
		const struct cyg_plugin *plugin;

		if (!object_path(path, sizeof(path), dir, entry->d_name))
			continue;
		plugin = descriptor_of(path);
		for (size_t i = 0; ok && plugin && plugin->provides &&
				   plugin->provides[i].kind != CYG_FEATURE_END; i++)
			if (plugin->provides[i].kind == CYG_COMMANDS)
				ok = add_table(tables, plugin->provides[i].commands, plugin->name,
					       all_loaded || is_loaded(rows, row_count, plugin->name));
	}
	closedir(folder);
	/* The order of a folder is nobody's choice; that of modes in `show running-config` should be. */
	qsort(tables->item + first, tables->count - first, sizeof(tables->item[0]), by_name);
	return ok;
}

/* Which tables, and which of them are loaded, as one number. */
static uint64_t print_of(const struct tables *tables)
{
	uint64_t print = 14695981039346656037ull; /* FNV-1a */

	for (size_t i = 0; i < tables->count; i++) {
		print = (print ^ (uint64_t)(uintptr_t)tables->item[i].table) * 1099511628211ull;
		print = (print ^ tables->item[i].loaded) * 1099511628211ull;
	}
	return print;
}

enum cyg_status language_grammar(const char *dir, const struct registry *registry,
				 struct config_grammar *previous, uint64_t *print,
				 struct config_grammar **out, struct cyg_strbuf *why)
{
	struct tables *tables = calloc(1, sizeof(*tables));
	struct registry_row *rows = NULL;
	size_t row_count = 0;
	enum cyg_status status = tables ? CYG_OK : CYG_NOMEM;

	if (status == CYG_OK && registry)
		status = registry_describe(registry, &rows, &row_count);
	if (status == CYG_OK) {
		bool ok = add_table(tables, &config_core_commands, NULL, true);

		for (size_t i = 0; control_tables[i]; i++)
			ok = ok && add_table(tables, control_tables[i], NULL, true);
		ok = ok && add_table(tables, &config_tacacs_commands, CONFIG_TACACS, false);
		ok = ok && scan_plugins(tables, dir, rows, row_count, registry == NULL);
		if (ok && previous && print_of(tables) == *print)
			*out = config_grammar_ref(previous);
		else
			status = ok ? config_grammar_new(tables->item, tables->count, out, why) : CYG_LIMIT;
		*print = print_of(tables);
	}
	if (status == CYG_LIMIT && why->len == 0)
		cyg_strbuf_addf(why, "the plugins bring more tables of commands than %d", TABLES_MAX);
	if (status == CYG_NOMEM && why->len == 0)
		cyg_strbuf_addf(why, "memory is short");
	registry_rows_free(rows, row_count);
	free(tables);
	return status;
}

/* --- Hooks --- */

enum control_access language_access(void *ctx, int fd, struct control_peer *peer)
{
	const struct daemon *daemon = ctx;

	return control_access_of_socket(&daemon->groups, fd, peer);
}

const char *language_hostname(void *ctx)
{
	return daemon_hostname(ctx);
}

static void match_free(void *hold)
{
	config_match_done(hold);
	free(hold);
}

static enum cyg_status no_match(struct cyg_exec *exec, enum cyg_status status,
				const struct config_findings *findings)
{
	if (findings->count) {
		cyg_exec_error(exec, "%s", findings->items[0].text);
		exec->column = exec->column_base + findings->items[0].column;
	}
	return status;
}

static void log_command(const struct cyg_exec *exec, const struct config_match *match)
{
	char *said = config_match_said(match);

	session_log_command(exec->session, said ? said : "?");
	free(said);
}

static enum cyg_status refuse_viewer(struct cyg_exec *exec)
{
	if (exec->session->access == CONTROL_CONFIGURE)
		cyg_exec_error(exec, "this changes something: `enable` first");
	else
		cyg_exec_error(exec, "you may look but not change anything: this command is for root and group "
				     CONTROL_GROUP_CONFIGURE);
	return CYG_REFUSED;
}

static enum cyg_status run_exec(struct cyg_exec *exec, struct cyg_str line)
{
	const struct daemon *daemon = exec->ctx;
	struct config_findings findings = { 0 };
	struct config_match *match;
	struct cyg_str command;
	enum cyg_status status = exec_pipe(exec, line, &command);

	if (status != CYG_OK)
		return status;
	exec->column_base += (uint32_t)(command.ptr - line.ptr);
	match = calloc(1, sizeof(*match));
	if (!match)
		return CYG_NOMEM;
	status = config_match_exec(daemon->grammar, command, match, &findings);
	if (status != CYG_OK) {
		status = no_match(exec, status, &findings);
		exec->forget |= config_may_hold_secret(command);
		config_findings_done(&findings);
		free(match);
		return status;
	}
	config_findings_done(&findings);
	exec->hold = match;
	exec->hold_free = match_free;
	exec->forget |= config_match_secret(match);
	if ((match->command->flags & CYG_CMD_PRIVILEGED) && !exec_may_configure(exec))
		return refuse_viewer(exec);
	if (match->command->flags & CYG_CMD_PRIVILEGED)
		log_command(exec, match);
	return match->command->run(exec, match->args);
}

enum cyg_status language_run(void *ctx, struct cyg_exec *exec, struct cyg_str line)
{
	if (exec->session->configuring)
		return editing_line(ctx, exec, line, run_exec);
	return run_exec(exec, line);
}

void language_came(void *ctx, struct control_session *session)
{
	const struct daemon *daemon = ctx;
	const struct config_global *global = config_view(daemon->config)->global;
	bool asked = global && global->enable_secret.len && session->peer.uid != 0 &&
		     session->peer.uid != geteuid();

	session->enabled = session->access == CONTROL_CONFIGURE && !asked;
}

void language_gone(void *ctx, struct control_session *session)
{
	editing_end(ctx, session);
}

void language_prompt(void *ctx, const struct control_session *session, struct cyg_strbuf *out)
{
	const struct daemon *daemon = ctx;

	if (session->open)
		return; /* the lines of a text have none */
	cyg_strbuf_addf(out, "%s", daemon_hostname(daemon));
	if (session->configuring)
		cyg_strbuf_addf(out, "(%s)",
				config_prompt(config_grammar_of(daemon->config), &session->position));
	cyg_strbuf_addf(out, "%s", session->enabled ? "#" : ">");
}

struct words {
	json_t *array;
	bool help, failed;
};

static void add_word(void *ctx, const char *word, const char *help)
{
	struct words *words = ctx;
	json_t *item = words->help ? json_pack("{s:o,s:o}", "token", control_json_str(word), "help",
					       control_json_str(help))
				   : control_json_str(word);

	if (json_array_append_new(words->array, item))
		words->failed = true;
}

/* May the line end where it does? */
static bool ends_here(const struct config_candidates *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->items[i].text, "<cr>") == 0)
			return true;
	return false;
}

static bool is_show(struct cyg_str line)
{
	struct cyg_str word;

	if (line.len > 3 && strncmp(line.ptr, "do ", 3) == 0)
		line = cyg_str_tail(line, 3);
	word = cyg_str_head(line, cyg_str_span_until(line, " \t"));
	return word.len >= 2 && word.len <= 4 && cyg_str_equal_nocase(word, cyg_str_n("show", word.len));
}

static struct json_t *words_of(struct daemon *daemon, const struct control_session *session, struct cyg_str line,
			       bool help)
{
	/* A bar in a configuration line is a character like others. */
	bool pipe = !session->configuring || (line.len > 3 && strncmp(line.ptr, "do ", 3) == 0);
	struct config_candidates found = { 0 };
	struct words words = { .array = json_array(), .help = help };

	if (!words.array)
		return NULL;
	if (!pipe || !pipe_complete(line, help, add_word, &words)) {
		words.failed = config_complete(session->configuring ? config_grammar_of(daemon->config)
								     : daemon->grammar,
					       daemon->config,
					       session->configuring ? &session->position : NULL, line,
					       &found) != CYG_OK;
		for (size_t i = 0; i < found.count; i++)
			if (help || found.items[i].keyword)
				add_word(&words, found.items[i].text, found.items[i].help);
	}
	if (help && pipe && is_show(line) && ends_here(&found))
		add_word(&words, "|", "What of it is shown");
	config_candidates_done(&found);
	if (!words.failed)
		return words.array;
	json_decref(words.array);
	return NULL;
}

struct json_t *language_complete(void *ctx, const struct control_session *session, struct cyg_str line)
{
	return words_of(ctx, session, line, false);
}

struct json_t *language_help(void *ctx, const struct control_session *session, struct cyg_str line)
{
	return words_of(ctx, session, line, true);
}
