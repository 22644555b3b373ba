/* SPDX-License-Identifier: MIT */
#include "dhcp.h"

#include "testing/unit/commands.h"

#include <check.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_dhcp;

static struct harness *h;
static struct commands *commands;

static void setup(void)
{
	h = harness_start(&cyg_plugin_dhcp, NULL);
	commands = commands_start(h, &dhcp_commands);
}

static void teardown(void)
{
	commands_end(commands);
	harness_stop(h);
}

/* A mode of that name whose object begins with what is granted, as the plugin authz-policy has it. */
static const struct cyg_mode modes[] = {
	{ .name = CYG_MODE_AUTHZ_POLICY, .parent = "global", .prompt = "config-policy", .what = "policy",
	  .object_size = sizeof(struct cyg_authz) },
	{ 0 },
};

static const struct cyg_command rows[] = {
	{ "global", "crypto ikev2 authorization policy <name:name>", "", .enters = CYG_MODE_AUTHZ_POLICY },
	{ 0 },
};

static const struct cyg_command_table with_policies = { .modes = modes, .commands = rows, .next = &dhcp_commands };

static void with_mode(void)
{
	commands_end(commands);
	commands = commands_start(h, &with_policies);
}

#define POLICY "crypto ikev2 authorization policy p\n"

START_TEST(a_policy_says_which_server_is_asked)
{
	const struct cyg_authz *granted;
	char text[CYG_IP_TEXT];

	with_mode();
	commands_load(commands, POLICY " dhcp server 192.0.2.1\n dhcp giaddr 192.0.2.2\n dhcp timeout 30\n");
	granted = cyg_config_object(commands->config, CYG_MODE_AUTHZ_POLICY, CYG_STR("p"), true);
	ck_assert_uint_eq(granted->set, CYG_AZ_DHCP);
	ck_assert_str_eq(cyg_ip_text(&granted->dhcp_server, text), "192.0.2.1");
	ck_assert_str_eq(cyg_ip_text(&granted->dhcp_giaddr, text), "192.0.2.2");
	ck_assert_uint_eq(granted->dhcp_timeout_s, 30);
	commands_load(commands, POLICY " dhcp server 192.0.2.1\n dhcp server dhcp.example.com\n");
	granted = cyg_config_object(commands->config, CYG_MODE_AUTHZ_POLICY, CYG_STR("p"), true);
	ck_assert_str_eq(granted->dhcp_host, "dhcp.example.com");
	ck_assert(!cyg_ip_is_set(&granted->dhcp_server));
}
END_TEST

START_TEST(values_have_their_ranges)
{
	with_mode();
	commands_expect(commands, POLICY " dhcp timeout 3\n", "2 error range\n");
	commands_expect(commands, POLICY " dhcp timeout 31\n", "2 error range\n");
	commands_expect(commands, POLICY " dhcp giaddr here\n", "2 error syntax\n");
	commands_expect(commands, POLICY " dhcp giaddr 192.0.2.1\n", "");
}
END_TEST

START_TEST(without_authorization_policies_its_lines_belong_nowhere)
{
	commands_expect(commands, "dhcp timeout 5\n", "1 error unknown-command\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dhcp");
	TCase *tc = tcase_create("commands");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_policy_says_which_server_is_asked);
	tcase_add_test(tc, values_have_their_ranges);
	tcase_add_test(tc, without_authorization_policies_its_lines_belong_nowhere);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
