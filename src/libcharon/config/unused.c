/* SPDX-License-Identifier: MIT */
/*
 * Objects of a snapshot that are kept and shown but not used, with the reason.
 */
#include "config/build.h"

static void walk(const struct node *node, const struct cyg_config *before,
		 void (*tell)(void *ctx, const struct config_unused *unused), void *ctx)
{
	const struct grammar_mode *mode = node->mode;

	for (unsigned s = 0; node->tables && s < mode->slot_count; s++) {
		for (size_t i = 0; node->tables[s] && i < node->tables[s]->count; i++) {
			const struct node *inner = node->tables[s]->items[i];
			const struct cyg_args *line = inner->opening	  ? inner->opening
						      : inner->lines && inner->lines->count ? inner->lines->items[0]
											    : NULL;
			struct config_unused unused = { .mode = inner->mode->mode, .name = inner->name };
			const void *old;

			walk(inner, before, tell, ctx);
			if (inner->disabled || !inner->built || inner->built->usable || !line)
				continue;
			old = before && !node->mode->parent
				      ? cyg_config_object(before, unused.mode->name, cyg_str(inner->name), false)
				      : NULL;
			if (old && strcmp(built_of(old)->missing, inner->built->missing) == 0)
				continue;
			unused.why = cyg_config_object_missing(inner->built->object);
			unused.file = line->source->name;
			unused.line = line->line;
			tell(ctx, &unused);
		}
	}
}

void config_each_unused(const struct cyg_config *config, const struct cyg_config *before,
			void (*tell)(void *ctx, const struct config_unused *unused), void *ctx)
{
	walk(config->root, before, tell, ctx);
}
