/* SPDX-License-Identifier: MIT */
/*
 * Nodes, tables and lines: copying before writing.
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

/* --- Lines --- */

void lines_unref(struct lines *lines)
{
	if (!lines || !dropped_last(&lines->refs))
		return;
	for (size_t i = 0; i < lines->count; i++)
		statement_unref(lines->items[i]);
	free(lines);
}

struct lines *lines_ref(struct lines *lines)
{
	if (lines)
		take(&lines->refs);
	return lines;
}

bool lines_equal(const struct lines *a, const struct lines *b, bool places)
{
	size_t count = a ? a->count : 0;

	if (a == b)
		return true;
	if (count != (b ? b->count : 0))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!statement_equal(a->items[i], b->items[i]))
			return false;
		if (places && (a->items[i]->line != b->items[i]->line ||
			       strcmp(a->items[i]->source->name, b->items[i]->source->name) != 0))
			return false;
	}
	return true;
}

/* Lines of the node that may be written to, with room for one more. */
static enum cyg_status own_lines(struct node *node)
{
	struct lines *old = node->lines, *lines;
	size_t count = old ? old->count : 0, capacity;

	if (old && old->edit == node->edit) {
		if (count < old->capacity)
			return CYG_OK;
		capacity = 2 * count;
		lines = realloc(old, sizeof(*lines) + capacity * sizeof(lines->items[0]));
		if (!lines)
			return CYG_NOMEM;
		lines->capacity = capacity;
		node->lines = lines;
		return CYG_OK;
	}
	capacity = count + 4;
	lines = malloc(sizeof(*lines) + capacity * sizeof(lines->items[0]));
	if (!lines)
		return CYG_NOMEM;
	atomic_init(&lines->refs, 1);
	lines->edit = node->edit;
	lines->count = count;
	lines->capacity = capacity;
	for (size_t i = 0; i < count; i++)
		lines->items[i] = statement_ref(old->items[i]);
	lines_unref(old);
	node->lines = lines;
	return CYG_OK;
}

size_t node_line_of(const struct node *node, const struct grammar_row *row)
{
	for (size_t i = 0; node->lines && i < node->lines->count; i++) {
		if (node->lines->items[i]->row == row)
			return i;
	}
	return SIZE_MAX;
}

enum cyg_status node_add_line(struct node *node, const struct cyg_args *line, size_t replace)
{
	enum cyg_status status = own_lines(node);
	struct lines *lines = node->lines;
	size_t at;

	if (status != CYG_OK)
		return status;
	if (replace != SIZE_MAX) {
		statement_unref(lines->items[replace]);
		lines->items[replace] = statement_ref(line);
		return CYG_OK;
	}
	for (at = lines->count; at > 0 && lines->items[at - 1]->row->index > line->row->index; at--)
		lines->items[at] = lines->items[at - 1];
	lines->items[at] = statement_ref(line);
	lines->count++;
	return CYG_OK;
}

enum cyg_status node_remove_line(struct node *node, size_t index)
{
	enum cyg_status status = own_lines(node);
	struct lines *lines = node->lines;

	if (status != CYG_OK)
		return status;
	statement_unref(lines->items[index]);
	lines->count--;
	memmove(&lines->items[index], &lines->items[index + 1],
		(lines->count - index) * sizeof(lines->items[0]));
	return CYG_OK;
}

/* --- Tables --- */

static void table_unref(struct table *table)
{
	if (!table || !dropped_last(&table->refs))
		return;
	for (size_t i = 0; i < table->count; i++)
		node_unref(table->items[i]);
	free(table->items);
	free(table->buckets);
	free(table);
}

static uint32_t hash(struct cyg_str name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (uint8_t)name.ptr[i]) * 16777619u;
	return h ^ h >> 15;
}

static void index_add(struct table *table, size_t i)
{
	size_t at = hash(cyg_str(table->items[i]->name)) & (table->bucket_count - 1);

	while (table->buckets[at])
		at = (at + 1) & (table->bucket_count - 1);
	table->buckets[at] = (uint32_t)i + 1;
}

static void index_all(struct table *table)
{
	memset(table->buckets, 0, table->bucket_count * sizeof(table->buckets[0]));
	for (size_t i = 0; i < table->count; i++)
		index_add(table, i);
}

static size_t table_find(const struct table *table, struct cyg_str name)
{
	size_t at;

	if (!table || table->count == 0)
		return SIZE_MAX;
	for (at = hash(name) & (table->bucket_count - 1); table->buckets[at];
	     at = (at + 1) & (table->bucket_count - 1)) {
		size_t i = table->buckets[at] - 1;

		if (cyg_str_equal(cyg_str(table->items[i]->name), name))
			return i;
	}
	return SIZE_MAX;
}

static enum cyg_status table_new(size_t capacity, uint64_t edit, struct table **out)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return CYG_NOMEM;
	atomic_init(&table->refs, 1);
	table->edit = edit;
	table->capacity = 4;
	while (table->capacity < capacity)
		table->capacity *= 2;
	table->bucket_count = 2 * table->capacity;
	table->items = calloc(table->capacity, sizeof(table->items[0]));
	table->buckets = calloc(table->bucket_count, sizeof(table->buckets[0]));
	if (!table->items || !table->buckets) {
		table_unref(table);
		return CYG_NOMEM;
	}
	*out = table;
	return CYG_OK;
}

/* A table of the node for its inner mode that may be written to, with room for one more. */
static enum cyg_status own_table(struct node *node, const struct grammar_mode *inner,
				 struct table **out)
{
	struct table **where, *old, *table;
	enum cyg_status status;

	if (!node->tables) {
		node->tables = calloc(node->mode->slot_count, sizeof(node->tables[0]));
		if (!node->tables)
			return CYG_NOMEM;
	}
	where = &node->tables[inner->slot];
	old = *where;
	if (old && old->edit == node->edit && old->count < old->capacity) {
		*out = old;
		return CYG_OK;
	}
	status = table_new(old ? old->count + 1 : 4, node->edit, &table);
	if (status != CYG_OK)
		return status;
	for (size_t i = 0; old && i < old->count; i++)
		table->items[i] = node_ref(old->items[i]);
	table->count = old ? old->count : 0;
	if (old && old->bucket_count == table->bucket_count)
		memcpy(table->buckets, old->buckets,
		       table->bucket_count * sizeof(table->buckets[0]));
	else
		index_all(table);
	table_unref(old);
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
		for (unsigned i = 0; i < node->mode->slot_count; i++) {
			if (node->tables[i]) {
				take(&node->tables[i]->refs);
				copy->tables[i] = node->tables[i];
			}
		}
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

struct node *node_find(const struct node *node, const struct grammar_mode *inner,
		       struct cyg_str name, size_t *index)
{
	struct table *table = node_table(node, inner);
	size_t i = table_find(table, name);

	if (i == SIZE_MAX)
		return NULL;
	if (index)
		*index = i;
	return table->items[i];
}

enum cyg_status node_own_nth(struct node *parent, const struct grammar_mode *inner, size_t index,
			     struct node **out)
{
	struct table *table = node_table(parent, inner);
	struct node *copy;
	enum cyg_status status;

	if (table->items[index]->edit == parent->edit && table->edit == parent->edit) {
		*out = table->items[index];
		return CYG_OK;
	}
	status = own_table(parent, inner, &table);
	if (status != CYG_OK)
		return status;
	status = node_copy(table->items[index], parent->edit, &copy);
	if (status != CYG_OK)
		return status;
	node_unref(table->items[index]);
	table->items[index] = copy;
	*out = copy;
	return CYG_OK;
}

enum cyg_status node_own(struct node *parent, const struct grammar_mode *inner, struct cyg_str name,
			 bool create, struct node **out, bool *created)
{
	size_t index;
	struct table *table;
	struct node *node;
	enum cyg_status status;

	*created = false;
	if (node_find(parent, inner, name, &index))
		return node_own_nth(parent, inner, index, out);
	*out = NULL;
	if (!create)
		return CYG_OK;
	status = own_table(parent, inner, &table);
	if (status != CYG_OK)
		return status;
	status = node_new(inner, name, parent->edit, &node);
	if (status != CYG_OK)
		return status;
	table->items[table->count] = node;
	index_add(table, table->count++);
	*out = node;
	*created = true;
	return CYG_OK;
}

enum cyg_status node_remove(struct node *parent, const struct grammar_mode *inner, size_t index)
{
	struct table *table;
	enum cyg_status status = own_table(parent, inner, &table);

	if (status != CYG_OK)
		return status;
	node_unref(table->items[index]);
	table->count--;
	memmove(&table->items[index], &table->items[index + 1],
		(table->count - index) * sizeof(table->items[0]));
	index_all(table);
	return CYG_OK;
}
