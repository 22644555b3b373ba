/* SPDX-License-Identifier: MIT */
#include "control/session.h"

#include <cygnet/log.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

void session_user_name(uid_t uid, char *out, size_t room)
{
	FILE *file = fopen("/etc/passwd", "re");
	char buffer[4096];
	struct passwd entry, *found = NULL;

	snprintf(out, room, "%lu", (unsigned long)uid);
	while (file && fgetpwent_r(file, &entry, buffer, sizeof(buffer), &found) == 0 && found) {
		if (entry.pw_uid != uid)
			continue;
		snprintf(out, room, "%s", entry.pw_name);
		break;
	}
	if (file)
		fclose(file);
}

void session_log_command(const struct control_session *session, const char *said)
{
	cyg_log(CYG_LOG_NOTICE, "control.command", "{user} (uid {uid}, pid {pid}, {terminal}): {line}",
		F_STR("user", session->user), F_UINT("uid", session->peer.uid),
		F_UINT("pid", (uint64_t)session->peer.pid),
		F_FOREIGN("terminal", session_terminal(session)),
		F_FOREIGN("line", cyg_bytes(said, strlen(said))));
}

struct control_session *session_new(const struct control_peer *peer, enum control_access access)
{
	struct control_session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->refs = 1;
	session->peer = *peer;
	session->access = access;
	session_user_name(peer->uid, session->user, sizeof(session->user));
	return session;
}

struct control_session *session_ref(struct control_session *session)
{
	session->refs++;
	return session;
}

void session_unref(struct control_session *session)
{
	if (!session || --session->refs)
		return;
	config_unref(session->before);
	free(session->open);
	free(session);
}
