/* SPDX-License-Identifier: MIT */
#include "sum.h"

#include <string.h>

#define WIDE_LEAST 128 /* octets from which the wide sum pays */

/* Four sums side by side, each of 32-bit words: no chain of carries to wait for. */
static uint64_t sum_words(uint64_t sum, const uint8_t *octets, size_t len)
{
	uint64_t a = 0, b = 0, c = 0, d = 0;

	for (; len >= 32; len -= 32, octets += 32) {
		uint64_t w[4];

		memcpy(w, octets, sizeof(w));
		a += (w[0] & 0xffffffff) + (w[0] >> 32);
		b += (w[1] & 0xffffffff) + (w[1] >> 32);
		c += (w[2] & 0xffffffff) + (w[2] >> 32);
		d += (w[3] & 0xffffffff) + (w[3] >> 32);
	}
	a += b + c + d;
	for (; len >= 4; len -= 4, octets += 4) {
		uint32_t w;

		memcpy(&w, octets, sizeof(w));
		a += w;
	}
	if (len) {
		uint8_t rest[4] = { 0 };
		uint32_t w;

		memcpy(rest, octets, len);
		memcpy(&w, rest, sizeof(w));
		a += w;
	}
	/* Far from full: 64 KB are 2^14 words of 32 bits. */
	return sum + (a & 0xffffffff) + (a >> 32);
}

#ifdef __x86_64__
typedef uint32_t lanes __attribute__((vector_size(32)));

/* Eight lanes at a time, low and high halves of their words apart: half the time of the above. */
__attribute__((target("avx2"))) static uint64_t sum_wide(uint64_t sum, const uint8_t *octets, size_t len)
{
	lanes low = { 0 }, high = { 0 };

	for (; len >= 2 * sizeof(lanes); len -= 2 * sizeof(lanes), octets += 2 * sizeof(lanes)) {
		lanes a, b;

		memcpy(&a, octets, sizeof(a));
		memcpy(&b, octets + sizeof(a), sizeof(b));
		low += (a & 0xffff) + (b & 0xffff);
		high += (a >> 16) + (b >> 16);
	}
	for (unsigned i = 0; i < sizeof(lanes) / sizeof(uint32_t); i++)
		sum += low[i] + (uint64_t)high[i];
	return sum_words(sum, octets, len);
}

static int wide_there(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
static uint64_t sum_wide(uint64_t sum, const uint8_t *octets, size_t len)
{
	return sum_words(sum, octets, len);
}

static int wide_there(void)
{
	return 0;
}
#endif

uint64_t sum_add(uint64_t sum, const uint8_t *octets, size_t len)
{
	return len >= WIDE_LEAST && wide_there() ? sum_wide(sum, octets, len) : sum_words(sum, octets, len);
}
