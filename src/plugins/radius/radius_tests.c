/* SPDX-License-Identifier: MIT */
#include "radius.h"

#include "testing/unit/commands.h"

#include <check.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_radius;

static struct harness *h;
static struct commands *commands;

static void setup(void)
{
	h = harness_start(&cyg_plugin_radius, NULL);
	commands = commands_start(h, &radius_commands);
}

static void teardown(void)
{
	commands_end(commands);
	harness_stop(h);
}

static const void *object(const char *mode, const char *name)
{
	return cyg_config_object(commands->config, mode, cyg_str(name), false);
}

START_TEST(a_server_says_where_it_is_and_what_is_shared_with_it)
{
	const struct radius_server *server;

	commands_load(commands, "radius server one\n address ipv4 192.0.2.1 auth-port 1645 acct-port 1646\n key 0 swordfish\n"
				" timeout 3\n retransmit 2\nradius server two\n address ipv6 2001:db8::1\n tls port 2084\n");
	server = object(MODE_SERVER, "one");
	ck_assert_uint_eq(server->auth_port, 1645);
	ck_assert_uint_eq(server->acct_port, 1646);
	ck_assert_uint_eq(server->key.len, 9);
	ck_assert_uint_eq(server->timeout_s, 3);
	ck_assert_uint_eq(server->retransmit, 2);
	server = object(MODE_SERVER, "two");
	ck_assert_uint_eq(server->auth_port, 1812);
	ck_assert(server->tls && server->tls_port == 2084);
	ck_assert_uint_eq(server->timeout_s, UINT32_MAX);
}
END_TEST

START_TEST(a_server_needs_an_address_and_a_key)
{
	commands_expect(commands, "radius server one\n", "1 warning incomplete\n");
	commands_expect(commands, "radius server one\n address ipv4 192.0.2.1\n", "1 warning incomplete\n");
	commands_expect(commands, "radius server one\n address ipv4 192.0.2.1\n key 6 SEALED\n", "1 warning incomplete\n");
	commands_expect(commands, "radius-server host 192.0.2.1\n", "1 warning incomplete\n");
	commands_expect(commands, "radius-server host 192.0.2.1 key x\n", "");
}
END_TEST

START_TEST(values_have_their_ranges)
{
	commands_expect(commands, "radius server one\n timeout 0\n", "2 error range\n");
	commands_expect(commands, "radius server one\n timeout 1001\n", "2 error range\n");
	commands_expect(commands, "radius server one\n retransmit 101\n", "2 error range\n");
	commands_expect(commands, "radius-server host 192.0.2.1 auth-port 65536 key x\n", "1 error range\n");
	commands_expect(commands, "aaa group server radius g\n deadtime 1441\n", "2 error range\n");
	commands_expect(commands, "radius-server host here key x\n", "1 error syntax\n");
}
END_TEST

START_TEST(options_of_a_host_stand_in_any_order)
{
	const struct radius_server *server;

	commands_load(commands, "radius-server host 192.0.2.2 key 0 k acct-port 2 retransmit 4 auth-port 1 timeout 9\n");
	server = object(MODE_SERVER_HOST, "192.0.2.2 1 2");
	ck_assert_ptr_nonnull(server);
	ck_assert(server->auth_port == 1 && server->acct_port == 2 && server->timeout_s == 9 && server->retransmit == 4);
	ck_assert_mem_eq(server->key.ptr, "k", 1);
	/* The same server, however its line is written. */
	commands_load(commands, "radius-server host 192.0.2.2 key k acct-port 2 auth-port 1\n"
				"radius-server host 192.0.2.2 auth-port 1 acct-port 2 key l\n");
	ck_assert_mem_eq(((const struct radius_server *)object(MODE_SERVER_HOST, "192.0.2.2 1 2"))->key.ptr, "l", 1);
	commands_expect(commands, "radius-server host 192.0.2.2 key a timeout 5 timeout 6\n", "1 error syntax\n");
	commands_expect(commands, "radius-server host 192.0.2.2 key a key b\n", "1 error syntax\n");
	commands_expect(commands, "radius-server host key a\n", "1 error syntax\n");
	/* `no` needs the beginning only. */
	commands_load(commands, "radius-server host 192.0.2.2 key a\nno radius-server host 192.0.2.2\n");
	ck_assert_ptr_null(object(MODE_SERVER_HOST, "192.0.2.2"));
	commands_load(commands, "radius-server host 192.0.2.2 key a\nno radius-server host 192.0.2.3\n");
	ck_assert_ptr_nonnull(object(MODE_SERVER_HOST, "192.0.2.2"));
}
END_TEST

START_TEST(a_private_server_goes_by_its_address)
{
	const struct radius_group *group;

#define GROUP "aaa group server radius g\n server-private 192.0.2.4 key x\n server-private 192.0.2.4 auth-port 1 acct-port 2 key y\n" \
	" server-private 192.0.2.5 auth-port 1 key z\n"
	commands_load(commands, GROUP " no server-private 192.0.2.4\n");
	group = object(MODE_GROUP, "g");
	ck_assert_uint_eq(group->count, 2);
	ck_assert_mem_eq(group->server[0]->key.ptr, "y", 1);
	/* None is exactly that one: those of that address. */
	commands_load(commands, GROUP " no server-private 192.0.2.5\n");
	group = object(MODE_GROUP, "g");
	ck_assert_uint_eq(group->count, 2);
	ck_assert_mem_eq(group->server[1]->key.ptr, "y", 1);
	commands_load(commands, GROUP " no server-private 192.0.2.6\n");
	ck_assert_uint_eq(((const struct radius_group *)object(MODE_GROUP, "g"))->count, 3);
#undef GROUP
}
END_TEST

START_TEST(a_group_finds_servers_by_name_and_by_address)
{
	const struct radius_group *group;

	commands_load(commands, "aaa group server radius g\n server name one\n server 192.0.2.2\n server 192.0.2.3 auth-port 1 acct-port 2\n"
				" server-private 192.0.2.4 key x\n deadtime 5\n"
				"radius server one\n address ipv4 192.0.2.1\n key a\n"
				"radius-server host 192.0.2.2 key b\n"
				"radius-server host 192.0.2.3 key c\n"
				"radius-server host 192.0.2.3 auth-port 1 acct-port 2 key d\n");
	group = object(MODE_GROUP, "g");
	ck_assert_uint_eq(group->count, 4);
	ck_assert_uint_eq(group->deadtime_min, 5);
	ck_assert_uint_eq(group->private_count, 1);
	for (unsigned i = 0; i < 4; i++) {
		bool found = false;

		for (unsigned k = 0; k < 4; k++)
			found |= memcmp(group->server[k]->key.ptr, &"adbx"[i], 1) == 0;
		ck_assert_msg(found, "%c", "adbx"[i]);
	}
}
END_TEST

START_TEST(a_group_tells_servers_that_are_not_there)
{
	commands_expect(commands, "aaa group server radius g\n", "1 warning incomplete\n");
	commands_expect(commands, "aaa group server radius g\n server name one\n", "2 warning undefined-reference\n");
	commands_expect(commands, "aaa group server radius g\n server 192.0.2.2\n", "2 warning undefined-reference\n");
	commands_expect(commands, "aaa group server radius g\n server 192.0.2.2 auth-port 7\nradius-server host 192.0.2.2 key x\n",
	       "2 warning undefined-reference\n");
	commands_expect(commands, "aaa group server radius g\n server 192.0.2.2\nradius-server host 192.0.2.2 auth-port 7 key x\n", "");
}
END_TEST

START_TEST(a_list_may_name_a_group_or_all_servers)
{
	commands_expect(commands, "aaa new-model\naaa authentication login a group radius local\n", "");
	commands_expect(commands, "aaa new-model\naaa authentication login a group g\naaa group server radius g\n server 192.0.2.2\n"
	       "radius-server host 192.0.2.2 key x\n", "");
	commands_expect(commands, "aaa new-model\naaa accounting network a start-stop group h\n", "2 warning undefined-reference\n");
}
END_TEST

START_TEST(who_may_change_sessions_is_one_block)
{
	const struct radius_author *author;
	char *text;

	commands_load(commands, "aaa server radius dynamic-author\n client 192.0.2.1 server-key x\n port 3799\n"
				"aaa server radius dynamic-author\n client 192.0.2.2 server-key y\n auth-type any\n");
	author = object(MODE_AUTHOR, "");
	ck_assert_uint_eq(author->count, 2);
	ck_assert_uint_eq(author->port, 3799);
	ck_assert_int_eq(author->match, RADIUS_AUTHOR_ANY);
	text = commands_render(commands);
	ck_assert_ptr_nonnull(strstr(text, "aaa server radius dynamic-author\n client 192.0.2.1 server-key x\n client"));
	commands_load(commands, text);
	free(text);
	commands_load(commands, "aaa server radius dynamic-author\nno aaa server radius dynamic-author\n");
	ck_assert_ptr_null(object(MODE_AUTHOR, ""));
}
END_TEST

START_TEST(servers_are_shown_without_their_keys_and_say_that_they_are_not_asked)
{
	const char *text;

	commands_load(commands, "radius-server host 192.0.2.2 key topsecret\n");
	text = commands_run(commands, "show aaa servers", false);
	ck_assert_ptr_nonnull(strstr(text, "host 192.0.2.2, auth-port 1812"));
	ck_assert_ptr_nonnull(strstr(text, radius_no_client));
	ck_assert_ptr_null(strstr(text, "topsecret"));
	commands_run(commands, "show aaa servers", true);
	ck_assert_uint_eq(json_array_size(commands->rows), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("radius");
	TCase *tc = tcase_create("commands");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_server_says_where_it_is_and_what_is_shared_with_it);
	tcase_add_test(tc, a_server_needs_an_address_and_a_key);
	tcase_add_test(tc, values_have_their_ranges);
	tcase_add_test(tc, a_group_finds_servers_by_name_and_by_address);
	tcase_add_test(tc, a_private_server_goes_by_its_address);
	tcase_add_test(tc, options_of_a_host_stand_in_any_order);
	tcase_add_test(tc, a_group_tells_servers_that_are_not_there);
	tcase_add_test(tc, a_list_may_name_a_group_or_all_servers);
	tcase_add_test(tc, who_may_change_sessions_is_one_block);
	tcase_add_test(tc, servers_are_shown_without_their_keys_and_say_that_they_are_not_asked);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
