/* SPDX-License-Identifier: MIT */
/*
 * Modes whose objects are called NAME NUMBER: a reference to NAME means all of them, in order of their numbers.
 */
#include "config/building.h"

#include <stdio.h>

/* Where a node stands in NAME's sequence: one more than its number; 0: it is none of them. */
static uint64_t step_of(const struct node *node, struct cyg_str name)
{
	struct cyg_str whole = cyg_str(node->name);
	uint64_t number;

	if (node->disabled || whole.len <= name.len + 1 || whole.ptr[name.len] != ' ' ||
	    !cyg_str_equal(cyg_str_head(whole, name.len), name) ||
	    cyg_str_to_u64(cyg_str_tail(whole, name.len + 1), 0, UINT32_MAX, &number) != CYG_OK)
		return 0;
	return number + 1;
}

const struct node *build_sequence_next(const struct candidate *c, const struct grammar_mode *mode,
				       struct cyg_str name, uint64_t *at, size_t *count)
{
	const struct table *table =
		mode && mode->parent == c->grammar->global ? node_table(c->root, mode) : NULL;
	uint64_t hash = sequence_hash(name), lowest = UINT64_MAX, step;
	struct map_key key = { hash, 0 };
	const struct node *best = NULL, *node;

	*count = 0;
	for (; table && map_next(&table->names, &key) && key.high == hash; key.low++) {
		node = map_get(&table->places, (struct map_key){ 0, key.low });
		step = node ? step_of(node, name) : 0;
		if (step <= *at)
			continue;
		(*count)++;
		if (step < lowest) {
			lowest = step;
			best = node;
		}
	}
	*at = lowest;
	return best;
}

size_t cyg_build_sequence(struct cyg_build *build, const char *mode, struct cyg_str name,
			  const void **out, size_t room)
{
	const struct grammar_mode *to = grammar_mode(build->c->grammar, mode);
	struct need *need = build_need(build, NEED_COUNT, to, name);
	const struct node *node;
	uint64_t at = 0;
	size_t count, left;

	if (!need)
		return 0;
	node = build_sequence_next(build->c, to, name, &at, &count);
	need->n = count;
	for (size_t i = 0; node && i < room; i++) {
		char whole[2 * CONFIG_NAME_MAX];

		/* Building may replace the node, and its name with it. */
		snprintf(whole, sizeof(whole), "%s", node->name);
		out[i] = cyg_build_object(build, mode, cyg_str(whole));
		node = build_sequence_next(build->c, to, name, &at, &left);
	}
	return count;
}
