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

#define WISH_TIMEOUT_MS     5000
#define HELD_FIRST_CAPACITY 16
#define REQUESTS_MAX        2 /* to the system, about one held thing */
#define TRY_AGAIN_MS        2

/* The operation of whoever waits; stays on its shard. */
struct tun_wait {
	struct tun_wait *next, **prev;
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
	uint32_t hash;              /* of what follows: says which shard keeps count */
	struct tun_wait *wait;      /* of `from`; not looked at elsewhere */
	enum tun_held_kind kind;
	uint32_t link;
	struct cyg_prefix prefix;
	uint8_t distance;
	bool add;
	enum cyg_status status;
};

struct tun_held {
	struct tun_held *next;      /* in its bucket */
	uint32_t hash;
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

static void wait_end(struct tun_wait *wait, enum cyg_status status)
{
	*wait->prev = wait->next;
	if (wait->next)
		wait->next->prev = wait->prev;
	if (wait->op)
		cyg_op_complete(wait->op, status);
	free(wait);
}

static void answer_run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct wish *wish = CYG_CONTAINER(msg, struct wish, msg);
	struct tun_shard *s = tun_shard_of(wish->ctx, shard);

	if (s)
		wait_end(wish->wait, wish->status);
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
	struct tun_held_table *t = &held->shard->held;
	struct tun_held **at;

	if (held->refs || held->in_system || held->asked || held->waiting)
		return;
	at = &t->buckets[held->hash & (t->capacity - 1)];
	while (*at != held)
		at = &(*at)->next;
	*at = held->next;
	t->count--;
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

static bool held_is_due(const struct tun_held *held)
{
	return held->in_system != (held->refs > 0);
}

static void reconcile(struct tun_held *held, unsigned index);

static void try_again(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct tun_shard *s = CYG_CONTAINER(timer, struct tun_shard, held_timer);

	for (size_t i = 0; i < s->held.capacity; i++) {
		struct tun_held *held, *next;

		for (held = s->held.buckets[i]; held; held = next) {
			const struct tun_link *link = tun_link_find(s, held->link);

			next = held->next;
			if (held_is_due(held) && held->asked == 0 && link && link->there)
				reconcile(held, link->index);
		}
	}
}

/* Makes it so in the system, if it is not and the device is there, and answers whoever need not wait. */
static void reconcile(struct tun_held *held, unsigned index)
{
	struct tun_shard *s = held->shard;

	if (index == 0) {
		held->in_system = false; /* went with the device */
	} else if (held_is_due(held)) {
		if (s->nl.count + REQUESTS_MAX > NL_PENDING_MAX) { /* many at once: the rest a little later */
			if (!cyg_timer_is_set(&s->held_timer))
				cyg_timer_set(s->shard, &s->held_timer, cyg_shard_now_ms(s->shard) + TRY_AGAIN_MS,
					      try_again);
			return;
		}
		tell_system(held, index, held->refs > 0);
	}
	/* Nothing to wait for, unless the device is still to come. */
	if (held->asked == 0 && (index || held->refs == 0))
		answer_all(held);
	held_free_if_done(held);
}

static struct tun_held *held_find(struct tun_shard *s, const struct wish *wish)
{
	const struct tun_held_table *t = &s->held;
	struct tun_held *held = t->capacity ? t->buckets[wish->hash & (t->capacity - 1)] : NULL;

	while (held && !(held->hash == wish->hash && held->kind == wish->kind && held->link == wish->link &&
			 held->distance == wish->distance && held->prefix.len == wish->prefix.len &&
			 cyg_ip_equal(&held->prefix.ip, &wish->prefix.ip)))
		held = held->next;
	return held;
}

static bool held_grow(struct tun_held_table *t)
{
	size_t capacity = t->capacity ? t->capacity * 2 : HELD_FIRST_CAPACITY;
	struct tun_held **buckets = calloc(capacity, sizeof(struct tun_held *));

	if (!buckets)
		return false;
	for (size_t i = 0; i < t->capacity; i++) {
		struct tun_held *held, *next;

		for (held = t->buckets[i]; held; held = next) {
			next = held->next;
			held->next = buckets[held->hash & (capacity - 1)];
			buckets[held->hash & (capacity - 1)] = held;
		}
	}
	free(t->buckets);
	t->buckets = buckets;
	t->capacity = capacity;
	return true;
}

static struct tun_held *held_new(struct tun_shard *s, const struct wish *wish)
{
	struct tun_held_table *t = &s->held;
	struct tun_held *held, **bucket;

	if (t->count >= t->capacity && !held_grow(t))
		return NULL;
	held = calloc(1, sizeof(*held));
	if (!held)
		return NULL;
	held->shard = s;
	held->hash = wish->hash;
	held->kind = wish->kind;
	held->link = wish->link;
	held->prefix = wish->prefix;
	held->distance = wish->distance;
	held->waiting_tail = &held->waiting;
	bucket = &t->buckets[held->hash & (t->capacity - 1)];
	held->next = *bucket;
	*bucket = held;
	t->count++;
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
	wish->next = NULL;
	*held->waiting_tail = wish;
	held->waiting_tail = &wish->next;
	reconcile(held, index);
}

void tun_held_device(struct tun_shard *s, uint32_t interface_id, unsigned index)
{
	for (size_t i = 0; i < s->held.capacity; i++) {
		struct tun_held *held, *next;

		for (held = s->held.buckets[i]; held; held = next) {
			next = held->next;
			if (held->link != interface_id)
				continue;
			/* Told again even if it was there: with its last IPv4 address or when it goes
			 * down, a device loses its routes without a word. */
			held->in_system = false;
			reconcile(held, index);
		}
	}
}

enum cyg_status tun_held_set(struct tun_shard *s, enum tun_held_kind kind, struct tun_link *link,
			     const struct cyg_prefix *prefix, uint8_t distance, bool add, struct cyg_op *op)
{
	struct wish *wish = calloc(1, sizeof(*wish));
	struct tun_wait *wait = op ? calloc(1, sizeof(*wait)) : NULL;
	uint32_t hash = link->id;

	if (!wish || (op && !wait)) {
		free(wish);
		free(wait);
		return CYG_NOMEM;
	}
	for (size_t i = 0; i < cyg_ip_len(&prefix->ip); i++)
		hash = (hash ^ prefix->ip.octets[i]) * UINT32_C(0x01000193);
	hash = (hash ^ prefix->len) * UINT32_C(0x01000193);
	hash ^= hash >> 15;
	*wish = (struct wish){ .msg = { .run = wish_run, .drop = wish_drop }, .ctx = s->ctx,
			       .from = cyg_shard_index(s->shard), .hash = hash, .wait = wait, .kind = kind,
			       .link = link->id, .prefix = *prefix, .distance = distance, .add = add };
	if (wait) {
		*wait = (struct tun_wait){ .next = s->waits, .prev = &s->waits, .shard = s, .op = op, .kind = kind,
					   .link = link, .prefix = *prefix, .distance = distance,
					   .add = add };
		if (wait->next)
			wait->next->prev = &wait->next;
		s->waits = wait;
	}
	tun_post(s, (hash >> 16) % cyg_shard_count(s->shard), &wish->msg);
	return op ? cyg_op_pending(op, WISH_TIMEOUT_MS, wait_cancel, wait) : CYG_OK;
}

void tun_held_free(struct tun_shard *s)
{
	cyg_timer_clear(s->shard, &s->held_timer);
	for (size_t i = 0; i < s->held.capacity; i++) {
		while (s->held.buckets[i]) {
			struct tun_held *held = s->held.buckets[i];

			s->held.buckets[i] = held->next;
			while (held->waiting) {
				struct wish *wish = held->waiting;

				held->waiting = wish->next;
				free(wish);
			}
			free(held);
		}
	}
	free(s->held.buckets);
	s->held = (struct tun_held_table){ 0 };
	while (s->waits) {
		struct tun_wait *wait = s->waits;

		s->waits = wait->next;
		free(wait);
	}
}
