/* SPDX-License-Identifier: MIT */
/*
 * Old spellings: the line is written anew by its row's template and taken as that one.
 */
#include "config/line.h"

#include <stdlib.h>

/* The right line, made of the template and the words of this one. */
static bool respell(const struct line *l, const struct cyg_args *old, struct cyg_strbuf *out)
{
	const char *at = l->match.row->command->spelling;

	while (*at) {
		size_t plain = strcspn(at, "<"), len;
		size_t count;
		char name[64];

		cyg_strbuf_add(out, cyg_str_n(at, plain));
		at += plain;
		if (!*at)
			break;
		len = strcspn(at, ">");
		if (at[len] != '>' || len - 1 >= sizeof(name))
			return false;
		memcpy(name, at + 1, len - 1);
		name[len - 1] = '\0';
		at += len + 1;
		count = cyg_args_count(old, name);
		for (size_t n = 0; n < count; n++) {
			if (n)
				cyg_strbuf_add(out, CYG_STR(" "));
			cyg_strbuf_add(out, cyg_args_nth(old, name, n));
		}
	}
	return !out->cut;
}

enum cyg_status line_run_old(struct line *l, size_t depth)
{
	struct candidate *c = l->c;
	struct line *right = malloc(sizeof(*right));
	struct cyg_args *old = NULL, *s = NULL;
	char text[1024];
	struct cyg_strbuf line = CYG_STRBUF(text);
	enum cyg_status status = CYG_NOMEM;

	if (!right)
		return CYG_NOMEM;
	status = line_make(l, &old);
	if (status != CYG_OK)
		goto out;
	*right = (struct line){ .c = c, .number = l->number, .no = l->no, .restore = l->restore };
	if (respell(l, old, &line)) {
		words_of(cyg_str(text), &right->words);
		match_words(c->matcher, c->at[depth]->mode, &right->words, 0, 0, &right->match);
	}
	if (right->match.outcome != MATCH_OK || !right->match.row ||
	    (right->match.row->command->flags & CYG_CMD_WEAK)) {
		line_refuse(l, old->column, "syntax", "this spelling cannot be taken: write `%s`",
		       l->match.row->command->spelling);
		status = CYG_OK;
		goto out;
	}
	if (!l->no && !l->restore)
		findings_add(c->findings, CONFIG_WARNING, l->number, old->column, "spelling",
			     "an old spelling: taken as `%s`", text);
	status = statement_new(&right->match, &right->words, right->no, c->source, l->number,
			       line_tell_nothing, NULL, &s);
	if (status != CYG_OK)
		goto out;
	/* Places are those of the line as it stands in the file. */
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
	status = line_apply(right, depth, s);
	if (status == CYG_OK && l->number == 0) {
		statement_unref(c->typed);
		c->typed = statement_ref(s);
	}
out:
	if (old)
		statement_unref(old);
	if (s)
		statement_unref(s);
	free(right);
	return status;
}
