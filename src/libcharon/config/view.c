/* SPDX-License-Identifier: MIT */
/*
 * The engine's view of a snapshot: usable objects in the order of the file.
 */
#include "config/build.h"

#include <stdlib.h>

enum { USABLE, IDLE }; /* all its lines are good, but it is not complete */

static bool wanted(const struct node *node, int which)
{
	return !node->disabled && node->built &&
	       (which == USABLE ? node->built->usable : !node->built->usable && !node->built->error);
}

static enum cyg_status fill(const struct cyg_config *config, const char *mode, int which, bool smart_last,
			    const void ***out, size_t *count)
{
	const struct grammar_mode *in = grammar_mode(config->grammar, mode);
	const struct table *table =
		in && in->parent == config->grammar->global ? node_table(config->root, in) : NULL;
	const void **all = calloc((table ? table->count : 0) + 1, sizeof(*all));

	if (!all)
		return CYG_NOMEM;
	*out = all;
	for (int smart = 0; smart < 2; smart++) {
		for (size_t i = 0; table && i < table->count; i++) {
			const struct node *node = table->items[i];

			if (!wanted(node, which) ||
			    (smart_last ? node->smart != (smart == 1) : smart == 1))
				continue;
			all[(*count)++] = node->built->object;
		}
	}
	return CYG_OK;
}

/* A profile that is shut down is never selected. */
static void move_shut(struct config_view *view)
{
	const struct config_profile **profiles = (const struct config_profile **)view->profiles;
	const struct config_profile **idle = (const struct config_profile **)view->idle_profiles;
	size_t kept = 0;

	/* Both lists have room for all profiles. */
	for (size_t i = 0; i < view->profile_count; i++) {
		if (profiles[i]->shutdown)
			idle[view->idle_profile_count++] = profiles[i];
		else
			profiles[kept++] = profiles[i];
	}
	view->profile_count = kept;
}

enum cyg_status view_fill(struct cyg_config *config)
{
	struct config_view *view = &config->view;
	enum cyg_status status = CYG_OK;

	if (config->grammar->global->mode != config_core_commands.modes)
		return CYG_OK; /* a grammar without the core's table has no such objects */
	view->global = (const struct config_global *)config->root->built->object;
#define FILL_WHICH(mode_, list_, count_, which_, last_)                                                          \
	if (status == CYG_OK)                                                                      \
	status = fill(config, (mode_), (which_), (last_), (const void ***)&view->list_, &view->count_)
#define FILL(mode_, list_, count_, last_) FILL_WHICH(mode_, list_, count_, USABLE, last_)
	FILL(MODE_POLICY, policies, policy_count, true);
	FILL(MODE_PROFILE, profiles, profile_count, false);
	FILL_WHICH(MODE_PROFILE, idle_profiles, idle_profile_count, IDLE, false);
	FILL(MODE_IPSEC_PROFILE, ipsec_profiles, ipsec_profile_count, false);
	FILL_WHICH(MODE_IPSEC_PROFILE, idle_ipsec_profiles, idle_ipsec_profile_count, IDLE, false);
	FILL(MODE_KEYRING, keyrings, keyring_count, false);
	FILL_WHICH(MODE_INTERFACE, idle_interfaces, idle_interface_count, IDLE, false);
	FILL(MODE_INTERFACE, interfaces, interface_count, false);
	FILL(MODE_AAA_AUTHORIZATION, method_lists, method_list_count, false);
	FILL(MODE_ROUTE, routes, route_count, false);
	FILL(MODE_TRUSTPOINT, trustpoints, trustpoint_count, false);
#undef FILL
#undef FILL_WHICH
	if (status == CYG_OK)
		move_shut(view);
	return status;
}

void view_done(struct config_view *view)
{
	free((void *)view->policies);
	free((void *)view->profiles);
	free((void *)view->idle_profiles);
	free((void *)view->ipsec_profiles);
	free((void *)view->idle_ipsec_profiles);
	free((void *)view->keyrings);
	free((void *)view->idle_interfaces);
	free((void *)view->interfaces);
	free((void *)view->method_lists);
	free((void *)view->routes);
	free((void *)view->trustpoints);
	*view = (struct config_view){ 0 };
}
