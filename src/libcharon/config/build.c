/* SPDX-License-Identifier: MIT */
/*
 * Building objects, each after those that it asks for.
 */
#include "config/building.h"

#include <stdio.h>
#include <stdlib.h>

struct build_frame {
	struct build_frame *up;
	const struct node *node;
};

/* --- What was built --- */

struct built *built_ref(struct built *built)
{
	atomic_fetch_add_explicit(&built->refs, 1, memory_order_relaxed);
	return built;
}

void built_unref(struct built *built)
{
	if (!built || atomic_fetch_sub_explicit(&built->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (built->mode->mode->done)
		built->mode->mode->done(built->object);
	for (size_t i = 0; i < built->need_count; i++) {
		built_unref(built->needs[i].built);
		free(built->needs[i].name);
	}
	free(built->needs);
	for (unsigned i = 0; built->seen && i < built->mode->slot_count; i++)
		table_unref(built->seen[i]);
	free(built->seen);
	free(built->top_name);
	while (built->places) {
		struct place *next = built->places->next;

		free(built->places);
		built->places = next;
	}
	config_findings_done(&built->findings);
	statement_unref(built->opening);
	lines_unref(built->lines);
	config_grammar_unref(built->grammar);
	free(built->name);
	free(built);
}

static enum cyg_status built_new(struct candidate *c, const struct spot *spot, struct built **out)
{
	const struct node *node = spot->node;
	const struct spot *top = spot;
	struct built *b = calloc(1, sizeof(*b) + node->mode->mode->object_size);

	if (!b)
		return CYG_NOMEM;
	atomic_init(&b->refs, 1);
	while (top->up && top->up->up)
		top = top->up;
	b->name = cyg_str_dup(cyg_str(node->name));
	if (top != spot) {
		b->top_mode = top->mode;
		b->top_name = cyg_str_dup(cyg_str(top->node->name));
	}
	if (!b->name || (b->top_mode && !b->top_name)) {
		free(b->name);
		free(b);
		return CYG_NOMEM;
	}
	b->grammar = config_grammar_ref(c->grammar);
	b->mode = node->mode;
	b->opening = node->opening ? statement_ref(node->opening) : NULL;
	b->lines = lines_ref(node->lines);
	*out = b;
	return CYG_OK;
}

/* --- Needs --- */

struct need *build_need(struct cyg_build *build, enum need_kind kind,
			     const struct grammar_mode *mode, struct cyg_str name)
{
	struct built *b = build->b;
	struct need *need;

	if (b->need_count == b->need_capacity) {
		size_t capacity = b->need_capacity ? 2 * b->need_capacity : 4;
		struct need *needs = realloc(b->needs, capacity * sizeof(*needs));

		if (!needs) {
			build->status = CYG_NOMEM;
			return NULL;
		}
		b->needs = needs;
		b->need_capacity = capacity;
	}
	need = &b->needs[b->need_count];
	*need = (struct need){ .kind = kind, .mode = mode };
	if (kind != NEED_INNER && kind != NEED_NTH) {
		need->name = cyg_str_dup(name);
		if (!need->name) {
			build->status = CYG_NOMEM;
			return NULL;
		}
	}
	b->need_count++;
	return need;
}

bool build_exists(const struct candidate *c, const struct grammar_mode *mode, struct cyg_str name)
{
	const struct node *node;
	uint64_t above = 0;
	size_t count;

	if (cyg_str_equal(name, CYG_STR("default")))
		return true;
	if (!mode || mode->parent != c->grammar->global)
		return false;
	if (mode->mode->sequence)
		return build_sequence_next(c, mode, name, &above, &count) != NULL;
	node = node_find(c->root, mode, name);
	return node && !node->disabled;
}

/* --- Building one, and judging what is there --- */

enum cyg_status build_own(struct candidate *c, struct spot *spot)
{
	enum cyg_status status;

	if (spot->node->edit == c->edit)
		return CYG_OK;
	status = build_own(c, spot->up);
	if (status != CYG_OK)
		return status;
	return node_own_at(spot->up->node, spot->mode, spot->place, &spot->node);
}

/* An object at the top, ready. CYG_NOT_FOUND, CYG_BUSY (being built itself) or CYG_NOMEM. */
enum cyg_status build_ready(struct candidate *c, const struct grammar_mode *mode,
				     struct cyg_str name, struct built **out)
{
	struct spot root = build_root(c), spot = { .up = &root, .mode = mode };
	enum cyg_status status;

	*out = NULL;
	if (!mode || mode->parent != c->grammar->global)
		return CYG_NOT_FOUND;
	spot.node = node_find(c->root, mode, name);
	if (!spot.node)
		return CYG_NOT_FOUND;
	spot.place = spot.node->place;
	status = build_ensure(c, &spot);
	if (status == CYG_OK)
		*out = spot.node->built;
	return status;
}

enum cyg_status build_ready_inner(struct candidate *c, struct spot *outer,
				   const struct grammar_mode *mode, size_t n, struct spot *spot)
{
	struct node *node;

	if (!mode || mode->parent != outer->node->mode)
		return CYG_NOT_FOUND;
	node = table_nth(node_table(outer->node, mode), n);
	if (!node)
		return CYG_NOT_FOUND;
	*spot = (struct spot){ .up = outer, .mode = mode, .place = node->place, .node = node };
	return build_ensure(c, spot);
}

bool build_same_line(const struct cyg_args *a, const struct cyg_args *b)
{
	if (a == b)
		return true;
	return a && b && statement_equal(a, b) && a->line == b->line &&
	       strcmp(a->source->name, b->source->name) == 0;
}

/* Are those inside of it the ones that it was told of? Of a file all findings are told, so it is built anew. */
static bool same_inside(const struct candidate *c, const struct node *node, const struct built *b)
{
	if (!node->mode->mode->inner)
		return true;
	if (!b->seen || (c->in_file && !c->merge))
		return false;
	for (unsigned s = 0; s < node->mode->slot_count; s++) {
		const struct table *now = node_table(node, node->mode->slots[s]);

		if (now != b->seen[s] && !(now && b->seen[s] && map_same(&now->places, &b->seen[s]->places)))
			return false;
	}
	return true;
}

/* Does what was built still hold? */
static bool still_good(struct candidate *c, struct spot *spot, const struct built *b)
{
	const struct node *node = spot->node;

	if (!same_inside(c, node, b) || !build_same_line(b->opening, node->opening) || !lines_equal(b->lines, node->lines, true) ||
	    (node->error && b->usable))
		return false;
	for (size_t i = 0; i < b->need_count; i++) {
		const struct need *need = &b->needs[i];
		struct spot inner, root = build_root(c);
		struct built *now = NULL;
		bool there = true;
		uint64_t above = 0;
		size_t count;

		switch (need->kind) {
		case NEED_COUNT:
			(void)build_sequence_next(c, need->mode, cyg_str(need->name), &above, &count);
			if (count != need->n)
				return false;
			continue;
		case NEED_NAME:
			there = build_exists(c, need->mode, cyg_str(need->name));
			break;
		case NEED_USABLE:
			there = build_ready(c, need->mode, cyg_str(need->name), &now) == CYG_OK && now->usable;
			now = NULL;
			break;
		case NEED_OBJECT:
			there = build_ready(c, need->mode, cyg_str(need->name), &now) == CYG_OK;
			break;
		case NEED_INNER:
			there = build_ready_inner(c, spot, need->mode, need->n, &inner) == CYG_OK;
			now = there ? inner.node->built : NULL;
			break;
		case NEED_NTH:
			there = build_ready_inner(c, &root, need->mode, need->n, &inner) == CYG_OK;
			now = there ? inner.node->built : NULL;
			break;
		}
		if (there != need->there || now != need->built)
			return false;
	}
	return true;
}

static enum cyg_status check_refs(struct cyg_build *build, const struct cyg_args *line)
{
	for (size_t i = 0; i < line->step_count; i++) {
		const struct grammar_op *op = statement_op(line, i);

		if (op->kind != OP_ARG || op->arg->type != ARG_REF)
			continue;
		/* A route may lead into the interface that swallows everything; nothing else can use it. */
		if (op->arg->ref_mode && op->arg->ref_mode->names_interfaces && !line->row->mode->parent &&
		    cyg_str_equal(statement_text(line, i), CYG_STR(CONFIG_NULL_INTERFACE)))
			continue;
		build->at = line;
		build->at_column = line->steps[i].column;
		(void)cyg_build_refer(build, op->arg->ref, statement_text(line, i));
		build->at = NULL;
	}
	return build->status;
}

static enum cyg_status apply_line(struct cyg_build *build, const struct cyg_args *line)
{
	enum cyg_status status;

	if (line->row->plugin)
		return CYG_OK; /* nothing is made of what belongs to a plugin that is not loaded */
	build->line = line;
	status = check_refs(build, line);
	if (status == CYG_OK && line->row->command->apply)
		status = line->row->command->apply(build, build->b->object, line);
	build->at = NULL;
	if (status == CYG_NOMEM || build->status != CYG_OK)
		return CYG_NOMEM;
	if (status != CYG_OK)
		build->b->error = true;
	return CYG_OK;
}

/* Where a finding about the whole object is told: its opening line, unless that is one of the lines that come
 * with a smart default, of which nothing is told, and somebody added lines of his own. */
static const struct cyg_args *line_of_object(const struct node *node, const struct lines *lines)
{
	if (node->opening && !node->opening->source->silent)
		return node->opening;
	for (size_t i = 0; lines && i < lines->count; i++) {
		if (!lines->items[i]->source->silent)
			return lines->items[i];
	}
	return node->opening ? node->opening : lines && lines->count ? lines->items[0] : NULL;
}

/* An object with an error says which line it is: it may be in force, if errors were skipped. */
static void name_error(struct candidate *c, const struct node *node, struct built *b)
{
	const struct config_finding *first = NULL;

	for (size_t i = 0; !first && i < b->findings.count; i++) {
		if (b->findings.items[i].severity == CONFIG_ERROR)
			first = &b->findings.items[i];
	}
	if (node->error)
		snprintf(b->missing, sizeof(b->missing), "line %u of %s has an error", node->error_line,
			 c->source->name);
	else if (first)
		snprintf(b->missing, sizeof(b->missing), "line %u has an error: %s", first->line, first->text);
}

/* --- Those inside of an object that wants to be told of them --- */

/* Does it begin with what was built of it before, and is told of changes alone? */
static bool inherits(const struct candidate *c, const struct built *before)
{
	return before && before->seen && !before->error && !(c->in_file && !c->merge);
}

struct inner_told {
	struct cyg_build *build;
	const struct grammar_mode *mode;
};

static const void *object_of(const struct node *node, bool usable)
{
	return node && !node->disabled && node->built && (node->built->usable || !usable) ? node->built->object : NULL;
}

static void inner_told(void *ctx, struct map_key key, void *before, void *after)
{
	const struct inner_told *told = ctx;
	const struct node *any = after ? after : before;
	struct cyg_inner change = { .mode = told->mode->mode,
				    .name = cyg_str(any->name),
				    .place = key.low,
				    .before = object_of(before, true),
				    .after = object_of(after, true),
				    .built_before = object_of(before, false),
				    .built_after = object_of(after, false) };
	struct built *b = told->build->b;

	if (change.before != change.after || change.built_before != change.built_after)
		b->mode->mode->inner(told->build, b->object, &change);
}

static enum cyg_status tell_inner(struct cyg_build *build, const struct built *before)
{
	const struct node *node = build->spot->node;
	struct built *b = build->b;

	b->seen = calloc(node->mode->slot_count + 1u, sizeof(b->seen[0]));
	if (!b->seen)
		return CYG_NOMEM;
	for (unsigned s = 0; s < node->mode->slot_count; s++) {
		struct inner_told told = { build, node->mode->slots[s] };

		b->seen[s] = table_ref(node_table(node, told.mode));
		table_diff(inherits(build->c, before) ? before->seen[s] : NULL, b->seen[s], inner_told, &told);
	}
	return build->status;
}

struct places {
	uint64_t *at;
	size_t count, room;
	bool failed;
};

static void note_place(void *ctx, struct map_key key, void *before, void *after)
{
	struct places *places = ctx;

	(void)before;
	if (!after || places->failed)
		return;
	if (places->count == places->room) {
		size_t room = places->room ? 2 * places->room : 16;
		uint64_t *at = realloc(places->at, room * sizeof(*at));

		if (!at) {
			places->failed = true;
			return;
		}
		places->at = at;
		places->room = room;
	}
	places->at[places->count++] = key.low;
}

/* Building may copy tables on the way, so what has changed is looked up before. */
enum cyg_status build_inner(struct candidate *c, struct spot *spot, const struct grammar_mode *mode,
			    const struct table *before,
			    enum cyg_status (*deeper)(struct candidate *c, struct spot *spot, const struct node *before))
{
	struct places places = { 0 };
	enum cyg_status status = CYG_OK;

	table_diff(before, node_table(spot->node, mode), note_place, &places);
	if (places.failed)
		status = CYG_NOMEM;
	for (size_t i = 0; i < places.count && status != CYG_NOMEM; i++) {
		struct node *node = map_get(&node_table(spot->node, mode)->places, (struct map_key){ 0, places.at[i] });
		struct spot inner = { .up = spot, .mode = mode, .place = places.at[i], .node = node };

		status = build_ensure(c, &inner);
		if (deeper && status != CYG_NOMEM && inner.node->tables)
			status = deeper(c, &inner, before ? map_get(&before->places, (struct map_key){ 0, places.at[i] }) : NULL);
	}
	free(places.at);
	return status == CYG_NOMEM ? CYG_NOMEM : CYG_OK;
}

static enum cyg_status ensure_inside(struct candidate *c, struct spot *spot)
{
	const struct grammar_mode *mode = spot->node->mode;
	enum cyg_status status = CYG_OK;

	for (unsigned s = 0; s < mode->slot_count && status == CYG_OK; s++) {
		const struct built *b = spot->node->built;

		status = build_inner(c, spot, mode->slots[s], b && b->seen ? b->seen[s] : NULL, NULL);
	}
	return status;
}

/* --- One object --- */

static enum cyg_status build_node(struct candidate *c, struct spot *spot)
{
	struct node *node = spot->node;
	const struct cyg_mode *mode = node->mode->mode;
	struct cyg_build build = { .c = c, .spot = spot };
	struct built *b;
	enum cyg_status status = built_new(c, spot, &b);

	if (status != CYG_OK)
		return status;
	build.b = b;
	build.line = node->opening;
	if (mode->init)
		mode->init(b->object, cyg_str(b->name));
	if (mode->inherit && inherits(c, node->built))
		mode->inherit(b->object, node->built->object);
	if (node->opening)
		status = apply_line(&build, node->opening);
	for (size_t i = 0; status == CYG_OK && b->lines && i < b->lines->count; i++)
		status = apply_line(&build, b->lines->items[i]);
	build.line = line_of_object(node, b->lines);
	b->error |= node->error;
	if (status == CYG_OK && mode->inner)
		status = tell_inner(&build, node->built);
	if (status == CYG_OK && !b->error && mode->check)
		mode->check(&build, b->object, cyg_str(b->name));
	if (status == CYG_OK)
		status = build.status;
	if (status != CYG_OK) {
		built_unref(b);
		return status;
	}
	if (b->error)
		name_error(c, node, b);
	b->usable = !b->error && !b->missing[0];
	if (c->base && spot->up) {
		status = node->built ? depend_remove(c, node->built) : CYG_OK;
		if (status == CYG_OK)
			status = depend_add(c, b);
		if (status != CYG_OK) {
			built_unref(b);
			return status;
		}
	}
	built_unref(node->built);
	node->built = b;
	return CYG_OK;
}

static void tell_again(struct candidate *c, const struct built *b)
{
	for (size_t i = 0; i < b->findings.count; i++) {
		const struct config_finding *f = &b->findings.items[i];

		findings_add(c->findings, f->severity, f->line, f->column, f->code, "%s", f->text);
	}
}

enum cyg_status build_ensure(struct candidate *c, struct spot *spot)
{
	struct build_frame frame = { .up = c->frames, .node = spot->node };
	enum cyg_status status = CYG_OK;
	unsigned depth = 0;

	if (spot->node->disabled || spot->node->mode->plugin)
		return CYG_NOT_FOUND;
	if (spot->node->checked == c->edit)
		return CYG_OK;
	for (const struct build_frame *f = c->frames; f; f = f->up) {
		if (f->node == spot->node || ++depth > 64)
			return CYG_BUSY;
	}
	c->frames = &frame;
	if (spot->node->mode->mode->inner)
		status = ensure_inside(c, spot);
	if (status != CYG_OK) {
		c->frames = frame.up;
		return status;
	}
	if (spot->node->built && still_good(c, spot, spot->node->built)) {
		if (c->in_file && !c->merge)
			tell_again(c, spot->node->built);
	} else {
		status = build_own(c, spot);
		frame.node = spot->node;
		if (status == CYG_OK)
			status = build_node(c, spot);
	}
	if (status == CYG_OK)
		spot->node->checked = c->edit;
	c->frames = frame.up;
	return status;
}
