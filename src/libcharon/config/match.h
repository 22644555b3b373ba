/* SPDX-License-Identifier: MIT */
/*
 * A line against all rows of a mode at once.
 *
 * The words of a line are taken one after the other; at each word the set of rows that still fit
 * shrinks, which is what gives abbreviations ("unambiguous" is a property of that set), `?`,
 * completion and errors that say what was expected. Work and memory are bounded by the limits
 * below, whatever the line. Control thread.
 */
#ifndef CONFIG_MATCH_H
#define CONFIG_MATCH_H

#include "config/grammar.h"

#include <string.h>

#define MATCH_THREADS_MAX 1024
#define MATCH_STEPS_MAX	  4096

struct word {
	uint32_t offset, len;
};

struct words {
	struct cyg_str text; /* the whole line */
	size_t count;
	bool too_many;
	struct word at[CONFIG_WORDS_MAX];
};

/* Splits at blanks. */
void words_of(struct cyg_str text, struct words *out);
static inline struct cyg_str word_text(const struct words *w, size_t i)
{
	return cyg_str_n(w->text.ptr + w->at[i].offset, w->at[i].len);
}

/* Case means nothing in keywords. */
static inline bool word_abbreviates(struct cyg_str word, const char *keyword)
{
	return word.len <= strlen(keyword) &&
	       cyg_str_equal_nocase(word, cyg_str_n(keyword, word.len));
}
static inline bool word_is(struct cyg_str word, const char *keyword)
{
	return cyg_str_equal_nocase(word, cyg_str(keyword));
}

/* One op that took one word or more. */
struct match_step {
	const struct match_step *prev;
	uint16_t op, word, count;
	uint8_t rank; /* lower is better: how closely it fits */
	bool head;    /* nothing but keywords so far */
};

struct match_thread {
	const struct grammar_row *row;
	const struct match_step *last;
	uint16_t pc, resume;
};

struct matcher {
	bool skips; /* a value before a keyword may be left out: `no limit ... incoming` */
	size_t step_count;
	size_t thread_count, next_count;
	struct match_thread *threads, *next; /* of the arrays below */
	struct match_thread a[MATCH_THREADS_MAX], b[MATCH_THREADS_MAX];
	struct match_step steps[MATCH_STEPS_MAX];
};

enum match_outcome {
	MATCH_OK,
	MATCH_NONE,	 /* at word `where` nothing fits; where == count: the line is too short */
	MATCH_AMBIGUOUS, /* the keyword `where` abbreviates several */
	MATCH_OPEN,	 /* a delimited text goes on in the next line */
};

struct match_result {
	enum match_outcome outcome;
	const struct grammar_row *row;
	size_t step_count;
	struct match_step steps[CONFIG_WORDS_MAX]; /* first to last */
	size_t head; /* leading words that are keywords of a head, over all rows */
	size_t where;
	bool range;	/* the word there is of the right kind, but outside the values allowed */
	bool left_over; /* the line was complete before that word */
	bool shortened; /* values were left out */
};

enum match_flags {
	MATCH_SHORT = 1u << 0,	  /* `no`, `default`: values may be left out */
	MATCH_OURS = 1u << 1,	  /* leave ignored commands aside */
	MATCH_NAMELESS = 1u << 2, /* `default`: the name of a built-in object too */
};

/* `words` from number `first` on. The matcher's threads stay as they were where it ended. */
void match_words(struct matcher *m, const struct grammar_mode *mode, const struct words *words,
		 size_t first, unsigned flags, struct match_result *out);
/* What was expected where the last match_words() ended: "`a`, `b` or <c>"; at most a dozen. */
void match_expected(const struct matcher *m, struct cyg_strbuf *out);
/* Of those, the keywords that the word abbreviates. */
void match_abbreviated(const struct matcher *m, struct cyg_str word, struct cyg_strbuf *out);
/* Takes the words [first, end) only as far as they fit; then m->threads are what may come next (for
 * `?`). */
void match_prefix(struct matcher *m, const struct grammar_mode *mode, const struct words *words,
		  size_t first, size_t end, unsigned flags, struct match_result *out);

/* --- Arguments (argument.c) --- */

enum arg_outcome {
	ARG_FITS,
	ARG_KIND,  /* not of this kind */
	ARG_RANGE, /* of this kind, and not allowed */
	ARG_OPEN,  /* a delimited text without its end */
};

struct arg_read {
	size_t count;	       /* words taken */
	bool old_spelling;     /* of a choice */
	bool host_bits;	       /* were cleared (prefix6) */
	uint8_t secret_type;   /* 0, 6, 7 */
	struct cyg_str secret; /* the key as it stands in the line */
};

/* Does the argument fit at word `i`? Its canonical text is added to `text` unless NULL (nothing for
 * a secret). */
enum arg_outcome arg_read(const struct grammar_arg *arg, const struct words *words, size_t i,
			  struct arg_read *out, struct cyg_strbuf *text);
/* "Ethernet 0/0", "tunnel1" to its canonical form. ARG_KIND if it is no interface. */
enum arg_outcome interface_canonical(struct cyg_str type, struct cyg_str number,
				     struct cyg_strbuf *out);

#endif
