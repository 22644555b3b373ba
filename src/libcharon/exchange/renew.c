/* SPDX-License-Identifier: MIT */
/*
 * A new configuration and the sessions that there are: what a session began with decides whether it may go on. One judge
 * serves the plan and the deed, so that nothing ends that was not foretold. Both look at some sessions a turn: there may be
 * very many, and set-ups and packets of others do not wait for a line that somebody types. Until its turn comes a session
 * goes on with what it holds.
 */
#include "config/config.h"
#include "exchange/exchange.h"
#include "policy/select.h"

#include <cygnet/log.h>

#include <stdio.h>

/* SAs a turn: judged, which may take two look-ups of a key each; and looked at. */
#define JUDGED_A_TURN 32
#define LOOKS_A_TURN  256

/* The configuration that sessions are to go by. Most have what the one before had: within a turn that is looked for once. */
struct target {
	const struct cyg_config *config; /* NULL: in tests, a view alone */
	const struct config_view *view;
	const struct config_profile *old_profile, *profile;
	const struct config_interface *old_interface, *interface;
};

static const struct config_profile *look_for_profile(const struct target *to, const char *name)
{
	if (to->config)
		return cyg_config_object(to->config, MODE_PROFILE, cyg_str(name), true);
	for (size_t i = 0; i < to->view->profile_count; i++) {
		if (strcmp(to->view->profiles[i]->head.name, name) == 0)
			return to->view->profiles[i];
	}
	return NULL;
}

static const struct config_profile *new_profile(struct target *to, const struct ike_sa *sa)
{
	if (to->old_profile != sa->profile) {
		to->old_profile = sa->profile;
		to->profile = look_for_profile(to, sa->profile->head.name);
	}
	return to->profile;
}

/* NULL if it has none. */
static const struct config_interface *new_interface(struct target *to, const struct ike_sa *sa)
{
	const char *name;

	if (to->old_interface != sa->interface) {
		to->old_interface = sa->interface;
		name = sa->interface ? sa->interface->head.name : "";
		to->interface = !sa->interface ? NULL :
				to->config     ? cyg_config_object(to->config, MODE_INTERFACE, cyg_str(name), true) :
						 find_interface(to->view, name);
	}
	return to->interface;
}

static bool same_key(const struct cyg_secret *a, const struct cyg_secret *b)
{
	if (!a || !b)
		return a == b;
	return cyg_secret_equal(a, b);
}

/* Would this SA find the keys that it found? Only those that were used matter. */
static bool keys_stay(const struct ike_sa *sa, const struct config_view *old, const struct config_profile *now,
		      const struct config_view *view)
{
	bool local = sa->d.auth_local == CYG_AUTH_METHOD_PSK, remote = sa->d.auth_remote == CYG_AUTH_METHOD_PSK;
	const struct cyg_secret *local_before, *local_now, *remote_before, *remote_now;
	struct key_wanted wanted;

	if (!local && !remote)
		return true;
	if (sa->profile == now && config_view_keyring(old, now->keyring_name) == config_view_keyring(view, now->keyring_name))
		return true;
	wanted = auth_key_wanted(sa, local);
	select_keys(old, sa->profile, &wanted, &local_before, &remote_before);
	select_keys(view, now, &wanted, &local_now, &remote_now);
	return (!local || same_key(local_before, local_now)) && (!remote || same_key(remote_before, remote_now));
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

/* Why a session that went by `before` may not go on; NULL: it may. */
static const char *ends(const struct ike_sa *sa, const struct config_view *before, struct target *to)
{
	const struct config_profile *profile;
	const struct config_interface *interface;

	if (!sa->profile)
		return NULL; /* still being negotiated: it meets the new configuration by itself */
	profile = new_profile(to, sa);
	if (!profile || profile->shutdown)
		return "its profile was removed or shut down";
	if (!keys_stay(sa, before, profile, to->view))
		return "its key was changed";
	if (!same_trust(sa->profile, profile))
		return "its trustpoint was removed";
	interface = new_interface(to, sa);
	if (sa->interface && (!interface || interface->shutdown || !interface->protection))
		return "its interface was removed or shut down";
	return tunnel_ends(sa, interface);
}

/* Takes over the objects of the new configuration. */
static void take(struct ike_shard *ike, struct ike_sa *sa, struct target *to)
{
	const struct config_profile *profile = new_profile(to, sa);
	const struct config_interface *interface = new_interface(to, sa);

	if (sa->state < IKE_ESTABLISHED)
		return; /* it goes on with what it began with */
	if (profile != sa->profile) {
		engine_let_go(ike, sa->profile);
		sa->profile = engine_hold(ike, profile);
	}
	if (interface != sa->interface) {
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

static void judge(struct ike_shard *ike, struct ike_sa *sa, struct target *to)
{
	const char *why = ends(sa, ike->renewal.view, to);

	sa->configured = ike->configured;
	if (!why) {
		take(ike, sa, to);
		return;
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

static void over(struct ike_shard *ike)
{
	const struct cyg_config *before = ike->renewal.before;

	ike->renewal = (struct renewal){ 0 };
	tunnel_configure(ike);
	if (before)
		config_unref(before);
}

void renew_begin(struct ike_shard *ike, const struct cyg_config *take_before, const struct config_view *view)
{
	ike->configured++;
	ike->renewal = (struct renewal){ .on = true, .before = take_before, .view = view };
	if (same_for_sessions(view, ike->view))
		over(ike);
}

bool ike_shard_renew(struct ike_shard *ike)
{
	struct renewal *renewal = &ike->renewal;
	struct target to = { .config = ike->config, .view = ike->view };
	unsigned judged = 0, looked = 0;
	struct ike_sa *sa, *next;

	if (!renewal->on)
		return false;
	for (sa = serials_after(&ike->serials, renewal->done); sa && judged < JUDGED_A_TURN && looked < LOOKS_A_TURN; sa = next) {
		next = sa->next;
		renewal->done = sa->serial;
		looked++;
		/* Who is being set up meets the new configuration by itself, and whoever chose a profile since has. */
		if (!sa->profile || sa->configured == ike->configured)
			continue;
		judged++;
		judge(ike, sa, &to);
	}
	if (sa)
		return true;
	over(ike);
	return false;
}

void renew_done(struct ike_shard *ike)
{
	if (ike->renewal.before)
		config_unref(ike->renewal.before);
	ike->renewal = (struct renewal){ 0 };
}

size_t ike_plan(struct ike_shard *ike, const struct cyg_config *config, const struct config_view *view, struct row_cursor *cursor,
		struct ike_plan_row *rows, size_t max)
{
	struct ike_sa *sa = serials_after(&ike->serials, cursor->done);
	struct target to = { .config = config, .view = view };
	size_t count = 0;

	if (same_for_sessions(ike->view, view))
		sa = NULL;
	for (unsigned looked = 0; sa && looked < JUDGED_A_TURN; sa = sa->next, looked++) {
		const char *why = sa->state == IKE_ESTABLISHED ? ends(sa, ike->view, &to) : NULL;

		cursor->done = sa->serial;
		if (!why)
			continue;
		if (count < max) {
			rows[count] = (struct ike_plan_row){ .serial = sa->serial, .remote = sa->d.remote, .why = why };
			snprintf(rows[count].profile, sizeof(rows[count].profile), "%s", sa->profile->head.name);
		}
		count++;
	}
	cursor->end = !sa;
	return count;
}
