/* SPDX-License-Identifier: MIT */
/*
 * One client of the control socket: its buffers and its requests, one at a time; and what server.c and client.c know of
 * each other. Control thread only.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include "control/server.h"

#include <cygnet/log.h>

#include <sys/un.h>

struct control_client {
	struct control_client *next, **prev;
	struct control_server *server;
	struct cyg_poll poll;
	struct cyg_timer stall;
	struct control_session *session;
	struct cyg_exec *exec;
	bool broken;           /* closed at the end of the turn */
	bool ending;           /* nothing more is read; closed when all is sent */
	bool monitor;          /* wants log lines up to this level, from this number on */
	enum cyg_log_level monitor_level;
	uint64_t monitor_next;
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
	struct monitor_bell *bell;
	bool pumping;
	unsigned client_count, view_count, running_count;
};

/* A JSON string. */
struct json_t *client_prompt(struct control_server *server, const struct control_session *session);
/* Looks after the clients at the end of the turn. */
void server_kick(struct control_server *server);
/* Answers what has come, sends what waits; may free the client. */
void client_pump(struct control_client *client);
void client_write(struct control_client *client);
void client_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events);
void client_free(struct control_client *client);

#endif
