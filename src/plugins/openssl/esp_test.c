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

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define IV      UINT64_C(0x0000000200000007)
#define ESN_HI  2u
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
	size_t integ = ops->integ == CYG_AUTH_HMAC_SHA1_96	  ? 20
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

/* Ciphertext (empty: as the plaintext) and ICV, without and with ESN, computed by other programs. */
static const struct {
	uint16_t encr, bits, integ;
	const char *iv; /* of CBC */
	const char *cipher, *icv, *icv_esn;
} answers[] = {
	{ CYG_ENCR_AES_GCM_16, 128, 0, "", "1d39b7979cc616df119e90a2e5788e0bedf48df1f7091905356e983384969a0b",
	  "d6c85c7199aa956c6531d9c3fb925b4c", "3608549e7f99272d3c4619bfde6bcfeb" },
	{ CYG_ENCR_AES_GCM_16, 192, 0, "", "a2f8500e1d609356934335eba85de4b6a571c322977815d93e2aa5f1730a45d8",
	  "29cd7dc916aadccd8157ab8b3a343c69", "376716fde6e6380f6fff3cd6566e5545" },
	{ CYG_ENCR_AES_GCM_16, 256, 0, "", "217dfc1f1de38d4ad956d4670dcf6696b1e9622ce53444a3475fe946f24045fb",
	  "c0a9c30ae5ebbcf4b611498b97131a47", "3cf394bd5198eb8a9add843344788fe0" },
	{ CYG_ENCR_CHACHA20_POLY1305, 0, 0, "",
	  "498c403f20326ecb5a99b81531ea5006e988b4f5ca567b9c8ce826a919e7abe9",
	  "1bfea230f409a702e5b00df1e38e9a38", "8b3d6b894c6f7037bd5ead76f22f6a6f" },
#define CBC_IV "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define CBC_128 "cffb6fa8d2afc4cad544b43d7d1bc6d6d12ed713916b6689a7eb07ff2bfa2d17"
	{ CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_256_128, CBC_IV, CBC_128,
	  "e2c21ae81bc0dd906d070e801df09d92", "dc2286115c78d274638db4b7a4d9081f" },
	{ CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_384_192, CBC_IV, CBC_128,
	  "ab89f14300920f9e447a761ffb9a2bfed2853fdd7b04e6c6",
	  "2c21b22560860d00217856f1f5cb7caa3cbc073bd6c237ba" },
	{ CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_512_256, CBC_IV, CBC_128,
	  "941c595249b45e493fdc228c58f30da360ff0a1efefcd7f25ce698c90da2d396",
	  "99994fa9c40742d8442ad4702d725743f4d9c3001353c82bec90ca8d41f9af40" },
	{ CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA1_96, CBC_IV, CBC_128, "658ff7f2643da2c4ee90ba3e",
	  "8abd3b5ba8347d122e8440ed" },
#define CBC_192 "261825f22b0c5b09e2f3855467ae5a02cc691c1baa70aba919fcaf721c289a63"
	{ CYG_ENCR_AES_CBC, 192, CYG_AUTH_HMAC_SHA2_256_128, CBC_IV, CBC_192,
	  "f2e1382f22b3efb5ab8e7fea4c06d0f2", "54f3ba917c9d09fd061c8207c21d3fc9" },
	{ CYG_ENCR_AES_CBC, 192, CYG_AUTH_HMAC_SHA2_384_192, CBC_IV, CBC_192,
	  "9a272f136c22e98c119fcaecf877f99aea4534b54ba7f9f5",
	  "07645b42601b5ca86c5897c1f1355ae9b5898286dc5a569e" },
	{ CYG_ENCR_AES_CBC, 192, CYG_AUTH_HMAC_SHA2_512_256, CBC_IV, CBC_192,
	  "05e882b6320c43da004dd01fea44d21804685d25beb26309597fc9830f7c5ac1",
	  "f17321dbb03c6755066cd267d3c2d3a297bfa399e6ff52182531b21f8cb9bc09" },
	{ CYG_ENCR_AES_CBC, 192, CYG_AUTH_HMAC_SHA1_96, CBC_IV, CBC_192, "214b87ad7e3a5d9e46638432",
	  "0f56fc50434ae00e0930012b" },
#define CBC_256 "810fc6c266aae5b39b62086569d864167084621e9d62b5eea2ddde62f3fb615b"
	{ CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_SHA2_256_128, CBC_IV, CBC_256,
	  "887ea2434ad55f9ac35dfccbb6b6919e", "4e349fb2965a4faaed1be06cceeeaab2" },
	{ CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_SHA2_384_192, CBC_IV, CBC_256,
	  "3a16d0d54d9b324651b0e3a0e70689d77bc85e1f8fdb688b",
	  "9eced69fece4b9aa9edc7239bb920e7509a7f3f90a38e5f0" },
	{ CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_SHA2_512_256, CBC_IV, CBC_256,
	  "15c81719e0f5aeb4e91bb2e11dc5fc8cf321c931b9b3c910ec54ad211347d3be",
	  "5ba3fc36c5c10c99e38519fa923fe94a27238cebb3ab6bec29eca798aa081ceb" },
	{ CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_SHA1_96, CBC_IV, CBC_256, "a2b4c683d2ff77ec24ab1423",
	  "5462eea7cdf59051c0e62e7b" },
	{ CYG_ENCR_NULL, 0, CYG_AUTH_HMAC_SHA2_256_128, "", "", "ab164b1d4a0b6e29d6f1194bcff71874",
	  "60383895a036f791f7cca43fc899f048" },
	{ CYG_ENCR_NULL, 0, CYG_AUTH_HMAC_SHA2_384_192, "", "",
	  "a6dc5439d512cff29b67c1414e622d368a3f66fa4eeb1060",
	  "ce38ff7ff40e98cc8d3c93f163ec734846476ed42c90ce10" },
	{ CYG_ENCR_NULL, 0, CYG_AUTH_HMAC_SHA2_512_256, "", "",
	  "c82f29d8de496656903a39616e69e9c87c2a03e7cb4a5d04b4d99209839d1d97",
	  "5a52a48c1c4919fd98700d867c453ee6bdf87f1ca71cc10fdb9d60e5a779be6c" },
	{ CYG_ENCR_NULL, 0, CYG_AUTH_HMAC_SHA1_96, "", "", "35bd4d233ffb0aa7e2f94b33",
	  "6d9918144a6bac7f0710dbef" },
};

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

START_TEST(every_suite_opens_the_known_answer)
{
	const struct cyg_esp_ops *ops = find(answers[_i].encr, answers[_i].bits, answers[_i].integ);
	uint8_t key[100], plain[32];
	void *instance = instance_of(ops);

	key_make(ops, key);
	plain_make(plain);
	for (int esn = 0; esn <= 1; esn++) {
		uint8_t packet[256];
		size_t at = 8, len;

		memcpy(packet, header, 8);
		if (answers[_i].iv[0]) {
			from_hex(answers[_i].iv, packet + at, &len);
			at += len;
		} else if (ops->iv_len) {
			from_hex("0000000200000007", packet + at, &len);
			at += len;
		}
		if (answers[_i].cipher[0])
			from_hex(answers[_i].cipher, packet + at, &len);
		else
			memcpy(packet + at, plain, 32);
		from_hex(esn ? answers[_i].icv_esn : answers[_i].icv, packet + at + 32, &len);
		ck_assert_uint_eq(len, ops->icv_len);
		ck_assert_uint_eq(at, 8u + ops->iv_len);

		struct cyg_esp_packet p = { .key = cyg_bytes(key, ops->key_len), .esp = packet,
					    .len = 32, .seq_high = ESN_HI, .esn = esn };

		ops->open(instance, &p, 1);
		ck_assert_msg(p.status == CYG_OK, "%s esn %d", ops->name, esn);
		ck_assert_mem_eq(packet + at, plain, 32);
	}
	ops->instance_free(instance);
}
END_TEST

START_TEST(aead_and_null_suites_seal_to_the_known_answer)
{
	const struct cyg_esp_ops *ops = find(answers[_i].encr, answers[_i].bits, answers[_i].integ);
	uint8_t key[100], plain[32], packet[256], expect[64];
	void *instance = instance_of(ops);
	size_t len;

	if (ops->encr == CYG_ENCR_AES_CBC) { /* its IV is random: the round trips cover it */
		ops->instance_free(instance);
		return;
	}
	key_make(ops, key);
	plain_make(plain);
	for (int esn = 0; esn <= 1; esn++) {
		struct cyg_esp_packet p = { .key = cyg_bytes(key, ops->key_len), .esp = packet,
					    .in = plain, .len = 32, .seq_high = ESN_HI, .esn = esn,
					    .iv = IV };

		memcpy(packet, header, 8);
		ops->seal(instance, &p, 1);
		ck_assert_int_eq(p.status, CYG_OK);
		if (answers[_i].cipher[0]) {
			from_hex(answers[_i].cipher, expect, &len);
			ck_assert_mem_eq(packet + 8 + ops->iv_len, expect, 32);
		}
		from_hex(esn ? answers[_i].icv_esn : answers[_i].icv, expect, &len);
		ck_assert_mem_eq(packet + 8 + ops->iv_len + 32, expect, ops->icv_len);
	}
	ops->instance_free(instance);
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
			ck_assert(ops->encr == CYG_ENCR_NULL ||
				  memcmp(body, plain, len) != 0);
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
	tcase_add_loop_test(tc, every_suite_opens_the_known_answer, 0, (int)CYG_COUNT(answers));
	tcase_add_loop_test(tc, aead_and_null_suites_seal_to_the_known_answer, 0, (int)CYG_COUNT(answers));
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
