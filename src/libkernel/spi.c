/* SPDX-License-Identifier: MIT */
#include "spi.h"

#include <stdlib.h>

#define FIRST_CAPACITY 16u
#define TRIES          64 /* to meet one that is free */

static uint32_t place_of(const struct spi_table *t, uint32_t spi)
{
	return (spi * UINT32_C(0x9e3779b1) >> 7) & (t->capacity - 1);
}

void spi_table_done(struct spi_table *t)
{
	free(t->slots);
	*t = (struct spi_table){ 0 };
}

struct spi_slot *spi_find(const struct spi_table *t, uint32_t spi)
{
	if (t->count == 0 || spi == 0)
		return NULL;
	for (uint32_t at = place_of(t, spi); t->slots[at].spi; at = (at + 1) & (t->capacity - 1)) {
		if (t->slots[at].spi == spi)
			return &t->slots[at];
	}
	return NULL;
}

static void put(struct spi_table *t, struct spi_slot slot)
{
	uint32_t at = place_of(t, slot.spi);

	while (t->slots[at].spi)
		at = (at + 1) & (t->capacity - 1);
	t->slots[at] = slot;
}

static enum cyg_status grow(struct spi_table *t)
{
	struct spi_table bigger = { .capacity = t->capacity ? t->capacity * 2 : FIRST_CAPACITY,
				    .count = t->count };

	bigger.slots = calloc(bigger.capacity, sizeof(*bigger.slots));
	if (!bigger.slots)
		return CYG_NOMEM;
	for (uint32_t i = 0; i < t->capacity; i++) {
		if (t->slots[i].spi)
			put(&bigger, t->slots[i]);
	}
	free(t->slots);
	*t = bigger;
	return CYG_OK;
}

enum cyg_status spi_add(struct spi_table *t, uint32_t spi, void *child)
{
	if (t->count >= SPI_MAX_COUNT)
		return CYG_LIMIT;
	if (t->count >= t->capacity / 2) {
		enum cyg_status status = grow(t);

		if (status != CYG_OK)
			return status;
	}
	put(t, (struct spi_slot){ spi, child });
	t->count++;
	return CYG_OK;
}

void spi_remove(struct spi_table *t, uint32_t spi)
{
	struct spi_slot *slot = spi_find(t, spi);
	uint32_t hole, at;

	if (!slot)
		return;
	hole = (uint32_t)(slot - t->slots);
	*slot = (struct spi_slot){ 0 };
	t->count--;
	/* Whoever stands behind the hole and was pushed past it moves into it. */
	for (at = (hole + 1) & (t->capacity - 1); t->slots[at].spi; at = (at + 1) & (t->capacity - 1)) {
		uint32_t home = place_of(t, t->slots[at].spi);

		if (((at - home) & (t->capacity - 1)) < ((at - hole) & (t->capacity - 1)))
			continue;
		t->slots[hole] = t->slots[at];
		t->slots[at] = (struct spi_slot){ 0 };
		hole = at;
	}
}

enum cyg_status spi_hand_out(struct spi_table *t, struct cyg_shard *shard, uint8_t slot, uint32_t *out)
{
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t spi;
		enum cyg_status status;

		cyg_shard_random(shard, &spi, sizeof(spi));
		spi = (spi & 0x00ffffff) | (uint32_t)slot << 24;
		if (spi <= 255 || spi_find(t, spi)) /* 1 to 255 are reserved, RFC 4303 2.1 */
			continue;
		status = spi_add(t, spi, NULL);
		if (status == CYG_OK)
			*out = spi;
		return status;
	}
	return CYG_LIMIT;
}

void spi_take_back(struct spi_table *t, uint32_t spi)
{
	const struct spi_slot *slot = spi_find(t, spi);

	if (slot && !slot->child)
		spi_remove(t, spi);
}

void *spi_child(const struct spi_table *t, uint32_t spi)
{
	const struct spi_slot *slot = spi_find(t, spi);

	return slot ? slot->child : NULL;
}
