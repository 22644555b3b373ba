/* SPDX-License-Identifier: MIT */
#include "control/monitor.h"

#include "control/protocol.h"
#include "log/log.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Outlives its server while a message is on its way. */
struct monitor_bell {
	struct cyg_msg msg;
	struct cyg_shard *shard;
	struct control_server *server; /* NULL once it is gone; control thread only */
	atomic_bool rung;              /* the message is on its way */
	atomic_uint refs;
};

static void unref(struct monitor_bell *bell)
{
	if (atomic_fetch_sub(&bell->refs, 1) == 1)
		free(bell);
}

static void answer_bell(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct monitor_bell *bell = CYG_CONTAINER(msg, struct monitor_bell, msg);

	atomic_store(&bell->rung, false); /* before the ring is read: what comes later rings again */
	if (bell->server)
		server_kick(bell->server);
	unref(bell);
}

static void drop_bell(struct cyg_msg *msg)
{
	unref(CYG_CONTAINER(msg, struct monitor_bell, msg));
}

/* The log's writer. */
static void ring_bell(void *ctx)
{
	struct monitor_bell *bell = ctx;

	if (atomic_exchange(&bell->rung, true))
		return;
	atomic_fetch_add(&bell->refs, 1);
	bell->msg = (struct cyg_msg){ .run = answer_bell, .drop = drop_bell, .reserved = true };
	if (cyg_shard_post(bell->shard, &bell->msg) != CYG_OK)
		unref(bell);
}

struct monitor_bell *monitor_bell_new(struct control_server *server)
{
	struct monitor_bell *bell = calloc(1, sizeof(*bell));

	if (!bell)
		return NULL;
	bell->shard = server->shard;
	bell->server = server;
	bell->refs = 1;
	log_ring_listen(ring_bell, bell);
	return bell;
}

void monitor_bell_free(struct monitor_bell *bell)
{
	if (!bell)
		return;
	log_ring_listen(NULL, NULL);
	bell->server = NULL;
	unref(bell);
}

static void send_line(struct control_client *client, const char *json, size_t len)
{
	json_t *line = json_loadb(json, len, 0, NULL);

	client_send(client, line ? json_pack("{s:o}", "log", line) : NULL);
}

static void send_skipped(struct control_client *client, uint64_t count)
{
	char text[120];

	snprintf(text, sizeof(text), "%llu lines are not shown: this terminal reads too slowly",
		 (unsigned long long)count);
	client_send(client, json_pack("{s:{s:s,s:s,s:s}}", "log", "level", "warning", "event", "control.skipped",
				      "message", text));
}

void monitor_feed(struct control_client *client)
{
	char text[LOG_LINE_MAX];
	enum cyg_log_level level;

	while (!client->broken && client_has_room(client)) {
		struct cyg_strbuf out = CYG_STRBUF(text);
		uint64_t number = client->monitor_next;

		if (!log_ring_read(&number, true, &level, &out))
			return;
		if (number > client->monitor_next)
			send_skipped(client, number - client->monitor_next);
		client->monitor_next = number + 1;
		if (level <= client->monitor_level)
			send_line(client, text, out.len);
	}
}

void server_monitor(const struct cyg_exec *exec, bool on, enum cyg_log_level level)
{
	struct control_client *client = exec->client;

	if (!client)
		return;
	if (on && !client->monitor)
		client->monitor_next = log_ring_next();
	client->monitor = on;
	client->monitor_level = level;
}

bool server_monitors(const struct cyg_exec *exec)
{
	return exec->client && exec->client->monitor;
}
