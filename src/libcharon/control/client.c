/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "control/monitor.h"

#include <cygnet/log.h>

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUESTS_A_TURN 8
#define REMARK_MAX      64 /* octets of a remark (below); what is longer waits as a request */

/* --- Output --- */

bool client_has_room(const struct control_client *client)
{
	return client->out_len - client->out_at < CONTROL_OUT_SOFT;
}

/* Room for so many more octets behind `out_len`. False: that would be too much, or memory is short. */
static bool make_room(struct control_client *client, size_t size)
{
	if (client->out_len + size - client->out_at > CONTROL_OUT_MAX)
		return false;
	if (client->out_room - client->out_len < size) {
		size_t wanted = client->out_room ? client->out_room : 4096;
		char *grown;

		if (client->out_at) {
			memmove(client->out, client->out + client->out_at,
				client->out_len - client->out_at);
			client->out_len -= client->out_at;
			client->out_at = 0;
		}
		while (wanted - client->out_len < size)
			wanted *= 2;
		if (wanted > client->out_room) {
			grown = realloc(client->out, wanted);
			if (!grown)
				return false;
			client->out = grown;
			client->out_room = wanted;
		}
	}
	return true;
}

static int append_octets(const char *buffer, size_t size, void *data)
{
	struct control_client *client = data;

	if (!make_room(client, size))
		return -1;
	memcpy(client->out + client->out_len, buffer, size);
	client->out_len += size;
	return 0;
}

static void message_ends(struct control_client *client, int failed)
{
	if (failed) {
		cyg_log(CYG_LOG_WARNING, "control.overflow",
			"the control client with pid {pid} is closed: its answer is too long or memory is short",
			F_UINT("pid", (uint64_t)client->session->peer.pid));
		client->broken = true;
	}
	server_kick(client->server);
}

void client_send(struct control_client *client, struct json_t *take_message)
{
	if (!client->broken)
		message_ends(client, !take_message ||
					     json_dump_callback(take_message, append_octets, client, JSON_COMPACT) ||
					     append_octets("\n", 1, client));
	json_decref(take_message);
}

void client_send_rows(struct control_client *client, uint64_t id, struct cyg_str rows)
{
	char head[48];
	int len = snprintf(head, sizeof(head), "{\"id\":%" PRIu64 ",\"rows\":[", id);

	if (!client->broken)
		message_ends(client, append_octets(head, (size_t)len, client) ||
					     append_octets(rows.ptr, rows.len, client) ||
					     append_octets("]}\n", 3, client));
}

/* Nothing but ASCII that can be seen, and ends of lines. */
static bool is_plain(struct cyg_str text)
{
	bool plain = true;

	for (size_t i = 0; i < text.len; i++)
		plain &= (text.ptr[i] >= ' ' && text.ptr[i] < 0x7f) || text.ptr[i] == '\n';
	return plain;
}

static int append_escaped(struct control_client *client, struct cyg_str plain)
{
	char *to;

	if (!make_room(client, 2 * plain.len))
		return -1;
	to = client->out + client->out_len;
	for (size_t i = 0; i < plain.len; i++) {
		char c = plain.ptr[i];

		if (c == '\n' || c == '"' || c == '\\')
			*to++ = '\\';
		*to++ = c == '\n' ? 'n' : c;
	}
	client->out_len = (size_t)(to - client->out);
	return 0;
}

void client_send_text(struct control_client *client, uint64_t id, struct cyg_str text)
{
	char head[48];
	int len = snprintf(head, sizeof(head), "{\"id\":%" PRIu64 ",\"text\":\"", id);
	json_t *json;

	if (client->broken)
		return;
	if (is_plain(text)) { /* nearly always, and listings are long: without a copy and a tree of it */
		message_ends(client, append_octets(head, (size_t)len, client) || append_escaped(client, text) ||
					     append_octets("\"}\n", 3, client));
		return;
	}
	json = control_json_text(text);
	client_send(client, json ? json_pack("{s:I,s:o}", "id", (json_int_t)id, "text", json) : NULL);
}

static void send_failure(struct control_client *client, uint64_t id, enum cyg_status status,
			 const char *why)
{
	client_send(client, json_pack("{s:I,s:b,s:s,s:o}", "id", (json_int_t)id, "done", 1, "status",
				      cyg_status_text(status), "error", control_json_str(why)));
}

static void stalled(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct control_client *client = CYG_CONTAINER(timer, struct control_client, stall);

	cyg_log(CYG_LOG_NOTICE, "control.stalled",
		"the control client with pid {pid} is closed: it has not read for {seconds} seconds",
		F_UINT("pid", (uint64_t)client->session->peer.pid), F_UINT("seconds", CONTROL_STALL_MS / 1000));
	client->broken = true;
	server_kick(client->server);
}

/* --- Requests --- */

static const char *hostname_of(struct control_server *server)
{
	return server->hooks->hostname(server->hooks->ctx);
}

json_t *client_prompt(struct control_server *server, const struct control_session *session)
{
	char text[320];
	struct cyg_strbuf prompt = CYG_STRBUF(text);

	server->hooks->prompt(server->hooks->ctx, session, &prompt);
	return control_json_str(text);
}

/* The last message of a command. */
static json_t *end_of(const struct cyg_exec *exec)
{
	json_t *message = json_pack("{s:I,s:b,s:s,s:b,s:o,s:o}", "id", (json_int_t)exec->id, "done", 1, "status",
				    cyg_status_text(exec->status), "json", exec->json, "hostname",
				    control_json_str(hostname_of(exec->server)), "prompt",
				    client_prompt(exec->server, exec->session));
	int failed = 0;

	if (!message)
		return NULL;
	if (exec->status != CYG_OK)
		failed |= json_object_set_new(message, "error",
					      control_json_str(exec->error[0] ? exec->error
									      : cyg_status_text(exec->status)));
	if (exec->status != CYG_OK && exec->question[0]) {
		failed |= json_object_set_new(message, "question", control_json_str(exec->question));
		failed |= json_object_set_new(message, "secret", json_boolean(exec->question_secret));
	}
	if (exec->status != CYG_OK && exec->column)
		failed |= json_object_set_new(message, "column", json_integer(exec->column));
	if (exec->forget)
		failed |= json_object_set_new(message, "forget", json_true());
	if (exec->session->leaving)
		failed |= json_object_set_new(message, "leave", json_true());
	if (exec->length_said)
		failed |= json_object_set_new(message, "length",
					      exec->length < 0 ? json_null() : json_integer(exec->length));
	if (exec->session->open)
		failed |= json_object_set_new(message, "more", json_true());
	if (!failed)
		return message;
	json_decref(message);
	return NULL;
}

void server_exec_ended(struct cyg_exec *exec)
{
	struct control_client *client = exec->client;

	exec_finish(exec);
	if (exec->short_of_memory && exec->status == CYG_OK) {
		exec->status = CYG_NOMEM;
		cyg_exec_error(exec, "memory is short: the answer is not complete");
	}
	if (client) {
		client_send(client, end_of(exec));
		client->exec = NULL;
		server_kick(exec->server);
	}
	*exec->prev = exec->next;
	if (exec->next)
		exec->next->prev = exec->prev;
	exec->server->running_count--;
	exec_free(exec);
}

static enum cyg_status run_line(struct cyg_exec *exec, void *line)
{
	return exec->server->hooks->run(exec->ctx, exec, cyg_str(line));
}

static void start_run(struct control_client *client, struct control_request *request)
{
	struct control_server *server = client->server;
	struct cyg_exec *exec = calloc(1, sizeof(*exec));

	if (!exec) {
		send_failure(client, request->id, CYG_NOMEM, "memory is short");
		return;
	}
	exec->shard = server->shard;
	exec->client = client;
	exec->server = server;
	exec->ctx = server->hooks->ctx;
	exec->id = request->id;
	exec->session = session_ref(client->session);
	exec->json = request->json;
	exec->interactive = request->interactive;
	memcpy(exec->answer, request->answer, sizeof(exec->answer));
	exec->answer_count = request->answer_count;
	request->answer_count = 0;
	memcpy(client->session->terminal, request->terminal, sizeof(request->terminal));
	exec->next = server->running;
	exec->prev = &server->running;
	if (exec->next)
		exec->next->prev = &exec->next;
	server->running = exec;
	server->running_count++;
	client->exec = exec;

	exec_go_on(exec, run_line, request->line);
}

static void answer_words(struct control_client *client, const struct control_request *request)
{
	const struct control_hooks *hooks = client->server->hooks;
	bool help = request->verb == CONTROL_HELP;
	json_t *words = (help ? hooks->help : hooks->complete)(hooks->ctx, client->session,
							       cyg_str(request->line));

	if (!words) {
		send_failure(client, request->id, CYG_NOMEM, "memory is short");
		return;
	}
	client_send(client, json_pack("{s:I,s:o,s:b,s:s,s:s}", "id", (json_int_t)request->id,
				      help ? "help" : "words", words, "done", 1, "status", "ok",
				      "hostname", hostname_of(client->server)));
}

static void handle_request(struct control_client *client, struct cyg_bytes octets)
{
	struct control_request request;
	char reason[200];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum cyg_status status = control_request_read(octets, &request, &why);

	if (status != CYG_OK)
		send_failure(client, request.id, status, reason);
	else if (request.verb == CONTROL_RUN)
		start_run(client, &request);
	else if (request.verb == CONTROL_COMPLETE || request.verb == CONTROL_HELP)
		answer_words(client, &request);
	control_request_done(&request); /* a remark about a command that has ended says nothing */
}

static void drop_input(struct control_client *client, size_t used)
{
	memmove(client->in, client->in + used, client->in_len - used);
	client->in_len -= used;
	cyg_wipe(client->in + client->in_len, used);
}

/* What is said about the answer under way, while it is. False: the next of the input is something else. */
static bool next_remark(struct control_client *client)
{
	size_t most = client->in_len < REMARK_MAX ? client->in_len : REMARK_MAX;
	char *end = most ? memchr(client->in, '\n', most) : NULL;
	struct cyg_shard *shard = client->server->shard;
	struct control_request request;
	char reason[200];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	bool remark;

	if (!end)
		return false;
	remark = control_request_read(cyg_bytes(client->in, (size_t)(end - client->in)), &request, &why) == CYG_OK &&
		 (request.verb == CONTROL_WAIT || request.verb == CONTROL_CANCEL);
	if (remark && request.verb == CONTROL_WAIT && cyg_timer_is_set(&client->stall))
		cyg_timer_set(shard, &client->stall, cyg_shard_now_ms(shard) + CONTROL_STALL_MS, stalled);
	if (remark && request.verb == CONTROL_CANCEL && client->exec && client->exec->id == request.id)
		client->exec->cancelled = true;
	control_request_done(&request);
	if (remark)
		drop_input(client, (size_t)(end - client->in) + 1);
	return remark;
}

/* One whole request of the input, if there is one and nothing is under way. */
static bool next_request(struct control_client *client)
{
	char *end = client->in_len ? memchr(client->in, '\n', client->in_len) : NULL;
	size_t used;

	if (client->broken || client->exec)
		return false;
	if (!end) {
		if (client->in_len == CONTROL_REQUEST_MAX && !client->ending) {
			send_failure(client, 0, CYG_LIMIT, "the request is too long");
			client->in_len = 0;
			client->ending = true;
		}
		return false;
	}
	used = (size_t)(end - client->in) + 1;
	handle_request(client, cyg_bytes(client->in, used - 1));
	drop_input(client, used);
	return true;
}

/* --- Sockets --- */

void client_free(struct control_client *client)
{
	struct control_server *server = client->server;

	if (client->exec) {
		struct cyg_exec *exec = client->exec;
		void (*resume)(struct cyg_exec *, void *) = exec->resume;

		client->exec = NULL;
		exec->client = NULL;
		exec->resume = NULL;
		if (resume) /* it sees exec_gone() and ends */
			resume(exec, exec->resume_arg);
	}
	cyg_timer_clear(server->shard, &client->stall);
	cyg_poll_stop(server->shard, &client->poll);
	close(client->poll.fd);
	*client->prev = client->next;
	if (client->next)
		client->next->prev = client->prev;
	server->client_count--;
	if (client->session->access == CONTROL_VIEW)
		server->view_count--;
	if (server->hooks->gone)
		server->hooks->gone(server->hooks->ctx, client->session);
	session_unref(client->session);
	if (client->in)
		cyg_wipe(client->in, client->in_room);
	free(client->in);
	free(client->out);
	free(client);
}

void client_write(struct control_client *client)
{
	struct cyg_shard *shard = client->server->shard;
	bool progress = false;

	while (client->out_at < client->out_len) {
		ssize_t sent = send(client->poll.fd, client->out + client->out_at,
				    client->out_len - client->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (sent <= 0) {
			client->broken = true;
			return;
		}
		client->out_at += (size_t)sent;
		progress = true;
	}
	if (client->out_at == client->out_len) {
		client->out_at = client->out_len = 0;
		if (client->out_room > CONTROL_OUT_SOFT) { /* a long answer's memory is not kept */
			free(client->out);
			client->out = NULL;
			client->out_room = 0;
		}
		cyg_timer_clear(shard, &client->stall);
	} else if (progress || !cyg_timer_is_set(&client->stall)) {
		cyg_timer_set(shard, &client->stall, cyg_shard_now_ms(shard) + CONTROL_STALL_MS, stalled);
	}
}

static void client_read(struct control_client *client)
{
	while (client->in_len < CONTROL_REQUEST_MAX) {
		ssize_t got;

		if (client->in_len == client->in_room) {
			size_t wanted = client->in_room ? client->in_room * 4 : 1024;
			char *grown = malloc(wanted);

			if (!grown) {
				client->broken = true;
				return;
			}
			/* By hand: what realloc() leaves behind would have secrets. */
			if (client->in) {
				memcpy(grown, client->in, client->in_len);
				cyg_wipe(client->in, client->in_room);
				free(client->in);
			}
			client->in = grown;
			client->in_room = wanted;
		}
		got = recv(client->poll.fd, client->in + client->in_len, client->in_room - client->in_len,
			   MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (got < 0) {
			client->broken = true;
			return;
		}
		if (got == 0) {
			client->ending = true;
			return;
		}
		client->in_len += (size_t)got;
	}
}

void client_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct control_client *client = CYG_CONTAINER(poll, struct control_client, poll);

	if (events & CYG_READABLE)
		client_read(client);
	server_kick(client->server);
}

void client_pump(struct control_client *client)
{
	struct control_server *server = client->server;
	unsigned events = 0, handled = 0;

	while (!client->broken && next_remark(client))
		;
	while (handled < REQUESTS_A_TURN && client_has_room(client) && next_request(client))
		handled++;
	if (handled == REQUESTS_A_TURN)
		server_kick(server);
	if (client->monitor)
		monitor_feed(client);
	if (!client->broken)
		client_write(client);
	if (client->exec && client->exec->resume && (client->exec->cancelled || client_has_room(client))) {
		struct cyg_exec *exec = client->exec;
		void (*resume)(struct cyg_exec *, void *) = exec->resume;

		exec->resume = NULL;
		resume(exec, exec->resume_arg);
	}
	if (client->broken ||
	    (client->ending && !client->exec && client->out_len == 0 && handled < REQUESTS_A_TURN)) {
		client_free(client);
		return;
	}
	if (!client->ending && client->in_len < CONTROL_REQUEST_MAX)
		events |= CYG_READABLE;
	if (client->out_len)
		events |= CYG_WRITABLE;
	if (events == client->poll.events)
		return;
	client->poll.events = events;
	if (events == 0)
		cyg_poll_stop(server->shard, &client->poll);
	else if (cyg_poll_start(server->shard, &client->poll, events) != CYG_OK)
		client_free(client);
}
