/* SPDX-License-Identifier: MIT */
#include "wire/wire_tests.h"

#include <cygnet/cursor.h>

START_TEST(a_read_past_the_end_yields_zero_and_stays_failed)
{
	const uint8_t octets[] = { 1, 2, 3 };
	struct wire_reader r = wire_reader(octets, sizeof(octets));

	ck_assert_uint_eq(wire_u16(&r), 0x0102);
	ck_assert_uint_eq(wire_u16(&r), 0);
	ck_assert(!wire_ok(&r));
	ck_assert_uint_eq(wire_u8(&r), 0);
	ck_assert(!wire_done(&r));
	ck_assert_uint_eq(wire_rest(&r).len, 0);
}
END_TEST

START_TEST(integers_are_big_endian)
{
	const uint8_t octets[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct wire_reader r = wire_reader(octets, sizeof(octets));

	ck_assert_uint_eq(wire_u8(&r), 0x01);
	ck_assert_uint_eq(wire_u16(&r), 0x0203);
	ck_assert_uint_eq(wire_u32(&r), 0x04050607);
	ck_assert_uint_eq(wire_u64(&r), UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert(wire_done(&r));
}
END_TEST

START_TEST(what_is_left_over_is_not_done)
{
	const uint8_t octets[] = { 1, 2 };
	struct wire_reader r = wire_reader(octets, sizeof(octets));

	ck_assert_uint_eq(wire_u8(&r), 1);
	ck_assert(wire_ok(&r));
	ck_assert(!wire_done(&r));
}
END_TEST

START_TEST(a_length_shorter_than_its_own_header_fails_instead_of_wrapping)
{
	const uint8_t octets[8] = { 0 };
	struct wire_reader r = wire_reader(octets, sizeof(octets));
	struct wire_reader body = wire_body(&r, 3, 4);

	ck_assert(!wire_ok(&body));
	ck_assert(!wire_ok(&r));
	ck_assert_uint_eq(wire_left(&body), 0);
}
END_TEST

START_TEST(a_nested_reader_ends_where_its_structure_ends)
{
	const uint8_t octets[] = { 1, 2, 3, 4 };
	struct wire_reader r = wire_reader(octets, sizeof(octets));
	struct wire_reader sub = wire_sub(&r, 2);

	ck_assert_uint_eq(wire_u32(&sub), 0);
	ck_assert(!wire_ok(&sub));
	ck_assert(wire_ok(&r));
	ck_assert_uint_eq(wire_u16(&r), 0x0304);
}
END_TEST

START_TEST(a_copy_that_fails_leaves_zeros)
{
	const uint8_t octets[] = { 1, 2 };
	uint8_t out[3] = { 9, 9, 9 };
	struct wire_reader r = wire_reader(octets, sizeof(octets));

	wire_copy(&r, out, sizeof(out));
	ck_assert_mem_eq(out, "\0\0\0", 3);
	ck_assert(!wire_ok(&r));
}
END_TEST

START_TEST(a_writer_that_is_full_writes_no_more)
{
	uint8_t buffer[4] = { 9, 9, 9, 9 };
	struct wire_writer w = wire_writer(buffer, 3);

	wire_put_u16(&w, 0x0102);
	wire_put_u16(&w, 0x0304);
	wire_put_u8(&w, 5);
	ck_assert(w.failed);
	ck_assert_uint_eq(wire_written(&w).len, 0);
	ck_assert_mem_eq(buffer, "\1\2\x09\x09", 4);
}
END_TEST

START_TEST(patching_beyond_what_is_written_fails)
{
	uint8_t buffer[8] = { 0 };
	struct wire_writer w = wire_writer(buffer, sizeof(buffer));

	wire_put_u32(&w, 0);
	wire_set_u16(&w, 2, 0x0102);
	ck_assert(!w.failed);
	ck_assert_mem_eq(buffer, "\0\0\1\2", 4);
	wire_set_u16(&w, 3, 0x0304);
	ck_assert(w.failed);
}
END_TEST

TCase *cursor_tests(void)
{
	TCase *tc = tcase_create("cursor");

	tcase_add_test(tc, a_read_past_the_end_yields_zero_and_stays_failed);
	tcase_add_test(tc, integers_are_big_endian);
	tcase_add_test(tc, what_is_left_over_is_not_done);
	tcase_add_test(tc, a_length_shorter_than_its_own_header_fails_instead_of_wrapping);
	tcase_add_test(tc, a_nested_reader_ends_where_its_structure_ends);
	tcase_add_test(tc, a_copy_that_fails_leaves_zeros);
	tcase_add_test(tc, a_writer_that_is_full_writes_no_more);
	tcase_add_test(tc, patching_beyond_what_is_written_fails);
	return tc;
}
