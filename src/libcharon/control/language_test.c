/* SPDX-License-Identifier: MIT */
/* Lines of a client: rights, abbreviation, completion, what is remembered. */
#include "config.h"

#include "config/grammar.h"
#include "control/asking_kit.h"
#include "control/control_tests.h"
#include "control/language.h"
#include "log/log.h"

#include <stdio.h>
#include <stdlib.h>

START_TEST(who_may_only_look_changes_nothing)
{
	asking_grant = CONTROL_VIEW;
	ask("run", "clear crypto ikev2 sa", false);
	HAS("\"status\":\"refused\"");
	HAS("you may look but not change");
	ask("run", "reload", false);
	HAS("\"status\":\"refused\"");
	ask("run", "show version", false);
	HAS("\"status\":\"ok\"");
	asking_grant = CONTROL_CONFIGURE;
	ask("run", "clear crypto ikev2 sa", true);
	HAS("\"cleared\":0");
	ask("run", "clear crypto session", true);
	HAS("\"cleared\":0");
	ask("run", "clear crypto session remote 192.0.2.1", true);
	HAS("\"cleared\":0");
	ask("run", "rekey crypto ikev2 sa", true);
	HAS("\"rekeyed\":0");
	ask("run", "rekey crypto ikev2 sa psh 7 child", true);
	HAS("\"rekeyed\":0");
	ask("run", "clear crypto sa", true);
	HAS("\"cleared\":0");
	ask("run", "clear crypto sa peer 192.0.2.1", true);
	HAS("\"cleared\":0");
	asking_grant = CONTROL_VIEW;
	ask("run", "rekey crypto ikev2 sa", false);
	HAS("\"status\":\"refused\"");
	ask("run", "clear crypto sa peer 192.0.2.1", false);
	HAS("\"status\":\"refused\"");
}
END_TEST

START_TEST(the_log_says_who_did_it_and_where)
{
	const char *line;

	asking_grant = CONTROL_CONFIGURE;
	log_capture_start();
	ask("run", "clear crypto sa peer 192.0.2.1", true);
	line = log_capture_line("control.command", 0);
	ck_assert_msg(line && strstr(line, ", no terminal): clear crypto sa peer 192.0.2.1"), "%s", line);
	ask("run", "clear crypto sa peer 192.0.2.1\",\"terminal\":\"pts/7", true);
	line = log_capture_line("control.command", 1);
	ck_assert_msg(line && strstr(line, ", pts/7): clear crypto sa peer 192.0.2.1"), "%s", line);
	log_capture_stop();
}
END_TEST

START_TEST(clearing_everything_is_asked_about_where_somebody_is)
{
	ask("run", "clear crypto ikev2 sa\",\"interactive\":true,\"terminal\":\"t", false);
	HAS("\"question\":\"Every session will end. Go on? [no]\"");
	HAS("\"status\":\"refused\"");
	ask("run", "clear crypto ikev2 sa\",\"interactive\":true,\"answer\":\"no", true);
	HAS("nothing was done");
	ask("run", "clear crypto ikev2 sa\",\"interactive\":true,\"answer\":\"yes", true);
	HAS("\"cleared\":0");
	ask("run", "clear crypto ikev2 sa remote 192.0.2.1\",\"interactive\":true,\"terminal\":\"t", true);
	HAS("\"cleared\":0");
	ask("run", "clear crypto ikev2 sa fvrf any\",\"interactive\":true,\"terminal\":\"t", false); /* leaves nobody out */
	HAS("\"question\":\"Every session will end. Go on? [no]\"");
	ask("run", "clear crypto sa\",\"interactive\":true,\"terminal\":\"t", false);
	HAS("\"question\":\"Every CHILD_SA will end. Go on? [no]\"");
	HAS("\"status\":\"refused\"");
	ask("run", "clear crypto sa\",\"interactive\":true,\"answer\":\"yes", true);
	HAS("\"cleared\":0");
	ask("run", "clear crypto sa peer 192.0.2.1\",\"interactive\":true,\"terminal\":\"t", true);
	HAS("\"cleared\":0");
}
END_TEST

START_TEST(reload_before_all_is_up_is_refused)
{
	ask("run", "reload", false);
	HAS("\"status\":\"busy\"");
}
END_TEST

START_TEST(keywords_may_be_abbreviated_and_a_wrong_one_is_named)
{
	ask("run", "sh cry ikev2 po", false);
	HAS("IKEv2 policy : default");
	ask("run", "show crypto ikev2 frob", false);
	HAS("\"status\":\"refused\"");
	HAS("frob");
}
END_TEST

START_TEST(words_are_completed_and_explained)
{
	ask("complete", "show cry", false);
	HAS("[\"crypto\"]");
	ask("complete", "show crypto ikev2 p", false);
	HAS("\"policy\"");
	HAS("\"profile\"");
	HAS("\"proposal\"");
	ask("complete", "show version | in", false);
	HAS("[\"include\"]");
	ask("help", "show version | ", false);
	HAS("\"token\":\"section\"");
	ask("help", "show crypto ikev2 sa ", false);
	HAS("\"token\":\"detailed\"");
	HAS("<cr>");
	HAS("\"token\":\"|\"");
	ask("help", "show crypto ikev2 sa | inc ", false);
	HAS("\"token\":\"PATTERN\"");
	ask("help", "show crypto ikev2 sa | inc READY ", false);
	HAS("\"token\":\"<cr>\"");
	/* What is no word to be typed is not typed by completion. */
	ask("complete", "show crypto ikev2 sa | inc ", false);
	HAS("\"words\":[]");
	ask("help", "terminal monitor ", false);
	HAS_NOT("\"|\"");
}
END_TEST

/* A script's first words on a router, and what a person says. */
START_TEST(who_shows_answers_is_told_how_many_lines_at_a_time)
{
	ask("run", "terminal length 0", false);
	HAS("\"status\":\"ok\"");
	HAS("\"length\":0");
	ask("run", "ter len 24", false);
	HAS("\"length\":24");
	ask("run", "terminal no length", false);
	HAS("\"length\":null");
	ask("run", "terminal length 513", false);
	HAS_NOT("\"status\":\"ok\"");
	HAS_NOT("\"length\"");
	/* Once, and no more. */
	ask("run", "show debugging", false);
	HAS_NOT("\"length\"");
}
END_TEST

START_TEST(a_line_that_may_hold_a_secret_is_not_to_be_remembered)
{
	ask("run", "pre-shared-key open-sesame", false);
	HAS("\"forget\":true");
	ask("run", "pre-shred-key open-sesame", false);
	HAS("\"forget\":true");
	ask("run", "usrname carol passwd open-sesame", false);
	HAS("\"forget\":true");
	ask("run", "show crypto ikev2 frob", false);
	HAS_NOT("forget");
	ask("run", "shwo running-config all", false);
	HAS_NOT("forget");
}
END_TEST

/* Every keyword that may follow `line`, and those that may follow it. */
static void explained(const struct config_position *position, const char *line, unsigned depth)
{
	struct config_candidates found = { 0 };

	ck_assert_int_eq(config_complete(asking_daemon.grammar, NULL, position, cyg_str(line), &found), CYG_OK);
	for (size_t i = 0; i < found.count; i++) {
		char more[300];

		if (!found.items[i].keyword)
			continue;
		ck_assert_msg(found.items[i].help && found.items[i].help[0], "%s%s has no help (mode %s)", line,
			      found.items[i].text, position ? position->mode[0] : "exec");
		snprintf(more, sizeof(more), "%s%s ", line, found.items[i].text);
		if (depth && strcmp(found.items[i].text, "do") != 0)
			explained(position, more, depth - 1);
	}
	config_candidates_done(&found);
}

START_TEST(every_keyword_has_its_help)
{
	explained(NULL, "", 4);
	for (size_t i = 0; i < asking_daemon.grammar->mode_count; i++) {
		const struct grammar_mode *mode = &asking_daemon.grammar->modes[i];
		struct config_position position = { 0 };

		if (mode == asking_daemon.grammar->exec)
			continue;
		if (mode != asking_daemon.grammar->global) {
			position.depth = 1;
			position.mode[0] = mode->mode->name;
		}
		explained(&position, "", 4);
	}
}
END_TEST

START_TEST(names_of_objects_are_completed_in_commands)
{
	set_config("crypto ikev2 profile clients\ncrypto ikev2 profile clinic\n");
	ask("complete", "show crypto ikev2 profile cli", false);
	HAS("\"words\":[\"clients\",\"clinic\"]");
	ask("complete", "show crypto ikev2 profile x", false);
	HAS("\"words\":[]");
	ask("help", "show crypto ikev2 profile ", false);
	HAS("\"token\":\"clinic\"");
}
END_TEST

static void setup(void)
{
	asking_begin(language_run);
}

Suite *control_language_suite(void)
{
	Suite *suite = suite_create("control: commands");
	TCase *tests = tcase_create("commands");

	tcase_add_checked_fixture(tests, setup, asking_end);
	tcase_add_test(tests, who_may_only_look_changes_nothing);
	tcase_add_test(tests, the_log_says_who_did_it_and_where);
	tcase_add_test(tests, clearing_everything_is_asked_about_where_somebody_is);
	tcase_add_test(tests, reload_before_all_is_up_is_refused);
	tcase_add_test(tests, keywords_may_be_abbreviated_and_a_wrong_one_is_named);
	tcase_add_test(tests, words_are_completed_and_explained);
	tcase_add_test(tests, who_shows_answers_is_told_how_many_lines_at_a_time);
	tcase_add_test(tests, a_line_that_may_hold_a_secret_is_not_to_be_remembered);
	tcase_add_test(tests, every_keyword_has_its_help);
	tcase_add_test(tests, names_of_objects_are_completed_in_commands);
	suite_add_tcase(suite, tests);
	return suite;
}
