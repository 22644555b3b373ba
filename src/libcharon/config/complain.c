/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a line, said so that the person who typed it can mend it: what was expected, and
 * the nearest word.
 */
#include "config/line.h"
#include "config/objects.h"

#include <stdlib.h>

size_t line_column(const struct line *l, size_t word)
{
	if (word < l->words.count)
		return l->words.at[word].offset + 1;
	if (l->words.count == 0)
		return 1;
	return l->words.at[l->words.count - 1].offset + l->words.at[l->words.count - 1].len + 1;
}

void line_refuse(struct line *l, size_t column, const char *code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)findings_addv(l->c->findings, CONFIG_ERROR, l->number, column, code, format, args);
	va_end(args);
}

void line_word(const struct line *l, size_t word, struct cyg_strbuf *out)
{
	struct cyg_str text = word_text(&l->words, word);

	cyg_strbuf_add(out, CYG_STR("`"));
	cyg_strbuf_add_foreign(out, cyg_bytes(text.ptr, text.len > 48 ? 48 : text.len));
	cyg_strbuf_add(out, text.len > 48 ? CYG_STR("...`") : CYG_STR("`"));
}

static bool is_secret(const struct grammar_op *op)
{
	return op->kind == OP_ARG && grammar_is_secret(op->arg);
}

/* May the word be a part of a key? A key was expected here, or stands before it. Then it is not told. */
static bool near_secret(const struct matcher *m)
{
	for (size_t n = 0; n < m->thread_count; n++) {
		const struct match_thread *t = &m->threads[n];

		if (is_secret(&t->row->ops[t->pc]))
			return true;
		for (const struct match_step *s = t->last; s; s = s->prev) {
			if (is_secret(&t->row->ops[s->op]))
				return true;
		}
	}
	return false;
}

/* The keyword nearest to a word among what was expected there, or NULL. */
static const char *nearest(const struct matcher *m, struct cyg_str word)
{
	const char *words[256];
	size_t count = 0;

	for (size_t n = 0; n < m->thread_count && count < CYG_COUNT(words); n++) {
		const struct grammar_op *op = &m->threads[n].row->ops[m->threads[n].pc];

		if (op->kind == OP_KEYWORD && !m->threads[n].row->ignored)
			words[count++] = op->word;
		for (size_t i = 0; op->kind == OP_ARG && op->arg->type == ARG_CHOICE &&
				   i < op->arg->word_count && count < CYG_COUNT(words);
		     i++)
			words[count++] = op->arg->words[i].word;
	}
	return cyg_str_nearest(word, words, count);
}

/* The match of this line in its owner has failed, and the matcher stands where it did. */
void line_refuse_owned(struct line *l)
{
	const struct match_result *match = &l->match;
	const struct matcher *m = l->c->matcher;
	size_t column = line_column(l, match->where);
	char expected_text[400], word_store[80] = "the word";
	struct cyg_strbuf expected = CYG_STRBUF(expected_text), word = CYG_STRBUF(word_store);
	const char *near = NULL;

	match_expected(m, &expected);
	if (match->where == l->words.count) {
		line_refuse(l, column, "syntax", "the line is incomplete: expected %s", expected_text);
		return;
	}
	if (near_secret(m)) {
		l->c->typed_secret = true;
		cyg_strbuf_add(&word, CYG_STR("this word"));
	} else {
		line_word(l, match->where, &word);
		near = nearest(m, word_text(&l->words, match->where));
	}
	if (match->outcome == MATCH_AMBIGUOUS) {
		expected = CYG_STRBUF(expected_text);
		match_abbreviated(m, word_text(&l->words, match->where), &expected);
		line_refuse(l, column, "syntax", "%s is ambiguous: %s", word_store, expected_text);
		return;
	}
	if (match->outcome == MATCH_OPEN)
		line_refuse(l, column, "syntax", "the text lacks its closing delimiter");
	else if (match->range)
		line_refuse(l, column, "range", "%s is outside of what is allowed: expected %s",
		       word_store, expected_text);
	else if (match->left_over)
		line_refuse(l, column, "syntax", "%s is left over: the line is complete before it",
		       word_store);
	else if (near)
		line_refuse(l, column, "syntax", "%s: expected %s (did you mean `%s`?)", word_store,
		       expected_text, near);
	else
		line_refuse(l, column, "syntax", "%s: expected %s", word_store, expected_text);
}

/* The mode, other than those of the path, whose commands begin with this word. */
static const struct grammar_mode *other_mode(const struct line *l, struct cyg_str word)
{
	const struct config_grammar *g = l->c->grammar;

	for (size_t i = 1; i < g->mode_count; i++) {
		for (size_t k = 0; k < g->modes[i].row_count; k++) {
			const struct grammar_row *row = g->modes[i].rows[k];

			if (!row->ignored && cyg_str_equal_nocase(cyg_str(row->ops[0].word), word))
				return &g->modes[i];
		}
	}
	return NULL;
}

bool line_has_a_mode(const struct line *l, struct cyg_str word)
{
	return other_mode(l, word) != NULL;
}

/* An exec command, as one forgets where one is. */
static bool is_exec(const struct line *l, struct cyg_str word)
{
	const struct grammar_mode *exec = l->c->grammar->exec;

	for (size_t k = 0; exec && word.len >= 2 && k < exec->row_count; k++) {
		const char *first = exec->rows[k]->ops[0].word;

		if (first && word.len <= strlen(first) && cyg_str_equal_nocase(cyg_str_n(first, word.len), word))
			return true;
	}
	return false;
}

/* Words that a secret follows. */
static const char *const revealing[] = { "pre-shared-key", "password", "secret", "server-key", "password-encrypt",
					 "passphrase", "key", "hex" };

bool config_may_hold_secret(struct cyg_str line)
{
	struct words *words = malloc(sizeof(*words));
	bool found = false;

	if (!words)
		return true;
	words_of(line, words);
	for (size_t i = 0; i + 1 < words->count && !found; i++) {
		struct cyg_str word = word_text(words, i);

		for (size_t k = 0; k < CYG_COUNT(revealing) && !found; k++)
			found = word.len >= 3 && word.len <= strlen(revealing[k]) &&
				cyg_str_equal_nocase(cyg_str_n(revealing[k], word.len), word);
		found = found || (word.len >= 5 && cyg_str_nearest(word, revealing, CYG_COUNT(revealing)));
	}
	free(words);
	return found;
}

void line_refuse_unknown(struct line *l)
{
	struct candidate *c = l->c;
	struct cyg_str first = word_text(&l->words, l->first);
	const struct grammar_mode *current = c->at[c->depth]->mode, *other = other_mode(l, first);
	char word_store[80];
	struct cyg_strbuf word = CYG_STRBUF(word_store);
	const char *near;

	line_word(l, l->first, &word);
	match_prefix(c->matcher, current, &l->words, l->first, l->first, MATCH_OURS, &l->match);
	near = nearest(c->matcher, first);
	if (other && strcmp(other->mode->name, MODE_GLOBAL) == 0)
		line_refuse(l, line_column(l, l->first), "unknown-command",
			    "unknown command %s: it belongs into the configuration, behind `configure terminal`", word_store);
	else if (other)
		line_refuse(l, line_column(l, l->first), "unknown-command", "unknown command %s: it belongs into %s %s",
			    word_store, grammar_article(other->mode->what), other->mode->what);
	else if (is_exec(l, first) && c->in_file)
		line_refuse(l, line_column(l, l->first), "unknown-command",
			    "unknown command %s: that is typed at the prompt and is no configuration", word_store);
	else if (is_exec(l, first))
		line_refuse(l, line_column(l, l->first), "unknown-command",
			    "unknown command %s: that is no configuration; here it is `do %.*s ...`", word_store,
			    (int)first.len, first.ptr);
	else if (near)
		line_refuse(l, line_column(l, l->first), "unknown-command",
		       "unknown command %s (did you mean `%s`?)", word_store, near);
	else
		line_refuse(l, line_column(l, l->first), "unknown-command", "unknown command %s",
		       word_store);
	node_spoil(c->at[c->depth], l->number);
}

void line_tell_word(void *ctx, size_t column, const char *code, const char *text)
{
	struct line *l = ctx;

	findings_add(l->c->findings, CONFIG_WARNING, l->number, column, code, "%s", text);
}

void line_tell_nothing(void *ctx, size_t column, const char *code, const char *text)
{
	(void)ctx;
	(void)column;
	(void)code;
	(void)text;
}
