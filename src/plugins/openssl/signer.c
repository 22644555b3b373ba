/* SPDX-License-Identifier: MIT */
/*
 * Private keys in the daemon's memory. Signing by P-256 and Ed25519 is done where it stands; all else takes longer
 * than a turn of the loop should and runs on a helper thread.
 */
#include "x509.h"

#include <openssl/err.h>

#include <stdlib.h>

struct cyg_signer_key {
	atomic_uint refs;
	EVP_PKEY *key;
	keyed_slot signing;
	enum cyg_key_type type;
	unsigned bits;
	uint8_t *public_octets;
	struct cyg_bytes public_key;
};

static struct cyg_signer_key *key_ref(struct cyg_signer_key *key)
{
	atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
	return key;
}

static void key_unref(struct cyg_signer_key *key)
{
	if (!key || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
		return;
	keyed_free(key->signing);
	EVP_PKEY_free(key->key); /* libcrypto wipes the private part */
	free(key->public_octets);
	free(key);
}

static enum cyg_status key_load(struct cyg_plugin_ctx *ctx, struct cyg_bytes encoded,
				const struct cyg_secret *passphrase, struct cyg_signer_key **out)
{
	struct cyg_signer_key *key = calloc(1, sizeof(*key));
	enum cyg_status status = key ? files_key(encoded, passphrase, &key->key) : CYG_NOMEM;
	unsigned char *der = NULL;
	int len;

	if (status != CYG_OK) {
		free(key);
		return status;
	}
	atomic_init(&key->refs, 1);
	key->type = key_kind(key->key, &key->bits);
	len = i2d_PUBKEY(key->key, &der);
	key->public_key = take_der(der, len, &key->public_octets);
	ERR_clear_error();
	if (key->type == CYG_KEY_NONE || !key->public_key.len) {
		status = key->type == CYG_KEY_NONE ? CYG_UNSUPPORTED : CYG_NOMEM;
		key_unref(key);
		return status;
	}
	*out = key;
	return CYG_OK;
}

static enum cyg_key_type key_type(const struct cyg_signer_key *key)
{
	return key->type;
}

static unsigned key_bits(const struct cyg_signer_key *key)
{
	return key->bits;
}

static struct cyg_bytes key_public(const struct cyg_signer_key *key)
{
	return key->public_key;
}

/* --- Signing --- */

struct signing {
	struct cyg_job job;
	struct cyg_plugin_ctx *ctx;
	struct cyg_shard *home;
	struct cyg_signer_key *key;
	struct cyg_signature how;
	struct cyg_op *op;
	uint8_t *out;                   /* the caller's */
	size_t *out_len;
	uint8_t result[CYG_SIGNATURE_MAX];
	size_t result_len;
	enum cyg_status status;
	size_t len;
	uint8_t data[];
};

static void signing_work(struct cyg_job *base)
{
	struct signing *job = CYG_CONTAINER(base, struct signing, job);

	job->status = signature_make(job->key->key, &job->key->signing, &job->how, cyg_bytes(job->data, job->len), job->result,
				     &job->result_len);
}

static void signing_finish(struct cyg_shard *shard, struct cyg_job *base)
{
	struct signing *job = CYG_CONTAINER(base, struct signing, job);

	if (job->status == CYG_OK) {
		memcpy(job->out, job->result, job->result_len);
		*job->out_len = job->result_len;
	}
	cyg_op_complete(job->op, job->status);
}

static void signing_drop(struct cyg_job *base)
{
	struct signing *job = CYG_CONTAINER(base, struct signing, job);

	cyg_plugin_release(job->ctx, job->home);
	key_unref(job->key);
	free(job);
}

static void signing_cancel(struct cyg_op *op, void *state)
{
	cyg_job_cancel(&((struct signing *)state)->job);
}

static bool is_fast(const struct cyg_signer_key *key)
{
	return key->type == CYG_KEY_ED25519 || (key->type == CYG_KEY_ECDSA && key->bits == 256);
}

static enum cyg_status sign(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, struct cyg_signer_key *key,
			    const struct cyg_signature *how, struct cyg_bytes data, uint8_t *out, size_t *len,
			    struct cyg_op *op)
{
	struct signing *job;
	enum cyg_status status;

	if (is_fast(key))
		return signature_make(key->key, &key->signing, how, data, out, len);
	job = malloc(sizeof(*job) + data.len);
	if (!job)
		return CYG_NOMEM;
	*job = (struct signing){ .job = { .work = signing_work, .finish = signing_finish, .drop = signing_drop },
				 .ctx = ctx, .home = shard, .key = key_ref(key), .how = *how, .op = op,
				 .out = out, .out_len = len, .len = data.len };
	memcpy(job->data, data.ptr, data.len);
	cyg_plugin_use(ctx, shard);
	status = cyg_job_start(shard, &job->job);
	if (status != CYG_OK) {
		signing_drop(&job->job);
		return status;
	}
	return cyg_op_pending(op, 0, signing_cancel, job);
}

const struct cyg_signer_ops openssl_signer = {
	.name = "openssl",
	.key_load = key_load,
	.key_ref = key_ref,
	.key_unref = key_unref,
	.key_type = key_type,
	.key_bits = key_bits,
	.key_public = key_public,
	.sign = sign,
};
