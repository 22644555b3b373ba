/* SPDX-License-Identifier: MIT */
/*
 * The control socket: clients, their requests one at a time, bounded buffers both ways. Control
 * thread only; never blocks. What a command line means is the hooks' business.
 *
 * A client that leaves its answers unread is waited for by commands that page, and is closed when it
 * has not read a single octet for CONTROL_STALL_MS (nor said that somebody reads it) or when more than CONTROL_OUT_MAX octets wait for it.
 */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H

#include "control/exec.h"
#include "control/protocol.h"

#include <cygnet/log.h>
#include <cygnet/shard.h>

#define CONTROL_CLIENTS_MAX      64
#define CONTROL_VIEW_CLIENTS_MAX 48 /* of them without the right to configure */
#define CONTROL_OUT_SOFT   (256u << 10) /* above it, a command that pages waits */
#define CONTROL_OUT_MAX    (64u << 20)
#define CONTROL_STALL_MS   30000

struct control_server;
struct control_client;

struct control_hooks {
	void *ctx;
	enum control_access (*access)(void *ctx, int fd, struct control_peer *peer);
	/* Name of this box, for the prompt. */
	const char *(*hostname)(void *ctx);
	/* A client has come, and has gone (both may be NULL). */
	void (*came)(void *ctx, struct control_session *session);
	void (*gone)(void *ctx, struct control_session *session);
	/* What it is to show before its next line: "gw1(config)#". */
	void (*prompt)(void *ctx, const struct control_session *session, struct cyg_strbuf *out);
	/* Runs a line as it was sent (exec_pipe() takes the pipe off): as `run` of struct cyg_command. */
	enum cyg_status (*run)(void *ctx, struct cyg_exec *exec, struct cyg_str line);
	/* A JSON array of the words that may stand where the line ends; NULL if out of memory. */
	struct json_t *(*complete)(void *ctx, const struct control_session *session, struct cyg_str line);
	/* A JSON array of { "token", "help" }. */
	struct json_t *(*help)(void *ctx, const struct control_session *session, struct cyg_str line);
};

/* `hooks` and what it points at live as long as the server. NULL if out of memory. */
struct control_server *server_new(struct cyg_shard *control, const struct control_hooks *hooks);
/* Binds `path` (an old socket that nobody serves is removed) and listens. CYG_EXISTS: somebody answers there;
 * `why` says what is wrong. */
enum cyg_status server_listen(struct control_server *server, const char *path, struct cyg_strbuf *why)
	CYG_MUST_CHECK;
/* Takes over one connected, non-blocking socket. */
void server_adopt(struct control_server *server, int take_fd);
/* Stops listening, removes the socket's file and closes every client; commands under way go on. */
void server_close(struct control_server *server);
/* How many commands are under way. */
unsigned server_running(const struct control_server *server);
unsigned server_clients(const struct control_server *server);
/* Closes, and frees what is left. A command still under way must not end any more. */
void server_free(struct control_server *server);

/* --- For exec.c --- */
/* Queues one message (reference taken over; NULL: out of memory, the client is closed). */
void client_send(struct control_client *client, struct json_t *take_message);
/* The same for text of any octets: what is no UTF-8 comes as '?'. */
void client_send_text(struct control_client *client, uint64_t id, struct cyg_str text);
/* The same for rows that are JSON already, with commas between. */
void client_send_rows(struct control_client *client, uint64_t id, struct cyg_str rows);
bool client_has_room(const struct control_client *client);
void server_exec_ended(struct cyg_exec *exec);
/* The client of this command gets log lines up to `level` from now on, or no more. */
void server_monitor(const struct cyg_exec *exec, bool on, enum cyg_log_level level);
bool server_monitors(const struct cyg_exec *exec);

#endif
