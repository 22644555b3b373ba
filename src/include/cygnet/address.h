/* SPDX-License-Identifier: MIT */
/*
 * Inner addresses: local pools, DHCP. Asked on the session's shard; a pool may live elsewhere, so a
 * lease is an operation. The session holds the lease and gives it back.
 */
#ifndef CYGNET_ADDRESS_H
#define CYGNET_ADDRESS_H

#include <cygnet/kernel.h>

struct cyg_lease_request {
	uint8_t family;                 /* enum cyg_family */
	struct cyg_str source;          /* pool name; DHCP: unused */
	struct cyg_ip wanted;           /* the peer's hint, unset if none */
	const struct cyg_identity *id;  /* whose; the same one gets the same address again if it is free */
	struct cyg_sa_handle sa;
};

struct cyg_lease {
	struct cyg_ip ip;
	uint8_t prefix;                 /* length; 32 or 128 for one address */
	uint8_t netmask;                /* length told by the source (DHCP), 0: none */
	struct cyg_ip dns[2];           /* told by the source */
	uint32_t seconds;               /* 0: until released */
	char source[64];
	uint64_t ticket;                /* the provider's */
};

struct cyg_address_ops {
	const char *name;               /* "pool", "dhcp": the order of sources is the engine's */
	/* `request` is borrowed for the call, `out` until the op has ended. CYG_NOT_FOUND: no such pool;
	 * CYG_LIMIT: exhausted. */
	enum cyg_status (*lease)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_lease_request *request, struct cyg_lease *out,
				 struct cyg_op *op);
	/* Never fails, never waits. */
	void (*release)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
			const struct cyg_lease *lease);
};

#endif
