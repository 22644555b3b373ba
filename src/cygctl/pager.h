/* SPDX-License-Identifier: MIT */
/*
 * A page of an answer at a time, for whoever sits at a terminal: it stops with ` --More-- ` when more comes than
 * fits, and goes on by a key. It holds no text back but the message under work: who waits reads nothing.
 *
 * The terminal is raw while it waits, and only then; a signal that ends or stops the program finds it as it was.
 */
#ifndef CYGCTL_PAGER_H
#define CYGCTL_PAGER_H

#include <cygnet/bytes.h>

#include <time.h>

#define PAGER_FIND_MAX 80 /* octets of what is looked for */

struct pager {
	int length;         /* rows of a page with the prompt's (`terminal length`); 0: no pages; below 0: the terminal's */
	bool possible;      /* somebody reads, and has keys */
	/* Of this answer. */
	unsigned still_s;   /* each time so many seconds have passed, and nothing more was wanted, `still_here` is called */
	time_t still_at;    /* when next, on the monotonic clock */
	void (*still_here)(void *ctx);
	void *ctx;
	size_t rows, width; /* that the text of a page may fill (0: no pages); columns (0: not known) */
	size_t filled;
	char find[PAGER_FIND_MAX + 1]; /* lines without it are left out; "": none are */
	size_t find_len;
	bool enough;        /* the rest is not wanted */
};

void pager_init(struct pager *pager);
/* An answer begins. */
void pager_begin(struct pager *pager, unsigned still_s, void (*still_here)(void *ctx), void *ctx);
/* Prints whole lines. False: no more of them is wanted, now and from now on. */
bool pager_text(struct pager *pager, struct cyg_str text);
/* The answer has ended: says so if it had not what was looked for. */
void pager_end(struct pager *pager);

#endif
