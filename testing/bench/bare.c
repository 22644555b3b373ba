/* SPDX-License-Identifier: MIT */
#include "bare.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bare {
	EVP_MAC *mac;
	EVP_MAC_CTX *prf;
	EVP_CIPHER *gcm;
	EVP_CIPHER_CTX *seal, *open;
	EVP_MD *sha1;
	EVP_MD_CTX *md;
	EVP_PKEY_CTX *keygen;
	enum bare_kind kind;
	EVP_PKEY *signer;
	EVP_MD_CTX *sign, *verify; /* keyed; each signature starts from a copy */
	uint8_t signature[512];
	size_t signature_len;
	uint8_t peer[32]; /* a public value of somebody else */
	uint8_t message[256];
	uint8_t random[1024];
	size_t random_left;
};

#define MUST(expr_)                                                                    \
	do {                                                                           \
		if (!(expr_)) {                                                        \
			fprintf(stderr, "bench: %s failed\n", #expr_);                 \
			exit(1);                                                       \
		}                                                                      \
	} while (0)

static EVP_PKEY *new_key(struct bare *b, uint8_t *public_value)
{
	EVP_PKEY *key = NULL;
	size_t len = 32;

	MUST(EVP_PKEY_keygen(b->keygen, &key) == 1);
	MUST(EVP_PKEY_get_raw_public_key(key, public_value, &len) == 1);
	return key;
}

/* Both sides by the same key, the peer's signature made once. */
static void signer_init(struct bare *b)
{
	bool rsa = b->kind == BARE_RSA;
	EVP_MD_CTX *once = EVP_MD_CTX_new();

	MUST((b->signer = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")));
	MUST((b->sign = EVP_MD_CTX_new()) && (b->verify = EVP_MD_CTX_new()) && once);
	MUST(EVP_DigestSignInit_ex(b->sign, NULL, "SHA256", NULL, NULL, b->signer, NULL) == 1);
	MUST(EVP_DigestVerifyInit_ex(b->verify, NULL, "SHA256", NULL, NULL, b->signer, NULL) == 1);
	b->signature_len = sizeof(b->signature);
	MUST(EVP_MD_CTX_copy_ex(once, b->sign) == 1);
	MUST(EVP_DigestSign(once, b->signature, &b->signature_len, b->message, 240) == 1);
	EVP_MD_CTX_free(once);
}

static void sign_and_verify(struct bare *b)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t out[512];
	size_t len = sizeof(out);

	MUST(md && EVP_MD_CTX_copy_ex(md, b->sign) == 1);
	MUST(EVP_DigestSign(md, out, &len, b->message, 240) == 1);
	MUST(EVP_MD_CTX_copy_ex(md, b->verify) == 1);
	MUST(EVP_DigestVerify(md, b->signature, b->signature_len, b->message, 240) == 1);
	EVP_MD_CTX_free(md);
}

struct bare *bare_new(enum bare_kind kind)
{
	struct bare *b = calloc(1, sizeof(*b));
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
								  (char *)"SHA256", 0),
				 OSSL_PARAM_construct_end() };
	uint8_t key[32] = { 1 };

	MUST(b);
	b->kind = kind;
	if (kind != BARE_PSK)
		signer_init(b);
	MUST((b->mac = EVP_MAC_fetch(NULL, "HMAC", NULL)));
	MUST((b->prf = EVP_MAC_CTX_new(b->mac)));
	MUST(EVP_MAC_CTX_set_params(b->prf, params) == 1);
	MUST((b->gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL)));
	MUST((b->seal = EVP_CIPHER_CTX_new()));
	MUST((b->open = EVP_CIPHER_CTX_new()));
	MUST(EVP_EncryptInit_ex2(b->seal, b->gcm, key, key, NULL) == 1);
	MUST(EVP_DecryptInit_ex2(b->open, b->gcm, key, key, NULL) == 1);
	MUST((b->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL)));
	MUST((b->md = EVP_MD_CTX_new()));
	MUST((b->keygen = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL)));
	MUST(EVP_PKEY_keygen_init(b->keygen) == 1);
	EVP_PKEY_free(new_key(b, b->peer));
	return b;
}

void bare_free(struct bare *b)
{
	EVP_MD_CTX_free(b->sign);
	EVP_MD_CTX_free(b->verify);
	EVP_PKEY_free(b->signer);
	EVP_PKEY_CTX_free(b->keygen);
	EVP_MD_CTX_free(b->md);
	EVP_MD_free(b->sha1);
	EVP_CIPHER_CTX_free(b->open);
	EVP_CIPHER_CTX_free(b->seal);
	EVP_CIPHER_free(b->gcm);
	EVP_MAC_CTX_free(b->prf);
	EVP_MAC_free(b->mac);
	free(b);
}

/* prf(key, data); a NULL key keeps the one before. */
static void prf(struct bare *b, const uint8_t *key, size_t key_len, size_t data_len, uint8_t *out)
{
	size_t len;

	MUST(EVP_MAC_init(b->prf, key, key_len, NULL) == 1);
	MUST(EVP_MAC_update(b->prf, b->message, data_len) == 1);
	MUST(EVP_MAC_final(b->prf, out, &len, 32) == 1);
}

static void random_octets(struct bare *b, uint8_t *out, size_t len)
{
	if (b->random_left < len) {
		MUST(RAND_bytes(b->random, sizeof(b->random)) == 1);
		b->random_left = sizeof(b->random);
	}
	b->random_left -= len;
	memcpy(out, b->random + b->random_left, len);
}

static void gcm(struct bare *b, EVP_CIPHER_CTX *ctx, bool seal, const uint8_t *key, uint8_t *tag);

void bare_setup(struct bare *b)
{
	uint8_t public_value[32], shared[32], key[32], out[64], tag[16], random[32];
	size_t len = sizeof(shared);
	EVP_PKEY *mine = new_key(b, public_value);
	EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, b->peer, 32);
	EVP_PKEY_CTX *derive = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);

	MUST(theirs && derive && EVP_PKEY_derive_init(derive) == 1);
	MUST(EVP_PKEY_derive_set_peer_ex(derive, theirs, 0) == 1);
	MUST(EVP_PKEY_derive(derive, shared, &len) == 1);
	EVP_PKEY_CTX_free(derive);
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(mine);

	random_octets(b, random, 32);                  /* nonce */
	random_octets(b, random, 32);                  /* SPIs, IVs */
	for (int i = 0; i < 4; i++) {                  /* NAT detection, both ways */
		MUST(EVP_DigestInit_ex2(b->md, b->sha1, NULL) == 1);
		MUST(EVP_DigestUpdate(b->md, b->message, 22) == 1);
		MUST(EVP_DigestFinal_ex(b->md, out, NULL) == 1);
	}
	prf(b, shared, 32, 64, key);                   /* SKEYSEED */
	prf(b, key, 32, 81, out);                      /* SK_*: five blocks */
	for (int i = 0; i < 4; i++)
		prf(b, NULL, 0, 113, out);
	gcm(b, b->open, false, key, tag);              /* IKE_AUTH request */
	prf(b, out, 32, 240, key);                     /* MACed IDs */
	prf(b, key, 32, 240, out);
	if (b->kind == BARE_PSK) {
		prf(b, key, 32, 17, out);              /* key pad of the pre-shared key */
		prf(b, out, 32, 240, key);             /* AUTH of the peer */
		prf(b, key, 32, 240, out);             /* AUTH of ours */
	} else {
		sign_and_verify(b);
	}
	prf(b, key, 32, 65, out);                      /* KEYMAT: two blocks */
	prf(b, NULL, 0, 97, out);
	gcm(b, b->seal, true, key, tag);               /* IKE_AUTH response */
}

static void gcm(struct bare *b, EVP_CIPHER_CTX *ctx, bool seal, const uint8_t *key, uint8_t *tag)
{
	uint8_t data[240];
	int len;

	memcpy(data, b->message, sizeof(data));
	MUST(EVP_CipherInit_ex2(ctx, NULL, key, b->message, seal, NULL) == 1);
	MUST(EVP_CipherUpdate(ctx, NULL, &len, b->message, 32) == 1);
	MUST(EVP_CipherUpdate(ctx, data, &len, data, sizeof(data)) == 1);
	if (seal) {
		MUST(EVP_CipherFinal_ex(ctx, data, &len) == 1);
		MUST(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1);
	} else {
		/* The tag of made-up octets is wrong; refusing costs what accepting costs. */
		memset(tag, 0, 16);
		MUST(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1);
		(void)EVP_CipherFinal_ex(ctx, data, &len);
	}
}
