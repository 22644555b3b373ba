/* SPDX-License-Identifier: MIT */
/*
 * The inbound SPIs of one shard: who has which, and which are handed out but not in use yet. Open
 * addressing with linear probing; our SPIs are random, so their own bits spread them. One thread.
 */
#ifndef LIBKERNEL_SPI_H
#define LIBKERNEL_SPI_H

#include <cygnet/shard.h>

#define SPI_MAX_COUNT (1u << 20) /* of one shard, below half of what a slot holds */

struct spi_slot {
	uint32_t spi;            /* 0: free (0 is no SPI of ours) */
	void *child;             /* NULL: handed out only */
};

/* Zeroed it is an empty one. */
struct spi_table {
	struct spi_slot *slots;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t count;
};

void spi_table_done(struct spi_table *t);
/* The slot of an SPI, or NULL; valid until something is added or removed. */
struct spi_slot *spi_find(const struct spi_table *t, uint32_t spi);
/* An SPI that is not there yet. CYG_LIMIT, CYG_NOMEM. */
enum cyg_status spi_add(struct spi_table *t, uint32_t spi, void *child) CYG_MUST_CHECK;
void spi_remove(struct spi_table *t, uint32_t spi);

/*
 * Hands out a random SPI whose highest octet is `slot`. Ours alone to give: nothing is asked of the system for a
 * negotiation that may fail. CYG_LIMIT, CYG_NOMEM.
 */
enum cyg_status spi_hand_out(struct spi_table *t, struct cyg_shard *shard, uint8_t slot, uint32_t *out) CYG_MUST_CHECK;
/* Takes back one that is handed out and not in use; any other stays. */
void spi_take_back(struct spi_table *t, uint32_t spi);
/* Who has it; NULL if nobody does. */
void *spi_child(const struct spi_table *t, uint32_t spi);

#endif
