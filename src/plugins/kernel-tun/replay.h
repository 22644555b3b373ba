/* SPDX-License-Identifier: MIT */
/*
 * Which sequence numbers of one inbound SA were seen (RFC 4303 3.4.3, 2.2.1 and appendix A): the
 * window, and the high half of a 64-bit number of which the packet carries the low one. Pure; the
 * words belong to whoever gave them.
 */
#ifndef KERNEL_TUN_REPLAY_H
#define KERNEL_TUN_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_WINDOW_MAX 4096
#define REPLAY_WORD       64

struct replay {
	uint64_t top;    /* highest number that was authenticated, 0: none */
	uint32_t window; /* packets, 0: no check */
	uint32_t words;  /* a power of two */
	uint64_t *bits;  /* `words` of them, zeroed; a ring over the numbers */
};

/* How many words a window of this many packets needs. */
uint32_t replay_words(uint32_t window);
/* Goes on where an earlier window ended: everything up to `top` counts as seen. */
void replay_restore(struct replay *r, uint64_t top);
/* The whole number of a packet whose low half is `low`; 0 if there can be none such. */
uint64_t replay_whole(const struct replay *r, uint32_t low, bool esn);
static inline uint64_t *replay_word(const struct replay *r, uint64_t seq)
{
	return &r->bits[seq / REPLAY_WORD & (r->words - 1)];
}

static inline uint64_t replay_bit(uint64_t seq)
{
	return UINT64_C(1) << seq % REPLAY_WORD;
}

/* Not seen yet and not too old? Before authentication, to save its cost. */
static inline bool replay_fresh(const struct replay *r, uint64_t seq)
{
	if (seq == 0)
		return false;
	if (r->window == 0 || seq > r->top)
		return true;
	return r->top - seq < r->window && !(*replay_word(r, seq) & replay_bit(seq));
}

/* After authentication: the same, and marks it as seen. */
static inline bool replay_accept(struct replay *r, uint64_t seq)
{
	if (!replay_fresh(r, seq))
		return false;
	if (r->window && seq > r->top) {
		uint64_t from = r->top / REPLAY_WORD, to = seq / REPLAY_WORD;

		if (to - from > r->words)
			from = to - r->words;
		while (from < to)
			r->bits[++from & (r->words - 1)] = 0;
	}
	if (seq > r->top)
		r->top = seq;
	if (r->window)
		*replay_word(r, seq) |= replay_bit(seq);
	return true;
}

#endif
