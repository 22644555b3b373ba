/* SPDX-License-Identifier: MIT */
#include "wire/payloads.h"
#include "wire/wire_tests.h"

#include "testing/unit/octets.h"

static enum cyg_status read_octets(const uint8_t *octets, size_t len, struct cfg_payload *out)
{
	uint8_t *exact = test_memdup(octets, len);
	struct wire_reader r = wire_reader(exact, len);
	enum cyg_status status = cfg_read(&r, out);

	free(exact);
	return status;
}

#define READ(out_, ...)                                                                            \
	({                                                                                         \
		static const uint8_t octets_[] = { __VA_ARGS__ };                                  \
		read_octets(octets_, sizeof(octets_), (out_));                                     \
	})

START_TEST(the_reserved_bit_of_a_type_is_ignored)
{
	struct cfg_payload cfg;

	ck_assert_int_eq(READ(&cfg, 1, 0, 0, 0, 0x80, 1, 0, 0), CYG_OK);
	ck_assert_uint_eq(cfg.count, 1);
	ck_assert_uint_eq(cfg.attr[0].type, CYG_INTERNAL_IP4_ADDRESS);
	ck_assert_uint_eq(cfg.attr[0].value.len, 0);
}
END_TEST

START_TEST(an_attribute_of_a_wrong_length_is_left_out)
{
	static const struct {
		uint8_t type, len;
	} lengths[] = {
		{ CYG_INTERNAL_IP4_ADDRESS, 4 }, { CYG_INTERNAL_IP4_NETMASK, 4 },
		{ CYG_INTERNAL_IP4_DNS, 4 },     { CYG_INTERNAL_IP4_NBNS, 4 },
		{ CYG_INTERNAL_IP4_DHCP, 4 },    { CYG_INTERNAL_IP6_ADDRESS, 17 },
		{ CYG_INTERNAL_IP6_DNS, 16 },    { CYG_INTERNAL_IP6_DHCP, 16 },
		{ CYG_INTERNAL_IP4_SUBNET, 8 },  { CYG_INTERNAL_IP6_SUBNET, 17 },
	};

	for (size_t i = 0; i < CYG_COUNT(lengths); i++) {
		for (uint8_t len = 0; len < 24; len++) {
			uint8_t octets[32] = { 1, 0, 0, 0, 0, lengths[i].type, 0, len };
			struct cfg_payload cfg;
			bool good = len == 0 || len == lengths[i].len;

			ck_assert_int_eq(read_octets(octets, 8u + len, &cfg), CYG_OK);
			ck_assert_msg(cfg.count == (good ? 1 : 0), "type %u of %u octets", lengths[i].type,
				      len);
		}
	}
}
END_TEST

START_TEST(an_attribute_we_do_not_know_may_have_any_length)
{
	struct cfg_payload cfg;

	ck_assert_int_eq(READ(&cfg, 2, 0, 0, 0, 0x70, 1, 0, 3, 'a', 'b', 'c'), CYG_OK);
	ck_assert_uint_eq(cfg.attr[0].type, 0x7001);
	ck_assert_uint_eq(cfg.attr[0].value.len, 3);
}
END_TEST

START_TEST(an_attribute_longer_than_its_payload_is_malformed)
{
	struct cfg_payload cfg;

	ck_assert_int_eq(READ(&cfg, 2, 0, 0, 0, 0, 7, 0, 4, 'a', 'b', 'c'), CYG_MALFORMED);
	ck_assert_int_eq(READ(&cfg, 2, 0, 0, 0, 0, 7, 0xff, 0xff, 'a', 'b', 'c'), CYG_MALFORMED);
}
END_TEST

START_TEST(more_attributes_than_we_keep_are_a_limit)
{
	uint8_t octets[4 + 4 * (CFG_ATTRS_MAX + 1)] = { 1 };
	struct cfg_payload cfg;

	for (size_t i = 0; i <= CFG_ATTRS_MAX; i++)
		octets[4 + 4 * i + 1] = CYG_APPLICATION_VERSION;
	ck_assert_int_eq(read_octets(octets, sizeof(octets), &cfg), CYG_LIMIT);
	ck_assert_int_eq(read_octets(octets, sizeof(octets) - 4, &cfg), CYG_OK);
	ck_assert_uint_eq(cfg.count, CFG_ATTRS_MAX);
}
END_TEST

START_TEST(attributes_are_written_and_read_back)
{
	const struct cfg_attr attrs[] = {
		{ CYG_INTERNAL_IP4_ADDRESS, cyg_bytes("\x0a\0\0\1", 4) },
		{ CYG_INTERNAL_IP4_DNS, cyg_bytes(NULL, 0) },
		{ 0x7000, cyg_bytes("hello", 5) },
	};
	uint8_t buffer[64], first;
	struct chain_writer c = chain_inner(buffer, sizeof(buffer));
	struct cyg_bytes chain;
	struct wire_reader r;
	struct cfg_payload cfg;

	cfg_write(&c, CYG_CFG_REPLY, attrs, CYG_COUNT(attrs));
	chain = chain_end(&c, &first);
	r = wire_reader_of(chain);
	wire_skip(&r, PAYLOAD_HEADER_LEN);
	ck_assert_int_eq(cfg_read(&r, &cfg), CYG_OK);
	ck_assert_uint_eq(cfg.type, CYG_CFG_REPLY);
	ck_assert_uint_eq(cfg.count, CYG_COUNT(attrs));
	for (size_t i = 0; i < CYG_COUNT(attrs); i++) {
		ck_assert_uint_eq(cfg.attr[i].type, attrs[i].type);
		ck_assert(cyg_bytes_equal(cfg.attr[i].value, attrs[i].value));
	}
}
END_TEST

TCase *cfg_tests(void)
{
	TCase *tc = tcase_create("cfg");

	tcase_add_test(tc, the_reserved_bit_of_a_type_is_ignored);
	tcase_add_test(tc, an_attribute_of_a_wrong_length_is_left_out);
	tcase_add_test(tc, an_attribute_we_do_not_know_may_have_any_length);
	tcase_add_test(tc, an_attribute_longer_than_its_payload_is_malformed);
	tcase_add_test(tc, more_attributes_than_we_keep_are_a_limit);
	tcase_add_test(tc, attributes_are_written_and_read_back);
	return tc;
}
