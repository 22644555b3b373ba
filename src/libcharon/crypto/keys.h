/* SPDX-License-Identifier: MIT */
/*
 * The key schedule of IKEv2 (RFC 7296 2.13 to 2.18), the SK payload's cryptography (RFC 7296 3.14,
 * RFC 5282), NAT detection and cookies: everything between an algorithm and an exchange.
 *
 * Pure functions over algorithms that were resolved on this shard (cyg_get_prf() and the like);
 * call on the shard's thread. Nothing here allocates, logs or keeps a pointer. `out` is untouched on
 * failure unless it says otherwise; what was derived on the way is wiped.
 */
#ifndef CRYPTO_KEYS_H
#define CRYPTO_KEYS_H

#include <cygnet/crypto.h>
#include <cygnet/ip.h>

/* The algorithms of one IKE_SA on its shard. `mac.ops` is NULL with an AEAD cipher. */
struct ike_algs {
	struct cyg_cipher cipher;
	struct cyg_mac mac;
	struct cyg_prf prf;
};

/*
 * SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr. The lengths in use are those of the algorithms
 * (cipher key_len with its salt, mac key_len, prf key_len). Plain data: allocate it (or the struct it is in)
 * by cyg_secret_alloc(), or wipe it by keys_wipe().
 */
struct ike_keys {
	uint8_t d[CYG_PRF_MAX];
	uint8_t ai[CYG_KEY_MAX], ar[CYG_KEY_MAX];
	uint8_t ei[CYG_KEY_MAX], er[CYG_KEY_MAX];
	uint8_t pi[CYG_PRF_MAX], pr[CYG_PRF_MAX];
};
static inline void keys_wipe(struct ike_keys *keys)
{
	cyg_wipe(keys, sizeof(*keys));
}

/* prf(key, parts...) to out_len octets at `out`. */
enum cyg_status keys_prf(const struct cyg_prf *prf, struct cyg_bytes key, const struct cyg_bytes *parts,
			 size_t count, uint8_t *out) CYG_MUST_CHECK;
/* prf+ (RFC 7296 2.13): `len` octets at `out` (wiped on failure). At most KEYS_PARTS_MAX parts.
 * CYG_LIMIT above 255 blocks. */
#define KEYS_PARTS_MAX 8
enum cyg_status keys_prf_plus(const struct cyg_prf *prf, struct cyg_bytes key,
			      const struct cyg_bytes *parts, size_t count, uint8_t *out, size_t len)
	CYG_MUST_CHECK;

/* SKEYSEED = prf(Ni | Nr, g^ir) (2.14); prf out_len octets. */
enum cyg_status keys_skeyseed(const struct cyg_prf *prf, struct cyg_bytes nonce_i, struct cyg_bytes nonce_r,
			      struct cyg_bytes shared, uint8_t out[CYG_PRF_MAX]) CYG_MUST_CHECK;
/* SKEYSEED of a rekeyed IKE_SA = prf(SK_d (old), g^ir (new) | Ni | Nr) (2.18), by the old SA's prf. */
enum cyg_status keys_skeyseed_rekey(const struct cyg_prf *old_prf, struct cyg_bytes old_sk_d,
				    struct cyg_bytes shared, struct cyg_bytes nonce_i,
				    struct cyg_bytes nonce_r, uint8_t out[CYG_PRF_MAX]) CYG_MUST_CHECK;
/* The seven keys = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr); SPIs as they are on the wire. */
enum cyg_status keys_derive(const struct ike_algs *algs, struct cyg_bytes skeyseed, struct cyg_bytes nonce_i,
			    struct cyg_bytes nonce_r, const uint8_t spi_i[8], const uint8_t spi_r[8],
			    struct ike_keys *out) CYG_MUST_CHECK;

/*
 * KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr) (2.17), `len` octets at `out`. For ESP: first the key of
 * initiator to responder (cipher key, salt, integrity key: struct cyg_esp_packet's raw key), then
 * the same of the other direction. `shared` is empty without a key exchange of its own.
 */
enum cyg_status keys_child(const struct cyg_prf *prf, struct cyg_bytes sk_d, struct cyg_bytes shared,
			   struct cyg_bytes nonce_i, struct cyg_bytes nonce_r, uint8_t *out, size_t len)
	CYG_MUST_CHECK;

/* --- AUTH (2.15) --- */

/* prf(shared secret, "Key Pad for IKEv2"): may be kept per key and PRF. */
enum cyg_status keys_psk_pad(const struct cyg_prf *prf, struct cyg_bytes secret, uint8_t out[CYG_PRF_MAX])
	CYG_MUST_CHECK;
/* MACedIDFor = prf(SK_p, body of the ID payload without its generic header). */
enum cyg_status keys_maced_id(const struct cyg_prf *prf, struct cyg_bytes sk_p, struct cyg_bytes id_body,
			      uint8_t out[CYG_PRF_MAX]) CYG_MUST_CHECK;
/* AUTH data by a shared key: prf(pad, message | the peer's nonce | MACedIDFor | int_auth). `message` is
 * the signer's first message whole; `int_auth` is IntAuth of RFC 9242, empty without it. Also for EAP with the MSK as secret. */
enum cyg_status keys_auth_psk(const struct cyg_prf *prf, struct cyg_bytes pad, struct cyg_bytes message,
			      struct cyg_bytes nonce, struct cyg_bytes maced_id, struct cyg_bytes int_auth,
			      uint8_t out[CYG_PRF_MAX]) CYG_MUST_CHECK;

/* --- The SK payload (3.14; AEAD: RFC 5282) --- */

/* What comes after the `head` octets (IKE header, payloads in clear, the SK payload's generic header
 * or SKF's header) for `plain` octets of payloads: IV, ciphertext with padding, ICV. */
size_t sk_sealed_len(const struct ike_algs *algs, size_t plain);
/* Where the plaintext begins, counted from the end of the head. */
size_t sk_plain_offset(const struct ike_algs *algs);
/*
 * Seals in place. `message` holds `head` octets with all length fields final, then a gap of
 * sk_plain_offset(), then `plain` octets of payloads; its room is head + sk_sealed_len(). `iv` is
 * cipher iv_len octets: a counter that never repeats under one key (AEAD), unpredictable (CBC).
 * `key_e`, `key_a`: ei and ai or er and ar of the sender.
 */
enum cyg_status sk_seal(const struct ike_algs *algs, const uint8_t *key_e, const uint8_t *key_a,
			const uint8_t *iv, uint8_t *message, size_t head, size_t plain) CYG_MUST_CHECK;
/*
 * Opens in place; `len` is the whole message. On success *out is a view of the payloads, without padding.
 * CYG_MALFORMED: lengths cannot be; CYG_REFUSED: the ICV is wrong (nothing else was looked at).
 */
enum cyg_status sk_open(const struct ike_algs *algs, const uint8_t *key_e, const uint8_t *key_a,
			uint8_t *message, size_t len, size_t head, struct cyg_bytes *out) CYG_MUST_CHECK;

/* --- NAT detection and cookies --- */

#define NAT_HASH_LEN 20
/* SHA-1(SPIs | address | port), 2.23; `sha1` is CYG_HASH_SHA1 on this shard. */
enum cyg_status nat_hash(const struct cyg_hash *sha1, const uint8_t spi_i[8], const uint8_t spi_r[8],
			 const struct cyg_endpoint *endpoint, uint8_t out[NAT_HASH_LEN]) CYG_MUST_CHECK;

#define COOKIE_LEN 33
/*
 * A cookie without state (2.6): the secret's version, then prf(secret, Ni | address | port | SPIi) cut to 32 octets
 * (zero-filled behind a shorter PRF). The receiver makes it again and compares by cyg_bytes_equal_ct().
 */
enum cyg_status cookie_make(const struct cyg_prf *prf, struct cyg_bytes secret, uint8_t version,
			    struct cyg_bytes nonce_i, const struct cyg_endpoint *from,
			    const uint8_t spi_i[8], uint8_t out[COOKIE_LEN]) CYG_MUST_CHECK;

#endif
