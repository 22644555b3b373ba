/* SPDX-License-Identifier: MIT */
/*
 * Old spellings: the line is written anew by its row's template and taken as that one.
 */
#include "config/line.h"

#include <stdlib.h>

/* One line of the template, with the words of the old line in it. A line that is nothing but the rest of the
 * old one stands where it stood, so that errors in it do. */
static bool respell(const struct cyg_args *old, struct cyg_str template, struct cyg_strbuf *out)
{
	while (template.len) {
		struct cyg_str plain = cyg_str_head(template, cyg_str_span_until(template, "<")), name;
		char word[64];
		struct cyg_strbuf key = CYG_STRBUF(word);
		size_t count;

		cyg_strbuf_add(out, plain);
		template = cyg_str_tail(template, plain.len);
		if (template.len == 0)
			break;
		name = cyg_str_head(template, cyg_str_span_until(template, ">"));
		template = cyg_str_tail(template, name.len + 1);
		cyg_strbuf_add(&key, cyg_str_tail(name, 1));
		count = cyg_args_count(old, word);
		if (out->len == 0 && template.len == 0 && count == 1)
			cyg_strbuf_addf(out, "%*s", old->steps[statement_step_of(old, word, 0)].column - 1, "");
		for (size_t n = 0; n < count; n++) {
			if (n)
				cyg_strbuf_add(out, CYG_STR(" "));
			cyg_strbuf_add(out, cyg_args_nth(old, word, n));
		}
	}
	return !out->cut;
}

/* Places are those of the line as it stands in the file. */
static void keep_places(struct cyg_args *s, const struct cyg_args *old)
{
	for (size_t i = 0; i < s->step_count; i++) {
		const struct grammar_op *op = statement_op(s, i);

		s->steps[i].column = old->column;
		for (size_t k = 0; op->kind == OP_ARG && k < old->step_count; k++) {
			const struct grammar_op *from = statement_op(old, k);

			if (from->kind == OP_ARG && strcmp(from->arg->name, op->arg->name) == 0)
				s->steps[i].column = old->steps[k].column;
		}
	}
	s->column = old->column;
}

/* Takes the line that stands in right->words as one of the mode at `depth`. */
static enum cyg_status run_right(struct line *right, size_t depth, const struct cyg_args *old)
{
	struct candidate *c = right->c;
	bool weak = old->row->command->flags & CYG_CMD_WEAK;
	bool shifted = right->words.count && right->words.at[0].offset > 0;
	struct cyg_args *s;
	enum cyg_status status;

	match_words(c->matcher, c->at[depth]->mode, &right->words, 0, line_flags(right), &right->match);
	if (right->match.outcome != MATCH_OK || (right->match.row->command->flags & (CYG_CMD_WEAK | CYG_CMD_ALIAS))) {
		if (shifted)
			line_refuse_owned(right);
		else
			line_refuse(right, old->column, "syntax", "this spelling cannot be taken: write `%s`",
				    old->row->command->spelling);
		node_spoil(c->at[depth], right->number);
		return CYG_OK;
	}
	if (weak && !right->no && !right->restore)
		findings_add(c->findings, CONFIG_WARNING, right->number, old->column, "spelling",
			     "an old spelling: taken as `%.*s`", (int)right->words.text.len, right->words.text.ptr);
	status = statement_new(&right->match, &right->words, right->no, c->source, right->number,
			       shifted && !right->no && !right->restore ? line_tell_word : line_tell_nothing, right, &s);
	if (status != CYG_OK)
		return status;
	if (!shifted)
		keep_places(s, old);
	s->old = weak;
	status = line_apply(right, depth, s);
	if (status == CYG_OK && right->number == 0) {
		statement_unref(c->typed);
		c->typed = statement_ref(s);
		c->typed_default = right->restore;
	}
	statement_unref(s);
	return status;
}

enum cyg_status line_run_old(struct line *l, size_t depth)
{
	struct cyg_str template = cyg_str(l->match.row->command->spelling);
	struct candidate *c = l->c;
	struct line *right = malloc(sizeof(*right));
	char *text = malloc(2 * CONFIG_LINE_MAX);
	struct cyg_args *old = NULL;
	enum cyg_status status = right && text ? line_make(l, &old) : CYG_NOMEM;

	while (status == CYG_OK && template.len) {
		struct cyg_str one = cyg_str_head(template, cyg_str_span_until(template, "\n"));
		struct cyg_strbuf line = cyg_strbuf(text, 2 * CONFIG_LINE_MAX);

		template = cyg_str_tail(template, one.len + 1);
		if (cyg_str_equal(one, CYG_STR("exit"))) {
			c->depth -= c->depth > depth;
			continue;
		}
		*right = (struct line){ .c = c, .number = l->number, .no = l->no, .restore = l->restore };
		if (!respell(old, one, &line)) {
			line_refuse(l, old->column, "range", "this line is too long");
			break;
		}
		words_of(cyg_str(text), &right->words);
		status = run_right(right, c->depth, old);
		if (l->no || l->restore)
			break; /* the first line is what it was about */
	}
	if (old)
		statement_unref(old);
	free(text);
	free(right);
	return status;
}
