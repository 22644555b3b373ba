/* SPDX-License-Identifier: MIT */
#include "config/config_tests.h"
#include "config/keyring.h"

#include <stdlib.h>

struct config_grammar *kit_grammar;
struct config_findings kit_findings;
struct cyg_config *kit_config;
static char *texts;

/* --- Tables of two plugins --- */

static enum cyg_status apply_pool(struct cyg_build *build, void *object,
				  const struct cyg_args *args)
{
	struct kit_pool *pool = object;
	struct cyg_strbuf last = CYG_STRBUF(pool->last);

	(void)build;
	pool->lines++;
	cyg_strbuf_add(&last, cyg_args_text(args, "low"));
	return CYG_OK;
}

static enum cyg_status run_go(struct cyg_exec *exec, const struct cyg_args *args)
{
	(void)exec;
	(void)args;
	return CYG_OK;
}

static const struct cyg_mode loaded_modes[] = {
	{ .name = "kit-pool",
	  .parent = "global",
	  .what = "pool",
	  .object_size = sizeof(struct kit_pool) },
	{ .name = "kit-text", .parent = "global", .prompt = "config-text", .what = "text" },
	{ .name = "kit-list", .parent = "global", .prompt = "config-list", .what = "list" },
	{ 0 },
};

static const struct cyg_command loaded_rows[] = {
	{ "global", "ip local pool <name:name> <low:ip4> [<high:ip4>]", "", .defines = "kit-pool",
	  .flags = CYG_CMD_LIST, .apply = apply_pool },
	{ "global", "kit text <name:name>", "", .enters = "kit-text" },
	{ "global", "kit list <name:name>", "", .enters = "kit-list" },
	{ "kit-list", "item <item:word>", "", .flags = CYG_CMD_LIST },
	{ "kit-text", "kit list <list:ref(kit-list)>", "" },
	{ "global", "kit go <number:uint(1-9)>", "Goes.", .run = run_go },
	{ "kit-text", "banner <text:delimited>", "" },
	{ "kit-text", "value <text:string>", "" },
	{ "kit-text", "wild <text:wildcard>", "" },
	{ "kit-text", "net6 <net:prefix6>", "" },
	{ "exec", "show kit [detail] [name <name:word>]", "Shows things." },
	{ "exec", "show kittens", "Shows others." },
	{ "exec", "clear kit <number:uint(1-9)>", "Clears things." },
	{ 0 },
};

const struct cyg_command_table kit_loaded_commands = { .modes = loaded_modes,
						       .commands = loaded_rows };

static const struct cyg_mode absent_modes[] = {
	{ .name = "kit-absent", .parent = "global", .prompt = "config-absent", .what = "absent" },
	{ 0 },
};

static const struct cyg_command absent_rows[] = {
	{ "global", "absent thing <name:name>", "", .enters = "kit-absent" },
	{ "kit-absent", "colour <colour:word>", "" },
	{ "interface", "absent mark <number:uint(0-9)>", "" },
	{ 0 },
};

const struct cyg_command_table kit_absent_commands = { .modes = absent_modes,
						       .commands = absent_rows };

/* --- The kit --- */

void kit_setup(void)
{
	static const struct config_table tables[] = {
		{ &config_core_commands, NULL, true },
		{ &kit_loaded_commands, "kit", true },
		{ &config_tacacs_commands, CONFIG_TACACS, false },
		{ &kit_absent_commands, "gone", false },
	};
	char text[256];
	struct cyg_strbuf why = CYG_STRBUF(text);

	ck_assert_msg(config_grammar_new(tables, CYG_COUNT(tables), &kit_grammar, &why) == CYG_OK,
		      "%s", text);
}

static void forget(void)
{
	config_findings_done(&kit_findings);
	free(texts);
	texts = NULL;
}

void kit_teardown(void)
{
	forget();
	config_unref(kit_config);
	kit_config = NULL;
	config_grammar_unref(kit_grammar);
	kit_grammar = NULL;
}

enum cyg_status kit_reparse(const char *text)
{
	struct cyg_config *before = kit_config;
	enum cyg_status status;

	forget();
	kit_config = NULL;
	status = config_parse_text(kit_grammar, "t", cyg_str(text), before, &kit_findings,
				   &kit_config);
	config_unref(before);
	return status;
}

enum cyg_status kit_parse(const char *text)
{
	config_unref(kit_config);
	kit_config = NULL;
	return kit_reparse(text);
}

const char *kit_codes(void)
{
	size_t len;
	FILE *out;

	free(texts);
	texts = NULL;
	out = open_memstream(&texts, &len);
	ck_assert_ptr_nonnull(out);
	for (size_t i = 0; i < kit_findings.count; i++)
		fprintf(out, "%u %s %s\n", kit_findings.items[i].line,
			config_severity_text(kit_findings.items[i].severity),
			kit_findings.items[i].code);
	fclose(out);
	return texts;
}

const char *kit_texts(void)
{
	size_t len;
	FILE *out;

	free(texts);
	texts = NULL;
	out = open_memstream(&texts, &len);
	ck_assert_ptr_nonnull(out);
	config_findings_print(&kit_findings, "t", out);
	fclose(out);
	return texts;
}

char *kit_render(const struct cyg_config *config, unsigned flags)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(config_render(config, flags, out), CYG_OK);
	fclose(out);
	return text;
}

const void *kit_object(const char *mode, const char *name)
{
	ck_assert_ptr_nonnull(kit_config);
	return cyg_config_object(kit_config, mode, cyg_str(name), false);
}

const struct config_peer *kit_first_peer(const struct config_keyring *keyring)
{
	const struct config_peer *peer = NULL;

	ck_assert_uint_eq(keyring_first(keyring, &peer, 1), 1);
	return peer;
}

int main(void)
{
	SRunner *runner = srunner_create(map_suite());
	int failed;

	srunner_add_suite(runner, lines_suite());
	srunner_add_suite(runner, grammar_suite());
	srunner_add_suite(runner, parse_suite());
	srunner_add_suite(runner, objects_suite());
	srunner_add_suite(runner, commands_suite());
	srunner_add_suite(runner, snapshot_suite());
	srunner_add_suite(runner, prompt_suite());
	srunner_add_suite(runner, render_suite());
	srunner_add_suite(runner, round_trip_suite());
	srunner_add_suite(runner, file_suite());
	srunner_add_suite(runner, pki_suite());
	srunner_add_suite(runner, obscured_suite());
	srunner_add_suite(runner, sealed_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
