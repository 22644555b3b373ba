/* SPDX-License-Identifier: MIT */
/*
 * One instance is one set of folders: its lock, so that there is one daemon for each --root; its pid
 * and its state, for `cygnet status` and scripts. The folder is shared with the daemon's user, so root trusts no name
 * in it: files are root's own or are refused. One thread.
 */
#ifndef STARTER_INSTANCE_H
#define STARTER_INSTANCE_H

#include "base/paths.h"

#include <sys/types.h>

/* What the state file says: NAME=VALUE lines. */
struct instance_state {
	pid_t pid, daemon;     /* daemon: 0 while there is none */
	int64_t since;         /* wall clock, seconds */
	unsigned restarts;
	char state[32];        /* "starting", "running", "waiting", "stopping" */
	char version[32];
	char user[64];
	char text[256];        /* what the daemon said when it was ready, or why it is not: one line */
};

/*
 * Makes the folders that are missing and gives to the daemon's user what is its own; a
 * folder of logs below --root is ours alone. `why` names what failed.
 */
enum cyg_status instance_make_folders(const struct paths *paths, uid_t uid, gid_t gid,
				      struct cyg_strbuf *why) CYG_MUST_CHECK;

/*
 * Takes the lock and writes the pid; held until *lock is closed. CYG_EXISTS: another has it, its pid
 * is at *holder (0: it cannot be told).
 */
enum cyg_status instance_lock(const struct paths *paths, int *lock, pid_t *holder,
			      struct cyg_strbuf *why) CYG_MUST_CHECK;
/* Is one running? Needs no privileges. *holder as above. */
bool instance_is_running(const struct paths *paths, pid_t *holder);
/* Removes pid and state; the lock file stays, since removing it could leave two holders. */
void instance_forget(const struct paths *paths);

/* Replaced whole, so that no reader sees half of it. A failure is told by the caller, nothing depends on it. */
enum cyg_status instance_write_state(const struct paths *paths, const struct instance_state *state)
	CYG_MUST_CHECK;
enum cyg_status instance_read_state(const struct paths *paths, struct instance_state *out) CYG_MUST_CHECK;

#endif
