/* SPDX-License-Identifier: MIT */
/*
 * The forms that a configuration is shown in, and lines typed one by one beside a file of them. That what is shown is
 * read back as the same: round_trip_test.c.
 */
#include "config/config_tests.h"
#include "config/grammar.h"

#include <stdlib.h>

/* Objects of two snapshots, made in different ways, are the same. */
static void same_objects(const struct cyg_config *a, const struct cyg_config *b, const char *text)
{
	for (size_t m = 0; m < kit_grammar->mode_count; m++) {
		const char *mode = kit_grammar->modes[m].mode->name;
		uint64_t at = 0, at_other = 0;
		struct cyg_str name;
		const void *object;

		while ((object = cyg_config_next(a, mode, &at, &name))) {
			const void *other = cyg_config_object(b, mode, name, false);

			ck_assert_msg(cyg_config_object_same(object, other), "%s %.*s of\n%s", mode,
				      (int)name.len, name.ptr, text);
			ck_assert_ptr_nonnull(cyg_config_next(b, mode, &at_other, NULL));
		}
		ck_assert_ptr_null(cyg_config_next(b, mode, &at_other, NULL));
	}
}

/* The lists of a view hold the snapshot's own objects, in their order. */
static void same_view(const struct cyg_config *a, const struct cyg_config *b, const char *text)
{
	const struct config_view *v = config_view(a), *w = config_view(b);

#define SAME_LIST(mode_, list_, count_)                                                                          \
	ck_assert_msg(v->count_ == w->count_, #list_ " of\n%s", text);                                            \
	for (size_t i = 0; i < v->count_; i++) {                                                                 \
		const char *name = v->list_[i]->head.name;                                                       \
                                                                                                                 \
		ck_assert_msg(strcmp(name, w->list_[i]->head.name) == 0, #list_ " of\n%s", text);                \
		ck_assert_ptr_eq(v->list_[i], cyg_config_object(a, mode_, cyg_str(name), false));                \
	}
	SAME_LIST(MODE_POLICY, policies, policy_count)
	SAME_LIST(MODE_POLICY, idle_policies, idle_policy_count)
	SAME_LIST(MODE_PROFILE, profiles, profile_count)
	SAME_LIST(MODE_PROFILE, idle_profiles, idle_profile_count)
	SAME_LIST(MODE_IPSEC_PROFILE, ipsec_profiles, ipsec_profile_count)
	SAME_LIST(MODE_IPSEC_PROFILE, idle_ipsec_profiles, idle_ipsec_profile_count)
	SAME_LIST(MODE_KEYRING, keyrings, keyring_count)
	SAME_LIST(MODE_INTERFACE, interfaces, interface_count)
	SAME_LIST(MODE_INTERFACE, idle_interfaces, idle_interface_count)
	SAME_LIST(MODE_AAA_AUTHORIZATION, method_lists, method_list_count)
	SAME_LIST(MODE_TRUSTPOINT, trustpoints, trustpoint_count)
	for (size_t i = 0; i < v->keyring_count; i++)
		ck_assert_uint_eq(v->keyrings[i]->peer_count, w->keyrings[i]->peer_count);
}

START_TEST(what_is_typed_line_by_line_is_what_a_file_of_it_is)
{
	unsigned changes = 0;

	for (unsigned seed = 1; seed <= 60; seed++) {
		struct config_position position = { 0 };
		struct cyg_config *config = NULL;
		char *text = kit_generate(7777 * seed, 30, 31), *shown, *at;

		ck_assert_int_eq(config_empty(kit_grammar, &config), CYG_OK);
		for (at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
			struct config_findings findings = { 0 };
			struct config_typed typed = { 0 };

			/* `exit` out of an object that was refused would leave. */
			if (position.depth || strncmp(at, "exit", 4) != 0)
				(void)!config_run_line(config, &position,
						       cyg_str_n(at, strcspn(at, "\n")), &findings,
						       &typed);
			config_findings_done(&findings);
			if (typed.config) {
				config_unref(config);
				config = config_ref(typed.config);
				changes++;
			}
			config_typed_done(&typed);
		}
		shown = kit_render(config, CONFIG_RENDER_SECRETS);
		ck_assert_msg(kit_parse(shown) == CYG_OK, "%s\n%s", shown, kit_texts());
		ck_assert(config_same(config, kit_config));
		same_objects(config, kit_config, shown);
		same_view(config, kit_config, shown);
		config_unref(config);
		free(shown);
		free(text);
	}
	ck_assert_uint_gt(changes, 500);
}
END_TEST

/* --- Forms --- */

START_TEST(secrets_are_masked_for_a_viewer)
{
	char *text;

	ck_assert_int_eq(kit_parse("crypto ikev2 keyring K\npeer A\naddress "
				   "10.0.0.1\npre-shared-key swordfish\n"
				   "peer B\naddress 10.0.0.2\npre-shared-key hex 001122\n"),
			 CYG_OK);
	text = kit_render(kit_config, 0);
	ck_assert_ptr_null(strstr(text, "swordfish"));
	ck_assert_ptr_null(strstr(text, "001122"));
	ck_assert_ptr_nonnull(strstr(text, "  pre-shared-key <secret>\n"));
	free(text);
	text = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_ptr_nonnull(strstr(text, "  pre-shared-key swordfish\n"));
	ck_assert_ptr_nonnull(strstr(text, "  pre-shared-key hex 001122\n"));
	free(text);
}
END_TEST

START_TEST(an_empty_configuration_shows_nothing_built_in)
{
	char *text;

	ck_assert_int_eq(kit_parse(""), CYG_OK);
	text = kit_render(kit_config, 0);
	ck_assert_str_eq(text, "!\nend\n");
	free(text);
}
END_TEST

START_TEST(all_shows_defaults_and_built_in_objects)
{
	char *text;

	ck_assert_int_eq(kit_parse("crypto ikev2 profile P\nshutdown\n"), CYG_OK);
	text = kit_render(kit_config, CONFIG_RENDER_ALL);
	ck_assert_ptr_nonnull(
		strstr(text, "\ncrypto ikev2 proposal default\n encryption aes-cbc-256\n"));
	ck_assert_ptr_nonnull(strstr(text, "\ncrypto ikev2 window 5\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n lifetime 86400\n"));
	ck_assert_int_eq(kit_parse(text), CYG_OK);
	free(text);
}
END_TEST

START_TEST(an_edited_built_in_object_shows_what_differs)
{
	char *text;

	ck_assert_int_eq(
		kit_parse("crypto ikev2 proposal default\n group 31\n"
			  "crypto ikev2 policy default\n no match fvrf\n no proposal default\n"
			  " proposal default\n"),
		CYG_OK);
	text = kit_render(kit_config, 0);
	ck_assert_ptr_nonnull(strstr(text, "crypto ikev2 proposal default\n group 31\n!\n"));
	ck_assert_ptr_nonnull(strstr(text, "crypto ikev2 policy default\n no match fvrf any\n!\n"));
	free(text);
}
END_TEST

START_TEST(all_shows_what_a_built_in_object_has_lost)
{
	char *text;

	ck_assert_int_eq(kit_parse("crypto ikev2 proposal default\n no integrity\n prf sha256\n"), CYG_OK);
	text = kit_render(kit_config, CONFIG_RENDER_ALL);
	ck_assert_ptr_nonnull(strstr(text, "\n encryption aes-cbc-256\n no integrity sha512 sha384\n prf sha256\n"));
	ck_assert_int_eq(kit_parse(text), CYG_OK);
	ck_assert_uint_eq(((const struct config_proposal *)kit_object(MODE_PROPOSAL, "default"))->integ_count, 0);
	free(text);
}
END_TEST

START_TEST(a_line_that_an_inner_mode_would_take_is_led_up_to)
{
	char *first, *second;

	/* The list is shown behind the policy that has a line of the same words. */
	ck_assert_int_eq(kit_parse("kit list L\n item x\nkit text T\n kit list L\nhostname x\n"), CYG_OK);
	first = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_msg(strstr(first, "kit text T\n kit list L\n exit\n!\nkit list L\n item x\n") != NULL, "%s", first);
	ck_assert_int_eq(kit_parse(first), CYG_OK);
	second = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
	/* Where nothing is in doubt, nothing is said. */
	ck_assert_int_eq(kit_parse("crypto ikev2 keyring K\n peer A\n  pre-shared-key x\n  hostname y\nhostname z\n"
				   "crypto ikev2 policy P\n proposal default\n"),
			 CYG_OK);
	first = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_ptr_null(strstr(first, "exit"));
	free(first);
}
END_TEST

Suite *render_suite(void)
{
	Suite *suite = suite_create("render");
	TCase *tests = tcase_create("text");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, what_is_typed_line_by_line_is_what_a_file_of_it_is);
	tcase_add_test(tests, secrets_are_masked_for_a_viewer);
	tcase_add_test(tests, an_empty_configuration_shows_nothing_built_in);
	tcase_add_test(tests, all_shows_defaults_and_built_in_objects);
	tcase_add_test(tests, an_edited_built_in_object_shows_what_differs);
	tcase_add_test(tests, all_shows_what_a_built_in_object_has_lost);
	tcase_add_test(tests, a_line_that_an_inner_mode_would_take_is_led_up_to);
	suite_add_tcase(suite, tests);
	return suite;
}
