/* SPDX-License-Identifier: MIT */
#include "sa/serials.h"

#include <stdlib.h>

#define CAPACITY_MIN 64

/* The first place with a number above `serial`. */
static size_t place_after(const struct serials *serials, uint32_t serial)
{
	size_t low = 0, high = serials->used;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (serials->entry[middle].serial <= serial)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void close_holes(struct serials *serials)
{
	size_t to = 0;

	for (size_t from = 0; from < serials->used; from++) {
		if (serials->entry[from].object)
			serials->entry[to++] = serials->entry[from];
	}
	serials->used = to;
}

static enum cyg_status resize(struct serials *serials, size_t capacity)
{
	struct serial_entry *entry = reallocarray(serials->entry, capacity, sizeof(*entry));

	if (!entry)
		return CYG_NOMEM;
	serials->entry = entry;
	serials->capacity = capacity;
	return CYG_OK;
}

enum cyg_status serials_add(struct serials *serials, uint32_t serial, void *object)
{
	enum cyg_status status;

	CYG_ASSERT(object);
	CYG_ASSERT(!serials->used || serials->entry[serials->used - 1].serial < serial);
	if (serials->used == serials->capacity) {
		status = resize(serials, serials->capacity ? serials->capacity * 2 : CAPACITY_MIN);
		if (status != CYG_OK)
			return status;
	}
	serials->entry[serials->used++] = (struct serial_entry){ serial, object };
	serials->count++;
	return CYG_OK;
}

void serials_remove(struct serials *serials, uint32_t serial)
{
	size_t at = serial ? place_after(serials, serial - 1) : 0;

	if (at == serials->used || serials->entry[at].serial != serial || !serials->entry[at].object)
		return;
	serials->entry[at].object = NULL;
	serials->count--;
	if (serials->used < CAPACITY_MIN || serials->used <= 2 * serials->count)
		return;
	close_holes(serials);
	/* Shrinking may fail; then the array stays as large as it is. */
	if (serials->capacity > CAPACITY_MIN && serials->count * 8 < serials->capacity)
		(void)(resize(serials, serials->capacity / 2) == CYG_OK);
}

void *serials_after(const struct serials *serials, uint32_t serial)
{
	size_t at = place_after(serials, serial);

	while (at < serials->used && !serials->entry[at].object)
		at++;
	return at < serials->used ? serials->entry[at].object : NULL;
}

uint32_t serials_renumber(struct serials *serials, void (*give)(void *object, uint32_t serial))
{
	close_holes(serials);
	for (size_t i = 0; i < serials->used; i++) {
		serials->entry[i].serial = (uint32_t)(i + 1);
		give(serials->entry[i].object, (uint32_t)(i + 1));
	}
	return (uint32_t)serials->used;
}

void serials_done(struct serials *serials)
{
	free(serials->entry);
	*serials = (struct serials){ 0 };
}
