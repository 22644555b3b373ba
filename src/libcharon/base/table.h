/* SPDX-License-Identifier: MIT */
/*
 * A hash table of pointers with open addressing, for the tables that are hot (SPIs) or large. Items
 * stay where their owner put them; the table holds pointers only. The key is the item's business:
 * whoever looks up gives the hash and a function that compares.
 *
 * A table belongs to one thread. Zeroed, it is an empty one. Keys that a peer may choose are hashed
 * with table_hash() under a random seed, so that nobody can aim at one slot.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <cygnet/bytes.h>

struct table_slot {
	uint64_t hash;
	void *item;    /* NULL: free */
};

struct table {
	struct table_slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

/* Keyed hash of octets (SipHash-1-3). */
uint64_t table_hash(const uint64_t seed[2], struct cyg_bytes key);
/* Spreads the bits of a number that nobody else chose, such as our own SPIs. */
static inline uint64_t table_mix(uint64_t value)
{
	value = (value ^ value >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	return value ^ value >> 29;
}

/* The item of this hash for which `same` holds, or NULL. */
void *table_find(const struct table *table, uint64_t hash,
		 bool (*same)(const void *item, const void *key), const void *key);
/* Adds an item (it is not checked whether it is there already). CYG_NOMEM leaves the table as it was. */
enum cyg_status table_add(struct table *table, uint64_t hash, void *item) CYG_MUST_CHECK;
/* Takes out this very item; false if it was not there. */
bool table_remove(struct table *table, uint64_t hash, const void *item);
/* Every item in no order: start with *at = 0; NULL at the end. Nothing may be added meanwhile; if the
 * item just given is removed, go on with *at less one; an item may then be given twice. */
void *table_next(const struct table *table, size_t *at);
/* Frees the table, not its items. */
void table_done(struct table *table);

#endif
