/* SPDX-License-Identifier: MIT */
/* A configuration on its way to shards that are stepped by hand. */
#include "auth/pki.h"
#include "control/control_tests.h"
#include "control/publish.h"

static struct daemon daemon_;
static unsigned freed, told;

static void thing_done(void *object)
{
	freed++;
}

static const struct cyg_mode modes[] = {
	{ .name = "thing", .parent = "global", .prompt = "config-thing", .what = "thing", .object_size = 1, .done = thing_done },
	{ 0 },
};
static const struct cyg_command commands[] = {
	{ .mode = "global", .syntax = "thing <name:name>", .help = "Is something that can be freed.", .enters = "thing" },
	{ 0 },
};
static const struct cyg_command_table things = { .modes = modes, .commands = commands };

static void setup(void)
{
	const struct config_table tables[] = { { &config_core_commands, NULL, true }, { &things, NULL, true } };
	const struct shard_manual manual = { .workers = 2, .seed = 1 };
	char reason[300];
	struct cyg_strbuf why = CYG_STRBUF(reason);

	daemon_ = (struct daemon){ .shard_count = 2 };
	freed = told = 0;
	ck_assert_int_eq(shard_manual_group_new(&manual, &daemon_.group), CYG_OK);
	daemon_.control = shard_group_control(daemon_.group);
	ck_assert_msg(config_grammar_new(tables, CYG_COUNT(tables), &daemon_.grammar, &why) == CYG_OK, "%s", reason);
}

static void teardown(void)
{
	for (unsigned i = 0; i < daemon_.shard_count; i++) {
		struct cyg_shard *shard = shard_group_worker(daemon_.group, i);

		config_unref(shard->config);
		shard->config = NULL;
	}
	config_unref(daemon_.config);
	pki_unref(daemon_.pki);
	config_grammar_unref(daemon_.grammar);
	shard_group_free(daemon_.group);
}

static void count(struct daemon *daemon, void *ctx)
{
	told++;
}

static void publish(const char *text)
{
	struct config_findings findings = { 0 };
	struct cyg_config *config;

	ck_assert_int_eq(config_parse_text(daemon_.grammar, "test", cyg_str(text), NULL, &findings, &config), CYG_OK);
	ck_assert_int_eq(publish_config(&daemon_, config, count, NULL), CYG_OK);
	config_unref(config);
}

START_TEST(a_snapshot_is_freed_by_the_control_thread_when_the_last_shard_has_left_it)
{
	publish("thing x\n");
	ck_assert(shard_settle(daemon_.group, 100));
	ck_assert_uint_eq(told, 1);
	publish("hostname gw2\n");
	(void)shard_step(shard_group_worker(daemon_.group, 0));
	(void)shard_step(shard_group_worker(daemon_.group, 1));
	ck_assert_ptr_eq(shard_group_worker(daemon_.group, 0)->config, daemon_.config);
	ck_assert_ptr_eq(shard_group_worker(daemon_.group, 1)->config, daemon_.config);
	ck_assert_uint_eq(told, 1);
	ck_assert_uint_eq(freed, 0);
	ck_assert(shard_settle(daemon_.group, 100));
	ck_assert_uint_eq(told, 2);
	ck_assert_uint_eq(freed, 1);
}
END_TEST

Suite *control_publish_suite(void)
{
	Suite *suite = suite_create("control: publishing");
	TCase *tests = tcase_create("publishing");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_snapshot_is_freed_by_the_control_thread_when_the_last_shard_has_left_it);
	suite_add_tcase(suite, tests);
	return suite;
}
