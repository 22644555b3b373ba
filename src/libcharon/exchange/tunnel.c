/* SPDX-License-Identifier: MIT */
/*
 * Configured tunnels: each `interface Tunnel` with protection and a destination is kept up by one shard, by
 * the hash of its name. A lost one is begun again after a pause that grows.
 */
#include "exchange/diagnose.h"
#include "exchange/exchange.h"
#include "exchange/watch.h"
#include "policy/select.h"
#include "shard/shard.h"

#include <cygnet/log.h>

#include <stdio.h>
#include <stdlib.h>

static unsigned shard_of_name(const char *name, unsigned count)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash % count;
}

static bool is_of_shard(const struct ike_shard *ike, const struct config_interface *interface)
{
	return shard_of_name(interface->head.name, cyg_shard_count(ike->shard)) == cyg_shard_index(ike->shard);
}

static bool is_ours(const struct ike_shard *ike, const struct config_interface *interface)
{
	return interface->kind == IF_TUNNEL && !interface->shutdown && interface->protection &&
	       interface->destination.family && !interface->protection->responder_only &&
	       is_of_shard(ike, interface);
}

static void retry_later(struct tunnel *tunnel);

/* The peer may have begun by itself: then its SA serves. */
static struct ike_sa *find_sa(struct ike_shard *ike, const struct config_interface *interface)
{
	for (struct ike_sa *sa = ike->oldest; sa; sa = sa->next) {
		if (sa->state == IKE_ESTABLISHED && sa->interface &&
		    strcmp(sa->interface->head.name, interface->head.name) == 0)
			return sa;
	}
	return NULL;
}

/* It cannot begin; told here, since no SA is there to tell it of. */
static void refuse(struct tunnel *tunnel, const char *what)
{
	const struct config_interface *interface = tunnel->interface;
	const struct dead_end *why = &tunnel->ike->why;
	const struct config_head *object = why->object ? why->object : &interface->head;
	const struct cyg_endpoint peer = { .ip = interface->destination, .port = IKE_PORT };
	char ours[CONFIG_NAME_MAX + CONFIG_PLACE_MAX + 8], line[1024];

	snprintf(ours, sizeof(ours), "%s (%s)", object->name, object->place);
	snprintf(line, sizeof(line), "%s: %s; our %s; try: %s", interface->head.name, what, ours, why->mend);
	diagnose_note(false, &peer, cyg_shard_wall_s(tunnel->ike->shard), what, ours, line);
	cyg_log(CYG_LOG_WARNING, "ike.failed", "{interface}: {what}; our {object} ({place}); try: {mend}",
		F_STR("interface", interface->head.name), F_STR("what", what), F_STR("object", object->name),
		F_STR("place", object->place), F_STR("mend", why->mend));
}

static const struct config_profile *idle_profile(const struct config_view *view, const char *name)
{
	for (size_t i = 0; i < view->idle_profile_count; i++) {
		if (strcmp(view->idle_profiles[i]->head.name, name) == 0)
			return view->idle_profiles[i];
	}
	return NULL;
}

/* A tunnel that would begin if its profiles were whole. */
static void tell_idle(struct ike_shard *ike, const struct config_interface *interface)
{
	struct tunnel tunnel = { .ike = ike, .interface = interface };
	const struct config_view *view = ike->view;
	const struct config_profile *profile = NULL;

	for (size_t i = 0; i < view->idle_ipsec_profile_count; i++) {
		const struct config_ipsec_profile *ipsec = view->idle_ipsec_profiles[i];

		if (strcmp(ipsec->head.name, interface->protection_name) == 0)
			profile = idle_profile(view, ipsec->ikev2_profile_name);
	}
	why_reset(ike);
	if (profile)
		why_mend_profile(ike, profile, NULL);
	else
		why_mend_idle_interface(ike, interface);
	refuse(&tunnel, profile ? "its IKEv2 profile is incomplete" : "it is incomplete");
}

static bool is_idle(const struct ike_shard *ike, const struct config_interface *interface)
{
	return interface->kind == IF_TUNNEL && !interface->shutdown && interface->protection_name[0] &&
	       is_of_shard(ike, interface);
}

static const struct config_profile *profile_of(struct tunnel *tunnel)
{
	const struct config_ipsec_profile *protection = tunnel->interface->protection;
	struct ike_shard *ike = tunnel->ike;
	const struct config_profile *profile = protection->ikev2_profile;

	if (profile && profile->head.complete && !profile->shutdown)
		return profile;
	why_reset(ike);
	if (profile) {
		why_mend_profile(ike, profile, NULL);
		refuse(tunnel, profile->head.complete ? "its IKEv2 profile is shut down"
						      : "its IKEv2 profile is incomplete");
		return NULL;
	}
	why_object(ike, &protection->head);
	why_mend(ike, "crypto ipsec profile %s / set ikev2-profile %s", protection->head.name,
		 ike->view->profile_count ? ike->view->profiles[0]->head.name : "NAME");
	refuse(tunnel, "a tunnel that begins needs an IKEv2 profile");
	return NULL;
}

static bool within_limits(struct ike_shard *ike, const struct config_interface *interface)
{
	const struct config_global *global = ike->view->global;

	if (global && global->max_sa && ike->sas.count >= engine_share(ike, global->max_sa)) {
		ike->counters.rejected_limit_sa++;
		cyg_log_limited(CYG_LOG_WARNING, "ike.limit",
				"{interface}: it does not begin, there are {count} SAs already; try: crypto ikev2 limit max-sa",
				F_STR("interface", interface->head.name), F_UINT("count", ike->sas.count));
		return false;
	}
	if (global && global->max_negotiation_out &&
	    ike->negotiating_out >= engine_share(ike, global->max_negotiation_out)) {
		ike->counters.rejected_limit_negotiation++;
		cyg_log_limited(CYG_LOG_WARNING, "ike.limit",
				"{interface}: it does not begin yet, {count} SAs are in negotiation; try: crypto ikev2 limit "
				"max-in-negotiation-sa",
				F_STR("interface", interface->head.name), F_UINT("count", ike->negotiating_out));
		return false;
	}
	return true;
}

static void start(struct tunnel *tunnel)
{
	struct ike_shard *ike = tunnel->ike;
	const struct config_interface *interface = tunnel->interface;
	const struct config_profile *profile;
	struct ike_sa *sa = find_sa(ike, interface);

	if (sa) {
		watch_client(interface, "the peer has called: its SA serves");
		tunnel->sa = ike_sa_handle(sa);
		informational_child_lost(sa); /* the peer may have begun without one */
		life_schedule(sa);
		return;
	}
	profile = profile_of(tunnel);
	if (!profile) {
		retry_later(tunnel);
		return;
	}
	if (!within_limits(ike, interface) || life_new(ike, true, shard_own_slot(ike->shard), &sa) != CYG_OK) {
		retry_later(tunnel);
		return;
	}
	tunnel->sa = ike_sa_handle(sa);
	watch_client(interface, "calls by profile %s", profile->head.name);
	sa->d.remote = (struct cyg_endpoint){ .ip = interface->destination, .port = IKE_PORT };
	sa->d.local = (struct cyg_endpoint){ .ip = interface_source(ike->view, interface),
					     .port = IKE_PORT };
	sa->profile = engine_hold(ike, profile);
	sa->configured = ike->configured;
	sa->interface = engine_hold(ike, interface);
	why_reset(ike);
	if (!sa->d.local.ip.family &&
	    ike->options.source_for(ike->options.source_ctx, &sa->d.remote.ip, &sa->d.local.ip) != CYG_OK) {
		why_mend(ike, "interface %s / tunnel source ADDRESS, or a route to the destination",
			 interface->head.name);
		why_object(ike, &interface->head);
		why_log(sa, false, 0, "no address of ours reaches the tunnel's destination");
		life_drop(sa, "no address of ours reaches the tunnel's destination");
		return;
	}
	driver_pump(sa);
}

static void timer_fired(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct tunnel *tunnel = CYG_CONTAINER(timer, struct tunnel, timer);

	if (!life_find(tunnel->ike, tunnel->sa))
		start(tunnel);
}

static void retry_later(struct tunnel *tunnel)
{
	uint32_t pause = tunnel->backoff_ms ? tunnel->backoff_ms : TUNNEL_RETRY_MIN_MS, wait = pause;
	uint16_t jitter;

	tunnel->sa = (struct cyg_sa_handle){ 0 };
	cyg_shard_random(tunnel->ike->shard, &jitter, sizeof(jitter));
	wait += jitter % (wait / 4 + 1);
	watch_client(tunnel->interface, "calls again in %u ms", (unsigned)wait);
	cyg_timer_set(tunnel->ike->shard, &tunnel->timer, cyg_shard_now_ms(tunnel->ike->shard) + wait, timer_fired);
	tunnel->backoff_ms = pause * 2 > TUNNEL_RETRY_MAX_MS ? TUNNEL_RETRY_MAX_MS : pause * 2;
}

static struct tunnel *find(struct ike_shard *ike, const char *name)
{
	struct tunnel *tunnel = ike->tunnels;

	while (tunnel && strcmp(tunnel->interface->head.name, name) != 0)
		tunnel = tunnel->next;
	return tunnel;
}

/* The tunnel that we keep up by this SA, or NULL. */
static const struct tunnel *tunnel_of(const struct ike_sa *sa)
{
	struct cyg_sa_handle handle = ike_sa_handle(sa);

	for (const struct tunnel *tunnel = sa->ike->tunnels; tunnel; tunnel = tunnel->next) {
		if (tunnel->sa.spi == handle.spi && tunnel->sa.generation == handle.generation)
			return tunnel;
	}
	return NULL;
}

static bool same_destination(const struct config_interface *a, const struct config_interface *b)
{
	return memcmp(&a->destination, &b->destination, sizeof(a->destination)) == 0;
}

static void free_tunnel(struct tunnel *tunnel)
{
	static_routes_sync(tunnel, NULL);
	cyg_timer_clear(tunnel->ike->shard, &tunnel->timer);
	engine_let_go(tunnel->ike, tunnel->interface);
	free(tunnel);
}

/* Ends the SA of a tunnel that is no more; sessions whose interface went ended before. */
static void stop(struct tunnel *tunnel)
{
	struct ike_sa *sa = life_find(tunnel->ike, tunnel->sa);

	if (!sa)
		return;
	if (sa->state < IKE_ESTABLISHED) {
		life_drop(sa, "its tunnel is no more");
		return;
	}
	sa->wants |= WANT_DELETE;
	driver_pump(sa);
	life_schedule(sa);
}

const char *tunnel_ends(const struct ike_sa *sa, const struct config_interface *interface)
{
	const struct tunnel *tunnel = tunnel_of(sa);

	if (!tunnel)
		return NULL;
	if (!interface || !is_ours(sa->ike, interface))
		return "its tunnel is no longer kept up by us";
	if (!same_destination(tunnel->interface, interface))
		return "the destination of its tunnel was changed";
	return NULL;
}

void tunnel_configure(struct ike_shard *ike)
{
	struct tunnel **at, *tunnel;

	for (tunnel = ike->tunnels; tunnel; tunnel = tunnel->next)
		tunnel->wanted = false;
	for (size_t i = 0; i < ike->view->idle_interface_count; i++) {
		if (is_idle(ike, ike->view->idle_interfaces[i]))
			tell_idle(ike, ike->view->idle_interfaces[i]);
	}
	for (size_t i = 0; i < ike->view->interface_count; i++) {
		const struct config_interface *interface = ike->view->interfaces[i];

		if (!is_ours(ike, interface))
			continue;
		tunnel = find(ike, interface->head.name);
		if (!tunnel) {
			tunnel = calloc(1, sizeof(*tunnel));
			if (!tunnel)
				continue; /* the next configuration tries again */
			tunnel->ike = ike;
			tunnel->next = ike->tunnels;
			ike->tunnels = tunnel;
		} else if (!same_destination(tunnel->interface, interface)) {
			stop(tunnel);
			tunnel->sa = (struct cyg_sa_handle){ 0 };
		}
		engine_let_go(ike, tunnel->interface);
		tunnel->interface = engine_hold(ike, interface);
		tunnel->wanted = true;
		tunnel->backoff_ms = 0;
	}
	for (at = &ike->tunnels; (tunnel = *at);) {
		if (tunnel->wanted) {
			at = &tunnel->next;
			continue;
		}
		*at = tunnel->next;
		stop(tunnel);
		free_tunnel(tunnel);
	}
	for (tunnel = ike->tunnels; tunnel; tunnel = tunnel->next) {
		static_routes_sync(tunnel, ike->view);
		if (!life_find(ike, tunnel->sa))
			cyg_timer_set(ike->shard, &tunnel->timer, cyg_shard_now_ms(ike->shard),
				      timer_fired);
	}
}

void tunnel_lost(struct ike_sa *sa, const struct ike_sa *successor)
{
	struct cyg_sa_handle handle = ike_sa_handle(sa);

	for (struct tunnel *tunnel = sa->ike->tunnels; tunnel; tunnel = tunnel->next) {
		if (tunnel->sa.spi != handle.spi || tunnel->sa.generation != handle.generation)
			continue;
		if (successor)
			tunnel->sa = ike_sa_handle(successor);
		else
			retry_later(tunnel);
	}
}

bool tunnel_has(const struct ike_sa *sa)
{
	return tunnel_of(sa) != NULL;
}

void tunnel_established(struct ike_sa *sa)
{
	struct cyg_sa_handle handle = ike_sa_handle(sa);

	for (struct tunnel *tunnel = sa->ike->tunnels; tunnel; tunnel = tunnel->next) {
		if (tunnel->sa.spi == handle.spi && tunnel->sa.generation == handle.generation && !sa->wants)
			tunnel->backoff_ms = 0;
	}
}

/* An SA that has no child, and does not get one by itself. */
static void ask_for_child(struct ike_sa *sa)
{
	bool asked = sa->wants & WANT_CHILD || sa->child_at || (sa->ours && sa->ours->want & WANT_CHILD);

	if (sa->state != IKE_ESTABLISHED || sa->children || asked || sa->wants & WANT_DELETE)
		return;
	sa->wants |= WANT_CHILD;
	driver_pump(sa);
	life_schedule(sa);
}

static bool is_interface(const struct config_interface *interface, uint32_t interface_id)
{
	return config_interface_id(interface->kind, interface->number) == interface_id;
}

static void acquire_here(struct ike_shard *ike, uint32_t interface_id)
{
	for (struct tunnel *tunnel = ike->tunnels; tunnel; tunnel = tunnel->next) {
		struct ike_sa *sa = life_find(ike, tunnel->sa);

		if (!is_interface(tunnel->interface, interface_id))
			continue;
		if (sa)
			ask_for_child(sa);
		else if (ike->view)
			start(tunnel);
	}
}

/* The packet was met by one shard, the tunnel is kept up by another. */
struct acquire_msg {
	struct cyg_msg msg;
	uint32_t interface_id;
};

static void drop_acquire(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct acquire_msg, msg));
}

static void run_acquire(struct cyg_shard *shard, struct cyg_msg *msg)
{
	if (shard->engine)
		acquire_here(shard->engine, CYG_CONTAINER(msg, struct acquire_msg, msg)->interface_id);
	drop_acquire(msg);
}

static void acquire_there(struct cyg_shard *owner, uint32_t interface_id)
{
	struct acquire_msg *m = owner ? calloc(1, sizeof(*m)) : NULL;

	if (!m)
		return; /* the next packet asks again */
	m->msg.run = run_acquire;
	m->msg.drop = drop_acquire;
	m->interface_id = interface_id;
	if (cyg_shard_post(owner, &m->msg) != CYG_OK)
		drop_acquire(&m->msg);
}

void tunnel_acquire(struct ike_shard *ike, uint32_t interface_id)
{
	const struct config_view *view = ike->view;

	for (size_t i = 0; view && i < view->interface_count; i++) {
		const struct config_interface *interface = view->interfaces[i];

		if (interface->kind != IF_TUNNEL || !is_interface(interface, interface_id))
			continue;
		if (is_of_shard(ike, interface))
			acquire_here(ike, interface_id);
		else
			acquire_there(cyg_shard_peer(ike->shard, shard_of_name(interface->head.name,
									       cyg_shard_count(ike->shard))),
				      interface_id);
		return;
	}
}

void tunnel_done(struct ike_shard *ike)
{
	while (ike->tunnels) {
		struct tunnel *next = ike->tunnels->next;

		free_tunnel(ike->tunnels);
		ike->tunnels = next;
	}
}
