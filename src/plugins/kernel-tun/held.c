/* SPDX-License-Identifier: MIT */
/*
 * Addresses and routes of sessions in the system. Two sessions may want the same one, one after the
 * other's end or on two shards at once: each is kept count of by one shard (a hash of it says which), and
 * is in the system while the count is above zero. A wish travels there as a message and comes back as
 * the answer.
 */
#include "tun.h"

#include <errno.h>
#include <stdlib.h>

#define WISH_TIMEOUT_MS 5000

/* The operation of whoever waits; stays on its shard. */
struct tun_wait {
	struct tun_wait *next;
	struct tun_shard *shard;
	struct cyg_op *op; /* NULL once cancelled */
	enum tun_held_kind kind;
	struct tun_link *link;
	struct cyg_prefix prefix;
	uint8_t distance;
	bool add;
};

struct wish {
	struct cyg_msg msg;
	struct cyg_plugin_ctx *ctx;
	struct wish *next;          /* at the same held thing */
	unsigned from;
	struct tun_wait *wait;      /* of `from`; not looked at elsewhere */
	enum tun_held_kind kind;
	uint32_t link;
	struct cyg_prefix prefix;
	uint8_t distance;
	bool add;
	enum cyg_status status;
};

struct tun_held {
	struct tun_held *next;
	struct tun_shard *shard;
	enum tun_held_kind kind;
	uint32_t link;
	struct cyg_prefix prefix;
	uint8_t distance;
	unsigned refs;
	bool in_system;
	unsigned asked;             /* requests to the system that are not answered */
	int error;                  /* the worst of them */
	char text[NL_TEXT_MAX];
	struct wish *waiting, **waiting_tail;
};

/* --- Where the wish came from --- */

static void wait_end(struct tun_shard *s, struct tun_wait *wait, enum cyg_status status)
{
	for (struct tun_wait **at = &s->waits; *at; at = &(*at)->next) {
		if (*at != wait)
			continue;
		*at = wait->next;
		if (wait->op)
			cyg_op_complete(wait->op, status);
		free(wait);
		return;
	}
}

static void answer_run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct wish *wish = CYG_CONTAINER(msg, struct wish, msg);
	struct tun_shard *s = tun_shard_of(wish->ctx, shard);

	if (s)
		wait_end(s, wish->wait, wish->status);
	free(wish);
}

static void wish_drop(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct wish, msg));
}

static void wait_cancel(struct cyg_op *op, void *provider_state)
{
	struct tun_wait *wait = provider_state;

	wait->op = NULL; /* freed when the answer comes */
	/* Whoever gave up will not take it back, so it is taken back here; out of memory leaves it. */
	if (wait->add)
		(void)!tun_held_set(wait->shard, wait->kind, wait->link, &wait->prefix, wait->distance,
				    false, NULL);
}

static void wish_answer(struct tun_shard *s, struct wish *wish, enum cyg_status status)
{
	if (!wish->wait) {
		free(wish);
		return;
	}
	wish->status = status;
	wish->msg.run = answer_run;
	tun_post(s, wish->from, &wish->msg);
}

/* --- Where it is kept count of --- */

static void answer_all(struct tun_held *held)
{
	struct tun_shard *s = held->shard;
	enum cyg_status status = held->error ? CYG_IO : CYG_OK;
	struct wish *wish = held->waiting, *next;

	if (held->error) {
		char text[CYG_IP_TEXT];

		cyg_log(CYG_LOG_ERROR, "kernel.system",
			"{what} {prefix}/{length}: the system refuses it: {error}",
			F_STR("what", held->kind == TUN_ROUTE ? "route" : "address"),
			F_STR("prefix", cyg_ip_text(&held->prefix.ip, text)), F_UINT("length", held->prefix.len),
			F_STR("error", held->text[0] ? held->text : strerror(held->error)));
	}
	if (held->error)
		held->in_system = false;
	held->waiting = NULL;
	held->waiting_tail = &held->waiting;
	for (; wish; wish = next) {
		next = wish->next;
		if (wish->add && held->error && held->refs)
			held->refs--; /* whoever is told so does not own it */
		wish_answer(s, wish, status);
	}
	held->error = 0;
	held->text[0] = '\0';
}

static void held_free_if_done(struct tun_held *held)
{
	struct tun_held **at = &held->shard->held;

	if (held->refs || held->asked || held->waiting)
		return;
	while (*at != held)
		at = &(*at)->next;
	*at = held->next;
	free(held);
}

/* An address left a device. If it was the last one of its family, its routes went with it. */
struct address_gone {
	struct cyg_msg msg;
	struct cyg_plugin_ctx *ctx;
	uint32_t link;
};

static void address_gone_run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct address_gone *gone = CYG_CONTAINER(msg, struct address_gone, msg);
	struct tun_shard *s = tun_shard_of(gone->ctx, shard);
	const struct tun_link *link = s ? tun_link_find(s, gone->link) : NULL;

	if (link && link->there)
		tun_held_device(s, gone->link, link->index);
	free(gone);
}

static void address_gone_drop(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct address_gone, msg));
}

static void tell_address_gone(struct tun_held *held)
{
	struct tun_shard *s = held->shard;

	for (unsigned i = 0; i < cyg_shard_count(s->shard); i++) {
		struct address_gone *gone = calloc(1, sizeof(*gone));

		if (!gone)
			return;
		*gone = (struct address_gone){ .msg = { .run = address_gone_run,
							.drop = address_gone_drop },
					       .ctx = s->ctx, .link = held->link };
		tun_post(s, i, &gone->msg);
	}
}

static void system_answers(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
	struct tun_held *held = ctx;

	held->asked--;
	/* There already or gone already is as good. */
	if (answer->error && answer->error != EEXIST && answer->error != ESRCH &&
	    answer->error != EADDRNOTAVAIL && answer->error != ENODEV) {
		held->error = answer->error;
		memcpy(held->text, answer->text, sizeof(held->text));
	}
	if (held->asked)
		return;
	if (held->kind == TUN_ADDRESS && !held->in_system && held->refs == 0)
		tell_address_gone(held);
	answer_all(held);
	held_free_if_done(held);
}

static void ask(struct tun_held *held, struct nl_message *m)
{
	enum cyg_status status = nl_send(&held->shard->nl, m, system_answers, held);

	if (status == CYG_OK)
		held->asked++;
	else
		held->error = status == CYG_BUSY ? EBUSY : status == CYG_NOMEM ? ENOMEM : EIO;
}

static void tell_system(struct tun_held *held, unsigned index, bool add)
{
	struct nl_message m;
	struct cyg_prefix net;

	held->in_system = add;
	if (held->kind == TUN_ROUTE) {
		nl_route(&m, index, &held->prefix, held->distance, add);
		ask(held, &m);
		return;
	}
	nl_address(&m, index, &held->prefix, add);
	ask(held, &m);
	/* The network around the address is a route of the tunnel's like any other. */
	if (held->prefix.len < cyg_ip_bits(held->prefix.ip.family) &&
	    cyg_prefix_make(&held->prefix.ip, held->prefix.len, &net) == CYG_OK) {
		nl_route(&m, index, &net, 0, add);
		ask(held, &m);
	}
}

static struct tun_held *held_find(struct tun_shard *s, const struct wish *wish)
{
	struct tun_held *held = s->held;

	while (held && !(held->kind == wish->kind && held->link == wish->link &&
			 held->distance == wish->distance && held->prefix.len == wish->prefix.len &&
			 cyg_ip_equal(&held->prefix.ip, &wish->prefix.ip)))
		held = held->next;
	return held;
}

static struct tun_held *held_new(struct tun_shard *s, const struct wish *wish)
{
	struct tun_held *held = calloc(1, sizeof(*held));

	if (!held)
		return NULL;
	held->shard = s;
	held->kind = wish->kind;
	held->link = wish->link;
	held->prefix = wish->prefix;
	held->distance = wish->distance;
	held->waiting_tail = &held->waiting;
	held->next = s->held;
	s->held = held;
	return held;
}

static void wish_run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct wish *wish = CYG_CONTAINER(msg, struct wish, msg);
	struct tun_shard *s = tun_shard_of(wish->ctx, shard);
	const struct tun_link *link = s ? tun_link_find(s, wish->link) : NULL;
	unsigned index = link && link->there ? link->index : 0;
	struct tun_held *held;

	if (!s) {
		free(wish);
		return;
	}
	held = held_find(s, wish);
	if (!held && wish->add)
		held = held_new(s, wish);
	if (!held) {
		wish_answer(s, wish, wish->add ? CYG_NOMEM : CYG_OK);
		return;
	}
	if (wish->add)
		held->refs++;
	else if (held->refs)
		held->refs--;
	if (index && held->in_system != (held->refs > 0))
		tell_system(held, index, held->refs > 0);
	else if (!index && held->refs == 0)
		held->in_system = false;
	wish->next = NULL;
	*held->waiting_tail = wish;
	held->waiting_tail = &wish->next;
	/* Nothing to wait for, unless the device is still to come. */
	if (held->asked == 0 && (index || held->refs == 0))
		answer_all(held);
	held_free_if_done(held);
}

void tun_held_device(struct tun_shard *s, uint32_t interface_id, unsigned index)
{
	struct tun_held *held, *next;

	for (held = s->held; held; held = next) {
		next = held->next;
		if (held->link != interface_id)
			continue;
		if (index == 0) {
			held->in_system = false; /* went with the device */
		} else if (held->refs) {
			/* Told again even if it was there: with its last IPv4 address or when it
			 * goes down, a device loses its routes without a word. */
			tell_system(held, index, true);
			if (held->asked == 0)
				answer_all(held);
			held_free_if_done(held);
		}
	}
}

enum cyg_status tun_held_set(struct tun_shard *s, enum tun_held_kind kind, struct tun_link *link,
			     const struct cyg_prefix *prefix, uint8_t distance, bool add, struct cyg_op *op)
{
	struct wish *wish = calloc(1, sizeof(*wish));
	struct tun_wait *wait = op ? calloc(1, sizeof(*wait)) : NULL;
	unsigned hash = link->id * 31u + prefix->len;

	if (!wish || (op && !wait)) {
		free(wish);
		free(wait);
		return CYG_NOMEM;
	}
	for (size_t i = 0; i < cyg_ip_len(&prefix->ip); i++)
		hash = hash * 31u + prefix->ip.octets[i];
	*wish = (struct wish){ .msg = { .run = wish_run, .drop = wish_drop }, .ctx = s->ctx,
			       .from = cyg_shard_index(s->shard), .wait = wait, .kind = kind,
			       .link = link->id, .prefix = *prefix, .distance = distance, .add = add };
	if (wait) {
		*wait = (struct tun_wait){ .next = s->waits, .shard = s, .op = op, .kind = kind,
					   .link = link, .prefix = *prefix, .distance = distance,
					   .add = add };
		s->waits = wait;
	}
	tun_post(s, hash % cyg_shard_count(s->shard), &wish->msg);
	return op ? cyg_op_pending(op, WISH_TIMEOUT_MS, wait_cancel, wait) : CYG_OK;
}

void tun_held_free(struct tun_shard *s)
{
	while (s->held) {
		struct tun_held *held = s->held;

		s->held = held->next;
		while (held->waiting) {
			struct wish *wish = held->waiting;

			held->waiting = wish->next;
			free(wish);
		}
		free(held);
	}
	while (s->waits) {
		struct tun_wait *wait = s->waits;

		s->waits = wait->next;
		free(wait);
	}
}
