/* SPDX-License-Identifier: MIT */
/*
 * What a line leaves behind in this program. libedit keeps it in many places (itself, what was killed, what a search was for,
 * the screen) and has no call to clear them: after a line with a secret another editor takes its place. What is freed is wiped
 * (wiping.c).
 */
#ifndef CYGCTL_TRACES_H
#define CYGCTL_TRACES_H

#include <histedit.h>
#include <stdbool.h>
#include <wchar.h>

struct traces {
	EditLine *(*open)(void *ctx); /* another editor, set up; NULL: none can be had */
	void *ctx;
	EditLine *editor;
	bool killed, killed_before; /* in this line, in the one before: it can be brought back in the next one */
	bool drop;		    /* the line or an answer to it had a secret: nothing of it stays in memory */
};

/* Standard output gets a buffer that can be wiped, and the first editor is opened: false if there is none. Once in a process,
 * before anything is written. */
bool traces_begin(struct traces *traces, EditLine *(*open)(void *ctx), void *ctx);
/* A key was read: it may put a part of the line aside. */
void traces_key(struct traces *traces, wchar_t key);
/* After each line; `forget`: it may have a secret. False: there is no editor any more. */
bool traces_line_is_over(struct traces *traces, bool forget);
void traces_end(struct traces *traces);

#endif
