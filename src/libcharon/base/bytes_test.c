/* SPDX-License-Identifier: MIT */
#include "base/base_tests.h"

#include <cygnet/bytes.h>

#include <stdlib.h>

START_TEST(octets_are_equal_if_length_and_content_are)
{
	ck_assert(cyg_bytes_equal_ct(cyg_bytes("abc", 3), cyg_bytes("abc", 3)));
	ck_assert(!cyg_bytes_equal_ct(cyg_bytes("abc", 3), cyg_bytes("abd", 3)));
	ck_assert(!cyg_bytes_equal_ct(cyg_bytes("abc", 3), cyg_bytes("abc", 2)));
	ck_assert(!cyg_bytes_equal_ct(cyg_bytes("\x80", 1), cyg_bytes("\0", 1)));
	ck_assert(cyg_bytes_equal_ct(cyg_bytes(NULL, 0), cyg_bytes("", 0)));
}
END_TEST

START_TEST(wiped_octets_are_zero)
{
	char text[8] = "secret!";

	cyg_wipe(text, 6);
	ck_assert_mem_eq(text, "\0\0\0\0\0\0!", 8);
	cyg_wipe(NULL, 0);
}
END_TEST

START_TEST(words_compare_without_case_in_ascii_only)
{
	ck_assert(cyg_str_equal_nocase(CYG_STR("Crypto"), CYG_STR("cRYPTO")));
	ck_assert(!cyg_str_equal_nocase(CYG_STR("crypto"), CYG_STR("crypt")));
	ck_assert(!cyg_str_equal_nocase(CYG_STR("\xc4"), CYG_STR("\xe4")));
	ck_assert(!cyg_str_equal_nocase(CYG_STR("@"), CYG_STR("`")));
}
END_TEST

START_TEST(views_are_cut_within_their_bounds)
{
	struct cyg_str s = CYG_STR("user@example");

	ck_assert_uint_eq(cyg_str_span_until(s, "@"), 4);
	ck_assert_uint_eq(cyg_str_span_until(s, "!?"), s.len);
	ck_assert(cyg_str_equal(cyg_str_head(s, 4), CYG_STR("user")));
	ck_assert(cyg_str_equal(cyg_str_head(s, 99), s));
	ck_assert(cyg_str_equal(cyg_str_tail(s, 5), CYG_STR("example")));
	ck_assert_uint_eq(cyg_str_tail(s, 99).len, 0);
}
END_TEST

START_TEST(a_copy_ends_with_nul)
{
	char *copy = cyg_str_dup(cyg_str_n("abcdef", 3));

	ck_assert_str_eq(copy, "abc");
	free(copy);
	copy = cyg_str_dup(cyg_str_n(NULL, 0));
	ck_assert_str_eq(copy, "");
	free(copy);
}
END_TEST

START_TEST(a_number_is_whole_and_within_its_range)
{
	uint64_t n = 77;

	ck_assert_int_eq(cyg_str_to_u64(CYG_STR("42"), 0, 100, &n), CYG_OK);
	ck_assert_uint_eq(n, 42);
	ck_assert_int_eq(cyg_str_to_u64(CYG_STR("18446744073709551615"), 0, UINT64_MAX, &n), CYG_OK);
	ck_assert_uint_eq(n, UINT64_MAX);
	n = 77;
	ck_assert_int_eq(cyg_str_to_u64(CYG_STR("18446744073709551616"), 0, UINT64_MAX, &n), CYG_LIMIT);
	ck_assert_int_eq(cyg_str_to_u64(CYG_STR("101"), 0, 100, &n), CYG_LIMIT);
	ck_assert_int_eq(cyg_str_to_u64(CYG_STR("4"), 5, 100, &n), CYG_LIMIT);
	ck_assert_int_eq(cyg_str_to_u64(CYG_STR(""), 0, 100, &n), CYG_MALFORMED);
	ck_assert_int_eq(cyg_str_to_u64(CYG_STR("4x"), 0, 100, &n), CYG_MALFORMED);
	ck_assert_int_eq(cyg_str_to_u64(CYG_STR("-4"), 0, 100, &n), CYG_MALFORMED);
	ck_assert_int_eq(cyg_str_to_u64(CYG_STR(" 4"), 0, 100, &n), CYG_MALFORMED);
	ck_assert_uint_eq(n, 77);
}
END_TEST

START_TEST(a_misspelt_word_finds_its_nearest_and_another_one_none)
{
	static const char *const words[] = { "retransmit-times", "retransmit-base", "pool", "dns" };

	ck_assert_str_eq(cyg_str_nearest(CYG_STR("retransmit-tiems"), words, 4), "retransmit-times");
	ck_assert_str_eq(cyg_str_nearest(CYG_STR("POOLS"), words, 4), "pool");
	ck_assert_str_eq(cyg_str_nearest(CYG_STR("dsn"), words, 4), "dns");
	ck_assert_ptr_null(cyg_str_nearest(CYG_STR("elephant"), words, 4));
	ck_assert_ptr_null(cyg_str_nearest(CYG_STR("x"), words, 4));
	ck_assert_ptr_null(cyg_str_nearest(CYG_STR("pool"), words, 0));
}
END_TEST

START_TEST(a_text_buffer_cuts_at_its_end_and_says_so)
{
	char text[8];
	struct cyg_strbuf b = CYG_STRBUF(text);

	cyg_strbuf_add(&b, CYG_STR("abcd"));
	cyg_strbuf_addf(&b, "%d", 123);
	ck_assert_str_eq(text, "abcd123");
	ck_assert(!b.cut);
	cyg_strbuf_add(&b, CYG_STR("5"));
	ck_assert_str_eq(text, "abcd123");
	ck_assert(b.cut);
	b = CYG_STRBUF(text);
	cyg_strbuf_addf(&b, "%s", "0123456789");
	ck_assert_str_eq(text, "0123456");
	ck_assert(b.cut);
	ck_assert_uint_eq(b.len, 7);
	b = cyg_strbuf(text, 0);
	cyg_strbuf_add(&b, CYG_STR("x"));
	cyg_strbuf_addf(&b, "x");
	ck_assert(b.cut);
}
END_TEST

START_TEST(setting_a_text_keeps_all_of_it_or_nothing)
{
	char text[4];
	struct cyg_strbuf b = CYG_STRBUF(text);

	ck_assert_int_eq(cyg_strbuf_set(&b, CYG_STR("abc")), CYG_OK);
	ck_assert_int_eq(cyg_strbuf_set(&b, CYG_STR("abcd")), CYG_LIMIT);
	ck_assert_str_eq(text, "abc");
}
END_TEST

START_TEST(foreign_octets_come_out_printable)
{
	char text[64];
	struct cyg_strbuf b = CYG_STRBUF(text);

	cyg_strbuf_add_foreign(&b, cyg_bytes("a\n\\\x7f\xff\0z", 7));
	ck_assert_str_eq(text, "a\\x0a\\\\\\x7f\\xff\\x00z");
	b = CYG_STRBUF(text);
	cyg_strbuf_add_hex(&b, cyg_bytes("\0\x0f\xf0", 3));
	ck_assert_str_eq(text, "000ff0");
}
END_TEST

START_TEST(every_status_has_its_word)
{
	for (int s = CYG_OK; s <= CYG_EXISTS; s++) {
		ck_assert_str_ne(cyg_status_text((enum cyg_status)s), "unknown status");
		for (int t = CYG_OK; t < s; t++)
			ck_assert_str_ne(cyg_status_text((enum cyg_status)s),
					 cyg_status_text((enum cyg_status)t));
	}
	ck_assert_str_eq(cyg_status_text((enum cyg_status)99), "unknown status");
}
END_TEST

TCase *bytes_tests(void)
{
	TCase *tc = tcase_create("bytes");

	tcase_add_test(tc, octets_are_equal_if_length_and_content_are);
	tcase_add_test(tc, wiped_octets_are_zero);
	tcase_add_test(tc, words_compare_without_case_in_ascii_only);
	tcase_add_test(tc, views_are_cut_within_their_bounds);
	tcase_add_test(tc, a_copy_ends_with_nul);
	tcase_add_test(tc, a_number_is_whole_and_within_its_range);
	tcase_add_test(tc, a_misspelt_word_finds_its_nearest_and_another_one_none);
	tcase_add_test(tc, a_text_buffer_cuts_at_its_end_and_says_so);
	tcase_add_test(tc, setting_a_text_keeps_all_of_it_or_nothing);
	tcase_add_test(tc, foreign_octets_come_out_printable);
	tcase_add_test(tc, every_status_has_its_word);
	return tc;
}
