/* SPDX-License-Identifier: MIT */
/* GMP beside OpenSSL: the same values, and who is asked when both are there. */
#include "testing/unit/harness.h"

#include <check.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_openssl, cyg_plugin_gmp;

static const struct cyg_plugin *const both[] = { &cyg_plugin_openssl, &cyg_plugin_gmp, NULL };

static struct cyg_ke get(struct harness *h, uint16_t id)
{
	struct cyg_ke ke;

	ck_assert_int_eq(cyg_get_ke(h->shard, id, &ke), CYG_OK);
	return ke;
}

/* Whether MODP-2048 is GMP's under these two confs; X25519 is OpenSSL's in any case. */
static bool is_gmps(const char *openssl_conf, const char *gmp_conf)
{
	const char *const confs[] = { openssl_conf, gmp_conf, NULL };
	struct harness *h = harness_start_many(both, confs);
	const struct cyg_feature *provides = cyg_plugin_gmp.provides;
	struct cyg_ke ke = get(h, CYG_KE_MODP_2048);
	bool found = false;

	for (size_t i = 0; provides[i].kind; i++)
		found |= provides[i].ke == ke.ops;
	get(h, CYG_KE_X25519);
	harness_stop(h);
	return found;
}

START_TEST(openssl_is_asked_for_modp_unless_a_line_says_otherwise)
{
	ck_assert(!is_gmps("", ""));
	ck_assert(is_gmps("", "load = 200"));
	ck_assert(is_gmps("load = 50", ""));
	ck_assert(is_gmps("disable = MODP-2048", ""));
	ck_assert(!is_gmps("", "disable = MODP-2048\nload = 200"));
}
END_TEST

START_TEST(with_neither_the_line_names_both_and_how_to_mend_it)
{
	static const char *const confs[] = { "disable = MODP-2048", "load = no", NULL };
	struct harness *h = harness_start_many(both, confs);
	char text[256];
	struct cyg_strbuf b = CYG_STRBUF(text);

	ck_assert_int_eq(cyg_get_ke(h->shard, CYG_KE_MODP_2048, &(struct cyg_ke){ 0 }), CYG_UNSUPPORTED);
	registry_missing_text(h->shard, CYG_KE, CYG_KE_MODP_2048, 0, &b);
	ck_assert_str_eq(text, "no plugin provides MODP-2048 (KE 14): openssl leaves it out (plugins/openssl.conf: "
			       "disable), gmp is off (plugins/gmp.conf: load = yes)");
	harness_stop(h);
}
END_TEST

START_TEST(gmp_and_openssl_agree)
{
	static const uint16_t groups[] = { CYG_KE_MODP_768, CYG_KE_MODP_1024, CYG_KE_MODP_1536,
					   CYG_KE_MODP_2048, CYG_KE_MODP_3072, CYG_KE_MODP_4096,
					   CYG_KE_MODP_6144, CYG_KE_MODP_8192, CYG_KE_MODP_2048_256 };
	static const char *const gmp_first[] = { "", "load = 200", NULL };
	struct harness *a = harness_start_many(both, NULL), *b = harness_start_many(both, gmp_first);

	for (size_t i = 0; i < CYG_COUNT(groups); i++) {
		struct cyg_ke one = get(a, groups[i]), two = get(b, groups[i]);
		uint8_t ours[CYG_KE_MAX], theirs[CYG_KE_MAX];
		struct cyg_secret x = { 0 }, y = { 0 };
		struct cyg_ke_key *key;

		ck_assert_ptr_ne(one.ops, two.ops);
		ck_assert_int_eq(one.ops->initiate(one.instance, &key, ours), CYG_OK);
		ck_assert_int_eq(two.ops->respond(two.instance, cyg_bytes(ours, one.ops->initiator_len), theirs, &x),
				 CYG_OK);
		ck_assert_int_eq(one.ops->finish(one.instance, key, cyg_bytes(theirs, one.ops->initiator_len), &y),
				 CYG_OK);
		ck_assert(cyg_secret_equal(&x, &y));
		one.ops->key_free(key);
		cyg_secret_done(&x);
		cyg_secret_done(&y);
	}
	harness_stop(a);
	harness_stop(b);
}
END_TEST

START_TEST(values_out_of_range_are_refused)
{
	static const uint16_t groups[] = { CYG_KE_MODP_768, CYG_KE_MODP_2048, CYG_KE_MODP_8192 };
	struct harness *h = harness_start(&cyg_plugin_gmp, NULL);

	for (size_t i = 0; i < CYG_COUNT(groups); i++) {
		struct cyg_ke ke = get(h, groups[i]);
		size_t len = ke.ops->initiator_len;
		uint8_t value[CYG_KE_MAX] = { 0 }, ours[CYG_KE_MAX], one[1] = { 1 };
		struct cyg_secret s = { .len = 77 };

#define REFUSED(len_) ck_assert_int_eq(ke.ops->respond(ke.instance, cyg_bytes(value, (len_)), ours, &s), CYG_REFUSED)
		REFUSED(len);
		value[len - 1] = 1;
		REFUSED(len);
		value[len - 1] = 2;
		REFUSED(len - 1);
		REFUSED(len + 1);
		ck_assert_int_eq(ke.ops->derive_raw(ke.instance, cyg_bytes(one, 1), cyg_bytes(value, len), &s), CYG_OK);
		ck_assert_mem_eq(s.ptr, value, len);
		cyg_secret_done(&s);
		memset(value, 0xff, len);
		REFUSED(len);
#undef REFUSED
	}
	harness_stop(h);
}
END_TEST

/* RFC 6989 2.2. */
START_TEST(modp_2048_256_takes_members_of_its_subgroup_only)
{
	struct harness *h = harness_start(&cyg_plugin_gmp, NULL);
	struct cyg_ke ke = get(h, CYG_KE_MODP_2048_256);
	uint8_t value[256] = { [255] = 2 }, ours[256];
	struct cyg_secret s = { .len = 77 };
	struct cyg_ke_key *key;

	ck_assert_int_eq(ke.ops->respond(ke.instance, cyg_bytes(value, 256), ours, &s), CYG_REFUSED);
	ck_assert_uint_eq(s.len, 77);
	ck_assert_int_eq(ke.ops->initiate(ke.instance, &key, value), CYG_OK);
	ck_assert_int_eq(ke.ops->respond(ke.instance, cyg_bytes(value, 256), ours, &s), CYG_OK);
	cyg_secret_done(&s);
	ke.ops->key_free(key);
	harness_stop(h);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gmp");
	TCase *tc = tcase_create("gmp");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, openssl_is_asked_for_modp_unless_a_line_says_otherwise);
	tcase_add_test(tc, with_neither_the_line_names_both_and_how_to_mend_it);
	tcase_add_test(tc, gmp_and_openssl_agree);
	tcase_add_test(tc, values_out_of_range_are_refused);
	tcase_add_test(tc, modp_2048_256_takes_members_of_its_subgroup_only);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
