/* SPDX-License-Identifier: MIT */
#include "config/config_tests.h"

/* Makes a grammar of one row of mode global; the sentence if it is no good. */
static const char *try_row(const struct cyg_command *row)
{
	static char text[300];
	struct cyg_strbuf why = CYG_STRBUF(text);
	const struct cyg_command rows[] = { *row, { 0 } };
	const struct cyg_command_table table = { .commands = rows };
	const struct config_table tables[] = { { &table, NULL, true } };
	struct config_grammar *grammar = NULL;
	enum cyg_status status = config_grammar_new(tables, 1, &grammar, &why);

	if (status == CYG_OK)
		config_grammar_unref(grammar);
	else
		ck_assert_msg(text[0], "no reason given");
	return text;
}

START_TEST(good_rows_compile)
{
	static const char *const rows[] = {
		"word",
		"a b c",
		"a {b | c} d",
		"a [b] c",
		"a [b | c <x:word>]",
		"a {b [c] | {d | e}}",
		"a <x:uint(1-5)>...",
		"a {b | c <x:name>}...",
		"a <x:choice(one|two|uno>one)>",
	};

	for (size_t i = 0; i < CYG_COUNT(rows); i++)
		ck_assert_str_eq(
			try_row(&(struct cyg_command){ .mode = "global", .syntax = rows[i] }), "");
}
END_TEST

START_TEST(a_bad_row_is_told_with_its_text)
{
	static const char *const rows[] = {
		"",	 "<x:word>",	    "a {b",	  "a {b | }",	     "a [b",
		"a <x>", "a <x:what>",	    "a <x:uint>", "a <x:uint(5-1)>", "a <x:word",
		"a }",	 "a <x:choice(|)>", "a <:word>",
	};

	for (size_t i = 0; i < CYG_COUNT(rows); i++) {
		const char *why =
			try_row(&(struct cyg_command){ .mode = "global", .syntax = rows[i] });

		ck_assert_msg(strstr(why, rows[i]) != NULL && why[0], "row '%s': %s", rows[i], why);
	}
}
END_TEST

START_TEST(a_row_that_opens_an_unknown_mode_is_no_good)
{
	ck_assert_ptr_nonnull(
		strstr(try_row(&(struct cyg_command){
			       .mode = "global", .syntax = "a <name:name>", .enters = "nowhere" }),
		       "mode that no table has"));
	ck_assert_ptr_nonnull(
		strstr(try_row(&(struct cyg_command){ .mode = "moon", .syntax = "a" }),
		       "its mode is in no table"));
}
END_TEST

START_TEST(a_key_must_be_an_argument_of_its_row)
{
	ck_assert_ptr_nonnull(
		strstr(try_row(&(struct cyg_command){
			       .mode = "global", .syntax = "a <x:word>", .key = "y" }),
		       "key"));
}
END_TEST

START_TEST(a_mode_in_two_tables_is_no_good)
{
	const struct config_table tables[] = {
		{ &kit_loaded_commands, "a", true },
		{ &kit_loaded_commands, "b", true },
	};
	struct config_grammar *grammar = NULL;
	char text[200];
	struct cyg_strbuf why = CYG_STRBUF(text);

	ck_assert_int_eq(config_grammar_new(tables, 2, &grammar, &why), CYG_MALFORMED);
	ck_assert_ptr_nonnull(strstr(text, "two tables"));
}
END_TEST

Suite *grammar_suite(void)
{
	Suite *suite = suite_create("grammar");
	TCase *tests = tcase_create("rows");

	tcase_add_test(tests, good_rows_compile);
	tcase_add_test(tests, a_bad_row_is_told_with_its_text);
	tcase_add_test(tests, a_row_that_opens_an_unknown_mode_is_no_good);
	tcase_add_test(tests, a_key_must_be_an_argument_of_its_row);
	tcase_add_test(tests, a_mode_in_two_tables_is_no_good);
	suite_add_tcase(suite, tests);
	return suite;
}
