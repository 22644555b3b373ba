/* SPDX-License-Identifier: MIT */
/* Configuration text as a file, as typed lines and as exec lines; what is taken renders to what is taken. */
#include "testing/fuzz/fuzz.h"

#include "config/config.h"
#include "config/objects.h"

#include <stdlib.h>

/* A plugin with the types that the core's rows do not use. */
static const struct cyg_mode modes[] = {
	{ .name = "text", .parent = "global", .prompt = "config-text", .what = "text" },
	{ 0 },
};
static const struct cyg_command rows[] = {
	{ "global", "text <name:name>", "", .enters = "text" },
	{ "text", "banner <text:delimited>", "" },
	{ "text", "value <text:string> [wild <mask:wildcard>]", "", .flags = CYG_CMD_LIST },
	{ "exec", "show text [detail] [name <name:word>]", "" },
	{ "exec", "clear text <number:uint(1-9)>", "" },
	{ 0 },
};
static const struct cyg_command_table table = { .modes = modes, .commands = rows };

/* The plugins' own, whose rows meet the same text. */
extern const struct cyg_command_table address_pool_commands, anyconnect_commands, authz_policy_commands, dhcp_commands,
	name_mangler_commands, radius_commands;

static struct config_grammar *grammar(void)
{
	static const struct config_table tables[] = {
		{ &config_core_commands, NULL, true },
		{ &config_tacacs_commands, CONFIG_TACACS, false },
		{ &table, "text", true },
		{ &address_pool_commands, "address-pool", true },
		{ &anyconnect_commands, "anyconnect", true },
		{ &authz_policy_commands, "authz-policy", true },
		{ &dhcp_commands, "dhcp", true },
		{ &name_mangler_commands, "name-mangler", true },
		{ &radius_commands, "radius", true },
	};
	static struct config_grammar *made;
	char text[200];
	struct cyg_strbuf why = CYG_STRBUF(text);

	if (!made)
		FUZZ_CHECK(config_grammar_new(tables, CYG_COUNT(tables), &made, &why) == CYG_OK);
	return made;
}

static char *render(const struct cyg_config *config)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	FUZZ_CHECK(out && config_render(config, CONFIG_RENDER_SECRETS, out) == CYG_OK);
	FUZZ_CHECK(fclose(out) == 0);
	return text;
}

static enum cyg_status parse(struct cyg_str text, const struct cyg_config *previous,
			     struct cyg_config **out)
{
	struct config_findings findings = { 0 };
	enum cyg_status status =
		config_parse_text(grammar(), "fuzz", text, previous, &findings, out);

	FUZZ_CHECK((status == CYG_OK) == (findings.errors == 0));
	config_findings_done(&findings);
	return status;
}

static void as_file(struct cyg_str text)
{
	struct cyg_config *first = NULL, *second = NULL;
	char *one, *two;

	if (parse(text, NULL, &first) != CYG_OK)
		return;
	/* A profile is usable, and has another key or policy than those of the corpus. */
	FUZZ_PLANT(config_view(first)->profile_count > 0 &&
		   (config_view(first)->policy_count == 1 ||
		    config_view(first)->profiles[0]->key_local.len > 1));
	one = render(first);
	FUZZ_CHECK(parse(cyg_str(one), first, &second) == CYG_OK);
	two = render(second);
	FUZZ_CHECK(strcmp(one, two) == 0);
	FUZZ_CHECK(config_same(first, second));
	free(one);
	free(two);
	config_unref(first);
	config_unref(second);
}

static void type(struct cyg_config **config, struct config_position *position, struct cyg_str line)
{
	struct config_findings findings = { 0 };
	struct config_candidates words = { 0 };
	struct config_match match = { 0 };
	struct config_typed typed = { 0 };
	enum cyg_status status;

	status = config_run_line(*config, position, line, &findings, &typed);
	FUZZ_CHECK(status == CYG_OK || (status == CYG_REFUSED && findings.errors && !typed.config));
	if (typed.config) {
		FUZZ_CHECK(typed.said != NULL);
		config_unref(*config);
		*config = config_ref(typed.config);
	}
	config_typed_done(&typed);
	FUZZ_CHECK(config_prompt(grammar(), position) != NULL);
	config_findings_done(&findings);
	if (config_match_exec(grammar(), line, &match, &findings) == CYG_OK)
		config_match_done(&match);
	else
		FUZZ_CHECK(findings.errors == 1);
	config_findings_done(&findings);
	FUZZ_CHECK(config_complete(grammar(), *config, position, line, &words) == CYG_OK);
	config_candidates_done(&words);
	FUZZ_CHECK(config_complete(grammar(), *config, NULL, line, &words) == CYG_OK);
	config_candidates_done(&words);
}

static void as_typed(struct cyg_str text)
{
	struct config_position position = { 0 };
	struct cyg_config *config = NULL;
	unsigned lines = 0;

	FUZZ_CHECK(config_empty(grammar(), &config) == CYG_OK);
	while (text.len && lines++ < 10) {
		struct cyg_str line = cyg_str_head(text, cyg_str_span_until(text, "\n"));

		text = cyg_str_tail(text, line.len + 1);
		type(&config, &position, line);
	}
	config_unref(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cyg_str text = cyg_str_n((const char *)data, size);

	as_file(text);
	if (size % 4 == 0)
		as_typed(text);
	return 0;
}
