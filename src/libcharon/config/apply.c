/* SPDX-License-Identifier: MIT */
/*
 * What a row's `apply` and a mode's `check` may call: findings, places, references.
 */
#include "config/building.h"

#include <stdlib.h>

static const struct cyg_args *finding_line(const struct cyg_build *build)
{
	return build->at ? build->at : build->line;
}

static void CYG_PRINTF(4, 0) find(struct cyg_build *build, enum config_severity severity, const char *code,
				  const char *format, va_list args)
{
	const struct cyg_args *line = finding_line(build);
	struct candidate *c = build->c;
	struct config_finding *finding;
	size_t column = build->at ? build->at_column : line ? line->column : 1;

	build->at = NULL;
	if (line && line->source->silent)
		return;
	finding = findings_addv(&build->b->findings, severity, line ? line->line : 1, column, code,
				format, args);
	if (!finding)
		return;
	finding->by = line;
	if (c->in_file || severity == CONFIG_ERROR || line == c->typed)
		findings_add(c->findings, severity, finding->line, finding->column, code, "%s",
			     finding->text);
}

void cyg_build_error(struct cyg_build *build, const char *code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	find(build, CONFIG_ERROR, code, format, args);
	va_end(args);
	build->b->error = true;
}

void cyg_build_warning(struct cyg_build *build, const char *code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	find(build, CONFIG_WARNING, code, format, args);
	va_end(args);
}

void cyg_build_at(struct cyg_build *build, const struct cyg_args *args, const char *token, size_t n)
{
	size_t i = statement_step_of(args, token, n);

	if (i != SIZE_MAX) {
		build->at = args;
		build->at_column = args->steps[i].column;
	}
}

/* A place as text, taken apart. */
struct where {
	struct cyg_str file;
	uint64_t line;
};

static bool where_of(const char *place, struct where *out)
{
	const char *colon = strrchr(place, ':');

	if (!colon || cyg_str_to_u64(cyg_str(colon + 1), 0, UINT32_MAX, &out->line) != CYG_OK)
		return false;
	out->file = cyg_str_n(place, (size_t)(colon - place));
	return true;
}

static bool stands_at(const struct cyg_args *s, const struct where *where)
{
	return s->line == where->line && cyg_str_equal(cyg_str(s->source->name), where->file);
}

static const struct cyg_args *line_among(const struct lines *lines, const struct cyg_args *opening, const struct where *where)
{
	for (size_t i = 0; lines && i < lines->count; i++) {
		if (stands_at(lines->items[i], where))
			return lines->items[i];
	}
	return opening && stands_at(opening, where) ? opening : NULL;
}

static const struct cyg_args *line_at(const struct node *node, const struct where *where)
{
	const struct cyg_args *s = line_among(node->lines, node->opening, where);
	const struct node *inner;

	for (unsigned t = 0; !s && node->tables && t < node->mode->slot_count; t++) {
		for (uint64_t at = 0; !s && (inner = table_next(node->tables[t], &at));)
			s = line_at(inner, where);
	}
	return s;
}

static void find_at(struct cyg_build *build, const struct cyg_args *s)
{
	if (!s)
		return;
	build->at = s;
	build->at_column = s->column;
}

void cyg_build_at_place(struct cyg_build *build, const char *place)
{
	const struct cyg_args *s;
	struct where where;

	if (!where_of(place, &where))
		return;
	s = line_at(build->spot->node, &where);
	find_at(build, s ? s : line_at(build->c->root, &where));
}

void build_at_place_of(struct cyg_build *build, const void *object, const char *place)
{
	const struct built *b = built_of(object);
	struct where where;

	if (where_of(place, &where))
		find_at(build, line_among(b->lines, b->opening, &where));
}

const char *cyg_build_place(const struct cyg_build *build)
{
	const struct cyg_args *line = build->line;
	struct built *b = build->b;
	struct place *place;
	size_t len;

	if (!line)
		return "";
	/* A line asks for its place while it is the latest that does; one made twice is the same text. */
	if (b->places && b->places->line == line)
		return b->places->text;
	len = strlen(line->source->name) + 16;
	place = malloc(sizeof(*place) + len);
	if (!place)
		return "";
	if (line->source->silent || line->line == 0)
		snprintf(place->text, len, "%s", line->source->name);
	else
		snprintf(place->text, len, "%s:%u", line->source->name, line->line);
	place->line = line;
	place->next = b->places;
	b->places = place;
	return place->text;
}

void cyg_build_unusable(struct cyg_build *build, const char *why)
{
	if (!build->b->missing[0])
		snprintf(build->b->missing, sizeof(build->b->missing), "%s",
			 why[0] ? why : "unusable");
}

void cyg_build_incomplete(struct cyg_build *build, const char *missing)
{
	struct built *b = build->b;

	build->at = NULL;
	cyg_build_warning(build, "incomplete", "%s %s is incomplete and not used; it lacks: %s",
			  b->mode->mode->what, b->name, missing);
	b->lacks = !b->missing[0];
	cyg_build_unusable(build, missing);
}

static bool was_there(const struct candidate *c, const struct grammar_mode *mode, struct cyg_str name)
{
	const struct candidate before = { .grammar = c->grammar, .root = c->base->root };

	return build_exists(&before, mode, name);
}

/* The line was right until something was taken away at a prompt. */
static void note_orphan(struct cyg_build *build)
{
	struct candidate *c = build->c;
	const struct built *b = build->b;
	char text[sizeof(c->orphans)];
	struct cyg_strbuf names = CYG_STRBUF(text);

	if (b == c->last_orphan)
		return;
	c->last_orphan = b;
	if (c->orphan_count++ >= ORPHANS_NAMED)
		return;
	cyg_strbuf_addf(&names, "%s", c->orphans);
	cyg_strbuf_addf(&names, "%s%s %s", names.len ? ", " : "", b->mode->mode->what, b->name);
	if (b->top_mode)
		cyg_strbuf_addf(&names, " of %s %s", b->top_mode->mode->what, b->top_name);
	snprintf(c->orphans, sizeof(c->orphans), "%s", text);
}

bool cyg_build_refer(struct cyg_build *build, const char *mode, struct cyg_str name)
{
	const struct grammar_mode *to = grammar_mode(build->c->grammar, mode);
	struct need *need;
	bool there = build_exists(build->c, to, name);

	need = build_need(build, NEED_NAME, to, name);
	if (!need)
		return false;
	need->there = there;
	if (!there && build->c->base && build->c->typed && build->line != build->c->typed && was_there(build->c, to, name))
		note_orphan(build);
	if (!there)
		cyg_build_warning(build, "undefined-reference", "there is no %s %.*s",
				  to ? to->mode->what : mode, (int)name.len, name.ptr);
	return there;
}

bool cyg_build_exists(struct cyg_build *build, const char *mode, struct cyg_str name)
{
	const struct grammar_mode *to = grammar_mode(build->c->grammar, mode);
	bool there = build_exists(build->c, to, name);
	struct need *need = build_need(build, NEED_NAME, to, name);

	if (need)
		need->there = there;
	return there;
}

bool build_usable(struct cyg_build *build, const char *mode, struct cyg_str name)
{
	const struct grammar_mode *to = grammar_mode(build->c->grammar, mode);
	struct built *found = NULL;
	struct need *need;

	if (build_ready(build->c, to, name, &found) == CYG_NOMEM)
		build->status = CYG_NOMEM;
	need = build_need(build, NEED_USABLE, to, name);
	if (need)
		need->there = found && found->usable;
	return found && found->usable;
}

const void *cyg_build_object(struct cyg_build *build, const char *mode, struct cyg_str name)
{
	const struct grammar_mode *to = grammar_mode(build->c->grammar, mode);
	struct built *found = NULL;
	struct need *need;
	enum cyg_status status = build_ready(build->c, to, name, &found);

	if (status == CYG_NOMEM) {
		build->status = CYG_NOMEM;
		return NULL;
	}
	need = build_need(build, NEED_OBJECT, to, name);
	if (!need)
		return NULL;
	need->there = status == CYG_OK;
	need->built = found ? built_ref(found) : NULL;
	return found && found->usable ? found->object : NULL;
}

/* The nth object of a mode inside of what stands at `outer`. */
static const void *nth(struct cyg_build *build, enum need_kind kind, struct spot *outer, const char *mode, size_t n,
		       struct cyg_str *name)
{
	const struct grammar_mode *to = grammar_mode(build->c->grammar, mode);
	struct built *found = NULL;
	const struct node *node;
	struct need *need;
	struct spot spot;
	enum cyg_status status = build_ready_inner(build->c, outer, to, n, &spot);

	if (status == CYG_NOMEM) {
		build->status = CYG_NOMEM;
		return NULL;
	}
	if (status == CYG_OK)
		found = spot.node->built;
	need = build_need(build, kind, to, CYG_STR(""));
	if (!need)
		return NULL;
	need->n = n;
	need->there = status == CYG_OK;
	need->built = found ? built_ref(found) : NULL;
	if (name) {
		/* Building may have copied the table. */
		node = to && to->parent == outer->node->mode ? table_nth(node_table(outer->node, to), n) : NULL;
		*name = node ? cyg_str(node->name) : cyg_str_n("", 0);
	}
	return found && found->usable ? found->object : NULL;
}

const void *cyg_build_inner(struct cyg_build *build, const char *mode, size_t n, struct cyg_str *name)
{
	return nth(build, NEED_INNER, build->spot, mode, n, name);
}

const void *cyg_build_nth(struct cyg_build *build, const char *mode, size_t n, struct cyg_str *name)
{
	struct spot root = { .node = build->c->root };

	return nth(build, NEED_NTH, &root, mode, n, name);
}
