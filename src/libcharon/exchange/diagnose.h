/* SPDX-License-Identifier: MIT */
/*
 * `crypto ikev2 diagnose error N`: the last N different dead ends, each with how often it was met and the line that says
 * what would mend it. One table for all shards, under a lock: it is written only when a negotiation fails, and only
 * while it is turned on. Any thread.
 */
#ifndef EXCHANGE_DIAGNOSE_H
#define EXCHANGE_DIAGNOSE_H

#include <cygnet/ip.h>

#define DIAGNOSE_MAX      1000
#define DIAGNOSE_TEXT_MAX  160
#define DIAGNOSE_LINE_MAX  600

struct diagnose_row {
	uint64_t serial;             /* of the entry: rises with each new one */
	uint64_t count;
	int64_t last_wall_s;
	struct cyg_endpoint peer;    /* the last one it happened to */
	bool child;                  /* of a CHILD_SA */
	char what[DIAGNOSE_TEXT_MAX], object[DIAGNOSE_TEXT_MAX], line[DIAGNOSE_LINE_MAX];
};

/* How many are kept; 0 turns it off and forgets all. Fewer than there are: the oldest go. */
void diagnose_configure(unsigned max);
/* Same `what` and `object` are one entry. Texts are copied and cut. Without memory the entry is missed. */
void diagnose_note(bool child, const struct cyg_endpoint *peer, int64_t wall_s, const char *what, const char *object,
		   const char *line);
/* The first entry with a serial above `after`. False: none. */
bool diagnose_next(uint64_t after, struct diagnose_row *out);
struct diagnose_state {
	unsigned max, entries;
	uint64_t deleted;            /* made room for others */
};
struct diagnose_state diagnose_state(void);
void diagnose_clear(void);

#endif
