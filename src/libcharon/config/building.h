/* SPDX-License-Identifier: MIT */
/*
 * An object while it is built: what build.c, which decides what is built and when, shares with
 * apply.c, which answers the rows. Control thread.
 */
#ifndef CONFIG_BUILDING_H
#define CONFIG_BUILDING_H

#include "config/build.h"

/* A node and the way to it, so that it can be made writable. */
struct spot {
	struct spot *up;
	const struct grammar_mode *mode;
	size_t index;
	struct node *node;
};

struct cyg_build {
	struct candidate *c;
	struct spot *spot;
	struct built *b;
	const struct cyg_args *line; /* being applied; in `check` the opening line, or NULL */
	/* Where the next finding stands, if set: */
	const struct cyg_args *at;
	size_t at_column;
	enum cyg_status status; /* CYG_NOMEM is remembered here */
};

/* Makes the node there writable, and those on the way to it. */
enum cyg_status build_own(struct candidate *c, struct spot *spot) CYG_MUST_CHECK;
/* Writes down that the object asked for something; NULL without memory. */
struct need *build_need(struct cyg_build *build, enum need_kind kind, const struct grammar_mode *mode,
			struct cyg_str name);
/* Is there an object of that name at the top, usable or not? */
bool build_exists(const struct candidate *c, const struct grammar_mode *mode, struct cyg_str name);
/* An object at the top, ready. CYG_NOT_FOUND, CYG_BUSY (being built itself) or CYG_NOMEM. */
enum cyg_status build_ready(struct candidate *c, const struct grammar_mode *mode, struct cyg_str name,
			    struct built **out) CYG_MUST_CHECK;
/* The nth object of that mode inside of another one. */
enum cyg_status build_ready_inner(struct candidate *c, struct spot *outer, const struct grammar_mode *mode,
				  size_t n, struct spot *spot) CYG_MUST_CHECK;
/* Of the objects NAME NUMBER the one with the lowest number above *above, which becomes that number, and how many there
 * are above it; NULL after the last. */
const struct node *build_sequence_next(const struct candidate *c, const struct grammar_mode *mode,
				       struct cyg_str name, uint64_t *above, size_t *count);

#endif
