/* SPDX-License-Identifier: MIT */
#include "base/base_tests.h"

#include <cygnet/ip.h>

#include <netinet/in.h>

static struct cyg_ip ip(const char *text)
{
	struct cyg_ip out;

	ck_assert_msg(cyg_ip_parse(cyg_str(text), &out) == CYG_OK, "%s", text);
	return out;
}

static struct cyg_prefix prefix(const char *text, unsigned len)
{
	struct cyg_ip from = ip(text);
	struct cyg_prefix out;

	ck_assert_int_eq(cyg_prefix_make(&from, len, &out), CYG_OK);
	return out;
}

START_TEST(an_address_is_read_and_shown)
{
	static const char *const good[] = { "0.0.0.0", "192.0.2.1", "255.255.255.255", "::",
					    "2001:db8::1", "fe80::1:2" };
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ", "::1::",
					   "a.example", "1.2.3.4/8", "[::1]", "fe80::1%eth0",
					   "00000000000000000000000000000000000000000000000::1" };
	char text[CYG_IP_TEXT];
	struct cyg_ip out = { .family = 77 };

	for (size_t i = 0; i < CYG_COUNT(good); i++) {
		struct cyg_ip a = ip(good[i]);

		ck_assert_str_eq(cyg_ip_text(&a, text), good[i]);
	}
	for (size_t i = 0; i < CYG_COUNT(bad); i++)
		ck_assert_msg(cyg_ip_parse(cyg_str(bad[i]), &out) == CYG_MALFORMED, "%s", bad[i]);
	ck_assert_int_eq(cyg_ip_parse(cyg_str_n("1.2.3.4\0x", 9), &out), CYG_MALFORMED);
	ck_assert_uint_eq(out.family, 77);
	out = (struct cyg_ip){ 0 };
	ck_assert_str_eq(cyg_ip_text(&out, text), "-");
	ck_assert(cyg_ip_is_any(&out));
}
END_TEST

START_TEST(addresses_are_ordered_by_family_then_octets)
{
	struct cyg_ip a = ip("10.0.0.1"), b = ip("10.0.0.2"), six = ip("::");

	ck_assert_int_lt(cyg_ip_compare(&a, &b), 0);
	ck_assert_int_gt(cyg_ip_compare(&b, &a), 0);
	ck_assert_int_lt(cyg_ip_compare(&b, &six), 0);
	ck_assert(cyg_ip_equal(&a, &a));
}
END_TEST

START_TEST(octets_of_4_and_16_are_addresses)
{
	uint8_t octets[17] = { 10, 0, 0, 1 };
	struct cyg_ip out;

	for (size_t len = 0; len <= sizeof(octets); len++)
		ck_assert_int_eq(cyg_ip_from_bytes(cyg_bytes(octets, len), &out),
				 len == 4 || len == 16 ? CYG_OK : CYG_MALFORMED);
}
END_TEST

START_TEST(an_endpoint_goes_through_a_socket_address_and_back)
{
	struct cyg_endpoint in[] = {
		{ ip("192.0.2.1"), 4500, 0 }, { ip("2001:db8::1"), 500, 0 }, { ip("fe80::1"), 500, 3 },
	};
	static const char *const texts[] = { "192.0.2.1:4500", "[2001:db8::1]:500", "[fe80::1]:500" };
	struct cyg_endpoint unset = { 0 };
	struct sockaddr_storage sa;

	for (size_t i = 0; i < CYG_COUNT(in); i++) {
		struct cyg_endpoint out;
		char text[CYG_ENDPOINT_TEXT];
		socklen_t len = cyg_endpoint_to_sockaddr(&in[i], &sa);

		ck_assert_uint_gt(len, 0);
		ck_assert_int_eq(cyg_endpoint_from_sockaddr((struct sockaddr *)&sa, len, &out), CYG_OK);
		ck_assert(cyg_endpoint_equal(&in[i], &out));
		ck_assert_int_eq(cyg_endpoint_from_sockaddr((struct sockaddr *)&sa, len - 1, &out),
				 CYG_MALFORMED);
		ck_assert_str_eq(cyg_endpoint_text(&in[i], text), texts[i]);
	}
	ck_assert_uint_eq(cyg_endpoint_to_sockaddr(&unset, &sa), 0);
}
END_TEST

START_TEST(a_prefix_loses_its_host_bits_and_holds_its_addresses)
{
	struct cyg_prefix p = prefix("10.1.2.3", 20);
	struct cyg_ip in = ip("10.1.15.255"), out = ip("10.1.16.0"), network = ip("10.1.0.0"), six = ip("::");
	struct cyg_prefix bad;

	ck_assert(cyg_ip_equal(&p.ip, &network));
	ck_assert(cyg_prefix_holds(&p, &in));
	ck_assert(!cyg_prefix_holds(&p, &out));
	ck_assert(!cyg_prefix_holds(&p, &six));
	p = prefix("0.0.0.0", 0);
	ck_assert(cyg_prefix_holds(&p, &in));
	p = prefix("10.1.15.255", 32);
	ck_assert(cyg_prefix_holds(&p, &in));
	ck_assert_int_eq(cyg_prefix_make(&in, 33, &bad), CYG_MALFORMED);
	ck_assert_int_eq(cyg_prefix_make(&six, 128, &bad), CYG_OK);
	ck_assert_int_eq(cyg_prefix_make(&six, 129, &bad), CYG_MALFORMED);
}
END_TEST

START_TEST(a_range_that_is_a_prefix_is_found_to_be_one)
{
	for (unsigned len = 0; len <= 128; len++) {
		struct cyg_prefix p = prefix("2001:db8:ffff:1234:5678:9abc:def0:1234", len), back;
		struct cyg_ip_range range = cyg_prefix_range(&p);

		ck_assert_int_eq(cyg_range_to_prefix(&range, &back), CYG_OK);
		ck_assert_uint_eq(back.len, len);
		ck_assert(cyg_ip_equal(&back.ip, &p.ip));
	}
}
END_TEST

START_TEST(a_range_that_is_no_prefix_is_none)
{
	struct cyg_ip_range range = { ip("10.0.0.1"), ip("10.0.0.2") };
	struct cyg_prefix p;

	ck_assert_int_eq(cyg_range_to_prefix(&range, &p), CYG_NOT_FOUND);
	range = (struct cyg_ip_range){ ip("10.0.0.0"), ip("10.0.0.2") };
	ck_assert_int_eq(cyg_range_to_prefix(&range, &p), CYG_NOT_FOUND);
	range = (struct cyg_ip_range){ ip("10.0.0.0"), ip("::") };
	ck_assert_int_eq(cyg_range_to_prefix(&range, &p), CYG_NOT_FOUND);
	range = (struct cyg_ip_range){ { 0 }, { 0 } };
	ck_assert_int_eq(cyg_range_to_prefix(&range, &p), CYG_NOT_FOUND);
}
END_TEST

START_TEST(a_netmask_is_a_length_unless_it_has_holes)
{
	struct cyg_ip holes = ip("255.0.255.0"), low = ip("0.0.0.1");
	unsigned out = 77;

	for (unsigned len = 0; len <= 32; len++) {
		struct cyg_ip mask = cyg_netmask(len);

		ck_assert_int_eq(cyg_netmask_len(&mask, &out), CYG_OK);
		ck_assert_uint_eq(out, len);
	}
	out = 77;
	ck_assert_int_eq(cyg_netmask_len(&holes, &out), CYG_MALFORMED);
	ck_assert_int_eq(cyg_netmask_len(&low, &out), CYG_MALFORMED);
	ck_assert_uint_eq(out, 77);
}
END_TEST

START_TEST(the_next_address_carries_and_ends)
{
	struct cyg_ip a = ip("10.0.255.255"), want = ip("10.1.0.0"), last = ip("255.255.255.255");

	ck_assert(cyg_ip_next(&a));
	ck_assert(cyg_ip_equal(&a, &want));
	want = last;
	ck_assert(!cyg_ip_next(&last));
	ck_assert(cyg_ip_equal(&last, &want));
}
END_TEST

TCase *ip_tests(void)
{
	TCase *tc = tcase_create("ip");

	tcase_add_test(tc, an_address_is_read_and_shown);
	tcase_add_test(tc, addresses_are_ordered_by_family_then_octets);
	tcase_add_test(tc, octets_of_4_and_16_are_addresses);
	tcase_add_test(tc, an_endpoint_goes_through_a_socket_address_and_back);
	tcase_add_test(tc, a_prefix_loses_its_host_bits_and_holds_its_addresses);
	tcase_add_test(tc, a_range_that_is_a_prefix_is_found_to_be_one);
	tcase_add_test(tc, a_range_that_is_no_prefix_is_none);
	tcase_add_test(tc, a_netmask_is_a_length_unless_it_has_holes);
	tcase_add_test(tc, the_next_address_carries_and_ends);
	return tc;
}
