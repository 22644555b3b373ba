/* SPDX-License-Identifier: MIT */
#include "wire/payloads.h"
#include "wire/wire_tests.h"

#include "testing/unit/octets.h"

static const uint8_t one_ipv4[] = {
	1, 0, 0, 0,                             /* one selector, three reserved octets */
	7, 17, 0, 16,                           /* IPv4 range, UDP, 16 octets in all */
	0x01, 0xf4, 0x01, 0xf4,                 /* ports 500 to 500 */
	10, 1, 0, 0, 10, 1, 255, 255,
};

static enum cyg_status read_octets(const uint8_t *octets, size_t len, struct cyg_selectors *out)
{
	uint8_t *exact = test_memdup(octets, len);
	struct wire_reader r = wire_reader(exact, len);
	struct cyg_bytes rest;
	enum cyg_status status = ts_read(&r, out, &rest);

	free(exact);
	return status;
}

#define READ(out_, ...)                                                                            \
	({                                                                                         \
		static const uint8_t octets_[] = { __VA_ARGS__ };                                  \
		read_octets(octets_, sizeof(octets_), (out_));                                     \
	})

START_TEST(ts_reads_one_ipv4_range)
{
	struct cyg_selectors list;

	ck_assert_int_eq(read_octets(one_ipv4, sizeof(one_ipv4), &list), CYG_OK);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_uint_eq(list.item[0].protocol, 17);
	ck_assert_uint_eq(list.item[0].port_low, 500);
	ck_assert_uint_eq(list.item[0].port_high, 500);
	ck_assert_uint_eq(list.item[0].addr.high.family, CYG_IPV4);
	ck_assert_mem_eq(list.item[0].addr.high.octets, "\x0a\x01\xff\xff", 4);
}
END_TEST

START_TEST(a_selector_of_a_type_we_do_not_know_is_skipped_whole)
{
	struct cyg_selectors list;

	ck_assert_int_eq(READ(&list, 2, 0, 0, 0, 9, 0, 0, 6, 1, 2,
			      7, 0, 0, 16, 0, 0, 0xff, 0xff, 10, 0, 0, 1, 10, 0, 0, 1), CYG_OK);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(READ(&list, 1, 0, 0, 0, 9, 0, 0, 4), CYG_OK);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_int_eq(READ(&list, 1, 0, 0, 0, 9, 0, 0, 3), CYG_MALFORMED);
}
END_TEST

START_TEST(a_selector_of_another_length_than_its_type_has_is_malformed)
{
	struct cyg_selectors list;

	ck_assert_int_eq(READ(&list, 1, 0, 0, 0, 7, 0, 0, 15, 0, 0, 0xff, 0xff, 10, 0, 0, 1, 10, 0, 0),
			 CYG_MALFORMED);
	ck_assert_int_eq(READ(&list, 1, 0, 0, 0, 7, 0, 0, 17, 0, 0, 0xff, 0xff, 10, 0, 0, 1, 10, 0, 0, 1,
			      0), CYG_MALFORMED);
	ck_assert_int_eq(READ(&list, 1, 0, 0, 0, 8, 0, 0, 16, 0, 0, 0xff, 0xff, 10, 0, 0, 1, 10, 0, 0, 1),
			 CYG_MALFORMED);
}
END_TEST

START_TEST(a_count_that_lies_is_malformed)
{
	uint8_t octets[sizeof(one_ipv4)];
	struct cyg_selectors list;

	memcpy(octets, one_ipv4, sizeof(octets));
	octets[0] = 0;
	ck_assert_int_eq(read_octets(octets, sizeof(octets), &list), CYG_MALFORMED);
	octets[0] = 2;
	ck_assert_int_eq(read_octets(octets, sizeof(octets), &list), CYG_MALFORMED);
	ck_assert_int_eq(READ(&list, 0, 0, 0, 0), CYG_MALFORMED);
}
END_TEST

START_TEST(reserved_octets_are_ignored)
{
	uint8_t octets[sizeof(one_ipv4)];
	struct cyg_selectors list;

	memcpy(octets, one_ipv4, sizeof(octets));
	memset(octets + 1, 0xff, 3);
	ck_assert_int_eq(read_octets(octets, sizeof(octets), &list), CYG_OK);
}
END_TEST

START_TEST(a_range_that_runs_backwards_is_malformed)
{
	struct cyg_selectors list;

	ck_assert_int_eq(READ(&list, 1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 0xff, 0xff, 10, 0, 0, 2, 10, 0, 0, 1),
			 CYG_MALFORMED);
	ck_assert_int_eq(READ(&list, 1, 0, 0, 0, 7, 0, 0, 16, 0, 2, 0, 1, 10, 0, 0, 1, 10, 0, 0, 1),
			 CYG_MALFORMED);
}
END_TEST

START_TEST(opaque_ports_are_the_one_range_backwards)
{
	struct cyg_selectors list;

	ck_assert_int_eq(READ(&list, 1, 0, 0, 0, 7, 0, 0, 16, 0xff, 0xff, 0, 0, 10, 0, 0, 1, 10, 0, 0, 1),
			 CYG_OK);
	ck_assert_uint_eq(list.item[0].port_low, 65535);
	ck_assert_uint_eq(list.item[0].port_high, 0);
}
END_TEST

START_TEST(selectors_beyond_a_list_are_read_in_further_ones)
{
	static uint8_t octets[4 + 16 * 255] = { 255 };
	struct wire_reader r = wire_reader(octets, sizeof(octets));
	struct cyg_selectors list;
	struct cyg_bytes rest;
	unsigned total;

	for (size_t i = 0; i < 255; i++) {
		memcpy(octets + 4 + 16 * i, one_ipv4 + 4, 16);
		octets[4 + 16 * i + 11] = octets[4 + 16 * i + 15] = (uint8_t)i;
	}
	octets[4 + 16 * 20] = 9; /* of a type that nobody knows: skipped */
	ck_assert_int_eq(ts_read(&r, &list, &rest), CYG_OK);
	ck_assert_uint_eq(list.count, CYG_SELECTORS_MAX);
	ck_assert_uint_eq(rest.len, 16 * (255 - CYG_SELECTORS_MAX));
	for (total = list.count; rest.len; total += list.count) {
		ts_read_rest(&rest, &list);
		ck_assert_uint_le(list.count, CYG_SELECTORS_MAX);
		ck_assert_uint_eq(list.item[0].addr.low.octets[3], total < 20 ? total : total + 1);
	}
	ck_assert_uint_eq(total, 254);
	octets[0] = CYG_SELECTORS_MAX;
	r = wire_reader(octets, 4 + 16 * CYG_SELECTORS_MAX);
	ck_assert_int_eq(ts_read(&r, &list, &rest), CYG_OK);
	ck_assert_uint_eq(rest.len, 0);
}
END_TEST

START_TEST(a_bad_selector_beyond_the_list_is_malformed_all_the_same)
{
	uint8_t octets[4 + 16 * (CYG_SELECTORS_MAX + 1)] = { CYG_SELECTORS_MAX + 1 };
	struct wire_reader r = wire_reader(octets, sizeof(octets));
	struct cyg_selectors list = { .count = 77 };
	struct cyg_bytes rest = { .len = 77 };

	for (size_t i = 0; i <= CYG_SELECTORS_MAX; i++)
		memcpy(octets + 4 + 16 * i, one_ipv4 + 4, 16);
	octets[sizeof(octets) - 4] = 9; /* runs backwards */
	ck_assert_int_eq(ts_read(&r, &list, &rest), CYG_MALFORMED);
	ck_assert_uint_eq(list.count, 77);
	ck_assert_uint_eq(rest.len, 77);
}
END_TEST

START_TEST(selectors_of_both_families_are_written_and_read_back)
{
	struct cyg_selectors in = { .count = 2 }, list;
	uint8_t buffer[256], first;
	struct chain_writer c = chain_inner(buffer, sizeof(buffer));
	struct cyg_bytes chain;

	ck_assert_int_eq(cyg_ip_parse(CYG_STR("10.0.0.0"), &in.item[0].addr.low), CYG_OK);
	ck_assert_int_eq(cyg_ip_parse(CYG_STR("10.255.255.255"), &in.item[0].addr.high), CYG_OK);
	in.item[0].port_high = 65535;
	ck_assert_int_eq(cyg_ip_parse(CYG_STR("2001:db8::"), &in.item[1].addr.low), CYG_OK);
	ck_assert_int_eq(cyg_ip_parse(CYG_STR("2001:db8::ff"), &in.item[1].addr.high), CYG_OK);
	in.item[1].protocol = 6;
	in.item[1].port_low = in.item[1].port_high = 443;
	ts_write(&c, false, &in);
	chain = chain_end(&c, &first);
	ck_assert_uint_eq(first, CYG_PAYLOAD_TSR);
	ck_assert_int_eq(read_octets(chain.ptr + 4, chain.len - 4, &list), CYG_OK);
	ck_assert_uint_eq(list.count, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert(cyg_ip_equal(&list.item[i].addr.low, &in.item[i].addr.low));
		ck_assert(cyg_ip_equal(&list.item[i].addr.high, &in.item[i].addr.high));
		ck_assert_uint_eq(list.item[i].port_low, in.item[i].port_low);
		ck_assert_uint_eq(list.item[i].port_high, in.item[i].port_high);
		ck_assert_uint_eq(list.item[i].protocol, in.item[i].protocol);
	}
}
END_TEST

START_TEST(a_list_without_selectors_or_with_none_set_is_not_written)
{
	struct cyg_selectors none = { 0 }, unset = { .count = 1 };
	uint8_t buffer[64], first;
	struct chain_writer c = chain_inner(buffer, sizeof(buffer));

	ts_write(&c, true, &none);
	ck_assert_uint_eq(chain_end(&c, &first).len, 0);
	c = chain_inner(buffer, sizeof(buffer));
	ts_write(&c, true, &unset);
	ck_assert_uint_eq(chain_end(&c, &first).len, 0);
}
END_TEST

TCase *ts_tests(void)
{
	TCase *tc = tcase_create("ts");

	tcase_add_test(tc, ts_reads_one_ipv4_range);
	tcase_add_test(tc, a_selector_of_a_type_we_do_not_know_is_skipped_whole);
	tcase_add_test(tc, a_selector_of_another_length_than_its_type_has_is_malformed);
	tcase_add_test(tc, a_count_that_lies_is_malformed);
	tcase_add_test(tc, reserved_octets_are_ignored);
	tcase_add_test(tc, a_range_that_runs_backwards_is_malformed);
	tcase_add_test(tc, opaque_ports_are_the_one_range_backwards);
	tcase_add_test(tc, selectors_beyond_a_list_are_read_in_further_ones);
	tcase_add_test(tc, a_bad_selector_beyond_the_list_is_malformed_all_the_same);
	tcase_add_test(tc, selectors_of_both_families_are_written_and_read_back);
	tcase_add_test(tc, a_list_without_selectors_or_with_none_set_is_not_written);
	return tc;
}
