/* SPDX-License-Identifier: MIT */
/*
 * Addresses from local pools: a lease is an operation, since the pool may live on another shard.
 *
 * One object, struct held, goes with a lease all its life: it carries the request to the owner, the
 * answer back, is what the session's ticket names, and carries the release; so giving an address back
 * needs no memory and cannot fail. It belongs to the session's shard except while it is a message under way.
 */
#include "address_pool.h"

#include "config.h"

#include <stdlib.h>

#define LEASE_TIMEOUT_MS 5000
#define RETRY_MS           10 /* a release that found the owner's mailbox full */

struct held {
	struct cyg_msg msg;
	struct cyg_plugin_ctx *ctx;
	struct cyg_shard *home, *owner;
	struct cyg_op *op;              /* NULL: nobody waits (any more) */
	struct cyg_lease *out;          /* borrowed while `op` is set */
	struct held *next_retry;
	uint8_t family;
	char name[POOL_NAME_MAX];
	uint64_t identity;
	struct cyg_ip wanted;
	/* The answer. */
	enum cyg_status status;
	struct cyg_ip ip;
	uint8_t prefix;
	uint64_t number;
};

/* A pool of this shard and the object that it was made of. */
struct owned {
	struct owned *next;
	char name[POOL_NAME_MAX];
	uint8_t family, prefix;
	const struct pool_config *config; /* counted; NULL: the configuration has it no longer */
	struct pool *pool;
};

struct pool_shard {
	struct owned *owned;
	struct held *retries;
	struct cyg_timer retry_timer;
};

/* --- Pools of the owning shard --- */

static uint64_t hash_of(uint64_t hash, struct cyg_bytes octets)
{
	for (size_t i = 0; i < octets.len; i++)
		hash = (hash ^ octets.ptr[i]) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 29;
}

unsigned pool_owner(const struct cyg_shard *shard, struct cyg_str name)
{
	return (unsigned)(hash_of(UINT64_C(0xcbf29ce484222325), cyg_bytes(name.ptr, name.len)) %
			  cyg_shard_count(shard));
}

static void owned_free(struct owned *owned)
{
	if (owned->config)
		cyg_config_object_unref(owned->config);
	pool_free(owned->pool);
	free(owned);
}

/* Takes the ranges of `config` (NULL: none any more). On failure the pool is as it was. */
static enum cyg_status owned_follow(struct owned *owned, const struct pool_config *config)
{
	enum cyg_status status;

	if (config == owned->config)
		return CYG_OK;
	status = pool_set_ranges(owned->pool, config ? config->range : NULL, config ? config->count : 0);
	if (status != CYG_OK)
		return status;
	if (owned->config)
		cyg_config_object_unref(owned->config);
	owned->config = config ? cyg_config_object_ref(config) : NULL;
	return CYG_OK;
}

static struct owned *owned_new(struct pool_shard *state, const struct pool_config *config,
			       struct cyg_str name)
{
	struct owned *owned = calloc(1, sizeof(*owned));

	if (!owned)
		return NULL;
	memcpy(owned->name, name.ptr, name.len); /* it is in the snapshot, so it fits */
	owned->family = config->family;
	owned->prefix = config->prefix;
	owned->pool = pool_new(config->family, config->prefix);
	if (!owned->pool || owned_follow(owned, config) != CYG_OK) {
		owned_free(owned);
		return NULL;
	}
	owned->next = state->owned;
	state->owned = owned;
	return owned;
}

static bool owned_is(const struct owned *owned, uint8_t family, struct cyg_str name)
{
	return owned->family == family && cyg_str_equal(cyg_str(owned->name), name);
}

/* Pools that the configuration no longer has, or has with another length, live until their leases end. */
static void owned_expire(struct pool_shard *state)
{
	struct owned **at = &state->owned;

	while (*at) {
		struct owned *owned = *at;

		if (owned->config || pool_leases(owned->pool) > 0) {
			at = &owned->next;
			continue;
		}
		*at = owned->next;
		owned_free(owned);
	}
}

struct pool *pool_of_shard(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint8_t family,
			   struct cyg_str name, bool *short_of_memory)
{
	struct pool_shard *state = cyg_plugin_shard_data(ctx, shard);
	const struct cyg_config *snapshot = cyg_shard_config(shard);
	const struct pool_config *config = NULL;
	struct owned *found = NULL;

	*short_of_memory = false;
	if (!state || name.len >= POOL_NAME_MAX)
		return NULL;
	if (snapshot)
		config = cyg_config_object(snapshot, family == CYG_IPV4 ? MODE_POOL4 : MODE_POOL6, name, true);
	for (struct owned *owned = state->owned; owned; owned = owned->next) {
		if (!owned_is(owned, family, name))
			continue;
		if (config && owned->prefix == config->prefix)
			found = owned;
		else
			*short_of_memory |= owned_follow(owned, NULL) != CYG_OK;
	}
	if (config && !found)
		found = owned_new(state, config, name);
	if (config && (!found || owned_follow(found, config) != CYG_OK))
		*short_of_memory = true;
	else if (config)
		pool_set_time(found->pool, cyg_shard_now_ms(shard), UINT64_C(1000) * config->recycle_s);
	owned_expire(state);
	return config && !*short_of_memory ? found->pool : NULL;
}

/* --- The owner's side of a lease --- */

static void serve_lease(struct held *held, struct cyg_shard *shard)
{
	bool short_of_memory;
	struct pool *pool = pool_of_shard(held->ctx, shard, held->family, cyg_str(held->name),
					  &short_of_memory);
	const struct pool_shard *state = cyg_plugin_shard_data(held->ctx, shard);

	if (!pool) {
		held->status = short_of_memory ? CYG_NOMEM : CYG_NOT_FOUND;
		return;
	}
	held->status = pool_lease(pool, held->identity, &held->wanted, &held->ip, &held->number);
	for (const struct owned *owned = state->owned; owned; owned = owned->next) {
		if (owned->pool == pool)
			held->prefix = owned->prefix;
	}
}

static void serve_release(const struct held *held, struct cyg_shard *shard)
{
	struct pool_shard *state = cyg_plugin_shard_data(held->ctx, shard);

	for (struct owned *owned = state ? state->owned : NULL; owned; owned = owned->next) {
		pool_set_time(owned->pool, cyg_shard_now_ms(shard),
			      UINT64_C(1000) * (owned->config ? owned->config->recycle_s : 0));
		if (owned->prefix == held->prefix && owned_is(owned, held->family, cyg_str(held->name)) &&
		    pool_release(owned->pool, &held->ip, held->number))
			break;
	}
	if (state)
		owned_expire(state);
}

/* --- The session's side --- */

static void held_end(struct held *held)
{
	cyg_plugin_release(held->ctx, held->home);
	free(held);
}

/* For a message that nobody will run: the plugin is gone with its shard, and so are the uses. */
static void drop_held(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct held, msg));
}

/* Fills what the session asked for. */
static void hand_over(struct held *held, struct cyg_lease *out)
{
	struct cyg_strbuf source = CYG_STRBUF(out->source);

	memset(out, 0, sizeof(*out));
	out->ip = held->ip;
	if (held->prefix < 128 && held->family == CYG_IPV6)
		out->ip.octets[15] |= 1; /* of a whole prefix the first address that a host may have */
	out->prefix = held->prefix;
	out->ticket = (uint64_t)(uintptr_t)held;
	cyg_strbuf_add(&source, cyg_str(held->name));
	held->op = NULL;
	held->out = NULL;
}

static void send_release(struct held *held);

static void retry_releases(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct pool_shard *state = CYG_CONTAINER(timer, struct pool_shard, retry_timer);
	struct held *held = state->retries;

	(void)shard;
	state->retries = NULL;
	while (held) {
		struct held *next = held->next_retry;

		send_release(held);
		held = next;
	}
}

static void release_done(struct cyg_shard *home, struct cyg_msg *msg)
{
	(void)home;
	held_end(CYG_CONTAINER(msg, struct held, msg));
}

static void release_on_owner(struct cyg_shard *owner, struct cyg_msg *msg)
{
	struct held *held = CYG_CONTAINER(msg, struct held, msg);

	serve_release(held, owner);
	held->msg = (struct cyg_msg){ .run = release_done, .drop = drop_held, .reserved = true };
	if (cyg_shard_post(held->home, &held->msg) != CYG_OK)
		drop_held(&held->msg);
}

static void send_release(struct held *held)
{
	struct pool_shard *state = cyg_plugin_shard_data(held->ctx, held->home);

	if (held->owner == held->home) {
		serve_release(held, held->home);
		held_end(held);
		return;
	}
	held->msg = (struct cyg_msg){ .run = release_on_owner, .drop = drop_held };
	if (cyg_shard_post(held->owner, &held->msg) == CYG_OK)
		return;
	/* A lease is a use of the plugin, so its state is there. */
	held->next_retry = state->retries;
	state->retries = held;
	if (!cyg_timer_is_set(&state->retry_timer))
		cyg_timer_set(held->home, &state->retry_timer,
			      cyg_shard_now_ms(held->home) + RETRY_MS, retry_releases);
}

static void lease_answered(struct cyg_shard *home, struct cyg_msg *msg)
{
	struct held *held = CYG_CONTAINER(msg, struct held, msg);
	struct cyg_op *op = held->op;
	enum cyg_status status = held->status;

	(void)home;
	if (op && status == CYG_OK)
		hand_over(held, held->out);
	else if (status == CYG_OK)
		send_release(held); /* the session has ended meanwhile */
	else
		held_end(held);
	if (op)
		cyg_op_complete(op, status);
}

static void answer(struct held *held)
{
	held->msg = (struct cyg_msg){ .run = lease_answered, .drop = drop_held, .reserved = true };
	if (cyg_shard_post(held->home, &held->msg) != CYG_OK)
		drop_held(&held->msg);
}

static void lease_on_owner(struct cyg_shard *owner, struct cyg_msg *msg)
{
	struct held *held = CYG_CONTAINER(msg, struct held, msg);

	serve_lease(held, owner);
	answer(held);
}

/* The owner is gone: the session hears so, which also keeps `held` alive until it has let go. */
static void lease_dropped(struct cyg_msg *msg)
{
	struct held *held = CYG_CONTAINER(msg, struct held, msg);

	held->status = CYG_IO;
	answer(held);
}

static void cancel_lease(struct cyg_op *op, void *provider_state)
{
	struct held *held = provider_state;

	(void)op;
	held->op = NULL;
	held->out = NULL;
}

static uint64_t identity_hash(const struct cyg_identity *id)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	if (!id)
		return 0;
	hash = hash_of(hash, cyg_bytes(&id->type, 1));
	hash = hash_of(hash, cyg_bytes(id->octets, id->len));
	return hash ? hash : 1;
}

static enum cyg_status lease(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
			     const struct cyg_lease_request *request, struct cyg_lease *out,
			     struct cyg_op *op)
{
	struct cyg_shard *owner = cyg_shard_peer(shard, pool_owner(shard, request->source));
	enum cyg_status status;
	struct held *held;

	if (request->source.len == 0 || request->source.len >= POOL_NAME_MAX)
		return CYG_NOT_FOUND;
	if (!owner)
		return CYG_IO;
	held = calloc(1, sizeof(*held));
	if (!held)
		return CYG_NOMEM;
	held->ctx = ctx;
	held->home = shard;
	held->owner = owner;
	held->family = request->family;
	memcpy(held->name, request->source.ptr, request->source.len);
	held->identity = identity_hash(request->id);
	held->wanted = request->wanted;
	cyg_plugin_use(ctx, shard);
	if (owner == shard) {
		serve_lease(held, shard);
		status = held->status;
		if (status == CYG_OK)
			hand_over(held, out);
		else
			held_end(held);
		return status;
	}
	held->msg = (struct cyg_msg){ .run = lease_on_owner, .drop = lease_dropped };
	status = cyg_shard_post(owner, &held->msg);
	if (status != CYG_OK) {
		held_end(held);
		return status;
	}
	/* The answer comes through our own mailbox, so not before we return. */
	held->op = op;
	held->out = out;
	return cyg_op_pending(op, LEASE_TIMEOUT_MS, cancel_lease, held);
}

static void release(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, const struct cyg_lease *lease_)
{
	struct held *held = (struct held *)(uintptr_t)lease_->ticket;

	(void)ctx;
	CYG_ASSERT(held && held->home == shard);
	send_release(held);
}

const struct cyg_address_ops address_pool_ops = {
	.name = "pool",
	.lease = lease,
	.release = release,
};

/* --- The plugin --- */

struct cyg_plugin_ctx *address_pool_ctx(struct cyg_shard *shard)
{
	const struct cyg_feature *feature;
	struct cyg_plugin_ctx *ctx = NULL;

	for (unsigned n = 0; (feature = cyg_get_feature(shard, CYG_ADDRESS, n, &ctx)); n++) {
		if (feature->address == &address_pool_ops)
			return ctx;
	}
	return NULL;
}

static enum cyg_status shard_start(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct pool_shard *state = calloc(1, sizeof(*state));

	if (!state)
		return CYG_NOMEM;
	cyg_plugin_set_shard_data(ctx, shard, state);
	return CYG_OK;
}

static void shard_stop(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct pool_shard *state = cyg_plugin_shard_data(ctx, shard);

	if (!state)
		return;
	cyg_timer_clear(shard, &state->retry_timer);
	while (state->retries) {
		struct held *held = state->retries;

		state->retries = held->next_retry;
		free(held);
	}
	while (state->owned) {
		struct owned *owned = state->owned;

		state->owned = owned->next;
		owned_free(owned);
	}
	free(state);
	cyg_plugin_set_shard_data(ctx, shard, NULL);
}

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_ADDRESS(&address_pool_ops),
	CYG_PROVIDE_COMMANDS(&address_pool_commands),
	CYG_FEATURES_END,
};

CYG_PLUGIN(address_pool, "address-pool",
	   .version = PACKAGE_VERSION,
	   .summary = "Inner addresses from local pools.",
	   .provides = provides,
	   .shard_start = shard_start,
	   .shard_stop = shard_stop);
