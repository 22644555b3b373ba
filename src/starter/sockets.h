/* SPDX-License-Identifier: MIT */
/*
 * The privileged sockets and TUN queues that the daemon may have. One thread. Descriptors are the
 * caller's, close-on-exec and non-blocking. On failure `why` says what and how to mend it.
 */
#ifndef STARTER_SOCKETS_H
#define STARTER_SOCKETS_H

#include <cygnet/broker.h>

/*
 * A socket as asked for. `first`: nobody of ours has one bound there yet; then it is made sure that
 * nobody else has: SO_REUSEPORT alone would let two daemons of one user share a port in silence.
 */
enum cyg_status sockets_open(const struct cyg_broker_socket *wanted, bool first, int *out,
			     struct cyg_strbuf *why) CYG_MUST_CHECK;

/* cyg-vN or cyg-tN. */
bool sockets_tun_name_is_ours(const char *name);
/* One queue of the TUN device `name`, from the clone device `path` ("/dev/net/tun"). */
enum cyg_status sockets_tun_open(const char *path, const char *name, bool vnet_hdr, int *out,
				 struct cyg_strbuf *why) CYG_MUST_CHECK;

#endif
