/* SPDX-License-Identifier: MIT */
/* Certificates: parsed once by libcrypto, told as plain data. */
#include "x509.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

#define RSA_BITS_MAX 8192 /* whoever makes us verify with more makes us work */

enum cyg_key_type key_kind(const EVP_PKEY *key, unsigned *bits)
{
	*bits = (unsigned)EVP_PKEY_get_bits(key);
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return *bits <= RSA_BITS_MAX ? CYG_KEY_RSA : CYG_KEY_NONE;
	case EVP_PKEY_EC:
		return *bits == 256 || *bits == 384 || *bits == 521 ? CYG_KEY_ECDSA : CYG_KEY_NONE;
	case EVP_PKEY_ED25519:
		return CYG_KEY_ED25519;
	case EVP_PKEY_ED448:
		return CYG_KEY_ED448;
	default:
		return CYG_KEY_NONE;
	}
}

struct cyg_bytes take_der(unsigned char *from_openssl, int len, uint8_t **keep)
{
	struct cyg_bytes none = { 0 };

	*keep = len > 0 && from_openssl ? malloc((size_t)len) : NULL;
	if (*keep)
		memcpy(*keep, from_openssl, (size_t)len);
	OPENSSL_free(from_openssl);
	return *keep ? cyg_bytes(*keep, (size_t)len) : none;
}

static bool read_time(const ASN1_TIME *time, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

/* Those that IKE has identities for. */
static void read_names(const GENERAL_NAMES *all, struct cyg_cert *cert, size_t room)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(all) && cert->info.name_count < room; i++) {
		struct cyg_cert_name *name = &cert->names[cert->info.name_count];
		int type;
		const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all, i), &type);
		int len;

		switch (type) {
		case GEN_DNS:
			name->type = CYG_ID_FQDN;
			break;
		case GEN_EMAIL:
			name->type = CYG_ID_RFC822_ADDR;
			break;
		case GEN_IPADD:
			len = ASN1_STRING_length(value);
			if (len != 4 && len != 16)
				continue;
			name->type = len == 4 ? CYG_ID_IPV4_ADDR : CYG_ID_IPV6_ADDR;
			break;
		default:
			continue;
		}
		name->octets = cyg_bytes(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
		if (name->octets.len)
			cert->info.name_count++;
	}
}

static uint32_t read_eku(X509 *x509)
{
	static const struct { int nid; uint32_t bit; } known[] = {
		{ NID_server_auth, CYG_EKU_SERVER },	 { NID_client_auth, CYG_EKU_CLIENT },
		{ NID_ipsec_IKE, CYG_EKU_IPSEC_IKE },	 { NID_anyExtendedKeyUsage, CYG_EKU_ANY },
	};
	EXTENDED_KEY_USAGE *all = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
	uint32_t bits = 0;

	for (int i = 0; all && i < sk_ASN1_OBJECT_num(all); i++) {
		const ASN1_OBJECT *object = sk_ASN1_OBJECT_value(all, i);
		char oid[32];
		uint32_t bit = CYG_EKU_OTHER;

		for (size_t k = 0; k < CYG_COUNT(known); k++) {
			if (OBJ_obj2nid(object) == known[k].nid)
				bit = known[k].bit;
		}
		if (bit == CYG_EKU_OTHER && OBJ_obj2txt(oid, sizeof(oid), object, 1) > 0 &&
		    strcmp(oid, "1.3.6.1.5.5.8.2.2") == 0)
			bit = CYG_EKU_IKE_INTERMEDIATE;
		bits |= bit;
	}
	EXTENDED_KEY_USAGE_free(all);
	return bits;
}

/* The octets of all names, in one piece behind them. */
static enum cyg_status copy_names(struct cyg_cert *from, struct cyg_cert **to, uint8_t **octets)
{
	size_t len = 0, at = 0;

	for (unsigned i = 0; i < from->info.name_count; i++)
		len += from->names[i].octets.len;
	*to = malloc(sizeof(**to) + from->info.name_count * sizeof(from->names[0]) + len);
	if (!*to)
		return CYG_NOMEM;
	memcpy(*to, from, sizeof(**to));
	*octets = (uint8_t *)&(*to)->names[from->info.name_count];
	for (unsigned i = 0; i < from->info.name_count; i++) {
		const struct cyg_cert_name *name = &from->names[i];

		memcpy(*octets + at, name->octets.ptr, name->octets.len);
		(*to)->names[i] = (struct cyg_cert_name){ name->type, cyg_bytes(*octets + at, name->octets.len) };
		at += name->octets.len;
	}
	(*to)->info.names = (*to)->names;
	return CYG_OK;
}

static void cert_free(struct cyg_cert *cert)
{
	keyed_free(cert->verifying);
	X509_free(cert->x509);
	free(cert->der);
	free(cert->subject);
	free(cert->issuer);
	free(cert->public_key);
	free(cert->serial);
	free(cert);
}

static enum cyg_status read_octets(struct cyg_cert *cert)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert->x509);
	struct cyg_cert_info *info = &cert->info;
	unsigned char *p = NULL;
	int len;

	len = i2d_X509(cert->x509, &p);
	info->der = take_der(p, len, &cert->der);
	p = NULL;
	len = i2d_X509_NAME(X509_get_subject_name(cert->x509), &p);
	info->subject = take_der(p, len, &cert->subject);
	p = NULL;
	len = i2d_X509_NAME(X509_get_issuer_name(cert->x509), &p);
	info->issuer = take_der(p, len, &cert->issuer);
	p = NULL;
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert->x509), &p);
	info->public_key = take_der(p, len, &cert->public_key);
	if (!info->der.len || !info->subject.len || !info->issuer.len || !info->public_key.len)
		return CYG_MALFORMED;
	if (info->der.len > CYG_CERT_MAX)
		return CYG_LIMIT;
	len = ASN1_STRING_length(serial);
	cert->serial = malloc(len > 0 ? (size_t)len : 1);
	if (!cert->serial)
		return CYG_NOMEM;
	if (len > 0)
		memcpy(cert->serial, ASN1_STRING_get0_data(serial), (size_t)len);
	info->serial = cyg_bytes(cert->serial, len > 0 ? (size_t)len : 0);
	SHA1(info->public_key.ptr, info->public_key.len, info->authority);
	return CYG_OK;
}

enum cyg_status cert_of_x509(X509 *x509, struct cyg_cert **out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	struct cyg_cert *wide = calloc(1, sizeof(*wide) + CYG_CERT_NAMES_MAX * sizeof(wide->names[0]));
	struct cyg_cert *cert = NULL;
	enum cyg_status status = wide ? CYG_OK : CYG_NOMEM;
	uint8_t *octets;
	unsigned bits;

	if (wide && names)
		read_names(names, wide, CYG_CERT_NAMES_MAX);
	if (status == CYG_OK)
		status = copy_names(wide, &cert, &octets);
	GENERAL_NAMES_free(names);
	free(wide);
	if (status != CYG_OK) {
		X509_free(x509);
		return status;
	}
	atomic_init(&cert->refs, 1);
	cert->x509 = x509;
	cert->key = X509_get0_pubkey(x509);
	status = CYG_UNSUPPORTED;
	if (!cert->key)
		goto fail;
	cert->info.key = key_kind(cert->key, &bits);
	cert->info.key_bits = (uint16_t)bits;
	if (cert->info.key == CYG_KEY_NONE)
		goto fail;
	status = read_octets(cert);
	if (status != CYG_OK)
		goto fail;
	/* This also reads and keeps the extensions, so that nothing is written later. */
	cert->info.ca = X509_check_ca(x509) > 0;
	if ((X509_get_extension_flags(x509) & EXFLAG_INVALID) ||
	    !read_time(X509_get0_notBefore(x509), &cert->info.not_before) ||
	    !read_time(X509_get0_notAfter(x509), &cert->info.not_after)) {
		status = CYG_MALFORMED;
		goto fail;
	}
	cert->info.self_issued = (X509_get_extension_flags(x509) & EXFLAG_SI) != 0;
	cert->info.may_sign = (X509_get_key_usage(x509) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
	cert->info.eku = read_eku(x509);
	ERR_clear_error();
	*out = cert;
	return CYG_OK;
fail:
	ERR_clear_error();
	cert_free(cert);
	return status;
}

enum cyg_status cert_parse(struct cyg_plugin_ctx *ctx, struct cyg_bytes der, struct cyg_cert **out)
{
	const unsigned char *p = der.ptr;
	X509 *x509;

	if (der.len > CYG_CERT_MAX)
		return CYG_LIMIT;
	x509 = der.len ? d2i_X509(NULL, &p, (long)der.len) : NULL;
	if (!x509 || p != der.ptr + der.len) {
		X509_free(x509);
		ERR_clear_error();
		return CYG_MALFORMED;
	}
	return cert_of_x509(x509, out);
}

struct cyg_cert *cert_ref(struct cyg_cert *cert)
{
	atomic_fetch_add_explicit(&cert->refs, 1, memory_order_relaxed);
	return cert;
}

void cert_unref(struct cyg_cert *cert)
{
	if (cert && atomic_fetch_sub_explicit(&cert->refs, 1, memory_order_acq_rel) == 1)
		cert_free(cert);
}

static const struct cyg_cert_info *cert_info(const struct cyg_cert *cert)
{
	return &cert->info;
}

static X509_NAME *read_name(struct cyg_bytes der)
{
	const unsigned char *p = der.ptr;
	X509_NAME *name = der.len ? d2i_X509_NAME(NULL, &p, (long)der.len) : NULL;

	if (name && p != der.ptr + der.len) {
		X509_NAME_free(name);
		name = NULL;
	}
	return name;
}

static bool same_name(struct cyg_bytes a, struct cyg_bytes b)
{
	X509_NAME *one, *other;
	bool same;

	if (cyg_bytes_equal(a, b))
		return true;
	one = read_name(a);
	other = read_name(b);
	same = one && other && X509_NAME_cmp(one, other) == 0;
	X509_NAME_free(one);
	X509_NAME_free(other);
	ERR_clear_error();
	return same;
}

const struct cyg_cert_ops openssl_cert = {
	.name = "openssl",
	.parse = cert_parse,
	.load = files_certs,
	.ref = cert_ref,
	.unref = cert_unref,
	.info = cert_info,
	.same_name = same_name,
	.store_new = store_new,
	.store_ref = store_ref,
	.store_unref = store_unref,
	.verify_chain = store_verify_chain,
	.verify = signature_verify,
	.algorithm_read = algorithm_read,
	.algorithm_write = algorithm_write,
};
