/* SPDX-License-Identifier: MIT */
/*
 * Suites in use on a shard: the numbers of a chosen IKE proposal with their algorithms resolved, once
 * for all SAs that share it. When the shard's registry generation has changed, they are resolved
 * anew at the next use. Owning shard only; a suite lives as long as its cache.
 */
#ifndef SA_SUITE_H
#define SA_SUITE_H

#include "crypto/keys.h"
#include "sa/ike_sa.h"

#define SUITES_MAX 256 /* of one shard; more than any configuration negotiates */

struct suite {
	struct suite_ids ids;
	struct ike_algs algs;
};

struct suite_cache {
	struct cyg_shard *shard;
	uint32_t generation;
	unsigned count;
	struct suite *suite[SUITES_MAX];
};

/* CYG_UNSUPPORTED if no plugin has one of its algorithms (`*missing` then is its transform type), CYG_LIMIT,
 * CYG_NOMEM. The key exchange is not part of it. */
enum cyg_status suite_get(struct suite_cache *cache, const struct suite_ids *ids,
			  const struct suite **out, uint8_t *missing) CYG_MUST_CHECK;
/* Before a kept suite is used: resolves again if plugins changed. CYG_UNSUPPORTED: its provider is gone. */
enum cyg_status suite_fresh(struct suite_cache *cache, const struct suite *suite) CYG_MUST_CHECK;
void suite_cache_done(struct suite_cache *cache);

#endif
