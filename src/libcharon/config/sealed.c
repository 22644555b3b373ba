/* SPDX-License-Identifier: MIT */
/*
 * Secrets of type 6: opened when their line is read, and sealed when it is printed. One that cannot be opened is kept as
 * it stands, and can be opened later.
 */
#include "config/building.h"
#include "config/parse.h"

#include <stdlib.h>

void config_grammar_seal_with(struct config_grammar *grammar, const struct config_sealer *sealer)
{
	grammar->sealer = sealer;
}

/* --- One line --- */

/* Could it stand in a line as it is? */
static bool fits(struct cyg_bytes clear, const struct grammar_arg *arg)
{
	if (clear.len == 0 || (arg->type == ARG_HEX && clear.len % 2))
		return false;
	for (size_t i = 0; i < clear.len; i++) {
		uint8_t c = clear.ptr[i];

		if (c <= ' ' || c == 0x7f || (arg->type == ARG_HEX && !memchr("0123456789abcdefABCDEF", c, 22)))
			return false;
	}
	return true;
}

enum cyg_status statement_open(struct cyg_args *s, const struct grammar_arg *arg)
{
	const struct config_sealer *sealer = s->row->mode->grammar->sealer;
	struct cyg_secret clear = { 0 };
	const char *lacks = CONFIG_NO_MASTER;
	enum cyg_status status =
		sealer ? sealer->open(sealer->ctx, cyg_str(s->sealed), &clear, &lacks) : CYG_NOT_FOUND;

	if (status == CYG_OK && !fits(cyg_secret_bytes(&clear), arg)) {
		cyg_secret_done(&clear);
		lacks = CONFIG_NOT_OURS;
		status = CYG_NOT_FOUND;
	}
	s->was_sealed = true;
	s->secret = clear;
	s->secret_type = status == CYG_OK ? 0 : 6;
	s->lacks = status == CYG_OK ? NULL : lacks;
	return status == CYG_NOT_FOUND ? CYG_OK : status;
}

/* Makes, or makes anew, the text of type 6. */
static enum cyg_status seal(struct cyg_args *s, const struct config_sealer *sealer)
{
	char text[CONFIG_SEALED_MAX + 1], *copy;
	struct cyg_strbuf out = CYG_STRBUF(text);
	enum cyg_status status = sealer->seal(sealer->ctx, cyg_secret_bytes(&s->secret), &out);

	if (status != CYG_OK)
		return status;
	copy = strdup(text);
	if (!copy)
		return CYG_NOMEM;
	free(s->sealed);
	s->sealed = copy;
	return CYG_OK;
}

enum cyg_status statement_form(const struct cyg_args *statement, bool on, enum statement_form otherwise,
			       enum statement_form *out)
{
	struct cyg_args *s = (struct cyg_args *)statement;
	const struct config_sealer *sealer = s->row->mode->grammar->sealer;
	bool ready = sealer && sealer->ready(sealer->ctx);
	enum cyg_status status;

	*out = otherwise;
	if (s->secret_type == 0 && (s->secret.len == 0 || !(on || s->was_sealed)))
		return CYG_OK;
	if (s->secret_type == 0 && ready && !(s->sealed && sealer->current(sealer->ctx, cyg_str(s->sealed)))) {
		status = seal(s, sealer);
		if (status != CYG_OK)
			return status;
	}
	if (s->sealed)
		*out = STATEMENT_SEALED;
	return CYG_OK;
}

const char *cyg_args_sealed(const struct cyg_args *args)
{
	return args->lacks;
}

/* --- A whole configuration --- */

static void each_closed(const struct node *node, void (*tell)(void *ctx, const struct config_closed *closed), void *ctx)
{
	const struct node *inner;

	for (size_t i = 0; node->lines && i < node->lines->count; i++) {
		const struct cyg_args *line = node->lines->items[i];

		if (line->secret_type == 6)
			tell(ctx, &(struct config_closed){ cyg_str(line->sealed), line->lacks, line->source->name, line->line });
	}
	for (unsigned t = 0; node->tables && t < node->mode->slot_count; t++)
		for (uint64_t at = 0; (inner = table_next(node->tables[t], &at));)
			each_closed(inner, tell, ctx);
}

void config_each_closed(const struct cyg_config *config, void (*tell)(void *ctx, const struct config_closed *closed), void *ctx)
{
	each_closed(config->root, tell, ctx);
}

static const struct grammar_arg *secret_arg(const struct cyg_args *s)
{
	for (size_t i = 0; i < s->step_count; i++) {
		const struct grammar_op *op = statement_op(s, i);

		if (op->kind == OP_ARG && grammar_is_secret(op->arg))
			return op->arg;
	}
	return NULL;
}

/* The line as it is to be; NULL if it stays. */
static enum cyg_status turned(const struct cyg_args *line, bool open, bool on, struct cyg_args **out)
{
	const struct grammar_arg *arg = secret_arg(line);
	enum statement_form form;
	enum cyg_status status = CYG_OK;
	struct cyg_args *s;

	*out = NULL;
	if (!arg || (line->secret_type == 6) != open)
		return CYG_OK;
	if (!open) {
		status = statement_form(line, on, STATEMENT_FILE, &form);
		if (status != CYG_OK || form != STATEMENT_SEALED)
			return status;
	}
	status = statement_copy(line, &s);
	if (status != CYG_OK)
		return status;
	if (open) {
		status = statement_open(s, arg);
	} else {
		s->secret_type = 6;
		s->was_sealed = true;
		s->lacks = CONFIG_NO_MASTER;
	}
	if (status == CYG_OK && (!open || s->secret_type == 0))
		*out = s;
	else
		statement_unref(s);
	return status;
}

static enum cyg_status turn_node(struct candidate *c, struct spot *spot, bool open, bool on)
{
	enum cyg_status status = CYG_OK;

	for (size_t i = 0; spot->node->lines && i < spot->node->lines->count && status == CYG_OK; i++) {
		struct cyg_args *s;

		status = turned(spot->node->lines->items[i], open, on, &s);
		if (status != CYG_OK || !s)
			continue;
		status = build_own(c, spot);
		if (status == CYG_OK)
			status = node_replace_line(spot->node, spot->node->lines->items[i], s);
		statement_unref(s);
		c->changed = true;
	}
	for (unsigned t = 0; t < spot->node->mode->slot_count; t++) {
		const struct grammar_mode *mode = spot->node->mode->slots[t];
		struct node *node;

		for (uint64_t at = 0; status == CYG_OK && (node = table_next(node_table(spot->node, mode), &at));) {
			struct spot inner = { .up = spot, .mode = mode, .place = node->place, .node = node };

			status = turn_node(c, &inner, open, on);
		}
	}
	return status;
}

enum cyg_status config_turn_sealed(const struct cyg_config *base, bool open, struct config_findings *findings,
				   struct cyg_config **out)
{
	struct spot root = { 0 };
	struct candidate c;
	enum cyg_status status = candidate_init(&c, base->grammar, base->root, "prompt", findings);

	if (status != CYG_OK)
		return status;
	c.skip_errors = true;
	c.base = base;
	root.node = c.root;
	status = turn_node(&c, &root, open, base->view.global && base->view.global->seal_secrets);
	*out = NULL;
	if (status == CYG_OK && c.changed)
		status = candidate_commit(&c, out);
	candidate_done(&c);
	return status;
}
