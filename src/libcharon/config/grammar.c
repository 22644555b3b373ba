/* SPDX-License-Identifier: MIT */
/*
 * The grammar as a whole: modes and rows of all tables, the ignored commands among them.
 */
#include "config/syntax.h"
#include "config/tree.h"

#include <stdio.h>
#include <stdlib.h>

/* --- Memory: one arena, freed with the grammar --- */

struct arena_block {
	struct arena_block *next;
	_Alignas(max_align_t) uint8_t octets[];
};

void *arena_alloc(struct config_grammar *g, size_t len)
{
	struct arena_block *block = calloc(1, sizeof(*block) + len);

	if (!block)
		return NULL;
	block->next = g->arena;
	g->arena = block;
	return block->octets;
}

const char *arena_text(struct config_grammar *g, struct cyg_str s)
{
	char *text = arena_alloc(g, s.len + 1);

	if (text && s.len)
		memcpy(text, s.ptr, s.len);
	return text;
}

/* --- Ignored commands --- */

static enum cyg_status compile_ignored(struct compiler *c)
{
	for (const struct ignored_heads *entry = ignored_heads; entry->mode; entry++) {
		struct grammar_mode *mode = (struct grammar_mode *)grammar_mode(c->g, entry->mode);
		struct cyg_str heads = cyg_str(entry->heads);

		while (mode && heads.len) {
			size_t len = entry->whole ? heads.len : cyg_str_span_until(heads, " ");
			struct cyg_str head = cyg_str_head(heads, len);
			struct cyg_command *command = arena_alloc(c->g, sizeof(*command));
			char syntax[240];
			enum cyg_status status;

			heads = cyg_str_tail(heads, head.len + 1);
			if (!command)
				return CYG_NOMEM;
			snprintf(syntax, sizeof(syntax), "%s%s%.*s%s", entry->before, entry->before[0] ? " " : "",
				 (int)head.len, head.ptr, entry->whole ? "" : " [<rest:line>]");
			command->mode = entry->mode;
			command->syntax = arena_text(c->g, cyg_str(syntax));
			command->help = "";
			if (!command->syntax)
				return CYG_NOMEM;
			c->command = command;
			status = syntax_compile(c, mode, true, entry->block, NULL);
			if (status != CYG_OK)
				return status;
		}
	}
	return CYG_OK;
}

/* --- The whole --- */

static const struct cyg_mode plain_global = { .name = "global",
					      .prompt = "config",
					      .what = "configuration" };
static const struct cyg_mode exec_mode = { .name = "exec", .prompt = "", .what = "command line" };

const struct grammar_mode *grammar_mode(const struct config_grammar *grammar, const char *name)
{
	for (size_t i = 0; i < grammar->mode_count; i++) {
		if (grammar->modes[i].mode->name == name ||
		    strcmp(grammar->modes[i].mode->name, name) == 0)
			return &grammar->modes[i];
	}
	return NULL;
}

static enum cyg_status add_table_modes(struct config_grammar *g, const struct config_table *from,
				       const struct cyg_mode *modes, struct cyg_strbuf *why)
{
	for (const struct cyg_mode *m = modes; m && m->name; m++) {
		struct grammar_mode *known = (struct grammar_mode *)grammar_mode(g, m->name);

		if (known && known->mode == &plain_global) {
			known->mode = m;
			continue;
		}
		if (known) {
			cyg_strbuf_addf(why, "mode %s is in two tables", m->name);
			return CYG_MALFORMED;
		}
		g->modes[g->mode_count].mode = m;
		g->modes[g->mode_count].plugin = from->loaded ? NULL : from->plugin;
		g->mode_count++;
	}
	return CYG_OK;
}

static enum cyg_status add_modes(struct config_grammar *g, const struct config_table *tables,
				 size_t count, struct cyg_strbuf *why)
{
	size_t total = 2;

	for (size_t i = 0; i < count; i++) {
		for (const struct cyg_command_table *t = tables[i].table; t; t = t->next) {
			for (const struct cyg_mode *m = t->modes; m && m->name; m++)
				total++;
		}
	}
	g->modes = arena_alloc(g, total * sizeof(*g->modes));
	if (!g->modes)
		return CYG_NOMEM;
	g->modes[g->mode_count++].mode = &exec_mode;
	g->modes[g->mode_count++].mode = &plain_global;
	for (size_t i = 0; i < count; i++) {
		for (const struct cyg_command_table *t = tables[i].table; t; t = t->next) {
			enum cyg_status status = add_table_modes(g, &tables[i], t->modes, why);

			if (status != CYG_OK)
				return status;
		}
	}
	g->exec = &g->modes[0];
	g->global = &g->modes[1];
	for (size_t i = 0; i < g->mode_count; i++)
		g->modes[i].grammar = g;
	for (size_t i = 2; i < g->mode_count; i++) {
		struct grammar_mode *mode = &g->modes[i], *parent;
		const struct grammar_mode **slots;

		parent = (struct grammar_mode *)grammar_mode(
			g, mode->mode->parent ? mode->mode->parent : "global");
		if (!parent || parent == mode || parent == g->exec) {
			cyg_strbuf_addf(why, "mode %s: its parent %s is in no table",
					mode->mode->name, mode->mode->parent);
			return CYG_MALFORMED;
		}
		slots = arena_alloc(g, (parent->slot_count + 1) * sizeof(*slots));
		if (!slots)
			return CYG_NOMEM;
		if (parent->slot_count)
			memcpy(slots, parent->slots, parent->slot_count * sizeof(*slots));
		slots[parent->slot_count] = mode;
		parent->slots = slots;
		mode->index = (unsigned)i;
		mode->parent = parent;
		mode->slot = parent->slot_count++;
	}
	g->modes[1].index = 1;
	for (size_t i = 2; i < g->mode_count; i++) {
		unsigned depth = 1;

		for (const struct grammar_mode *m = &g->modes[i]; m->parent; m = m->parent) {
			if (++depth > CONFIG_DEPTH_MAX) {
				cyg_strbuf_addf(why, "mode %s is nested too deeply",
						g->modes[i].mode->name);
				return CYG_MALFORMED;
			}
		}
	}
	return CYG_OK;
}

static enum cyg_status compile_table(struct compiler *c, const struct config_table *from,
				     const struct cyg_command *rows)
{
	enum cyg_status status = CYG_OK;

	for (const struct cyg_command *row = rows; row && row->mode && status == CYG_OK; row++) {
		struct grammar_mode *mode = (struct grammar_mode *)grammar_mode(c->g, row->mode);

		c->command = row;
		/* A plugin may add to a mode of another plugin, which need not be there. */
		if (!mode && from->plugin)
			continue;
		if (!mode)
			status = syntax_bad(c, "its mode is in no table");
		else
			status = syntax_compile(c, mode, false, false, from->loaded ? NULL : from->plugin);
	}
	return status;
}

static enum cyg_status compile_all(struct config_grammar *g, const struct config_table *tables,
				   size_t count, struct cyg_strbuf *why)
{
	struct compiler *c = calloc(1, sizeof(*c));
	enum cyg_status status = CYG_OK;

	if (!c)
		return CYG_NOMEM;
	c->g = g;
	c->why = why;
	for (size_t i = 0; i < count && status == CYG_OK; i++) {
		for (const struct cyg_command_table *t = tables[i].table; t && status == CYG_OK;
		     t = t->next)
			status = compile_table(c, &tables[i], t->commands);
	}
	if (status == CYG_OK)
		status = compile_ignored(c);
	for (size_t i = 2; i < g->mode_count && status == CYG_OK; i++) {
		if (!g->modes[i].opening) {
			cyg_strbuf_addf(why, "mode %s is opened by no row", g->modes[i].mode->name);
			status = CYG_MALFORMED;
		}
	}
	free(c);
	return status;
}

enum cyg_status config_grammar_new(const struct config_table *tables, size_t count,
				   struct config_grammar **out, struct cyg_strbuf *why)
{
	struct config_grammar *g = calloc(1, sizeof(*g));
	enum cyg_status status;

	if (!g)
		return CYG_NOMEM;
	atomic_init(&g->refs, 1);
	status = add_modes(g, tables, count, why);
	if (status == CYG_OK)
		status = compile_all(g, tables, count, why);
	if (status == CYG_OK)
		status = tree_origin(g, why);
	if (status != CYG_OK) {
		config_grammar_unref(g);
		return status;
	}
	*out = g;
	return CYG_OK;
}

struct config_grammar *config_grammar_ref(struct config_grammar *grammar)
{
	atomic_fetch_add_explicit(&grammar->refs, 1, memory_order_relaxed);
	return grammar;
}

void config_grammar_unref(struct config_grammar *grammar)
{
	if (!grammar || atomic_fetch_sub_explicit(&grammar->refs, 1, memory_order_acq_rel) != 1)
		return;
	node_unref(grammar->origin);
	while (grammar->arena) {
		struct arena_block *next = grammar->arena->next;

		free(grammar->arena);
		grammar->arena = next;
	}
	free(grammar);
}

/* --- For messages --- */

const char *grammar_article(const char *what)
{
	return strchr("AEIOUaeiou", what[0]) ? "an" : "a";
}

/* A router's words for it. */
static const struct {
	const char *token, *help;
} places[] = {
	[ARG_WORD] = { "WORD", "" },
	[ARG_NAME] = { "WORD", "" },
	[ARG_STRING] = { "WORD", "A text; in quotation marks if it has blanks" },
	[ARG_LINE] = { "LINE", "A text up to the end of the line" },
	[ARG_DELIMITED] = { "LINE", "c TEXT c: c is any sign that the text does not have" },
	[ARG_IP4] = { "A.B.C.D", "IPv4 address" },
	[ARG_IP6] = { "X:X::X", "IPv6 address" },
	[ARG_IP] = { "ADDRESS", "IPv4 or IPv6 address" },
	[ARG_MASK] = { "A.B.C.D", "Netmask" },
	[ARG_OWNMASK] = { "A.B.C.D", "Netmask" },
	[ARG_WILDCARD] = { "A.B.C.D", "Wildcard mask: its ones are the bits that may differ" },
	[ARG_PREFIX6] = { "X:X::X/<0-128>", "IPv6 address and length" },
	[ARG_OWN6] = { "X:X::X/<0-128>", "IPv6 address and length" },
	[ARG_SECRET] = { "KEY", "In clear, or behind 6 (or 7) as `show running-config` has it" },
	[ARG_HEX] = { "HEX", "Hexadecimal digits, an even number" },
	[ARG_INTERFACE] = { "WORD", "A device of this system, by its name" },
};

const char *grammar_place(const struct grammar_arg *arg, struct cyg_strbuf *token)
{
	const char *help = "";

	if (arg->type == ARG_UINT) {
		cyg_strbuf_addf(token, "<%llu-%llu>", (unsigned long long)arg->low, (unsigned long long)arg->high);
	} else if (arg->type == ARG_REF && arg->ref_mode) {
		cyg_strbuf_add(token, CYG_STR("WORD"));
		help = arg->ref_mode->mode->what;
	} else if (arg->type < CYG_COUNT(places) && places[arg->type].token) {
		cyg_strbuf_addf(token, "%s", places[arg->type].token);
		help = places[arg->type].help;
	} else {
		cyg_strbuf_addf(token, "<%s>", arg->name);
	}
	return help;
}

void grammar_describe(const struct grammar_arg *arg, struct cyg_strbuf *out)
{
	static const char *const kinds[] = {
		[ARG_STRING] = "text",
		[ARG_LINE] = "text",
		[ARG_DELIMITED] = "text between delimiters",
		[ARG_IP4] = "IPv4 address",
		[ARG_IP6] = "IPv6 address",
		[ARG_IP] = "address",
		[ARG_MASK] = "netmask",
		[ARG_OWNMASK] = "netmask",
		[ARG_WILDCARD] = "wildcard mask",
		[ARG_PREFIX6] = "IPv6 address/length",
		[ARG_OWN6] = "IPv6 address/length",
		[ARG_SECRET] = "[0|6|7] key",
		[ARG_HEX] = "hexadecimal digits, an even number",
		[ARG_INTERFACE] = "interface",
	};

	if (arg->type == ARG_CHOICE) {
		for (size_t i = 0; i < arg->word_count; i++) {
			if (arg->words[i].word == arg->words[i].canonical)
				cyg_strbuf_addf(out, "%s%s", i ? ", " : "", arg->words[i].word);
		}
		return;
	}
	if (arg->type == ARG_REF && arg->ref_mode) {
		cyg_strbuf_addf(out, "the name of %s %s", grammar_article(arg->ref_mode->mode->what), arg->ref_mode->mode->what);
		return;
	}
	cyg_strbuf_addf(out, "<%s>", arg->name);
	if (arg->type == ARG_UINT)
		cyg_strbuf_addf(out, " (%llu-%llu)", (unsigned long long)arg->low,
				(unsigned long long)arg->high);
	else if (arg->type < CYG_COUNT(kinds) && kinds[arg->type])
		cyg_strbuf_addf(out, " (%s)", kinds[arg->type]);
}

const char *grammar_help(const struct grammar_row *row, const struct grammar_op *op)
{
	const char *token = op->kind == OP_KEYWORD ? op->word
			    : op->kind == OP_ARG   ? op->arg->name
						   : "";

	for (const struct cyg_token_help *t = row->command->tokens; t && t->token; t++) {
		struct cyg_str have = cyg_str(t->token);

		if (have.len > 2 && have.ptr[0] == '<')
			have = cyg_str_n(have.ptr + 1, have.len - 2);
		if (cyg_str_equal(have, cyg_str(token)))
			return t->help ? t->help : "";
	}
	return "";
}

bool grammar_is_step(const struct grammar_row *row)
{
	return row->command->enters && row->key_count == 2 && row->key[1]->type == ARG_UINT;
}
