/* SPDX-License-Identifier: MIT */
/* The seam of ESP cryptography, whoever is behind it: known answers, round trips, tampering, batches under
 * several keys. Built once for each provider. */
#ifdef ESP_IPSEC_MB
#include "src/plugins/ipsec-mb/esp.h"
#define ESP_TABLE ipsec_mb_esp_ops
#define ESP_COUNT IPSEC_MB_ESP_COUNT
#define ESP_OPEN()  ipsec_mb_open()
#define ESP_CLOSE() ipsec_mb_close()
#else
#include "esp.h"
#define ESP_TABLE openssl_esp_ops
#define ESP_COUNT OPENSSL_ESP_COUNT
#define ESP_OPEN()  CYG_OK
#define ESP_CLOSE() ((void)0)
#endif

#include "registry/selftest_esp.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define PACKET_MAX 2048

static const uint8_t header[8] = { 0xc0, 0xff, 0xee, 0x01, 0, 0, 0, 7 };

static void from_hex(const char *hex, uint8_t *out, size_t *len)
{
	*len = strlen(hex) / 2;
	for (size_t i = 0; i < *len; i++) {
		unsigned octet = 0;

		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &octet), 1);
		out[i] = (uint8_t)octet;
	}
}

/* The keys of all vectors below: 01 02 ..., salt 90 91 92 93, integrity 40 41 ... */
static void key_make(const struct cyg_esp_ops *ops, uint8_t *key)
{
	size_t integ = ops->integ == CYG_AUTH_HMAC_MD5_96	  ? 16
		       : ops->integ == CYG_AUTH_HMAC_SHA1_96	  ? 20
		       : ops->integ == CYG_AUTH_HMAC_SHA2_256_128 ? 32
		       : ops->integ == CYG_AUTH_HMAC_SHA2_384_192 ? 48
		       : ops->integ == CYG_AUTH_HMAC_SHA2_512_256 ? 64
								  : 0;
	size_t salt = integ && ops->encr != CYG_ENCR_AES_CTR ? 0 : 4;
	size_t cipher = ops->key_len - salt - integ;
	size_t at = 0;

	for (size_t i = 0; i < cipher; i++)
		key[at++] = (uint8_t)(i + 1);
	for (size_t i = 0; i < salt; i++)
		key[at++] = (uint8_t)(0x90 + i);
	for (size_t i = 0; i < integ; i++)
		key[at++] = (uint8_t)(0x40 + i);
}

static bool in_clear(const struct cyg_esp_ops *ops)
{
	return ops->encr == CYG_ENCR_NULL || ops->encr == CYG_ENCR_NULL_AUTH_AES_GMAC;
}

static const struct cyg_esp_ops *find(uint16_t encr, uint16_t bits, uint16_t integ)
{
	for (size_t i = 0; i < ESP_COUNT; i++) {
		const struct cyg_esp_ops *ops = &ESP_TABLE[i];

		if (ops->encr == encr && ops->key_bits == bits && ops->integ == integ)
			return ops;
	}
	ck_abort_msg("no suite %u/%u/%u", encr, bits, integ);
	return NULL;
}

static void *instance_of(const struct cyg_esp_ops *ops)
{
	static bool opened;
	void *instance = NULL;

	if (!opened)
		ck_assert_int_eq(ESP_OPEN(), CYG_OK);
	opened = true;
	ck_assert_int_eq(ops->instance_new(NULL, &instance), CYG_OK);
	return instance;
}

/* 00 01 .. 1d, pad length 0, next header 4: 32 octets. */
static void plain_make(uint8_t out[32])
{
	for (unsigned i = 0; i < 30; i++)
		out[i] = (uint8_t)i;
	out[30] = 0;
	out[31] = 4;
}

static size_t packet_len(const struct cyg_esp_ops *ops, size_t len)
{
	return CYG_ESP_HEADER_LEN + ops->iv_len + len + ops->icv_len;
}

START_TEST(every_suite_passes_the_self_test_that_it_is_offered_after)
{
	struct esp_provider one = { &ESP_TABLE[_i], instance_of(&ESP_TABLE[_i]) };
	char text[160];
	struct cyg_strbuf why = CYG_STRBUF(text);

	ck_assert(esp_fits(one.ops));
	ck_assert_msg(esp_self_test(&one, &why), "%s %s", one.ops->name, text);
	one.ops->instance_free(one.instance);
}
END_TEST

/* RFC 7634, appendix A. */
START_TEST(chacha20_poly1305_seals_the_packet_of_its_rfc)
{
	const struct cyg_esp_ops *ops = find(CYG_ENCR_CHACHA20_POLY1305, 0, CYG_AUTH_NONE);
	uint8_t key[36], plain[96], packet[256] = { 1, 2, 3, 4, 0, 0, 0, 5 }, expect[128];
	void *instance = instance_of(ops);
	size_t len, expect_len;

	for (unsigned i = 0; i < 36; i++)
		key[i] = (uint8_t)(0x80 + i); /* the salt a0 a1 a2 a3 goes on where the key ends */
	from_hex("45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10000736270809"
		 "0a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
		 "303132333435363701020204", plain, &len);
	from_hex("24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c614ee8099d528"
		 "44eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb"
		 "94e664da9165b82829f641e076aaa8266b7fb0f7b11b369907e1ad43", expect, &expect_len);

	struct cyg_esp_packet p = { .key = cyg_bytes(key, 36), .esp = packet, .in = plain, .len = len,
				    .iv = UINT64_C(0x1011121314151617) };

	ops->seal(instance, &p, 1);
	ck_assert_int_eq(p.status, CYG_OK);
	ck_assert_uint_eq(expect_len, len + 16);
	ck_assert_mem_eq(packet + 16, expect, expect_len);
	ops->instance_free(instance);
}
END_TEST

START_TEST(what_is_sealed_opens_in_place_and_out_of_place)
{
	const struct cyg_esp_ops *ops = &ESP_TABLE[_i];
	uint8_t key[100], plain[PACKET_MAX], packet[PACKET_MAX + 128];
	void *instance = instance_of(ops);

	key_make(ops, key);
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 7);
	for (size_t len = 16; len <= 1440; len += 16) {
		for (int how = 0; how < 4; how++) {
			bool in_place = how & 1, esn = how & 2;
			uint8_t *body = packet + 8 + ops->iv_len;
			struct cyg_esp_packet p = { .key = cyg_bytes(key, ops->key_len),
						    .esp = packet, .in = in_place ? body : plain,
						    .len = len, .seq_high = 9, .esn = esn,
						    .iv = len + 1 };

			memset(packet, 0xee, sizeof(packet));
			memcpy(packet, header, 8);
			if (in_place)
				memcpy(body, plain, len);
			ops->seal(instance, &p, 1);
			ck_assert_int_eq(p.status, CYG_OK);
			ck_assert_uint_eq(packet[packet_len(ops, len)], 0xee);
			ck_assert(in_clear(ops) || memcmp(body, plain, len) != 0);
			ops->open(instance, &p, 1);
			ck_assert_int_eq(p.status, CYG_OK);
			ck_assert_mem_eq(body, plain, len);
		}
	}
	ops->instance_free(instance);
}
END_TEST

START_TEST(every_changed_octet_is_refused)
{
	const struct cyg_esp_ops *ops = &ESP_TABLE[_i];
	uint8_t key[100], plain[32], packet[256], bad[256];
	void *instance = instance_of(ops);
	struct cyg_esp_packet p = { .esp = packet, .in = plain, .len = 32, .seq_high = 3, .esn = true,
				    .iv = 77 };
	size_t whole = packet_len(ops, 32);

	key_make(ops, key);
	plain_make(plain);
	p.key = cyg_bytes(key, ops->key_len);
	memcpy(packet, header, 8);
	ops->seal(instance, &p, 1);
	ck_assert_int_eq(p.status, CYG_OK);
	p.esp = bad;
	for (size_t at = 0; at < whole; at++) {
		memcpy(bad, packet, whole);
		bad[at] ^= 0x01;
		ops->open(instance, &p, 1);
		ck_assert_msg(p.status == CYG_REFUSED, "%s: octet %zu", ops->name, at);
	}
	memcpy(bad, packet, whole);
	p.seq_high = 4;
	ops->open(instance, &p, 1);
	ck_assert_int_eq(p.status, CYG_REFUSED);
	memcpy(bad, packet, whole);
	p.seq_high = 3;
	p.esn = false;
	ops->open(instance, &p, 1);
	ck_assert_int_eq(p.status, CYG_REFUSED);
	memcpy(bad, packet, whole);
	p.esn = true;
	key[ops->key_len - 1] ^= 1; /* the same address holds another key now */
	ops->open(instance, &p, 1);
	ck_assert_int_eq(p.status, CYG_REFUSED);
	key[ops->key_len - 1] ^= 1;
	memcpy(bad, packet, whole);
	ops->open(instance, &p, 1);
	ck_assert_int_eq(p.status, CYG_OK);
	ops->instance_free(instance);
}
END_TEST

START_TEST(a_batch_may_mix_keys_and_bad_packets)
{
	const struct cyg_esp_ops *ops = &ESP_TABLE[_i];
	static uint8_t packets[CYG_ESP_BATCH][256];
	uint8_t keys[3][100], plain[32];
	struct cyg_esp_packet p[CYG_ESP_BATCH];
	void *instance = instance_of(ops), *other = instance_of(ops);

	plain_make(plain);
	for (unsigned k = 0; k < 3; k++) {
		key_make(ops, keys[k]);
		keys[k][0] = (uint8_t)(0x70 + k);
	}
	for (unsigned i = 0; i < CYG_ESP_BATCH; i++) {
		p[i] = (struct cyg_esp_packet){ .key = cyg_bytes(keys[(i / 3) % 3], ops->key_len),
						.esp = packets[i], .in = plain, .len = 32, .iv = i };
		memcpy(packets[i], header, 8);
	}
	ops->seal(instance, p, CYG_ESP_BATCH);
	for (unsigned i = 0; i < CYG_ESP_BATCH; i++) {
		ck_assert_int_eq(p[i].status, CYG_OK);
		if (i % 5 == 0)
			packets[i][20] ^= 0x80;
	}
	ops->open(other, p, CYG_ESP_BATCH);
	for (unsigned i = 0; i < CYG_ESP_BATCH; i++) {
		ck_assert_int_eq(p[i].status, i % 5 == 0 ? CYG_REFUSED : CYG_OK);
		if (i % 5)
			ck_assert_mem_eq(packets[i] + 8 + ops->iv_len, plain, 32);
	}
	ops->instance_free(instance);
	ops->instance_free(other);
}
END_TEST

START_TEST(cbc_never_uses_an_iv_twice)
{
	const struct cyg_esp_ops *ops = find(CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA1_96);
	static uint8_t seen[300][16];
	uint8_t key[100], plain[32], packet[256];
	void *instance = instance_of(ops);
	struct cyg_esp_packet p = { .esp = packet, .in = plain, .len = 32 };

	key_make(ops, key);
	plain_make(plain);
	p.key = cyg_bytes(key, ops->key_len);
	for (unsigned i = 0; i < CYG_COUNT(seen); i++) {
		memcpy(packet, header, 8);
		ops->seal(instance, &p, 1);
		memcpy(seen[i], packet + 8, 16);
		for (unsigned j = 0; j < i; j++)
			ck_assert_mem_ne(seen[i], seen[j], 16);
	}
	ops->instance_free(instance);
}
END_TEST

START_TEST(a_key_or_a_length_that_does_not_fit_is_refused)
{
	const struct cyg_esp_ops *ops = &ESP_TABLE[_i];
	uint8_t key[100], packet[256];
	void *instance = instance_of(ops);
	struct cyg_esp_packet p = { .esp = packet, .len = 32 };

	key_make(ops, key);
	memset(packet, 0, sizeof(packet));
	p.key = cyg_bytes(key, ops->key_len - 1u);
	ops->open(instance, &p, 1);
	ck_assert_int_ne(p.status, CYG_OK);
	p.key = cyg_bytes(key, ops->key_len);
	p.len = 31;
	ops->open(instance, &p, 1);
	ck_assert_int_eq(p.status, CYG_REFUSED);
	ops->instance_free(instance);
}
END_TEST

/* RFC 3686 6, test vectors 1, 2, 3 and 7: AES-CTR under the counter blocks of ESP. */
START_TEST(ctr_counts_blocks_as_its_rfc_does)
{
	static const struct { const char *key, *nonce, *iv, *plain, *cipher; } vectors[] = {
		{ "ae6852f8121067cc4bf7a5765577f39e", "00000030", "0000000000000000",
		  "53696e676c6520626c6f636b206d7367", "e4095d4fb7a7b3792d6175a3261311b8" },
		{ "7e24067817fae0d743d6ce1f32539163", "006cb6db", "c0543b59da48d90b",
		  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		  "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28" },
		{ "776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c104", "00000060", "db5672c97aa8f0b2",
		  "53696e676c6520626c6f636b206d7367", "145ad01dbf824ec7560863dc71e3e0c0" },
	};

	for (size_t i = 0; i < CYG_COUNT(vectors); i++) {
		uint8_t key[100] = { 0 }, plain[32], packet[256], cipher[32], iv[8];
		size_t len, key_len, at;
		const struct cyg_esp_ops *ops;
		void *instance;
		uint64_t number = 0;

		from_hex(vectors[i].key, key, &key_len);
		from_hex(vectors[i].nonce, key + key_len, &at);
		from_hex(vectors[i].iv, iv, &at);
		from_hex(vectors[i].plain, plain, &len);
		from_hex(vectors[i].cipher, cipher, &at);
		for (unsigned j = 0; j < 8; j++)
			number = number << 8 | iv[j];
		ops = find(CYG_ENCR_AES_CTR, (uint16_t)(key_len * 8), CYG_AUTH_HMAC_SHA2_256_128);
		instance = instance_of(ops);
		memcpy(packet, header, 8);
		struct cyg_esp_packet p = { .key = cyg_bytes(key, ops->key_len), .esp = packet, .in = plain,
					    .len = len, .iv = number };

		ops->seal(instance, &p, 1);
		ck_assert_int_eq(p.status, CYG_OK);
		ck_assert_mem_eq(packet + 8, iv, 8);
		ck_assert_mem_eq(packet + 16, cipher, len);
		ops->instance_free(instance);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("esp");
	TCase *tc = tcase_create("esp");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, every_suite_passes_the_self_test_that_it_is_offered_after, 0, ESP_COUNT);
	tcase_add_test(tc, chacha20_poly1305_seals_the_packet_of_its_rfc);
	tcase_add_loop_test(tc, what_is_sealed_opens_in_place_and_out_of_place, 0, ESP_COUNT);
	tcase_add_loop_test(tc, every_changed_octet_is_refused, 0, ESP_COUNT);
	tcase_add_loop_test(tc, a_batch_may_mix_keys_and_bad_packets, 0, ESP_COUNT);
	tcase_add_test(tc, ctr_counts_blocks_as_its_rfc_does);
	tcase_add_test(tc, cbc_never_uses_an_iv_twice);
	tcase_add_loop_test(tc, a_key_or_a_length_that_does_not_fit_is_refused, 0, ESP_COUNT);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	ESP_CLOSE();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
