/* SPDX-License-Identifier: MIT */
/*
 * Ways out of one interface, found by longest prefix of the destination: to a child of this shard
 * (by its selectors or by a route), or to another shard that has one. Of several ways at one prefix
 * the newest comes first.
 *
 * A hash table over (prefix length, prefix) and the list of lengths in use; sessions have host
 * addresses mostly, so a look-up is one or two probes however many there are. Prefixes may be chosen
 * by peers: the hash is keyed. One thread.
 */
#ifndef KERNEL_TUN_WAYS_H
#define KERNEL_TUN_WAYS_H

#include <cygnet/ip.h>

struct tun_child;
struct way_entry;

struct way {
	struct way *next, **prev;   /* at the same prefix, newest first */
	struct way *of_child;       /* the child's next one */
	struct way_entry *entry;
	struct tun_child *child;    /* NULL: another shard's */
	uint32_t shard, refs;       /* of another shard: which, how many of its children */
	bool route;                 /* made by a route, not by selectors */
};

#define WAYS_LENGTHS 129

struct ways {
	uint64_t seed[2];
	struct way_entry **buckets;
	size_t capacity, count;     /* of entries */
	struct {
		uint32_t used[WAYS_LENGTHS];
		uint8_t length[WAYS_LENGTHS]; /* those in use, longest first */
		unsigned lengths;
	} family[2];
};

/* `seed` is random. */
void ways_init(struct ways *w, const uint64_t seed[2]);
/* Frees what is left, other shards' ways too. */
void ways_done(struct ways *w);
/* A way to a child; the caller keeps it in its list and frees it with ways_remove(). NULL: no memory. */
struct way *ways_add(struct ways *w, const struct cyg_prefix *prefix, struct tun_child *child, bool route);
void ways_remove(struct ways *w, struct way *way);
/* The way is now another child's, and the newest at its prefix. */
void ways_hand_over(struct way *way, struct tun_child *child);
/* Another shard has one more, one less child there. */
enum cyg_status ways_add_shard(struct ways *w, const struct cyg_prefix *prefix, uint32_t shard) CYG_MUST_CHECK;
void ways_remove_shard(struct ways *w, const struct cyg_prefix *prefix, uint32_t shard);
/* The prefix of a way. */
struct cyg_prefix way_prefix(const struct way *way);

/* All ways that hold an address: longest prefix first, newest first. */
struct way_walk {
	const struct ways *ways;
	uint64_t high, low;
	unsigned family, at;
	const struct way *next;
};
struct way_walk ways_walk(const struct ways *w, const struct cyg_ip *destination);
/* NULL after the last. */
const struct way *way_next(struct way_walk *walk);

#endif
