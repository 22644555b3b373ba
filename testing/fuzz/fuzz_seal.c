/* SPDX-License-Identifier: MIT */
/* The text of a sealed secret, under a stand-in cipher that takes any tag: each text that is taken has one spelling. */
#include "testing/fuzz/fuzz.h"

#include "crypto/seal.h"

#include <string.h>

static struct {
	uint8_t nonce[SEAL_NONCE_LEN], tag[16];
} seen;

static enum cyg_status set_key(void *instance, struct cyg_bytes key)
{
	(void)instance;
	FUZZ_CHECK(key.len == 36);
	memcpy(seen.nonce, key.ptr + 32, 4);
	return CYG_OK;
}

static enum cyg_status seal(void *instance, const uint8_t *iv, struct cyg_bytes aad, uint8_t *data, size_t len, uint8_t *tag)
{
	(void)instance, (void)iv, (void)aad, (void)data, (void)len;
	memcpy(tag, seen.tag, sizeof(seen.tag));
	return CYG_OK;
}

static enum cyg_status open_any(void *instance, const uint8_t *iv, struct cyg_bytes aad, uint8_t *data, size_t len,
				const uint8_t *tag)
{
	(void)instance, (void)aad, (void)data;
	FUZZ_CHECK(len <= CYG_SECRET_MAX);
	memcpy(seen.nonce + 4, iv, 8);
	memcpy(seen.tag, tag, sizeof(seen.tag));
	return CYG_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cyg_cipher_ops ops = { .id = CYG_ENCR_AES_GCM_16, .key_bits = 256, .key_len = 36, .salt_len = 4,
						   .iv_len = 8, .icv_len = 16, .set_key = set_key, .seal = seal,
						   .open = open_any };
	const struct cyg_cipher cipher = { .ops = &ops };
	struct cyg_str text = cyg_str_n((const char *)data, size);
	static char again[SEAL_TEXT_LEN(CYG_SECRET_MAX)];
	struct cyg_strbuf out = CYG_STRBUF(again);
	uint8_t octets[32] = { 0 };
	struct seal_key key = { .check = { 0x47, 0x86, 0x6c, 0x5a }, .octets = { octets, sizeof(octets) } };
	struct cyg_secret secret = { 0 };

	if (seal_salt(text, key.salt) != CYG_OK) {
		FUZZ_CHECK(seal_open(&cipher, &key, text, &secret) != CYG_OK && !secret.ptr);
		return 0;
	}
	if (seal_open(&cipher, &key, text, &secret) != CYG_OK)
		return 0;
	FUZZ_PLANT(secret.len && secret.ptr[0] >> 2 == 0x1a);
	FUZZ_CHECK(seal_text(&cipher, &key, seen.nonce, cyg_secret_bytes(&secret), &out) == CYG_OK);
	FUZZ_CHECK(cyg_str_equal(cyg_str(again), text));
	cyg_secret_done(&secret);
	return 0;
}
