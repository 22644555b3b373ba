/* SPDX-License-Identifier: MIT */
#include "control/exec.h"

#include "control/protocol.h"
#include "control/server.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Appends to a buffer that doubles; false, and nothing kept, if out of memory. */
static bool append(char **buffer, size_t *len, size_t *room, const char *from, size_t count)
{
	if (*room - *len < count) {
		size_t wanted = *room ? *room : 1024;
		char *grown;

		while (wanted - *len < count)
			wanted *= 2;
		grown = realloc(*buffer, wanted);
		if (!grown)
			return false;
		*buffer = grown;
		*room = wanted;
	}
	if (count)
		memcpy(*buffer + *len, from, count);
	*len += count;
	return true;
}

void exec_lost(struct cyg_exec *exec)
{
	exec->short_of_memory = true;
}

void exec_flush(struct cyg_exec *exec)
{
	struct cyg_str chunk = cyg_str_n(exec->chunk, exec->chunk_len);

	if (!exec_unread(exec) && chunk.len)
		(exec->json ? client_send_rows : client_send_text)(exec->client, exec->id, chunk);
	exec->chunk_len = 0;
}

static void emit_line(void *ctx, struct cyg_str line)
{
	struct cyg_exec *exec = ctx;

	if (!append(&exec->chunk, &exec->chunk_len, &exec->chunk_room, line.ptr, line.len) ||
	    !append(&exec->chunk, &exec->chunk_len, &exec->chunk_room, "\n", 1))
		exec_lost(exec);
	if (exec->chunk_len >= EXEC_CHUNK)
		exec_flush(exec);
}

static void end_line(struct cyg_exec *exec)
{
	struct cyg_str line = cyg_str_n(exec->line, exec->line_len);

	exec->line_len = 0;
	if (pipe_passes(&exec->pipe, 0, line))
		emit_line(exec, line);
}

void exec_text(struct cyg_exec *exec, struct cyg_str text)
{
	if (exec->json || exec_unread(exec))
		return;
	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t count = end ? (size_t)(end - text.ptr) : text.len;
		size_t left = EXEC_TEXT_LINE_MAX - exec->line_len;

		if (!append(&exec->line, &exec->line_len, &exec->line_room, text.ptr,
			    count < left ? count : left))
			exec_lost(exec);
		text = cyg_str_tail(text, count + (end ? 1 : 0));
		if (end)
			end_line(exec);
	}
}

void exec_finish(struct cyg_exec *exec)
{
	if (exec->line_len)
		end_line(exec);
	if (!exec->json)
		pipe_finish(&exec->pipe, emit_line, exec);
	exec_flush(exec);
}

void exec_go_on(struct cyg_exec *exec, enum cyg_status (*run)(struct cyg_exec *exec, void *arg), void *arg)
{
	enum cyg_status status;

	exec->in_run = true;
	status = run(exec, arg);
	exec->in_run = false;
	if (status == CYG_PENDING && !exec->ended)
		return;
	if (!exec->ended)
		exec->status = status;
	exec->ended = true;
	server_exec_ended(exec);
}

void exec_free(struct cyg_exec *exec)
{
	if (exec->hold_free)
		exec->hold_free(exec->hold);
	control_answers_free(exec->answer, exec->answer_count);
	session_unref(exec->session);
	free(exec->line);
	free(exec->chunk);
	free(exec);
}

bool exec_room(struct cyg_exec *exec, void (*resume)(struct cyg_exec *exec, void *arg), void *arg)
{
	exec_flush(exec);
	if (exec_unread(exec) || client_has_room(exec->client))
		return true;
	exec->resume = resume;
	exec->resume_arg = arg;
	return false;
}

enum cyg_status exec_pipe(struct cyg_exec *exec, struct cyg_str line, struct cyg_str *command)
{
	char reason[EXEC_ERROR_MAX];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum cyg_status status = pipe_parse(line, command, &exec->pipe, &why);

	exec->json |= exec->pipe.json;
	if (status != CYG_OK) {
		cyg_exec_error(exec, "%s", reason);
	} else if (exec->json && exec->pipe.count) {
		status = CYG_MALFORMED;
		cyg_exec_error(exec, "a filter behind | works on text: leave out either it or JSON");
	}
	return status;
}

bool exec_confirmed(struct cyg_exec *exec, const char *format, ...)
{
	const char *answer = exec->asked < exec->answer_count ? exec->answer[exec->asked++] : NULL;
	va_list args;

	if (!exec->interactive)
		return true;
	if (answer && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	if (answer) {
		cyg_exec_error(exec, "nothing was done");
		return false;
	}
	va_start(args, format);
	vsnprintf(exec->question, sizeof(exec->question), format, args);
	va_end(args);
	cyg_exec_error(exec, "%s", exec->question);
	return false;
}

const char *exec_secret(struct cyg_exec *exec, const char *question)
{
	if (exec->asked < exec->answer_count)
		return exec->answer[exec->asked++];
	if (exec->interactive) {
		snprintf(exec->question, sizeof(exec->question), "%s", question);
		exec->question_secret = true;
	}
	cyg_exec_error(exec, "%s is needed, and nobody is there to be asked", question);
	return NULL;
}

/* --- What commands call (cygnet/commands.h) --- */

struct cyg_shard *cyg_exec_shard(struct cyg_exec *exec)
{
	return exec->shard;
}

bool cyg_exec_json(const struct cyg_exec *exec)
{
	return exec->json;
}

void cyg_exec_printf(struct cyg_exec *exec, const char *format, ...)
{
	char small[512], *text = small;
	va_list args;
	int len;

	if (exec->json || exec_unread(exec))
		return;
	va_start(args, format);
	len = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(small)) {
		text = malloc((size_t)len + 1);
		if (!text) {
			exec_lost(exec);
			return;
		}
		va_start(args, format);
		vsnprintf(text, (size_t)len + 1, format, args);
		va_end(args);
	}
	exec_text(exec, cyg_str_n(text, (size_t)len));
	if (text != small)
		free(text);
}

static int chunk_octets(const char *octets, size_t len, void *ctx)
{
	struct cyg_exec *exec = ctx;

	return append(&exec->chunk, &exec->chunk_len, &exec->chunk_room, octets, len) ? 0 : -1;
}

/*
 * A row becomes text as soon as it is there: so what it costs is spent on it, where who tells many looks at the
 * clock, and not on all of them when they are sent.
 */
void cyg_exec_row(struct cyg_exec *exec, struct json_t *take_row)
{
	size_t before = exec->chunk_len;

	if (exec->json && !exec_unread(exec) &&
	    (!take_row || (before && chunk_octets(",", 1, exec)) ||
	     json_dump_callback(take_row, chunk_octets, exec, JSON_COMPACT))) {
		exec->chunk_len = before; /* no half of a row */
		exec_lost(exec);
	}
	json_decref(take_row);
	if (exec->chunk_len >= EXEC_CHUNK)
		exec_flush(exec);
}

void cyg_exec_error(struct cyg_exec *exec, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(exec->error, sizeof(exec->error), format, args);
	va_end(args);
}

void cyg_exec_done(struct cyg_exec *exec, enum cyg_status status)
{
	exec->status = status;
	exec->ended = true;
	if (!exec->in_run)
		server_exec_ended(exec);
}
