/* SPDX-License-Identifier: MIT */
/* The yardstick where it is there: libipsec-mb's one-shot calls, and its jobs where cipher and hash are two. */
#include "alone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>

#define BATCH 64
#define ROOM  2048

const char alone_name[] = "libipsec-mb";

static void aead(IMB_MGR *mgr, const struct alone_suite *suite, uint8_t (*data)[ROOM], size_t len, unsigned packets,
		 bool ahead)
{
	static struct gcm_key_data key;
	static struct gcm_context_data gcm;
	static struct chacha20_poly1305_context_data chacha;
	uint8_t nonces[BATCH][16] = { 0 }, aad[8] = { 0 }, raw[32] = { 1 };

	if (suite->bits == 256)
		IMB_AES256_GCM_PRE(mgr, raw, &key);
	else
		IMB_AES128_GCM_PRE(mgr, raw, &key);
	for (unsigned i = 0; i < packets; i++) {
		uint8_t *at = data[i % BATCH], *iv = nonces[i % BATCH];

		for (unsigned j = 0; ahead && i % BATCH == 0 && j < BATCH; j++)
			memcpy(nonces[j] + 4, &(unsigned){ i + j }, sizeof(i));
		if (!ahead)
			memcpy(iv + 4, &i, sizeof(i));
		if (suite->bits == 128) {
			IMB_AES128_GCM_ENC(mgr, &key, &gcm, at, at, len, iv, aad, sizeof(aad), at + len, 16);
		} else if (suite->bits == 256) {
			IMB_AES256_GCM_ENC(mgr, &key, &gcm, at, at, len, iv, aad, sizeof(aad), at + len, 16);
		} else {
			IMB_CHACHA20_POLY1305_INIT(mgr, raw, &chacha, iv, aad, sizeof(aad));
			IMB_CHACHA20_POLY1305_ENC_UPDATE(mgr, raw, &chacha, at, at, len);
			IMB_CHACHA20_POLY1305_ENC_FINALIZE(mgr, &chacha, at + len, 16);
		}
	}
}

static void two(IMB_MGR *mgr, uint8_t (*data)[ROOM], size_t len, unsigned packets)
{
	_Alignas(64) static uint32_t enc[60], dec[60];
	_Alignas(64) static uint8_t inner[64], outer[64], block[64], iv[16];

	len = (len + 15) / 16 * 16;
	IMB_AES_KEYEXP_128(mgr, block, enc, dec);
	IMB_SHA256_ONE_BLOCK(mgr, block, inner);
	IMB_SHA256_ONE_BLOCK(mgr, block, outer);
	for (unsigned i = 0; i < packets; i++) {
		IMB_JOB *job = IMB_GET_NEXT_JOB(mgr);
		uint8_t *at = data[i % BATCH];

		memset(job, 0, sizeof(*job));
		job->src = at;
		job->dst = at + 24;
		job->cipher_start_src_offset_in_bytes = 24;
		job->msg_len_to_cipher_in_bytes = len;
		job->msg_len_to_hash_in_bytes = 24 + len;
		job->key_len_in_bytes = 16;
		job->enc_keys = enc;
		job->dec_keys = dec;
		job->iv = iv;
		job->iv_len_in_bytes = 16;
		job->cipher_mode = IMB_CIPHER_CBC;
		job->cipher_direction = IMB_DIR_ENCRYPT;
		job->chain_order = IMB_ORDER_CIPHER_HASH;
		job->hash_alg = IMB_AUTH_HMAC_SHA_256;
		job->u.HMAC._hashed_auth_key_xor_ipad = inner;
		job->u.HMAC._hashed_auth_key_xor_opad = outer;
		job->auth_tag_output = at + 24 + len;
		job->auth_tag_output_len_in_bytes = 16;
		(void)IMB_SUBMIT_JOB(mgr);
	}
	while (IMB_FLUSH_JOB(mgr))
		;
}

double alone_seal(const struct alone_suite *suite, size_t len, unsigned packets, bool ahead)
{
	static uint8_t data[BATCH][ROOM];
	static IMB_MGR *mgr;
	double start;

	if (!mgr) {
		mgr = alloc_mb_mgr(0);
		if (!mgr)
			abort();
		init_mb_mgr_auto(mgr, NULL);
	}
	start = alone_now_ns();
	if (suite->digest)
		two(mgr, data, len, packets);
	else
		aead(mgr, suite, data, len, packets, ahead);
	return (alone_now_ns() - start) / packets;
}
