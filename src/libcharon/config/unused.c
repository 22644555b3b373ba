/* SPDX-License-Identifier: MIT */
/*
 * Objects of a snapshot that are kept and shown but not used, with the reason.
 */
#include "config/build.h"
#include "config/idle.h"

struct looking {
	const struct node *before, *node; /* around what is looked at; `before` may be NULL */
	void (*tell)(void *ctx, const struct config_unused *unused);
	void *ctx;
	bool incomplete; /* those that lack lines too */
};

static void look_inside(const struct looking *l);

/* An object that is typed lacks less with each line: that it cannot be used yet was told at its first one. */
static bool is_old_news(const struct node *old, const struct built *built)
{
	if (!old->built || old->disabled || old->built->usable)
		return false;
	return (old->built->lacks && built->lacks) || strcmp(old->built->missing, built->missing) == 0;
}

static void look(void *ctx, struct map_key key, void *before, void *after)
{
	const struct looking *around = ctx;
	const struct node *node = after, *old;
	const struct cyg_args *line;
	struct config_unused unused;

	(void)key;
	if (!node)
		return;
	old = node_before(around->before, before, node);
	look_inside(&(struct looking){ old, node, around->tell, around->ctx, around->incomplete });
	line = node->opening ? node->opening : node->lines && node->lines->count ? node->lines->items[0] : NULL;
	if (node->disabled || !node->built || node->built->usable || !line || (node->built->lacks && !around->incomplete))
		return;
	if (old && is_old_news(old, node->built))
		return;
	unused = (struct config_unused){ .mode = node->mode->mode,
					 .name = node->name,
					 .why = cyg_config_object_missing(node->built->object),
					 .file = line->source->name,
					 .line = line->line };
	around->tell(around->ctx, &unused);
}

static void look_inside(const struct looking *l)
{
	for (unsigned s = 0; l->node->tables && s < l->node->mode->slot_count; s++)
		table_diff(l->before ? node_table(l->before, l->node->mode->slots[s]) : NULL, l->node->tables[s], look,
			   (void *)l);
}

void config_each_unused(const struct cyg_config *config, const struct cyg_config *before,
			void (*tell)(void *ctx, const struct config_unused *unused), void *ctx)
{
	bool comparable = before && before->grammar == config->grammar;

	look_inside(&(struct looking){ comparable ? before->root : NULL, config->root, tell, ctx, true });
}

void config_each_useless(const struct cyg_config *config, void (*tell)(void *ctx, const struct config_unused *unused), void *ctx)
{
	look_inside(&(struct looking){ NULL, config->root, tell, ctx, false });
}
