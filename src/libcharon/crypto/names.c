/* SPDX-License-Identifier: MIT */
#include "crypto/names.h"

#define ENCR  CYG_TRANSFORM_ENCR
#define PRF   CYG_TRANSFORM_PRF
#define INTEG CYG_TRANSFORM_INTEG
#define KE    CYG_TRANSFORM_KE
#define ESN   CYG_TRANSFORM_ESN

static const struct alg_name names[] = {
	{ ENCR, CYG_ENCR_DES, 0, "DES", "ENCR_DES", "des" },
	{ ENCR, CYG_ENCR_3DES, 0, "3DES", "ENCR_3DES", "3des" },
	{ ENCR, CYG_ENCR_NULL, 0, "NULL", "ENCR_NULL", NULL },
	{ ENCR, CYG_ENCR_AES_CBC, 128, "AES-CBC-128", "ENCR_AES_CBC", "aes-cbc-128" },
	{ ENCR, CYG_ENCR_AES_CBC, 192, "AES-CBC-192", "ENCR_AES_CBC", "aes-cbc-192" },
	{ ENCR, CYG_ENCR_AES_CBC, 256, "AES-CBC-256", "ENCR_AES_CBC", "aes-cbc-256" },
	{ ENCR, CYG_ENCR_AES_CTR, 128, "AES-CTR-128", "ENCR_AES_CTR", NULL },
	{ ENCR, CYG_ENCR_AES_CTR, 192, "AES-CTR-192", "ENCR_AES_CTR", NULL },
	{ ENCR, CYG_ENCR_AES_CTR, 256, "AES-CTR-256", "ENCR_AES_CTR", NULL },
	{ ENCR, CYG_ENCR_AES_CCM_16, 128, "AES-CCM-128", "ENCR_AES_CCM_16", NULL },
	{ ENCR, CYG_ENCR_AES_CCM_16, 256, "AES-CCM-256", "ENCR_AES_CCM_16", NULL },
	{ ENCR, CYG_ENCR_AES_GCM_8, 128, "AES-GCM-128-ICV8", "ENCR_AES_GCM_8", NULL },
	{ ENCR, CYG_ENCR_AES_GCM_8, 256, "AES-GCM-256-ICV8", "ENCR_AES_GCM_8", NULL },
	{ ENCR, CYG_ENCR_AES_GCM_12, 128, "AES-GCM-128-ICV12", "ENCR_AES_GCM_12", NULL },
	{ ENCR, CYG_ENCR_AES_GCM_12, 256, "AES-GCM-256-ICV12", "ENCR_AES_GCM_12", NULL },
	{ ENCR, CYG_ENCR_AES_GCM_16, 128, "AES-GCM-128", "ENCR_AES_GCM_16", "aes-gcm-128" },
	{ ENCR, CYG_ENCR_AES_GCM_16, 192, "AES-GCM-192", "ENCR_AES_GCM_16", NULL },
	{ ENCR, CYG_ENCR_AES_GCM_16, 256, "AES-GCM-256", "ENCR_AES_GCM_16", "aes-gcm-256" },
	{ ENCR, CYG_ENCR_NULL_AUTH_AES_GMAC, 128, "AES-GMAC-128", "ENCR_NULL_AUTH_AES_GMAC", NULL },
	{ ENCR, CYG_ENCR_NULL_AUTH_AES_GMAC, 192, "AES-GMAC-192", "ENCR_NULL_AUTH_AES_GMAC", NULL },
	{ ENCR, CYG_ENCR_NULL_AUTH_AES_GMAC, 256, "AES-GMAC-256", "ENCR_NULL_AUTH_AES_GMAC", NULL },
	{ ENCR, CYG_ENCR_CHACHA20_POLY1305, 0, "CHACHA20-POLY1305", "ENCR_CHACHA20_POLY1305",
	  "chacha20-poly1305" },

	{ PRF, CYG_PRF_HMAC_MD5, 0, "PRF-HMAC-MD5", "PRF_HMAC_MD5", "md5" },
	{ PRF, CYG_PRF_HMAC_SHA1, 0, "PRF-HMAC-SHA1", "PRF_HMAC_SHA1", "sha1" },
	{ PRF, CYG_PRF_HMAC_SHA2_256, 0, "PRF-HMAC-SHA2-256", "PRF_HMAC_SHA2_256", "sha256" },
	{ PRF, CYG_PRF_HMAC_SHA2_384, 0, "PRF-HMAC-SHA2-384", "PRF_HMAC_SHA2_384", "sha384" },
	{ PRF, CYG_PRF_HMAC_SHA2_512, 0, "PRF-HMAC-SHA2-512", "PRF_HMAC_SHA2_512", "sha512" },

	{ INTEG, CYG_AUTH_NONE, 0, "NONE", "NONE", NULL },
	{ INTEG, CYG_AUTH_HMAC_MD5_96, 0, "HMAC-MD5-96", "AUTH_HMAC_MD5_96", "md5" },
	{ INTEG, CYG_AUTH_HMAC_SHA1_96, 0, "HMAC-SHA1-96", "AUTH_HMAC_SHA1_96", "sha1" },
	{ INTEG, CYG_AUTH_HMAC_SHA2_256_128, 0, "HMAC-SHA2-256-128", "AUTH_HMAC_SHA2_256_128", "sha256" },
	{ INTEG, CYG_AUTH_HMAC_SHA2_384_192, 0, "HMAC-SHA2-384-192", "AUTH_HMAC_SHA2_384_192", "sha384" },
	{ INTEG, CYG_AUTH_HMAC_SHA2_512_256, 0, "HMAC-SHA2-512-256", "AUTH_HMAC_SHA2_512_256", "sha512" },

	{ KE, CYG_KE_NONE, 0, "NONE", "NONE", NULL },
	{ KE, CYG_KE_MODP_768, 0, "MODP-768", "768-bit MODP Group", "1" },
	{ KE, CYG_KE_MODP_1024, 0, "MODP-1024", "1024-bit MODP Group", "2" },
	{ KE, CYG_KE_MODP_1536, 0, "MODP-1536", "1536-bit MODP Group", "5" },
	{ KE, CYG_KE_MODP_2048, 0, "MODP-2048", "2048-bit MODP Group", "14" },
	{ KE, CYG_KE_MODP_3072, 0, "MODP-3072", "3072-bit MODP Group", "15" },
	{ KE, CYG_KE_MODP_4096, 0, "MODP-4096", "4096-bit MODP Group", "16" },
	{ KE, CYG_KE_MODP_6144, 0, "MODP-6144", "6144-bit MODP Group", "17" },
	{ KE, CYG_KE_MODP_8192, 0, "MODP-8192", "8192-bit MODP Group", "18" },
	{ KE, CYG_KE_ECP_256, 0, "ECP-256", "256-bit random ECP group", "19" },
	{ KE, CYG_KE_ECP_384, 0, "ECP-384", "384-bit random ECP group", "20" },
	{ KE, CYG_KE_ECP_521, 0, "ECP-521", "521-bit random ECP group", "21" },
	{ KE, CYG_KE_MODP_2048_256, 0, "MODP-2048-256",
	  "2048-bit MODP Group with 256-bit Prime Order Subgroup", "24" },
	{ KE, CYG_KE_X25519, 0, "X25519", "Curve25519", "31" },
	{ KE, CYG_KE_X448, 0, "X448", "Curve448", "32" },
	{ KE, CYG_KE_ML_KEM_512, 0, "ML-KEM-512", "ml-kem-512", NULL },
	{ KE, CYG_KE_ML_KEM_768, 0, "ML-KEM-768", "ml-kem-768", NULL },
	{ KE, CYG_KE_ML_KEM_1024, 0, "ML-KEM-1024", "ml-kem-1024", NULL },

	{ ESN, 0, 0, "no ESN", "No Extended Sequence Numbers", NULL },
	{ ESN, 1, 0, "ESN", "Extended Sequence Numbers", NULL },
};

const struct alg_name *alg_by_id(uint8_t transform, uint16_t id, uint16_t key_bits)
{
	if (transform >= CYG_TRANSFORM_ADDKE1 && transform < CYG_TRANSFORM_ADDKE1 + 7)
		transform = KE;
	for (size_t i = 0; i < CYG_COUNT(names); i++) {
		if (names[i].transform == transform && names[i].id == id && names[i].key_bits == key_bits)
			return &names[i];
	}
	return NULL;
}

const struct alg_name *alg_by_name(uint8_t transform, struct cyg_str name)
{
	for (size_t i = 0; i < CYG_COUNT(names); i++) {
		if (names[i].transform == transform &&
		    (cyg_str_equal_nocase(name, cyg_str(names[i].name)) ||
		     (names[i].word && cyg_str_equal_nocase(name, cyg_str(names[i].word)))))
			return &names[i];
	}
	return NULL;
}

void alg_name_add(struct cyg_strbuf *out, uint8_t transform, uint16_t id, uint16_t key_bits)
{
	static const char *const types[] = {
		[ENCR] = "ENCR", [PRF] = "PRF", [INTEG] = "INTEG", [KE] = "KE", [ESN] = "ESN",
	};
	const struct alg_name *name = alg_by_id(transform, id, key_bits);

	if (name) {
		cyg_strbuf_add(out, cyg_str(name->name));
		return;
	}
	if (transform < CYG_COUNT(types) && types[transform])
		cyg_strbuf_addf(out, "%s %u", types[transform], id);
	else
		cyg_strbuf_addf(out, "transform type %u, %u", transform, id);
	if (key_bits)
		cyg_strbuf_addf(out, " (%u bits)", key_bits);
}

const struct alg_name *alg_nth(size_t n)
{
	return n < CYG_COUNT(names) ? &names[n] : NULL;
}

struct number_name {
	uint16_t number;
	const char *name;
};

static const char *find(const struct number_name *table, size_t count, uint16_t number)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].number == number)
			return table[i].name;
	}
	return NULL;
}

static const struct number_name auth_methods[] = {
	{ CYG_AUTH_METHOD_NONE, "EAP" },
	{ CYG_AUTH_METHOD_RSA, "RSA signature" },
	{ CYG_AUTH_METHOD_PSK, "pre-shared key" },
	{ CYG_AUTH_METHOD_ECDSA_256, "ECDSA-256" },
	{ CYG_AUTH_METHOD_ECDSA_384, "ECDSA-384" },
	{ CYG_AUTH_METHOD_ECDSA_521, "ECDSA-521" },
	{ CYG_AUTH_METHOD_NULL, "NULL" },
	{ CYG_AUTH_METHOD_DIGITAL_SIGNATURE, "digital signature" },
};

const char *auth_method_name(uint8_t method)
{
	return find(auth_methods, CYG_COUNT(auth_methods), method);
}
