/* SPDX-License-Identifier: MIT */
/*
 * Certificates of peers that have proved themselves, by the hash of their octets: who comes again costs neither a parser nor a
 * path validation. Bounded; the one that was used longest ago makes room. One shard's.
 */
#ifndef AUTH_CERT_CACHE_H
#define AUTH_CERT_CACHE_H

#include "base/table.h"

#include <cygnet/cert.h>

#define CERT_CACHE_MAX 512 /* about 6 KB each */
#define CERT_HASH_LEN  32  /* SHA2-256 */

struct cert_entry {
	uint8_t hash[CERT_HASH_LEN];
	struct cyg_cert *cert;          /* counted */
	const struct cyg_cert_store *store; /* that vouched for it; compared only. NULL: it stood between */
	int64_t since, until;           /* so long the path holds */
	struct cert_entry *newer, *older;
};

struct cert_cache {
	const struct cyg_cert_ops *ops;
	struct table entries;
	struct cert_entry *newest, *oldest;
	size_t count;
};

/* The certificate of these octets, or NULL; it is now the newest. Borrowed. */
const struct cert_entry *cert_cache_find(struct cert_cache *cache, const uint8_t hash[CERT_HASH_LEN]);
/* Remembers a certificate (a reference of its own). Without memory it is not remembered. */
void cert_cache_put(struct cert_cache *cache, const struct cyg_cert_ops *ops, const uint8_t hash[CERT_HASH_LEN],
		    struct cyg_cert *cert, const struct cyg_cert_store *store, int64_t since, int64_t until);
/* Forgets all: trust has changed. */
void cert_cache_clear(struct cert_cache *cache);

#endif
