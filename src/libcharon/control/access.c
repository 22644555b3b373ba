/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "control/access.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS_MAX 65536 /* NGROUPS_MAX of Linux */
#define NO_GROUP   ((gid_t)-1)
/* Where there is no user of its own the daemon runs as nobody, whom it shares with others. */
#define NOBODY ((uid_t)65534)

static gid_t group_id(const char *name)
{
	struct group entry, *found = NULL;
	size_t size = 4096;
	gid_t id = NO_GROUP;

	/* A group with very many members needs a larger buffer; it is bounded all the same. */
	for (; size <= 4u << 20; size *= 4) {
		char *buffer = malloc(size);
		int error;

		if (!buffer)
			break;
		error = getgrnam_r(name, &entry, buffer, size, &found);
		if (error == 0 && found)
			id = found->gr_gid;
		free(buffer);
		if (error != ERANGE)
			break;
	}
	return id;
}

void control_groups_find(struct control_groups *out)
{
	out->configure = group_id(CONTROL_GROUP_CONFIGURE);
	out->view = group_id(CONTROL_GROUP_VIEW);
}

static bool in_group(gid_t group, const struct control_peer *peer, const gid_t *more, size_t more_count)
{
	if (group == NO_GROUP)
		return false;
	if (peer->gid == group)
		return true;
	for (size_t i = 0; i < more_count; i++)
		if (more[i] == group)
			return true;
	return false;
}

enum control_access control_access_of(const struct control_groups *groups, uid_t own_uid,
				      const struct control_peer *peer, const gid_t *more, size_t more_count)
{
	if (peer->uid == 0 || (peer->uid == own_uid && own_uid != NOBODY) ||
	    in_group(groups->configure, peer, more, more_count))
		return CONTROL_CONFIGURE;
	if (in_group(groups->view, peer, more, more_count))
		return CONTROL_VIEW;
	return CONTROL_NONE;
}

enum control_access control_access_of_socket(const struct control_groups *groups, int fd,
					     struct control_peer *peer)
{
	struct ucred credentials;
	socklen_t len = sizeof(credentials);
	gid_t few[64], *more = few;
	enum control_access access;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) || len != sizeof(credentials))
		return CONTROL_NONE;
	peer->uid = credentials.uid;
	peer->gid = credentials.gid;
	peer->pid = credentials.pid;

	/* SO_PEERCRED has the primary group only; the others are told since Linux 4.13. */
	len = sizeof(few);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, few, &len)) {
		if (errno == ERANGE && len <= GROUPS_MAX * sizeof(gid_t) && (more = malloc(len))) {
			if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, more, &len))
				len = 0;
		} else {
			more = few;
			len = 0;
		}
	}
	access = control_access_of(groups, geteuid(), peer, more, len / sizeof(gid_t));
	if (more != few)
		free(more);
	return access;
}

const char *control_access_text(enum control_access access)
{
	switch (access) {
	case CONTROL_VIEW:
		return "view";
	case CONTROL_CONFIGURE:
		return "configure";
	case CONTROL_NONE:
		break;
	}
	return "none";
}
