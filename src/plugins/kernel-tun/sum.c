/* SPDX-License-Identifier: MIT */
#include "sum.h"

#ifdef __x86_64__
#include <immintrin.h>

/*
 * Many 32-bit words at a time: `all` is their sum, `high` that of their upper halves, which is what is missing in `all` when
 * it has wrapped around. Unless `to` is NULL, which is known when this is compiled, they go there on the way: what is summed and
 * copied is read once.
 */

/* Octets of no whole lane are left to the caller. */
__attribute__((target("avx2"))) static inline uint64_t lanes_32(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	typedef uint32_t lanes __attribute__((vector_size(32)));
	typedef uint64_t pairs __attribute__((vector_size(32)));
	lanes all = { 0 }, high = { 0 };
	pairs sums;

	for (; len >= sizeof(lanes); len -= sizeof(lanes), octets += sizeof(lanes)) {
		lanes a;

		memcpy(&a, octets, sizeof(a));
		if (to) {
			memcpy(to, &a, sizeof(a));
			to += sizeof(a);
		}
		all += a;
		high += a >> 16;
	}
	all -= high << 16;
	sums = ((pairs)all & 0xffffffff) + ((pairs)all >> 32) + ((pairs)high & 0xffffffff) + ((pairs)high >> 32);
	return sum + sums[0] + sums[1] + sums[2] + sums[3];
}

__attribute__((target("avx2"))) static uint64_t sum_32(uint64_t sum, const uint8_t *octets, size_t len)
{
	return lanes_32(sum, NULL, octets, len);
}

__attribute__((target("avx2"))) static uint64_t copy_32(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	return lanes_32(sum, to, octets, len);
}

/* With masks for the rest, which leave alone what is behind it; two sums of each kind side by side. */
#define WITH_MASKS __attribute__((target("avx512f,avx512bw")))

struct lanes_64 {
	__m512i all, high;
};

WITH_MASKS static inline void lanes_add(struct lanes_64 *l, __m512i a)
{
	l->all = _mm512_add_epi32(l->all, a);
	l->high = _mm512_add_epi32(l->high, _mm512_srli_epi32(a, 16));
}

WITH_MASKS static inline uint64_t lanes_64(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	const __m512i half = _mm512_set1_epi64(0xffffffff);
	struct lanes_64 l = { _mm512_setzero_si512(), _mm512_setzero_si512() }, more = l;
	__m512i a, b;

	for (; len >= 128; len -= 128, octets += 128) {
		a = _mm512_loadu_si512(octets);
		b = _mm512_loadu_si512(octets + 64);
		if (to) {
			_mm512_storeu_si512(to, a);
			_mm512_storeu_si512(to + 64, b);
			to += 128;
		}
		lanes_add(&l, a);
		lanes_add(&more, b);
	}
	for (size_t part = len < 64 ? len : 64; part; len -= part, octets += part, part = len) {
		__mmask64 mask = UINT64_MAX >> (64 - part);

		a = _mm512_maskz_loadu_epi8(mask, octets);
		if (to) {
			_mm512_mask_storeu_epi8(to, mask, a);
			to += part;
		}
		lanes_add(&l, a);
	}
	l.high = _mm512_add_epi32(l.high, more.high);
	l.all = _mm512_sub_epi32(_mm512_add_epi32(l.all, more.all), _mm512_slli_epi32(l.high, 16));
	a = _mm512_add_epi64(_mm512_and_si512(l.all, half), _mm512_srli_epi64(l.all, 32));
	b = _mm512_add_epi64(_mm512_and_si512(l.high, half), _mm512_srli_epi64(l.high, 32));
	return sum + (uint64_t)_mm512_reduce_add_epi64(_mm512_add_epi64(a, b));
}

WITH_MASKS static uint64_t sum_64(uint64_t sum, const uint8_t *octets, size_t len)
{
	return lanes_64(sum, NULL, octets, len);
}

WITH_MASKS static uint64_t copy_64(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	return lanes_64(sum, to, octets, len);
}

uint64_t sum_wide(uint64_t sum, const uint8_t *octets, size_t len)
{
	size_t whole = 0;

	if (__builtin_cpu_supports("avx512bw"))
		return sum_64(sum, octets, len);
	if (__builtin_cpu_supports("avx2")) {
		whole = len & ~(size_t)31;
		sum = sum_32(sum, octets, whole);
	}
	return sum_words(sum, octets + whole, len - whole);
}

uint64_t sum_wide_copy(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	size_t whole = 0;

	if (__builtin_cpu_supports("avx512bw"))
		return copy_64(sum, to, octets, len);
	if (__builtin_cpu_supports("avx2")) {
		whole = len & ~(size_t)31;
		sum = copy_32(sum, to, octets, whole);
	}
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
