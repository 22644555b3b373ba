/* SPDX-License-Identifier: MIT */
/*
 * From syntax strings to programs.
 *
 * A syntax string is parsed into a tree of sequences, choices, keywords and arguments; the tree is
 * then laid out as a program. What is wrong with a row is told with its text, since whoever wrote
 * it reads the message.
 */
#include "config/syntax.h"

#include <ctype.h>
#include <stdio.h>

/* --- Syntax trees --- */

enum part_kind { PART_KEYWORD, PART_ARG, PART_CHOICE };

struct part {
	enum part_kind kind;
	struct part *next; /* in its sequence */
	const char *word;
	const struct grammar_arg *arg;
	struct sequence *choices; /* PART_CHOICE */
	bool optional, repeat;
};

struct sequence {
	struct part *first;
	struct sequence *next; /* the next alternative */
};


enum cyg_status syntax_bad(struct compiler *c, const char *what)
{
	cyg_strbuf_addf(c->why, "row '%s' of mode %s: %s", c->command->syntax, c->command->mode,
			what);
	return CYG_MALFORMED;
}

static void blanks(struct compiler *c)
{
	while (*c->at == ' ')
		c->at++;
}

static bool dots(struct compiler *c)
{
	if (strncmp(c->at, "...", 3) != 0)
		return false;
	c->at += 3;
	return true;
}

static const struct {
	const char *name;
	enum arg_type type;
} arg_types[] = {
	{ "uint", ARG_UINT },
	{ "choice", ARG_CHOICE },
	{ "word", ARG_WORD },
	{ "name", ARG_NAME },
	{ "string", ARG_STRING },
	{ "line", ARG_LINE },
	{ "delimited", ARG_DELIMITED },
	{ "ip4", ARG_IP4 },
	{ "ip6", ARG_IP6 },
	{ "ip", ARG_IP },
	{ "mask", ARG_MASK },
	{ "ownmask", ARG_OWNMASK },
	{ "wildcard", ARG_WILDCARD },
	{ "prefix6", ARG_PREFIX6 },
	{ "own6", ARG_OWN6 },
	{ "secret", ARG_SECRET },
	{ "hex", ARG_HEX },
	{ "interface", ARG_INTERFACE },
	{ "ref", ARG_REF },
};

static enum cyg_status read_range(struct compiler *c, struct grammar_arg *arg,
				  struct cyg_str inside)
{
	size_t dash = cyg_str_span_until(inside, "-");

	if (dash == inside.len ||
	    cyg_str_to_u64(cyg_str_head(inside, dash), 0, UINT64_MAX, &arg->low) != CYG_OK ||
	    cyg_str_to_u64(cyg_str_tail(inside, dash + 1), arg->low, UINT64_MAX, &arg->high) !=
		    CYG_OK)
		return syntax_bad(c, "a range is (LOW-HIGH)");
	return CYG_OK;
}

static enum cyg_status read_words(struct compiler *c, struct grammar_arg *arg,
				  struct cyg_str inside)
{
	struct grammar_word *words;
	size_t count = 1;

	for (size_t i = 0; i < inside.len; i++)
		count += inside.ptr[i] == '|';
	words = arena_alloc(c->g, count * sizeof(*words));
	if (!words)
		return CYG_NOMEM;
	for (size_t i = 0; i < count; i++) {
		struct cyg_str one = cyg_str_head(inside, cyg_str_span_until(inside, "|"));
		size_t old = cyg_str_span_until(one, ">");

		inside = cyg_str_tail(inside, one.len + 1);
		if (one.len == 0)
			return syntax_bad(c, "an empty word in a choice");
		words[i].word = arena_text(c->g, cyg_str_head(one, old));
		words[i].canonical = old < one.len ? arena_text(c->g, cyg_str_tail(one, old + 1))
						   : words[i].word;
		if (!words[i].word || !words[i].canonical)
			return CYG_NOMEM;
	}
	arg->words = words;
	arg->word_count = count;
	return CYG_OK;
}

/* `<name:type(...)>`, the cursor behind `<`. */
static enum cyg_status read_arg(struct compiler *c, struct part *part)
{
	struct cyg_str inside = cyg_str_n(c->at, strcspn(c->at, ">"));
	struct cyg_str name, type, more = { 0 };
	struct grammar_arg *arg = arena_alloc(c->g, sizeof(*arg));
	size_t colon, open;
	bool known = false;

	if (!arg)
		return CYG_NOMEM;
	/* A choice may hold `>` for old spellings: the argument ends at `)>` then. */
	open = cyg_str_span_until(inside, "(");
	if (open < inside.len) {
		const char *end = strstr(c->at, ")>");

		if (!end)
			return syntax_bad(c, "an argument without its end");
		inside.len = (size_t)(end + 1 - c->at);
	}
	if (c->at[inside.len] != '>')
		return syntax_bad(c, "an argument without its end");
	c->at += inside.len + 1;
	colon = cyg_str_span_until(inside, ":");
	if (colon == 0 || colon == inside.len)
		return syntax_bad(c, "an argument is <name:type>");
	name = cyg_str_head(inside, colon);
	type = cyg_str_tail(inside, colon + 1);
	open = cyg_str_span_until(type, "(");
	if (open < type.len) {
		more = cyg_str_n(type.ptr + open + 1, type.len - open - 2);
		type = cyg_str_head(type, open);
	}
	for (size_t i = 0; i < CYG_COUNT(arg_types); i++) {
		if (cyg_str_equal(type, cyg_str(arg_types[i].name))) {
			arg->type = arg_types[i].type;
			known = true;
		}
	}
	if (!known)
		return syntax_bad(c, "an argument of a type that does not exist");
	arg->name = arena_text(c->g, name);
	if (!arg->name)
		return CYG_NOMEM;
	part->kind = PART_ARG;
	part->arg = arg;
	if (arg->type == ARG_UINT)
		return read_range(c, arg, more);
	if (arg->type == ARG_CHOICE)
		return read_words(c, arg, more);
	if (arg->type == ARG_REF) {
		arg->ref = arena_text(c->g, more);
		if (!arg->ref)
			return CYG_NOMEM;
		arg->ref_mode = grammar_mode(c->g, arg->ref);
	}
	return CYG_OK;
}

static enum cyg_status read_choices(struct compiler *c, char end, struct sequence **out);

static enum cyg_status read_part(struct compiler *c, struct part *part)
{
	enum cyg_status status = CYG_OK;
	char first = *c->at;

	if (first == '{' || first == '[') {
		c->at++;
		part->kind = PART_CHOICE;
		part->optional = first == '[';
		status = read_choices(c, first == '{' ? '}' : ']', &part->choices);
	} else if (first == '<') {
		c->at++;
		status = read_arg(c, part);
	} else {
		struct cyg_str word = cyg_str_n(c->at, strcspn(c->at, " |{}[]<>"));

		if (word.len == 0)
			return syntax_bad(c, "a character that has no place there");
		c->at += word.len;
		part->kind = PART_KEYWORD;
		part->word = arena_text(c->g, word);
		if (!part->word)
			return CYG_NOMEM;
	}
	if (status == CYG_OK)
		part->repeat = dots(c);
	return status;
}

/* Alternatives up to `end` (NUL for the whole row). */
static enum cyg_status read_choices(struct compiler *c, char end, struct sequence **out)
{
	struct sequence **where = out;

	if (++c->depth > 16)
		return syntax_bad(c, "groups nested too deeply");
	for (;;) {
		struct sequence *sequence = arena_alloc(c->g, sizeof(*sequence));
		struct part **last;

		if (!sequence)
			return CYG_NOMEM;
		*where = sequence;
		where = &sequence->next;
		last = &sequence->first;
		for (blanks(c); *c->at && *c->at != '|' && *c->at != end; blanks(c)) {
			struct part *part = arena_alloc(c->g, sizeof(*part));
			enum cyg_status status;

			if (!part)
				return CYG_NOMEM;
			status = read_part(c, part);
			if (status != CYG_OK)
				return status;
			*last = part;
			last = &part->next;
		}
		if (!sequence->first)
			return syntax_bad(c, "an empty alternative");
		if (*c->at == end) {
			c->at += end != '\0';
			c->depth--;
			return CYG_OK;
		}
		if (*c->at == '\0')
			return syntax_bad(c, "a group without its end");
		c->at++; /* the bar */
	}
}

/* --- Layout --- */

static struct grammar_op *emit(struct compiler *c, enum op_kind kind)
{
	struct grammar_op *op = &c->ops[c->op_count];

	if (c->op_count == GRAMMAR_OPS_MAX)
		return NULL;
	c->op_count++;
	*op = (struct grammar_op){ .kind = kind };
	return op;
}

static bool lay_choices(struct compiler *c, const struct sequence *first);

static bool lay_part(struct compiler *c, const struct part *part)
{
	uint16_t start = (uint16_t)c->op_count;
	struct grammar_op *op, *skip = NULL;

	if (part->kind == PART_CHOICE && part->optional) {
		skip = emit(c, OP_SPLIT);
		if (!skip)
			return false;
		skip->x = (uint16_t)c->op_count;
	}
	if (part->kind == PART_CHOICE) {
		if (!lay_choices(c, part->choices))
			return false;
	} else {
		op = emit(c, part->kind == PART_ARG ? OP_ARG : OP_KEYWORD);
		if (!op)
			return false;
		op->word = part->word;
		op->arg = part->arg;
	}
	if (part->repeat) {
		op = emit(c, OP_SPLIT);
		if (!op)
			return false;
		op->x = skip ? skip->x : start;
		op->y = (uint16_t)c->op_count;
	}
	if (skip)
		skip->y = (uint16_t)c->op_count;
	return true;
}

static bool lay_choices(struct compiler *c, const struct sequence *first)
{
	uint16_t ends[64];
	size_t end_count = 0;

	for (const struct sequence *s = first; s; s = s->next) {
		struct grammar_op *split = s->next ? emit(c, OP_SPLIT) : NULL;

		if (s->next && !split)
			return false;
		if (split)
			split->x = (uint16_t)c->op_count;
		for (const struct part *part = s->first; part; part = part->next) {
			if (!lay_part(c, part))
				return false;
		}
		if (s->next) {
			if (end_count == CYG_COUNT(ends))
				return false;
			ends[end_count++] = (uint16_t)c->op_count;
			if (!emit(c, OP_JUMP))
				return false;
			split->y = (uint16_t)c->op_count;
		}
	}
	for (size_t i = 0; i < end_count; i++)
		c->ops[ends[i]].x = (uint16_t)c->op_count;
	return true;
}

static const struct grammar_arg *find_arg(const struct grammar_op *ops, size_t count,
					  struct cyg_str name)
{
	for (size_t i = 0; i < count; i++) {
		if (ops[i].kind == OP_ARG && cyg_str_equal(cyg_str(ops[i].arg->name), name))
			return ops[i].arg;
	}
	return NULL;
}

static enum cyg_status read_key(struct compiler *c, struct grammar_row *row)
{
	struct cyg_str key = cyg_str(row->command->key);

	if (!row->command->key) {
		if (row->target) {
			row->key[0] = find_arg(row->ops, row->op_count, CYG_STR("name"));
			row->key_count = row->key[0] != NULL;
		}
		return CYG_OK;
	}
	while (key.len) {
		struct cyg_str one = cyg_str_head(key, cyg_str_span_until(key, ","));

		key = cyg_str_tail(key, one.len + 1);
		if (row->key_count == GRAMMAR_KEYS_MAX)
			return syntax_bad(c, "a key of too many arguments");
		row->key[row->key_count] = find_arg(row->ops, row->op_count, one);
		if (!row->key[row->key_count++])
			return syntax_bad(c, "a key that is no argument of the row");
	}
	return CYG_OK;
}

static enum cyg_status add_row(struct grammar_mode *mode, struct config_grammar *g,
			       struct grammar_row *row)
{
	if (mode->row_count == mode->row_capacity) {
		size_t capacity = mode->row_capacity ? 2 * mode->row_capacity : 32;
		const struct grammar_row **rows = arena_alloc(g, capacity * sizeof(*rows));

		if (!rows)
			return CYG_NOMEM;
		if (mode->row_count)
			memcpy(rows, mode->rows, mode->row_count * sizeof(*rows));
		mode->rows = rows;
		mode->row_capacity = capacity;
	}
	if (mode->row_count == GRAMMAR_ROWS_MAX)
		return CYG_LIMIT;
	mode->rows[mode->row_count++] = row;
	row->mode = mode;
	row->index = g->row_count++;
	return CYG_OK;
}

enum cyg_status syntax_compile(struct compiler *c, struct grammar_mode *mode, bool ignored, bool block,
			       const char *plugin)
{
	struct grammar_row *row = arena_alloc(c->g, sizeof(*row));
	struct sequence *sequence = NULL;
	struct grammar_op *ops;
	const char *target = c->command->enters ? c->command->enters : c->command->defines;
	enum cyg_status status;
	bool last = false;

	if (!row)
		return CYG_NOMEM;
	c->at = c->command->syntax;
	c->op_count = 0;
	c->depth = 0;
	status = read_choices(c, '\0', &sequence);
	if (status != CYG_OK)
		return status;
	if (!lay_choices(c, sequence) || !emit(c, OP_MATCH))
		return syntax_bad(c, "the row is too long");
	ops = arena_alloc(c->g, c->op_count * sizeof(*ops));
	if (!ops)
		return CYG_NOMEM;
	memcpy(ops, c->ops, c->op_count * sizeof(*ops));
	for (size_t i = c->op_count; i-- > 0 && !last;) {
		last = ops[i].kind == OP_ARG;
		if (last)
			((struct grammar_arg *)ops[i].arg)->last = true;
	}
	row->ops = ops;
	row->op_count = (uint16_t)c->op_count;
	row->command = c->command;
	row->plugin = plugin;
	row->ignored = ignored;
	row->block = block;
	while (row->ops[row->head].kind == OP_KEYWORD)
		row->head++;
	if (row->head)
		row->initial = (char)tolower((unsigned char)row->ops[0].word[0]);
	else if (row->ops[0].kind == OP_ARG)
		return syntax_bad(c, "a row begins with a keyword or a group");
	if (target) {
		struct grammar_mode *entered = (struct grammar_mode *)grammar_mode(c->g, target);

		if (!entered)
			return syntax_bad(c, "it opens a mode that no table has");
		if (entered->parent != mode)
			return syntax_bad(c, "it opens a mode that is not inside of its own");
		row->target = entered;
		if (!entered->opening || (!entered->opening->command->enters && c->command->enters))
			entered->opening = row;
	}
	if ((c->command->flags & (CYG_CMD_WEAK | CYG_CMD_ALIAS)) && !c->command->spelling)
		return syntax_bad(c, "another spelling without the right one");
	status = read_key(c, row);
	if (status != CYG_OK)
		return status;
	if (row->target && row->key_count && row->key[0]->type == ARG_INTERFACE)
		((struct grammar_mode *)row->target)->names_interfaces = true;
	status = add_row(mode, c->g, row);
	return status == CYG_LIMIT ? syntax_bad(c, "its mode has too many rows") : status;
}
