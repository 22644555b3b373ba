/* SPDX-License-Identifier: MIT */
/* The yardstick where libipsec-mb is not: EVP with its context kept and nothing around it. */
#include "alone.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 2048

static void need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "esp: %s\n", what);
	exit(1);
}

const char alone_name[] = "EVP";

double alone_seal(const struct alone_suite *suite, size_t len, unsigned packets, bool ahead)
{
	const char *cipher_name = suite->cipher, *digest = suite->digest;
	static uint8_t data[ROOM], key[64], iv[16], aad[8], tag[64];
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, cipher_name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac_ctx = EVP_MAC_CTX_new(mac);
	char digest_name[16] = "SHA256";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", digest_name, 0), OSSL_PARAM_construct_end() };
	double start;
	size_t mac_len;
	int done;

	need(cipher && ctx && mac_ctx && EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL) &&
	     (!digest || EVP_MAC_init(mac_ctx, key, 32, params)), "EVP");
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	len = (len + 2 + 15) / 16 * 16;
	start = alone_now_ns();
	for (unsigned i = 0; i < packets; i++) {
		memcpy(iv, &i, sizeof(i));
		need(EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL) &&
		     (digest || EVP_EncryptUpdate(ctx, NULL, &done, aad, sizeof(aad))) &&
		     EVP_EncryptUpdate(ctx, data, &done, data, (int)len), "EVP");
		if (digest)
			need(EVP_MAC_init(mac_ctx, NULL, 0, NULL) && EVP_MAC_update(mac_ctx, data, len) &&
			     EVP_MAC_final(mac_ctx, tag, &mac_len, sizeof(tag)), "EVP");
		else
			need(EVP_EncryptFinal_ex(ctx, data + len, &done) &&
			     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag), "EVP");
	}
	start = alone_now_ns() - start;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	EVP_MAC_CTX_free(mac_ctx);
	EVP_MAC_free(mac);
	return start / packets;
}
