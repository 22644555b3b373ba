/* SPDX-License-Identifier: MIT */
#include "plane.h"

#include <cygnet/log.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#define TASK_TIMEOUT_MS 5000
#define ANSWER_ROOM     8192

/* --- Tasks --- */

static void task_free(struct plane_task *task)
{
	if (task->child) {
		*task->prev = task->next;
		if (task->next)
			task->next->prev = task->prev;
	}
	*task->all_prev = task->all_next;
	if (task->all_next)
		task->all_next->all_prev = task->all_prev;
	free(task);
}

static void task_cancel(struct cyg_op *op, void *provider_state)
{
	((struct plane_task *)provider_state)->op = NULL; /* it goes on for itself */
}

static struct plane_task *task_new(struct plane_child *child, const char *what, struct cyg_op *op)
{
	struct plane_task *task = calloc(1, sizeof(*task));
	struct plane_shard *s = child->shard;

	if (!task)
		return NULL;
	*task = (struct plane_task){ .shard = s, .child = child, .op = op, .what = what, .next = child->tasks,
				     .prev = &child->tasks, .all_next = s->tasks, .all_prev = &s->tasks };
	if (task->next)
		task->next->prev = &task->next;
	child->tasks = task;
	if (task->all_next)
		task->all_next->all_prev = &task->all_next;
	s->tasks = task;
	return task;
}

static void direction_delete(struct plane_child *child, enum cyg_direction what)
{
	struct nl_message m;

	if ((what & CYG_INBOUND) && child->in) {
		child->in = false;
		xfrm_sa_delete(&m, &child->local.ip, child->spi_in);
		(void)!nl_send(&child->shard->xfrm, &m, NULL, NULL);
	}
	if ((what & CYG_OUTBOUND) && child->out) {
		child->out = false;
		xfrm_sa_delete(&m, &child->remote.ip, child->spi_out);
		(void)!nl_send(&child->shard->xfrm, &m, NULL, NULL);
	}
}

static void child_free(struct plane_child *child);

static void task_end(struct plane_task *task)
{
	struct plane_child *child = task->child;
	struct cyg_op *op = task->op;
	enum cyg_direction added = task->added;
	int error = task->error;

	if (error && child) {
		char peer[CYG_ENDPOINT_TEXT];

		cyg_log(CYG_LOG_ERROR, "kernel.refused", "{peer}: {what}: the kernel refuses: {error}",
			F_STR("peer", cyg_endpoint_text(&child->remote, peer)), F_STR("what", task->what),
			F_STR("error", error == ESRCH ? "there is no such SA (any more)"
				       : task->text[0] ? task->text : strerror(error)));
	}
	task_free(task);
	if (error && child && added) {
		direction_delete(child, added);
		if (!child->in && !child->out)
			child_free(child);
	}
	if (op)
		cyg_op_complete(op, error ? CYG_IO : CYG_OK);
}

void plane_task_answer(struct plane_task *task, int error, const char *text)
{
	if (error && !task->error && !(task->tolerant && (error == ESRCH || error == ENOENT))) {
		task->error = error;
		memcpy(task->text, text, sizeof(task->text));
	}
	if (--task->asked == 0)
		task_end(task);
}

static void on_answer(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
	plane_task_answer(ctx, answer->error, answer->text);
}

static enum cyg_status ask(struct plane_task *task, struct nl_message *m)
{
	enum cyg_status status = nl_send(&task->shard->xfrm, m, on_answer, task);

	cyg_wipe(m->octets, m->header.nlmsg_len); /* it may hold a key */
	if (status == CYG_OK)
		task->asked++;
	return status;
}

/* After everything has been asked: what could not be asked is as good as refused. */
static enum cyg_status task_begun(struct plane_task *task, enum cyg_status status)
{
	struct cyg_op *op = task->op;

	if (status != CYG_OK && task->asked == 0) {
		task_free(task);
		return status;
	}
	if (status != CYG_OK) {
		task->error = status == CYG_NOMEM ? ENOMEM : EBUSY;
	} else if (task->asked == 0) {
		task_free(task);
		return CYG_OK;
	}
	return op ? cyg_op_pending(op, TASK_TIMEOUT_MS, task_cancel, task) : CYG_OK;
}

/* --- Policies of a child --- */

static struct xfrm_template template_of(const struct plane_child *child, enum xfrm_way way)
{
	struct xfrm_template template = { .reqid = child->reqid_in, .transport = child->transport ? child->if_id : 0 };

	/* Inbound the reqid says enough: the peer's address may change. */
	if (way == XFRM_WAY_OUT) {
		template.reqid = child->spi_in;
		template.from = child->local.ip;
		template.to = child->remote.ip;
	}
	return template;
}

static enum cyg_status want(struct plane_child *child, enum xfrm_way way, const struct pair *pair,
			    struct plane_task *task)
{
	struct xfrm_policy_of policy = { way, *pair, child->transport ? 0 : child->if_id };
	struct xfrm_template template = template_of(child, way);
	struct plane_want **at = &child->wants;
	enum cyg_status status;

	while (*at && !((*at)->policy.way == way && pair_equal(&(*at)->policy.pair, pair)))
		at = &(*at)->next;
	if (*at) {
		(*at)->refs++;
		return CYG_OK;
	}
	*at = calloc(1, sizeof(**at));
	if (!*at)
		return CYG_NOMEM;
	**at = (struct plane_want){ .policy = policy, .refs = 1 };
	status = plane_policy_want(child->shard, child->spi_in, &policy, &template, true, task);
	if (status != CYG_OK) {
		free(*at);
		*at = NULL;
	}
	return status;
}

/* Out of memory leaves it to the end of the interface. */
static void want_drop(struct plane_child *child, struct plane_want **at)
{
	struct plane_want *w = *at;
	struct xfrm_template template = { 0 };

	*at = w->next;
	(void)!plane_policy_want(child->shard, child->spi_in, &w->policy, &template, false, NULL);
	free(w);
}

static enum cyg_status want_ways(struct plane_child *child, bool out, struct plane_task *task)
{
	static const enum xfrm_way inward[] = { XFRM_WAY_IN, XFRM_WAY_FORWARD };
	enum cyg_status status = CYG_OK;

	for (unsigned i = 0; i < child->pair_count && status == CYG_OK; i++) {
		if (out) {
			status = want(child, XFRM_WAY_OUT, &child->pairs[i], task);
			continue;
		}
		/* What comes without a tunnel goes no further than this host. */
		for (size_t j = 0; j < (child->transport ? 1 : CYG_COUNT(inward)) && status == CYG_OK; j++)
			status = want(child, inward[j], &child->pairs[i], task);
	}
	return status;
}

enum cyg_status plane_child_route(struct plane_child *child, const struct cyg_prefix *prefix, bool add)
{
	struct pair *pairs = calloc(child->pair_count, sizeof(*pairs));
	unsigned count;
	enum cyg_status status = CYG_OK;

	if (!pairs)
		return CYG_NOMEM;
	count = pairs_towards(child->pairs, child->pair_count, prefix, pairs);
	for (unsigned i = 0; i < count && status == CYG_OK; i++) {
		struct plane_want **at = &child->wants;

		if (add) {
			status = want(child, XFRM_WAY_OUT, &pairs[i], NULL);
			continue;
		}
		while (*at && !((*at)->policy.way == XFRM_WAY_OUT && pair_equal(&(*at)->policy.pair, &pairs[i])))
			at = &(*at)->next;
		if (*at && --(*at)->refs == 0)
			want_drop(child, at);
	}
	free(pairs);
	return status;
}

/* What routes of the old child led to leads to the new one now. */
static enum cyg_status take_over(struct plane_child *child, const struct plane_child *old, struct plane_task *task)
{
	enum cyg_status status = CYG_OK;

	if (child->transport != old->transport)
		return CYG_OK;
	for (const struct plane_want *w = old->wants; w && status == CYG_OK; w = w->next) {
		if (w->policy.way == XFRM_WAY_OUT)
			status = want(child, XFRM_WAY_OUT, &w->policy.pair, task);
	}
	return status;
}

/* --- Children --- */

/* The kernel checks these inner packets itself: there is one pair, or nothing to check. */
static bool checked_by_sa(const struct plane_child *child)
{
	return child->pair_count == 1 ||
	       (child->pair_count == 2 && pair_is_any(&child->pairs[0]) && pair_is_any(&child->pairs[1]) &&
		child->pairs[0].local.ip.family != child->pairs[1].local.ip.family);
}

static bool is_host(const struct cyg_prefix *prefix, const struct cyg_ip *host)
{
	return prefix->len == cyg_ip_bits(host->family) && cyg_ip_equal(&prefix->ip, host);
}

/* RFC 4301 4.1: transport mode is for packets between the two ends alone. IKE's own must not get into it. */
static bool between_the_ends(const struct cyg_kernel_child *wanted, const struct pair *pairs, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!is_host(&pairs[i].local, &wanted->local.ip) || !is_host(&pairs[i].remote, &wanted->remote.ip) ||
		    pairs[i].protocol == 0 || pairs[i].protocol == IPPROTO_UDP)
			return false;
	}
	return true;
}

static enum cyg_status child_new(struct plane_shard *s, const struct cyg_kernel_child *wanted,
				 struct plane_child **out)
{
	const struct plane_child *old = wanted->replaces ? plane_child_find(s, wanted->replaces) : NULL;
	struct spi_slot *slot = spi_find(&s->spis, wanted->spi_in);
	struct pair *pairs = calloc(PAIRS_MAX, sizeof(*pairs));
	struct plane_child *child = NULL;
	enum cyg_status status = CYG_NOMEM;
	unsigned count;

	if (!pairs)
		return CYG_NOMEM;
	status = pairs_make(wanted->ts_local->item, wanted->ts_local->count, wanted->ts_remote->item,
			    wanted->ts_remote->count, pairs, PAIRS_MAX, &count);
	if (status == CYG_OK && wanted->mode == CYG_MODE_TRANSPORT && !between_the_ends(wanted, pairs, count)) {
		status = CYG_REFUSED;
		cyg_log(CYG_LOG_ERROR, "kernel.transport",
			"{peer}: transport mode carries packets of one protocol other than UDP between the two gateways' own "
			"addresses, and these traffic selectors are for others: use tunnel mode",
			F_ENDPOINT("peer", &wanted->remote));
		goto out;
	}
	if (status != CYG_OK) {
		cyg_log(CYG_LOG_ERROR, "kernel.selectors",
			"{peer}: the kernel cannot have these traffic selectors: {status}",
			F_ENDPOINT("peer", &wanted->remote), F_STATUS("status", status));
		goto out;
	}
	status = CYG_NOMEM;
	child = calloc(1, sizeof(*child) + count * sizeof(*pairs));
	if (!child)
		goto out;
	child->shard = s;
	child->spi_in = wanted->spi_in;
	child->spi_out = wanted->spi_out;
	child->if_id = wanted->interface_id;
	child->owner = wanted->owner;
	child->local = wanted->local;
	child->remote = wanted->remote;
	child->udp_encap = wanted->udp_encap;
	child->transport = wanted->mode == CYG_MODE_TRANSPORT;
	child->pair_count = count;
	memcpy(child->pairs, pairs, count * sizeof(*pairs));
	child->reqid_in = checked_by_sa(child) ? XFRM_REQID_COMMON
			  : old && !checked_by_sa(old) ? old->reqid_in : child->spi_in;
	status = CYG_OK;
	if (slot)
		slot->child = child;
	else
		status = spi_add(&s->spis, child->spi_in, child);
out:
	free(pairs);
	if (status != CYG_OK)
		free(child);
	else
		*out = child;
	return status;
}

/* Takes it out of the kernel, too. */
static void child_free(struct plane_child *child)
{
	struct plane_shard *s = child->shard;

	while (child->tasks) {
		struct plane_task *task = child->tasks;

		child->tasks = task->next;
		task->child = NULL;
		if (task->op)
			cyg_op_complete(task->op, CYG_OK); /* what it was about is over */
		task->op = NULL;
	}
	while (child->wants)
		want_drop(child, &child->wants);
	direction_delete(child, CYG_BOTH);
	spi_remove(&s->spis, child->spi_in);
	free(child);
}

static enum cyg_status add_direction(struct plane_child *child, const struct cyg_kernel_child *wanted, bool inbound,
				     struct plane_task *task)
{
	const struct plane_conf *conf = CYG_CONF(child->shard->ctx, child->shard->shard, struct plane_conf);
	uint32_t window = wanted->replay_window;
	struct xfrm_sa sa = {
		.spi = inbound ? wanted->spi_in : wanted->spi_out,
		.from = inbound ? wanted->remote : wanted->local,
		.to = inbound ? wanted->local : wanted->remote,
		.inbound = inbound,
		.udp_encap = wanted->udp_encap,
		.esn = wanted->esn,
		.transport = child->transport,
		.reqid = inbound ? child->reqid_in : child->spi_in,
		.if_id = child->if_id,
		.encr = wanted->encr,
		.key_bits = wanted->key_bits,
		.integ = wanted->integ,
		.key = inbound ? wanted->key_in : wanted->key_out,
		.replay_window = window && window < conf->replay_window ? conf->replay_window : window,
		.seq = inbound ? wanted->seq_in : wanted->seq_out,
		.soft_octets = wanted->soft_octets,
		.hard_octets = wanted->hard_octets,
		.selector = child->pair_count == 1 ? &child->pairs[0] : NULL,
	};
	struct nl_message m;
	enum cyg_status status = xfrm_sa_add(&m, &sa);

	if (status == CYG_OK)
		status = ask(task, &m);
	if (status == CYG_OK)
		*(inbound ? &child->in : &child->out) = true;
	return status;
}

enum cyg_status plane_child_add(struct plane_shard *s, const struct cyg_kernel_child *wanted, enum cyg_direction what,
				struct cyg_op *op)
{
	struct plane_child *child = plane_child_find(s, wanted->spi_in), *old;
	struct plane_task *task;
	enum cyg_status status = CYG_OK;
	bool fresh = !child;

	if (child && ((child->in && (what & CYG_INBOUND)) || (child->out && (what & CYG_OUTBOUND))))
		return CYG_EXISTS;
	if (fresh)
		status = child_new(s, wanted, &child);
	if (status != CYG_OK)
		return status;
	task = task_new(child, "installing a child", op);
	if (!task) {
		if (fresh)
			child_free(child);
		return CYG_NOMEM;
	}
	task->added = what;
	old = wanted->replaces ? plane_child_find(s, wanted->replaces) : NULL;
	if (what & CYG_INBOUND) {
		status = add_direction(child, wanted, true, task);
		if (status == CYG_OK && (child->transport || !checked_by_sa(child)))
			status = want_ways(child, false, task);
	}
	if (status == CYG_OK && (what & CYG_OUTBOUND)) {
		status = add_direction(child, wanted, false, task);
		if (status == CYG_OK)
			status = want_ways(child, true, task);
		if (status == CYG_OK && old)
			status = take_over(child, old, task);
	}
	if (status != CYG_OK && task->asked == 0) {
		task_free(task);
		if (fresh)
			child_free(child);
		return status;
	}
	return task_begun(task, status);
}

void plane_child_remove(struct plane_shard *s, uint32_t spi_in, enum cyg_direction what,
			struct cyg_kernel_counters *last)
{
	struct plane_child *child = plane_child_find(s, spi_in);
	struct plane_want **at;

	if (last && (!child || plane_child_query(s, spi_in, last) != CYG_OK))
		*last = (struct cyg_kernel_counters){ 0 };
	if (!child)
		return;
	if (!(child->in && !(what & CYG_INBOUND)) && !(child->out && !(what & CYG_OUTBOUND))) {
		child_free(child);
		return;
	}
	direction_delete(child, what);
	at = &child->wants;
	while (*at) {
		bool out = (*at)->policy.way == XFRM_WAY_OUT;

		if (what & (out ? CYG_OUTBOUND : CYG_INBOUND))
			want_drop(child, at);
		else
			at = &(*at)->next;
	}
}

/* --- Questions --- */

static int question(struct plane_shard *s, const struct cyg_ip *to, uint32_t spi, void *out, size_t *len)
{
	struct nl_message m;

	xfrm_sa_get(&m, to, spi);
	return nl_ask(&s->question, &m, out, ANSWER_ROOM, len);
}

static bool usage_of(struct plane_shard *s, const struct cyg_ip *to, uint32_t spi, struct xfrm_usage *out)
{
	union {
		struct nlmsghdr header;
		char octets[ANSWER_ROOM];
	} answer;
	size_t len = 0;
	bool got = question(s, to, spi, answer.octets, &len) == 0 && xfrm_sa_read(&answer.header, len, out) == CYG_OK;

	cyg_wipe(&answer, len); /* the kernel tells the keys as well */
	return got;
}

/* From seconds of the wall clock to our own. */
static uint64_t when(struct cyg_shard *shard, uint64_t used_s)
{
	uint64_t now_ms = cyg_shard_now_ms(shard), ago_ms;
	int64_t wall = cyg_shard_wall_s(shard);

	if (!used_s)
		return 0;
	ago_ms = wall > 0 && (uint64_t)wall > used_s ? ((uint64_t)wall - used_s) * 1000 : 0;
	return ago_ms < now_ms ? now_ms - ago_ms : 1;
}

enum cyg_status plane_child_query(struct plane_shard *s, uint32_t spi_in, struct cyg_kernel_counters *out)
{
	const struct plane_child *child = plane_child_find(s, spi_in);
	struct cyg_kernel_counters counters = { 0 };
	struct xfrm_usage usage;

	if (!child)
		return CYG_NOT_FOUND;
	nl_flush(&s->xfrm); /* it may not have been installed yet */
	child = plane_child_find(s, spi_in);
	if (child && child->in && usage_of(s, &child->local.ip, child->spi_in, &usage)) {
		counters.packets_in = usage.packets;
		counters.octets_in = usage.octets;
		counters.drop_replay = usage.replayed;
		counters.drop_auth = usage.forged;
		counters.last_in_ms = when(s->shard, usage.used_s);
	}
	if (child && child->out && usage_of(s, &child->remote.ip, child->spi_out, &usage)) {
		counters.packets_out = usage.packets;
		counters.octets_out = usage.octets;
		counters.last_out_ms = when(s->shard, usage.used_s);
	}
	*out = counters;
	return CYG_OK;
}

/* --- Other endpoints --- */

/* The kernel cannot change addresses of an SA: out with it and in again, in one call, as it stood. */
static enum cyg_status move_direction(struct plane_child *child, bool inbound, const struct cyg_endpoint *local,
				      const struct cyg_endpoint *remote, bool udp_encap, struct plane_task *task)
{
	union {
		struct nlmsghdr header;
		char octets[ANSWER_ROOM];
	} answer;
	const struct cyg_ip *to = inbound ? &child->local.ip : &child->remote.ip;
	uint32_t spi = inbound ? child->spi_in : child->spi_out;
	struct nl_message add, delete;
	size_t len = 0;
	int error = question(child->shard, to, spi, answer.octets, &len);
	enum cyg_status status = error == ESRCH ? CYG_NOT_FOUND : CYG_IO;

	if (error == 0)
		status = xfrm_sa_moved(&add, &answer.header, len, inbound ? remote : local, inbound ? local : remote,
				       inbound, udp_encap);
	cyg_wipe(&answer, len);
	if (status != CYG_OK)
		return status;
	xfrm_sa_delete(&delete, to, spi);
	status = nl_send(&child->shard->xfrm, &delete, NULL, NULL);
	if (status == CYG_OK)
		status = ask(task, &add);
	return status;
}

enum cyg_status plane_child_move(struct plane_shard *s, uint32_t spi_in, const struct cyg_endpoint *local,
				 const struct cyg_endpoint *remote, bool udp_encap, struct cyg_op *op)
{
	struct plane_child *child = plane_child_find(s, spi_in);
	struct plane_task *task;
	enum cyg_status status = CYG_OK;

	if (!child)
		return CYG_NOT_FOUND;
	nl_flush(&s->xfrm); /* what is being installed is there now, or was refused */
	child = plane_child_find(s, spi_in);
	if (!child)
		return CYG_NOT_FOUND;
	if (cyg_endpoint_equal(&child->local, local) && cyg_endpoint_equal(&child->remote, remote) &&
	    child->udp_encap == udp_encap)
		return CYG_OK;
	/* The selectors are the addresses: RFC 4555 2.1 moves tunnels only. */
	if (child->transport &&
	    (!cyg_ip_equal(&child->local.ip, &local->ip) || !cyg_ip_equal(&child->remote.ip, &remote->ip)))
		return CYG_UNSUPPORTED;
	task = task_new(child, "moving a child to other endpoints", op);
	if (!task)
		return CYG_NOMEM;
	if (child->in)
		status = move_direction(child, true, local, remote, udp_encap, task);
	if (status == CYG_OK && child->out)
		status = move_direction(child, false, local, remote, udp_encap, task);
	child->local = *local;
	child->remote = *remote;
	child->udp_encap = udp_encap;
	for (struct plane_want *w = child->wants; w && status == CYG_OK; w = w->next) {
		struct xfrm_template template = template_of(child, w->policy.way);

		if (w->policy.way == XFRM_WAY_OUT)
			status = plane_policy_want(s, child->spi_in, &w->policy, &template, true, task);
	}
	return task_begun(task, status);
}

void plane_children_free(struct plane_shard *s)
{
	for (uint32_t i = 0; i < s->spis.capacity;) {
		struct plane_child *child = s->spis.slots[i].spi ? s->spis.slots[i].child : NULL;

		if (child)
			child_free(child); /* others may move into the place */
		else
			i++;
	}
	spi_table_done(&s->spis);
}
