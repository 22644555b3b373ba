/* SPDX-License-Identifier: MIT */
/* Trustpoints, certificate maps, and profiles that refer to them. */
#include "config/config_tests.h"

#define PROFILE                                                                                    \
	"crypto ikev2 profile P\n match certificate M\n authentication local rsa-sig\n"            \
	" authentication remote ecdsa-sig\n pki trustpoint A sign\n pki trustpoint B verify\n"
#define TRUSTPOINTS                                                                                \
	"crypto pki trustpoint A\n enrollment pkcs12\n rsakeypair K 3072\n"                        \
	"crypto pki trustpoint B\n enrollment terminal\n revocation-check ocsp crl\n"

static void expect(const char *text, const char *codes)
{
	(void)kit_parse(text);
	ck_assert_msg(strcmp(kit_codes(), codes) == 0, "for\n%s\nexpected\n%s\ngot\n%s\n%s", text, codes,
		      kit_codes(), kit_texts());
}

START_TEST(a_profile_holds_its_trustpoints_in_their_roles)
{
	const struct config_profile *p;

	expect(TRUSTPOINTS "crypto pki certificate map M 10\n subject-name co cn=x\n" PROFILE, "");
	p = kit_object(MODE_PROFILE, "P");
	ck_assert(p->head.complete);
	ck_assert_uint_eq(p->trustpoint_count, 2);
	ck_assert(p->trustpoint[0].sign && !p->trustpoint[0].verify);
	ck_assert(!p->trustpoint[1].sign && p->trustpoint[1].verify);
	ck_assert_str_eq(p->trustpoint[0].trustpoint->key_label, "K");
	ck_assert_uint_eq(p->trustpoint[0].trustpoint->key_bits, 3072);
	ck_assert_uint_eq(p->trustpoint[1].trustpoint->revocation_count, 2);
	ck_assert_int_eq(p->trustpoint[1].trustpoint->revocation[1], REVOCATION_CRL);
	ck_assert_uint_eq(config_view(kit_config)->trustpoint_count, 2);
}
END_TEST

START_TEST(a_map_is_all_its_sequences_in_order_of_their_numbers)
{
	const struct config_profile *p;

	expect(TRUSTPOINTS "crypto pki certificate map M 20\n issuer-name eq b\n"
			   "crypto pki certificate map M 3\n subject-name nc A b\n expires-on ge Jan 02 2030\n"
			   "crypto pki certificate map MM 1\n name eq c\n" PROFILE,
	       "");
	p = kit_object(MODE_PROFILE, "P");
	ck_assert_uint_eq(p->match_certificate_count, 1);
	ck_assert_uint_eq(p->match_certificate[0].entry_count, 2);
	ck_assert_str_eq(p->match_certificate[0].entries[0]->head.name, "M 3");
	ck_assert_str_eq(p->match_certificate[0].entries[0]->rule[0].text, "A b");
	ck_assert_int_eq(p->match_certificate[0].entries[0]->rule[0].test, CERT_MAP_NC);
	ck_assert_int_eq(p->match_certificate[0].entries[0]->rule[1].time, 1893542400);
	ck_assert_int_eq(p->match_certificate[0].entries[1]->rule[0].field, CERT_MAP_ISSUER);
}
END_TEST

START_TEST(times_are_read_as_routers_write_them)
{
	static const struct { const char *text; int64_t time; } forms[] = {
		{ "Jan 02 2030 12:00:01", 1893585601 }, { "02 01 2030 12:00:01", 1893585601 },
		{ "12:00:01 Jan 02 2030", 1893585601 }, { "Jan 02 2030", 1893542400 },
	};

	for (size_t i = 0; i < CYG_COUNT(forms); i++) {
		char text[160];

		snprintf(text, sizeof(text), "crypto pki certificate map M 1\n valid-start lt %s\n", forms[i].text);
		expect(text, "");
		ck_assert_int_eq(((const struct config_cert_map *)kit_object(MODE_CERT_MAP, "M 1"))->rule[0].time,
				 forms[i].time);
	}
	expect("crypto pki certificate map M 1\n valid-start lt Jan 02 2030 25:00:00\n", "2 error syntax\n");
}
END_TEST

START_TEST(another_sequence_reaches_those_who_refer_to_the_map)
{
	const struct config_profile *p;

	expect(TRUSTPOINTS "crypto pki certificate map M 10\n name eq b\n" PROFILE, "");
	ck_assert_int_eq(kit_reparse(TRUSTPOINTS "crypto pki certificate map M 10\n name eq b\n" PROFILE
						 "crypto pki certificate map M 5\n name eq a\n"),
			 CYG_OK);
	p = kit_object(MODE_PROFILE, "P");
	ck_assert_uint_eq(p->match_certificate[0].entry_count, 2);
	ck_assert_str_eq(p->match_certificate[0].entries[0]->head.name, "M 5");
}
END_TEST

START_TEST(what_is_missing_is_told_where_it_is_named)
{
	const struct config_profile *p;

	expect(PROFILE, "2 warning undefined-reference\n5 warning undefined-reference\n"
			"6 warning undefined-reference\n");
	p = kit_object(MODE_PROFILE, "P");
	ck_assert(!p->head.complete);
	ck_assert(strstr(p->head.missing, "trustpoints does not exist"));
	expect("crypto pki certificate map M 7\n", "1 warning incomplete\n");
	expect("crypto pki certificate map M 7\n expires-on ge tomorrow\n", "2 error syntax\n");
	expect("crypto pki trustpoint ../x\n", "");
	ck_assert(!((const struct config_trustpoint *)kit_object(MODE_TRUSTPOINT, "../x"))->head.complete);
}
END_TEST

START_TEST(a_profile_whose_trustpoints_have_other_roles_is_not_used)
{
	const struct config_profile *p;

	expect(TRUSTPOINTS "crypto ikev2 profile P\n match identity remote any\n authentication local rsa-sig\n"
			   " authentication remote rsa-sig\n pki trustpoint A verify\n",
	       "");
	p = kit_object(MODE_PROFILE, "P");
	ck_assert_str_eq(p->head.missing, "none of its trustpoints may sign");
	expect(TRUSTPOINTS "crypto ikev2 profile P\n match identity remote any\n authentication local rsa-sig\n"
			   " authentication remote rsa-sig\n pki trustpoint A\n",
	       "");
	p = kit_object(MODE_PROFILE, "P");
	ck_assert(p->head.complete);
}
END_TEST

START_TEST(protections_switched_off_and_old_spellings_warn)
{
	const struct config_trustpoint *t;

	expect("crypto pki trustpoint A\n revocation-check none\n rsakeypair K 1024\n",
	       "2 warning insecure\n3 warning weak-algorithm\n");
	expect("crypto pki trustpoint A\n enrollment url http:// 192.0.2.1:80\n", "2 warning spelling\n");
	t = kit_object(MODE_TRUSTPOINT, "A");
	ck_assert_str_eq(t->url, "http://192.0.2.1:80");
	ck_assert_uint_eq(t->revocation_count, 0);
}
END_TEST

Suite *pki_suite(void)
{
	Suite *suite = suite_create("pki");
	TCase *tests = tcase_create("pki");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_add_test(tests, a_profile_holds_its_trustpoints_in_their_roles);
	tcase_add_test(tests, a_map_is_all_its_sequences_in_order_of_their_numbers);
	tcase_add_test(tests, times_are_read_as_routers_write_them);
	tcase_add_test(tests, another_sequence_reaches_those_who_refer_to_the_map);
	tcase_add_test(tests, what_is_missing_is_told_where_it_is_named);
	tcase_add_test(tests, a_profile_whose_trustpoints_have_other_roles_is_not_used);
	tcase_add_test(tests, protections_switched_off_and_old_spellings_warn);
	suite_add_tcase(suite, tests);
	return suite;
}
