/* SPDX-License-Identifier: MIT */
/*
 * Configuration to text: `show running-config [all]` and the file that `write memory` stores.
 *
 * Lines come in the order of the grammar's rows, those of one row as they were entered. A built-in
 * object is shown where it differs from what is built in, as lines that make it so.
 */
#include "config/idle.h"
#include "config/parse.h"

#include <stdlib.h>

struct rendering {
	const struct config_grammar *grammar;
	FILE *out;
	unsigned flags;
	/* Where a reader of what was printed would stand: */
	unsigned depth;
	const struct grammar_mode *at[CONFIG_DEPTH_MAX];
	bool seal; /* every secret is to be of type 6 */
	enum cyg_status status;
	struct matcher matcher;
	struct match_result match;
	struct words words;
};

static void indent(const struct rendering *r, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		fputc(' ', r->out);
}

/* Before a line of the mode at `depth`: does a reader who stands in an inner one take it for that? Else it leaves. */
static void leave_for(struct rendering *r, struct cyg_str line, unsigned depth)
{
	bool taken;
	size_t first;

	if (r->depth <= depth)
		return;
	words_of(line, &r->words);
	taken = r->words.count > 1 && (word_is(word_text(&r->words, 0), "no") || word_is(word_text(&r->words, 0), "default"));
	first = taken;
	if (line_owner(&r->matcher, r->at, r->depth, &r->words, first, taken ? MATCH_SHORT : 0, &r->match) != depth) {
		for (unsigned d = r->depth; d > depth; d--) {
			indent(r, d);
			fputs("exit\n", r->out);
		}
	}
	r->depth = depth;
}

/* One that is to be sealed and cannot be ends the rendering; nothing of it is printed in clear. */
static enum statement_form form_of(struct rendering *r, const struct cyg_args *s, enum statement_form otherwise)
{
	enum statement_form form;
	enum cyg_status status = statement_form(s, r->seal, otherwise, &form);

	if (status == CYG_OK)
		return form;
	r->status = status;
	return STATEMENT_MASKED;
}

/* What the flags ask for. */
static enum statement_form shown_form(struct rendering *r, const struct cyg_args *s)
{
	if (r->flags & CONFIG_RENDER_SECRETS)
		return form_of(r, s, STATEMENT_FILE);
	return r->flags & CONFIG_RENDER_SEALED ? form_of(r, s, STATEMENT_MASKED) : STATEMENT_MASKED;
}

static void leave_for_statement(struct rendering *r, const struct cyg_args *s, unsigned depth, bool no)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (r->depth <= depth)
		return;
	out = open_memstream(&text, &len);
	if (!out) {
		r->status = CYG_NOMEM;
		return;
	}
	if (no)
		fputs("no ", out);
	statement_print(s, form_of(r, s, STATEMENT_FILE), out);
	if (fclose(out) == 0)
		leave_for(r, cyg_str_n(text, len), depth);
	else
		r->status = CYG_NOMEM;
	if (text)
		cyg_wipe(text, len);
	free(text);
}

static void print_line(struct rendering *r, const struct cyg_args *s, unsigned depth, bool no)
{
	leave_for_statement(r, s, depth, no);
	if (s->row->plugin) {
		indent(r, depth);
		fprintf(r->out, "! inactive: plugin '%s' is not loaded\n", s->row->plugin);
	}
	if (!no && config_line_idle(s) && !(r->flags & CONFIG_RENDER_SECRETS)) {
		indent(r, depth);
		fputs("! the next line " CONFIG_IDLE_TEXT "\n", r->out);
	}
	indent(r, depth);
	if (no)
		fputs("no ", r->out);
	statement_print(s, shown_form(r, s), r->out);
	fputc('\n', r->out);
}

/* Between objects at the top; whoever stands in one before leaves it first, if need be. */
static void separate(struct rendering *r, const struct cyg_args *next, unsigned depth, bool no)
{
	if (next)
		leave_for_statement(r, next, depth, no);
	if (depth == 0)
		fputs("!\n", r->out);
}

/* The lines of a row as they are, or as what changes the built-in ones into them. */
static void print_row(struct rendering *r, const struct node *node, const struct grammar_row *row,
		      const struct lines *origin, unsigned depth)
{
	bool list = row->command->flags & CYG_CMD_LIST, kept = true, have = false, by_default;
	size_t at = 0;

	/* Do the built-in lines that are still there precede all others, in their order? */
	for (size_t i = 0; node->lines && i < node->lines->count; i++) {
		const struct cyg_args *s = node->lines->items[i];
		size_t k = at;

		if (s->row != row)
			continue;
		have = true;
		while (origin && k < origin->count && !statement_equal(origin->items[k], s))
			k++;
		if (origin && k < origin->count)
			at = k + 1;
		else if (lines_hold(origin, s))
			kept = false;
		else
			at = origin ? origin->count : 0;
	}
	by_default = (r->flags & CONFIG_RENDER_ALL) && !have && row->command->def && !row->plugin;
	for (size_t i = 0; origin && i < origin->count; i++) {
		const struct cyg_args *s = origin->items[i];

		/* Another line takes its place, or the default does. */
		if (s->row != row || (!list && (have || by_default)))
			continue;
		if (!kept || !lines_hold(node->lines, s))
			print_line(r, s, depth, true);
	}
	for (size_t i = 0; node->lines && i < node->lines->count; i++) {
		const struct cyg_args *s = node->lines->items[i];

		if (s->row == row && ((r->flags & CONFIG_RENDER_ALL) || !kept || !lines_hold(origin, s)))
			print_line(r, s, depth, false);
	}
	if (by_default) {
		leave_for(r, cyg_str(row->command->def), depth);
		indent(r, depth);
		fprintf(r->out, "%s\n", row->command->def);
	}
}

static void print_node(struct rendering *r, const struct node *node, const struct node *origin,
		       unsigned depth);

static void print_object(struct rendering *r, const struct node *node, unsigned depth)
{
	const struct node *origin =
		node->smart ? node_find(r->grammar->origin, node->mode, cyg_str(node->name))
			    : NULL;
	bool all = r->flags & CONFIG_RENDER_ALL;

	if (node->disabled) {
		separate(r, node->opening, depth, true);
		print_line(r, node->opening, depth, true);
		return;
	}
	if (origin && !all && lines_equal(node->lines, origin->lines, false) &&
	    statement_equal(node->opening, origin->opening))
		return;
	separate(r, node->opening ? node->opening : node->lines && node->lines->count ? node->lines->items[0] : NULL, depth,
		 false);
	if (!node->opening) {
		for (size_t i = 0; node->lines && i < node->lines->count; i++)
			print_line(r, node->lines->items[i], depth, false);
		return;
	}
	print_line(r, node->opening, depth, false);
	r->depth = depth + 1;
	r->at[r->depth] = node->mode;
	print_node(r, node, origin, depth + 1);
}

static void print_node(struct rendering *r, const struct node *node, const struct node *origin,
		       unsigned depth)
{
	const struct grammar_mode *mode = node->mode;

	for (size_t i = 0; i < mode->row_count; i++) {
		const struct grammar_row *row = mode->rows[i];
		const struct table *table;
		const struct node *inner;

		if (row->ignored || (row->command->flags & (CYG_CMD_WEAK | CYG_CMD_ALIAS)))
			continue;
		if (!row->target) {
			print_row(r, node, row, origin ? origin->lines : NULL, depth);
			continue;
		}
		table = row == row->target->opening ? node_table(node, row->target) : NULL;
		for (uint64_t at = 0; (inner = table_next(table, &at));)
			print_object(r, inner, depth);
	}
}

enum cyg_status config_render(const struct cyg_config *config, unsigned flags, FILE *out)
{
	struct rendering *r = calloc(1, sizeof(*r));
	enum cyg_status status;

	if (!r)
		return CYG_NOMEM;
	r->grammar = config->grammar;
	r->seal = config->view.global && config->view.global->seal_secrets;
	r->out = out;
	r->flags = flags;
	r->at[0] = config->grammar->global;
	print_node(r, config->root, NULL, 0);
	fputs("!\nend\n", out);
	status = r->status;
	cyg_wipe(&r->words, sizeof(r->words));
	free(r);
	return status == CYG_OK && ferror(out) ? CYG_IO : status;
}
