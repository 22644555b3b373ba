/* SPDX-License-Identifier: MIT */
/* One plugin: finding and opening it, its options, its features and their tests. Control thread. */
#include "registry/internal.h"
#include "registry/selftest_esp.h"

#include <cygnet/log.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLUGIN_SYMBOL "cyg_plugin_descriptor"

const struct cyg_option registry_common_options[] = {
	CYG_OPT_STRING(struct common_conf, load, "load", "yes",
		       "Whether this plugin is loaded: yes, no, or a priority from 1 to 1000 (yes means 100). "
		       "Of two plugins that provide the same thing the one with the higher priority is used."),
	CYG_OPT_LIST(struct common_conf, disable, "disable", "",
		     "Names of what this plugin shall not provide, as 'show plugins detail' lists them."),
	CYG_OPT_END,
};

/* --- Opening --- */

static bool refuse(struct cyg_plugin_ctx *ctx, const char *format, ...) CYG_PRINTF(2, 3);
static bool refuse(struct cyg_plugin_ctx *ctx, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ctx->next.why, sizeof(ctx->next.why), format, args);
	va_end(args);
	return false;
}

/* ABI and size first: nothing else of a descriptor may be read before they agree. */
static bool check_descriptor(struct cyg_plugin_ctx *ctx, const struct cyg_plugin *plugin, const char *where)
{
	if (plugin->abi != CYG_PLUGIN_ABI || plugin->size != sizeof(*plugin))
		return refuse(ctx,
			      "%s was built for plugin ABI %u (descriptor of %u octets), this program has ABI %u "
			      "(%zu octets): build it again", where, plugin->abi, plugin->size, CYG_PLUGIN_ABI,
			      sizeof(*plugin));
	if (!plugin->name || strcmp(plugin->name, ctx->name) != 0)
		return refuse(ctx, "%s calls itself '%.40s', not '%s'", where,
			      plugin->name ? plugin->name : "", ctx->name);
	for (size_t i = 0; plugin->provides && plugin->provides[i].kind; i++) {
		const struct cyg_feature *f = &plugin->provides[i];

		if (f->kind >= CYG_FEATURE_KINDS || !f->any || i == PLUGIN_FEATURES_MAX)
			return refuse(ctx, "%s: entry %zu of what it provides is no feature", where, i + 1);
	}
	return true;
}

/* DIR/NAME.so as installed, DIR/NAME/.libs/NAME.so as built. */
static bool find_object(struct cyg_plugin_ctx *ctx, char *path, size_t room, struct stat *st)
{
	const struct registry *reg = ctx->reg;

	for (unsigned d = 0; d < reg->dir_count; d++) {
		for (int built = 0; built < 2; built++) {
			int len = built ? snprintf(path, room, "%s/%s/.libs/%s.so", reg->dir[d], ctx->name,
						   ctx->name)
					: snprintf(path, room, "%s/%s.so", reg->dir[d], ctx->name);

			if (len > 0 && (size_t)len < room && stat(path, st) == 0)
				return true;
		}
	}
	return false;
}

/*
 * Whether all that the loader would map is in the file: it checks little, and a file that was cut short (a
 * full disk, a broken copy) would end the process when it is touched beyond its end.
 */
static bool is_whole(const char *path, off_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ElfW(Ehdr) head;
	bool good = false;

	if (fd < 0)
		return true; /* the loader tells why */
	if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) {
		close(fd);
		return true; /* that it is none, too */
	}
	for (unsigned i = 0; head.e_phentsize == sizeof(ElfW(Phdr)) && i < head.e_phnum; i++) {
		off_t at = (off_t)(head.e_phoff + i * sizeof(ElfW(Phdr)));
		ElfW(Phdr) part;

		good = pread(fd, &part, sizeof(part), at) == (ssize_t)sizeof(part) &&
		       (part.p_type != PT_LOAD || (part.p_filesz <= (uint64_t)size &&
						   part.p_offset <= (uint64_t)size - part.p_filesz));
		if (!good)
			break;
	}
	close(fd);
	return good;
}

bool plugin_open(struct cyg_plugin_ctx *ctx)
{
	const struct registry *reg = ctx->reg;
	char path[PLUGIN_PATH_MAX], dirs[256];
	struct cyg_strbuf list = CYG_STRBUF(dirs);
	const struct cyg_plugin *plugin;
	struct stat st;
	void *object;

	if (ctx->plugin)
		return true;
	if (ctx->linked_in) {
		if (!check_descriptor(ctx, ctx->linked_in, "the plugin linked in"))
			return false;
		ctx->plugin = ctx->linked_in;
		return true;
	}
	if (!find_object(ctx, path, sizeof(path), &st)) {
		for (unsigned d = 0; d < reg->dir_count; d++)
			cyg_strbuf_addf(&list, "%s%s", d ? ", " : "", reg->dir[d]);
		return refuse(ctx, "there is no %s.so in %s", ctx->name, reg->dir_count ? dirs : "any directory");
	}
	if (!S_ISREG(st.st_mode))
		return refuse(ctx, "%s is %s, not a shared object", path,
			      S_ISDIR(st.st_mode) ? "a directory" : "no regular file");
	if (!is_whole(path, st.st_size))
		return refuse(ctx, "%s is cut short", path);
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!object)
		return refuse(ctx, "%s cannot be opened: %s", path, dlerror());
	plugin = dlsym(object, PLUGIN_SYMBOL);
	if (!plugin) {
		dlclose(object);
		return refuse(ctx, "%s is no plugin: it has no symbol '" PLUGIN_SYMBOL "'", path);
	}
	if (!check_descriptor(ctx, plugin, path)) {
		dlclose(object);
		return false;
	}
	/* The object stays mapped for good, whatever becomes of the plugin: no pointer into it can go stale. */
	ctx->plugin = plugin;
	snprintf(ctx->path, sizeof(ctx->path), "%s", path);
	return true;
}

/* --- Options --- */

static bool read_load(struct cyg_plugin_ctx *ctx, const struct common_conf *common, struct cyg_strbuf *errors)
{
	uint64_t priority;

	if (strcmp(common->load, "no") == 0) {
		ctx->next.wanted = false;
		return true;
	}
	ctx->next.wanted = true;
	ctx->next.priority = PRIORITY_DEFAULT;
	if (strcmp(common->load, "yes") == 0)
		return true;
	if (cyg_str_to_u64(cyg_str(common->load), 1, PRIORITY_MAX, &priority) == CYG_OK) {
		ctx->next.priority = (int)priority;
		return true;
	}
	cyg_strbuf_addf(errors, "%s: 'load' must be yes, no or a priority from 1 to %d, not '%.40s'\n",
			ctx->next.place, PRIORITY_MAX, common->load);
	return refuse(ctx, "%s: 'load' must be yes, no or a priority from 1 to %d, not '%.40s'", ctx->next.place,
		      PRIORITY_MAX, common->load);
}

bool plugin_leaves_out(const struct common_conf *common, const char *name)
{
	for (size_t i = 0; common->disable[i]; i++) {
		if (cyg_str_equal_nocase(cyg_str(common->disable[i]), cyg_str(name)))
			return true;
	}
	return false;
}

/* Every word of `disable` names something that the plugin has. One that adds features when it
 * starts may have more than its descriptor says: its words are not judged. */
static bool check_disable(struct cyg_plugin_ctx *ctx, const struct common_conf *common, struct cyg_strbuf *errors)
{
	const struct cyg_feature *provides = ctx->plugin->provides;
	const char *names[PLUGIN_FEATURES_MAX];
	size_t count = 0;
	bool good = true;

	for (size_t i = 0; provides && provides[i].kind && count < CYG_COUNT(names); i++)
		names[count++] = feature_name(&provides[i]);
	for (size_t i = 0; common->disable[i] && !ctx->plugin->init; i++) {
		const char *word = common->disable[i], *nearest;
		bool known = false;

		for (size_t n = 0; n < count && !known; n++)
			known = cyg_str_equal_nocase(cyg_str(word), cyg_str(names[n]));
		if (known)
			continue;
		nearest = cyg_str_nearest(cyg_str(word), names, count);
		refuse(ctx, "%s: 'disable': %s provides no '%.60s'%s%s%s", ctx->next.place, ctx->name, word,
		       nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
		cyg_strbuf_addf(errors, "%s\n", ctx->next.why);
		good = false;
	}
	return good;
}

/* The first line of what was appended to `errors` since `from`. */
static void first_line(struct cyg_plugin_ctx *ctx, const struct cyg_strbuf *errors, size_t from)
{
	struct cyg_str rest = cyg_str_n(errors->ptr + from, errors->len - from);

	refuse(ctx, "%.*s", (int)cyg_str_span_until(rest, "\n"), rest.ptr);
}

bool plugin_read_conf(struct cyg_plugin_ctx *ctx, struct cyg_str text, struct cyg_strbuf *errors)
{
	struct conf_part parts[2] = { { registry_common_options, sizeof(struct common_conf) } };
	const struct common_conf *common;
	struct cyg_conf *conf;
	char why[256];
	struct cyg_strbuf reason = CYG_STRBUF(why);
	size_t from = errors->len;
	enum cyg_status status;

	/* Whether it is wanted must be known before its own options can be: they are in the object. */
	status = conf_read_known(parts, 1, ctx->next.place, text, errors, &conf);
	if (status != CYG_OK) {
		ctx->next.wanted = true;
		if (status == CYG_NOMEM)
			cyg_strbuf_addf(errors, "%s: out of memory\n", ctx->next.place);
		first_line(ctx, errors, from);
		return false;
	}
	if (!read_load(ctx, conf_data(conf, 0), errors)) {
		conf_unref(conf);
		return false;
	}
	conf_unref(conf);
	if (!ctx->next.wanted)
		return true;
	if (!plugin_open(ctx))
		return false;

	parts[1] = (struct conf_part){ ctx->plugin->options, ctx->plugin->conf_size };
	status = conf_read(parts, 2, ctx->next.place, text, errors, &conf);
	if (status != CYG_OK) {
		if (status == CYG_NOMEM)
			cyg_strbuf_addf(errors, "%s: out of memory\n", ctx->next.place);
		first_line(ctx, errors, from);
		return false;
	}
	common = conf_data(conf, 0);
	if (!check_disable(ctx, common, errors)) {
		conf_unref(conf);
		return false;
	}
	if (ctx->plugin->check && ctx->plugin->check(conf_data(conf, 1), &reason) != CYG_OK) {
		refuse(ctx, "%s: %s", ctx->next.place, reason.len ? why : "its options do not fit together");
		cyg_strbuf_addf(errors, "%s\n", ctx->next.why);
		conf_unref(conf);
		return false;
	}
	ctx->next.conf = conf;
	return true;
}

/* --- Features --- */

static bool add_feature(struct cyg_plugin_ctx *ctx, struct cyg_feature feature)
{
	struct own_feature *more;

	if (ctx->feature_count == PLUGIN_FEATURES_MAX)
		return false;
	more = realloc(ctx->features, (ctx->feature_count + 1) * sizeof(*more));
	if (!more)
		return false;
	ctx->features = more;
	more[ctx->feature_count++] = (struct own_feature){ .feature = feature, .key = feature_key(&feature) };
	return true;
}

bool plugin_list_features(struct cyg_plugin_ctx *ctx)
{
	const struct cyg_feature *provides = ctx->plugin->provides;

	free(ctx->features);
	ctx->features = NULL;
	ctx->feature_count = 0;
	for (size_t i = 0; provides && provides[i].kind; i++) {
		if (!add_feature(ctx, provides[i]))
			return false;
	}
	return true;
}

enum cyg_status cyg_plugin_add(struct cyg_plugin_ctx *ctx, struct cyg_feature feature)
{
	if (!ctx->in_init || feature.kind <= CYG_FEATURE_END || feature.kind >= CYG_FEATURE_KINDS ||
	    !feature.any)
		return CYG_REFUSED;
	return add_feature(ctx, feature) ? CYG_OK : CYG_LIMIT;
}

void plugin_mark_disabled(struct cyg_plugin_ctx *ctx, const struct cyg_conf *conf)
{
	const struct common_conf *common = conf_data(conf, 0);

	for (unsigned i = 0; i < ctx->feature_count; i++) {
		struct own_feature *own = &ctx->features[i];

		own->disabled = plugin_leaves_out(common, feature_name(&own->feature));
		if (own->disabled)
			own->tested = own->failed = false; /* again before it is offered: others have come and gone */
	}
}

static void fail_feature(const struct cyg_plugin_ctx *ctx, struct own_feature *own, const char *why)
{
	own->failed = true;
	cyg_log(CYG_LOG_ERROR, "plugin.self-test-failed",
		"{plugin}: {feature} ({kind}) failed its self-test and is not offered: {why}", F_STR("plugin", ctx->name),
		F_STR("feature", feature_name(&own->feature)), F_STR("kind", registry_kind_text(own->key.kind)),
		F_STR("why", why));
}

static bool is_offered(const struct own_feature *own)
{
	return own->tested && !own->failed && !own->disabled;
}

static bool is_preferred(const struct cyg_plugin_ctx *ctx, const struct cyg_plugin_ctx *other)
{
	return ctx->priority != other->priority ? ctx->priority > other->priority : ctx->rank < other->rank;
}

/* Both work by themselves. Who is right cannot be told; what was there before the faster one came is what stays. */
static void compare_esp(struct cyg_plugin_ctx *ctx, struct own_feature *own, struct cyg_plugin_ctx *other,
			struct own_feature *same)
{
	bool lost = is_preferred(ctx, other);
	struct esp_provider a = { .ops = own->feature.esp }, b = { .ops = same->feature.esp };
	char why[160];
	struct cyg_strbuf reason = CYG_STRBUF(why);
	enum cyg_status status;
	bool good = false;

	status = a.ops->instance_new(ctx, &a.instance);
	if (status != CYG_OK) {
		cyg_strbuf_addf(&reason, "making an instance: %s", cyg_status_text(status));
		fail_feature(ctx, own, why);
		return;
	}
	status = b.ops->instance_new(other, &b.instance);
	if (status != CYG_OK) {
		cyg_strbuf_addf(&reason, "making an instance: %s", cyg_status_text(status));
		fail_feature(other, same, why);
		goto out;
	}
	good = lost ? esp_agree(&a, &b, other->name, &reason) : esp_agree(&b, &a, ctx->name, &reason);
	b.ops->instance_free(b.instance);
	if (!good)
		fail_feature(lost ? ctx : other, lost ? own : same, why);
out:
	a.ops->instance_free(a.instance);
}

static void compare_with_loaded(struct cyg_plugin_ctx *ctx, struct own_feature *own)
{
	struct registry *reg = ctx->reg;

	for (unsigned i = 0; i < reg->order_count; i++) {
		struct cyg_plugin_ctx *other = reg->plugin[reg->order[i]];

		for (unsigned f = 0; other != ctx && f < other->feature_count; f++) {
			struct own_feature *same = &other->features[f];

			if (is_offered(own) && is_offered(same) && feature_key_equal(&own->key, &same->key))
				compare_esp(ctx, own, other, same);
		}
	}
}

void plugin_test_features(struct cyg_plugin_ctx *ctx, bool begun)
{
	for (unsigned i = 0; i < ctx->feature_count; i++) {
		struct own_feature *own = &ctx->features[i];
		char why[160];
		struct cyg_strbuf reason = CYG_STRBUF(why);

		if (own->disabled || own->tested || (own->key.kind == CYG_ESP && !begun))
			continue;
		own->tested = true;
		if (!feature_self_test(ctx, &own->feature, &reason))
			fail_feature(ctx, own, why);
		else if (own->key.kind == CYG_ESP)
			compare_with_loaded(ctx, own);
	}
}

bool plugin_offers(const struct cyg_plugin_ctx *ctx, const struct cyg_need *need)
{
	for (unsigned i = 0; i < ctx->feature_count; i++) {
		const struct own_feature *own = &ctx->features[i];

		if (is_offered(own) && feature_meets(&own->key, need))
			return true;
	}
	return false;
}

void plugin_forget_features(struct cyg_plugin_ctx *ctx)
{
	free(ctx->features);
	ctx->features = NULL;
	ctx->feature_count = 0;
	conf_unref(ctx->conf);
	ctx->conf = NULL;
}

void plugin_end(struct cyg_plugin_ctx *ctx)
{
	if (ctx->plugin->fini)
		ctx->plugin->fini(ctx);
	ctx->data = NULL;
	plugin_forget_features(ctx);
}
