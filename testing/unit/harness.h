/* SPDX-License-Identifier: MIT */
/*
 * One plugin alone: linked statically, started by the real registry on two shards that the test steps,
 * under a fake clock and random octets that are the same each time.
 *
 *   struct harness *h = harness_start(&cyg_plugin_strip_realm, "separator = %\n");
 *   ... cyg_get_feature(h->shard, ...), harness_step(h, 100) ...
 *   harness_stop(h);
 *
 * harness_stop() fails the test if the plugin left a timer, a descriptor, a use or a message behind; memory is
 * LeakSanitizer's part.
 */
#ifndef TESTING_UNIT_HARNESS_H
#define TESTING_UNIT_HARNESS_H

#include "registry/registry.h"
#include "shard/shard.h"

struct harness {
	struct shard_clock clock;
	struct shard_group *group;
	struct cyg_shard *control;
	struct cyg_shard *shard, *other; /* workers 0 and 1 */
	struct registry *reg;
};

/* Fails the test if it does not start. `conf` may be NULL. */
struct harness *harness_start(const struct cyg_plugin *plugin, const char *conf);
/* The same with others that it needs; both lists end with NULL, `confs` may be NULL. */
struct harness *harness_start_many(const struct cyg_plugin *const *plugins, const char *const *confs);
/* Another .conf of one plugin; CYG_MALFORMED (and the old one in force) if it has an error. */
enum cyg_status harness_reload(struct harness *h, const struct cyg_plugin *plugin, const char *conf);
/* Time passes, one millisecond after the other, all shards running. */
void harness_step(struct harness *h, uint64_t ms);
/* The context of a plugin's feature on the first worker, for calling its ops. Fails if there is none. */
const struct cyg_feature *harness_feature(struct harness *h, enum cyg_feature_kind kind, struct cyg_plugin_ctx **ctx);
/* Ends the plugin and looks for what it left. False, with a line about it in `out`. Frees the harness. */
bool harness_end(struct harness *h, struct cyg_strbuf *out);
/* The same; anything left fails the test. */
void harness_stop(struct harness *h);

#endif
