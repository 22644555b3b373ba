/* SPDX-License-Identifier: MIT */
/*
 * Ordered maps that share what they have in common. A copy costs nothing, a change of it a path of small nodes; what was
 * copied from stays as it was. So every snapshot has tables and indexes of its own, and a line typed costs what it changes,
 * however much there is.
 *
 * A key is 128 bits. Things in an order have {0, place}; things found by a hash have {hash, place}, so that those that share
 * a hash lie side by side, in their order. Whoever changes a map gives a stamp: nodes that carry it are changed in place, all
 * others are copied first. A stamp is used by one writer, and for one copy of a map only. Reading and freeing: any thread.
 */
#ifndef CONFIG_MAP_H
#define CONFIG_MAP_H

#include <cygnet/bytes.h>

#include <stdatomic.h>

struct map_key {
	uint64_t high, low;
};

/* What is done to the items, which are never NULL. */
struct map_class {
	void (*ref)(void *item);
	void (*unref)(void *item);
};

struct map_node;

/* Zeroed: empty. */
struct map {
	const struct map_class *class; /* NULL: items are not counted */
	struct map_node *root;
};

/* Both are its own afterwards; `to` must be empty. */
void map_copy(struct map *to, const struct map *from);
void map_done(struct map *map);

/* Keeps an item (its reference is taken over when it is CYG_OK), in place of the one of that key. CYG_NOMEM: as it was. */
enum cyg_status map_put(struct map *map, uint64_t stamp, struct map_key key, void *take_item) CYG_MUST_CHECK;
/* CYG_NOT_FOUND, CYG_NOMEM: as it was. */
enum cyg_status map_take(struct map *map, uint64_t stamp, struct map_key key) CYG_MUST_CHECK;

size_t map_count(const struct map *map);
void *map_get(const struct map *map, struct map_key key);
/* The item of the lowest key that is not below *key, which becomes that key; NULL behind the last. In order:
 * for (key = {0}; (item = map_next(map, &key)); key.low++) */
void *map_next(const struct map *map, struct map_key *key);
/* The first ones in order, at most `room`; how many. */
size_t map_first(const struct map *map, void **items, size_t room);
/* The nth in order, or NULL. */
void *map_nth(const struct map *map, size_t n);
/* How many keys are below this one. */
size_t map_rank(const struct map *map, struct map_key key);
/* Each key whose items differ, in order; NULL where there is none. What both share is not looked at. `told` must not change
 * either. */
void map_diff(const struct map *before, const struct map *after,
	      void (*told)(void *ctx, struct map_key key, void *before, void *after), void *ctx);
/* Do both hold the same by sharing all of it? */
static inline bool map_same(const struct map *a, const struct map *b)
{
	return a->root == b->root;
}

/* A hash for keys that no peer chooses. */
uint64_t map_hash(uint64_t seed, struct cyg_str text);

#endif
