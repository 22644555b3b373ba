/* SPDX-License-Identifier: MIT */
#include "config/config_tests.h"
#include "config/keyring.h"

#include <stdlib.h>

#define TWO                                                                                        \
	"crypto ikev2 proposal A\n encryption aes-cbc-128\n integrity sha256\n group 19\n"         \
	"crypto ikev2 policy P\n proposal A\n"                                                     \
	"crypto ikev2 keyring K\n peer a\n  address 10.0.0.1\n  pre-shared-key x\n"                \
	" peer b\n  address 10.0.0.2\n  pre-shared-key y\n"

START_TEST(what_has_not_changed_is_shared_by_the_next_snapshot)
{
	const void *proposal, *keyring, *policy;

	ck_assert_int_eq(kit_parse(TWO), CYG_OK);
	proposal = cyg_config_object_ref(kit_object(MODE_PROPOSAL, "A"));
	policy = cyg_config_object_ref(kit_object(MODE_POLICY, "P"));
	keyring = cyg_config_object_ref(kit_object(MODE_KEYRING, "K"));
	ck_assert_int_eq(kit_reparse(TWO "  description changed\n"), CYG_OK);
	ck_assert_ptr_eq(kit_object(MODE_PROPOSAL, "A"), proposal);
	ck_assert_ptr_eq(kit_object(MODE_POLICY, "P"), policy);
	ck_assert_ptr_ne(kit_object(MODE_KEYRING, "K"), keyring);
	cyg_config_object_unref(proposal);
	cyg_config_object_unref(policy);
	cyg_config_object_unref(keyring);
}
END_TEST

START_TEST(an_object_follows_what_it_refers_to)
{
	struct config_position position = { 0 };
	struct config_findings findings = { 0 };
	struct config_typed typed = { 0 };
	const struct config_policy *before, *after;

	ck_assert_int_eq(kit_parse(TWO), CYG_OK);
	before = kit_object(MODE_POLICY, "P");
	ck_assert_int_eq(config_run_line(kit_config, &position, CYG_STR("crypto ikev2 proposal A"),
					 &findings, &typed),
			 CYG_OK);
	ck_assert_ptr_null(typed.config);
	config_typed_done(&typed);
	ck_assert_int_eq(config_run_line(kit_config, &position, CYG_STR("group 31"), &findings,
					 &typed),
			 CYG_OK);
	after = cyg_config_object(typed.config, MODE_POLICY, CYG_STR("P"), true);
	ck_assert_ptr_ne(after, before);
	ck_assert_uint_eq(before->proposal[0]->group[0], 19);
	ck_assert_uint_eq(after->proposal[0]->group[0], 31);
	ck_assert_ptr_eq(cyg_config_object(typed.config, MODE_KEYRING, CYG_STR("K"), true),
			 kit_object(MODE_KEYRING, "K"));
	ck_assert(!cyg_config_object_same(before, after));
	config_typed_done(&typed);
	config_findings_done(&findings);
}
END_TEST

START_TEST(an_object_outlives_its_snapshot_with_what_it_refers_to)
{
	const struct config_policy *policy;

	ck_assert_int_eq(kit_parse(TWO), CYG_OK);
	policy = cyg_config_object_ref(kit_object(MODE_POLICY, "P"));
	config_unref(kit_config);
	kit_config = NULL;
	ck_assert_str_eq(policy->proposal[0]->head.name, "A");
	cyg_config_object_unref(policy);
}
END_TEST

START_TEST(lines_that_move_make_the_same_objects)
{
	const void *before;

	ck_assert_int_eq(kit_parse(TWO), CYG_OK);
	before = cyg_config_object_ref(kit_object(MODE_POLICY, "P"));
	ck_assert_int_eq(kit_reparse("!\n" TWO), CYG_OK);
	ck_assert(cyg_config_object_same(before, kit_object(MODE_POLICY, "P")));
	ck_assert_str_eq(((const struct config_policy *)kit_object(MODE_POLICY, "P"))->head.place,
			 "t:6");
	cyg_config_object_unref(before);
}
END_TEST

START_TEST(a_reload_gives_its_warnings_again)
{
	ck_assert_int_eq(kit_parse("crypto ikev2 policy P\nproposal no\n"), CYG_OK);
	ck_assert_int_eq(kit_reparse("crypto ikev2 policy P\nproposal no\n"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "2 warning undefined-reference\n");
}
END_TEST

static void tell(void *ctx, enum config_change change, const struct cyg_mode *mode,
		 const char *path)
{
	fprintf(ctx, "%s %s %s\n",
		change == CONFIG_ADDED	   ? "+"
		: change == CONFIG_REMOVED ? "-"
					   : "~",
		mode->name, path);
}

START_TEST(differences_are_told_object_by_object)
{
	struct cyg_config *before;
	char *text = NULL;
	size_t len;
	FILE *out;

	ck_assert_int_eq(kit_parse(TWO), CYG_OK);
	before = config_ref(kit_config);
	ck_assert_int_eq(
		kit_parse(
			"hostname x\ncrypto ikev2 proposal A\n encryption aes-cbc-256\n"
			" integrity sha256\n group 19\n"
			"crypto ikev2 keyring K\n peer a\n  address 10.0.0.1\n  pre-shared-key x\n"
			" peer c\n  address 10.0.0.2\n  pre-shared-key y\n"
			"no crypto ikev2 policy default\n"),
		CYG_OK);
	out = open_memstream(&text, &len);
	config_diff(before, kit_config, tell, out);
	fclose(out);
	ck_assert_str_eq(text,
			 "~ global \n~ ikev2-proposal A\n~ ikev2-policy default\n- ikev2-policy P\n"
			 "- ikev2-keyring-peer K / b\n+ ikev2-keyring-peer K / c\n");
	ck_assert(!config_same(before, kit_config));
	ck_assert(config_same(before, before));
	free(text);
	config_unref(before);
}
END_TEST

static char *differences(const char *first, const char *second)
{
	struct cyg_config *before;
	char *text = NULL;
	size_t len;
	FILE *out;

	ck_assert_int_eq(kit_parse(first), CYG_OK);
	before = config_ref(kit_config);
	ck_assert_int_eq(kit_parse(second), CYG_OK);
	out = open_memstream(&text, &len);
	ck_assert_int_eq(config_differences(before, kit_config, out), CYG_OK);
	fclose(out);
	config_unref(before);
	return text;
}

/* The first proposal of a policy is the preferred one. */
START_TEST(lines_of_a_list_in_another_order_are_a_difference)
{
#define LINES(a, b, c) \
	"crypto ikev2 policy P\n proposal " a "\n match address local 10.0.0.1\n proposal " b "\n proposal " c "\n"
	char *text = differences(LINES("A", "B", "C"), LINES("C", "A", "B"));

	ck_assert_str_eq(text, " crypto ikev2 policy P\n- proposal A\n- proposal B\n- proposal C\n+ proposal C\n"
			       "+ proposal A\n+ proposal B\n");
	free(text);
	text = differences(LINES("A", "B", "C"), LINES("A", "B", "C"));
	ck_assert_str_eq(text, "");
	free(text);
	/* What is put in between moves nothing. */
	text = differences(LINES("A", "B", "C"), LINES("A", "X", "C"));
	ck_assert_str_eq(text, " crypto ikev2 policy P\n- proposal B\n+ proposal X\n");
	free(text);
	/* Where it stands among other lines means nothing, nor does it for entries with a number. */
	text = differences("crypto ikev2 policy P\n proposal A\n match fvrf any\n",
			   "crypto ikev2 policy P\n match fvrf any\n proposal A\n");
	ck_assert_str_eq(text, "");
	free(text);
	text = differences("ip access-list standard L\n 10 permit host 10.0.0.1\n 20 permit host 10.0.0.2\n",
			   "ip access-list standard L\n 20 permit host 10.0.0.2\n 10 permit host 10.0.0.1\n");
	ck_assert_str_eq(text, "");
	free(text);
#undef LINES
}
END_TEST

START_TEST(a_configuration_with_an_error_is_refused_whole)
{
	ck_assert_int_eq(kit_parse("hostname x\nfoo\n"), CYG_REFUSED);
	ck_assert_ptr_null(kit_config);
	ck_assert_uint_eq(kit_findings.errors, 1);
}
END_TEST

START_TEST(ten_thousand_peers_are_one_keyring)
{
	static const struct config_peer *peers[10001];
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const struct config_keyring *k;

	fprintf(out, "crypto ikev2 keyring K\n");
	for (unsigned i = 0; i < 10000; i++)
		fprintf(out, " peer p%u\n  address 10.0.%u.%u\n  pre-shared-key k%u\n", i, i / 256,
			i % 256, i);
	fclose(out);
	ck_assert_int_eq(kit_parse(text), CYG_OK);
	free(text);
	ck_assert_uint_eq(kit_findings.count, 0);
	k = kit_object(MODE_KEYRING, "K");
	ck_assert_uint_eq(k->peer_count, 10000);
	ck_assert_uint_eq(keyring_first(k, peers, CYG_COUNT(peers)), 10000);
	ck_assert_str_eq(peers[9999]->head.name, "p9999");
}
END_TEST

Suite *snapshot_suite(void)
{
	Suite *suite = suite_create("snapshot");
	TCase *tests = tcase_create("sharing");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, what_has_not_changed_is_shared_by_the_next_snapshot);
	tcase_add_test(tests, an_object_follows_what_it_refers_to);
	tcase_add_test(tests, an_object_outlives_its_snapshot_with_what_it_refers_to);
	tcase_add_test(tests, lines_that_move_make_the_same_objects);
	tcase_add_test(tests, a_reload_gives_its_warnings_again);
	tcase_add_test(tests, differences_are_told_object_by_object);
	tcase_add_test(tests, lines_of_a_list_in_another_order_are_a_difference);
	tcase_add_test(tests, a_configuration_with_an_error_is_refused_whole);
	tcase_add_test(tests, ten_thousand_peers_are_one_keyring);
	suite_add_tcase(suite, tests);
	return suite;
}
