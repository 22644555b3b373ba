/* SPDX-License-Identifier: MIT */
/*
 * A line on its way: parse.c finds the mode that owns it, complain.c says what is wrong with it, edit.c
 * does to the tree what it says, respell.c takes old spellings. Control thread.
 */
#ifndef CONFIG_LINE_H
#define CONFIG_LINE_H

#include "config/parse.h"

struct line {
	struct candidate *c;
	uint32_t number;
	struct words words;
	size_t first;	  /* behind `no` or `default` */
	bool no, restore; /* it began so */
	size_t indent;
	struct match_result match;
};

/* --- complain.c --- */
/* From 1, of a word; the place behind the line for the word after the last. */
size_t line_column(const struct line *l, size_t word);
/* The word between backquotes, cut short if it is long. */
void line_word(const struct line *l, size_t word, struct cyg_strbuf *out);
void line_refuse(struct line *l, size_t column, const char *code, const char *format, ...)
	CYG_PRINTF(4, 5);
/* The match of this line in its owner has failed, and the matcher stands where it did. */
void line_refuse_owned(struct line *l);
/* No mode knows the first word. */
void line_refuse_unknown(struct line *l);
/* Does any mode of ours have a command that begins with this word? */
bool line_has_a_mode(const struct line *l, struct cyg_str word);
/* For statement_new(): a warning about a single word, or none. */
void line_tell_word(void *ctx, size_t column, const char *code, const char *text);
void line_tell_nothing(void *ctx, size_t column, const char *code, const char *text);

/* Of match_words(): what a `no` or `default` may leave out. */
static inline unsigned line_flags(const struct line *l)
{
	return (l->no || l->restore ? MATCH_SHORT : 0u) | (l->restore ? MATCH_NAMELESS : 0u);
}

/* `exit`, `exi`, `ex`. */
static inline bool line_is_exit(struct cyg_str word)
{
	return word.len >= 2 && word_abbreviates(word, "exit");
}
/* `default`, as short as `def`; a command of the mode that begins so is meant first (`def-domain`). */
static inline bool line_is_default(struct cyg_str word)
{
	return word.len >= 3 && word_abbreviates(word, "default");
}

/* --- edit.c --- */
/* Makes the statement of the line; unless it takes something away, single words may give warnings. */
enum cyg_status line_make(struct line *l, struct cyg_args **out) CYG_MUST_CHECK;
/* Does to the object at `depth` what the statement says. */
enum cyg_status line_apply(struct line *l, size_t depth, const struct cyg_args *s) CYG_MUST_CHECK;

/* --- respell.c --- */
/* The line matches a row of an old spelling. */
enum cyg_status line_run_old(struct line *l, size_t depth) CYG_MUST_CHECK;

#endif
