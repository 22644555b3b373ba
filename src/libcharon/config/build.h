/* SPDX-License-Identifier: MIT */
/*
 * From statements to typed objects, and from a candidate to a snapshot.
 *
 * A commit looks at the objects that were written to, and at those that asked for one that was built anew (commit.c). One
 * whose lines have not changed, and whose references still lead to the same objects, keeps what was built of it; every other
 * one is built anew by its rows' `apply` and its mode's `check` (build.c). What an object asked for while it was built is
 * written down, which is what "still lead to" is judged by. Control thread, but built_ref() and built_unref().
 */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

#include "config/findings.h"
#include "config/objects.h"
#include "config/tree.h"

struct candidate;

/* What one object asked for. */
enum need_kind { NEED_NAME, NEED_USABLE, NEED_OBJECT, NEED_INNER, NEED_NTH, NEED_COUNT };
struct need {
	enum need_kind kind;
	const struct grammar_mode *mode;
	char *name; /* NAME, USABLE, OBJECT, COUNT */
	size_t n;   /* INNER, NTH; COUNT: how many of a sequence */
	bool there;
	struct built *built; /* OBJECT, INNER, NTH: a reference; NULL if there was none */
};

struct place {
	struct place *next;
	const struct cyg_args *line;
	char text[];
};

struct built {
	atomic_uint refs;
	struct config_grammar *grammar;
	const struct grammar_mode *mode;
	char *name;
	const struct cyg_args *opening;
	struct lines *lines; /* what it was built of, kept for the texts */
	struct table **seen; /* by slot of the mode: those inside of it that it was told of */
	const struct grammar_mode *top_mode; /* the object at the top that it is inside of; NULL: none */
	char *top_name;
	struct need *needs;
	size_t need_count, need_capacity;
	struct config_findings findings;
	struct place *places;
	bool usable, error;
	bool lacks; /* lines are missing: the text says which */
	char missing[160];
	_Alignas(max_align_t) uint8_t object[];
};

static inline struct built *built_of(const void *object)
{
	return CYG_CONTAINER(object, struct built, object);
}
struct built *built_ref(struct built *built);
void built_unref(struct built *built); /* NULL is fine */

/* A configuration that is being written. */
#define ORPHANS_NAMED 3

struct candidate {
	struct config_grammar *grammar;
	struct node *root;
	uint64_t edit;
	struct config_findings *findings;
	struct source *source;
	struct matcher *matcher;
	bool changed;
	const struct cyg_config *base; /* the snapshot whose tree it began with; NULL: every object is new */
	struct map dependents;	       /* who asked for what (depend.c) */
	const struct cyg_args
		*typed; /* the line typed at a prompt: findings of others are old news */
	bool typed_default; /* it began with `default` */
	bool typed_secret;  /* a secret may stand in it, or in a line that was refused */
	struct cyg_args *action; /* a typed line that is to be run */
	/* Where it stands: at[0] is the root. Names lead there; nodes are looked up again after a
	 * copy. */
	unsigned depth;
	struct node *at[CONFIG_DEPTH_MAX];
	/* Inside of an ignored block: */
	bool block, block_first, block_indented;
	bool aside; /* behind a single command that is ignored: what is indented below it, and none of ours, is its own */
	size_t block_indent;
	bool in_file;
	bool merge;	  /* on top of another snapshot: findings of what is untouched are old news */
	bool skip_errors; /* objects with errors are kept unused */
	/* A banner that goes on in the next line: */
	char *open;
	size_t open_len;
	uint32_t open_line, open_column;
	bool still_open;
	bool at_prompt;       /* a text without its delimiter is not wrong: its next lines will come with it */
	/* While it commits: */
	struct build_frame *frames;
	/* Who names what a typed line took away: the first of them, and how many. */
	char orphans[240];
	unsigned orphan_count;
	const struct built *last_orphan;
};

struct cyg_config {
	atomic_uint refs;
	struct config_grammar *grammar;
	struct node *root;
	struct map dependents; /* who asked for what (depend.c) */
	struct config_view view;
};

/* Builds what has changed and makes the snapshot; consumes nothing of the candidate but its tree.
 * CYG_REFUSED if there is an error among its findings. */
enum cyg_status candidate_commit(struct candidate *c, struct cyg_config **out) CYG_MUST_CHECK;
/* Before that: what is the same in `previous`, places too, need not be built again. */
void candidate_adopt(struct candidate *c, const struct cyg_config *previous);

/* The view of a snapshot's objects (view.c); lists of what is the same in `before` (may be NULL) are shared with it. */
enum cyg_status view_fill(struct cyg_config *config, const struct cyg_config *before) CYG_MUST_CHECK;
void view_done(struct config_view *view);

#endif
