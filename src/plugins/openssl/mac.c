/* SPDX-License-Identifier: MIT */
/*
 * HMAC as integrity and as PRF, one kept EVP_MAC_CTX per algorithm and shard. Its digest is set once,
 * since the "digest" parameter fetches anew each time; with the same key (prf+) the context starts
 * again from the state that it keeps.
 */
#include "algorithms.h"
#include "vectors.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdlib.h>

struct instance {
	EVP_MAC *mac;
	EVP_MAC_CTX *ctx;
	size_t icv_len;
	bool fresh; /* keyed, and nothing computed since */
};

static void instance_free(void *opaque)
{
	struct instance *in = opaque;

	if (!in)
		return;
	EVP_MAC_CTX_free(in->ctx);
	EVP_MAC_free(in->mac);
	free(in);
}

static enum cyg_status instance_make(const char *digest, size_t icv_len, void **out)
{
	/* The parameter is read only; its type cannot say so. */
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
		OSSL_PARAM_construct_end(),
	};
	struct instance *in = calloc(1, sizeof(*in));
	enum cyg_status status = CYG_NOMEM;

	if (!in)
		return CYG_NOMEM;
	in->icv_len = icv_len;
	in->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (in->mac)
		in->ctx = EVP_MAC_CTX_new(in->mac);
	if (!in->ctx)
		goto out;
	if (EVP_MAC_CTX_set_params(in->ctx, params) != 1) {
		status = CYG_UNSUPPORTED;
		goto out;
	}
	*out = in;
	return CYG_OK;
out:
	instance_free(in);
	return status;
}

static enum cyg_status set_key(void *opaque, struct cyg_bytes key)
{
	struct instance *in = opaque;
	static const uint8_t nothing;

	if (EVP_MAC_init(in->ctx, key.len ? key.ptr : &nothing, key.len, NULL) != 1)
		return CYG_IO;
	in->fresh = true;
	return CYG_OK;
}

static enum cyg_status compute(void *opaque, const struct cyg_bytes *parts, size_t count, uint8_t *out)
{
	struct instance *in = opaque;
	uint8_t whole[CYG_ICV_MAX];
	size_t len;

	if (!in->fresh && EVP_MAC_init(in->ctx, NULL, 0, NULL) != 1)
		return CYG_IO;
	in->fresh = false;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len && EVP_MAC_update(in->ctx, parts[i].ptr, parts[i].len) != 1)
			return CYG_IO;
	}
	if (EVP_MAC_final(in->ctx, whole, &len, sizeof(whole)) != 1 || len < in->icv_len)
		return CYG_IO;
	memcpy(out, whole, in->icv_len);
	cyg_wipe(whole, len);
	return CYG_OK;
}

#define MAC(symbol_, digest_, id_, name_, key_len_, icv_len_)                                      \
	static enum cyg_status mac_##symbol_##_new(struct cyg_plugin_ctx *ctx, void **out)         \
	{                                                                                          \
		return instance_make((digest_), (icv_len_), out);                                  \
	}                                                                                          \
	const struct cyg_mac_ops openssl_mac_##symbol_ = {                                         \
		.id = (id_), .name = (name_), .key_len = (key_len_), .icv_len = (icv_len_),        \
		.vectors = openssl_vectors_mac_##symbol_, .instance_new = mac_##symbol_##_new,     \
		.instance_free = instance_free, .set_key = set_key, .compute = compute }

#define PRF(symbol_, digest_, id_, name_, len_)                                                    \
	static enum cyg_status prf_##symbol_##_new(struct cyg_plugin_ctx *ctx, void **out)         \
	{                                                                                          \
		return instance_make((digest_), (len_), out);                                      \
	}                                                                                          \
	const struct cyg_prf_ops openssl_prf_##symbol_ = {                                         \
		.id = (id_), .name = (name_), .key_len = (len_), .out_len = (len_),                \
		.vectors = openssl_vectors_prf_##symbol_, .instance_new = prf_##symbol_##_new,     \
		.instance_free = instance_free, .set_key = set_key, .compute = compute }

MAC(sha2_256, "SHA256", CYG_AUTH_HMAC_SHA2_256_128, "HMAC-SHA2-256-128", 32, 16);
MAC(sha2_384, "SHA384", CYG_AUTH_HMAC_SHA2_384_192, "HMAC-SHA2-384-192", 48, 24);
MAC(sha2_512, "SHA512", CYG_AUTH_HMAC_SHA2_512_256, "HMAC-SHA2-512-256", 64, 32);
MAC(sha1, "SHA1", CYG_AUTH_HMAC_SHA1_96, "HMAC-SHA1-96", 20, 12);
MAC(md5, "MD5", CYG_AUTH_HMAC_MD5_96, "HMAC-MD5-96", 16, 12);

PRF(sha2_256, "SHA256", CYG_PRF_HMAC_SHA2_256, "PRF-HMAC-SHA2-256", 32);
PRF(sha2_384, "SHA384", CYG_PRF_HMAC_SHA2_384, "PRF-HMAC-SHA2-384", 48);
PRF(sha2_512, "SHA512", CYG_PRF_HMAC_SHA2_512, "PRF-HMAC-SHA2-512", 64);
PRF(sha1, "SHA1", CYG_PRF_HMAC_SHA1, "PRF-HMAC-SHA1", 20);
PRF(md5, "MD5", CYG_PRF_HMAC_MD5, "PRF-HMAC-MD5", 16);
