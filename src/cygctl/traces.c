/* SPDX-License-Identifier: MIT */
#include "traces.h"

#include <cygnet/bytes.h>

#include <stdio.h>

#define CTRL_KEY(letter) ((letter)&0x1f)

static char screen[BUFSIZ]; /* standard output's */

bool traces_begin(struct traces *traces, EditLine *(*open)(void *ctx), void *ctx)
{
	setvbuf(stdout, screen, _IOLBF, sizeof(screen));
	*traces = (struct traces){ .open = open, .ctx = ctx, .editor = open(ctx) };
	return traces->editor;
}

/* Kills, and all that begins with an escape. */
void traces_key(struct traces *traces, wchar_t key)
{
	traces->killed |= key == CTRL_KEY('K') || key == CTRL_KEY('U') || key == CTRL_KEY('W') || key == CTRL_KEY('[');
}

/* Editing is off before the end, as libedit throws away what was typed ahead otherwise (the rest of what was pasted). */
static bool open_another_editor(struct traces *traces)
{
	el_set(traces->editor, EL_EDITMODE, 0);
	el_end(traces->editor);
	traces->editor = traces->open(traces->ctx);
	return traces->editor;
}

/* What frames below the caller's have left. */
static __attribute__((noinline)) void wipe_stack(void)
{
	char frames[64 * 1024];

	cyg_wipe(frames, sizeof(frames));
}

static bool leave_nothing(struct traces *traces)
{
	fflush(stdout);
	cyg_wipe(screen, sizeof(screen));
	wipe_stack();
	return open_another_editor(traces);
}

/* What was killed is kept for the line after it, and no longer: it may be a secret, too. */
bool traces_line_is_over(struct traces *traces, bool forget)
{
	bool drop = traces->drop || forget || traces->killed_before;

	traces->killed_before = traces->killed && !drop;
	traces->killed = traces->drop = false;
	return !drop || leave_nothing(traces);
}

void traces_end(struct traces *traces)
{
	if (traces->editor)
		el_end(traces->editor);
	traces->editor = NULL;
}
