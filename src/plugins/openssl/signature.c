/* SPDX-License-Identifier: MIT */
/* Signatures, and how RFC 7427 writes down what kind they are. */
#include "x509.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include <stdlib.h>

static const struct {
	uint16_t hash;
	const char *name;
	int nid, rsa, ecdsa;
	uint16_t len;
} hashes[] = {
	{ CYG_HASH_SHA1, "SHA1", NID_sha1, NID_sha1WithRSAEncryption, NID_ecdsa_with_SHA1, 20 },
	{ CYG_HASH_SHA2_256, "SHA256", NID_sha256, NID_sha256WithRSAEncryption, NID_ecdsa_with_SHA256, 32 },
	{ CYG_HASH_SHA2_384, "SHA384", NID_sha384, NID_sha384WithRSAEncryption, NID_ecdsa_with_SHA384, 48 },
	{ CYG_HASH_SHA2_512, "SHA512", NID_sha512, NID_sha512WithRSAEncryption, NID_ecdsa_with_SHA512, 64 },
};

static int hash_index(uint16_t hash)
{
	for (size_t i = 0; i < CYG_COUNT(hashes); i++) {
		if (hashes[i].hash == hash)
			return (int)i;
	}
	return -1;
}

static int hash_index_of_nid(int nid)
{
	for (size_t i = 0; i < CYG_COUNT(hashes); i++) {
		if (hashes[i].nid == nid)
			return (int)i;
	}
	return -1;
}

/* --- Making and checking one --- */

static bool begin(EVP_MD_CTX *md, EVP_PKEY *key, const struct cyg_signature *how, bool sign)
{
	int hash = hash_index(how->hash);
	const char *name = hash < 0 ? NULL : hashes[hash].name;
	EVP_PKEY_CTX *pkey;
	int done = sign ? EVP_DigestSignInit_ex(md, &pkey, name, NULL, NULL, key, NULL) :
			  EVP_DigestVerifyInit_ex(md, &pkey, name, NULL, NULL, key, NULL);

	if (done != 1)
		return false;
	if (how->key != CYG_KEY_RSA)
		return true;
	if (!how->pss)
		return EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md_name(pkey, name, NULL) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, how->salt_len) == 1;
}

struct keyed {
	struct cyg_signature how;
	EVP_MD_CTX *md;                 /* only copied from, so that any thread may */
};

void keyed_free(struct keyed *keyed)
{
	if (keyed)
		EVP_MD_CTX_free(keyed->md);
	free(keyed);
}

static bool same_way(const struct cyg_signature *a, const struct cyg_signature *b)
{
	return a->key == b->key && a->hash == b->hash && a->pss == b->pss && a->salt_len == b->salt_len;
}

/* Without memory it is made anew next time. */
static void keyed_keep(keyed_slot *slot, const struct cyg_signature *how, const EVP_MD_CTX *md)
{
	struct keyed *keyed = calloc(1, sizeof(*keyed)), *none = NULL;

	if (!keyed)
		return;
	keyed->how = *how;
	keyed->md = EVP_MD_CTX_new();
	if (!keyed->md || EVP_MD_CTX_copy_ex(keyed->md, md) != 1 ||
	    !atomic_compare_exchange_strong(slot, &none, keyed))
		keyed_free(keyed);
}

/* A context of this key, ready for data. Keys sign in one way nearly always: the first one is kept. */
static enum cyg_status context_new(EVP_PKEY *key, keyed_slot *slot, const struct cyg_signature *how, bool sign,
				   EVP_MD_CTX **out)
{
	const struct keyed *keyed = atomic_load(slot);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good;

	if (!md)
		return CYG_NOMEM;
	if (keyed && same_way(&keyed->how, how)) {
		good = EVP_MD_CTX_copy_ex(md, keyed->md) == 1;
	} else {
		good = begin(md, key, how, sign);
		if (good && !keyed)
			keyed_keep(slot, how, md);
	}
	if (!good) {
		EVP_MD_CTX_free(md);
		return CYG_UNSUPPORTED;
	}
	*out = md;
	return CYG_OK;
}

static bool fits(const EVP_PKEY *key, const struct cyg_signature *how)
{
	unsigned bits;
	enum cyg_key_type kind = key_kind(key, &bits);
	bool eddsa = how->key == CYG_KEY_ED25519 || how->key == CYG_KEY_ED448;

	if (kind != how->key || kind == CYG_KEY_NONE)
		return false;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS && !how->pss)
		return false;
	return eddsa ? how->hash == CYG_HASH_IDENTITY : hash_index(how->hash) >= 0;
}

/* Octets of r, and of s. */
static size_t order_len(const EVP_PKEY *key)
{
	return ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
}

static enum cyg_status raw_of_der(size_t half, uint8_t *octets, size_t *len)
{
	const unsigned char *p = octets;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)*len);
	bool done = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), octets, (int)half) == (int)half &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(sig), octets + half, (int)half) == (int)half;

	ECDSA_SIG_free(sig);
	*len = 2 * half;
	return done ? CYG_OK : CYG_IO;
}

enum cyg_status signature_make(EVP_PKEY *key, keyed_slot *slot, const struct cyg_signature *how, struct cyg_bytes data,
			       uint8_t out[CYG_SIGNATURE_MAX], size_t *len)
{
	uint8_t octets[CYG_SIGNATURE_MAX];
	size_t made = sizeof(octets);
	EVP_MD_CTX *md = NULL;
	enum cyg_status status;

	if (!fits(key, how) || EVP_PKEY_get_size(key) > (int)sizeof(octets))
		return CYG_UNSUPPORTED;
	status = context_new(key, slot, how, true, &md);
	if (status == CYG_OK)
		status = EVP_DigestSign(md, octets, &made, data.ptr, data.len) == 1 ? CYG_OK : CYG_IO;
	EVP_MD_CTX_free(md);
	if (status == CYG_OK && how->raw)
		status = raw_of_der(order_len(key), octets, &made);
	ERR_clear_error();
	if (status == CYG_OK) {
		memcpy(out, octets, made);
		*len = made;
	}
	return status;
}

static enum cyg_status der_of_raw(size_t half, struct cyg_bytes raw, uint8_t **out, size_t *len)
{
	ECDSA_SIG *sig;
	BIGNUM *r, *s;
	unsigned char *der = NULL;
	int made = -1;

	if (raw.len != 2 * half)
		return CYG_REFUSED;
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(raw.ptr, (int)half, NULL);
	s = BN_bin2bn(raw.ptr + half, (int)half, NULL);
	if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;
		made = i2d_ECDSA_SIG(sig, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	*len = take_der(der, made, out).len;
	return *len ? CYG_OK : CYG_NOMEM;
}

enum cyg_status signature_verify(struct cyg_plugin_ctx *ctx, struct cyg_cert *cert,
				 const struct cyg_signature *how, struct cyg_bytes data,
				 struct cyg_bytes signature)
{
	enum cyg_status status;
	uint8_t *der = NULL;
	EVP_MD_CTX *md = NULL;

	if (!fits(cert->key, how))
		return CYG_UNSUPPORTED;
	if (how->raw) {
		size_t len;

		status = der_of_raw(order_len(cert->key), signature, &der, &len);
		if (status != CYG_OK)
			return status;
		signature = cyg_bytes(der, len);
	}
	status = context_new(cert->key, &cert->verifying, how, false, &md);
	if (status == CYG_OK && EVP_DigestVerify(md, signature.ptr, signature.len, data.ptr, data.len) != 1)
		status = CYG_REFUSED;
	EVP_MD_CTX_free(md);
	free(der);
	ERR_clear_error();
	return status;
}

/* --- AlgorithmIdentifier --- */

static enum cyg_status read_pss(const X509_ALGOR *algorithm, struct cyg_signature *out)
{
	const ASN1_OBJECT *object;
	const void *value;
	const ASN1_STRING *octets;
	const unsigned char *p;
	RSA_PSS_PARAMS *pss;
	const ASN1_OBJECT *hash = NULL, *mask = NULL;
	int type, index;
	int64_t salt = 20;
	bool good = false;

	X509_ALGOR_get0(&object, &type, &value, algorithm);
	if (type != V_ASN1_SEQUENCE)
		return CYG_UNSUPPORTED; /* without parameters: SHA-1, which we do not take */
	octets = value;
	p = ASN1_STRING_get0_data(octets);
	pss = d2i_RSA_PSS_PARAMS(NULL, &p, ASN1_STRING_length(octets));
	if (!pss)
		return CYG_MALFORMED;
	if (pss->hashAlgorithm)
		X509_ALGOR_get0(&hash, NULL, NULL, pss->hashAlgorithm);
	index = hash_index_of_nid(hash ? OBJ_obj2nid(hash) : NID_sha1);
	if (pss->maskGenAlgorithm) {
		X509_ALGOR *inner = NULL;

		X509_ALGOR_get0(&mask, &type, &value, pss->maskGenAlgorithm);
		if (OBJ_obj2nid(mask) == NID_mgf1 && type == V_ASN1_SEQUENCE) {
			octets = value;
			p = ASN1_STRING_get0_data(octets);
			inner = d2i_X509_ALGOR(NULL, &p, ASN1_STRING_length(octets));
		}
		mask = NULL;
		if (inner)
			X509_ALGOR_get0(&mask, NULL, NULL, inner);
		good = index >= 0 && mask && OBJ_obj2nid(mask) == hashes[index].nid;
		X509_ALGOR_free(inner);
	} else {
		good = index >= 0 && hashes[index].hash == CYG_HASH_SHA1;
	}
	if (pss->saltLength && ASN1_INTEGER_get_int64(&salt, pss->saltLength) != 1)
		good = false;
	if (pss->trailerField && ASN1_INTEGER_get(pss->trailerField) != 1)
		good = false;
	RSA_PSS_PARAMS_free(pss);
	if (!good || salt < 0 || salt > CYG_SIGNATURE_MAX)
		return CYG_UNSUPPORTED;
	*out = (struct cyg_signature){ .key = CYG_KEY_RSA, .hash = hashes[index].hash, .pss = true,
				       .salt_len = (uint16_t)salt };
	return CYG_OK;
}

static enum cyg_status read_plain(int nid, struct cyg_signature *out)
{
	struct cyg_signature how = { .hash = CYG_HASH_IDENTITY };

	if (nid == NID_ED25519)
		how.key = CYG_KEY_ED25519;
	else if (nid == NID_ED448)
		how.key = CYG_KEY_ED448;
	for (size_t i = 0; i < CYG_COUNT(hashes); i++) {
		if (hashes[i].rsa != nid && hashes[i].ecdsa != nid)
			continue;
		how.key = hashes[i].rsa == nid ? CYG_KEY_RSA : CYG_KEY_ECDSA;
		how.hash = hashes[i].hash;
	}
	if (how.key == CYG_KEY_NONE)
		return CYG_UNSUPPORTED;
	*out = how;
	return CYG_OK;
}

enum cyg_status algorithm_read(struct cyg_bytes der, struct cyg_signature *out)
{
	const unsigned char *p = der.ptr;
	X509_ALGOR *algorithm = der.len ? d2i_X509_ALGOR(NULL, &p, (long)der.len) : NULL;
	enum cyg_status status = CYG_MALFORMED;
	const ASN1_OBJECT *object;

	if (algorithm && p == der.ptr + der.len) {
		X509_ALGOR_get0(&object, NULL, NULL, algorithm);
		status = OBJ_obj2nid(object) == NID_rsassaPss ? read_pss(algorithm, out) :
								read_plain(OBJ_obj2nid(object), out);
	}
	X509_ALGOR_free(algorithm);
	ERR_clear_error();
	return status;
}

/* Hash with MGF1 of it, into `algorithm`. */
static bool write_pss(const struct cyg_signature *how, X509_ALGOR *algorithm)
{
	int index = hash_index(how->hash);
	RSA_PSS_PARAMS *pss = RSA_PSS_PARAMS_new();
	X509_ALGOR *inner = X509_ALGOR_new();
	ASN1_STRING *text = NULL;
	bool done = false;

	if (!pss || !inner || index < 0)
		goto out;
	pss->hashAlgorithm = X509_ALGOR_new();
	pss->maskGenAlgorithm = X509_ALGOR_new();
	pss->saltLength = ASN1_INTEGER_new();
	if (!pss->hashAlgorithm || !pss->maskGenAlgorithm || !pss->saltLength ||
	    X509_ALGOR_set0(pss->hashAlgorithm, OBJ_nid2obj(hashes[index].nid), V_ASN1_NULL, NULL) != 1 ||
	    X509_ALGOR_set0(inner, OBJ_nid2obj(hashes[index].nid), V_ASN1_NULL, NULL) != 1 ||
	    ASN1_INTEGER_set(pss->saltLength, how->salt_len) != 1)
		goto out;
	text = ASN1_item_pack(inner, ASN1_ITEM_rptr(X509_ALGOR), NULL);
	if (!text || X509_ALGOR_set0(pss->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1), V_ASN1_SEQUENCE, text) != 1)
		goto out;
	text = ASN1_item_pack(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS), NULL);
	done = text && X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, text) == 1;
	if (done)
		text = NULL;
	ASN1_STRING_free(text);
out:
	RSA_PSS_PARAMS_free(pss);
	X509_ALGOR_free(inner);
	return done;
}

enum cyg_status algorithm_write(const struct cyg_signature *how, uint8_t out[CYG_SIGNATURE_ALG_MAX],
				size_t *len)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();
	int index = hash_index(how->hash), made, nid = NID_undef;
	enum cyg_status status = CYG_UNSUPPORTED;
	unsigned char *der = NULL;
	bool set = false;

	if (!algorithm)
		return CYG_NOMEM;
	if (how->key == CYG_KEY_ED25519)
		nid = NID_ED25519;
	else if (how->key == CYG_KEY_ED448)
		nid = NID_ED448;
	else if (how->key == CYG_KEY_ECDSA && index >= 0)
		nid = hashes[index].ecdsa;
	else if (how->key == CYG_KEY_RSA && index >= 0)
		nid = hashes[index].rsa;
	if (how->pss)
		set = write_pss(how, algorithm);
	else if (nid != NID_undef)
		set = X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid),
				      how->key == CYG_KEY_RSA ? V_ASN1_NULL : V_ASN1_UNDEF, NULL) == 1;
	made = set ? i2d_X509_ALGOR(algorithm, &der) : -1;
	if (made > 0 && made <= CYG_SIGNATURE_ALG_MAX) {
		memcpy(out, der, (size_t)made);
		*len = (size_t)made;
		status = CYG_OK;
	}
	OPENSSL_free(der);
	X509_ALGOR_free(algorithm);
	ERR_clear_error();
	return status;
}
