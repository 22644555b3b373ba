/* SPDX-License-Identifier: MIT */
#include "control/kept.h"

#include "control/config_file.h"
#include "control/reading.h"
#include "control/show.h"
#include "control/text_file.h"
#include "control/vault.h"

#include <cygnet/log.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HEADING_MAX 256

static bool path_of(const struct daemon *daemon, unsigned number, char *out)
{
	char name[32];

	snprintf(name, sizeof(name), "kept-%u", number);
	return paths_join(out, daemon->paths.lib, name) == CYG_OK;
}

#define FRESH 0 /* the number of one that has been written and is not among them yet */

/* The fresh one becomes the first, those that are there move up by one; the last is forgotten. */
static void take_in(const struct daemon *daemon)
{
	for (unsigned number = KEPT_MAX; number-- > FRESH;) {
		char from[PATHS_LEN], to[PATHS_LEN];

		if (path_of(daemon, number, from) && path_of(daemon, number + 1, to) && rename(from, to) &&
		    errno != ENOENT)
			cyg_log(CYG_LOG_WARNING, "config.unkept", "{path} cannot be moved: {why}",
				F_STR("path", from), F_STR("why", strerror(errno)));
	}
}

static void time_text(const struct daemon *daemon, char *out, size_t room)
{
	time_t now = (time_t)cyg_shard_wall_s(daemon->control);
	struct tm parts;

	if (!gmtime_r(&now, &parts) || strftime(out, room, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		snprintf(out, room, "?");
}

void kept_add(struct daemon *daemon, const struct cyg_config *config, const char *what,
	      const struct control_session *session)
{
	char path[PATHS_LEN], when[40], heading[HEADING_MAX];
	enum cyg_status status;

	time_text(daemon, when, sizeof(when));
	snprintf(heading, sizeof(heading), "! before %.100s by %.60s at %s\n", what,
		 session ? session->user : "a signal", when);
	/* A disk that is full takes nothing away of what is kept. */
	status = path_of(daemon, FRESH, path) ? config_file_replace(path, heading, config) : CYG_LIMIT;
	if (status == CYG_OK) {
		take_in(daemon);
		file_folder_sync(path);
	} else {
		cyg_log(CYG_LOG_WARNING, "config.unkept",
			"{path} cannot be written ({why}): `rollback` has nothing to go back to for this change",
			F_STR("path", path), F_STR("why", strerror(errno)));
	}
}

void kept_tell(struct daemon *daemon, struct cyg_exec *exec)
{
	unsigned count = 0;

	for (unsigned number = 1; number <= KEPT_MAX; number++) {
		char path[PATHS_LEN], line[HEADING_MAX] = "";
		json_t *row;

		if (!path_of(daemon, number, path) || text_file_first_line(path, line, sizeof(line)) != CYG_OK)
			continue;
		if (strncmp(line, "! ", 2) != 0) {
			cyg_wipe(line, sizeof(line)); /* a line of the configuration */
			snprintf(line, sizeof(line), "! of an unknown time");
		}
		count++;
		cyg_exec_printf(exec, "%2u  %s\n", number, line + 2);
		if (!cyg_exec_json(exec))
			continue;
		row = json_object();
		put_number(&row, "number", number);
		put_text(&row, "what", line + 2);
		cyg_exec_row(exec, row);
	}
	if (!count)
		cyg_exec_printf(exec, "No configuration is kept: nothing has been changed\n");
}

enum cyg_status kept_text(const struct daemon *daemon, unsigned number, char **text, size_t *len)
{
	char path[PATHS_LEN];

	return path_of(daemon, number, path) ? text_file_read(path, text, len) : CYG_LIMIT;
}

/* --- Secrets of type 6 --- */

/* The kept ones, then the last good copy; false behind that. */
static bool nth_path(const struct daemon *daemon, unsigned n, char *out)
{
	if (n < KEPT_MAX)
		return path_of(daemon, n + 1, out);
	return n == KEPT_MAX && paths_join(out, daemon->paths.lib, LAST_GOOD) == CYG_OK;
}

static void text_free(char *text, size_t len)
{
	cyg_wipe(text, len);
	free(text);
}

void kept_salts(const struct daemon *daemon, struct vault_salts *salts)
{
	char path[PATHS_LEN], *text;
	size_t len;

	for (unsigned n = 0; nth_path(daemon, n, path); n++) {
		if (text_file_read(path, &text, &len) != CYG_OK)
			continue;
		vault_salts_find(salts, cyg_str_n(text, len));
		text_free(text, len);
	}
}

void kept_reseal(const struct daemon *daemon)
{
	char path[PATHS_LEN], *text;
	size_t len;

	for (unsigned n = 0; nth_path(daemon, n, path); n++) {
		enum cyg_status status = text_file_read(path, &text, &len);

		if (status == CYG_NOT_FOUND)
			continue;
		if (status == CYG_OK) {
			if (vault_reseal(daemon->vault, text, len))
				status = text_file_replace(path, cyg_str_n(text, len));
			text_free(text, len);
		}
		if (status != CYG_OK)
			cyg_log(CYG_LOG_WARNING, "config.unkept",
				"{path} cannot be written ({why}): its secrets stay sealed with the master key of before",
				F_STR("path", path), F_STR("why", strerror(errno)));
	}
}
