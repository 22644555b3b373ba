/* SPDX-License-Identifier: MIT */
/*
 * The kernel has one policy for one pair of selectors. Sessions that want the same pair (two that may send
 * anything, one that logs in again) may live on several shards: the shard that a hash names keeps the list of
 * who wants it, newest first, and the kernel's policy names the first. Wishes travel there as messages, and come
 * back as the answer.
 */
#include "plane.h"

#include <cygnet/log.h>

#include <errno.h>
#include <stdlib.h>

#define FIRST_CAPACITY 16

/* Who wants it, and what the policy then says. */
struct claim {
	struct claim *next;
	uint32_t child;
	struct xfrm_template template;
};

struct wish {
	struct cyg_msg msg;
	struct cyg_plugin_ctx *ctx;
	struct wish *next;          /* at the same policy */
	unsigned from;
	uint32_t hash, child;
	struct plane_task *task;    /* of `from`; not looked at elsewhere */
	struct xfrm_policy_of policy;
	struct xfrm_template template;
	bool want;
	int error;
	char text[NL_TEXT_MAX];
};

struct entry {
	struct entry *next;         /* in its bucket */
	struct plane_shard *shard;
	uint32_t hash;
	struct xfrm_policy_of policy;
	struct claim *claims;       /* newest first */
	struct xfrm_template in_kernel;
	bool there;
	unsigned asked;
	struct wish *waiting, **waiting_tail;
};

struct plane_policies {
	struct entry **buckets;
	size_t capacity, count;
};

enum cyg_status plane_policies_new(struct plane_shard *s)
{
	s->policies = calloc(1, sizeof(*s->policies));
	if (!s->policies)
		return CYG_NOMEM;
	s->policies->capacity = FIRST_CAPACITY;
	s->policies->buckets = calloc(FIRST_CAPACITY, sizeof(struct entry *));
	return s->policies->buckets ? CYG_OK : CYG_NOMEM;
}

static bool same_template(const struct xfrm_template *a, const struct xfrm_template *b)
{
	return a->reqid == b->reqid && a->transport == b->transport && cyg_ip_equal(&a->from, &b->from) && cyg_ip_equal(&a->to, &b->to);
}

static uint32_t hash_octets(uint32_t hash, const void *octets, size_t len)
{
	const uint8_t *at = octets;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * UINT32_C(0x01000193);
	return hash;
}

static uint32_t hash_of(const struct xfrm_policy_of *p)
{
	const uint32_t rest[] = { p->if_id, p->way, p->pair.local.len, p->pair.remote.len, p->pair.protocol,
				  p->pair.local_port.port, p->pair.local_port.mask, p->pair.remote_port.port,
				  p->pair.remote_port.mask };
	uint32_t hash = hash_octets(UINT32_C(0x811c9dc5), rest, sizeof(rest));

	hash = hash_octets(hash, p->pair.local.ip.octets, 16);
	hash = hash_octets(hash, p->pair.remote.ip.octets, 16);
	return hash ^ hash >> 15;
}

/* --- Back where the wish came from --- */

static void wish_free(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct wish, msg));
}

static void answer_run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct wish *wish = CYG_CONTAINER(msg, struct wish, msg);

	if (plane_of(wish->ctx, shard))
		plane_task_answer(wish->task, wish->error, wish->text);
	free(wish);
}

static void answer_all(struct entry *e, const struct nl_answer *answer)
{
	struct wish *wish = e->waiting, *next;

	e->waiting = NULL;
	e->waiting_tail = &e->waiting;
	for (; wish; wish = next) {
		next = wish->next;
		if (!wish->task) {
			free(wish);
			continue;
		}
		wish->error = answer->error;
		memcpy(wish->text, answer->text, sizeof(wish->text));
		wish->msg.run = answer_run;
		outbox_post(&e->shard->outbox, wish->from, &wish->msg);
	}
}

/* --- Where it is kept --- */

static void entry_free_if_done(struct entry *e)
{
	struct plane_policies *p = e->shard->policies;
	struct entry **at = &p->buckets[e->hash & (p->capacity - 1)];

	if (e->claims || e->asked || e->there || e->waiting)
		return;
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	p->count--;
	free(e);
}

static void kernel_answers(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
	struct entry *e = ctx;
	struct nl_answer said = *answer;

	e->asked--;
	if (said.error == ENOENT && !e->claims) /* gone already is as good */
		said.error = 0;
	if (said.error && e->claims) /* not as it is thought to be: told anew by the next wish */
		e->in_kernel = (struct xfrm_template){ 0 };
	if (e->asked)
		return;
	answer_all(e, &said);
	entry_free_if_done(e);
}

/* Makes it so in the kernel. */
static void reconcile(struct entry *e)
{
	struct nl_answer answer = { 0 };
	struct nl_message m;

	if (e->claims && (!e->there || !same_template(&e->claims->template, &e->in_kernel))) {
		e->there = true;
		e->in_kernel = e->claims->template;
		xfrm_policy_set(&m, &e->policy, &e->in_kernel, xfrm_priority(&e->policy.pair, e->policy.way));
	} else if (!e->claims && e->there) {
		e->there = false;
		xfrm_policy_delete(&m, &e->policy);
	} else {
		if (!e->asked)
			answer_all(e, &answer);
		entry_free_if_done(e);
		return;
	}
	if (nl_send(&e->shard->xfrm, &m, kernel_answers, e) == CYG_OK) {
		e->asked++;
		return;
	}
	/* What nobody hears the end of has room always, and goes behind what is under way about this policy. */
	if (!e->claims && nl_send(&e->shard->xfrm, &m, NULL, NULL) == CYG_OK) {
		if (!e->asked)
			answer_all(e, &answer);
		entry_free_if_done(e);
		return;
	}
	e->in_kernel = (struct xfrm_template){ 0 };
	answer.error = EBUSY;
	if (!e->asked)
		answer_all(e, &answer);
	entry_free_if_done(e);
}

static bool grow(struct plane_policies *p)
{
	size_t capacity = p->capacity * 2;
	struct entry **buckets = calloc(capacity, sizeof(struct entry *));

	if (!buckets)
		return false;
	for (size_t i = 0; i < p->capacity; i++) {
		for (struct entry *e = p->buckets[i], *next; e; e = next) {
			next = e->next;
			e->next = buckets[e->hash & (capacity - 1)];
			buckets[e->hash & (capacity - 1)] = e;
		}
	}
	free(p->buckets);
	p->buckets = buckets;
	p->capacity = capacity;
	return true;
}

static struct entry *entry_get(struct plane_shard *s, const struct wish *wish)
{
	struct plane_policies *p = s->policies;
	struct entry *e = p->buckets[wish->hash & (p->capacity - 1)];

	while (e && !(e->hash == wish->hash && e->policy.if_id == wish->policy.if_id &&
		      e->policy.way == wish->policy.way && pair_equal(&e->policy.pair, &wish->policy.pair)))
		e = e->next;
	if (e || !wish->want)
		return e;
	if (p->count >= p->capacity && !grow(p))
		return NULL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->shard = s;
	e->hash = wish->hash;
	e->policy = wish->policy;
	e->waiting_tail = &e->waiting;
	e->next = p->buckets[e->hash & (p->capacity - 1)];
	p->buckets[e->hash & (p->capacity - 1)] = e;
	p->count++;
	return e;
}

/* CYG_NOMEM. */
static enum cyg_status claim_set(struct entry *e, const struct wish *wish)
{
	struct claim **at = &e->claims, *claim;

	while (*at && (*at)->child != wish->child)
		at = &(*at)->next;
	claim = *at;
	if (!wish->want) {
		if (claim)
			*at = claim->next;
		free(claim);
		return CYG_OK;
	}
	if (!claim) {
		claim = calloc(1, sizeof(*claim));
		if (!claim)
			return CYG_NOMEM;
		claim->child = wish->child;
		claim->next = e->claims;
		e->claims = claim;
	}
	claim->template = wish->template;
	return CYG_OK;
}

static void wish_run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct wish *wish = CYG_CONTAINER(msg, struct wish, msg);
	struct plane_shard *s = plane_of(wish->ctx, shard);
	struct entry *e = s ? entry_get(s, wish) : NULL;

	if (!e || claim_set(e, wish) != CYG_OK) {
		wish->error = wish->want ? ENOMEM : 0;
		wish->msg.run = answer_run;
		if (s && wish->task)
			outbox_post(&s->outbox, wish->from, &wish->msg);
		else
			free(wish);
		if (e)
			entry_free_if_done(e);
		return;
	}
	wish->next = NULL;
	*e->waiting_tail = wish;
	e->waiting_tail = &wish->next;
	reconcile(e);
}

enum cyg_status plane_policy_want(struct plane_shard *s, uint32_t child, const struct xfrm_policy_of *policy,
				  const struct xfrm_template *template, bool want, struct plane_task *task)
{
	struct wish *wish = calloc(1, sizeof(*wish));

	if (!wish)
		return CYG_NOMEM;
	*wish = (struct wish){ .msg = { .run = wish_run, .drop = wish_free }, .ctx = s->ctx,
			       .from = cyg_shard_index(s->shard), .child = child, .hash = hash_of(policy),
			       .task = task, .policy = *policy, .template = *template, .want = want };
	if (task)
		task->asked++;
	outbox_post(&s->outbox, (wish->hash >> 16) % cyg_shard_count(s->shard), &wish->msg);
	return CYG_OK;
}

/* The shard ends: what it kept is taken out of the kernel, whoever else may want it (the others end, too). */
void plane_policies_free(struct plane_shard *s)
{
	struct plane_policies *p = s->policies;

	for (size_t i = 0; p && p->buckets && i < p->capacity; i++) {
		for (struct entry *e = p->buckets[i], *next; e; e = next) {
			struct nl_message m;

			next = e->next;
			if (e->there && nl_is_open(&s->xfrm)) {
				xfrm_policy_delete(&m, &e->policy);
				(void)!nl_send(&s->xfrm, &m, NULL, NULL);
			}
			nl_forget(&s->xfrm, e);
			while (e->claims) {
				struct claim *claim = e->claims;

				e->claims = claim->next;
				free(claim);
			}
			while (e->waiting) {
				struct wish *wish = e->waiting;

				e->waiting = wish->next;
				free(wish);
			}
			free(e);
		}
	}
	if (p)
		free(p->buckets);
	free(p);
	s->policies = NULL;
}
