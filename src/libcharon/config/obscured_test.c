/* SPDX-License-Identifier: MIT */
/* The pairs of texts and keys are those that are published for this form; others were made with another program. */
#include "config/config_tests.h"
#include "config/obscured.h"

#include <stdlib.h>

#define PEER "crypto ikev2 keyring K\npeer A\naddress 10.0.0.1\n"

static void expect_key(const char *text, const char *key)
{
	struct cyg_secret secret = { 0 };

	ck_assert_int_eq(obscured_open(cyg_str(text), &secret), CYG_OK);
	ck_assert_uint_eq(secret.len, strlen(key));
	ck_assert_mem_eq(secret.ptr, key, secret.len);
	cyg_secret_done(&secret);
	ck_assert_ptr_null(secret.ptr);
}

START_TEST(published_texts_hide_what_they_are_known_to_hide)
{
	static const char *const texts[] = { "070C285F4D06", "02050D480809", "0822455D0A16", "094F471A1A0A",
					     "110A1016141D", "104D000A0618", "060506324F41", "070c285f4d06" };

	for (size_t i = 0; i < CYG_COUNT(texts); i++)
		expect_key(texts[i], "cisco");
}
END_TEST

START_TEST(the_table_is_gone_through_again_behind_its_end)
{
	expect_key("5240161216171619091A2F48", "wraps-round");
}
END_TEST

START_TEST(a_text_of_another_form_is_malformed)
{
	static const char *const texts[] = { "", "0", "07", "070", "070C2", "530C28", "0X0C28", "070C2G", "-10C28",
					     "07 C28", "990C285F4D06" };
	struct cyg_secret secret = { 0 };

	for (size_t i = 0; i < CYG_COUNT(texts); i++) {
		ck_assert_msg(obscured_check(cyg_str(texts[i])) == CYG_MALFORMED, "%s", texts[i]);
		ck_assert_int_eq(obscured_open(cyg_str(texts[i]), &secret), CYG_MALFORMED);
		ck_assert_ptr_null(secret.ptr);
	}
}
END_TEST

START_TEST(what_could_not_be_written_as_a_word_is_refused)
{
	ck_assert_int_eq(obscured_check(CYG_STR("071B36430E1E16171301")), CYG_REFUSED);
	ck_assert_int_eq(obscured_check(CYG_STR("050A610D")), CYG_REFUSED);
	ck_assert_int_eq(obscured_check(CYG_STR("050A8F")), CYG_REFUSED);
}
END_TEST

START_TEST(a_key_longer_than_a_secret_may_be_is_refused)
{
	static char text[2 + 2 * (CYG_SECRET_MAX + 1)];
	struct cyg_secret secret = { 0 };

	/* Zeros hide the table itself. */
	memset(text, '0', sizeof(text));
	ck_assert_int_eq(obscured_check(cyg_str_n(text, sizeof(text))), CYG_LIMIT);
	ck_assert_int_eq(obscured_check(cyg_str_n(text, sizeof(text) - 2)), CYG_OK);
	ck_assert_int_eq(obscured_open(cyg_str_n(text, sizeof(text) - 2), &secret), CYG_OK);
	ck_assert_uint_eq(secret.len, CYG_SECRET_MAX);
	ck_assert_mem_eq(secret.ptr, "dsfd;kfoA", 9);
	cyg_secret_done(&secret);
}
END_TEST

START_TEST(a_key_of_type_7_is_used_and_written_as_one_of_type_0)
{
	const struct config_keyring *k;
	char *text;

	ck_assert_int_eq(kit_parse(PEER "pre-shared-key 7 070C285F4D06\n"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "");
	k = kit_object(MODE_KEYRING, "K");
	ck_assert_uint_eq(kit_first_peer(k)->key_local.len, 5);
	ck_assert_mem_eq(kit_first_peer(k)->key_local.ptr, "cisco", 5);
	text = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_ptr_nonnull(strstr(text, "  pre-shared-key cisco\n"));
	ck_assert_ptr_null(strstr(text, "070C285F4D06"));
	free(text);
	text = kit_render(kit_config, 0);
	ck_assert_ptr_nonnull(strstr(text, "  pre-shared-key <secret>\n"));
	ck_assert_ptr_null(strstr(text, "cisco"));
	free(text);
}
END_TEST

START_TEST(a_key_of_type_7_that_is_none_is_an_error_that_does_not_tell_it)
{
	ck_assert_int_eq(kit_parse(PEER "pre-shared-key 7 070C285F4DXY\n"), CYG_REFUSED);
	ck_assert_str_eq(kit_codes(), "4 error syntax\n");
	ck_assert_ptr_null(strstr(kit_texts(), "070C"));
	ck_assert_int_eq(kit_parse(PEER "pre-shared-key 7 071B36430E1E16171301\n"), CYG_REFUSED);
	ck_assert_str_eq(kit_codes(), "4 error range\n");
	ck_assert_ptr_null(strstr(kit_texts(), "071B36430E1E16171301"));
	ck_assert_ptr_null(strstr(kit_texts(), "two"));
}
END_TEST

START_TEST(a_key_that_looks_like_a_type_or_a_keyword_is_written_with_its_type)
{
	static const char *const keys[][2] = { { "7 091A", "pre-shared-key 0 6\n" },
					       { "7 030C5E13", "pre-shared-key 0 hex\n" },
					       { "0 HE", "pre-shared-key 0 HE\n" },
					       { "0 local", "pre-shared-key 0 local\n" },
					       { "0 hexa", "pre-shared-key hexa\n" } };
	char line[128];

	for (size_t i = 0; i < CYG_COUNT(keys); i++) {
		char *first, *second;

		snprintf(line, sizeof(line), PEER "pre-shared-key %s\n", keys[i][0]);
		ck_assert_int_eq(kit_parse(line), CYG_OK);
		first = kit_render(kit_config, CONFIG_RENDER_SECRETS);
		ck_assert_msg(strstr(first, keys[i][1]) != NULL, "%s", first);
		ck_assert_int_eq(kit_parse(first), CYG_OK);
		second = kit_render(kit_config, CONFIG_RENDER_SECRETS);
		ck_assert_str_eq(first, second);
		free(first);
		free(second);
	}
}
END_TEST

Suite *obscured_suite(void)
{
	Suite *suite = suite_create("obscured");
	TCase *forms = tcase_create("form"), *lines = tcase_create("lines");

	tcase_add_test(forms, published_texts_hide_what_they_are_known_to_hide);
	tcase_add_test(forms, the_table_is_gone_through_again_behind_its_end);
	tcase_add_test(forms, a_text_of_another_form_is_malformed);
	tcase_add_test(forms, what_could_not_be_written_as_a_word_is_refused);
	tcase_add_test(forms, a_key_longer_than_a_secret_may_be_is_refused);
	tcase_add_checked_fixture(lines, kit_setup, kit_teardown);
	tcase_add_test(lines, a_key_of_type_7_is_used_and_written_as_one_of_type_0);
	tcase_add_test(lines, a_key_of_type_7_that_is_none_is_an_error_that_does_not_tell_it);
	tcase_add_test(lines, a_key_that_looks_like_a_type_or_a_keyword_is_written_with_its_type);
	suite_add_tcase(suite, forms);
	suite_add_tcase(suite, lines);
	return suite;
}
