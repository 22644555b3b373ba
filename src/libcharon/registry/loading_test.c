/* SPDX-License-Identifier: MIT */
/* Plugins as files: where they are found, and what is said about those that are none. */
#include "registry/registry.h"
#include "registry/registry_tests.h"
#include "shard/shard.h"

#include "log/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct cyg_shard *shard, *control;
static struct registry *reg;
static struct registry_set *set;
static struct registry_row *rows;
static size_t count;
static char dir[64], conf_dir[80];

static void shell(const char *format, ...) CYG_PRINTF(1, 2);
static void shell(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	ck_assert_msg(system(command) == 0, "%s", command);
}

static void open_stage(void)
{
	strcpy(dir, "/tmp/cygnet-plugins-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(conf_dir, sizeof(conf_dir), "%s/conf", dir);
	ck_assert_int_eq(mkdir(conf_dir, 0700), 0);
	log_capture_start();
	shard = shard_manual_new(NULL);
	control = shard_group_control(shard_group_of(shard));
	reg = registry_new(control);
	ck_assert_int_eq(registry_attach(reg, shard, NULL), CYG_OK);
	ck_assert_int_eq(registry_add_dir(reg, dir), CYG_OK);
	set = registry_set_new();
}

static void close_stage(void)
{
	registry_rows_free(rows, count);
	rows = NULL;
	count = 0;
	registry_set_free(set);
	registry_free(reg);
	shard_manual_free(shard);
	log_capture_stop();
	shell("rm -rf %s", dir);
}

/* A built object under the name of a plugin. */
static void install(const char *object, const char *as)
{
	shell("cp " FIXTURE_DIR "/%s.so %s/%s.so", object, dir, as);
}

static void scan(void)
{
	const char *const dirs[] = { dir, NULL };

	ck_assert_int_eq(registry_set_scan(set, dirs, conf_dir, NULL), CYG_OK);
	ck_assert_int_eq(registry_apply(reg, set, false, NULL), CYG_OK);
	ck_assert_int_eq(registry_describe(reg, &rows, &count), CYG_OK);
}

static void expect_failed(const char *name, const char *text)
{
	char want[512];

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		snprintf(want, sizeof(want), "%s%s", text[0] == '/' ? dir : "", text);
		ck_assert_int_eq(rows[i].state, REGISTRY_FAILED);
		ck_assert_msg(strncmp(rows[i].why, want, strlen(want)) == 0, "%s: %s", name, rows[i].why);
		return;
	}
	ck_abort_msg("no plugin %s", name);
}

static const struct registry_row *loaded(const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].name, name) == 0) {
			ck_assert_msg(rows[i].state == REGISTRY_LOADED, "%s: %s", name, rows[i].why);
			return &rows[i];
		}
	}
	ck_abort_msg("no plugin %s", name);
}

START_TEST(a_plugin_is_found_where_it_is_installed)
{
	install("fixture-good", "fixture-good");
	scan();
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(loaded("fixture-good")->version, "1.2");
	ck_assert_str_eq(rows[0].summary, "a plugin of the tests");
	ck_assert_ptr_nonnull(strstr(rows[0].path, "/fixture-good.so"));
}
END_TEST

START_TEST(a_plugin_is_found_where_it_is_built)
{
	shell("mkdir -p %s/fixture-good/.libs && cp " FIXTURE_DIR "/fixture-good.so %s/fixture-good/.libs/", dir, dir);
	shell("mkdir %s/not-built", dir);
	scan();
	ck_assert_uint_eq(count, 1);
	loaded("fixture-good");
}
END_TEST

START_TEST(another_abi_is_told_with_both_numbers)
{
	char want[256];

	install("fixture-abi", "fixture-abi");
	install("fixture-good", "fixture-good");
	scan();
	snprintf(want, sizeof(want),
		 "/fixture-abi.so was built for plugin ABI %u (descriptor of %zu octets), this program has ABI %u "
		 "(%zu octets): build it again", CYG_PLUGIN_ABI + 1, sizeof(struct cyg_plugin) - 8, CYG_PLUGIN_ABI,
		 sizeof(struct cyg_plugin));
	expect_failed("fixture-abi", want);
	loaded("fixture-good");
}
END_TEST

START_TEST(files_that_are_no_plugins_are_told_and_the_others_load)
{
	install("fixture-good", "fixture-good");
	install("fixture-none", "none");
	install("fixture-name", "fixture-name");
	shell("echo 'I am a text.' > %s/text.so", dir);
	shell(": > %s/empty.so", dir);
	shell("mkdir %s/folder.so", dir);
	shell("head -c 600 %s/fixture-good.so > %s/cut.so", dir, dir);
	shell("echo 'load = yes' > %s/absent.conf", conf_dir);
	scan();
	loaded("fixture-good");
	expect_failed("none", "/none.so is no plugin: it has no symbol 'cyg_plugin_descriptor'");
	expect_failed("fixture-name", "/fixture-name.so calls itself 'somebody-else', not 'fixture-name'");
	expect_failed("text", "/text.so cannot be opened: ");
	expect_failed("empty", "/empty.so cannot be opened: ");
	expect_failed("cut", "/cut.so is cut short");
	expect_failed("folder", "/folder.so is a directory, not a shared object");
	expect_failed("absent", "there is no absent.so in ");
	ck_assert_uint_eq(log_capture_count("plugin.not-loaded"), 7);
}
END_TEST

START_TEST(a_conf_that_is_none_is_told)
{
	install("fixture-good", "fixture-good");
	shell("mkdir %s/fixture-good.conf", conf_dir);
	scan();
	expect_failed("fixture-good", "plugins/fixture-good.conf: is a directory, not a file");
	ck_assert_str_eq(registry_errors(reg), "plugins/fixture-good.conf: is a directory, not a file\n");
}
END_TEST

START_TEST(confs_are_read_and_an_absent_plugin_that_is_off_is_no_error)
{
	install("fixture-good", "fixture-good");
	shell("echo 'load = 77' > %s/fixture-good.conf", conf_dir);
	shell("echo 'load = no' > %s/absent.conf", conf_dir);
	shell("echo 'load = no' > '%s/strange name.conf'", conf_dir);
	scan();
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(loaded("fixture-good")->priority, 77);
	ck_assert_str_eq(registry_errors(reg), "");
	ck_assert_uint_eq(log_capture_count("plugin.not-loaded"), 0);
}
END_TEST

START_TEST(the_configured_order_comes_first_then_ours_then_by_name)
{
	static const char *const order[] = { "zebra", NULL };
	static const char *const want[] = { "zebra", "openssl", "gmp", "ant", "bee" };

	shell("cd %s && for n in bee gmp ant openssl zebra; do echo 'load = no' > $n.conf; done", conf_dir);
	ck_assert_int_eq(registry_set_scan(set, NULL, conf_dir, order), CYG_OK);
	ck_assert_int_eq(registry_apply(reg, set, true, NULL), CYG_OK);
	ck_assert_int_eq(registry_describe(reg, &rows, &count), CYG_OK);
	ck_assert_uint_eq(count, CYG_COUNT(want));
	for (size_t i = 0; i < count; i++)
		ck_assert_str_eq(rows[i].name, want[i]);
}
END_TEST

START_TEST(names_that_lead_out_of_the_directory_are_refused)
{
	ck_assert_int_eq(registry_set_add(set, "../evil", "x", CYG_STR("")), CYG_MALFORMED);
	ck_assert_int_eq(registry_set_add(set, "", "x", CYG_STR("")), CYG_MALFORMED);
	ck_assert_int_eq(registry_set_add(set, "-x", "x", CYG_STR("")), CYG_MALFORMED);
	ck_assert_int_eq(registry_set_add(set, "kernel-tun", "x", CYG_STR("")), CYG_OK);
	ck_assert_int_eq(registry_set_add(set, "kernel-tun", "x", CYG_STR("")), CYG_EXISTS);
}
END_TEST

Suite *loading_suite(void)
{
	Suite *suite = suite_create("loading");
	TCase *tc = tcase_create("loading");

	tcase_add_checked_fixture(tc, open_stage, close_stage);
	tcase_add_test(tc, a_plugin_is_found_where_it_is_installed);
	tcase_add_test(tc, a_plugin_is_found_where_it_is_built);
	tcase_add_test(tc, another_abi_is_told_with_both_numbers);
	tcase_add_test(tc, files_that_are_no_plugins_are_told_and_the_others_load);
	tcase_add_test(tc, a_conf_that_is_none_is_told);
	tcase_add_test(tc, confs_are_read_and_an_absent_plugin_that_is_off_is_no_error);
	tcase_add_test(tc, the_configured_order_comes_first_then_ours_then_by_name);
	tcase_add_test(tc, names_that_lead_out_of_the_directory_are_refused);
	suite_add_tcase(suite, tc);
	return suite;
}
