/* SPDX-License-Identifier: MIT */
#include "config/config_tests.h"

#include <stdlib.h>

static void expect(const char *text, const char *codes)
{
	(void)kit_parse(text);
	ck_assert_msg(strcmp(kit_codes(), codes) == 0, "for\n%s\nexpected\n%s\ngot\n%s", text,
		      codes, kit_texts());
}

#define GATEWAY                                                                                    \
	"aaa new-model\n"                                                                          \
	"aaa authorization network L local\n"                                                      \
	"crypto ikev2 proposal P\n encryption aes-gcm-256 aes-gcm-128\n prf sha512\n group 31 "    \
	"19\n"                                                                                     \
	"crypto ikev2 policy Q\n match fvrf any\n proposal P\n"                                    \
	"crypto ikev2 keyring K\n peer any\n  address 0.0.0.0 0.0.0.0\n  pre-shared-key "          \
	"swordfish\n"                                                                              \
	"crypto ikev2 profile R\n match identity remote fqdn domain example.com\n"                 \
	" identity local fqdn gw.example.com\n authentication local pre-share\n"                   \
	" authentication remote pre-share\n keyring local K\n"                                     \
	" aaa authorization group psk list L default\n virtual-template 1\n dpd 30 5 periodic\n"   \
	"crypto ipsec transform-set T esp-gcm 256\n mode tunnel\n"                                 \
	"crypto ipsec profile I\n set transform-set T\n set ikev2-profile R\n set pfs group19\n"   \
	"interface Loopback1\n ip address 10.9.0.1 255.255.255.255\n"                              \
	"interface Virtual-Template1 type tunnel\n ip unnumbered Loopback1\n tunnel mode ipsec "   \
	"ipv4\n"                                                                                   \
	" tunnel protection ipsec profile I\n"

START_TEST(a_gateway_comes_out_as_objects)
{
	const struct config_view *v;
	const struct config_profile *p;
	const struct config_interface *i;

	expect(GATEWAY, "");
	v = config_view(kit_config);
	ck_assert_uint_eq(v->policy_count, 2);
	ck_assert_str_eq(v->policies[0]->head.name, "Q");
	ck_assert_str_eq(v->policies[1]->head.name, "default");
	ck_assert_uint_eq(v->policies[0]->proposal[0]->encr_count, 2);
	ck_assert_uint_eq(v->policies[0]->proposal[0]->encr[0].id, CYG_ENCR_AES_GCM_16);
	ck_assert_uint_eq(v->policies[0]->proposal[0]->encr[0].key_bits, 256);
	ck_assert_uint_eq(v->policies[0]->proposal[0]->prf_count, 1);
	ck_assert_uint_eq(v->profile_count, 1);
	p = v->profiles[0];
	ck_assert_int_eq(p->auth_local, AUTH_PRE_SHARE);
	ck_assert_uint_eq(kit_first_peer(config_view_keyring(v, p->keyring_name))->key_remote.len, 9);
	ck_assert_str_eq(p->group[FOR_PSK].list, "L");
	ck_assert_str_eq(p->group[FOR_PSK].name, "default");
	ck_assert_str_eq(p->head.place, "t:14");
	ck_assert(p->dpd.set && p->dpd.periodic && p->dpd.interval_s == 30);
	ck_assert_uint_eq(v->interface_count, 2);
	i = v->interfaces[1];
	ck_assert_int_eq(i->kind, IF_VIRTUAL_TEMPLATE);
	ck_assert_str_eq(i->unnumbered4, "Loopback1");
	ck_assert_uint_eq(i->protection->pfs_group, 19);
	ck_assert_ptr_eq(i->protection->ikev2_profile, p);
	ck_assert_uint_eq(i->protection->set[0]->encr.key_bits, 256);
	ck_assert(v->method_list_count == 1 && v->method_lists[0]->method[0].local);
}
END_TEST

START_TEST(forward_references_are_resolved_when_the_file_ends)
{
	expect("interface Tunnel0\n ip address negotiated\n tunnel source eth0\n tunnel "
	       "destination 192.0.2.1\n"
	       " tunnel protection ipsec profile I\ncrypto ipsec profile I\n set ikev2-profile R\n"
	       "interface eth0\ncrypto ikev2 profile R\n match identity remote any\n keyring local "
	       "K\n"
	       " authentication local pre-share\n authentication remote pre-share\n"
	       "crypto ikev2 keyring K\n",
	       "");
	ck_assert(config_view(kit_config)->interfaces[0]->protection->ikev2_profile->keyring_usable);
	ck_assert_ptr_nonnull(config_view_keyring(config_view(kit_config), "K"));
}
END_TEST

START_TEST(what_refers_to_nothing_is_told_and_not_used)
{
	expect("crypto ikev2 policy A\nproposal no\ncrypto ipsec profile I\nset transform-set no "
	       "default\n"
	       "set ikev2-profile no\ncrypto ikev2 profile P\nmatch identity remote any\nkeyring "
	       "local no\n"
	       "authentication local pre-share\nauthentication remote pre-share\n",
	       "2 warning undefined-reference\n4 warning undefined-reference\n5 warning "
	       "undefined-reference\n"
	       "8 warning undefined-reference\n");
	ck_assert_uint_eq(config_view(kit_config)->profile_count, 0);
	ck_assert_uint_eq(config_view(kit_config)->policy_count, 1);
	ck_assert_ptr_null(cyg_config_object(kit_config, MODE_IPSEC_PROFILE, CYG_STR("I"), true));
	ck_assert_str_eq(cyg_config_object_missing(kit_object(MODE_IPSEC_PROFILE, "I")),
			 "its IKEv2 profile cannot be used");
}
END_TEST

START_TEST(an_incomplete_object_is_told_once_with_all_it_lacks)
{
	expect("crypto ikev2 profile P\n", "1 warning incomplete\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(),
				     "`match identity remote` or `match certificate`, "
				     "`authentication local`, `authentication remote`"));
	expect("crypto ikev2 profile P\nshutdown\n", "");
	expect("crypto ikev2 proposal P\n", "1 warning incomplete\n");
	expect("crypto ikev2 policy P\n", "1 warning incomplete\n");
	expect("crypto ikev2 keyring K\npeer A\n", "2 warning incomplete\n");
	expect("interface Tunnel1\ntunnel protection ipsec profile default\n",
	       "1 warning incomplete\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "`tunnel source`, `tunnel destination`"));
}
END_TEST

START_TEST(an_object_with_an_error_gets_no_findings_as_a_whole)
{
	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.1 >>>\nidentity fqdn x\n",
	       "3 error syntax\n");
}
END_TEST

START_TEST(gcm_alone_needs_a_prf_and_takes_no_integrity)
{
	expect("crypto ikev2 proposal A\nencryption aes-gcm-128\ngroup 19\n",
	       "1 warning incomplete\n");
	expect("crypto ikev2 proposal A\nencryption aes-gcm-128\nintegrity sha256\nprf "
	       "sha256\ngroup 19\n",
	       "1 error conflict\n");
	expect("crypto ikev2 proposal A\nencryption aes-gcm-128 aes-cbc-128\nintegrity sha256 "
	       "sha384\n"
	       "group 19\n",
	       "");
	ck_assert_uint_eq(
		((const struct config_proposal *)kit_object(MODE_PROPOSAL, "A"))->prf_count, 2);
}
END_TEST

START_TEST(what_the_field_has_beyond_a_routers_words_is_taken)
{
	const struct config_proposal *p;
	const struct config_transform_set *set;

	expect("crypto ikev2 proposal A\nencryption chacha20-poly1305\nprf sha256\ngroup 17 18 32\n", "");
	p = kit_object(MODE_PROPOSAL, "A");
	ck_assert_uint_eq(p->encr[0].id, CYG_ENCR_CHACHA20_POLY1305);
	ck_assert_uint_eq(p->encr[0].key_bits, 0);
	ck_assert_uint_eq(p->group[2], CYG_KE_X448);
	expect("crypto ikev2 proposal A\nencryption chacha20-poly1305\nintegrity sha256\nprf sha256\n"
	       "group 32\n",
	       "1 error conflict\n");
	expect("crypto ikev2 proposal A\nencryption chacha20-poly1305\nprf sha256\ngroup 22\n",
	       "4 error range\n");
	expect("crypto ipsec transform-set T esp-chacha20-poly1305\n"
	       "crypto ipsec profile I\nset transform-set T\nset pfs group32\n",
	       "");
	set = kit_object(MODE_TRANSFORM_SET, "T");
	ck_assert_uint_eq(set->encr.id, CYG_ENCR_CHACHA20_POLY1305);
	expect("crypto ipsec transform-set T esp-chacha20-poly1305 esp-sha256-hmac\n", "1 error conflict\n");
}
END_TEST

START_TEST(link_local_addresses_are_refused_as_outer_ones)
{
	expect("interface Tunnel0\ntunnel destination fe80::1\n", "2 error unsupported\n");
	expect("interface Tunnel0\ntunnel destination fe80::1%eth0\n", "2 error unsupported\n");
	expect("interface Tunnel0\ntunnel source fe80::1\n", "2 error unsupported\n");
	expect("crypto ikev2 policy A\nmatch address local fe80::1\nproposal default\n", "2 error unsupported\n");
	expect("crypto ikev2 keyring K\npeer A\naddress fe80::/64\npre-shared-key x\n",
	       "3 error unsupported\n");
	expect("crypto ikev2 policy A\nmatch address local fd00::1\nproposal default\n", "");
}
END_TEST

START_TEST(a_proposals_own_prf_is_all_it_has)
{
	const struct config_proposal *p;

	expect("crypto ikev2 proposal A\nencryption aes-cbc-128\nintegrity sha256 sha384\nprf "
	       "sha512\n"
	       "group 19\n",
	       "");
	p = kit_object(MODE_PROPOSAL, "A");
	ck_assert_uint_eq(p->prf_count, 1);
	ck_assert_uint_eq(p->prf[0], CYG_PRF_HMAC_SHA2_512);
}
END_TEST

START_TEST(weak_algorithms_warn_and_broken_ones_are_refused)
{
	expect("crypto ikev2 proposal A\nencryption 3des aes-cbc-256\nintegrity md5 sha1\ngroup 2 "
	       "14 24\n",
	       "2 warning weak-algorithm\n3 warning weak-algorithm\n4 warning weak-algorithm\n"
	       "4 warning weak-algorithm\n");
	expect("crypto ikev2 proposal A\nencryption des\nintegrity sha1\ngroup 14\n",
	       "2 error unsupported\n");
	expect("crypto ipsec transform-set T esp-des esp-sha-hmac\n", "1 error unsupported\n");
	expect("crypto ipsec transform-set T esp-3des esp-md5-hmac\n",
	       "1 warning weak-algorithm\n1 warning weak-algorithm\n");
}
END_TEST

START_TEST(keys_of_both_kinds_exclude_each_other)
{
	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.1\npre-shared-key local "
	       "a\npre-shared-key b\n",
	       "5 error conflict\n");
	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.1\npre-shared-key b\npre-shared-key "
	       "remote a\n",
	       "5 error conflict\n");
	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.1\npre-shared-key local a\n"
	       "pre-shared-key remote b\n",
	       "");
}
END_TEST

START_TEST(a_key_may_be_hexadecimal)
{
	const struct config_keyring *k;

	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.1\npre-shared-key hex 00fFa0\n", "");
	k = kit_object(MODE_KEYRING, "K");
	ck_assert_uint_eq(kit_first_peer(k)->key_local.len, 3);
	ck_assert_mem_eq(kit_first_peer(k)->key_local.ptr, "\x00\xff\xa0", 3);
	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.1\npre-shared-key hex 00f\n",
	       "4 error range\n");
	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.1\npre-shared-key hex 00zz\n",
	       "4 error syntax\n");
}
END_TEST

START_TEST(a_secret_may_say_its_type)
{
	const struct config_keyring *k;

	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.1\npre-shared-key 0 6\n", "");
	k = kit_object(MODE_KEYRING, "K");
	ck_assert_uint_eq(kit_first_peer(k)->key_local.len, 1);
	ck_assert_uint_eq(kit_first_peer(k)->key_local.ptr[0], '6');
	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.1\npre-shared-key 6 ABCDEF\n",
	       "2 warning incomplete\n");
}
END_TEST

START_TEST(peers_on_one_prefix_overlap_and_equal_identities_conflict)
{
	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.0 255.255.255.0\npre-shared-key x\n"
	       "peer B\naddress 10.0.0.0 255.255.255.0\npre-shared-key x\n"
	       "peer C\naddress 10.0.0.0 255.255.0.0\npre-shared-key x\n",
	       "6 warning overlap\n");
	expect("crypto ikev2 keyring K\npeer A\nidentity key-id z\npre-shared-key x\n"
	       "peer B\npre-shared-key x\nidentity key-id z\n",
	       "7 error conflict\n");
}
END_TEST

START_TEST(an_overlap_is_told_where_the_later_object_says_it)
{
	struct config_findings findings = { 0 };
	struct cyg_config *config = NULL;

	/* Line 3 of the file of before is another peer's. */
	expect("crypto ikev2 keyring K\npeer A\naddress 192.0.2.1\npre-shared-key x\n", "");
	ck_assert_int_eq(config_parse_how(kit_grammar, CONFIG_MERGE, "t",
					  CYG_STR("crypto ikev2 keyring K\npeer B\n    address 192.0.2.1\npre-shared-key x\n"),
					  kit_config, &findings, &config),
			 CYG_OK);
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_str_eq(findings.items[0].code, "overlap");
	ck_assert_uint_eq(findings.items[0].line, 3);
	ck_assert_uint_eq(findings.items[0].column, 5);
	config_findings_done(&findings);
	config_unref(config);
}
END_TEST

START_TEST(policies_and_profiles_with_the_same_match_overlap)
{
	expect("crypto ikev2 policy A\nmatch fvrf any\nproposal default\n"
	       "crypto ikev2 policy B\nproposal default\nmatch fvrf any\n"
	       "crypto ikev2 policy C\nproposal default\nmatch fvrf any\nmatch address local "
	       "10.0.0.1\n",
	       "4 warning overlap\n");
	expect("crypto ikev2 profile A\nmatch identity remote any\nauthentication local pre-share "
	       "key x\n"
	       "authentication remote pre-share key y\n"
	       "crypto ikev2 profile B\nmatch identity remote fqdn q\nmatch identity remote any\n"
	       "authentication local pre-share key x\nauthentication remote pre-share key y\n",
	       "7 warning overlap\n");
}
END_TEST

START_TEST(lists_do_nothing_without_new_model)
{
	expect("aaa authorization network A local\naaa authorization network B local\n",
	       "1 warning no-effect\n");
	expect("aaa authorization network A local\naaa new-model\n", "");
}
END_TEST

START_TEST(certificates_by_url_do_not_suit_anyconnect)
{
	expect("crypto ikev2 http-url cert\ncrypto ikev2 profile P\n authentication remote anyconnect-eap aggregate\n"
	       " shutdown\n",
	       "1 warning unsuitable\n");
	expect("crypto ikev2 profile P\n anyconnect profile A\n shutdown\ncrypto ikev2 http-url cert\n",
	       "2 warning undefined-reference\n4 warning unsuitable\n");
	expect("no crypto ikev2 http-url cert\ncrypto ikev2 profile P\n authentication remote anyconnect-eap aggregate\n"
	       " shutdown\n",
	       "");
	expect("crypto ikev2 http-url cert\n", "");
	expect("crypto ikev2 http-url cert\ncrypto ikev2 profile P\n authentication remote eap\n"
	       " description for anyconnect\n shutdown\n", "");
}
END_TEST

START_TEST(built_in_objects_are_there_and_can_be_edited)
{
	const struct config_proposal *p;

	expect("", "");
	p = kit_object(MODE_PROPOSAL, "default");
	ck_assert_uint_eq(p->group_count, 4);
	ck_assert_uint_eq(p->group[0], 19);
	ck_assert(((const struct config_transform_set *)kit_object(MODE_TRANSFORM_SET, "default"))
			  ->transport);
	ck_assert_uint_eq(config_view(kit_config)->policy_count, 1);
	ck_assert_ptr_eq(config_view(kit_config)->policies[0]->proposal[0], p);
	expect("crypto ikev2 proposal default\ngroup 31\n", "");
	p = kit_object(MODE_PROPOSAL, "default");
	ck_assert_uint_eq(p->group_count, 1);
	ck_assert_uint_eq(p->encr_count, 1);
}
END_TEST

START_TEST(a_built_in_object_can_be_taken_away_and_brought_back)
{
	char *text;

	expect("no crypto ikev2 proposal default\n", "");
	ck_assert_ptr_null(kit_object(MODE_PROPOSAL, "default"));
	ck_assert_uint_eq(config_view(kit_config)->policy_count, 0);
	text = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_ptr_nonnull(strstr(text, "\nno crypto ikev2 proposal default\n"));
	free(text);
	expect("crypto ikev2 proposal default\ngroup 14\nno crypto ikev2 proposal default\n"
	       "default crypto ikev2 proposal\n",
	       "");
	ck_assert_uint_eq(
		((const struct config_proposal *)kit_object(MODE_PROPOSAL, "default"))->group_count,
		4);
	text = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_ptr_null(strstr(text, "default"));
	free(text);
}
END_TEST

/* Objects that are built in: how each is opened, what can be edited, and what it is as it comes. */
static const struct {
	const char *mode, *opening, *edit, *line;
} built_in[] = {
	{ MODE_PROPOSAL, "crypto ikev2 proposal", "group 31",
	  "crypto ikev2 proposal default\n encryption aes-cbc-256\n integrity sha512 sha384\n group 19 14 21 5\n" },
	{ MODE_POLICY, "crypto ikev2 policy", "match address local 10.0.0.1",
	  "crypto ikev2 policy default\n match fvrf any\n proposal default\n" },
	{ MODE_TRANSFORM_SET, "crypto ipsec transform-set", "mode tunnel",
	  "crypto ipsec transform-set default esp-aes esp-sha-hmac\n mode transport\n" },
	{ MODE_IPSEC_PROFILE, "crypto ipsec profile", "responder-only",
	  "crypto ipsec profile default\n set transform-set default\n" },
};

/* The configuration in force holds, or lacks, this text. */
static bool shows(unsigned flags, const char *part)
{
	char *text = kit_render(kit_config, flags);
	bool found = strstr(text, part) != NULL;

	free(text);
	return found;
}

START_TEST(built_in_objects_obey_the_six_rules)
{
	for (size_t i = 0; i < CYG_COUNT(built_in); i++) {
		char text[300], no[100], edited[100];

		snprintf(no, sizeof(no), "no %s default", built_in[i].opening);
		snprintf(edited, sizeof(edited), "%s default", built_in[i].opening);
		/* It is there, in force, and in `all` only. */
		expect("", "");
		ck_assert_ptr_nonnull(cyg_config_object(kit_config, built_in[i].mode, CYG_STR("default"), true));
		ck_assert(!shows(0, built_in[i].opening));
		ck_assert_msg(shows(CONFIG_RENDER_ALL, built_in[i].line), "%s", built_in[i].line);
		/* It can be edited, and then what differs is shown. */
		snprintf(text, sizeof(text), "%s default%s\n %s\n", built_in[i].opening,
			 i == 2 ? " esp-aes esp-sha-hmac" : "", built_in[i].edit);
		expect(text, "");
		ck_assert(shows(0, built_in[i].edit));
		/* Taken away: not in force, shown as that, and its edits are lost. */
		snprintf(text, sizeof(text), "%s default%s\n %s\n%s\n", built_in[i].opening,
			 i == 2 ? " esp-aes esp-sha-hmac" : "", built_in[i].edit, no);
		expect(text, "");
		ck_assert_ptr_null(kit_object(built_in[i].mode, "default"));
		ck_assert_msg(shows(0, no), "%s", no);
		ck_assert(!shows(0, built_in[i].edit));
		/* Brought back with the values that it comes with. */
		snprintf(text, sizeof(text), "%s default%s\n %s\n%s\ndefault %s\n", built_in[i].opening,
			 i == 2 ? " esp-aes esp-sha-hmac" : "", built_in[i].edit, no, built_in[i].opening);
		expect(text, "");
		ck_assert_ptr_nonnull(kit_object(built_in[i].mode, "default"));
		ck_assert(!shows(0, edited));
		ck_assert(shows(CONFIG_RENDER_ALL, built_in[i].line));
		/* The same by `default NAME`, which undoes an edit as well. */
		snprintf(text, sizeof(text), "%s default%s\n %s\ndefault %s default\n", built_in[i].opening,
			 i == 2 ? " esp-aes esp-sha-hmac" : "", built_in[i].edit, built_in[i].opening);
		expect(text, "");
		ck_assert(!shows(0, built_in[i].edit));
	}
	/* The set called default is for transport mode, every other one for tunnels. */
	expect("crypto ipsec transform-set T esp-aes esp-sha-hmac\n", "");
	ck_assert(!((const struct config_transform_set *)kit_object(MODE_TRANSFORM_SET, "T"))->transport);
	ck_assert(((const struct config_transform_set *)kit_object(MODE_TRANSFORM_SET, "default"))->transport);
}
END_TEST

START_TEST(without_the_default_proposal_the_default_policy_offers_nothing)
{
	expect("no crypto ikev2 proposal default\n", "");
	ck_assert_uint_eq(config_view(kit_config)->policy_count, 0);
	expect("no crypto ikev2 policy default\n", "");
	ck_assert_uint_eq(config_view(kit_config)->policy_count, 0);
	expect("no crypto ipsec transform-set default\n", "");
	ck_assert_ptr_null(cyg_config_object(kit_config, MODE_IPSEC_PROFILE, CYG_STR("default"), true));
}
END_TEST

START_TEST(there_is_no_usable_default_profile_until_it_is_completed)
{
	expect("", "");
	ck_assert_uint_eq(config_view(kit_config)->profile_count, 0);
	expect("crypto ikev2 profile default\n", "1 warning incomplete\n");
	expect("crypto ikev2 profile default\n match identity remote any\n authentication local pre-share key a\n"
	       " authentication remote pre-share key b\n",
	       "");
	ck_assert_uint_eq(config_view(kit_config)->profile_count, 1);
}
END_TEST

START_TEST(dynamic_excludes_what_stands_before_it)
{
	expect("crypto ikev2 profile P\nauthentication local pre-share\ndynamic\nidentity local "
	       "dn\n",
	       "3 error conflict\n");
	expect("crypto ikev2 profile P\ndynamic\nauthentication local pre-share\n",
	       "3 error conflict\n");
}
END_TEST

START_TEST(no_forms_that_mean_something_are_kept)
{
	const struct config_global *g;

	expect("no crypto ikev2 cookie-challenge\nno crypto ikev2 fragmentation\n",
	       "1 warning insecure\n");
	g = config_view(kit_config)->global;
	ck_assert_int_eq(g->cookie_challenge, -2);
	ck_assert(!g->fragmentation);
	expect("crypto ikev2 profile P\nshutdown\nno config-exchange request\n", "");
	ck_assert(!((const struct config_profile *)kit_object(MODE_PROFILE, "P"))->config_request);
	/* Told where the address is to come from the peer, and not where it does. */
#define NEGOTIATED(request_, address_) \
	"crypto ipsec profile I\nset ikev2-profile P\ninterface Tunnel0\nip address " address_ "\ntunnel source 192.0.2.1\n" \
	"tunnel destination 192.0.2.2\ntunnel mode ipsec ipv4\ntunnel protection ipsec profile I\n" \
	"crypto ikev2 profile P\nshutdown\n" request_
	expect(NEGOTIATED("no config-exchange request\n", "negotiated"), "4 warning unsuitable\n");
	expect(NEGOTIATED("", "negotiated"), "");
	expect(NEGOTIATED("no config-exchange request\n", "10.0.0.1 255.255.255.0"), "");
#undef NEGOTIATED
	expect("crypto ikev2 nat keepalive 20\n", "");
	ck_assert_uint_eq(config_view(kit_config)->global->nat_keepalive_s, 20);
	expect("crypto ikev2 fragmentation mtu 100\n", "1 warning small-mtu\n");
	ck_assert_uint_eq(config_view(kit_config)->global->fragmentation_mtu, 100);
}
END_TEST

Suite *objects_suite(void)
{
	Suite *suite = suite_create("objects");
	TCase *tests = tcase_create("core");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_add_test(tests, a_gateway_comes_out_as_objects);
	tcase_add_test(tests, forward_references_are_resolved_when_the_file_ends);
	tcase_add_test(tests, what_refers_to_nothing_is_told_and_not_used);
	tcase_add_test(tests, an_incomplete_object_is_told_once_with_all_it_lacks);
	tcase_add_test(tests, an_object_with_an_error_gets_no_findings_as_a_whole);
	tcase_add_test(tests, gcm_alone_needs_a_prf_and_takes_no_integrity);
	tcase_add_test(tests, what_the_field_has_beyond_a_routers_words_is_taken);
	tcase_add_test(tests, link_local_addresses_are_refused_as_outer_ones);
	tcase_add_test(tests, a_proposals_own_prf_is_all_it_has);
	tcase_add_test(tests, weak_algorithms_warn_and_broken_ones_are_refused);
	tcase_add_test(tests, keys_of_both_kinds_exclude_each_other);
	tcase_add_test(tests, a_key_may_be_hexadecimal);
	tcase_add_test(tests, a_secret_may_say_its_type);
	tcase_add_test(tests, peers_on_one_prefix_overlap_and_equal_identities_conflict);
	tcase_add_test(tests, an_overlap_is_told_where_the_later_object_says_it);
	tcase_add_test(tests, policies_and_profiles_with_the_same_match_overlap);
	tcase_add_test(tests, lists_do_nothing_without_new_model);
	tcase_add_test(tests, certificates_by_url_do_not_suit_anyconnect);
	tcase_add_test(tests, built_in_objects_are_there_and_can_be_edited);
	tcase_add_test(tests, a_built_in_object_can_be_taken_away_and_brought_back);
	tcase_add_test(tests, built_in_objects_obey_the_six_rules);
	tcase_add_test(tests, without_the_default_proposal_the_default_policy_offers_nothing);
	tcase_add_test(tests, there_is_no_usable_default_profile_until_it_is_completed);
	tcase_add_test(tests, dynamic_excludes_what_stands_before_it);
	tcase_add_test(tests, no_forms_that_mean_something_are_kept);
	suite_add_tcase(suite, tests);
	return suite;
}
