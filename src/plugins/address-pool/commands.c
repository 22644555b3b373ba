/* SPDX-License-Identifier: MIT */
/* `ip local pool`, `ipv6 local pool`, and what shows them. Control thread, but for count_on_owner(). */
#include "address_pool.h"

#include <jansson.h>
#include <stdlib.h>

/* --- Configuration --- */

static void init4(void *object, struct cyg_str name)
{
	struct pool_config *pool = object;

	(void)name;
	pool->family = CYG_IPV4;
	pool->prefix = 32;
}

static void init6(void *object, struct cyg_str name)
{
	struct pool_config *pool = object;

	(void)name;
	pool->family = CYG_IPV6;
}

/* The earlier range that this one shares addresses with, or NULL. */
static const char *overlapping(const struct pool_config *pool, const struct cyg_ip_range *range)
{
	for (unsigned i = 0; i < pool->count; i++) {
		if (cyg_ip_compare(&range->low, &pool->range[i].high) <= 0 &&
		    cyg_ip_compare(&pool->range[i].low, &range->high) <= 0)
			return pool->place[i];
	}
	return NULL;
}

/* Each line is one more range of the pool. */
static enum cyg_status apply4(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_ip_range range = { cyg_args_ip(args, "low"), cyg_args_ip(args, "high") };
	struct pool_config *pool = object;
	struct cyg_strbuf place;
	const char *earlier;

	if (!cyg_args_has(args, "high"))
		range.high = range.low;
	if (cyg_ip_compare(&range.low, &range.high) > 0) {
		cyg_build_at(build, args, "high", 0);
		cyg_build_error(build, "range", "a range ends with its highest address");
		return CYG_OK;
	}
	earlier = overlapping(pool, &range);
	if (earlier) {
		cyg_build_error(build, "conflict", "the pool has some of these addresses already (%s)",
				earlier);
		return CYG_OK;
	}
	if (pool->count == POOL_RANGES_MAX) {
		cyg_build_error(build, "range", "a pool has at most %d ranges", POOL_RANGES_MAX);
		return CYG_OK;
	}
	/* It is one pool: the longest rest of its lines is that of all. */
	if (cyg_args_uint(args, "seconds", 0) > pool->recycle_s)
		pool->recycle_s = (uint32_t)cyg_args_uint(args, "seconds", 0);
	place = CYG_STRBUF(pool->place[pool->count]);
	cyg_strbuf_add(&place, cyg_str(cyg_build_place(build)));
	pool->range[pool->count++] = range;
	return CYG_OK;
}

static enum cyg_status apply6(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_prefix prefix = cyg_args_prefix(args, "prefix", NULL);
	struct pool_config *pool = object;

	pool->prefix = (uint8_t)cyg_args_uint(args, "length", 128);
	if (pool->prefix < prefix.len) {
		cyg_build_at(build, args, "length", 0);
		cyg_build_error(build, "range", "a part of a /%u has at least %u bits", prefix.len, prefix.len);
		return CYG_OK;
	}
	pool->range[0] = cyg_prefix_range(&prefix);
	pool->count = 1;
	if (cyg_args_has(args, "shared")) {
		cyg_build_at(build, args, "shared", 0);
		cyg_build_warning(build, "no-effect", "`shared` is kept; a prefix is given to one peer at a time all the same");
	}
	return CYG_OK;
}

static const struct cyg_mode modes[] = {
	{ .name = MODE_POOL4, .parent = "global", .prompt = "config", .what = "IPv4 pool",
	  .object_size = sizeof(struct pool_config), .init = init4 },
	{ .name = MODE_POOL6, .parent = "global", .prompt = "config", .what = "IPv6 pool",
	  .object_size = sizeof(struct pool_config), .init = init6 },
	{ 0 },
};

/* --- show --- */

/* A walk over the pools of one family, one at a time; a message while the owner counts. */
struct show {
	struct cyg_msg msg;
	struct cyg_exec *exec;
	struct cyg_plugin_ctx *ctx;
	struct cyg_shard *control;
	uint8_t family;
	char wanted[POOL_NAME_MAX]; /* empty: all */
	uint64_t next; /* for cyg_config_next() */
	size_t shown;
	/* The one being asked for. */
	char name[POOL_NAME_MAX];
	enum cyg_status status;
	uint8_t prefix;
	size_t count;
	struct cyg_ip_range range[POOL_RANGES_MAX];
	struct pool_count counts[POOL_RANGES_MAX];
};

static void show_next(struct show *show);

static void show_end(struct show *show, enum cyg_status status)
{
	struct cyg_exec *exec = show->exec;

	cyg_plugin_release(show->ctx, show->control);
	free(show);
	cyg_exec_done(exec, status);
}

/* A number of addresses for people: what is beyond counting says so. */
static const char *many(uint64_t n, char out[24])
{
	struct cyg_strbuf text = cyg_strbuf(out, 24);

	if (n > INT64_MAX)
		cyg_strbuf_add(&text, CYG_STR("2^63 or more"));
	else
		cyg_strbuf_addf(&text, "%llu", (unsigned long long)n);
	return out;
}

static void show_range(struct show *show, size_t i)
{
	const struct pool_count *count = &show->counts[i];
	uint64_t free_count = count->free > INT64_MAX ? INT64_MAX : count->free;
	char low[CYG_IP_TEXT], high[CYG_IP_TEXT], text[24];

	cyg_ip_text(&show->range[i].low, low);
	cyg_ip_text(&show->range[i].high, high);
	if (!cyg_exec_json(show->exec)) {
		if (show->family == CYG_IPV4)
			cyg_exec_printf(show->exec, " %-24s %-15s %-15s %9s %9llu\n", show->name, low,
					high, many(count->free, text), (unsigned long long)count->used);
		else
			cyg_exec_printf(show->exec, " %-24s %-39s /%-5u %12s %9llu\n", show->name, low,
					show->prefix, many(count->free, text),
					(unsigned long long)count->used);
	}
	cyg_exec_row(show->exec, json_pack("{s:s, s:s, s:s, s:i, s:I, s:I}", "pool", show->name, "begin",
					   low, "end", high, "prefix", (int)show->prefix, "free",
					   (json_int_t)free_count, "used", (json_int_t)count->used));
}

static void show_answered(struct cyg_shard *control, struct cyg_msg *msg)
{
	struct show *show = CYG_CONTAINER(msg, struct show, msg);

	(void)control;
	if (show->status != CYG_OK) {
		cyg_exec_error(show->exec, "pool %s: %s", show->name, cyg_status_text(show->status));
		show_end(show, show->status);
		return;
	}
	for (size_t i = 0; i < show->count; i++)
		show_range(show, i);
	show_next(show);
}

static void drop_show(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct show, msg));
}

static void answer(struct show *show)
{
	show->msg = (struct cyg_msg){ .run = show_answered, .drop = drop_show, .reserved = true };
	if (cyg_shard_post(show->control, &show->msg) != CYG_OK)
		drop_show(&show->msg);
}

static void count_on_owner(struct cyg_shard *owner, struct cyg_msg *msg)
{
	struct show *show = CYG_CONTAINER(msg, struct show, msg);
	bool short_of_memory;
	struct pool *pool = pool_of_shard(show->ctx, owner, show->family, cyg_str(show->name),
					  &short_of_memory);

	show->count = 0;
	show->status = short_of_memory ? CYG_NOMEM : CYG_OK;
	/* None: a reload took it away a moment ago. */
	while (pool && pool_range(pool, show->count, &show->range[show->count],
				  &show->counts[show->count]))
		show->count++;
	answer(show);
}

static void count_dropped(struct cyg_msg *msg)
{
	struct show *show = CYG_CONTAINER(msg, struct show, msg);

	show->status = CYG_IO;
	answer(show);
}

/* The next pool that is wanted, and its configuration. */
static const struct pool_config *find_next(struct show *show)
{
	const struct cyg_config *snapshot = cyg_shard_config(show->control);
	const char *mode = show->family == CYG_IPV4 ? MODE_POOL4 : MODE_POOL6;

	while (snapshot) {
		struct cyg_str name = { NULL, 0 };
		const struct pool_config *pool = cyg_config_next(snapshot, mode, &show->next, &name);
		struct cyg_strbuf copy = CYG_STRBUF(show->name);

		if (!pool)
			break;
		if (show->wanted[0] && !cyg_str_equal(name, cyg_str(show->wanted)))
			continue;
		if (cyg_strbuf_set(&copy, name) == CYG_OK && !cyg_config_object_missing(pool)[0])
			return pool;
	}
	return NULL;
}

static void show_next(struct show *show)
{
	const struct pool_config *pool = find_next(show);
	struct cyg_shard *owner;

	if (!pool) {
		if (show->wanted[0] && !show->shown) {
			cyg_exec_error(show->exec, "there is no pool '%s'", show->wanted);
			show_end(show, CYG_NOT_FOUND);
			return;
		}
		show_end(show, CYG_OK);
		return;
	}
	show->prefix = pool->prefix;
	show->shown++;
	owner = cyg_shard_peer(show->control, pool_owner(show->control, cyg_str(show->name)));
	show->msg = (struct cyg_msg){ .run = count_on_owner, .drop = count_dropped };
	if (!owner || cyg_shard_post(owner, &show->msg) != CYG_OK) {
		cyg_exec_error(show->exec, "pool %s: its shard is busy", show->name);
		show_end(show, CYG_BUSY);
	}
}

static enum cyg_status run_show(struct cyg_exec *exec, const struct cyg_args *args, uint8_t family)
{
	struct cyg_shard *control = cyg_exec_shard(exec);
	struct cyg_plugin_ctx *ctx = address_pool_ctx(control);
	struct show *show = calloc(1, sizeof(*show));
	struct cyg_strbuf wanted;

	if (!show || !ctx) {
		free(show);
		return ctx ? CYG_NOMEM : CYG_UNSUPPORTED;
	}
	show->exec = exec;
	show->ctx = ctx;
	show->control = control;
	show->family = family;
	wanted = CYG_STRBUF(show->wanted);
	cyg_strbuf_add(&wanted, cyg_args_text(args, "name"));
	if (!cyg_exec_json(exec) && family == CYG_IPV4)
		cyg_exec_printf(exec, " %-24s %-15s %-15s %9s %9s\n", "Pool", "Begin", "End", "Free",
				"In use");
	else if (!cyg_exec_json(exec))
		cyg_exec_printf(exec, " %-24s %-39s %-6s %12s %9s\n", "Pool", "Prefix", "Length", "Free",
				"In use");
	cyg_plugin_use(ctx, control);
	show_next(show);
	return CYG_PENDING;
}

static enum cyg_status run_show4(struct cyg_exec *exec, const struct cyg_args *args)
{
	return run_show(exec, args, CYG_IPV4);
}

static enum cyg_status run_show6(struct cyg_exec *exec, const struct cyg_args *args)
{
	return run_show(exec, args, CYG_IPV6);
}

static const struct cyg_token_help tokens4[] = {
	{ "local", "Addresses of this gateway's own" },
	{ "pool", "A pool of inner addresses" },
	{ "<name>", "Its name" },
	{ "<low>", "First address" },
	{ "<high>", "Last address; without it there is one" },
	{ "recycle", "When a freed address may go to somebody else" },
	{ "delay", "So long after it was freed" },
	{ "<seconds>", "Seconds" },
	{ 0 },
};

static const struct cyg_token_help tokens6[] = {
	{ "local", "Addresses of this gateway's own" },
	{ "pool", "A pool of inner addresses" },
	{ "<name>", "Its name" },
	{ "<prefix>", "What is handed out" },
	{ "<length>", "In parts of this length; 128 for single addresses" },
	{ "shared", "Is kept and does nothing" },
	{ 0 },
};

static const struct cyg_command commands[] = {
	{ "global", "ip local pool <name:name> <low:ip4> [<high:ip4>] [recycle delay <seconds:uint(1-86400)>]",
	  "Adds a range of addresses to a pool.", .tokens = tokens4, .defines = MODE_POOL4,
	  .flags = CYG_CMD_LIST, .apply = apply4 },
	{ "global", "ipv6 local pool <name:name> <prefix:prefix6> <length:uint(1-128)> [shared]",
	  "Makes a pool of IPv6 prefixes.", .tokens = tokens6, .defines = MODE_POOL6, .apply = apply6 },
	{ "exec", "show ip local pool [<name:ref(ip-local-pool)>]", "Shows the pools of IPv4 addresses and their use.",
	  .tokens = tokens4, .run = run_show4 },
	{ "exec", "show ipv6 local pool [<name:ref(ipv6-local-pool)>]",
	  "Shows the pools of IPv6 prefixes and their use.", .tokens = tokens6, .run = run_show6 },
	{ 0 },
};

const struct cyg_command_table address_pool_commands = { .modes = modes, .commands = commands };
