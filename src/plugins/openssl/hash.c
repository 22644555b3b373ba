/* SPDX-License-Identifier: MIT */
/* Hashes: one fetched digest and one kept context per algorithm and shard; and the random source. */
#include "algorithms.h"
#include "vectors.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <stdlib.h>

struct instance {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

static void instance_free(void *opaque)
{
	struct instance *in = opaque;

	if (!in)
		return;
	EVP_MD_CTX_free(in->ctx);
	EVP_MD_free(in->md);
	free(in);
}

static enum cyg_status instance_make(const char *name, void **out)
{
	struct instance *in = calloc(1, sizeof(*in));

	if (!in)
		return CYG_NOMEM;
	in->md = EVP_MD_fetch(NULL, name, NULL);
	in->ctx = EVP_MD_CTX_new();
	if (!in->md || !in->ctx) {
		enum cyg_status status = in->md ? CYG_NOMEM : CYG_UNSUPPORTED;

		instance_free(in);
		return status;
	}
	*out = in;
	return CYG_OK;
}

static enum cyg_status compute(void *opaque, const struct cyg_bytes *parts, size_t count, uint8_t *out)
{
	struct instance *in = opaque;

	if (EVP_DigestInit_ex2(in->ctx, in->md, NULL) != 1)
		return CYG_IO;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len && EVP_DigestUpdate(in->ctx, parts[i].ptr, parts[i].len) != 1)
			return CYG_IO;
	}
	return EVP_DigestFinal_ex(in->ctx, out, NULL) == 1 ? CYG_OK : CYG_IO;
}

#define HASH(symbol_, evp_, id_, name_, len_)                                                      \
	static enum cyg_status symbol_##_new(struct cyg_plugin_ctx *ctx, void **out)               \
	{                                                                                          \
		return instance_make((evp_), out);                                                 \
	}                                                                                          \
	const struct cyg_hash_ops openssl_hash_##symbol_ = {                                       \
		.id = (id_), .name = (name_), .out_len = (len_),                                   \
		.vectors = openssl_vectors_hash_##symbol_, .instance_new = symbol_##_new,          \
		.instance_free = instance_free, .compute = compute }

HASH(sha1, "SHA1", CYG_HASH_SHA1, "SHA1", 20);
HASH(sha2_256, "SHA256", CYG_HASH_SHA2_256, "SHA2-256", 32);
HASH(sha2_384, "SHA384", CYG_HASH_SHA2_384, "SHA2-384", 48);
HASH(sha2_512, "SHA512", CYG_HASH_SHA2_512, "SHA2-512", 64);

static enum cyg_status fill(struct cyg_plugin_ctx *ctx, void *out, size_t len)
{
	return len <= INT32_MAX && RAND_bytes(out, (int)len) == 1 ? CYG_OK : CYG_IO;
}

const struct cyg_rng_ops openssl_rng = { .name = "DRBG", .fill = fill };
