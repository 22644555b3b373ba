/* SPDX-License-Identifier: MIT */
/*
 * Control thread: one change after another until things are as wanted.
 *
 * A change is a walk through the phases of internal.h. Where shards have to do something a command
 * goes to each of them (commands.c), and the walk goes on when the last one has come back.
 */
#include "registry/internal.h"

#include <cygnet/log.h>

#define RETRY_MS 1000 /* after running out of memory in the middle of a change */

static void order_remove(struct registry *reg, const struct cyg_plugin_ctx *ctx)
{
	unsigned n = 0;

	for (unsigned i = 0; i < reg->order_count; i++) {
		if (reg->order[i] != ctx->slot)
			reg->order[n++] = reg->order[i];
	}
	reg->order_count = n;
}

static void set_failed(struct cyg_plugin_ctx *ctx, const char *why)
{
	ctx->state = REGISTRY_FAILED;
	snprintf(ctx->why, sizeof(ctx->why), "%s", why);
	cyg_log(CYG_LOG_ERROR, "plugin.not-loaded", "plugin {plugin} is not loaded: {why}",
		F_STR("plugin", ctx->name), F_STR("why", ctx->why));
}

static void fire_timer(struct cyg_shard *control, struct cyg_timer *timer)
{
	struct registry *reg = CYG_CONTAINER(timer, struct registry, timer);

	if (reg->phase == PHASE_DRAINING)
		reg->phase = PHASE_KEEP;
	change_advance(reg);
}

static void try_again(struct registry *reg)
{
	cyg_timer_set(reg->control, &reg->timer, cyg_shard_now_ms(reg->control) + RETRY_MS, fire_timer);
}

static void drained(struct registry *reg)
{
	cyg_timer_clear(reg->control, &reg->timer);
	reg->phase = reg->status == CYG_OK ? PHASE_STOP : PHASE_KEEP;
}

/* The deadline has passed (or a shard could not follow): it stays, with its users. */
static bool begin_keep(struct registry *reg)
{
	struct cyg_plugin_ctx *ctx = reg->current;
	char why[REGISTRY_WHY_MAX];
	struct cyg_strbuf b = CYG_STRBUF(why);

	cyg_strbuf_addf(&b, "it was to be unloaded, but is still in use after %llu ms:",
			(unsigned long long)reg->drain_ms);
	for (unsigned i = 0; i < reg->shard_count; i++) {
		unsigned uses = atomic_load_explicit(&reg->shard[i]->slot[ctx->slot].uses_shown,
						     memory_order_relaxed);

		if (uses && i == 0)
			cyg_strbuf_addf(&b, " %u uses on the control thread", uses);
		else if (uses)
			cyg_strbuf_addf(&b, " %u uses on shard %u", uses, cyg_shard_index(reg->shard[i]->shard));
	}
	ctx->state = REGISTRY_LOADED;
	reg->order[reg->order_count++] = (uint8_t)ctx->slot;
	if (!commands_send_table(reg, COMMAND_KEEP, ctx->slot)) {
		ctx->state = REGISTRY_DRAINING;
		reg->order_count--;
		return false;
	}
	ctx->doomed = false;
	snprintf(ctx->why, sizeof(ctx->why), "%s", why);
	cyg_log(CYG_LOG_WARNING, "plugin.kept", "plugin {plugin} stays loaded: {why}", F_STR("plugin", ctx->name),
		F_STR("why", ctx->why));
	return true;
}

/* False if there is none left. */
static bool pick_unload(struct registry *reg)
{
	for (unsigned i = reg->order_count; i-- > 0;) {
		struct cyg_plugin_ctx *ctx = reg->plugin[reg->order[i]];

		if (ctx->doomed) {
			reg->current = ctx;
			return true;
		}
	}
	return false;
}

static bool begin_drain(struct registry *reg)
{
	struct cyg_plugin_ctx *ctx = reg->current;

	ctx->state = REGISTRY_DRAINING;
	order_remove(reg, ctx);
	if (!commands_send_table(reg, COMMAND_DRAIN, ctx->slot)) {
		ctx->state = REGISTRY_LOADED;
		reg->order[reg->order_count++] = (uint8_t)ctx->slot;
		return false;
	}
	if (reg->pending)
		cyg_timer_set(reg->control, &reg->timer, cyg_shard_now_ms(reg->control) + reg->drain_ms,
			      fire_timer);
	return true;
}

static void stopped(struct registry *reg)
{
	struct cyg_plugin_ctx *ctx = reg->current;

	plugin_end(ctx);
	ctx->doomed = false;
	ctx->state = REGISTRY_OFF;
	ctx->why[0] = '\0';
	cyg_log(CYG_LOG_NOTICE, "plugin.unloaded", "plugin {plugin} is unloaded", F_STR("plugin", ctx->name));
	if (ctx->next.why[0])
		set_failed(ctx, ctx->next.why);
}

/* New options and preferences of what stays. */
static bool begin_reload(struct registry *reg)
{
	for (unsigned i = 0; i < reg->order_count; i++) {
		struct cyg_plugin_ctx *ctx = reg->plugin[reg->order[i]];

		if (!ctx->next.conf)
			continue;
		conf_unref(ctx->conf);
		ctx->conf = ctx->next.conf;
		ctx->next.conf = NULL;
		ctx->priority = ctx->next.priority;
		ctx->rank = ctx->next.rank;
		ctx->why[0] = '\0';
		memcpy(ctx->place, ctx->next.place, sizeof(ctx->place));
		plugin_mark_disabled(ctx, ctx->conf);
	}
	for (unsigned i = 0; i < reg->order_count; i++)
		plugin_test_features(reg->plugin[reg->order[i]], true);
	return commands_send_table(reg, COMMAND_SWITCH, 0);
}

static void give_up_waiting(struct registry *reg)
{
	char why[REGISTRY_PLUGINS_MAX][REGISTRY_WHY_MAX];

	/* All are explained before the first is taken off the list. */
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		struct cyg_strbuf b = CYG_STRBUF(why[i]);

		if (needs_waiting(reg->plugin[i]))
			needs_explain(reg, reg->plugin[i], &b);
	}
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		struct cyg_plugin_ctx *ctx = reg->plugin[i];

		if (!needs_waiting(ctx))
			continue;
		ctx->tried = true;
		set_failed(ctx, why[i]);
	}
}

/* Tests, init, then shard_start on every shard. False: try again later. */
static bool begin_start(struct registry *reg, struct cyg_plugin_ctx *ctx)
{
	enum cyg_status status = CYG_OK;
	char why[REGISTRY_WHY_MAX];

	reg->current = ctx;
	if (!plugin_list_features(ctx))
		return false;
	conf_unref(ctx->conf);
	ctx->conf = ctx->next.conf;
	ctx->next.conf = NULL;
	ctx->priority = ctx->next.priority;
	ctx->rank = ctx->next.rank;
	ctx->tried = true;
	plugin_mark_disabled(ctx, ctx->conf);
	plugin_test_features(ctx, false);
	if (ctx->plugin->init) {
		ctx->in_init = true;
		status = ctx->plugin->init(ctx);
		ctx->in_init = false;
	}
	if (status != CYG_OK) {
		ctx->data = NULL;
		plugin_forget_features(ctx);
		snprintf(why, sizeof(why), "its start failed: %s", cyg_status_text(status));
		set_failed(ctx, why);
		reg->phase = PHASE_START;
		return true;
	}
	plugin_mark_disabled(ctx, ctx->conf);
	plugin_test_features(ctx, true);
	reg->phase = PHASE_STARTING;
	if (!commands_send_table(reg, COMMAND_START, ctx->slot)) {
		plugin_end(ctx);
		set_failed(ctx, "its start failed: out of memory");
		reg->phase = PHASE_START;
	}
	return true;
}

static void started(struct registry *reg)
{
	struct cyg_plugin_ctx *ctx = reg->current;

	if (reg->status != CYG_OK) {
		snprintf(ctx->next.why, sizeof(ctx->next.why), "its start on a shard failed: %s",
			 cyg_status_text(reg->status));
		reg->phase = PHASE_UNDO;
		return;
	}
	ctx->state = REGISTRY_LOADED;
	ctx->why[0] = '\0';
	reg->order[reg->order_count++] = (uint8_t)ctx->slot;
	cyg_log(CYG_LOG_INFO, "plugin.loaded", "plugin {plugin} {version} is loaded", F_STR("plugin", ctx->name),
		F_STR("version", ctx->plugin->version ? ctx->plugin->version : ""));
	reg->phase = PHASE_START;
}

static void finish(struct registry *reg, enum cyg_status status)
{
	struct cyg_op *op = reg->op;

	reg->phase = PHASE_IDLE;
	reg->status = status;
	reg->op = NULL;
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		conf_unref(reg->plugin[i]->next.conf);
		reg->plugin[i]->next.conf = NULL;
	}
	if (op)
		cyg_op_complete(op, status);
}

static void joined(struct registry *reg)
{
	struct registry_shard *rs = reg->joining;
	enum cyg_status status = reg->status;

	reg->joining = NULL;
	if (status == CYG_OK)
		reg->shard[reg->shard_count++] = rs;
	else
		registry_shard_free(rs);
	finish(reg, status);
}

static void left(struct registry *reg)
{
	unsigned n = 0;

	for (unsigned i = 0; i < reg->shard_count; i++) {
		if (reg->shard[i] != reg->joining)
			reg->shard[n++] = reg->shard[i];
	}
	reg->shard_count = n;
	registry_shard_free(reg->joining);
	reg->joining = NULL;
	finish(reg, CYG_OK);
}

void change_advance(struct registry *reg)
{
	/* A drain that has lasted too long is not waited for. */
	while (reg->phase != PHASE_IDLE && (!reg->pending || reg->phase == PHASE_KEEP)) {
		struct cyg_plugin_ctx *ctx;
		bool good = true;

		switch (reg->phase) {
		case PHASE_IDLE:
			break;
		case PHASE_ATTACHING:
			joined(reg);
			break;
		case PHASE_DETACHING:
			left(reg);
			break;
		case PHASE_UNLOAD:
			if (!pick_unload(reg)) {
				reg->phase = PHASE_RELOAD;
				break;
			}
			good = begin_drain(reg);
			if (good)
				reg->phase = PHASE_DRAINING;
			break;
		case PHASE_DRAINING:
			drained(reg);
			break;
		case PHASE_KEEP:
			good = begin_keep(reg);
			if (good)
				reg->phase = PHASE_KEEPING;
			break;
		case PHASE_KEEPING:
			reg->phase = PHASE_UNLOAD;
			break;
		case PHASE_STOP:
			good = commands_send(reg, NULL, COMMAND_STOP, reg->current->slot, NULL);
			if (good)
				reg->phase = PHASE_STOPPING;
			break;
		case PHASE_STOPPING:
			stopped(reg);
			reg->phase = PHASE_UNLOAD;
			break;
		case PHASE_RELOAD:
			good = begin_reload(reg);
			if (good)
				reg->phase = PHASE_RELOADING;
			break;
		case PHASE_RELOADING:
			reg->phase = PHASE_START;
			break;
		case PHASE_START:
			ctx = needs_pick_start(reg);
			if (ctx) {
				good = begin_start(reg, ctx);
				break;
			}
			give_up_waiting(reg);
			reg->phase = PHASE_PUBLISH;
			break;
		case PHASE_STARTING:
			started(reg);
			break;
		case PHASE_UNDO:
			good = commands_send(reg, NULL, COMMAND_STOP, reg->current->slot, NULL);
			if (good)
				reg->phase = PHASE_UNDOING;
			break;
		case PHASE_UNDOING:
			plugin_end(reg->current);
			set_failed(reg->current, reg->current->next.why);
			reg->phase = PHASE_START;
			break;
		case PHASE_PUBLISH:
			good = commands_send_table(reg, COMMAND_SWITCH, 0);
			if (good)
				reg->phase = PHASE_PUBLISHING;
			break;
		case PHASE_PUBLISHING:
			finish(reg, CYG_OK);
			break;
		}
		if (!good) {
			try_again(reg);
			return;
		}
	}
}

static void cancelled(struct cyg_op *op, void *provider_state)
{
	struct registry *reg = provider_state;

	reg->op = NULL; /* the change itself goes on */
}

/* After the first step of a change: it is done, or `op` will tell. */
static enum cyg_status answer(struct registry *reg, struct cyg_op *op)
{
	if (reg->phase == PHASE_IDLE)
		return reg->status;
	if (!op)
		return CYG_PENDING;
	reg->op = op;
	return cyg_op_pending(op, 0, cancelled, reg);
}

enum cyg_status registry_attach(struct registry *reg, struct cyg_shard *shard, struct cyg_op *op)
{
	if (reg->phase != PHASE_IDLE || reg->pending)
		return CYG_BUSY;
	for (unsigned i = 0; i < reg->shard_count; i++) {
		if (reg->shard[i]->shard == shard)
			return CYG_EXISTS;
	}
	if (reg->shard_count == CYG_COUNT(reg->shard))
		return CYG_LIMIT;
	reg->joining = registry_shard_new(reg, shard);
	if (!reg->joining)
		return CYG_NOMEM;
	reg->phase = PHASE_ATTACHING;
	if (!commands_send(reg, reg->joining, COMMAND_ATTACH, 0, reg->table)) {
		reg->phase = PHASE_IDLE;
		registry_shard_free(reg->joining);
		reg->joining = NULL;
		return CYG_NOMEM;
	}
	change_advance(reg);
	return answer(reg, op);
}

enum cyg_status registry_detach(struct registry *reg, struct cyg_shard *shard, struct cyg_op *op)
{
	if (reg->phase != PHASE_IDLE || reg->pending)
		return CYG_BUSY;
	reg->joining = NULL;
	for (unsigned i = 1; i < reg->shard_count; i++) {
		if (reg->shard[i]->shard == shard)
			reg->joining = reg->shard[i];
	}
	if (!reg->joining)
		return CYG_NOT_FOUND;
	reg->phase = PHASE_DETACHING;
	if (!commands_send(reg, reg->joining, COMMAND_DETACH, 0, NULL)) {
		reg->phase = PHASE_IDLE;
		reg->joining = NULL;
		return CYG_NOMEM;
	}
	change_advance(reg);
	return answer(reg, op);
}

/* Loaded ones that may stay: wanted, with good options, and every hard need met by another that stays or
 * comes. The rest is unloaded; what is wanted of it is tried again afterwards. */
static void doom(struct registry *reg)
{
	bool changed = true;

	for (unsigned i = 0; i < reg->plugin_count; i++)
		reg->plugin[i]->doomed = reg->plugin[i]->state == REGISTRY_LOADED && !reg->plugin[i]->next.conf;
	while (changed) {
		changed = false;
		for (unsigned i = 0; i < reg->plugin_count; i++) {
			struct cyg_plugin_ctx *ctx = reg->plugin[i];
			const struct cyg_need *need = ctx->plugin ? ctx->plugin->needs : NULL;

			if (ctx->state != REGISTRY_LOADED || ctx->doomed)
				continue;
			for (; need && need->kind; need++) {
				bool met = need->optional;

				for (unsigned p = 0; p < reg->plugin_count && !met; p++) {
					struct cyg_plugin_ctx *other = reg->plugin[p];

					met = other->next.conf && !other->doomed && needs_could_offer(other, need);
				}
				if (!met) {
					ctx->doomed = changed = true;
					break;
				}
			}
		}
	}
}

enum cyg_status registry_apply(struct registry *reg, const struct registry_set *set, bool strict,
			       struct cyg_op *op)
{
	if (reg->phase != PHASE_IDLE || reg->pending)
		return CYG_BUSY;
	reg->error_text = CYG_STRBUF(reg->errors);
	for (unsigned i = 0; i < reg->plugin_count; i++)
		memset(&reg->plugin[i]->next, 0, sizeof(reg->plugin[i]->next));
	for (unsigned i = 0; i < set->count; i++) {
		const struct wanted *item = &set->item[i];
		struct cyg_plugin_ctx *ctx;
		enum cyg_status status = registry_find_or_add(reg, item->name, &ctx);

		if (status != CYG_OK) {
			cyg_strbuf_addf(&reg->error_text, "%s: plugin %s: %s\n", item->place, item->name,
					cyg_status_text(status));
			continue;
		}
		ctx->next.listed = true;
		ctx->next.rank = i;
		memcpy(ctx->next.place, item->place, sizeof(ctx->next.place));
		if (item->why[0]) {
			ctx->next.wanted = true;
			snprintf(ctx->next.why, sizeof(ctx->next.why), "%s", item->why);
			cyg_strbuf_addf(&reg->error_text, "%s\n", item->why);
			continue;
		}
		plugin_read_conf(ctx, cyg_str_n(item->text, item->len), &reg->error_text);
	}
	if (strict && reg->error_text.len) {
		finish(reg, CYG_MALFORMED);
		return CYG_MALFORMED;
	}
	doom(reg);
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		struct cyg_plugin_ctx *ctx = reg->plugin[i];

		ctx->tried = false;
		if (ctx->state == REGISTRY_LOADED)
			continue;
		memcpy(ctx->place, ctx->next.place, sizeof(ctx->place));
		ctx->state = REGISTRY_OFF;
		ctx->why[0] = '\0';
		if (ctx->next.wanted && !ctx->next.conf)
			set_failed(ctx, ctx->next.why);
	}
	reg->phase = PHASE_UNLOAD;
	change_advance(reg);
	return answer(reg, op);
}
