/* SPDX-License-Identifier: MIT */
#include "sum.h"

#include <string.h>

/* Four sums side by side, each of 32-bit words: no chain of carries to wait for. */
uint64_t sum_add(uint64_t sum, const uint8_t *octets, size_t len)
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
