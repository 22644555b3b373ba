/* SPDX-License-Identifier: MIT */
/*
 * ESP by EVP, packet after packet: AES-GCM (RFC 4106), ChaCha20-Poly1305 (RFC 7634), AES-GMAC (RFC 4543), and
 * AES-CBC (RFC 3602), AES-CTR (RFC 3686), 3DES (RFC 2451) and NULL (RFC 2410) with HMAC (RFC 2403, 2404, 4868).
 *
 * An instance belongs to one shard. It has one half for sealing and one for opening, each with its
 * contexts and the key they hold, so that traffic both ways over one SA expands no key twice. A key is
 * taken for the same while its pointer is the same within one call; between calls, when what an
 * address holds may have changed, by its octets.
 */
#include "esp.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <stdlib.h>

#define KEY_MAX     100 /* AES-256, its salt and HMAC-SHA2-512 */
#define NONCE_LEN   12
#define SALT_LEN    4
#define ICV_MAX     32
#define IV_POOL     1024 /* octets of unpredictable CBC IVs fetched at once */

/* What differs between the algorithms, beside what cyg_esp_ops says. */
struct suite {
	const struct cyg_esp_ops *ops;
	const char *cipher; /* EVP's name, NULL for none */
	const char *digest; /* NULL for AEAD */
	uint8_t cipher_key, salt, integ_key;
};

struct half {
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
	bool keyed;
	uint8_t key[KEY_MAX];
};

struct instance {
	const struct suite *suite;
	struct half seal, open;
	size_t iv_left;
	uint8_t iv_pool[IV_POOL];
};

/* --- Instances and keys --- */

static void half_done(struct half *half)
{
	EVP_CIPHER_CTX_free(half->cipher);
	EVP_MAC_CTX_free(half->mac);
	*half = (struct half){ 0 };
}

static void instance_free(void *opaque)
{
	struct instance *in = opaque;

	if (!in)
		return;
	half_done(&in->seal);
	half_done(&in->open);
	OPENSSL_cleanse(in, sizeof(*in));
	cyg_secret_free(in, sizeof(*in));
}

static enum cyg_status half_init(struct half *half, const struct suite *suite, bool seal)
{
	if (suite->cipher) {
		EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, suite->cipher, NULL);

		if (!cipher)
			return CYG_UNSUPPORTED;
		half->cipher = EVP_CIPHER_CTX_new();
		if (!half->cipher ||
		    !EVP_CipherInit_ex2(half->cipher, cipher, NULL, NULL, seal, NULL)) {
			EVP_CIPHER_free(cipher);
			return CYG_NOMEM;
		}
		EVP_CIPHER_free(cipher);
		EVP_CIPHER_CTX_set_padding(half->cipher, 0);
	}
	if (suite->digest) {
		EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
		char name[16];
		OSSL_PARAM params[2];

		if (!mac)
			return CYG_UNSUPPORTED;
		half->mac = EVP_MAC_CTX_new(mac);
		EVP_MAC_free(mac);
		if (!half->mac)
			return CYG_NOMEM;
		OPENSSL_strlcpy(name, suite->digest, sizeof(name));
		params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
		params[1] = OSSL_PARAM_construct_end();
		if (!EVP_MAC_CTX_set_params(half->mac, params))
			return CYG_UNSUPPORTED;
	}
	return CYG_OK;
}

static enum cyg_status instance_new(const struct suite *suite, void **out)
{
	struct instance *in = cyg_secret_alloc(sizeof(*in));
	enum cyg_status status;

	if (!in)
		return CYG_NOMEM;
	in->suite = suite;
	status = half_init(&in->seal, suite, true);
	if (status == CYG_OK)
		status = half_init(&in->open, suite, false);
	if (status != CYG_OK) {
		instance_free(in);
		return status;
	}
	*out = in;
	return CYG_OK;
}

/* Makes the half hold this key; `*last` is the pointer of the packet before in this call. */
static bool half_key(struct half *half, const struct suite *suite, struct cyg_bytes key,
		     const uint8_t **last)
{
	size_t integ_at = (size_t)suite->cipher_key + suite->salt;

	if (key.len != suite->ops->key_len)
		return false;
	if (half->keyed && (*last == key.ptr || CRYPTO_memcmp(half->key, key.ptr, key.len) == 0)) {
		*last = key.ptr;
		return true;
	}
	half->keyed = false;
	*last = NULL;
	if (half->cipher && !EVP_CipherInit_ex2(half->cipher, NULL, key.ptr, NULL, -1, NULL))
		return false;
	if (half->mac && !EVP_MAC_init(half->mac, key.ptr + integ_at, suite->integ_key, NULL))
		return false;
	memcpy(half->key, key.ptr, key.len);
	half->keyed = true;
	*last = key.ptr;
	return true;
}

/* --- One packet --- */

/* SPI and sequence number, with its high half between them for ESN (RFC 4106 5). */
static size_t aad_make(const struct cyg_esp_packet *p, uint8_t out[12])
{
	if (!p->esn) {
		memcpy(out, p->esp, 8);
		return 8;
	}
	memcpy(out, p->esp, 4);
	out[4] = (uint8_t)(p->seq_high >> 24);
	out[5] = (uint8_t)(p->seq_high >> 16);
	out[6] = (uint8_t)(p->seq_high >> 8);
	out[7] = (uint8_t)p->seq_high;
	memcpy(out + 8, p->esp + 4, 4);
	return 12;
}

static void nonce_make(const struct instance *in, const struct cyg_esp_packet *p, uint8_t out[NONCE_LEN])
{
	memcpy(out, p->key.ptr + in->suite->cipher_key, SALT_LEN);
	memcpy(out + SALT_LEN, p->esp + CYG_ESP_HEADER_LEN, NONCE_LEN - SALT_LEN);
}

static void put_iv(uint8_t *at, uint64_t iv)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (uint8_t)(iv >> (56 - 8 * i));
}

static enum cyg_status aead_seal(struct instance *in, const struct cyg_esp_packet *p)
{
	EVP_CIPHER_CTX *ctx = in->seal.cipher;
	uint8_t *iv = p->esp + CYG_ESP_HEADER_LEN;
	uint8_t *body = iv + in->suite->ops->iv_len;
	uint8_t aad[12], nonce[NONCE_LEN];
	size_t aad_len;
	int done;

	put_iv(iv, p->iv);
	aad_len = aad_make(p, aad);
	nonce_make(in, p, nonce);
	if (!EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) ||
	    !EVP_EncryptUpdate(ctx, NULL, &done, aad, (int)aad_len) ||
	    !EVP_EncryptUpdate(ctx, body, &done, p->in, (int)p->len) ||
	    !EVP_EncryptFinal_ex(ctx, body + p->len, &done) ||
	    !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, in->suite->ops->icv_len, body + p->len))
		return CYG_IO;
	return CYG_OK;
}

static enum cyg_status aead_open(struct instance *in, const struct cyg_esp_packet *p)
{
	EVP_CIPHER_CTX *ctx = in->open.cipher;
	uint8_t *body = p->esp + CYG_ESP_HEADER_LEN + in->suite->ops->iv_len;
	uint8_t aad[12], nonce[NONCE_LEN];
	size_t aad_len = aad_make(p, aad);
	int done;

	nonce_make(in, p, nonce);
	if (!EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL) ||
	    !EVP_DecryptUpdate(ctx, NULL, &done, aad, (int)aad_len) ||
	    !EVP_DecryptUpdate(ctx, body, &done, body, (int)p->len) ||
	    !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, in->suite->ops->icv_len, body + p->len))
		return CYG_IO;
	return EVP_DecryptFinal_ex(ctx, body + p->len, &done) > 0 ? CYG_OK : CYG_REFUSED;
}

/* AES-GMAC: there is no text, all of the packet is authenticated only (RFC 4543 3.3). */
static bool gmac_compute(EVP_CIPHER_CTX *ctx, const struct instance *in, const struct cyg_esp_packet *p)
{
	const uint8_t *iv = p->esp + CYG_ESP_HEADER_LEN;
	uint8_t aad[12], nonce[NONCE_LEN];
	size_t aad_len = aad_make(p, aad);
	int done;

	nonce_make(in, p, nonce);
	return EVP_CipherInit_ex2(ctx, NULL, NULL, nonce, -1, NULL) &&
	       EVP_CipherUpdate(ctx, NULL, &done, aad, (int)aad_len) &&
	       EVP_CipherUpdate(ctx, NULL, &done, iv, (int)(in->suite->ops->iv_len + p->len));
}

static enum cyg_status gmac_seal(struct instance *in, const struct cyg_esp_packet *p)
{
	EVP_CIPHER_CTX *ctx = in->seal.cipher;
	uint8_t *iv = p->esp + CYG_ESP_HEADER_LEN;
	uint8_t *body = iv + in->suite->ops->iv_len;
	int done;

	put_iv(iv, p->iv);
	if (p->in != body)
		memcpy(body, p->in, p->len);
	if (!gmac_compute(ctx, in, p) || !EVP_CipherFinal_ex(ctx, body + p->len, &done) ||
	    !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, in->suite->ops->icv_len, body + p->len))
		return CYG_IO;
	return CYG_OK;
}

static enum cyg_status gmac_open(struct instance *in, const struct cyg_esp_packet *p)
{
	EVP_CIPHER_CTX *ctx = in->open.cipher;
	uint8_t *end = p->esp + CYG_ESP_HEADER_LEN + in->suite->ops->iv_len + p->len;
	int done;

	if (!gmac_compute(ctx, in, p) ||
	    !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, in->suite->ops->icv_len, end))
		return CYG_IO;
	return EVP_CipherFinal_ex(ctx, end, &done) > 0 ? CYG_OK : CYG_REFUSED;
}

/* Over SPI to ciphertext, and the high half of the sequence number behind it (RFC 4303 2.2.1). */
static bool mac_compute(EVP_MAC_CTX *ctx, const struct cyg_esp_packet *p, size_t len,
			uint8_t out[EVP_MAX_MD_SIZE])
{
	const uint8_t high[4] = { (uint8_t)(p->seq_high >> 24), (uint8_t)(p->seq_high >> 16),
				  (uint8_t)(p->seq_high >> 8), (uint8_t)p->seq_high };
	size_t done;

	return EVP_MAC_init(ctx, NULL, 0, NULL) && EVP_MAC_update(ctx, p->esp, len) &&
	       (!p->esn || EVP_MAC_update(ctx, high, sizeof(high))) &&
	       EVP_MAC_final(ctx, out, &done, EVP_MAX_MD_SIZE);
}

/* CBC IVs must not be predictable (RFC 3602 3): fetched in stock, each used once. */
static bool iv_take(struct instance *in, uint8_t *out, size_t len)
{
	if (in->iv_left < len) {
		if (RAND_bytes(in->iv_pool, IV_POOL) != 1)
			return false;
		in->iv_left = IV_POOL;
	}
	in->iv_left -= len;
	memcpy(out, in->iv_pool + in->iv_left, len);
	return true;
}

/* What the cipher begins with: the IV, or the first counter block of CTR (RFC 3686 4). */
static void first_block(const struct instance *in, const struct cyg_esp_packet *p, uint8_t out[16])
{
	if (in->suite->salt == 0) {
		memcpy(out, p->esp + CYG_ESP_HEADER_LEN, in->suite->ops->iv_len);
		return;
	}
	nonce_make(in, p, out);
	memcpy(out + NONCE_LEN, "\0\0\0\1", 4);
}

static enum cyg_status mac_seal(struct instance *in, const struct cyg_esp_packet *p)
{
	const struct cyg_esp_ops *ops = in->suite->ops;
	uint8_t *iv = p->esp + CYG_ESP_HEADER_LEN;
	uint8_t *body = iv + ops->iv_len;
	uint8_t mac[EVP_MAX_MD_SIZE], block[16];
	int done;

	if (in->seal.cipher) {
		if (in->suite->salt)
			put_iv(iv, p->iv);
		else if (!iv_take(in, iv, ops->iv_len))
			return CYG_IO;
		first_block(in, p, block);
		if (!EVP_EncryptInit_ex2(in->seal.cipher, NULL, NULL, block, NULL) ||
		    !EVP_EncryptUpdate(in->seal.cipher, body, &done, p->in, (int)p->len) ||
		    (size_t)done != p->len)
			return CYG_IO;
	} else if (p->in != body) {
		memcpy(body, p->in, p->len);
	}
	if (!mac_compute(in->seal.mac, p, CYG_ESP_HEADER_LEN + ops->iv_len + p->len, mac))
		return CYG_IO;
	memcpy(body + p->len, mac, ops->icv_len);
	return CYG_OK;
}

static enum cyg_status mac_open(struct instance *in, const struct cyg_esp_packet *p)
{
	const struct cyg_esp_ops *ops = in->suite->ops;
	uint8_t *body = p->esp + CYG_ESP_HEADER_LEN + ops->iv_len;
	uint8_t mac[EVP_MAX_MD_SIZE], block[16];
	int done;

	if (!mac_compute(in->open.mac, p, CYG_ESP_HEADER_LEN + ops->iv_len + p->len, mac))
		return CYG_IO;
	if (CRYPTO_memcmp(mac, body + p->len, ops->icv_len) != 0)
		return CYG_REFUSED;
	if (!in->open.cipher)
		return CYG_OK;
	first_block(in, p, block);
	if (!EVP_DecryptInit_ex2(in->open.cipher, NULL, NULL, block, NULL) ||
	    !EVP_DecryptUpdate(in->open.cipher, body, &done, body, (int)p->len) || (size_t)done != p->len)
		return CYG_IO;
	return CYG_OK;
}

/* --- Batches --- */

static void batch(struct instance *in, struct half *half, struct cyg_esp_packet *packets, size_t count,
		  enum cyg_status (*one)(struct instance *in, const struct cyg_esp_packet *p))
{
	const uint8_t *last = NULL;

	for (size_t i = 0; i < count; i++) {
		struct cyg_esp_packet *p = &packets[i];

		if (p->len % in->suite->ops->block_len != 0 || p->len > UINT16_MAX)
			p->status = CYG_REFUSED;
		else if (!half_key(half, in->suite, p->key, &last))
			p->status = CYG_IO;
		else
			p->status = one(in, p);
	}
}

static void aead_seal_all(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	struct instance *in = instance;

	batch(in, &in->seal, packets, count, aead_seal);
}

static void aead_open_all(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	struct instance *in = instance;

	batch(in, &in->open, packets, count, aead_open);
}

static void gmac_seal_all(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	struct instance *in = instance;

	batch(in, &in->seal, packets, count, gmac_seal);
}

static void gmac_open_all(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	struct instance *in = instance;

	batch(in, &in->open, packets, count, gmac_open);
}

static void mac_seal_all(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	struct instance *in = instance;

	batch(in, &in->seal, packets, count, mac_seal);
}

static void mac_open_all(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	struct instance *in = instance;

	batch(in, &in->open, packets, count, mac_open);
}

/* --- The table --- */

/*
 * Number, algorithm, key bits (0: one length only), integrity; EVP's cipher and digest; octets of
 * cipher key, salt and integrity key; IV, ICV and what the plaintext is padded to.
 */
#define SUITES(X)                                                                                     \
	X(0, AES_GCM_16, 128, NONE, "AES-128-GCM", NULL, 16, 4, 0, 8, 16, 4, "AES-GCM-128")           \
	X(1, AES_GCM_16, 256, NONE, "AES-256-GCM", NULL, 32, 4, 0, 8, 16, 4, "AES-GCM-256")           \
	X(2, AES_GCM_16, 192, NONE, "AES-192-GCM", NULL, 24, 4, 0, 8, 16, 4, "AES-GCM-192")           \
	X(3, CHACHA20_POLY1305, 0, NONE, "ChaCha20-Poly1305", NULL, 32, 4, 0, 8, 16, 4,               \
	  "CHACHA20-POLY1305")                                                                        \
	X(4, AES_CBC, 128, HMAC_SHA2_256_128, "AES-128-CBC", "SHA256", 16, 0, 32, 16, 16, 16,         \
	  "AES-CBC-128/HMAC-SHA2-256-128")                                                            \
	X(5, AES_CBC, 128, HMAC_SHA2_384_192, "AES-128-CBC", "SHA384", 16, 0, 48, 16, 24, 16,         \
	  "AES-CBC-128/HMAC-SHA2-384-192")                                                            \
	X(6, AES_CBC, 128, HMAC_SHA2_512_256, "AES-128-CBC", "SHA512", 16, 0, 64, 16, 32, 16,         \
	  "AES-CBC-128/HMAC-SHA2-512-256")                                                            \
	X(7, AES_CBC, 128, HMAC_SHA1_96, "AES-128-CBC", "SHA1", 16, 0, 20, 16, 12, 16,                \
	  "AES-CBC-128/HMAC-SHA1-96")                                                                 \
	X(8, AES_CBC, 192, HMAC_SHA2_256_128, "AES-192-CBC", "SHA256", 24, 0, 32, 16, 16, 16,         \
	  "AES-CBC-192/HMAC-SHA2-256-128")                                                            \
	X(9, AES_CBC, 192, HMAC_SHA2_384_192, "AES-192-CBC", "SHA384", 24, 0, 48, 16, 24, 16,         \
	  "AES-CBC-192/HMAC-SHA2-384-192")                                                            \
	X(10, AES_CBC, 192, HMAC_SHA2_512_256, "AES-192-CBC", "SHA512", 24, 0, 64, 16, 32, 16,        \
	  "AES-CBC-192/HMAC-SHA2-512-256")                                                            \
	X(11, AES_CBC, 192, HMAC_SHA1_96, "AES-192-CBC", "SHA1", 24, 0, 20, 16, 12, 16,               \
	  "AES-CBC-192/HMAC-SHA1-96")                                                                 \
	X(12, AES_CBC, 256, HMAC_SHA2_256_128, "AES-256-CBC", "SHA256", 32, 0, 32, 16, 16, 16,        \
	  "AES-CBC-256/HMAC-SHA2-256-128")                                                            \
	X(13, AES_CBC, 256, HMAC_SHA2_384_192, "AES-256-CBC", "SHA384", 32, 0, 48, 16, 24, 16,        \
	  "AES-CBC-256/HMAC-SHA2-384-192")                                                            \
	X(14, AES_CBC, 256, HMAC_SHA2_512_256, "AES-256-CBC", "SHA512", 32, 0, 64, 16, 32, 16,        \
	  "AES-CBC-256/HMAC-SHA2-512-256")                                                            \
	X(15, AES_CBC, 256, HMAC_SHA1_96, "AES-256-CBC", "SHA1", 32, 0, 20, 16, 12, 16,               \
	  "AES-CBC-256/HMAC-SHA1-96")                                                                 \
	X(16, NULL, 0, HMAC_SHA2_256_128, NULL, "SHA256", 0, 0, 32, 0, 16, 4, "NULL/HMAC-SHA2-256-128") \
	X(17, NULL, 0, HMAC_SHA2_384_192, NULL, "SHA384", 0, 0, 48, 0, 24, 4, "NULL/HMAC-SHA2-384-192") \
	X(18, NULL, 0, HMAC_SHA2_512_256, NULL, "SHA512", 0, 0, 64, 0, 32, 4, "NULL/HMAC-SHA2-512-256") \
	X(19, NULL, 0, HMAC_SHA1_96, NULL, "SHA1", 0, 0, 20, 0, 12, 4, "NULL/HMAC-SHA1-96") \
	X(20, AES_CTR, 128, HMAC_SHA2_256_128, "AES-128-CTR", "SHA256", 16, 4, 32, 8, 16, 4,   \
	  "AES-CTR-128/HMAC-SHA2-256-128") \
	X(21, AES_CTR, 256, HMAC_SHA2_256_128, "AES-256-CTR", "SHA256", 32, 4, 32, 8, 16, 4,   \
	  "AES-CTR-256/HMAC-SHA2-256-128") \
	X(22, AES_CTR, 256, HMAC_SHA2_512_256, "AES-256-CTR", "SHA512", 32, 4, 64, 8, 32, 4,   \
	  "AES-CTR-256/HMAC-SHA2-512-256") \
	X(23, AES_CTR, 128, HMAC_SHA1_96, "AES-128-CTR", "SHA1", 16, 4, 20, 8, 12, 4,   \
	  "AES-CTR-128/HMAC-SHA1-96") \
	X(24, NULL_AUTH_AES_GMAC, 128, NONE, "AES-128-GCM", NULL, 16, 4, 0, 8, 16, 4, "AES-GMAC-128") \
	X(25, NULL_AUTH_AES_GMAC, 192, NONE, "AES-192-GCM", NULL, 24, 4, 0, 8, 16, 4, "AES-GMAC-192") \
	X(26, NULL_AUTH_AES_GMAC, 256, NONE, "AES-256-GCM", NULL, 32, 4, 0, 8, 16, 4, "AES-GMAC-256") \
	X(27, AES_CBC, 128, HMAC_MD5_96, "AES-128-CBC", "MD5", 16, 0, 16, 16, 12, 16, \
	  "AES-CBC-128/HMAC-MD5-96") \
	X(28, AES_CBC, 192, HMAC_MD5_96, "AES-192-CBC", "MD5", 24, 0, 16, 16, 12, 16, \
	  "AES-CBC-192/HMAC-MD5-96") \
	X(29, AES_CBC, 256, HMAC_MD5_96, "AES-256-CBC", "MD5", 32, 0, 16, 16, 12, 16, \
	  "AES-CBC-256/HMAC-MD5-96") \
	X(30, NULL, 0, HMAC_MD5_96, NULL, "MD5", 0, 0, 16, 0, 12, 4, "NULL/HMAC-MD5-96") \
	X(31, 3DES, 0, HMAC_SHA2_256_128, "DES-EDE3-CBC", "SHA256", 24, 0, 32, 8, 16, 8, \
	  "3DES/HMAC-SHA2-256-128") \
	X(32, 3DES, 0, HMAC_SHA2_384_192, "DES-EDE3-CBC", "SHA384", 24, 0, 48, 8, 24, 8, \
	  "3DES/HMAC-SHA2-384-192") \
	X(33, 3DES, 0, HMAC_SHA2_512_256, "DES-EDE3-CBC", "SHA512", 24, 0, 64, 8, 32, 8, \
	  "3DES/HMAC-SHA2-512-256") \
	X(34, 3DES, 0, HMAC_SHA1_96, "DES-EDE3-CBC", "SHA1", 24, 0, 20, 8, 12, 8, "3DES/HMAC-SHA1-96") \
	X(35, 3DES, 0, HMAC_MD5_96, "DES-EDE3-CBC", "MD5", 24, 0, 16, 8, 12, 8, "3DES/HMAC-MD5-96")

#define SUITE_ROW(n_, encr_, bits_, integ_, cipher_, digest_, ck_, salt_, ik_, iv_, icv_, block_, name_) \
	[n_] = { .ops = &openssl_esp_ops[n_], .cipher = (cipher_), .digest = (digest_),           \
		 .cipher_key = (ck_), .salt = (salt_), .integ_key = (ik_) },
static const struct suite suites[OPENSSL_ESP_COUNT] = { SUITES(SUITE_ROW) };

/* instance_new() is told only whose instance it makes, so each algorithm has its own. */
#define SUITE_NEW(n_, ...)                                                                  \
	static enum cyg_status instance_new_##n_(struct cyg_plugin_ctx *ctx, void **out)    \
	{                                                                                   \
		return instance_new(&suites[n_], out);                                      \
	}
SUITES(SUITE_NEW)

#define IS_GMAC(encr_) ((encr_) == CYG_ENCR_NULL_AUTH_AES_GMAC)
#define SUITE_OPS(n_, encr_, bits_, integ_, cipher_, digest_, ck_, salt_, ik_, iv_, icv_, block_, name_) \
	[n_] = { .encr = CYG_ENCR_##encr_, .key_bits = (bits_), .integ = CYG_AUTH_##integ_,       \
		 .name = (name_), .key_len = (ck_) + (salt_) + (ik_), .iv_len = (iv_),            \
		 .icv_len = (icv_), .block_len = (block_), .instance_new = instance_new_##n_,     \
		 .instance_free = instance_free,                                                  \
		 .seal = (ik_) ? mac_seal_all : IS_GMAC(CYG_ENCR_##encr_) ? gmac_seal_all : aead_seal_all, \
		 .open = (ik_) ? mac_open_all : IS_GMAC(CYG_ENCR_##encr_) ? gmac_open_all : aead_open_all },
const struct cyg_esp_ops openssl_esp_ops[OPENSSL_ESP_COUNT] = { SUITES(SUITE_OPS) };
