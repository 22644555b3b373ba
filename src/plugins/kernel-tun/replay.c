/* SPDX-License-Identifier: MIT */
#include "replay.h"

#define WORD REPLAY_WORD

uint32_t replay_words(uint32_t window)
{
	/* One more than the window fills, since it slides by packets and the ring by words. */
	uint32_t needed = (window + WORD - 1) / WORD + 1, words = 1;

	if (window == 0)
		return 0;
	while (words < needed)
		words *= 2;
	return words;
}

/* RFC 4303 appendix A2.2, with the subspaces named as there. */
uint64_t replay_whole(const struct replay *r, uint32_t low, bool esn)
{
	/* Without a window to hold on to, the nearest number is meant. */
	uint32_t window = r->window ? r->window : UINT32_C(1) << 31;
	uint32_t top_low = (uint32_t)r->top, top_high = (uint32_t)(r->top >> 32);
	uint32_t bottom = top_low - window + 1;
	uint32_t high = top_high;

	if (!esn)
		return low;
	if (top_low >= window - 1) { /* case A: the window lies in one subspace */
		if (low < bottom) {
			if (top_high == UINT32_MAX)
				return 0;
			high = top_high + 1;
		}
	} else if (low >= bottom) { /* case B: it spans two, and this is in the older one */
		if (top_high == 0)
			return 0;
		high = top_high - 1;
	}
	return (uint64_t)high << 32 | low;
}

void replay_restore(struct replay *r, uint64_t top)
{
	r->top = top;
	for (uint32_t i = 0; i < r->words; i++)
		r->bits[i] = top ? UINT64_MAX : 0;
	if (r->words && top)
		*replay_word(r, top) = replay_bit(top) | (replay_bit(top) - 1);
}
