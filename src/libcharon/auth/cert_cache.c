/* SPDX-License-Identifier: MIT */
#include "auth/cert_cache.h"

#include <stdlib.h>

/* The hash is SHA-2 already, so its first octets are as good as any. */
static uint64_t slot_of(const uint8_t hash[CERT_HASH_LEN])
{
	uint64_t value;

	memcpy(&value, hash, sizeof(value));
	return value;
}

static bool same(const void *item, const void *key)
{
	return memcmp(((const struct cert_entry *)item)->hash, key, CERT_HASH_LEN) == 0;
}

static void unlink_entry(struct cert_cache *cache, struct cert_entry *entry)
{
	*(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct cert_cache *cache, struct cert_entry *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	*(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static void forget(struct cert_cache *cache, struct cert_entry *entry)
{
	(void)table_remove(&cache->entries, slot_of(entry->hash), entry);
	unlink_entry(cache, entry);
	cache->count--;
	cache->ops->unref(entry->cert);
	free(entry);
}

const struct cert_entry *cert_cache_find(struct cert_cache *cache, const uint8_t hash[CERT_HASH_LEN])
{
	struct cert_entry *entry = table_find(&cache->entries, slot_of(hash), same, hash);

	if (entry && entry != cache->newest) {
		unlink_entry(cache, entry);
		link_newest(cache, entry);
	}
	return entry;
}

void cert_cache_put(struct cert_cache *cache, const struct cyg_cert_ops *ops, const uint8_t hash[CERT_HASH_LEN],
		    struct cyg_cert *cert, const struct cyg_cert_store *store, int64_t since, int64_t until)
{
	struct cert_entry *entry = table_find(&cache->entries, slot_of(hash), same, hash);

	if (!entry) {
		while (cache->count >= CERT_CACHE_MAX)
			forget(cache, cache->oldest);
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return;
		memcpy(entry->hash, hash, CERT_HASH_LEN);
		if (table_add(&cache->entries, slot_of(hash), entry) != CYG_OK) {
			free(entry);
			return;
		}
		cache->ops = ops;
		entry->cert = ops->ref(cert);
		cache->count++;
		link_newest(cache, entry);
	}
	if (!store)
		return; /* what is known of an end entity stays known */
	entry->store = store;
	entry->since = since;
	entry->until = until;
}

void cert_cache_clear(struct cert_cache *cache)
{
	while (cache->oldest)
		forget(cache, cache->oldest);
	table_done(&cache->entries);
	*cache = (struct cert_cache){ 0 };
}
