/* SPDX-License-Identifier: MIT */
#include "sa/table.h"

#include <stdlib.h>

#define CAPACITY_MIN 64

/* Random SPIs need no mixing, but a peer's SPI and small test values are keys too. */
static size_t place_of(const struct spi_table *table, uint64_t key)
{
	key *= 0x9e3779b97f4a7c15u;
	return (size_t)(key >> 32) & (table->capacity - 1);
}

static void put(struct spi_table *table, uint64_t key, void *object)
{
	size_t at = place_of(table, key);

	while (table->entry[at].key)
		at = (at + 1) & (table->capacity - 1);
	table->entry[at] = (struct spi_entry){ key, object };
}

static enum cyg_status resize(struct spi_table *table, size_t capacity)
{
	struct spi_table bigger = { .capacity = capacity, .count = table->count };

	bigger.entry = calloc(capacity, sizeof(*bigger.entry));
	if (!bigger.entry)
		return CYG_NOMEM;
	for (size_t at = 0; at < table->capacity; at++) {
		if (table->entry[at].key)
			put(&bigger, table->entry[at].key, table->entry[at].object);
	}
	free(table->entry);
	*table = bigger;
	return CYG_OK;
}

static struct spi_entry *find(const struct spi_table *table, uint64_t key)
{
	if (!table->capacity || !key)
		return NULL;
	for (size_t at = place_of(table, key); table->entry[at].key;
	     at = (at + 1) & (table->capacity - 1)) {
		if (table->entry[at].key == key)
			return &table->entry[at];
	}
	return NULL;
}

enum cyg_status spi_table_add(struct spi_table *table, uint64_t key, void *object)
{
	enum cyg_status status;

	CYG_ASSERT(key != 0 && object);
	if (find(table, key))
		return CYG_EXISTS;
	if ((table->count + 1) * 4 > table->capacity * 3) {
		status = resize(table, table->capacity ? table->capacity * 2 : CAPACITY_MIN);
		if (status != CYG_OK)
			return status;
	}
	put(table, key, object);
	table->count++;
	return CYG_OK;
}

void *spi_table_get(const struct spi_table *table, uint64_t key)
{
	const struct spi_entry *entry = find(table, key);

	return entry ? entry->object : NULL;
}

void spi_table_remove(struct spi_table *table, uint64_t key)
{
	struct spi_entry *entry = find(table, key);
	size_t mask = table->capacity - 1, hole, at;

	if (!entry)
		return;
	hole = (size_t)(entry - table->entry);
	/* Close the hole: whoever probed past it moves back into it. */
	for (at = (hole + 1) & mask; table->entry[at].key; at = (at + 1) & mask) {
		size_t home = place_of(table, table->entry[at].key);

		if (((at - home) & mask) >= ((at - hole) & mask)) {
			table->entry[hole] = table->entry[at];
			hole = at;
		}
	}
	table->entry[hole] = (struct spi_entry){ 0, NULL };
	table->count--;
	/* Shrinking may fail; then the table stays as large as it is. */
	if (table->capacity > CAPACITY_MIN && table->count * 8 < table->capacity)
		(void)(resize(table, table->capacity / 2) == CYG_OK);
}

void spi_table_done(struct spi_table *table)
{
	free(table->entry);
	*table = (struct spi_table){ 0 };
}
