/* SPDX-License-Identifier: MIT */
/* The plugin by itself: what it offers, and the values of peers that it must refuse (RFC 6989). */
#include "testing/unit/harness.h"

#include <check.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_openssl;

static struct harness *h;

static void open_stage(void)
{
	h = harness_start(&cyg_plugin_openssl, NULL);
}

static void close_stage(void)
{
	harness_stop(h);
}

static const uint16_t methods[] = {
	CYG_KE_X25519, CYG_KE_X448, CYG_KE_ECP_256, CYG_KE_ECP_384, CYG_KE_ECP_521,
	CYG_KE_MODP_768, CYG_KE_MODP_1024, CYG_KE_MODP_1536, CYG_KE_MODP_2048, CYG_KE_MODP_3072,
	CYG_KE_MODP_4096, CYG_KE_MODP_6144, CYG_KE_MODP_8192, CYG_KE_MODP_2048_256,
};

START_TEST(everything_passes_its_self_test_and_is_offered)
{
	struct registry_row *rows;
	size_t count;

	ck_assert_int_eq(registry_describe(h->reg, &rows, &count), CYG_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_ge(rows[0].provides_count, 36);
	for (unsigned i = 0; i < rows[0].provides_count; i++)
		ck_assert_msg(rows[0].provides[i].offer == OFFER_WINNER, "%s", rows[0].provides[i].name);
	registry_rows_free(rows, count);
}
END_TEST

static struct cyg_ke get(uint16_t id)
{
	struct cyg_ke ke;

	ck_assert_int_eq(cyg_get_ke(h->shard, id, &ke), CYG_OK);
	return ke;
}

START_TEST(both_sides_of_an_exchange_agree)
{
	struct cyg_ke ke = get(methods[_i]);
	uint8_t ours[CYG_KE_MAX], theirs[CYG_KE_MAX], again[CYG_KE_MAX];
	struct cyg_secret a = { 0 }, b = { 0 };
	struct cyg_ke_key *key, *second;

	ck_assert_int_eq(ke.ops->initiate(ke.instance, &key, ours), CYG_OK);
	ck_assert_int_eq(ke.ops->respond(ke.instance, cyg_bytes(ours, ke.ops->initiator_len), theirs, &a), CYG_OK);
	ck_assert_int_eq(ke.ops->finish(ke.instance, key, cyg_bytes(theirs, ke.ops->responder_len), &b), CYG_OK);
	ck_assert_uint_eq(a.len, ke.ops->secret_len);
	ck_assert(cyg_secret_equal(&a, &b));
	ck_assert_int_eq(ke.ops->initiate(ke.instance, &second, again), CYG_OK);
	ck_assert_mem_ne(ours, again, ke.ops->initiator_len);
	ke.ops->key_free(key);
	ke.ops->key_free(second);
	cyg_secret_done(&a);
	cyg_secret_done(&b);
}
END_TEST

static void refuse(const struct cyg_ke *ke, const uint8_t *value, size_t len, const char *what)
{
	uint8_t ours[CYG_KE_MAX];
	struct cyg_secret secret = { .len = 77 };
	struct cyg_ke_key *key;

	ck_assert_msg(ke->ops->respond(ke->instance, cyg_bytes(value, len), ours, &secret) == CYG_REFUSED,
		      "%s: responder takes %s", ke->ops->name, what);
	ck_assert_uint_eq(secret.len, 77);
	ck_assert_int_eq(ke->ops->initiate(ke->instance, &key, ours), CYG_OK);
	ck_assert_msg(ke->ops->finish(ke->instance, key, cyg_bytes(value, len), &secret) == CYG_REFUSED,
		      "%s: initiator takes %s", ke->ops->name, what);
	ck_assert_uint_eq(secret.len, 77);
	ke->ops->key_free(key);
}

/* One peer's value stands where the next one's goes. */
START_TEST(an_exchange_after_refused_and_other_values_is_as_good_as_the_first)
{
	static const uint16_t quick_and_slow[] = { CYG_KE_X25519, CYG_KE_ECP_256, CYG_KE_ECP_384, CYG_KE_MODP_2048 };
	struct cyg_ke ke = get(quick_and_slow[_i]);
	uint8_t bad[CYG_KE_MAX] = { 0 }, ours[3][CYG_KE_MAX], theirs[3][CYG_KE_MAX];
	struct cyg_secret a[3] = { 0 }, b[3] = { 0 };
	struct cyg_ke_key *key[3];

	for (unsigned i = 0; i < 3; i++) {
		struct cyg_bytes value = cyg_bytes(ours[i], ke.ops->initiator_len);

		ck_assert_int_eq(ke.ops->initiate(ke.instance, &key[i], ours[i]), CYG_OK);
		ck_assert_int_eq(ke.ops->respond(ke.instance, value, theirs[i], &a[i]), CYG_OK);
		refuse(&ke, bad, ke.ops->initiator_len, "zeros");
	}
	for (unsigned i = 3; i-- > 0;) {
		struct cyg_bytes value = cyg_bytes(theirs[i], ke.ops->responder_len);

		ck_assert_int_eq(ke.ops->finish(ke.instance, key[i], value, &b[i]), CYG_OK);
		ck_assert(cyg_secret_equal(&a[i], &b[i]));
		ck_assert(!cyg_secret_equal(&a[i], &a[(i + 1) % 3]));
	}
	for (unsigned i = 0; i < 3; i++) {
		ke.ops->key_free(key[i]);
		cyg_secret_done(&a[i]);
		cyg_secret_done(&b[i]);
	}
}
END_TEST

START_TEST(values_of_another_length_are_refused)
{
	struct cyg_ke ke = get(methods[_i]);
	uint8_t value[CYG_KE_MAX] = { 0 };
	struct cyg_ke_key *key;

	ck_assert_int_eq(ke.ops->initiate(ke.instance, &key, value), CYG_OK);
	ke.ops->key_free(key);
	refuse(&ke, value, ke.ops->initiator_len - 1u, "one octet too few");
	refuse(&ke, value, ke.ops->initiator_len + 1u, "one octet too many");
	refuse(&ke, value, 0, "nothing");
}
END_TEST

START_TEST(modp_takes_only_values_between_one_and_p_minus_one)
{
	static const uint16_t groups[] = { CYG_KE_MODP_768, CYG_KE_MODP_1024, CYG_KE_MODP_2048,
					   CYG_KE_MODP_8192 };

	for (size_t i = 0; i < CYG_COUNT(groups); i++) {
		struct cyg_ke ke = get(groups[i]);
		size_t len = ke.ops->initiator_len;
		uint8_t value[CYG_KE_MAX] = { 0 }, scalar[1] = { 1 };
		struct cyg_secret same;

		refuse(&ke, value, len, "0");
		value[len - 1] = 1;
		refuse(&ke, value, len, "1");
		value[len - 1] = 2;
		ck_assert_int_eq(ke.ops->derive_raw(ke.instance, cyg_bytes(scalar, 1), cyg_bytes(value, len), &same),
				 CYG_OK);
		ck_assert_mem_eq(same.ptr, value, len);
		cyg_secret_done(&same);
		memset(value, 0xff, len);
		refuse(&ke, value, len, "2^n - 1");
	}
}
END_TEST

/* RFC 6989 2.2. The order of 2 has factors beside that of the subgroup. */
START_TEST(modp_2048_256_takes_members_of_its_subgroup_only)
{
	struct cyg_ke ke = get(CYG_KE_MODP_2048_256);
	uint8_t value[256] = { 0 }, ours[256], member[256];
	struct cyg_secret secret;
	struct cyg_ke_key *key;

	refuse(&ke, value, sizeof(value), "0");
	value[255] = 1;
	refuse(&ke, value, sizeof(value), "1");
	value[255] = 2;
	refuse(&ke, value, sizeof(value), "2, which is not in the subgroup");
	memset(value, 0xff, sizeof(value));
	refuse(&ke, value, sizeof(value), "2^n - 1");
	ck_assert_int_eq(ke.ops->initiate(ke.instance, &key, member), CYG_OK);
	ke.ops->key_free(key);
	ck_assert_int_eq(ke.ops->respond(ke.instance, cyg_bytes(member, 256), ours, &secret), CYG_OK);
	cyg_secret_done(&secret);
}
END_TEST

/* RFC 3526: the 2048-bit prime's end, before its 64 set bits; with its beginning from pi. */
START_TEST(modp_2048_refuses_p_minus_one_and_p_and_takes_p_minus_two)
{
	static const char prime[] =
		"\xff\xff\xff\xff\xff\xff\xff\xff\xc9\x0f\xda\xa2\x21\x68\xc2\x34\xc4\xc6\x62\x8b\x80\xdc\x1c\xd1"
		"\x29\x02\x4e\x08\x8a\x67\xcc\x74\x02\x0b\xbe\xa6\x3b\x13\x9b\x22\x51\x4a\x08\x79\x8e\x34\x04\xdd"
		"\xef\x95\x19\xb3\xcd\x3a\x43\x1b\x30\x2b\x0a\x6d\xf2\x5f\x14\x37\x4f\xe1\x35\x6d\x6d\x51\xc2\x45"
		"\xe4\x85\xb5\x76\x62\x5e\x7e\xc6\xf4\x4c\x42\xe9\xa6\x37\xed\x6b\x0b\xff\x5c\xb6\xf4\x06\xb7\xed"
		"\xee\x38\x6b\xfb\x5a\x89\x9f\xa5\xae\x9f\x24\x11\x7c\x4b\x1f\xe6\x49\x28\x66\x51\xec\xe4\x5b\x3d"
		"\xc2\x00\x7c\xb8\xa1\x63\xbf\x05\x98\xda\x48\x36\x1c\x55\xd3\x9a\x69\x16\x3f\xa8\xfd\x24\xcf\x5f"
		"\x83\x65\x5d\x23\xdc\xa3\xad\x96\x1c\x62\xf3\x56\x20\x85\x52\xbb\x9e\xd5\x29\x07\x70\x96\x96\x6d"
		"\x67\x0c\x35\x4e\x4a\xbc\x98\x04\xf1\x74\x6c\x08\xca\x18\x21\x7c\x32\x90\x5e\x46\x2e\x36\xce\x3b"
		"\xe3\x9e\x77\x2c\x18\x0e\x86\x03\x9b\x27\x83\xa2\xec\x07\xa2\x8f\xb5\xc5\x5d\xf0\x6f\x4c\x52\xc9"
		"\xde\x2b\xcb\xf6\x95\x58\x17\x18\x39\x95\x49\x7c\xea\x95\x6a\xe5\x15\xd2\x26\x18\x98\xfa\x05\x10"
		"\x15\x72\x8e\x5a\x8a\xac\xaa\x68\xff\xff\xff\xff\xff\xff\xff\xff";
	struct cyg_ke ke = get(CYG_KE_MODP_2048);
	uint8_t value[256], ours[256];
	struct cyg_secret secret;

	ck_assert_uint_eq(sizeof(prime) - 1, sizeof(value));
	memcpy(value, prime, sizeof(value));
	refuse(&ke, value, sizeof(value), "p");
	value[255]--;
	refuse(&ke, value, sizeof(value), "p - 1");
	value[255]--;
	ck_assert_int_eq(ke.ops->respond(ke.instance, cyg_bytes(value, sizeof(value)), ours, &secret), CYG_OK);
	cyg_secret_done(&secret);
}
END_TEST

START_TEST(points_off_the_curve_are_refused)
{
	static const uint16_t curves[] = { CYG_KE_ECP_256, CYG_KE_ECP_384, CYG_KE_ECP_521 };

	for (size_t i = 0; i < CYG_COUNT(curves); i++) {
		struct cyg_ke ke = get(curves[i]);
		uint8_t value[CYG_KE_MAX] = { 0 };
		struct cyg_ke_key *key;

		refuse(&ke, value, ke.ops->initiator_len, "(0, 0)");
		ck_assert_int_eq(ke.ops->initiate(ke.instance, &key, value), CYG_OK);
		ke.ops->key_free(key);
		value[ke.ops->initiator_len - 1u] ^= 1;
		refuse(&ke, value, ke.ops->initiator_len, "a point beside the curve");
		memset(value, 0xff, ke.ops->initiator_len);
		refuse(&ke, value, ke.ops->initiator_len, "coordinates above p");
	}
}
END_TEST

START_TEST(curve_points_of_small_order_are_refused)
{
	struct cyg_ke x25519 = get(CYG_KE_X25519), x448 = get(CYG_KE_X448);
	static const uint8_t order_8[32] = {
		0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
		0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
	};
	uint8_t value[56] = { 0 };

	refuse(&x25519, value, 32, "0");
	refuse(&x25519, order_8, 32, "a point of order 8");
	refuse(&x448, value, 56, "0");
	value[0] = 1;
	refuse(&x25519, value, 32, "1");
	refuse(&x448, value, 56, "1");
}
END_TEST

START_TEST(a_kept_key_seals_many_messages)
{
	static const uint8_t key[20] = { 1 }, iv_1[8] = { 1 }, iv_2[8] = { 2 };
	uint8_t first[16] = "one", second[16] = "one", tag_1[16], tag_2[16];
	struct cyg_cipher c;

	ck_assert_int_eq(cyg_get_cipher(h->shard, CYG_ENCR_AES_GCM_16, 128, &c), CYG_OK);
	ck_assert_int_eq(c.ops->set_key(c.instance, cyg_bytes(key, 19)), CYG_MALFORMED);
	ck_assert_int_eq(c.ops->set_key(c.instance, cyg_bytes(key, 20)), CYG_OK);
	ck_assert_int_eq(c.ops->seal(c.instance, iv_1, cyg_bytes(NULL, 0), first, 16, tag_1), CYG_OK);
	ck_assert_int_eq(c.ops->seal(c.instance, iv_2, cyg_bytes(NULL, 0), second, 16, tag_2), CYG_OK);
	ck_assert_mem_ne(first, second, 16);
	ck_assert_int_eq(c.ops->open(c.instance, iv_2, cyg_bytes(NULL, 0), second, 16, tag_2), CYG_OK);
	ck_assert_int_eq(c.ops->open(c.instance, iv_1, cyg_bytes(NULL, 0), first, 16, tag_1), CYG_OK);
	ck_assert_mem_eq(first, "one", 4);
	ck_assert_mem_eq(second, "one", 4);
}
END_TEST

START_TEST(random_octets_of_the_shard_come_from_here)
{
	ck_assert_ptr_nonnull(h->shard->fill_random);
	ck_assert_ptr_nonnull(cyg_get_feature(h->shard, CYG_RNG, 0, NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("openssl");
	TCase *tc = tcase_create("openssl");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, open_stage, close_stage);
	tcase_add_test(tc, everything_passes_its_self_test_and_is_offered);
	tcase_add_loop_test(tc, both_sides_of_an_exchange_agree, 0, CYG_COUNT(methods));
	tcase_add_loop_test(tc, an_exchange_after_refused_and_other_values_is_as_good_as_the_first, 0, 4);
	tcase_add_loop_test(tc, values_of_another_length_are_refused, 0, CYG_COUNT(methods));
	tcase_add_test(tc, modp_takes_only_values_between_one_and_p_minus_one);
	tcase_add_test(tc, modp_2048_256_takes_members_of_its_subgroup_only);
	tcase_add_test(tc, modp_2048_refuses_p_minus_one_and_p_and_takes_p_minus_two);
	tcase_add_test(tc, points_off_the_curve_are_refused);
	tcase_add_test(tc, curve_points_of_small_order_are_refused);
	tcase_add_test(tc, a_kept_key_seals_many_messages);
	tcase_add_test(tc, random_octets_of_the_shard_come_from_here);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
