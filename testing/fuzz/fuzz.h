/* SPDX-License-Identifier: MIT */
/* What fuzz targets share. How to add one: README. */
#ifndef TESTING_FUZZ_FUZZ_H
#define TESTING_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The target: any octets at all. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A planted fault: with CYG_PLANTED_FAULT in the environment the process dies when `condition_` holds.
 * The condition is something that only a parser that got far can see, so that finding it proves that the
 * target gets there.
 */
#define FUZZ_PLANT(condition_)                                          \
	do {                                                            \
		if ((condition_) && getenv("CYG_PLANTED_FAULT"))        \
			abort();                                        \
	} while (0)

/* A promise that holds for every input. */
#define FUZZ_CHECK(condition_)                                          \
	do {                                                            \
		if (!(condition_))                                      \
			abort();                                        \
	} while (0)

#endif
