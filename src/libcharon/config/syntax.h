/* SPDX-License-Identifier: MIT */
/*
 * Compiling rows: what grammar.c, which knows the tables, asks of syntax.c, which knows the syntax
 * strings. Control thread, while a grammar is made.
 */
#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

#include "config/grammar.h"

/* Memory of the grammar, zeroed; freed with it. NULL: there is none. */
void *arena_alloc(struct config_grammar *g, size_t len);
const char *arena_text(struct config_grammar *g, struct cyg_str s);

struct compiler {
	struct config_grammar *g;
	const char *at; /* in the syntax string */
	const struct cyg_command *command;
	struct cyg_strbuf *why;
	struct grammar_op ops[GRAMMAR_OPS_MAX];
	size_t op_count;
	unsigned depth;
};

/* Tells in `why` what is wrong with the row; CYG_MALFORMED. */
enum cyg_status syntax_bad(struct compiler *c, const char *what);
/* Makes c->command a row of the mode. `plugin`: the one that is not loaded, or NULL. */
enum cyg_status syntax_compile(struct compiler *c, struct grammar_mode *mode, bool ignored, bool block,
			       const char *plugin) CYG_MUST_CHECK;

#endif
