/* SPDX-License-Identifier: MIT */
/*
 * A radix tree over the 32 half octets of a key, the highest first. A node stands where keys below it differ first, so none
 * has a single child; a leaf stands behind the last half octet.
 */
#include "config/map.h"

#include <stdlib.h>
#include <string.h>

#define NIBBLES 32u

struct map_node {
	atomic_uint refs;
	uint8_t at;    /* the half octet its children differ in; NIBBLES: a leaf */
	uint8_t room;  /* for children */
	uint16_t bits; /* the values of it that there are */
	size_t total;  /* leaves */
	uint64_t stamp;
	struct map_key key; /* of any leaf below: what is before `at` is common to all */
	void *child[];	    /* in order of their values; of a leaf: the item */
};

uint64_t map_hash(uint64_t seed, struct cyg_str text)
{
	uint64_t h = seed ^ UINT64_C(14695981039346656037);

	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (uint8_t)text.ptr[i]) * UINT64_C(1099511628211);
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

/* --- Keys and places of children --- */

static unsigned nibble(struct map_key key, unsigned at)
{
	uint64_t half = at < NIBBLES / 2 ? key.high : key.low;

	return half >> (60 - at % (NIBBLES / 2) * 4) & 15;
}

static unsigned first_difference(struct map_key a, struct map_key b)
{
	if (a.high != b.high)
		return (unsigned)__builtin_clzll(a.high ^ b.high) / 4;
	if (a.low != b.low)
		return NIBBLES / 2 + (unsigned)__builtin_clzll(a.low ^ b.low) / 4;
	return NIBBLES;
}

static bool has(const struct map_node *node, unsigned value)
{
	return node->bits >> value & 1;
}

/* How many children have lower values. */
static unsigned below(const struct map_node *node, unsigned value)
{
	return (unsigned)__builtin_popcount(node->bits & ((1u << value) - 1));
}

static unsigned children(const struct map_node *node)
{
	return (unsigned)__builtin_popcount(node->bits);
}

/* --- Nodes --- */

static struct map_node *node_of(void *child)
{
	return child;
}

static void let_go(const struct map_class *class, struct map_node *node)
{
	if (!node || atomic_fetch_sub_explicit(&node->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (node->at == NIBBLES) {
		if (class)
			class->unref(node->child[0]);
	} else {
		for (unsigned i = 0; i < children(node); i++)
			let_go(class, node->child[i]);
	}
	free(node);
}

static struct map_node *hold(struct map_node *node)
{
	atomic_fetch_add_explicit(&node->refs, 1, memory_order_relaxed);
	return node;
}

static struct map_node *new_node(unsigned at, unsigned room, uint64_t stamp, struct map_key key)
{
	struct map_node *node = malloc(sizeof(*node) + room * sizeof(node->child[0]));

	if (!node)
		return NULL;
	*node = (struct map_node){ .at = (uint8_t)at, .room = (uint8_t)room, .stamp = stamp, .key = key };
	atomic_init(&node->refs, 1);
	return node;
}

/* The node, if the stamp lets it be changed and there is room; else a copy. NULL without memory. */
static struct map_node *writable(struct map_node *node, uint64_t stamp, unsigned more)
{
	unsigned count = children(node), room = 2;
	struct map_node *copy;

	if (node->stamp == stamp && count + more <= node->room)
		return node;
	while (room < count + more)
		room *= 2;
	copy = new_node(node->at, room, stamp, node->key);
	if (!copy)
		return NULL;
	copy->bits = node->bits;
	copy->total = node->total;
	for (unsigned i = 0; i < count; i++)
		copy->child[i] = hold(node->child[i]);
	return copy;
}

static void add_child(struct map_node *node, unsigned value, struct map_node *take_child)
{
	unsigned at = below(node, value);

	memmove(&node->child[at + 1], &node->child[at], (children(node) - at) * sizeof(node->child[0]));
	node->child[at] = take_child;
	node->bits |= (uint16_t)(1u << value);
	node->total += take_child->total;
}

/* --- Changing --- */

struct change {
	const struct map_class *class;
	uint64_t stamp;
	struct map_key key;
	void *item;
};

static struct map_node *new_leaf(const struct change *c)
{
	struct map_node *leaf = new_node(NIBBLES, 1, c->stamp, c->key);

	if (leaf) {
		leaf->total = 1;
		leaf->child[0] = c->item;
	}
	return leaf;
}

/* What stands in the place of `node` from now on, whose reference it takes over; NULL without memory: nothing is changed. */
static struct map_node *put(const struct change *c, struct map_node *node)
{
	unsigned differ = first_difference(node->key, c->key);
	struct map_node *mine, *leaf;
	unsigned value, at;

	if (differ == NIBBLES && node->at == NIBBLES) {
		leaf = new_leaf(c);
		if (leaf)
			let_go(c->class, node);
		return leaf;
	}
	if (differ < node->at) {
		leaf = new_leaf(c);
		mine = leaf ? new_node(differ, 2, c->stamp, c->key) : NULL;
		if (!mine) {
			free(leaf);
			return NULL;
		}
		add_child(mine, nibble(node->key, differ), node);
		add_child(mine, nibble(c->key, differ), leaf);
		return mine;
	}
	value = nibble(c->key, node->at);
	mine = writable(node, c->stamp, !has(node, value));
	if (!mine)
		return NULL;
	if (has(mine, value)) {
		at = below(mine, value);
		mine->total -= node_of(mine->child[at])->total;
		leaf = put(c, mine->child[at]);
		if (leaf)
			mine->child[at] = leaf;
		mine->total += node_of(mine->child[at])->total;
	} else {
		leaf = new_leaf(c);
		if (leaf)
			add_child(mine, value, leaf);
	}
	if (mine != node)
		let_go(c->class, leaf ? node : mine);
	return leaf ? mine : NULL;
}

enum cyg_status map_put(struct map *map, uint64_t stamp, struct map_key key, void *take_item)
{
	struct change c = { map->class, stamp, key, take_item };
	struct map_node *root = map->root ? put(&c, map->root) : new_leaf(&c);

	if (!root)
		return CYG_NOMEM;
	map->root = root;
	return CYG_OK;
}

/* The same for a key that is there; *out may become NULL: nothing is left. False without memory. */
static bool take(const struct change *c, struct map_node *node, struct map_node **out)
{
	struct map_node *mine, *left;
	unsigned at, value;

	if (node->at == NIBBLES) {
		let_go(c->class, node);
		*out = NULL;
		return true;
	}
	value = nibble(c->key, node->at);
	at = below(node, value);
	if (children(node) == 2 && node_of(node->child[at])->at == NIBBLES) {
		*out = hold(node->child[!at]);
		let_go(c->class, node);
		return true;
	}
	mine = writable(node, c->stamp, 0);
	if (!mine)
		return false;
	if (!take(c, mine->child[at], &left)) {
		if (mine != node)
			let_go(c->class, mine);
		return false;
	}
	mine->total--;
	if (left) {
		mine->child[at] = left;
	} else {
		mine->bits &= (uint16_t)~(1u << value);
		memmove(&mine->child[at], &mine->child[at + 1], (children(mine) - at) * sizeof(mine->child[0]));
	}
	if (mine != node)
		let_go(c->class, node);
	*out = mine;
	return true;
}

enum cyg_status map_take(struct map *map, uint64_t stamp, struct map_key key)
{
	struct change c = { map->class, stamp, key, NULL };

	if (!map_get(map, key))
		return CYG_NOT_FOUND;
	return take(&c, map->root, &map->root) ? CYG_OK : CYG_NOMEM;
}

void map_copy(struct map *to, const struct map *from)
{
	*to = *from;
	if (to->root)
		hold(to->root);
}

void map_done(struct map *map)
{
	let_go(map->class, map->root);
	map->root = NULL;
}

/* --- Reading --- */

size_t map_count(const struct map *map)
{
	return map->root ? map->root->total : 0;
}

void *map_get(const struct map *map, struct map_key key)
{
	const struct map_node *node = map->root;

	while (node && node->at < NIBBLES)
		node = has(node, nibble(key, node->at)) ? node->child[below(node, nibble(key, node->at))] : NULL;
	return node && node->key.high == key.high && node->key.low == key.low ? node->child[0] : NULL;
}

static const struct map_node *lowest(const struct map_node *node)
{
	while (node->at < NIBBLES)
		node = node->child[0];
	return node;
}

static const struct map_node *not_below(const struct map_node *node, struct map_key key)
{
	unsigned differ = first_difference(node->key, key), value, at;
	const struct map_node *found;

	if (differ < node->at)
		return nibble(node->key, differ) > nibble(key, differ) ? lowest(node) : NULL;
	if (node->at == NIBBLES)
		return node;
	value = nibble(key, node->at);
	at = below(node, value);
	if (has(node, value)) {
		found = not_below(node->child[at], key);
		if (found)
			return found;
		at++;
	}
	return at < children(node) ? lowest(node->child[at]) : NULL;
}

void *map_next(const struct map *map, struct map_key *key)
{
	const struct map_node *leaf = map->root ? not_below(map->root, *key) : NULL;

	if (!leaf)
		return NULL;
	*key = leaf->key;
	return leaf->child[0];
}

static size_t first_of(const struct map_node *node, void **items, size_t room)
{
	size_t count = 0;

	if (node->at == NIBBLES) {
		items[0] = node->child[0];
		return 1;
	}
	for (unsigned i = 0; i < children(node) && count < room; i++)
		count += first_of(node->child[i], items + count, room - count);
	return count;
}

size_t map_first(const struct map *map, void **items, size_t room)
{
	return map->root && room ? first_of(map->root, items, room) : 0;
}

void *map_nth(const struct map *map, size_t n)
{
	const struct map_node *node = map->root;

	if (!node || n >= node->total)
		return NULL;
	while (node->at < NIBBLES) {
		unsigned i = 0;

		while (n >= node_of(node->child[i])->total)
			n -= node_of(node->child[i++])->total;
		node = node->child[i];
	}
	return node->child[0];
}

size_t map_rank(const struct map *map, struct map_key key)
{
	const struct map_node *node = map->root;
	size_t rank = 0;

	while (node) {
		unsigned differ = first_difference(node->key, key), value;

		if (differ < node->at)
			return rank + (nibble(node->key, differ) < nibble(key, differ) ? node->total : 0);
		if (node->at == NIBBLES)
			return rank;
		value = nibble(key, node->at);
		for (unsigned i = 0; i < below(node, value); i++)
			rank += node_of(node->child[i])->total;
		node = has(node, value) ? node->child[below(node, value)] : NULL;
	}
	return rank;
}

/* --- What differs --- */

struct diff {
	void (*told)(void *ctx, struct map_key key, void *before, void *after);
	void *ctx;
};

static void all_of(const struct diff *d, const struct map_node *node, bool before)
{
	if (node->at == NIBBLES) {
		d->told(d->ctx, node->key, before ? node->child[0] : NULL, before ? NULL : node->child[0]);
		return;
	}
	for (unsigned i = 0; i < children(node); i++)
		all_of(d, node->child[i], before);
}

static const struct map_node *child_of(const struct map_node *node, unsigned at, unsigned value)
{
	if (node->at > at)
		return nibble(node->key, at) == value ? node : NULL;
	return has(node, value) ? node->child[below(node, value)] : NULL;
}

static void differ(const struct diff *d, const struct map_node *a, const struct map_node *b)
{
	unsigned at;

	if (a == b)
		return;
	if (!a || !b) {
		all_of(d, a ? a : b, a != NULL);
		return;
	}
	at = first_difference(a->key, b->key);
	at = a->at < at ? a->at : at;
	at = b->at < at ? b->at : at;
	if (at == NIBBLES) {
		if (a->child[0] != b->child[0])
			d->told(d->ctx, a->key, a->child[0], b->child[0]);
		return;
	}
	for (unsigned value = 0; value < 16; value++)
		differ(d, child_of(a, at, value), child_of(b, at, value));
}

void map_diff(const struct map *before, const struct map *after,
	      void (*told)(void *ctx, struct map_key key, void *before, void *after), void *ctx)
{
	struct diff d = { told, ctx };

	differ(&d, before ? before->root : NULL, after ? after->root : NULL);
}
