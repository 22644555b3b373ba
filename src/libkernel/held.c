/* SPDX-License-Identifier: MIT */
#include "held.h"

#include <cygnet/log.h>

#include <errno.h>
#include <stdlib.h>

#define HELD_FIRST_CAPACITY 16
#define REQUESTS_MAX        2 /* to the system, about one held thing */
#define TRY_AGAIN_MS        2

/* The operation of whoever waits; stays on its shard. */
struct held_wait {
	struct held_wait *next, **prev;
	struct held *held;
	struct cyg_op *op; /* NULL once cancelled */
	enum held_kind kind;
	uint32_t link;
	struct cyg_prefix prefix;
	uint8_t distance;
	bool add;
};

struct wish {
	struct cyg_msg msg;
	const struct held_owner *owner;
	struct cyg_plugin_ctx *ctx;
	struct wish *next;          /* at the same held thing */
	unsigned from;
	uint32_t hash;              /* of what follows: says which shard keeps count */
	struct held_wait *wait;     /* of `from`; not looked at elsewhere */
	enum held_kind kind;
	uint32_t link;
	struct cyg_prefix prefix;
	uint8_t distance;
	bool add;
	enum cyg_status status;
};

struct held_item {
	struct held_item *next;     /* in its bucket */
	uint32_t hash;
	struct held *table;
	enum held_kind kind;
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

static void wait_end(struct held_wait *wait, enum cyg_status status)
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
	struct held *s = wish->owner->of(wish->ctx, shard);

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
	struct held_wait *wait = provider_state;

	wait->op = NULL; /* freed when the answer comes */
	/* Whoever cancels will not take it back, so it is taken back here; out of memory leaves it. */
	if (wait->add)
		(void)!held_set(wait->held, wait->kind, wait->link, &wait->prefix, wait->distance,
				    false, NULL);
}

static void wish_answer(struct held *s, struct wish *wish, enum cyg_status status)
{
	if (!wish->wait) {
		free(wish);
		return;
	}
	wish->status = status;
	wish->msg.run = answer_run;
	outbox_post(s->outbox, wish->from, &wish->msg);
}

/* --- Where it is kept count of --- */

static void answer_all(struct held_item *held)
{
	struct held *s = held->table;
	enum cyg_status status = held->error ? CYG_IO : CYG_OK;
	struct wish *wish = held->waiting, *next;

	if (held->error) {
		char text[CYG_IP_TEXT];

		cyg_log(CYG_LOG_ERROR, "kernel.system",
			"{what} {prefix}/{length}: the system refuses it: {error}",
			F_STR("what", held->kind == HELD_ROUTE ? "route" : "address"),
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

static void held_free_if_done(struct held_item *held)
{
	struct held *t = held->table;
	struct held_item **at;

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
	const struct held_owner *owner;
	struct cyg_plugin_ctx *ctx;
	uint32_t link;
};

static void address_gone_run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct address_gone *gone = CYG_CONTAINER(msg, struct address_gone, msg);
	struct held *s = gone->owner->of(gone->ctx, shard);
	unsigned index = s ? s->owner->device(s, gone->link) : 0;

	if (index)
		held_device(s, gone->link, index);
	free(gone);
}

static void address_gone_drop(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct address_gone, msg));
}

static void tell_address_gone(struct held_item *held)
{
	struct held *s = held->table;

	for (unsigned i = 0; i < cyg_shard_count(s->shard); i++) {
		struct address_gone *gone = calloc(1, sizeof(*gone));

		if (!gone)
			return;
		*gone = (struct address_gone){ .msg = { .run = address_gone_run,
							.drop = address_gone_drop },
					       .owner = s->owner, .ctx = s->ctx, .link = held->link };
		outbox_post(s->outbox, i, &gone->msg);
	}
}

static bool held_is_due(const struct held_item *held)
{
	return held->in_system != (held->refs > 0);
}

static void try_again(struct cyg_shard *shard, struct cyg_timer *timer);

static void again_soon(struct held *s)
{
	if (!cyg_timer_is_set(&s->timer))
		cyg_timer_set(s->shard, &s->timer, cyg_shard_now_ms(s->shard) + TRY_AGAIN_MS, try_again);
}

static void system_answers(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
	struct held_item *held = ctx;
	bool refused;

	held->asked--;
	/* There already or gone already is as good. */
	if (answer->error && answer->error != EEXIST && answer->error != ESRCH &&
	    answer->error != EADDRNOTAVAIL && answer->error != ENODEV) {
		held->error = answer->error;
		memcpy(held->text, answer->text, sizeof(held->text));
	}
	if (held->asked)
		return;
	if (held->kind == HELD_ADDRESS && !held->in_system && held->refs == 0)
		tell_address_gone(held);
	refused = held->error != 0;
	answer_all(held);
	if (!refused && held_is_due(held)) /* the next request had no room while this one was under way */
		again_soon(held->table);
	held_free_if_done(held);
}

static void ask(struct held_item *held, struct nl_message *m)
{
	enum cyg_status status = nl_send(held->table->nl, m, system_answers, held);

	if (status == CYG_OK)
		held->asked++;
	else
		held->error = status == CYG_BUSY ? EBUSY : status == CYG_NOMEM ? ENOMEM : EIO;
}

static void tell_system(struct held_item *held, unsigned index, bool add)
{
	struct nl_message m;
	struct cyg_prefix net;

	held->in_system = add;
	if (held->kind == HELD_ROUTE) {
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

static void reconcile(struct held_item *held, unsigned index);

static void try_again(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct held *s = CYG_CONTAINER(timer, struct held, timer);

	for (size_t i = 0; i < s->capacity; i++) {
		struct held_item *held, *next;

		for (held = s->buckets[i]; held; held = next) {
			unsigned index = s->owner->device(s, held->link);

			next = held->next;
			if (held_is_due(held) && held->asked == 0 && index)
				reconcile(held, index);
		}
	}
}

/* Makes it so in the system, if it is not and the device is there. If the device is still to come, that is when the
 * system is asked, and nobody waits for it. */
static void reconcile(struct held_item *held, unsigned index)
{
	struct held *s = held->table;

	if (index == 0) {
		held->in_system = false; /* went with the device */
	} else if (held_is_due(held)) {
		if (s->nl->count + REQUESTS_MAX > NL_PENDING_MAX) { /* many at once: the rest a little later */
			again_soon(s);
			return;
		}
		tell_system(held, index, held->refs > 0);
	}
	if (held->asked == 0)
		answer_all(held);
	held_free_if_done(held);
}

static struct held_item *held_find(struct held *s, const struct wish *wish)
{
	struct held_item *held = s->capacity ? s->buckets[wish->hash & (s->capacity - 1)] : NULL;

	while (held && !(held->hash == wish->hash && held->kind == wish->kind && held->link == wish->link &&
			 held->distance == wish->distance && held->prefix.len == wish->prefix.len &&
			 cyg_ip_equal(&held->prefix.ip, &wish->prefix.ip)))
		held = held->next;
	return held;
}

static bool held_grow(struct held *t)
{
	size_t capacity = t->capacity ? t->capacity * 2 : HELD_FIRST_CAPACITY;
	struct held_item **buckets = calloc(capacity, sizeof(struct held_item *));

	if (!buckets)
		return false;
	for (size_t i = 0; i < t->capacity; i++) {
		struct held_item *held, *next;

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

static struct held_item *held_new(struct held *t, const struct wish *wish)
{
	struct held_item *held, **bucket;

	if (t->count >= t->capacity && !held_grow(t))
		return NULL;
	held = calloc(1, sizeof(*held));
	if (!held)
		return NULL;
	held->table = t;
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
	struct held *s = wish->owner->of(wish->ctx, shard);
	unsigned index = s ? s->owner->device(s, wish->link) : 0;
	struct held_item *held;

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

void held_device(struct held *s, uint32_t interface_id, unsigned index)
{
	for (size_t i = 0; i < s->capacity; i++) {
		struct held_item *held, *next;

		for (held = s->buckets[i]; held; held = next) {
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

enum cyg_status held_set(struct held *s, enum held_kind kind, uint32_t interface_id,
			 const struct cyg_prefix *prefix, uint8_t distance, bool add, struct cyg_op *op)
{
	struct wish *wish = calloc(1, sizeof(*wish));
	struct held_wait *wait = op ? calloc(1, sizeof(*wait)) : NULL;
	uint32_t hash = interface_id;

	if (!wish || (op && !wait)) {
		free(wish);
		free(wait);
		return CYG_NOMEM;
	}
	for (size_t i = 0; i < cyg_ip_len(&prefix->ip); i++)
		hash = (hash ^ prefix->ip.octets[i]) * UINT32_C(0x01000193);
	hash = (hash ^ prefix->len) * UINT32_C(0x01000193);
	hash ^= hash >> 15;
	*wish = (struct wish){ .msg = { .run = wish_run, .drop = wish_drop }, .owner = s->owner, .ctx = s->ctx,
			       .from = cyg_shard_index(s->shard), .hash = hash, .wait = wait, .kind = kind,
			       .link = interface_id, .prefix = *prefix, .distance = distance, .add = add };
	if (wait) {
		*wait = (struct held_wait){ .next = s->waits, .prev = &s->waits, .held = s, .op = op, .kind = kind,
					   .link = interface_id, .prefix = *prefix, .distance = distance,
					   .add = add };
		if (wait->next)
			wait->next->prev = &wait->next;
		s->waits = wait;
	}
	outbox_post(s->outbox, (hash >> 16) % cyg_shard_count(s->shard), &wish->msg);
	/* No deadline. The system answers within its call, and a shard that stands still is the watchdog's business: on a
	 * machine with too much to do the answer is late and comes all the same. */
	return op ? cyg_op_pending(op, 0, wait_cancel, wait) : CYG_OK;
}

void held_done(struct held *s)
{
	if (!s->shard)
		return;
	cyg_timer_clear(s->shard, &s->timer);
	for (size_t i = 0; i < s->capacity; i++) {
		while (s->buckets[i]) {
			struct held_item *held = s->buckets[i];

			s->buckets[i] = held->next;
			while (held->waiting) {
				struct wish *wish = held->waiting;

				held->waiting = wish->next;
				free(wish);
			}
			free(held);
		}
	}
	free(s->buckets);
	s->buckets = NULL;
	s->capacity = s->count = 0;
	while (s->waits) {
		struct held_wait *wait = s->waits;

		s->waits = wait->next;
		free(wait);
	}
}
