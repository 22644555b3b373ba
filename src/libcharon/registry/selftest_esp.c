/* SPDX-License-Identifier: MIT */
/*
 * ESP before anybody is offered it: each provider's suite against known answers and against itself, and two providers'
 * against each other, in batches of all lengths up to a full packet. Control thread.
 */
#include "registry/selftest_esp.h"

#include <stdlib.h>

#define KEY_ROOM  (CYG_KEY_MAX + CYG_ICV_MAX)
#define TEXT_MAX  1472
#define AROUND    (CYG_ESP_HEADER_LEN + CYG_IV_MAX + CYG_ICV_MAX)
#define KEYS      3
#define ANSWER_IV UINT64_C(0x0000000200000007)
#define ANSWER_LEN 32 /* octets of plaintext */

/*
 * SPI c0ffee01, number 7, high half 2; the plaintext is 00 01 .. 1d, pad length 0, next header 4; the key is 01 02 .., the
 * salt 90 91 92 93, the integrity key 40 41 ..; IV 0000000200000007, of CBC a0 .. af. Ciphertext (empty: as the plaintext)
 * and ICV, without and with ESN, computed by other programs.
 */
static const struct answer {
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
#define CTR_128 "c43ea18b062c0a5d2774de167c4960e60d29a7878cd606cf018e80b2f5688000"
#define CTR_256 "15d4adc29f14364bbf6e98f1d544aa63316dec0f0df39d5ac946c4771ddf689d"
	{ CYG_ENCR_AES_CTR, 128, CYG_AUTH_HMAC_SHA2_256_128, "", CTR_128, "9129611449ce6fcb49e5d8e13e93b53d",
	  "fa16e319511302fb14dda514039a1aee" },
	{ CYG_ENCR_AES_CTR, 256, CYG_AUTH_HMAC_SHA2_256_128, "", CTR_256, "96e010adf52de54f891dc305357445f8",
	  "9524e7babd68cc27577e82cf9483781e" },
	{ CYG_ENCR_AES_CTR, 256, CYG_AUTH_HMAC_SHA2_512_256, "", CTR_256,
	  "eac20732ab57324a52a6ca0b90ce306549fb597a6c1c477dfb386bf576bb3dce",
	  "4424c079a53b969d19011d85c3b9866fc99cf03e4dfcca4f4a4e9ef5f61d50c5" },
	{ CYG_ENCR_AES_CTR, 128, CYG_AUTH_HMAC_SHA1_96, "", CTR_128, "45d8263f92369b058f69fb19",
	  "e77150ae1a4954d670cf2bba" },
	{ CYG_ENCR_NULL_AUTH_AES_GMAC, 128, 0, "", "", "47806c6d49369ec42f893695f596fb8d",
	  "702ae99df1d3341663c47c7890cb2e92" },
	{ CYG_ENCR_NULL_AUTH_AES_GMAC, 192, 0, "", "", "bdc3d90641e7f6d8ff74b9949903380e",
	  "e689f8f3b71cc7adef2e4dcaaaa0eb02" },
	{ CYG_ENCR_NULL_AUTH_AES_GMAC, 256, 0, "", "", "a122164dc91546160e39c40de7c810ba",
	  "adc1cdd92ba9bd15475c1639456a8974" },
	{ CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_MD5_96, CBC_IV, CBC_128, "0672bb626c867d24cfaae3dd",
	  "2ed799941adf14a12d44e1a6" },
	{ CYG_ENCR_AES_CBC, 192, CYG_AUTH_HMAC_MD5_96, CBC_IV, CBC_192, "e0f7b10ad7e353195f0f0124",
	  "fa482018e24863557b3ee4f0" },
	{ CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_MD5_96, CBC_IV, CBC_256, "b9b0d9babd7756e9834f8f6a",
	  "6773dfb37ef35edb3de0291a" },
	{ CYG_ENCR_NULL, 0, CYG_AUTH_HMAC_MD5_96, "", "", "ee592d54970cd70be42f2f72", "317fb63313a55ed9fa480cd1" },
#define DES_IV "a0a1a2a3a4a5a6a7"
#define DES_192 "86e4383d88c5887635c4bdebd5ffd193fd68ae392278414c8bf1f66d4b9648b3"
	{ CYG_ENCR_3DES, 0, CYG_AUTH_HMAC_SHA2_256_128, DES_IV, DES_192, "f044bee5282d743290bc6aec2f37ba5c",
	  "fe8c08bbeb46eeadfaa0e96674bece8e" },
	{ CYG_ENCR_3DES, 0, CYG_AUTH_HMAC_SHA2_384_192, DES_IV, DES_192,
	  "e697ab99cb8ee809c49e4da29fc921a074c407eb6c643dba", "fc2b7da492c8b91d5f956983f02988df526cb19d61864680" },
	{ CYG_ENCR_3DES, 0, CYG_AUTH_HMAC_SHA2_512_256, DES_IV, DES_192,
	  "b583ef8432639bc38d0a86c112156acc0988ccd63a0c3e5e40f174c9e0b2d4d3",
	  "93ba2a53efb2f73f024c5613555e879eb8165294d25c24040f3a990bb4ba98c4" },
	{ CYG_ENCR_3DES, 0, CYG_AUTH_HMAC_SHA1_96, DES_IV, DES_192, "d08e6a05744ad24d247e2691",
	  "c324270c62cc901a81ff5ede" },
	{ CYG_ENCR_3DES, 0, CYG_AUTH_HMAC_MD5_96, DES_IV, DES_192, "26e10aa9b72697ee3991ef8e",
	  "bddd0962885dedd4e454cd9d" },
};

/* What two providers do to one batch: what it holds, sealed by one and opened by the other. */
struct batch {
	struct cyg_esp_packet packet[CYG_ESP_BATCH];
	uint8_t key[KEYS][KEY_ROOM];
	uint8_t plain[CYG_ESP_BATCH][TEXT_MAX];
	uint8_t wire[CYG_ESP_BATCH][TEXT_MAX + AROUND];
};

static bool says(struct cyg_strbuf *why, const char *what)
{
	cyg_strbuf_add(why, cyg_str(what));
	return false;
}

bool esp_fits(const struct cyg_esp_ops *ops)
{
	return ops->key_len && ops->key_len <= KEY_ROOM && ops->iv_len <= CYG_IV_MAX && ops->icv_len &&
	       ops->icv_len <= CYG_ICV_MAX && ops->block_len && ops->block_len <= CYG_IV_MAX &&
	       (ops->block_len & (ops->block_len - 1)) == 0;
}

/* --- Known answers --- */

static uint8_t digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Octets written at `out`, of a text of ours. */
static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	return len;
}

static size_t integ_len(uint16_t integ)
{
	switch (integ) {
	case CYG_AUTH_HMAC_MD5_96:
		return 16;
	case CYG_AUTH_HMAC_SHA1_96:
		return 20;
	case CYG_AUTH_HMAC_SHA2_256_128:
		return 32;
	case CYG_AUTH_HMAC_SHA2_384_192:
		return 48;
	case CYG_AUTH_HMAC_SHA2_512_256:
		return 64;
	default:
		return 0;
	}
}

static void answer_key(const struct cyg_esp_ops *ops, uint8_t *key)
{
	size_t integ = integ_len(ops->integ), salt = integ && ops->encr != CYG_ENCR_AES_CTR ? 0 : 4;
	size_t at = 0;

	for (size_t i = 0; i + salt + integ < ops->key_len; i++)
		key[at++] = (uint8_t)(i + 1);
	for (size_t i = 0; i < salt; i++)
		key[at++] = (uint8_t)(0x90 + i);
	for (size_t i = 0; i < integ; i++)
		key[at++] = (uint8_t)(0x40 + i);
}

static void answer_plain(uint8_t *out)
{
	for (unsigned i = 0; i < ANSWER_LEN - 2; i++)
		out[i] = (uint8_t)i;
	out[ANSWER_LEN - 2] = 0;
	out[ANSWER_LEN - 1] = 4;
}

/* The whole packet; its length. */
static size_t answer_packet(const struct answer *answer, bool esn, uint8_t *out)
{
	size_t at = from_hex("c0ffee0100000007", out);

	if (answer->iv[0])
		at += from_hex(answer->iv, out + at);
	else if (answer->encr != CYG_ENCR_NULL)
		at += from_hex("0000000200000007", out + at);
	if (answer->cipher[0])
		from_hex(answer->cipher, out + at);
	else
		answer_plain(out + at);
	at += ANSWER_LEN;
	return at + from_hex(esn ? answer->icv_esn : answer->icv, out + at);
}

static bool test_answer(const struct cyg_esp_ops *ops, void *instance, const struct answer *answer, bool esn,
			struct cyg_strbuf *why)
{
	uint8_t key[KEY_ROOM], plain[ANSWER_LEN], expect[ANSWER_LEN + AROUND], packet[ANSWER_LEN + AROUND];
	struct cyg_esp_packet p = { .key = cyg_bytes(key, ops->key_len), .esp = packet, .in = plain,
				    .len = ANSWER_LEN, .seq_high = 2, .esn = esn, .iv = ANSWER_IV };
	uint8_t *text = packet + CYG_ESP_HEADER_LEN + ops->iv_len;
	size_t len = answer_packet(answer, esn, expect);

	answer_key(ops, key);
	answer_plain(plain);
	if (len != CYG_ESP_HEADER_LEN + (size_t)ops->iv_len + ANSWER_LEN + ops->icv_len ||
	    ANSWER_LEN % ops->block_len)
		return says(why, "has other lengths than the known answer");
	memcpy(packet, expect, len);
	ops->open(instance, &p, 1);
	if (p.status != CYG_OK || memcmp(text, plain, ANSWER_LEN) != 0)
		return says(why, "does not open the known answer");
	for (size_t at = 0; at < len; at += 9) {
		memcpy(packet, expect, len);
		packet[at] ^= 0x40;
		ops->open(instance, &p, 1);
		if (p.status != CYG_REFUSED)
			return says(why, "opens a known answer that was changed");
	}
	if (answer->iv[0])
		return true; /* sealing takes a random IV: the round trips show it */
	memcpy(packet, expect, CYG_ESP_HEADER_LEN);
	ops->seal(instance, &p, 1);
	if (p.status != CYG_OK || memcmp(packet, expect, len) != 0)
		return says(why, "seals something else than the known answer");
	return true;
}

/* --- Batches --- */

/* The same for everybody: all lengths, three keys in runs, with ESN and without. */
static void batch_fill(struct batch *b, const struct cyg_esp_ops *ops)
{
	size_t blocks = TEXT_MAX / ops->block_len;

	for (unsigned k = 0; k < KEYS; k++) {
		for (unsigned i = 0; i < KEY_ROOM; i++)
			b->key[k][i] = (uint8_t)(i * 29u + k * 101u + 7u);
	}
	for (unsigned i = 0; i < CYG_ESP_BATCH; i++) {
		size_t len = ops->block_len * (1 + i * i * 5u % blocks);

		for (size_t j = 0; j < len; j++)
			b->plain[i][j] = (uint8_t)(j * 13u + i);
		for (unsigned j = 0; j < CYG_ESP_HEADER_LEN; j++)
			b->wire[i][j] = (uint8_t)(i + j * 37u);
		b->packet[i] = (struct cyg_esp_packet){ .key = cyg_bytes(b->key[i / 4 % KEYS], ops->key_len),
							.esp = b->wire[i], .in = b->plain[i], .len = len,
							.seq_high = i, .esn = i % 3 == 0, .iv = i + 1 };
	}
}

/* Each fifth is changed on the way. */
static bool is_changed(unsigned i)
{
	return i % 5 == 2;
}

static bool exchange(struct batch *b, const struct esp_provider *seals, const struct esp_provider *opens)
{
	const struct cyg_esp_ops *ops = seals->ops;

	batch_fill(b, ops);
	seals->ops->seal(seals->instance, b->packet, CYG_ESP_BATCH);
	for (unsigned i = 0; i < CYG_ESP_BATCH; i++) {
		size_t whole = CYG_ESP_HEADER_LEN + (size_t)ops->iv_len + b->packet[i].len + ops->icv_len;

		if (b->packet[i].status != CYG_OK)
			return false;
		if (is_changed(i))
			b->wire[i][i * 31u % whole] ^= (uint8_t)(1u << i % 8);
	}
	opens->ops->open(opens->instance, b->packet, CYG_ESP_BATCH);
	for (unsigned i = 0; i < CYG_ESP_BATCH; i++) {
		const uint8_t *text = b->wire[i] + CYG_ESP_HEADER_LEN + ops->iv_len;

		if (b->packet[i].status != (is_changed(i) ? CYG_REFUSED : CYG_OK))
			return false;
		if (!is_changed(i) && memcmp(text, b->plain[i], b->packet[i].len) != 0)
			return false;
	}
	return true;
}

bool esp_self_test(const struct esp_provider *one, struct cyg_strbuf *why)
{
	const struct cyg_esp_ops *ops = one->ops;
	struct batch *batch;
	bool good;

	for (size_t i = 0; i < CYG_COUNT(answers); i++) {
		const struct answer *a = &answers[i];

		if (a->encr == ops->encr && a->bits == ops->key_bits && a->integ == ops->integ &&
		    (!test_answer(ops, one->instance, a, false, why) || !test_answer(ops, one->instance, a, true, why)))
			return false;
	}
	batch = calloc(1, sizeof(*batch));
	if (!batch)
		return says(why, "testing: out of memory");
	good = exchange(batch, one, one);
	free(batch);
	return good || says(why, "does not open what it seals itself, or opens what was changed");
}

bool esp_agree(const struct esp_provider *one, const struct esp_provider *other, const char *name,
	       struct cyg_strbuf *why)
{
	const struct cyg_esp_ops *a = one->ops, *b = other->ops;
	struct batch *batch;
	bool good = true;

	if (a->key_len != b->key_len || a->iv_len != b->iv_len || a->icv_len != b->icv_len ||
	    a->block_len != b->block_len) {
		cyg_strbuf_addf(why, "has other lengths than %s has", name);
		return false;
	}
	batch = calloc(1, sizeof(*batch));
	if (!batch)
		return says(why, "testing: out of memory");
	if (!exchange(batch, one, other)) {
		cyg_strbuf_addf(why, "%s does not open what it seals", name);
		good = false;
	} else if (!exchange(batch, other, one)) {
		cyg_strbuf_addf(why, "it does not open what %s seals", name);
		good = false;
	}
	free(batch);
	return good;
}
