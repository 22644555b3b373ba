/* SPDX-License-Identifier: MIT */
/*
 * Which mode owns a line, and what the line does to the tree.
 *
 * Context, not indentation: the current mode takes a line that one of its commands matches whole.
 * Else, of the current mode and its parents, the one that knows the most leading keywords owns it,
 * the innermost on a tie; if no command of the owner matches it whole, it is an error of the owner
 * and is tried nowhere else.
 */
#include "config/parse.h"

#include <stdlib.h>

enum cyg_status candidate_init(struct candidate *c, struct config_grammar *grammar,
			       const struct node *root, const char *source,
			       struct config_findings *findings)
{
	enum cyg_status status = CYG_NOMEM;

	*c = (struct candidate){ .grammar = grammar, .findings = findings };
	c->edit = ++grammar->last_edit;
	c->matcher = malloc(sizeof(*c->matcher));
	c->source = source_new(source, false);
	if (c->matcher && c->source)
		status = root ? node_copy(root, c->edit, &c->root)
			      : node_new(grammar->global, CYG_STR(""), c->edit, &c->root);
	if (status != CYG_OK) {
		candidate_done(c);
		return status;
	}
	c->at[0] = c->root;
	return CYG_OK;
}

void candidate_done(struct candidate *c)
{
	node_unref(c->root);
	source_unref(c->source);
	free(c->matcher);
	if (c->open)
		cyg_wipe(c->open, c->open_len);
	free(c->open);
	if (c->typed)
		statement_unref(c->typed);
	*c = (struct candidate){ 0 };
}

/* --- Findings about a line --- */

struct line {
	struct candidate *c;
	uint32_t number;
	struct words words;
	size_t first;	  /* behind `no` or `default` */
	bool no, restore; /* it began so */
	size_t indent;
	struct match_result match;
};

static size_t column_of(const struct line *l, size_t word)
{
	if (word < l->words.count)
		return l->words.at[word].offset + 1;
	if (l->words.count == 0)
		return 1;
	return l->words.at[l->words.count - 1].offset + l->words.at[l->words.count - 1].len + 1;
}

static void refuse(struct line *l, size_t column, const char *code, const char *format, ...)
	CYG_PRINTF(4, 5);
static void refuse(struct line *l, size_t column, const char *code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)findings_addv(l->c->findings, CONFIG_ERROR, l->number, column, code, format, args);
	va_end(args);
}

static void shown(const struct line *l, size_t word, struct cyg_strbuf *out)
{
	struct cyg_str text = word_text(&l->words, word);

	cyg_strbuf_add(out, CYG_STR("`"));
	cyg_strbuf_add_foreign(out, cyg_bytes(text.ptr, text.len > 48 ? 48 : text.len));
	cyg_strbuf_add(out, text.len > 48 ? CYG_STR("...`") : CYG_STR("`"));
}

/* May the word be a part of a key? Then it is not told. */
static bool near_secret(const struct matcher *m, size_t head)
{
	for (size_t n = 0; head > 0 && n < m->thread_count; n++) {
		const struct grammar_row *row = m->threads[n].row;

		for (size_t i = 0; i < row->op_count; i++) {
			if (row->ops[i].kind == OP_ARG && grammar_is_secret(row->ops[i].arg))
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
static void refuse_owned(struct line *l)
{
	const struct match_result *match = &l->match;
	const struct matcher *m = l->c->matcher;
	size_t column = column_of(l, match->where);
	char expected_text[400], word_store[80] = "the word";
	struct cyg_strbuf expected = CYG_STRBUF(expected_text), word = CYG_STRBUF(word_store);
	const char *near = NULL;

	match_expected(m, &expected);
	if (match->where == l->words.count) {
		refuse(l, column, "syntax", "the line is incomplete: expected %s", expected_text);
		return;
	}
	if (near_secret(m, match->where - l->first)) {
		cyg_strbuf_add(&word, CYG_STR("this word"));
	} else {
		shown(l, match->where, &word);
		near = nearest(m, word_text(&l->words, match->where));
	}
	if (match->outcome == MATCH_AMBIGUOUS) {
		expected = CYG_STRBUF(expected_text);
		match_abbreviated(m, word_text(&l->words, match->where), &expected);
		refuse(l, column, "syntax", "%s is ambiguous: %s", word_store, expected_text);
		return;
	}
	if (match->outcome == MATCH_OPEN)
		refuse(l, column, "syntax", "the text lacks its closing delimiter");
	else if (match->range)
		refuse(l, column, "range", "%s is outside of what is allowed: expected %s",
		       word_store, expected_text);
	else if (match->left_over)
		refuse(l, column, "syntax", "%s is left over: the line is complete before it",
		       word_store);
	else if (near)
		refuse(l, column, "syntax", "%s: expected %s (did you mean `%s`?)", word_store,
		       expected_text, near);
	else
		refuse(l, column, "syntax", "%s: expected %s", word_store, expected_text);
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

static void refuse_unknown(struct line *l)
{
	struct candidate *c = l->c;
	struct cyg_str first = word_text(&l->words, l->first);
	const struct grammar_mode *current = c->at[c->depth]->mode, *other = other_mode(l, first);
	char word_store[80];
	struct cyg_strbuf word = CYG_STRBUF(word_store);
	const char *near;

	shown(l, l->first, &word);
	match_prefix(c->matcher, current, &l->words, l->first, l->first, MATCH_OURS, &l->match);
	near = nearest(c->matcher, first);
	if (other)
		refuse(l, column_of(l, l->first), "unknown-command",
		       "unknown command %s: it belongs into an %s", word_store, other->mode->what);
	else if (near)
		refuse(l, column_of(l, l->first), "unknown-command",
		       "unknown command %s (did you mean `%s`?)", word_store, near);
	else
		refuse(l, column_of(l, l->first), "unknown-command", "unknown command %s",
		       word_store);
	c->at[c->depth]->error = true;
}

static void tell_word(void *ctx, size_t column, const char *code, const char *text)
{
	struct line *l = ctx;

	findings_add(l->c->findings, CONFIG_WARNING, l->number, column, code, "%s", text);
}

static void tell_nothing(void *ctx, size_t column, const char *code, const char *text)
{
	(void)ctx;
	(void)column;
	(void)code;
	(void)text;
}

/* --- What a line does --- */

/* Makes the statement of the line; unless it takes something away, single words may give warnings.
 */
static enum cyg_status make(struct line *l, struct cyg_args **out)
{
	bool quiet = l->no || l->restore;

	return statement_new(&l->match, &l->words, l->no, l->c->source, l->number,
			     quiet ? tell_nothing : tell_word, l, out);
}

static enum cyg_status restore_object(struct candidate *c, struct node *parent,
				      const struct grammar_mode *inner, struct cyg_str name,
				      size_t index)
{
	struct node *origin =
		c->grammar->origin ? node_find(c->grammar->origin, inner, name, NULL) : NULL;
	struct node *node;
	enum cyg_status status;
	bool created;

	c->changed = true;
	if (!origin || parent != c->root)
		return index == SIZE_MAX ? CYG_OK : node_remove(parent, inner, index);
	if (index != SIZE_MAX) {
		status = node_remove(parent, inner, index);
		if (status != CYG_OK)
			return status;
	}
	status = node_own(parent, inner, name, true, &node, &created);
	if (status == CYG_OK)
		node_reset(node, origin);
	return status;
}

/* `no` or `default` of a line that opens or defines an object. */
static enum cyg_status take_object(struct line *l, struct node *parent, const struct cyg_args *s)
{
	struct candidate *c = l->c;
	const struct grammar_mode *inner = s->row->target;
	char store[128];
	struct cyg_strbuf name = CYG_STRBUF(store);
	size_t index = SIZE_MAX;
	struct node *node;
	enum cyg_status status = statement_name(s, &name);

	if (status != CYG_OK)
		return status;
	if (name.len == 0 && s->row->key_count)
		cyg_strbuf_add(&name, CYG_STR("default"));
	node = node_find(parent, inner, cyg_str(store), &index);
	if (l->restore)
		return restore_object(c, parent, inner, cyg_str(store), index);
	if (!node)
		return CYG_OK;
	if (s->row->command->defines && !l->match.shortened) {
		/* One line of several. */
		status = node_own_nth(parent, inner, index, &node);
		if (status != CYG_OK)
			return status;
		for (size_t i = 0; node->lines && i < node->lines->count; i++) {
			if (!statement_same_words(node->lines->items[i], s))
				continue;
			status = node_remove_line(node, i);
			if (status != CYG_OK)
				return status;
			c->changed = true;
			break;
		}
		if (node->lines && node->lines->count > 0)
			return CYG_OK;
		return node_remove(parent, inner, index);
	}
	c->changed = true;
	if (!node->smart)
		return node_remove(parent, inner, index);
	status = node_own_nth(parent, inner, index, &node);
	if (status == CYG_OK)
		node_disable(node);
	return status;
}

/* `no` or `default` of a plain line. */
static enum cyg_status take_line(struct line *l, struct node *node, const struct cyg_args *s)
{
	bool list = s->row->command->flags & CYG_CMD_LIST;

	for (size_t i = 0; node->lines && i < node->lines->count; i++) {
		const struct cyg_args *have = node->lines->items[i];

		if (have->row != s->row)
			continue;
		if (list && !(l->match.shortened && s->row->key_count == 0) &&
		    !(s->row->key_count ? statement_same_key(have, s)
					: statement_same_words(have, s)))
			continue;
		l->c->changed = true;
		return node_remove_line(node, i);
	}
	return CYG_OK;
}

static enum cyg_status put_line(struct line *l, struct node *node, const struct cyg_args *s)
{
	bool list = s->row->command->flags & CYG_CMD_LIST;
	size_t replace = SIZE_MAX;

	for (size_t i = 0; node->lines && i < node->lines->count; i++) {
		const struct cyg_args *have = node->lines->items[i];

		if (have->row != s->row || (list && !statement_same_key(have, s)))
			continue;
		if (statement_equal(have, s))
			return CYG_OK;
		replace = i;
		break;
	}
	l->c->changed = true;
	return node_add_line(node, s, replace);
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
		refuse(l, s->column, "range", "the name is too long");
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
						SIZE_MAX);
			if (status != CYG_OK)
				return status;
		}
		node_open(node, s);
	}
	c->depth = (unsigned)depth + 1;
	c->at[c->depth] = node;
	return CYG_OK;
}

/* A scalar that the object has already, in a file, in a line that a parent would take as well. */
static bool ambiguous(struct line *l, size_t depth, const struct cyg_args *s)
{
	struct candidate *c = l->c;
	struct match_result other;
	size_t have = node_line_of(c->at[depth], s->row);

	if (!c->in_file || depth == 0 || have == SIZE_MAX ||
	    (s->row->command->flags & CYG_CMD_LIST))
		return false;
	for (size_t up = depth; up-- > 0;) {
		match_words(c->matcher, c->at[up]->mode, &l->words, l->first, 0, &other);
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

static enum cyg_status apply_row(struct line *l, size_t depth, const struct cyg_args *s)
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

/* --- Old spellings --- */

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

static enum cyg_status run_old(struct line *l, size_t depth)
{
	struct candidate *c = l->c;
	struct line *right = malloc(sizeof(*right));
	struct cyg_args *old = NULL, *s = NULL;
	char text[1024];
	struct cyg_strbuf line = CYG_STRBUF(text);
	enum cyg_status status = CYG_NOMEM;

	if (!right)
		return CYG_NOMEM;
	status = make(l, &old);
	if (status != CYG_OK)
		goto out;
	*right = (struct line){ .c = c, .number = l->number, .no = l->no, .restore = l->restore };
	if (respell(l, old, &line)) {
		words_of(cyg_str(text), &right->words);
		match_words(c->matcher, c->at[depth]->mode, &right->words, 0, 0, &right->match);
	}
	if (right->match.outcome != MATCH_OK || !right->match.row ||
	    (right->match.row->command->flags & CYG_CMD_WEAK)) {
		refuse(l, old->column, "syntax", "this spelling cannot be taken: write `%s`",
		       l->match.row->command->spelling);
		status = CYG_OK;
		goto out;
	}
	if (!l->no && !l->restore)
		findings_add(c->findings, CONFIG_WARNING, l->number, old->column, "spelling",
			     "an old spelling: taken as `%s`", text);
	status = statement_new(&right->match, &right->words, right->no, c->source, l->number,
			       tell_nothing, NULL, &s);
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
	status = apply_row(right, depth, s);
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

/* --- Ignored blocks --- */

static void begin_block(struct line *l, bool block)
{
	struct candidate *c = l->c;
	char store[80];
	struct cyg_strbuf word = CYG_STRBUF(store);

	shown(l, l->first, &word);
	findings_add(c->findings, CONFIG_NOTE, l->number, column_of(l, 0), "ignored-command",
		     block ? "%s opens a block of a router's commands that is ignored here"
			   : "%s is a router's command that is ignored here",
		     store);
	c->block = block && !l->no && !l->restore;
	c->block_first = c->block;
	c->block_indent = l->indent;
	c->block_indented = false;
}

/* Does the line end the block that we are in? */
static bool ends_block(struct line *l)
{
	struct candidate *c = l->c;

	if (c->block_first) {
		c->block_first = false;
		c->block_indented = l->indent > c->block_indent;
	} else if (c->block_indented && l->indent <= c->block_indent) {
		return true;
	}
	match_words(c->matcher, c->grammar->global, &l->words, l->first, MATCH_OURS, &l->match);
	if (l->match.outcome == MATCH_OK)
		return true;
	match_words(c->matcher, c->grammar->global, &l->words, l->first, 0, &l->match);
	return l->match.outcome == MATCH_OK && l->match.row->block;
}

/* --- One line --- */

static bool is_word(const struct line *l, size_t i, const char *word)
{
	return i < l->words.count && cyg_str_equal_nocase(word_text(&l->words, i), cyg_str(word));
}

static unsigned match_flags(const struct line *l)
{
	return (l->no || l->restore ? MATCH_SHORT : 0u) | (l->restore ? MATCH_NAMELESS : 0u);
}

/* The owner's row has matched the line. */
static enum cyg_status run_row(struct line *l, size_t depth)
{
	struct candidate *c = l->c;
	const struct grammar_row *row = l->match.row;
	struct cyg_args *s;
	enum cyg_status status;

	c->depth = (unsigned)depth;
	if (row->ignored) {
		begin_block(l, row->block);
		return CYG_OK;
	}
	if (row->plugin && !l->no && !l->restore) {
		findings_add(c->findings, c->in_file ? CONFIG_WARNING : CONFIG_ERROR, l->number,
			     column_of(l, 0), "needs-plugin",
			     "a command of the plugin `%s`, which is not loaded%s", row->plugin,
			     c->in_file ? ": kept as it is" : "");
		if (!c->in_file)
			return CYG_OK;
	}
	if (row->command->flags & CYG_CMD_WEAK)
		return run_old(l, depth);
	/* A `no` that is kept says nothing of values. */
	if (l->no && (row->command->flags & CYG_CMD_NO_SHOWN) && l->match.step_count > row->head)
		l->match.step_count = row->head;
	status = make(l, &s);
	if (status != CYG_OK)
		return status;
	status = apply_row(l, depth, s);
	if (l->number == 0 && status == CYG_OK) {
		statement_unref(c->typed);
		c->typed = statement_ref(s);
	}
	statement_unref(s);
	return status;
}

static enum cyg_status find_owner(struct line *l)
{
	struct candidate *c = l->c;
	size_t best = 0, owner = 0;

	match_words(c->matcher, c->at[c->depth]->mode, &l->words, l->first, match_flags(l),
		    &l->match);
	if (l->match.outcome == MATCH_OK)
		return run_row(l, c->depth);
	for (size_t d = c->depth + 1; d-- > 0;) {
		match_words(c->matcher, c->at[d]->mode, &l->words, l->first, match_flags(l),
			    &l->match);
		if (l->match.head > best) {
			best = l->match.head;
			owner = d;
		}
	}
	if (best == 0) {
		refuse_unknown(l);
		return CYG_OK;
	}
	match_words(c->matcher, c->at[owner]->mode, &l->words, l->first, match_flags(l), &l->match);
	if (l->match.outcome == MATCH_OK)
		return run_row(l, owner);
	if (l->match.outcome == MATCH_OPEN && c->open) {
		c->still_open = true;
		return CYG_OK;
	}
	if (l->match.outcome == MATCH_OPEN && c->in_file) {
		/* Its next lines are waited for. */
		c->open = malloc(CONFIG_LINE_MAX);
		if (!c->open)
			return CYG_NOMEM;
		c->open_len =
			l->words.text.len < CONFIG_LINE_MAX ? l->words.text.len : CONFIG_LINE_MAX;
		memcpy(c->open, l->words.text.ptr, c->open_len);
		c->open_line = l->number;
		return CYG_OK;
	}
	refuse_owned(l);
	c->at[owner]->error = true;
	return CYG_OK;
}

static enum cyg_status run(struct line *l)
{
	struct candidate *c = l->c;

	if (l->words.count == 0 || word_text(&l->words, 0).ptr[0] == '!')
		return CYG_OK;
	l->indent = l->words.at[0].offset;
	if (l->words.count > 1) {
		l->no = is_word(l, 0, "no");
		l->restore = is_word(l, 0, "default");
		l->first = l->no || l->restore;
	}
	if (is_word(l, 0, "end") && l->words.count == 1) {
		c->block = false;
		c->depth = 0;
		return CYG_OK;
	}
	if (is_word(l, 0, "exit") && l->words.count == 1) {
		if (c->block)
			c->block = false;
		else if (c->depth)
			c->depth--;
		return CYG_OK;
	}
	if (c->block) {
		if (!ends_block(l))
			return CYG_OK;
		c->block = false;
		c->depth = 0;
	}
	if (l->words.too_many) {
		refuse(l, 1, "syntax", "the line has more than %d words", CONFIG_WORDS_MAX);
		return CYG_OK;
	}
	if (is_word(l, 0, "do") && c->in_file) {
		findings_add(c->findings, CONFIG_NOTE, l->number, column_of(l, 0),
			     "ignored-command", "`do` runs at a prompt only and is ignored here");
		return CYG_OK;
	}
	return find_owner(l);
}

static enum cyg_status run_text(struct candidate *c, struct cyg_str text, uint32_t number)
{
	struct line *l = calloc(1, sizeof(*l));
	enum cyg_status status;

	if (!l)
		return CYG_NOMEM;
	l->c = c;
	l->number = number;
	words_of(text, &l->words);
	status = run(l);
	free(l);
	return status;
}

static void close_text(struct candidate *c)
{
	cyg_wipe(c->open, c->open_len);
	free(c->open);
	c->open = NULL;
}

enum cyg_status candidate_line(struct candidate *c, struct cyg_str text, uint32_t line)
{
	enum cyg_status status;

	if (!c->open)
		return run_text(c, text, line);
	if (c->open_len + 1 + text.len > CONFIG_LINE_MAX) {
		candidate_end(c);
		return CYG_OK;
	}
	c->open[c->open_len++] = '\n';
	if (text.len)
		memcpy(c->open + c->open_len, text.ptr, text.len);
	c->open_len += text.len;
	c->still_open = false;
	status = run_text(c, cyg_str_n(c->open, c->open_len), c->open_line);
	if (!c->still_open)
		close_text(c);
	return status;
}

void candidate_end(struct candidate *c)
{
	if (!c->open)
		return;
	findings_add(c->findings, CONFIG_ERROR, c->open_line, 1, "syntax",
		     "the text that begins here lacks its closing delimiter");
	close_text(c);
}

/* --- Exec lines --- */

enum cyg_status config_match_exec(const struct config_grammar *grammar, struct cyg_str line,
				  struct config_match *out, struct config_findings *findings)
{
	struct line *l = calloc(1, sizeof(*l));
	struct candidate c = { 0 };
	struct cyg_args *args = NULL;
	enum cyg_status status = CYG_NOMEM;

	if (!l)
		return CYG_NOMEM;
	status = candidate_init(&c, (struct config_grammar *)grammar, NULL, "exec", findings);
	if (status != CYG_OK)
		goto out;
	c.root->mode = grammar->exec;
	l->c = &c;
	words_of(line, &l->words);
	if (l->words.too_many || l->words.count == 0 || memchr(line.ptr, 0, line.len)) {
		refuse(l, 1, "syntax", "this is no command");
		status = CYG_REFUSED;
		goto out;
	}
	match_words(c.matcher, grammar->exec, &l->words, 0, 0, &l->match);
	if (l->match.outcome == MATCH_OK) {
		status = make(l, &args);
	} else {
		status = CYG_REFUSED;
		if (l->match.head == 0 && l->match.where == 0 &&
		    l->match.outcome != MATCH_AMBIGUOUS)
			refuse_unknown(l);
		else
			refuse_owned(l);
	}
	if (status == CYG_OK)
		*out = (struct config_match){ l->match.row->command, args };
out:
	candidate_done(&c);
	free(l);
	return status;
}
