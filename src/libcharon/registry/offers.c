/* SPDX-License-Identifier: MIT */
#include "registry/internal.h"

#include <stdlib.h>

struct ranked {
	struct table_entry entry;
	int priority;
	unsigned rank, number;
};

static int by_key_and_preference(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	if (a->entry.key.kind != b->entry.key.kind)
		return a->entry.key.kind < b->entry.key.kind ? -1 : 1;
	if (kind_is_algorithm(a->entry.key.kind)) {
		if (a->entry.key.id != b->entry.key.id)
			return a->entry.key.id < b->entry.key.id ? -1 : 1;
		if (a->entry.key.key_bits != b->entry.key.key_bits)
			return a->entry.key.key_bits < b->entry.key.key_bits ? -1 : 1;
		if (a->entry.key.integ != b->entry.key.integ)
			return a->entry.key.integ < b->entry.key.integ ? -1 : 1;
	}
	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

/* The state of all plugins as it is now. NULL if out of memory. */
struct registry_table *offers_new(const struct registry *reg)
{
	struct registry_table *table = calloc(1, sizeof(*table));
	struct ranked *ranked = NULL;
	size_t features = 0, n = 0, left_out = 0;

	if (!table)
		return NULL;
	atomic_init(&table->refs, 1);
	for (unsigned i = 0; i < reg->plugin_count; i++)
		features += reg->plugin[i]->feature_count;
	table->plugin_count = reg->plugin_count;
	table->plugin = calloc(reg->plugin_count + 1, sizeof(*table->plugin));
	table->entry = calloc(features + 1, sizeof(*table->entry));
	table->left_out = calloc(features + 1, sizeof(*table->left_out));
	ranked = calloc(features + 1, sizeof(*ranked));
	if (!table->plugin || !table->entry || !table->left_out || !ranked) {
		free(ranked);
		offers_unref(table);
		return NULL;
	}
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		struct cyg_plugin_ctx *ctx = reg->plugin[i];

		table->plugin[i].ctx = ctx;
		table->plugin[i].plugin = ctx->plugin;
		table->plugin[i].state = ctx->state;
		table->plugin[i].conf = ctx->conf ? conf_ref(ctx->conf) : NULL;
		memcpy(table->plugin[i].place, ctx->place, sizeof(ctx->place));
		if (ctx->state != REGISTRY_LOADED)
			continue;
		for (unsigned f = 0; f < ctx->feature_count; f++) {
			const struct own_feature *own = &ctx->features[f];

			if (own->disabled || own->failed || !own->tested) {
				table->left_out[left_out++] = (struct table_left_out){
					own->key, (uint8_t)i, !own->disabled };
				continue;
			}
			ranked[n++] = (struct ranked){
				{ own->feature, own->key, (uint8_t)i }, ctx->priority, ctx->rank, f };
		}
	}
	qsort(ranked, n, sizeof(*ranked), by_key_and_preference);
	table->count = (unsigned)n;
	table->left_out_count = (unsigned)left_out;
	for (size_t i = 0; i < n; i++) {
		const struct feature_key *key = &ranked[i].entry.key;

		table->entry[i] = ranked[i].entry;
		if (kind_is_algorithm(key->kind) && key->id < TABLE_BY_ID && !table->by_id[key->kind][key->id])
			table->by_id[key->kind][key->id] = (uint16_t)(i + 1);
	}
	free(ranked);
	for (unsigned kind = 0, at = 0; kind <= CYG_FEATURE_KINDS; kind++) {
		table->first[kind] = (uint16_t)at;
		while (at < n && table->entry[at].key.kind == kind)
			at++;
	}
	table->order_count = reg->order_count;
	memcpy(table->order, reg->order, sizeof(table->order));
	return table;
}

struct registry_table *offers_ref(struct registry_table *table)
{
	atomic_fetch_add_explicit(&table->refs, 1, memory_order_relaxed);
	return table;
}

void offers_unref(struct registry_table *table)
{
	if (!table || atomic_fetch_sub_explicit(&table->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (unsigned i = 0; table->plugin && i < table->plugin_count; i++)
		conf_unref(table->plugin[i].conf);
	free(table->plugin);
	free(table->entry);
	free(table->left_out);
	free(table);
}

const struct table_entry *offers_find(const struct registry_table *table, const struct feature_key *key)
{
	unsigned at = table->first[key->kind], end = table->first[key->kind + 1];

	if (key->id < TABLE_BY_ID) {
		if (!table->by_id[key->kind][key->id])
			return NULL;
		at = table->by_id[key->kind][key->id] - 1u;
	}
	for (; at < end && table->entry[at].key.id <= key->id; at++) {
		if (feature_key_equal(&table->entry[at].key, key))
			return &table->entry[at];
	}
	return NULL;
}

static const struct table_plugin *plugin_named(const struct registry_table *table, const char *name)
{
	for (unsigned i = 0; i < table->plugin_count; i++) {
		if (strcmp(table->plugin[i].ctx->name, name) == 0)
			return &table->plugin[i];
	}
	return NULL;
}

static bool descriptor_has(const struct cyg_plugin *plugin, enum cyg_feature_kind kind, uint16_t id,
			   uint16_t key_bits)
{
	const struct cyg_feature *provides = plugin->provides;

	for (size_t i = 0; provides && provides[i].kind; i++) {
		struct feature_key key = feature_key(&provides[i]);

		if (key.kind == kind && (!id || key.id == id) && (!key_bits || key.key_bits == key_bits))
			return true;
	}
	return false;
}

static void not_running(const struct table_plugin *plugin, struct cyg_strbuf *out)
{
	if (plugin->state == REGISTRY_OFF)
		cyg_strbuf_addf(out, "%s is off (%s: load = yes)", plugin->ctx->name, plugin->place);
	else
		cyg_strbuf_addf(out, "%s did not load (show plugins detail)", plugin->ctx->name);
}

void offers_missing(const struct registry_table *table, enum cyg_feature_kind kind, uint16_t id,
		   uint16_t key_bits, struct cyg_strbuf *out)
{
	const char *sep = ": ", *name;

	for (unsigned i = 0; i < table->left_out_count; i++) {
		const struct table_left_out *left = &table->left_out[i];
		const struct table_plugin *plugin = &table->plugin[left->slot];

		if (left->key.kind != kind || (id && left->key.id != id) || left->key.key_bits != key_bits)
			continue;
		if (left->failed_test)
			cyg_strbuf_addf(out, "%s%s has it, but it failed its self-test", sep, plugin->ctx->name);
		else
			cyg_strbuf_addf(out, "%s%s leaves it out (%s: disable)", sep, plugin->ctx->name,
					plugin->place);
		sep = ", ";
	}
	for (unsigned i = 0; i < table->plugin_count; i++) {
		const struct table_plugin *plugin = &table->plugin[i];

		if (plugin->state == REGISTRY_LOADED || !plugin->plugin ||
		    !descriptor_has(plugin->plugin, kind, id, key_bits))
			continue;
		cyg_strbuf_add(out, cyg_str(sep));
		not_running(plugin, out);
		sep = ", ";
	}
	for (unsigned n = 0; (name = feature_known_provider(kind, id, n)) != NULL; n++) {
		const struct table_plugin *plugin = plugin_named(table, name);

		if (plugin && plugin->plugin)
			continue; /* its descriptor was asked above */
		cyg_strbuf_add(out, cyg_str(sep));
		if (plugin)
			not_running(plugin, out);
		else
			cyg_strbuf_addf(out, "%s, which has it, is not installed", name);
		sep = ", ";
	}
}
