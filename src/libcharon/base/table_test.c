/* SPDX-License-Identifier: MIT */
#include "base/base_tests.h"

#include "base/table.h"

#define ITEMS 5000

static uint32_t items[ITEMS];

static bool same(const void *item, const void *key)
{
	return *(const uint32_t *)item == *(const uint32_t *)key;
}

static uint64_t hash_of(uint32_t key)
{
	return table_mix(key % 700); /* many share a hash */
}

START_TEST(items_are_found_among_others_of_their_hash_and_gone_once_removed)
{
	struct table t = { 0 };

	for (uint32_t i = 0; i < ITEMS; i++) {
		items[i] = i;
		ck_assert_int_eq(table_add(&t, hash_of(i), &items[i]), CYG_OK);
	}
	ck_assert_uint_eq(t.count, ITEMS);
	for (uint32_t i = 0; i < ITEMS; i += 3)
		ck_assert(table_remove(&t, hash_of(i), &items[i]));
	for (uint32_t i = 0; i < ITEMS; i++) {
		const void *found = table_find(&t, hash_of(i), same, &i);

		ck_assert_ptr_eq(found, i % 3 ? &items[i] : NULL);
		ck_assert(table_remove(&t, hash_of(i), &items[i]) == (i % 3 != 0));
	}
	ck_assert_uint_eq(t.count, 0);
	table_done(&t);
}
END_TEST

START_TEST(an_empty_table_has_nothing_and_gives_nothing)
{
	struct table t = { 0 };
	uint32_t key = 1;
	size_t at = 0;

	ck_assert_ptr_null(table_find(&t, 1, same, &key));
	ck_assert(!table_remove(&t, 1, &key));
	ck_assert_ptr_null(table_next(&t, &at));
	table_done(&t);
}
END_TEST

START_TEST(a_walk_sees_every_item_and_may_remove_as_it_goes)
{
	struct table t = { 0 };
	uint32_t *item;
	size_t at = 0, seen = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		items[i] = i;
		ck_assert_int_eq(table_add(&t, hash_of(i), &items[i]), CYG_OK);
	}
	while ((item = table_next(&t, &at))) {
		seen++;
		if (*item % 2 == 0)
			continue;
		ck_assert(table_remove(&t, hash_of(*item), item));
		at--;
	}
	ck_assert_uint_ge(seen, 1000);
	ck_assert_uint_eq(t.count, 500);
	for (at = 0; (item = table_next(&t, &at));)
		ck_assert_uint_eq(*item % 2, 0);
	table_done(&t);
}
END_TEST

START_TEST(the_keyed_hash_is_siphash_1_3)
{
	/* Key 00..0f and octets 00, 01, ... as in the paper on SipHash. */
	const uint64_t seed[2] = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };
	const uint64_t other[2] = { seed[0], seed[1] ^ 1 };
	uint8_t octets[64];

	for (unsigned i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	ck_assert_uint_eq(table_hash(seed, cyg_bytes(octets, 0)), UINT64_C(0xabac0158050fc4dc));
	ck_assert_uint_eq(table_hash(seed, cyg_bytes(octets, 1)), UINT64_C(0xc9f49bf37d57ca93));
	ck_assert_uint_eq(table_hash(seed, cyg_bytes(octets, 8)), UINT64_C(0x369095118d299a8e));
	ck_assert_uint_eq(table_hash(seed, cyg_bytes(octets, 15)), UINT64_C(0xd320d86d2a519956));
	ck_assert(table_hash(seed, cyg_bytes(octets, 9)) != table_hash(other, cyg_bytes(octets, 9)));
}
END_TEST

TCase *table_tests(void)
{
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, items_are_found_among_others_of_their_hash_and_gone_once_removed);
	tcase_add_test(tc, an_empty_table_has_nothing_and_gives_nothing);
	tcase_add_test(tc, a_walk_sees_every_item_and_may_remove_as_it_goes);
	tcase_add_test(tc, the_keyed_hash_is_siphash_1_3);
	return tc;
}
