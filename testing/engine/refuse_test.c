/* SPDX-License-Identifier: MIT */
/* Dead ends: the right notify, one line that says why and what would mend it, and nothing left behind. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#include <stdio.h>

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"

/* Runs one configuration against another and expects no SA to stay. */
static struct kit *attempt(const struct kit_setup *setup, const char *gateway, const char *client)
{
	struct kit *kit = kit_new(setup);

	kit_configure(kit_gateway(kit), gateway);
	kit_configure(kit_client(kit), client);
	kit_pass(kit, 1500);
	if (getenv("SHOW"))
		kit_print_log();
	return kit;
}

START_TEST(wrong_key_fails_authentication_and_names_the_keyring_peer)
{
	struct kit *kit = attempt(NULL, kit_gateway_text(GCM, "esp-gcm",
							 "crypto ikev2 keyring clients\n peer anybody\n"
							 "  pre-shared-key other\n"),
				  kit_client_text(GCM, "esp-gcm", NULL));

	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 0);
	ck_assert(kit_said("ike.failed", "proved itself with another pre-shared key than ours"));
	ck_assert(kit_said("ike.failed", "crypto ikev2 keyring clients / peer anybody / pre-shared-key"));
	ck_assert_str_eq(log_capture_field("ike.failed", 0, "notify"), "AUTHENTICATION_FAILED");
	ck_assert(kit_said("ike.failed", "the peer answers IKE_AUTH with AUTHENTICATION_FAILED"));
	ck_assert(kit_said("ike.failed", "try: crypto ikev2 keyring gateway / peer gateway / pre-shared-key KEY, the same"));
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).auth_failed, 1);
	kit_free(kit);
}
END_TEST

START_TEST(of_a_split_key_the_half_that_we_prove_ourselves_with_is_named)
{
	struct kit *kit = attempt(NULL, kit_gateway_text(GCM, "esp-gcm", NULL),
				  kit_client_text(GCM, "esp-gcm",
						  "crypto ikev2 keyring gateway\n peer gateway\n  no pre-shared-key\n"
						  "  pre-shared-key local one\n  pre-shared-key remote other\n"));

	ck_assert_uint_eq(kit_up(kit_client(kit)), 0);
	ck_assert(kit_said("ike.failed", "try: crypto ikev2 keyring gateway / peer gateway / pre-shared-key local KEY"));
	kit_free(kit);
}
END_TEST

START_TEST(an_unprotected_template_is_offered_the_profile_that_somebody_wrote)
{
	struct kit *kit = attempt(NULL,
				  kit_gateway_text(GCM, "esp-gcm",
						   "interface Virtual-Template1\n no tunnel protection ipsec profile clients\n"),
				  kit_client_text(GCM, "esp-gcm", NULL));

	ck_assert(kit_said("child.failed", "interface Virtual-Template1 / tunnel protection ipsec profile clients"));
	ck_assert(!kit_said("child.failed", "ipsec profile default"));
	kit_free(kit);
}
END_TEST

START_TEST(no_key_at_all_names_the_keyring)
{
	struct kit *kit = attempt(NULL,
				  kit_gateway_text(GCM, "esp-gcm",
						   "crypto ikev2 keyring clients\n peer anybody\n"
						   "  address 10.0.0.0 255.0.0.0\n"),
				  kit_client_text(GCM, "esp-gcm", NULL));

	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	ck_assert(kit_said("ike.failed", "no remote pre-shared key for client.example.org"));
	ck_assert(kit_said("ike.failed", "crypto ikev2 keyring clients"));
	kit_free(kit);
}
END_TEST

START_TEST(unknown_identity_names_the_match_line_that_is_missing)
{
	struct kit *kit = attempt(NULL, kit_gateway_text(GCM, "esp-gcm", NULL),
				  kit_client_text(GCM, "esp-gcm",
						  "crypto ikev2 profile gateway\n"
						  " identity local fqdn client.example.com\n"));

	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert(kit_said("ike.failed", "no profile matches fqdn client.example.com"));
	ck_assert(kit_said("ike.failed", "crypto ikev2 profile clients / match identity remote fqdn client.example.com"));
	ck_assert_str_eq(log_capture_field("ike.failed", 0, "notify"), "AUTHENTICATION_FAILED");
	kit_free(kit);
}
END_TEST

START_TEST(two_matching_profiles_are_none)
{
	struct kit *kit = attempt(NULL,
				  kit_gateway_text(GCM, "esp-gcm",
						   "crypto ikev2 profile more\n match identity remote any\n"
						   " authentication local pre-share key x\n"
						   " authentication remote pre-share key x\n"),
				  kit_client_text(GCM, "esp-gcm", NULL));

	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert(kit_said("ike.failed", "more than one profile matches"));
	ck_assert(kit_said("ike.failed", "try: crypto ikev2 profile more / no match identity remote any"));
	kit_free(kit);
}
END_TEST

START_TEST(the_responders_identity_must_match_our_profile)
{
	struct kit *kit = attempt(NULL, kit_gateway_text(GCM, "esp-gcm", NULL),
				  kit_client_text(GCM, "esp-gcm",
						  "crypto ikev2 profile gateway\n"
						  " match identity remote fqdn other.example.org\n"
						  " no match identity remote fqdn gateway.example.org\n"));

	ck_assert_uint_eq(kit_up(kit_client(kit)), 0);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0); /* it was told and ended its own */
	ck_assert(kit_said("ike.failed", "the peer says that it is fqdn gateway.example.org"));
	ck_assert(kit_said("ike.failed", "match identity remote fqdn gateway.example.org"));
	kit_free(kit);
}
END_TEST

START_TEST(no_common_ike_suite_names_what_differs)
{
	struct kit *kit = attempt(NULL, kit_gateway_text(GCM, "esp-gcm", NULL),
				  kit_client_text(" encryption aes-gcm-128\n prf sha256\n group 14\n",
						  "esp-gcm", NULL));

	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert(kit_said("ike.failed", "no proposal of the peer suits us"));
	ck_assert(kit_said("ike.failed", "differs in group"));
	ck_assert(kit_said("ike.failed", "crypto ikev2 proposal p / group 14"));
	ck_assert_str_eq(log_capture_field("ike.failed", 0, "notify"), "NO_PROPOSAL_CHOSEN");
	/* Nobody vouches for a notify in clear: the client tells it and goes on asking. */
	ck_assert(kit_said("ike.failed", "the peer answers IKE_SA_INIT with NO_PROPOSAL_CHOSEN"));
	ck_assert_int_eq(kit_sa(kit_client(kit))->state, IKE_INIT_SENT);
	ck_assert_uint_eq(log_capture_count("ike.failed"), 2); /* however often it asks */
	kit_free(kit);
}
END_TEST

START_TEST(no_common_esp_suite_ends_the_child_only)
{
	struct kit *kit = attempt(NULL, kit_gateway_text(GCM, "esp-gcm 256", NULL),
				  kit_client_text(GCM, "esp-aes esp-sha-hmac", NULL));

	ck_assert(kit_said("child.failed", "no ESP proposal of the peer suits us"));
	ck_assert(kit_said("child.failed", "differs in encryption"));
	ck_assert(kit_said("child.failed", "crypto ipsec transform-set t esp-aes 128 esp-sha-hmac"));
	ck_assert(kit_said("child.failed", "the peer refuses the child with NO_PROPOSAL_CHOSEN"));
	ck_assert(kit_said("ike.up", "client.example.org"));
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 0);
	kit_free(kit);
}
END_TEST

START_TEST(an_algorithm_that_no_plugin_has_is_named)
{
	struct kit *kit = attempt(&(struct kit_setup){ .openssl_conf = "disable = ECP-256\n" },
				  kit_gateway_text(GCM, "esp-gcm", NULL),
				  kit_client_text(GCM, "esp-gcm", NULL));

	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert(kit_said("ike.failed", "no loaded plugin provides"));
	kit_free(kit);
}
END_TEST

START_TEST(without_a_data_plane_there_is_no_child)
{
	struct kit *kit = attempt(&(struct kit_setup){ .no_kernel = true },
				  kit_gateway_text(GCM, "esp-gcm", NULL),
				  kit_client_text(GCM, "esp-gcm", NULL));

	ck_assert(kit_said("child.failed", "no kernel plugin is loaded"));
	ck_assert(kit_said("child.failed", "load = yes"));
	kit_free(kit);
}
END_TEST

START_TEST(selectors_of_gre_are_not_those_of_ipsec)
{
	struct kit *kit = attempt(NULL,
				  kit_gateway_text(GCM, "esp-gcm",
						   "interface Virtual-Template1 type tunnel\n"
						   " no tunnel mode ipsec ipv4\n"),
				  kit_client_text(GCM, "esp-gcm",
						  "interface Tunnel0\n ip address 10.1.1.1 255.255.255.0\n"
						  " tunnel mode ipsec ipv6\n"));

	ck_assert(kit_said("child.failed", "traffic selectors meet none of ours"));
	ck_assert(kit_said("child.failed", "interface Virtual-Template1 / tunnel mode ipsec"));
	ck_assert(kit_said("child.failed", "refuses the child with TS_UNACCEPTABLE"));
	kit_free(kit);
}
END_TEST

START_TEST(no_authorization_means_no_address)
{
	struct kit *kit = attempt(NULL,
				  kit_gateway_text(GCM, "esp-gcm",
						   "crypto ikev2 profile clients\n"
						   " no aaa authorization group psk list here clients\n"),
				  kit_client_text(GCM, "esp-gcm", NULL));

	ck_assert(kit_said("child.failed", "asks for an address and nothing of ours gives one"));
	ck_assert(kit_said("child.failed", "aaa authorization group psk list LIST NAME"));
	ck_assert(kit_said("child.failed", "the peer refuses the child with INTERNAL_ADDRESS_FAILURE"));
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 0);
	kit_free(kit);
}
END_TEST

START_TEST(an_empty_pool_is_named)
{
	struct kit *kit = attempt(NULL,
				  kit_gateway_text(GCM, "esp-gcm",
						   "crypto ikev2 profile clients\n"
						   " aaa authorization group psk list here empty\n"),
				  kit_client_text(GCM, "esp-gcm", NULL));

	ck_assert(kit_said("child.failed", "pool empty is exhausted"));
	ck_assert(kit_said("child.failed", "try: ip local pool empty LOW HIGH, with addresses"));
	ck_assert_uint_eq(fake_leased, 0);
	kit_free(kit);
}
END_TEST

START_TEST(without_an_ipv6_address_to_give_that_is_said)
{
	struct kit *kit = attempt(NULL,
				  kit_gateway_text(GCM, "esp-gcm",
						   "crypto ikev2 profile clients\n"
						   " aaa authorization group psk list here empty\n"),
				  kit_client_text(GCM, "esp-gcm",
						  "interface Tunnel0\n no ip address negotiated\n"
						  " tunnel mode ipsec ipv6\n ipv6 address negotiated\n"));

	ck_assert(kit_said("child.failed", "the peer asks for an IPv6 address and nothing of ours gives one"));
	ck_assert(!kit_said("child.failed", "ip local pool"));
	kit_free(kit);
}
END_TEST

START_TEST(unknown_name_in_the_authorization_list_ends_the_session)
{
	struct kit *kit = attempt(NULL,
				  kit_gateway_text(GCM, "esp-gcm",
						   "crypto ikev2 profile clients\n"
						   " aaa authorization group psk list here nobody\n"),
				  kit_client_text(GCM, "esp-gcm", NULL));

	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert(kit_said("ike.failed", "authorization list here knows no nobody"));
	ck_assert(kit_said("ike.failed", "crypto ikev2 authorization policy nobody"));
	kit_free(kit);
}
END_TEST

START_TEST(a_data_plane_that_refuses_ends_the_child_only)
{
	struct kit *kit = kit_new(NULL);

	fake_kernel(kit_shard(kit_gateway(kit), 0))->refuse_add = true;
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1500);
	ck_assert(kit_said("child.failed", "did not take the child"));
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 0);
	kit_free(kit);
}
END_TEST

START_TEST(nobody_at_the_other_end_is_said_once)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", NULL));
	kit_pass(kit, 64000);
	ck_assert(kit_said("ike.failed", "no policy of ours") || kit_said("ike.failed", "nobody answers"));
	kit_free(kit);
}
END_TEST

Suite *refuse_suite(void)
{
	Suite *suite = suite_create("refuse");
	TCase *tcase = tcase_create("refuse");

	tcase_add_test(tcase, wrong_key_fails_authentication_and_names_the_keyring_peer);
	tcase_add_test(tcase, of_a_split_key_the_half_that_we_prove_ourselves_with_is_named);
	tcase_add_test(tcase, an_unprotected_template_is_offered_the_profile_that_somebody_wrote);
	tcase_add_test(tcase, no_key_at_all_names_the_keyring);
	tcase_add_test(tcase, unknown_identity_names_the_match_line_that_is_missing);
	tcase_add_test(tcase, two_matching_profiles_are_none);
	tcase_add_test(tcase, the_responders_identity_must_match_our_profile);
	tcase_add_test(tcase, no_common_ike_suite_names_what_differs);
	tcase_add_test(tcase, no_common_esp_suite_ends_the_child_only);
	tcase_add_test(tcase, an_algorithm_that_no_plugin_has_is_named);
	tcase_add_test(tcase, without_a_data_plane_there_is_no_child);
	tcase_add_test(tcase, selectors_of_gre_are_not_those_of_ipsec);
	tcase_add_test(tcase, no_authorization_means_no_address);
	tcase_add_test(tcase, an_empty_pool_is_named);
	tcase_add_test(tcase, without_an_ipv6_address_to_give_that_is_said);
	tcase_add_test(tcase, unknown_name_in_the_authorization_list_ends_the_session);
	tcase_add_test(tcase, a_data_plane_that_refuses_ends_the_child_only);
	tcase_add_test(tcase, nobody_at_the_other_end_is_said_once);
	suite_add_tcase(suite, tcase);
	return suite;
}
