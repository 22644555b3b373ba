/* SPDX-License-Identifier: MIT */
#include "address_pool_tests.h"
#include "pool.h"

#include <stdlib.h>

static struct cyg_ip ip(const char *text)
{
	struct cyg_ip out;

	ck_assert_msg(cyg_ip_parse(cyg_str(text), &out) == CYG_OK, "%s", text);
	return out;
}

static struct pool *make(const char *low, const char *high)
{
	struct cyg_ip_range range = { ip(low), ip(high) };
	struct pool *pool = pool_new(range.low.family, (uint8_t)cyg_ip_bits(range.low.family));

	ck_assert_ptr_nonnull(pool);
	ck_assert_int_eq(pool_set_ranges(pool, &range, 1), CYG_OK);
	return pool;
}

static void set_range(struct pool *pool, const char *low, const char *high)
{
	struct cyg_ip_range range = { ip(low), ip(high) };

	ck_assert_int_eq(pool_set_ranges(pool, &range, 1), CYG_OK);
}

struct lease {
	struct cyg_ip ip;
	uint64_t number;
};

static struct lease lease(struct pool *pool, uint64_t identity, const char *want)
{
	struct lease l;
	char text[CYG_IP_TEXT];

	ck_assert_int_eq(pool_lease(pool, identity, NULL, &l.ip, &l.number), CYG_OK);
	if (want)
		ck_assert_str_eq(cyg_ip_text(&l.ip, text), want);
	return l;
}

static bool release(struct pool *pool, struct lease l)
{
	return pool_release(pool, &l.ip, l.number);
}

START_TEST(addresses_come_from_low_to_high_and_end)
{
	struct pool *pool = make("10.0.0.254", "10.0.1.1");
	struct lease l;

	lease(pool, 1, "10.0.0.254");
	lease(pool, 2, "10.0.0.255");
	lease(pool, 3, "10.0.1.0");
	lease(pool, 4, "10.0.1.1");
	ck_assert_int_eq(pool_lease(pool, 5, NULL, &l.ip, &l.number), CYG_LIMIT);
	ck_assert_uint_eq(pool_leases(pool), 4);
	pool_free(pool);
}
END_TEST

START_TEST(the_same_identity_gets_the_same_address_again)
{
	struct pool *pool = make("10.0.0.1", "10.0.0.10");
	struct lease a = lease(pool, 1, "10.0.0.1"), b = lease(pool, 2, "10.0.0.2");

	ck_assert(release(pool, a));
	ck_assert(release(pool, b));
	lease(pool, 2, "10.0.0.2");
	lease(pool, 3, "10.0.0.3");
	lease(pool, 1, "10.0.0.1");
	lease(pool, 1, "10.0.0.4"); /* it is in use: another one */
	pool_free(pool);
}
END_TEST

START_TEST(without_fresh_ones_the_address_free_for_longest_is_taken)
{
	struct pool *pool = make("10.0.0.1", "10.0.0.3");
	struct lease a = lease(pool, 1, NULL), b = lease(pool, 2, NULL), c = lease(pool, 3, NULL);

	ck_assert(release(pool, b));
	ck_assert(release(pool, a));
	ck_assert(release(pool, c));
	lease(pool, 9, "10.0.0.2");
	lease(pool, 8, "10.0.0.1");
	lease(pool, 2, "10.0.0.3"); /* what it had has gone to another */
	pool_free(pool);
}
END_TEST

START_TEST(a_freed_address_rests_before_somebody_else_gets_it)
{
	struct pool *pool = make("10.0.0.1", "10.0.0.2");
	struct lease a, b, none;

	pool_set_time(pool, 1000, 30000);
	a = lease(pool, 1, "10.0.0.1");
	b = lease(pool, 2, "10.0.0.2");
	ck_assert(release(pool, a));
	pool_set_time(pool, 11000, 30000);
	ck_assert(release(pool, b));
	pool_set_time(pool, 30999, 30000);
	ck_assert_int_eq(pool_lease(pool, 3, NULL, &none.ip, &none.number), CYG_LIMIT);
	b = lease(pool, 2, "10.0.0.2"); /* whoever had it need not wait */
	pool_set_time(pool, 31000, 30000);
	lease(pool, 3, "10.0.0.1");
	ck_assert(release(pool, b));
	ck_assert_int_eq(pool_lease(pool, 4, NULL, &none.ip, &none.number), CYG_LIMIT);
	pool_set_time(pool, 31000, 0); /* the line has gone */
	lease(pool, 4, "10.0.0.2");
	pool_free(pool);
}
END_TEST

START_TEST(peers_without_an_identity_do_not_inherit_from_each_other)
{
	struct pool *pool = make("10.0.0.1", "10.0.0.3");

	ck_assert(release(pool, lease(pool, 0, "10.0.0.1")));
	lease(pool, 0, "10.0.0.2");
	pool_free(pool);
}
END_TEST

START_TEST(a_hint_is_followed_if_it_is_ours_and_nobody_elses)
{
	struct pool *pool = make("10.0.0.1", "10.0.0.10");
	struct cyg_ip want = ip("10.0.0.5"), outside = ip("10.0.0.11"), six = ip("::5");
	char text[CYG_IP_TEXT];
	struct lease l, m;

	ck_assert_int_eq(pool_lease(pool, 1, &want, &l.ip, &l.number), CYG_OK);
	ck_assert_str_eq(cyg_ip_text(&l.ip, text), "10.0.0.5");
	ck_assert_int_eq(pool_lease(pool, 2, &want, &m.ip, &m.number), CYG_OK);
	ck_assert_str_eq(cyg_ip_text(&m.ip, text), "10.0.0.1"); /* in use */
	ck_assert_int_eq(pool_lease(pool, 3, &outside, &m.ip, &m.number), CYG_OK);
	ck_assert_str_eq(cyg_ip_text(&m.ip, text), "10.0.0.2");
	ck_assert_int_eq(pool_lease(pool, 4, &six, &m.ip, &m.number), CYG_OK);
	ck_assert_str_eq(cyg_ip_text(&m.ip, text), "10.0.0.3");
	ck_assert(release(pool, l));
	ck_assert_int_eq(pool_lease(pool, 5, &want, &m.ip, &m.number), CYG_OK);
	ck_assert_str_eq(cyg_ip_text(&m.ip, text), "10.0.0.4"); /* kept for the first */
	ck_assert_int_eq(pool_lease(pool, 1, &want, &m.ip, &m.number), CYG_OK);
	ck_assert_str_eq(cyg_ip_text(&m.ip, text), "10.0.0.5");
	lease(pool, 6, "10.0.0.6"); /* the mark passes what a hint took */
	pool_free(pool);
}
END_TEST

START_TEST(a_lease_is_released_once_and_only_by_its_number)
{
	struct pool *pool = make("10.0.0.1", "10.0.0.1");
	struct lease a = lease(pool, 1, NULL), b;

	ck_assert(!pool_release(pool, &a.ip, a.number + 1));
	ck_assert(release(pool, a));
	ck_assert(!release(pool, a));
	b = lease(pool, 2, "10.0.0.1");
	ck_assert(!release(pool, a)); /* late: it is another's now */
	ck_assert_uint_eq(pool_leases(pool), 1);
	ck_assert(release(pool, b));
	pool_free(pool);
}
END_TEST

START_TEST(a_large_pool_costs_what_is_leased_from_it)
{
	struct pool *pool = make("10.0.0.0", "10.255.255.255");
	struct cyg_ip_range range;
	struct pool_count count;

	for (uint64_t i = 1; i <= 1000; i++)
		lease(pool, i, NULL);
	ck_assert_uint_eq(pool_entries(pool), 1000);
	ck_assert(pool_range(pool, 0, &range, &count));
	ck_assert_uint_eq(count.used, 1000);
	ck_assert_uint_eq(count.free, (1u << 24) - 1000);
	pool_free(pool);
}
END_TEST

START_TEST(what_is_remembered_of_the_past_is_bounded)
{
	struct pool *pool = make("10.0.0.0", "10.255.255.255");

	for (uint64_t i = 1; i <= 3 * POOL_REMEMBERED; i++) {
		struct lease l;

		if (pool_lease(pool, i, NULL, &l.ip, &l.number) != CYG_OK || !release(pool, l))
			ck_abort_msg("at lease %u", (unsigned)i);
	}
	ck_assert_uint_le(pool_entries(pool), POOL_REMEMBERED);
	pool_free(pool);
}
END_TEST

START_TEST(leases_survive_ranges_that_stay)
{
	struct pool *pool = make("10.0.0.1", "10.0.0.4");
	struct cyg_ip_range ranges[] = { { ip("10.0.0.1"), ip("10.0.0.6") },
					 { ip("10.0.9.1"), ip("10.0.9.1") } };
	struct lease a = lease(pool, 1, "10.0.0.1"), b = lease(pool, 2, "10.0.0.2");
	struct cyg_ip_range range;
	struct pool_count count;

	ck_assert_int_eq(pool_set_ranges(pool, ranges, 2), CYG_OK);
	ck_assert(pool_range(pool, 0, &range, &count));
	ck_assert_uint_eq(count.used, 2);
	ck_assert_uint_eq(count.free, 4);
	lease(pool, 3, "10.0.0.3");
	ck_assert(release(pool, a));
	lease(pool, 1, "10.0.0.1");
	ck_assert(release(pool, b));
	for (unsigned i = 4; i <= 6; i++)
		lease(pool, i, NULL);
	lease(pool, 7, "10.0.9.1");
	lease(pool, 8, "10.0.0.2");
	pool_free(pool);
}
END_TEST

START_TEST(a_lease_of_a_range_that_is_gone_ends_cleanly)
{
	struct pool *pool = make("10.0.0.1", "10.0.0.4");
	struct lease a = lease(pool, 1, "10.0.0.1"), b = lease(pool, 2, "10.0.0.2");

	ck_assert(release(pool, b));
	set_range(pool, "10.0.5.1", "10.0.5.4");
	ck_assert_uint_eq(pool_leases(pool), 1);
	ck_assert_uint_eq(pool_entries(pool), 1); /* the free one is forgotten */
	lease(pool, 2, "10.0.5.1");
	ck_assert(release(pool, a));
	ck_assert_uint_eq(pool_entries(pool), 1);
	lease(pool, 1, "10.0.5.2");
	ck_assert_int_eq(pool_set_ranges(pool, NULL, 0), CYG_OK);
	ck_assert_int_eq(pool_lease(pool, 3, NULL, &a.ip, &a.number), CYG_LIMIT);
	pool_free(pool);
}
END_TEST

START_TEST(a_range_that_shrinks_and_grows_again_gives_all_its_addresses)
{
	struct pool *pool = make("10.0.0.1", "10.0.0.8");
	struct lease held[8], l;

	for (unsigned i = 0; i < 8; i++)
		held[i] = lease(pool, i + 1, NULL);
	for (unsigned i = 0; i < 8; i++) {
		if (i != 5)
			ck_assert(release(pool, held[i]));
	}
	set_range(pool, "10.0.0.1", "10.0.0.3");
	set_range(pool, "10.0.0.1", "10.0.0.8");
	for (unsigned i = 0; i < 7; i++)
		l = lease(pool, 100 + i, NULL);
	ck_assert_int_eq(pool_lease(pool, 200, NULL, &l.ip, &l.number), CYG_LIMIT);
	ck_assert(release(pool, held[5]));
	lease(pool, 201, "10.0.0.6");
	pool_free(pool);
}
END_TEST

START_TEST(the_last_addresses_of_a_family_do_not_wrap_around)
{
	struct pool *pool = make("255.255.255.254", "255.255.255.255");
	struct lease l;

	lease(pool, 1, "255.255.255.254");
	lease(pool, 2, "255.255.255.255");
	ck_assert_int_eq(pool_lease(pool, 3, NULL, &l.ip, &l.number), CYG_LIMIT);
	pool_free(pool);
	pool = make("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	lease(pool, 1, NULL);
	lease(pool, 2, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	ck_assert_int_eq(pool_lease(pool, 3, NULL, &l.ip, &l.number), CYG_LIMIT);
	pool_free(pool);
}
END_TEST

START_TEST(prefixes_are_leased_whole)
{
	struct cyg_ip_range range = { ip("2001:db8::"), ip("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff") };
	struct pool *pool = pool_new(CYG_IPV6, 48);
	struct pool_count count;
	struct lease a;

	ck_assert_int_eq(pool_set_ranges(pool, &range, 1), CYG_OK);
	a = lease(pool, 1, "2001:db8::");
	lease(pool, 2, "2001:db8:1::");
	ck_assert(pool_range(pool, 0, &range, &count));
	ck_assert_uint_eq(count.free, 65536 - 2);
	a.ip.octets[15] = 7; /* an address within the prefix names it as well */
	ck_assert(release(pool, a));
	pool_free(pool);
}
END_TEST

START_TEST(counts_of_ranges_beyond_any_number_are_told_as_the_largest)
{
	struct pool *pool = make("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	struct cyg_ip_range range;
	struct pool_count count;

	ck_assert(pool_range(pool, 0, &range, &count));
	ck_assert_uint_eq(count.free, UINT64_MAX);
	lease(pool, 1, "::");
	ck_assert(pool_range(pool, 0, &range, &count));
	ck_assert_uint_eq(count.free, UINT64_MAX);
	ck_assert_uint_eq(count.used, 1);
	ck_assert(!pool_range(pool, 1, &range, &count));
	pool_free(pool);
}
END_TEST

/* Against a plain model, with changing ranges. */
START_TEST(no_address_is_ever_leased_twice)
{
	enum { SIZE = 64 };
	struct pool *pool = make("10.0.0.0", "10.0.0.63");
	struct lease held[SIZE * 2];
	bool used[256] = { false };
	size_t count = 0;
	unsigned state = 1;
	bool good = true;

	for (unsigned step = 0; step < 50000; step++) {
		state = state * 1103515245u + 12345u;
		unsigned dice = state >> 16;

		if (dice % 1000 == 0) {
			static const char *const highs[] = { "10.0.0.15", "10.0.0.40", "10.0.0.63" };

			set_range(pool, "10.0.0.0", highs[dice / 1000 % 3]);
		} else if (dice % 2 && count > 0) {
			size_t which = dice / 2 % count;

			good &= release(pool, held[which]);
			used[held[which].ip.octets[3]] = false;
			held[which] = held[--count];
		} else {
			struct lease l;

			if (pool_lease(pool, 1 + dice % 100, NULL, &l.ip, &l.number) != CYG_OK)
				continue;
			good &= !used[l.ip.octets[3]];
			used[l.ip.octets[3]] = true;
			held[count++] = l;
		}
		good &= pool_leases(pool) == count;
		if (!good) /* each check of the framework is a system call */
			ck_abort_msg("at step %u", step);
	}
	ck_assert_uint_gt(pool_leases(pool), 0);
	pool_free(pool);
}
END_TEST

TCase *pool_tests(void)
{
	TCase *tc = tcase_create("pool");

	tcase_add_test(tc, addresses_come_from_low_to_high_and_end);
	tcase_add_test(tc, the_same_identity_gets_the_same_address_again);
	tcase_add_test(tc, without_fresh_ones_the_address_free_for_longest_is_taken);
	tcase_add_test(tc, a_freed_address_rests_before_somebody_else_gets_it);
	tcase_add_test(tc, peers_without_an_identity_do_not_inherit_from_each_other);
	tcase_add_test(tc, a_hint_is_followed_if_it_is_ours_and_nobody_elses);
	tcase_add_test(tc, a_lease_is_released_once_and_only_by_its_number);
	tcase_add_test(tc, a_large_pool_costs_what_is_leased_from_it);
	tcase_add_test(tc, what_is_remembered_of_the_past_is_bounded);
	tcase_add_test(tc, leases_survive_ranges_that_stay);
	tcase_add_test(tc, a_lease_of_a_range_that_is_gone_ends_cleanly);
	tcase_add_test(tc, a_range_that_shrinks_and_grows_again_gives_all_its_addresses);
	tcase_add_test(tc, the_last_addresses_of_a_family_do_not_wrap_around);
	tcase_add_test(tc, prefixes_are_leased_whole);
	tcase_add_test(tc, counts_of_ranges_beyond_any_number_are_told_as_the_largest);
	tcase_add_test(tc, no_address_is_ever_leased_twice);
	return tc;
}
