/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include "testing/unit/commands.h"

#include <check.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_authz_policy;

static struct harness *h;
static struct commands *commands;
static struct cyg_plugin_ctx *ctx;
static const struct cyg_authz_ops *ops;
static struct cyg_authz granted;

static void setup(void)
{
	h = harness_start(&cyg_plugin_authz_policy, NULL);
	ops = harness_feature(h, CYG_AUTHZ, &ctx)->authz;
	commands = commands_start(h, &authz_policy_commands);
}

static void teardown(void)
{
	commands_end(commands);
	harness_stop(h);
}

static enum cyg_status ask(struct cyg_shard *shard, const char *name)
{
	struct cyg_authz_request request = { .name = cyg_str(name), .what = CYG_AUTHZ_GROUP };
	struct cyg_op op = { 0 };

	memset(&granted, 0xee, sizeof(granted));
	return ops->authorize(ctx, shard, &request, &granted, &op);
}

static void check_ip(const struct cyg_ip *ip, const char *want)
{
	char text[CYG_IP_TEXT];

	ck_assert_str_eq(cyg_ip_text(ip, text), want);
}

static const char full[] =
	"crypto ikev2 authorization policy full\n"
	" description for everybody\n"
	" pool four\n"
	" ipv6 pool six\n"
	" netmask 255.255.255.0\n"
	" ipv6 prefix 64\n"
	" dns 10.0.0.53 10.0.0.54\n"
	" ipv6 dns 2001:db8::53\n"
	" wins 10.0.0.42\n"
	" def-domain example.com\n"
	" banner ^Good evening^\n"
	" session-lifetime 3600\n"
	" ipsec flow-limit 5\n"
	" pfs\n"
	" include-local-lan\n"
	" smartcard-removal-disconnect\n"
	" route set interface\n"
	" route set remote ipv4 10.1.0.0 255.255.0.0\n"
	" route set remote ipv6 2001:db8:1::/48\n"
	" route accept any tag 7 distance 9\n";

START_TEST(a_policy_grants_what_its_lines_say)
{
	commands_load(commands, full);
	ck_assert_int_eq(ask(h->shard, "full"), CYG_OK);
	ck_assert_str_eq(granted.policy, "full");
	ck_assert_str_eq(granted.pool4, "four");
	ck_assert_str_eq(granted.pool6, "six");
	check_ip(&granted.netmask, "255.255.255.0");
	ck_assert_uint_eq(granted.prefix6, 64);
	check_ip(&granted.dns4[0], "10.0.0.53");
	check_ip(&granted.dns4[1], "10.0.0.54");
	check_ip(&granted.dns6[0], "2001:db8::53");
	check_ip(&granted.dns6[1], "-");
	check_ip(&granted.wins[0], "10.0.0.42");
	ck_assert_str_eq(granted.def_domain, "example.com");
	ck_assert_str_eq(granted.banner, "Good evening");
	ck_assert_uint_eq(granted.session_lifetime_s, 3600);
	ck_assert_uint_eq(granted.flow_limit, 5);
	ck_assert_uint_eq(granted.route_count, 2);
	check_ip(&granted.routes[0].ip, "10.1.0.0");
	ck_assert_uint_eq(granted.routes[0].len, 16);
	check_ip(&granted.routes[1].ip, "2001:db8:1::");
	ck_assert_uint_eq(granted.routes[1].len, 48);
	ck_assert_uint_eq(granted.route_tag, 7);
	ck_assert_uint_eq(granted.route_distance, 9);
	ck_assert_uint_eq(granted.set, CYG_AZ_POOL4 | CYG_AZ_POOL6 | CYG_AZ_NETMASK | CYG_AZ_PREFIX6 |
					       CYG_AZ_DNS4 | CYG_AZ_DNS6 | CYG_AZ_WINS |
					       CYG_AZ_DEF_DOMAIN | CYG_AZ_BANNER | CYG_AZ_FLOW_LIMIT |
					       CYG_AZ_SESSION_LIFETIME | CYG_AZ_ROUTE_SET_INTERFACE |
					       CYG_AZ_ROUTE_ACCEPT | CYG_AZ_PFS |
					       CYG_AZ_INCLUDE_LOCAL_LAN | CYG_AZ_SMARTCARD);
}
END_TEST

START_TEST(the_default_policy_is_there_without_a_line)
{
	ck_assert_int_eq(ask(h->shard, "default"), CYG_OK);
	ck_assert_uint_eq(granted.set, CYG_AZ_ROUTE_SET_INTERFACE | CYG_AZ_ROUTE_ACCEPT);
	ck_assert_uint_eq(granted.route_tag, 1);
	ck_assert_uint_eq(granted.route_distance, 2);
	ck_assert_int_eq(ask(h->other, "default"), CYG_OK); /* on every shard */
}
END_TEST

START_TEST(route_accept_has_a_tag_and_a_distance_of_its_own_unless_told)
{
	commands_load(commands, "crypto ikev2 authorization policy p\n route accept any\n");
	ck_assert_int_eq(ask(h->shard, "p"), CYG_OK);
	ck_assert_uint_eq(granted.set, CYG_AZ_ROUTE_ACCEPT);
	ck_assert_uint_eq(granted.route_tag, 1);
	ck_assert_uint_eq(granted.route_distance, 2);
}
END_TEST

START_TEST(a_name_that_is_no_policy_is_not_found)
{
	ck_assert_int_eq(ask(h->shard, "nobody"), CYG_NOT_FOUND);
	ck_assert_int_eq(ask(h->shard, ""), CYG_NOT_FOUND);
	ck_assert_int_eq(ask(h->shard, "Default"), CYG_NOT_FOUND); /* names have case */
}
END_TEST

START_TEST(no_takes_a_line_back)
{
	commands_load(commands, "crypto ikev2 authorization policy p\n route accept any\n pfs\n no route accept\n");
	ck_assert_int_eq(ask(h->shard, "p"), CYG_OK);
	ck_assert_uint_eq(granted.set & (CYG_AZ_ROUTE_ACCEPT | CYG_AZ_PFS), CYG_AZ_PFS);
	commands_load(commands, "crypto ikev2 authorization policy p\n dns 10.0.0.53\n pfs\n no dns\n");
	ck_assert_int_eq(ask(h->shard, "p"), CYG_OK);
	ck_assert_uint_eq(granted.set, CYG_AZ_PFS);
}
END_TEST

START_TEST(networks_add_up_to_the_limit)
{
	static char text[CYG_AUTHZ_ROUTES_MAX * 64 + 256];
	struct cyg_strbuf out = CYG_STRBUF(text);
	char *found;

	cyg_strbuf_addf(&out, "crypto ikev2 authorization policy p\n");
	for (unsigned i = 0; i < CYG_AUTHZ_ROUTES_MAX; i++)
		cyg_strbuf_addf(&out, " route set remote ipv4 10.%u.0.0 255.255.0.0\n", i);
	commands_load(commands, text);
	ck_assert_int_eq(ask(h->shard, "p"), CYG_OK);
	ck_assert_uint_eq(granted.route_count, CYG_AUTHZ_ROUTES_MAX);
	cyg_strbuf_addf(&out, " route set remote ipv4 11.0.0.0 255.0.0.0\n");
	found = commands_judge(commands, text);
	ck_assert_msg(strstr(found, "[range]") != NULL, "%s", found);
	free(found);
}
END_TEST

static void check_findings(const char *line, const char *want)
{
	char text[512];
	struct cyg_strbuf out = CYG_STRBUF(text);
	char *found;

	cyg_strbuf_addf(&out, "crypto ikev2 authorization policy p\n %s\n", line);
	found = commands_judge(commands, text);
	ck_assert_msg(strstr(found, want) != NULL, "%s: %s", line, found);
	free(found);
}

START_TEST(lines_that_cannot_be_are_found)
{
	check_findings("session-lifetime 119", "[range]");
	check_findings("session-lifetime 25920001", "[range]");
	check_findings("ipv6 prefix 129", "[range]");
	check_findings("netmask 255.0.255.0", "[range]");
	check_findings("route accept any tag 0", "[range]");
	check_findings("route accept any distance 256", "[range]");
	check_findings("dns 2001:db8::1", "[syntax]");
	check_findings("ipv6 dns 10.0.0.1", "[syntax]");
	check_findings("route set remote ipv4 10.1.2.3 255.255.0.0", "[host-bits]");
	check_findings("configuration version 2.4", "[syntax]");
	check_findings("configuration version 32768", "[range]");
	check_findings("configuration url gopher://x", "[syntax]");
	check_findings("route set access-list 110", "[range]");
	check_findings("route set access-list 99", "[undefined-reference]");
	check_findings("route set access-list ipv6 none", "[undefined-reference]");
	check_findings("subnet-acl none", "[spelling]");
	check_findings("max flow limit 5", "[spelling]");
	check_findings("route redistribute static route-map none", "[undefined-reference]");
	check_findings("route set interface Tunnel9", "[undefined-reference]");
	check_findings("aaa attribute list none", "[undefined-reference]");
	check_findings("route set access-list L\naccess-list 10 permit any\nip access-list standard L\n deny any", "[unsuitable]");
	check_findings("route set access-list L\nip access-list extended L\n permit ip any any", "[unsuitable]");
	check_findings("def-domain "
		       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		       "[range]");
}
END_TEST

START_TEST(a_policy_is_rendered_so_that_it_parses_back)
{
	char *first, *second;

	commands_load(commands, full);
	first = commands_render(commands);
	commands_load(commands, first);
	second = commands_render(commands);
	ck_assert_str_eq(first, second);
	ck_assert_ptr_nonnull(strstr(first, " route set remote ipv6 2001:db8:1::/48\n"));
	ck_assert_int_eq(ask(h->shard, "full"), CYG_OK);
	ck_assert_uint_eq(granted.route_count, 2);
	free(first);
	free(second);
}
END_TEST

START_TEST(a_policy_grants_domains_gateways_and_a_configuration)
{
	commands_load(commands, "aaa attribute list L\n attribute type interface-config \"ip mtu 1100\"\n"
				" attribute type interface-config \"tunnel key 10\" service ike protocol ip mandatory\n"
				"crypto ikev2 authorization policy p\n split-dns a.example\n split-dns b.example\n"
				" backup-gateway gw2\n backup-gateway 192.0.2.9\n configuration url https://x.example/c\n"
				" configuration version 32767\n aaa attribute list L\n");
	ck_assert_int_eq(ask(h->shard, "p"), CYG_OK);
	ck_assert_uint_eq(granted.set, CYG_AZ_SPLIT_DNS | CYG_AZ_BACKUP_GATEWAYS | CYG_AZ_CONFIG_URL |
					       CYG_AZ_CONFIG_VERSION | CYG_AZ_ATTRIBUTE_LIST);
	ck_assert_uint_eq(granted.split_dns_count, 2);
	ck_assert_str_eq(granted.split_dns[1], "b.example");
	ck_assert_uint_eq(granted.backup_gateway_count, 2);
	ck_assert_str_eq(granted.backup_gateway[0], "gw2");
	ck_assert_str_eq(granted.config_url, "https://x.example/c");
	ck_assert_uint_eq(granted.config_version, 32767);
	ck_assert_str_eq(granted.attribute_list, "L");
}
END_TEST

START_TEST(an_attribute_list_keeps_its_lines_in_order)
{
	const struct attribute_list *list;

	commands_load(commands, "aaa attribute list L\n attribute type a \"x y\"\n attribute type b c mandatory\n"
				" attribute type a \"x y\"\n");
	list = cyg_config_object(commands->config, MODE_ATTRIBUTES, CYG_STR("L"), true);
	ck_assert_uint_eq(list->count, 2); /* a repeat adds nothing */
	ck_assert_str_eq(list->item[0].value, "x y");
	ck_assert(list->item[1].mandatory && !list->item[0].mandatory);
	ck_assert_str_eq(list->item[1].service, "");
}
END_TEST

START_TEST(networks_of_a_standard_list_are_pushed)
{
	commands_load(commands, "crypto ikev2 authorization policy p\n route set access-list 10\n route set access-list ipv6 six\n"
				"access-list 10 permit 10.1.0.0 0.0.255.255\naccess-list 10 permit host 10.2.0.1\n"
				"ipv6 access-list six\n permit ipv6 2001:db8:1::/48 any\n permit ipv6 2001:db8:2::/48 host 2001:db8::1\n");
	ck_assert_int_eq(ask(h->shard, "p"), CYG_OK);
	ck_assert_uint_eq(granted.route_count, 3); /* what has a destination of its own says nothing here */
	check_ip(&granted.routes[0].ip, "10.1.0.0");
	ck_assert_uint_eq(granted.routes[0].len, 16);
	check_ip(&granted.routes[1].ip, "10.2.0.1");
	check_ip(&granted.routes[2].ip, "2001:db8:1::");
	ck_assert_uint_eq(granted.set, 0);
}
END_TEST

START_TEST(routes_may_come_from_the_system_and_from_an_interface)
{
	commands_load(commands, "crypto ikev2 authorization policy p\n route redistribute connected\n"
				" route redistribute static route-map M\n route set interface Loopback0\n"
				"route-map M permit 10\ninterface Loopback0\n");
	ck_assert_int_eq(ask(h->shard, "p"), CYG_OK);
	ck_assert_uint_eq(granted.redistribute, CYG_REDISTRIBUTE_CONNECTED | CYG_REDISTRIBUTE_STATIC);
	ck_assert_str_eq(granted.route_map_static, "M");
	ck_assert_str_eq(granted.route_map_connected, "");
	ck_assert_str_eq(granted.route_interface, "Loopback0");
	ck_assert_str_eq(commands_run(commands, "show crypto ikev2 authorization policy p", false),
			 "IKEv2 Authorization policy: p\n route set interface : Loopback0\n"
			 " route redistribute : connected\n route redistribute : static route-map M\n");
}
END_TEST

START_TEST(a_policy_is_shown_line_by_line)
{
	commands_load(commands, "crypto ikev2 authorization policy p\n dns 10.0.0.53 10.0.0.54\n"
				" session-lifetime 3600\n route set remote ipv4 10.1.0.0 255.255.0.0\n");
	ck_assert_str_eq(commands_run(commands, "show crypto ikev2 authorization policy p", false),
			 "IKEv2 Authorization policy: p\n"
			 " dns : 10.0.0.53 10.0.0.54\n"
			 " session-lifetime : 3600\n"
			 " route set remote : 10.1.0.0/16\n");
	ck_assert_str_eq(commands_run(commands, "show crypto ikev2 authorization policy default", false),
			 "IKEv2 Authorization policy: default\n"
			 " route set interface\n"
			 " route accept any tag : 1 distance : 2\n");
}
END_TEST

START_TEST(all_policies_are_rows_as_well)
{
	json_t *row = NULL;

	commands_load(commands, full);
	ck_assert_str_eq(commands_run(commands, "show crypto ikev2 authorization policy", true), "");
	ck_assert_uint_eq(json_array_size(commands->rows), 2); /* and the default one */
	for (size_t i = 0; i < 2; i++) {
		json_t *name = json_object_get(json_array_get(commands->rows, i), "name");

		if (strcmp(json_string_value(name), "full") == 0)
			row = json_array_get(commands->rows, i);
	}
	ck_assert_ptr_nonnull(row);
	ck_assert_str_eq(json_string_value(json_object_get(row, "pool")), "four");
	ck_assert_uint_eq(json_array_size(json_object_get(row, "routes")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(row, "route-accept"), "tag")), 7);
	ck_assert(json_is_true(json_object_get(row, "pfs")));
}
END_TEST

START_TEST(a_policy_that_is_not_there_is_not_shown)
{
	commands_run(commands, "show crypto ikev2 authorization policy nobody", false);
	ck_assert_int_eq(commands->status, CYG_NOT_FOUND);
	ck_assert_str_eq(commands->error, "there is no IKEv2 authorization policy 'nobody'");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("authz-policy");
	TCase *tc = tcase_create("policy");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_policy_grants_what_its_lines_say);
	tcase_add_test(tc, the_default_policy_is_there_without_a_line);
	tcase_add_test(tc, route_accept_has_a_tag_and_a_distance_of_its_own_unless_told);
	tcase_add_test(tc, a_name_that_is_no_policy_is_not_found);
	tcase_add_test(tc, no_takes_a_line_back);
	tcase_add_test(tc, networks_add_up_to_the_limit);
	tcase_add_test(tc, lines_that_cannot_be_are_found);
	tcase_add_test(tc, a_policy_is_rendered_so_that_it_parses_back);
	tcase_add_test(tc, a_policy_grants_domains_gateways_and_a_configuration);
	tcase_add_test(tc, an_attribute_list_keeps_its_lines_in_order);
	tcase_add_test(tc, networks_of_a_standard_list_are_pushed);
	tcase_add_test(tc, routes_may_come_from_the_system_and_from_an_interface);
	tcase_add_test(tc, a_policy_is_shown_line_by_line);
	tcase_add_test(tc, all_policies_are_rows_as_well);
	tcase_add_test(tc, a_policy_that_is_not_there_is_not_shown);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
