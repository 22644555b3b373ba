/* SPDX-License-Identifier: MIT */
#include "base/base_tests.h"

#include "base/compat.h"

#include <cygnet/secret.h>

#include <pthread.h>

static bool is_all(const uint8_t *octets, size_t len, uint8_t value)
{
	for (size_t i = 0; i < len; i++) {
		if (octets[i] != value)
			return false;
	}
	return true;
}

START_TEST(a_secret_is_zeroed_room_of_any_length_up_to_the_limit)
{
	struct cyg_secret s = { 0 };

	for (size_t len = 0; len <= CYG_SECRET_MAX; len += len < 300 ? 1 : 97) {
		ck_assert_int_eq(cyg_secret_init(&s, len), CYG_OK);
		ck_assert_uint_eq(s.len, len);
		ck_assert(is_all(s.ptr, len, 0));
		if (len)
			memset(s.ptr, 0xaa, len);
		cyg_secret_done(&s);
		ck_assert_ptr_null(s.ptr);
	}
	ck_assert_int_eq(cyg_secret_init(&s, CYG_SECRET_MAX + 1), CYG_LIMIT);
	ck_assert_ptr_null(s.ptr);
	cyg_secret_done(&s);
	cyg_secret_done(NULL);
}
END_TEST

START_TEST(secrets_that_live_together_do_not_share_octets)
{
	struct cyg_secret s[500];

	for (size_t i = 0; i < CYG_COUNT(s); i++) {
		ck_assert_int_eq(cyg_secret_init(&s[i], 1 + i % 100), CYG_OK);
		memset(s[i].ptr, (int)i, s[i].len);
	}
	for (size_t i = 0; i < CYG_COUNT(s); i++) {
		ck_assert(is_all(s[i].ptr, s[i].len, (uint8_t)i));
		cyg_secret_done(&s[i]);
	}
}
END_TEST

START_TEST(a_copy_is_equal_and_apart)
{
	char octets[] = "a pre-shared key";
	struct cyg_secret a, b;

	ck_assert_int_eq(cyg_secret_copy(&a, cyg_bytes(octets, sizeof(octets))), CYG_OK);
	ck_assert_int_eq(cyg_secret_copy(&b, cyg_secret_bytes(&a)), CYG_OK);
	ck_assert(cyg_secret_equal(&a, &b));
	b.ptr[0] ^= 1;
	ck_assert(!cyg_secret_equal(&a, &b));
	cyg_secret_done(&a);
	cyg_secret_done(&b);
}
END_TEST

START_TEST(freed_memory_holds_nothing_of_the_secret)
{
	struct cyg_secret s;
	const volatile uint8_t *was;

	/* Under AddressSanitizer blocks go back to the heap, which nobody may look at. */
	if (CYG_HEAP_IS_WATCHED)
		return;
	ck_assert_int_eq(cyg_secret_copy(&s, cyg_bytes("0123456789abcdef0123456789abcdef", 32)), CYG_OK);
	was = s.ptr;
	cyg_secret_done(&s);
	for (size_t i = sizeof(void *); i < 32; i++) /* the first octets link free blocks */
		ck_assert_uint_eq(was[i], 0);
}
END_TEST

static void *free_many(void *secrets)
{
	struct cyg_secret *s = secrets;

	for (size_t i = 0; i < 300; i++)
		cyg_secret_done(&s[i]);
	return NULL;
}

START_TEST(a_secret_may_be_freed_by_another_thread)
{
	static struct cyg_secret s[300];

	for (unsigned round = 0; round < 20; round++) {
		pthread_t thread;

		for (size_t i = 0; i < CYG_COUNT(s); i++) {
			ck_assert_int_eq(cyg_secret_init(&s[i], 64), CYG_OK);
			ck_assert(is_all(s[i].ptr, 64, 0));
			memset(s[i].ptr, 0xff, 64);
		}
		ck_assert_int_eq(pthread_create(&thread, NULL, free_many, s), 0);
		pthread_join(thread, NULL);
	}
}
END_TEST

TCase *secret_tests(void)
{
	TCase *tc = tcase_create("secret");

	tcase_add_test(tc, a_secret_is_zeroed_room_of_any_length_up_to_the_limit);
	tcase_add_test(tc, secrets_that_live_together_do_not_share_octets);
	tcase_add_test(tc, a_copy_is_equal_and_apart);
	tcase_add_test(tc, freed_memory_holds_nothing_of_the_secret);
	tcase_add_test(tc, a_secret_may_be_freed_by_another_thread);
	return tc;
}
