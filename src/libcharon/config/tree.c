/* SPDX-License-Identifier: MIT */
/*
 * Nodes and tables: copying before writing.
 */
#include "config/tree.h"
#include "config/build.h"

#include <stdlib.h>

struct source *source_new(const char *name, bool silent)
{
	size_t len = strlen(name);
	struct source *source = malloc(sizeof(*source) + len + 1);

	if (!source)
		return NULL;
	atomic_init(&source->refs, 1);
	source->silent = silent;
	memcpy(source->name, name, len + 1);
	return source;
}

void source_unref(struct source *source)
{
	if (source && atomic_fetch_sub_explicit(&source->refs, 1, memory_order_acq_rel) == 1)
		free(source);
}

static void take(atomic_uint *refs)
{
	atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

static bool dropped_last(atomic_uint *refs)
{
	return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

/* --- Tables --- */

static void ref_node(void *node)
{
	(void)node_ref(node);
}

static void unref_node(void *node)
{
	node_unref(node);
}

static const struct map_class nodes = { ref_node, unref_node };

struct table *table_ref(struct table *table)
{
	if (table)
		take(&table->refs);
	return table;
}

void table_unref(struct table *table)
{
	if (!table || !dropped_last(&table->refs))
		return;
	map_done(&table->places);
	map_done(&table->names);
	free(table);
}

static struct map_key by_name(const struct node *node)
{
	return (struct map_key){ map_hash(0, cyg_str(node->name)), node->place };
}

/* Of objects called NAME NUMBER also under NAME alone. */
static struct map_key by_sequence(const struct node *node)
{
	return (struct map_key){ sequence_hash(node_sequence(node)), node->place };
}

/* A table of the node for its inner mode that may be written to. */
static enum cyg_status own_table(struct node *node, const struct grammar_mode *inner,
				 struct table **out)
{
	struct table **where, *old, *table;

	if (!node->tables) {
		node->tables = calloc(node->mode->slot_count, sizeof(node->tables[0]));
		if (!node->tables)
			return CYG_NOMEM;
	}
	where = &node->tables[inner->slot];
	old = *where;
	if (old && old->edit == node->edit) {
		*out = old;
		return CYG_OK;
	}
	table = calloc(1, sizeof(*table));
	if (!table)
		return CYG_NOMEM;
	atomic_init(&table->refs, 1);
	table->edit = node->edit;
	table->places.class = &nodes;
	if (old) {
		table->next = old->next;
		map_copy(&table->places, &old->places);
		map_copy(&table->names, &old->names);
		table_unref(old);
	}
	*where = table;
	*out = table;
	return CYG_OK;
}

/* --- Nodes --- */

struct node *node_ref(struct node *node)
{
	take(&node->refs);
	return node;
}

void node_unref(struct node *node)
{
	if (!node || !dropped_last(&node->refs))
		return;
	for (unsigned i = 0; node->tables && i < node->mode->slot_count; i++)
		table_unref(node->tables[i]);
	free(node->tables);
	if (node->opening)
		statement_unref(node->opening);
	lines_unref(node->lines);
	built_unref(node->built);
	free(node->name);
	free(node);
}

enum cyg_status node_new(const struct grammar_mode *mode, struct cyg_str name, uint64_t edit,
			 struct node **out)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return CYG_NOMEM;
	atomic_init(&node->refs, 1);
	node->edit = edit;
	node->mode = mode;
	node->name = cyg_str_dup(name);
	if (!node->name) {
		free(node);
		return CYG_NOMEM;
	}
	*out = node;
	return CYG_OK;
}

enum cyg_status node_copy(const struct node *node, uint64_t edit, struct node **out)
{
	struct node *copy;
	enum cyg_status status = node_new(node->mode, cyg_str(node->name), edit, &copy);

	if (status != CYG_OK)
		return status;
	copy->place = node->place;
	copy->smart = node->smart;
	copy->disabled = node->disabled;
	copy->error = node->error;
	copy->error_line = node->error_line;
	copy->checked = node->checked;
	if (node->opening)
		copy->opening = statement_ref(node->opening);
	if (node->lines) {
		take(&node->lines->refs);
		copy->lines = node->lines;
	}
	if (node->built)
		copy->built = built_ref(node->built);
	if (node->tables) {
		copy->tables = calloc(node->mode->slot_count, sizeof(copy->tables[0]));
		if (!copy->tables) {
			node_unref(copy);
			return CYG_NOMEM;
		}
		for (unsigned i = 0; i < node->mode->slot_count; i++)
			copy->tables[i] = table_ref(node->tables[i]);
	}
	*out = copy;
	return CYG_OK;
}

void node_open(struct node *node, const struct cyg_args *line)
{
	const struct cyg_args *old = node->opening;

	node->opening = statement_ref(line);
	statement_unref(old);
}

void node_reset(struct node *node, const struct node *origin)
{
	if (origin->lines)
		take(&origin->lines->refs);
	lines_unref(node->lines);
	node->lines = origin->lines;
	if (origin->opening)
		node_open(node, origin->opening);
	for (unsigned i = 0; node->tables && i < node->mode->slot_count; i++) {
		table_unref(node->tables[i]);
		node->tables[i] = NULL;
	}
	node->smart = true;
	node->disabled = node->error = false;
}

void node_spoil(struct node *node, uint32_t line)
{
	if (!node->error)
		node->error_line = line;
	node->error = true;
}

void node_disable(struct node *node)
{
	lines_unref(node->lines);
	node->lines = NULL;
	node->disabled = true;
}

struct node *node_find(const struct node *node, const struct grammar_mode *inner, struct cyg_str name)
{
	const struct table *table = node_table(node, inner);
	struct map_key key = { map_hash(0, name), 0 };
	uint64_t hash = key.high;

	for (; table && map_next(&table->names, &key) && key.high == hash; key.low++) {
		struct node *found = map_get(&table->places, (struct map_key){ 0, key.low });

		if (found && cyg_str_equal(cyg_str(found->name), name))
			return found;
	}
	return NULL;
}

const struct node *node_before(const struct node *around, const struct node *old, const struct node *node)
{
	if (around && (!old || strcmp(old->name, node->name) != 0))
		return node_find(around, node->mode, cyg_str(node->name));
	return old;
}

enum cyg_status node_own_at(struct node *parent, const struct grammar_mode *inner, uint64_t place,
			    struct node **out)
{
	struct table *table = node_table(parent, inner);
	struct map_key key = { 0, place };
	struct node *node = map_get(&table->places, key), *copy;
	enum cyg_status status;

	if (node->edit == parent->edit && table->edit == parent->edit) {
		*out = node;
		return CYG_OK;
	}
	status = own_table(parent, inner, &table);
	if (status != CYG_OK)
		return status;
	status = node_copy(node, parent->edit, &copy);
	if (status != CYG_OK)
		return status;
	status = map_put(&table->places, parent->edit, key, copy);
	if (status != CYG_OK) {
		node_unref(copy);
		return status;
	}
	*out = copy;
	return CYG_OK;
}

enum cyg_status node_own(struct node *parent, const struct grammar_mode *inner, struct cyg_str name,
			 bool create, struct node **out, bool *created)
{
	struct table *table;
	struct node *node = node_find(parent, inner, name);
	enum cyg_status status;

	*created = false;
	if (node)
		return node_own_at(parent, inner, node->place, out);
	*out = NULL;
	if (!create)
		return CYG_OK;
	status = own_table(parent, inner, &table);
	if (status != CYG_OK)
		return status;
	status = node_new(inner, name, parent->edit, &node);
	if (status != CYG_OK)
		return status;
	node->place = table->next++;
	/* Of the names only that they are there counts; a place where nothing is comes to nothing. */
	status = map_put(&table->names, parent->edit, by_name(node), table);
	if (status == CYG_OK && inner->mode->sequence)
		status = map_put(&table->names, parent->edit, by_sequence(node), table);
	if (status == CYG_OK)
		status = map_put(&table->places, parent->edit, (struct map_key){ 0, node->place }, node);
	if (status != CYG_OK) {
		node_unref(node);
		return status;
	}
	*out = node;
	*created = true;
	return CYG_OK;
}

enum cyg_status node_remove(struct node *parent, const struct grammar_mode *inner, uint64_t place)
{
	struct map_key key = { 0, place };
	const struct node *node;
	struct table *table;
	enum cyg_status status = own_table(parent, inner, &table);

	if (status != CYG_OK)
		return status;
	node = map_get(&table->places, key);
	status = map_take(&table->names, parent->edit, by_name(node));
	if (status == CYG_OK && inner->mode->sequence)
		status = map_take(&table->names, parent->edit, by_sequence(node));
	return status == CYG_OK ? map_take(&table->places, parent->edit, key) : status;
}
