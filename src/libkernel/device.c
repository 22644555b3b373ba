/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <cygnet/log.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define STEP_TIMEOUT_MS 15000
#define STALE_RULES_MAX 64 /* of earlier runs that ended badly */

enum step { QUEUES, RAW4, RAW6, RULES_CLEAR, RULES_SET, STALE, MAKE, LOOK_UP, QUIET, SET, OLD4, OLD6, NEW4, NET4, NEW6, NET6,
	    TELL, DONE };

struct job;

struct device {
	struct device *next;
	struct cyg_kernel_interface have; /* as it was made */
	bool made;
	unsigned index;
	struct job *job;                  /* at work on it */
};

struct job {
	struct devices *p;
	struct device *device;
	struct cyg_kernel_interface want;
	struct cyg_op *op;                /* NULL once the caller gave up */
	enum step step;
	unsigned i, cleared;
	bool rules;                       /* this one makes them */
	struct cyg_op broker_op;
	struct cyg_broker_reply reply;
	bool remove;
	unsigned answers_missing;
	int queue[CYG_SHARDS_MAX], raw4[CYG_SHARDS_MAX], raw6[CYG_SHARDS_MAX];
};

static void advance(struct job *job);

/* --- Jobs --- */

static void close_all(int *fds)
{
	for (unsigned i = 0; i < CYG_SHARDS_MAX; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
		fds[i] = -1;
	}
}

static void job_free(struct job *job)
{
	if (!job)
		return;
	cyg_op_cancel(&job->broker_op);
	nl_forget(&job->p->nl, job);
	close_all(job->queue);
	close_all(job->raw4);
	close_all(job->raw6);
	job->device->job = NULL;
	free(job);
}

static void device_free(struct devices *p, struct device *device)
{
	struct device **at = &p->first;

	while (*at != device)
		at = &(*at)->next;
	*at = device->next;
	job_free(device->job);
	free(device);
}

static void job_end(struct job *job, enum cyg_status status)
{
	struct device *device = job->device;
	struct devices *p = job->p;
	struct cyg_op *op = job->op;
	bool made = device->made && !job->remove;

	job_free(job);
	if (!made)
		device_free(p, device);
	if (op)
		cyg_op_complete(op, status);
}

static void job_cancel(struct cyg_op *op, void *provider_state)
{
	((struct job *)provider_state)->op = NULL; /* it goes on for itself */
}

static struct job *job_new(struct devices *p, struct device *device, struct cyg_op *op)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->p = p;
	job->device = device;
	job->op = op;
	for (unsigned i = 0; i < CYG_SHARDS_MAX; i++)
		job->queue[i] = job->raw4[i] = job->raw6[i] = -1;
	device->job = job;
	return job;
}

static void fail(struct job *job, enum cyg_status status, const char *what, const char *why)
{
	cyg_log(CYG_LOG_ERROR, "kernel.interface-failed", "{device}: {what}: {why}",
		F_STR("device", job->want.name), F_STR("what", what), F_STR("why", why));
	job_end(job, status);
}

/* --- The broker --- */

static void broker_done(struct cyg_op *op, enum cyg_status status)
{
	struct job *job = CYG_CONTAINER(op, struct job, broker_op);
	bool raw = job->step != QUEUES;

	if (status == CYG_OK && job->reply.fd < 0)
		status = CYG_IO;
	if (status == CYG_OK) {
		(job->step == QUEUES ? job->queue : job->step == RAW4 ? job->raw4 : job->raw6)[job->i++] =
			job->reply.fd;
	} else if (raw) { /* ESP in UDP works without; a child that needs it is refused with a line */
		cyg_log(CYG_LOG_WARNING, "kernel.no-raw-esp", "no raw socket for ESP over {family}: {why}",
			F_STR("family", job->step == RAW4 ? "IPv4" : "IPv6"),
			F_STR("why", job->reply.text[0] ? job->reply.text : cyg_status_text(status)));
		job->step++;
		job->i = 0;
	} else {
		fail(job, status, "no TUN device",
		     job->reply.text[0] ? job->reply.text
		     : status == CYG_UNSUPPORTED ? "this daemon has no starter; start it with: cygnet start"
						 : cyg_status_text(status));
		return;
	}
	advance(job);
}

static void ask_broker(struct job *job)
{
	struct cyg_broker_request request = { .verb = CYG_BROKER_TUN, .fd = -1, .tun_vnet_hdr = true };
	enum cyg_status status;

	if (job->step == QUEUES) {
		memcpy(request.name, job->want.name, sizeof(job->want.name));
	} else {
		request.verb = CYG_BROKER_SOCKET;
		request.socket.kind = CYG_SOCKET_RAW_ESP;
		request.socket.local.ip.family = job->step == RAW4 ? CYG_IPV4 : CYG_IPV6;
	}
	job->reply = (struct cyg_broker_reply){ .fd = -1 };
	cyg_op_init(&job->broker_op, job->p->control, broker_done);
	status = job->p->kind->broker_call(job->p->control, &request, &job->reply, &job->broker_op);
	if (status != CYG_PENDING)
		broker_done(&job->broker_op, status);
}

/* --- The system --- */

static bool rule_step(struct job *job, int error)
{
	if (job->step == RULES_CLEAR && error == 0 && job->cleared++ < STALE_RULES_MAX)
		return true; /* there may be another one like it */
	job->i++;
	return job->step == RULES_CLEAR || error == 0 || error == EEXIST ||
	       (job->i > NL_RULES && error == EAFNOSUPPORT); /* a system without IPv6 */
}

static const char *what_failed(enum step step)
{
	switch (step) {
	case RULES_SET:
		return "the rules that lead to the tunnels' routes cannot be set";
	case LOOK_UP:
		return "the device is not there";
	case MAKE:
		return "the device cannot be made";
	case SET:
		return "the device cannot be set up";
	default:
		return "the address cannot be set";
	}
}

static void system_done(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
	struct job *job = ctx;
	int error = answer->error;
	char why[256];
	struct cyg_strbuf text = CYG_STRBUF(why);

	switch (job->step) {
	case RULES_CLEAR:
	case RULES_SET:
		if (rule_step(job, error)) {
			advance(job);
			return;
		}
		break;
	case LOOK_UP:
		job->device->index = answer->index;
		break;
	case STALE: /* there is none most of the time */
	case QUIET: /* a system without IPv6 has nothing to be kept quiet */
	case OLD4:  /* gone already is as good */
	case OLD6:
		error = 0;
		break;
	default:
		if (error == EEXIST)
			error = 0;
		break;
	}
	if (error == 0) {
		job->step++;
		job->i = 0;
		advance(job);
		return;
	}
	cyg_strbuf_addf(&text, "%s", answer->text[0] ? answer->text : strerror(error));
	if (error == EPERM)
		cyg_strbuf_addf(&text, "; the daemon needs CAP_NET_ADMIN: start it with 'cygnet start'");
	fail(job, CYG_IO, what_failed(job->step), why);
}

static bool same_prefix(const struct cyg_prefix *a, const struct cyg_prefix *b)
{
	return a->len == b->len && cyg_ip_equal(&a->ip, &b->ip);
}

/* The request of this step; false if it has none. */
static bool step_message(const struct job *job, struct nl_message *m)
{
	const struct cyg_kernel_interface *want = &job->want, *have = &job->device->have;
	bool six = job->step == OLD6 || job->step == NEW6 || job->step == NET6;
	const struct cyg_prefix *address = six ? &want->address6 : &want->address4;
	const struct cyg_prefix *before = six ? &have->address6 : &have->address4;
	unsigned index = job->device->index;
	struct cyg_prefix net;

	switch (job->step) {
	case RULES_CLEAR:
	case RULES_SET:
		if (!job->rules || job->i == 2 * NL_RULES)
			return false;
		nl_rule(m, job->i < NL_RULES ? CYG_IPV4 : CYG_IPV6, job->i % NL_RULES, job->step == RULES_SET);
		return true;
	case STALE: /* of an earlier run that ended badly */
	case MAKE:
		if (!job->p->kind->make || job->device->made)
			return false;
		if (job->step == STALE) {
			job->p->kind->clear(job->p->ctx, want->id);
			nl_link_delete(m, want->name);
		}
		if (job->step == MAKE)
			job->p->kind->make(m, want);
		return true;
	case LOOK_UP:
		nl_link_get(m, want->name);
		return true;
	case QUIET:
		nl_link_no_autoaddress(m, index);
		return true;
	case SET:
		nl_link_set(m, index, want->up, want->mtu, job->p->kind->queue_length(job->p->ctx, job->p->control));
		return true;
	case OLD4:
	case OLD6:
		if (!job->device->made || !cyg_ip_is_set(&before->ip) || same_prefix(before, address))
			return false;
		nl_address(m, index, before, false);
		return true;
	case NEW4:
	case NEW6:
		if (!cyg_ip_is_set(&address->ip))
			return false;
		nl_address(m, index, address, true);
		return true;
	case NET4:
	case NET6: /* the network around the address; the kernel takes it away with a device that goes down */
		if (!cyg_ip_is_set(&address->ip) || !want->up || address->len == cyg_ip_bits(address->ip.family) ||
		    cyg_prefix_make(&address->ip, address->len, &net) != CYG_OK)
			return false;
		nl_route(m, index, &net, 0, true);
		return true;
	default:
		return false;
	}
}

/* --- The shards --- */

struct attach_msg {
	struct cyg_msg msg;
	const struct device_kind *kind;
	struct cyg_plugin_ctx *ctx;
	struct device_attach attach;
};

void device_attach_close(const struct device_attach *attach)
{
	const int fds[] = { attach->fd, attach->raw4, attach->raw6 };

	for (unsigned i = 0; i < CYG_COUNT(fds); i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
	}
}

static void attach_run(struct cyg_shard *to, struct cyg_msg *msg)
{
	struct attach_msg *m = CYG_CONTAINER(msg, struct attach_msg, msg);
	enum cyg_status status = m->kind->attach(m->ctx, to, &m->attach);

	if (status != CYG_OK)
		cyg_log(CYG_LOG_ERROR, "kernel.interface-failed",
			"{device}: shard {shard} cannot use its queue: {why}",
			F_STR("device", m->attach.name), F_UINT("shard", cyg_shard_index(to)),
			F_STATUS("why", status));
	free(m);
}

static void attach_drop(struct cyg_msg *msg)
{
	struct attach_msg *m = CYG_CONTAINER(msg, struct attach_msg, msg);

	device_attach_close(&m->attach);
	free(m);
}

static enum cyg_status tell_shards(struct job *job)
{
	struct attach_msg *messages[CYG_SHARDS_MAX];
	unsigned shards = cyg_shard_count(job->p->control);

	for (unsigned i = 0; i < shards; i++) {
		messages[i] = calloc(1, sizeof(*messages[i]));
		if (!messages[i]) {
			while (i-- > 0)
				free(messages[i]);
			return CYG_NOMEM;
		}
	}
	for (unsigned i = 0; i < shards; i++) {
		struct attach_msg *m = messages[i];

		/* Never refused: there is one per interface and change. */
		m->msg = (struct cyg_msg){ .run = attach_run, .drop = attach_drop, .reserved = true };
		m->kind = job->p->kind;
		m->ctx = job->p->ctx;
		m->attach = (struct device_attach){ .id = job->want.id, .mtu = job->want.mtu,
						 .index = job->device->index, .fd = job->queue[i],
						 .raw4 = job->raw4[i], .raw6 = job->raw6[i] };
		memcpy(m->attach.name, job->want.name, sizeof(m->attach.name));
		job->queue[i] = job->raw4[i] = job->raw6[i] = -1;
		if (cyg_shard_post(cyg_shard_peer(job->p->control, i), &m->msg) != CYG_OK)
			attach_drop(&m->msg);
	}
	return CYG_OK;
}

/* --- Steps --- */

static void advance(struct job *job)
{
	unsigned shards = cyg_shard_count(job->p->control);

	for (; job->step < TELL; job->step++, job->i = 0) {
		bool broker = job->step <= RAW6;
		enum cyg_status status;
		struct nl_message m;

		if (broker ? job->p->kind->broker_call && job->i < shards &&
				     (job->step == QUEUES ? !job->device->made : job->rules)
			   : step_message(job, &m)) {
			if (broker) {
				ask_broker(job);
				return;
			}
			status = nl_send(&job->p->nl, &m, system_done, job);
			if (status != CYG_OK)
				fail(job, status, "the system cannot be asked", cyg_status_text(status));
			return;
		}
	}
	if (tell_shards(job) != CYG_OK) {
		fail(job, CYG_NOMEM, "the shards cannot be told", cyg_status_text(CYG_NOMEM));
		return;
	}
	if (!job->device->made)
		cyg_log(CYG_LOG_INFO, "kernel.interface", "{device} is there, MTU {mtu}",
			F_STR("device", job->want.name), F_UINT("mtu", job->want.mtu));
	job->device->have = job->want;
	job->device->made = true;
	job_end(job, CYG_OK);
}

static struct device *device_find(struct devices *p, uint32_t id)
{
	struct device *device = p->first;

	while (device && device->have.id != id)
		device = device->next;
	return device;
}

/* The control thread's runtime is known from the first call on. */
static enum cyg_status devices_start(struct devices *p, struct cyg_shard *control)
{
	enum cyg_status status;

	if (nl_is_open(&p->nl))
		return CYG_OK;
	p->control = control;
	if (p->kind->probe) {
		status = p->kind->probe(p->ctx, control);
		if (status != CYG_OK)
			return status;
	}
	status = nl_init(&p->nl, control, p->kind->netlink_open(NETLINK_ROUTE));
	if (status != CYG_OK)
		cyg_log(CYG_LOG_ERROR, "kernel.no-netlink", "no netlink socket: {error}",
			F_STR("error", strerror(errno)));
	return status;
}

enum cyg_status devices_set(struct devices *p, struct cyg_shard *control, const struct cyg_kernel_interface *wanted,
			    struct cyg_op *op)
{
	struct device *device = device_find(p, wanted->id);
	enum cyg_status status = devices_start(p, control);
	struct job *job;

	if (status != CYG_OK)
		return status;
	if (device && device->job)
		return CYG_BUSY;
	if (device && device->made && memcmp(device->have.name, wanted->name, sizeof(wanted->name)) != 0)
		return CYG_EXISTS;
	if (!device) {
		device = calloc(1, sizeof(*device));
		if (!device)
			return CYG_NOMEM;
		device->have.id = wanted->id;
		device->next = p->first;
		p->first = device;
	}
	job = job_new(p, device, op);
	if (!job) {
		if (!device->made)
			device_free(p, device);
		return CYG_NOMEM;
	}
	job->want = *wanted;
	job->want.name[sizeof(job->want.name) - 1] = '\0';
	if (job->want.mtu == 0)
		job->want.mtu = (uint16_t)p->kind->mtu(p->ctx, control);
	job->rules = !p->rules_set;
	p->rules_set = true;
	status = cyg_op_pending(op, STEP_TIMEOUT_MS, job_cancel, job);
	if (status == CYG_PENDING)
		advance(job);
	return status;
}

/* --- Removing --- */

struct detach_msg {
	struct cyg_msg msg;
	const struct device_kind *kind;
	struct cyg_plugin_ctx *ctx;
	uint32_t id;
	struct cyg_shard *control;
};

static void detach_free(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct detach_msg, msg));
}

static void unmade(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
	struct job *job = ctx;

	if (answer->error && answer->error != ENODEV) {
		cyg_log(CYG_LOG_ERROR, "kernel.interface-failed", "{device}: {what}: {why}",
			F_STR("device", job->device->have.name), F_STR("what", "the device cannot be removed"),
			F_STR("why", answer->text[0] ? answer->text : strerror(answer->error)));
		job_end(job, CYG_IO);
		return;
	}
	if (job->p->kind->clear)
		job->p->kind->clear(job->p->ctx, job->device->have.id);
	cyg_log(CYG_LOG_INFO, "kernel.interface", "{device} is gone", F_STR("device", job->device->have.name));
	job_end(job, CYG_OK);
}

/* The shards have let go. A TUN device went with its last queue. */
static void unmake(struct job *job)
{
	struct nl_message m;
	struct nl_answer answer = { 0 };

	if (job->p->kind->make) {
		nl_link_delete(&m, job->device->have.name);
		if (nl_send(&job->p->nl, &m, unmade, job) == CYG_OK)
			return;
		answer.error = EBUSY;
	}
	unmade(job->p->control, job, &answer);
}

static void detached(struct cyg_shard *control, struct cyg_msg *msg)
{
	struct detach_msg *m = CYG_CONTAINER(msg, struct detach_msg, msg);
	struct devices *p = m->kind->of(m->ctx);
	struct device *device = p ? device_find(p, m->id) : NULL;

	if (device && device->job && device->job->remove && --device->job->answers_missing == 0)
		unmake(device->job);
	free(m);
}

static void detach_run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct detach_msg *m = CYG_CONTAINER(msg, struct detach_msg, msg);
	m->kind->detach(m->ctx, shard, m->id);
	m->msg.run = detached;
	if (cyg_shard_post(m->control, &m->msg) != CYG_OK)
		free(m);
}

enum cyg_status devices_remove(struct devices *p, struct cyg_shard *control, uint32_t interface_id,
			       struct cyg_op *op)
{
	struct device *device = device_find(p, interface_id);
	unsigned shards = cyg_shard_count(control);
	struct detach_msg *messages[CYG_SHARDS_MAX];
	struct job *job;

	if (!device)
		return CYG_OK;
	if (device->job)
		return CYG_BUSY;
	job = job_new(p, device, op);
	if (!job)
		return CYG_NOMEM;
	job->remove = true;
	for (unsigned i = 0; i < shards; i++) {
		messages[i] = calloc(1, sizeof(*messages[i]));
		if (!messages[i]) {
			while (i-- > 0)
				free(messages[i]);
			job_free(job);
			return CYG_NOMEM;
		}
	}
	for (unsigned i = 0; i < shards; i++) {
		*messages[i] = (struct detach_msg){ .msg = { .run = detach_run, .drop = detach_free,
							     .reserved = true },
						    .kind = p->kind, .ctx = p->ctx, .id = interface_id, .control = control };
		if (cyg_shard_post(cyg_shard_peer(control, i), &messages[i]->msg) == CYG_OK)
			job->answers_missing++;
		else
			free(messages[i]);
	}
	if (job->answers_missing == 0) { /* the shards are gone, and their queues with them */
		struct nl_message m;

		if (p->kind->make) {
			nl_link_delete(&m, device->have.name);
			(void)nl_now(&p->nl, &m);
			p->kind->clear(p->ctx, interface_id);
		}
		job->op = NULL;
		job_end(job, CYG_OK);
		return CYG_OK;
	}
	return cyg_op_pending(op, STEP_TIMEOUT_MS, job_cancel, job);
}

/* The end: the shards have let go of their queues, so TUN devices are gone; others and the rules are left. */
void devices_free(struct devices *p)
{
	while (p->first) {
		struct nl_message m;

		if (p->kind->make && p->first->made && nl_is_open(&p->nl)) {
			nl_link_delete(&m, p->first->have.name);
			(void)nl_now(&p->nl, &m);
			p->kind->clear(p->ctx, p->first->have.id);
		}
		device_free(p, p->first);
	}
	if (p->rules_set && nl_is_open(&p->nl)) {
		for (unsigned i = 0; i < 2 * NL_RULES; i++) {
			struct nl_message m;

			nl_rule(&m, i < NL_RULES ? CYG_IPV4 : CYG_IPV6, i % NL_RULES, false);
			(void)nl_now(&p->nl, &m);
		}
	}
	nl_done(&p->nl);
}
