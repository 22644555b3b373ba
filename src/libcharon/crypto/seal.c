/* SPDX-License-Identifier: MIT */
#include "crypto/seal.h"

#include "crypto/keys.h"

#define VERSION	 1
#define KEY_LEN	 32
#define TAG_LEN	 16
#define HEAD_LEN (1 + SEAL_SALT_LEN + SEAL_CHECK_LEN)
#define BODY_MIN (HEAD_LEN + SEAL_NONCE_LEN + TAG_LEN)
#define BODY_MAX (BODY_MIN + CYG_SECRET_MAX)

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* --- Text --- */

static void add_text(struct cyg_strbuf *out, struct cyg_bytes octets)
{
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < octets.len; i++) {
		bits = bits << 8 | octets.ptr[i];
		for (count += 8; count >= 6; count -= 6)
			cyg_strbuf_add(out, cyg_str_n(&alphabet[bits >> (count - 6) & 63], 1));
	}
	if (count)
		cyg_strbuf_add(out, cyg_str_n(&alphabet[bits << (6 - count) & 63], 1));
}

/* Each text has one spelling: bits that are left over are zero. `room` octets at `out`. */
static enum cyg_status read_text(struct cyg_str text, uint8_t *out, size_t room, size_t *len)
{
	uint32_t bits = 0;
	unsigned count = 0;

	if (text.len % 4 == 1)
		return CYG_MALFORMED;
	*len = 0;
	for (size_t i = 0; i < text.len; i++) {
		const char *at = memchr(alphabet, text.ptr[i], sizeof(alphabet) - 1);

		if (!at)
			return CYG_MALFORMED;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		if (*len == room)
			return CYG_LIMIT;
		out[(*len)++] = (uint8_t)(bits >> count);
	}
	return bits & ((1u << count) - 1) ? CYG_MALFORMED : CYG_OK;
}

/* --- Key --- */

/* T = U1 ^ U2 ^ ..., U1 = prf(password, salt | 1), Un = prf(password, Un-1): one block is all that is needed. */
static enum cyg_status stretch(const struct cyg_prf *prf, struct cyg_bytes password, const uint8_t *salt,
			       uint32_t iterations, uint8_t out[KEY_LEN])
{
	static const uint8_t first[4] = { 0, 0, 0, 1 };
	const struct cyg_bytes begin[] = { cyg_bytes(salt, SEAL_SALT_LEN), cyg_bytes(first, sizeof(first)) };
	uint8_t block[KEY_LEN];
	const struct cyg_bytes again = cyg_bytes(block, sizeof(block));
	enum cyg_status status = keys_prf(prf, password, begin, CYG_COUNT(begin), block);

	if (status == CYG_OK)
		memcpy(out, block, KEY_LEN);
	for (uint32_t n = 1; status == CYG_OK && n < iterations; n++) {
		status = prf->ops->compute(prf->instance, &again, 1, block);
		for (size_t i = 0; i < KEY_LEN; i++)
			out[i] ^= block[i];
	}
	cyg_wipe(block, sizeof(block));
	return status;
}

enum cyg_status seal_key_make(const struct cyg_prf *prf, struct cyg_bytes password, const uint8_t salt[SEAL_SALT_LEN],
			      uint32_t iterations, struct seal_key *out)
{
	const struct cyg_bytes purpose = cyg_bytes("key check", 9);
	struct seal_key key = { 0 };
	uint8_t check[CYG_PRF_MAX];
	enum cyg_status status;

	if (prf->ops->id != CYG_PRF_HMAC_SHA2_256 || prf->ops->out_len != KEY_LEN)
		return CYG_UNSUPPORTED;
	if (!password.len || !iterations)
		return CYG_MALFORMED;
	status = cyg_secret_init(&key.octets, KEY_LEN);
	if (status != CYG_OK)
		return status;
	status = stretch(prf, password, salt, iterations, key.octets.ptr);
	if (status == CYG_OK)
		status = keys_prf(prf, cyg_secret_bytes(&key.octets), &purpose, 1, check);
	if (status != CYG_OK) {
		seal_key_done(&key);
		return status;
	}
	memcpy(key.salt, salt, SEAL_SALT_LEN);
	memcpy(key.check, check, SEAL_CHECK_LEN);
	cyg_wipe(check, sizeof(check));
	*out = key;
	return CYG_OK;
}

void seal_key_done(struct seal_key *key)
{
	cyg_secret_done(&key->octets);
	cyg_wipe(key, sizeof(*key));
}

/* --- Sealing --- */

/* The cipher's key ends with the first octets of the nonce (its salt); the others are its IV. */
static enum cyg_status set_key(const struct cyg_cipher *cipher, const struct seal_key *key, const uint8_t *nonce)
{
	const struct cyg_cipher_ops *ops = cipher->ops;
	uint8_t whole[KEY_LEN + SEAL_NONCE_LEN];
	enum cyg_status status;

	if (ops->id != CYG_ENCR_AES_GCM_16 || ops->icv_len != TAG_LEN || ops->key_len != KEY_LEN + ops->salt_len ||
	    ops->salt_len + ops->iv_len != SEAL_NONCE_LEN)
		return CYG_UNSUPPORTED;
	memcpy(whole, key->octets.ptr, KEY_LEN);
	memcpy(whole + KEY_LEN, nonce, ops->salt_len);
	status = ops->set_key(cipher->instance, cyg_bytes(whole, ops->key_len));
	cyg_wipe(whole, sizeof(whole));
	return status;
}

enum cyg_status seal_text(const struct cyg_cipher *cipher, const struct seal_key *key, const uint8_t nonce[SEAL_NONCE_LEN],
			  struct cyg_bytes clear, struct cyg_strbuf *out)
{
	uint8_t body[BODY_MAX] = { VERSION };
	uint8_t *data = body + HEAD_LEN + SEAL_NONCE_LEN;
	enum cyg_status status;

	if (clear.len > CYG_SECRET_MAX)
		return CYG_LIMIT;
	status = set_key(cipher, key, nonce);
	if (status != CYG_OK)
		return status;
	memcpy(body + 1, key->salt, SEAL_SALT_LEN);
	memcpy(body + 1 + SEAL_SALT_LEN, key->check, SEAL_CHECK_LEN);
	memcpy(body + HEAD_LEN, nonce, SEAL_NONCE_LEN);
	if (clear.len)
		memcpy(data, clear.ptr, clear.len);
	status = cipher->ops->seal(cipher->instance, nonce + cipher->ops->salt_len, cyg_bytes(body, HEAD_LEN), data,
				   clear.len, data + clear.len);
	if (status == CYG_OK)
		add_text(out, cyg_bytes(body, BODY_MIN + clear.len));
	cyg_wipe(body, sizeof(body));
	return status == CYG_OK && out->cut ? CYG_LIMIT : status;
}

/* The octets of a text, BODY_MAX of room. */
static enum cyg_status read_body(struct cyg_str text, uint8_t *body, size_t *len)
{
	enum cyg_status status = read_text(text, body, BODY_MAX, len);

	return status == CYG_OK && (*len < BODY_MIN || body[0] != VERSION) ? CYG_MALFORMED : status;
}

enum cyg_status seal_salt(struct cyg_str text, uint8_t salt[SEAL_SALT_LEN])
{
	uint8_t body[BODY_MAX];
	size_t len;
	enum cyg_status status = read_body(text, body, &len);

	if (status == CYG_OK)
		memcpy(salt, body + 1, SEAL_SALT_LEN);
	return status;
}

enum cyg_status seal_open(const struct cyg_cipher *cipher, const struct seal_key *key, struct cyg_str text,
			  struct cyg_secret *out)
{
	uint8_t body[BODY_MAX];
	uint8_t *nonce = body + HEAD_LEN, *data = nonce + SEAL_NONCE_LEN;
	size_t len;
	enum cyg_status status = read_body(text, body, &len);

	if (status != CYG_OK)
		return status;
	if (!cyg_bytes_equal_ct(cyg_bytes(body + 1, SEAL_SALT_LEN), cyg_bytes(key->salt, SEAL_SALT_LEN)) ||
	    !cyg_bytes_equal_ct(cyg_bytes(body + 1 + SEAL_SALT_LEN, SEAL_CHECK_LEN),
				cyg_bytes(key->check, SEAL_CHECK_LEN)))
		return CYG_NOT_FOUND;
	len -= BODY_MIN;
	status = set_key(cipher, key, nonce);
	if (status == CYG_OK)
		status = cipher->ops->open(cipher->instance, nonce + cipher->ops->salt_len, cyg_bytes(body, HEAD_LEN),
					   data, len, data + len);
	if (status == CYG_OK)
		status = cyg_secret_copy(out, cyg_bytes(data, len));
	cyg_wipe(body, sizeof(body));
	return status;
}
