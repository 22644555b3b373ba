/* SPDX-License-Identifier: MIT */
/* The yardstick of the bench `esp`: a cryptographic library alone, one packet of `len` octets after the other. */
#ifndef BENCH_ALONE_H
#define BENCH_ALONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct alone_suite {
	const char *name, *cipher, *digest; /* EVP's names; digest NULL: AEAD */
	uint16_t encr, bits, integ;
};

extern const char alone_name[];
/*
 * Nanoseconds of CPU time per packet that is sealed under a key that is kept. `ahead`: nonces lie ready. One that is written
 * right before the call, as is done otherwise, is waited for by libipsec-mb's AEAD; nothing else makes a difference of it.
 */
double alone_seal(const struct alone_suite *suite, size_t len, unsigned packets, bool ahead);

static inline double alone_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

#endif
