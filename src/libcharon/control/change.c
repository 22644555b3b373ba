/* SPDX-License-Identifier: MIT */
#include "control/change.h"

#include "control/interfaces.h"
#include "control/publish.h"

#include <stdlib.h>

void change_enter(struct daemon *daemon, struct change *change)
{
	struct change **last = &daemon->changes;

	if (!daemon->changing) {
		daemon->changing = true;
		change->run(daemon, change);
		return;
	}
	while (*last)
		last = &(*last)->next;
	change->next = NULL;
	*last = change;
}

void change_leave(struct daemon *daemon)
{
	struct change *next = daemon->changes;

	if (next) {
		daemon->changes = next->next;
		next->run(daemon, next);
		return;
	}
	daemon->changing = false;
	if (daemon->changes_over)
		daemon->changes_over(daemon);
}

/* --- Bringing into force --- */

struct applying {
	struct cyg_config *config;
	bool interfaces;
	void (*done)(struct daemon *daemon, void *ctx, enum cyg_status status);
	void *ctx;
};

static void end(struct daemon *daemon, struct applying *take, enum cyg_status status)
{
	struct applying applying = *take;

	free(take);
	config_unref(applying.config);
	applying.done(daemon, applying.ctx, status);
}

static void pruned(struct daemon *daemon, void *ctx)
{
	end(daemon, ctx, CYG_OK);
}

static void published(struct daemon *daemon, void *ctx)
{
	struct applying *applying = ctx;

	if (applying->interfaces)
		interfaces_prune(daemon, daemon->config, pruned, applying);
	else
		pruned(daemon, applying);
}

static void made(struct daemon *daemon, void *ctx)
{
	struct applying *applying = ctx;
	enum cyg_status status = publish_config(daemon, applying->config, published, applying);

	if (status != CYG_OK)
		end(daemon, applying, status);
}

/* The same objects: no device has anything to do. */
static bool same_interfaces(const struct config_view *a, const struct config_view *b)
{
	if (a->interface_count != b->interface_count)
		return false;
	for (size_t i = 0; i < a->interface_count; i++)
		if (a->interfaces[i] != b->interfaces[i])
			return false;
	return true;
}

void change_apply(struct daemon *daemon, struct cyg_config *config,
		  void (*done)(struct daemon *daemon, void *ctx, enum cyg_status status), void *ctx)
{
	struct applying *applying = calloc(1, sizeof(*applying));

	if (!applying) {
		done(daemon, ctx, CYG_NOMEM);
		return;
	}
	*applying = (struct applying){
		.config = config_ref(config),
		.interfaces = !same_interfaces(config_view(daemon->config), config_view(config)),
		.done = done,
		.ctx = ctx,
	};
	if (applying->interfaces)
		interfaces_set(daemon, config, made, applying);
	else
		made(daemon, applying);
}
