/* SPDX-License-Identifier: MIT */
#include "sa/suite.h"

#include <cygnet/plugin.h>

#include <stdlib.h>

static enum cyg_status resolve(struct cyg_shard *shard, const struct suite_ids *ids,
			       struct ike_algs *out, uint8_t *missing)
{
	struct ike_algs algs = { 0 };
	enum cyg_status status;

	*missing = CYG_TRANSFORM_ENCR;
	status = cyg_get_cipher(shard, ids->encr, ids->key_bits, &algs.cipher);
	if (status != CYG_OK)
		return status;
	*missing = CYG_TRANSFORM_PRF;
	status = cyg_get_prf(shard, ids->prf, &algs.prf);
	if (status != CYG_OK)
		return status;
	*missing = CYG_TRANSFORM_INTEG;
	if (ids->integ != CYG_AUTH_NONE) {
		status = cyg_get_mac(shard, ids->integ, &algs.mac);
		if (status != CYG_OK)
			return status;
	} else if (algs.cipher.ops->icv_len == 0) {
		return CYG_UNSUPPORTED; /* never a cipher without integrity */
	}
	*missing = 0;
	*out = algs;
	return CYG_OK;
}

static void refresh(struct suite_cache *cache)
{
	uint32_t generation = cyg_registry_generation(cache->shard);
	uint8_t missing;

	if (generation == cache->generation)
		return;
	for (unsigned i = 0; i < cache->count; i++) {
		/* Pointers of before may be gone: a suite that cannot be had any more is emptied. */
		cache->suite[i]->algs = (struct ike_algs){ 0 };
		if (resolve(cache->shard, &cache->suite[i]->ids, &cache->suite[i]->algs, &missing) !=
		    CYG_OK)
			cache->suite[i]->algs = (struct ike_algs){ 0 };
	}
	cache->generation = generation;
}

static bool ids_equal(const struct suite_ids *a, const struct suite_ids *b)
{
	return a->encr == b->encr && a->key_bits == b->key_bits && a->integ == b->integ &&
	       a->prf == b->prf && a->ke == b->ke;
}

enum cyg_status suite_get(struct suite_cache *cache, const struct suite_ids *ids,
			  const struct suite **out, uint8_t *missing)
{
	struct suite *suite;
	enum cyg_status status;

	refresh(cache);
	*missing = 0;
	for (unsigned i = 0; i < cache->count; i++) {
		suite = cache->suite[i];
		if (ids_equal(&suite->ids, ids) && suite->algs.prf.ops) {
			*out = suite;
			return CYG_OK;
		}
	}
	if (cache->count == SUITES_MAX)
		return CYG_LIMIT;
	suite = calloc(1, sizeof(*suite));
	if (!suite)
		return CYG_NOMEM;
	suite->ids = *ids;
	status = resolve(cache->shard, ids, &suite->algs, missing);
	if (status != CYG_OK) {
		free(suite);
		return status;
	}
	cache->suite[cache->count++] = suite;
	*out = suite;
	return CYG_OK;
}

enum cyg_status suite_fresh(struct suite_cache *cache, const struct suite *suite)
{
	refresh(cache);
	return suite->algs.prf.ops ? CYG_OK : CYG_UNSUPPORTED;
}

void suite_cache_done(struct suite_cache *cache)
{
	for (unsigned i = 0; i < cache->count; i++)
		free(cache->suite[i]);
	cache->count = 0;
}
