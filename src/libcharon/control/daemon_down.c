/* SPDX-License-Identifier: MIT */
/* The steps of the daemon's way down, in their order at the end: each undoes what there is so far. */
#include "auth/pki.h"
#include "control/interfaces.h"
#include "control/publish.h"
#include "control/revert.h"
#include "control/running.h"
#include "control/vault.h"
#include "registry/registry.h"

#include <cygnet/log.h>

#include <stdlib.h>

static enum cyg_status down_doors(struct running *r)
{
	watchdog_stop(&r->watchdog);
	config_reading_done(&r->reading);
	if (r->d.vault)
		vault_stop(r->d.vault);
	if (r->d.server)
		server_close(r->d.server);
	return CYG_OK;
}

static bool say_goodbye(struct cyg_shard *shard, void *ctx, unsigned index)
{
	if (shard->engine)
		ike_shard_shutdown(shard->engine);
	return false;
}

static enum cyg_status down_goodbye(struct running *r)
{
	return r->rooms_up ? run_round(r, say_goodbye, NULL) : CYG_OK;
}

static bool free_rooms(struct cyg_shard *shard, void *ctx, unsigned index)
{
	struct shard_rooms *rooms = &((struct running *)ctx)->rooms[index];
	const struct cyg_config *config = shard->config;

	ike_shard_free(rooms->ike);
	rooms->ike = NULL;
	net_shard_free(rooms->net);
	rooms->net = NULL;
	shard->config = NULL;
	config_unref(config);
	return false;
}

static enum cyg_status down_rooms(struct running *r)
{
	return r->rooms_up ? run_round(r, free_rooms, NULL) : CYG_OK;
}

static enum cyg_status down_interfaces(struct running *r)
{
	interfaces_prune(&r->d, NULL, interfaces_done, r);
	return CYG_PENDING;
}

static enum cyg_status detach_next(struct running *r);

static enum cyg_status detached(struct running *r, enum cyg_status status)
{
	if (status != CYG_OK)
		cyg_log(CYG_LOG_WARNING, "daemon.detach", "shard {shard} does not let go of the plugins: {status}",
			F_UINT("shard", r->at), F_STATUS("status", status));
	r->rooms[r->at++].attached = false;
	return detach_next(r);
}

static enum cyg_status detach_next(struct running *r)
{
	while (r->at < r->d.shard_count && !r->rooms[r->at].attached)
		r->at++;
	if (r->at == r->d.shard_count)
		return CYG_OK;
	return op_result(r, registry_detach(r->d.registry, shard_group_worker(r->d.group, r->at),
					    op_for(r, detached)));
}

static enum cyg_status down_detach(struct running *r)
{
	r->at = 0;
	return detach_next(r);
}

static enum cyg_status down_threads(struct running *r)
{
	for (unsigned i = 0; i < r->d.shard_count; i++)
		if (r->rooms[i].started)
			shard_stop(shard_group_worker(r->d.group, i));
	for (unsigned i = 0; i < r->d.shard_count; i++)
		if (r->rooms[i].started)
			shard_join(shard_group_worker(r->d.group, i));
	return CYG_OK;
}

/* What hangs on the control loop lets go of it while there is one. */
static enum cyg_status down_control(struct running *r)
{
	interfaces_free(&r->d);
	revert_free(&r->d);
	server_free(r->d.server);
	r->d.server = NULL;
	registry_set_free(r->plugins);
	r->plugins = NULL;
	pki_unref(r->d.pki);
	r->d.pki = NULL;
	registry_free(r->d.registry);
	r->d.registry = NULL;
	broker_client_free(r->broker);
	r->broker = NULL;
	cyg_timer_clear(r->d.control, &r->patience);
	cyg_timer_clear(r->d.control, &r->later);
	cyg_poll_stop(r->d.control, &r->signals);
	shard_stop(r->d.control);
	return CYG_OK;
}

step_fn *const down_steps[] = {
	down_doors,  down_goodbye, down_rooms,	 down_interfaces,
	down_detach, down_threads, down_control, NULL,
};
