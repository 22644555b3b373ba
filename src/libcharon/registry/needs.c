/* SPDX-License-Identifier: MIT */
/* Control thread: which plugin can start now, and why one that waits never will. */
#include "registry/internal.h"

static bool need_is_met(const struct registry *reg, const struct cyg_need *need)
{
	for (unsigned i = 0; i < reg->order_count; i++) {
		if (plugin_offers(reg->plugin[reg->order[i]], need))
			return true;
	}
	return false;
}

bool needs_waiting(const struct cyg_plugin_ctx *ctx)
{
	return ctx->next.conf && !ctx->tried && ctx->state != REGISTRY_LOADED;
}

bool needs_could_offer(const struct cyg_plugin_ctx *ctx, const struct cyg_need *need)
{
	const struct common_conf *common = conf_data(ctx->next.conf, 0);
	const struct cyg_feature *provides = ctx->plugin->provides;

	if (ctx->state == REGISTRY_LOADED) {
		for (unsigned i = 0; i < ctx->feature_count; i++) {
			const struct own_feature *own = &ctx->features[i];

			if (!own->failed && feature_meets(&own->key, need) &&
			    !plugin_leaves_out(common, feature_name(&own->feature)))
				return true;
		}
		return false;
	}
	for (size_t i = 0; provides && provides[i].kind; i++) {
		struct feature_key key = feature_key(&provides[i]);

		if (feature_meets(&key, need) && !plugin_leaves_out(common, feature_name(&provides[i])))
			return true;
	}
	return false;
}

/* One that waits and could meet the need; NULL if there is none. */
static struct cyg_plugin_ctx *waiting_provider(const struct registry *reg, const struct cyg_need *need)
{
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		struct cyg_plugin_ctx *ctx = reg->plugin[i];

		if (needs_waiting(ctx) && needs_could_offer(ctx, need))
			return ctx;
	}
	return NULL;
}

/* All hard needs are met; with `wish`, optional ones are too, or never will be. */
static bool can_start(const struct registry *reg, const struct cyg_plugin_ctx *ctx, bool wish)
{
	const struct cyg_need *need = ctx->plugin->needs;

	for (; need && need->kind; need++) {
		if (need_is_met(reg, need))
			continue;
		if (!need->optional || (wish && waiting_provider(reg, need)))
			return false;
	}
	return true;
}

struct cyg_plugin_ctx *needs_pick_start(struct registry *reg)
{
	for (int wish = 1; wish >= 0; wish--) {
		struct cyg_plugin_ctx *best = NULL;

		for (unsigned i = 0; i < reg->plugin_count; i++) {
			struct cyg_plugin_ctx *ctx = reg->plugin[i];

			if (needs_waiting(ctx) && can_start(reg, ctx, wish) &&
			    (!best || ctx->next.rank < best->next.rank))
				best = ctx;
		}
		if (best)
			return best;
	}
	return NULL;
}

static const struct cyg_need *first_unmet(const struct registry *reg, const struct cyg_plugin_ctx *ctx)
{
	const struct cyg_need *need = ctx->plugin->needs;

	for (; need && need->kind; need++) {
		if (!need->optional && !need_is_met(reg, need))
			return need;
	}
	return NULL;
}

static void add_need(const struct cyg_need *need, struct cyg_strbuf *out)
{
	registry_feature_name(need->kind, need->id, 0, out);
}

void needs_explain(struct registry *reg, struct cyg_plugin_ctx *ctx, struct cyg_strbuf *why)
{
	struct cyg_plugin_ctx *path[REGISTRY_PLUGINS_MAX + 1];
	unsigned len = 0, from;

	path[len++] = ctx;
	for (;;) {
		struct cyg_plugin_ctx *next = waiting_provider(reg, first_unmet(reg, path[len - 1]));

		if (!next)
			break;
		for (from = 0; from < len && path[from] != next; from++)
			continue;
		if (from < len) {
			if (from) {
				/* It hangs on a circle that it is not part of. */
				cyg_strbuf_add(why, CYG_STR("it needs "));
				add_need(first_unmet(reg, ctx), why);
				cyg_strbuf_addf(why, " of %s, which cannot start", path[1]->name);
				return;
			}
			cyg_strbuf_add(why, CYG_STR("plugins need each other in a circle: "));
			for (unsigned i = 0; i < len; i++) {
				cyg_strbuf_addf(why, "%s%s needs ", i ? ", " : "", path[i]->name);
				add_need(first_unmet(reg, path[i]), why);
				cyg_strbuf_addf(why, " of %s", i + 1 < len ? path[i + 1]->name : ctx->name);
			}
			return;
		}
		path[len++] = next;
	}
	cyg_strbuf_add(why, CYG_STR("it needs "));
	add_need(first_unmet(reg, ctx), why);
	if (len > 1) {
		cyg_strbuf_addf(why, " of %s, which cannot start", path[1]->name);
		return;
	}
	cyg_strbuf_add(why, CYG_STR(", and no plugin provides it"));
	offers_missing(reg->table, first_unmet(reg, ctx)->kind, first_unmet(reg, ctx)->id, 0, why);
}
