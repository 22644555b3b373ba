/* SPDX-License-Identifier: MIT */
/*
 * What a person types: one configuration line, an exec line, `?` and completion.
 */
#include "config/parse.h"

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
}

/* What was typed, for a log. */
static enum cyg_status say(const struct candidate *c, struct config_typed *out)
{
	const struct cyg_args *line = c->action ? c->action : c->typed;
	FILE *text;
	size_t len;

	if (!line)
		return CYG_OK;
	out->secret = line->secret.len > 0;
	text = open_memstream(&out->said, &len);
	if (!text)
		return CYG_NOMEM;
	if (c->typed_default && line == c->typed)
		fputs("default ", text);
	statement_print(line, STATEMENT_MASKED, text);
	return fclose(text) ? CYG_NOMEM : CYG_OK;
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
	status = say(c, out);
	if (status == CYG_OK && c->action) {
		out->kind = CONFIG_LINE_ACTION;
		out->action = (struct config_match){ c->action->row->command, c->action };
		c->action = NULL;
	} else if (status == CYG_OK && c->changed) {
		status = candidate_commit(c, &out->config);
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
	} else if (rest.len == 0 && (is(first, "end") || (is(first, "exit") && !position->depth &&
							  !position->block))) {
		out->kind = CONFIG_LINE_LEAVE;
		*position = (struct config_position){ 0 };
	}
}

enum cyg_status config_run_line(const struct cyg_config *base, struct config_position *position,
				struct cyg_str line, struct config_findings *findings,
				struct config_typed *out)
{
	struct candidate c;
	enum cyg_status status;

	look(line, position, out);
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
	status = apply_typed(&c, position, line, out);
	out->secret |= c.typed_secret;
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
	return match->args->secret.len > 0;
}

/* --- Completion --- */

static enum cyg_status add(struct config_candidates *out, const char *text, const char *help,
			   bool keyword)
{
	for (size_t i = 0; i < out->count; i++) {
		if (strcmp(out->items[i].text, text) == 0) {
			if (!out->items[i].help[0])
				out->items[i].help = help;
			return CYG_OK;
		}
	}
	if (out->count == out->capacity) {
		size_t capacity = out->capacity ? 2 * out->capacity : 16;
		struct config_candidate_word *items =
			realloc(out->items, capacity * sizeof(*items));

		if (!items)
			return CYG_NOMEM;
		out->items = items;
		out->capacity = capacity;
	}
	out->items[out->count] = (struct config_candidate_word){
		.text = strdup(text),
		.help = help,
		.keyword = keyword,
	};
	if (!out->items[out->count].text)
		return CYG_NOMEM;
	out->count++;
	return CYG_OK;
}

static bool begins(const char *text, struct cyg_str with)
{
	return with.len <= strlen(text) && cyg_str_equal_nocase(cyg_str_n(text, with.len), with);
}

static enum cyg_status add_thread_words(const struct match_thread *t, struct cyg_str partial,
					struct config_candidates *out)
{
	const struct grammar_op *op = &t->row->ops[t->pc];
	const char *help = grammar_help(t->row, op);
	enum cyg_status status = CYG_OK;
	char store[200];
	struct cyg_strbuf text = CYG_STRBUF(store);

	if (t->row->ignored || (t->row->command->flags & CYG_CMD_WEAK))
		return CYG_OK;
	if (op->kind == OP_MATCH)
		return partial.len ? CYG_OK : add(out, "<cr>", "", false);
	if (!help[0] && (t->pc + 1u == t->row->head || t->row->ops[t->pc + 1].kind == OP_MATCH))
		help = t->row->command->help ? t->row->command->help : "";
	if (op->kind == OP_KEYWORD)
		return begins(op->word, partial) ? add(out, op->word, help, true) : CYG_OK;
	if (op->arg->type == ARG_CHOICE) {
		for (size_t i = 0; i < op->arg->word_count && status == CYG_OK; i++) {
			const struct grammar_word *w = &op->arg->words[i];

			if (w->word == w->canonical && begins(w->word, partial))
				status = add(out, w->word, help, true);
		}
		return status;
	}
	if (partial.len)
		return CYG_OK;
	grammar_describe(op->arg, &text);
	return add(out, store, help, false);
}

static int by_text(const void *left, const void *right)
{
	const struct config_candidate_word *a = left, *b = right;

	return strcmp(a->text, b->text);
}

static enum cyg_status complete_in(struct matcher *m, const struct grammar_mode *mode,
				   const struct words *words, size_t first, size_t end,
				   struct config_candidates *out)
{
	struct cyg_str partial = end < words->count ? word_text(words, end) : cyg_str_n("", 0);
	struct match_result *result = malloc(sizeof(*result));
	enum cyg_status status = CYG_OK;

	if (!result)
		return CYG_NOMEM;
	match_prefix(m, mode, words, first, end, MATCH_OURS, result);
	for (size_t n = 0; result->outcome == MATCH_OK && n < m->thread_count && status == CYG_OK;
	     n++) {
		if (m->threads[n].resume == end)
			status = add_thread_words(&m->threads[n], partial, out);
	}
	free(result);
	return status;
}

static enum cyg_status complete_line(struct matcher *m, const struct config_grammar *grammar,
				     const struct config_position *position,
				     const struct words *words, size_t end,
				     struct config_candidates *out)
{
	static const char *const leading[] = { "no", "default", "do", "exit", "end" };
	struct cyg_str partial = end < words->count ? word_text(words, end) : cyg_str_n("", 0);
	const struct grammar_mode *mode;
	enum cyg_status status = CYG_OK;
	size_t first = 0;

	if (!position)
		return complete_in(m, grammar->exec, words, 0, end, out);
	mode = position->depth ? grammar_mode(grammar, position->mode[position->depth - 1])
			       : grammar->global;
	if (end > 0 && is(word_text(words, 0), "do"))
		return complete_in(m, grammar->exec, words, 1, end, out);
	if (end > 0 && (is(word_text(words, 0), "no") || is(word_text(words, 0), "default")))
		first = 1;
	for (; mode && status == CYG_OK && out->count == 0; mode = mode->parent)
		status = complete_in(m, mode, words, first, end, out);
	for (size_t i = 0; end == 0 && i < CYG_COUNT(leading) && status == CYG_OK; i++) {
		if (begins(leading[i], partial))
			status = add(out, leading[i], "", true);
	}
	return status;
}

enum cyg_status config_complete(const struct config_grammar *grammar,
				const struct config_position *position, struct cyg_str line,
				struct config_candidates *out)
{
	struct matcher *m = malloc(sizeof(*m));
	struct words *words = malloc(sizeof(*words));
	struct config_candidates found = { 0 };
	enum cyg_status status = CYG_NOMEM;
	size_t end;

	if (m && words) {
		bool partial = line.len && !strchr(" \t", line.ptr[line.len - 1]);

		words_of(line, words);
		end = words->count - (partial && words->count > 0);
		status = complete_line(m, grammar, position, words, end, &found);
	}
	free(m);
	free(words);
	if (status != CYG_OK) {
		config_candidates_done(&found);
		return status;
	}
	if (found.count)
		qsort(found.items, found.count, sizeof(found.items[0]), by_text);
	*out = found;
	return CYG_OK;
}

void config_candidates_done(struct config_candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		free(candidates->items[i].text);
	free(candidates->items);
	*candidates = (struct config_candidates){ 0 };
}
