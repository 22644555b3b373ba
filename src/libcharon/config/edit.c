/* SPDX-License-Identifier: MIT */
/*
 * What a matched line does to the tree: it opens an object, adds or replaces a line, or takes one away.
 */
#include "config/line.h"

/* Makes the statement of the line; unless it takes something away, single words may give warnings.
 */
enum cyg_status line_make(struct line *l, struct cyg_args **out)
{
	bool quiet = l->no || l->restore;

	return statement_new(&l->match, &l->words, l->no, l->c->source, l->number,
			     quiet ? line_tell_nothing : line_tell_word, l, out);
}

static enum cyg_status restore_object(struct candidate *c, struct node *parent,
				      const struct grammar_mode *inner, struct cyg_str name,
				      uint64_t place)
{
	struct node *origin =
		c->grammar->origin ? node_find(c->grammar->origin, inner, name) : NULL;
	struct node *node;
	enum cyg_status status;
	bool created;

	c->changed = true;
	if (!origin || parent != c->root)
		return place == NO_PLACE ? CYG_OK : node_remove(parent, inner, place);
	/* It stays where it was among the others, as it is not shown and so not read again behind them. */
	status = node_own(parent, inner, name, true, &node, &created);
	if (status == CYG_OK)
		node_reset(node, origin);
	return status;
}

/* Takes all steps of a name away: NAME and a number. */
static enum cyg_status take_steps(struct candidate *c, struct node *parent, const struct grammar_mode *inner,
				  struct cyg_str name)
{
	const struct table *table = node_table(parent, inner);
	const struct node *node;

	for (uint64_t at = 0; (node = table_next(table, &at));) {
		enum cyg_status status;

		if (!cyg_str_equal(node_sequence(node), name))
			continue;
		status = node_remove(parent, inner, node->place);
		if (status != CYG_OK)
			return status;
		c->changed = true;
		table = node_table(parent, inner); /* it may have been copied; the places in it are the same */
	}
	return CYG_OK;
}

/* `no` of a line without its values: all that begin so. */
static enum cyg_status take_beginning(struct line *l, struct node *node, const struct cyg_args *s)
{
	bool any;
	enum cyg_status status = node_remove_lines(node, s, statement_begins, &any);

	l->c->changed |= any;
	return status;
}

/* Takes one away, if there is one. */
static enum cyg_status take_one(struct line *l, struct node *node, const struct cyg_args *have)
{
	if (!have)
		return CYG_OK;
	l->c->changed = true;
	return node_remove_line(node, have);
}

static enum cyg_status take_defining(struct line *l, struct node *node, const struct cyg_args *s)
{
	const struct cyg_args *have = lines_find(node->lines, s, statement_same_words);

	return have ? take_one(l, node, have) : take_beginning(l, node, s);
}

/* `no` or `default` of a line that opens or defines an object. */
static enum cyg_status take_object(struct line *l, struct node *parent, const struct cyg_args *s)
{
	struct candidate *c = l->c;
	const struct grammar_mode *inner = s->row->target;
	char store[128];
	struct cyg_strbuf name = CYG_STRBUF(store);
	uint64_t place;
	struct node *node;
	enum cyg_status status;

	if (l->match.shortened && grammar_is_step(s->row) && !cyg_args_has(s, s->row->key[1]->name))
		return take_steps(c, parent, inner, cyg_args_text(s, s->row->key[0]->name));
	status = statement_name(s, &name);
	if (status != CYG_OK)
		return status;
	if (name.len == 0 && s->row->key_count)
		cyg_strbuf_add(&name, CYG_STR("default"));
	node = node_find(parent, inner, cyg_str(store));
	place = node ? node->place : NO_PLACE;
	if (l->restore)
		return restore_object(c, parent, inner, cyg_str(store), place);
	if (!node)
		return CYG_OK;
	if (s->row->command->defines && !l->match.shortened) {
		/* One line of several: this one, else what begins so. */
		status = node_own_at(parent, inner, place, &node);
		if (status == CYG_OK)
			status = take_defining(l, node, s);
		if (status != CYG_OK)
			return status;
		if (node->lines && node->lines->count > 0)
			return CYG_OK;
		return node_remove(parent, inner, place);
	}
	c->changed = true;
	if (!node->smart)
		return node_remove(parent, inner, place);
	status = node_own_at(parent, inner, place, &node);
	if (status == CYG_OK)
		node_disable(node);
	return status;
}

/* --- Lines with numbers --- */

static bool has_numbers(const struct cyg_args *s)
{
	return s->row->command->flags & CONFIG_CMD_NUMBERED;
}

/* The same entry, with its number if it is given. */
static bool same_entry(const struct cyg_args *have, const struct cyg_args *s)
{
	uint64_t number = statement_number(s);

	return (!number || number == statement_number(have)) && statement_same_entry(have, s, false);
}

/* The entry of that number whose words begin so. */
static bool same_number(const struct cyg_args *have, const struct cyg_args *s)
{
	return statement_number(s) == statement_number(have) && statement_same_entry(have, s, true);
}

/* `no 10`, or the line with or without its number. */
static enum cyg_status take_numbered(struct line *l, struct node *node, const struct cyg_args *s)
{
	return take_one(l, node, lines_find(node->lines, s, l->match.shortened ? same_number : same_entry));
}

/* The same entry again adds nothing; a new one without a number comes behind the last. */
static enum cyg_status put_numbered(struct line *l, struct node *node, const struct cyg_args *s)
{
	struct cyg_args *numbered;
	uint64_t number = statement_number(s), last = lines_last_number(node->lines);
	enum cyg_status status;

	if (lines_find(node->lines, s, same_entry))
		return CYG_OK;
	if (!number && !cyg_args_has(s, CONFIG_CMD_REMARK))
		number = last + GRAMMAR_NUMBER_STEP;
	if (number > s->row->key[0]->high) {
		line_refuse(l, s->column, "range", "no number is left behind entry %llu: give it one", (unsigned long long)last);
		node_spoil(node, l->number);
		return CYG_OK;
	}
	status = statement_renumber(s, number, &numbered);
	if (status != CYG_OK)
		return status;
	l->c->changed = true;
	status = node_add_line(node, numbered);
	statement_unref(numbered);
	return status;
}

/* `no` or `default` of a plain line. */
static enum cyg_status take_line(struct line *l, struct node *node, const struct cyg_args *s)
{
	bool list = s->row->command->flags & CYG_CMD_LIST;
	const struct cyg_args *have;

	if (has_numbers(s))
		return take_numbered(l, node, s);
	have = lines_find(node->lines, s, !list ? statement_same_row : s->row->key_count ? statement_same_key : statement_same_words);
	if (have)
		return take_one(l, node, have);
	return list && l->match.shortened ? take_beginning(l, node, s) : CYG_OK;
}

static enum cyg_status put_line(struct line *l, struct node *node, const struct cyg_args *s)
{
	bool list = s->row->command->flags & CYG_CMD_LIST;
	const struct cyg_args *have;

	if (has_numbers(s))
		return put_numbered(l, node, s);
	have = lines_find(node->lines, s, list ? statement_same_key : statement_same_row);
	if (have && statement_equal(have, s))
		return CYG_OK;
	l->c->changed = true;
	return have ? node_replace_line(node, have, s) : node_add_line(node, s);
}

static enum cyg_status enter(struct line *l, size_t depth, const struct cyg_args *s)
{
	struct candidate *c = l->c;
	char store[128];
	struct cyg_strbuf name = CYG_STRBUF(store);
	struct node *node;
	bool created;
	enum cyg_status status = statement_name(s, &name);

	if (status != CYG_OK) {
		line_refuse(l, s->column, "range", "the name is too long");
		return CYG_OK;
	}
	status = node_own(c->at[depth], s->row->target, cyg_str(store), true, &node, &created);
	if (status != CYG_OK)
		return status;
	if (!s->row->command->enters)
		return put_line(l, node, s);
	if (created || node->disabled || !node->opening || node->opening->source->silent ||
	    !statement_begins(node->opening, s)) {
		bool changes = created || node->disabled ||
			       (node->opening && !statement_equal(node->opening, s));

		c->changed |= changes;
		if (node->disabled) {
			status = restore_object(c, c->at[depth], s->row->target, cyg_str(store),
						NO_PLACE);
			if (status != CYG_OK)
				return status;
		}
		node_open(node, s);
	}
	c->depth = (unsigned)depth + 1;
	c->at[c->depth] = node;
	return CYG_OK;
}

/* A scalar that the object has already of this file, in a line that a command of ours in a parent would take as well. */
static bool ambiguous(struct line *l, size_t depth, const struct cyg_args *s)
{
	struct candidate *c = l->c;
	struct match_result other;
	size_t have = node_line_of(c->at[depth], s->row);

	if (!c->in_file || depth == 0 || have == SIZE_MAX || (s->row->command->flags & CYG_CMD_LIST) ||
	    c->at[depth]->lines->items[have]->source != c->source)
		return false;
	for (size_t up = depth; up-- > 0;) {
		match_words(c->matcher, c->at[up]->mode, &l->words, l->first, MATCH_OURS, &other);
		if (other.outcome != MATCH_OK)
			continue;
		findings_add(c->findings, CONFIG_WARNING, l->number, s->column, "ambiguous",
			     "the %s has this line already (line %u), so nothing is changed; write "
			     "it before "
			     "the %s, or after `exit`, for the %s",
			     c->at[depth]->mode->mode->what, c->at[depth]->lines->items[have]->line,
			     c->at[depth]->mode->mode->what, c->at[up]->mode->mode->what);
		return true;
	}
	return false;
}

enum cyg_status line_apply(struct line *l, size_t depth, const struct cyg_args *s)
{
	struct node *node = l->c->at[depth];
	const struct cyg_command *command = s->row->command;

	if (l->no || l->restore) {
		if (s->row->target)
			return take_object(l, node, s);
		if (l->no && (command->flags & CYG_CMD_NO_SHOWN))
			return put_line(l, node, s);
		return take_line(l, node, s);
	}
	if (s->row->target)
		return enter(l, depth, s);
	if (ambiguous(l, depth, s))
		return CYG_OK;
	return put_line(l, node, s);
}
