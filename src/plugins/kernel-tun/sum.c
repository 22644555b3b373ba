/* SPDX-License-Identifier: MIT */
#include "sum.h"

#include <stdbool.h>
#include <string.h>

#define WIDE_LEAST 128 /* octets from which the wide sums pay */

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

static uint64_t copy_words(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	if (len)
		memcpy(to, octets, len);
	return sum_words(sum, octets, len);
}

#ifdef __x86_64__
/*
 * Many 32-bit words at a time: `all` is their sum, `high` that of their upper halves, which is what is missing in `all` when
 * it has wrapped around. With `copies_` they go to `to` on the way: what is summed and copied is read once. Octets of no whole
 * lane are left to the caller: a compiler may jump from here into code for narrow registers without leaving the wide ones clean.
 */
#define SUM_WIDE(name_, target_, octets_, copies_)                                                   \
	typedef uint32_t name_##_lanes __attribute__((vector_size(octets_)));                        \
	typedef uint64_t name_##_pairs __attribute__((vector_size(octets_)));                        \
	__attribute__((target(target_))) static uint64_t name_(uint64_t sum, uint8_t *to,            \
							       const uint8_t *octets, size_t len)    \
	{                                                                                            \
		name_##_lanes all = { 0 }, high = { 0 };                                             \
		name_##_pairs pairs;                                                                 \
                                                                                                     \
		for (; len >= (octets_); len -= (octets_), octets += (octets_)) {                    \
			name_##_lanes a;                                                             \
                                                                                                     \
			memcpy(&a, octets, (octets_));                                               \
			if (copies_) {                                                               \
				memcpy(to, &a, (octets_));                                           \
				to += (octets_);                                                     \
			}                                                                            \
			all += a;                                                                    \
			high += a >> 16;                                                             \
		}                                                                                    \
		all -= high << 16;                                                                   \
		pairs = ((name_##_pairs)all & 0xffffffff) + ((name_##_pairs)all >> 32) +             \
			((name_##_pairs)high & 0xffffffff) + ((name_##_pairs)high >> 32);            \
		for (unsigned i = 0; i < (octets_) / sizeof(uint64_t); i++)                          \
			sum += pairs[i];                                                             \
		return sum;                                                                          \
	}

SUM_WIDE(sum_32, "avx2", 32, false)
SUM_WIDE(copy_32, "avx2", 32, true)
SUM_WIDE(sum_64, "avx512f", 64, false)
SUM_WIDE(copy_64, "avx512f", 64, true)

static size_t lane(void)
{
	return __builtin_cpu_supports("avx512f") ? 64 : __builtin_cpu_supports("avx2") ? 32 : 0;
}

static uint64_t sum_wide(uint64_t sum, const uint8_t *octets, size_t len)
{
	size_t width = lane(), whole = width ? len & ~(width - 1) : 0;

	if (width == 64)
		sum = sum_64(sum, NULL, octets, whole);
	else if (width == 32)
		sum = sum_32(sum, NULL, octets, whole);
	return sum_words(sum, octets + whole, len - whole);
}

static uint64_t copy_wide(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	size_t width = lane(), whole = width ? len & ~(width - 1) : 0;

	if (width == 64)
		sum = copy_64(sum, to, octets, whole);
	else if (width == 32)
		sum = copy_32(sum, to, octets, whole);
	return copy_words(sum, to + whole, octets + whole, len - whole);
}
#else
#define sum_wide  sum_words
#define copy_wide copy_words
#endif

uint64_t sum_add(uint64_t sum, const uint8_t *octets, size_t len)
{
	return len >= WIDE_LEAST ? sum_wide(sum, octets, len) : sum_words(sum, octets, len);
}

uint64_t sum_copy(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	return len >= WIDE_LEAST ? copy_wide(sum, to, octets, len) : copy_words(sum, to, octets, len);
}
