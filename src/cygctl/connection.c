/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include "rows.h"
#include "text.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct connection {
	int fd;
	uint64_t id;
	connection_log_fn on_log;
	void *on_log_ctx;
	char prompt[320];
	char *buffer;
	size_t start, len, room; /* unread octets: [start, len) */
	bool enough;             /* nobody wants more of the text of the command under way */
};

/* --- What is said --- */

static enum cyg_status transmit(struct connection *c, json_t *take_message)
{
	char *text = take_message ? json_dumps(take_message, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	enum cyg_status status = text ? CYG_OK : CYG_NOMEM;

	json_decref(take_message);
	if (text)
		text[len++] = '\n'; /* in place of its NUL */
	for (size_t at = 0; at < len && status == CYG_OK;) {
		ssize_t sent = send(c->fd, text + at, len - at, MSG_NOSIGNAL);

		if (sent > 0)
			at += (size_t)sent;
		else if (errno != EINTR)
			status = CYG_IO;
	}
	if (text)
		cyg_wipe(text, len);
	free(text);
	return status;
}

/* About the command under way. */
static json_t *remark(struct connection *c, const char *what)
{
	return json_pack("{s:I,s:b}", "id", (json_int_t)c->id, what, 1);
}

void connection_wait(struct connection *c)
{
	json_t *message = remark(c, "wait");
	char text[64];
	size_t len = message ? json_dumpb(message, text, sizeof(text) - 1, JSON_COMPACT) : 0;

	json_decref(message);
	if (len == 0 || len >= sizeof(text))
		return;
	text[len++] = '\n';
	/* Never for long: a daemon that is stuck, or has gone, is noticed by whoever reads on. */
	(void)!send(c->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* --- What is heard --- */

/* The next message as it stands, until line_done(). CYG_BUSY: a signal, or nothing has come yet (with MSG_DONTWAIT in
 * `flags`); CYG_IO: closed or broken. */
static enum cyg_status next_line(struct connection *c, int flags, struct cyg_str *out)
{
	size_t looked = c->start;

	for (;;) {
		char *end = looked < c->len ? memchr(c->buffer + looked, '\n', c->len - looked) : NULL;
		ssize_t got;

		if (end) {
			*out = cyg_str_n(c->buffer + c->start, (size_t)(end - c->buffer) - c->start);
			return CYG_OK;
		}
		if (c->start) {
			memmove(c->buffer, c->buffer + c->start, c->len - c->start);
			c->len -= c->start;
			cyg_wipe(c->buffer + c->len, c->start);
			c->start = 0;
		}
		looked = c->len;
		if (c->len == c->room) {
			size_t wanted = c->room ? c->room * 2 : 32768;
			char *grown = wanted <= CONNECTION_MESSAGE_MAX ? realloc(c->buffer, wanted) : NULL;

			if (!grown)
				return CYG_IO;
			c->buffer = grown;
			c->room = wanted;
		}
		got = recv(c->fd, c->buffer + c->len, c->room - c->len, flags);
		if (got < 0 && (errno == EINTR || (flags && errno == EAGAIN)))
			return CYG_BUSY;
		if (got <= 0)
			return CYG_IO;
		c->len += (size_t)got;
	}
}

static void line_done(struct connection *c, struct cyg_str line)
{
	/* It may quote what was typed. */
	cyg_wipe(c->buffer + c->start, line.len);
	c->start += line.len + 1;
	if (c->start == c->len)
		c->start = c->len = 0;
}

/* CYG_IO: it is no message. */
static enum cyg_status parse(struct connection *c, struct cyg_str line, json_t **out)
{
	json_error_t error;

	*out = json_loadb(line.ptr, line.len, 0, &error);
	line_done(c, line);
	if (*out && json_is_object(*out))
		return CYG_OK;
	json_decref(*out);
	return CYG_IO;
}

/* The next message, as next_line() has it. */
static enum cyg_status receive(struct connection *c, int flags, json_t **out)
{
	struct cyg_str line;
	enum cyg_status status = next_line(c, flags, &line);

	return status == CYG_OK ? parse(c, line, out) : status;
}

static void take_log(struct connection *c, const json_t *line)
{
	if (line && c->on_log)
		c->on_log(c->on_log_ctx, line);
}

/* To nobody if `answer` is NULL, or once it has had enough. CYG_IO: the daemon cannot be told of that. */
static enum cyg_status hand_over(struct connection *c, struct answer *answer, struct cyg_str text)
{
	if (!answer || c->enough || answer->text(answer, text))
		return CYG_OK;
	c->enough = true;
	return transmit(c, remark(c, "cancel"));
}

/* What a listing brings goes its way without a tree of it. False: it is something else. */
static bool pass_on(struct connection *c, struct answer *answer, struct cyg_str line, enum cyg_status *status)
{
	struct cyg_str part;

	if (text_in(c->buffer + c->start, line.len, &part)) {
		*status = hand_over(c, answer, part);
	} else if (rows_in(line, &part)) {
		if (answer)
			answer->rows(answer, part);
	} else {
		return false;
	}
	line_done(c, line);
	return true;
}

/* The next message that is an answer; what comes before it goes to `answer` (if not NULL). */
static enum cyg_status receive_answer(struct connection *c, struct answer *answer, json_t **out)
{
	enum cyg_status status = CYG_OK;

	while (status == CYG_OK) {
		struct cyg_str line;
		const json_t *log;

		status = next_line(c, 0, &line);
		if (status == CYG_OK && pass_on(c, answer, line, &status))
			continue;
		if (status == CYG_OK)
			status = parse(c, line, out);
		log = status == CYG_OK ? json_object_get(*out, "log") : NULL;
		if (!log)
			return status;
		take_log(c, log);
		json_decref(*out);
	}
	return status;
}

enum cyg_status connection_take_logs(struct connection *c)
{
	for (;;) {
		json_t *message;
		enum cyg_status status = receive(c, MSG_DONTWAIT, &message);

		if (status != CYG_OK)
			return status == CYG_BUSY ? CYG_OK : status;
		take_log(c, json_object_get(message, "log"));
		json_decref(message);
	}
}

void connection_on_log(struct connection *c, connection_log_fn take, void *ctx)
{
	c->on_log = take;
	c->on_log_ctx = ctx;
}

int connection_fd(const struct connection *c)
{
	return c->fd;
}

static void note_prompt(struct connection *c, const json_t *message)
{
	const char *prompt = json_string_value(json_object_get(message, "prompt"));

	if (prompt)
		snprintf(c->prompt, sizeof(c->prompt), "%s", prompt);
}

static enum cyg_status greet(struct connection *c, struct cyg_strbuf *why)
{
	struct timeval patience = { .tv_sec = CONNECTION_HELLO_S }, none = { 0 };
	json_t *hello = NULL;
	enum cyg_status status;

	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	status = receive(c, 0, &hello);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
	if (status != CYG_OK) {
		cyg_strbuf_addf(why, "the daemon does not answer: see `cygnet status`");
		return CYG_IO;
	}
	if (json_is_string(json_object_get(hello, "error"))) {
		cyg_strbuf_addf(why, "%s", json_string_value(json_object_get(hello, "error")));
		status = CYG_REFUSED;
	} else if (json_integer_value(json_object_get(hello, "protocol")) != 1) {
		cyg_strbuf_addf(why, "the daemon speaks another control protocol: install cygctl and "
				     "cygnetd of one version");
		status = CYG_UNSUPPORTED;
	}
	note_prompt(c, hello);
	json_decref(hello);
	return status;
}

enum cyg_status connection_open(const char *path, struct connection **out, struct cyg_strbuf *why)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct connection *c = NULL;
	enum cyg_status status = CYG_IO;

	if (strlen(path) >= sizeof(address.sun_path)) {
		cyg_strbuf_addf(why, "%s: the path of a socket may have %zu octets", path,
				sizeof(address.sun_path) - 1);
		return CYG_LIMIT;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	c = calloc(1, sizeof(*c));
	if (!c) {
		cyg_strbuf_addf(why, "memory is short");
		return CYG_NOMEM;
	}
	snprintf(c->prompt, sizeof(c->prompt), "cygnet>");
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd >= 0 && connect(c->fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		status = greet(c, why);
	else if (errno == ENOENT || errno == ECONNREFUSED)
		cyg_strbuf_addf(why, "no daemon answers at %s: start it with `cygnet start` (or "
				     "`systemctl start cygnet`)", path);
	else
		cyg_strbuf_addf(why, "%s: %s", path, strerror(errno));
	if (status != CYG_OK) {
		connection_close(c);
		return status;
	}
	*out = c;
	return CYG_OK;
}

void connection_close(struct connection *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	free(c->buffer);
	free(c);
}

const char *connection_prompt(const struct connection *c)
{
	return c->prompt;
}

static void copy_text(char *out, size_t room, const json_t *value)
{
	const char *text = json_string_value(value);

	snprintf(out, room, "%s", text ? text : "");
}

static json_t *request_of(struct connection *c, const struct order *order)
{
	json_t *request = json_pack("{s:I,s:s,s:b}", "id", (json_int_t)++c->id, "run", order->line, "json", order->json);
	int failed = request == NULL;

	if (request && order->interactive)
		failed |= json_object_set_new(request, "interactive", json_true());
	if (request && order->terminal)
		failed |= json_object_set_new(request, "terminal", json_string(order->terminal));
	if (request && order->answer_count == 1) {
		failed |= json_object_set_new(request, "answer", json_string(order->answers[0]));
	} else if (request && order->answer_count) {
		json_t *answers = json_array();

		for (unsigned i = 0; i < order->answer_count; i++)
			failed |= json_array_append_new(answers, json_string(order->answers[i]));
		failed |= json_object_set_new(request, "answer", answers);
	}
	if (!failed)
		return request;
	json_decref(request);
	return NULL;
}

static void read_length(const json_t *length, struct answer *answer)
{
	answer->length_said = length != NULL;
	answer->length = json_is_integer(length) ? (int)json_integer_value(length) : -1;
}

static void read_end(struct connection *c, const json_t *message, struct answer *answer)
{
	copy_text(answer->status, sizeof(answer->status), json_object_get(message, "status"));
	copy_text(answer->error, sizeof(answer->error), json_object_get(message, "error"));
	copy_text(answer->question, sizeof(answer->question), json_object_get(message, "question"));
	answer->secret = json_is_true(json_object_get(message, "secret"));
	answer->forget = json_is_true(json_object_get(message, "forget"));
	answer->leave = json_is_true(json_object_get(message, "leave"));
	answer->more = json_is_true(json_object_get(message, "more"));
	read_length(json_object_get(message, "length"), answer);
	answer->column = (uint32_t)json_integer_value(json_object_get(message, "column"));
	answer->json |= json_is_true(json_object_get(message, "json"));
	note_prompt(c, message);
}

enum cyg_status connection_run(struct connection *c, const struct order *order, struct answer *answer)
{
	enum cyg_status status;
	bool done = false;

	answer->status[0] = answer->error[0] = answer->question[0] = '\0';
	answer->secret = answer->forget = answer->leave = answer->more = answer->length_said = false;
	answer->column = 0;
	answer->json = order->json;
	c->enough = false;
	status = transmit(c, request_of(c, order));
	while (status == CYG_OK && !done) {
		json_t *message = NULL, *text;

		status = receive_answer(c, answer, &message);
		if (status != CYG_OK)
			break;
		text = json_object_get(message, "text");
		done = json_is_true(json_object_get(message, "done"));
		if (json_is_string(text))
			status = hand_over(c, answer, cyg_str_n(json_string_value(text), json_string_length(text)));
		if (done)
			read_end(c, message, answer);
		json_decref(message);
	}
	return status;
}

struct json_t *connection_ask(struct connection *c, const char *what, const char *line)
{
	json_t *message = NULL, *found = NULL;

	if (transmit(c, json_pack("{s:I,s:s}", "id", (json_int_t)++c->id, what, line)) != CYG_OK ||
	    receive_answer(c, NULL, &message) != CYG_OK)
		return NULL;
	found = json_object_get(message, strcmp(what, "help") == 0 ? "help" : "words");
	if (json_is_array(found))
		json_incref(found);
	else
		found = NULL;
	json_decref(message);
	return found;
}
