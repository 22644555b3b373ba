/* SPDX-License-Identifier: MIT */
/* Every payload: what holds for all of them as a table, then what is special to the small ones. */
#include "wire/payloads.h"
#include "wire/wire_tests.h"

#include "testing/unit/octets.h"

union any_payload {
	struct sa_payload sa;
	struct ke_payload ke;
	struct id_payload id;
	struct cert_payload cert;
	struct auth_payload auth;
	struct cyg_bytes octets;
	struct notify_payload notify;
	struct delete_payload del;
	struct cyg_selectors ts;
	struct cfg_payload cfg;
	struct sk_payload sk;
};

static enum cyg_status read_any(uint8_t type, struct wire_reader *r, union any_payload *out)
{
	struct cyg_bytes view;

	switch (type) {
	case CYG_PAYLOAD_SA:
		return sa_read(r, &out->sa);
	case CYG_PAYLOAD_KE:
		return ke_read(r, &out->ke);
	case CYG_PAYLOAD_IDI:
		return id_read(r, &out->id);
	case CYG_PAYLOAD_CERT:
		return cert_read(r, &out->cert);
	case CYG_PAYLOAD_CERTREQ:
		return certreq_read(r, &out->cert);
	case CYG_PAYLOAD_AUTH:
		return auth_read(r, &out->auth);
	case CYG_PAYLOAD_NONCE:
		return nonce_read(r, &out->octets);
	case CYG_PAYLOAD_NOTIFY:
		return notify_read(r, &out->notify);
	case CYG_PAYLOAD_DELETE:
		return delete_read(r, &out->del);
	case CYG_PAYLOAD_VENDOR:
		return vendor_read(r, &out->octets);
	case CYG_PAYLOAD_TSI:
		return ts_read(r, &out->ts, &out->octets);
	case CYG_PAYLOAD_CP:
		return cfg_read(r, &out->cfg);
	case CYG_PAYLOAD_EAP:
		return eap_read(r, &out->octets);
	default:
		return sk_read(r, type, &out->sk, &view);
	}
}

/* A good body, and at which lengths (as bits) its beginning is a good one as well. */
#define FROM(len_) (~UINT64_C(0) << (len_))
#define AT(len_)   (UINT64_C(1) << (len_))

static const struct good {
	const char *what;
	uint8_t type;
	uint8_t len;
	uint64_t good_at;
	uint8_t body[60];
} goods[] = {
	{ "SA", CYG_PAYLOAD_SA, 40, AT(40),
	  { 0, 0, 0, 40, 1, CYG_PROTO_IKE, 0, 3,
	    3, 0, 0, 12, CYG_TRANSFORM_ENCR, 0, 0, CYG_ENCR_AES_GCM_16, 0x80, 14, 1, 0,
	    3, 0, 0, 8, CYG_TRANSFORM_PRF, 0, 0, CYG_PRF_HMAC_SHA2_256,
	    0, 0, 0, 12, CYG_TRANSFORM_KE, 0, 0, CYG_KE_X25519, 0x80, 99, 0, 0 } },
	{ "KE", CYG_PAYLOAD_KE, 8, FROM(5), { 0, 31, 0, 0, 1, 2, 3, 4 } },
	{ "ID of an address", CYG_PAYLOAD_IDI, 8, AT(8), { 1, 0, 0, 0, 192, 0, 2, 1 } },
	{ "ID of a name", CYG_PAYLOAD_IDI, 8, FROM(5), { 2, 0, 0, 0, 'a', '.', 'b', 'c' } },
	{ "ID of nobody", CYG_PAYLOAD_IDI, 4, AT(4), { 13, 0, 0, 0 } },
	{ "CERT", CYG_PAYLOAD_CERT, 4, FROM(2), { 4, 0x30, 1, 2 } },
	{ "CERTREQ", CYG_PAYLOAD_CERTREQ, 4, FROM(1), { 4, 1, 2, 3 } },
	{ "AUTH", CYG_PAYLOAD_AUTH, 8, FROM(5), { 2, 0, 0, 0, 1, 2, 3, 4 } },
	{ "Nonce", CYG_PAYLOAD_NONCE, 18, FROM(16), { 1, 2, 3 } },
	{ "N without an SPI", CYG_PAYLOAD_NOTIFY, 6, FROM(4), { 0, 0, 0x40, 4, 1, 2 } },
	{ "N with an SPI", CYG_PAYLOAD_NOTIFY, 10, FROM(8), { 3, 4, 0x40, 9, 1, 2, 3, 4, 5, 6 } },
	{ "D", CYG_PAYLOAD_DELETE, 12, AT(12), { 3, 4, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8 } },
	{ "D of the IKE_SA", CYG_PAYLOAD_DELETE, 4, AT(4), { 1, 0, 0, 0 } },
	{ "V", CYG_PAYLOAD_VENDOR, 4, FROM(0), { 1, 2, 3, 4 } },
	{ "TS", CYG_PAYLOAD_TSI, 36, AT(36),
	  { 2, 0, 0, 0, 7, 17, 0, 16, 1, 0xf4, 1, 0xf4, 10, 1, 0, 0, 10, 1, 255, 255,
	    7, 0, 0, 16, 0, 0, 0xff, 0xff, 10, 2, 0, 0, 10, 2, 0, 9 } },
	{ "CP", CYG_PAYLOAD_CP, 16, AT(4) | AT(12) | AT(16),
	  { 1, 0, 0, 0, 0, 1, 0, 4, 10, 0, 0, 1, 0, 3, 0, 0 } },
	{ "EAP", CYG_PAYLOAD_EAP, 8, AT(8), { 1, 7, 0, 8, 1, 'a', 'b', 'c' } },
	{ "SK", CYG_PAYLOAD_SK, 8, FROM(1), { 1, 2, 3, 4, 5, 6, 7, 8 } },
	{ "SKF", CYG_PAYLOAD_SKF, 8, FROM(5), { 0, 1, 0, 2, 5, 6, 7, 8 } },
};

START_TEST(every_beginning_of_a_good_body_is_read_or_refused_and_never_overread)
{
	const struct good *good = &goods[_i];

	for (size_t cut = 0; cut <= good->len; cut++) {
		uint8_t *exact = test_memdup(good->body, cut);
		struct wire_reader r = wire_reader(exact, cut);
		union any_payload out, before;
		enum cyg_status status;

		memset(&out, 77, sizeof(out));
		before = out;
		status = read_any(good->type, &r, &out);
		if (good->good_at >> cut & 1) {
			ck_assert_msg(status == CYG_OK, "%s of %zu octets", good->what, cut);
		} else {
			ck_assert_msg(status == CYG_MALFORMED, "%s cut at %zu", good->what, cut);
			ck_assert_msg(memcmp(&out, &before, sizeof(out)) == 0,
				      "%s cut at %zu changed the result", good->what, cut);
		}
		free(exact);
	}
}
END_TEST

START_TEST(every_single_octet_may_be_anything_without_an_overread)
{
	const struct good *good = &goods[_i];

	for (size_t at = 0; at < good->len; at++) {
		for (unsigned value = 0; value < 256; value++) {
			uint8_t *exact = test_memdup(good->body, good->len);
			struct wire_reader r = wire_reader(exact, good->len);
			union any_payload out;
			enum cyg_status status;

			exact[at] = (uint8_t)value;
			status = read_any(good->type, &r, &out);
			if (status != CYG_OK && status != CYG_MALFORMED && status != CYG_LIMIT)
				ck_abort_msg("%s with %u at %zu", good->what, value, at);
			free(exact);
		}
	}
}
END_TEST

#define READ(type_, out_, ...)                                                                     \
	({                                                                                         \
		static const uint8_t octets_[] = { __VA_ARGS__ };                                  \
		struct wire_reader r_ = wire_reader(octets_, sizeof(octets_));                     \
		read_any((type_), &r_, (out_));                                                    \
	})

START_TEST(an_identity_keeps_its_body_as_received_for_auth)
{
	union any_payload p;

	ck_assert_int_eq(READ(CYG_PAYLOAD_IDI, &p, 11, 1, 2, 3, 'k'), CYG_OK);
	ck_assert_uint_eq(p.id.type, 11);
	ck_assert_uint_eq(p.id.data.len, 1);
	ck_assert_uint_eq(p.id.body.len, 5);
	ck_assert_mem_eq(p.id.body.ptr, "\x0b\1\2\3k", 5); /* reserved octets and all */
}
END_TEST

START_TEST(an_address_identity_of_another_length_is_malformed)
{
	union any_payload p;

	ck_assert_int_eq(READ(CYG_PAYLOAD_IDI, &p, 1, 0, 0, 0, 1, 2, 3), CYG_MALFORMED);
	ck_assert_int_eq(READ(CYG_PAYLOAD_IDI, &p, 1, 0, 0, 0, 1, 2, 3, 4, 5), CYG_MALFORMED);
	ck_assert_int_eq(READ(CYG_PAYLOAD_IDI, &p, 5, 0, 0, 0, 1, 2, 3, 4), CYG_MALFORMED);
	ck_assert_int_eq(READ(CYG_PAYLOAD_IDI, &p, 13, 0, 0, 0, 1), CYG_MALFORMED);
}
END_TEST

START_TEST(a_nonce_has_16_to_256_octets)
{
	uint8_t octets[257] = { 0 };
	struct cyg_bytes nonce;

	for (size_t len = 0; len <= sizeof(octets); len++) {
		struct wire_reader r = wire_reader(octets, len);

		ck_assert_int_eq(nonce_read(&r, &nonce),
				 len >= 16 && len <= 256 ? CYG_OK : CYG_MALFORMED);
	}
}
END_TEST

START_TEST(a_notify_tells_its_spi_right_aligned)
{
	union any_payload p;

	ck_assert_int_eq(READ(CYG_PAYLOAD_NOTIFY, &p, 3, 4, 0x40, 9, 1, 2, 3, 4), CYG_OK);
	ck_assert_uint_eq(p.notify.spi, 0x01020304);
	ck_assert_uint_eq(p.notify.type, CYG_N_REKEY_SA);
	ck_assert_uint_eq(p.notify.data.len, 0);
	ck_assert_int_eq(READ(CYG_PAYLOAD_NOTIFY, &p, 1, 8, 0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9), CYG_OK);
	ck_assert_uint_eq(p.notify.spi, UINT64_C(0x0102030405060708));
	ck_assert_uint_eq(p.notify.data.len, 1);
}
END_TEST

START_TEST(a_notify_with_an_spi_of_an_odd_size_is_malformed)
{
	union any_payload p;

	ck_assert_int_eq(READ(CYG_PAYLOAD_NOTIFY, &p, 3, 3, 0x40, 9, 1, 2, 3, 4), CYG_MALFORMED);
	ck_assert_int_eq(READ(CYG_PAYLOAD_NOTIFY, &p, 3, 16, 0x40, 9, 1, 2, 3, 4), CYG_MALFORMED);
}
END_TEST

START_TEST(a_delete_gives_its_spis_by_number)
{
	union any_payload p;

	ck_assert_int_eq(READ(CYG_PAYLOAD_DELETE, &p, 3, 4, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8), CYG_OK);
	ck_assert_uint_eq(p.del.count, 2);
	ck_assert_uint_eq(delete_spi(&p.del, 0), 0x01020304);
	ck_assert_uint_eq(delete_spi(&p.del, 1), 0x05060708);
	ck_assert_uint_eq(delete_spi(&p.del, 2), 0); /* there is no third */
}
END_TEST

START_TEST(a_delete_whose_count_lies_is_malformed)
{
	union any_payload p;

	ck_assert_int_eq(READ(CYG_PAYLOAD_DELETE, &p, 3, 4, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8),
			 CYG_MALFORMED);
	ck_assert_int_eq(READ(CYG_PAYLOAD_DELETE, &p, 3, 4, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8),
			 CYG_MALFORMED);
	ck_assert_int_eq(READ(CYG_PAYLOAD_DELETE, &p, 3, 4, 0, 0), CYG_MALFORMED);
	ck_assert_int_eq(READ(CYG_PAYLOAD_DELETE, &p, 1, 8, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8),
			 CYG_MALFORMED);
}
END_TEST

START_TEST(more_deleted_spis_than_we_take_are_a_limit)
{
	uint8_t octets[4 + 4 * (DELETE_SPIS_MAX + 1)] = { 3, 4, 0, DELETE_SPIS_MAX + 1 };
	struct wire_reader r = wire_reader(octets, sizeof(octets));
	struct delete_payload del;

	ck_assert_int_eq(delete_read(&r, &del), CYG_LIMIT);
	octets[3] = DELETE_SPIS_MAX;
	r = wire_reader(octets, sizeof(octets) - 4);
	ck_assert_int_eq(delete_read(&r, &del), CYG_OK);
}
END_TEST

START_TEST(an_eap_packet_whose_length_lies_is_malformed)
{
	union any_payload p;

	ck_assert_int_eq(READ(CYG_PAYLOAD_EAP, &p, 1, 7, 0, 6, 1), CYG_MALFORMED);
	ck_assert_int_eq(READ(CYG_PAYLOAD_EAP, &p, 1, 7, 0, 5, 1, 0), CYG_MALFORMED);
	ck_assert_int_eq(READ(CYG_PAYLOAD_EAP, &p, 1, 7, 0, 4), CYG_MALFORMED); /* no type */
	ck_assert_int_eq(READ(CYG_PAYLOAD_EAP, &p, 3, 7, 0, 4), CYG_OK);
	ck_assert_int_eq(READ(CYG_PAYLOAD_EAP, &p, 3, 7, 0, 5, 1), CYG_MALFORMED);
	ck_assert_int_eq(READ(CYG_PAYLOAD_EAP, &p, 5, 7, 0, 5, 1), CYG_MALFORMED);
}
END_TEST

TCase *payload_tests(void)
{
	TCase *tc = tcase_create("payload");

	tcase_add_loop_test(tc, every_beginning_of_a_good_body_is_read_or_refused_and_never_overread, 0,
			    CYG_COUNT(goods));
	tcase_add_loop_test(tc, every_single_octet_may_be_anything_without_an_overread, 0,
			    CYG_COUNT(goods));
	tcase_add_test(tc, an_identity_keeps_its_body_as_received_for_auth);
	tcase_add_test(tc, an_address_identity_of_another_length_is_malformed);
	tcase_add_test(tc, a_nonce_has_16_to_256_octets);
	tcase_add_test(tc, a_notify_tells_its_spi_right_aligned);
	tcase_add_test(tc, a_notify_with_an_spi_of_an_odd_size_is_malformed);
	tcase_add_test(tc, a_delete_gives_its_spis_by_number);
	tcase_add_test(tc, a_delete_whose_count_lies_is_malformed);
	tcase_add_test(tc, more_deleted_spis_than_we_take_are_a_limit);
	tcase_add_test(tc, an_eap_packet_whose_length_lies_is_malformed);
	return tc;
}
