/* SPDX-License-Identifier: MIT */
/*
 * Where a client stands: what it may do, whether it edits the configuration and in which object. Made by the server for
 * each client, counted (a command under way holds one); what it means is the hooks' business. Control
 * thread only.
 */
#ifndef CONTROL_SESSION_H
#define CONTROL_SESSION_H

#include "config/config.h"
#include "control/access.h"
#include "control/protocol.h"

struct control_session {
	unsigned refs;
	enum control_access access; /* the most that the Unix identity allows */
	struct control_peer peer;
	char user[64];              /* its name; the number if it has none */
	char terminal[CONTROL_TERMINAL_MAX]; /* what the client says of itself, or "" */
	bool enabled;               /* may change something now */
	bool configuring;           /* behind `configure terminal` */
	bool leaving;               /* has said that it goes */
	struct config_position position;
	char *open;                 /* a text whose end has not come yet, with what was typed before it; NULL: none */
	size_t open_len;
	struct cyg_config *before;  /* in force before the first change of this editing; NULL: nothing is changed */
};

/* The terminal for the log, where there may be none. */
static inline struct cyg_bytes session_terminal(const struct control_session *session)
{
	const char *text = session->terminal[0] ? session->terminal : "no terminal";

	return cyg_bytes(text, strlen(text));
}

/* Whoever runs a command that changes something is named in the log; `said`: the line in full words, its secrets masked. */
void session_log_command(const struct control_session *session, const char *said);

/* NULL if out of memory. */
struct control_session *session_new(const struct control_peer *peer, enum control_access access);
struct control_session *session_ref(struct control_session *session);
void session_unref(struct control_session *session); /* NULL is fine */
/* The name of a user in /etc/passwd, else the number. Reads one local file, asks no name service. */
void session_user_name(uid_t uid, char *out, size_t room);

#endif
