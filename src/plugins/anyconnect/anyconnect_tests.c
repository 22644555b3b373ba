/* SPDX-License-Identifier: MIT */
#include "anyconnect.h"

#include "testing/unit/commands.h"

#include <check.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_anyconnect;

static struct harness *h;
static struct commands *commands;

static void setup(void)
{
	h = harness_start(&cyg_plugin_anyconnect, NULL);
	commands = commands_start(h, &anyconnect_commands);
}

static void teardown(void)
{
	commands_end(commands);
	harness_stop(h);
}

#define LISTENER "crypto ssl policy s\n ip address local 192.0.2.1\n pki trustpoint T\n"
#define TRUSTPOINT "crypto pki trustpoint T\n enrollment terminal\n"

START_TEST(a_profile_names_a_file)
{
	const struct anyconnect_profile *profile;
	const char *text;

	commands_load(commands, "crypto vpn anyconnect profile A bootflash:a.xml\n");
	profile = cyg_config_object(commands->config, MODE_ANYCONNECT, CYG_STR("A"), false);
	ck_assert_str_eq(profile->file, "bootflash:a.xml");
	text = commands_run(commands, "show crypto vpn anyconnect profile", false);
	ck_assert_ptr_nonnull(strstr(text, " File : bootflash:a.xml\n"));
	ck_assert_ptr_nonnull(strstr(text, anyconnect_no_listener));
}
END_TEST

START_TEST(a_profile_of_peers_may_refer_to_it)
{
	commands_expect(commands, "crypto ikev2 profile P\n shutdown\n anyconnect profile A\ncrypto vpn anyconnect profile A disk0:a\n", "");
	commands_expect(commands, "crypto ikev2 profile P\n shutdown\n anyconnect profile A\n", "3 warning undefined-reference\n");
}
END_TEST

START_TEST(a_listener_is_shut_down_unless_told)
{
	commands_expect(commands, "crypto ssl policy s\n", "");
	commands_expect(commands, "crypto ssl policy s\n no shutdown\n", "1 warning incomplete\n");
	commands_expect(commands, TRUSTPOINT LISTENER " no shutdown\n", "");
	commands_expect(commands, "crypto ssl policy s\n ip address local 192.0.2.1 port 443\n no shutdown\n", "1 warning incomplete\n");
}
END_TEST

START_TEST(two_listeners_for_one_thing_conflict_at_the_later_line)
{
	commands_expect(commands, TRUSTPOINT "ip http secure-server\n" LISTENER " no shutdown\n", "7 error conflict\n");
	commands_expect(commands, TRUSTPOINT LISTENER " no shutdown\nip http secure-server\n", "7 error conflict\n");
	commands_expect(commands, TRUSTPOINT LISTENER "ip http secure-server\n", "");
	commands_expect(commands, TRUSTPOINT LISTENER " no shutdown\nno ip http secure-server\n", "");
}
END_TEST

START_TEST(a_tls_profile_refers_to_its_listener)
{
	commands_expect(commands, "crypto ssl profile p\n match policy s\n", "2 warning undefined-reference\n");
	commands_expect(commands, "crypto ssl profile p\n match policy s\n max-users 5\ncrypto ssl policy s\n", "");
	commands_expect(commands, "crypto ssl profile p\n max-users 0\n", "2 error range\n");
}
END_TEST

START_TEST(a_listener_is_rendered_so_that_it_parses_back)
{
	char *first, *second;

	commands_load(commands, TRUSTPOINT LISTENER " no shutdown\n");
	first = commands_render(commands);
	ck_assert_ptr_nonnull(strstr(first, " no shutdown\n"));
	commands_load(commands, first);
	second = commands_render(commands);
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("anyconnect");
	TCase *tc = tcase_create("commands");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_profile_names_a_file);
	tcase_add_test(tc, a_profile_of_peers_may_refer_to_it);
	tcase_add_test(tc, a_listener_is_shut_down_unless_told);
	tcase_add_test(tc, two_listeners_for_one_thing_conflict_at_the_later_line);
	tcase_add_test(tc, a_tls_profile_refers_to_its_listener);
	tcase_add_test(tc, a_listener_is_rendered_so_that_it_parses_back);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
