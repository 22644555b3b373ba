/* SPDX-License-Identifier: MIT */
/*
 * From root to the daemon's rights: another user, CAP_NET_ADMIN at most, no way back. One thread.
 */
#ifndef STARTER_LAUNCH_H
#define STARTER_LAUNCH_H

#include "base/paths.h"

#include <sys/types.h>

struct launch_user {
	char name[64];
	uid_t uid;
	gid_t gid;
};

/* The configured user, or nobody where there is none (`fallback` is set then). */
void launch_find_user(struct launch_user *out, bool *fallback);

/*
 * Can that user reach every one of `wanted` (NULL at the end) in the named way (R_OK | W_OK | X_OK)? If
 * not, what it cannot pass is in `barrier`. Asked by a child that becomes that user. Root only.
 */
struct launch_want {
	const char *path;
	int mode;
};
bool launch_reaches(const struct launch_user *user, const struct launch_want *wanted,
		    char barrier[PATHS_LEN]);

/*
 * This process gives up all else: its user, groups, capabilities but CAP_NET_ADMIN (if `net_admin`,
 * also across exec), the bounding set, and the way to get any back. As root (uid 0) it stays uid 0
 * without the powers. False, with the step that failed and errno: it must not go on.
 */
bool launch_drop(const struct launch_user *user, bool net_admin, const char **step) CYG_MUST_CHECK;

struct launch_daemon {
	const struct paths *paths;
	const struct launch_user *user;
	bool sandbox, debug;
};
/* Starts the daemon with `channel` as its CYG_BROKER_FD. The pid, or -1 with `why`. */
pid_t launch_daemon(const struct launch_daemon *daemon, int channel, struct cyg_strbuf *why);

#endif
