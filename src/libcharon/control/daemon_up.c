/* SPDX-License-Identifier: MIT */
/* The steps of the daemon's way up, in their order at the end. Whatever fails is logged where it is known. */
#include "config.h"

#include "control/interfaces.h"
#include "control/language.h"
#include "control/publish.h"
#include "control/running.h"
#include "control/vault.h"
#include "registry/registry.h"

#include <cygnet/broker.h>
#include <cygnet/log.h>
#include <cygnet/plugin.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define CONTROL_SOCKET "control.sock"

static enum cyg_status up_broker(struct running *r)
{
	enum cyg_status status;

	if (r->args->broker_fd < 0) {
		cyg_log(CYG_LOG_WARNING, "daemon.alone",
			"there is no starter: this daemon has neither sockets nor devices");
		return CYG_OK;
	}
	status = broker_client_new(r->d.control, r->args->broker_fd, &r->broker);
	if (status != CYG_OK)
		cyg_log(CYG_LOG_CRIT, "daemon.starter", "the starter does not answer: {status}",
			F_STATUS("status", status));
	return status;
}

static void log_lines(enum cyg_log_level level, const char *event, const char *lines)
{
	struct cyg_str rest = cyg_str(lines);

	while (rest.len) {
		char line[REGISTRY_WHY_MAX];
		struct cyg_strbuf text = CYG_STRBUF(line);
		size_t len = cyg_str_span_until(rest, "\n");

		cyg_strbuf_add(&text, cyg_str_head(rest, len));
		cyg_log(level, event, "{line}", F_STR("line", line));
		rest = cyg_str_tail(rest, len + 1);
	}
}

static void log_kernel(struct running *r)
{
	struct cyg_plugin_ctx *ctx;
	const struct cyg_kernel_ops *first = daemon_kernel(&r->d, &ctx);
	const struct cyg_feature *second = cyg_get_feature(r->d.control, CYG_KERNEL, 1, &ctx);

	if (!first)
		cyg_log(CYG_LOG_WARNING, "kernel.none",
			"no kernel plugin is loaded, so no CHILD_SA can be made: set `load = yes` in "
			"plugins/kernel-tun.conf (`show plugins` says why it is not loaded)");
	else if (second)
		cyg_log(CYG_LOG_INFO, "kernel.plane",
			"{first} carries the packets; {second} is there for it (`load = no` in plugins/{first}.conf)",
			F_STR("first", first->name), F_STR("second", second->kernel->name));
}

static enum cyg_status plugins_ready(struct running *r, enum cyg_status status)
{
	registry_set_free(r->plugins);
	r->plugins = NULL;
	if (status != CYG_OK) {
		log_lines(CYG_LOG_CRIT, "plugin.options", registry_errors(r->d.registry));
		if (status == CYG_MALFORMED)
			r->code = DAEMON_BAD_OPTIONS;
		return status;
	}
	log_kernel(r);
	return CYG_OK;
}

static enum cyg_status up_plugins(struct running *r)
{
	char reason[400];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum cyg_status status;

	r->d.registry = registry_new(r->d.control);
	if (!r->d.registry)
		return CYG_NOMEM;
	registry_set_drain_ms(r->d.registry, r->d.options->drain_ms);
	status = registry_add_dir(r->d.registry, r->d.paths.plugins);
	if (status != CYG_OK)
		return status;
	r->plugins = plugins_wanted(&r->d.paths, r->d.options, &why);
	if (!r->plugins) {
		cyg_log(CYG_LOG_CRIT, "plugin.folder", "{why}", F_STR("why", reason));
		return CYG_IO;
	}
	return op_result(r, registry_apply(r->d.registry, r->plugins, true, op_for(r, plugins_ready)));
}

static enum cyg_status up_language(struct running *r)
{
	char reason[300];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum cyg_status status = language_grammar(r->d.paths.plugins, r->d.registry, NULL, &r->d.grammar_print,
						  &r->d.grammar, &why);

	if (status != CYG_OK) {
		cyg_log(CYG_LOG_CRIT, "daemon.grammar", "{why}", F_STR("why", reason));
		return status;
	}
	r->d.config_origin = "empty";
	status = config_empty(r->d.grammar, &r->d.config);
	r->d.control->config = r->d.config;
	return status;
}

/* Without its keys what is sealed stays closed; nothing of it is lost. */
static enum cyg_status vault_ready(struct running *r, enum cyg_status status)
{
	if (status != CYG_OK)
		cyg_log(CYG_LOG_ERROR, "vault.keys", "the keys of the master key cannot be made: {status}; secrets of type 6 stay closed",
			F_STATUS("status", status));
	config_grammar_seal_with(r->d.grammar, vault_sealer(r->d.vault));
	return CYG_OK;
}

static enum cyg_status up_vault(struct running *r)
{
	char path[PATHS_LEN], reason[200];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum cyg_status status = paths_join(path, r->d.paths.lib, VAULT_FILE);

	if (status == CYG_OK)
		status = vault_new(r->d.control, path, &r->d.vault);
	if (status != CYG_OK)
		return status;
	status = vault_load(r->d.vault, &why);
	if (status != CYG_OK && status != CYG_NOT_FOUND)
		cyg_log(CYG_LOG_ERROR, "vault.file",
			"{path} is not used ({why}): secrets of type 6 stay closed, and what needs them is not used",
			F_STR("path", path), F_STR("why", reason));
	if (status != CYG_OK)
		return vault_ready(r, CYG_OK);
	return op_result(r, vault_prepare(r->d.vault, CYG_STR(""), op_for(r, vault_ready)));
}

static void take_config(struct running *r, struct cyg_config *take, const char *origin)
{
	config_unref(r->d.config);
	r->d.config = take;
	r->d.control->config = take;
	r->d.config_origin = origin;
}

static void config_read(struct config_reading *reading, enum cyg_status status)
{
	struct running *r = reading->ctx;
	struct cyg_config *config;

	findings_log(STARTUP_CONFIG, &reading->findings);
	if (status == CYG_OK) {
		take_config(r, config_ref(reading->config), STARTUP_CONFIG);
		go_on(r, CYG_OK);
		return;
	}
	if (last_good_load(&r->d, &config) == CYG_OK)
		take_config(r, config, "last good copy");
	if (status == CYG_REFUSED)
		cyg_log(CYG_LOG_ERROR, "config.refused",
			"errors in startup-config: {errors}; the {origin} configuration runs until they are "
			"mended: cygctl -c reload",
			F_UINT("errors", reading->findings.errors), F_STR("origin", r->d.config_origin));
	else
		cyg_log(CYG_LOG_ERROR, "config.unread", "{why}: the {origin} configuration runs",
			F_STR("why", reading->why), F_STR("origin", r->d.config_origin));
	go_on(r, CYG_OK);
}

/* Its end goes on by itself, from the loop or from inside the call; so the loop of steps ends here. */
static enum cyg_status up_config(struct running *r)
{
	r->reading = (struct config_reading){ .daemon = &r->d, .done = config_read, .ctx = r };
	config_reading_start(&r->reading);
	return CYG_PENDING;
}

static const struct {
	uint8_t family;
	uint16_t port;
} socket_groups[SOCKET_GROUPS] = {
	{ CYG_IPV4, IKE_PORT },
	{ CYG_IPV4, IKE_NATT_PORT },
	{ CYG_IPV6, IKE_PORT },
	{ CYG_IPV6, IKE_NATT_PORT },
};

static enum cyg_status ask_socket(struct running *r);

static enum cyg_status socket_got(struct running *r, enum cyg_status status)
{
	unsigned group = r->at / r->d.shard_count, shard = r->at % r->d.shard_count;

	if (status == CYG_EXISTS) {
		cyg_log(CYG_LOG_CRIT, "net.busy", "{why}", F_STR("why", r->reply.text));
		r->code = DAEMON_PORT_BUSY;
		return status;
	}
	if (status != CYG_OK) {
		/* A machine without IPv6 (or without IPv4) is fine; a group with holes is not. */
		cyg_log(CYG_LOG_WARNING, "net.unsupported",
			"no UDP port {port} of IPv{family}: {why}", F_UINT("port", socket_groups[group].port),
			F_UINT("family", socket_groups[group].family),
			F_STR("why", r->reply.text[0] ? r->reply.text : cyg_status_text(status)));
		for (unsigned i = 0; i < shard; i++) {
			close(r->rooms[i].fd[group]);
			r->rooms[i].fd[group] = -1;
		}
		r->at = (group + 1) * r->d.shard_count;
		return ask_socket(r);
	}
	r->rooms[shard].fd[group] = r->reply.fd;
	r->reply.fd = -1;
	r->at++;
	return ask_socket(r);
}

/* The sockets of a group in the order of the shards. */
static enum cyg_status ask_socket(struct running *r)
{
	struct cyg_broker_request request = { .verb = CYG_BROKER_SOCKET, .fd = -1 };
	struct cyg_plugin_ctx *ctx;
	const struct cyg_kernel_ops *kernel = daemon_kernel(&r->d, &ctx);
	unsigned group = r->at / r->d.shard_count;
	bool any = false;

	if (group < SOCKET_GROUPS) {
		bool natt = socket_groups[group].port == IKE_NATT_PORT;

		request.socket.kind = CYG_SOCKET_UDP;
		request.socket.local.ip.family = socket_groups[group].family;
		request.socket.local.port = socket_groups[group].port;
		request.socket.udp_encap = natt && kernel && kernel->wants_udp_encap;
		r->reply = (struct cyg_broker_reply){ .fd = -1 };
		return op_result(r, cyg_broker_call(r->d.control, &request, &r->reply, op_for(r, socket_got)));
	}
	for (unsigned i = 0; i < SOCKET_GROUPS; i++) {
		any = any || r->rooms[0].fd[i] >= 0;
		if (r->d.shard_count > 1 && r->rooms[0].fd[i] >= 0 &&
		    net_steer_attach(r->rooms[0].fd[i], socket_groups[i].port == IKE_NATT_PORT,
				     r->d.control) != CYG_OK)
			cyg_log(CYG_LOG_NOTICE, "net.steer",
				"the system does not deal datagrams of port {port} to the shards: they do it "
				"themselves",
				F_UINT("port", socket_groups[i].port));
	}
	if (any)
		return CYG_OK;
	cyg_log(CYG_LOG_CRIT, "net.none", "there is no UDP socket to work with");
	return CYG_IO;
}

static enum cyg_status up_sockets(struct running *r)
{
	r->at = 0;
	return r->broker ? ask_socket(r) : CYG_OK;
}

static enum cyg_status up_seal(struct running *r)
{
	char reason[300];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum cyg_status status = r->args->seal ? r->args->seal(&why) : CYG_OK;

	if (status != CYG_OK)
		cyg_log(CYG_LOG_CRIT, "daemon.sandbox", "the sandbox cannot be closed: {why}",
			F_STR("why", reason));
	return status;
}

static enum cyg_status up_listen(struct running *r)
{
	char path[PATHS_LEN], reason[400];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum cyg_status status = paths_join(path, r->d.paths.run, CONTROL_SOCKET);

	r->hooks = (struct control_hooks){ .ctx = &r->d, .access = language_access, .hostname = language_hostname,
					   .came = language_came, .gone = language_gone, .prompt = language_prompt,
					   .run = language_run, .complete = language_complete,
					   .help = language_help };
	r->d.server = server_new(r->d.control, &r->hooks);
	if (!r->d.server)
		return CYG_NOMEM;
	if (status == CYG_OK)
		status = server_listen(r->d.server, path, &why);
	if (status != CYG_OK)
		cyg_log(CYG_LOG_CRIT, "control.socket", "the control socket: {why}",
			F_STR("why", reason[0] ? reason : cyg_status_text(status)));
	return status;
}

static enum cyg_status up_shards(struct running *r)
{
	for (unsigned i = 0; i < r->d.shard_count; i++) {
		enum cyg_status status = shard_start(shard_group_worker(r->d.group, i));

		if (status != CYG_OK) {
			cyg_log(CYG_LOG_CRIT, "daemon.thread", "a shard's thread cannot be started: {why}",
				F_STR("why", strerror(errno)));
			return status;
		}
		r->rooms[i].started = true;
	}
	return CYG_OK;
}

static enum cyg_status attach_next(struct running *r);

static enum cyg_status attached(struct running *r, enum cyg_status status)
{
	if (status != CYG_OK) {
		cyg_log(CYG_LOG_CRIT, "daemon.attach", "shard {shard} cannot take the plugins: {status}",
			F_UINT("shard", r->at), F_STATUS("status", status));
		return status;
	}
	r->rooms[r->at++].attached = true;
	return attach_next(r);
}

static enum cyg_status attach_next(struct running *r)
{
	if (r->at == r->d.shard_count)
		return CYG_OK;
	return op_result(r, registry_attach(r->d.registry, shard_group_worker(r->d.group, r->at),
					    op_for(r, attached)));
}

static enum cyg_status up_attach(struct running *r)
{
	r->at = 0;
	return attach_next(r);
}

static void ike_input(void *ctx, struct cyg_shard *shard, struct cyg_datagram *datagram)
{
	driver_input(shard->engine, datagram);
}

/* On its shard: the engine, then the sockets that feed it. */
static bool make_rooms(struct cyg_shard *shard, void *ctx, unsigned index)
{
	struct running *r = ctx;
	struct shard_rooms *rooms = &r->rooms[index];
	struct net_socket_setup sockets[SOCKET_GROUPS];
	struct net_setup setup = { .sockets = sockets, .ike_input = ike_input, .esp_input = net_esp_to_kernel };
	struct cyg_strbuf why = CYG_STRBUF(rooms->why);

	rooms->status = ike_shard_new(shard, &r->ike_options, &rooms->ike);
	if (rooms->status != CYG_OK) {
		cyg_strbuf_addf(&why, "the engine cannot be made");
		return false;
	}
	for (unsigned i = 0; i < SOCKET_GROUPS; i++)
		if (rooms->fd[i] >= 0)
			sockets[setup.count++] = (struct net_socket_setup){
				rooms->fd[i], socket_groups[i].port == IKE_NATT_PORT };
	if (setup.count == 0)
		return false;
	rooms->status = net_shard_new(shard, &setup, &rooms->net, &why);
	if (rooms->status == CYG_OK)
		for (unsigned i = 0; i < SOCKET_GROUPS; i++)
			rooms->fd[i] = -1; /* they are the net's now */
	return false;
}

static enum cyg_status rooms_made(struct running *r, enum cyg_status status)
{
	r->rooms_up = true;
	for (unsigned i = 0; i < r->d.shard_count && status == CYG_OK; i++) {
		status = r->rooms[i].status;
		if (status != CYG_OK)
			cyg_log(CYG_LOG_CRIT, "daemon.shard", "shard {shard}: {why}: {status}", F_UINT("shard", i),
				F_STR("why", r->rooms[i].why), F_STATUS("status", status));
	}
	return status;
}

static enum cyg_status up_rooms(struct running *r)
{
	return run_round(r, make_rooms, rooms_made);
}

static enum cyg_status up_interfaces(struct running *r)
{
	interfaces_set(&r->d, r->d.config, interfaces_done, r);
	return CYG_PENDING;
}

static enum cyg_status up_publish(struct running *r)
{
	enum cyg_status status;

	r->after = NULL;
	status = publish_config(&r->d, r->d.config, round_done, r);
	return status == CYG_OK ? CYG_PENDING : status;
}

static enum cyg_status ready_told(struct running *r, enum cyg_status status)
{
	if (status != CYG_OK)
		cyg_log(CYG_LOG_WARNING, "daemon.starter", "the starter did not take note that all is up: {status}",
			F_STATUS("status", status));
	else
		watchdog_start(&r->watchdog, r->d.control);
	return CYG_OK;
}

static enum cyg_status up_ready(struct running *r)
{
	struct cyg_broker_request request = { .verb = CYG_BROKER_READY, .fd = -1 };

	if (r->reading.text && r->reading.config)
		last_good_keep(&r->d, cyg_str_n(r->reading.text, r->reading.text_len));
	config_reading_done(&r->reading);
	cyg_log(CYG_LOG_NOTICE, "daemon.ready", "Cygnet {version} is up: {shards} shards, configuration: {origin}",
		F_STR("version", PACKAGE_VERSION), F_UINT("shards", r->d.shard_count),
		F_STR("origin", r->d.config_origin));
	if (!r->broker)
		return CYG_OK;
	snprintf(request.text, sizeof(request.text), "%u shards, configuration: %s", r->d.shard_count,
		 r->d.config_origin);
	r->reply = (struct cyg_broker_reply){ .fd = -1 };
	return op_result(r, cyg_broker_call(r->d.control, &request, &r->reply, op_for(r, ready_told)));
}

static enum cyg_status up_running(struct running *r)
{
	r->d.running = true;
	return CYG_OK;
}

step_fn *const up_steps[] = {
	up_broker, up_plugins, up_language, up_vault,	up_config,  up_sockets, up_seal,    up_listen,
	up_shards, up_attach,  up_rooms,    up_interfaces, up_publish, up_ready,	 up_running, NULL,
};
