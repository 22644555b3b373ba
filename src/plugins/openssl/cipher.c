/* SPDX-License-Identifier: MIT */
/*
 * Ciphers by EVP. An instance has a context for each direction, which is keyed when it is used next: the
 * SK payload is opened with one key and sealed with another, so one direction's key schedule is
 * never worth the other's.
 */
#include "algorithms.h"
#include "vectors.h"

#include <openssl/evp.h>

#define KEY_MAX   36 /* AES-256 and its salt */
#define NONCE_MAX 16

struct suite {
	const struct cyg_cipher_ops *ops;
	const char *name; /* EVP's */
};

struct instance {
	const struct cyg_cipher_ops *ops;
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *seal, *open;
	bool seal_keyed, open_keyed;
	uint8_t key[KEY_MAX];
};

static void instance_free(void *opaque)
{
	struct instance *in = opaque;

	if (!in)
		return;
	EVP_CIPHER_CTX_free(in->seal);
	EVP_CIPHER_CTX_free(in->open);
	EVP_CIPHER_free(in->cipher);
	cyg_secret_free(in, sizeof(*in));
}

static enum cyg_status instance_make(const struct cyg_cipher_ops *ops, const char *name, void **out)
{
	struct instance *in = cyg_secret_alloc(sizeof(*in));
	enum cyg_status status = CYG_NOMEM;

	if (!in)
		return CYG_NOMEM;
	in->ops = ops;
	in->cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	if (!in->cipher) {
		status = CYG_UNSUPPORTED;
		goto out;
	}
	in->seal = EVP_CIPHER_CTX_new();
	in->open = EVP_CIPHER_CTX_new();
	if (!in->seal || !in->open)
		goto out;
	if (EVP_EncryptInit_ex2(in->seal, in->cipher, NULL, NULL, NULL) != 1 ||
	    EVP_DecryptInit_ex2(in->open, in->cipher, NULL, NULL, NULL) != 1)
		goto out;
	/* Padding is the protocol's business. */
	EVP_CIPHER_CTX_set_padding(in->seal, 0);
	EVP_CIPHER_CTX_set_padding(in->open, 0);
	*out = in;
	return CYG_OK;
out:
	instance_free(in);
	return status;
}

static enum cyg_status set_key(void *opaque, struct cyg_bytes key)
{
	struct instance *in = opaque;

	if (key.len != in->ops->key_len)
		return CYG_MALFORMED;
	memcpy(in->key, key.ptr, key.len);
	in->seal_keyed = in->open_keyed = false;
	return CYG_OK;
}

/* AEAD: salt and explicit IV (RFC 4106 4, RFC 7634 2). CBC: the IV itself. */
static void make_nonce(const struct instance *in, const uint8_t *iv, uint8_t nonce[NONCE_MAX])
{
	size_t salt = in->ops->salt_len;

	if (salt)
		memcpy(nonce, in->key + in->ops->key_len - salt, salt);
	memcpy(nonce + salt, iv, in->ops->iv_len);
}

static enum cyg_status seal(void *opaque, const uint8_t *iv, struct cyg_bytes aad, uint8_t *data, size_t len,
			    uint8_t *tag)
{
	struct instance *in = opaque;
	uint8_t nonce[NONCE_MAX];
	int n;

	make_nonce(in, iv, nonce);
	if (EVP_EncryptInit_ex2(in->seal, NULL, in->seal_keyed ? NULL : in->key, nonce, NULL) != 1)
		return CYG_IO;
	in->seal_keyed = true;
	if (aad.len && EVP_EncryptUpdate(in->seal, NULL, &n, aad.ptr, (int)aad.len) != 1)
		return CYG_IO;
	if (len && EVP_EncryptUpdate(in->seal, data, &n, data, (int)len) != 1)
		return CYG_IO;
	if (EVP_EncryptFinal_ex(in->seal, data + len, &n) != 1)
		return CYG_IO;
	if (in->ops->icv_len && EVP_CIPHER_CTX_ctrl(in->seal, EVP_CTRL_AEAD_GET_TAG, in->ops->icv_len, tag) != 1)
		return CYG_IO;
	return CYG_OK;
}

static enum cyg_status open_(void *opaque, const uint8_t *iv, struct cyg_bytes aad, uint8_t *data, size_t len,
			     const uint8_t *tag)
{
	struct instance *in = opaque;
	uint8_t nonce[NONCE_MAX];
	int n;

	make_nonce(in, iv, nonce);
	if (EVP_DecryptInit_ex2(in->open, NULL, in->open_keyed ? NULL : in->key, nonce, NULL) != 1)
		return CYG_IO;
	in->open_keyed = true;
	if (in->ops->icv_len &&
	    EVP_CIPHER_CTX_ctrl(in->open, EVP_CTRL_AEAD_SET_TAG, in->ops->icv_len, (void *)(uintptr_t)tag) != 1)
		return CYG_IO;
	if (aad.len && EVP_DecryptUpdate(in->open, NULL, &n, aad.ptr, (int)aad.len) != 1)
		return CYG_IO;
	if (len && EVP_DecryptUpdate(in->open, data, &n, data, (int)len) != 1)
		return CYG_IO;
	if (EVP_DecryptFinal_ex(in->open, data + len, &n) != 1)
		return in->ops->icv_len ? CYG_REFUSED : CYG_IO;
	return CYG_OK;
}

#define CIPHER(symbol_, evp_, ...)                                                                  \
	static enum cyg_status symbol_##_new(struct cyg_plugin_ctx *ctx, void **out)                \
	{                                                                                           \
		return instance_make(&openssl_##symbol_, (evp_), out);                              \
	}                                                                                           \
	const struct cyg_cipher_ops openssl_##symbol_ = {                                           \
		.vectors = openssl_vectors_##symbol_, .instance_new = symbol_##_new,                \
		.instance_free = instance_free, .set_key = set_key, .seal = seal, .open = open_,    \
		__VA_ARGS__ }

CIPHER(aes_gcm_128, "AES-128-GCM", .id = CYG_ENCR_AES_GCM_16, .key_bits = 128, .name = "AES-GCM-128",
       .key_len = 20, .salt_len = 4, .iv_len = 8, .block_len = 1, .icv_len = 16);
CIPHER(aes_gcm_256, "AES-256-GCM", .id = CYG_ENCR_AES_GCM_16, .key_bits = 256, .name = "AES-GCM-256",
       .key_len = 36, .salt_len = 4, .iv_len = 8, .block_len = 1, .icv_len = 16);
CIPHER(chacha20_poly1305, "ChaCha20-Poly1305", .id = CYG_ENCR_CHACHA20_POLY1305,
       .name = "CHACHA20-POLY1305", .key_len = 36, .salt_len = 4, .iv_len = 8, .block_len = 1,
       .icv_len = 16);
CIPHER(aes_cbc_128, "AES-128-CBC", .id = CYG_ENCR_AES_CBC, .key_bits = 128, .name = "AES-CBC-128",
       .key_len = 16, .iv_len = 16, .block_len = 16);
CIPHER(aes_cbc_192, "AES-192-CBC", .id = CYG_ENCR_AES_CBC, .key_bits = 192, .name = "AES-CBC-192",
       .key_len = 24, .iv_len = 16, .block_len = 16);
CIPHER(aes_cbc_256, "AES-256-CBC", .id = CYG_ENCR_AES_CBC, .key_bits = 256, .name = "AES-CBC-256",
       .key_len = 32, .iv_len = 16, .block_len = 16);
CIPHER(des3_cbc, "DES-EDE3-CBC", .id = CYG_ENCR_3DES, .name = "3DES", .key_len = 24, .iv_len = 8,
       .block_len = 8);
