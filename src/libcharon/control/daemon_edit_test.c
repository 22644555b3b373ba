/* SPDX-License-Identifier: MIT */
/* Changing the configuration of a whole daemon: at the prompt, from files, and the ways back. */
#include "control/daemon_kit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool runs(const char *line)
{
	ck_assert_int_eq(kit_ctl("-c 'show running-config'"), 0);
	return kit_shows(line);
}

static bool stored(const char *line)
{
	return kit_run("grep -qxF -- '%s' %s/etc/cygnet/startup-config", line, kit_root) == 0;
}

START_TEST(each_line_is_in_force_at_once_and_logged_with_its_user)
{
	kit_start();
	ck_assert_int_eq(kit_type("configure terminal\\nhostname gw9\\ncrypto ikev2 proposal P\\n"
			      "encryption aes-cbc-256\\nintegrity sha256\\ngroup 19\\ndo show version\\nend\\n"
			      "show crypto ikev2 proposal P\\n"),
			 0);
	ck_assert_msg(kit_shows("gw9 uptime") && kit_shows("IKEv2 proposal: P"), "%s", kit_output);
	ck_assert(runs("hostname gw9\n"));
	ck_assert(kit_logs("in config-ikev2-proposal: group 19"));
	ck_assert(kit_logs("in config: hostname gw9"));
	ck_assert(!stored("hostname gw9"));
	kit_stop();
}
END_TEST

START_TEST(a_wrong_line_changes_nothing_and_is_pointed_at)
{
	kit_start();
	ck_assert_int_eq(kit_type("configure terminal\\nhostname gw9\\ncrypto ikev2 dpd 10 700 periodic\\nhostname gw8\\n"), 1);
	ck_assert_msg(kit_shows("crypto ikev2 dpd 10 700 periodic\n                    ^\n"), "%s", kit_output);
	ck_assert_msg(kit_shows("(2-60)"), "%s", kit_output);
	ck_assert(runs("hostname gw9\n"));
	ck_assert(!kit_shows("dpd"));
	ck_assert_int_eq(kit_ctl("-c 'show nonsense'"), 1);
	ck_assert_msg(kit_shows("show nonsense\n     ^\n"), "%s", kit_output);
	kit_stop();
}
END_TEST

START_TEST(a_text_is_typed_over_several_lines)
{
	if (!kit_have_plugin("authz-policy"))
		return;
	kit_start();
	ck_assert_int_eq(kit_type("configure terminal\ncrypto ikev2 authorization policy P\nbanner ^CWelcome\n\n"
			      "  end\n! of it^C\npfs\nend\n"),
			 0);
	ck_assert_msg(kit_shows("End with the character '^C'"), "%s", kit_output);
	ck_assert(runs(" banner ^CWelcome\n\n  end\n! of it^C\n"));
	ck_assert(kit_shows(" pfs\n"));
	ck_assert_int_eq(kit_type("configure terminal\ncrypto ikev2 authorization policy P\nbanner #never\nended\n"), 1);
	ck_assert(kit_shows("lacks its closing delimiter"));
	ck_assert(runs("! of it^C\n"));
	kit_stop();
}
END_TEST

START_TEST(secrets_that_are_typed_are_not_logged)
{
	kit_start();
	ck_assert_int_eq(kit_type("configure terminal\\ncrypto ikev2 keyring K\\npeer A\\naddress 192.0.2.1\\n"
			      "pre-shared-key open-sesame\\nend\\n"),
			 0);
	ck_assert(kit_logs("in config-ikev2-keyring-peer: pre-shared-key <secret>"));
	ck_assert(!kit_logged("open-sesame"));
	ck_assert_int_eq(kit_type("configure terminal\\ncrypto ikev2 keyring K\\npeer A\\npre-shared-key open sesame\\n"), 1);
	ck_assert(!kit_logged("sesame"));
	kit_stop();
}
END_TEST

START_TEST(write_memory_makes_it_the_next_start)
{
	kit_start();
	ck_assert_int_eq(kit_type("configure terminal\\nhostname gw9\\ncrypto ikev2 keyring K\\npeer A\\n"
			      "pre-shared-key open-sesame\\nend\\nshow version\\n"),
			 0);
	ck_assert_msg(kit_shows("startup-config, changed since"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'show archive config differences'"), 0);
	ck_assert_msg(kit_shows("-hostname gw1\n+hostname gw9\n") && kit_shows("+  pre-shared-key <secret>\n") &&
			      !kit_shows("sesame"),
		      "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'write memory' -c 'show version'"), 0);
	ck_assert_msg(kit_shows("[OK]") && kit_shows("Configuration: startup-config\n"), "%s", kit_output);
	ck_assert(stored("hostname gw9"));
	ck_assert(stored("  pre-shared-key open-sesame"));
	ck_assert_int_eq(kit_ctl("-c 'show archive config differences'"), 0);
	ck_assert_str_eq(kit_output, "");
	kit_stop();
	kit_start();
	ck_assert(runs("hostname gw9\n"));
	kit_stop();
}
END_TEST

START_TEST(write_memory_that_fails_keeps_the_old_file_whole)
{
	char path[256];

	kit_start();
	ck_assert_int_eq(kit_type("configure terminal\\nhostname gw9\\nend\\n"), 0);
	/* What the new file would be called is in the way. */
	kit_path(path, sizeof(path), "etc/cygnet/startup-config.new");
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(kit_ctl("-c 'write memory'"), 1);
	ck_assert_msg(kit_shows("the old one is whole"), "%s", kit_output);
	ck_assert(stored("hostname gw1"));
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(kit_ctl("-c 'copy running-config startup-config'"), 0);
	ck_assert(stored("hostname gw9"));
	kit_stop();
}
END_TEST

START_TEST(replace_tells_its_plan_and_dry_run_does_nothing)
{
	kit_write("etc/cygnet/other",
		  "hostname gw5\ncrypto ikev2 proposal Q\n encryption aes-cbc-256\n integrity sha1\n group 19\n");
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'configure replace other dry-run'"), 0);
	ck_assert_msg(kit_shows("added: IKEv2 proposal Q\n") && kit_shows("sessions that end: 0\n"), "%s", kit_output);
	ck_assert(runs("hostname gw1\n"));
	ck_assert_int_eq(kit_ctl("--json -c 'configure replace other'"), 0);
	ck_assert_msg(kit_shows("\"change\":\"added\""), "%s", kit_output);
	ck_assert(runs("hostname gw5\n"));
	ck_assert_int_eq(kit_ctl("-c 'configure replace nosuch'"), 1);
	ck_assert_int_eq(kit_ctl("-c 'configure replace ../../etc/passwd'"), 1);
	ck_assert(runs("hostname gw5\n"));
	kit_stop();
}
END_TEST

START_TEST(a_file_with_an_error_replaces_nothing_unless_errors_are_skipped)
{
	kit_write("etc/cygnet/other",
		  "hostname gw5\ncrypto ikev2 proposal Q\n encryption aes-cbc-256\n integrity sha1\n group 99\n"
		  "crypto ikev2 proposal R\n encryption aes-cbc-256\n integrity sha1\n group 19\n");
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'configure replace other'"), 1);
	ck_assert_msg(kit_shows("other:5:8: error:") && kit_shows("what was in force stays"), "%s", kit_output);
	ck_assert(runs("hostname gw1\n"));
	ck_assert_int_eq(kit_ctl("-c 'copy other running-config'"), 1);
	ck_assert(runs("hostname gw1\n"));
	/* Who compares with such a file is sent to the command that tells them. */
	ck_assert_int_eq(kit_ctl("-c 'show archive config differences other'"), 1);
	ck_assert_msg(kit_shows("`configure replace other dry-run` tells them"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'configure replace other dry-run'"), 1);
	ck_assert_msg(kit_shows("other:5:8: error:"), "%s", kit_output);
	ck_assert(runs("hostname gw1\n"));
	ck_assert_int_eq(kit_ctl("-c 'configure replace other skip-errors'"), 0);
	ck_assert(runs("hostname gw5\n"));
	ck_assert_int_eq(kit_ctl("-c 'show crypto ikev2 proposal Q'"), 0);
	ck_assert_msg(kit_shows("line 5 of other"), "%s", kit_output);
	kit_stop();
}
END_TEST

START_TEST(copy_adds_to_what_is_in_force)
{
	kit_write("etc/cygnet/more", "crypto ikev2 proposal Q\n encryption aes-cbc-256\n integrity sha1\n group 19\n");
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'copy more running-config'"), 0);
	ck_assert(runs("hostname gw1\n"));
	ck_assert(kit_shows("crypto ikev2 proposal Q\n"));
	kit_stop();
}
END_TEST

START_TEST(rollback_goes_back_as_often_as_something_was_changed)
{
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'show archive' -c 'rollback 1'"), 1);
	ck_assert_msg(kit_shows("No configuration is kept") && kit_shows("there is no configuration number 1"), "%s",
		      kit_output);
	ck_assert_int_eq(kit_type("configure terminal\\nhostname gw2\\nhostname gw3\\nend\\nconfigure terminal\\n"
			      "hostname gw4\\nend\\n"),
			 0);
	ck_assert_int_eq(kit_ctl("-c 'show archive'"), 0);
	ck_assert_msg(kit_shows(" 1  before an editing by") && kit_shows(" 2  before an editing by") &&
			      !kit_shows(" 3  "),
		      "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'rollback 2'"), 0);
	ck_assert(runs("hostname gw1\n"));
	ck_assert_int_eq(kit_ctl("-c 'rollback 1'"), 0);
	ck_assert(runs("hostname gw4\n"));
	for (unsigned i = 0; i < 12; i++)
		ck_assert_int_eq(kit_type("configure terminal\\nhostname a\\nhostname b\\nend\\n"), 0);
	ck_assert_int_eq(kit_ctl("-c 'show archive | count before'"), 0);
	ck_assert_msg(kit_shows("= 10\n"), "%s", kit_output);
	kit_stop();
}
END_TEST

START_TEST(a_disk_that_takes_nothing_takes_no_kept_configuration_away)
{
	kit_start();
	ck_assert_int_eq(kit_type("configure terminal\\nhostname gw2\\nend\\n"), 0);
	/* As on a full disk nothing new can be written in that folder. */
	ck_assert_int_eq(kit_run("mkdir %s/var/lib/cygnet/kept-0.new %s/var/lib/cygnet/kept-1.new", kit_root, kit_root), 0);
	ck_assert_int_eq(kit_type("configure terminal\\nhostname gw3\\nend\\n"), 0);
	ck_assert(kit_logs("has nothing to go back to for this change"));
	ck_assert(runs("hostname gw3\n"));
	ck_assert_int_eq(kit_ctl("-c 'show archive'"), 0);
	ck_assert_msg(kit_shows(" 1  before an editing by") && !kit_shows(" 2  "), "%s", kit_output);
	ck_assert_int_eq(kit_run("rmdir %s/var/lib/cygnet/*.new", kit_root), 0);
	ck_assert_int_eq(kit_ctl("-c 'rollback 1'"), 0);
	ck_assert(runs("hostname gw1\n"));
	kit_stop();
}
END_TEST

START_TEST(the_way_back_is_taken_or_confirmed)
{
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'configure confirm'"), 1);
	ck_assert_int_eq(kit_type("configure terminal revert timer 5\\nhostname locked-out\\nend\\n"), 0);
	ck_assert_int_eq(kit_ctl("-c 'write memory'"), 1);
	ck_assert_msg(kit_shows("configure confirm"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'configure revert timer 1' -c 'configure revert now'"), 0);
	ck_assert(runs("hostname gw1\n"));
	ck_assert_int_eq(kit_type("configure terminal revert timer 5\\nhostname fine\\nend\\nconfigure confirm\\n"
			      "write memory\\n"),
			 0);
	ck_assert(runs("hostname fine\n"));
	ck_assert_int_eq(kit_ctl("-c 'configure revert now'"), 1);
	ck_assert_int_eq(kit_type("configure terminal revert timer seconds 4\\n"), 1);
	ck_assert_int_eq(kit_type("configure terminal revert timer seconds 90\\nhostname again\\nend\\n"), 0);
	ck_assert_msg(kit_shows("comes back in 90 seconds unless"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'configure revert now'"), 0);
	ck_assert(runs("hostname fine\n"));
	kit_stop();
}
END_TEST

START_TEST(who_gives_the_right_away_has_to_ask_for_it_again)
{
	kit_start();
	ck_assert_int_eq(kit_type("disable\\nshow version\\nconfigure terminal\\n"), 1);
	ck_assert_msg(kit_shows("enable"), "%s", kit_output);
	ck_assert_int_eq(kit_type("disable\\nenable\\nconfigure terminal\\nhostname x\\nend\\nexit\\nnonsense\\n"), 0);
	ck_assert(runs("hostname x\n"));
	kit_stop();
}
END_TEST

Suite *daemon_edit_suite(void)
{
	Suite *suite = suite_create("daemon: changing the configuration");
	TCase *tests = tcase_create("changing");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, a_text_is_typed_over_several_lines);
	tcase_add_test(tests, each_line_is_in_force_at_once_and_logged_with_its_user);
	tcase_add_test(tests, a_wrong_line_changes_nothing_and_is_pointed_at);
	tcase_add_test(tests, secrets_that_are_typed_are_not_logged);
	tcase_add_test(tests, write_memory_makes_it_the_next_start);
	tcase_add_test(tests, write_memory_that_fails_keeps_the_old_file_whole);
	tcase_add_test(tests, replace_tells_its_plan_and_dry_run_does_nothing);
	tcase_add_test(tests, a_file_with_an_error_replaces_nothing_unless_errors_are_skipped);
	tcase_add_test(tests, copy_adds_to_what_is_in_force);
	tcase_add_test(tests, rollback_goes_back_as_often_as_something_was_changed);
	tcase_add_test(tests, a_disk_that_takes_nothing_takes_no_kept_configuration_away);
	tcase_add_test(tests, the_way_back_is_taken_or_confirmed);
	tcase_add_test(tests, who_gives_the_right_away_has_to_ask_for_it_again);
	suite_add_tcase(suite, tests);
	return suite;
}
