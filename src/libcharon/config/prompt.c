/* SPDX-License-Identifier: MIT */
/*
 * What a person types: one configuration line, or an exec line.
 */
#include "config/idle.h"
#include "config/line.h"

#include <stdlib.h>

/* --- One configuration line --- */

static bool is(struct cyg_str word, const char *what)
{
	return cyg_str_equal_nocase(word, cyg_str(what));
}

/* Walks the candidate to where the prompt stands; the depth reached. */
static enum cyg_status stand(struct candidate *c, const struct config_position *position)
{
	for (unsigned d = 0; d < position->depth && d + 1 < CONFIG_DEPTH_MAX; d++) {
		const struct grammar_mode *mode = grammar_mode(c->grammar, position->mode[d]);
		struct node *node = NULL;
		bool created;
		enum cyg_status status;

		if (!mode || mode->parent != c->at[d]->mode)
			return CYG_NOT_FOUND;
		status = node_own(c->at[d], mode, cyg_str(position->name[d]), false, &node,
				  &created);
		if (status != CYG_OK)
			return status;
		if (!node)
			return CYG_NOT_FOUND;
		c->depth = d + 1;
		c->at[c->depth] = node;
	}
	c->block = position->block;
	c->block_first = position->block_first;
	c->block_indented = position->block_indented;
	c->aside = position->aside;
	c->block_indent = position->indent;
	return CYG_OK;
}

static void remember(const struct candidate *c, struct config_position *position)
{
	position->depth = c->depth;
	for (unsigned d = 0; d < c->depth; d++) {
		position->mode[d] = c->at[d + 1]->mode->mode->name;
		snprintf(position->name[d], sizeof(position->name[d]), "%s", c->at[d + 1]->name);
	}
	position->block = c->block;
	position->block_first = c->block_first;
	position->block_indented = c->block_indented;
	position->aside = c->aside;
	position->indent = c->block_indent;
}

/* What was typed, for a log. */
static enum cyg_status say(const struct candidate *c, struct config_typed *out)
{
	const struct cyg_args *line = c->action ? c->action : c->typed;
	FILE *text;
	size_t len;

	if (!line)
		return CYG_OK;
	out->secret = line->secret.len > 0 || line->sealed;
	text = open_memstream(&out->said, &len);
	if (!text)
		return CYG_NOMEM;
	if (c->typed_default && line == c->typed)
		fputs("default ", text);
	statement_print(line, STATEMENT_MASKED, text);
	return fclose(text) ? CYG_NOMEM : CYG_OK;
}

/* The object that `position` stands in at that depth, or NULL. */
static const struct node *stood_in(const struct cyg_config *config, const struct config_position *position,
				   unsigned depth)
{
	const struct node *node = config->root;

	for (unsigned d = 0; node && d <= depth && d < CONFIG_DEPTH_MAX; d++) {
		const struct grammar_mode *mode = grammar_mode(config->grammar, position->mode[d]);

		node = mode && mode->parent == node->mode ? node_find(node, mode, cyg_str(position->name[d])) : NULL;
	}
	return node;
}

static bool stays(const struct config_position *before, const struct config_position *after, unsigned depth)
{
	for (unsigned d = 0; d <= depth; d++)
		if (d >= after->depth || strcmp(before->mode[d], after->mode[d]) != 0 ||
		    strcmp(before->name[d], after->name[d]) != 0)
			return false;
	return true;
}

static void tell_incomplete(const struct node *node, struct config_findings *findings)
{
	if (!node || node->disabled || !node->built || node->built->usable || !node->built->lacks)
		return;
	findings_add(findings, CONFIG_WARNING, 0, 1, "incomplete", "%s %s is incomplete and not used; it lacks: %s",
		     node->mode->mode->what, node->name, node->built->missing);
}

/* What an object under work still lacks is told when it is left, the innermost first, and not at each line; that a line
 * makes one useless that was of use is told at once. */
static void judge_objects(const struct cyg_config *base, const struct cyg_config *config,
			  const struct config_position *before, const struct config_position *after,
			  struct config_findings *findings)
{
	for (unsigned d = 0; d < after->depth; d++) {
		const struct node *was = stood_in(base, after, d), *is_now = stood_in(config, after, d);
		char text[200];

		if (is_now) {
			snprintf(text, sizeof(text), "%s %s is incomplete", is_now->mode->mode->what, is_now->name);
			findings_forget(findings, "incomplete", text);
		}
		if (was && was->built && was->built->usable)
			tell_incomplete(is_now, findings);
	}
	for (unsigned d = before->depth; d-- > 0;)
		if (!stays(before, after, d))
			tell_incomplete(stood_in(config, before, d), findings);
}

/* The object tells it at its opening line, which is old news when another line of it was typed. */
static void tell_closed(struct candidate *c)
{
	if (!c->typed || !c->typed->lacks)
		return;
	for (size_t i = 0; i < c->findings->count; i++)
		if (strcmp(c->findings->items[i].code, "incomplete") == 0)
			return;
	findings_add(c->findings, CONFIG_WARNING, 0, c->typed->column, "incomplete",
		     "the secret stays closed and what needs it is not used; it lacks: %s", c->typed->lacks);
}

/* Where the delimiter stands that has not come again, for a person: `^C` for what Ctrl-C types. */
static struct cyg_str delimiter(struct cyg_str line, size_t column)
{
	struct cyg_str rest = cyg_str_tail(line, column - 1);

	return rest.ptr[0] == '\x03' ? CYG_STR("^C")
	       : rest.len > 1 && memcmp(rest.ptr, "^C", 2) == 0 ? cyg_str_head(rest, 2)
								: cyg_str_head(rest, 1);
}

/* What names the object that was taken away is told now, since later lines do not touch it. */
static void tell_orphans(struct candidate *c)
{
	unsigned more = c->orphan_count > ORPHANS_NAMED ? c->orphan_count - ORPHANS_NAMED : 0;

	if (c->orphan_count == 0)
		return;
	if (more)
		findings_add(c->findings, CONFIG_WARNING, 0, c->typed->column, "undefined-reference",
			     "what is taken away is still named by %s and %u more", c->orphans, more);
	else
		findings_add(c->findings, CONFIG_WARNING, 0, c->typed->column, "undefined-reference",
			     "what is taken away is still named by %s", c->orphans);
}

static enum cyg_status apply_typed(struct candidate *c, struct config_position *position,
				   struct cyg_str line, struct config_typed *out)
{
	enum cyg_status status = stand(c, position);

	if (status == CYG_NOT_FOUND) {
		findings_add(c->findings, CONFIG_ERROR, 0, 1, "conflict",
			     "%s was removed meanwhile; back at the outer level",
			     position->name[c->depth]);
		position->depth = c->depth;
		return CYG_REFUSED;
	}
	if (status == CYG_OK)
		status = candidate_line(c, line, 0);
	if (status != CYG_OK)
		return status;
	if (c->findings->errors)
		return CYG_REFUSED;
	if (c->still_open) {
		out->kind = CONFIG_LINE_OPEN;
		out->rest = delimiter(line, c->open_column);
		return CYG_OK;
	}
	if (c->typed && !c->typed_default && c->changed && config_line_idle(c->typed))
		findings_add(c->findings, CONFIG_WARNING, 0, c->typed->column, "no-effect", "this line " CONFIG_IDLE_TEXT);
	status = say(c, out);
	if (status == CYG_OK && c->action) {
		out->kind = CONFIG_LINE_ACTION;
		out->action = (struct config_match){ c->action->row->command, c->action };
		c->action = NULL;
	} else if (status == CYG_OK && c->changed) {
		status = candidate_commit(c, &out->config);
		if (status == CYG_OK)
			tell_orphans(c);
	}
	if (status == CYG_OK)
		remember(c, position);
	return status;
}

static struct cyg_str skip_blanks(struct cyg_str text)
{
	while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
		text = cyg_str_tail(text, 1);
	return text;
}

/* Lines that are about the prompt itself. */
static void look(struct cyg_str line, struct config_position *position, struct config_typed *out)
{
	struct cyg_str rest = skip_blanks(line);
	struct cyg_str first = cyg_str_head(rest, cyg_str_span_until(rest, " \t"));

	rest = skip_blanks(cyg_str_tail(rest, first.len));
	if (rest.len && is(first, "do")) {
		out->kind = CONFIG_LINE_EXEC;
		out->rest = rest;
	} else if (rest.len == 0 && (is(first, "end") || (line_is_exit(first) && !position->depth && !position->block))) {
		out->kind = CONFIG_LINE_LEAVE;
		*position = (struct config_position){ 0 };
	}
}

enum cyg_status config_run_line(const struct cyg_config *base, struct config_position *position,
				struct cyg_str line, struct config_findings *findings,
				struct config_typed *out)
{
	const struct config_position before = *position;
	struct candidate c;
	enum cyg_status status;

	look(line, position, out);
	if (out->kind == CONFIG_LINE_LEAVE)
		judge_objects(base, base, &before, position, findings);
	if (out->kind != CONFIG_LINE_DONE)
		return CYG_OK;
	if (line.len > CONFIG_LINE_MAX || memchr(line.ptr, 0, line.len)) {
		findings_add(findings, CONFIG_ERROR, 0, 1, "unreadable",
			     "the line is no text, or longer than %d octets", CONFIG_LINE_MAX);
		return CYG_REFUSED;
	}
	status = candidate_init(&c, base->grammar, base->root, "prompt", findings);
	if (status != CYG_OK)
		return status;
	c.base = base;
	c.at_prompt = true;
	status = apply_typed(&c, position, line, out);
	out->secret |= c.typed_secret;
	if (status == CYG_OK) {
		judge_objects(base, out->config ? out->config : base, &before, position, findings);
		tell_closed(&c);
	}
	candidate_done(&c);
	return status;
}

void config_typed_done(struct config_typed *typed)
{
	config_match_done(&typed->action);
	config_unref(typed->config);
	free(typed->said);
	*typed = (struct config_typed){ 0 };
}

const char *config_prompt(const struct config_grammar *grammar,
			  const struct config_position *position)
{
	const struct grammar_mode *mode =
		position->depth ? grammar_mode(grammar, position->mode[position->depth - 1])
				: grammar->global;

	return mode && mode->mode->prompt ? mode->mode->prompt : "config";
}

/* --- Exec lines --- */

void config_match_done(struct config_match *match)
{
	statement_unref(match->args);
	*match = (struct config_match){ 0 };
}

char *config_match_said(const struct config_match *match)
{
	char *said = NULL;
	size_t len;
	FILE *text = open_memstream(&said, &len);

	if (!text)
		return NULL;
	statement_print(match->args, STATEMENT_MASKED, text);
	if (fclose(text)) {
		free(said);
		return NULL;
	}
	return said;
}

bool config_match_secret(const struct config_match *match)
{
	return match->args->secret.len > 0 || match->args->sealed;
}
