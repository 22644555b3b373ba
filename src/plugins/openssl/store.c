/* SPDX-License-Identifier: MIT */
/*
 * Path validation. It takes longer than a turn of the loop should, so it runs on a helper thread: the job holds
 * references to what it reads and its own result, which moves over when it ends on the shard.
 */
#include "x509.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

#define SECURITY_LEVEL 2 /* of libcrypto: 112 bits; RSA of 2048 bits and more, SHA-2 */
#define CRLS_MAX       64

struct cyg_cert_store {
	atomic_uint refs;
	X509_STORE *x509;
	bool check, required;
};

/* --- Making one --- */

static enum cyg_status add_crl(X509_STORE *store, X509_CRL *take_crl)
{
	int added = X509_STORE_add_crl(store, take_crl);

	X509_CRL_free(take_crl);
	return added == 1 ? CYG_OK : CYG_NOMEM;
}

static enum cyg_status add_crls(X509_STORE *store, struct cyg_bytes file)
{
	const unsigned char *p = file.ptr;
	enum cyg_status status = CYG_OK;
	X509_CRL *crl;
	unsigned count = 0;
	BIO *bio;

	if (!files_is_pem(file)) {
		crl = file.len ? d2i_X509_CRL(NULL, &p, (long)file.len) : NULL;
		return crl ? add_crl(store, crl) : CYG_MALFORMED;
	}
	bio = file.len <= INT32_MAX ? BIO_new_mem_buf(file.ptr, (int)file.len) : NULL;
	if (!bio)
		return CYG_NOMEM;
	while (status == CYG_OK && (crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL))) {
		status = add_crl(store, crl);
		if (status == CYG_OK && ++count > CRLS_MAX)
			status = CYG_LIMIT;
	}
	if (status == CYG_OK && (!count || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
		status = CYG_MALFORMED;
	BIO_free(bio);
	return status;
}

void store_unref(struct cyg_cert_store *store)
{
	if (!store || atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) != 1)
		return;
	X509_STORE_free(store->x509);
	free(store);
}

struct cyg_cert_store *store_ref(struct cyg_cert_store *store)
{
	atomic_fetch_add_explicit(&store->refs, 1, memory_order_relaxed);
	return store;
}

enum cyg_status store_new(struct cyg_plugin_ctx *ctx, const struct cyg_cert_trust *trust,
			  struct cyg_cert_store **out, struct cyg_strbuf *why)
{
	struct cyg_cert_store *store = calloc(1, sizeof(*store));
	enum cyg_status status = CYG_NOMEM;

	if (!store)
		return CYG_NOMEM;
	atomic_init(&store->refs, 1);
	store->check = trust->crl_count > 0 || trust->crl_required;
	store->required = trust->crl_required;
	store->x509 = X509_STORE_new();
	if (!store->x509)
		goto fail;
	for (size_t i = 0; i < trust->anchor_count; i++) {
		if (X509_STORE_add_cert(store->x509, trust->anchors[i]->x509) != 1)
			goto fail;
	}
	for (size_t i = 0; i < trust->crl_count; i++) {
		status = add_crls(store->x509, trust->crls[i]);
		if (status != CYG_OK) {
			cyg_strbuf_addf(why, "its CRL is %s", status == CYG_MALFORMED ?
					"neither PEM nor DER" : cyg_status_text(status));
			goto fail;
		}
	}
	ERR_clear_error();
	*out = store;
	return CYG_OK;
fail:
	ERR_clear_error();
	store_unref(store);
	return status;
}

/* --- Judging --- */

static const struct {
	int error;
	enum cyg_cert_verdict verdict;
} verdicts[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, CYG_CERT_UNKNOWN_CA },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, CYG_CERT_UNKNOWN_CA },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, CYG_CERT_UNKNOWN_CA },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, CYG_CERT_UNKNOWN_CA },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CYG_CERT_UNKNOWN_CA },
	{ X509_V_ERR_CERT_UNTRUSTED, CYG_CERT_UNKNOWN_CA },
	{ X509_V_ERR_CERT_HAS_EXPIRED, CYG_CERT_EXPIRED },
	{ X509_V_ERR_CERT_NOT_YET_VALID, CYG_CERT_NOT_YET_VALID },
	{ X509_V_ERR_CERT_REVOKED, CYG_CERT_REVOKED },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, CYG_CERT_NO_CRL },
	{ X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, CYG_CERT_NO_CRL },
	{ X509_V_ERR_CRL_NOT_YET_VALID, CYG_CERT_NO_CRL },
	{ X509_V_ERR_CRL_HAS_EXPIRED, CYG_CERT_NO_CRL },
	{ X509_V_ERR_CRL_SIGNATURE_FAILURE, CYG_CERT_NO_CRL },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, CYG_CERT_NO_CRL },
	{ X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, CYG_CERT_NO_CRL },
	{ X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, CYG_CERT_NO_CRL },
	{ X509_V_ERR_DIFFERENT_CRL_SCOPE, CYG_CERT_NO_CRL },
	{ X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, CYG_CERT_NO_CRL },
	{ X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, CYG_CERT_NO_CRL },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, CYG_CERT_BAD_SIGNATURE },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, CYG_CERT_BAD_SIGNATURE },
	{ X509_V_ERR_INVALID_CA, CYG_CERT_NO_CA },
	{ X509_V_ERR_INVALID_NON_CA, CYG_CERT_NO_CA },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, CYG_CERT_NO_CA },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, CYG_CERT_TOO_LONG },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, CYG_CERT_TOO_LONG },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, CYG_CERT_WEAK },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, CYG_CERT_WEAK },
	{ X509_V_ERR_CA_MD_TOO_WEAK, CYG_CERT_WEAK },
	{ X509_V_ERR_PERMITTED_VIOLATION, CYG_CERT_NAME_CONSTRAINTS },
	{ X509_V_ERR_EXCLUDED_VIOLATION, CYG_CERT_NAME_CONSTRAINTS },
	{ X509_V_ERR_SUBTREE_MINMAX, CYG_CERT_NAME_CONSTRAINTS },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, CYG_CERT_NAME_CONSTRAINTS },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, CYG_CERT_NAME_CONSTRAINTS },
	{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, CYG_CERT_NAME_CONSTRAINTS },
};

static enum cyg_cert_verdict verdict_of(int error)
{
	for (size_t i = 0; i < CYG_COUNT(verdicts); i++) {
		if (verdicts[i].error == error)
			return verdicts[i].verdict;
	}
	return CYG_CERT_INVALID;
}

/* A CRL that is not there, or is out of date, is no fault where it is not demanded; nor is one of a CA above. What one out of
 * date says counts all the same. */
static int on_error(int good, X509_STORE_CTX *ctx)
{
	const struct cyg_cert_store *store = X509_STORE_CTX_get_app_data(ctx);

	if (good || verdict_of(X509_STORE_CTX_get_error(ctx)) != CYG_CERT_NO_CRL)
		return good;
	return !store->required || X509_STORE_CTX_get_error_depth(ctx) > 0;
}

static void earlier(int64_t *until, const ASN1_TIME *time)
{
	struct tm tm;
	int64_t at;

	if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
		return;
	at = timegm(&tm);
	if (at < *until)
		*until = at;
}

/* Until when the whole chain and the CRLs of its issuers hold. */
static int64_t holds_until(X509_STORE_CTX *ctx, int64_t at)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	int64_t until = INT64_MAX;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		const X509 *x509 = sk_X509_value(chain, i);
		STACK_OF(X509_CRL) *crls = X509_STORE_CTX_get1_crls(ctx, X509_get_issuer_name(x509));

		earlier(&until, X509_get0_notAfter(x509));
		for (int k = 0; crls && k < sk_X509_CRL_num(crls); k++) {
			int64_t next = INT64_MAX;

			earlier(&next, X509_CRL_get0_nextUpdate(sk_X509_CRL_value(crls, k)));
			if (next > at && next < until)
				until = next;
		}
		sk_X509_CRL_pop_free(crls, X509_CRL_free);
	}
	return until;
}

static enum cyg_status judge(struct cyg_cert_store *store, struct cyg_cert *const *chain, size_t count, int64_t at,
			     struct cyg_cert_judgement *out)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	X509_VERIFY_PARAM *param;
	enum cyg_status status = CYG_NOMEM;

	memset(out, 0, sizeof(*out));
	for (size_t i = 1; others && i < count; i++) {
		if (sk_X509_push(others, chain[i]->x509) <= 0)
			goto out;
	}
	if (!ctx || !others || X509_STORE_CTX_init(ctx, store->x509, chain[0]->x509, others) != 1)
		goto out;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, at);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, CYG_CERT_CHAIN_MAX);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN |
			(store->check ? X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL : 0));
	X509_STORE_CTX_set_verify_cb(ctx, on_error);
	X509_STORE_CTX_set_app_data(ctx, store);
	status = CYG_OK;
	if (X509_verify_cert(ctx) == 1) {
		out->until = holds_until(ctx, at);
	} else {
		int error = X509_STORE_CTX_get_error(ctx);
		struct cyg_strbuf detail = CYG_STRBUF(out->detail);

		out->verdict = error == X509_V_OK ? CYG_CERT_INVALID : verdict_of(error);
		out->depth = (unsigned)X509_STORE_CTX_get_error_depth(ctx);
		cyg_strbuf_add(&detail, cyg_str(X509_verify_cert_error_string(error)));
	}
out:
	sk_X509_free(others);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return status;
}

/* --- On a helper --- */

struct judging {
	struct cyg_job job;
	struct cyg_plugin_ctx *ctx;
	struct cyg_shard *home;
	struct cyg_cert_store *store;
	int64_t at;
	struct cyg_op *op;              /* NULL once nobody waits */
	struct cyg_cert_judgement *out, result;
	enum cyg_status status;
	size_t count;
	struct cyg_cert *chain[];
};

static void judging_work(struct cyg_job *base)
{
	struct judging *job = CYG_CONTAINER(base, struct judging, job);

	job->status = judge(job->store, job->chain, job->count, job->at, &job->result);
}

static void judging_finish(struct cyg_shard *shard, struct cyg_job *base)
{
	struct judging *job = CYG_CONTAINER(base, struct judging, job);

	*job->out = job->result;
	cyg_op_complete(job->op, job->status);
}

static void judging_drop(struct cyg_job *base)
{
	struct judging *job = CYG_CONTAINER(base, struct judging, job);

	cyg_plugin_release(job->ctx, job->home);
	for (size_t i = 0; i < job->count; i++)
		cert_unref(job->chain[i]);
	store_unref(job->store);
	free(job);
}

static void judging_cancel(struct cyg_op *op, void *state)
{
	cyg_job_cancel(&((struct judging *)state)->job);
}

enum cyg_status store_verify_chain(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				   struct cyg_cert_store *store, struct cyg_cert *const *chain, size_t count,
				   int64_t at, struct cyg_cert_judgement *out, struct cyg_op *op)
{
	struct judging *job;
	enum cyg_status status;

	if (!count)
		return CYG_MALFORMED;
	job = malloc(sizeof(*job) + count * sizeof(job->chain[0]));
	if (!job)
		return CYG_NOMEM;
	*job = (struct judging){ .job = { .work = judging_work, .finish = judging_finish, .drop = judging_drop },
				 .ctx = ctx, .home = shard, .store = store_ref(store), .at = at, .op = op,
				 .out = out, .count = count };
	for (size_t i = 0; i < count; i++)
		job->chain[i] = cert_ref(chain[i]);
	cyg_plugin_use(ctx, shard);
	status = cyg_job_start(shard, &job->job);
	if (status != CYG_OK) {
		judging_drop(&job->job);
		return status;
	}
	return cyg_op_pending(op, 0, judging_cancel, job);
}
