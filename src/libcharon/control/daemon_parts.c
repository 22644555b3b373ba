/* SPDX-License-Identifier: MIT */
#include "control/daemon_parts.h"

#include "log/log.h"
#include "registry/options.h"
#include "registry/registry.h"

#include <cygnet/log.h>

#include <errno.h>
#include <stdlib.h>

#define ENGINE_CONF "cygnet.conf"

struct engine_conf {
	struct cyg_conf *conf;
};

enum cyg_status engine_conf_read(const struct paths *paths, struct engine_conf **out, struct cyg_strbuf *why)
{
	const struct conf_part part = { engine_option_table, sizeof(struct engine_options) };
	struct engine_conf *conf = calloc(1, sizeof(*conf));
	char path[PATHS_LEN], *text = NULL;
	size_t len = 0;
	enum cyg_status status = conf ? paths_join(path, paths->etc, ENGINE_CONF) : CYG_NOMEM;

	if (status == CYG_OK)
		status = conf_read_file(path, ENGINE_CONF, why, &text, &len);
	if (status == CYG_NOT_FOUND)
		status = CYG_OK;
	if (status == CYG_OK)
		status = conf_read(&part, 1, ENGINE_CONF, cyg_str_n(text ? text : "", len), why, &conf->conf);
	free(text);
	if (status != CYG_OK) {
		if (why->len == 0)
			cyg_strbuf_addf(why, "%s: %s", ENGINE_CONF, cyg_status_text(status));
		free(conf);
		return status;
	}
	*out = conf;
	return CYG_OK;
}

const struct engine_options *engine_conf_options(const struct engine_conf *conf)
{
	return conf_data(conf->conf, 0);
}

void engine_conf_free(struct engine_conf *conf)
{
	if (!conf)
		return;
	conf_unref(conf->conf);
	free(conf);
}

void engine_conf_swap(struct daemon *daemon, struct engine_conf **conf)
{
	struct engine_conf *before = daemon->conf;
	const struct engine_options *old = daemon->options, *new = engine_conf_options(*conf);
	char reason[300];
	struct cyg_strbuf why = CYG_STRBUF(reason);

	if (old->shards != new->shards || old->helpers != new->helpers || old->key_export != new->key_export)
		cyg_log(CYG_LOG_WARNING, "config.restart",
			"cygnet.conf: `shards`, `helpers` and `key-export` take effect at the next start");
	if (engine_log_start(&daemon->paths, new, &why) != CYG_OK)
		cyg_log(CYG_LOG_ERROR, "log.failed", "{why}; the log stays as it was", F_STR("why", reason));
	daemon->conf = *conf;
	daemon->options = new;
	*conf = before;
}

/* The socket of a system's service; with --root one that lies there. */
static enum cyg_status add_socket(const struct paths *paths, struct log_sink *sink, char *room)
{
	enum cyg_status status;

	if (!paths->root[0])
		return CYG_OK; /* the usual one */
	status = paths_join(room, paths->root, sink->kind == LOG_SINK_SYSLOG ? "dev/log" : "run/systemd/journal/socket");
	sink->path = room;
	return status;
}

enum cyg_status engine_log_start(const struct paths *paths, const struct engine_options *options,
				 struct cyg_strbuf *why)
{
	/* The words of `log-level` in the order of the table. */
	enum cyg_log_level level = (enum cyg_log_level)(CYG_LOG_CRIT + options->log_level);
	struct log_sink sinks[4];
	char syslog[PATHS_LEN], journal[PATHS_LEN], file[PATHS_LEN];
	size_t count = 0;
	enum cyg_status status = CYG_OK;

	if (options->log_stderr)
		sinks[count++] = (struct log_sink){ .kind = LOG_SINK_STDERR, .level = level,
						    .json = options->log_json };
	if (options->log_syslog) {
		sinks[count] = (struct log_sink){ .kind = LOG_SINK_SYSLOG, .level = level, .json = options->log_json };
		status = add_socket(paths, &sinks[count++], syslog);
	}
	if (options->log_journal && status == CYG_OK) {
		sinks[count] = (struct log_sink){ .kind = LOG_SINK_JOURNAL, .level = level };
		status = add_socket(paths, &sinks[count++], journal);
	}
	if (options->log_file && options->log_file[0] && status == CYG_OK) {
		const char *path = options->log_file;

		if (path[0] != '/') {
			status = paths_join(file, paths->log, path);
			path = file;
		}
		sinks[count++] = (struct log_sink){ .kind = LOG_SINK_FILE, .level = level,
						    .json = options->log_json, .path = path };
	}
	if (status == CYG_OK)
		status = log_configure(sinks, count);
	if (status != CYG_OK)
		cyg_strbuf_addf(why, "the log cannot be opened: %s",
				status == CYG_IO ? strerror(errno) : cyg_status_text(status));
	return status;
}

struct registry_set *plugins_wanted(const struct paths *paths, const struct engine_options *options,
				    struct cyg_strbuf *why)
{
	const char *const dirs[] = { paths->plugins, NULL };
	struct registry_set *set = registry_set_new();
	char conf_dir[PATHS_LEN];
	enum cyg_status status = set ? paths_join(conf_dir, paths->etc, "plugins") : CYG_NOMEM;

	if (status == CYG_OK)
		status = registry_set_scan(set, dirs, conf_dir, options->plugin_order);
	if (status == CYG_OK)
		return set;
	cyg_strbuf_addf(why, "%s: the plugins cannot be listed: %s", paths->plugins, cyg_status_text(status));
	registry_set_free(set);
	return NULL;
}
