/* SPDX-License-Identifier: MIT */
#include "wire/payloads.h"
#include "wire/wire_tests.h"

#include "testing/unit/octets.h"

static const struct ike_header header = {
	.spi_i = 1, .spi_r = 2, .version = CYG_IKE_VERSION, .exchange = CYG_INFORMATIONAL,
	.message_id = 7,
};

struct sealed {
	uint8_t *iv, *plain, *icv;
	size_t plain_len;
};

START_TEST(what_is_inside_is_padded_to_whole_blocks)
{
	uint8_t inner[40] = { 0 };

	for (size_t len = 0; len <= sizeof(inner); len++) {
		uint8_t buffer[256];
		struct chain_writer c = chain_message(buffer, sizeof(buffer), &header);
		struct sealed s;
		struct cyg_bytes whole;

		memset(inner, 0xaa, sizeof(inner));
		sk_write(&c, CYG_PAYLOAD_NOTIFY, cyg_bytes(inner, len), 16, 16, 12, &s.iv, &s.plain,
			 &s.plain_len, &s.icv);
		whole = chain_end(&c, NULL);
		ck_assert_uint_eq(s.plain_len % 16, 0);
		ck_assert_uint_eq(whole.len, 28 + 4 + 16 + s.plain_len + 12);
		ck_assert_uint_eq(s.plain[s.plain_len - 1], s.plain_len - len - 1);
		ck_assert_uint_lt(s.plain[s.plain_len - 1], 16);
		ck_assert_mem_eq(s.plain, inner, len);
		ck_assert_ptr_eq(s.plain, s.iv + 16);
		ck_assert_ptr_eq(s.icv, s.plain + s.plain_len);
	}
}
END_TEST

START_TEST(a_cipher_without_blocks_gets_a_pad_length_and_no_padding)
{
	uint8_t buffer[128];
	struct chain_writer c = chain_message(buffer, sizeof(buffer), &header);
	struct sealed s;

	sk_write(&c, CYG_PAYLOAD_NOTIFY, cyg_bytes("abcde", 5), 8, 1, 16, &s.iv, &s.plain,
		 &s.plain_len, &s.icv);
	ck_assert_uint_eq(s.plain_len, 6);
	ck_assert_uint_eq(s.plain[5], 0);
	ck_assert_uint_eq(chain_end(&c, NULL).len, 28 + 4 + 8 + 6 + 16);
}
END_TEST

START_TEST(a_sealed_message_is_read_back_with_its_first_type_and_what_is_authenticated)
{
	uint8_t buffer[128];
	struct chain_writer c = chain_message(buffer, sizeof(buffer), &header);
	struct message msg;
	struct sealed s;
	struct cyg_bytes whole;

	notify_write(&c, 0, 0, 0, CYG_N_COOKIE, cyg_bytes("c", 1));
	sk_write(&c, CYG_PAYLOAD_DELETE, cyg_bytes("abcde", 5), 8, 1, 16, &s.iv, &s.plain,
		 &s.plain_len, &s.icv);
	whole = chain_end(&c, NULL);
	ck_assert_int_eq(message_read(buffer, whole.len, &msg), CYG_OK);
	ck_assert_uint_eq(msg.has, HAS_NOTIFY | HAS_SK);
	ck_assert_uint_eq(msg.sk.inner_first, CYG_PAYLOAD_DELETE);
	ck_assert_uint_eq(msg.sk.fragment, 0);
	ck_assert_ptr_eq(msg.sk.body, s.iv);
	ck_assert_uint_eq(msg.sk.body_len, 8 + 6 + 16);
	ck_assert_uint_eq(msg.sk.aad_len, (size_t)(s.iv - buffer));
}
END_TEST

START_TEST(only_the_first_fragment_tells_what_is_inside)
{
	for (uint16_t number = 1; number <= 2; number++) {
		uint8_t buffer[128];
		struct chain_writer c = chain_message(buffer, sizeof(buffer), &header);
		struct message msg;
		struct sealed s;
		struct cyg_bytes whole;

		skf_write(&c, CYG_PAYLOAD_IDI, number, 2, cyg_bytes("abcde", 5), 8, 1, 16, &s.iv,
			  &s.plain, &s.plain_len, &s.icv);
		whole = chain_end(&c, NULL);
		ck_assert_int_eq(message_read(buffer, whole.len, &msg), CYG_OK);
		ck_assert_uint_eq(msg.has, HAS_SKF);
		ck_assert_uint_eq(msg.sk.fragment, number);
		ck_assert_uint_eq(msg.sk.total, 2);
		ck_assert_uint_eq(msg.sk.inner_first, number == 1 ? CYG_PAYLOAD_IDI : 0);
		ck_assert_uint_eq(msg.sk.aad_len, 28 + 8); /* with number and total */
	}
}
END_TEST

static enum cyg_status read_fragment(uint8_t number, uint8_t total)
{
	const uint8_t octets[] = { 0, number, 0, total, 1 };
	struct wire_reader r = wire_reader(octets, sizeof(octets));
	struct sk_payload sk;
	struct cyg_bytes view;

	return sk_read(&r, CYG_PAYLOAD_SKF, &sk, &view);
}

START_TEST(fragment_numbers_run_from_one_to_the_total)
{
	ck_assert_int_eq(read_fragment(1, 1), CYG_OK);
	ck_assert_int_eq(read_fragment(3, 3), CYG_OK);
	ck_assert_int_eq(read_fragment(0, 3), CYG_MALFORMED);
	ck_assert_int_eq(read_fragment(4, 3), CYG_MALFORMED);
	ck_assert_int_eq(read_fragment(1, 0), CYG_MALFORMED);
}
END_TEST

START_TEST(what_does_not_fit_is_not_written_and_gives_no_pointers)
{
	uint8_t buffer[60];
	struct chain_writer c = chain_message(buffer, sizeof(buffer), &header);
	struct sealed s;

	sk_write(&c, CYG_PAYLOAD_DELETE, cyg_bytes("abcde", 5), 8, 1, 16, &s.iv, &s.plain,
		 &s.plain_len, &s.icv);
	ck_assert_ptr_null(s.iv);
	ck_assert_ptr_null(s.plain);
	ck_assert_ptr_null(s.icv);
	ck_assert_uint_eq(s.plain_len, 0);
	ck_assert_uint_eq(chain_end(&c, NULL).len, 0);
}
END_TEST

START_TEST(nothing_is_written_behind_a_sealed_payload)
{
	uint8_t buffer[128];
	struct chain_writer c = chain_message(buffer, sizeof(buffer), &header);
	struct sealed s;

	sk_write(&c, CYG_PAYLOAD_NONE, cyg_bytes(NULL, 0), 8, 1, 16, &s.iv, &s.plain, &s.plain_len,
		 &s.icv);
	nonce_write(&c, cyg_bytes("0123456789abcdef", 16));
	ck_assert_uint_eq(chain_end(&c, NULL).len, 0);
}
END_TEST

TCase *sk_tests(void)
{
	TCase *tc = tcase_create("sk");

	tcase_add_test(tc, what_is_inside_is_padded_to_whole_blocks);
	tcase_add_test(tc, a_cipher_without_blocks_gets_a_pad_length_and_no_padding);
	tcase_add_test(tc,
		       a_sealed_message_is_read_back_with_its_first_type_and_what_is_authenticated);
	tcase_add_test(tc, only_the_first_fragment_tells_what_is_inside);
	tcase_add_test(tc, fragment_numbers_run_from_one_to_the_total);
	tcase_add_test(tc, what_does_not_fit_is_not_written_and_gives_no_pointers);
	tcase_add_test(tc, nothing_is_written_behind_a_sealed_payload);
	return tc;
}
