/* SPDX-License-Identifier: MIT */
#include "replay.h"

#define WORD 64

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

static uint64_t *word_of(const struct replay *r, uint64_t seq)
{
	return &r->bits[seq / WORD & (r->words - 1)];
}

static uint64_t bit_of(uint64_t seq)
{
	return UINT64_C(1) << seq % WORD;
}

void replay_restore(struct replay *r, uint64_t top)
{
	r->top = top;
	for (uint32_t i = 0; i < r->words; i++)
		r->bits[i] = top ? UINT64_MAX : 0;
	if (r->words && top)
		*word_of(r, top) = bit_of(top) | (bit_of(top) - 1);
}

bool replay_fresh(const struct replay *r, uint64_t seq)
{
	if (seq == 0)
		return false;
	if (r->window == 0 || seq > r->top)
		return true;
	return r->top - seq < r->window && !(*word_of(r, seq) & bit_of(seq));
}

bool replay_accept(struct replay *r, uint64_t seq)
{
	if (!replay_fresh(r, seq))
		return false;
	if (r->window && seq > r->top) {
		uint64_t from = r->top / WORD, to = seq / WORD;

		if (to - from > r->words)
			from = to - r->words;
		while (from < to)
			r->bits[++from & (r->words - 1)] = 0;
	}
	if (seq > r->top)
		r->top = seq;
	if (r->window)
		*word_of(r, seq) |= bit_of(seq);
	return true;
}
