/* SPDX-License-Identifier: MIT */
/* For tests of parsers: octets in a heap block of exactly their length, so that AddressSanitizer sees a
 * read of one too far. */
#ifndef TESTING_UNIT_OCTETS_H
#define TESTING_UNIT_OCTETS_H

#include <stdlib.h>
#include <string.h>

/* To be freed with free(). */
static inline void *test_memdup(const void *octets, size_t len)
{
	/* A block of no octets is one as well: reading its first octet is an error. */
	void *exact = malloc(len);

	if (len && exact)
		memcpy(exact, octets, len);
	return exact;
}

#endif
