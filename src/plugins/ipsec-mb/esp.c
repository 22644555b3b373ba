/* SPDX-License-Identifier: MIT */
/*
 * ESP by libipsec-mb: AES-GCM (RFC 4106) and ChaCha20-Poly1305 (RFC 7634) packet by packet, since one
 * packet fills the processor's lanes by itself; AES-CBC (RFC 3602), AES-CTR (RFC 3686) and NULL
 * (RFC 2410) with HMAC (RFC 2404, RFC 4868) as jobs, of which the library works on eight or more at a time.
 *
 * An instance belongs to one shard. It keeps the expanded keys of the SAs that it met last (what a raw
 * key expands to is 50 times as long, so they do not live in SAs): a run of packets looks its key up once,
 * by the octets of the raw key, since what an address holds may have changed between calls.
 */
#include "esp.h"

#include <endian.h>
#include <stdlib.h>
#include <sys/random.h>

#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>

#define KEY_MAX     100 /* AES-256 and HMAC-SHA2-512, or a salt instead */
#define KEPT        16  /* expanded keys of one instance */
#define NONCE_LEN   12
#define SALT_LEN    4
#define ICV_MAX     64
#define HIGH_LEN    4   /* of the sequence number, behind what is authenticated */
#define IV_POOL     1024

enum how { GCM, CHACHA, CBC, CTR, PLAIN };

/* What differs between the algorithms, beside what cyg_esp_ops says. */
struct suite {
	const struct cyg_esp_ops *ops;
	enum how how;
	IMB_HASH_ALG hash;
	uint8_t cipher_key, salt, integ_key;
};

/* AES both ways and the states of HMAC, for suites of two algorithms. */
struct pair_key {
	_Alignas(64) uint32_t seal[15 * 4];
	_Alignas(64) uint32_t open[15 * 4];
	_Alignas(64) uint8_t inner[64];
	_Alignas(64) uint8_t outer[64];
};

struct kept {
	union {
		struct gcm_key_data gcm;
		struct pair_key pair;
	} x;
	uint8_t raw[KEY_MAX];
};

struct instance {
	struct kept *kept[KEPT]; /* locked memory, made when needed */
	const struct suite *suite;
	IMB_MGR *jobs;          /* of its own: jobs are its state; NULL for AEAD */
	struct gcm_context_data gcm;
	struct chacha20_poly1305_context_data chacha;
	unsigned next;          /* of `kept`, the next to be given up */
	uint8_t nonce[CYG_ESP_BATCH][16]; /* of AEAD; the last four octets are not used */
	uint8_t icv[CYG_ESP_BATCH][ICV_MAX];
	uint8_t counter[CYG_ESP_BATCH][16];
	size_t iv_left;
	uint8_t iv_pool[IV_POOL];
};

/* For calls that have no state in it; constant between open and close. */
static IMB_MGR *direct;

/* --- The library --- */

static IMB_MGR *manager_new(enum cyg_status *status)
{
	IMB_MGR *mgr = alloc_mb_mgr(0);
	IMB_ARCH arch;

	*status = CYG_NOMEM;
	if (!mgr)
		return NULL;
	init_mb_mgr_auto(mgr, &arch);
	*status = !(mgr->features & IMB_FEATURE_AESNI) ? CYG_UNSUPPORTED
		  : (mgr->features & IMB_FEATURE_SELF_TEST) && !(mgr->features & IMB_FEATURE_SELF_TEST_PASS)
			  ? CYG_IO
			  : CYG_OK;
	if (*status == CYG_OK)
		return mgr;
	free_mb_mgr(mgr);
	return NULL;
}

enum cyg_status ipsec_mb_open(void)
{
	enum cyg_status status;

	direct = manager_new(&status);
	return status;
}

void ipsec_mb_close(void)
{
	if (direct)
		free_mb_mgr(direct);
	direct = NULL;
}

/* --- Instances and keys --- */

static void instance_free(void *opaque)
{
	struct instance *in = opaque;

	if (!in)
		return;
	if (in->jobs) {
		imb_clear_mem(in->jobs, sizeof(*in->jobs)); /* lanes have seen keys */
		free_mb_mgr(in->jobs);
	}
	for (unsigned i = 0; i < KEPT; i++)
		cyg_secret_free(in->kept[i], sizeof(*in->kept[i]));
	imb_clear_mem(in, sizeof(*in));
	free(in);
}

static enum cyg_status instance_new(const struct suite *suite, void **out)
{
	struct instance *in;
	enum cyg_status status = CYG_OK;

	if (!direct)
		return CYG_UNSUPPORTED;
	in = calloc(1, sizeof(*in));
	if (!in)
		return CYG_NOMEM;
	in->suite = suite;
	if (suite->how >= CBC)
		in->jobs = manager_new(&status);
	if (status != CYG_OK) {
		instance_free(in);
		return status;
	}
	*out = in;
	return CYG_OK;
}

/* The states of SHA after the first block of HMAC's inner and outer hash (RFC 2104). */
static void hmac_expand(const struct suite *suite, const uint8_t *key, struct pair_key *out)
{
	bool wide = suite->integ_key > 32;
	size_t block = wide ? 128 : 64;
	uint8_t inner[128], outer[128];

	for (size_t i = 0; i < block; i++) {
		uint8_t octet = i < suite->integ_key ? key[i] : 0;

		inner[i] = octet ^ 0x36;
		outer[i] = octet ^ 0x5c;
	}
	switch (suite->hash) {
	case IMB_AUTH_HMAC_SHA_1:
		IMB_SHA1_ONE_BLOCK(direct, inner, out->inner);
		IMB_SHA1_ONE_BLOCK(direct, outer, out->outer);
		break;
	case IMB_AUTH_HMAC_SHA_256:
		IMB_SHA256_ONE_BLOCK(direct, inner, out->inner);
		IMB_SHA256_ONE_BLOCK(direct, outer, out->outer);
		break;
	case IMB_AUTH_HMAC_SHA_384:
		IMB_SHA384_ONE_BLOCK(direct, inner, out->inner);
		IMB_SHA384_ONE_BLOCK(direct, outer, out->outer);
		break;
	default:
		IMB_SHA512_ONE_BLOCK(direct, inner, out->inner);
		IMB_SHA512_ONE_BLOCK(direct, outer, out->outer);
		break;
	}
	imb_clear_mem(inner, sizeof(inner));
	imb_clear_mem(outer, sizeof(outer));
}

static void expand(const struct suite *suite, const uint8_t *raw, struct kept *kept)
{
	switch (suite->how) {
	case GCM:
		if (suite->cipher_key == 16)
			IMB_AES128_GCM_PRE(direct, raw, &kept->x.gcm);
		else if (suite->cipher_key == 24)
			IMB_AES192_GCM_PRE(direct, raw, &kept->x.gcm);
		else
			IMB_AES256_GCM_PRE(direct, raw, &kept->x.gcm);
		return;
	case CHACHA:
		return;
	case CBC:
	case CTR:
		if (suite->cipher_key == 16)
			IMB_AES_KEYEXP_128(direct, raw, kept->x.pair.seal, kept->x.pair.open);
		else if (suite->cipher_key == 24)
			IMB_AES_KEYEXP_192(direct, raw, kept->x.pair.seal, kept->x.pair.open);
		else
			IMB_AES_KEYEXP_256(direct, raw, kept->x.pair.seal, kept->x.pair.open);
		break;
	case PLAIN:
		break;
	}
	hmac_expand(suite, raw + suite->cipher_key + suite->salt, &kept->x.pair);
}

/* Equal or not in a time that does not depend on where they differ. */
static bool same_key(const uint8_t *a, const uint8_t *b, size_t len)
{
	return cyg_bytes_equal_ct(cyg_bytes(a, len), cyg_bytes(b, len));
}

/* The expanded key, NULL without memory. One may be given up for it, hence `before_giving_up`: jobs under way use it. */
static struct kept *key_get(struct instance *in, const uint8_t *raw, void (*before_giving_up)(struct instance *in))
{
	const struct suite *suite = in->suite;
	struct kept **kept;

	for (unsigned i = 0; i < KEPT && in->kept[i]; i++) {
		if (same_key(in->kept[i]->raw, raw, suite->ops->key_len))
			return in->kept[i];
	}
	if (before_giving_up)
		before_giving_up(in);
	kept = &in->kept[in->next % KEPT];
	if (!*kept)
		*kept = cyg_secret_alloc(sizeof(**kept));
	if (!*kept)
		return NULL;
	in->next++;
	memcpy((*kept)->raw, raw, suite->ops->key_len);
	expand(suite, raw, *kept);
	return *kept;
}

/* --- One packet of AEAD --- */

/* SPI and sequence number, with its high half between them for ESN (RFC 4106 5). Without it they are what the packet begins with. */
static void aad_with_high(const struct cyg_esp_packet *p, uint8_t out[12])
{
	memcpy(out, p->esp, 4);
	out[4] = (uint8_t)(p->seq_high >> 24);
	out[5] = (uint8_t)(p->seq_high >> 16);
	out[6] = (uint8_t)(p->seq_high >> 8);
	out[7] = (uint8_t)p->seq_high;
	memcpy(out + 8, p->esp + 4, 4);
}

/* In one piece: it is read again at once, and octets written one by one would be waited for. */
static void put_iv(uint8_t *at, uint64_t iv)
{
	iv = htobe64(iv);
	memcpy(at, &iv, sizeof(iv));
}

typedef void gcm_call(const struct gcm_key_data *, struct gcm_context_data *, uint8_t *, uint8_t const *, uint64_t,
		      const uint8_t *, uint8_t const *, uint64_t, uint8_t *, uint64_t);

static gcm_call *gcm_of(const struct suite *suite, bool seal)
{
	switch (suite->cipher_key) {
	case 16:
		return seal ? direct->gcm128_enc : direct->gcm128_dec;
	case 24:
		return seal ? direct->gcm192_enc : direct->gcm192_dec;
	default:
		return seal ? direct->gcm256_enc : direct->gcm256_dec;
	}
}

/* `tag`: of the packet when it is sealed; what it should be when it is opened. */
static void aead_one(struct instance *in, const struct kept *kept, gcm_call *gcm, const struct cyg_esp_packet *p,
		     const uint8_t nonce[NONCE_LEN], bool seal, uint8_t *tag)
{
	uint8_t *body = p->esp + CYG_ESP_HEADER_LEN + 8;
	const uint8_t *from = seal ? p->in : body, *aad = p->esp;
	size_t aad_len = CYG_ESP_HEADER_LEN;
	uint8_t with_high[12];

	if (p->esn) {
		aad_with_high(p, with_high);
		aad = with_high;
		aad_len = sizeof(with_high);
	}
	if (gcm) {
		gcm(&kept->x.gcm, &in->gcm, body, from, p->len, nonce, aad, aad_len, tag, 16);
		return;
	}
	IMB_CHACHA20_POLY1305_INIT(direct, kept->raw, &in->chacha, nonce, aad, aad_len);
	if (seal) {
		IMB_CHACHA20_POLY1305_ENC_UPDATE(direct, kept->raw, &in->chacha, body, from, p->len);
		IMB_CHACHA20_POLY1305_ENC_FINALIZE(direct, &in->chacha, tag, 16);
	} else {
		IMB_CHACHA20_POLY1305_DEC_UPDATE(direct, kept->raw, &in->chacha, body, from, p->len);
		IMB_CHACHA20_POLY1305_DEC_FINALIZE(direct, &in->chacha, tag, 16);
	}
}

static bool packet_fits(const struct instance *in, struct cyg_esp_packet *p)
{
	p->status = CYG_REFUSED;
	return p->key.len == in->suite->ops->key_len && (p->len & (in->suite->ops->block_len - 1u)) == 0 &&
	       p->len > 0 && p->len <= UINT16_MAX;
}

/*
 * Salt and IV of each packet that fits. All of them before the first is used: the library reads a nonce in one piece, and would have to
 * wait for one that was written in two just before.
 */
static void nonces_make(struct instance *in, struct cyg_esp_packet *packets, size_t count, bool seal)
{
	for (size_t i = 0; i < count; i++) {
		struct cyg_esp_packet *p = &packets[i];

		if (!packet_fits(in, p))
			continue;
		if (seal)
			put_iv(p->esp + CYG_ESP_HEADER_LEN, p->iv);
		memcpy(in->nonce[i], p->key.ptr + in->suite->cipher_key, SALT_LEN);
		memcpy(in->nonce[i] + SALT_LEN, p->esp + CYG_ESP_HEADER_LEN, NONCE_LEN - SALT_LEN);
	}
}

/* The ICVs of AEAD, which have one length: no way out before the end. */
static bool same_icv(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[2], y[2], differ;

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	differ = (x[0] ^ y[0]) | (x[1] ^ y[1]);
	__asm__ volatile("" : "+r"(differ));
	return differ == 0;
}

static void aead_all(struct instance *in, struct cyg_esp_packet *packets, size_t count, bool seal)
{
	gcm_call *gcm = in->suite->how == GCM ? gcm_of(in->suite, seal) : NULL;
	const struct kept *kept = NULL;
	const uint8_t *last = NULL;
	uint8_t tag[16];

	nonces_make(in, packets, count, seal);
	for (size_t i = 0; i < count; i++) {
		struct cyg_esp_packet *p = &packets[i];
		uint8_t *icv = p->esp + CYG_ESP_HEADER_LEN + 8 + p->len;

		if (!packet_fits(in, p))
			continue;
		if (!kept || last != p->key.ptr)
			kept = key_get(in, p->key.ptr, NULL);
		if (!kept) {
			p->status = CYG_IO;
			continue;
		}
		last = p->key.ptr;
		aead_one(in, kept, gcm, p, in->nonce[i], seal, seal ? icv : tag);
		if (seal || same_icv(tag, icv))
			p->status = CYG_OK;
	}
}

static void aead_seal_all(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	aead_all(instance, packets, count, true);
}

static void aead_open_all(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	aead_all(instance, packets, count, false);
}

/* --- Jobs --- */

/* CBC IVs must not be predictable (RFC 3602 3): fetched in stock, each used once. */
static bool iv_take(struct instance *in, uint8_t *out, size_t len)
{
	if (in->iv_left < len) {
		if (getrandom(in->iv_pool, IV_POOL, 0) != IV_POOL)
			return false;
		in->iv_left = IV_POOL;
	}
	in->iv_left -= len;
	memcpy(out, in->iv_pool + in->iv_left, len);
	memset(in->iv_pool + in->iv_left, 0, len);
	return true;
}

static void put_high(uint8_t *at, uint32_t high)
{
	at[0] = (uint8_t)(high >> 24);
	at[1] = (uint8_t)(high >> 16);
	at[2] = (uint8_t)(high >> 8);
	at[3] = (uint8_t)high;
}

/* A job that came back: its ICV is in `icv` of its packet's place. */
static void job_done(const struct instance *in, const IMB_JOB *job)
{
	struct cyg_esp_packet *p = job->user_data;
	const struct cyg_esp_ops *ops = in->suite->ops;
	uint8_t *at = p->esp + CYG_ESP_HEADER_LEN + ops->iv_len + p->len;
	const uint8_t *made = job->auth_tag_output;

	if (job->status != IMB_STATUS_COMPLETED) {
		p->status = CYG_IO;
		return;
	}
	p->status = CYG_OK;
	if (job->cipher_direction == IMB_DIR_ENCRYPT)
		memcpy(at, made, ops->icv_len);
	else if (!cyg_bytes_equal_ct(cyg_bytes(made, ops->icv_len), cyg_bytes(job->user_data2, ops->icv_len)))
		p->status = CYG_REFUSED;
}

static void jobs_end(struct instance *in)
{
	const IMB_JOB *job;

	while ((job = IMB_FLUSH_JOB(in->jobs)))
		job_done(in, job);
}

/* What kind of cipher and where; the keys are expanded. */
static void job_cipher(struct instance *in, IMB_JOB *job, const struct kept *kept, const struct cyg_esp_packet *p,
		       uint8_t *counter)
{
	size_t body = CYG_ESP_HEADER_LEN + in->suite->ops->iv_len;

	job->src = p->esp;
	job->dst = p->esp + body;
	job->cipher_start_src_offset_in_bytes = body;
	job->msg_len_to_cipher_in_bytes = p->len;
	job->key_len_in_bytes = in->suite->cipher_key;
	job->enc_keys = kept->x.pair.seal;
	job->dec_keys = kept->x.pair.open;
	switch (in->suite->how) {
	case CBC:
		job->cipher_mode = IMB_CIPHER_CBC;
		job->iv = p->esp + CYG_ESP_HEADER_LEN;
		job->iv_len_in_bytes = 16;
		break;
	case CTR: /* RFC 3686 4: nonce, IV, and a block counter from 1 */
		memcpy(counter, p->key.ptr + in->suite->cipher_key, SALT_LEN);
		memcpy(counter + SALT_LEN, p->esp + CYG_ESP_HEADER_LEN, 8);
		put_high(counter + 12, 1);
		job->cipher_mode = IMB_CIPHER_CNTR;
		job->dec_keys = kept->x.pair.seal;
		job->iv = counter;
		job->iv_len_in_bytes = 16;
		break;
	default:
		job->cipher_mode = IMB_CIPHER_NULL;
		job->msg_len_to_cipher_in_bytes = 0;
		break;
	}
}

static void job_submit(struct instance *in, struct cyg_esp_packet *p, size_t i, const struct kept *kept, bool seal)
{
	const struct cyg_esp_ops *ops = in->suite->ops;
	size_t around = (size_t)CYG_ESP_HEADER_LEN + ops->iv_len;
	uint8_t *icv = p->esp + around + p->len;
	IMB_JOB *job = IMB_GET_NEXT_JOB(in->jobs);

	/* The received ICV moves aside, because with ESN the high half of the number stands in its place
	 * while the packet is authenticated (RFC 4303 2.2.1). */
	if (!seal)
		memcpy(in->icv[i] + ICV_MAX / 2, icv, ops->icv_len);
	if (p->esn)
		put_high(icv, p->seq_high);
	memset(job, 0, sizeof(*job));
	job_cipher(in, job, kept, p, in->counter[i]);
	job->cipher_direction = seal ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
	job->chain_order = seal ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
	job->hash_alg = in->suite->hash;
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_hash_in_bytes = around + p->len + (p->esn ? HIGH_LEN : 0);
	job->u.HMAC._hashed_auth_key_xor_ipad = kept->x.pair.inner;
	job->u.HMAC._hashed_auth_key_xor_opad = kept->x.pair.outer;
	job->auth_tag_output = in->icv[i];
	job->auth_tag_output_len_in_bytes = ops->icv_len;
	job->user_data = p;
	job->user_data2 = in->icv[i] + ICV_MAX / 2;
	p->status = CYG_IO;
	job = IMB_SUBMIT_JOB(in->jobs);
	while (job) {
		job_done(in, job);
		job = IMB_GET_COMPLETED_JOB(in->jobs);
	}
}

static void jobs_all(struct instance *in, struct cyg_esp_packet *packets, size_t count, bool seal)
{
	const struct cyg_esp_ops *ops = in->suite->ops;
	const struct kept *kept = NULL;
	const uint8_t *last = NULL;

	for (size_t i = 0; i < count; i++) {
		struct cyg_esp_packet *p = &packets[i];
		uint8_t *iv = p->esp + CYG_ESP_HEADER_LEN, *body = iv + ops->iv_len;

		if (!packet_fits(in, p))
			continue;
		if (!kept || last != p->key.ptr)
			kept = key_get(in, p->key.ptr, jobs_end);
		if (!kept) {
			p->status = CYG_IO;
			continue;
		}
		last = p->key.ptr;
		if (seal) {
			if (in->suite->how == CBC && !iv_take(in, iv, ops->iv_len)) {
				p->status = CYG_IO;
				continue;
			}
			if (in->suite->how == CTR)
				put_iv(iv, p->iv);
			if (p->in != body)
				memcpy(body, p->in, p->len);
		}
		job_submit(in, p, i, kept, seal);
	}
	jobs_end(in);
}

static void jobs_seal_all(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	jobs_all(instance, packets, count, true);
}

static void jobs_open_all(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	jobs_all(instance, packets, count, false);
}

/* --- The table --- */

/* clang-format off */
/* Number, algorithm, key bits (0: one length only), how, integrity, octets of cipher key, salt, integrity
 * key, IV, ICV, block; name. */
#define SUITES(X) \
	X(0, AES_GCM_16, 128, GCM, NONE, IMB_AUTH_NULL, 16, 4, 0, 8, 16, 4, "AES-GCM-128") \
	X(1, AES_GCM_16, 256, GCM, NONE, IMB_AUTH_NULL, 32, 4, 0, 8, 16, 4, "AES-GCM-256") \
	X(2, AES_GCM_16, 192, GCM, NONE, IMB_AUTH_NULL, 24, 4, 0, 8, 16, 4, "AES-GCM-192") \
	X(3, CHACHA20_POLY1305, 0, CHACHA, NONE, IMB_AUTH_NULL, 32, 4, 0, 8, 16, 4, "CHACHA20-POLY1305") \
	X(4, AES_CBC, 128, CBC, HMAC_SHA2_256_128, IMB_AUTH_HMAC_SHA_256, 16, 0, 32, 16, 16, 16, "AES-CBC-128/HMAC-SHA2-256-128") \
	X(5, AES_CBC, 128, CBC, HMAC_SHA2_384_192, IMB_AUTH_HMAC_SHA_384, 16, 0, 48, 16, 24, 16, "AES-CBC-128/HMAC-SHA2-384-192") \
	X(6, AES_CBC, 128, CBC, HMAC_SHA2_512_256, IMB_AUTH_HMAC_SHA_512, 16, 0, 64, 16, 32, 16, "AES-CBC-128/HMAC-SHA2-512-256") \
	X(7, AES_CBC, 128, CBC, HMAC_SHA1_96, IMB_AUTH_HMAC_SHA_1, 16, 0, 20, 16, 12, 16, "AES-CBC-128/HMAC-SHA1-96") \
	X(8, AES_CBC, 192, CBC, HMAC_SHA2_256_128, IMB_AUTH_HMAC_SHA_256, 24, 0, 32, 16, 16, 16, "AES-CBC-192/HMAC-SHA2-256-128") \
	X(9, AES_CBC, 192, CBC, HMAC_SHA2_384_192, IMB_AUTH_HMAC_SHA_384, 24, 0, 48, 16, 24, 16, "AES-CBC-192/HMAC-SHA2-384-192") \
	X(10, AES_CBC, 192, CBC, HMAC_SHA2_512_256, IMB_AUTH_HMAC_SHA_512, 24, 0, 64, 16, 32, 16, "AES-CBC-192/HMAC-SHA2-512-256") \
	X(11, AES_CBC, 192, CBC, HMAC_SHA1_96, IMB_AUTH_HMAC_SHA_1, 24, 0, 20, 16, 12, 16, "AES-CBC-192/HMAC-SHA1-96") \
	X(12, AES_CBC, 256, CBC, HMAC_SHA2_256_128, IMB_AUTH_HMAC_SHA_256, 32, 0, 32, 16, 16, 16, "AES-CBC-256/HMAC-SHA2-256-128") \
	X(13, AES_CBC, 256, CBC, HMAC_SHA2_384_192, IMB_AUTH_HMAC_SHA_384, 32, 0, 48, 16, 24, 16, "AES-CBC-256/HMAC-SHA2-384-192") \
	X(14, AES_CBC, 256, CBC, HMAC_SHA2_512_256, IMB_AUTH_HMAC_SHA_512, 32, 0, 64, 16, 32, 16, "AES-CBC-256/HMAC-SHA2-512-256") \
	X(15, AES_CBC, 256, CBC, HMAC_SHA1_96, IMB_AUTH_HMAC_SHA_1, 32, 0, 20, 16, 12, 16, "AES-CBC-256/HMAC-SHA1-96") \
	X(16, NULL, 0, PLAIN, HMAC_SHA2_256_128, IMB_AUTH_HMAC_SHA_256, 0, 0, 32, 0, 16, 4, "NULL/HMAC-SHA2-256-128") \
	X(17, NULL, 0, PLAIN, HMAC_SHA2_384_192, IMB_AUTH_HMAC_SHA_384, 0, 0, 48, 0, 24, 4, "NULL/HMAC-SHA2-384-192") \
	X(18, NULL, 0, PLAIN, HMAC_SHA2_512_256, IMB_AUTH_HMAC_SHA_512, 0, 0, 64, 0, 32, 4, "NULL/HMAC-SHA2-512-256") \
	X(19, NULL, 0, PLAIN, HMAC_SHA1_96, IMB_AUTH_HMAC_SHA_1, 0, 0, 20, 0, 12, 4, "NULL/HMAC-SHA1-96") \
	X(20, AES_CTR, 128, CTR, HMAC_SHA2_256_128, IMB_AUTH_HMAC_SHA_256, 16, 4, 32, 8, 16, 4, "AES-CTR-128/HMAC-SHA2-256-128") \
	X(21, AES_CTR, 256, CTR, HMAC_SHA2_256_128, IMB_AUTH_HMAC_SHA_256, 32, 4, 32, 8, 16, 4, "AES-CTR-256/HMAC-SHA2-256-128") \
	X(22, AES_CTR, 256, CTR, HMAC_SHA2_512_256, IMB_AUTH_HMAC_SHA_512, 32, 4, 64, 8, 32, 4, "AES-CTR-256/HMAC-SHA2-512-256") \
	X(23, AES_CTR, 128, CTR, HMAC_SHA1_96, IMB_AUTH_HMAC_SHA_1, 16, 4, 20, 8, 12, 4, "AES-CTR-128/HMAC-SHA1-96")

#define SUITE_ROW(n_, encr_, bits_, how_, integ_, hash_, ck_, salt_, ik_, iv_, icv_, block_, name_) \
	[n_] = { .ops = &ipsec_mb_esp_ops[n_], .how = (how_), .hash = (hash_), .cipher_key = (ck_), \
		 .salt = (salt_), .integ_key = (ik_) },
static const struct suite suites[IPSEC_MB_ESP_COUNT] = { SUITES(SUITE_ROW) };

/* instance_new() is told only whose instance it makes, so each algorithm has its own. */
#define SUITE_NEW(n_, ...)                                                               \
	static enum cyg_status instance_new_##n_(struct cyg_plugin_ctx *ctx, void **out) \
	{                                                                                \
		return instance_new(&suites[n_], out);                                   \
	}
SUITES(SUITE_NEW)

#define SUITE_OPS(n_, encr_, bits_, how_, integ_, hash_, ck_, salt_, ik_, iv_, icv_, block_, name_) \
	[n_] = { .encr = CYG_ENCR_##encr_, .key_bits = (bits_), .integ = CYG_AUTH_##integ_,         \
		 .name = (name_), .key_len = (ck_) + (salt_) + (ik_), .iv_len = (iv_),              \
		 .icv_len = (icv_), .block_len = (block_), .instance_new = instance_new_##n_,       \
		 .instance_free = instance_free,                                                    \
		 .seal = (how_) <= CHACHA ? aead_seal_all : jobs_seal_all,                          \
		 .open = (how_) <= CHACHA ? aead_open_all : jobs_open_all },
const struct cyg_esp_ops ipsec_mb_esp_ops[IPSEC_MB_ESP_COUNT] = { SUITES(SUITE_OPS) };
/* clang-format on */
