/* SPDX-License-Identifier: MIT */
/*
 * The plugin address-pool from the inside: objects of the configuration, and the pools of one shard.
 *
 * A pool lives on one shard, which the hash of its name chooses; the other shards ask it by message. Pools are
 * made at their first lease or look, from the object of that name in the shard's snapshot, and follow
 * it when a reload changes it.
 */
#ifndef ADDRESS_POOL_ADDRESS_POOL_H
#define ADDRESS_POOL_ADDRESS_POOL_H

#include "pool.h"

#include <cygnet/plugin.h>

#define MODE_POOL4    "ip-local-pool"
#define MODE_POOL6    "ipv6-local-pool"
#define POOL_NAME_MAX 64

/* An object of either mode; immutable once published. */
struct pool_config {
	uint8_t family;
	uint8_t prefix;          /* length of what is leased */
	uint8_t count;
	uint32_t recycle_s;      /* how long a freed address rests before somebody else gets it */
	struct cyg_ip_range range[POOL_RANGES_MAX];
	char place[POOL_RANGES_MAX][80]; /* FILE:LINE of each range, for findings */
};

extern const struct cyg_address_ops address_pool_ops;
extern const struct cyg_command_table address_pool_commands;

/* The plugin's context on this shard, for a command. NULL if the plugin is being unloaded. */
struct cyg_plugin_ctx *address_pool_ctx(struct cyg_shard *shard);
/* Which shard owns the pool. */
unsigned pool_owner(const struct cyg_shard *shard, struct cyg_str name);
/*
 * On the owner: the pool as the shard's snapshot has it, NULL if there is none of that name or if
 * memory is short (*short_of_memory).
 */
struct pool *pool_of_shard(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint8_t family,
			   struct cyg_str name, bool *short_of_memory);

#endif
