/* SPDX-License-Identifier: MIT */
#include "wire/payloads.h"
#include "wire/wire_tests.h"

#include "testing/unit/octets.h"

#define SIZE 4096

static const struct ike_header header = {
	.spi_i = UINT64_C(0x0102030405060708), .version = CYG_IKE_VERSION,
	.exchange = CYG_IKE_SA_INIT, .flags = CYG_FLAG_INITIATOR,
};

/* A buffer on the heap, a writer on it, and what was read back. */
struct fixture {
	uint8_t *buffer;
	struct chain_writer c;
	size_t len;
	struct message *msg;
};

static struct fixture begin(void)
{
	struct fixture f = { .buffer = malloc(SIZE), .msg = malloc(sizeof(*f.msg)) };

	f.c = chain_message(f.buffer, SIZE, &header);
	return f;
}

/* Ends the message and reads an exact copy of it. */
static enum cyg_status reread(struct fixture *f)
{
	uint8_t *exact;

	f->len = chain_end(&f->c, NULL).len;
	ck_assert_uint_gt(f->len, 0);
	exact = test_memdup(f->buffer, f->len);
	free(f->buffer);
	f->buffer = exact;
	return message_read(exact, f->len, f->msg);
}

static void end(struct fixture *f)
{
	free(f->buffer);
	free(f->msg);
}

static void write_one_of_each(struct chain_writer *c)
{
	const struct transform t = { .type = CYG_TRANSFORM_ENCR, .id = CYG_ENCR_AES_GCM_16, .key_bits = 128 };
	const struct proposal_out p = { 1, CYG_PROTO_IKE, 0, 0, &t, 1 };
	const struct cfg_attr attr = { CYG_INTERNAL_IP4_DNS, cyg_bytes("\x0a\0\0\1", 4) };
	const uint32_t spis[] = { 0xc0000001, 0xc0000002 };
	struct cyg_selectors ts = { .count = 1 };

	ck_assert_int_eq(cyg_ip_parse(CYG_STR("10.0.0.1"), &ts.item[0].addr.low), CYG_OK);
	ts.item[0].addr.high = ts.item[0].addr.low;
	sa_write(c, &p, 1);
	ke_write(c, CYG_KE_X25519, cyg_bytes("0123456789abcdef0123456789abcdef", 32));
	nonce_write(c, cyg_bytes("0123456789abcdef", 16));
	id_write(c, true, CYG_ID_FQDN, cyg_bytes("a.example", 9));
	id_write(c, false, CYG_ID_KEY_ID, cyg_bytes("k", 1));
	cert_write(c, CYG_CERT_X509_SIGNATURE, cyg_bytes("cert", 4));
	certreq_write(c, CYG_CERT_X509_SIGNATURE, cyg_bytes("hash", 4));
	auth_write(c, CYG_AUTH_METHOD_PSK, cyg_bytes("proof", 5));
	notify_write(c, CYG_PROTO_ESP, 4, 0xc0000009, CYG_N_REKEY_SA, cyg_bytes(NULL, 0));
	notify_write(c, 0, 0, 0, CYG_N_COOKIE, cyg_bytes("cookie", 6));
	delete_write(c, CYG_PROTO_ESP, 4, spis, 2);
	vendor_write(c, cyg_bytes("vendor", 6));
	ts_write(c, true, &ts);
	ts_write(c, false, &ts);
	cfg_write(c, CYG_CFG_REQUEST, &attr, 1);
	eap_write(c, cyg_bytes("\1\7\0\x05\1", 5));
}

#define HAS_ALL (HAS_SA | HAS_KE | HAS_IDI | HAS_IDR | HAS_CERT | HAS_CERTREQ | HAS_AUTH | HAS_NONCE | \
		 HAS_NOTIFY | HAS_DELETE | HAS_VENDOR | HAS_TSI | HAS_TSR | HAS_CP | HAS_EAP)

static void check_one_of_each(const struct message *msg)
{
	ck_assert_uint_eq(msg->has & HAS_ALL, HAS_ALL);
	ck_assert_uint_eq(msg->sa.transform[0].key_bits, 128);
	ck_assert_uint_eq(msg->ke.group, CYG_KE_X25519);
	ck_assert_uint_eq(msg->ke.data.len, 32);
	ck_assert_mem_eq(msg->nonce.ptr, "0123456789abcdef", 16);
	ck_assert_mem_eq(msg->idi.data.ptr, "a.example", 9);
	ck_assert_uint_eq(msg->idr.type, CYG_ID_KEY_ID);
	ck_assert_uint_eq(msg->cert_count, 1);
	ck_assert_mem_eq(msg->cert[0].data.ptr, "cert", 4);
	ck_assert_uint_eq(msg->certreq_count, 1);
	ck_assert_uint_eq(msg->auth.method, CYG_AUTH_METHOD_PSK);
	ck_assert_uint_eq(msg->notify_count, 2);
	ck_assert_uint_eq(msg->notify[0].spi, 0xc0000009);
	ck_assert_mem_eq(message_notify(msg, CYG_N_COOKIE)->data.ptr, "cookie", 6);
	ck_assert_ptr_null(message_notify(msg, CYG_N_COOKIE2));
	ck_assert_uint_eq(msg->delete_count, 1);
	ck_assert_uint_eq(delete_spi(&msg->del[0], 1), 0xc0000002);
	ck_assert_uint_eq(msg->vendor_count, 1);
	ck_assert_uint_eq(msg->tsi.count, 1);
	ck_assert_uint_eq(msg->tsr.count, 1);
	ck_assert_uint_eq(msg->cp.count, 1);
	ck_assert_uint_eq(msg->eap.len, 5);
}

START_TEST(one_of_each_payload_is_written_and_read_back)
{
	struct fixture f = begin();

	write_one_of_each(&f.c);
	ck_assert_int_eq(reread(&f), CYG_OK);
	ck_assert_uint_eq(f.msg->header.spi_i, header.spi_i);
	ck_assert_uint_eq(f.msg->header.exchange, CYG_IKE_SA_INIT);
	ck_assert_uint_eq(f.msg->header.next_payload, CYG_PAYLOAD_SA);
	ck_assert_uint_eq(f.msg->raw.len, f.len);
	check_one_of_each(f.msg);
	end(&f);
}
END_TEST

START_TEST(one_of_each_payload_is_read_from_inside_a_sealed_one)
{
	struct fixture f = begin();
	uint8_t *inner = malloc(SIZE), *iv, *plain, *icv, first;
	size_t plain_len;
	struct chain_writer c = chain_inner(inner, SIZE);
	struct cyg_bytes chain;

	write_one_of_each(&c);
	chain = chain_end(&c, &first);
	ck_assert_uint_eq(first, CYG_PAYLOAD_SA);
	sk_write(&f.c, first, chain, 8, 1, 16, &iv, &plain, &plain_len, &icv);
	ck_assert_int_eq(reread(&f), CYG_OK);
	ck_assert_uint_eq(f.msg->has, HAS_SK);
	ck_assert_int_eq(message_read_inner(cyg_bytes(f.msg->sk.body + 8, chain.len),
					    f.msg->sk.inner_first, f.msg), CYG_OK);
	check_one_of_each(f.msg);
	free(inner);
	end(&f);
}
END_TEST

START_TEST(every_truncation_is_malformed_even_if_the_header_agrees)
{
	struct fixture f = begin();

	write_one_of_each(&f.c);
	ck_assert_int_eq(reread(&f), CYG_OK);
	for (size_t cut = 0; cut < f.len; cut++) {
		uint8_t *exact = test_memdup(f.buffer, cut);

		ck_assert_msg(message_read(exact, cut, f.msg) == CYG_MALFORMED, "cut at %zu", cut);
		if (cut >= CYG_IKE_HEADER_LEN) {
			struct wire_writer w = wire_writer(exact, cut);

			wire_reserve(&w, cut);
			wire_set_u32(&w, 24, (uint32_t)cut);
			ck_assert_msg(message_read(exact, cut, f.msg) == CYG_MALFORMED,
				      "cut at %zu, length patched", cut);
		}
		free(exact);
	}
	end(&f);
}
END_TEST

START_TEST(every_truncation_of_an_inner_chain_is_malformed)
{
	uint8_t *buffer = malloc(SIZE), first;
	struct message *msg = malloc(sizeof(*msg));
	struct chain_writer c = chain_inner(buffer, SIZE);
	struct cyg_bytes chain;

	write_one_of_each(&c);
	chain = chain_end(&c, &first);
	for (size_t cut = 0; cut < chain.len; cut++) {
		uint8_t *exact = test_memdup(chain.ptr, cut);

		memset(msg, 0, sizeof(*msg));
		ck_assert_msg(message_read_inner(cyg_bytes(exact, cut), first, msg) == CYG_MALFORMED,
			      "cut at %zu", cut);
		free(exact);
	}
	free(msg);
	free(buffer);
}
END_TEST

START_TEST(octets_behind_the_last_payload_are_malformed)
{
	struct fixture f = begin();

	nonce_write(&f.c, cyg_bytes("0123456789abcdef", 16));
	wire_put_u8(&f.c.w, 0);
	ck_assert_int_eq(reread(&f), CYG_MALFORMED);
	end(&f);
}
END_TEST

START_TEST(a_header_whose_length_disagrees_is_malformed)
{
	struct fixture f = begin();
	struct ike_header out = { .message_id = 77 };

	nonce_write(&f.c, cyg_bytes("0123456789abcdef", 16));
	ck_assert_int_eq(reread(&f), CYG_OK);
	f.buffer[27]++;
	ck_assert_int_eq(message_read_header(f.buffer, f.len, &out), CYG_MALFORMED);
	f.buffer[27] -= 2;
	ck_assert_int_eq(message_read_header(f.buffer, f.len, &out), CYG_MALFORMED);
	ck_assert_uint_eq(out.message_id, 77);
	end(&f);
}
END_TEST

START_TEST(another_major_version_is_told_with_its_header)
{
	struct fixture f = begin();
	struct ike_header out;

	nonce_write(&f.c, cyg_bytes("0123456789abcdef", 16));
	ck_assert_int_eq(reread(&f), CYG_OK);
	f.buffer[17] = 0x10;
	ck_assert_int_eq(message_read_header(f.buffer, f.len, &out), CYG_UNSUPPORTED);
	ck_assert_uint_eq(out.spi_i, header.spi_i);
	f.buffer[17] = 0x30;
	ck_assert_int_eq(message_read(f.buffer, f.len, f.msg), CYG_UNSUPPORTED);
	ck_assert_uint_eq(f.msg->header.version, 0x30);
	f.buffer[17] = 0x2f; /* a minor version is no matter */
	ck_assert_int_eq(message_read(f.buffer, f.len, f.msg), CYG_OK);
	end(&f);
}
END_TEST

START_TEST(a_message_without_payloads_is_a_good_one)
{
	struct fixture f = begin();

	ck_assert_int_eq(reread(&f), CYG_OK);
	ck_assert_uint_eq(f.msg->has, 0);
	end(&f);
}
END_TEST

START_TEST(an_unknown_payload_is_skipped_unless_it_is_critical)
{
	struct fixture f = begin();

	chain_open(&f.c, 99);
	wire_put_u8(&f.c.w, 1);
	chain_close(&f.c);
	nonce_write(&f.c, cyg_bytes("0123456789abcdef", 16));
	ck_assert_int_eq(reread(&f), CYG_OK);
	ck_assert_uint_eq(f.msg->has, HAS_NONCE);
	f.buffer[29] = 0x7f; /* reserved bits mean nothing */
	ck_assert_int_eq(message_read(f.buffer, f.len, f.msg), CYG_OK);
	f.buffer[29] = 0x80;
	ck_assert_int_eq(message_read(f.buffer, f.len, f.msg), CYG_UNSUPPORTED);
	ck_assert_uint_eq(f.msg->critical_type, 99);
	end(&f);
}
END_TEST

START_TEST(the_critical_bit_of_a_payload_we_know_means_nothing)
{
	struct fixture f = begin();

	nonce_write(&f.c, cyg_bytes("0123456789abcdef", 16));
	ck_assert_int_eq(reread(&f), CYG_OK);
	f.buffer[29] = 0x80;
	ck_assert_int_eq(message_read(f.buffer, f.len, f.msg), CYG_OK);
	end(&f);
}
END_TEST

static void write_twice(struct chain_writer *c, int which)
{
	const struct transform t = { .type = 1, .id = 12 };
	const struct proposal_out p = { 1, CYG_PROTO_IKE, 0, 0, &t, 1 };
	struct cyg_selectors ts = { .count = 1 };

	ts.item[0].addr.low.family = ts.item[0].addr.high.family = CYG_IPV4;
	for (int i = 0; i < 2; i++) {
		switch (which) {
		case 0:
			sa_write(c, &p, 1);
			break;
		case 1:
			ke_write(c, 31, cyg_bytes("k", 1));
			break;
		case 2:
		case 3:
			id_write(c, which == 2, CYG_ID_KEY_ID, cyg_bytes("k", 1));
			break;
		case 4:
			auth_write(c, 2, cyg_bytes("a", 1));
			break;
		case 5:
			nonce_write(c, cyg_bytes("0123456789abcdef", 16));
			break;
		case 6:
		case 7:
			ts_write(c, which == 6, &ts);
			break;
		case 8:
			cfg_write(c, CYG_CFG_REQUEST, NULL, 0);
			break;
		default:
			eap_write(c, cyg_bytes("\3\1\0\4", 4));
			break;
		}
	}
}

START_TEST(a_payload_that_may_stand_once_and_stands_twice_is_malformed)
{
	struct fixture f = begin();

	write_twice(&f.c, _i);
	ck_assert_int_eq(reread(&f), CYG_MALFORMED);
	end(&f);
}
END_TEST

START_TEST(a_payload_may_not_stand_outside_and_inside)
{
	struct fixture f = begin();
	uint8_t buffer[64], first;
	struct chain_writer c = chain_inner(buffer, sizeof(buffer));
	struct cyg_bytes chain;

	nonce_write(&f.c, cyg_bytes("0123456789abcdef", 16));
	ck_assert_int_eq(reread(&f), CYG_OK);
	nonce_write(&c, cyg_bytes("fedcba9876543210", 16));
	chain = chain_end(&c, &first);
	ck_assert_int_eq(message_read_inner(chain, first, f.msg), CYG_MALFORMED);
	end(&f);
}
END_TEST

START_TEST(nothing_may_follow_a_sealed_payload)
{
	struct fixture f = begin();
	uint8_t *iv, *plain, *icv;
	size_t plain_len;

	sk_write(&f.c, CYG_PAYLOAD_NONCE, cyg_bytes(NULL, 0), 8, 1, 16, &iv, &plain, &plain_len, &icv);
	wire_put_u32(&f.c.w, 4); /* an empty payload */
	ck_assert_int_eq(reread(&f), CYG_MALFORMED);
	end(&f);
}
END_TEST

START_TEST(a_sealed_payload_inside_another_is_malformed)
{
	const uint8_t chain[] = { 0, 0, 0, 8, 1, 2, 3, 4 };
	struct message *msg = calloc(1, sizeof(*msg));

	ck_assert_int_eq(message_read_inner(cyg_bytes(chain, sizeof(chain)), CYG_PAYLOAD_SK, msg),
			 CYG_MALFORMED);
	ck_assert_int_eq(message_read_inner(cyg_bytes(chain, sizeof(chain)), CYG_PAYLOAD_SKF, msg),
			 CYG_MALFORMED);
	free(msg);
}
END_TEST

START_TEST(an_empty_inner_chain_is_good_and_octets_without_a_type_are_not)
{
	struct message *msg = calloc(1, sizeof(*msg));

	ck_assert_int_eq(message_read_inner(cyg_bytes(NULL, 0), CYG_PAYLOAD_NONE, msg), CYG_OK);
	ck_assert_int_eq(message_read_inner(cyg_bytes("a", 1), CYG_PAYLOAD_NONE, msg), CYG_MALFORMED);
	ck_assert_int_eq(message_read_inner(cyg_bytes(NULL, 0), CYG_PAYLOAD_NONCE, msg),
			 CYG_MALFORMED);
	free(msg);
}
END_TEST

START_TEST(a_payload_whose_length_omits_its_header_is_malformed)
{
	for (uint8_t len = 0; len < 4; len++) {
		const uint8_t chain[] = { 0, 0, 0, len, 1, 2, 3, 4 };
		struct message *msg = calloc(1, sizeof(*msg));

		ck_assert_int_eq(message_read_inner(cyg_bytes(chain, sizeof(chain)),
						    CYG_PAYLOAD_VENDOR, msg), CYG_MALFORMED);
		ck_assert_int_eq(message_read_inner(cyg_bytes(chain, sizeof(chain)), 99, msg),
				 CYG_MALFORMED);
		free(msg);
	}
}
END_TEST

START_TEST(a_chain_longer_than_we_walk_is_a_limit)
{
	struct fixture f = begin();

	for (unsigned i = 0; i < MESSAGE_PAYLOADS_MAX; i++)
		vendor_write(&f.c, cyg_bytes("v", 1));
	ck_assert_int_eq(reread(&f), CYG_OK);
	ck_assert_uint_eq(f.msg->vendor_count, MESSAGE_VENDORS_MAX); /* the others are skipped */
	end(&f);

	f = begin();
	for (unsigned i = 0; i <= MESSAGE_PAYLOADS_MAX; i++)
		vendor_write(&f.c, cyg_bytes("v", 1));
	ck_assert_int_eq(reread(&f), CYG_LIMIT);
	end(&f);
}
END_TEST

static void write_many(struct chain_writer *c, int which, unsigned count)
{
	const uint32_t spi = 1;

	while (count-- > 0) {
		switch (which) {
		case 0:
			notify_write(c, 0, 0, 0, CYG_N_COOKIE, cyg_bytes(NULL, 0));
			break;
		case 1:
			delete_write(c, CYG_PROTO_ESP, 4, &spi, 1);
			break;
		case 2:
			cert_write(c, 4, cyg_bytes("c", 1));
			break;
		default:
			certreq_write(c, 4, cyg_bytes("c", 1));
			break;
		}
	}
}

START_TEST(more_of_a_kind_than_we_keep_are_a_limit)
{
	const unsigned max[] = { MESSAGE_NOTIFIES_MAX, MESSAGE_DELETES_MAX, MESSAGE_CERTS_MAX,
				 MESSAGE_CERTS_MAX };
	struct fixture f = begin();

	write_many(&f.c, _i, max[_i]);
	ck_assert_int_eq(reread(&f), CYG_OK);
	end(&f);
	f = begin();
	write_many(&f.c, _i, max[_i] + 1);
	ck_assert_int_eq(reread(&f), CYG_LIMIT);
	end(&f);
}
END_TEST

START_TEST(a_message_that_does_not_fit_is_not_written)
{
	for (size_t capacity = 0; capacity < 48; capacity++) {
		uint8_t *exact = malloc(capacity), first = 77;
		struct chain_writer c = chain_message(exact, capacity, &header);

		nonce_write(&c, cyg_bytes("0123456789abcdef", 16));
		ck_assert_uint_eq(chain_end(&c, &first).len, 0);
		ck_assert_uint_eq(first, CYG_PAYLOAD_NONE);
		free(exact);
	}
}
END_TEST

START_TEST(a_payload_left_open_is_not_sent)
{
	uint8_t buffer[64], first;
	struct chain_writer c = chain_inner(buffer, sizeof(buffer));

	chain_open(&c, CYG_PAYLOAD_NONCE);
	ck_assert_uint_eq(chain_end(&c, &first).len, 0);
	c = chain_inner(buffer, sizeof(buffer));
	chain_open(&c, CYG_PAYLOAD_NONCE);
	chain_open(&c, CYG_PAYLOAD_KE);
	ck_assert(c.w.failed);
	c = chain_inner(buffer, sizeof(buffer));
	chain_close(&c);
	ck_assert(c.w.failed);
}
END_TEST

START_TEST(an_empty_bare_chain_has_no_first_payload)
{
	uint8_t buffer[8], first = 77;
	struct chain_writer c = chain_inner(buffer, sizeof(buffer));

	ck_assert_uint_eq(chain_end(&c, &first).len, 0);
	ck_assert(!c.w.failed);
	ck_assert_uint_eq(first, CYG_PAYLOAD_NONE);
}
END_TEST

START_TEST(names_are_those_of_the_field_and_unknown_ones_show_their_number)
{
	char storage[16];

	ck_assert_str_eq(exchange_name(CYG_IKE_SA_INIT, storage), "IKE_SA_INIT");
	ck_assert_str_eq(exchange_name(99, storage), "number 99");
	ck_assert_str_eq(notify_name(CYG_N_NO_PROPOSAL_CHOSEN, storage), "NO_PROPOSAL_CHOSEN");
	ck_assert_str_eq(notify_name(65535, storage), "number 65535");
	ck_assert_str_eq(payload_name(CYG_PAYLOAD_TSI, storage), "TSi");
	ck_assert_str_eq(payload_name(255, storage), "number 255");
}
END_TEST

TCase *message_tests(void)
{
	TCase *tc = tcase_create("message");

	tcase_add_test(tc, one_of_each_payload_is_written_and_read_back);
	tcase_add_test(tc, one_of_each_payload_is_read_from_inside_a_sealed_one);
	tcase_add_test(tc, every_truncation_is_malformed_even_if_the_header_agrees);
	tcase_add_test(tc, every_truncation_of_an_inner_chain_is_malformed);
	tcase_add_test(tc, octets_behind_the_last_payload_are_malformed);
	tcase_add_test(tc, a_header_whose_length_disagrees_is_malformed);
	tcase_add_test(tc, another_major_version_is_told_with_its_header);
	tcase_add_test(tc, a_message_without_payloads_is_a_good_one);
	tcase_add_test(tc, an_unknown_payload_is_skipped_unless_it_is_critical);
	tcase_add_test(tc, the_critical_bit_of_a_payload_we_know_means_nothing);
	tcase_add_loop_test(tc, a_payload_that_may_stand_once_and_stands_twice_is_malformed, 0, 10);
	tcase_add_test(tc, a_payload_may_not_stand_outside_and_inside);
	tcase_add_test(tc, nothing_may_follow_a_sealed_payload);
	tcase_add_test(tc, a_sealed_payload_inside_another_is_malformed);
	tcase_add_test(tc, an_empty_inner_chain_is_good_and_octets_without_a_type_are_not);
	tcase_add_test(tc, a_payload_whose_length_omits_its_header_is_malformed);
	tcase_add_test(tc, a_chain_longer_than_we_walk_is_a_limit);
	tcase_add_loop_test(tc, more_of_a_kind_than_we_keep_are_a_limit, 0, 4);
	tcase_add_test(tc, a_message_that_does_not_fit_is_not_written);
	tcase_add_test(tc, a_payload_left_open_is_not_sent);
	tcase_add_test(tc, an_empty_bare_chain_has_no_first_payload);
	tcase_add_test(tc, names_are_those_of_the_field_and_unknown_ones_show_their_number);
	return tc;
}
