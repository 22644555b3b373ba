/* SPDX-License-Identifier: MIT */
#include "sa/half_open.h"
#include "sa/serials.h"
#include "sa/table.h"
#include "sa/window.h"

#include <check.h>
#include <stdlib.h>

START_TEST(table_finds_what_was_added_and_nothing_else)
{
	struct spi_table table = { 0 };
	int objects[3];

	ck_assert_ptr_null(spi_table_get(&table, 1));
	spi_table_remove(&table, 1);
	ck_assert_int_eq(spi_table_add(&table, 1, &objects[0]), CYG_OK);
	ck_assert_int_eq(spi_table_add(&table, 2, &objects[1]), CYG_OK);
	ck_assert_int_eq(spi_table_add(&table, 1, &objects[2]), CYG_EXISTS);
	ck_assert_ptr_eq(spi_table_get(&table, 1), &objects[0]);
	ck_assert_ptr_eq(spi_table_get(&table, 2), &objects[1]);
	ck_assert_ptr_null(spi_table_get(&table, 3));
	ck_assert_ptr_null(spi_table_get(&table, 0));
	spi_table_done(&table);
}
END_TEST

/* Against a plain array, through growing and shrinking. */
START_TEST(table_is_right_after_any_order_of_adds_and_removes)
{
	enum { KEYS = 3000 };
	struct spi_table table = { 0 };
	static bool there[KEYS];
	static int object[KEYS];
	uint64_t random = 88172645463325252u;
	size_t count = 0;

	for (unsigned step = 0; step < 60000; step++) {
		unsigned key;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		/* More adds in the first half, more removes in the second. */
		key = (unsigned)(random % KEYS);
		if ((random >> 32) % 100 < (step < 30000 ? 70 : 30)) {
			enum cyg_status status = spi_table_add(&table, key + 1, &object[key]);

			ck_assert_int_eq(status, there[key] ? CYG_EXISTS : CYG_OK);
			count += !there[key];
			there[key] = true;
		} else {
			spi_table_remove(&table, key + 1);
			count -= there[key];
			there[key] = false;
		}
		ck_assert_uint_eq(table.count, count);
	}
	for (unsigned key = 0; key < KEYS; key++)
		ck_assert_ptr_eq(spi_table_get(&table, key + 1), there[key] ? &object[key] : NULL);
	spi_table_done(&table);
}
END_TEST

/* Against a plain array: whatever has left, a walk goes on with the next one that is there. */
START_TEST(a_walk_by_serials_finds_the_next_one_there_is)
{
	enum { SERIALS = 4000 };
	struct serials serials = { 0 };
	static bool there[SERIALS + 2];
	static int object[SERIALS + 2];
	uint64_t random = 88172645463325252u;
	uint32_t last = 0;
	size_t count = 0;

	ck_assert_ptr_null(serials_after(&serials, 0));
	serials_remove(&serials, 1);
	for (unsigned step = 0; last < SERIALS || count; step++) {
		uint32_t serial, next;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		/* First it grows, then it shrinks to nothing. */
		if (last < SERIALS && random % 100 < 60) {
			last += 1 + random / 100 % 3;
			if (last > SERIALS)
				last = SERIALS + 1;
			ck_assert_int_eq(serials_add(&serials, last, &object[last]), CYG_OK);
			there[last] = true;
			count++;
		} else if (last) {
			serial = 1 + (uint32_t)(random >> 32) % last;
			serials_remove(&serials, serial);
			count -= there[serial];
			there[serial] = false;
			if (step % 5 == 0 && serials.count) { /* the oldest leave most often */
				serial = (uint32_t)((int *)serials_after(&serials, 0) - object);
				serials_remove(&serials, serial);
				there[serial] = false;
				count--;
			}
		}
		ck_assert_uint_eq(serials.count, count);
		ck_assert(serials.used < 64 || serials.used <= 2 * count + 1);
		serial = (uint32_t)(random >> 16) % (last + 1);
		for (next = serial + 1; next <= last && !there[next];)
			next++;
		ck_assert_ptr_eq(serials_after(&serials, serial), next <= last ? &object[next] : NULL);
	}
	ck_assert_ptr_null(serials_after(&serials, 0));
	ck_assert_ptr_null(serials_after(&serials, UINT32_MAX));
	serials_done(&serials);
}
END_TEST

START_TEST(window_of_one_takes_the_next_and_knows_the_last)
{
	struct ike_durable d = { .recv_window = 1 };

	ck_assert_int_eq(window_check(&d, 0), WINDOW_NEW);
	ck_assert_int_eq(window_check(&d, 1), WINDOW_OUTSIDE);
	window_answered(&d, 0);
	ck_assert_uint_eq(d.recv_next, 1);
	ck_assert_int_eq(window_check(&d, 0), WINDOW_REPEATED);
	ck_assert_int_eq(window_check(&d, 1), WINDOW_NEW);
	window_answered(&d, 1);
	ck_assert_int_eq(window_check(&d, 0), WINDOW_OUTSIDE);
}
END_TEST

START_TEST(a_wider_window_moves_over_what_is_answered_in_a_row)
{
	struct ike_durable d = { .recv_window = 5 };

	window_answered(&d, 2);
	window_answered(&d, 1);
	ck_assert_uint_eq(d.recv_next, 0);
	ck_assert_int_eq(window_check(&d, 2), WINDOW_REPEATED);
	ck_assert_int_eq(window_check(&d, 4), WINDOW_NEW);
	ck_assert_int_eq(window_check(&d, 5), WINDOW_OUTSIDE);
	window_answered(&d, 0);
	ck_assert_uint_eq(d.recv_next, 3);
	window_answered(&d, UINT32_MAX); /* never */
	ck_assert_uint_eq(d.recv_next, 3);
}
END_TEST

START_TEST(the_widest_window_is_kept_whole)
{
	struct ike_durable d = { .recv_window = IKE_WINDOW_MAX, .recv_next = 1 };

	for (uint32_t id = IKE_WINDOW_MAX; id > 1; id--) {
		ck_assert_int_eq(window_check(&d, id), WINDOW_NEW);
		window_answered(&d, id);
		ck_assert_int_eq(window_check(&d, id), WINDOW_REPEATED);
	}
	ck_assert_int_eq(window_check(&d, IKE_WINDOW_MAX + 1), WINDOW_OUTSIDE);
	ck_assert_uint_eq(d.recv_next, 1);
	window_answered(&d, 1);
	ck_assert_uint_eq(d.recv_next, IKE_WINDOW_MAX + 1);
	ck_assert_int_eq(window_check(&d, IKE_WINDOW_MAX + 1), WINDOW_NEW);
}
END_TEST

START_TEST(message_ids_end_without_wrapping_around)
{
	struct ike_durable d = { .recv_window = 1, .recv_next = UINT32_MAX };

	ck_assert_int_eq(window_check(&d, UINT32_MAX), WINDOW_NEW);
	ck_assert_int_eq(window_check(&d, 0), WINDOW_OUTSIDE);
}
END_TEST

START_TEST(as_many_responses_are_kept_as_the_window_is_wide)
{
	struct ike_sa sa = { .d = { .recv_window = 2 } };

	window_keep(&sa, 0, cyg_bytes("a", 1));
	window_keep(&sa, 1, cyg_bytes("bb", 2));
	window_keep(&sa, 2, cyg_bytes("ccc", 3));
	ck_assert_ptr_null(window_kept(&sa, 0));
	ck_assert_uint_eq(window_kept(&sa, 1)->len, 2);
	ck_assert_mem_eq(window_kept(&sa, 2)->octets, "ccc", 3);
	window_forget(&sa);
	ck_assert_ptr_null(window_kept(&sa, 2));
}
END_TEST

START_TEST(half_open_sas_leave_in_any_order)
{
	static struct half_open half;
	static struct ike_sa sas[100];
	struct cyg_ip near = { CYG_IPV4, { 10, 0, 0, 200 } }, far = { CYG_IPV4, { 10, 0, 1, 1 } };

	half.seed = 42;
	for (unsigned i = 0; i < 100; i++) {
		sas[i].d.spi_i = i / 2 + 1; /* two share each SPI */
		sas[i].d.remote.ip = (struct cyg_ip){ CYG_IPV4, { 10, 0, 0, (uint8_t)i } };
		half_open_add(&half, &half.begun, &sas[i]);
	}
	ck_assert_uint_eq(half.count, 100);
	ck_assert_uint_eq(half_open_of_prefix(&half, &near), 100);
	ck_assert_uint_eq(half_open_of_prefix(&half, &far), 0);
	ck_assert_ptr_eq(half.begun.oldest, &sas[0]);
	sas[0].d.remote.ip = far; /* it moved: its place in the count stays */
	for (unsigned i = 0; i < 100; i += 2) {
		half_open_remove(&half, &sas[i]);
		half_open_remove(&half, &sas[i]);
	}
	ck_assert_uint_eq(half.count, 50);
	ck_assert_uint_eq(half_open_of_prefix(&half, &near), 50);
	ck_assert_ptr_eq(half.begun.oldest, &sas[1]);
	ck_assert_ptr_eq(half_open_find(&half, 1, NULL), &sas[1]);
	ck_assert_ptr_null(half_open_find(&half, 1, &sas[1]));
	for (unsigned i = 1; i < 100; i += 2)
		half_open_remove(&half, &sas[i]);
	ck_assert_ptr_null(half.begun.oldest);
	ck_assert_ptr_null(half.begun.newest);
	ck_assert_uint_eq(half.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sa");
	TCase *tcase = tcase_create("sa");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, table_finds_what_was_added_and_nothing_else);
	tcase_add_test(tcase, table_is_right_after_any_order_of_adds_and_removes);
	tcase_add_test(tcase, a_walk_by_serials_finds_the_next_one_there_is);
	tcase_add_test(tcase, window_of_one_takes_the_next_and_knows_the_last);
	tcase_add_test(tcase, a_wider_window_moves_over_what_is_answered_in_a_row);
	tcase_add_test(tcase, message_ids_end_without_wrapping_around);
	tcase_add_test(tcase, the_widest_window_is_kept_whole);
	tcase_add_test(tcase, as_many_responses_are_kept_as_the_window_is_wide);
	tcase_add_test(tcase, half_open_sas_leave_in_any_order);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
