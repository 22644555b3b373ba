/* SPDX-License-Identifier: MIT */
#include "sum.h"

#include <stdbool.h>

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

uint64_t sum_wide(uint64_t sum, const uint8_t *octets, size_t len)
{
	size_t width = lane(), whole = width ? len & ~(width - 1) : 0;

	if (width == 64)
		sum = sum_64(sum, NULL, octets, whole);
	else if (width == 32)
		sum = sum_32(sum, NULL, octets, whole);
	return sum_words(sum, octets + whole, len - whole);
}

uint64_t sum_wide_copy(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	size_t width = lane(), whole = width ? len & ~(width - 1) : 0;

	if (width == 64)
		sum = copy_64(sum, to, octets, whole);
	else if (width == 32)
		sum = copy_32(sum, to, octets, whole);
	if (len > whole)
		memcpy(to + whole, octets + whole, len - whole);
	return sum_words(sum, octets + whole, len - whole);
}
#else
uint64_t sum_wide(uint64_t sum, const uint8_t *octets, size_t len)
{
	return sum_words(sum, octets, len);
}

uint64_t sum_wide_copy(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	if (len)
		memcpy(to, octets, len);
	return sum_words(sum, octets, len);
}
#endif
