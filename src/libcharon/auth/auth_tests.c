/* SPDX-License-Identifier: MIT */
/* How a key signs for a peer, and what is remembered of those who came. */
#include "auth/cert_cache.h"
#include "auth/method.h"
#include "auth/sign.h"

#include <check.h>
#include <stdlib.h>

#define ALL SIGN_HASHES_OURS

static const struct {
	enum cyg_key_type key;
	unsigned bits;
	uint32_t peer;
	uint8_t method;
	uint16_t hash;
	bool pss, raw;
} choices[] = {
	{ CYG_KEY_RSA, 2048, ALL, CYG_AUTH_METHOD_DIGITAL_SIGNATURE, CYG_HASH_SHA2_256, true, false },
	{ CYG_KEY_RSA, 4096, ALL, CYG_AUTH_METHOD_DIGITAL_SIGNATURE, CYG_HASH_SHA2_384, true, false },
	{ CYG_KEY_RSA, 2048, SIGN_HASH(CYG_HASH_SHA2_512), CYG_AUTH_METHOD_DIGITAL_SIGNATURE, CYG_HASH_SHA2_512, true, false },
	{ CYG_KEY_RSA, 2048, 0, CYG_AUTH_METHOD_RSA, CYG_HASH_SHA1, false, false },
	/* SHA-1 alone is no way to sign by method 14. */
	{ CYG_KEY_RSA, 2048, SIGN_HASH(CYG_HASH_SHA1), CYG_AUTH_METHOD_RSA, CYG_HASH_SHA1, false, false },
	{ CYG_KEY_ECDSA, 256, ALL, CYG_AUTH_METHOD_DIGITAL_SIGNATURE, CYG_HASH_SHA2_256, false, false },
	{ CYG_KEY_ECDSA, 384, ALL, CYG_AUTH_METHOD_DIGITAL_SIGNATURE, CYG_HASH_SHA2_384, false, false },
	{ CYG_KEY_ECDSA, 521, SIGN_HASH(CYG_HASH_SHA2_256), CYG_AUTH_METHOD_DIGITAL_SIGNATURE, CYG_HASH_SHA2_256, false, false },
	{ CYG_KEY_ECDSA, 256, 0, CYG_AUTH_METHOD_ECDSA_256, CYG_HASH_SHA2_256, false, true },
	{ CYG_KEY_ECDSA, 384, 0, CYG_AUTH_METHOD_ECDSA_384, CYG_HASH_SHA2_384, false, true },
	{ CYG_KEY_ECDSA, 521, 0, CYG_AUTH_METHOD_ECDSA_521, CYG_HASH_SHA2_512, false, true },
	{ CYG_KEY_ED25519, 253, ALL, CYG_AUTH_METHOD_DIGITAL_SIGNATURE, CYG_HASH_IDENTITY, false, false },
};

START_TEST(a_key_signs_as_the_peer_can_verify)
{
	struct cyg_signature how;
	uint8_t method;

	ck_assert_int_eq(sign_choose(choices[_i].key, choices[_i].bits, choices[_i].peer, &method, &how), CYG_OK);
	ck_assert_uint_eq(method, choices[_i].method);
	ck_assert_uint_eq(how.hash, choices[_i].hash);
	ck_assert(how.pss == choices[_i].pss && how.raw == choices[_i].raw);
	ck_assert(!how.pss || how.salt_len >= 32);
	/* What we sign with, we have a row for. */
	ck_assert_ptr_nonnull(auth_method_by_number(method, sign_kind(how.key)));
}
END_TEST

START_TEST(ed25519_needs_a_peer_that_knows_it)
{
	struct cyg_signature how;
	uint8_t method;

	ck_assert_int_eq(sign_choose(CYG_KEY_ED25519, 253, ALL & ~SIGN_HASH(CYG_HASH_IDENTITY), &method, &how),
			 CYG_UNSUPPORTED);
	ck_assert_int_eq(sign_choose(CYG_KEY_ED448, 456, 0, &method, &how), CYG_UNSUPPORTED);
}
END_TEST

static enum cyg_status fake_read(struct cyg_bytes der, struct cyg_signature *out)
{
	if (der.len != 1)
		return CYG_MALFORMED;
	*out = (struct cyg_signature){ .key = CYG_KEY_RSA, .hash = der.ptr[0] };
	return CYG_OK;
}

static const struct cyg_cert_ops fake = { .name = "fake", .algorithm_read = fake_read };

START_TEST(an_auth_payload_is_taken_apart_or_refused)
{
	static const uint8_t good[] = { 1, CYG_HASH_SHA2_384, 0xaa, 0xbb }, sha1[] = { 1, CYG_HASH_SHA1, 0xaa };
	static const uint8_t none[] = { 1, CYG_HASH_SHA2_256 }, beyond[] = { 9, CYG_HASH_SHA2_256, 0xaa };
	struct sign_proof proof = { 0 };

	ck_assert_int_eq(sign_read(&fake, 14, cyg_bytes(good, sizeof(good)), &proof), CYG_OK);
	ck_assert_uint_eq(proof.count, 1);
	ck_assert_uint_eq(proof.how[0].hash, CYG_HASH_SHA2_384);
	ck_assert_uint_eq(proof.signature.len, 2);
	ck_assert_int_eq(sign_read(&fake, 14, cyg_bytes(sha1, sizeof(sha1)), &proof), CYG_UNSUPPORTED);
	ck_assert_int_eq(sign_read(&fake, 14, cyg_bytes(none, sizeof(none)), &proof), CYG_MALFORMED);
	ck_assert_int_eq(sign_read(&fake, 14, cyg_bytes(beyond, sizeof(beyond)), &proof), CYG_MALFORMED);
	ck_assert_int_eq(sign_read(&fake, 14, cyg_bytes(good, 0), &proof), CYG_MALFORMED);
	ck_assert_int_eq(sign_read(&fake, 2, cyg_bytes(good, sizeof(good)), &proof), CYG_UNSUPPORTED);
	/* The old RSA method does not tell its hash. */
	ck_assert_int_eq(sign_read(&fake, 1, cyg_bytes(good, sizeof(good)), &proof), CYG_OK);
	ck_assert_uint_eq(proof.count, SIGN_WAYS_MAX);
	ck_assert_uint_eq(proof.how[3].hash, CYG_HASH_SHA2_512);
	ck_assert(sign_curve_fits(10, 384) && !sign_curve_fits(10, 256) && sign_curve_fits(14, 256));
}
END_TEST

/* --- The cache --- */

struct cyg_cert {
	unsigned refs;
};

static struct cyg_cert *count_ref(struct cyg_cert *cert)
{
	cert->refs++;
	return cert;
}

static void count_unref(struct cyg_cert *cert)
{
	cert->refs--;
}

static const struct cyg_cert_ops counting = { .name = "counting", .ref = count_ref, .unref = count_unref };

static const uint8_t *hash_number(unsigned number)
{
	static uint8_t hash[CERT_HASH_LEN];

	memset(hash, 0, sizeof(hash));
	memcpy(hash, &number, sizeof(number));
	return hash;
}

START_TEST(the_one_used_longest_ago_makes_room)
{
	static struct cyg_cert certs[CERT_CACHE_MAX + 2];
	struct cyg_cert_store *store = (struct cyg_cert_store *)&certs;
	struct cert_cache cache = { 0 };

	for (unsigned i = 0; i < CERT_CACHE_MAX; i++)
		cert_cache_put(&cache, &counting, hash_number(i), &certs[i], store, 10, 20);
	ck_assert_uint_eq(cache.count, CERT_CACHE_MAX);
	ck_assert_ptr_eq(cert_cache_find(&cache, hash_number(0))->cert, &certs[0]);
	cert_cache_put(&cache, &counting, hash_number(CERT_CACHE_MAX), &certs[CERT_CACHE_MAX], store, 10, 20);
	ck_assert_uint_eq(cache.count, CERT_CACHE_MAX);
	ck_assert_ptr_null(cert_cache_find(&cache, hash_number(1)));
	ck_assert_uint_eq(certs[1].refs, 0);
	ck_assert_ptr_nonnull(cert_cache_find(&cache, hash_number(0)));
	ck_assert_ptr_nonnull(cert_cache_find(&cache, hash_number(CERT_CACHE_MAX)));
	cert_cache_clear(&cache);
	for (unsigned i = 0; i < CYG_COUNT(certs); i++)
		ck_assert_uint_eq(certs[i].refs, 0);
}
END_TEST

START_TEST(what_stood_between_does_not_spoil_what_is_known_of_an_end)
{
	struct cyg_cert cert = { 0 };
	struct cyg_cert_store *store = (struct cyg_cert_store *)&cert;
	struct cert_cache cache = { 0 };
	const struct cert_entry *entry;

	cert_cache_put(&cache, &counting, hash_number(5), &cert, store, 10, 20);
	cert_cache_put(&cache, &counting, hash_number(5), &cert, NULL, 0, 0);
	entry = cert_cache_find(&cache, hash_number(5));
	ck_assert(entry->store == store && entry->since == 10 && entry->until == 20);
	ck_assert_uint_eq(cert.refs, 1);
	cert_cache_clear(&cache);
	ck_assert_uint_eq(cert.refs, 0);
	ck_assert_ptr_null(cert_cache_find(&cache, hash_number(5)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("auth");
	TCase *tests = tcase_create("auth");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, a_key_signs_as_the_peer_can_verify, 0, CYG_COUNT(choices));
	tcase_add_test(tests, ed25519_needs_a_peer_that_knows_it);
	tcase_add_test(tests, an_auth_payload_is_taken_apart_or_refused);
	tcase_add_test(tests, the_one_used_longest_ago_makes_room);
	tcase_add_test(tests, what_stood_between_does_not_spoil_what_is_known_of_an_end);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
