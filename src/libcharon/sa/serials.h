/* SPDX-License-Identifier: MIT */
/*
 * Objects by a number that only grows, so that a walk of many turns goes on behind the number it came to, whatever was
 * added or taken away between: an array in order, in which what has left is a hole until there are more holes than objects.
 * Adding and taking away cost O(1) and O(log n), all in all. Owning shard only; the objects are borrowed.
 */
#ifndef SA_SERIALS_H
#define SA_SERIALS_H

#include <cygnet/status.h>

struct serial_entry {
	uint32_t serial;
	void *object;   /* NULL: it has left */
};

struct serials {
	struct serial_entry *entry;
	size_t used, capacity;
	size_t count;   /* objects */
};

/* The youngest: `serial` is above all that were added before. CYG_NOMEM. */
enum cyg_status serials_add(struct serials *serials, uint32_t serial, void *object) CYG_MUST_CHECK;
/* What is not there is fine. */
void serials_remove(struct serials *serials, uint32_t serial);
/* The oldest object with a number above `serial`; NULL. */
void *serials_after(const struct serials *serials, uint32_t serial);
/* Numbers all anew from 1, in the same order, and tells each; the last number that was given. A walk that is under way
 * goes astray, which once in 2^32 objects it may. */
uint32_t serials_renumber(struct serials *serials, void (*give)(void *object, uint32_t serial));
void serials_done(struct serials *serials);

#endif
