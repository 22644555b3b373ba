/* SPDX-License-Identifier: MIT */
/*
 * A new configuration and the sessions that there are: what a session began with decides whether it may go on. One judge
 * serves the plan and the deed, so that nothing ends that was not foretold.
 */
#include "exchange/exchange.h"
#include "policy/select.h"

#include <cygnet/log.h>

#include <stdio.h>

static const struct config_profile *find_profile(const struct cyg_config *config,
						 const struct config_view *view, const char *name)
{
	/* Tests fill in a view alone. */
	if (config)
		return cyg_config_object(config, MODE_PROFILE, cyg_str(name), true);
	for (size_t i = 0; i < view->profile_count; i++) {
		if (strcmp(view->profiles[i]->head.name, name) == 0)
			return view->profiles[i];
	}
	return NULL;
}

static const struct config_interface *find_if(const struct cyg_config *config,
					      const struct config_view *view, const char *name)
{
	if (config)
		return cyg_config_object(config, MODE_INTERFACE, cyg_str(name), true);
	return find_interface(view, name);
}

static bool same_key(const struct cyg_secret *a, const struct cyg_secret *b)
{
	if (!a || !b)
		return a == b;
	return cyg_secret_equal(a, b);
}

/* Would this SA find the key that it found? */
static bool key_stays(const struct ike_sa *sa, const struct config_view *old, const struct config_profile *now,
		      const struct config_view *view, bool local)
{
	struct key_wanted wanted = auth_key_wanted(sa, local);
	const struct config_peer *peer;
	struct trace before = { 0 }, after = { 0 };

	if (sa->profile == now && config_view_keyring(old, now->keyring_name) == config_view_keyring(view, now->keyring_name))
		return true;
	return same_key(select_key(old, sa->profile, &wanted, &peer, &before),
			select_key(view, now, &wanted, &peer, &after));
}

/* Only the keys that were used matter. */
static bool keys_stay(const struct ike_sa *sa, const struct config_view *old, const struct config_profile *now,
		      const struct config_view *view)
{
	return (sa->d.auth_local != CYG_AUTH_METHOD_PSK || key_stays(sa, old, now, view, true)) &&
	       (sa->d.auth_remote != CYG_AUTH_METHOD_PSK || key_stays(sa, old, now, view, false));
}

/* Each trustpoint that was there must be there still. */
static bool same_trust(const struct config_profile *before, const struct config_profile *now)
{
	for (unsigned i = 0; i < before->trustpoint_count; i++) {
		const struct config_trustpoint_use *old = &before->trustpoint[i];
		bool found = false;

		for (unsigned k = 0; k < now->trustpoint_count && !found; k++)
			found = strcmp(now->trustpoint[k].name, old->name) == 0 &&
				now->trustpoint[k].trustpoint != NULL &&
				(!old->sign || now->trustpoint[k].sign) &&
				(!old->verify || now->trustpoint[k].verify);
		if (!found)
			return false;
	}
	return true;
}

const char *renew_ends(const struct ike_sa *sa, const struct config_view *before, const struct cyg_config *config,
		       const struct config_view *view)
{
	const struct config_profile *profile;
	const struct config_interface *interface;

	if (!sa->profile)
		return NULL; /* still being negotiated: it meets the new configuration by itself */
	profile = find_profile(config, view, sa->profile->head.name);
	if (!profile || profile->shutdown)
		return "its profile was removed or shut down";
	if (!keys_stay(sa, before, profile, view))
		return "its key was changed";
	if (!same_trust(sa->profile, profile))
		return "its trustpoint was removed";
	interface = sa->interface ? find_if(config, view, sa->interface->head.name) : NULL;
	if (sa->interface && (!interface || interface->shutdown || !interface->protection))
		return "its interface was removed or shut down";
	return tunnel_ends(sa, interface);
}

/* Takes over the objects of the new configuration. */
static void take(struct ike_shard *ike, struct ike_sa *sa)
{
	const struct config_profile *profile;
	const struct config_interface *interface;

	if (!sa->profile || sa->state < IKE_ESTABLISHED)
		return; /* it goes on with what it began with */
	profile = find_profile(ike->config, ike->view, sa->profile->head.name);
	if (profile && profile != sa->profile) {
		engine_let_go(ike, sa->profile);
		sa->profile = engine_hold(ike, profile);
	}
	interface = sa->interface ? find_if(ike->config, ike->view, sa->interface->head.name) : NULL;
	if (interface && interface != sa->interface) {
		engine_let_go(ike, sa->interface);
		sa->interface = engine_hold(ike, interface);
	}
}

/* Nothing that a session is judged by differs, or that it holds. */
static bool same_for_sessions(const struct config_view *a, const struct config_view *b)
{
	/* Lists of snapshots are shared if nothing in them differs; those made by hand may be written to. */
	return a && a->config && b->config && a->profiles == b->profiles && a->keyrings == b->keyrings &&
	       a->interfaces == b->interfaces;
}

void renew_sessions(struct ike_shard *ike, const struct config_view *before)
{
	struct ike_sa *next;

	if (same_for_sessions(before, ike->view))
		return;
	for (struct ike_sa *sa = ike->oldest; sa; sa = next) {
		const char *why = renew_ends(sa, before, ike->config, ike->view);

		next = sa->next;
		if (!why) {
			take(ike, sa);
			continue;
		}
		cyg_log(CYG_LOG_NOTICE, "ike.ended", "{peer}: the session ends: {why}",
			F_ENDPOINT("peer", &sa->d.remote), F_STR("why", why));
		if (sa->state >= IKE_ESTABLISHED) {
			sa->wants |= WANT_DELETE;
			driver_pump(sa);
		} else {
			life_drop(sa, why);
		}
	}
}

size_t ike_plan(struct ike_shard *ike, const struct cyg_config *config, const struct config_view *view,
		struct ike_plan_row *rows, size_t max)
{
	size_t count = 0;

	if (same_for_sessions(ike->view, view))
		return 0;
	for (const struct ike_sa *sa = ike->oldest; sa; sa = sa->next) {
		const char *why = sa->state == IKE_ESTABLISHED ? renew_ends(sa, ike->view, config, view) : NULL;

		if (!why)
			continue;
		if (count < max) {
			rows[count] = (struct ike_plan_row){ .serial = sa->serial, .remote = sa->d.remote, .why = why };
			snprintf(rows[count].profile, sizeof(rows[count].profile), "%s", sa->profile->head.name);
		}
		count++;
	}
	return count;
}
