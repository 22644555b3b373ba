/* SPDX-License-Identifier: MIT */
/*
 * The life of plugins: two shards and control, all stepped by the test. The plugins here are small
 * descriptors that write down what was called.
 */
#include "registry/internal.h"
#include "registry/registry_tests.h"
#include "testing/unit/harness.h"

#include "log/log.h"

#include <stdio.h>
#include <stdlib.h>

static struct shard_group *group;
static struct cyg_shard *control, *one, *two;
static struct shard_clock fake_clock;
static struct registry *reg;
static struct registry_set *set;
static char calls[2048];
static struct cyg_strbuf called;

static void note(const struct cyg_plugin_ctx *ctx, const char *what, const struct cyg_shard *shard)
{
	if (shard)
		cyg_strbuf_addf(&called, "%s %s@%u; ", what, ctx->name, cyg_shard_index(shard));
	else
		cyg_strbuf_addf(&called, "%s %s; ", what, ctx->name);
}

static void forget_calls(void)
{
	called = CYG_STRBUF(calls);
}

static enum cyg_status fail_init_of, fail_start_on_two;

static enum cyg_status on_init(struct cyg_plugin_ctx *ctx)
{
	note(ctx, "init", NULL);
	return fail_init_of;
}

static enum cyg_status on_start(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	note(ctx, "start", shard);
	cyg_plugin_set_shard_data(ctx, shard, ctx);
	return shard == two ? fail_start_on_two : CYG_OK;
}

static void on_stop(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	note(ctx, "stop", shard);
	ck_assert_ptr_eq(cyg_plugin_shard_data(ctx, shard), ctx);
}

static void on_fini(struct cyg_plugin_ctx *ctx)
{
	note(ctx, "fini", NULL);
}

static void on_reloaded(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	note(ctx, "reloaded", shard);
}

#define LIFE .init = on_init, .shard_start = on_start, .shard_stop = on_stop, .fini = on_fini

/* --- Hashes that are none: the sum of the octets, and a constant. --- */

static unsigned instances_made, instances_left;

static enum cyg_status hash_new(struct cyg_plugin_ctx *ctx, void **out)
{
	*out = malloc(1);
	instances_made++;
	instances_left++;
	return *out ? CYG_OK : CYG_NOMEM;
}

static void hash_free(void *instance)
{
	instances_left--;
	free(instance);
}

static enum cyg_status sum(void *instance, const struct cyg_bytes *parts, size_t count, uint8_t *out)
{
	*out = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < parts[i].len; j++)
			*out = (uint8_t)(*out + parts[i].ptr[j]);
	}
	return CYG_OK;
}

static const struct cyg_vector sum_vectors[] = {
	{ .in = { (const uint8_t *)"\1\2\3", 3 }, .out = { (const uint8_t *)"\6", 1 } },
	{ .out = { NULL, 0 } },
};
static const struct cyg_vector wrong_vectors[] = {
	{ .in = { (const uint8_t *)"\1\2\3", 3 }, .out = { (const uint8_t *)"\7", 1 } },
	{ .out = { NULL, 0 } },
};

#define SUM(symbol_, id_, name_, vectors_)                                                       \
	static const struct cyg_hash_ops symbol_ = { .id = (id_), .name = (name_), .out_len = 1, \
		.vectors = (vectors_), .instance_new = hash_new, .instance_free = hash_free,     \
		.compute = sum }

SUM(sum_a, 1, "sum", sum_vectors);
SUM(sum_b, 1, "sum", sum_vectors);
SUM(sum_other, 2, "other", sum_vectors);
SUM(sum_wrong, 3, "wrong", wrong_vectors);
SUM(sum_unproved, 4, "unproved", NULL);
static const struct cyg_hash_ops sum_long = { .id = 5, .name = "long", .out_len = CYG_ICV_MAX + 1,
	.vectors = sum_vectors, .instance_new = hash_new, .instance_free = hash_free, .compute = sum };

static const struct cyg_feature gives_a[] = { CYG_PROVIDE_HASH(&sum_a), CYG_PROVIDE_HASH(&sum_other),
					      CYG_FEATURES_END };
static const struct cyg_feature gives_b[] = { CYG_PROVIDE_HASH(&sum_b), CYG_FEATURES_END };
static const struct cyg_feature gives_other[] = { CYG_PROVIDE_HASH(&sum_other), CYG_FEATURES_END };
static const struct cyg_feature gives_bad[] = { CYG_PROVIDE_HASH(&sum_wrong), CYG_PROVIDE_HASH(&sum_unproved),
						CYG_PROVIDE_HASH(&sum_long), CYG_PROVIDE_HASH(&sum_other),
						CYG_FEATURES_END };
static const struct cyg_feature gives_nothing[] = { CYG_PROVIDE_HASH(&sum_other), CYG_PROVIDE_HASH(NULL),
						    CYG_FEATURES_END };

static const struct cyg_need needs_hash_1[] = { { .kind = CYG_HASH, .id = 1 }, { .kind = CYG_FEATURE_END } };
static const struct cyg_need needs_hash_2[] = { { .kind = CYG_HASH, .id = 2 }, { .kind = CYG_FEATURE_END } };
static const struct cyg_need needs_modp[] = { { .kind = CYG_KE, .id = CYG_KE_MODP_2048 },
					      { .kind = CYG_FEATURE_END } };
static const struct cyg_need wants_hash_1[] = { { .kind = CYG_HASH, .id = 1, .optional = true },
						{ .kind = CYG_FEATURE_END } };

struct number {
	uint32_t value;
};
static const struct cyg_option number_options[] = {
	CYG_OPT_UINT(struct number, value, "value", "1", 0, 9, "A number."),
	CYG_OPT_END,
};

static enum cyg_status value_is_not_7(const void *conf, struct cyg_strbuf *why)
{
	if (((const struct number *)conf)->value != 7)
		return CYG_OK;
	cyg_strbuf_add(why, CYG_STR("value 7 is not for us"));
	return CYG_REFUSED;
}

CYG_PLUGIN(a, "a", .version = "1", .provides = gives_a, LIFE, .options = number_options,
	   .conf_size = sizeof(struct number), .check = value_is_not_7, .reloaded = on_reloaded);
CYG_PLUGIN(b, "b", .version = "1", .provides = gives_b, LIFE);
CYG_PLUGIN(quiet_b, "quiet-b", .version = "1", .provides = gives_b);
CYG_PLUGIN(hollow, "hollow", .provides = gives_nothing);
CYG_PLUGIN(bad, "bad", .version = "1", .provides = gives_bad);
CYG_PLUGIN(needs_1, "needs-1", .needs = needs_hash_1, LIFE);
CYG_PLUGIN(wants_1, "wants-1", .needs = wants_hash_1, LIFE);
CYG_PLUGIN(needs_dh, "needs-dh", .needs = needs_modp, LIFE);
CYG_PLUGIN(circle_1, "circle-1", .provides = gives_b, .needs = needs_hash_2, LIFE);
CYG_PLUGIN(circle_2, "circle-2", .provides = gives_other, .needs = needs_hash_1, LIFE);

static enum cyg_status add_in_init(struct cyg_plugin_ctx *ctx)
{
	return cyg_plugin_add(ctx, (struct cyg_feature)CYG_PROVIDE_HASH(&sum_a));
}
CYG_PLUGIN(late, "late", .init = add_in_init);

/* --- The stage --- */

static void open_stage(void)
{
	struct shard_manual setup = { .workers = 2, .clock = &fake_clock, .seed = 7 };

	fake_clock = (struct shard_clock){ .now_ms = 1 };
	fail_init_of = fail_start_on_two = CYG_OK;
	instances_made = instances_left = 0;
	log_capture_start();
	forget_calls();
	ck_assert_int_eq(shard_manual_group_new(&setup, &group), CYG_OK);
	control = shard_group_control(group);
	one = shard_group_worker(group, 0);
	two = shard_group_worker(group, 1);
	reg = registry_new(control);
	ck_assert_ptr_nonnull(reg);
	ck_assert_int_eq(registry_attach(reg, one, NULL), CYG_OK);
	ck_assert_int_eq(registry_attach(reg, two, NULL), CYG_OK);
	set = registry_set_new();
}

static void close_stage(void)
{
	registry_set_free(set);
	registry_free(reg);
	shard_group_free(group);
	log_capture_stop();
	ck_assert_uint_eq(instances_left, 0);
}

static void want(const struct cyg_plugin *plugin, const char *conf)
{
	char place[64];

	snprintf(place, sizeof(place), "plugins/%s.conf", plugin->name);
	ck_assert_int_eq(registry_add_static(reg, plugin), CYG_OK);
	ck_assert_int_eq(registry_set_add(set, plugin->name, place, cyg_str(conf)), CYG_OK);
}

static void want_nothing(void)
{
	registry_set_free(set);
	set = registry_set_new();
}

static enum cyg_status apply(bool strict)
{
	return registry_apply(reg, set, strict, NULL);
}

static void apply_good(void)
{
	ck_assert_msg(apply(true) == CYG_OK, "%s", registry_errors(reg));
}

/* The row of a plugin; to be freed. */
static struct registry_row *all_rows;
static size_t row_count;

static const struct registry_row *row(const char *name)
{
	registry_rows_free(all_rows, row_count);
	ck_assert_int_eq(registry_describe(reg, &all_rows, &row_count), CYG_OK);
	for (size_t i = 0; i < row_count; i++) {
		if (strcmp(all_rows[i].name, name) == 0)
			return &all_rows[i];
	}
	ck_abort_msg("no row for %s", name);
}

static void forget_rows(void)
{
	registry_rows_free(all_rows, row_count);
	all_rows = NULL;
	row_count = 0;
}

static enum registry_offer offer(const char *plugin, const char *feature)
{
	const struct registry_row *r = row(plugin);

	for (unsigned i = 0; i < r->provides_count; i++) {
		if (strcmp(r->provides[i].name, feature) == 0)
			return r->provides[i].offer;
	}
	ck_abort_msg("%s has no %s", plugin, feature);
}

static const char *missing(uint16_t id)
{
	static char text[512];
	struct cyg_strbuf b = CYG_STRBUF(text);

	registry_missing_text(one, CYG_HASH, id, 0, &b);
	return text;
}

/* --- Look-ups --- */

START_TEST(a_look_up_makes_one_instance_per_shard_and_keeps_it)
{
	struct cyg_hash first, again, other;
	uint8_t out;
	const struct cyg_bytes in = cyg_bytes("\5\6", 2);

	want(&cyg_plugin_a, "");
	apply_good();
	instances_made = 0;
	ck_assert_int_eq(cyg_get_hash(one, 1, &first), CYG_OK);
	ck_assert_int_eq(cyg_get_hash(one, 1, &again), CYG_OK);
	ck_assert_int_eq(cyg_get_hash(two, 1, &other), CYG_OK);
	ck_assert_uint_eq(instances_made, 2);
	ck_assert_ptr_eq(first.instance, again.instance);
	ck_assert_ptr_ne(first.instance, other.instance);
	ck_assert_ptr_eq(first.ops, &sum_a);
	ck_assert_int_eq(first.ops->compute(first.instance, &in, 1, &out), CYG_OK);
	ck_assert_uint_eq(out, 11);
	ck_assert_int_eq(cyg_get_hash(one, 9, &first), CYG_UNSUPPORTED);
	ck_assert_int_eq(cyg_get_hash(one, 900, &first), CYG_UNSUPPORTED);
	ck_assert_int_eq(cyg_get_ke(one, 1, &(struct cyg_ke){ 0 }), CYG_UNSUPPORTED);
	ck_assert_uint_eq(row("a")->instances, 2);
}
END_TEST

START_TEST(control_has_look_ups_of_its_own)
{
	struct cyg_hash hash;

	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(control, 1, &hash), CYG_OK);
}
END_TEST

START_TEST(an_instance_outlives_a_change_that_does_not_concern_it)
{
	struct cyg_hash before, after;
	uint32_t generation;

	want(&cyg_plugin_a, "");
	apply_good();
	generation = cyg_registry_generation(one);
	ck_assert_int_eq(cyg_get_hash(one, 1, &before), CYG_OK);
	want(&cyg_plugin_b, "");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(one, 1, &after), CYG_OK);
	ck_assert_ptr_eq(before.instance, after.instance);
	ck_assert_uint_gt(cyg_registry_generation(one), generation);
}
END_TEST

START_TEST(of_two_providers_the_first_in_order_is_used)
{
	struct cyg_hash hash;

	want(&cyg_plugin_b, "");
	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(one, 1, &hash), CYG_OK);
	ck_assert_ptr_eq(hash.ops, &sum_b);
	ck_assert_int_eq(offer("b", "sum"), OFFER_WINNER);
	ck_assert_int_eq(offer("a", "sum"), OFFER_SPARE);
	ck_assert_int_eq(offer("a", "other"), OFFER_WINNER);
}
END_TEST

START_TEST(of_two_providers_the_one_with_the_higher_priority_is_used)
{
	struct cyg_hash hash;
	struct cyg_plugin_ctx *ctx;

	want(&cyg_plugin_b, "load = 99");
	want(&cyg_plugin_a, "load = yes");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(one, 1, &hash), CYG_OK);
	ck_assert_ptr_eq(hash.ops, &sum_a);
	want_nothing();
	want(&cyg_plugin_b, "load = 101");
	want(&cyg_plugin_a, "load = yes");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(one, 1, &hash), CYG_OK);
	ck_assert_ptr_eq(hash.ops, &sum_b);
	ck_assert_ptr_eq(cyg_get_feature(two, CYG_HASH, 0, &ctx)->hash, &sum_b);
	ck_assert_str_eq(ctx->name, "b");
	ck_assert_ptr_eq(cyg_get_feature(two, CYG_HASH, 1, &ctx)->hash, &sum_a);
	ck_assert_ptr_eq(cyg_get_feature(two, CYG_HASH, 2, NULL)->hash, &sum_other);
	ck_assert_ptr_null(cyg_get_feature(two, CYG_HASH, 3, NULL));
}
END_TEST

START_TEST(what_is_disabled_is_the_other_providers)
{
	struct cyg_hash hash;

	want(&cyg_plugin_b, "disable = SUM");
	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(one, 1, &hash), CYG_OK);
	ck_assert_ptr_eq(hash.ops, &sum_a);
	ck_assert_int_eq(offer("b", "sum"), OFFER_DISABLED);
	want_nothing();
	want(&cyg_plugin_b, "");
	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(one, 1, &hash), CYG_OK);
	ck_assert_ptr_eq(hash.ops, &sum_b);
}
END_TEST

START_TEST(a_wrong_word_in_disable_is_told_with_the_nearest_one)
{
	want(&cyg_plugin_quiet_b, "disable = smu");
	ck_assert_int_eq(apply(true), CYG_MALFORMED);
	ck_assert_str_eq(registry_errors(reg), "plugins/quiet-b.conf: 'disable': quiet-b provides no 'smu' "
					       "(did you mean 'sum'?)\n");
}
END_TEST

/* --- What is missing --- */

START_TEST(what_is_missing_is_named_with_what_would_mend_it)
{
	char text[512];
	struct cyg_strbuf b = CYG_STRBUF(text);

	ck_assert_str_eq(missing(1), "no plugin provides SHA1 (hash 1): openssl, which has it, is not installed");
	want(&cyg_plugin_a, "disable = sum");
	apply_good();
	ck_assert_str_eq(missing(1), "no plugin provides SHA1 (hash 1): a leaves it out (plugins/a.conf: disable), "
				     "openssl, which has it, is not installed");
	want_nothing();
	want(&cyg_plugin_a, "load = no");
	apply_good();
	/* It was opened before, so its descriptor can be asked. */
	ck_assert_str_eq(missing(1), "no plugin provides SHA1 (hash 1): a is off (plugins/a.conf: load = yes), "
				     "openssl, which has it, is not installed");
	registry_missing_text(one, CYG_KE, CYG_KE_MODP_2048, 0, &b);
	ck_assert_str_eq(text, "no plugin provides MODP-2048 (KE 14): openssl, which has it, is not installed, "
			       "gmp, which has it, is not installed");
	b = CYG_STRBUF(text);
	registry_missing_text(one, CYG_KERNEL, 0, 0, &b);
	ck_assert_str_eq(text, "no plugin provides any kernel: kernel-tun, which has it, is not installed, "
				"kernel-netlink, which has it, is not installed");
	b = CYG_STRBUF(text);
	registry_missing_text(one, CYG_CIPHER, 77, 128, &b);
	ck_assert_str_eq(text, "no plugin provides cipher 77 with 128 bits");
}
END_TEST

START_TEST(without_openssl_and_gmp_one_line_names_both)
{
	char text[512];
	struct cyg_strbuf b = CYG_STRBUF(text);

	ck_assert_int_eq(registry_set_add(set, "openssl", "plugins/openssl.conf", CYG_STR("load = no")), CYG_OK);
	ck_assert_int_eq(registry_set_add(set, "gmp", "plugins/gmp.conf", CYG_STR("load=no")), CYG_OK);
	apply_good();
	registry_missing_text(one, CYG_KE, CYG_KE_MODP_2048, 0, &b);
	ck_assert_str_eq(text, "no plugin provides MODP-2048 (KE 14): openssl is off (plugins/openssl.conf: load = yes), "
			       "gmp is off (plugins/gmp.conf: load = yes)");
}
END_TEST

/* --- Self-tests --- */

START_TEST(what_fails_its_self_test_is_never_offered)
{
	struct cyg_hash hash;

	want(&cyg_plugin_bad, "");
	apply_good();
	ck_assert_int_eq(row("bad")->state, REGISTRY_LOADED);
	ck_assert_int_eq(cyg_get_hash(one, 3, &hash), CYG_UNSUPPORTED);
	ck_assert_int_eq(cyg_get_hash(one, 4, &hash), CYG_UNSUPPORTED);
	ck_assert_int_eq(cyg_get_hash(one, 2, &hash), CYG_OK);
	ck_assert_int_eq(offer("bad", "wrong"), OFFER_FAILED_TEST);
	ck_assert_int_eq(offer("bad", "unproved"), OFFER_FAILED_TEST);
	ck_assert_int_eq(offer("bad", "long"), OFFER_FAILED_TEST);
	ck_assert_uint_eq(log_capture_count("plugin.self-test-failed"), 3);
	ck_assert_str_eq(log_capture_line("plugin.self-test-failed", 0),
			 "bad: wrong (hash) failed its self-test and is not offered: what it computes differs "
			 "from known answer 1");
	ck_assert_str_eq(missing(3), "no plugin provides SHA2-384 (hash 3): bad has it, but it failed its "
				     "self-test, openssl, which has it, is not installed");
}
END_TEST

START_TEST(a_descriptor_with_an_empty_entry_is_refused)
{
	want(&cyg_plugin_hollow, "");
	apply_good();
	ck_assert_str_eq(row("hollow")->why, "the plugin linked in: entry 2 of what it provides is no feature");
}
END_TEST

/* --- Order --- */

START_TEST(plugins_start_in_the_order_of_their_needs)
{
	want(&cyg_plugin_needs_1, "");
	want(&cyg_plugin_wants_1, "");
	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_str_eq(calls, "init a; start a@0; start a@1; init needs-1; start needs-1@0; start needs-1@1; "
				"init wants-1; start wants-1@0; start wants-1@1; ");
	forget_calls();
	want_nothing();
	apply_good();
	ck_assert_str_eq(calls, "stop wants-1@0; stop wants-1@1; fini wants-1; stop needs-1@0; stop needs-1@1; "
				"fini needs-1; stop a@0; stop a@1; fini a; ");
}
END_TEST

START_TEST(an_optional_need_may_stay_unmet)
{
	want(&cyg_plugin_wants_1, "");
	apply_good();
	ck_assert_int_eq(row("wants-1")->state, REGISTRY_LOADED);
	ck_assert(!row("wants-1")->needs[0].met);
}
END_TEST

START_TEST(an_unmet_need_skips_that_plugin_with_one_line)
{
	want(&cyg_plugin_needs_dh, "");
	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_int_eq(row("a")->state, REGISTRY_LOADED);
	ck_assert_int_eq(row("needs-dh")->state, REGISTRY_FAILED);
	ck_assert_str_eq(row("needs-dh")->why,
			 "it needs MODP-2048 (KE 14), and no plugin provides it: openssl, which has it, is not "
			 "installed, gmp, which has it, is not installed");
	ck_assert_uint_eq(log_capture_count("plugin.not-loaded"), 1);
	ck_assert_ptr_null(strstr(calls, "needs-dh"));
}
END_TEST

START_TEST(a_circle_is_told_as_a_circle)
{
	want(&cyg_plugin_circle_1, "");
	want(&cyg_plugin_circle_2, "");
	want(&cyg_plugin_needs_1, "");
	apply_good();
	ck_assert_int_eq(row("circle-1")->state, REGISTRY_FAILED);
	ck_assert_str_eq(row("circle-1")->why,
			 "plugins need each other in a circle: circle-1 needs SHA2-256 (hash 2) of circle-2, "
			 "circle-2 needs SHA1 (hash 1) of circle-1");
	ck_assert_str_eq(row("circle-2")->why,
			 "plugins need each other in a circle: circle-2 needs SHA1 (hash 1) of circle-1, "
			 "circle-1 needs SHA2-256 (hash 2) of circle-2");
	ck_assert_str_eq(row("needs-1")->why, "it needs SHA1 (hash 1) of circle-1, which cannot start");
	ck_assert_str_eq(calls, "");
	/* A third one breaks it. */
	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_int_eq(row("circle-1")->state, REGISTRY_LOADED);
	ck_assert_int_eq(row("circle-2")->state, REGISTRY_LOADED);
}
END_TEST

START_TEST(a_provider_that_goes_takes_along_who_needs_it)
{
	want(&cyg_plugin_a, "");
	want(&cyg_plugin_needs_1, "");
	apply_good();
	forget_calls();
	want_nothing();
	want(&cyg_plugin_a, "disable = sum");
	want(&cyg_plugin_needs_1, "");
	apply_good();
	ck_assert_str_eq(calls, "stop needs-1@0; stop needs-1@1; fini needs-1; reloaded a@0; reloaded a@1; ");
	ck_assert_str_eq(row("needs-1")->why, "it needs SHA1 (hash 1), and no plugin provides it: a leaves it out "
					      "(plugins/a.conf: disable), openssl, which has it, is not installed");
	want_nothing();
	want(&cyg_plugin_a, "");
	want(&cyg_plugin_needs_1, "");
	apply_good();
	ck_assert_int_eq(row("needs-1")->state, REGISTRY_LOADED);
}
END_TEST

START_TEST(what_a_plugin_adds_when_it_starts_counts)
{
	struct cyg_hash hash;

	want(&cyg_plugin_needs_1, "");
	want(&cyg_plugin_late, "");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(one, 1, &hash), CYG_OK);
	ck_assert_int_eq(row("needs-1")->state, REGISTRY_LOADED);
	ck_assert_int_eq(cyg_plugin_add(hash.provider, (struct cyg_feature)CYG_PROVIDE_HASH(&sum_other)),
			 CYG_REFUSED);
}
END_TEST

/* --- Failing starts --- */

START_TEST(a_failing_init_leaves_nothing)
{
	fail_init_of = CYG_IO;
	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_str_eq(calls, "init a; ");
	ck_assert_str_eq(row("a")->why, "its start failed: input/output error");
	ck_assert_int_eq(cyg_get_hash(one, 1, &(struct cyg_hash){ 0 }), CYG_UNSUPPORTED);
}
END_TEST

START_TEST(a_failing_start_on_one_shard_is_undone_on_the_others)
{
	fail_start_on_two = CYG_LIMIT;
	want(&cyg_plugin_a, "");
	want(&cyg_plugin_quiet_b, "");
	apply_good();
	ck_assert_str_eq(calls, "init a; start a@0; start a@1; stop a@0; fini a; ");
	ck_assert_int_eq(row("a")->state, REGISTRY_FAILED);
	ck_assert_str_eq(row("a")->why, "its start on a shard failed: limit reached");
	ck_assert_int_eq(row("quiet-b")->state, REGISTRY_LOADED);
	/* The next change tries again. */
	fail_start_on_two = CYG_OK;
	apply_good();
	ck_assert_int_eq(row("a")->state, REGISTRY_LOADED);
}
END_TEST

START_TEST(a_shard_that_joins_later_starts_everything_and_leaves_in_reverse)
{
	ck_assert_int_eq(registry_detach(reg, two, NULL), CYG_OK);
	want(&cyg_plugin_a, "");
	want(&cyg_plugin_b, "");
	apply_good();
	ck_assert_str_eq(calls, "init a; start a@0; init b; start b@0; ");
	forget_calls();
	ck_assert_int_eq(registry_attach(reg, two, NULL), CYG_OK);
	ck_assert_str_eq(calls, "start a@1; start b@1; ");
	ck_assert_int_eq(registry_attach(reg, two, NULL), CYG_EXISTS);
	forget_calls();
	ck_assert_int_eq(registry_detach(reg, two, NULL), CYG_OK);
	ck_assert_str_eq(calls, "stop b@1; stop a@1; ");
	ck_assert_int_eq(cyg_get_hash(two, 1, &(struct cyg_hash){ 0 }), CYG_UNSUPPORTED);
	ck_assert_int_eq(registry_detach(reg, two, NULL), CYG_NOT_FOUND);
	fail_start_on_two = CYG_IO;
	ck_assert_int_eq(registry_attach(reg, two, NULL), CYG_IO);
	ck_assert_int_eq(cyg_get_hash(two, 1, &(struct cyg_hash){ 0 }), CYG_UNSUPPORTED);
}
END_TEST

/* --- Options and reload --- */

START_TEST(reload_with_unknown_option_keeps_old_config)
{
	struct cyg_hash hash;

	want(&cyg_plugin_a, "value = 3");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(one, 1, &hash), CYG_OK);
	ck_assert_uint_eq(CYG_CONF(hash.provider, one, struct number)->value, 3);
	forget_calls();
	want_nothing();
	want(&cyg_plugin_a, "\nvlaue = 4");
	want(&cyg_plugin_b, "");
	ck_assert_int_eq(apply(true), CYG_MALFORMED);
	ck_assert_str_eq(registry_errors(reg),
			 "plugins/a.conf:2:1: unknown option 'vlaue' (did you mean 'value'?)\n");
	ck_assert_uint_eq(CYG_CONF(hash.provider, one, struct number)->value, 3);
	ck_assert_str_eq(calls, "");
	ck_assert_int_eq(row("b")->state, REGISTRY_OFF);
}
END_TEST

START_TEST(at_start_a_plugin_with_a_wrong_option_stays_out_and_the_others_load)
{
	want(&cyg_plugin_a, "value = 10");
	want(&cyg_plugin_b, "");
	ck_assert_int_eq(apply(false), CYG_OK);
	ck_assert_int_eq(row("a")->state, REGISTRY_FAILED);
	ck_assert_str_eq(row("a")->why, "plugins/a.conf:1:9: 'value' must be a number from 0 to 9, not '10'");
	ck_assert_int_eq(row("b")->state, REGISTRY_LOADED);
}
END_TEST

START_TEST(rules_between_options_are_asked)
{
	want(&cyg_plugin_a, "value = 7");
	ck_assert_int_eq(apply(true), CYG_MALFORMED);
	ck_assert_str_eq(registry_errors(reg), "plugins/a.conf: value 7 is not for us\n");
}
END_TEST

START_TEST(reload_gives_each_shard_the_new_options)
{
	struct cyg_hash hash;
	uint32_t before;

	want(&cyg_plugin_a, "value = 3");
	apply_good();
	before = cyg_registry_generation(two);
	forget_calls();
	want_nothing();
	want(&cyg_plugin_a, "value = 4");
	apply_good();
	ck_assert_str_eq(calls, "reloaded a@0; reloaded a@1; ");
	ck_assert_int_eq(cyg_get_hash(two, 1, &hash), CYG_OK);
	ck_assert_uint_eq(CYG_CONF(hash.provider, two, struct number)->value, 4);
	ck_assert_uint_eq(CYG_CONF(hash.provider, control, struct number)->value, 4);
	ck_assert_uint_gt(cyg_registry_generation(two), before);
}
END_TEST

START_TEST(load_takes_yes_no_or_a_priority)
{
	want(&cyg_plugin_a, "load = perhaps");
	ck_assert_int_eq(apply(true), CYG_MALFORMED);
	ck_assert_str_eq(registry_errors(reg),
			 "plugins/a.conf: 'load' must be yes, no or a priority from 1 to 1000, not 'perhaps'\n");
	want_nothing();
	/* Options of a plugin that is off are not judged: its table is not known. */
	want(&cyg_plugin_a, "load = no\nvlaue = 4");
	apply_good();
	ck_assert_int_eq(row("a")->state, REGISTRY_OFF);
	ck_assert_str_eq(calls, "");
}
END_TEST

/* --- Unload --- */

static enum cyg_status ended;
static unsigned end_count;

static void on_end(struct cyg_op *op, enum cyg_status status)
{
	ended = status;
	end_count++;
}

START_TEST(unload_waits_for_the_last_user)
{
	struct cyg_hash hash;
	struct cyg_op op;

	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(two, 1, &hash), CYG_OK);
	cyg_plugin_use(hash.provider, two);
	cyg_plugin_use(hash.provider, two);
	ck_assert_uint_eq(row("a")->uses, 2);
	forget_calls();
	want_nothing();
	end_count = 0;
	cyg_op_init(&op, control, on_end);
	ck_assert_int_eq(registry_apply(reg, set, true, &op), CYG_PENDING);
	ck_assert_int_eq(registry_apply(reg, set, true, NULL), CYG_BUSY);
	ck_assert_int_eq(row("a")->state, REGISTRY_DRAINING);
	/* New look-ups have stopped; the one that is in use works on. */
	ck_assert_int_eq(cyg_get_hash(one, 1, &(struct cyg_hash){ 0 }), CYG_UNSUPPORTED);
	ck_assert_int_eq(hash.ops->compute(hash.instance, NULL, 0, &(uint8_t){ 0 }), CYG_OK);
	cyg_plugin_release(hash.provider, two);
	ck_assert(shard_settle(group, 100));
	ck_assert_str_eq(calls, "");
	cyg_plugin_release(hash.provider, two);
	ck_assert_str_eq(calls, "");
	ck_assert(shard_settle(group, 100));
	ck_assert_str_eq(calls, "stop a@0; stop a@1; fini a; ");
	ck_assert_uint_eq(end_count, 1);
	ck_assert_int_eq(ended, CYG_OK);
	ck_assert_int_eq(row("a")->state, REGISTRY_OFF);
	ck_assert_uint_eq(instances_left, 0);
}
END_TEST

START_TEST(a_plugin_still_in_use_after_the_deadline_stays_with_its_users)
{
	struct cyg_hash hash;
	struct cyg_op op;

	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(two, 1, &hash), CYG_OK);
	cyg_plugin_use(hash.provider, two);
	cyg_plugin_use(hash.provider, one);
	cyg_plugin_use(hash.provider, one);
	forget_calls();
	want_nothing();
	registry_set_drain_ms(reg, 5000);
	cyg_op_init(&op, control, on_end);
	end_count = 0;
	ck_assert_int_eq(registry_apply(reg, set, true, &op), CYG_PENDING);
	shard_clock_advance(&fake_clock, 4999);
	ck_assert(shard_settle(group, 100));
	ck_assert_uint_eq(end_count, 0);
	shard_clock_advance(&fake_clock, 2);
	ck_assert(shard_settle(group, 100));
	ck_assert_uint_eq(end_count, 1);
	ck_assert_int_eq(row("a")->state, REGISTRY_LOADED);
	ck_assert_str_eq(row("a")->why, "it was to be unloaded, but is still in use after 5000 ms: 2 uses on shard 0 "
					"1 uses on shard 1");
	ck_assert_str_eq(calls, "");
	ck_assert_int_eq(cyg_get_hash(one, 1, &hash), CYG_OK);
	cyg_plugin_release(hash.provider, two);
	cyg_plugin_release(hash.provider, one);
	cyg_plugin_release(hash.provider, one);
	/* Now it can go. */
	apply_good();
	ck_assert_str_eq(calls, "stop a@0; stop a@1; fini a; ");
}
END_TEST

START_TEST(a_change_that_nobody_waits_for_any_more_goes_on)
{
	struct cyg_hash hash;
	struct cyg_op op;

	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(two, 1, &hash), CYG_OK);
	cyg_plugin_use(hash.provider, two);
	want_nothing();
	cyg_op_init(&op, control, on_end);
	end_count = 0;
	ck_assert_int_eq(registry_apply(reg, set, true, &op), CYG_PENDING);
	cyg_op_cancel(&op);
	cyg_plugin_release(hash.provider, two);
	ck_assert(shard_settle(group, 100));
	ck_assert_uint_eq(end_count, 0);
	ck_assert_int_eq(row("a")->state, REGISTRY_OFF);
}
END_TEST

START_TEST(the_registry_may_end_while_a_plugin_drains)
{
	struct cyg_hash hash;

	want(&cyg_plugin_a, "");
	apply_good();
	ck_assert_int_eq(cyg_get_hash(two, 1, &hash), CYG_OK);
	cyg_plugin_use(hash.provider, two);
	want_nothing();
	forget_calls();
	ck_assert_int_eq(apply(true), CYG_PENDING);
	forget_rows();
	registry_free(reg);
	reg = NULL;
	ck_assert_str_eq(calls, "stop a@1; stop a@0; fini a; ");
}
END_TEST

START_TEST(a_plugin_can_come_and_go_many_times)
{
	struct cyg_hash hash;

	for (int i = 0; i < 100; i++) {
		want_nothing();
		want(&cyg_plugin_a, "");
		apply_good();
		ck_assert_int_eq(cyg_get_hash(one, 1, &hash), CYG_OK);
		want_nothing();
		apply_good();
		ck_assert_int_eq(cyg_get_hash(one, 1, &hash), CYG_UNSUPPORTED);
	}
}
END_TEST

/* --- The harness itself --- */

static struct cyg_timer leaked_timer;

static void never(struct cyg_shard *shard, struct cyg_timer *timer)
{
}

static enum cyg_status leak_on_start(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	if (cyg_shard_index(shard) == 0) {
		cyg_timer_set(shard, &leaked_timer, cyg_shard_now_ms(shard) + 1000000, never);
		cyg_plugin_use(ctx, shard);
	}
	return CYG_OK;
}
CYG_PLUGIN(leaky, "leaky", .shard_start = leak_on_start);

START_TEST(the_harness_finds_what_a_plugin_left)
{
	struct harness *h = harness_start(&cyg_plugin_leaky, NULL);
	char text[256];
	struct cyg_strbuf b = CYG_STRBUF(text);

	harness_step(h, 10);
	ck_assert(!harness_end(h, &b));
	ck_assert_str_eq(text, "1 uses of leaky were not released; 1 timers left on shard 0; ");
}
END_TEST

START_TEST(the_harness_starts_reloads_and_ends_one_plugin)
{
	struct harness *h = harness_start(&cyg_plugin_a, "value = 2");
	struct cyg_plugin_ctx *ctx;

	harness_feature(h, CYG_HASH, &ctx);
	ck_assert_uint_eq(CYG_CONF(ctx, h->shard, struct number)->value, 2);
	ck_assert_int_eq(harness_reload(h, &cyg_plugin_a, "value = x"), CYG_MALFORMED);
	ck_assert_int_eq(harness_reload(h, &cyg_plugin_a, "value = 6"), CYG_OK);
	ck_assert_uint_eq(CYG_CONF(ctx, h->shard, struct number)->value, 6);
	harness_stop(h);
}
END_TEST

Suite *registry_suite(void)
{
	Suite *suite = suite_create("registry");
	TCase *tc = tcase_create("registry"), *harness = tcase_create("harness");

	tcase_add_checked_fixture(tc, open_stage, close_stage);
	tcase_add_checked_fixture(tc, NULL, forget_rows);
	tcase_add_test(tc, a_look_up_makes_one_instance_per_shard_and_keeps_it);
	tcase_add_test(tc, control_has_look_ups_of_its_own);
	tcase_add_test(tc, an_instance_outlives_a_change_that_does_not_concern_it);
	tcase_add_test(tc, of_two_providers_the_first_in_order_is_used);
	tcase_add_test(tc, of_two_providers_the_one_with_the_higher_priority_is_used);
	tcase_add_test(tc, what_is_disabled_is_the_other_providers);
	tcase_add_test(tc, a_wrong_word_in_disable_is_told_with_the_nearest_one);
	tcase_add_test(tc, what_is_missing_is_named_with_what_would_mend_it);
	tcase_add_test(tc, without_openssl_and_gmp_one_line_names_both);
	tcase_add_test(tc, what_fails_its_self_test_is_never_offered);
	tcase_add_test(tc, a_descriptor_with_an_empty_entry_is_refused);
	tcase_add_test(tc, plugins_start_in_the_order_of_their_needs);
	tcase_add_test(tc, an_optional_need_may_stay_unmet);
	tcase_add_test(tc, an_unmet_need_skips_that_plugin_with_one_line);
	tcase_add_test(tc, a_circle_is_told_as_a_circle);
	tcase_add_test(tc, a_provider_that_goes_takes_along_who_needs_it);
	tcase_add_test(tc, what_a_plugin_adds_when_it_starts_counts);
	tcase_add_test(tc, a_failing_init_leaves_nothing);
	tcase_add_test(tc, a_failing_start_on_one_shard_is_undone_on_the_others);
	tcase_add_test(tc, a_shard_that_joins_later_starts_everything_and_leaves_in_reverse);
	tcase_add_test(tc, reload_with_unknown_option_keeps_old_config);
	tcase_add_test(tc, at_start_a_plugin_with_a_wrong_option_stays_out_and_the_others_load);
	tcase_add_test(tc, rules_between_options_are_asked);
	tcase_add_test(tc, reload_gives_each_shard_the_new_options);
	tcase_add_test(tc, load_takes_yes_no_or_a_priority);
	tcase_add_test(tc, unload_waits_for_the_last_user);
	tcase_add_test(tc, a_plugin_still_in_use_after_the_deadline_stays_with_its_users);
	tcase_add_test(tc, a_change_that_nobody_waits_for_any_more_goes_on);
	tcase_add_test(tc, the_registry_may_end_while_a_plugin_drains);
	tcase_add_test(tc, a_plugin_can_come_and_go_many_times);
	suite_add_tcase(suite, tc);
	tcase_add_test(harness, the_harness_finds_what_a_plugin_left);
	tcase_add_test(harness, the_harness_starts_reloads_and_ends_one_plugin);
	suite_add_tcase(suite, harness);
	return suite;
}
