/* SPDX-License-Identifier: MIT */
/*
 * The lines of a node: in the order in which they are shown, and, when there are many, found by what makes two of them the
 * same, so that a list of any length is read in proportion to it.
 */
#include "config/tree.h"

#include <stdlib.h>

#define LINES_INDEXED 64 /* so many are found faster by an index than by looking at each */

struct lines *lines_ref(struct lines *lines)
{
	if (lines)
		atomic_fetch_add_explicit(&lines->refs, 1, memory_order_relaxed);
	return lines;
}

void lines_unref(struct lines *lines)
{
	if (!lines || atomic_fetch_sub_explicit(&lines->refs, 1, memory_order_acq_rel) != 1)
		return;
	map_done(&lines->same);
	map_done(&lines->numbers);
	for (size_t i = 0; i < lines->count; i++)
		statement_unref(lines->items[i]);
	free(lines);
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

/* --- Finding --- */

const struct cyg_args *lines_find(const struct lines *lines, const struct cyg_args *s,
				  bool (*is)(const struct cyg_args *have, const struct cyg_args *s))
{
	const struct map *map;
	const struct cyg_args *have;
	struct map_key key;
	uint64_t high;

	if (!lines || !lines->same.root) {
		for (size_t i = 0; lines && i < lines->count; i++) {
			if (is(lines->items[i], s))
				return lines->items[i];
		}
		return NULL;
	}
	/* `no 10` has none of the words of entry 10. */
	map = statement_number(s) ? &lines->numbers : &lines->same;
	high = statement_number(s) ? statement_number(s) : statement_hash(s);
	key = (struct map_key){ high, 0 };
	for (; (have = map_next(map, &key)) && key.high == high; key.low++) {
		if (is(have, s))
			return have;
	}
	return NULL;
}

bool lines_hold(const struct lines *lines, const struct cyg_args *s)
{
	return lines_find(lines, s, statement_equal) != NULL;
}

uint64_t lines_last_number(const struct lines *lines)
{
	size_t numbered = lines ? map_count(&lines->numbers) : 0;
	uint64_t last = 0;

	if (numbered)
		return statement_number(map_nth(&lines->numbers, numbered - 1));
	if (lines && lines->same.root)
		return 0;
	for (size_t i = 0; lines && i < lines->count; i++) {
		uint64_t number = statement_number(lines->items[i]);

		if (last < number)
			last = number;
	}
	return last;
}

static size_t index_of(const struct lines *lines, const struct cyg_args *line)
{
	size_t i = 0;

	while (lines->items[i] != line)
		i++;
	return i;
}

/* --- The index --- */

/* Behind those that are the same, so that the first of them is found first. */
static enum cyg_status index_one(struct lines *lines, const struct cyg_args *line)
{
	uint64_t number = statement_number(line), serial = lines->serial++;
	enum cyg_status status = map_put(&lines->same, lines->edit, (struct map_key){ statement_hash(line), serial }, (void *)line);

	if (status == CYG_OK && number)
		status = map_put(&lines->numbers, lines->edit, (struct map_key){ number, serial }, (void *)line);
	return status;
}

/* Puts another line (NULL: none) in its place. */
static enum cyg_status swap_in(struct map *map, uint64_t stamp, uint64_t high, const struct cyg_args *old, const struct cyg_args *line)
{
	struct map_key key = { high, 0 };

	while (map_next(map, &key) != old)
		key.low++;
	return line ? map_put(map, stamp, key, (void *)line) : map_take(map, stamp, key);
}

/* `line` is the same as `old`, or NULL. */
static enum cyg_status index_swap(struct lines *lines, const struct cyg_args *old, const struct cyg_args *line)
{
	uint64_t number = statement_number(old);
	enum cyg_status status = CYG_OK;

	if (!lines->same.root)
		return CYG_OK;
	status = swap_in(&lines->same, lines->edit, statement_hash(old), old, line);
	return status == CYG_OK && number ? swap_in(&lines->numbers, lines->edit, number, old, line) : status;
}

/* If they have become many. */
static enum cyg_status index_all(struct lines *lines)
{
	enum cyg_status status = CYG_OK;

	for (size_t i = 0; lines->count >= LINES_INDEXED && i < lines->count && status == CYG_OK; i++)
		status = index_one(lines, lines->items[i]);
	return status;
}

/* --- Changing --- */

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
	lines = calloc(1, sizeof(*lines) + capacity * sizeof(lines->items[0]));
	if (!lines)
		return CYG_NOMEM;
	atomic_init(&lines->refs, 1);
	lines->edit = node->edit;
	lines->count = count;
	lines->capacity = capacity;
	for (size_t i = 0; i < count; i++)
		lines->items[i] = statement_ref(old->items[i]);
	if (old) {
		map_copy(&lines->same, &old->same);
		map_copy(&lines->numbers, &old->numbers);
		lines->serial = old->serial;
	}
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

enum cyg_status node_add_line(struct node *node, const struct cyg_args *line)
{
	enum cyg_status status = own_lines(node);
	struct lines *lines = node->lines;
	size_t at;

	if (status == CYG_OK && lines->same.root)
		status = index_one(lines, line);
	if (status != CYG_OK)
		return status;
	for (at = lines->count; at > 0 && lines->items[at - 1]->row->index > line->row->index; at--)
		lines->items[at] = lines->items[at - 1];
	lines->items[at] = statement_ref(line);
	lines->count++;
	return lines->same.root ? CYG_OK : index_all(lines);
}

enum cyg_status node_replace_line(struct node *node, const struct cyg_args *old, const struct cyg_args *line)
{
	enum cyg_status status = own_lines(node);
	struct lines *lines = node->lines;

	if (status == CYG_OK)
		status = index_swap(lines, old, line);
	if (status != CYG_OK)
		return status;
	lines->items[index_of(lines, old)] = statement_ref(line);
	statement_unref(old);
	return CYG_OK;
}

enum cyg_status node_remove_line(struct node *node, const struct cyg_args *line)
{
	enum cyg_status status = own_lines(node);
	struct lines *lines = node->lines;
	size_t index;

	if (status == CYG_OK)
		status = index_swap(lines, line, NULL);
	if (status != CYG_OK)
		return status;
	index = index_of(lines, line);
	lines->count--;
	memmove(&lines->items[index], &lines->items[index + 1], (lines->count - index) * sizeof(lines->items[0]));
	statement_unref(line);
	return CYG_OK;
}

enum cyg_status node_remove_lines(struct node *node, const struct cyg_args *s,
				  bool (*is)(const struct cyg_args *have, const struct cyg_args *s), bool *any)
{
	enum cyg_status status;
	struct lines *lines;
	size_t kept = 0;

	*any = false;
	for (size_t i = 0; node->lines && i < node->lines->count && !*any; i++)
		*any = is(node->lines->items[i], s);
	if (!*any)
		return CYG_OK;
	status = own_lines(node);
	if (status != CYG_OK)
		return status;
	lines = node->lines;
	map_done(&lines->same);
	map_done(&lines->numbers);
	for (size_t i = 0; i < lines->count; i++) {
		if (is(lines->items[i], s))
			statement_unref(lines->items[i]);
		else
			lines->items[kept++] = lines->items[i];
	}
	lines->count = kept;
	return index_all(lines);
}
