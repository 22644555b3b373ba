/* SPDX-License-Identifier: MIT */
/* The registry itself, on the control thread: made and freed, and the plugins it knows. What changes it is change.c. */
#include "registry/internal.h"

#include <stdlib.h>

struct registry *registry_new(struct cyg_shard *control)
{
	struct registry *reg = calloc(1, sizeof(*reg));

	if (!reg)
		return NULL;
	reg->control = control;
	reg->drain_ms = 10000;
	reg->error_text = CYG_STRBUF(reg->errors);
	reg->shard[0] = registry_shard_new(reg, control);
	reg->table = offers_new(reg);
	if (!reg->shard[0] || !reg->table) {
		registry_shard_free(reg->shard[0]);
		offers_unref(reg->table);
		free(reg);
		return NULL;
	}
	reg->shard_count = 1;
	control->registry = reg->shard[0];
	return reg;
}

void registry_release(struct registry *reg)
{
	for (unsigned i = 0; i < reg->dir_count; i++)
		free(reg->dir[i]);
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		conf_unref(reg->plugin[i]->next.conf);
		plugin_forget_features(reg->plugin[i]);
		free(reg->plugin[i]);
	}
	offers_unref(reg->table);
	free(reg);
}

void registry_free(struct registry *reg)
{
	if (!reg)
		return;
	cyg_timer_clear(reg->control, &reg->timer);
	reg->op = NULL;
	reg->abandoned = true;
	reg->sending = true; /* what comes back meanwhile moves nothing on */
	for (unsigned i = reg->shard_count; i-- > 0;) {
		struct registry_shard *rs = reg->shard[i];

		if (rs->shard->registry == rs && (i == 0 || rs->shard->driver->manual))
			registry_leave(rs->shard);
		registry_shard_free(rs);
	}
	reg->shard_count = 0;
	if (reg->phase >= PHASE_DRAINING && reg->phase <= PHASE_STOPPING)
		plugin_end(reg->current);
	while (reg->order_count)
		plugin_end(reg->plugin[reg->order[--reg->order_count]]);
	reg->sending = false;
	/* Commands that are still out hold on to it. */
	if (!atomic_load(&reg->pending))
		registry_release(reg);
}

enum cyg_status registry_add_dir(struct registry *reg, const char *dir)
{
	char *copy;

	if (reg->dir_count == REGISTRY_DIRS_MAX)
		return CYG_LIMIT;
	copy = cyg_str_dup(cyg_str(dir));
	if (!copy)
		return CYG_NOMEM;
	reg->dir[reg->dir_count++] = copy;
	return CYG_OK;
}

struct cyg_plugin_ctx *registry_find(const struct registry *reg, const char *name)
{
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		if (strcmp(reg->plugin[i]->name, name) == 0)
			return reg->plugin[i];
	}
	return NULL;
}

enum cyg_status registry_find_or_add(struct registry *reg, const char *name, struct cyg_plugin_ctx **out)
{
	struct cyg_plugin_ctx *ctx = registry_find(reg, name);

	if (!ctx) {
		if (reg->plugin_count == REGISTRY_PLUGINS_MAX)
			return CYG_LIMIT;
		ctx = calloc(1, sizeof(*ctx));
		if (!ctx)
			return CYG_NOMEM;
		ctx->reg = reg;
		ctx->slot = reg->plugin_count;
		snprintf(ctx->name, sizeof(ctx->name), "%s", name);
		reg->plugin[reg->plugin_count++] = ctx;
	}
	*out = ctx;
	return CYG_OK;
}

enum cyg_status registry_add_static(struct registry *reg, const struct cyg_plugin *plugin)
{
	struct cyg_plugin_ctx *ctx;
	enum cyg_status status;

	/* Its name may be read only if the descriptor is of our kind; the rest is judged when it is opened. */
	if (plugin->abi != CYG_PLUGIN_ABI || plugin->size != sizeof(*plugin) ||
	    !plugin_name_is_valid(cyg_str(plugin->name)))
		return CYG_MALFORMED;
	status = registry_find_or_add(reg, plugin->name, &ctx);
	if (status == CYG_OK)
		ctx->linked_in = plugin;
	return status;
}

const char *registry_errors(const struct registry *reg)
{
	return reg->errors;
}

void registry_set_drain_ms(struct registry *reg, uint64_t ms)
{
	reg->drain_ms = ms;
}

/* --- The short way for tests and small tools --- */

struct registry *registry_quick(struct cyg_shard *control, struct cyg_shard *shard,
				const struct cyg_plugin *const *plugins, const char *const *confs)
{
	struct registry *reg = registry_new(control);
	struct registry_set *set = registry_set_new();
	enum cyg_status status = reg && set ? CYG_OK : CYG_NOMEM;
	bool good = false;

	for (size_t i = 0; plugins[i] && status == CYG_OK; i++) {
		char place[PLUGIN_PLACE_MAX];

		status = registry_add_static(reg, plugins[i]);
		if (status != CYG_OK)
			break;
		snprintf(place, sizeof(place), "plugins/%s.conf", plugins[i]->name);
		status = registry_set_add(set, plugins[i]->name, place,
					  cyg_str(confs && confs[i] ? confs[i] : ""));
	}
	if (status == CYG_OK)
		status = registry_attach(reg, shard, NULL);
	if (status == CYG_OK)
		status = registry_apply(reg, set, true, NULL);
	if (status != CYG_OK) {
		fprintf(stderr, "plugins: %s\n%s", cyg_status_text(status), reg ? reg->errors : "");
		goto out;
	}
	good = true;
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		if (reg->plugin[i]->state != REGISTRY_FAILED)
			continue;
		fprintf(stderr, "plugin %s: %s\n", reg->plugin[i]->name, reg->plugin[i]->why);
		good = false;
	}
out:
	registry_set_free(set);
	if (good)
		return reg;
	registry_free(reg);
	return NULL;
}

void registry_quick_end(struct registry *reg, struct cyg_shard *shard)
{
	registry_leave(shard);
	registry_free(reg);
}
