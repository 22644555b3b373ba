/* SPDX-License-Identifier: MIT */
/*
 * The world outside: fetching (CRLs, OCSP, certificates by URL) and resolving names. Owning shard;
 * both are operations with a deadline.
 */
#ifndef CYGNET_OUTSIDE_H
#define CYGNET_OUTSIDE_H

#include <cygnet/ip.h>
#include <cygnet/shard.h>

struct cyg_fetch_request {
	struct cyg_str url;
	struct cyg_bytes post;          /* empty: GET */
	struct cyg_str content_type;    /* of `post` */
	size_t max;                     /* octets; a longer answer is CYG_LIMIT */
	uint64_t timeout_ms;
};

struct cyg_fetch_ops {
	const char *name;
	const char *const *schemes;     /* "http", "https", NULL */
	/* On success *out is malloc'ed octets, owned by the caller. */
	enum cyg_status (*fetch)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_fetch_request *request, uint8_t **out, size_t *len,
				 struct cyg_op *op);
};

#define CYG_RESOLVE_MAX 16

struct cyg_resolve_answer {
	unsigned count;
	struct cyg_ip ip[CYG_RESOLVE_MAX];
	uint32_t ttl_s;
	bool secure;                    /* DNSSEC */
};

struct cyg_resolve_ops {
	const char *name;
	enum cyg_status (*resolve)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, struct cyg_str host,
				   uint8_t family, uint64_t timeout_ms, struct cyg_resolve_answer *out,
				   struct cyg_op *op);
};

#endif
