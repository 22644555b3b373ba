/* SPDX-License-Identifier: MIT */
#include "crypto/keys.h"

#include <string.h>

static const char key_pad[] = "Key Pad for IKEv2"; /* RFC 7296 2.15: 17 octets, no NUL */

enum cyg_status keys_prf(const struct cyg_prf *prf, struct cyg_bytes key, const struct cyg_bytes *parts,
			 size_t count, uint8_t *out)
{
	enum cyg_status status = prf->ops->set_key(prf->instance, key);

	if (status != CYG_OK)
		return status;
	return prf->ops->compute(prf->instance, parts, count, out);
}

/* prf+ (K, S) = T1 | T2 | ..., T1 = prf(K, S | 0x01), Tn = prf(K, Tn-1 | S | n). The key is set once. */
enum cyg_status keys_prf_plus(const struct cyg_prf *prf, struct cyg_bytes key,
			      const struct cyg_bytes *parts, size_t count, uint8_t *out, size_t len)
{
	struct cyg_bytes all[KEYS_PARTS_MAX + 2];
	uint8_t block[CYG_PRF_MAX];
	uint8_t number = 0;
	size_t block_len = prf->ops->out_len, done = 0;
	enum cyg_status status;

	if (count > KEYS_PARTS_MAX || len > block_len * 255)
		return CYG_LIMIT;
	status = prf->ops->set_key(prf->instance, key);
	if (status != CYG_OK)
		return status;
	for (size_t i = 0; i < count; i++)
		all[i + 1] = parts[i];
	all[count + 1] = cyg_bytes(&number, 1);
	while (done < len) {
		size_t take = len - done < block_len ? len - done : block_len;

		all[0] = cyg_bytes(block, number ? block_len : 0);
		number++;
		status = prf->ops->compute(prf->instance, all, count + 2, block);
		if (status != CYG_OK) {
			cyg_wipe(out, len);
			break;
		}
		memcpy(out + done, block, take);
		done += take;
	}
	cyg_wipe(block, sizeof(block));
	return status;
}

/*
 * The key of this one call is Ni | Nr whole: the PRFs we know take keys of any length. (One with a
 * fixed key, AES-XCBC, would take the first half of its key from each nonce, RFC 7296 2.14.)
 */
enum cyg_status keys_skeyseed(const struct cyg_prf *prf, struct cyg_bytes nonce_i, struct cyg_bytes nonce_r,
			      struct cyg_bytes shared, uint8_t out[CYG_PRF_MAX])
{
	uint8_t key[512]; /* nonces are 16 to 256 octets (2.10); they are no secret */

	if (nonce_i.len > 256 || nonce_r.len > 256)
		return CYG_LIMIT;
	memcpy(key, nonce_i.ptr, nonce_i.len);
	memcpy(key + nonce_i.len, nonce_r.ptr, nonce_r.len);
	return keys_prf(prf, cyg_bytes(key, nonce_i.len + nonce_r.len), &shared, 1, out);
}

enum cyg_status keys_skeyseed_rekey(const struct cyg_prf *old_prf, struct cyg_bytes old_sk_d,
				    struct cyg_bytes shared, struct cyg_bytes nonce_i,
				    struct cyg_bytes nonce_r, uint8_t out[CYG_PRF_MAX])
{
	const struct cyg_bytes parts[] = { shared, nonce_i, nonce_r };

	return keys_prf(old_prf, old_sk_d, parts, CYG_COUNT(parts), out);
}

/* {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr) */
enum cyg_status keys_derive(const struct ike_algs *algs, struct cyg_bytes skeyseed, struct cyg_bytes nonce_i,
			    struct cyg_bytes nonce_r, const uint8_t spi_i[8], const uint8_t spi_r[8],
			    struct ike_keys *out)
{
	const struct cyg_bytes parts[] = {
		nonce_i, nonce_r, cyg_bytes(spi_i, 8), cyg_bytes(spi_r, 8),
	};
	size_t prf_len = algs->prf.ops->key_len;
	size_t integ_len = algs->mac.ops ? algs->mac.ops->key_len : 0;
	size_t encr_len = algs->cipher.ops->key_len;
	uint8_t all[3 * CYG_PRF_MAX + 4 * CYG_KEY_MAX];
	const uint8_t *next = all;
	struct ike_keys keys = { 0 };
	enum cyg_status status;

	CYG_ASSERT(prf_len <= CYG_PRF_MAX && integ_len <= CYG_KEY_MAX && encr_len <= CYG_KEY_MAX);
	status = keys_prf_plus(&algs->prf, skeyseed, parts, CYG_COUNT(parts), all,
			       3 * prf_len + 2 * integ_len + 2 * encr_len);
	if (status == CYG_OK) {
		const struct { uint8_t *to; size_t len; } order[] = {
			{ keys.d, prf_len },
			{ keys.ai, integ_len }, { keys.ar, integ_len },
			{ keys.ei, encr_len }, { keys.er, encr_len },
			{ keys.pi, prf_len }, { keys.pr, prf_len },
		};

		for (size_t i = 0; i < CYG_COUNT(order); i++) {
			memcpy(order[i].to, next, order[i].len);
			next += order[i].len;
		}
		*out = keys;
	}
	keys_wipe(&keys);
	cyg_wipe(all, sizeof(all));
	return status;
}

enum cyg_status keys_child(const struct cyg_prf *prf, struct cyg_bytes sk_d, struct cyg_bytes shared,
			   struct cyg_bytes nonce_i, struct cyg_bytes nonce_r, uint8_t *out, size_t len)
{
	const struct cyg_bytes parts[] = { shared, nonce_i, nonce_r };

	return keys_prf_plus(prf, sk_d, parts, CYG_COUNT(parts), out, len);
}

enum cyg_status keys_psk_pad(const struct cyg_prf *prf, struct cyg_bytes secret, uint8_t out[CYG_PRF_MAX])
{
	const struct cyg_bytes pad = cyg_bytes(key_pad, sizeof(key_pad) - 1);

	return keys_prf(prf, secret, &pad, 1, out);
}

enum cyg_status keys_maced_id(const struct cyg_prf *prf, struct cyg_bytes sk_p, struct cyg_bytes id_body,
			      uint8_t out[CYG_PRF_MAX])
{
	return keys_prf(prf, sk_p, &id_body, 1, out);
}

enum cyg_status keys_auth_psk(const struct cyg_prf *prf, struct cyg_bytes pad, struct cyg_bytes message,
			      struct cyg_bytes nonce, struct cyg_bytes maced_id, struct cyg_bytes int_auth,
			      uint8_t out[CYG_PRF_MAX])
{
	const struct cyg_bytes parts[] = { message, nonce, maced_id, int_auth };

	return keys_prf(prf, pad, parts, CYG_COUNT(parts), out);
}

static size_t icv_len(const struct ike_algs *algs)
{
	return algs->mac.ops ? algs->mac.ops->icv_len : algs->cipher.ops->icv_len;
}

/* Payloads, padding and its length octet: whole blocks for CBC, as they are for AEAD (RFC 5282 3). */
static size_t padded_len(const struct ike_algs *algs, size_t plain)
{
	size_t block = algs->cipher.ops->icv_len ? 1 : algs->cipher.ops->block_len;

	return (plain + 1 + block - 1) / block * block;
}

size_t sk_plain_offset(const struct ike_algs *algs)
{
	return algs->cipher.ops->iv_len;
}

size_t sk_sealed_len(const struct ike_algs *algs, size_t plain)
{
	return algs->cipher.ops->iv_len + padded_len(algs, plain) + icv_len(algs);
}

enum cyg_status sk_seal(const struct ike_algs *algs, const uint8_t *key_e, const uint8_t *key_a,
			const uint8_t *iv, uint8_t *message, size_t head, size_t plain)
{
	const struct cyg_cipher_ops *cipher = algs->cipher.ops;
	const struct cyg_mac_ops *mac = algs->mac.ops;
	size_t padded = padded_len(algs, plain);
	uint8_t *data = message + head + cipher->iv_len;
	struct cyg_bytes covered;
	enum cyg_status status;

	memcpy(message + head, iv, cipher->iv_len);
	memset(data + plain, 0, padded - plain);
	data[padded - 1] = (uint8_t)(padded - plain - 1);
	status = cipher->set_key(algs->cipher.instance, cyg_bytes(key_e, cipher->key_len));
	if (status != CYG_OK)
		return status;
	if (!mac)
		return cipher->seal(algs->cipher.instance, message + head, cyg_bytes(message, head),
				    data, padded, data + padded);
	status = cipher->seal(algs->cipher.instance, message + head, cyg_bytes(NULL, 0), data, padded, NULL);
	if (status != CYG_OK)
		return status;
	status = mac->set_key(algs->mac.instance, cyg_bytes(key_a, mac->key_len));
	if (status != CYG_OK)
		return status;
	covered = cyg_bytes(message, head + cipher->iv_len + padded);
	return mac->compute(algs->mac.instance, &covered, 1, data + padded);
}

enum cyg_status sk_open(const struct ike_algs *algs, const uint8_t *key_e, const uint8_t *key_a,
			uint8_t *message, size_t len, size_t head, struct cyg_bytes *out)
{
	const struct cyg_cipher_ops *cipher = algs->cipher.ops;
	const struct cyg_mac_ops *mac = algs->mac.ops;
	size_t overhead = cipher->iv_len + icv_len(algs), padded, pad;
	uint8_t *data = message + head + cipher->iv_len;
	enum cyg_status status;

	if (len < head || len - head <= overhead)
		return CYG_MALFORMED;
	padded = len - head - overhead;
	if (!cipher->icv_len && padded % cipher->block_len)
		return CYG_MALFORMED;

	if (mac) {
		uint8_t icv[CYG_ICV_MAX];
		const struct cyg_bytes covered = cyg_bytes(message, len - mac->icv_len);

		status = mac->set_key(algs->mac.instance, cyg_bytes(key_a, mac->key_len));
		if (status != CYG_OK)
			return status;
		status = mac->compute(algs->mac.instance, &covered, 1, icv);
		if (status != CYG_OK)
			return status;
		if (!cyg_bytes_equal_ct(cyg_bytes(icv, mac->icv_len), cyg_bytes(data + padded, mac->icv_len)))
			return CYG_REFUSED;
	}
	status = cipher->set_key(algs->cipher.instance, cyg_bytes(key_e, cipher->key_len));
	if (status != CYG_OK)
		return status;
	status = cipher->open(algs->cipher.instance, message + head,
			      mac ? cyg_bytes(NULL, 0) : cyg_bytes(message, head), data, padded,
			      mac ? NULL : data + padded);
	if (status != CYG_OK)
		return status;
	/* The sender has proved itself by now; what the padding holds is its own affair (3.14). */
	pad = data[padded - 1];
	if (pad + 1 > padded)
		return CYG_MALFORMED;
	*out = cyg_bytes(data, padded - pad - 1);
	return CYG_OK;
}

/* SPIs, address and port in network order (2.23). */
enum cyg_status nat_hash(const struct cyg_hash *sha1, const uint8_t spi_i[8], const uint8_t spi_r[8],
			 const struct cyg_endpoint *endpoint, uint8_t out[NAT_HASH_LEN])
{
	const uint8_t port[2] = { (uint8_t)(endpoint->port >> 8), (uint8_t)endpoint->port };
	const struct cyg_bytes parts[] = {
		cyg_bytes(spi_i, 8), cyg_bytes(spi_r, 8),
		cyg_bytes(endpoint->ip.octets, cyg_ip_len(&endpoint->ip)), cyg_bytes(port, 2),
	};

	CYG_ASSERT(sha1->ops->out_len == NAT_HASH_LEN);
	return sha1->ops->compute(sha1->instance, parts, CYG_COUNT(parts), out);
}

enum cyg_status cookie_make(const struct cyg_prf *prf, struct cyg_bytes secret, uint8_t version,
			    struct cyg_bytes nonce_i, const struct cyg_endpoint *from,
			    const uint8_t spi_i[8], uint8_t out[COOKIE_LEN])
{
	const uint8_t port[2] = { (uint8_t)(from->port >> 8), (uint8_t)from->port };
	const struct cyg_bytes parts[] = {
		nonce_i, cyg_bytes(from->ip.octets, cyg_ip_len(&from->ip)), cyg_bytes(port, 2),
		cyg_bytes(spi_i, 8),
	};
	uint8_t mac[CYG_PRF_MAX] = { 0 };
	enum cyg_status status = keys_prf(prf, secret, parts, CYG_COUNT(parts), mac);

	if (status != CYG_OK)
		return status;
	out[0] = version;
	memcpy(out + 1, mac, COOKIE_LEN - 1);
	return CYG_OK;
}
