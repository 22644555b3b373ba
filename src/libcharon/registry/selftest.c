/* SPDX-License-Identifier: MIT */
/* Known answers: what a crypto feature must give before anybody is offered it. */
#include "registry/internal.h"
#include "registry/selftest_esp.h"

#include <stdlib.h>

#define TEST_MAX 2048 /* octets of one vector's output */

static bool failed(struct cyg_strbuf *why, const char *what, size_t vector)
{
	cyg_strbuf_addf(why, "%s differs from known answer %zu", what, vector + 1);
	return false;
}

static bool broken(struct cyg_strbuf *why, const char *what, enum cyg_status status)
{
	cyg_strbuf_addf(why, "%s: %s", what, cyg_status_text(status));
	return false;
}

static bool test_cipher(const struct cyg_cipher_ops *ops, void *instance, struct cyg_strbuf *why)
{
	uint8_t data[TEST_MAX];

	for (size_t i = 0; ops->vectors[i].out.ptr; i++) {
		const struct cyg_vector *v = &ops->vectors[i];
		uint8_t *tag = ops->icv_len ? data + v->in.len : NULL;
		enum cyg_status status;

		if (v->out.len > sizeof(data) || v->out.len != v->in.len + ops->icv_len ||
		    v->key.len != ops->key_len || v->iv.len != ops->iv_len)
			return failed(why, "the length", i);
		status = ops->set_key(instance, v->key);
		if (status != CYG_OK)
			return broken(why, "setting the key", status);
		if (v->in.len)
			memcpy(data, v->in.ptr, v->in.len);
		status = ops->seal(instance, v->iv.ptr, v->aad, data, v->in.len, tag);
		if (status != CYG_OK)
			return broken(why, "sealing", status);
		if (memcmp(data, v->out.ptr, v->out.len) != 0)
			return failed(why, "what it seals", i);
		status = ops->open(instance, v->iv.ptr, v->aad, data, v->in.len, tag);
		if (status != CYG_OK)
			return broken(why, "opening", status);
		if (v->in.len && memcmp(data, v->in.ptr, v->in.len) != 0)
			return failed(why, "what it opens", i);
		if (!tag)
			continue;
		memcpy(data, v->out.ptr, v->out.len);
		tag[0] ^= 1;
		if (ops->open(instance, v->iv.ptr, v->aad, data, v->in.len, tag) != CYG_REFUSED)
			return failed(why, "the answer to a wrong tag", i);
	}
	return true;
}

/* MACs, PRFs and hashes: once in one part, once in two. */
static bool test_compute(enum cyg_status (*compute)(void *instance, const struct cyg_bytes *parts,
						    size_t count, uint8_t *out),
			 void *instance, const struct cyg_vector *v, size_t number, size_t out_len,
			 struct cyg_strbuf *why)
{
	const struct cyg_bytes halves[] = {
		cyg_bytes(v->in.ptr, v->in.len / 2),
		cyg_bytes(v->in.ptr ? v->in.ptr + v->in.len / 2 : NULL, v->in.len - v->in.len / 2),
	};
	uint8_t out[CYG_ICV_MAX];

	if (v->out.len != out_len || out_len > sizeof(out))
		return failed(why, "the length", number);
	for (size_t parts = 1; parts <= 2; parts++) {
		enum cyg_status status = compute(instance, parts == 1 ? &v->in : halves, parts, out);

		if (status != CYG_OK)
			return broken(why, "computing", status);
		if (memcmp(out, v->out.ptr, out_len) != 0)
			return failed(why, "what it computes", number);
	}
	return true;
}

static bool test_mac(const struct cyg_mac_ops *ops, void *instance, struct cyg_strbuf *why)
{
	for (size_t i = 0; ops->vectors[i].out.ptr; i++) {
		enum cyg_status status = ops->set_key(instance, ops->vectors[i].key);

		if (status != CYG_OK)
			return broken(why, "setting the key", status);
		if (!test_compute(ops->compute, instance, &ops->vectors[i], i, ops->icv_len, why))
			return false;
	}
	return true;
}

static bool test_prf(const struct cyg_prf_ops *ops, void *instance, struct cyg_strbuf *why)
{
	for (size_t i = 0; ops->vectors[i].out.ptr; i++) {
		enum cyg_status status = ops->set_key(instance, ops->vectors[i].key);

		if (status != CYG_OK)
			return broken(why, "setting the key", status);
		if (!test_compute(ops->compute, instance, &ops->vectors[i], i, ops->out_len, why))
			return false;
	}
	return true;
}

static bool test_hash(const struct cyg_hash_ops *ops, void *instance, struct cyg_strbuf *why)
{
	for (size_t i = 0; ops->vectors[i].out.ptr; i++) {
		if (!test_compute(ops->compute, instance, &ops->vectors[i], i, ops->out_len, why))
			return false;
	}
	return true;
}

static bool test_ke(const struct cyg_ke_ops *ops, void *instance, struct cyg_strbuf *why)
{
	uint8_t ours[CYG_KE_MAX], theirs[CYG_KE_MAX];
	struct cyg_secret a = { 0 }, b = { 0 };
	struct cyg_ke_key *key = NULL;
	enum cyg_status status = CYG_OK;
	const char *what = "the known answer";
	bool good = false;

	for (size_t i = 0; ops->vectors && ops->derive_raw && ops->vectors[i].out.ptr; i++) {
		bool same;

		status = ops->derive_raw(instance, ops->vectors[i].key, ops->vectors[i].in, &a);
		if (status != CYG_OK)
			goto out;
		same = cyg_bytes_equal(cyg_secret_bytes(&a), ops->vectors[i].out);
		cyg_secret_done(&a);
		if (!same)
			return failed(why, "the shared secret", i);
	}
	what = "an exchange with itself";
	status = ops->initiate(instance, &key, ours);
	if (status == CYG_OK)
		status = ops->respond(instance, cyg_bytes(ours, ops->initiator_len), theirs, &a);
	if (status == CYG_OK)
		status = ops->finish(instance, key, cyg_bytes(theirs, ops->responder_len), &b);
	if (status == CYG_OK && (a.len != ops->secret_len || !cyg_secret_equal(&a, &b)))
		status = CYG_MALFORMED;
	good = status == CYG_OK;
out:
	if (key)
		ops->key_free(key);
	cyg_secret_done(&a);
	cyg_secret_done(&b);
	if (!good)
		broken(why, what, status);
	return good;
}

static bool test_rng(struct cyg_plugin_ctx *ctx, const struct cyg_rng_ops *ops, struct cyg_strbuf *why)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	enum cyg_status status = ops->fill(ctx, a, sizeof(a));

	if (status == CYG_OK)
		status = ops->fill(ctx, b, sizeof(b));
	if (status != CYG_OK)
		return broken(why, "filling", status);
	if (memcmp(a, b, sizeof(a)) == 0) {
		cyg_strbuf_add(why, CYG_STR("gives the same octets twice"));
		return false;
	}
	return true;
}

/* The engine has room for so much; what is longer would be an assertion there. */
static bool has_fitting_lengths(const struct cyg_feature *f)
{
	switch (f->kind) {
	case CYG_CIPHER:
		return f->cipher->key_len <= CYG_KEY_MAX && f->cipher->salt_len <= f->cipher->key_len &&
		       f->cipher->iv_len <= CYG_IV_MAX && f->cipher->icv_len <= CYG_ICV_MAX && f->cipher->block_len;
	case CYG_MAC:
		return f->mac->key_len <= CYG_KEY_MAX && f->mac->icv_len && f->mac->icv_len <= CYG_ICV_MAX;
	case CYG_PRF:
		return f->prf->key_len <= CYG_PRF_MAX && f->prf->out_len && f->prf->out_len <= CYG_PRF_MAX;
	case CYG_HASH:
		return f->hash->out_len && f->hash->out_len <= CYG_ICV_MAX;
	case CYG_ESP:
		return esp_fits(f->esp);
	case CYG_KE:
		return f->ke->initiator_len <= CYG_KE_MAX && f->ke->responder_len <= CYG_KE_MAX &&
		       f->ke->secret_len && f->ke->secret_len <= CYG_KE_MAX;
	default:
		return true;
	}
}

bool feature_self_test(struct cyg_plugin_ctx *ctx, const struct cyg_feature *f, struct cyg_strbuf *why)
{
	enum cyg_status (*instance_new)(struct cyg_plugin_ctx *, void **) = NULL;
	void (*instance_free)(void *) = NULL;
	const struct cyg_vector *vectors = NULL;
	enum cyg_status status;
	void *instance = NULL;
	bool good = true;

	switch (f->kind) {
	case CYG_CIPHER:
		instance_new = f->cipher->instance_new;
		instance_free = f->cipher->instance_free;
		vectors = f->cipher->vectors;
		break;
	case CYG_MAC:
		instance_new = f->mac->instance_new;
		instance_free = f->mac->instance_free;
		vectors = f->mac->vectors;
		break;
	case CYG_PRF:
		instance_new = f->prf->instance_new;
		instance_free = f->prf->instance_free;
		vectors = f->prf->vectors;
		break;
	case CYG_HASH:
		instance_new = f->hash->instance_new;
		instance_free = f->hash->instance_free;
		vectors = f->hash->vectors;
		break;
	case CYG_KE:
		instance_new = f->ke->instance_new;
		instance_free = f->ke->instance_free;
		break;
	case CYG_ESP:
		instance_new = f->esp->instance_new;
		instance_free = f->esp->instance_free;
		break;
	case CYG_RNG:
		return test_rng(ctx, f->rng, why);
	default:
		return true;
	}
	if (!has_fitting_lengths(f)) {
		cyg_strbuf_add(why, CYG_STR("has lengths that the engine has no room for"));
		return false;
	}
	if (f->kind != CYG_KE && f->kind != CYG_ESP && (!vectors || !vectors[0].out.ptr)) {
		cyg_strbuf_add(why, CYG_STR("brings no known answers"));
		return false;
	}
	status = instance_new(ctx, &instance);
	if (status != CYG_OK)
		return broken(why, "making an instance", status);
	if (f->kind == CYG_CIPHER)
		good = test_cipher(f->cipher, instance, why);
	else if (f->kind == CYG_MAC)
		good = test_mac(f->mac, instance, why);
	else if (f->kind == CYG_PRF)
		good = test_prf(f->prf, instance, why);
	else if (f->kind == CYG_HASH)
		good = test_hash(f->hash, instance, why);
	else if (f->kind == CYG_ESP)
		good = esp_self_test(&(struct esp_provider){ f->esp, instance }, why);
	else
		good = test_ke(f->ke, instance, why);
	instance_free(instance);
	return good;
}
