/* SPDX-License-Identifier: MIT */
/*
 * The tree of statements behind a configuration.
 *
 * A node is an object of the language (a profile, a peer, or the whole file): its lines in the
 * order in which they are shown, and the objects inside of it. Statements, nodes and the tables
 * between them are counted and shared between snapshots. A candidate may write to a node that
 * carries its stamp; any other one is copied before it is changed, along the path from the root.
 * Nodes are read and freed on any thread and changed on the control thread only.
 */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include "config/map.h"
#include "config/match.h"

/* --- Statements --- */

/* The name of a file, shared by the statements that came from it. */
struct source {
	atomic_uint refs;
	bool silent; /* built in: gives no findings */
	char name[];
};

struct source *source_new(const char *name, bool silent);
void source_unref(struct source *source);

/* One keyword or argument of a statement, with the text of an argument. */
struct statement_step {
	uint16_t op, column;  /* from 1; 65535 for what lies behind */
	uint32_t offset, len; /* in `text` */
};

/* A line of the configuration, matched: public as `struct cyg_args`. Immutable. */
struct cyg_args {
	atomic_uint refs;
	const struct grammar_row *row;
	struct source *source;
	uint32_t line;
	uint16_t column, step_count;
	bool no;
	bool old;		  /* it was spelled otherwise, with a warning */
	uint8_t secret_type;	  /* 0; 6: it is closed, and there is no `secret` */
	struct cyg_secret secret; /* in clear: characters, or hexadecimal digits */
	char *sealed;		  /* as type 6; NULL if it never was. For printing: control thread */
	bool was_sealed;	  /* it came as type 6, and is written as such */
	const char *lacks;	  /* closed: what is missing to open it; a constant */
	const char *text;	  /* behind the steps */
	struct statement_step steps[];
};

/* Makes a statement of a match. Findings about single words (host bits, old words) are told to
 * `tell`. */
enum cyg_status statement_new(const struct match_result *match, const struct words *words, bool no,
			      struct source *source, uint32_t line,
			      void (*tell)(void *ctx, size_t column, const char *code,
					   const char *text),
			      void *ctx, struct cyg_args **out) CYG_MUST_CHECK;
/* The same line from the same place, but its secret. */
enum cyg_status statement_copy(const struct cyg_args *s, struct cyg_args **out) CYG_MUST_CHECK;
/* Of a numbered row: its number; 0: it has none, or the row is none. */
uint64_t statement_number(const struct cyg_args *s);
/* Of a numbered row: the same line with that number (0: none) at its beginning, wherever it had one. */
enum cyg_status statement_renumber(const struct cyg_args *s, uint64_t number, struct cyg_args **out) CYG_MUST_CHECK;
/* Of a numbered row: the same words but for the number; `begins`: `b` may have less of them. */
bool statement_same_entry(const struct cyg_args *a, const struct cyg_args *b, bool begins);
struct cyg_args *statement_ref(const struct cyg_args *statement);
void statement_unref(const struct cyg_args *statement); /* NULL is fine */
/* The same row with the same words; places do not count. */
bool statement_equal(const struct cyg_args *a, const struct cyg_args *b);
/* The same, whether one of them is a `no` or not. */
bool statement_same_words(const struct cyg_args *a, const struct cyg_args *b);
/* Does `whole` begin with all words of `head`? */
bool statement_begins(const struct cyg_args *whole, const struct cyg_args *head);
/* The nth word: a keyword in full, or an argument's text. */
struct cyg_str statement_word(const struct cyg_args *s, size_t n);
/* The step of the nth argument of that name, else of the keyword; SIZE_MAX if there is neither. */
size_t statement_step_of(const struct cyg_args *s, const char *token, size_t n);
/* Do both name the same thing, by the row's key? */
bool statement_same_key(const struct cyg_args *a, const struct cyg_args *b);
bool statement_same_row(const struct cyg_args *a, const struct cyg_args *b);
/* Equal for lines that are the same by any of these: of a row that is no list, by the row. */
uint64_t statement_hash(const struct cyg_args *s);
/* The text of a step that is an argument. */
static inline struct cyg_str statement_text(const struct cyg_args *s, size_t step)
{
	return cyg_str_n(s->text + s->steps[step].offset, s->steps[step].len);
}
static inline const struct grammar_op *statement_op(const struct cyg_args *s, size_t step)
{
	return &s->row->ops[s->steps[step].op];
}
/* The name of the object that it enters or defines; CYG_LIMIT if it is too long. */
enum cyg_status statement_name(const struct cyg_args *s, struct cyg_strbuf *out) CYG_MUST_CHECK;

enum statement_form {
	STATEMENT_FILE,	  /* secrets in clear; one that is closed as it is */
	STATEMENT_MASKED, /* for a viewer */
	STATEMENT_SEALED, /* as type 6 (statement_form()) */
};
/* The line, with `no` if it is one; without an end of line. */
void statement_print(const struct cyg_args *s, enum statement_form form, FILE *out);

/* --- Secrets of type 6 (sealed.c): control thread --- */

/* A new statement, with the text at `sealed`: opens it, or keeps it closed. */
enum cyg_status statement_open(struct cyg_args *s, const struct grammar_arg *arg) CYG_MUST_CHECK;
/* SEALED if the line has a secret that is to be written as type 6: all are (`on`), or it came so; else `otherwise`. */
enum cyg_status statement_form(const struct cyg_args *s, bool on, enum statement_form otherwise,
			       enum statement_form *out) CYG_MUST_CHECK;

/* --- Nodes --- */

struct lines {
	atomic_uint refs;
	uint64_t edit;
	size_t count, capacity;
	/* Of many, else empty: {statement_hash(), serial} and {number, serial} to a line; what is the same in their order. */
	struct map same, numbers;
	uint64_t serial; /* of the next one */
	const struct cyg_args *items[];
};

struct built; /* build.h */

struct node {
	atomic_uint refs;
	uint64_t edit;	  /* the candidate that may write to it; 0: none */
	uint64_t checked; /* the commit that found `built` good */
	const struct grammar_mode *mode;
	uint64_t place; /* in its table; lower: opened before */
	char *name;
	const struct cyg_args *opening; /* NULL: defined by its lines, or the root */
	struct lines *lines;
	struct table **tables; /* by slot of the mode; an entry may be NULL */
	bool smart;	       /* built in: shown where it differs from that */
	bool disabled;	       /* a built-in one taken away with `no` */
	uint32_t error_line;   /* the first line that was refused, if one was */
	bool error;	       /* holds one */
	struct built *built;
};

/* Nodes of one mode in the order in which they were opened, and by name. */
struct table {
	atomic_uint refs;
	uint64_t edit;
	uint64_t next;	   /* place of the next one that is opened */
	struct map places; /* {0, place} to a node */
	struct map names;  /* {hash of the name, place}: which places to look at; of a mode with `sequence` {sequence_hash(), place} too */
};

/* NAME of NAME NUMBER. */
static inline struct cyg_str node_sequence(const struct node *node)
{
	return cyg_str_head(cyg_str(node->name), cyg_str_span_until(cyg_str(node->name), " "));
}
static inline uint64_t sequence_hash(struct cyg_str name)
{
	return map_hash(1, name);
}

static inline size_t table_count(const struct table *table)
{
	return table ? map_count(&table->places) : 0;
}
/* The nth in order, or NULL. */
static inline struct node *table_nth(const struct table *table, size_t n)
{
	return table ? map_nth(&table->places, n) : NULL;
}
/* In order, from *at = 0 on; NULL behind the last (and for no table). */
static inline struct node *table_next(const struct table *table, uint64_t *at)
{
	struct map_key key = { 0, *at };
	struct node *node = table ? map_next(&table->places, &key) : NULL;

	*at = key.low + 1;
	return node;
}
/* What differs between two tables of which one came from the other, or of which each was made by itself (then all of it). */
static inline void table_diff(const struct table *before, const struct table *after,
			      void (*told)(void *ctx, struct map_key key, void *before, void *after), void *ctx)
{
	map_diff(before ? &before->places : NULL, after ? &after->places : NULL, told, ctx);
}
struct table *table_ref(struct table *table); /* NULL is fine, here and below */
void table_unref(struct table *table);
#define NO_PLACE UINT64_MAX

struct node *node_ref(struct node *node);
void node_unref(struct node *node); /* NULL is fine */
static inline struct table *node_table(const struct node *node, const struct grammar_mode *inner)
{
	return node->tables ? node->tables[inner->slot] : NULL;
}
/* The node of that name inside of `node`, or NULL. */
struct node *node_find(const struct node *node, const struct grammar_mode *inner, struct cyg_str name);
/* What `node` was inside of `around` (may be NULL), where `old` (may be NULL) stands at its place; NULL: it was not there. Of an
 * object that was read anew the place says nothing, but its name does. */
const struct node *node_before(const struct node *around, const struct node *old, const struct node *node);
struct lines *lines_ref(struct lines *lines); /* NULL is fine */
void lines_unref(struct lines *lines);
/* The same lines in the same order; with `places`, from the same places too. */
bool lines_equal(const struct lines *a, const struct lines *b, bool places);
/* A line that is the same as `s` by one of the statement_...() that say so; of one with a number, among those of that number. NULL:
 * none. `lines` may be NULL, here and below. */
const struct cyg_args *lines_find(const struct lines *lines, const struct cyg_args *s,
				  bool (*is)(const struct cyg_args *have, const struct cyg_args *s));
/* Is there an equal line? */
bool lines_hold(const struct lines *lines, const struct cyg_args *s);
/* The highest number of a line; 0: none has one. */
uint64_t lines_last_number(const struct lines *lines);

/* --- Changing: control thread; every node given must carry the stamp `edit` --- */

enum cyg_status node_new(const struct grammar_mode *mode, struct cyg_str name, uint64_t edit,
			 struct node **out) CYG_MUST_CHECK;
/* A copy of `node` that may be written to; shares lines and tables. */
enum cyg_status node_copy(const struct node *node, uint64_t edit, struct node **out) CYG_MUST_CHECK;
/* The writable node of that name inside of `parent`: copied if it is shared. NULL at *out if there
 * is none and `create` is false. */
enum cyg_status node_own(struct node *parent, const struct grammar_mode *inner, struct cyg_str name,
			 bool create, struct node **out, bool *created) CYG_MUST_CHECK;
/* The same by its place. */
enum cyg_status node_own_at(struct node *parent, const struct grammar_mode *inner, uint64_t place,
			    struct node **out) CYG_MUST_CHECK;
enum cyg_status node_remove(struct node *parent, const struct grammar_mode *inner,
			    uint64_t place) CYG_MUST_CHECK;
/* Adds a line where it is shown; puts one in the place of another, of which lines_find() says that it is the same; takes one
 * away, or all that are the same as `s`. */
enum cyg_status node_add_line(struct node *node, const struct cyg_args *line) CYG_MUST_CHECK;
enum cyg_status node_replace_line(struct node *node, const struct cyg_args *old,
				  const struct cyg_args *line) CYG_MUST_CHECK;
enum cyg_status node_remove_line(struct node *node, const struct cyg_args *line) CYG_MUST_CHECK;
enum cyg_status node_remove_lines(struct node *node, const struct cyg_args *s,
				  bool (*is)(const struct cyg_args *have, const struct cyg_args *s),
				  bool *any) CYG_MUST_CHECK;
/* The line that opens it. */
void node_open(struct node *node, const struct cyg_args *line);
/* As if it had never been touched: a copy of the built-in one. */
void node_reset(struct node *node, const struct node *origin);
/* A built-in one is taken away: its lines are lost, it stays as disabled. */
void node_disable(struct node *node);
/* A line of it was refused. */
void node_spoil(struct node *node, uint32_t line);
/* The first line of a row, SIZE_MAX if there is none. */
size_t node_line_of(const struct node *node, const struct grammar_row *row);

/* The tree of an empty file, at grammar->origin. */
enum cyg_status tree_origin(struct config_grammar *grammar, struct cyg_strbuf *why) CYG_MUST_CHECK;

#endif
