/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "control/server.h"

#include <cygnet/log.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUESTS_A_TURN 8
#define ACCEPTS_A_TURN  16

struct control_client {
	struct control_client *next, **prev;
	struct control_server *server;
	struct cyg_poll poll;
	struct cyg_timer stall;
	struct control_peer peer;
	enum control_access access;
	struct cyg_exec *exec;
	bool broken;           /* closed at the end of the turn */
	bool ending;           /* nothing more is read; closed when all is sent */
	char *in, *out;
	size_t in_len, in_room, out_at, out_len, out_room;
};

struct control_server {
	struct cyg_shard *shard;
	const struct control_hooks *hooks;
	struct cyg_poll listen;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	struct control_client *clients;
	struct cyg_exec *running;
	struct cyg_turn_end turn_end;
	struct cyg_timer again;
	bool pumping;
	unsigned client_count, view_count, running_count;
};

static void server_pump(struct cyg_shard *shard, struct cyg_turn_end *end);

static void kick_again(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct control_server *server = CYG_CONTAINER(timer, struct control_server, again);

	cyg_shard_at_turn_end(shard, &server->turn_end);
}

/* Clients are looked after at the end of the turn, so that nothing is freed under a caller; what comes up
 * while that happens waits for the next turn. */
static void kick(struct control_server *server)
{
	if (server->pumping)
		cyg_timer_set(server->shard, &server->again, cyg_shard_now_ms(server->shard), kick_again);
	else
		cyg_shard_at_turn_end(server->shard, &server->turn_end);
}

/* --- Output --- */

bool client_has_room(const struct control_client *client)
{
	return client->out_len - client->out_at < CONTROL_OUT_SOFT;
}

static int append_octets(const char *buffer, size_t size, void *data)
{
	struct control_client *client = data;

	if (client->out_len + size - client->out_at > CONTROL_OUT_MAX)
		return -1;
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
				return -1;
			client->out = grown;
			client->out_room = wanted;
		}
	}
	memcpy(client->out + client->out_len, buffer, size);
	client->out_len += size;
	return 0;
}

void client_send(struct control_client *client, struct json_t *take_message)
{
	if (client->broken) {
		json_decref(take_message);
		return;
	}
	if (!take_message ||
	    json_dump_callback(take_message, append_octets, client, JSON_COMPACT) ||
	    append_octets("\n", 1, client)) {
		cyg_log(CYG_LOG_WARNING, "control.overflow",
			"the control client with pid {pid} is closed: its answer is too long or memory is short",
			F_UINT("pid", (uint64_t)client->peer.pid));
		client->broken = true;
	}
	json_decref(take_message);
	kick(client->server);
}

static void send_failure(struct control_client *client, uint64_t id, enum cyg_status status,
			 const char *why)
{
	client_send(client, json_pack("{s:I,s:b,s:s,s:o}", "id", (json_int_t)id, "done", 1, "status",
				      cyg_status_text(status), "error", control_json_str(why)));
}

/* --- Requests --- */

static const char *hostname_of(struct control_server *server)
{
	return server->hooks->hostname(server->hooks->ctx);
}

void server_exec_ended(struct cyg_exec *exec)
{
	struct control_client *client = exec->client;
	json_t *message;

	exec_finish(exec);
	if (exec->short_of_memory && exec->status == CYG_OK) {
		exec->status = CYG_NOMEM;
		cyg_exec_error(exec, "memory is short: the answer is not complete");
	}
	if (client) {
		message = json_pack("{s:I,s:b,s:s,s:b,s:o}", "id", (json_int_t)exec->id, "done", 1,
				    "status", cyg_status_text(exec->status), "json", exec->json, "hostname",
				    control_json_str(hostname_of(exec->server)));
		if (message && exec->status != CYG_OK) {
			const char *why = exec->error[0] ? exec->error : cyg_status_text(exec->status);

			if (json_object_set_new(message, "error", control_json_str(why))) {
				json_decref(message);
				message = NULL;
			}
		}
		client_send(client, message);
		client->exec = NULL;
		kick(exec->server);
	}
	*exec->prev = exec->next;
	if (exec->next)
		exec->next->prev = exec->prev;
	exec->server->running_count--;
	exec_free(exec);
}

void server_log_command(const struct cyg_exec *exec, struct cyg_str line)
{
	if (!exec->client)
		return;
	cyg_log(CYG_LOG_NOTICE, "control.command", "user {uid} (pid {pid}): {line}",
		F_UINT("uid", exec->client->peer.uid), F_UINT("pid", (uint64_t)exec->client->peer.pid),
		F_FOREIGN("line", cyg_bytes(line.ptr, line.len)));
}

static void start_run(struct control_client *client, struct control_request *request)
{
	struct control_server *server = client->server;
	struct cyg_exec *exec = calloc(1, sizeof(*exec));
	char reason[EXEC_ERROR_MAX];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	struct cyg_str command;
	enum cyg_status status;

	if (!exec) {
		send_failure(client, request->id, CYG_NOMEM, "memory is short");
		return;
	}
	exec->shard = server->shard;
	exec->client = client;
	exec->server = server;
	exec->ctx = server->hooks->ctx;
	exec->id = request->id;
	exec->access = client->access;
	exec->next = server->running;
	exec->prev = &server->running;
	if (exec->next)
		exec->next->prev = &exec->next;
	server->running = exec;
	server->running_count++;
	client->exec = exec;

	status = pipe_parse(cyg_str(request->line), &command, &exec->pipe, &why);
	exec->json = request->json || exec->pipe.json;
	if (status != CYG_OK) {
		cyg_exec_error(exec, "%s", reason);
	} else if (exec->json && exec->pipe.count) {
		status = CYG_MALFORMED;
		cyg_exec_error(exec, "a filter behind | works on text: leave out either it or JSON");
	} else {
		exec->in_run = true;
		status = server->hooks->run(server->hooks->ctx, exec, command);
		exec->in_run = false;
		if (status == CYG_PENDING && !exec->ended)
			return;
	}
	if (!exec->ended)
		exec->status = status;
	exec->ended = true;
	server_exec_ended(exec);
}

static void answer_words(struct control_client *client, const struct control_request *request)
{
	const struct control_hooks *hooks = client->server->hooks;
	bool help = request->verb == CONTROL_HELP;
	json_t *words = (help ? hooks->help : hooks->complete)(hooks->ctx, client->access,
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
	else
		answer_words(client, &request);
	control_request_done(&request);
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
	memmove(client->in, client->in + used, client->in_len - used);
	client->in_len -= used;
	return true;
}

/* --- Sockets --- */

static void client_free(struct control_client *client)
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
	if (client->access == CONTROL_VIEW)
		server->view_count--;
	free(client->in);
	free(client->out);
	free(client);
}

static void stalled(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct control_client *client = CYG_CONTAINER(timer, struct control_client, stall);

	cyg_log(CYG_LOG_NOTICE, "control.stalled",
		"the control client with pid {pid} is closed: it has not read for {seconds} seconds",
		F_UINT("pid", (uint64_t)client->peer.pid), F_UINT("seconds", CONTROL_STALL_MS / 1000));
	client->broken = true;
	kick(client->server);
}

static void client_write(struct control_client *client)
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
			char *grown = realloc(client->in, wanted);

			if (!grown) {
				client->broken = true;
				return;
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

static void client_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct control_client *client = CYG_CONTAINER(poll, struct control_client, poll);

	if (events & CYG_READABLE)
		client_read(client);
	kick(client->server);
}

static void client_pump(struct control_client *client)
{
	struct control_server *server = client->server;
	unsigned events = 0, handled = 0;

	while (handled < REQUESTS_A_TURN && client_has_room(client) && next_request(client))
		handled++;
	if (handled == REQUESTS_A_TURN)
		kick(server);
	if (!client->broken)
		client_write(client);
	if (client->exec && client->exec->resume && client_has_room(client)) {
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

static void server_pump(struct cyg_shard *shard, struct cyg_turn_end *end)
{
	struct control_server *server = CYG_CONTAINER(end, struct control_server, turn_end);
	struct control_client *client, *next;

	server->pumping = true;
	for (client = server->clients; client; client = next) {
		next = client->next;
		client_pump(client);
	}
	server->pumping = false;
}

/* A last word to a connection that is not taken. */
static void turn_away(int fd, const char *why)
{
	char line[300];
	int len = snprintf(line, sizeof(line), "{\"error\":\"%s\",\"status\":\"refused\",\"done\":true}\n", why);

	if (len > 0 && send(fd, line, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		cyg_log(CYG_LOG_DEBUG, "control.gone", "a control client left before it was turned away");
	close(fd);
}

void server_adopt(struct control_server *server, int take_fd)
{
	struct control_peer peer = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	enum control_access access = server->hooks->access(server->hooks->ctx, take_fd, &peer);
	struct control_client *client;

	if (access == CONTROL_NONE) {
		cyg_log_limited(CYG_LOG_WARNING, "control.refused",
				"user {uid} (pid {pid}) may not use the control socket: neither root nor in "
				"group {configure} or {view}",
				F_UINT("uid", peer.uid), F_UINT("pid", (uint64_t)peer.pid),
				F_STR("configure", CONTROL_GROUP_CONFIGURE), F_STR("view", CONTROL_GROUP_VIEW));
		turn_away(take_fd, "you may not use this daemon: be root or in group "
				   CONTROL_GROUP_CONFIGURE " (or " CONTROL_GROUP_VIEW " to look)");
		return;
	}
	if (server->client_count >= CONTROL_CLIENTS_MAX ||
	    (access == CONTROL_VIEW && server->view_count >= CONTROL_VIEW_CLIENTS_MAX)) {
		cyg_log_limited(CYG_LOG_WARNING, "control.full", "too many control clients: {clients}",
				F_UINT("clients", server->client_count));
		turn_away(take_fd, "too many sessions are open on the control socket: close some");
		return;
	}
	client = calloc(1, sizeof(*client));
	if (!client) {
		turn_away(take_fd, "memory is short");
		return;
	}
	client->server = server;
	client->peer = peer;
	client->access = access;
	client->poll = (struct cyg_poll){ .fd = take_fd, .events = CYG_READABLE, .ready = client_ready };
	client->next = server->clients;
	client->prev = &server->clients;
	if (client->next)
		client->next->prev = &client->next;
	server->clients = client;
	server->client_count++;
	if (access == CONTROL_VIEW)
		server->view_count++;
	if (cyg_poll_start(server->shard, &client->poll, CYG_READABLE) != CYG_OK) {
		client_free(client);
		return;
	}
	client_send(client, json_pack("{s:s,s:i,s:o,s:s}", "cygnet", PACKAGE_VERSION, "protocol",
				      CONTROL_PROTOCOL_VERSION, "hostname",
				      control_json_str(hostname_of(server)), "access",
				      control_access_text(access)));
}

static void listen_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct control_server *server = CYG_CONTAINER(poll, struct control_server, listen);

	for (unsigned i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(poll->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			server_adopt(server, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE)
			cyg_log_limited(CYG_LOG_ERROR, "control.descriptors",
					"a control client waits: this process has no descriptors left");
		return;
	}
}

struct control_server *server_new(struct cyg_shard *control, const struct control_hooks *hooks)
{
	struct control_server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->shard = control;
	server->hooks = hooks;
	server->listen.fd = -1;
	server->turn_end.run = server_pump;
	return server;
}

/* Does somebody serve the socket at this address? */
static bool is_served(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool served = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
				  errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return served;
}

enum cyg_status server_listen(struct control_server *server, const char *path, struct cyg_strbuf *why)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat old;
	size_t len = strlen(path);
	int fd;

	if (len >= sizeof(address.sun_path)) {
		cyg_strbuf_addf(why, "%s: the path of a socket may have %zu octets", path,
				sizeof(address.sun_path) - 1);
		return CYG_LIMIT;
	}
	memcpy(address.sun_path, path, len + 1);
	if (lstat(path, &old) == 0) {
		if (!S_ISSOCK(old.st_mode)) {
			cyg_strbuf_addf(why, "%s is there and is no socket: remove it", path);
			return CYG_EXISTS;
		}
		if (is_served(&address)) {
			cyg_strbuf_addf(why, "another cygnetd answers at %s", path);
			return CYG_EXISTS;
		}
		if (unlink(path)) {
			cyg_strbuf_addf(why, "the old socket %s cannot be removed: %s", path, strerror(errno));
			return CYG_IO;
		}
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) || listen(fd, 32)) {
		cyg_strbuf_addf(why, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return CYG_IO;
	}
	memcpy(server->path, path, len + 1);
	server->listen = (struct cyg_poll){ .fd = fd, .ready = listen_ready };
	/* Who it is decides, not the file's mode: everybody may knock and is told why not. */
	if (chmod(path, 0666) || cyg_poll_start(server->shard, &server->listen, CYG_READABLE) != CYG_OK) {
		cyg_strbuf_addf(why, "%s: %s", path, strerror(errno));
		close(fd);
		unlink(path);
		server->listen.fd = -1;
		return CYG_IO;
	}
	return CYG_OK;
}

void server_close(struct control_server *server)
{
	if (server->listen.fd >= 0) {
		cyg_poll_stop(server->shard, &server->listen);
		close(server->listen.fd);
		server->listen.fd = -1;
		unlink(server->path);
	}
	while (server->clients) {
		client_write(server->clients);
		client_free(server->clients);
	}
}

unsigned server_running(const struct control_server *server)
{
	return server->running_count;
}

unsigned server_clients(const struct control_server *server)
{
	return server->client_count;
}

void server_free(struct control_server *server)
{
	if (!server)
		return;
	server_close(server);
	while (server->running) {
		struct cyg_exec *exec = server->running;

		server->running = exec->next;
		exec_free(exec);
	}
	cyg_timer_clear(server->shard, &server->again);
	cyg_turn_end_clear(server->shard, &server->turn_end);
	free(server);
}
