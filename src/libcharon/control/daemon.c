/* SPDX-License-Identifier: MIT */
/*
 * The daemon's way up and down, as two lists of steps on the control thread's loop. A step ends at once, or goes on
 * when an operation, a round of the shards or a file has answered. Whatever fails on the way up is
 * logged where it is known, and the way down undoes what there is so far.
 */
#include "config.h"

#include "control/broker_client.h"
#include "control/daemon.h"
#include "control/daemon_parts.h"
#include "control/interfaces.h"
#include "control/language.h"
#include "control/publish.h"
#include "control/reload.h"
#include "exchange/driver.h"
#include "log/log.h"
#include "net/net.h"
#include "registry/registry.h"

#include <cygnet/broker.h>
#include <cygnet/log.h>
#include <cygnet/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SOCKET_GROUPS  4    /* IPv4 and IPv6, ports 500 and 4500 */
#define STOP_SLACK_MS  2000 /* beyond `stop`, for what is ours alone */
#define CONTROL_SOCKET "control.sock"

struct running;
typedef enum cyg_status step_fn(struct running *r);

/* One shard's share. */
struct shard_rooms {
	int fd[SOCKET_GROUPS];
	struct ike_shard *ike;
	struct net_shard *net;
	enum cyg_status status;
	char why[200];
	bool started, attached;
};

struct running {
	struct daemon d;
	const struct daemon_args *args;
	struct broker_client *broker;
	struct watchdog watchdog;
	struct control_hooks hooks;
	struct ike_options ike_options;
	struct cyg_poll signals;
	struct cyg_timer patience, later;
	enum daemon_exit code;

	step_fn *const *steps;     /* the list under way, ended by NULL */
	unsigned step;
	bool down;
	struct cyg_op op;
	enum cyg_status (*after)(struct running *r, enum cyg_status status); /* the op's completion */
	struct cyg_broker_reply reply;
	struct config_reading reading;
	struct registry_set *plugins;
	unsigned at;               /* of a step that counts */
	bool rooms_up;
	struct shard_rooms rooms[CYG_SHARDS_MAX];
};

static struct running *running_of(struct daemon *daemon)
{
	return CYG_CONTAINER(daemon, struct running, d);
}

const char *daemon_hostname(const struct daemon *daemon)
{
	const struct config_global *global = daemon->config ? config_view(daemon->config)->global : NULL;

	return global && global->hostname[0] ? global->hostname : "cygnet";
}

const struct cyg_kernel_ops *daemon_kernel(struct daemon *daemon, struct cyg_plugin_ctx **ctx)
{
	const struct cyg_feature *feature = cyg_get_feature(daemon->control, CYG_KERNEL, 0, ctx);

	return feature ? feature->kernel : NULL;
}

/* --- Steps --- */

static void go_down(struct running *r);

static void go_on(struct running *r, enum cyg_status status)
{
	while (status != CYG_PENDING) {
		if (status != CYG_OK && !r->down && r->code == DAEMON_STOPPED)
			r->code = DAEMON_FAILED;
		if ((status != CYG_OK || r->d.stopping) && !r->down) {
			go_down(r);
			return;
		}
		if (!r->steps[r->step])
			return;
		status = r->steps[r->step++](r);
	}
}

static void op_done(struct cyg_op *op, enum cyg_status status)
{
	struct running *r = CYG_CONTAINER(op, struct running, op);

	go_on(r, r->after(r, status));
}

static struct cyg_op *op_for(struct running *r, enum cyg_status (*after)(struct running *r, enum cyg_status status))
{
	r->after = after;
	cyg_op_init(&r->op, r->d.control, op_done);
	return &r->op;
}

/* What a call that was given op_for() returned: its own `after` if it is done already. */
static enum cyg_status op_result(struct running *r, enum cyg_status status)
{
	return status == CYG_PENDING ? status : r->after(r, status);
}

static void round_done(struct daemon *daemon, void *ctx)
{
	struct running *r = ctx;

	go_on(r, r->after ? r->after(r, CYG_OK) : CYG_OK);
}

/* --- Up --- */

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
		cyg_log(CYG_LOG_WARNING, "kernel.two",
			"two kernel plugins are loaded; {first} is used, {second} is not: set `load = no` for "
			"one of them",
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
static void make_rooms(struct cyg_shard *shard, void *ctx, unsigned index)
{
	struct running *r = ctx;
	struct shard_rooms *rooms = &r->rooms[index];
	struct net_socket_setup sockets[SOCKET_GROUPS];
	struct net_setup setup = { .sockets = sockets, .ike_input = ike_input, .esp_input = net_esp_to_kernel };
	struct cyg_strbuf why = CYG_STRBUF(rooms->why);

	rooms->status = ike_shard_new(shard, &r->ike_options, &rooms->ike);
	if (rooms->status != CYG_OK) {
		cyg_strbuf_addf(&why, "the engine cannot be made");
		return;
	}
	for (unsigned i = 0; i < SOCKET_GROUPS; i++)
		if (rooms->fd[i] >= 0)
			sockets[setup.count++] = (struct net_socket_setup){
				rooms->fd[i], socket_groups[i].port == IKE_NATT_PORT };
	if (setup.count == 0)
		return;
	rooms->status = net_shard_new(shard, &setup, &rooms->net, &why);
	if (rooms->status == CYG_OK)
		for (unsigned i = 0; i < SOCKET_GROUPS; i++)
			rooms->fd[i] = -1; /* they are the net's now */
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

static enum cyg_status run_round(struct running *r, void (*run)(struct cyg_shard *shard, void *ctx, unsigned index),
				 enum cyg_status (*after)(struct running *r, enum cyg_status status))
{
	enum cyg_status status;

	r->after = after;
	status = round_start(&r->d, run, r, round_done);
	return status == CYG_OK ? CYG_PENDING : status;
}

static enum cyg_status up_rooms(struct running *r)
{
	return run_round(r, make_rooms, rooms_made);
}

static void interfaces_done(struct daemon *daemon, void *ctx)
{
	go_on(ctx, CYG_OK);
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

static step_fn *const up_steps[] = {
	up_broker, up_plugins, up_language, up_config,	   up_sockets, up_seal,	 up_listen,  up_shards,
	up_attach, up_rooms,   up_interfaces, up_publish, up_ready,   up_running, NULL,
};

/* --- Down --- */

static enum cyg_status down_doors(struct running *r)
{
	watchdog_stop(&r->watchdog);
	config_reading_done(&r->reading);
	if (r->d.server)
		server_close(r->d.server);
	return CYG_OK;
}

static void say_goodbye(struct cyg_shard *shard, void *ctx, unsigned index)
{
	if (shard->engine)
		ike_shard_shutdown(shard->engine);
}

static enum cyg_status down_goodbye(struct running *r)
{
	return r->rooms_up ? run_round(r, say_goodbye, NULL) : CYG_OK;
}

static void free_rooms(struct cyg_shard *shard, void *ctx, unsigned index)
{
	struct shard_rooms *rooms = &((struct running *)ctx)->rooms[index];
	const struct cyg_config *config = shard->config;

	ike_shard_free(rooms->ike);
	rooms->ike = NULL;
	net_shard_free(rooms->net);
	rooms->net = NULL;
	shard->config = NULL;
	config_unref(config);
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
	server_free(r->d.server);
	r->d.server = NULL;
	registry_set_free(r->plugins);
	r->plugins = NULL;
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

static step_fn *const down_steps[] = {
	down_doors,  down_goodbye, down_rooms,	 down_interfaces,
	down_detach, down_threads, down_control, NULL,
};

static void go_down(struct running *r)
{
	r->d.stopping = true;
	r->d.running = false;
	r->down = true;
	r->steps = down_steps;
	r->step = 0;
	go_on(r, CYG_OK);
}

static void out_of_patience(struct cyg_shard *control, struct cyg_timer *timer)
{
	struct running *r = CYG_CONTAINER(timer, struct running, patience);

	cyg_log(CYG_LOG_ERROR, "daemon.forced", "the daemon did not stop in time and ends at once");
	log_flush(500);
	_exit(r->code);
}

/* What is under way is awaited: the step up, or a reload (reload_over()). */
static void stop(struct running *r)
{
	if (r->d.stopping)
		return;
	r->d.stopping = true;
	cyg_log(CYG_LOG_NOTICE, "daemon.stopping", "the daemon stops");
	cyg_timer_set(r->d.control, &r->patience,
		      cyg_shard_now_ms(r->d.control) + r->d.options->stop_ms + STOP_SLACK_MS, out_of_patience);
	if (r->d.running && !r->d.reload)
		go_down(r);
}

static void go_down_later(struct cyg_shard *control, struct cyg_timer *timer)
{
	struct running *r = CYG_CONTAINER(timer, struct running, later);

	if (!r->down)
		go_down(r);
}

/* Its command's client may be on the stack here: the way down begins in a turn of its own. */
static void reload_over(struct daemon *daemon)
{
	if (daemon->stopping)
		cyg_timer_set(daemon->control, &running_of(daemon)->later, cyg_shard_now_ms(daemon->control),
			      go_down_later);
}

static void signal_ready(struct cyg_shard *control, struct cyg_poll *poll, unsigned events)
{
	struct running *r = CYG_CONTAINER(poll, struct running, signals);
	struct signalfd_siginfo info;

	while (read(poll->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGHUP:
			if (log_reopen() != CYG_OK)
				cyg_log(CYG_LOG_WARNING, "log.reopen", "the log file cannot be opened anew");
			if (reload_start(&r->d, NULL) == CYG_BUSY)
				cyg_log(CYG_LOG_WARNING, "config.busy", "a reload is asked for while the daemon "
									"starts, stops or reloads already");
			break;
		default:
			stop(r);
			break;
		}
	}
}

/* --- The whole --- */

static enum cyg_status watch_signals(struct running *r, sigset_t *before)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	/* All threads come after this and inherit it: signals reach the control thread's loop only. */
	if (pthread_sigmask(SIG_BLOCK, &wanted, before))
		return CYG_IO;
	r->signals = (struct cyg_poll){ .fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK),
					.ready = signal_ready };
	if (r->signals.fd < 0)
		return CYG_IO;
	return cyg_poll_start(r->d.control, &r->signals, CYG_READABLE);
}

static unsigned count_shards(const struct engine_options *options)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (options->shards)
		return options->shards;
	return cores < 1 ? 1 : cores > CYG_SHARDS_MAX ? CYG_SHARDS_MAX : (unsigned)cores;
}

/* Everything before the loop. */
static enum cyg_status prepare(struct running *r, struct cyg_strbuf *why)
{
	struct shard_setup setup = { 0 };
	enum cyg_status status;

	if (paths_init(&r->d.paths, r->args->root, r->args->plugin_dir) != CYG_OK) {
		cyg_strbuf_addf(why, "the path of --root or --plugin-dir is too long or cannot be told");
		r->code = DAEMON_USAGE;
		return CYG_LIMIT;
	}
	status = engine_conf_read(&r->d.paths, &r->d.conf, why);
	if (status != CYG_OK) {
		r->code = DAEMON_BAD_OPTIONS;
		return status;
	}
	r->d.options = engine_conf_options(r->d.conf);
	status = engine_log_start(&r->d.paths, r->d.options, why);
	if (status != CYG_OK) {
		r->code = DAEMON_BAD_OPTIONS;
		return status;
	}
	r->ike_options = (struct ike_options){
		.retransmit_first_ms = r->d.options->retransmit_first_ms,
		.retransmit_tries = r->d.options->retransmit_tries,
		.half_open_max = r->d.options->half_open_max,
		.waiting_max = r->d.options->aaa_waiting,
	};
	r->d.shard_count = count_shards(r->d.options);
	setup.workers = r->d.shard_count;
	setup.helpers = r->d.options->helpers;
	status = shard_group_new(&setup, &r->d.group);
	if (status != CYG_OK) {
		cyg_strbuf_addf(why, "the shards cannot be made: %s", cyg_status_text(status));
		return status;
	}
	r->d.control = shard_group_control(r->d.group);
	r->d.started_wall_s = cyg_shard_wall_s(r->d.control);
	control_groups_find(&r->d.groups);
	return CYG_OK;
}

/* What is left when no loop runs any more, or none ever ran. */
static void free_all(struct running *r)
{
	if (r->d.control)
		r->d.control->config = NULL;
	config_unref(r->d.config);
	config_grammar_unref(r->d.grammar);
	for (unsigned i = 0; i < CYG_SHARDS_MAX; i++)
		for (unsigned group = 0; group < SOCKET_GROUPS; group++)
			if (r->rooms[i].fd[group] >= 0)
				close(r->rooms[i].fd[group]);
	shard_group_free(r->d.group);
	engine_conf_free(r->d.conf);
	if (r->signals.fd >= 0)
		close(r->signals.fd);
}

int cyg_daemon_main(const struct daemon_args *args)
{
	struct running *r = calloc(1, sizeof(*r));
	char reason[1000];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum daemon_exit code;
	enum cyg_status status;
	sigset_t before;

	if (!r) {
		fprintf(stderr, "cygnetd: memory is short\n");
		return DAEMON_FAILED;
	}
	r->args = args;
	r->d.reload_over = reload_over;
	r->signals.fd = -1;
	for (unsigned i = 0; i < CYG_SHARDS_MAX; i++)
		for (unsigned group = 0; group < SOCKET_GROUPS; group++)
			r->rooms[i].fd[group] = -1;
	pthread_sigmask(SIG_BLOCK, NULL, &before);

	status = prepare(r, &why);
	if (status != CYG_OK) {
		/* Several lines may be wrong; each has its place. */
		while (why.len && reason[why.len - 1] == '\n')
			reason[--why.len] = '\0';
		fprintf(stderr, "cygnetd: %s\n", reason);
		if (r->code == DAEMON_STOPPED)
			r->code = DAEMON_FAILED;
	} else if (watch_signals(r, &before) != CYG_OK) {
		fprintf(stderr, "cygnetd: signals cannot be waited for: %s\n", strerror(errno));
		r->code = DAEMON_FAILED;
	} else {
		r->steps = up_steps;
		go_on(r, CYG_OK);
		if (shard_run(r->d.control) != CYG_OK)
			r->code = DAEMON_FAILED;
	}
	code = r->code;
	free_all(r);
	free(r);
	log_stop();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}

int cyg_daemon_check_config(const struct daemon_args *args, const char *file)
{
	struct config_grammar *grammar;
	struct paths paths;
	uint64_t print = 0;
	char reason[300], octet;
	struct cyg_strbuf why = CYG_STRBUF(reason);
	int result, fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || read(fd, &octet, 1) < 0) {
		fprintf(stderr, "cygnetd: %s: %s\n", file, strerror(errno));
		if (fd >= 0)
			close(fd);
		return DAEMON_USAGE;
	}
	close(fd);
	if (paths_init(&paths, args->root, args->plugin_dir) != CYG_OK) {
		fprintf(stderr, "cygnetd: the path of --root or --plugin-dir is too long or cannot be told\n");
		return DAEMON_USAGE;
	}
	if (language_grammar(paths.plugins, NULL, NULL, &print, &grammar, &why) != CYG_OK) {
		fprintf(stderr, "cygnetd: %s\n", reason);
		return DAEMON_USAGE;
	}
	result = config_check_file(grammar, file, stdout);
	config_grammar_unref(grammar);
	return fflush(stdout) == 0 ? result : DAEMON_USAGE;
}
