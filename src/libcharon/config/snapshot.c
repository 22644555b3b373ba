/* SPDX-License-Identifier: MIT */
/*
 * Published snapshots: looking up objects, comparing, counting.
 */
#include "config/parse.h"

#include <stdlib.h>

struct cyg_config *config_ref(const struct cyg_config *config)
{
	struct cyg_config *c = (struct cyg_config *)config;

	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void config_unref(const struct cyg_config *config)
{
	struct cyg_config *c = (struct cyg_config *)config;

	if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	view_done(&c->view);
	map_done(&c->dependents);
	node_unref(c->root);
	config_grammar_unref(c->grammar);
	free(c);
}

struct config_grammar *config_grammar_of(const struct cyg_config *config)
{
	return config->grammar;
}

const struct config_view *config_view(const struct cyg_config *config)
{
	return &config->view;
}

/* --- Objects --- */

static const struct grammar_mode *top_mode(const struct cyg_config *config, const char *mode)
{
	const struct grammar_mode *found = grammar_mode(config->grammar, mode);

	return found && found->parent == config->grammar->global ? found : NULL;
}

const void *cyg_config_object(const struct cyg_config *config, const char *mode,
			      struct cyg_str name, bool usable)
{
	const struct grammar_mode *in = top_mode(config, mode);
	const struct node *node = in ? node_find(config->root, in, name) : NULL;

	if (!node || node->disabled || !node->built || (usable && !node->built->usable))
		return NULL;
	return node->built->object;
}

bool config_disabled(const struct cyg_config *config, const char *mode, struct cyg_str name, struct cyg_strbuf *mend)
{
	const struct grammar_mode *in = top_mode(config, mode);
	const struct node *node = in ? node_find(config->root, in, name) : NULL;

	if (!node || !node->disabled || !in->opening)
		return false;
	cyg_strbuf_add(mend, CYG_STR("default "));
	for (uint16_t i = 0; i < in->opening->head; i++)
		cyg_strbuf_addf(mend, "%s ", in->opening->ops[i].word);
	cyg_strbuf_addf(mend, "%s", node->name);
	return true;
}

const void *cyg_config_next(const struct cyg_config *config, const char *mode, uint64_t *at, struct cyg_str *name)
{
	const struct grammar_mode *in = top_mode(config, mode);
	const struct table *table = in ? node_table(config->root, in) : NULL;
	const struct node *node;

	while ((node = table_next(table, at))) {
		if (node->disabled || !node->built)
			continue;
		if (name)
			*name = cyg_str(node->name);
		return node->built->object;
	}
	if (name)
		*name = cyg_str_n("", 0);
	return NULL;
}

const char *cyg_config_object_missing(const void *object)
{
	const struct built *built = built_of(object);

	if (built->usable)
		return "";
	return built->missing[0] ? built->missing : "a line of it has an error";
}

static bool same(const struct built *a, const struct built *b, unsigned depth)
{
	if (a == b)
		return true;
	if (!a || !b || a->mode != b->mode || depth > 32 || a->usable != b->usable ||
	    strcmp(a->name, b->name) != 0 || !lines_equal(a->lines, b->lines, false) ||
	    (a->opening == NULL) != (b->opening == NULL) || a->need_count != b->need_count)
		return false;
	if (a->opening && !statement_equal(a->opening, b->opening))
		return false;
	for (size_t i = 0; i < a->need_count; i++) {
		if (a->needs[i].there != b->needs[i].there)
			return false;
		if (a->needs[i].kind != NEED_NAME &&
		    !same(a->needs[i].built, b->needs[i].built, depth + 1))
			return false;
	}
	return true;
}

bool cyg_config_object_same(const void *a, const void *b)
{
	if (!a || !b)
		return a == b;
	return same(built_of(a), built_of(b), 0);
}

unsigned config_object_refs(const void *object)
{
	return atomic_load_explicit(&built_of(object)->refs, memory_order_relaxed);
}

const void *cyg_config_object_ref(const void *object)
{
	built_ref(built_of(object));
	return object;
}

void cyg_config_object_unref(const void *object)
{
	if (object)
		built_unref(built_of(object));
}

/* --- The tree of an empty file --- */

static enum cyg_status origin_object(struct candidate *c, const struct grammar_mode *mode,
				     const char *name, const char *lines)
{
	const struct grammar_row *row = mode->opening;
	struct cyg_str rest = cyg_str(lines);
	char text[160];
	struct cyg_strbuf opening = CYG_STRBUF(text);
	enum cyg_status status;

	for (unsigned i = 0; i < row->head; i++)
		cyg_strbuf_addf(&opening, "%s ", row->ops[i].word);
	cyg_strbuf_add(&opening, cyg_str(name));
	if (rest.len && rest.ptr[0] == ' ') {
		size_t len = cyg_str_span_until(rest, "\n");

		cyg_strbuf_add(&opening, cyg_str_head(rest, len));
		rest = cyg_str_tail(rest, len + 1);
	}
	c->depth = 0;
	status = candidate_line(c, cyg_str(text), 0);
	while (status == CYG_OK && rest.len) {
		struct cyg_str one = cyg_str_head(rest, cyg_str_span_until(rest, "\n"));

		rest = cyg_str_tail(rest, one.len + 1);
		status = candidate_line(c, one, 0);
	}
	if (status == CYG_OK && c->depth == 1)
		c->at[1]->smart = true;
	return status;
}

enum cyg_status tree_origin(struct config_grammar *grammar, struct cyg_strbuf *why)
{
	struct config_findings findings = { 0 };
	struct candidate c;
	enum cyg_status status = candidate_init(&c, grammar, NULL, "built in", &findings);

	if (status != CYG_OK)
		return status;
	c.source->silent = true;
	for (size_t i = 2; i < grammar->mode_count && status == CYG_OK; i++) {
		const struct cyg_mode *mode = grammar->modes[i].mode;

		if (grammar->modes[i].plugin || grammar->modes[i].parent != grammar->global)
			continue;
		for (size_t k = 0;
		     status == CYG_OK && mode->smart_defaults && mode->smart_defaults[k]; k++)
			status = origin_object(&c, &grammar->modes[i], mode->smart_defaults[k],
					       mode->default_lines[k]);
	}
	if (status == CYG_OK && findings.errors) {
		cyg_strbuf_addf(why, "a built-in line is wrong: %s",
				findings.count ? findings.items[0].text : "");
		status = CYG_MALFORMED;
	}
	if (status == CYG_OK) {
		/* Nobody writes to it any more: it is shared by every candidate. */
		c.root->edit = 0;
		grammar->origin = node_ref(c.root);
	}
	config_findings_done(&findings);
	candidate_done(&c);
	return status;
}
