/* SPDX-License-Identifier: MIT */
/*
 * Log lines for the clients that asked for them (`terminal monitor`), as messages between their answers. The log's writer
 * rings a bell, control reads the log's ring. A client that reads slowly gets what it can and a line
 * that says how many it missed. Control thread only, but for the bell.
 */
#ifndef CONTROL_MONITOR_H
#define CONTROL_MONITOR_H

#include "control/client.h"

struct monitor_bell;

/* Rings from now on; NULL if out of memory (then lines come when the client says something). */
struct monitor_bell *monitor_bell_new(struct control_server *server);
void monitor_bell_free(struct monitor_bell *bell); /* NULL is fine */
/* What is new, as far as the client has room. */
void monitor_feed(struct control_client *client);

#endif
