/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SETTLE_TURNS 10000

static struct registry_set *make_set(const struct cyg_plugin *const *plugins, const char *const *confs)
{
	struct registry_set *set = registry_set_new();

	ck_assert_ptr_nonnull(set);
	for (size_t i = 0; plugins[i]; i++) {
		char place[64];

		snprintf(place, sizeof(place), "plugins/%s.conf", plugins[i]->name);
		ck_assert_int_eq(registry_set_add(set, plugins[i]->name, place,
						  cyg_str(confs && confs[i] ? confs[i] : "")), CYG_OK);
	}
	return set;
}

struct harness *harness_start_many(const struct cyg_plugin *const *plugins, const char *const *confs)
{
	struct harness *h = calloc(1, sizeof(*h));
	struct shard_manual setup = { .workers = 2, .clock = &h->clock, .seed = 1 };
	struct registry_set *set = make_set(plugins, confs);
	struct registry_row *rows;
	size_t count;

	ck_assert_ptr_nonnull(h);
	h->clock = (struct shard_clock){ .now_ms = 1000, .wall_ms = 1700000000000 };
	ck_assert_int_eq(shard_manual_group_new(&setup, &h->group), CYG_OK);
	h->control = shard_group_control(h->group);
	h->shard = shard_group_worker(h->group, 0);
	h->other = shard_group_worker(h->group, 1);
	h->reg = registry_new(h->control);
	ck_assert_ptr_nonnull(h->reg);
	for (size_t i = 0; plugins[i]; i++)
		ck_assert_int_eq(registry_add_static(h->reg, plugins[i]), CYG_OK);
	ck_assert_int_eq(registry_attach(h->reg, h->shard, NULL), CYG_OK);
	ck_assert_int_eq(registry_attach(h->reg, h->other, NULL), CYG_OK);
	ck_assert_msg(registry_apply(h->reg, set, true, NULL) == CYG_OK, "%s", registry_errors(h->reg));
	registry_set_free(set);
	ck_assert_int_eq(registry_describe(h->reg, &rows, &count), CYG_OK);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(rows[i].state != REGISTRY_FAILED, "%s: %s", rows[i].name, rows[i].why);
	registry_rows_free(rows, count);
	return h;
}

struct harness *harness_start(const struct cyg_plugin *plugin, const char *conf)
{
	const struct cyg_plugin *const plugins[] = { plugin, NULL };
	const char *const confs[] = { conf, NULL };

	return harness_start_many(plugins, confs);
}

enum cyg_status harness_reload(struct harness *h, const struct cyg_plugin *plugin, const char *conf)
{
	const struct cyg_plugin *const plugins[] = { plugin, NULL };
	const char *const confs[] = { conf, NULL };
	struct registry_set *set = make_set(plugins, confs);
	enum cyg_status status = registry_apply(h->reg, set, true, NULL);

	registry_set_free(set);
	return status;
}

void harness_step(struct harness *h, uint64_t ms)
{
	ck_assert(shard_settle(h->group, SETTLE_TURNS));
	while (ms--) {
		shard_clock_advance(&h->clock, 1);
		ck_assert(shard_settle(h->group, SETTLE_TURNS));
	}
}

const struct cyg_feature *harness_feature(struct harness *h, enum cyg_feature_kind kind, struct cyg_plugin_ctx **ctx)
{
	const struct cyg_feature *feature = cyg_get_feature(h->shard, kind, 0, ctx);

	ck_assert_msg(feature != NULL, "nothing provides %s", registry_kind_text(kind));
	return feature;
}

bool harness_end(struct harness *h, struct cyg_strbuf *out)
{
	struct cyg_shard *const shards[] = { h->shard, h->other, h->control };
	static const char *const names[] = { "shard 0", "shard 1", "the control thread" };
	struct registry_row *rows;
	size_t count;

	if (!shard_settle(h->group, SETTLE_TURNS))
		cyg_strbuf_add(out, CYG_STR("it never rests; "));
	ck_assert_int_eq(registry_describe(h->reg, &rows, &count), CYG_OK);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].uses)
			cyg_strbuf_addf(out, "%u uses of %s were not released; ", rows[i].uses, rows[i].name);
	}
	registry_rows_free(rows, count);
	registry_leave(h->shard);
	registry_leave(h->other);
	registry_free(h->reg);
	if (!shard_settle(h->group, SETTLE_TURNS))
		cyg_strbuf_add(out, CYG_STR("it never rests after its end; "));
	for (size_t i = 0; i < CYG_COUNT(shards); i++) {
		size_t timers = shard_timer_count(shards[i]), polls = shard_manual_poll_count(shards[i]);

		if (timers)
			cyg_strbuf_addf(out, "%zu timers left on %s; ", timers, names[i]);
		if (polls)
			cyg_strbuf_addf(out, "%zu descriptors left on %s; ", polls, names[i]);
	}
	shard_group_free(h->group);
	free(h);
	return out->len == 0;
}

void harness_stop(struct harness *h)
{
	char left[512];
	struct cyg_strbuf b = CYG_STRBUF(left);

	if (!harness_end(h, &b))
		ck_abort_msg("the plugin left something behind: %s", left);
}
