/* SPDX-License-Identifier: MIT */
/*
 * A plugin that listens (CoA, profile download, metrics). Its sockets come from the broker, handed to
 * `take`; control thread for `wanted`, the shard it was given to for the rest.
 */
#ifndef CYGNET_LISTENER_H
#define CYGNET_LISTENER_H

#include <cygnet/broker.h>

struct cyg_listener_ops {
	const char *name;
	/* Which sockets it wants under the present configuration: fills up to `max`, returns how many. */
	size_t (*wanted)(struct cyg_plugin_ctx *ctx, struct cyg_broker_socket *out, size_t max);
	/* Takes ownership of a bound (and, for streams, listening) socket. */
	enum cyg_status (*take)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				const struct cyg_broker_socket *what, int fd);
};

#endif
