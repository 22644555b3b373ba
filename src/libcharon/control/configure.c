/* SPDX-License-Identifier: MIT */
/*
 * Commands that change the configuration as a whole and who may: configure, copy, write, rollback, enable; and what is kept of
 * before.
 */
#include "control/change.h"
#include "control/editing.h"
#include "control/kept.h"
#include "control/reading.h"
#include "control/replace.h"
#include "control/revert.h"
#include "control/show.h"
#include "control/store.h"
#include "control/tables.h"

#include <cygnet/log.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct cyg_token_help tokens[] = {
	{ "configure", "Changes the configuration" },
	{ "terminal", "Line by line, each in force at once" },
	{ "revert", "The way back: what was in force comes again" },
	{ "timer", "Unless it is confirmed in time" },
	{ "<minutes>", "Minutes until then" },
	{ "seconds", "A shorter time" },
	{ "<seconds>", "Seconds until then" },
	{ "now", "At once" },
	{ "confirm", "Keeps what is in force: there is no way back any more" },
	{ "replace", "A file in place of all that is in force" },
	{ "dry-run", "Says what would change and which sessions would end" },
	{ "skip-errors", "Leaves out lines with errors, and what they belong to" },
	{ "force", "Asks nobody" },
	{ "<file>", "Name below /etc/cygnet" },
	{ "<other>", "Name below /etc/cygnet" },
	{ "rollback", "Back to a configuration of before (show archive)" },
	{ "<number>", "Its number; 1 is the last" },
	{ "copy", "From one configuration to another" },
	{ "running-config", "The configuration in force" },
	{ "startup-config", "The configuration that the next start reads" },
	{ "write", "Makes the configuration in force the one of the next start" },
	{ "memory", "To startup-config" },
	{ "enable", "Asks for the right to change something" },
	{ "disable", "Gives the right to change something away" },
	{ "exit", "Leaves" },
	{ "quit", "Leaves" },
	{ "logout", "Leaves" },
	{ "show", "Looks at something" },
	{ "archive", "Configurations of before" },
	{ "config", "Configurations" },
	{ "differences", "What a second one has (+) and lacks (-)" },
	{ 0 },
};

/* --- Editing --- */

/* 0: no way back is asked for. */
static uint32_t revert_seconds(const struct cyg_args *args)
{
	uint32_t minutes = (uint32_t)cyg_args_uint(args, "minutes", 0);

	return minutes ? minutes * 60 : (uint32_t)cyg_args_uint(args, "seconds", 0);
}

static enum cyg_status configure_terminal(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct daemon *daemon = exec->ctx;
	uint32_t seconds = revert_seconds(args);
	bool whole = seconds % 60 == 0;
	enum cyg_status status = CYG_OK;

	if (daemon->stopping || !daemon->running) {
		cyg_exec_error(exec, "the daemon starts or stops: try again");
		return CYG_BUSY;
	}
	if (seconds)
		status = revert_arm(daemon, seconds, exec->session->user);
	if (status != CYG_OK)
		return status;
	if (seconds)
		cyg_exec_printf(exec, "What is in force now comes back in %u %s%s unless you `configure confirm`.\n",
				whole ? seconds / 60 : seconds, whole ? "minute" : "second", seconds == 60 ? "" : "s");
	cyg_exec_printf(exec, "Enter configuration commands, one per line.  End with `end`.\n");
	editing_begin(daemon, exec->session);
	return CYG_OK;
}

static enum cyg_status nothing_armed(struct cyg_exec *exec, enum cyg_status status)
{
	if (status == CYG_NOT_FOUND)
		cyg_exec_error(exec, "no way back is armed: configure terminal revert timer MINUTES arms it");
	return status;
}

static enum cyg_status configure_confirm(struct cyg_exec *exec, const struct cyg_args *args)
{
	return nothing_armed(exec, revert_confirm(exec->ctx));
}

static enum cyg_status configure_revert(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct daemon *daemon = exec->ctx;

	if (cyg_args_has(args, "now"))
		return nothing_armed(exec, revert_now(daemon, exec));
	if (!revert_armed(daemon))
		return nothing_armed(exec, CYG_NOT_FOUND);
	return revert_arm(daemon, revert_seconds(args), exec->session->user);
}

/* --- The whole --- */

/* A router's names of places are taken off: all files are below one folder here. */
static bool file_name(struct cyg_exec *exec, struct cyg_str text, char *out, size_t room)
{
	static const char *const places[] = { "nvram:", "flash:", "file:", "bootflash:" };

	for (size_t i = 0; i < CYG_COUNT(places); i++)
		if (text.len > strlen(places[i]) && strncmp(text.ptr, places[i], strlen(places[i])) == 0)
			text = cyg_str_tail(text, strlen(places[i]));
	if (text.len >= room || text.len == 0 || text.ptr[0] == '/') {
		cyg_exec_error(exec, "a file is named as it stands below /etc/cygnet");
		return false;
	}
	memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	return true;
}

static enum cyg_status replace_or_merge(struct cyg_exec *exec, const struct cyg_args *args, bool merge)
{
	struct replace_order order = {
		.number = (unsigned)cyg_args_uint(args, "number", 0),
		.merge = merge,
		.skip_errors = cyg_args_has(args, "skip-errors"),
		.dry_run = cyg_args_has(args, "dry-run"),
		.force = cyg_args_has(args, "force"),
		.revert_seconds = revert_seconds(args),
	};
	struct cyg_str file = cyg_args_text(args, "file");

	if (merge && file.len == 0)
		file = CYG_STR(STARTUP_CONFIG);
	if (file.len && !file_name(exec, file, order.name, sizeof(order.name)))
		return CYG_REFUSED;
	return replace_run(exec->ctx, exec, &order);
}

static enum cyg_status configure_replace(struct cyg_exec *exec, const struct cyg_args *args)
{
	return replace_or_merge(exec, args, false);
}

static enum cyg_status copy_to_running(struct cyg_exec *exec, const struct cyg_args *args)
{
	return replace_or_merge(exec, args, true);
}

static enum cyg_status write_memory(struct cyg_exec *exec, const struct cyg_args *args)
{
	return store_run(exec->ctx, exec);
}

/* --- Differences --- */

struct comparing {
	struct cyg_exec *exec;
	struct cyg_config *first; /* NULL: not read yet */
	char other[200];          /* the second file; "": what is in force */
	struct config_reading reading;
};

static enum cyg_status tell_differences(struct cyg_exec *exec, const struct cyg_config *before,
					const struct cyg_config *after)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	enum cyg_status status = out ? config_differences(before, after, out) : CYG_NOMEM;

	if (out && fclose(out))
		status = CYG_NOMEM;
	for (struct cyg_str rest = cyg_str_n(text, len); status == CYG_OK && rest.len;) {
		struct cyg_str line = cyg_str_head(rest, cyg_str_span_until(rest, "\n"));

		rest = cyg_str_tail(rest, line.len + 1);
		cyg_exec_printf(exec, "%.*s\n", (int)line.len, line.ptr);
		if (cyg_exec_json(exec)) {
			json_t *row = json_object();

			put_json(&row, "line", json_stringn(line.ptr, line.len));
			cyg_exec_row(exec, row);
		}
	}
	free(text);
	return status;
}

static void compare_end(struct comparing *take, enum cyg_status status)
{
	struct cyg_exec *exec = take->exec;

	config_reading_done(&take->reading);
	config_unref(take->first);
	free(take);
	cyg_exec_done(exec, status);
}

static void compare_read(struct config_reading *reading, enum cyg_status status)
{
	struct comparing *comparing = reading->ctx;
	struct daemon *daemon = reading->daemon;

	if (status == CYG_REFUSED)
		cyg_exec_error(comparing->exec, "%s has errors: `configure replace %s dry-run` tells them",
			       reading->name, reading->name);
	else if (status != CYG_OK)
		cyg_exec_error(comparing->exec, "%s", reading->why);
	if (status == CYG_OK && comparing->first) {
		status = tell_differences(comparing->exec, comparing->first, reading->config);
	} else if (status == CYG_OK && comparing->other[0]) {
		comparing->first = config_ref(reading->config);
		config_reading_done(reading);
		*reading = (struct config_reading){ .daemon = daemon, .done = compare_read, .ctx = comparing };
		snprintf(reading->name, sizeof(reading->name), "%s", comparing->other);
		config_reading_start(reading);
		return;
	} else if (status == CYG_OK) {
		status = tell_differences(comparing->exec, reading->config, daemon->config);
	}
	compare_end(comparing, status);
}

static enum cyg_status show_differences(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct comparing *comparing = calloc(1, sizeof(*comparing));
	struct cyg_str file = cyg_args_text(args, "file"), other = cyg_args_text(args, "other");

	if (!comparing)
		return CYG_NOMEM;
	comparing->exec = exec;
	comparing->reading = (struct config_reading){ .daemon = exec->ctx, .done = compare_read, .ctx = comparing };
	if ((file.len && !file_name(exec, file, comparing->reading.name, sizeof(comparing->other))) ||
	    (other.len && !file_name(exec, other, comparing->other, sizeof(comparing->other)))) {
		free(comparing);
		return CYG_REFUSED;
	}
	config_reading_start(&comparing->reading);
	return CYG_PENDING;
}

static enum cyg_status show_archive(struct cyg_exec *exec, const struct cyg_args *args)
{
	kept_tell(exec->ctx, exec);
	return CYG_OK;
}

/* --- Who may --- */

/* That of this user, or else the one that was over first. */
static struct enable_wait *wait_of(struct daemon *daemon, uid_t uid)
{
	struct enable_wait *wait = daemon->enable_waits;

	for (unsigned i = 0; i < ENABLE_WAITS; i++) {
		struct enable_wait *other = &daemon->enable_waits[i];

		if (other->until_ms && other->uid == uid)
			return other;
		if (other->until_ms < wait->until_ms)
			wait = other;
	}
	return wait;
}

/* Nobody tries secrets as fast as a socket takes them, over whatever number of connections. */
static bool secret_fits(struct cyg_exec *exec, struct cyg_bytes secret, const char *answer)
{
	struct daemon *daemon = exec->ctx;
	const struct control_session *session = exec->session;
	struct enable_wait *wait = wait_of(daemon, session->peer.uid);
	uint64_t now = cyg_shard_now_ms(daemon->control);

	if (wait->uid == session->peer.uid && now < wait->until_ms) {
		cyg_exec_error(exec, "that is too soon after a wrong one: once more in a second");
		return false;
	}
	if (cyg_bytes_equal_ct(secret, cyg_bytes(answer, strlen(answer))))
		return true;
	*wait = (struct enable_wait){ .uid = session->peer.uid, .until_ms = now + ENABLE_WAIT_MS };
	cyg_exec_error(exec, "that is not the secret");
	cyg_log_limited(CYG_LOG_WARNING, "control.enable", "{user} (uid {uid}) gave a wrong enable secret",
			F_STR("user", session->user), F_UINT("uid", session->peer.uid));
	return false;
}

static enum cyg_status enable(struct cyg_exec *exec, const struct cyg_args *args)
{
	const struct daemon *daemon = exec->ctx;
	const struct config_global *global = config_view(daemon->config)->global;
	struct control_session *session = exec->session;
	const char *answer;

	if (session->enabled)
		return CYG_OK;
	if (session->access != CONTROL_CONFIGURE) {
		cyg_exec_error(exec, "you may look but not change anything: that is for root and group "
				     CONTROL_GROUP_CONFIGURE);
		return CYG_REFUSED;
	}
	if (global && global->enable_secret.len && session->peer.uid != 0 && session->peer.uid != geteuid()) {
		answer = exec_secret(exec, "Password: ");
		if (!answer)
			return CYG_REFUSED;
		if (!secret_fits(exec, cyg_secret_bytes(&global->enable_secret), answer))
			return CYG_REFUSED;
	}
	session->enabled = true;
	return CYG_OK;
}

static enum cyg_status disable(struct cyg_exec *exec, const struct cyg_args *args)
{
	exec->session->enabled = false;
	return CYG_OK;
}

static enum cyg_status leave(struct cyg_exec *exec, const struct cyg_args *args)
{
	exec->session->leaving = true;
	return CYG_OK;
}

#define TIMER "timer {<minutes:uint(1-120)> | seconds <seconds:uint(5-3600)>}"

/* clang-format off */
static const struct cyg_command commands[] = {
	{ .mode = "exec", .syntax = "configure terminal [revert " TIMER "]",
	  .help = "Changes the configuration line by line; each line is in force at once.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = configure_terminal },
	{ .mode = "exec", .syntax = "configure confirm",
	  .help = "Keeps what is in force: the way back is not armed any more.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = configure_confirm },
	{ .mode = "exec", .syntax = "configure revert {now | " TIMER "}",
	  .help = "Goes the way back at once, or begins its time anew.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = configure_revert },
	{ .mode = "exec",
	  .syntax = "configure replace <file:word> [dry-run] [skip-errors] [force] "
		    "[revert " TIMER "]",
	  .help = "Puts a file in force in place of all that is; tells first what changes and which sessions end.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = configure_replace },
	{ .mode = "exec",
	  .syntax = "rollback <number:uint(1-10)> [dry-run] [force] [revert " TIMER "]",
	  .help = "Puts a configuration of before in force again.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = configure_replace },
	{ .mode = "exec", .syntax = "copy running-config startup-config",
	  .help = "Makes the configuration in force the one of the next start.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = write_memory },
	{ .mode = "exec", .syntax = "copy startup-config running-config",
	  .help = "Adds startup-config to what is in force.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = copy_to_running },
	{ .mode = "exec", .syntax = "copy <file:word> running-config",
	  .help = "Adds the lines of a file to what is in force.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = copy_to_running },
	{ .mode = "exec", .syntax = "write [memory]",
	  .help = "Makes the configuration in force the one of the next start.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = write_memory },
	{ .mode = "exec", .syntax = "show archive",
	  .help = "Lists the configurations of before.", .tokens = tokens, .run = show_archive },
	{ .mode = "exec", .syntax = "show archive config differences [<file:word> [<other:word>]]",
	  .help = "Shows what differs: between startup-config (or a file) and what is in force, or between two files.",
	  .tokens = tokens, .run = show_differences },
	{ .mode = "exec", .syntax = "enable", .help = "Asks for the right to change something.",
	  .tokens = tokens, .run = enable },
	{ .mode = "exec", .syntax = "disable", .help = "Gives the right to change something away.",
	  .tokens = tokens, .run = disable },
	{ .mode = "exec", .syntax = "exit", .help = "Leaves.", .tokens = tokens, .run = leave },
	{ .mode = "exec", .syntax = "quit", .help = "Leaves.", .tokens = tokens, .run = leave },
	{ .mode = "exec", .syntax = "logout", .help = "Leaves.", .tokens = tokens, .run = leave },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table control_configure_commands = { .commands = commands };
