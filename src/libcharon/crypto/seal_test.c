/* SPDX-License-Identifier: MIT */
/* The expected key and text were made with another program from the formulas of RFC 8018 and another binding of the cipher. */
#include "crypto/seal.h"
#include "testing/unit/harness.h"

#include <check.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_openssl;

static const char known_key[] = "\xdf\x9b\xd2\x89\x56\x74\x61\x5f\x31\x30\xfb\x7b\x98\x46\x35\xdf"
				"\x34\x50\xcf\x22\x75\x6f\xcd\x9a\x2b\x94\xb3\x62\xae\xe3\x3c\xcb";
static const char known_text[] = "ASAhIiMkJSYnKCkqKywtLi9HhmxaoKGio6Slpqeoqaqr6mcYJgqnpkuy9YA2YseaOTNqWdGQd0XsiA";

#define PASSWORD cyg_bytes("correct horse", 13)
#define CLEAR	 cyg_bytes("swordfish", 9)

static struct harness *h;
static struct cyg_prf prf;
static struct cyg_cipher cipher;
static struct seal_key key;
static uint8_t salt[SEAL_SALT_LEN], nonce[SEAL_NONCE_LEN];

static void open_stage(void)
{
	h = harness_start(&cyg_plugin_openssl, NULL);
	ck_assert_int_eq(cyg_get_prf(h->shard, CYG_PRF_HMAC_SHA2_256, &prf), CYG_OK);
	ck_assert_int_eq(cyg_get_cipher(h->shard, CYG_ENCR_AES_GCM_16, 256, &cipher), CYG_OK);
	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)(0x20 + i);
	for (size_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = (uint8_t)(0xa0 + i);
	ck_assert_int_eq(seal_key_make(&prf, PASSWORD, salt, 1000, &key), CYG_OK);
}

static void close_stage(void)
{
	seal_key_done(&key);
	harness_stop(h);
}

static void expect_open(const struct seal_key *with, const char *text, enum cyg_status expected)
{
	struct cyg_secret out = { 0 };

	ck_assert_msg(seal_open(&cipher, with, cyg_str(text), &out) == expected, "%s", text);
	if (expected == CYG_OK)
		ck_assert_int_eq(cyg_bytes_equal(cyg_secret_bytes(&out), CLEAR), true);
	else
		ck_assert_ptr_null(out.ptr);
	cyg_secret_done(&out);
}

START_TEST(key_and_text_are_what_another_program_makes)
{
	char text[SEAL_TEXT_LEN(9)];
	struct cyg_strbuf out = CYG_STRBUF(text);

	ck_assert_mem_eq(key.octets.ptr, known_key, 32);
	ck_assert_int_eq(seal_text(&cipher, &key, nonce, CLEAR, &out), CYG_OK);
	ck_assert_str_eq(text, known_text);
	expect_open(&key, known_text, CYG_OK);
}
END_TEST

START_TEST(secrets_of_all_lengths_come_back_and_are_not_in_the_text)
{
	static char text[SEAL_TEXT_LEN(CYG_SECRET_MAX)];
	static uint8_t clear[CYG_SECRET_MAX + 1];
	struct cyg_strbuf out;

	memset(clear, 'x', sizeof(clear));
	for (size_t len = 0; len <= CYG_SECRET_MAX; len += len < 70 ? 1 : 671) {
		struct cyg_secret opened = { 0 };

		out = CYG_STRBUF(text);
		nonce[0]++;
		ck_assert_int_eq(seal_text(&cipher, &key, nonce, cyg_bytes(clear, len), &out), CYG_OK);
		ck_assert_uint_lt(strlen(text), SEAL_TEXT_LEN(len));
		ck_assert_ptr_null(strstr(text, "xxxx"));
		ck_assert_ptr_null(strstr(text, "eHh4")); /* the same, only spelled otherwise */
		ck_assert_int_eq(seal_open(&cipher, &key, cyg_str(text), &opened), CYG_OK);
		ck_assert_int_eq(cyg_bytes_equal(cyg_secret_bytes(&opened), cyg_bytes(clear, len)), true);
		cyg_secret_done(&opened);
	}
	out = CYG_STRBUF(text);
	ck_assert_int_eq(seal_text(&cipher, &key, nonce, cyg_bytes(clear, sizeof(clear)), &out), CYG_LIMIT);
	ck_assert_uint_eq(out.len, 0);
	out = cyg_strbuf(text, 40);
	ck_assert_int_eq(seal_text(&cipher, &key, nonce, CLEAR, &out), CYG_LIMIT);
}
END_TEST

START_TEST(a_text_changed_at_any_place_is_refused)
{
	char text[sizeof(known_text)];

	for (size_t i = 0; i < sizeof(known_text) - 1; i++) {
		struct cyg_secret out = { 0 };
		enum cyg_status status;

		memcpy(text, known_text, sizeof(text));
		text[i] = text[i] == 'B' ? 'C' : 'B';
		status = seal_open(&cipher, &key, cyg_str(text), &out);
		/* The version is told first, then salt and check (21 octets), then the tag. */
		ck_assert_msg(status != CYG_OK && !out.ptr, "octet %zu", i);
		if (i >= 2 && i < 27)
			ck_assert_int_eq(status, CYG_NOT_FOUND);
		if (i >= 28 && i < sizeof(known_text) - 2)
			ck_assert_int_eq(status, CYG_REFUSED);
	}
}
END_TEST

START_TEST(another_password_or_salt_is_told_from_a_changed_text)
{
	struct seal_key other = { 0 };

	ck_assert_int_eq(seal_key_make(&prf, cyg_bytes("correct house", 13), salt, 1000, &other), CYG_OK);
	expect_open(&other, known_text, CYG_NOT_FOUND);
	seal_key_done(&other);
	ck_assert_ptr_null(other.octets.ptr);
	salt[3]++;
	ck_assert_int_eq(seal_key_make(&prf, PASSWORD, salt, 1000, &other), CYG_OK);
	expect_open(&other, known_text, CYG_NOT_FOUND);
	seal_key_done(&other);
	ck_assert_int_eq(seal_salt(cyg_str(known_text), salt), CYG_OK);
	ck_assert_mem_eq(salt, key.salt, SEAL_SALT_LEN);
}
END_TEST

START_TEST(a_text_that_was_never_sealed_is_malformed)
{
	static const char *const texts[] = {
		"", "A", "AS", "SEALED", "ASAhIiMkJSYnKCkqKywtLi9HhmxaoKGio6Slpqeoqaqr6mcYJg",
		"BSAhIiMkJSYnKCkqKywtLi9HhmxaoKGio6Slpqeoqaqr6mcYJgqnpkuy9YA2YseaOTNqWdGQd0XsiA", /* version */
		"ASAhIiMkJSYnKCkqKywtLi9HhmxaoKGio6Slpqeoqaqr6mcYJgqnpkuy9YA2YseaOTNqWdGQd0XsiB", /* bits left over */
		"ASAhIiMkJSYnKCkqKywtLi9HhmxaoKGio6Slpqeoqaqr6mcYJgqnpkuy9YA2YseaOTNqWdGQd0XsiA==",
		"ASAhIiMkJSYnKCkqKywtLi9HhmxaoKGio6Slpqeoqaqr6mcYJgqnpkuy9YA2YseaOTNqWdGQd0Xs+A",
	};
	static char longest[8192];

	for (size_t i = 0; i < CYG_COUNT(texts); i++) {
		expect_open(&key, texts[i], CYG_MALFORMED);
		ck_assert_int_eq(seal_salt(cyg_str(texts[i]), salt), CYG_MALFORMED);
	}
	memset(longest, 'A', sizeof(longest) - 1);
	expect_open(&key, longest, CYG_LIMIT);
}
END_TEST

START_TEST(a_key_needs_a_password_and_its_own_algorithms)
{
	struct seal_key other = { 0 };
	struct cyg_prf sha1;
	struct cyg_cipher gcm128;
	char text[SEAL_TEXT_LEN(9)];
	struct cyg_strbuf out = CYG_STRBUF(text);

	ck_assert_int_eq(seal_key_make(&prf, cyg_bytes("", 0), salt, 1000, &other), CYG_MALFORMED);
	ck_assert_int_eq(seal_key_make(&prf, PASSWORD, salt, 0, &other), CYG_MALFORMED);
	ck_assert_int_eq(cyg_get_prf(h->shard, CYG_PRF_HMAC_SHA1, &sha1), CYG_OK);
	ck_assert_int_eq(seal_key_make(&sha1, PASSWORD, salt, 1000, &other), CYG_UNSUPPORTED);
	ck_assert_ptr_null(other.octets.ptr);
	ck_assert_int_eq(cyg_get_cipher(h->shard, CYG_ENCR_AES_GCM_16, 128, &gcm128), CYG_OK);
	ck_assert_int_eq(seal_text(&gcm128, &key, nonce, CLEAR, &out), CYG_UNSUPPORTED);
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("seal");
	TCase *tc = tcase_create("seal");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, open_stage, close_stage);
	tcase_add_test(tc, key_and_text_are_what_another_program_makes);
	tcase_add_test(tc, secrets_of_all_lengths_come_back_and_are_not_in_the_text);
	tcase_add_test(tc, a_text_changed_at_any_place_is_refused);
	tcase_add_test(tc, another_password_or_salt_is_told_from_a_changed_text);
	tcase_add_test(tc, a_text_that_was_never_sealed_is_malformed);
	tcase_add_test(tc, a_key_needs_a_password_and_its_own_algorithms);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
