/* SPDX-License-Identifier: MIT */
/*
 * Which mode owns a line.
 *
 * Context, not indentation: the current mode takes a line that one of its commands matches whole.
 * Else, of the current mode and its parents, the one that knows the most leading keywords owns it,
 * the innermost on a tie; if no command of the owner matches it whole, it is an error of the owner
 * and is tried nowhere else.
 */
#include "config/line.h"

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
	map_done(&c->dependents);
	node_unref(c->root);
	source_unref(c->source);
	free(c->matcher);
	if (c->open)
		cyg_wipe(c->open, c->open_len);
	free(c->open);
	statement_unref(c->typed);
	statement_unref(c->action);
	*c = (struct candidate){ 0 };
}

/* --- Ignored blocks --- */

/* What nobody reads may hold a key all the same, which is not to be remembered. */
static void taken_aside(struct line *l)
{
	struct candidate *c = l->c;

	if (c->at_prompt && config_may_hold_secret(l->words.text))
		c->typed_secret = true;
}

static void begin_block(struct line *l, bool block)
{
	struct candidate *c = l->c;
	const struct grammar_row *row = l->match.row;
	char store[80];
	struct cyg_strbuf words = CYG_STRBUF(store);

	/* What it was known by: its keywords up to the first value. */
	for (size_t i = 0; i < l->match.step_count && row->ops[l->match.steps[i].op].kind == OP_KEYWORD; i++)
		cyg_strbuf_addf(&words, "%s%s", i ? " " : "", row->ops[l->match.steps[i].op].word);
	findings_add(c->findings, CONFIG_NOTE, l->number, line_column(l, 0), "ignored-command",
		     block ? "`%s` opens a block of a router's commands that is ignored here"
			   : "`%s` is a router's command that is ignored here",
		     store);
	taken_aside(l);
	c->block = block && !l->no && !l->restore;
	c->aside = !block && !l->no && !l->restore && c->depth == 0;
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
	/* What follows in a text over several lines is no command. */
	return l->match.outcome == MATCH_OPEN || (l->match.outcome == MATCH_OK && l->match.row->block);
}

static bool begins_like_ours(struct line *l)
{
	struct candidate *c = l->c;

	match_words(c->matcher, c->grammar->global, &l->words, l->first, MATCH_OURS, &l->match);
	return l->match.head > 0 || line_has_a_mode(l, word_text(&l->words, l->first));
}

/* Is the line indented below a single command that is ignored (`call-home`), and no word of ours or another one? */
static bool stands_aside(struct line *l)
{
	struct candidate *c = l->c;

	if (!c->aside || l->indent <= c->block_indent || begins_like_ours(l))
		return false;
	match_words(c->matcher, c->grammar->global, &l->words, l->first, 0, &l->match);
	return l->match.head == 0;
}

/* --- One line --- */

static bool is_word(const struct line *l, size_t i, const char *word)
{
	return i < l->words.count && cyg_str_equal_nocase(word_text(&l->words, i), cyg_str(word));
}

/* A row of a configuration mode that does something and leaves nothing. */
static enum cyg_status run_action(struct line *l)
{
	struct candidate *c = l->c;

	if (l->restore) {
		line_refuse(l, 1, "syntax", "`%s` does something once and has no default", l->match.row->ops[0].word);
		return CYG_OK;
	}
	if (!c->in_file)
		return line_make(l, &c->action);
	findings_add(c->findings, CONFIG_NOTE, l->number, line_column(l, 0), "ignored-command",
		     "`%s` runs at a prompt only and is ignored here", l->match.row->ops[0].word);
	return CYG_OK;
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
	/* What is inside of such an object was told with its opening line. */
	if (row->plugin && !l->no && !l->restore && !(c->in_file && c->at[depth]->mode->plugin)) {
		findings_add(c->findings, c->in_file ? CONFIG_WARNING : CONFIG_ERROR, l->number,
			     line_column(l, 0), "needs-plugin",
			     "a command of the plugin `%s`, which is not loaded%s", row->plugin,
			     c->in_file ? ": kept as it is" : "");
		if (!c->in_file)
			return CYG_OK;
	}
	if (row->command->run)
		return run_action(l);
	if (row->command->flags & (CYG_CMD_WEAK | CYG_CMD_ALIAS))
		return line_run_old(l, depth);
	if (row->command->flags & CYG_CMD_LEAVES) {
		c->depth -= c->depth > 0 && !l->no && !l->restore;
		return CYG_OK;
	}
	/* A `no` that is kept says nothing of values. */
	if (l->no && (row->command->flags & CYG_CMD_NO_SHOWN) && l->match.step_count > row->head)
		l->match.step_count = row->head;
	status = line_make(l, &s);
	if (status != CYG_OK)
		return status;
	status = line_apply(l, depth, s);
	if (l->number == 0 && status == CYG_OK) {
		statement_unref(c->typed);
		c->typed = statement_ref(s);
		c->typed_default = l->restore;
	}
	statement_unref(s);
	return status;
}

/* `crypto map NAME SEQUENCE ...` is never the line of an interface. */
static bool is_map_entry(const struct words *words, size_t first)
{
	return words->count >= first + 4 && word_abbreviates(word_text(words, first), "crypto") &&
	       word_is(word_text(words, first + 1), "map");
}

size_t line_owner(struct matcher *m, const struct grammar_mode *const *modes, size_t depth, const struct words *words,
		  size_t first, unsigned flags, struct match_result *match)
{
	size_t best = 0, owner = SIZE_MAX;

	match_words(m, modes[depth], words, first, flags, match);
	if (match->outcome == MATCH_OK)
		return depth;
	for (size_t d = depth + 1; d-- > 0;) {
		match_words(m, modes[d], words, first, flags, match);
		if (match->head > best || (d == 0 && best && is_map_entry(words, first))) {
			best = match->head;
			owner = d;
		}
	}
	if (owner != SIZE_MAX)
		match_words(m, modes[owner], words, first, flags, match);
	return owner;
}

/* Does it end with a text, whose words are not counted? */
static bool is_text(const struct line *l)
{
	const struct match_result *match = &l->match;
	const struct grammar_op *last;

	if (match->outcome != MATCH_OK)
		return match->outcome == MATCH_OPEN;
	last = &match->row->ops[match->steps[match->step_count - 1].op];
	return last->kind == OP_ARG && (last->arg->type == ARG_LINE || last->arg->type == ARG_DELIMITED);
}

/* What was expected is told of commands of ours, where the line begins as one does. */
static void say_of_ours(struct line *l, const struct grammar_mode *mode)
{
	struct candidate *c = l->c;

	match_words(c->matcher, mode, &l->words, l->first, line_flags(l) | MATCH_OURS, &l->match);
	if (l->match.head == 0)
		match_words(c->matcher, mode, &l->words, l->first, line_flags(l), &l->match);
}

static enum cyg_status find_owner(struct line *l)
{
	struct candidate *c = l->c;
	const struct grammar_mode *modes[CONFIG_DEPTH_MAX];
	size_t owner;

	for (unsigned d = 0; d <= c->depth; d++)
		modes[d] = c->at[d]->mode;
	owner = line_owner(c->matcher, modes, c->depth, &l->words, l->first, line_flags(l), &l->match);
	if (l->words.too_many && !is_text(l)) {
		line_refuse(l, 1, "syntax", "the line has more than %d words", CONFIG_WORDS_MAX);
		return CYG_OK;
	}
	if (owner == SIZE_MAX) {
		/* A number is no keyword; in a mode whose lines begin with one it is known all the same. */
		match_words(c->matcher, c->at[c->depth]->mode, &l->words, l->first, line_flags(l), &l->match);
		if (l->match.where == l->first && !l->match.range) {
			line_refuse_unknown(l);
			return CYG_OK;
		}
		owner = c->depth;
	}
	if (l->match.outcome == MATCH_OK)
		return run_row(l, owner);
	if (l->match.outcome == MATCH_OPEN && c->open) {
		c->still_open = true;
		return CYG_OK;
	}
	if (l->match.outcome == MATCH_OPEN && c->at_prompt) {
		/* Whoever types has more to come. */
		c->still_open = true;
		c->open_column = (uint32_t)line_column(l, l->match.where);
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
		c->open_column = (uint32_t)line_column(l, l->match.where);
		return CYG_OK;
	}
	say_of_ours(l, modes[owner]);
	line_refuse_owned(l);
	node_spoil(c->at[owner], l->number);
	return CYG_OK;
}

static bool begins_with_default(struct line *l)
{
	struct candidate *c = l->c;

	if (is_word(l, 0, "default") || !line_is_default(word_text(&l->words, 0)))
		return is_word(l, 0, "default");
	match_words(c->matcher, c->at[c->depth]->mode, &l->words, 0, 0, &l->match);
	return l->match.head == 0;
}

static enum cyg_status run(struct line *l)
{
	struct candidate *c = l->c;

	if (l->words.count == 0 || word_text(&l->words, 0).ptr[0] == '!')
		return CYG_OK;
	l->indent = l->words.at[0].offset;
	if (l->words.count > 1) {
		l->no = is_word(l, 0, "no");
		l->restore = begins_with_default(l);
		l->first = l->no || l->restore;
	}
	if (is_word(l, 0, "end") && l->words.count == 1) {
		c->block = c->aside = false;
		c->depth = 0;
		return CYG_OK;
	}
	if (line_is_exit(word_text(&l->words, 0)) && l->words.count == 1) {
		c->aside = false;
		if (c->block)
			c->block = false;
		else if (c->depth)
			c->depth--;
		return CYG_OK;
	}
	if (c->block) {
		if (!ends_block(l)) {
			taken_aside(l);
			/* Whoever types what begins like one of ours may have forgotten where he is. */
			if (c->at_prompt && l->indent <= c->block_indent && begins_like_ours(l))
				findings_add(c->findings, CONFIG_NOTE, l->number, line_column(l, 0), "ignored-command",
					     "ignored, as it stands in a block of a router's commands; `exit` leaves it");
			return CYG_OK;
		}
		c->block = false;
		c->depth = 0;
	}
	if (stands_aside(l)) {
		taken_aside(l);
		return CYG_OK;
	}
	c->aside = false;
	if (is_word(l, 0, "do") && c->in_file) {
		findings_add(c->findings, CONFIG_NOTE, l->number, line_column(l, 0),
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
	findings_add(c->findings, CONFIG_ERROR, c->open_line, c->open_column, "syntax",
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
		line_refuse(l, 1, "syntax", "this is no command");
		status = CYG_REFUSED;
		goto out;
	}
	match_words(c.matcher, grammar->exec, &l->words, 0, 0, &l->match);
	if (l->match.outcome == MATCH_OK) {
		status = line_make(l, &args);
	} else {
		status = CYG_REFUSED;
		if (l->match.head == 0 && l->match.where == 0 &&
		    l->match.outcome != MATCH_AMBIGUOUS)
			line_refuse_unknown(l);
		else
			line_refuse_owned(l);
	}
	if (status == CYG_OK)
		*out = (struct config_match){ l->match.row->command, args };
out:
	candidate_done(&c);
	free(l);
	return status;
}
