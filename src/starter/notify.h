/* SPDX-License-Identifier: MIT */
/* Tells the service manager how we are (sd_notify(3)'s protocol: datagrams to $NOTIFY_SOCKET). One thread. */
#ifndef STARTER_NOTIFY_H
#define STARTER_NOTIFY_H

#include <cygnet/status.h>

/* Lines NAME=VALUE. Without a service manager nothing happens; a failure is nobody's concern. */
void notify(const char *format, ...) CYG_PRINTF(1, 2);

#endif
