/* SPDX-License-Identifier: MIT */
/*
 * Addresses and routes of sessions in the system. Two sessions may want the same one, one after the
 * other's end or on two shards at once: each is kept count of by one shard (a hash of it says which), and
 * is in the system while the count is above zero. A wish travels there as a message and comes back as
 * the answer. Owning shard only.
 */
#ifndef LIBKERNEL_HELD_H
#define LIBKERNEL_HELD_H

#include "netlink.h"
#include "outbox.h"

struct held_item;
struct held_wait;
struct held;

/* What the plugin knows. */
struct held_owner {
	/* The table of that shard, NULL once it has stopped. */
	struct held *(*of)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard);
	/* The device of an interface, 0 while it is not there. */
	unsigned (*device)(struct held *held, uint32_t interface_id);
};

/* One shard's. Chained by hash; there may be as many as there are sessions. */
struct held {
	const struct held_owner *owner;
	struct cyg_plugin_ctx *ctx;
	struct cyg_shard *shard;
	struct nl *nl;
	struct outbox *outbox;
	struct held_item **buckets;
	size_t capacity, count;     /* the first a power of two, or 0 */
	struct cyg_timer timer;
	struct held_wait *waits;    /* operations of this shard that wait for another's answer */
};

enum held_kind { HELD_ADDRESS, HELD_ROUTE };

/* Adds one more wish for it or takes one back, at whichever shard keeps count of it. The answer may be late, there is no
 * deadline; what is added before its device is there is answered at once and told to the system when it comes. Cancelling
 * an addition takes it back. */
enum cyg_status held_set(struct held *held, enum held_kind kind, uint32_t interface_id,
			 const struct cyg_prefix *prefix, uint8_t distance, bool add, struct cyg_op *op);
/* The device of an interface is there (or, index 0, gone). */
void held_device(struct held *held, uint32_t interface_id, unsigned index);
void held_done(struct held *held);

#endif
