/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "control/monitor.h"

#include <cygnet/log.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCEPTS_A_TURN  16

static void server_pump(struct cyg_shard *shard, struct cyg_turn_end *end);

static void kick_again(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct control_server *server = CYG_CONTAINER(timer, struct control_server, again);

	cyg_shard_at_turn_end(shard, &server->turn_end);
}

/* Clients are looked after at the end of the turn, so that nothing is freed under a caller; what comes up
 * while that happens waits for the next turn. */
void server_kick(struct control_server *server)
{
	if (server->pumping)
		cyg_timer_set(server->shard, &server->again, cyg_shard_now_ms(server->shard), kick_again);
	else
		cyg_shard_at_turn_end(server->shard, &server->turn_end);
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
	if (client)
		client->session = session_new(&peer, access);
	if (!client || !client->session) {
		free(client);
		turn_away(take_fd, "memory is short");
		return;
	}
	client->server = server;
	if (server->hooks->came)
		server->hooks->came(server->hooks->ctx, client->session);
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
	client_send(client, json_pack("{s:s,s:i,s:o,s:s,s:o}", "cygnet", PACKAGE_VERSION, "protocol",
				      CONTROL_PROTOCOL_VERSION, "hostname",
				      control_json_str(server->hooks->hostname(server->hooks->ctx)), "access",
				      control_access_text(access), "prompt",
				      client_prompt(server, client->session)));
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
	control_json_wipes();
	server->shard = control;
	server->hooks = hooks;
	server->listen.fd = -1;
	server->turn_end.run = server_pump;
	server->bell = monitor_bell_new(server);
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
	monitor_bell_free(server->bell);
	while (server->running) {
		struct cyg_exec *exec = server->running;

		server->running = exec->next;
		exec_free(exec);
	}
	cyg_timer_clear(server->shard, &server->again);
	cyg_turn_end_clear(server->shard, &server->turn_end);
	free(server);
}
