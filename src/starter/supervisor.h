/* SPDX-License-Identifier: MIT */
/*
 * Runs one daemon: launches it, serves it as its broker, brings it back when it falls, ends it when
 * asked. One thread, one poll(2); nothing in it waits. The lock is held by the caller.
 */
#ifndef STARTER_SUPERVISOR_H
#define STARTER_SUPERVISOR_H

#include "launch.h"

struct supervisor_setup {
	const struct paths *paths;
	struct launch_user user;
	bool sandbox, debug, watchdog;
	/* Called once: the daemon is ready (CYG_OK) with its line; it fell twice before it was, and more tries
	 * follow (CYG_PENDING); or it will not be (others), and why. */
	void (*started)(void *owner, enum cyg_status status, const char *text);
	void *owner;
};

/* Until SIGTERM or SIGINT, or until the daemon ended for a reason that trying again does not mend.
 * True in the first case. SIGHUP makes the daemon reload. */
bool supervisor_run(const struct supervisor_setup *setup);

/* How long to wait before restart number `restarts` (from 1) of those in a row: 1 s, doubling, 60 s. */
int64_t supervisor_pause_ms(unsigned restarts);

#endif
