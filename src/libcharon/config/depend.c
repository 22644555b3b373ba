/* SPDX-License-Identifier: MIT */
/*
 * Who asked for what: so that of the objects that were not written to, those alone are looked at whose references lead to one
 * that was. An entry stands under the mode and the name that were asked for; all of them together are a map that snapshots
 * share.
 */
#include "config/building.h"

static void ref_built(void *item)
{
	(void)built_ref(item);
}

static void unref_built(void *item)
{
	built_unref(item);
}

static const struct map_class dependents = { ref_built, unref_built };

static uint64_t target(const struct grammar_mode *mode, struct cyg_str name, bool state)
{
	return map_hash(2 * (uint64_t)mode->slot + state, name);
}

/* Under what a need stands; false: it is for what is inside of the same object, or for nothing that can be. */
static bool key_of(const struct candidate *c, const struct built *who, const struct need *need, struct map_key *out)
{
	bool state = need->kind == NEED_NAME || need->kind == NEED_USABLE || need->kind == NEED_COUNT;

	if (need->kind == NEED_INNER || !need->mode || need->mode->parent != c->grammar->global)
		return false;
	out->high = target(need->mode, cyg_str(need->name ? need->name : ""), state);
	out->low = (uintptr_t)who;
	return true;
}

enum cyg_status depend_add(struct candidate *c, struct built *built)
{
	enum cyg_status status = CYG_OK;
	struct map_key key;

	c->dependents.class = &dependents;
	for (size_t i = 0; i < built->need_count && status == CYG_OK; i++) {
		if (!key_of(c, built, &built->needs[i], &key))
			continue;
		status = map_put(&c->dependents, c->edit, key, built_ref(built));
		if (status != CYG_OK)
			built_unref(built);
	}
	return status;
}

enum cyg_status depend_remove(struct candidate *c, const struct built *built)
{
	struct map_key key;

	for (size_t i = 0; i < built->need_count; i++) {
		/* It may have asked twice. */
		if (key_of(c, built, &built->needs[i], &key) && map_take(&c->dependents, c->edit, key) == CYG_NOMEM)
			return CYG_NOMEM;
	}
	return CYG_OK;
}

void depend_each(const struct candidate *c, const struct grammar_mode *mode, struct cyg_str name, bool state,
		 void (*tell)(void *ctx, const struct built *who), void *ctx)
{
	uint64_t hash = target(mode, name, state);
	struct map_key key = { hash, 0 };
	const struct built *who;

	for (; (who = map_next(&c->dependents, &key)) && key.high == hash; key.low++)
		tell(ctx, who);
}
