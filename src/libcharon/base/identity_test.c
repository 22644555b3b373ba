/* SPDX-License-Identifier: MIT */
#include "base/base_tests.h"

#include <cygnet/identity.h>

static struct cyg_identity *make(uint8_t type, const void *octets, size_t len)
{
	struct cyg_identity *id;

	ck_assert_int_eq(cyg_identity_new(type, cyg_bytes(octets, len), &id), CYG_OK);
	return id;
}

static void check_text(uint8_t type, const void *octets, size_t len, const char *want)
{
	struct cyg_identity *id = make(type, octets, len);
	char text[256];
	struct cyg_strbuf out = CYG_STRBUF(text);

	cyg_identity_text(id, &out);
	ck_assert_str_eq(text, want);
	cyg_identity_unref(id);
}

static bool equal(uint8_t type_a, const char *a, uint8_t type_b, const char *b)
{
	struct cyg_identity *x = make(type_a, a, strlen(a)), *y = make(type_b, b, strlen(b));
	bool same = cyg_identity_equal(x, y);

	cyg_identity_unref(x);
	cyg_identity_unref(y);
	return same;
}

START_TEST(an_identity_reads_as_people_write_it)
{
	check_text(CYG_ID_IPV4_ADDR, "\xc0\0\2\1", 4, "192.0.2.1");
	check_text(CYG_ID_IPV6_ADDR, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, "2001:db8::1");
	check_text(CYG_ID_FQDN, "a.example", 9, "a.example");
	check_text(CYG_ID_RFC822_ADDR, "u@a.example", 11, "u@a.example");
	check_text(CYG_ID_KEY_ID, "cisco", 5, "cisco");
	check_text(CYG_ID_GROUP_NAME, "*$AnyConnectClient$*", 20, "*$AnyConnectClient$*");
}
END_TEST

START_TEST(what_cannot_be_read_is_shown_as_octets)
{
	check_text(CYG_ID_KEY_ID, "\0\1\xff", 3, "0x0001ff");
	check_text(CYG_ID_KEY_ID, "", 0, "0x");
	check_text(CYG_ID_FQDN, "a\nb", 3, "a\\x0ab");
	check_text(CYG_ID_DER_ASN1_DN, "\x30\5junk", 6, "0x30056a756e6b");
}
END_TEST

/* c=DE, o="Example, Inc", cn=a.example */
static const uint8_t dn[] = {
	0x30, 0x38,
	0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 4, 6, 0x13, 0x02, 'D', 'E',
	0x31, 0x15, 0x30, 0x13, 0x06, 0x03, 0x55, 4, 10, 0x0c, 0x0c,
	'E', 'x', 'a', 'm', 'p', 'l', 'e', ',', ' ', 'I', 'n', 'c',
	0x31, 0x12, 0x30, 0x10, 0x06, 0x03, 0x55, 4, 3, 0x0c, 0x09,
	'a', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e',
};

START_TEST(a_distinguished_name_is_shown_part_by_part)
{
	check_text(CYG_ID_DER_ASN1_DN, dn, sizeof(dn), "c=DE,o=Example\\2c Inc,cn=a.example");
}
END_TEST

START_TEST(a_distinguished_name_cut_anywhere_is_shown_as_octets)
{
	for (size_t cut = 0; cut < sizeof(dn); cut++) {
		struct cyg_identity *id = make(CYG_ID_DER_ASN1_DN, dn, cut);
		char text[256];
		struct cyg_strbuf out = CYG_STRBUF(text);

		cyg_strbuf_add(&out, CYG_STR("id="));
		cyg_identity_text(id, &out);
		ck_assert_msg(strncmp(text, "id=0x", 5) == 0, "cut at %zu: %s", cut, text);
		ck_assert_uint_eq(strlen(text), 5 + 2 * cut);
		cyg_identity_unref(id);
	}
}
END_TEST

START_TEST(names_are_equal_without_case_and_mailboxes_in_their_domain)
{
	ck_assert(equal(CYG_ID_FQDN, "A.Example", CYG_ID_FQDN, "a.exAMPLE"));
	ck_assert(!equal(CYG_ID_FQDN, "a.example", CYG_ID_FQDN, "b.example"));
	ck_assert(!equal(CYG_ID_FQDN, "a.example", CYG_ID_KEY_ID, "a.example"));
	ck_assert(equal(CYG_ID_RFC822_ADDR, "u@A.Example", CYG_ID_RFC822_ADDR, "u@a.example"));
	ck_assert(!equal(CYG_ID_RFC822_ADDR, "U@a.example", CYG_ID_RFC822_ADDR, "u@a.example"));
	ck_assert(!equal(CYG_ID_KEY_ID, "Key", CYG_ID_KEY_ID, "key"));
}
END_TEST

START_TEST(an_identity_that_cannot_be_is_refused)
{
	uint8_t octets[CYG_IDENTITY_MAX + 1] = { 0 };
	struct cyg_identity *id = NULL;
	struct cyg_ip none = { 0 };

	ck_assert_int_eq(cyg_identity_new(CYG_ID_KEY_ID, cyg_bytes(octets, sizeof(octets)), &id), CYG_LIMIT);
	ck_assert_int_eq(cyg_identity_new(CYG_ID_IPV4_ADDR, cyg_bytes(octets, 5), &id), CYG_MALFORMED);
	ck_assert_int_eq(cyg_identity_new(CYG_ID_IPV6_ADDR, cyg_bytes(octets, 4), &id), CYG_MALFORMED);
	ck_assert_int_eq(cyg_identity_of_ip(&none, &id), CYG_MALFORMED);
	ck_assert_ptr_null(id);
}
END_TEST

START_TEST(an_identity_lives_until_its_last_user_lets_go)
{
	struct cyg_identity *id = make(CYG_ID_KEY_ID, "k", 1);

	ck_assert_ptr_eq(cyg_identity_ref(id), id);
	cyg_identity_unref(id);
	ck_assert_uint_eq(id->len, 1);
	cyg_identity_unref(id);
	cyg_identity_unref(NULL);
}
END_TEST

TCase *identity_tests(void)
{
	TCase *tc = tcase_create("identity");

	tcase_add_test(tc, an_identity_reads_as_people_write_it);
	tcase_add_test(tc, what_cannot_be_read_is_shown_as_octets);
	tcase_add_test(tc, a_distinguished_name_is_shown_part_by_part);
	tcase_add_test(tc, a_distinguished_name_cut_anywhere_is_shown_as_octets);
	tcase_add_test(tc, names_are_equal_without_case_and_mailboxes_in_their_domain);
	tcase_add_test(tc, an_identity_that_cannot_be_is_refused);
	tcase_add_test(tc, an_identity_lives_until_its_last_user_lets_go);
	return tc;
}
