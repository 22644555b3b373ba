/* SPDX-License-Identifier: MIT */
/*
 * From a candidate to a snapshot. Of a file everything is built; of what was changed on top of a snapshot, what was written to,
 * and what asked for something that is no longer the same.
 */
#include "config/building.h"

#include <stdlib.h>

/* Everything inside of the node. */
static enum cyg_status walk(struct candidate *c, struct spot *spot)
{
	const struct grammar_mode *mode = spot->node->mode;
	enum cyg_status status = CYG_OK;
	struct node *node;

	for (unsigned s = 0; s < mode->slot_count; s++) {
		for (uint64_t at = 0; (node = table_next(node_table(spot->node, mode->slots[s]), &at));) {
			struct spot inner = { .up = spot, .mode = mode->slots[s], .place = node->place, .node = node };

			status = build_ensure(c, &inner);
			if (status != CYG_NOMEM && inner.node->tables)
				status = walk(c, &inner);
			if (status == CYG_NOMEM)
				return status;
		}
	}
	return CYG_OK;
}

/* --- On top of a snapshot --- */

/* An object at the top that is to be looked at. */
struct visit {
	struct visit *next;
	const struct grammar_mode *mode;
	bool whole; /* everything inside of it, too */
	char name[];
};

struct following {
	struct candidate *c;
	struct visit *first, **last; /* in order; what was looked at stays until the end */
	struct map known;
	enum cyg_status status;
};

static void look_at(struct following *f, const struct grammar_mode *mode, struct cyg_str name, bool whole)
{
	struct map_key key = { map_hash(2 * (uint64_t)mode->slot + whole, name), 0 };
	uint64_t hash = key.high;
	struct visit *visit;

	for (; (visit = map_next(&f->known, &key)) && key.high == hash; key.low++) {
		if (visit->mode == mode && visit->whole == whole && cyg_str_equal(cyg_str(visit->name), name))
			return;
	}
	if (f->status != CYG_OK)
		return;
	visit = malloc(sizeof(*visit) + name.len + 1);
	if (!visit) {
		f->status = CYG_NOMEM;
		return;
	}
	*visit = (struct visit){ .mode = mode, .whole = whole };
	memcpy(visit->name, name.ptr, name.len);
	visit->name[name.len] = '\0';
	*f->last = visit;
	f->last = &visit->next;
	key = (struct map_key){ hash, (uintptr_t)visit };
	f->status = map_put(&f->known, f->c->edit, key, visit);
}

static void look_at_asker(void *ctx, const struct built *who)
{
	if (who->top_mode)
		look_at(ctx, who->top_mode, cyg_str(who->top_name), true);
	else
		look_at(ctx, who->mode, cyg_str(who->name), false);
}

/* What is no longer there asks for nothing. */
static void forget(struct following *f, const struct node *node)
{
	const struct node *inner;

	if (node->built && f->status == CYG_OK)
		f->status = depend_remove(f->c, node->built);
	for (unsigned s = 0; node->tables && s < node->mode->slot_count; s++) {
		for (uint64_t at = 0; (inner = table_next(node->tables[s], &at));)
			forget(f, inner);
	}
}

static void inner_written(void *ctx, struct map_key key, void *before, void *after)
{
	(void)key;
	if (before && !after)
		forget(ctx, before);
}

static void written(void *ctx, struct map_key key, void *before, void *after)
{
	struct following *f = ctx;
	const struct node *any = after ? after : before, *old = before, *new = after;

	(void)key;
	look_at(f, any->mode, cyg_str(any->name), false);
	if (!new)
		forget(f, old);
	for (unsigned s = 0; new && old && s < any->mode->slot_count; s++)
		table_diff(node_table(old, any->mode->slots[s]), node_table(new, any->mode->slots[s]), inner_written, f);
}

/* Those inside of an object that were written to. */
static enum cyg_status walk_written(struct candidate *c, struct spot *spot, const struct node *before)
{
	const struct grammar_mode *mode = spot->node->mode;
	enum cyg_status status = CYG_OK;

	if (!before)
		return walk(c, spot);
	for (unsigned s = 0; s < mode->slot_count && status == CYG_OK; s++)
		status = build_inner(c, spot, mode->slots[s], node_table(before, mode->slots[s]), walk_written);
	return status;
}

/* NAME of NAME NUMBER. */
static struct cyg_str sequence_of(struct cyg_str name)
{
	size_t len = name.len;

	while (len && name.ptr[len - 1] != ' ')
		len--;
	return cyg_str_head(name, len ? len - 1 : 0);
}

static const struct built *built_now(const struct node *node)
{
	return node && !node->disabled ? node->built : NULL;
}

static void visit(struct following *f, const struct visit *v)
{
	struct candidate *c = f->c;
	struct cyg_str name = cyg_str(v->name);
	const struct node *before = node_find(c->base->root, v->mode, name);
	struct spot root = build_root(c), spot = { .up = &root, .mode = v->mode, .node = node_find(c->root, v->mode, name) };
	const struct built *was = built_now(before), *now;
	enum cyg_status status = CYG_OK;
	bool there;

	if (spot.node) {
		spot.place = spot.node->place;
		status = v->whole ? walk(c, &spot) : walk_written(c, &spot, before);
		if (status == CYG_OK)
			status = build_ensure(c, &spot);
	}
	if (status == CYG_NOMEM) {
		f->status = status;
		return;
	}
	now = built_now(spot.node);
	there = spot.node && !spot.node->disabled;
	if (was != now) {
		depend_each(c, v->mode, name, false, look_at_asker, f);
		depend_each(c, v->mode, CYG_STR(""), false, look_at_asker, f);
	}
	if (there != (before && !before->disabled) || (was && was->usable) != (now && now->usable)) {
		depend_each(c, v->mode, name, true, look_at_asker, f);
		if (v->mode->mode->sequence)
			depend_each(c, v->mode, sequence_of(name), true, look_at_asker, f);
	}
}

static enum cyg_status follow(struct candidate *c)
{
	struct following f = { .c = c };
	const struct grammar_mode *mode = c->root->mode;

	f.last = &f.first;
	map_copy(&c->dependents, &c->base->dependents);
	for (unsigned s = 0; s < mode->slot_count; s++)
		table_diff(node_table(c->base->root, mode->slots[s]), node_table(c->root, mode->slots[s]), written, &f);
	for (const struct visit *v = f.first; v && f.status == CYG_OK; v = v->next)
		visit(&f, v);
	map_done(&f.known);
	while (f.first) {
		struct visit *next = f.first->next;

		free(f.first);
		f.first = next;
	}
	return f.status;
}

/* --- Of a file --- */

static enum cyg_status add_all(struct candidate *c, const struct node *node)
{
	enum cyg_status status = CYG_OK;
	const struct node *inner;

	for (unsigned s = 0; node->tables && s < node->mode->slot_count; s++) {
		for (uint64_t at = 0; status == CYG_OK && (inner = table_next(node->tables[s], &at));) {
			if (inner->built)
				status = depend_add(c, inner->built);
			if (status == CYG_OK)
				status = add_all(c, inner);
		}
	}
	return status;
}

enum cyg_status candidate_commit(struct candidate *c, struct cyg_config **out)
{
	struct spot root = build_root(c);
	struct cyg_config *config;
	enum cyg_status status = c->base ? follow(c) : walk(c, &root);

	if (status == CYG_OK)
		status = build_ensure(c, &root);
	if (status == CYG_OK && !c->base)
		status = add_all(c, c->root);
	if (status != CYG_OK)
		return status;
	if (c->findings->errors && !c->skip_errors)
		return CYG_REFUSED;
	config = calloc(1, sizeof(*config));
	if (!config)
		return CYG_NOMEM;
	atomic_init(&config->refs, 1);
	config->grammar = config_grammar_ref(c->grammar);
	config->root = node_ref(c->root);
	map_copy(&config->dependents, &c->dependents);
	status = view_fill(config, c->base);
	if (status != CYG_OK) {
		config_unref(config);
		return status;
	}
	*out = config;
	return CYG_OK;
}

static void adopt(struct node *node, const struct node *from)
{
	struct node *inner;

	if (!node->built && from->built && build_same_line(node->opening, from->opening) &&
	    lines_equal(node->lines, from->lines, true))
		node->built = built_ref(from->built);
	for (unsigned s = 0; node->tables && s < node->mode->slot_count; s++) {
		for (uint64_t at = 0; (inner = table_next(node->tables[s], &at));) {
			const struct node *old = node_find(from, node->mode->slots[s], cyg_str(inner->name));

			/* Out of memory means that it is built again, no more. */
			if (old && node_own_at(node, node->mode->slots[s], inner->place, &inner) == CYG_OK)
				adopt(inner, old);
		}
	}
}

void candidate_adopt(struct candidate *c, const struct cyg_config *previous)
{
	if (previous && previous->grammar == c->grammar)
		adopt(c->root, previous->root);
}
