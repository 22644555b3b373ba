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
/* Not seen yet and not too old? Before authentication, to save its cost. */
bool replay_fresh(const struct replay *r, uint64_t seq);
/* After authentication: the same, and marks it as seen. */
bool replay_accept(struct replay *r, uint64_t seq);

#endif
