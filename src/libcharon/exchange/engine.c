/* SPDX-License-Identifier: MIT */
#include "exchange/engine.h"

#include "auth/pki.h"
#include "config/config.h"
#include "policy/select.h"
#include "shard/shard.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#define RETRANSMIT_FIRST_MS 1000
#define RETRANSMIT_TRIES    6
#define WAITING_MAX         50000

/* Closed SAs are freed when nobody can be inside of them any more. */
static void reap(struct cyg_shard *shard, struct cyg_turn_end *end)
{
	struct ike_shard *ike = CYG_CONTAINER(end, struct ike_shard, reap);

	while (ike->closed) {
		struct ike_sa *sa = ike->closed;

		ike->closed = sa->next;
		life_free(sa);
	}
}

/* Which of our addresses the system would send from: a connected socket knows; nothing is sent. */
static enum cyg_status ask_system(void *ctx, const struct cyg_ip *remote, struct cyg_ip *out)
{
	struct cyg_endpoint to = { .ip = *remote, .port = IKE_PORT }, from;
	struct sockaddr_storage address;
	socklen_t len = cyg_endpoint_to_sockaddr(&to, &address);
	enum cyg_status status = CYG_IO;
	int fd;

	if (!len)
		return CYG_MALFORMED;
	fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return CYG_IO;
	if (connect(fd, (struct sockaddr *)&address, len) == 0) {
		len = sizeof(address);
		if (getsockname(fd, (struct sockaddr *)&address, &len) == 0)
			status = cyg_endpoint_from_sockaddr((struct sockaddr *)&address, len, &from);
	}
	close(fd);
	if (status == CYG_OK)
		*out = from.ip;
	return status;
}

/* What the system has learnt of the path, from the same kind of socket. */
static size_t ask_mtu(void *ctx, const struct cyg_ip *local, const struct cyg_ip *remote)
{
	struct cyg_endpoint to = { .ip = *remote, .port = IKE_PORT };
	struct sockaddr_storage address;
	socklen_t len = cyg_endpoint_to_sockaddr(&to, &address), size = sizeof(int);
	bool v6 = remote->family == CYG_IPV6;
	int fd, mtu = 0;

	if (!len)
		return 0;
	fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	if (connect(fd, (struct sockaddr *)&address, len) != 0 ||
	    getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &size) != 0)
		mtu = 0;
	close(fd);
	return mtu > 0 ? (size_t)mtu : 0;
}

enum cyg_status ike_shard_new(struct cyg_shard *shard, const struct ike_options *options,
			      struct ike_shard **out)
{
	struct ike_shard *ike = calloc(1, sizeof(*ike));

	if (!ike)
		return CYG_NOMEM;
	ike->shard = shard;
	if (options)
		ike->options = *options;
	if (!ike->options.source_for)
		ike->options.source_for = ask_system;
	if (!ike->options.path_mtu)
		ike->options.path_mtu = ask_mtu;
	if (!ike->options.retransmit_first_ms)
		ike->options.retransmit_first_ms = RETRANSMIT_FIRST_MS;
	if (!ike->options.retransmit_tries)
		ike->options.retransmit_tries = RETRANSMIT_TRIES;
	if (!ike->options.half_open_max)
		ike->options.half_open_max = HALF_OPEN_MAX;
	if (!ike->options.waiting_max)
		ike->options.waiting_max = WAITING_MAX;
	ike->reap.run = reap;
	ike->suites.shard = shard;
	cyg_shard_random(shard, &ike->half.seed, sizeof(ike->half.seed));
	cyg_shard_random(shard, ike->identity_seed, sizeof(ike->identity_seed));
	cyg_shard_random(shard, ike->cookie_secret, sizeof(ike->cookie_secret));
	ike->cookie_rotate_at = cyg_shard_now_ms(shard) + COOKIE_ROTATE_MS;
	/* Without a kernel plugin now, one may come later; each use asks. */
	(void)(engine_kernel(ike) == CYG_OK);
	shard->engine = ike;
	*out = ike;
	return CYG_OK;
}

void ike_shard_free(struct ike_shard *ike)
{
	if (!ike)
		return;
	tunnel_done(ike);
	while (ike->oldest)
		life_close(ike->oldest, NULL);
	detached_cancel_all(ike);
	cyg_turn_end_clear(ike->shard, &ike->reap);
	reap(ike->shard, &ike->reap);
	cyg_timer_clear(ike->shard, &ike->half_timer);
	suite_cache_done(&ike->suites);
	spi_table_done(&ike->sas);
	spi_table_done(&ike->children);
	table_done(&ike->identities);
	ike_shard_pki(ike, NULL);
	if (ike->config)
		config_unref(ike->config);
	cyg_wipe(ike->cookie_secret, sizeof(ike->cookie_secret));
	if (ike->shard->engine == ike)
		ike->shard->engine = NULL;
	free(ike);
}

struct ike_shard *engine_of(const struct cyg_shard *shard)
{
	return shard->engine;
}

enum cyg_status engine_kernel(struct ike_shard *ike)
{
	struct cyg_plugin_ctx *ctx = NULL;
	const struct cyg_feature *feature = cyg_get_feature(ike->shard, CYG_KERNEL, 0, &ctx);
	enum cyg_status status;

	if (!feature) {
		ike->kernel = NULL;
		ike->kernel_attached = false;
		return CYG_UNSUPPORTED;
	}
	if (ike->kernel == feature->kernel && ike->kernel_ctx == ctx && ike->kernel_attached)
		return CYG_OK;
	ike->kernel = feature->kernel;
	ike->kernel_ctx = ctx;
	status = ike->kernel->attach(ctx, ike->shard, &timers_kernel_events);
	ike->kernel_attached = status == CYG_OK;
	return status;
}

const void *engine_hold(struct ike_shard *ike, const void *object)
{
	return object && ike->config ? cyg_config_object_ref(object) : object;
}

void engine_let_go(struct ike_shard *ike, const void *object)
{
	if (object && ike->config)
		cyg_config_object_unref(object);
}

/* --- A new snapshot --- */

static const struct config_profile *find_profile(const struct config_view *view, const char *name)
{
	for (size_t i = 0; i < view->profile_count; i++) {
		if (strcmp(view->profiles[i]->head.name, name) == 0)
			return view->profiles[i];
	}
	return NULL;
}

static bool same_key(const struct cyg_secret *a, const struct cyg_secret *b)
{
	return a->len == b->len && (a->len == 0 || cyg_secret_equal(a, b));
}

static bool same_keyring(const struct config_keyring *a, const struct config_keyring *b)
{
	if (!a || !b)
		return a == b;
	if (strcmp(a->head.name, b->head.name) != 0)
		return false;
	/* A key that was there must be there still. */
	for (size_t i = 0; i < a->peer_count; i++) {
		bool found = false;

		for (size_t j = 0; j < b->peer_count && !found; j++)
			found = strcmp(a->peers[i]->head.name, b->peers[j]->head.name) == 0 &&
				same_key(&a->peers[i]->key_local, &b->peers[j]->key_local) &&
				same_key(&a->peers[i]->key_remote, &b->peers[j]->key_remote);
		if (!found)
			return false;
	}
	return true;
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

/* Why a session may not go on under the new configuration; NULL: it may. Takes over the new objects. */
static const char *renew(struct ike_shard *ike, struct ike_sa *sa)
{
	const struct config_profile *profile;
	const struct config_interface *interface;

	if (!sa->profile)
		return NULL; /* still being negotiated: it meets the new configuration by itself */
	profile = find_profile(ike->view, sa->profile->head.name);
	if (!profile || profile->shutdown)
		return "its profile was removed or shut down";
	if (!same_key(&profile->key_local, &sa->profile->key_local) ||
	    !same_key(&profile->key_remote, &sa->profile->key_remote) ||
	    !same_keyring(sa->profile->keyring, profile->keyring))
		return "its key was changed";
	if (!same_trust(sa->profile, profile))
		return "its trustpoint was removed";
	interface = sa->interface ? find_interface(ike->view, sa->interface->head.name) : NULL;
	if (sa->interface && (!interface || interface->shutdown || !interface->protection))
		return "its interface was removed or shut down";
	if (sa->state < IKE_ESTABLISHED)
		return NULL; /* goes on with what it began with */
	if (profile != sa->profile) {
		engine_let_go(ike, sa->profile);
		sa->profile = engine_hold(ike, profile);
	}
	if (interface && interface != sa->interface) {
		engine_let_go(ike, sa->interface);
		sa->interface = engine_hold(ike, interface);
	}
	return NULL;
}

void ike_shard_pki(struct ike_shard *ike, struct pki *pki)
{
	struct pki *before = ike->pki;

	if (pki == before)
		return;
	cert_cache_clear(&ike->certs);
	ike->pki = pki ? pki_ref(pki) : NULL;
	/* The plugin stays while a shard holds what it made. */
	if (pki && pki->cert)
		cyg_plugin_use(pki->cert_ctx, ike->shard);
	if (pki && pki->signer)
		cyg_plugin_use(pki->signer_ctx, ike->shard);
	if (before && before->cert)
		cyg_plugin_release(before->cert_ctx, ike->shard);
	if (before && before->signer)
		cyg_plugin_release(before->signer_ctx, ike->shard);
	pki_unref(before);
}

void ike_shard_configure(struct ike_shard *ike, const struct cyg_config *config,
			 const struct config_view *view)
{
	const struct cyg_config *before = ike->config;
	struct ike_sa *sa, *next;

	ike->config = config ? config_ref(config) : NULL;
	ike->view = view;
	for (sa = ike->oldest; sa; sa = next) {
		const char *why = renew(ike, sa);

		next = sa->next;
		if (!why)
			continue;
		cyg_log(CYG_LOG_NOTICE, "ike.ended", "{peer}: the session ends: {why}",
			F_ENDPOINT("peer", &sa->d.remote), F_STR("why", why));
		if (sa->state >= IKE_ESTABLISHED) {
			sa->wants |= WANT_DELETE;
			driver_pump(sa);
		} else {
			life_close(sa, NULL);
		}
	}
	tunnel_configure(ike);
	if (before)
		config_unref(before);
}

void ike_shard_shutdown(struct ike_shard *ike)
{
	struct ike_sa *sa, *next;

	tunnel_done(ike);
	for (sa = ike->oldest; sa; sa = next) {
		next = sa->next;
		if (sa->state >= IKE_ESTABLISHED && sa->state < IKE_DELETING) {
			driver_abandon(sa);
			sa->wants |= WANT_DELETE;
			driver_pump(sa);
		}
		life_close(sa, NULL);
	}
}

/* --- Counters --- */

const struct ike_counters *ike_counters(struct ike_shard *ike)
{
	ike->counters.half_open = ike->half.count;
	return &ike->counters;
}

void ike_counters_clear(struct ike_shard *ike)
{
	struct ike_counters now = { .active = ike->counters.active,
				    .waiting = ike->counters.waiting };

	ike->counters = now;
}
