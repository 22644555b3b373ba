/* SPDX-License-Identifier: MIT */
#include "ways.h"

#include <stdlib.h>

#define FIRST_CAPACITY 16u

/* Addresses as two numbers, an IPv4 one in the highest bits, so that masking is two shifts. */
struct way_entry {
	struct way_entry *next;
	uint64_t high, low;
	uint8_t family; /* index: 0 IPv4, 1 IPv6 */
	uint8_t len;
	struct way *first;
};

static unsigned family_index(uint8_t family)
{
	return family == CYG_IPV6;
}

static uint64_t number(const uint8_t *octets)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < 8; i++)
		n = n << 8 | octets[i];
	return n;
}

static void octets_of(uint64_t n, uint8_t *octets)
{
	for (unsigned i = 0; i < 8; i++)
		octets[i] = (uint8_t)(n >> (56 - 8 * i));
}

static uint64_t mask_high(uint64_t high, unsigned len)
{
	return len == 0 ? 0 : len >= 64 ? high : high & ~UINT64_C(0) << (64 - len);
}

static uint64_t mask_low(uint64_t low, unsigned len)
{
	return len <= 64 ? 0 : len >= 128 ? low : low & ~UINT64_C(0) << (128 - len);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static size_t bucket_of(const struct ways *w, unsigned family, uint64_t high, uint64_t low, unsigned len)
{
	return (size_t)mix(mix(high ^ w->seed[0], low ^ w->seed[1]) ^ w->seed[1],
			   w->seed[0] ^ (len * 2 + family)) & (w->capacity - 1);
}

void ways_init(struct ways *w, const uint64_t seed[2])
{
	*w = (struct ways){ .seed = { seed[0] | 1, seed[1] | 1 } };
}

void ways_done(struct ways *w)
{
	for (size_t i = 0; i < w->capacity; i++) {
		struct way_entry *entry = w->buckets[i], *next;

		for (; entry; entry = next) {
			next = entry->next;
			while (entry->first) {
				struct way *way = entry->first;

				entry->first = way->next;
				free(way);
			}
			free(entry);
		}
	}
	free(w->buckets);
	*w = (struct ways){ .seed = { w->seed[0], w->seed[1] } };
}

static struct way_entry *find(const struct ways *w, unsigned family, uint64_t high, uint64_t low,
			      unsigned len)
{
	struct way_entry *entry;

	if (w->count == 0)
		return NULL;
	for (entry = w->buckets[bucket_of(w, family, high, low, len)]; entry; entry = entry->next) {
		if (entry->high == high && entry->low == low && entry->len == len &&
		    entry->family == family)
			break;
	}
	return entry;
}

static bool grow(struct ways *w)
{
	struct ways bigger = *w;

	bigger.capacity = w->capacity ? w->capacity * 2 : FIRST_CAPACITY;
	bigger.buckets = calloc(bigger.capacity, sizeof(struct way_entry *));
	if (!bigger.buckets)
		return false;
	for (size_t i = 0; i < w->capacity; i++) {
		struct way_entry *entry, *next;

		for (entry = w->buckets[i]; entry; entry = next) {
			size_t to = bucket_of(&bigger, entry->family, entry->high, entry->low, entry->len);

			next = entry->next;
			entry->next = bigger.buckets[to];
			bigger.buckets[to] = entry;
		}
	}
	free(w->buckets);
	w->buckets = bigger.buckets;
	w->capacity = bigger.capacity;
	return true;
}

static void list_lengths(struct ways *w, unsigned family)
{
	w->family[family].lengths = 0;
	for (unsigned len = WAYS_LENGTHS; len-- > 0;) {
		if (w->family[family].used[len])
			w->family[family].length[w->family[family].lengths++] = (uint8_t)len;
	}
}

static struct way_entry *entry_for(struct ways *w, const struct cyg_prefix *prefix)
{
	unsigned family = family_index(prefix->ip.family);
	uint64_t high = mask_high(number(prefix->ip.octets), prefix->len);
	uint64_t low = mask_low(number(prefix->ip.octets + 8), prefix->len);
	struct way_entry *entry = find(w, family, high, low, prefix->len);
	size_t bucket;

	if (entry)
		return entry;
	if (w->count >= w->capacity && !grow(w))
		return NULL;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->high = high;
	entry->low = low;
	entry->family = (uint8_t)family;
	entry->len = prefix->len;
	bucket = bucket_of(w, family, high, low, prefix->len);
	entry->next = w->buckets[bucket];
	w->buckets[bucket] = entry;
	w->count++;
	if (w->family[family].used[prefix->len]++ == 0)
		list_lengths(w, family);
	return entry;
}

static void entry_free_if_empty(struct ways *w, struct way_entry *entry)
{
	struct way_entry **at;

	if (entry->first)
		return;
	at = &w->buckets[bucket_of(w, entry->family, entry->high, entry->low, entry->len)];
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	w->count--;
	if (--w->family[entry->family].used[entry->len] == 0)
		list_lengths(w, entry->family);
	free(entry);
}

static void link_first(struct way *way)
{
	way->next = way->entry->first;
	way->prev = &way->entry->first;
	if (way->next)
		way->next->prev = &way->next;
	way->entry->first = way;
}

static void unlink_way(struct way *way)
{
	*way->prev = way->next;
	if (way->next)
		way->next->prev = way->prev;
}

static struct way *way_new(struct ways *w, const struct cyg_prefix *prefix)
{
	struct way *way = calloc(1, sizeof(*way));
	struct way_entry *entry = way ? entry_for(w, prefix) : NULL;

	if (!entry) {
		free(way);
		return NULL;
	}
	way->entry = entry;
	link_first(way);
	return way;
}

struct way *ways_add(struct ways *w, const struct cyg_prefix *prefix, struct tun_child *child, bool route)
{
	struct way *way = way_new(w, prefix);

	if (way) {
		way->child = child;
		way->route = route;
	}
	return way;
}

void ways_remove(struct ways *w, struct way *way)
{
	struct way_entry *entry = way->entry;

	unlink_way(way);
	free(way);
	entry_free_if_empty(w, entry);
}

void ways_hand_over(struct way *way, struct tun_child *child)
{
	unlink_way(way);
	way->child = child;
	link_first(way);
}

static struct way *find_shard(const struct ways *w, const struct cyg_prefix *prefix, uint32_t shard)
{
	struct way_entry *entry = find(w, family_index(prefix->ip.family),
				       mask_high(number(prefix->ip.octets), prefix->len),
				       mask_low(number(prefix->ip.octets + 8), prefix->len), prefix->len);
	struct way *way = entry ? entry->first : NULL;

	while (way && (way->child || way->shard != shard))
		way = way->next;
	return way;
}

enum cyg_status ways_add_shard(struct ways *w, const struct cyg_prefix *prefix, uint32_t shard)
{
	struct way *way = find_shard(w, prefix, shard);

	if (way) {
		unlink_way(way);
		link_first(way);
	} else {
		way = way_new(w, prefix);
		if (!way)
			return CYG_NOMEM;
		way->shard = shard;
	}
	way->refs++;
	return CYG_OK;
}

void ways_remove_shard(struct ways *w, const struct cyg_prefix *prefix, uint32_t shard)
{
	struct way *way = find_shard(w, prefix, shard);

	if (way && --way->refs == 0)
		ways_remove(w, way);
}

struct cyg_prefix way_prefix(const struct way *way)
{
	struct cyg_prefix prefix = { .len = way->entry->len };

	prefix.ip.family = way->entry->family ? CYG_IPV6 : CYG_IPV4;
	octets_of(way->entry->high, prefix.ip.octets);
	octets_of(way->entry->low, prefix.ip.octets + 8);
	return prefix;
}

struct way_walk ways_walk(const struct ways *w, const struct cyg_ip *destination)
{
	return (struct way_walk){ .ways = w, .high = number(destination->octets),
				  .low = number(destination->octets + 8),
				  .family = family_index(destination->family) };
}

const struct way *way_next(struct way_walk *walk)
{
	const struct ways *w = walk->ways;
	const struct way *way = walk->next;

	while (!way && walk->at < w->family[walk->family].lengths) {
		unsigned len = w->family[walk->family].length[walk->at++];
		const struct way_entry *entry = find(w, walk->family, mask_high(walk->high, len),
						     mask_low(walk->low, len), len);

		way = entry ? entry->first : NULL;
	}
	if (way)
		walk->next = way->next;
	return way;
}
