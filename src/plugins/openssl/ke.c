/* SPDX-License-Identifier: MIT */
/*
 * Key exchanges by EVP. An instance holds a template key with the group's parameters and, for the
 * quick ones, a context for making keys. Peers' values are checked here as RFC 6989 wants it:
 *
 *   MODP    1 < y < p - 1 (2.1; the groups are safe primes, and a private value is used once); of the group
 *           with a subgroup, y is a member of that (2.2: y^q = 1), which OpenSSL's validation sees to
 *   ECP     the point is on the curve and not at infinity (2.3): OpenSSL's import does that, so that the
 *           derivation need not do it again (validate_peer = 0: half of a P-256 exchange)
 *   X25519  a shared secret of zeros is refused (RFC 8031 5), and so for X448
 */
#include "algorithms.h"
#include "libvectors/modp.h"
#include "vectors.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include <stdlib.h>

#define POINT_MAX (1 + 2 * 66)

enum family { FAMILY_RAW, FAMILY_EC, FAMILY_DH };

struct method {
	const struct cyg_ke_ops *ops;
	enum family family;
	const char *type;       /* EVP's: "X25519", "EC", "DH", "DHX" (with a subgroup) */
	const char *group;      /* NULL: the type says it */
	const char *prime;      /* hexadecimal, for a group that OpenSSL has no name for */
	bool subgroup;          /* a member of the group may be none of the subgroup */
};

struct instance {
	const struct method *method;
	EVP_PKEY *template;     /* the group's parameters; NULL if the type says it all */
	EVP_PKEY_CTX *keygen;   /* NULL if slow: then nothing here changes once it is made */
	EVP_PKEY *peer;         /* quick: takes the value of one peer after the other; NULL: none came yet */
	uint8_t *prime;         /* MODP: big-endian, of public value length */
};

struct cyg_ke_key {
	EVP_PKEY *pkey;
};

static void instance_free(void *opaque)
{
	struct instance *in = opaque;

	if (!in)
		return;
	EVP_PKEY_CTX_free(in->keygen);
	EVP_PKEY_free(in->peer);
	EVP_PKEY_free(in->template);
	free(in->prime);
	free(in);
}

/* A key with domain parameters only. */
static EVP_PKEY *make_template(const struct method *m)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, m->type, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;
	BIGNUM *p = NULL, *g = NULL;
	bool good;

	if (!ctx || !build)
		goto out;
	if (m->prime) {
		good = BN_hex2bn(&p, m->prime) && BN_hex2bn(&g, "2") &&
		       OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, p) &&
		       OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, g);
	} else {
		good = OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, m->group, 0);
	}
	if (good)
		params = OSSL_PARAM_BLD_to_param(build);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		pkey = NULL;
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(p);
	BN_free(g);
	return pkey;
}

static EVP_PKEY_CTX *make_keygen(const struct instance *in)
{
	const struct method *m = in->method;
	EVP_PKEY_CTX *ctx = in->template ? EVP_PKEY_CTX_new_from_pkey(NULL, in->template, NULL)
					 : EVP_PKEY_CTX_new_from_name(NULL, m->type, NULL);

	if (ctx && EVP_PKEY_keygen_init(ctx) != 1) {
		EVP_PKEY_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static enum cyg_status instance_make(const struct method *m, void **out)
{
	struct instance *in = calloc(1, sizeof(*in));
	enum cyg_status status = CYG_NOMEM;
	BIGNUM *p = NULL;

	if (!in)
		return CYG_NOMEM;
	in->method = m;
	if (m->family != FAMILY_RAW) {
		in->template = make_template(m);
		if (!in->template) {
			status = CYG_UNSUPPORTED;
			goto out;
		}
	}
	if (m->family == FAMILY_DH) {
		in->prime = malloc(m->ops->initiator_len);
		if (!in->prime || EVP_PKEY_get_bn_param(in->template, OSSL_PKEY_PARAM_FFC_P, &p) != 1 ||
		    BN_bn2binpad(p, in->prime, m->ops->initiator_len) < 0)
			goto out;
	}
	if (!m->ops->slow) {
		in->keygen = make_keygen(in);
		if (!in->keygen)
			goto out;
	}
	*out = in;
	in = NULL;
	status = CYG_OK;
out:
	if (status != CYG_OK)
		ERR_clear_error();
	BN_free(p);
	instance_free(in);
	return status;
}

static enum cyg_status keygen(const struct instance *in, EVP_PKEY **out)
{
	EVP_PKEY_CTX *ctx = in->keygen ? in->keygen : make_keygen(in);
	EVP_PKEY *pkey = NULL;

	if (ctx && EVP_PKEY_generate(ctx, &pkey) != 1)
		pkey = NULL;
	if (!in->keygen)
		EVP_PKEY_CTX_free(ctx);
	if (!pkey) {
		ERR_clear_error();
		return CYG_IO;
	}
	*out = pkey;
	return CYG_OK;
}

/* Our value as it is sent: a point without its leading 4, a number with its leading zeros. */
static enum cyg_status export_public(const struct instance *in, EVP_PKEY *pkey, uint8_t *out)
{
	size_t want = in->method->ops->initiator_len, len = want;
	unsigned char *encoded = NULL;
	enum cyg_status status = CYG_IO;
	BIGNUM *y = NULL;

	switch (in->method->family) {
	case FAMILY_RAW:
		if (EVP_PKEY_get_raw_public_key(pkey, out, &len) == 1 && len == want)
			status = CYG_OK;
		break;
	case FAMILY_EC:
		len = EVP_PKEY_get1_encoded_public_key(pkey, &encoded);
		if (len == want + 1 && encoded[0] == 4) {
			memcpy(out, encoded + 1, want);
			status = CYG_OK;
		}
		OPENSSL_free(encoded);
		break;
	case FAMILY_DH:
		if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, &y) == 1 &&
		    BN_bn2binpad(y, out, (int)want) == (int)want)
			status = CYG_OK;
		BN_free(y);
		break;
	}
	if (status != CYG_OK)
		ERR_clear_error();
	return status;
}

/* 1 < y < p - 1. Public values: no need for constant time. */
static bool modp_in_range(const struct instance *in, struct cyg_bytes y)
{
	size_t last = y.len - 1;
	bool small = y.ptr[last] <= 1;

	for (size_t i = 0; i < last && small; i++)
		small = y.ptr[i] == 0;
	if (small)
		return false;
	/* p is odd: p - 1 differs from it in the last octet only. */
	for (size_t i = 0; i < last; i++) {
		if (y.ptr[i] != in->prime[i])
			return y.ptr[i] < in->prime[i];
	}
	return y.ptr[last] < in->prime[last] - 1;
}

/* A key that a value can be put into. Raw ones have no parameters: they are made of their first value. */
static EVP_PKEY *peer_new(const struct instance *in, struct cyg_bytes peer)
{
	EVP_PKEY *pkey;

	if (in->method->family == FAMILY_RAW)
		return EVP_PKEY_new_raw_public_key_ex(NULL, in->method->type, NULL, peer.ptr, peer.len);
	pkey = EVP_PKEY_new();
	if (pkey && EVP_PKEY_copy_parameters(pkey, in->template) == 1)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

/* Making a key takes OpenSSL a walk through all its names, so a quick group keeps one and puts value after value into it. */
static enum cyg_status import_peer(struct instance *in, struct cyg_bytes peer, EVP_PKEY **out)
{
	const struct method *m = in->method;
	uint8_t point[POINT_MAX];
	EVP_PKEY *pkey = in->peer;
	int good;

	if (peer.len != m->ops->initiator_len || (m->family == FAMILY_DH && !modp_in_range(in, peer)))
		return CYG_REFUSED;
	if (pkey)
		(void)EVP_PKEY_up_ref(pkey);
	else
		pkey = peer_new(in, peer);
	if (!pkey) {
		ERR_clear_error();
		return CYG_NOMEM;
	}
	if (m->family == FAMILY_EC) {
		point[0] = 4;
		memcpy(point + 1, peer.ptr, peer.len);
		good = EVP_PKEY_set1_encoded_public_key(pkey, point, peer.len + 1);
	} else {
		good = EVP_PKEY_set1_encoded_public_key(pkey, peer.ptr, peer.len);
	}
	if (good != 1) {
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return CYG_REFUSED;
	}
	if (in->keygen && !in->peer && EVP_PKEY_up_ref(pkey) == 1)
		in->peer = pkey;
	*out = pkey;
	return CYG_OK;
}

static bool is_zero(const struct cyg_secret *secret)
{
	uint8_t any = 0;

	for (size_t i = 0; i < secret->len; i++)
		any |= secret->ptr[i];
	return any == 0;
}

static enum cyg_status derive(struct instance *in, EVP_PKEY *ours, struct cyg_bytes peer,
			      struct cyg_secret *secret)
{
	unsigned pad = 1; /* RFC 7296 2.14: with leading zeros, in full length */
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_uint(OSSL_EXCHANGE_PARAM_PAD, &pad),
		OSSL_PARAM_construct_end(),
	};
	bool dh = in->method->family == FAMILY_DH;
	struct cyg_secret shared = { 0 };
	EVP_PKEY *theirs = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	size_t len = in->method->ops->secret_len;
	enum cyg_status status;

	status = import_peer(in, peer, &theirs);
	if (status != CYG_OK)
		return status;
	status = cyg_secret_init(&shared, len);
	if (status != CYG_OK)
		goto out;
	status = CYG_IO;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL);
	if (!ctx || EVP_PKEY_derive_init_ex(ctx, dh ? params : NULL) != 1)
		goto out;
	if (EVP_PKEY_derive_set_peer_ex(ctx, theirs, in->method->subgroup) != 1) {
		status = CYG_REFUSED;
		goto out;
	}
	/* It refuses a result of zeros by failing; so do we, should another version not. */
	if (EVP_PKEY_derive(ctx, shared.ptr, &len) != 1 || len != shared.len || is_zero(&shared)) {
		status = CYG_REFUSED;
		goto out;
	}
	*secret = shared;
	shared = (struct cyg_secret){ 0 };
	status = CYG_OK;
out:
	if (status != CYG_OK)
		ERR_clear_error();
	cyg_secret_done(&shared);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(theirs);
	return status;
}

static void key_free(struct cyg_ke_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

static enum cyg_status initiate(void *opaque, struct cyg_ke_key **out, uint8_t *public_value)
{
	struct cyg_ke_key *key = calloc(1, sizeof(*key));
	enum cyg_status status;

	if (!key)
		return CYG_NOMEM;
	status = keygen(opaque, &key->pkey);
	if (status == CYG_OK)
		status = export_public(opaque, key->pkey, public_value);
	if (status == CYG_OK)
		*out = key;
	else
		key_free(key);
	return status;
}

static enum cyg_status finish(void *opaque, struct cyg_ke_key *key, struct cyg_bytes peer, struct cyg_secret *secret)
{
	return derive(opaque, key->pkey, peer, secret);
}

static enum cyg_status respond(void *opaque, struct cyg_bytes peer, uint8_t *public_value, struct cyg_secret *secret)
{
	struct cyg_secret shared = { 0 };
	EVP_PKEY *ours = NULL;
	enum cyg_status status;

	status = keygen(opaque, &ours);
	if (status == CYG_OK)
		status = derive(opaque, ours, peer, &shared);
	if (status == CYG_OK)
		status = export_public(opaque, ours, public_value);
	EVP_PKEY_free(ours);
	if (status == CYG_OK)
		*secret = shared;
	else
		cyg_secret_done(&shared);
	return status;
}

/* For known answers: a key of ours from a scalar in big-endian order (raw: as it is). */
static enum cyg_status derive_raw(void *opaque, struct cyg_bytes scalar, struct cyg_bytes peer,
				  struct cyg_secret *secret)
{
	struct instance *in = opaque;
	const struct method *m = in->method;
	enum cyg_status status = CYG_IO;
	EVP_PKEY_CTX *ctx = NULL;
	OSSL_PARAM_BLD *build = NULL;
	OSSL_PARAM *own = NULL, *all = NULL, *group = NULL;
	EVP_PKEY *pkey = NULL;
	BIGNUM *x = NULL;

	if (m->family == FAMILY_RAW) {
		pkey = EVP_PKEY_new_raw_private_key_ex(NULL, m->type, NULL, scalar.ptr, scalar.len);
	} else {
		x = BN_bin2bn(scalar.ptr, (int)scalar.len, NULL);
		build = OSSL_PARAM_BLD_new();
		ctx = EVP_PKEY_CTX_new_from_name(NULL, m->type, NULL);
		if (!x || !build || !ctx || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, x) != 1)
			goto out;
		own = OSSL_PARAM_BLD_to_param(build);
		if (!own || EVP_PKEY_todata(in->template, EVP_PKEY_KEY_PARAMETERS, &group) != 1)
			goto out;
		all = OSSL_PARAM_merge(group, own);
		if (!all || EVP_PKEY_fromdata_init(ctx) != 1 ||
		    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, all) != 1)
			goto out;
	}
	if (pkey)
		status = derive(in, pkey, peer, secret);
out:
	if (status != CYG_OK)
		ERR_clear_error();
	OPENSSL_free(all); /* the list; what it lists belongs to the two below */
	OSSL_PARAM_free(group);
	OSSL_PARAM_free(own);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	BN_clear_free(x);
	return status;
}

/* `slow` as measured: one call takes over 200 microseconds. */
#define KE(symbol_, vectors_, id_, name_, public_, secret_, slow_, family_, type_, group_, prime_) \
	static const struct method symbol_##_method = {                                             \
		&openssl_##symbol_, (family_), (type_), (group_), (prime_),                         \
		(id_) == CYG_KE_MODP_2048_256 };                                                    \
	static enum cyg_status symbol_##_new(struct cyg_plugin_ctx *ctx, void **out)                \
	{                                                                                           \
		return instance_make(&symbol_##_method, out);                                       \
	}                                                                                           \
	const struct cyg_ke_ops openssl_##symbol_ = {                                               \
		.id = (id_), .name = (name_), .initiator_len = (public_),                           \
		.responder_len = (public_), .secret_len = (secret_), .slow = (slow_),               \
		.vectors = (vectors_), .instance_new = symbol_##_new,                               \
		.instance_free = instance_free, .initiate = initiate, .respond = respond,           \
		.finish = finish, .key_free = key_free, .derive_raw = derive_raw }

/* RFC 2409 6.1 and 6.2: not among the groups that OpenSSL has a name for. */
static const char modp_768_prime[] =
	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A3620FFFFFFFFFFFFFFFF";

static const char modp_1024_prime[] =
	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF";

KE(x25519, openssl_vectors_x25519, CYG_KE_X25519, "X25519", 32, 32, false, FAMILY_RAW, "X25519", NULL, NULL);
KE(x448, openssl_vectors_x448, CYG_KE_X448, "X448", 56, 56, true, FAMILY_RAW, "X448", NULL, NULL);
KE(ecp_256, openssl_vectors_ecp_256, CYG_KE_ECP_256, "ECP-256", 64, 32, false, FAMILY_EC, "EC", "P-256", NULL);
KE(ecp_384, openssl_vectors_ecp_384, CYG_KE_ECP_384, "ECP-384", 96, 48, true, FAMILY_EC, "EC", "P-384", NULL);
KE(ecp_521, openssl_vectors_ecp_521, CYG_KE_ECP_521, "ECP-521", 132, 66, true, FAMILY_EC, "EC", "P-521", NULL);
KE(modp_768, modp_vectors_768, CYG_KE_MODP_768, "MODP-768", 96, 96, true, FAMILY_DH, "DH", NULL, modp_768_prime);
KE(modp_1024, modp_vectors_1024, CYG_KE_MODP_1024, "MODP-1024", 128, 128, true, FAMILY_DH, "DH", NULL, modp_1024_prime);
KE(modp_1536, modp_vectors_1536, CYG_KE_MODP_1536, "MODP-1536", 192, 192, true, FAMILY_DH, "DH", "modp_1536", NULL);
KE(modp_2048, modp_vectors_2048, CYG_KE_MODP_2048, "MODP-2048", 256, 256, true, FAMILY_DH, "DH", "modp_2048", NULL);
KE(modp_3072, modp_vectors_3072, CYG_KE_MODP_3072, "MODP-3072", 384, 384, true, FAMILY_DH, "DH", "modp_3072", NULL);
KE(modp_4096, modp_vectors_4096, CYG_KE_MODP_4096, "MODP-4096", 512, 512, true, FAMILY_DH, "DH", "modp_4096", NULL);
KE(modp_6144, modp_vectors_6144, CYG_KE_MODP_6144, "MODP-6144", 768, 768, true, FAMILY_DH, "DH", "modp_6144", NULL);
KE(modp_8192, modp_vectors_8192, CYG_KE_MODP_8192, "MODP-8192", 1024, 1024, true, FAMILY_DH, "DH", "modp_8192", NULL);
/* RFC 5114 2.3. */
KE(modp_2048_256, modp_vectors_2048_256, CYG_KE_MODP_2048_256, "MODP-2048-256", 256, 256, true, FAMILY_DH, "DHX", "dh_2048_256", NULL);
