/* SPDX-License-Identifier: MIT */
/* What is there, as rows of plain values. Control thread. */
#include "registry/internal.h"

#include <stdlib.h>

const char *registry_state_text(enum registry_state state)
{
	switch (state) {
	case REGISTRY_OFF:
		return "off";
	case REGISTRY_LOADED:
		return "loaded";
	case REGISTRY_DRAINING:
		return "unloading";
	case REGISTRY_FAILED:
		return "failed";
	}
	return "?";
}

static enum registry_offer offer_of(const struct registry *reg, const struct cyg_plugin_ctx *ctx,
				    const struct own_feature *own)
{
	const struct registry_table *table = reg->table;

	if (own->disabled)
		return OFFER_DISABLED;
	if (own->failed)
		return OFFER_FAILED_TEST;
	/* Of numbered kinds one wins each number; of the others all are used, in order, and none is spare. */
	if (kind_is_algorithm(own->key.kind)) {
		const struct table_entry *winner = offers_find(table, &own->key);

		return winner && winner->slot == ctx->slot && winner->feature.any == own->feature.any ? OFFER_WINNER
												 : OFFER_SPARE;
	}
	if (own->key.kind == CYG_RNG || own->key.kind == CYG_KERNEL) {
		const struct table_entry *first = &table->entry[table->first[own->key.kind]];

		return table->first[own->key.kind] < table->first[own->key.kind + 1] && first->slot == ctx->slot
			       ? OFFER_WINNER : OFFER_SPARE;
	}
	return OFFER_WINNER;
}

static bool is_offered(const struct registry *reg, const struct cyg_need *need)
{
	for (unsigned i = 0; i < reg->order_count; i++) {
		if (plugin_offers(reg->plugin[reg->order[i]], need))
			return true;
	}
	return false;
}

/* Snapshots of the descriptor for one that does not run: what it could provide. */
static bool fill_provides(const struct registry *reg, const struct cyg_plugin_ctx *ctx, struct registry_row *row)
{
	const struct cyg_feature *provides = ctx->plugin ? ctx->plugin->provides : NULL;
	unsigned count = ctx->feature_count;

	while (!ctx->feature_count && provides && provides[count].kind)
		count++;
	row->provides = calloc(count + 1, sizeof(*row->provides));
	if (!row->provides)
		return false;
	row->provides_count = count;
	for (unsigned i = 0; i < count; i++) {
		const struct cyg_feature *f = ctx->feature_count ? &ctx->features[i].feature : &provides[i];
		struct feature_key key = feature_key(f);
		struct registry_provides *p = &row->provides[i];

		p->kind = key.kind;
		p->id = key.id;
		p->key_bits = key.key_bits;
		p->integ = key.integ;
		snprintf(p->name, sizeof(p->name), "%s", feature_name(f));
		p->offer = ctx->feature_count ? offer_of(reg, ctx, &ctx->features[i]) : OFFER_SPARE;
	}
	return true;
}

static bool fill_needs(const struct registry *reg, const struct cyg_plugin_ctx *ctx, struct registry_row *row)
{
	const struct cyg_need *needs = ctx->plugin ? ctx->plugin->needs : NULL;
	unsigned count = 0;

	while (needs && needs[count].kind)
		count++;
	row->needs = calloc(count + 1, sizeof(*row->needs));
	if (!row->needs)
		return false;
	row->needs_count = count;
	for (unsigned i = 0; i < count; i++) {
		struct registry_needs *n = &row->needs[i];
		struct cyg_strbuf name = CYG_STRBUF(n->name);

		n->kind = needs[i].kind;
		n->id = needs[i].id;
		n->optional = needs[i].optional;
		n->met = is_offered(reg, &needs[i]);
		registry_feature_name(needs[i].kind, needs[i].id, 0, &name);
	}
	return true;
}

static bool fill_row(const struct registry *reg, const struct cyg_plugin_ctx *ctx, struct registry_row *row)
{
	snprintf(row->name, sizeof(row->name), "%s", ctx->name);
	if (ctx->plugin) {
		snprintf(row->version, sizeof(row->version), "%s",
			 ctx->plugin->version ? ctx->plugin->version : "");
		snprintf(row->summary, sizeof(row->summary), "%s",
			 ctx->plugin->summary ? ctx->plugin->summary : "");
	}
	snprintf(row->path, sizeof(row->path), "%.255s", ctx->path);
	snprintf(row->conf, sizeof(row->conf), "%s", ctx->place);
	snprintf(row->why, sizeof(row->why), "%s", ctx->why);
	row->state = ctx->state;
	row->priority = ctx->priority;
	for (unsigned i = 0; i < reg->shard_count; i++) {
		const struct shard_slot *slot = &reg->shard[i]->slot[ctx->slot];

		row->instances += atomic_load_explicit(&slot->instances_shown, memory_order_relaxed);
		row->uses += atomic_load_explicit(&slot->uses_shown, memory_order_relaxed);
	}
	return fill_provides(reg, ctx, row) && fill_needs(reg, ctx, row);
}

/* In configured order; what is not configured any more comes last. */
static unsigned rank_of(const struct cyg_plugin_ctx *ctx)
{
	return ctx->next.listed ? ctx->next.rank : REGISTRY_PLUGINS_MAX;
}

enum cyg_status registry_describe(const struct registry *reg, struct registry_row **rows, size_t *count)
{
	struct registry_row *all = calloc(reg->plugin_count + 1, sizeof(*all));
	size_t n = 0;

	if (!all)
		return CYG_NOMEM;
	for (unsigned rank = 0; rank <= REGISTRY_PLUGINS_MAX; rank++) {
		for (unsigned i = 0; i < reg->plugin_count; i++) {
			if (rank_of(reg->plugin[i]) != rank)
				continue;
			if (!fill_row(reg, reg->plugin[i], &all[n++])) {
				registry_rows_free(all, n);
				return CYG_NOMEM;
			}
		}
	}
	*rows = all;
	*count = n;
	return CYG_OK;
}

void registry_rows_free(struct registry_row *rows, size_t count)
{
	for (size_t i = 0; rows && i < count; i++) {
		free(rows[i].provides);
		free(rows[i].needs);
	}
	free(rows);
}
