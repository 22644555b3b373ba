/* SPDX-License-Identifier: MIT */
/*
 * The control thread's side: what is wanted, and one change after another until it is so.
 *
 * A change is a walk through the phases of internal.h. Where shards have to do something a command
 * goes to each of them, and the walk goes on when the last one has come back. Commands to a shard that this
 * thread steps itself (control's own part, the shards of tests) run at once.
 */
#include "registry/internal.h"

#include <cygnet/log.h>

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#define RETRY_MS 1000 /* after running out of memory in the middle of a change */

/* --- The wanted set --- */

struct wanted {
	char name[REGISTRY_NAME_MAX];
	char place[PLUGIN_PLACE_MAX];
	char *text;
	size_t len;
	char why[REGISTRY_WHY_MAX]; /* it could not be read */
};

struct registry_set {
	unsigned count;
	struct wanted item[REGISTRY_PLUGINS_MAX];
};

struct registry_set *registry_set_new(void)
{
	return calloc(1, sizeof(struct registry_set));
}

void registry_set_free(struct registry_set *set)
{
	if (!set)
		return;
	for (unsigned i = 0; i < set->count; i++)
		free(set->item[i].text);
	free(set);
}

static bool is_plugin_name(struct cyg_str name)
{
	if (!name.len || name.len >= REGISTRY_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (i && (c == '-' || c == '_'))))
			return false;
	}
	return true;
}

static struct wanted *set_find(struct registry_set *set, const char *name)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (strcmp(set->item[i].name, name) == 0)
			return &set->item[i];
	}
	return NULL;
}

static enum cyg_status set_append(struct registry_set *set, const char *name, const char *place,
				  struct wanted **out)
{
	if (!is_plugin_name(cyg_str(name)))
		return CYG_MALFORMED;
	if (set_find(set, name))
		return CYG_EXISTS;
	if (set->count == REGISTRY_PLUGINS_MAX)
		return CYG_LIMIT;
	*out = &set->item[set->count++];
	snprintf((*out)->name, sizeof((*out)->name), "%s", name);
	snprintf((*out)->place, sizeof((*out)->place), "%s", place);
	return CYG_OK;
}

enum cyg_status registry_set_add(struct registry_set *set, const char *name, const char *place,
				 struct cyg_str text)
{
	struct wanted *item;
	enum cyg_status status;
	char *copy;

	if (text.len > REGISTRY_CONF_MAX)
		return CYG_LIMIT;
	copy = malloc(text.len + 1);
	if (!copy)
		return CYG_NOMEM;
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	status = set_append(set, name, place, &item);
	if (status != CYG_OK) {
		free(copy);
		return status;
	}
	item->text = copy;
	item->len = text.len;
	return CYG_OK;
}

enum cyg_status registry_set_add_unreadable(struct registry_set *set, const char *name, const char *place,
					    const char *why)
{
	struct wanted *item;
	enum cyg_status status = set_append(set, name, place, &item);

	if (status == CYG_OK)
		snprintf(item->why, sizeof(item->why), "%s", why);
	return status;
}

struct names {
	unsigned count;
	char name[4 * REGISTRY_PLUGINS_MAX][REGISTRY_NAME_MAX];
};

static void note_name(struct names *names, struct cyg_str name)
{
	if (!is_plugin_name(name) || names->count == CYG_COUNT(names->name))
		return;
	for (unsigned i = 0; i < names->count; i++) {
		if (cyg_str_equal(name, cyg_str(names->name[i])))
			return;
	}
	memcpy(names->name[names->count], name.ptr, name.len);
	names->name[names->count++][name.len] = '\0';
}

static bool ends_with(struct cyg_str s, struct cyg_str end, struct cyg_str *head)
{
	if (s.len <= end.len || memcmp(s.ptr + s.len - end.len, end.ptr, end.len) != 0)
		return false;
	*head = cyg_str_head(s, s.len - end.len);
	return true;
}

static void scan_dir(struct names *names, const char *dir, struct cyg_str end, bool built)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)) != NULL) {
		struct cyg_str file = cyg_str(e->d_name), name;
		char path[PLUGIN_PATH_MAX];
		struct stat st;

		if (ends_with(file, end, &name)) {
			note_name(names, name);
		} else if (built && is_plugin_name(file)) {
			int len = snprintf(path, sizeof(path), "%s/%s/.libs/%s.so", dir, e->d_name, e->d_name);

			if (len > 0 && (size_t)len < sizeof(path) && stat(path, &st) == 0)
				note_name(names, file);
		}
	}
	closedir(d);
}

static int by_known_order(const void *left, const void *right)
{
	unsigned a = plugin_known_rank(left), b = plugin_known_rank(right);

	return a != b ? (a < b ? -1 : 1) : strcmp(left, right);
}

static enum cyg_status scan_one(struct registry_set *set, const char *name, const char *conf_dir)
{
	char path[PLUGIN_PATH_MAX], place[PLUGIN_PLACE_MAX], why[REGISTRY_WHY_MAX];
	struct cyg_strbuf errors = CYG_STRBUF(why);
	enum cyg_status status = CYG_NOT_FOUND;
	char *text = NULL;
	size_t len = 0;

	snprintf(place, sizeof(place), "plugins/%s.conf", name);
	if (conf_dir && snprintf(path, sizeof(path), "%s/%s.conf", conf_dir, name) < (int)sizeof(path))
		status = conf_read_file(path, place, &errors, &text, &len);
	if (status == CYG_NOMEM)
		return CYG_NOMEM;
	if (status == CYG_OK || status == CYG_NOT_FOUND) {
		status = registry_set_add(set, name, place, cyg_str_n(text, len));
		free(text);
	} else {
		why[cyg_str_span_until(cyg_str(why), "\n")] = '\0';
		status = registry_set_add_unreadable(set, name, place, why);
	}
	return status == CYG_EXISTS ? CYG_OK : status;
}

enum cyg_status registry_set_scan(struct registry_set *set, const char *const *plugin_dirs,
				  const char *conf_dir, const char *const *order)
{
	struct names *names = calloc(1, sizeof(*names));
	enum cyg_status status = CYG_OK;

	if (!names)
		return CYG_NOMEM;
	for (size_t i = 0; plugin_dirs && plugin_dirs[i]; i++)
		scan_dir(names, plugin_dirs[i], CYG_STR(".so"), true);
	if (conf_dir)
		scan_dir(names, conf_dir, CYG_STR(".conf"), false);
	qsort(names->name, names->count, sizeof(names->name[0]), by_known_order);
	for (size_t i = 0; order && order[i] && status == CYG_OK; i++)
		status = scan_one(set, order[i], conf_dir);
	for (unsigned i = 0; i < names->count && status == CYG_OK; i++)
		status = scan_one(set, names->name[i], conf_dir);
	free(names);
	return status;
}

/* --- The registry --- */

struct registry *registry_new(struct cyg_shard *control)
{
	struct registry *reg = calloc(1, sizeof(*reg));

	if (!reg)
		return NULL;
	reg->control = control;
	reg->drain_ms = 10000;
	reg->error_text = CYG_STRBUF(reg->errors);
	reg->shard[0] = registry_shard_new(reg, control);
	reg->table = offers_new(reg);
	if (!reg->shard[0] || !reg->table) {
		registry_shard_free(reg->shard[0]);
		offers_unref(reg->table);
		free(reg);
		return NULL;
	}
	reg->shard_count = 1;
	control->registry = reg->shard[0];
	return reg;
}

static void forget_features(struct cyg_plugin_ctx *ctx)
{
	free(ctx->features);
	ctx->features = NULL;
	ctx->feature_count = 0;
	conf_unref(ctx->conf);
	ctx->conf = NULL;
}

static void end_plugin(struct cyg_plugin_ctx *ctx)
{
	if (ctx->plugin->fini)
		ctx->plugin->fini(ctx);
	ctx->data = NULL;
	forget_features(ctx);
}

static void registry_release(struct registry *reg)
{
	for (unsigned i = 0; i < reg->dir_count; i++)
		free(reg->dir[i]);
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		conf_unref(reg->plugin[i]->next.conf);
		forget_features(reg->plugin[i]);
		free(reg->plugin[i]);
	}
	offers_unref(reg->table);
	free(reg);
}

void registry_free(struct registry *reg)
{
	if (!reg)
		return;
	cyg_timer_clear(reg->control, &reg->timer);
	reg->op = NULL;
	reg->abandoned = true;
	reg->sending = true; /* what comes back meanwhile moves nothing on */
	for (unsigned i = reg->shard_count; i-- > 0;) {
		struct registry_shard *rs = reg->shard[i];

		if (rs->shard->registry == rs && (i == 0 || rs->shard->driver->manual))
			registry_leave(rs->shard);
		registry_shard_free(rs);
	}
	reg->shard_count = 0;
	if (reg->phase >= PHASE_DRAINING && reg->phase <= PHASE_STOPPING)
		end_plugin(reg->current);
	while (reg->order_count)
		end_plugin(reg->plugin[reg->order[--reg->order_count]]);
	reg->sending = false;
	/* Commands that are still out hold on to it. */
	if (!atomic_load(&reg->pending))
		registry_release(reg);
}

enum cyg_status registry_add_dir(struct registry *reg, const char *dir)
{
	char *copy;

	if (reg->dir_count == REGISTRY_DIRS_MAX)
		return CYG_LIMIT;
	copy = cyg_str_dup(cyg_str(dir));
	if (!copy)
		return CYG_NOMEM;
	reg->dir[reg->dir_count++] = copy;
	return CYG_OK;
}

struct cyg_plugin_ctx *registry_find(const struct registry *reg, const char *name)
{
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		if (strcmp(reg->plugin[i]->name, name) == 0)
			return reg->plugin[i];
	}
	return NULL;
}

static enum cyg_status find_or_add(struct registry *reg, const char *name, struct cyg_plugin_ctx **out)
{
	struct cyg_plugin_ctx *ctx = registry_find(reg, name);

	if (!ctx) {
		if (reg->plugin_count == REGISTRY_PLUGINS_MAX)
			return CYG_LIMIT;
		ctx = calloc(1, sizeof(*ctx));
		if (!ctx)
			return CYG_NOMEM;
		ctx->reg = reg;
		ctx->slot = reg->plugin_count;
		snprintf(ctx->name, sizeof(ctx->name), "%s", name);
		reg->plugin[reg->plugin_count++] = ctx;
	}
	*out = ctx;
	return CYG_OK;
}

enum cyg_status registry_add_static(struct registry *reg, const struct cyg_plugin *plugin)
{
	struct cyg_plugin_ctx *ctx;
	enum cyg_status status;

	/* Its name may be read only if the descriptor is of our kind; the rest is judged when it is opened. */
	if (plugin->abi != CYG_PLUGIN_ABI || plugin->size != sizeof(*plugin) ||
	    !is_plugin_name(cyg_str(plugin->name)))
		return CYG_MALFORMED;
	status = find_or_add(reg, plugin->name, &ctx);
	if (status == CYG_OK)
		ctx->linked_in = plugin;
	return status;
}

const char *registry_errors(const struct registry *reg)
{
	return reg->errors;
}

void registry_set_drain_ms(struct registry *reg, uint64_t ms)
{
	reg->drain_ms = ms;
}

/* --- Commands --- */

static void advance(struct registry *reg);

static bool runs_here(const struct registry_shard *rs)
{
	return rs->shard == rs->reg->control || rs->shard->driver->manual;
}

static void come_back(struct command *command)
{
	struct registry *reg = command->reg;

	unsigned before = atomic_fetch_sub(&reg->pending, 1);

	CYG_ASSERT(before > 0);
	if (command->status != CYG_OK)
		reg->status = command->status;
	free(command);
	if (before > 1 || reg->sending)
		return;
	if (reg->abandoned)
		registry_release(reg);
	else
		advance(reg);
}

static void run_reply(struct cyg_shard *control, struct cyg_msg *msg)
{
	come_back(CYG_CONTAINER(msg, struct command, msg));
}

/* Control has ended: nothing goes on from here. The last one takes along what waited for it. */
static void drop_reply(struct cyg_msg *msg)
{
	struct command *command = CYG_CONTAINER(msg, struct command, msg);
	struct registry *reg = command->reg;

	free(command);
	if (atomic_fetch_sub(&reg->pending, 1) == 1 && reg->abandoned)
		registry_release(reg);
}

void command_reply(struct command *command, bool direct)
{
	if (direct && runs_here(command->to)) {
		come_back(command);
		return;
	}
	command->msg = (struct cyg_msg){ .run = run_reply, .drop = drop_reply, .reserved = true };
	/* Reserved messages are always accepted. */
	if (cyg_shard_post(command->reg->control, &command->msg) != CYG_OK)
		drop_reply(&command->msg);
}

static void run_command(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct command *command = CYG_CONTAINER(msg, struct command, msg);

	command_run(command->to, command);
}

/* The shard has ended: what was to be undone there is gone, what was to be done did not happen. */
static void drop_command(struct cyg_msg *msg)
{
	struct command *command = CYG_CONTAINER(msg, struct command, msg);

	offers_unref(command->table);
	command->table = NULL;
	command->status = command->action == COMMAND_START || command->action == COMMAND_ATTACH ? CYG_NOT_FOUND
											     : CYG_OK;
	command_reply(command, false);
}

/* To `only`, or to every shard with its tables. False, and nothing sent, if out of memory. */
static bool send_commands(struct registry *reg, struct registry_shard *only, enum command_action action, unsigned slot,
		 struct registry_table *table)
{
	struct command *commands[CYG_SHARDS_MAX + 1];
	unsigned count = only ? 1 : reg->shard_count;

	for (unsigned i = 0; i < count; i++) {
		commands[i] = calloc(1, sizeof(*commands[i]));
		if (!commands[i]) {
			while (i-- > 0)
				free(commands[i]);
			return false;
		}
	}
	reg->status = CYG_OK;
	reg->sending = true;
	atomic_fetch_add(&reg->pending, count);
	for (unsigned i = 0; i < count; i++) {
		struct command *c = commands[i];

		c->reg = reg;
		c->to = only ? only : reg->shard[i];
		c->action = action;
		c->slot = slot;
		c->table = table ? offers_ref(table) : NULL;
		c->msg = (struct cyg_msg){ .run = run_command, .drop = drop_command, .reserved = true };
		if (runs_here(c->to))
			command_run(c->to, c);
		else if (cyg_shard_post(c->to->shard, &c->msg) != CYG_OK)
			drop_command(&c->msg);
	}
	reg->sending = false;
	return true;
}

/* A table of how things stand now, to all shards. */
static bool send_table(struct registry *reg, enum command_action action, unsigned slot)
{
	struct registry_table *table = offers_new(reg);

	if (!table)
		return false;
	if (!send_commands(reg, NULL, action, slot, table)) {
		offers_unref(table);
		return false;
	}
	offers_unref(reg->table);
	reg->table = table;
	return true;
}

/* --- Steps of a change --- */

static void order_remove(struct registry *reg, const struct cyg_plugin_ctx *ctx)
{
	unsigned n = 0;

	for (unsigned i = 0; i < reg->order_count; i++) {
		if (reg->order[i] != ctx->slot)
			reg->order[n++] = reg->order[i];
	}
	reg->order_count = n;
}

static void set_failed(struct cyg_plugin_ctx *ctx, const char *why)
{
	ctx->state = REGISTRY_FAILED;
	snprintf(ctx->why, sizeof(ctx->why), "%s", why);
	cyg_log(CYG_LOG_ERROR, "plugin.not-loaded", "plugin {plugin} is not loaded: {why}",
		F_STR("plugin", ctx->name), F_STR("why", ctx->why));
}

static void fire_timer(struct cyg_shard *control, struct cyg_timer *timer)
{
	struct registry *reg = CYG_CONTAINER(timer, struct registry, timer);

	if (reg->phase == PHASE_DRAINING)
		reg->phase = PHASE_KEEP;
	advance(reg);
}

static void try_again(struct registry *reg)
{
	cyg_timer_set(reg->control, &reg->timer, cyg_shard_now_ms(reg->control) + RETRY_MS, fire_timer);
}

static void drained(struct registry *reg)
{
	cyg_timer_clear(reg->control, &reg->timer);
	reg->phase = reg->status == CYG_OK ? PHASE_STOP : PHASE_KEEP;
}

/* The deadline has passed (or a shard could not follow): it stays, with its users. */
static bool begin_keep(struct registry *reg)
{
	struct cyg_plugin_ctx *ctx = reg->current;
	char why[REGISTRY_WHY_MAX];
	struct cyg_strbuf b = CYG_STRBUF(why);

	cyg_strbuf_addf(&b, "it was to be unloaded, but is still in use after %llu ms:",
			(unsigned long long)reg->drain_ms);
	for (unsigned i = 0; i < reg->shard_count; i++) {
		unsigned uses = atomic_load_explicit(&reg->shard[i]->slot[ctx->slot].uses_shown,
						     memory_order_relaxed);

		if (uses && i == 0)
			cyg_strbuf_addf(&b, " %u uses on the control thread", uses);
		else if (uses)
			cyg_strbuf_addf(&b, " %u uses on shard %u", uses, cyg_shard_index(reg->shard[i]->shard));
	}
	ctx->state = REGISTRY_LOADED;
	reg->order[reg->order_count++] = (uint8_t)ctx->slot;
	if (!send_table(reg, COMMAND_KEEP, ctx->slot)) {
		ctx->state = REGISTRY_DRAINING;
		reg->order_count--;
		return false;
	}
	ctx->doomed = false;
	snprintf(ctx->why, sizeof(ctx->why), "%s", why);
	cyg_log(CYG_LOG_WARNING, "plugin.kept", "plugin {plugin} stays loaded: {why}", F_STR("plugin", ctx->name),
		F_STR("why", ctx->why));
	return true;
}

/* False if there is none left. */
static bool pick_unload(struct registry *reg)
{
	for (unsigned i = reg->order_count; i-- > 0;) {
		struct cyg_plugin_ctx *ctx = reg->plugin[reg->order[i]];

		if (ctx->doomed) {
			reg->current = ctx;
			return true;
		}
	}
	return false;
}

static bool begin_drain(struct registry *reg)
{
	struct cyg_plugin_ctx *ctx = reg->current;

	ctx->state = REGISTRY_DRAINING;
	order_remove(reg, ctx);
	if (!send_table(reg, COMMAND_DRAIN, ctx->slot)) {
		ctx->state = REGISTRY_LOADED;
		reg->order[reg->order_count++] = (uint8_t)ctx->slot;
		return false;
	}
	if (reg->pending)
		cyg_timer_set(reg->control, &reg->timer, cyg_shard_now_ms(reg->control) + reg->drain_ms,
			      fire_timer);
	return true;
}

static void stopped(struct registry *reg)
{
	struct cyg_plugin_ctx *ctx = reg->current;

	end_plugin(ctx);
	ctx->doomed = false;
	ctx->state = REGISTRY_OFF;
	ctx->why[0] = '\0';
	cyg_log(CYG_LOG_NOTICE, "plugin.unloaded", "plugin {plugin} is unloaded", F_STR("plugin", ctx->name));
	if (ctx->next.why[0])
		set_failed(ctx, ctx->next.why);
}

/* New options and preferences of what stays. */
static bool begin_reload(struct registry *reg)
{
	for (unsigned i = 0; i < reg->order_count; i++) {
		struct cyg_plugin_ctx *ctx = reg->plugin[reg->order[i]];

		if (!ctx->next.conf)
			continue;
		conf_unref(ctx->conf);
		ctx->conf = ctx->next.conf;
		ctx->next.conf = NULL;
		ctx->priority = ctx->next.priority;
		ctx->rank = ctx->next.rank;
		ctx->why[0] = '\0';
		memcpy(ctx->place, ctx->next.place, sizeof(ctx->place));
		plugin_mark_disabled(ctx, ctx->conf);
		plugin_test_features(ctx);
	}
	return send_table(reg, COMMAND_SWITCH, 0);
}

static bool need_is_met(const struct registry *reg, const struct cyg_need *need)
{
	for (unsigned i = 0; i < reg->order_count; i++) {
		if (plugin_offers(reg->plugin[reg->order[i]], need))
			return true;
	}
	return false;
}

static bool is_waiting(const struct cyg_plugin_ctx *ctx)
{
	return ctx->next.conf && !ctx->tried && ctx->state != REGISTRY_LOADED;
}

/* By what its descriptor says, or it has added, and what the options to come leave of it. */
static bool could_offer(const struct cyg_plugin_ctx *ctx, const struct cyg_need *need)
{
	const struct common_conf *common = conf_data(ctx->next.conf, 0);
	const struct cyg_feature *provides = ctx->plugin->provides;

	if (ctx->state == REGISTRY_LOADED) {
		for (unsigned i = 0; i < ctx->feature_count; i++) {
			const struct own_feature *own = &ctx->features[i];

			if (!own->failed && feature_meets(&own->key, need) &&
			    !plugin_leaves_out(common, feature_name(&own->feature)))
				return true;
		}
		return false;
	}
	for (size_t i = 0; provides && provides[i].kind; i++) {
		struct feature_key key = feature_key(&provides[i]);

		if (feature_meets(&key, need) && !plugin_leaves_out(common, feature_name(&provides[i])))
			return true;
	}
	return false;
}

/* One that waits and could meet the need; NULL if there is none. */
static struct cyg_plugin_ctx *waiting_provider(const struct registry *reg, const struct cyg_need *need)
{
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		struct cyg_plugin_ctx *ctx = reg->plugin[i];

		if (is_waiting(ctx) && could_offer(ctx, need))
			return ctx;
	}
	return NULL;
}

/* All hard needs are met; with `wish`, optional ones are too, or never will be. */
static bool can_start(const struct registry *reg, const struct cyg_plugin_ctx *ctx, bool wish)
{
	const struct cyg_need *need = ctx->plugin->needs;

	for (; need && need->kind; need++) {
		if (need_is_met(reg, need))
			continue;
		if (!need->optional || (wish && waiting_provider(reg, need)))
			return false;
	}
	return true;
}

static struct cyg_plugin_ctx *pick_start(struct registry *reg)
{
	for (int wish = 1; wish >= 0; wish--) {
		struct cyg_plugin_ctx *best = NULL;

		for (unsigned i = 0; i < reg->plugin_count; i++) {
			struct cyg_plugin_ctx *ctx = reg->plugin[i];

			if (is_waiting(ctx) && can_start(reg, ctx, wish) &&
			    (!best || ctx->next.rank < best->next.rank))
				best = ctx;
		}
		if (best)
			return best;
	}
	return NULL;
}

static const struct cyg_need *first_unmet(const struct registry *reg, const struct cyg_plugin_ctx *ctx)
{
	const struct cyg_need *need = ctx->plugin->needs;

	for (; need && need->kind; need++) {
		if (!need->optional && !need_is_met(reg, need))
			return need;
	}
	return NULL;
}

static void add_need(const struct cyg_need *need, struct cyg_strbuf *out)
{
	registry_feature_name(need->kind, need->id, 0, out);
}

/*
 * Nothing more can start. Whoever still waits has an unmet need: because nothing has it, because
 * its provider waits too, or because they wait for each other in a circle.
 */
static void explain(struct registry *reg, struct cyg_plugin_ctx *ctx, struct cyg_strbuf *why)
{
	struct cyg_plugin_ctx *path[REGISTRY_PLUGINS_MAX + 1];
	unsigned len = 0, from;

	path[len++] = ctx;
	for (;;) {
		struct cyg_plugin_ctx *next = waiting_provider(reg, first_unmet(reg, path[len - 1]));

		if (!next)
			break;
		for (from = 0; from < len && path[from] != next; from++)
			continue;
		if (from < len) {
			if (from) {
				/* It hangs on a circle that it is not part of. */
				cyg_strbuf_add(why, CYG_STR("it needs "));
				add_need(first_unmet(reg, ctx), why);
				cyg_strbuf_addf(why, " of %s, which cannot start", path[1]->name);
				return;
			}
			cyg_strbuf_add(why, CYG_STR("plugins need each other in a circle: "));
			for (unsigned i = 0; i < len; i++) {
				cyg_strbuf_addf(why, "%s%s needs ", i ? ", " : "", path[i]->name);
				add_need(first_unmet(reg, path[i]), why);
				cyg_strbuf_addf(why, " of %s", i + 1 < len ? path[i + 1]->name : ctx->name);
			}
			return;
		}
		path[len++] = next;
	}
	cyg_strbuf_add(why, CYG_STR("it needs "));
	add_need(first_unmet(reg, ctx), why);
	if (len > 1) {
		cyg_strbuf_addf(why, " of %s, which cannot start", path[1]->name);
		return;
	}
	cyg_strbuf_add(why, CYG_STR(", and no plugin provides it"));
	offers_missing(reg->table, first_unmet(reg, ctx)->kind, first_unmet(reg, ctx)->id, 0, why);
}

static void give_up_waiting(struct registry *reg)
{
	char why[REGISTRY_PLUGINS_MAX][REGISTRY_WHY_MAX];

	/* All are explained before the first is taken off the list. */
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		struct cyg_strbuf b = CYG_STRBUF(why[i]);

		if (is_waiting(reg->plugin[i]))
			explain(reg, reg->plugin[i], &b);
	}
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		struct cyg_plugin_ctx *ctx = reg->plugin[i];

		if (!is_waiting(ctx))
			continue;
		ctx->tried = true;
		set_failed(ctx, why[i]);
	}
}

/* Tests, init, then shard_start on every shard. False: try again later. */
static bool begin_start(struct registry *reg, struct cyg_plugin_ctx *ctx)
{
	enum cyg_status status = CYG_OK;
	char why[REGISTRY_WHY_MAX];

	reg->current = ctx;
	if (!plugin_list_features(ctx))
		return false;
	conf_unref(ctx->conf);
	ctx->conf = ctx->next.conf;
	ctx->next.conf = NULL;
	ctx->priority = ctx->next.priority;
	ctx->rank = ctx->next.rank;
	ctx->tried = true;
	plugin_mark_disabled(ctx, ctx->conf);
	plugin_test_features(ctx);
	if (ctx->plugin->init) {
		ctx->in_init = true;
		status = ctx->plugin->init(ctx);
		ctx->in_init = false;
	}
	if (status != CYG_OK) {
		ctx->data = NULL;
		forget_features(ctx);
		snprintf(why, sizeof(why), "its start failed: %s", cyg_status_text(status));
		set_failed(ctx, why);
		reg->phase = PHASE_START;
		return true;
	}
	plugin_mark_disabled(ctx, ctx->conf);
	plugin_test_features(ctx);
	reg->phase = PHASE_STARTING;
	if (!send_table(reg, COMMAND_START, ctx->slot)) {
		end_plugin(ctx);
		set_failed(ctx, "its start failed: out of memory");
		reg->phase = PHASE_START;
	}
	return true;
}

static void started(struct registry *reg)
{
	struct cyg_plugin_ctx *ctx = reg->current;

	if (reg->status != CYG_OK) {
		snprintf(ctx->next.why, sizeof(ctx->next.why), "its start on a shard failed: %s",
			 cyg_status_text(reg->status));
		reg->phase = PHASE_UNDO;
		return;
	}
	ctx->state = REGISTRY_LOADED;
	ctx->why[0] = '\0';
	reg->order[reg->order_count++] = (uint8_t)ctx->slot;
	cyg_log(CYG_LOG_INFO, "plugin.loaded", "plugin {plugin} {version} is loaded", F_STR("plugin", ctx->name),
		F_STR("version", ctx->plugin->version ? ctx->plugin->version : ""));
	reg->phase = PHASE_START;
}

static void finish(struct registry *reg, enum cyg_status status)
{
	struct cyg_op *op = reg->op;

	reg->phase = PHASE_IDLE;
	reg->status = status;
	reg->op = NULL;
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		conf_unref(reg->plugin[i]->next.conf);
		reg->plugin[i]->next.conf = NULL;
	}
	if (op)
		cyg_op_complete(op, status);
}

static void joined(struct registry *reg)
{
	struct registry_shard *rs = reg->joining;
	enum cyg_status status = reg->status;

	reg->joining = NULL;
	if (status == CYG_OK)
		reg->shard[reg->shard_count++] = rs;
	else
		registry_shard_free(rs);
	finish(reg, status);
}

static void left(struct registry *reg)
{
	unsigned n = 0;

	for (unsigned i = 0; i < reg->shard_count; i++) {
		if (reg->shard[i] != reg->joining)
			reg->shard[n++] = reg->shard[i];
	}
	reg->shard_count = n;
	registry_shard_free(reg->joining);
	reg->joining = NULL;
	finish(reg, CYG_OK);
}

static void advance(struct registry *reg)
{
	/* A drain that has lasted too long is not waited for. */
	while (reg->phase != PHASE_IDLE && (!reg->pending || reg->phase == PHASE_KEEP)) {
		struct cyg_plugin_ctx *ctx;
		bool good = true;

		switch (reg->phase) {
		case PHASE_IDLE:
			break;
		case PHASE_ATTACHING:
			joined(reg);
			break;
		case PHASE_DETACHING:
			left(reg);
			break;
		case PHASE_UNLOAD:
			if (!pick_unload(reg)) {
				reg->phase = PHASE_RELOAD;
				break;
			}
			good = begin_drain(reg);
			if (good)
				reg->phase = PHASE_DRAINING;
			break;
		case PHASE_DRAINING:
			drained(reg);
			break;
		case PHASE_KEEP:
			good = begin_keep(reg);
			if (good)
				reg->phase = PHASE_KEEPING;
			break;
		case PHASE_KEEPING:
			reg->phase = PHASE_UNLOAD;
			break;
		case PHASE_STOP:
			good = send_commands(reg, NULL, COMMAND_STOP, reg->current->slot, NULL);
			if (good)
				reg->phase = PHASE_STOPPING;
			break;
		case PHASE_STOPPING:
			stopped(reg);
			reg->phase = PHASE_UNLOAD;
			break;
		case PHASE_RELOAD:
			good = begin_reload(reg);
			if (good)
				reg->phase = PHASE_RELOADING;
			break;
		case PHASE_RELOADING:
			reg->phase = PHASE_START;
			break;
		case PHASE_START:
			ctx = pick_start(reg);
			if (ctx) {
				good = begin_start(reg, ctx);
				break;
			}
			give_up_waiting(reg);
			reg->phase = PHASE_PUBLISH;
			break;
		case PHASE_STARTING:
			started(reg);
			break;
		case PHASE_UNDO:
			good = send_commands(reg, NULL, COMMAND_STOP, reg->current->slot, NULL);
			if (good)
				reg->phase = PHASE_UNDOING;
			break;
		case PHASE_UNDOING:
			end_plugin(reg->current);
			set_failed(reg->current, reg->current->next.why);
			reg->phase = PHASE_START;
			break;
		case PHASE_PUBLISH:
			good = send_table(reg, COMMAND_SWITCH, 0);
			if (good)
				reg->phase = PHASE_PUBLISHING;
			break;
		case PHASE_PUBLISHING:
			finish(reg, CYG_OK);
			break;
		}
		if (!good) {
			try_again(reg);
			return;
		}
	}
}

static void cancelled(struct cyg_op *op, void *provider_state)
{
	struct registry *reg = provider_state;

	reg->op = NULL; /* the change itself goes on */
}

/* After the first step of a change: it is done, or `op` will tell. */
static enum cyg_status answer(struct registry *reg, struct cyg_op *op)
{
	if (reg->phase == PHASE_IDLE)
		return reg->status;
	if (!op)
		return CYG_PENDING;
	reg->op = op;
	return cyg_op_pending(op, 0, cancelled, reg);
}

enum cyg_status registry_attach(struct registry *reg, struct cyg_shard *shard, struct cyg_op *op)
{
	if (reg->phase != PHASE_IDLE || reg->pending)
		return CYG_BUSY;
	for (unsigned i = 0; i < reg->shard_count; i++) {
		if (reg->shard[i]->shard == shard)
			return CYG_EXISTS;
	}
	if (reg->shard_count == CYG_COUNT(reg->shard))
		return CYG_LIMIT;
	reg->joining = registry_shard_new(reg, shard);
	if (!reg->joining)
		return CYG_NOMEM;
	reg->phase = PHASE_ATTACHING;
	if (!send_commands(reg, reg->joining, COMMAND_ATTACH, 0, reg->table)) {
		reg->phase = PHASE_IDLE;
		registry_shard_free(reg->joining);
		reg->joining = NULL;
		return CYG_NOMEM;
	}
	advance(reg);
	return answer(reg, op);
}

enum cyg_status registry_detach(struct registry *reg, struct cyg_shard *shard, struct cyg_op *op)
{
	if (reg->phase != PHASE_IDLE || reg->pending)
		return CYG_BUSY;
	reg->joining = NULL;
	for (unsigned i = 1; i < reg->shard_count; i++) {
		if (reg->shard[i]->shard == shard)
			reg->joining = reg->shard[i];
	}
	if (!reg->joining)
		return CYG_NOT_FOUND;
	reg->phase = PHASE_DETACHING;
	if (!send_commands(reg, reg->joining, COMMAND_DETACH, 0, NULL)) {
		reg->phase = PHASE_IDLE;
		reg->joining = NULL;
		return CYG_NOMEM;
	}
	advance(reg);
	return answer(reg, op);
}

/* Loaded ones that may stay: wanted, with good options, and every hard need met by another that stays or
 * comes. The rest is unloaded; what is wanted of it is tried again afterwards. */
static void doom(struct registry *reg)
{
	bool changed = true;

	for (unsigned i = 0; i < reg->plugin_count; i++)
		reg->plugin[i]->doomed = reg->plugin[i]->state == REGISTRY_LOADED && !reg->plugin[i]->next.conf;
	while (changed) {
		changed = false;
		for (unsigned i = 0; i < reg->plugin_count; i++) {
			struct cyg_plugin_ctx *ctx = reg->plugin[i];
			const struct cyg_need *need = ctx->plugin ? ctx->plugin->needs : NULL;

			if (ctx->state != REGISTRY_LOADED || ctx->doomed)
				continue;
			for (; need && need->kind; need++) {
				bool met = need->optional;

				for (unsigned p = 0; p < reg->plugin_count && !met; p++) {
					struct cyg_plugin_ctx *other = reg->plugin[p];

					met = other->next.conf && !other->doomed && could_offer(other, need);
				}
				if (!met) {
					ctx->doomed = changed = true;
					break;
				}
			}
		}
	}
}

enum cyg_status registry_apply(struct registry *reg, const struct registry_set *set, bool strict,
			       struct cyg_op *op)
{
	if (reg->phase != PHASE_IDLE || reg->pending)
		return CYG_BUSY;
	reg->error_text = CYG_STRBUF(reg->errors);
	for (unsigned i = 0; i < reg->plugin_count; i++)
		memset(&reg->plugin[i]->next, 0, sizeof(reg->plugin[i]->next));
	for (unsigned i = 0; i < set->count; i++) {
		const struct wanted *item = &set->item[i];
		struct cyg_plugin_ctx *ctx;
		enum cyg_status status = find_or_add(reg, item->name, &ctx);

		if (status != CYG_OK) {
			cyg_strbuf_addf(&reg->error_text, "%s: plugin %s: %s\n", item->place, item->name,
					cyg_status_text(status));
			continue;
		}
		ctx->next.listed = true;
		ctx->next.rank = i;
		memcpy(ctx->next.place, item->place, sizeof(ctx->next.place));
		if (item->why[0]) {
			ctx->next.wanted = true;
			snprintf(ctx->next.why, sizeof(ctx->next.why), "%s", item->why);
			cyg_strbuf_addf(&reg->error_text, "%s\n", item->why);
			continue;
		}
		plugin_read_conf(ctx, cyg_str_n(item->text, item->len), &reg->error_text);
	}
	if (strict && reg->error_text.len) {
		finish(reg, CYG_MALFORMED);
		return CYG_MALFORMED;
	}
	doom(reg);
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		struct cyg_plugin_ctx *ctx = reg->plugin[i];

		ctx->tried = false;
		if (ctx->state == REGISTRY_LOADED)
			continue;
		memcpy(ctx->place, ctx->next.place, sizeof(ctx->place));
		ctx->state = REGISTRY_OFF;
		ctx->why[0] = '\0';
		if (ctx->next.wanted && !ctx->next.conf)
			set_failed(ctx, ctx->next.why);
	}
	reg->phase = PHASE_UNLOAD;
	advance(reg);
	return answer(reg, op);
}

/* --- The short way for tests and small tools --- */

struct registry *registry_quick(struct cyg_shard *control, struct cyg_shard *shard,
				const struct cyg_plugin *const *plugins, const char *const *confs)
{
	struct registry *reg = registry_new(control);
	struct registry_set *set = registry_set_new();
	enum cyg_status status = reg && set ? CYG_OK : CYG_NOMEM;
	bool good = false;

	for (size_t i = 0; plugins[i] && status == CYG_OK; i++) {
		char place[PLUGIN_PLACE_MAX];

		status = registry_add_static(reg, plugins[i]);
		if (status != CYG_OK)
			break;
		snprintf(place, sizeof(place), "plugins/%s.conf", plugins[i]->name);
		status = registry_set_add(set, plugins[i]->name, place,
					  cyg_str(confs && confs[i] ? confs[i] : ""));
	}
	if (status == CYG_OK)
		status = registry_attach(reg, shard, NULL);
	if (status == CYG_OK)
		status = registry_apply(reg, set, true, NULL);
	if (status != CYG_OK) {
		fprintf(stderr, "plugins: %s\n%s", cyg_status_text(status), reg ? reg->errors : "");
		goto out;
	}
	good = true;
	for (unsigned i = 0; i < reg->plugin_count; i++) {
		if (reg->plugin[i]->state != REGISTRY_FAILED)
			continue;
		fprintf(stderr, "plugin %s: %s\n", reg->plugin[i]->name, reg->plugin[i]->why);
		good = false;
	}
out:
	registry_set_free(set);
	if (good)
		return reg;
	registry_free(reg);
	return NULL;
}

void registry_quick_end(struct registry *reg, struct cyg_shard *shard)
{
	registry_leave(shard);
	registry_free(reg);
}
