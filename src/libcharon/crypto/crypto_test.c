/* SPDX-License-Identifier: MIT */
/*
 * The expected octets were computed from the formulas of RFC 7296 with Python's hmac and hashlib,
 * and the sealed messages with another binding of the ciphers.
 */
#include "crypto/keys.h"
#include "crypto/names.h"
#include "testing/unit/harness.h"
#include "testing/unit/octets.h"

#include <check.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_openssl;

static const char skeyseed_256[] =
	"\x50\xbe\x61\xb5\x29\xfb\x93\x1b\xa6\x6b\x16\x6f\x24\x17\xc0\x64\xd3\xe5\x49\xc8"
	"\x80\xdd\x45\x8c\xb6\x44\x1d\x38\x8d\xfa\x92\xa4";
static const char keys_gcm_256[] =
	"\xc2\xcb\x75\xc9\xdf\xdd\x07\x8b\xbc\x3f\x29\x91\x4b\xc5\x49\x45\xea\xe0\x5c\x1a"
	"\x7f\x39\x1a\x09\xdb\xcc\xda\xf1\x95\x4b\xe9\x52\x19\x82\x35\x25\x95\xd4\x0b\x13"
	"\xaf\x34\x92\x80\x97\x60\xec\xa8\x58\xfb\x3b\x48\x6e\x3f\x2c\x54\xa6\xbe\x8a\xa0"
	"\x68\x47\x00\x75\xc1\x1d\xbc\x2a\x85\x08\x8c\xaa\x6c\xf2\x2e\x85\x53\x17\x39\x41"
	"\x68\x40\x71\x10\xf6\xf6\xc9\xa8\x2c\xd8\x74\x62\x8a\x06\x20\x10\xdd\xf8\xb5\x6f"
	"\xd1\xe4\x13\xf9\x59\x95\xae\x64\x9b\xbd\x69\x00\xb8\x22\x52\xca\xe0\xf1\xb4\x78"
	"\x2c\xb3\xdb\x9d\x0f\xed\x5d\x66\x30\x1f\x1d\x08\x9d\xce\x0a\xf0";
static const char keys_cbc_sha1[] =
	"\x73\x15\xca\x0e\xd8\x0a\xe7\x45\x3b\x05\xeb\x50\x0b\x02\xfd\xa8\xb5\x23\xba\xab"
	"\x4a\x7e\xc1\xd9\xa6\xd4\x2b\xe1\x1c\xee\x5a\x39\x01\x06\xa3\xd6\xa0\xff\x73\xaa"
	"\x68\xcd\xeb\x01\xa5\xfb\xb6\xac\xf0\xbc\x5b\xe3\x3b\x38\x04\x6f\xfa\x11\xa2\xf5"
	"\x04\x84\x6a\x51\xcd\xab\x8f\x99\x58\xcb\xac\x53\x98\x7e\x10\x49\x3c\x4d\xc3\xa7"
	"\x4c\x93\x2d\xa6\x78\xb2\xd5\x02\xe7\x50\xb5\x9a\x44\xa1\x01\x8f\xf3\x06\x1b\x79"
	"\x06\x05\x82\xab\x03\x0d\x8d\xeb\x11\x58\x9d\xae\x73\x88\x6b\x5f\xad\xd4\xe8\xac"
	"\x08\xb4\x7b\x8c\xf8\xaf\xdb\x05\x21\xb2\xd5\x85\x77\x2b\x2c\xec\xcb\xf0\x05\x51"
	"\x3f\x74\x70\x1f\xca\xaf\xa8\xb9\xdd\xf5\x58\xd6\xa0\x45\xaa\x40\x68\xc7\x39\x9a"
	"\xf3\x26\x60\x13\x3b\x26\xb0\x81\xad\x7d\x00\xb9\x79\x69\x33\xfc\x7c\xe1\x4d\x5b"
	"\xea\x10\xe6\x58\x6e\x7d\x7f\x9e\xe6\x39\xf9\xa7\xe5\x15\x7a\xbc\xe1\x71\xc9\xe6"
	"\x8d\xf0\x1d\x54\xe2\x06\x6b\xaa\x7b\xab\x3d\x0b\x40\x3e\x24\x87\xe8\x81\x0b\x1a"
	"\x8a\xa3\x5e\x72\x9a\x1e\x18\x4e\x85\xff\xf1\xfc\x09\x2a\xfc\x71\xb9\x16\xf2\xbd"
	"\x05\xc9\xc0\xff\x5d\xbd\xad\x60\x94\x73\x3a\x24";
static const char keymat[] =
	"\xf9\x31\xc7\xb2\xdd\xbe\xeb\xaf\x21\x41\xea\x69\xab\xf2\x95\xf7\x4b\x1c\x88\xd1"
	"\x3f\xbb\x72\x73\x5d\xb8\x9d\x4b\x37\x96\x3e\xcf\xcc\xa7\x01\x1b\x91\xec\x59\xe7"
	"\x10\x5a\x4e\x48\x35\xc1\x72\xbe\xe3\xec\x78\xe9\xc1\xcb\xaf\xe6\x7f\xe7\xf8\x12"
	"\x2d\x33\xb5\x5f\x59\x73\x8e\xe4\xd2\x5b\x26\x1b\xc0\x1a\x9b\x59\xaa\x98\x69\xf6"
	"\x0f\x1f\x0e\x07\xea\x54\x3f\x23\x57\x7e\x8e\x62\x67\x71\xdc\x5e";
static const char keymat_pfs[] =
	"\xa1\xb7\x2b\x23\xa8\x6f\x08\xe8\x78\xf3\x2e\xd0\xc3\xf0\xc7\xc5\xe2\x34\xf7\x8f"
	"\x64\xb5\x71\x62\xed\x11\xaf\x4a\xed\xeb\x48\x4d\xf6\x95\x02\x40\x70\xee\x7c\x7d"
	"\x7f\x46\x72\xce\x66\xa3\xec\xf8\xf2\x0f\xc8\xf1\xd6\xe9\xf8\x22\xa1\x06\x65\x34"
	"\x6c\xaa\x1d\xd4\xc5\x93\xc3\x4f\x4c\xb8\x09\xa6";
static const char skeyseed_rekey[] =
	"\xb0\xbc\x4a\xe5\x95\x86\x11\x5b\x35\x7f\x68\x40\x9c\x52\x47\x62\x21\xc7\xb5\xf1"
	"\x0d\x7c\xd3\x77\x37\x9c\xc1\x7c\x61\x9a\x1a\xb0";
static const char psk_pad[] =
	"\xa3\xcc\x86\x47\x50\xc5\xf7\x9f\x63\x28\x57\x72\x30\xe5\x94\xed\xe0\xa2\x70\x35"
	"\xe1\x2a\xa9\x2e\x26\x54\xe3\x1b\xbd\xb6\x92\xe8";
static const char maced_id[] =
	"\x03\xb5\xdb\x7d\xfe\x43\x3b\x18\x8a\xc9\x54\x1e\x4f\x2b\x96\x9c\xa6\x5f\xac\xc6"
	"\x25\x4f\xa5\xf5\xcd\xfb\xb5\xa3\xf6\x6f\x5b\x65";
static const char auth[] =
	"\xa1\x2b\xf4\x3e\x31\xb0\xec\xe1\xdc\xe0\x04\xe8\x4d\x23\x66\x4e\x88\x0a\x44\xa6"
	"\x8d\x69\x2c\x46\x92\xa5\x3c\xf7\xe6\xdd\x87\x29";
static const char auth_intermediate[] =
	"\xb5\x1f\x31\x5d\x82\xbe\xcd\x8d\x7c\xac\xbb\xe5\xbf\xea\x84\x62\xec\x61\x5c\xbf"
	"\x45\x34\xbf\xdc\x79\x39\x60\x6d\xd0\xfe\x9d\x43";
static const char sealed_gcm[] =
	"\x00\x00\x00\x00\x00\x00\x00\x07\x63\x96\x8e\xb4\x8c\x96\xb1\xd3\x73\xd4\x7e\xa6"
	"\xef\x5e\x37\xac\x63\xcb\xa6\x80\x03\xf4\xe3\x19\x65\x11\x3b\xca\x46\x07\x8f\x59"
	"\xe6\x0c\x2f\xda\x67\xef\x3d\x4b\xc6\x4b\x17\xb3";
static const char sealed_cbc[] =
	"\x40\x41\x42\x43\x44\x45\x46\x47\x48\x49\x4a\x4b\x4c\x4d\x4e\x4f\x25\x1f\xb0\x00"
	"\xd1\xf8\xfc\xc0\xa0\xbd\x18\x0e\x71\xcf\x0d\xd2\x06\x48\xd9\xbc\xe8\xd6\x83\xa7"
	"\x7c\xde\xdd\xfc\x06\xf4\xb2\xf5\x63\xf7\xea\xf9\x06\xde\xba\xca\xdf\xa9\x56\xbd"
	"\x74\xaa\x6e\xba\x1e\xb7\x02\xb7\x0c\x8b\x73\x58\x6c\xc1\x0a\xac\xde\xe1\xb5\x15";
static const char nat[] =
	"\xb4\x3b\x59\x39\x4b\xf8\xbc\x93\x02\x46\xa8\xf8\x0b\x6f\xdd\xf0\x5c\x58\xd9\xbf";
static const char nat6[] =
	"\x31\x71\x55\x05\x55\xfe\xbf\xca\xa9\x6b\xf5\x7e\xf3\x8a\xfe\x14\x49\xb1\xb0\x0f";
static const char cookie[] =
	"\x05\xae\x29\x97\x0f\x2b\xfc\xac\xfe\x6f\x1e\x3f\x1b\x04\xdf\x89\x4e\xb5\xd6\x64"
	"\xd5\x58\x45\x13\x31\x7c\x6f\x3b\xbf\x25\x2d\x2b\xa2";
static const char cookie_sha1[] =
	"\x05\x65\x63\x25\xae\x3a\xff\x3d\x66\x8b\x3f\x0b\xf9\xdd\x04\xf0\xf4\x47\xa8\x2a"
	"\x6b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";

static struct harness *h;
static struct ike_algs gcm, cbc;
static struct cyg_prf prf256;
static uint8_t ni[32], nr[24], g_ir[32];
static const uint8_t spi_i[8] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
static const uint8_t spi_r[8] = { 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10 };

#define NI cyg_bytes(ni, sizeof(ni))
#define NR cyg_bytes(nr, sizeof(nr))
#define G  cyg_bytes(g_ir, sizeof(g_ir))

static void open_stage(void)
{
	h = harness_start(&cyg_plugin_openssl, NULL);
	ck_assert_int_eq(cyg_get_prf(h->shard, CYG_PRF_HMAC_SHA2_256, &prf256), CYG_OK);
	gcm = cbc = (struct ike_algs){ 0 };
	gcm.prf = prf256;
	ck_assert_int_eq(cyg_get_cipher(h->shard, CYG_ENCR_AES_GCM_16, 128, &gcm.cipher), CYG_OK);
	ck_assert_int_eq(cyg_get_cipher(h->shard, CYG_ENCR_AES_CBC, 256, &cbc.cipher), CYG_OK);
	ck_assert_int_eq(cyg_get_mac(h->shard, CYG_AUTH_HMAC_SHA2_512_256, &cbc.mac), CYG_OK);
	ck_assert_int_eq(cyg_get_prf(h->shard, CYG_PRF_HMAC_SHA1, &cbc.prf), CYG_OK);
	for (size_t i = 0; i < sizeof(ni); i++)
		ni[i] = (uint8_t)(0x10 + i);
	for (size_t i = 0; i < sizeof(nr); i++)
		nr[i] = (uint8_t)(0x80 + i);
	for (size_t i = 0; i < sizeof(g_ir); i++)
		g_ir[i] = (uint8_t)(i * 5 + 3);
}

static void close_stage(void)
{
	harness_stop(h);
}

static void derive(const struct ike_algs *algs, struct ike_keys *keys)
{
	uint8_t skeyseed[CYG_PRF_MAX];

	ck_assert_int_eq(keys_skeyseed(&algs->prf, NI, NR, G, skeyseed), CYG_OK);
	ck_assert_int_eq(keys_derive(algs, cyg_bytes(skeyseed, algs->prf.ops->out_len), NI, NR, spi_i, spi_r, keys),
			 CYG_OK);
}

START_TEST(skeyseed_is_the_prf_of_the_nonces_and_the_shared_secret)
{
	uint8_t out[CYG_PRF_MAX];

	ck_assert_int_eq(keys_skeyseed(&prf256, NI, NR, G, out), CYG_OK);
	ck_assert_mem_eq(out, skeyseed_256, 32);
	ck_assert_int_eq(keys_skeyseed(&prf256, cyg_bytes(out, 257), NR, G, out), CYG_LIMIT);
}
END_TEST

START_TEST(seven_keys_follow_in_order_without_integrity_keys_for_aead)
{
	struct ike_keys keys;

	derive(&gcm, &keys);
	ck_assert_mem_eq(keys.d, keys_gcm_256, 32);
	ck_assert_mem_eq(keys.ei, keys_gcm_256 + 32, 20);
	ck_assert_mem_eq(keys.er, keys_gcm_256 + 52, 20);
	ck_assert_mem_eq(keys.pi, keys_gcm_256 + 72, 32);
	ck_assert_mem_eq(keys.pr, keys_gcm_256 + 104, 32);
	ck_assert_uint_eq(keys.ai[0] | keys.ar[0], 0);
}
END_TEST

START_TEST(seven_keys_follow_in_order_with_integrity_keys)
{
	struct ike_keys keys;

	derive(&cbc, &keys);
	ck_assert_mem_eq(keys.d, keys_cbc_sha1, 20);
	ck_assert_mem_eq(keys.ai, keys_cbc_sha1 + 20, 64);
	ck_assert_mem_eq(keys.ar, keys_cbc_sha1 + 84, 64);
	ck_assert_mem_eq(keys.ei, keys_cbc_sha1 + 148, 32);
	ck_assert_mem_eq(keys.er, keys_cbc_sha1 + 180, 32);
	ck_assert_mem_eq(keys.pi, keys_cbc_sha1 + 212, 20);
	ck_assert_mem_eq(keys.pr, keys_cbc_sha1 + 232, 20);
}
END_TEST

START_TEST(prf_plus_ends_after_255_blocks)
{
	static uint8_t out[255 * 32 + 1];
	const struct cyg_bytes seed = NI;

	ck_assert_int_eq(keys_prf_plus(&prf256, NR, &seed, 1, out, sizeof(out) - 1), CYG_OK);
	ck_assert_int_eq(keys_prf_plus(&prf256, NR, &seed, 1, out, sizeof(out)), CYG_LIMIT);
}
END_TEST

START_TEST(child_keys_come_with_and_without_a_key_exchange)
{
	struct ike_keys keys;
	uint8_t out[96];

	derive(&gcm, &keys);
	ck_assert_int_eq(keys_child(&prf256, cyg_bytes(keys.d, 32), cyg_bytes(NULL, 0), NI, NR, out, 96), CYG_OK);
	ck_assert_mem_eq(out, keymat, 96);
	ck_assert_int_eq(keys_child(&prf256, cyg_bytes(keys.d, 32), G, NI, NR, out, 72), CYG_OK);
	ck_assert_mem_eq(out, keymat_pfs, 72);
}
END_TEST

START_TEST(a_rekeyed_ike_sa_starts_from_the_old_sk_d)
{
	struct ike_keys keys;
	uint8_t out[CYG_PRF_MAX];

	derive(&gcm, &keys);
	ck_assert_int_eq(keys_skeyseed_rekey(&prf256, cyg_bytes(keys.d, 32), G, NI, NR, out), CYG_OK);
	ck_assert_mem_eq(out, skeyseed_rekey, 32);
}
END_TEST

START_TEST(auth_by_a_shared_key_covers_message_nonce_and_identity)
{
	static const uint8_t id[] = "\2\0\0\0gw.example.com";
	uint8_t pad[CYG_PRF_MAX], mac[CYG_PRF_MAX], out[CYG_PRF_MAX], message[200], more[68];
	struct ike_keys keys;

	derive(&gcm, &keys);
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)(i * 7);
	memset(more, 0x11, sizeof(more));
	ck_assert_int_eq(keys_psk_pad(&prf256, cyg_bytes("a shared secret", 15), pad), CYG_OK);
	ck_assert_mem_eq(pad, psk_pad, 32);
	ck_assert_int_eq(keys_maced_id(&prf256, cyg_bytes(keys.pi, 32), cyg_bytes(id, sizeof(id) - 1), mac), CYG_OK);
	ck_assert_mem_eq(mac, maced_id, 32);
	ck_assert_int_eq(keys_auth_psk(&prf256, cyg_bytes(pad, 32), cyg_bytes(message, sizeof(message)), NR,
				       cyg_bytes(mac, 32), cyg_bytes(NULL, 0), out), CYG_OK);
	ck_assert_mem_eq(out, auth, 32);
	ck_assert_int_eq(keys_auth_psk(&prf256, cyg_bytes(pad, 32), cyg_bytes(message, sizeof(message)), NR,
				       cyg_bytes(mac, 32), cyg_bytes(more, sizeof(more)), out), CYG_OK);
	ck_assert_mem_eq(out, auth_intermediate, 32);
}
END_TEST

/* --- The SK payload --- */

#define HEAD 32
static const char plain[] = "payloads of some odd length";
#define PLAIN (sizeof(plain) - 1)

static size_t build(const struct ike_algs *algs, const struct ike_keys *keys, const uint8_t *iv, uint8_t *message)
{
	for (size_t i = 0; i < HEAD; i++)
		message[i] = (uint8_t)i;
	memcpy(message + HEAD + sk_plain_offset(algs), plain, PLAIN);
	ck_assert_int_eq(sk_seal(algs, keys->ei, keys->ai, iv, message, HEAD, PLAIN), CYG_OK);
	return HEAD + sk_sealed_len(algs, PLAIN);
}

static void seal_open_and_break(const struct ike_algs *algs, const uint8_t *iv, const char *want, size_t want_len)
{
	uint8_t message[256], *exact;
	struct ike_keys keys;
	struct cyg_bytes out;
	size_t len;

	derive(algs, &keys);
	len = build(algs, &keys, iv, message);
	ck_assert_uint_eq(len, HEAD + want_len);
	ck_assert_mem_eq(message + HEAD, want, want_len);

	exact = test_memdup(message, len);
	ck_assert_int_eq(sk_open(algs, keys.ei, keys.ai, exact, len, HEAD, &out), CYG_OK);
	ck_assert_uint_eq(out.len, PLAIN);
	ck_assert_mem_eq(out.ptr, plain, PLAIN);
	free(exact);

	/* Every octet counts: the head, the IV, the ciphertext, the ICV. */
	for (size_t i = 0; i < len; i++) {
		exact = test_memdup(message, len);
		exact[i] ^= 0x80;
		out = cyg_bytes(NULL, 77);
		ck_assert_msg(sk_open(algs, keys.ei, keys.ai, exact, len, HEAD, &out) == CYG_REFUSED, "octet %zu", i);
		ck_assert_uint_eq(out.len, 77);
		free(exact);
	}
	/* And so does every truncation. */
	for (size_t cut = 0; cut < len; cut++) {
		exact = test_memdup(message, cut);
		ck_assert_msg(sk_open(algs, keys.ei, keys.ai, exact, cut, HEAD, &out) != CYG_OK, "cut at %zu", cut);
		free(exact);
	}
	exact = test_memdup(message, len);
	ck_assert_int_eq(sk_open(algs, keys.er, keys.ar, exact, len, HEAD, &out), CYG_REFUSED);
	free(exact);
}

START_TEST(sk_is_sealed_and_opened_with_aead)
{
	static const uint8_t iv[8] = { 0, 0, 0, 0, 0, 0, 0, 7 };

	seal_open_and_break(&gcm, iv, sealed_gcm, sizeof(sealed_gcm) - 1);
}
END_TEST

START_TEST(sk_is_sealed_and_opened_with_a_cipher_and_a_mac)
{
	uint8_t iv[16];

	for (size_t i = 0; i < sizeof(iv); i++)
		iv[i] = (uint8_t)(0x40 + i);
	seal_open_and_break(&cbc, iv, sealed_cbc, sizeof(sealed_cbc) - 1);
}
END_TEST

START_TEST(padding_longer_than_the_message_is_malformed)
{
	static const uint8_t iv[8];
	uint8_t message[64] = { 0 };
	struct ike_keys keys;
	struct cyg_bytes out;

	derive(&gcm, &keys);
	/* One octet of ciphertext, which says that one of padding comes before it. */
	message[HEAD + 8] = 1;
	ck_assert_int_eq(gcm.cipher.ops->set_key(gcm.cipher.instance, cyg_bytes(keys.ei, 20)), CYG_OK);
	ck_assert_int_eq(gcm.cipher.ops->seal(gcm.cipher.instance, iv, cyg_bytes(message, HEAD), message + HEAD + 8,
					      1, message + HEAD + 9), CYG_OK);
	ck_assert_int_eq(sk_open(&gcm, keys.ei, keys.ai, message, HEAD + 8 + 1 + 16, HEAD, &out), CYG_MALFORMED);
}
END_TEST

START_TEST(a_sealed_message_may_hold_no_payload)
{
	static const uint8_t iv[16];
	uint8_t message[128] = { 0 };
	struct ike_keys keys;
	struct cyg_bytes out;

	derive(&cbc, &keys);
	ck_assert_uint_eq(sk_sealed_len(&cbc, 0), 16 + 16 + 32);
	ck_assert_uint_eq(sk_sealed_len(&cbc, 15), 16 + 16 + 32);
	ck_assert_uint_eq(sk_sealed_len(&cbc, 16), 16 + 32 + 32);
	ck_assert_int_eq(sk_seal(&cbc, keys.ei, keys.ai, iv, message, HEAD, 0), CYG_OK);
	ck_assert_int_eq(sk_open(&cbc, keys.ei, keys.ai, message, HEAD + 64, HEAD, &out), CYG_OK);
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

/* --- NAT detection and cookies --- */

static struct cyg_endpoint v4 = { .ip = { CYG_IPV4, { 192, 0, 2, 1 } }, .port = 500 };
static struct cyg_endpoint v6 = { .ip = { CYG_IPV6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } }, .port = 4500 };

START_TEST(nat_detection_hashes_spis_address_and_port)
{
	static const uint8_t none[8];
	struct cyg_hash sha1;
	uint8_t out[NAT_HASH_LEN];

	ck_assert_int_eq(cyg_get_hash(h->shard, CYG_HASH_SHA1, &sha1), CYG_OK);
	ck_assert_int_eq(nat_hash(&sha1, spi_i, spi_r, &v4, out), CYG_OK);
	ck_assert_mem_eq(out, nat, NAT_HASH_LEN);
	ck_assert_int_eq(nat_hash(&sha1, spi_i, none, &v6, out), CYG_OK);
	ck_assert_mem_eq(out, nat6, NAT_HASH_LEN);
}
END_TEST

START_TEST(a_cookie_depends_on_all_that_must_come_again)
{
	uint8_t secret[32], out[COOKIE_LEN], other[COOKIE_LEN];
	struct cyg_endpoint elsewhere = v4;

	memset(secret, 0x77, sizeof(secret));
	ck_assert_int_eq(cookie_make(&prf256, cyg_bytes(secret, 32), 5, NI, &v4, spi_i, out), CYG_OK);
	ck_assert_mem_eq(out, cookie, COOKIE_LEN);
	ck_assert_int_eq(cookie_make(&cbc.prf, cyg_bytes(secret, 32), 5, NI, &v4, spi_i, other), CYG_OK);
	ck_assert_mem_eq(other, cookie_sha1, COOKIE_LEN);
	elsewhere.port++;
	ck_assert_int_eq(cookie_make(&prf256, cyg_bytes(secret, 32), 5, NI, &elsewhere, spi_i, other), CYG_OK);
	ck_assert_mem_ne(other, out, COOKIE_LEN);
	ck_assert_int_eq(cookie_make(&prf256, cyg_bytes(secret, 32), 5, NR, &v4, spi_i, other), CYG_OK);
	ck_assert_mem_ne(other, out, COOKIE_LEN);
	ck_assert_int_eq(cookie_make(&prf256, cyg_bytes(secret, 32), 5, NI, &v4, spi_r, other), CYG_OK);
	ck_assert_mem_ne(other, out, COOKIE_LEN);
}
END_TEST

/* --- Names --- */

START_TEST(every_algorithm_of_the_plugin_has_its_name_in_the_table)
{
	const struct cyg_feature *f;

	for (unsigned n = 0; (f = cyg_get_feature(h->shard, CYG_CIPHER, n, NULL)) != NULL; n++)
		ck_assert_str_eq(alg_by_id(CYG_TRANSFORM_ENCR, f->cipher->id, f->cipher->key_bits)->name,
				 f->cipher->name);
	for (unsigned n = 0; (f = cyg_get_feature(h->shard, CYG_KE, n, NULL)) != NULL; n++)
		ck_assert_str_eq(alg_by_id(CYG_TRANSFORM_KE, f->ke->id, 0)->name, f->ke->name);
	for (unsigned n = 0; (f = cyg_get_feature(h->shard, CYG_PRF, n, NULL)) != NULL; n++)
		ck_assert_str_eq(alg_by_id(CYG_TRANSFORM_PRF, f->prf->id, 0)->name, f->prf->name);
	for (unsigned n = 0; (f = cyg_get_feature(h->shard, CYG_MAC, n, NULL)) != NULL; n++)
		ck_assert_str_eq(alg_by_id(CYG_TRANSFORM_INTEG, f->mac->id, 0)->name, f->mac->name);
}
END_TEST

START_TEST(names_and_words_lead_back_to_the_number)
{
	const struct alg_name *name;

	for (size_t n = 0; (name = alg_nth(n)) != NULL; n++) {
		ck_assert_ptr_eq(alg_by_id(name->transform, name->id, name->key_bits), name);
		ck_assert_ptr_eq(alg_by_name(name->transform, cyg_str(name->name)), name);
		if (name->word)
			ck_assert_ptr_eq(alg_by_name(name->transform, cyg_str(name->word)), name);
	}
	ck_assert_ptr_eq(alg_by_name(CYG_TRANSFORM_ENCR, CYG_STR("aes-GCM-128")),
			 alg_by_id(CYG_TRANSFORM_ENCR, CYG_ENCR_AES_GCM_16, 128));
	ck_assert_ptr_eq(alg_by_id(CYG_TRANSFORM_ADDKE1 + 2, CYG_KE_X25519, 0),
			 alg_by_id(CYG_TRANSFORM_KE, CYG_KE_X25519, 0));
}
END_TEST

START_TEST(numbers_without_a_name_are_shown_as_numbers)
{
	char text[64];
	struct cyg_strbuf b = CYG_STRBUF(text);

	alg_name_add(&b, CYG_TRANSFORM_ENCR, 77, 256);
	ck_assert_str_eq(text, "ENCR 77 (256 bits)");
	b = CYG_STRBUF(text);
	alg_name_add(&b, 200, 3, 0);
	ck_assert_str_eq(text, "transform type 200, 3");
	ck_assert_str_eq(auth_method_name(CYG_AUTH_METHOD_PSK), "pre-shared key");
	ck_assert_ptr_null(auth_method_name(200));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("crypto");
	TCase *tc = tcase_create("crypto");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, open_stage, close_stage);
	tcase_add_test(tc, skeyseed_is_the_prf_of_the_nonces_and_the_shared_secret);
	tcase_add_test(tc, seven_keys_follow_in_order_without_integrity_keys_for_aead);
	tcase_add_test(tc, seven_keys_follow_in_order_with_integrity_keys);
	tcase_add_test(tc, prf_plus_ends_after_255_blocks);
	tcase_add_test(tc, child_keys_come_with_and_without_a_key_exchange);
	tcase_add_test(tc, a_rekeyed_ike_sa_starts_from_the_old_sk_d);
	tcase_add_test(tc, auth_by_a_shared_key_covers_message_nonce_and_identity);
	tcase_add_test(tc, sk_is_sealed_and_opened_with_aead);
	tcase_add_test(tc, sk_is_sealed_and_opened_with_a_cipher_and_a_mac);
	tcase_add_test(tc, padding_longer_than_the_message_is_malformed);
	tcase_add_test(tc, a_sealed_message_may_hold_no_payload);
	tcase_add_test(tc, nat_detection_hashes_spis_address_and_port);
	tcase_add_test(tc, a_cookie_depends_on_all_that_must_come_again);
	tcase_add_test(tc, every_algorithm_of_the_plugin_has_its_name_in_the_table);
	tcase_add_test(tc, names_and_words_lead_back_to_the_number);
	tcase_add_test(tc, numbers_without_a_name_are_shown_as_numbers);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
