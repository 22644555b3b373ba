/* SPDX-License-Identifier: MIT */
#include "control/store.h"

#include "control/broker_client.h"
#include "control/config_file.h"
#include "control/reading.h"
#include "control/revert.h"
#include "control/vault.h"

#include <cygnet/broker.h>
#include <cygnet/log.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct store {
	struct daemon *daemon;
	struct cyg_exec *exec;
	struct cyg_config *config; /* what is written: it may change meanwhile */
	struct cyg_op op;
	struct cyg_broker_reply reply;
};

static enum cyg_status finish(struct store *take, enum cyg_status status, const char *why)
{
	struct daemon *daemon = take->daemon;
	struct cyg_exec *exec = take->exec;
	char path[PATHS_LEN];

	if (status != CYG_OK) {
		cyg_log(CYG_LOG_ERROR, "config.unsaved", "startup-config was not written: {why}; the old one is whole",
			F_STR("why", why));
		cyg_exec_error(exec, "startup-config was not written: %s; the old one is whole", why);
	} else {
		if (take->config == daemon->config) {
			daemon->config_changed = false;
			daemon->config_origin = STARTUP_CONFIG;
		}
		if (paths_join(path, daemon->paths.lib, LAST_GOOD) == CYG_OK &&
		    config_file_replace(path, "", take->config) != CYG_OK)
			cyg_log(CYG_LOG_WARNING, "config.unkept",
				"{path} cannot be written ({why}): a start with a broken startup-config will find "
				"nothing to fall back to",
				F_STR("path", path), F_STR("why", strerror(errno)));
		cyg_log(CYG_LOG_NOTICE, "config.saved", "{user} wrote the configuration to startup-config",
			F_STR("user", exec->session->user));
		cyg_exec_printf(exec, "[OK]\n");
	}
	config_unref(take->config);
	free(take);
	return status;
}

static void replaced(struct cyg_op *op, enum cyg_status status)
{
	struct store *store = CYG_CONTAINER(op, struct store, op);
	struct cyg_exec *exec = store->exec;

	status = finish(store, status, store->reply.text[0] ? store->reply.text : cyg_status_text(status));
	cyg_exec_done(exec, status);
}

/* Without a starter: what we may write ourselves. */
static enum cyg_status replace_alone(struct store *take)
{
	char path[PATHS_LEN], why[PATHS_LEN + 200];
	enum cyg_status status = paths_join(path, take->daemon->paths.etc, STARTUP_CONFIG);

	if (status == CYG_OK)
		status = config_file_replace(path, "", take->config);
	snprintf(why, sizeof(why), "%s: %s", path, strerror(errno));
	return finish(take, status, why);
}

enum cyg_status store_run(struct daemon *daemon, struct cyg_exec *exec)
{
	struct cyg_broker_request request = { .verb = CYG_BROKER_CONFIG_REPLACE, .fd = -1 };
	struct store *store;
	enum cyg_status status;
	char why[300];
	size_t len;

	if (revert_armed(daemon)) {
		cyg_exec_error(exec, "the way back is armed: `configure confirm` first, or `configure revert now`");
		return CYG_REFUSED;
	}
	store = calloc(1, sizeof(*store));
	if (!store)
		return CYG_NOMEM;
	store->daemon = daemon;
	store->exec = exec;
	store->config = config_ref(daemon->config);
	store->reply.fd = -1;
	cyg_exec_printf(exec, "Building configuration...\n");
	if (daemon->vault && config_view(store->config)->global->seal_secrets && !vault_is_set(daemon->vault))
		cyg_exec_printf(exec, "warning: secrets are written in clear: there is no master key yet "
				      "(key config-key password-encrypt)\n");
	status = config_file_memory(store->config, &request.fd, &len);
	if (status != CYG_OK)
		return finish(store, status, strerror(errno));
	if (len > CYG_BROKER_CONFIG_MAX) {
		snprintf(why, sizeof(why), "it would have %zu octets, and at most %u are taken", len,
			 CYG_BROKER_CONFIG_MAX);
		close(request.fd);
		return finish(store, CYG_LIMIT, why);
	}
	cyg_op_init(&store->op, daemon->control, replaced);
	status = cyg_broker_call(daemon->control, &request, &store->reply, &store->op);
	close(request.fd);
	if (status == CYG_PENDING)
		return status;
	if (status == CYG_UNSUPPORTED)
		return replace_alone(store);
	return finish(store, status, store->reply.text[0] ? store->reply.text : cyg_status_text(status));
}
