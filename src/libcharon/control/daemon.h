/* SPDX-License-Identifier: MIT */
/*
 * The daemon as one call: what src/cygnetd runs after it has read its arguments.
 *
 * The calling thread becomes the control thread; the shards get threads of their own. The caller has
 * dropped its privileges already and has blocked no signals; its arguments live as long as the call.
 */
#ifndef CONTROL_DAEMON_H
#define CONTROL_DAEMON_H

#include <cygnet/broker.h>

struct daemon_args {
	const char *root;       /* DIR/etc/cygnet, DIR/run/cygnet ...; NULL or "": the system's own */
	const char *plugin_dir; /* NULL: where `make install` put them */
	int broker_fd;          /* the starter's socket (CYG_BROKER_FD), or -1: without a starter the daemon
	                         * has neither sockets nor devices, and says so */
	/* Closes the sandbox (system call filter): called once, when every plugin is open and before the first octet from
	 * outside is read and the first shard runs. Optional. `why` is logged on failure, which ends the daemon. */
	enum cyg_status (*seal)(struct cyg_strbuf *why);
};

/*
 * Runs until SIGTERM or SIGINT; SIGHUP reloads. Returns an enum daemon_exit (cygnet/broker.h). Nothing is left behind:
 * threads have ended, memory is freed.
 */
CYG_EXPORT int cyg_daemon_main(const struct daemon_args *args);

/*
 * `check-config`: judges the text of `file` with the commands of the core and of every plugin in the
 * plugin directory, whether its `load` says yes or no does not matter; prints the findings to
 * standard output. 0 without an error, 1 with one, 2 if the file cannot be read. Starts nothing and
 * needs no privileges.
 */
CYG_EXPORT int cyg_daemon_check_config(const struct daemon_args *args, const char *file);

#endif
