/* SPDX-License-Identifier: MIT */
/*
 * Configuration to text: `show running-config [all]` and the file that `write memory` stores.
 *
 * Lines come in the order of the grammar's rows, those of one row as they were entered. A built-in
 * object is shown where it differs from what is built in, as lines that make it so.
 */
#include "config/build.h"

struct rendering {
	const struct config_grammar *grammar;
	FILE *out;
	unsigned flags;
};

static void indent(const struct rendering *r, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		fputc(' ', r->out);
}

static void print_line(struct rendering *r, const struct cyg_args *s, unsigned depth, bool no)
{
	if (s->row->plugin) {
		indent(r, depth);
		fprintf(r->out, "! inactive: plugin '%s' is not loaded\n", s->row->plugin);
	}
	indent(r, depth);
	if (no)
		fputs("no ", r->out);
	statement_print(s, r->flags & CONFIG_RENDER_SECRETS ? STATEMENT_FILE : STATEMENT_MASKED,
			r->out);
	fputc('\n', r->out);
}

static void separate(struct rendering *r, unsigned depth)
{
	if (depth == 0)
		fputs("!\n", r->out);
}

static bool has_equal(const struct lines *lines, const struct cyg_args *s)
{
	for (size_t i = 0; lines && i < lines->count; i++) {
		if (statement_equal(lines->items[i], s))
			return true;
	}
	return false;
}

/* The lines of a row as they are, or as what changes the built-in ones into them. */
static void print_row(struct rendering *r, const struct node *node, const struct grammar_row *row,
		      const struct lines *origin, unsigned depth)
{
	bool list = row->command->flags & CYG_CMD_LIST, kept = true, have = false;
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
		else if (has_equal(origin, s))
			kept = false;
		else
			at = origin ? origin->count : 0;
	}
	for (size_t i = 0; origin && i < origin->count; i++) {
		const struct cyg_args *s = origin->items[i];

		if (s->row != row || (!list && have))
			continue;
		if (!kept || !has_equal(node->lines, s))
			print_line(r, s, depth, true);
	}
	for (size_t i = 0; node->lines && i < node->lines->count; i++) {
		const struct cyg_args *s = node->lines->items[i];

		if (s->row == row && !(kept && has_equal(origin, s)))
			print_line(r, s, depth, false);
	}
	if ((r->flags & CONFIG_RENDER_ALL) && !have && row->command->def && !row->plugin) {
		indent(r, depth);
		fprintf(r->out, "%s\n", row->command->def);
	}
}

static void print_node(struct rendering *r, const struct node *node, const struct node *origin,
		       unsigned depth);

static void print_object(struct rendering *r, const struct node *node, unsigned depth)
{
	const struct node *origin =
		node->smart ? node_find(r->grammar->origin, node->mode, cyg_str(node->name), NULL)
			    : NULL;
	bool all = r->flags & CONFIG_RENDER_ALL;

	if (node->disabled) {
		separate(r, depth);
		print_line(r, node->opening, depth, true);
		return;
	}
	if (origin && !all && lines_equal(node->lines, origin->lines, false) &&
	    statement_equal(node->opening, origin->opening))
		return;
	separate(r, depth);
	if (!node->opening) {
		for (size_t i = 0; node->lines && i < node->lines->count; i++)
			print_line(r, node->lines->items[i], depth, false);
		return;
	}
	print_line(r, node->opening, depth, false);
	print_node(r, node, all ? NULL : origin, depth + 1);
}

static void print_node(struct rendering *r, const struct node *node, const struct node *origin,
		       unsigned depth)
{
	const struct grammar_mode *mode = node->mode;

	for (size_t i = 0; i < mode->row_count; i++) {
		const struct grammar_row *row = mode->rows[i];
		const struct table *table;

		if (row->ignored || (row->command->flags & (CYG_CMD_WEAK | CYG_CMD_ALIAS)))
			continue;
		if (!row->target) {
			print_row(r, node, row, origin ? origin->lines : NULL, depth);
			continue;
		}
		table = row == row->target->opening ? node_table(node, row->target) : NULL;
		for (size_t k = 0; table && k < table->count; k++)
			print_object(r, table->items[k], depth);
	}
}

enum cyg_status config_render(const struct cyg_config *config, unsigned flags, FILE *out)
{
	struct rendering r = { .grammar = config->grammar, .out = out, .flags = flags };

	print_node(&r, config->root, NULL, 0);
	fputs("!\nend\n", out);
	return ferror(out) ? CYG_IO : CYG_OK;
}
