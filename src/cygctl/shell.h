/* SPDX-License-Identifier: MIT */
/*
 * The interactive shell: line editing, history over runs, Tab and `?` by asking the daemon.
 */
#ifndef CYGCTL_SHELL_H
#define CYGCTL_SHELL_H

#include "connection.h"

/*
 * Until `exit` or the end of the input. Takes over `connection`; opens a new one at `path` when it breaks.
 * 0, or 1 if the terminal cannot be used.
 */
int shell_run(struct connection *take_connection, const char *path, bool json);

#endif
