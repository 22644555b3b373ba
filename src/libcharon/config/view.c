/* SPDX-License-Identifier: MIT */
/*
 * The engine's view of a snapshot: usable objects in the order of the file. A list in which nothing differs from the snapshot
 * before is shared with it; of another one the pointers are copied, and what differs is put in its place.
 */
#include "config/build.h"

#include <stddef.h>
#include <stdlib.h>

enum which { USABLE, IDLE }; /* all its lines are good, but it is not complete, or a profile that is shut down */

/* What a list in a view points behind. */
struct list {
	atomic_uint refs;
	const void *items[];
};

struct list_kind {
	const char *mode;
	size_t list, count; /* where in the view */
	enum which which;
	bool smart_last;
	bool can_shut; /* profiles */
};

#define LIST(mode_, list_, count_, which_, last_) \
	{ mode_, offsetof(struct config_view, list_), offsetof(struct config_view, count_), which_, last_, false }
#define PROFILES(list_, count_, which_) \
	{ MODE_PROFILE, offsetof(struct config_view, list_), offsetof(struct config_view, count_), which_, false, true }

static const struct list_kind kinds[] = {
	LIST(MODE_POLICY, policies, policy_count, USABLE, true),
	LIST(MODE_POLICY, idle_policies, idle_policy_count, IDLE, false),
	PROFILES(profiles, profile_count, USABLE),
	PROFILES(idle_profiles, idle_profile_count, IDLE),
	LIST(MODE_IPSEC_PROFILE, ipsec_profiles, ipsec_profile_count, USABLE, false),
	LIST(MODE_IPSEC_PROFILE, idle_ipsec_profiles, idle_ipsec_profile_count, IDLE, false),
	LIST(MODE_KEYRING, keyrings, keyring_count, USABLE, false),
	LIST(MODE_INTERFACE, idle_interfaces, idle_interface_count, IDLE, false),
	LIST(MODE_INTERFACE, interfaces, interface_count, USABLE, false),
	LIST(MODE_AAA_AUTHORIZATION, method_lists, method_list_count, USABLE, false),
	LIST(MODE_ROUTE, routes, route_count, USABLE, false),
	LIST(MODE_TRUSTPOINT, trustpoints, trustpoint_count, USABLE, false),
};

static const void ***items_of(struct config_view *view, const struct list_kind *kind)
{
	return (const void ***)((char *)view + kind->list);
}

static size_t *count_of(struct config_view *view, const struct list_kind *kind)
{
	return (size_t *)((char *)view + kind->count);
}

static struct list *list_of(const void **items)
{
	return CYG_CONTAINER(items, struct list, items);
}

static struct list *list_new(size_t room)
{
	struct list *list = malloc(sizeof(*list) + (room + 1) * sizeof(list->items[0]));

	if (list)
		atomic_init(&list->refs, 1);
	return list;
}

static void list_unref(const void **items)
{
	if (items && atomic_fetch_sub_explicit(&list_of(items)->refs, 1, memory_order_acq_rel) == 1)
		free(list_of(items));
}

static const void *wanted(const struct node *node, const struct list_kind *kind)
{
	bool shut, good;

	if (!node || node->disabled || !node->built)
		return NULL;
	shut = kind->can_shut && ((const struct config_profile *)(const void *)node->built->object)->shutdown;
	good = kind->which == USABLE ? node->built->usable && !shut
				     : !node->built->error && (!node->built->usable || shut);
	return good ? node->built->object : NULL;
}

/* --- All of it --- */

static enum cyg_status fill(struct config_view *view, const struct list_kind *kind, const struct table *table)
{
	struct list *list = list_new(table_count(table));
	size_t *count = count_of(view, kind);
	const struct node *node;

	if (!list)
		return CYG_NOMEM;
	*count = 0;
	for (int smart = 0; smart < 2; smart++) {
		for (uint64_t at = 0; (node = table_next(table, &at));) {
			const void *object = wanted(node, kind);

			if (object && (kind->smart_last ? node->smart == (smart == 1) : smart == 0))
				list->items[(*count)++] = object;
		}
	}
	*items_of(view, kind) = list->items;
	return CYG_OK;
}

/* --- What differs --- */

struct patch {
	const struct list_kind *kind;
	const struct table *table; /* as it is now */
	const void **items;
	size_t count, room;
	bool failed; /* it has to be made anew */
};

/* The index of an object that is near `guess`; SIZE_MAX: it is not there. */
static size_t find_near(const struct patch *p, const void *object, size_t guess)
{
	/* In a list of few of the table's objects places in the table are beyond its end. */
	if (guess >= p->count)
		guess = p->count ? p->count - 1 : 0;
	for (size_t far = 0; far <= p->count; far++) {
		if (guess >= far && guess - far < p->count && p->items[guess - far] == object)
			return guess - far;
		if (guess + far < p->count && p->items[guess + far] == object)
			return guess + far;
	}
	return SIZE_MAX;
}

#define STEPS_BACK 32u

/* Where a new one belongs: behind the one that is before it in the table. */
static size_t place_for(const struct patch *p, const struct node *node, size_t rank)
{
	for (size_t back = 1; p->count && back <= rank; back++) {
		const struct node *other = table_nth(p->table, rank - back);
		const void *object = wanted(other, p->kind);

		if (back > STEPS_BACK)
			return SIZE_MAX;
		if (object && (!p->kind->smart_last || other->smart == node->smart)) {
			size_t at = find_near(p, object, rank - back);

			return at == SIZE_MAX ? at : at + 1;
		}
	}
	return p->kind->smart_last && node->smart ? p->count : 0;
}

static void patch_one(void *ctx, struct map_key key, void *before, void *after)
{
	struct patch *p = ctx;
	const void *old = wanted(before, p->kind), *new = wanted(after, p->kind);
	size_t rank, at;

	if (p->failed || old == new)
		return;
	rank = p->table ? map_rank(&p->table->places, key) : 0;
	at = old ? find_near(p, old, rank) : place_for(p, after, rank);
	if (at == SIZE_MAX || (!old && p->count == p->room)) {
		p->failed = true;
	} else if (old && new) {
		p->items[at] = new;
	} else if (old) {
		memmove(&p->items[at], &p->items[at + 1], (--p->count - at) * sizeof(p->items[0]));
	} else {
		memmove(&p->items[at + 1], &p->items[at], (p->count++ - at) * sizeof(p->items[0]));
		p->items[at] = new;
	}
}

/* False: it has to be filled anew. */
static bool patch(struct config_view *view, const struct list_kind *kind, const struct table *was, const struct table *table,
		  const void **items, size_t count)
{
	struct patch p = { .kind = kind, .table = table, .count = count };
	struct list *list;

	p.room = count + 64;
	list = list_new(p.room);
	if (!list)
		return false;
	p.items = list->items;
	memcpy(p.items, items, count * sizeof(items[0]));
	table_diff(was, table, patch_one, &p);
	if (p.failed) {
		free(list);
		return false;
	}
	*items_of(view, kind) = p.items;
	*count_of(view, kind) = p.count;
	return true;
}

static enum cyg_status fill_kind(struct cyg_config *config, const struct list_kind *kind, const struct cyg_config *before)
{
	const struct grammar_mode *in = grammar_mode(config->grammar, kind->mode);
	const struct table *table = in && in->parent == config->grammar->global ? node_table(config->root, in) : NULL;
	const struct table *was = before && table ? node_table(before->root, in) : NULL;
	struct config_view *view = &config->view, *old = before ? (struct config_view *)&before->view : NULL;

	if (was && map_same(&was->places, &table->places)) {
		*items_of(view, kind) = *items_of(old, kind);
		*count_of(view, kind) = *count_of(old, kind);
		atomic_fetch_add_explicit(&list_of(*items_of(view, kind))->refs, 1, memory_order_relaxed);
		return CYG_OK;
	}
	if (was && patch(view, kind, was, table, *items_of(old, kind), *count_of(old, kind)))
		return CYG_OK;
	return fill(view, kind, table);
}

enum cyg_status view_fill(struct cyg_config *config, const struct cyg_config *before)
{
	enum cyg_status status = CYG_OK;

	if (config->grammar->global->mode != config_core_commands.modes)
		return CYG_OK; /* a grammar without the core's table has no such objects */
	config->view.config = config;
	config->view.global = (const struct config_global *)config->root->built->object;
	for (size_t i = 0; i < CYG_COUNT(kinds) && status == CYG_OK; i++)
		status = fill_kind(config, &kinds[i], before);
	return status;
}

void view_done(struct config_view *view)
{
	for (size_t i = 0; i < CYG_COUNT(kinds); i++)
		list_unref(*items_of(view, &kinds[i]));
	*view = (struct config_view){ 0 };
}

const struct config_keyring *config_view_keyring(const struct config_view *view, const char *name)
{
	if (view->config)
		return cyg_config_object(view->config, MODE_KEYRING, cyg_str(name), true);
	for (size_t i = 0; i < view->keyring_count; i++) {
		if (strcmp(view->keyrings[i]->head.name, name) == 0)
			return view->keyrings[i];
	}
	return NULL;
}
