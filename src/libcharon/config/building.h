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
	uint64_t place;
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
/* Sees to it that what was built of the node is what its lines and references make of it. CYG_NOT_FOUND: nothing is built
 * of such a one; CYG_BUSY: it is being built; CYG_NOMEM. */
enum cyg_status build_ensure(struct candidate *c, struct spot *spot) CYG_MUST_CHECK;
/* The same of those inside of the node that differ from `before`; then `deeper` (may be NULL) with the node that each was. */
enum cyg_status build_inner(struct candidate *c, struct spot *spot, const struct grammar_mode *mode,
			    const struct table *before,
			    enum cyg_status (*deeper)(struct candidate *c, struct spot *spot,
						      const struct node *before)) CYG_MUST_CHECK;
/* The same words from the same place; NULL is like NULL. */
bool build_same_line(const struct cyg_args *a, const struct cyg_args *b);
static inline struct spot build_root(struct candidate *c)
{
	return (struct spot){ .node = c->root };
}
/* What has failed while it is built: CYG_OK is not. */
static inline void build_failed(struct cyg_build *build, enum cyg_status status)
{
	build->status = status;
}
/* For maps that are written to while this object is built. */
static inline uint64_t build_stamp(const struct cyg_build *build)
{
	return build->c->edit;
}
/* As cyg_build_at_place(), of a line that stands in that object (which is built) itself: what it costs does not depend on all the others. */
void build_at_place_of(struct cyg_build *build, const void *object, const char *place);
/* Is there a usable object of that name at the top? It may be built anew without the asker being so. */
bool build_usable(struct cyg_build *build, const char *mode, struct cyg_str name);

/* --- Who asked for what (depend.c): of the objects of the tree, all at the top of which they asked --- */

/* What was built is, or no longer is, part of the tree. */
enum cyg_status depend_add(struct candidate *c, struct built *built) CYG_MUST_CHECK;
enum cyg_status depend_remove(struct candidate *c, const struct built *built) CYG_MUST_CHECK;
/* Every object that asked for one of this mode (any one: name ""), or, `state`, whether there is a usable one. */
void depend_each(const struct candidate *c, const struct grammar_mode *mode, struct cyg_str name, bool state,
		 void (*tell)(void *ctx, const struct built *who), void *ctx);

/* Of the objects NAME NUMBER the one with the lowest number behind *at (0: the first of all), where *at is then, and how many
 * there are from it on; NULL after the last. */
const struct node *build_sequence_next(const struct candidate *c, const struct grammar_mode *mode,
				       struct cyg_str name, uint64_t *at, size_t *count);

#endif
