/* SPDX-License-Identifier: MIT */
/*
 * The registry on one shard: everything here runs on the shard's own thread. Tables come from the
 * control thread as commands and are taken between two turns; the instances, the uses and the
 * plugins' shard data belong to this shard alone.
 */
#include "registry/internal.h"

#include <stdlib.h>

struct registry_shard *registry_shard_new(struct registry *reg, struct cyg_shard *shard)
{
	struct registry_shard *rs = calloc(1, sizeof(*rs));

	if (!rs)
		return NULL;
	rs->reg = reg;
	rs->shard = shard;
	return rs;
}

static void free_instances(struct shard_slot *slot)
{
	while (slot->instances) {
		struct instance *i = slot->instances;

		slot->instances = i->next;
		i->free(i->instance);
		free(i);
	}
	atomic_store_explicit(&slot->instances_shown, 0, memory_order_relaxed);
}

void registry_shard_free(struct registry_shard *rs)
{
	if (!rs)
		return;
	for (unsigned i = 0; i < REGISTRY_PLUGINS_MAX; i++)
		free_instances(&rs->slot[i]);
	offers_unref(rs->table);
	free(rs->instance);
	free(rs);
}

static enum cyg_status fill_random(void *ctx, struct cyg_shard *shard, void *out, size_t len)
{
	const struct registry_shard *rs = ctx;
	const struct table_entry *entry = &rs->table->entry[rs->table->first[CYG_RNG]];

	return entry->feature.rng->fill(rs->table->plugin[entry->slot].ctx, out, len);
}

/* Takes the reference. The instances stay with their plugins and are found again at the next look-up. */
static enum cyg_status take_table(struct registry_shard *rs, struct registry_table *table)
{
	void **instance = calloc(table->count + 1, sizeof(*instance));
	struct registry_table *old = rs->table;
	bool has_rng = table->first[CYG_RNG] != table->first[CYG_RNG + 1];

	if (!instance) {
		offers_unref(table);
		return CYG_NOMEM;
	}
	free(rs->instance);
	rs->instance = instance;
	rs->table = table;
	rs->generation++;
	rs->shard->fill_random = has_rng ? fill_random : NULL;
	rs->shard->fill_random_ctx = rs;
	/* Options that changed are in force now; a plugin that runs here is told. */
	for (unsigned i = 0; old && i < old->plugin_count; i++) {
		struct cyg_plugin_ctx *ctx = table->plugin[i].ctx;

		if (rs->slot[i].started && ctx->plugin->reloaded && rs->shard != ctx->reg->control &&
		    table->plugin[i].conf && old->plugin[i].conf != table->plugin[i].conf)
			ctx->plugin->reloaded(ctx, rs->shard);
	}
	offers_unref(old);
	return CYG_OK;
}

/* The control thread's own part has tables and instances; plugins are started on workers only. */
static enum cyg_status start_slot(struct registry_shard *rs, unsigned slot)
{
	struct cyg_plugin_ctx *ctx = rs->table->plugin[slot].ctx;
	enum cyg_status status = CYG_OK;

	rs->slot[slot].uses = 0;
	atomic_store_explicit(&rs->slot[slot].uses_shown, 0, memory_order_relaxed);
	if (ctx->plugin->shard_start && rs->shard != rs->reg->control)
		status = ctx->plugin->shard_start(ctx, rs->shard);
	rs->slot[slot].started = status == CYG_OK;
	if (status != CYG_OK)
		rs->slot[slot].data = NULL;
	return status;
}

static void stop_slot(struct registry_shard *rs, unsigned slot)
{
	struct cyg_plugin_ctx *ctx;

	if (!rs->slot[slot].started)
		return;
	ctx = rs->table->plugin[slot].ctx;
	free_instances(&rs->slot[slot]);
	if (ctx->plugin->shard_stop && rs->shard != rs->reg->control)
		ctx->plugin->shard_stop(ctx, rs->shard);
	rs->slot[slot].started = false;
	rs->slot[slot].data = NULL;
	rs->slot[slot].uses = 0;
	atomic_store_explicit(&rs->slot[slot].uses_shown, 0, memory_order_relaxed);
}

static enum cyg_status start_all(struct registry_shard *rs)
{
	for (unsigned i = 0; i < rs->table->order_count; i++) {
		enum cyg_status status = start_slot(rs, rs->table->order[i]);

		if (status != CYG_OK) {
			while (i-- > 0)
				stop_slot(rs, rs->table->order[i]);
			return status;
		}
	}
	return CYG_OK;
}

/* In reverse order of the start. */
void registry_shard_stop_all(struct registry_shard *rs)
{
	for (unsigned i = 0; i < REGISTRY_PLUGINS_MAX; i++) {
		if (rs->slot[i].drain) {
			struct command *drain = rs->slot[i].drain;

			rs->slot[i].drain = NULL;
			command_reply(drain, rs->reg->abandoned);
		}
	}
	for (unsigned i = rs->table ? rs->table->order_count : 0; i-- > 0;)
		stop_slot(rs, rs->table->order[i]);
	/* One that was being unloaded is in no order any more. */
	for (unsigned i = 0; i < REGISTRY_PLUGINS_MAX; i++)
		stop_slot(rs, i);
	rs->shard->fill_random = NULL;
	rs->shard->fill_random_ctx = NULL;
}

void registry_leave(struct cyg_shard *shard)
{
	if (shard->registry)
		registry_shard_stop_all(shard->registry);
	shard->registry = NULL;
}

void command_run(struct registry_shard *rs, struct command *command)
{
	struct registry_table *table = command->table;
	struct shard_slot *slot = &rs->slot[command->slot];

	command->table = NULL;
	if (command->action == COMMAND_ATTACH)
		rs->shard->registry = rs;
	command->status = table ? take_table(rs, table) : CYG_OK;
	if (command->status == CYG_OK) {
		switch (command->action) {
		case COMMAND_ATTACH:
			command->status = start_all(rs);
			break;
		case COMMAND_DETACH:
			registry_leave(rs->shard);
			break;
		case COMMAND_SWITCH:
			break;
		case COMMAND_START:
			command->status = start_slot(rs, command->slot);
			break;
		case COMMAND_DRAIN:
			if (slot->uses) {
				slot->drain = command;
				return;
			}
			break;
		case COMMAND_KEEP:
			if (slot->drain) {
				struct command *drain = slot->drain;

				slot->drain = NULL;
				command_reply(drain, true);
			}
			break;
		case COMMAND_STOP:
			stop_slot(rs, command->slot);
			break;
		}
	}
	if (command->status != CYG_OK && command->action == COMMAND_ATTACH)
		registry_leave(rs->shard);
	command_reply(command, true);
}

/* --- What plugins and the engine call --- */

void cyg_plugin_set_data(struct cyg_plugin_ctx *ctx, void *data)
{
	ctx->data = data;
}

void *cyg_plugin_data(const struct cyg_plugin_ctx *ctx)
{
	return ctx->data;
}

void cyg_plugin_set_shard_data(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, void *data)
{
	shard->registry->slot[ctx->slot].data = data;
}

void *cyg_plugin_shard_data(const struct cyg_plugin_ctx *ctx, const struct cyg_shard *shard)
{
	return shard->registry ? shard->registry->slot[ctx->slot].data : NULL;
}

const void *cyg_plugin_conf(const struct cyg_plugin_ctx *ctx, const struct cyg_shard *shard)
{
	const struct cyg_conf *conf;

	/* On the control thread a plugin may ask before any table knows it (init, self-tests). */
	if (!shard || shard == ctx->reg->control)
		conf = ctx->conf;
	else
		conf = shard->registry->table->plugin[ctx->slot].conf;
	CYG_ASSERT(conf != NULL);
	return conf_data(conf, 1);
}

void cyg_plugin_use(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct shard_slot *slot = &shard->registry->slot[ctx->slot];

	slot->uses++;
	atomic_store_explicit(&slot->uses_shown, slot->uses, memory_order_relaxed);
}

void cyg_plugin_release(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct shard_slot *slot;
	struct command *drain;

	/* The shard has left the registry: its uses went with it. */
	if (!shard->registry)
		return;
	slot = &shard->registry->slot[ctx->slot];
	CYG_ASSERT(slot->uses > 0);
	slot->uses--;
	atomic_store_explicit(&slot->uses_shown, slot->uses, memory_order_relaxed);
	if (slot->uses || !slot->drain)
		return;
	/* By message, never from inside: whoever releases is still in the plugin's code. */
	drain = slot->drain;
	slot->drain = NULL;
	command_reply(drain, false);
}

uint32_t cyg_registry_generation(const struct cyg_shard *shard)
{
	return shard->registry ? shard->registry->generation : 0;
}

/* The shard's instance of an entry, made at first use. */
static enum cyg_status get_instance(struct registry_shard *rs, const struct table_entry *entry, const void *ops,
				    enum cyg_status (*instance_new)(struct cyg_plugin_ctx *ctx, void **out),
				    void (*instance_free)(void *instance), void **out)
{
	void **cached = &rs->instance[entry - rs->table->entry];
	struct shard_slot *slot = &rs->slot[entry->slot];
	enum cyg_status status;
	struct instance *i;

	if (*cached) {
		*out = *cached;
		return CYG_OK;
	}
	for (i = slot->instances; i; i = i->next) {
		if (i->ops == ops) {
			*out = *cached = i->instance;
			return CYG_OK;
		}
	}
	i = calloc(1, sizeof(*i));
	if (!i)
		return CYG_NOMEM;
	status = instance_new(rs->table->plugin[entry->slot].ctx, &i->instance);
	if (status != CYG_OK) {
		free(i);
		return status;
	}
	i->ops = ops;
	i->free = instance_free;
	i->next = slot->instances;
	slot->instances = i;
	atomic_fetch_add_explicit(&slot->instances_shown, 1, memory_order_relaxed);
	*out = *cached = i->instance;
	return CYG_OK;
}

static const struct table_entry *find(const struct cyg_shard *shard, enum cyg_feature_kind kind, uint16_t id,
				      uint16_t key_bits, uint16_t integ)
{
	const struct feature_key key = { kind, id, key_bits, integ };

	if (!shard->registry || !shard->registry->table)
		return NULL;
	return offers_find(shard->registry->table, &key);
}

/* One look-up per kind, each with its own type. */
#define LOOK_UP(member_, kind_, id_, bits_, integ_)                                                        \
	do {                                                                                               \
		const struct table_entry *entry = find(shard, (kind_), (id_), (bits_), (integ_));          \
		enum cyg_status status;                                                                    \
		void *instance;                                                                            \
                                                                                                           \
		if (!entry)                                                                                \
			return CYG_UNSUPPORTED;                                                            \
		status = get_instance(shard->registry, entry, entry->feature.member_,                      \
				      entry->feature.member_->instance_new,                                \
				      entry->feature.member_->instance_free, &instance);                   \
		if (status != CYG_OK)                                                                      \
			return status;                                                                     \
		out->ops = entry->feature.member_;                                                         \
		out->instance = instance;                                                                  \
		out->provider = shard->registry->table->plugin[entry->slot].ctx;                           \
		return CYG_OK;                                                                             \
	} while (0)

enum cyg_status cyg_get_cipher(struct cyg_shard *shard, uint16_t id, uint16_t key_bits, struct cyg_cipher *out)
{
	LOOK_UP(cipher, CYG_CIPHER, id, key_bits, 0);
}

enum cyg_status cyg_get_mac(struct cyg_shard *shard, uint16_t id, struct cyg_mac *out)
{
	LOOK_UP(mac, CYG_MAC, id, 0, 0);
}

enum cyg_status cyg_get_prf(struct cyg_shard *shard, uint16_t id, struct cyg_prf *out)
{
	LOOK_UP(prf, CYG_PRF, id, 0, 0);
}

enum cyg_status cyg_get_hash(struct cyg_shard *shard, uint16_t id, struct cyg_hash *out)
{
	LOOK_UP(hash, CYG_HASH, id, 0, 0);
}

enum cyg_status cyg_get_ke(struct cyg_shard *shard, uint16_t id, struct cyg_ke *out)
{
	LOOK_UP(ke, CYG_KE, id, 0, 0);
}

enum cyg_status cyg_get_esp(struct cyg_shard *shard, uint16_t encr, uint16_t key_bits, uint16_t integ,
			    struct cyg_esp *out)
{
	LOOK_UP(esp, CYG_ESP, encr, key_bits, integ);
}

const struct cyg_feature *cyg_get_feature(struct cyg_shard *shard, enum cyg_feature_kind kind, unsigned n,
					  struct cyg_plugin_ctx **ctx)
{
	const struct registry_table *table = shard->registry ? shard->registry->table : NULL;
	const struct table_entry *entry;

	if (!table || kind <= CYG_FEATURE_END || kind >= CYG_FEATURE_KINDS ||
	    n >= (unsigned)(table->first[kind + 1] - table->first[kind]))
		return NULL;
	entry = &table->entry[table->first[kind] + n];
	if (ctx)
		*ctx = table->plugin[entry->slot].ctx;
	return &entry->feature;
}

void registry_missing_text(const struct cyg_shard *shard, enum cyg_feature_kind kind, uint16_t id,
			   uint16_t key_bits, struct cyg_strbuf *out)
{
	static const struct registry_table nothing;
	const struct registry_table *table = &nothing;

	if (shard->registry && shard->registry->table)
		table = shard->registry->table;
	cyg_strbuf_add(out, CYG_STR("no plugin provides "));
	registry_feature_name(kind, id, key_bits, out);
	offers_missing(table, kind, id, key_bits, out);
}
