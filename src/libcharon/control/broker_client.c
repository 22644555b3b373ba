/* SPDX-License-Identifier: MIT */
#include "control/broker_client.h"

#include "base/broker.h"

#include <cygnet/log.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One call that the starter has not answered yet. */
struct call {
	struct cyg_op *op;               /* NULL: nobody waits any more (cancelled), or the greeting */
	struct cyg_broker_reply *reply;
	enum cyg_broker_verb verb;
};

struct broker_client {
	struct cyg_shard *control;
	struct cyg_poll poll;
	bool dead;
	/* Answers come in the order of the calls, so a ring is enough: `first` is the sequence number of the
	 * oldest one. */
	uint32_t first;
	unsigned count;
	struct call calls[CYG_BROKER_PENDING_MAX];
};

_Static_assert((CYG_BROKER_PENDING_MAX & (CYG_BROKER_PENDING_MAX - 1)) == 0,
	       "sequence numbers wrap around within the ring");

static struct call *call_at(struct broker_client *client, uint32_t sequence)
{
	return &client->calls[sequence % CYG_COUNT(client->calls)];
}

static void finish(struct call *call, const struct cyg_broker_reply *reply)
{
	struct cyg_op *op = call->op;

	if (op == NULL) {
		if (reply->fd >= 0)
			(void)close(reply->fd);
		if (call->verb == CYG_BROKER_HELLO && reply->status != CYG_OK)
			cyg_log(CYG_LOG_ERROR, "broker.refused", "the starter refuses this daemon: {why}",
				F_STR("why", reply->text));
		return;
	}
	call->op = NULL;
	*call->reply = *reply;
	cyg_op_complete(op, reply->status);
}

/* The conversation is over: nothing that waits will be answered. */
static void die(struct broker_client *client, const char *why)
{
	struct cyg_broker_reply reply = { .status = CYG_IO, .fd = -1 };

	if (client->dead)
		return;
	client->dead = true;
	cyg_poll_stop(client->control, &client->poll);
	(void)snprintf(reply.text, sizeof(reply.text), "%s: cygnet restart", why);
	for (; client->count > 0; client->count--, client->first++)
		finish(call_at(client, client->first), &reply);
}

static void take_reply(struct broker_client *client, struct cyg_bytes octets, int passed)
{
	struct cyg_broker_reply reply;
	struct broker_reply_head head;
	struct call *call = call_at(client, client->first);

	if (broker_reply_read(octets, &head, &reply) != CYG_OK || client->count == 0 ||
	    head.sequence != client->first) {
		if (passed >= 0)
			(void)close(passed);
		cyg_log(CYG_LOG_ERROR, "broker.broken", "the starter answered what was not asked");
		die(client, "the starter does not keep to the protocol");
		return;
	}
	reply.fd = passed;
	client->first++;
	client->count--;
	finish(call, &reply);
}

static void on_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct broker_client *client = CYG_CONTAINER(poll, struct broker_client, poll);
	uint8_t buffer[BROKER_MESSAGE_MAX];

	/* No more answers than calls can be there, save for a starter gone mad: bounded. */
	for (unsigned i = 0; i <= CYG_BROKER_PENDING_MAX && !client->dead; i++) {
		struct cyg_bytes octets;
		int passed = -1;

		switch (broker_receive(poll->fd, buffer, &octets, &passed)) {
		case CYG_OK:
			take_reply(client, octets, passed);
			break;
		case CYG_BUSY:
			return;
		default:
			cyg_log(CYG_LOG_ERROR, "broker.gone", "the starter is gone");
			die(client, "the starter is gone");
			return;
		}
	}
}

/* The answer will come all the same; it is thrown away then. */
static void on_cancel(struct cyg_op *op, void *provider_state)
{
	struct call *call = provider_state;

	call->op = NULL;
	call->reply = NULL;
}

/* Sends and takes a place in the ring. */
static enum cyg_status send_request(struct broker_client *client,
				    const struct cyg_broker_request *request, struct call **out)
{
	uint32_t sequence = client->first + client->count;
	uint8_t buffer[BROKER_MESSAGE_MAX];
	struct cyg_bytes octets = broker_request_write(buffer, sequence, request);
	enum cyg_status status;

	if (octets.len == 0)
		return CYG_MALFORMED;
	status = broker_send(client->poll.fd, octets, request->fd);
	if (status != CYG_OK)
		return status;
	*out = call_at(client, sequence);
	**out = (struct call){ .verb = request->verb };
	client->count++;
	return CYG_OK;
}

enum cyg_status cyg_broker_call(struct cyg_shard *control, const struct cyg_broker_request *request,
				struct cyg_broker_reply *reply, struct cyg_op *op)
{
	struct broker_client *client = control->broker;
	enum cyg_status status;
	struct call *call;

	/* What it says if the op's deadline passes first. */
	*reply = (struct cyg_broker_reply){ .status = CYG_TIMEOUT,
					    .text = "the starter did not answer in time: cygnet restart",
					    .fd = -1 };
	if (client == NULL) {
		status = CYG_UNSUPPORTED;
		(void)snprintf(reply->text, sizeof(reply->text),
			       "this daemon has no starter: begin it with 'cygnet start'");
	} else if (client->dead) {
		status = CYG_IO;
		(void)snprintf(reply->text, sizeof(reply->text), "the starter is gone: cygnet restart");
	} else if (client->count >= CYG_BROKER_PENDING_MAX) {
		status = CYG_BUSY;
		(void)snprintf(reply->text, sizeof(reply->text), "%d requests wait for the starter already",
			       CYG_BROKER_PENDING_MAX);
	} else {
		status = send_request(client, request, &call);
		if (status == CYG_OK) {
			call->op = op;
			call->reply = reply;
			return cyg_op_pending(op, BROKER_CALL_TIMEOUT_MS, on_cancel, call);
		}
		(void)snprintf(reply->text, sizeof(reply->text), "the starter cannot be asked: %s",
			       cyg_status_text(status));
	}
	reply->status = status;
	return status;
}

enum cyg_status broker_client_new(struct cyg_shard *control, int take_fd, struct broker_client **out)
{
	static const struct cyg_broker_request hello = { .verb = CYG_BROKER_HELLO, .fd = -1 };
	struct broker_client *client = calloc(1, sizeof(*client));
	enum cyg_status status = CYG_NOMEM;
	struct call *call;

	if (client == NULL)
		goto fail;
	client->control = control;
	client->poll.fd = take_fd;
	client->poll.ready = on_ready;
	status = send_request(client, &hello, &call);
	if (status != CYG_OK)
		goto fail;
	status = cyg_poll_start(control, &client->poll, CYG_READABLE);
	if (status != CYG_OK)
		goto fail;
	control->broker = client;
	*out = client;
	return CYG_OK;
fail:
	free(client);
	(void)close(take_fd);
	return status;
}

void broker_client_free(struct broker_client *client)
{
	if (client == NULL)
		return;
	die(client, "the daemon ends");
	client->control->broker = NULL;
	(void)close(client->poll.fd);
	free(client);
}

bool broker_client_is_alive(const struct broker_client *client)
{
	return !client->dead;
}

/* --- The watchdog --- */

#define STUCK_CPU_MS (CYG_BROKER_ALIVE_S * 1000 / 2) /* in one callback: half of what it could have had between two looks */

static void on_told(struct cyg_op *op, enum cyg_status status)
{
	/* A starter that does not answer is seen by the client; there is nobody else to tell. */
}

static void tell(struct cyg_shard *control, unsigned i, enum shard_verdict verdict)
{
	char doing[SHARD_DOING_TEXT];

	(void)shard_doing(cyg_shard_peer(control, i), doing);
	if (verdict == SHARD_STUCK)
		cyg_log(CYG_LOG_CRIT, "shard.stuck", "shard {shard} has not moved for {seconds} s; it is in {doing}",
			F_UINT("shard", i), F_UINT("seconds", CYG_BROKER_ALIVE_S), F_STR("doing", doing));
	else
		cyg_log(CYG_LOG_WARNING, "shard.waits",
			"shard {shard} has hardly run for {seconds} s for want of a CPU; it is in {doing}",
			F_UINT("shard", i), F_UINT("seconds", CYG_BROKER_ALIVE_S), F_STR("doing", doing));
}

static void look(struct cyg_shard *control, struct cyg_timer *timer)
{
	static const struct cyg_broker_request alive = { .verb = CYG_BROKER_ALIVE, .fd = -1 };
	struct watchdog *watchdog = CYG_CONTAINER(timer, struct watchdog, timer);
	enum shard_verdict worst = SHARD_MOVES;

	for (unsigned i = 0; i < cyg_shard_count(control); i++) {
		enum shard_verdict verdict = shard_look(cyg_shard_peer(control, i), &watchdog->look[i], STUCK_CPU_MS);

		if (verdict > watchdog->told)
			tell(control, i, verdict);
		if (verdict > worst)
			worst = verdict;
	}
	watchdog->told = worst;
	/* One that waits for a CPU would not get it sooner by a restart. */
	if (worst != SHARD_STUCK && !cyg_op_is_pending(&watchdog->op)) {
		cyg_op_init(&watchdog->op, control, on_told);
		/* Without a starter there is nobody to tell, and nothing to do about it. */
		if (cyg_broker_call(control, &alive, &watchdog->reply, &watchdog->op) == CYG_UNSUPPORTED)
			return;
	}
	cyg_timer_set(control, timer, cyg_shard_now_ms(control) + CYG_BROKER_ALIVE_S * 1000, look);
}

void watchdog_start(struct watchdog *watchdog, struct cyg_shard *control)
{
	*watchdog = (struct watchdog){ .control = control };
	look(control, &watchdog->timer);
}

void watchdog_stop(struct watchdog *watchdog)
{
	if (watchdog->control == NULL)
		return;
	cyg_timer_clear(watchdog->control, &watchdog->timer);
	cyg_op_cancel(&watchdog->op);
	watchdog->control = NULL;
}
