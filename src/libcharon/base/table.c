/* SPDX-License-Identifier: MIT */
#include "base/table.h"

#include <stdlib.h>

#define TABLE_SMALLEST 16u

static uint64_t rotate(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

uint64_t table_hash(const uint64_t seed[2], struct cyg_bytes key)
{
	uint64_t v[4] = { seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
			  seed[0] ^ UINT64_C(0x6c7967656e657261), seed[1] ^ UINT64_C(0x7465646279746573) };
	uint64_t last = (uint64_t)key.len << 56;
	size_t at = 0;

	for (; key.len - at >= 8; at += 8) {
		uint64_t word = 0;

		for (unsigned i = 0; i < 8; i++)
			word |= (uint64_t)key.ptr[at + i] << 8 * i;
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (unsigned i = 0; at < key.len; at++, i++)
		last |= (uint64_t)key.ptr[at] << 8 * i;
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (unsigned i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void *table_find(const struct table *table, uint64_t hash,
		 bool (*same)(const void *item, const void *key), const void *key)
{
	size_t mask = table->capacity - 1;

	if (!table->count)
		return NULL;
	for (size_t i = hash & mask; table->slots[i].item; i = (i + 1) & mask) {
		if (table->slots[i].hash == hash && same(table->slots[i].item, key))
			return table->slots[i].item;
	}
	return NULL;
}

static void place(struct table_slot *slots, size_t capacity, struct table_slot slot)
{
	size_t i = slot.hash & (capacity - 1);

	while (slots[i].item)
		i = (i + 1) & (capacity - 1);
	slots[i] = slot;
}

static enum cyg_status grow(struct table *table)
{
	size_t capacity = table->capacity ? table->capacity * 2 : TABLE_SMALLEST;
	struct table_slot *slots = calloc(capacity, sizeof(*slots));

	if (!slots)
		return CYG_NOMEM;
	for (size_t i = 0; i < table->capacity; i++) {
		if (table->slots[i].item)
			place(slots, capacity, table->slots[i]);
	}
	free(table->slots);
	table->slots = slots;
	table->capacity = capacity;
	return CYG_OK;
}

enum cyg_status table_add(struct table *table, uint64_t hash, void *item)
{
	/* At most three quarters full: runs stay short, and a search ends at a free slot. */
	if (table->count + 1 > table->capacity / 4 * 3) {
		enum cyg_status status = grow(table);

		if (status != CYG_OK)
			return status;
	}
	place(table->slots, table->capacity, (struct table_slot){ hash, item });
	table->count++;
	return CYG_OK;
}

bool table_remove(struct table *table, uint64_t hash, const void *item)
{
	size_t mask = table->capacity - 1, hole, next;

	if (!table->count)
		return false;
	for (hole = hash & mask; table->slots[hole].item != item; hole = (hole + 1) & mask) {
		if (!table->slots[hole].item)
			return false;
	}
	/* What follows in the run moves up unless that would put it before its own place. */
	for (next = (hole + 1) & mask; table->slots[next].item; next = (next + 1) & mask) {
		size_t home = table->slots[next].hash & mask;

		if (((next - home) & mask) < ((next - hole) & mask))
			continue;
		table->slots[hole] = table->slots[next];
		hole = next;
	}
	table->slots[hole] = (struct table_slot){ 0 };
	table->count--;
	return true;
}

void *table_next(const struct table *table, size_t *at)
{
	while (*at < table->capacity) {
		void *item = table->slots[(*at)++].item;

		if (item)
			return item;
	}
	return NULL;
}

void table_done(struct table *table)
{
	free(table->slots);
	*table = (struct table){ 0 };
}
