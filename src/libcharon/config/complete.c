/* SPDX-License-Identifier: MIT */
/*
 * `?` and completion: what may stand where a line ends, with the names of the objects that there are.
 */
#include "config/help.h"
#include "config/line.h"

#include <stdlib.h>

/* So many names are told at most; of more than these none, as a part of them would be a lie. */
#define NAMES_MAX 256

static bool is(struct cyg_str word, const char *what)
{
	return cyg_str_equal_nocase(word, cyg_str(what));
}

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

/* Whose completion it is: the objects that there are, if the configuration speaks the same grammar. */
struct around {
	const struct node *root; /* NULL: no names are told */
	const struct node *at;   /* the object that the mode's lines are in */
};

/* The objects of `mode` inside of `node` whose name begins so; "NAME 10" and "NAME 20" are one. */
static enum cyg_status add_names(const struct node *node, const struct grammar_mode *mode, struct cyg_str partial,
				 struct config_candidates *out)
{
	const struct table *table = node && mode && mode->parent == node->mode ? node_table(node, mode) : NULL;
	const struct node *inner;
	size_t count = 0;
	enum cyg_status status = CYG_OK;

	for (int tell = 0; table && tell < 2 && count <= NAMES_MAX; tell++) {
		for (uint64_t at = 0; status == CYG_OK && count <= NAMES_MAX && (inner = table_next(table, &at));) {
			struct cyg_str name = cyg_str(inner->name);
			char word[128];

			if (mode->mode->sequence)
				name = cyg_str_head(name, cyg_str_span_until(name, " "));
			if (inner->disabled || name.len >= sizeof(word) || name.len < partial.len ||
			    memcmp(name.ptr, partial.ptr, partial.len) != 0)
				continue;
			count += !tell;
			snprintf(word, sizeof(word), "%.*s", (int)name.len, name.ptr);
			if (tell)
				status = add(out, word, mode->mode->what, true);
		}
	}
	return status;
}

/* What its row says of the argument, else what the word means anywhere, else what the row is for. */
static const char *choice_help(const struct match_thread *t, const char *word, const char *help)
{
	bool own = grammar_help(t->row, &t->row->ops[t->pc])[0] != '\0';

	return own || !help_of_choice(word)[0] ? help : help_of_choice(word);
}

/* The interfaces that are ours alone: a device has whatever name the system gave it. */
static enum cyg_status add_kinds(struct cyg_str partial, struct config_candidates *out)
{
	static const struct {
		const char *token, *help;
	} kinds[] = {
		{ "Loopback<N>", "An address of this gateway itself" },
		{ "Tunnel<N>", "A tunnel to one peer" },
		{ "Virtual-Template<N>", "What the interfaces of sessions are made of" },
	};
	enum cyg_status status = CYG_OK;

	for (size_t i = 0; i < CYG_COUNT(kinds) && status == CYG_OK; i++)
		if (begins(kinds[i].token, partial))
			status = add(out, kinds[i].token, kinds[i].help, false);
	return status;
}

static enum cyg_status add_argument(const struct match_thread *t, const struct around *around, struct cyg_str partial,
				    const char *help, struct config_candidates *out)
{
	const struct grammar_op *op = &t->row->ops[t->pc];
	enum cyg_status status = CYG_OK;
	char store[80];
	struct cyg_strbuf token = CYG_STRBUF(store);
	const char *own = grammar_help(t->row, op), *said;

	if (op->arg->type == ARG_CHOICE) {
		for (size_t i = 0; i < op->arg->word_count && status == CYG_OK; i++) {
			const struct grammar_word *w = &op->arg->words[i];

			if (w->word == w->canonical && begins(w->word, partial))
				status = add(out, w->word, choice_help(t, w->word, help), true);
		}
		return status;
	}
	if (op->arg->type == ARG_REF)
		status = add_names(around->root, op->arg->ref_mode, partial, out);
	else if (t->row->command->enters && t->row->key_count && t->row->key[0] == op->arg)
		status = add_names(around->at, t->row->target, partial, out);
	if (status == CYG_OK && op->arg->type == ARG_INTERFACE)
		status = add_kinds(partial, out);
	if (status != CYG_OK || partial.len)
		return status;
	said = grammar_place(op->arg, &token);
	return add(out, store, own[0] ? own : said[0] ? said : help, false);
}

static enum cyg_status add_thread_words(const struct match_thread *t, const struct around *around,
					struct cyg_str partial, struct config_candidates *out)
{
	const struct grammar_op *op = &t->row->ops[t->pc];
	const char *help = grammar_help(t->row, op);

	if (t->row->ignored || (t->row->command->flags & CYG_CMD_WEAK))
		return CYG_OK;
	if (op->kind == OP_MATCH)
		return partial.len ? CYG_OK : add(out, "<cr>", "The line may end here.", false);
	if (!help[0] && (t->pc + 1u == t->row->head || t->row->ops[t->pc + 1].kind == OP_MATCH))
		help = t->row->command->help ? t->row->command->help : "";
	if (op->kind == OP_ARG)
		return add_argument(t, around, partial, help, out);
	if (!help[0])
		help = help_of_keyword(op->word);
	return begins(op->word, partial) ? add(out, op->word, help, true) : CYG_OK;
}

static int by_text(const void *left, const void *right)
{
	const struct config_candidate_word *a = left, *b = right;

	return strcmp(a->text, b->text);
}

static enum cyg_status complete_in(struct matcher *m, const struct grammar_mode *mode, const struct around *around,
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
			status = add_thread_words(&m->threads[n], around, partial, out);
	}
	free(result);
	return status;
}

/* The object that the prompt stands in, or the one around it, whose lines are of that mode. */
static const struct node *node_of(const struct node *root, const struct config_grammar *grammar,
				  const struct config_position *position, const struct grammar_mode *wanted)
{
	const struct node *node = root;

	for (unsigned d = 0; node && node->mode != wanted && d < position->depth; d++) {
		const struct grammar_mode *mode = grammar_mode(grammar, position->mode[d]);

		node = mode && mode->parent == node->mode ? node_find(node, mode, cyg_str(position->name[d])) : NULL;
	}
	return node && node->mode == wanted ? node : NULL;
}

static bool begins_a_row(const struct grammar_mode *mode, struct cyg_str word)
{
	for (size_t i = 0; mode && i < mode->row_count; i++)
		if (!mode->rows[i]->ignored && mode->rows[i]->head && word_abbreviates(word, mode->rows[i]->ops[0].word))
			return true;
	return false;
}

static enum cyg_status complete_line(struct matcher *m, const struct config_grammar *grammar,
				     const struct node *root, const struct config_position *position,
				     const struct words *words, size_t end, struct config_candidates *out)
{
	static const char *const leading[] = { "no", "default", "do", "exit", "end" };
	struct cyg_str partial = end < words->count ? word_text(words, end) : cyg_str_n("", 0);
	struct around around = { .root = root };
	const struct grammar_mode *mode;
	enum cyg_status status = CYG_OK;
	size_t first = 0;

	if (!position)
		return complete_in(m, grammar->exec, &around, words, 0, end, out);
	mode = position->depth ? grammar_mode(grammar, position->mode[position->depth - 1])
			       : grammar->global;
	if (end > 0 && is(word_text(words, 0), "do"))
		return complete_in(m, grammar->exec, &around, words, 1, end, out);
	if (end > 0 && (is(word_text(words, 0), "no") || (line_is_default(word_text(words, 0)) &&
							  !begins_a_row(mode, word_text(words, 0)))))
		first = 1;
	for (; mode && status == CYG_OK && out->count == 0; mode = mode->parent) {
		around.at = node_of(root, grammar, position, mode);
		status = complete_in(m, mode, &around, words, first, end, out);
	}
	for (size_t i = 0; end == 0 && i < CYG_COUNT(leading) && status == CYG_OK; i++) {
		if (begins(leading[i], partial))
			status = add(out, leading[i], help_of_keyword(leading[i]), true);
	}
	return status;
}

enum cyg_status config_complete(const struct config_grammar *grammar, const struct cyg_config *config,
				const struct config_position *position, struct cyg_str line,
				struct config_candidates *out)
{
	const struct node *root = config && config->grammar == grammar ? config->root : NULL;
	struct matcher *m = malloc(sizeof(*m));
	struct words *words = malloc(sizeof(*words));
	struct config_candidates found = { 0 };
	enum cyg_status status = CYG_NOMEM;
	size_t end;

	if (m && words) {
		bool partial = line.len && !strchr(" \t", line.ptr[line.len - 1]);

		words_of(line, words);
		end = words->count - (partial && words->count > 0);
		status = complete_line(m, grammar, root, position, words, end, &found);
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
