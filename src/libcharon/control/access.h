/* SPDX-License-Identifier: MIT */
/*
 * Who is at the other end of the control socket, and what they may do: root, the daemon's own user and the
 * group `cygnet` run every command, the group `cygnet-view` reads. The kernel tells who it is; names
 * of groups are looked up once, at start. Control thread only.
 */
#ifndef CONTROL_ACCESS_H
#define CONTROL_ACCESS_H

#include <cygnet/status.h>

#include <sys/types.h>

enum control_access {
	CONTROL_NONE = 0,
	CONTROL_VIEW,      /* reads, secrets masked */
	CONTROL_CONFIGURE, /* everything */
};

struct control_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

#define CONTROL_GROUP_CONFIGURE "cygnet"
#define CONTROL_GROUP_VIEW      "cygnet-view"

struct control_groups {
	gid_t configure, view; /* (gid_t)-1: there is no such group */
};

/* Looks the two groups up; a group that does not exist gives nobody access. May wait for a name service. */
void control_groups_find(struct control_groups *out);
/* The rule itself, on values. */
enum control_access control_access_of(const struct control_groups *groups, uid_t own_uid,
				      const struct control_peer *peer, const gid_t *more, size_t more_count);
/* Asks the kernel about a connected Unix socket. CONTROL_NONE if it cannot tell. */
enum control_access control_access_of_socket(const struct control_groups *groups, int fd,
					     struct control_peer *peer);
/* "none", "view", "configure". */
const char *control_access_text(enum control_access access);

#endif
