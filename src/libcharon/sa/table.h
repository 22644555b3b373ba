/* SPDX-License-Identifier: MIT */
/*
 * SPI to object: open addressing with linear probing, grown and shrunk by halves, no tombstones.
 * Keys are SPIs of ours, whose upper bits are random already, so the key is its own hash once the
 * slot octet is folded in. Owning shard only; the table borrows the objects.
 */
#ifndef SA_TABLE_H
#define SA_TABLE_H

#include <cygnet/status.h>

struct spi_entry {
	uint64_t key;   /* 0: free */
	void *object;
};

struct spi_table {
	struct spi_entry *entry;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

/* CYG_EXISTS if the key is there, CYG_NOMEM. `key` is not 0. */
enum cyg_status spi_table_add(struct spi_table *table, uint64_t key, void *object) CYG_MUST_CHECK;
/* NULL if it is not there. */
void *spi_table_get(const struct spi_table *table, uint64_t key);
/* What is not there is fine. */
void spi_table_remove(struct spi_table *table, uint64_t key);
void spi_table_done(struct spi_table *table);

#endif
