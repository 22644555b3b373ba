/* SPDX-License-Identifier: MIT */
#include "config/config_tests.h"

#include <stdlib.h>

static struct config_position position;
static enum config_line_kind kind;
static bool secret;
static char said[400];

/* Types a line; the snapshot moves on if it changed something. */
static enum cyg_status type(const char *line)
{
	struct config_typed typed = { 0 };
	enum cyg_status status;

	config_findings_done(&kit_findings);
	status = config_run_line(kit_config, &position, cyg_str(line), &kit_findings, &typed);
	kind = typed.kind;
	secret = typed.secret;
	snprintf(said, sizeof(said), "%s", typed.said ? typed.said : "");
	if (typed.config) {
		config_unref(kit_config);
		kit_config = config_ref(typed.config);
	}
	config_typed_done(&typed);
	return status;
}

static void start(void)
{
	kit_setup();
	position = (struct config_position){ 0 };
	ck_assert_int_eq(config_empty(kit_grammar, &kit_config), CYG_OK);
}

START_TEST(a_typed_line_that_nothing_acts_on_says_so)
{
	ck_assert_int_eq(type("crypto ikev2 disconnect-revoked-peers"), CYG_OK);
	ck_assert_uint_eq(kit_findings.count, 1);
	ck_assert_str_eq(kit_findings.items[0].code, "no-effect");
	ck_assert_int_eq(kit_findings.items[0].severity, CONFIG_WARNING);
	ck_assert_int_eq(type("no crypto ikev2 disconnect-revoked-peers"), CYG_OK);
	ck_assert_uint_eq(kit_findings.count, 0);
	ck_assert_int_eq(type("crypto ikev2 window 7"), CYG_OK);
	ck_assert_uint_eq(kit_findings.count, 0);
}
END_TEST

START_TEST(lines_typed_one_after_the_other_make_objects)
{
	const struct config_keyring *k;

	ck_assert_int_eq(type("crypto ikev2 keyring K"), CYG_OK);
	ck_assert_str_eq(config_prompt(kit_grammar, &position), "config-ikev2-keyring");
	ck_assert_int_eq(type(" peer A"), CYG_OK);
	ck_assert_str_eq(config_prompt(kit_grammar, &position), "config-ikev2-keyring-peer");
	ck_assert_int_eq(type("address 10.0.0.1"), CYG_OK);
	ck_assert_int_eq(type("pre-shared-key x"), CYG_OK);
	k = kit_object(MODE_KEYRING, "K");
	ck_assert_uint_eq(k->peer_count, 1);
	ck_assert_int_eq(type("exit"), CYG_OK);
	ck_assert_int_eq(type("no peer A"), CYG_OK);
	ck_assert_uint_eq(
		((const struct config_keyring *)kit_object(MODE_KEYRING, "K"))->peer_count, 0);
	ck_assert_int_eq(type("exit"), CYG_OK);
	ck_assert_str_eq(config_prompt(kit_grammar, &position), "config");
	ck_assert_int_eq(kind, CONFIG_LINE_DONE);
	ck_assert_int_eq(type("exit"), CYG_OK);
	ck_assert_int_eq(kind, CONFIG_LINE_LEAVE);
}
END_TEST

START_TEST(a_wrong_line_is_refused_and_nothing_else)
{
	const struct cyg_config *before;

	ck_assert_int_eq(type("crypto ikev2 proposal A"), CYG_OK);
	before = kit_config;
	ck_assert_int_eq(type("group 3"), CYG_REFUSED);
	ck_assert_uint_eq(kit_findings.errors, 1);
	ck_assert_ptr_eq(kit_config, before);
	ck_assert_str_eq(config_prompt(kit_grammar, &position), "config-ikev2-proposal");
	ck_assert_int_eq(type("foo"), CYG_REFUSED);
	ck_assert_int_eq(type("group 14"), CYG_OK);
}
END_TEST

START_TEST(a_line_that_spoils_a_smart_default_is_refused)
{
	ck_assert_int_eq(type("crypto ikev2 proposal default"), CYG_OK);
	ck_assert_int_eq(type("integrity sha256"), CYG_OK);
	ck_assert_int_eq(type("encryption aes-gcm-128"), CYG_REFUSED);
	ck_assert_str_eq(kit_codes(), "0 error conflict\n");
	ck_assert_int_eq(type("encryption aes-gcm-128 aes-cbc-128"), CYG_OK);
}
END_TEST

START_TEST(a_text_without_its_delimiter_waits_for_the_next_line)
{
	ck_assert_int_eq(type("kit text T"), CYG_OK);
	ck_assert_int_eq(type("banner ^CHello"), CYG_OK);
	ck_assert_int_eq(kind, CONFIG_LINE_OPEN);
	ck_assert_int_eq(type("banner ^CHello\n end"), CYG_OK);
	ck_assert_int_eq(kind, CONFIG_LINE_OPEN);
	ck_assert_int_eq(type("banner ^CHello\n end\nthere^C"), CYG_OK);
	ck_assert_int_eq(kind, CONFIG_LINE_DONE);
	ck_assert_str_eq(said, "banner ^CHello\n end\nthere^C");
	ck_assert_int_eq(type("banner #Hello\nthere# x"), CYG_REFUSED);
}
END_TEST

START_TEST(warnings_are_those_of_the_line_typed)
{
	ck_assert_int_eq(type("crypto ikev2 policy A"), CYG_OK);
	ck_assert_int_eq(type("proposal no"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "0 warning undefined-reference\n");
	ck_assert_int_eq(type("match fvrf any"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "");
}
END_TEST

/* Which profiles serve AnyConnect goes from snapshot to snapshot: no line that is typed looks at all of them. */
START_TEST(certificates_by_url_are_judged_by_the_profiles_that_there_are)
{
	static const char *const without = "0 warning no-effect\n", *const with = "0 warning no-effect\n0 warning unsuitable\n";
	static const struct {
		const char *lines[6];
		bool unsuitable;
	} steps[] = {
		{ { "crypto ikev2 profile A", "authentication remote eap", "exit" }, false },
		{ { "crypto ikev2 profile B", "authentication remote anyconnect-eap aggregate", "exit" }, true },
		{ { "crypto ikev2 profile B", "description another line", "exit" }, true },
		{ { "crypto ikev2 profile C", "aaa authorization user anyconnect-eap cached", "exit", "no crypto ikev2 profile B" }, true },
		{ { "crypto ikev2 profile C", "no aaa authorization user anyconnect-eap cached", "exit" }, false },
		{ { "crypto ikev2 profile B", "authentication remote anyconnect-eap aggregate", "shutdown", "exit" }, true },
		{ { "no crypto ikev2 profile B" }, false },
	};

	for (size_t i = 0; i < CYG_COUNT(steps); i++) {
		for (size_t n = 0; n < CYG_COUNT(steps[i].lines) && steps[i].lines[n]; n++)
			ck_assert_int_eq(type(steps[i].lines[n]), CYG_OK);
		ck_assert_int_eq(type("crypto ikev2 http-url cert"), CYG_OK);
		ck_assert_msg(strcmp(kit_codes(), steps[i].unsuitable ? with : without) == 0, "step %zu: %s", i, kit_codes());
		ck_assert_int_eq(type("no crypto ikev2 http-url cert"), CYG_OK);
		ck_assert_str_eq(kit_codes(), "");
	}
}
END_TEST

START_TEST(what_was_typed_is_told_in_full_words_without_its_secret)
{
	ck_assert_int_eq(type("crypto ikev2 keyr K"), CYG_OK);
	ck_assert_str_eq(said, "crypto ikev2 keyring K");
	ck_assert(!secret);
	ck_assert_int_eq(type("peer A"), CYG_OK);
	ck_assert_int_eq(type("pre-sh open-sesame"), CYG_OK);
	ck_assert_str_eq(said, "pre-shared-key <secret>");
	ck_assert(secret);
	ck_assert_int_eq(type("no pre-shared-key"), CYG_OK);
	ck_assert_str_eq(said, "no pre-shared-key");
	ck_assert_int_eq(type("default crypto ikev2 proposal default"), CYG_OK);
	ck_assert_str_eq(said, "default crypto ikev2 proposal default");
	ck_assert_int_eq(type("exit"), CYG_OK);
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(a_refused_line_with_a_secret_is_known_as_such)
{
	ck_assert_int_eq(type("crypto ikev2 keyring K"), CYG_OK);
	ck_assert_int_eq(type("peer A"), CYG_OK);
	ck_assert_int_eq(type("pre-shared-key open sesame"), CYG_REFUSED);
	ck_assert(secret);
	ck_assert_str_eq(said, "");
	ck_assert_int_eq(type("frobnicate"), CYG_REFUSED);
	ck_assert(!secret);
}
END_TEST

START_TEST(an_action_is_handed_over_and_leaves_nothing)
{
	struct config_findings findings = { 0 };
	struct config_typed typed = { 0 };

	ck_assert_int_eq(config_run_line(kit_config, &position, CYG_STR("kit go 7"), &findings,
					 &typed),
			 CYG_OK);
	ck_assert_int_eq(typed.kind, CONFIG_LINE_ACTION);
	ck_assert_uint_eq(cyg_args_uint(typed.action.args, "number", 0), 7);
	ck_assert_str_eq(typed.said, "kit go 7");
	ck_assert_ptr_null(typed.config);
	config_typed_done(&typed);
	ck_assert_int_eq(kit_parse("kit go 7\n"), CYG_OK);
	ck_assert_ptr_nonnull(strstr(kit_texts(), "[ignored-command]"));
}
END_TEST

START_TEST(exit_may_be_abbreviated)
{
	ck_assert_int_eq(type("crypto ikev2 keyring K"), CYG_OK);
	ck_assert_int_eq(type("ex"), CYG_OK);
	ck_assert_str_eq(config_prompt(kit_grammar, &position), "config");
	ck_assert_int_eq(kind, CONFIG_LINE_DONE);
	ck_assert_int_eq(type("exi"), CYG_OK);
	ck_assert_int_eq(kind, CONFIG_LINE_LEAVE);
	ck_assert_int_eq(type("e"), CYG_REFUSED);
}
END_TEST

START_TEST(what_is_indented_below_an_ignored_command_is_passed_by_when_it_is_pasted)
{
	ck_assert_int_eq(type("call-home"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "0 note ignored-command\n");
	ck_assert_int_eq(type(" contact-email-addr help@example.com"), CYG_OK);
	ck_assert_int_eq(type(" profile \"x\""), CYG_OK);
	ck_assert_int_eq(type("hostname x"), CYG_OK);
	ck_assert_int_eq(type(" active"), CYG_REFUSED);
	ck_assert_int_eq(type("banner motd ^C"), CYG_OK);
	ck_assert_int_eq(kind, CONFIG_LINE_OPEN);
	ck_assert_int_eq(type("banner motd ^C\nhostname y\n^C"), CYG_OK);
	ck_assert_int_eq(kind, CONFIG_LINE_DONE);
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "x");
}
END_TEST

START_TEST(a_line_that_is_typed_into_an_ignored_block_is_told_so)
{
	ck_assert_int_eq(type("router bgp 65000"), CYG_OK);
	ck_assert_int_eq(type("neighbor 192.0.2.1 remote-as 65001"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "");
	ck_assert_int_eq(type("crypto ikev2 proflie P"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "0 note ignored-command\n");
	ck_assert_int_eq(type("exit"), CYG_OK);
	ck_assert_int_eq(type("crypto ikev2 proflie P"), CYG_REFUSED);
	/* Pasted as a router shows it: silently, and what is not indented ends it. */
	ck_assert_int_eq(type("router bgp 65000"), CYG_OK);
	ck_assert_int_eq(type(" neighbor 192.0.2.1 remote-as 65001"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "");
	ck_assert_int_eq(type("crypto ikev2 proflie P"), CYG_REFUSED);
}
END_TEST

START_TEST(a_key_in_a_line_that_is_ignored_is_not_remembered)
{
	ck_assert_int_eq(type("crypto isakmp key open-sesame address 192.0.2.1"), CYG_OK);
	ck_assert(secret);
	ck_assert_int_eq(type("line vty 0 4"), CYG_OK);
	ck_assert(!secret);
	ck_assert_int_eq(type(" password open-sesame"), CYG_OK);
	ck_assert(secret);
}
END_TEST

START_TEST(do_hands_the_line_over)
{
	struct config_findings findings = { 0 };
	struct config_typed typed = { 0 };

	ck_assert_int_eq(config_run_line(kit_config, &position, CYG_STR("do  show kit"), &findings,
					 &typed),
			 CYG_OK);
	ck_assert_int_eq(typed.kind, CONFIG_LINE_EXEC);
	ck_assert(cyg_str_equal(typed.rest, CYG_STR("show kit")));
}
END_TEST

START_TEST(who_still_names_what_is_taken_away_is_told)
{
	static const char *const lines[] = { "kit list L", "exit", "kit text T", "kit list L", "value x", "exit",
					     "kit text U", "kit list L", "exit" };

	for (size_t i = 0; i < CYG_COUNT(lines); i++) {
		ck_assert_int_eq(type(lines[i]), CYG_OK);
		ck_assert_uint_eq(kit_findings.count, 0);
	}
	ck_assert_int_eq(type("no kit list L"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "0 warning undefined-reference\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "still named by text T, text U ["));
	/* It is gone; nothing new is to be said. */
	ck_assert_int_eq(type("no kit list L"), CYG_OK);
	ck_assert_uint_eq(kit_findings.count, 0);
	/* Nor of one that nobody names. */
	ck_assert_int_eq(type("kit list M"), CYG_OK);
	ck_assert_int_eq(type("no kit list M"), CYG_OK);
	ck_assert_uint_eq(kit_findings.count, 0);
}
END_TEST

START_TEST(who_stands_in_an_object_that_is_gone_is_told)
{
	struct config_position elsewhere;

	ck_assert_int_eq(type("crypto ikev2 keyring K"), CYG_OK);
	elsewhere = position;
	ck_assert_int_eq(type("no crypto ikev2 keyring K"), CYG_OK);
	position = elsewhere;
	ck_assert_int_eq(type("peer A"), CYG_REFUSED);
	ck_assert_uint_eq(position.depth, 0);
}
END_TEST

START_TEST(a_command_of_an_absent_plugin_is_refused_when_typed)
{
	ck_assert_int_eq(type("absent thing X"), CYG_REFUSED);
	ck_assert_str_eq(kit_codes(), "0 error needs-plugin\n");
}
END_TEST

START_TEST(an_exec_line_is_matched_to_its_row)
{
	struct config_match match = { 0 };

	ck_assert_int_eq(config_match_exec(kit_grammar, CYG_STR("sh kit det name Foo"), &match,
					   &kit_findings),
			 CYG_OK);
	ck_assert_str_eq(match.command->help, "Shows things.");
	ck_assert(cyg_args_has(match.args, "detail"));
	ck_assert(cyg_str_equal(cyg_args_text(match.args, "name"), CYG_STR("Foo")));
	config_match_done(&match);
	/* "kit" is the whole word, though "kittens" begins with it. */
	ck_assert_int_eq(
		config_match_exec(kit_grammar, CYG_STR("show kitt"), &match, &kit_findings),
		CYG_OK);
	ck_assert_str_eq(match.command->help, "Shows others.");
	config_match_done(&match);
}
END_TEST

START_TEST(a_wrong_exec_line_says_what_was_expected)
{
	static const struct {
		const char *line, *code, *text;
	} lines[] = {
		{ "", "syntax", "no command" },
		{ "sho", "syntax", "incomplete" },
		{ "show moon", "syntax", "`kit`" },
		{ "shwo kit", "unknown-command", "did you mean `show`?" },
		{ "show kit x", "syntax", "`detail`" },
		{ "clear kit 10", "range", "1-9" },
		{ "show ki", "syntax", "ambiguous" },
	};

	for (size_t i = 0; i < CYG_COUNT(lines); i++) {
		struct config_match match = { 0 };

		config_findings_done(&kit_findings);
		ck_assert_int_eq(config_match_exec(kit_grammar, cyg_str(lines[i].line), &match,
						   &kit_findings),
				 CYG_REFUSED);
		ck_assert_msg(kit_findings.count == 1 &&
				      strcmp(kit_findings.items[0].code, lines[i].code) == 0 &&
				      strstr(kit_findings.items[0].text, lines[i].text),
			      "'%s': %s", lines[i].line, kit_texts());
	}
}
END_TEST

static char *complete(const struct config_position *where, const char *line)
{
	struct config_candidates found = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_int_eq(config_complete(kit_grammar, kit_config, where, cyg_str(line), &found), CYG_OK);
	for (size_t i = 0; i < found.count; i++)
		fprintf(out, "%s%s", i ? " " : "", found.items[i].text);
	fclose(out);
	config_candidates_done(&found);
	return text;
}

START_TEST(completion_tells_what_may_come)
{
	static const struct {
		bool exec;
		const char *line, *words;
	} cases[] = {
		{ true, "", "clear show" },
		{ true, "sh", "show" },
		{ true, "show k", "kit kittens" },
		{ true, "show kit ", "<cr> detail name" },
		{ true, "clear kit ", "<1-9>" },
		{ true, "nothing ", "" },
		{ false, "hostn", "hostname" },
		{ false, "no hostn", "hostname" },
		{ false, "crypto ikev2 p", "policy profile proposal" },
		{ false, "do show kit d", "detail" },
		{ false, "e", "enable end exit" },
	};

	for (size_t i = 0; i < CYG_COUNT(cases); i++) {
		char *text = complete(cases[i].exec ? NULL : &position, cases[i].line);

		ck_assert_msg(strcmp(text, cases[i].words) == 0, "'%s': %s", cases[i].line, text);
		free(text);
	}
	ck_assert_int_eq(type("crypto ikev2 proposal A"), CYG_OK);
	char *text = complete(&position, "encryption aes-gcm-");

	ck_assert_str_eq(text, "aes-gcm-128 aes-gcm-256");
	free(text);
	/* Nothing of this mode: the parents are asked. */
	text = complete(&position, "hostn");
	ck_assert_str_eq(text, "hostname");
	free(text);
}
END_TEST

START_TEST(names_of_objects_are_completed)
{
	static const struct {
		bool exec;
		const char *line, *words;
	} cases[] = {
		{ false, "crypto ikev2 profile c", "clients clinic" },
		{ false, "crypto ikev2 profile x", "" },
		{ false, "no crypto ikev2 keyring ", "WORD branches" },
		{ false, "keyring local ", "WORD branches" },
		{ false, "match certificate a", "ab" }, /* one name, two sequences */
	};
	char *text;

	ck_assert_int_eq(type("crypto ikev2 profile clinic"), CYG_OK);
	ck_assert_int_eq(type("crypto pki certificate map ab 10"), CYG_OK);
	ck_assert_int_eq(type("crypto pki certificate map ab 20"), CYG_OK);
	ck_assert_int_eq(type("crypto ikev2 keyring branches"), CYG_OK);
	ck_assert_int_eq(type("peer north"), CYG_OK);
	ck_assert_int_eq(type("peer n\xc3\xb6rd"), CYG_OK);
	/* Inside of an object: those of it. */
	text = complete(&position, "no peer n");
	ck_assert_str_eq(text, "north n\xc3\xb6rd");
	free(text);
	ck_assert_int_eq(type("crypto ikev2 profile clients"), CYG_OK);
	for (size_t i = 0; i < CYG_COUNT(cases); i++) {
		text = complete(cases[i].exec ? NULL : &position, cases[i].line);
		ck_assert_msg(strcmp(text, cases[i].words) == 0, "'%s': %s", cases[i].line, text);
		free(text);
	}
}
END_TEST

START_TEST(places_are_called_as_routers_call_them)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "crypto ikev2 dpd ", "<10-3600>" },
		{ "interface ", "Loopback<N> Tunnel<N> Virtual-Template<N> WORD" },
		{ "interface t", "Tunnel<N>" },
		{ "ip route ", "A.B.C.D" },
	};

	for (size_t i = 0; i < CYG_COUNT(cases); i++) {
		char *text = complete(&position, cases[i].line);

		ck_assert_msg(strstr(text, cases[i].words) == text, "'%s': %s", cases[i].line, text);
		free(text);
	}
}
END_TEST

START_TEST(an_exec_command_is_told_from_a_wrong_word)
{
	ck_assert_int_eq(type("show version"), CYG_REFUSED);
	ck_assert_ptr_nonnull(strstr(kit_texts(), "`do show ...`"));
	ck_assert_int_eq(type("sh version"), CYG_REFUSED);
	ck_assert_ptr_nonnull(strstr(kit_texts(), "`do sh ...`"));
	ck_assert_int_eq(type("frobnicate version"), CYG_REFUSED);
	ck_assert_ptr_null(strstr(kit_texts(), "`do "));
}
END_TEST

START_TEST(a_disabled_object_is_told_with_the_line_that_brings_it_back)
{
	char text[100];
	struct cyg_strbuf mend = CYG_STRBUF(text);

	ck_assert(!config_disabled(kit_config, "ikev2-proposal", CYG_STR("default"), &mend));
	ck_assert_int_eq(type("no crypto ikev2 proposal default"), CYG_OK);
	ck_assert(config_disabled(kit_config, "ikev2-proposal", CYG_STR("default"), &mend));
	ck_assert_str_eq(text, "default crypto ikev2 proposal default");
	ck_assert(!config_disabled(kit_config, "ikev2-proposal", CYG_STR("other"), &mend));
	ck_assert_int_eq(type(text), CYG_OK);
	ck_assert(!config_disabled(kit_config, "ikev2-proposal", CYG_STR("default"), &mend));
}
END_TEST

START_TEST(of_very_many_names_none_is_told)
{
	char line[80], *text;

	for (unsigned i = 0; i < 300; i++) {
		snprintf(line, sizeof(line), "crypto ikev2 keyring k%u", i);
		ck_assert_int_eq(type(line), CYG_OK);
	}
	text = complete(&position, "no crypto ikev2 keyring ");
	ck_assert_str_eq(text, "WORD");
	free(text);
	text = complete(&position, "no crypto ikev2 keyring k29");
	ck_assert_str_eq(text, "k29 k290 k291 k292 k293 k294 k295 k296 k297 k298 k299");
	free(text);
}
END_TEST

START_TEST(what_an_object_lacks_is_told_when_it_is_left)
{
	ck_assert_int_eq(type("crypto ikev2 proposal A"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "");
	ck_assert_int_eq(type("encryption aes-cbc-128"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "");
	/* By a line of another mode, by `exit`, by `end`. */
	ck_assert_int_eq(type("hostname x"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "0 warning incomplete\n");
	ck_assert_int_eq(type("crypto ikev2 proposal A"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "");
	ck_assert_int_eq(type("exit"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "0 warning incomplete\n");
	ck_assert_int_eq(type("crypto ikev2 proposal A"), CYG_OK);
	ck_assert_int_eq(type("end"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "0 warning incomplete\n");
	/* Twin: a whole one is left without a word; one that a line makes useless is told of at once. */
	ck_assert_int_eq(type("crypto ikev2 proposal A"), CYG_OK);
	ck_assert_int_eq(type("integrity sha256"), CYG_OK);
	ck_assert_int_eq(type("group 19"), CYG_OK);
	ck_assert_int_eq(type("exit"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "");
	ck_assert_int_eq(type("crypto ikev2 proposal A"), CYG_OK);
	ck_assert_int_eq(type("no group"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "0 warning incomplete\n");
}
END_TEST

/* Types lines one by one; what differs from before is at kit_config. */
static void type_lines(const char *const *lines)
{
	struct config_position at = { 0 };

	for (; *lines; lines++) {
		struct config_findings findings = { 0 };
		struct config_typed typed = { 0 };
		enum cyg_status status = config_run_line(kit_config, &at, cyg_str(*lines), &findings, &typed);

		ck_assert_msg(status == CYG_OK, "%s: %s", *lines, findings.count ? findings.items[0].text : "");
		if (typed.config) {
			config_unref(kit_config);
			kit_config = config_ref(typed.config);
		}
		config_typed_done(&typed);
		config_findings_done(&findings);
	}
}

START_TEST(a_line_builds_its_object_and_those_that_refer_to_it_and_no_other)
{
	static const char *const proposal[] = { "crypto ikev2 proposal p", "group 20", NULL };
	static const char *const peer[] = { "crypto ikev2 keyring K", "peer A", "pre-shared-key other", NULL };
	static const char *const no_keyring[] = { "no crypto ikev2 keyring K", NULL };
	static const char *const keyring[] = { "crypto ikev2 keyring K", "peer A", "address 10.0.0.1", "pre-shared-key x", NULL };
	const struct config_view *before, *after;
	struct cyg_config *kept;
	const void *of_peer;

	ck_assert_int_eq(
		kit_parse("crypto ikev2 proposal p\n encryption aes-gcm-256\n prf sha384\n group 19\n"
			  "crypto ikev2 policy a\n proposal p\ncrypto ikev2 policy b\n match address local 10.0.0.1\n"
			  " proposal default\n"
			  "crypto ikev2 keyring K\n peer A\n  address 10.0.0.1\n  pre-shared-key x\n"
			  " peer B\n  address 10.0.0.2\n  pre-shared-key y\n"
			  "crypto ikev2 profile P\n match identity remote any\n authentication local pre-share\n"
			  " authentication remote pre-share\n keyring local K\n"),
		CYG_OK);
	kept = config_ref(kit_config);
	before = config_view(kept);
	type_lines(proposal);
	after = config_view(kit_config);
	ck_assert_ptr_ne(after->policies[0], before->policies[0]);
	ck_assert_uint_eq(after->policies[0]->proposal[0]->group[0], 20);
	ck_assert_uint_eq(before->policies[0]->proposal[0]->group[0], 19);
	ck_assert_ptr_eq(after->policies[1], before->policies[1]);
	ck_assert_ptr_eq(after->profiles, before->profiles); /* the list itself */
	/* A keyring changes without its profiles; what goes with it is that it goes. */
	of_peer = before->profiles[0];
	type_lines(peer);
	after = config_view(kit_config);
	ck_assert_ptr_eq(after->profiles[0], of_peer);
	ck_assert_mem_eq(kit_first_peer(config_view_keyring(after, "K"))->key_local.ptr, "other", 5);
	ck_assert_mem_eq(kit_first_peer(config_view_keyring(before, "K"))->key_local.ptr, "x", 1);
	type_lines(no_keyring);
	after = config_view(kit_config);
	ck_assert_uint_eq(after->profile_count, 0);
	ck_assert_uint_eq(after->idle_profile_count, 1);
	type_lines(keyring);
	after = config_view(kit_config);
	ck_assert_uint_eq(after->profile_count, 1);
	ck_assert_uint_eq(config_view_keyring(after, "K")->peer_count, 1);
	ck_assert_uint_eq(config_view_keyring(before, "K")->peer_count, 2);
	config_unref(kept);
}
END_TEST

START_TEST(a_refused_line_leaves_an_index_as_it_was)
{
	static const char *const other[] = { "crypto ikev2 keyring K", "peer B", "pre-shared-key z", NULL };
	struct config_position at = { .depth = 2,
				      .mode = { MODE_KEYRING, MODE_PEER },
				      .name = { "K", "B" } };
	struct config_findings findings = { 0 };
	struct config_typed typed = { 0 };

	ck_assert_int_eq(kit_parse("crypto ikev2 keyring K\n peer A\n  identity key-id a\n  pre-shared-key x\n"
				   " peer B\n  identity key-id b\n  pre-shared-key y\n"),
			 CYG_OK);
	ck_assert_int_eq(config_run_line(kit_config, &at, CYG_STR("identity key-id a"), &findings, &typed), CYG_REFUSED);
	ck_assert_str_eq(findings.items[0].code, "conflict");
	ck_assert_ptr_null(typed.config);
	config_typed_done(&typed);
	config_findings_done(&findings);
	type_lines(other);
	ck_assert_uint_eq(config_view_keyring(config_view(kit_config), "K")->peer_count, 2);
}
END_TEST

Suite *prompt_suite(void)
{
	Suite *suite = suite_create("prompt");
	TCase *tests = tcase_create("typed");

	tcase_add_checked_fixture(tests, start, kit_teardown);
	tcase_add_test(tests, a_typed_line_that_nothing_acts_on_says_so);
	tcase_add_test(tests, lines_typed_one_after_the_other_make_objects);
	tcase_add_test(tests, a_wrong_line_is_refused_and_nothing_else);
	tcase_add_test(tests, a_line_that_spoils_a_smart_default_is_refused);
	tcase_add_test(tests, a_text_without_its_delimiter_waits_for_the_next_line);
	tcase_add_test(tests, warnings_are_those_of_the_line_typed);
	tcase_add_test(tests, certificates_by_url_are_judged_by_the_profiles_that_there_are);
	tcase_add_test(tests, what_was_typed_is_told_in_full_words_without_its_secret);
	tcase_add_test(tests, a_refused_line_with_a_secret_is_known_as_such);
	tcase_add_test(tests, an_action_is_handed_over_and_leaves_nothing);
	tcase_add_test(tests, exit_may_be_abbreviated);
	tcase_add_test(tests, what_is_indented_below_an_ignored_command_is_passed_by_when_it_is_pasted);
	tcase_add_test(tests, a_line_that_is_typed_into_an_ignored_block_is_told_so);
	tcase_add_test(tests, a_key_in_a_line_that_is_ignored_is_not_remembered);
	tcase_add_test(tests, do_hands_the_line_over);
	tcase_add_test(tests, who_still_names_what_is_taken_away_is_told);
	tcase_add_test(tests, who_stands_in_an_object_that_is_gone_is_told);
	tcase_add_test(tests, a_command_of_an_absent_plugin_is_refused_when_typed);
	tcase_add_test(tests, an_exec_line_is_matched_to_its_row);
	tcase_add_test(tests, a_wrong_exec_line_says_what_was_expected);
	tcase_add_test(tests, completion_tells_what_may_come);
	tcase_add_test(tests, names_of_objects_are_completed);
	tcase_add_test(tests, places_are_called_as_routers_call_them);
	tcase_add_test(tests, an_exec_command_is_told_from_a_wrong_word);
	tcase_add_test(tests, a_disabled_object_is_told_with_the_line_that_brings_it_back);
	tcase_add_test(tests, of_very_many_names_none_is_told);
	tcase_add_test(tests, what_an_object_lacks_is_told_when_it_is_left);
	tcase_add_test(tests, a_line_builds_its_object_and_those_that_refer_to_it_and_no_other);
	tcase_add_test(tests, a_refused_line_leaves_an_index_as_it_was);
	suite_add_tcase(suite, tests);
	return suite;
}
