/* SPDX-License-Identifier: MIT */
#include "wire/payloads.h"
#include "wire/wire_tests.h"

#include "testing/unit/octets.h"

static enum cyg_status read_octets(const uint8_t *octets, size_t len, struct sa_payload *out)
{
	uint8_t *exact = test_memdup(octets, len);
	struct wire_reader r = wire_reader(exact, len);
	enum cyg_status status = sa_read(&r, out);

	free(exact);
	return status;
}

#define READ(out_, ...)                                                                            \
	({                                                                                         \
		static const uint8_t octets_[] = { __VA_ARGS__ };                                  \
		read_octets(octets_, sizeof(octets_), (out_));                                     \
	})

/* One ESP transform behind its header: AES-CBC, then these attributes. */
#define ENCR_WITH(len_, ...) 0, 0, 0, 12 + (len_) + 8, 1, 3, 4, 1, 1, 2, 3, 4, \
	0, 0, 0, 8 + (len_), 1, 0, 0, 12, __VA_ARGS__

START_TEST(two_proposals_are_read_with_their_spis_and_key_lengths)
{
	struct sa_payload sa;

	ck_assert_int_eq(READ(&sa, 2, 0, 0, 24, 1, 3, 4, 1, 1, 2, 3, 4,
			      0, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1, 0,
			      0, 0, 0, 28, 2, 3, 4, 2, 9, 8, 7, 6,
			      3, 0, 0, 8, 1, 0, 0, 28, 0, 0, 0, 8, 5, 0, 0, 1), CYG_OK);
	ck_assert_uint_eq(sa.proposal_count, 2);
	ck_assert_uint_eq(sa.proposal[0].spi, 0x01020304);
	ck_assert_uint_eq(sa.proposal[0].count, 1);
	ck_assert_uint_eq(sa.transform[0].id, CYG_ENCR_AES_GCM_16);
	ck_assert_uint_eq(sa.transform[0].key_bits, 256);
	ck_assert_uint_eq(sa.proposal[1].number, 2);
	ck_assert_uint_eq(sa.proposal[1].first, 1);
	ck_assert_uint_eq(sa.proposal[1].count, 2);
	ck_assert_uint_eq(sa.transform[2].type, CYG_TRANSFORM_ESN);
}
END_TEST

START_TEST(a_key_length_stands_once_in_its_short_form)
{
	struct sa_payload sa;

	ck_assert_int_eq(READ(&sa, ENCR_WITH(4, 0x80, 14, 1, 0)), CYG_OK);
	ck_assert_uint_eq(sa.transform[0].key_bits, 256);
	ck_assert(!sa.transform[0].unknown_attribute);
	ck_assert_int_eq(READ(&sa, ENCR_WITH(8, 0x80, 14, 1, 0, 0x80, 14, 1, 0)), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, ENCR_WITH(6, 0x00, 14, 0, 2, 1, 0)), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, ENCR_WITH(4, 0x80, 14, 0, 0)), CYG_MALFORMED);
}
END_TEST

START_TEST(an_unknown_attribute_marks_its_transform_and_spoils_no_other)
{
	struct sa_payload sa;

	ck_assert_int_eq(READ(&sa, ENCR_WITH(4, 0x80, 99, 1, 0)), CYG_OK);
	ck_assert(sa.transform[0].unknown_attribute);
	ck_assert_int_eq(READ(&sa, ENCR_WITH(7, 0x00, 99, 0, 3, 1, 2, 3)), CYG_OK);
	ck_assert(sa.transform[0].unknown_attribute);
	ck_assert_int_eq(READ(&sa, ENCR_WITH(7, 0x00, 99, 0, 4, 1, 2, 3)), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, ENCR_WITH(2, 0x80, 14)), CYG_MALFORMED);
}
END_TEST

START_TEST(lengths_that_omit_their_header_are_malformed)
{
	struct sa_payload sa;

	ck_assert_int_eq(READ(&sa, 0, 0, 0, 3, 1, 3, 4, 1), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 0, 1, 3, 4, 1), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 12), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 7, 1, 0, 0, 12), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 9, 1, 0, 0, 12), CYG_MALFORMED);
}
END_TEST

START_TEST(the_count_of_transforms_must_be_what_is_there)
{
	struct sa_payload sa;

	ck_assert_int_eq(READ(&sa, 0, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12), CYG_OK);
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 16, 1, 1, 0, 2, 0, 0, 0, 8, 1, 0, 0, 12), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 24, 1, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12,
			      0, 0, 0, 8, 1, 0, 0, 12), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 8, 1, 1, 0, 0), CYG_MALFORMED);
}
END_TEST

START_TEST(the_last_marks_must_agree_with_what_follows)
{
	struct sa_payload sa;

	ck_assert_int_eq(READ(&sa, 2, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 16, 1, 1, 0, 1, 3, 0, 0, 8, 1, 0, 0, 12), CYG_MALFORMED);
}
END_TEST

START_TEST(an_spi_must_have_the_size_of_its_protocol)
{
	struct sa_payload sa;

	ck_assert_int_eq(READ(&sa, 0, 0, 0, 24, 1, 1, 8, 1, 1, 2, 3, 4, 5, 6, 7, 8,
			      0, 0, 0, 8, 1, 0, 0, 12), CYG_OK);
	ck_assert_uint_eq(sa.proposal[0].spi, UINT64_C(0x0102030405060708));
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 20, 1, 1, 4, 1, 1, 2, 3, 4, 0, 0, 0, 8, 1, 0, 0, 12),
			 CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 16, 1, 3, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12), CYG_MALFORMED);
	/* A protocol we do not know may have any; it is not ours to choose. */
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 18, 1, 9, 2, 1, 1, 2, 0, 0, 0, 8, 1, 0, 0, 12), CYG_OK);
	ck_assert_uint_eq(sa.proposal[0].spi, 0);
}
END_TEST

START_TEST(numbers_of_proposals_rise)
{
	struct sa_payload sa;

	ck_assert_int_eq(READ(&sa, 2, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12,
			      0, 0, 0, 16, 2, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12), CYG_OK);
	ck_assert_int_eq(READ(&sa, 2, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12,
			      0, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12), CYG_MALFORMED);
	ck_assert_int_eq(READ(&sa, 2, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12,
			      0, 0, 0, 16, 0, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12), CYG_MALFORMED);
	/* Some may be left out. */
	ck_assert_int_eq(READ(&sa, 2, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12,
			      0, 0, 0, 16, 3, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12), CYG_OK);
	/* The one that a responder chose keeps its number. */
	ck_assert_int_eq(READ(&sa, 0, 0, 0, 16, 7, 1, 0, 1, 0, 0, 0, 8, 1, 0, 0, 12), CYG_OK);
}
END_TEST

START_TEST(an_offer_without_proposals_is_malformed)
{
	struct wire_reader r = wire_reader("", 0);
	struct sa_payload sa;

	ck_assert_int_eq(sa_read(&r, &sa), CYG_MALFORMED);
}
END_TEST

/* `count` proposals of `transforms` each; returns the status. */
static enum cyg_status offer(size_t count, size_t transforms, struct sa_payload *sa)
{
	static struct transform t[PROPOSAL_TRANSFORMS_MAX + 1];
	struct proposal_out p[PROPOSALS_MAX + 1];
	struct wire_reader r;
	uint8_t *octets = malloc(65536), first;
	struct chain_writer c = chain_inner(octets, 65536);
	struct cyg_bytes chain;
	enum cyg_status status;

	for (size_t i = 0; i < transforms; i++)
		t[i] = (struct transform){ .type = 1, .id = (uint16_t)i };
	for (size_t i = 0; i < count; i++)
		p[i] = (struct proposal_out){ (uint8_t)(i + 1), CYG_PROTO_IKE, 0, 0, t, transforms };
	sa_write(&c, p, count);
	chain = chain_end(&c, &first);
	if (!chain.len) {
		free(octets);
		return CYG_REFUSED;
	}
	r = wire_reader_of(chain);
	wire_skip(&r, PAYLOAD_HEADER_LEN);
	status = sa_read(&r, sa);
	free(octets);
	return status;
}

START_TEST(what_is_offered_beyond_our_limits_is_refused_as_such)
{
	struct sa_payload sa;

	ck_assert_int_eq(offer(PROPOSALS_MAX, 1, &sa), CYG_OK);
	ck_assert_uint_eq(sa.proposal_count, PROPOSALS_MAX);
	ck_assert_int_eq(offer(PROPOSALS_MAX + 1, 1, &sa), CYG_LIMIT);
	ck_assert_int_eq(offer(1, PROPOSAL_TRANSFORMS_MAX, &sa), CYG_OK);
	ck_assert_uint_eq(sa.proposal[0].count, PROPOSAL_TRANSFORMS_MAX);
	ck_assert_int_eq(offer(2, 128, &sa), CYG_LIMIT);
	ck_assert_int_eq(offer(2, 127, &sa), CYG_OK);
}
END_TEST

START_TEST(what_cannot_be_written_fails_the_writer)
{
	struct sa_payload sa;

	ck_assert_int_eq(offer(0, 1, &sa), CYG_REFUSED);
	ck_assert_int_eq(offer(1, 0, &sa), CYG_REFUSED);
	ck_assert_int_eq(offer(1, 256, &sa), CYG_REFUSED);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
	const struct transform ts[] = {
		{ .type = CYG_TRANSFORM_ENCR, .id = CYG_ENCR_AES_CBC, .key_bits = 256 },
		{ .type = CYG_TRANSFORM_INTEG, .id = CYG_AUTH_HMAC_SHA2_256_128 },
		{ .type = CYG_TRANSFORM_ESN, .id = 0 },
	};
	const struct proposal_out p[] = {
		{ 1, CYG_PROTO_ESP, 4, 0xc0ffee01, ts, 3 },
		{ 2, CYG_PROTO_ESP, 4, 0xc0ffee02, ts, 1 },
	};
	uint8_t buffer[256], first;
	struct chain_writer c = chain_inner(buffer, sizeof(buffer));
	struct sa_payload sa;
	struct wire_reader r;

	sa_write(&c, p, 2);
	r = wire_reader_of(chain_end(&c, &first));
	wire_skip(&r, PAYLOAD_HEADER_LEN);
	ck_assert_uint_eq(first, CYG_PAYLOAD_SA);
	ck_assert_int_eq(sa_read(&r, &sa), CYG_OK);
	ck_assert_uint_eq(sa.proposal_count, 2);
	ck_assert_uint_eq(sa.transform_count, 4);
	ck_assert_uint_eq(sa.proposal[1].spi, 0xc0ffee02);
	ck_assert_uint_eq(sa.transform[3].key_bits, 256);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(sa.transform[i].type, ts[i].type);
		ck_assert_uint_eq(sa.transform[i].id, ts[i].id);
		ck_assert_uint_eq(sa.transform[i].key_bits, ts[i].key_bits);
	}
}
END_TEST

TCase *sa_tests(void)
{
	TCase *tc = tcase_create("sa");

	tcase_add_test(tc, two_proposals_are_read_with_their_spis_and_key_lengths);
	tcase_add_test(tc, a_key_length_stands_once_in_its_short_form);
	tcase_add_test(tc, an_unknown_attribute_marks_its_transform_and_spoils_no_other);
	tcase_add_test(tc, lengths_that_omit_their_header_are_malformed);
	tcase_add_test(tc, the_count_of_transforms_must_be_what_is_there);
	tcase_add_test(tc, the_last_marks_must_agree_with_what_follows);
	tcase_add_test(tc, an_spi_must_have_the_size_of_its_protocol);
	tcase_add_test(tc, numbers_of_proposals_rise);
	tcase_add_test(tc, an_offer_without_proposals_is_malformed);
	tcase_add_test(tc, what_is_offered_beyond_our_limits_is_refused_as_such);
	tcase_add_test(tc, what_cannot_be_written_fails_the_writer);
	tcase_add_test(tc, what_is_written_is_read_back);
	return tc;
}
