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
		life_drop(ike->oldest, "the daemon ends");
	detached_cancel_all(ike);
	cyg_turn_end_clear(ike->shard, &ike->reap);
	reap(ike->shard, &ike->reap);
	cyg_timer_clear(ike->shard, &ike->half_timer);
	suite_cache_done(&ike->suites);
	spi_table_done(&ike->sas);
	spi_table_done(&ike->children);
	serials_done(&ike->serials);
	table_done(&ike->identities);
	ike_shard_pki(ike, NULL);
	renew_done(ike);
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
	const struct config_view *before_view = ike->view;

	while (ike_shard_renew(ike)) /* one after the other */
		;
	ike->config = config ? config_ref(config) : NULL;
	ike->view = view;
	renew_begin(ike, before, before_view);
}

void ike_shard_shutdown(struct ike_shard *ike)
{
	struct ike_sa *sa, *next;

	renew_done(ike);
	tunnel_done(ike);
	for (sa = ike->oldest; sa; sa = next) {
		next = sa->next;
		if (sa->state >= IKE_ESTABLISHED && sa->state < IKE_DELETING) {
			driver_abandon(sa);
			sa->wants |= WANT_DELETE;
			driver_pump(sa);
		}
		life_drop(sa, "the daemon ends");
	}
}

/* --- Counters --- */

const struct ike_counters *ike_counters(struct ike_shard *ike)
{
	ike->counters.half_open = ike->half.count;
	ike->counters.negotiating_in = ike->negotiating_in;
	ike->counters.negotiating_out = ike->negotiating_out;
	ike->counters.queue_waiting = ike->turns.waiting;
	ike->counters.queue_running = ike->turns.taken;
	return &ike->counters;
}

void ike_counters_clear(struct ike_shard *ike)
{
	struct ike_counters now = { .active = ike->counters.active,
				    .waiting = ike->counters.waiting };

	ike->counters = now;
}
