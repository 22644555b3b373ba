/* SPDX-License-Identifier: MIT */
/*
 * Interfaces of tunnels, on the control thread. Making one is a row of steps, each of which asks the broker or the
 * system and goes on when the answer comes: TUN queues, raw ESP sockets (once), rules (once), the
 * device and its index, its settings, its addresses; then every shard is told. Written packets
 * are refused while a TUN device is down, so it is up before the shards have it.
 *
 * A kind of device says what is its own: queues from the broker, or a request that makes it.
 */
#ifndef LIBKERNEL_DEVICE_H
#define LIBKERNEL_DEVICE_H

#include "netlink.h"

#include <cygnet/broker.h>
#include <cygnet/kernel.h>

/* To a shard: an interface appears or changes; its queue and raw sockets, -1: none or as before. */
struct device_attach {
	uint32_t id;
	char name[16];
	uint16_t mtu;
	unsigned index;
	int fd, raw4, raw6;
};

struct devices;

/* What is different between planes; constant. */
struct device_kind {
	/* What devices without a configured MTU get; packets a TUN device holds for us, 0: no matter. */
	uint32_t (*mtu)(struct cyg_plugin_ctx *ctx, struct cyg_shard *control);
	uint32_t (*queue_length)(struct cyg_plugin_ctx *ctx, struct cyg_shard *control);
	/* TUN devices: the broker opens queues and raw ESP sockets. NULL: neither is needed. */
	enum cyg_status (*broker_call)(struct cyg_shard *control, const struct cyg_broker_request *request,
				       struct cyg_broker_reply *reply, struct cyg_op *op);
	/* Other devices: the request that makes one. */
	void (*make)(struct nl_message *m, const struct cyg_kernel_interface *wanted);
	/* Takes out of the kernel what hangs on the interface's number: before it is made, after it is gone. */
	void (*clear)(struct cyg_plugin_ctx *ctx, uint32_t id);
	/* Once, before the first device; logs what it misses. May be NULL. */
	enum cyg_status (*probe)(struct cyg_plugin_ctx *ctx, struct cyg_shard *control);
	int (*netlink_open)(int protocol);
	/* The devices of a plugin, NULL once it has ended. */
	struct devices *(*of)(struct cyg_plugin_ctx *ctx);
	/* On a worker shard; `attach` owns the descriptors, also on failure. */
	enum cyg_status (*attach)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, struct device_attach *attach);
	void (*detach)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t id);
};

/* Of one plugin. */
struct devices {
	const struct device_kind *kind;
	struct cyg_plugin_ctx *ctx;
	struct cyg_shard *control;
	struct device *first;
	struct nl nl;
	bool rules_set;
};

static inline void devices_init(struct devices *d, const struct device_kind *kind, struct cyg_plugin_ctx *ctx)
{
	*d = (struct devices){ .kind = kind, .ctx = ctx, .nl.fd = -1 };
}

/* As in struct cyg_kernel_ops. */
enum cyg_status devices_set(struct devices *d, struct cyg_shard *control, const struct cyg_kernel_interface *wanted,
			    struct cyg_op *op) CYG_MUST_CHECK;
enum cyg_status devices_remove(struct devices *d, struct cyg_shard *control, uint32_t interface_id,
			       struct cyg_op *op) CYG_MUST_CHECK;
/* The end of the plugin: removes devices and rules. */
void devices_free(struct devices *d);
void device_attach_close(const struct device_attach *attach);

#endif
