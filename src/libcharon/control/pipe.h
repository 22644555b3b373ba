/* SPDX-License-Identifier: MIT */
/*
 * `| include|exclude|begin|section|count PATTERN` and `| json` behind a command, on the daemon's side:
 * what is filtered out never crosses the socket. Whole lines in, whole lines out. Control thread only;
 * a chain belongs to its command.
 */
#ifndef CONTROL_PIPE_H
#define CONTROL_PIPE_H

#include "control/pattern.h"

#define PIPE_FILTERS_MAX 4
#define PIPE_PATTERN_MAX 200

enum pipe_kind { PIPE_INCLUDE, PIPE_EXCLUDE, PIPE_BEGIN, PIPE_SECTION, PIPE_COUNT };

struct pipe_filter {
	enum pipe_kind kind;
	char text[PIPE_PATTERN_MAX];
	struct pattern pattern;
	bool on;             /* begin, section: within */
	size_t indent;       /* section: of the line that opened it */
	char mark[3];        /* section: within a banner, whose lines stand as they were written: what ends it; "": none */
	uint64_t counted;
};

struct pipe_chain {
	unsigned count;
	bool json;           /* `| json` */
	struct pipe_filter filter[PIPE_FILTERS_MAX];
};

/* Splits `line` into the command and its filters. On failure `why` says what is wrong. */
enum cyg_status pipe_parse(struct cyg_str line, struct cyg_str *command, struct pipe_chain *out,
			   struct cyg_strbuf *why) CYG_MUST_CHECK;
/* Puts `section PATTERN` before all filters. On failure `why` says what is wrong. */
enum cyg_status pipe_section_first(struct pipe_chain *chain, struct cyg_str pattern, struct cyg_strbuf *why) CYG_MUST_CHECK;
/* Completion behind a bar: the words that `line`'s last one may become, told to `tell`. False if `line` has no bar;
 * behind a filter's word nothing is told. */
bool pipe_complete(struct cyg_str line, bool help, void (*tell)(void *ctx, const char *word, const char *help), void *ctx);
/* Does this line (without its end) pass the filters from `from` on? */
bool pipe_passes(struct pipe_chain *chain, unsigned from, struct cyg_str line);
/* What the filters say at the end of the output: `emit` is called for each line of it. */
void pipe_finish(struct pipe_chain *chain, void (*emit)(void *ctx, struct cyg_str line), void *ctx);

#endif
