/* SPDX-License-Identifier: MIT */
#include "testing/pki/pki.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pki_cert {
	struct pki_cert *next;
	X509 *x509;
	EVP_PKEY *key;
	const struct pki_cert *issuer;
};

struct kept {
	struct kept *next;
	uint8_t octets[];
};

static struct pki_cert *all;
static struct kept *kept;
static long serial;

#define CHECK(condition_)                                                                          \
	do {                                                                                       \
		if (!(condition_)) {                                                               \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition_);           \
			ERR_print_errors_fp(stderr);                                               \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static EVP_PKEY *new_key(enum pki_key kind)
{
	static const char *const curves[] = { "P-256", "P-384", "P-521" };
	static const unsigned bits[] = { 1024, 2048, 3072, 4096 };

	if (kind <= PKI_P521)
		return EVP_EC_gen(curves[kind]);
	if (kind == PKI_ED25519 || kind == PKI_ED448)
		return EVP_PKEY_Q_keygen(NULL, NULL, kind == PKI_ED448 ? "ED448" : "ED25519");
	return EVP_RSA_gen(bits[kind - PKI_RSA1024]);
}

static void add_extension(X509 *x509, X509 *issuer, const char *name, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf(NULL, &ctx, name, value);
	CHECK(extension);
	CHECK(X509_add_ext(x509, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static void set_name(X509_NAME *name, const char *field, const char *value)
{
	if (value)
		CHECK(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1,
						 0) == 1);
}

static const EVP_MD *hash_of(EVP_PKEY *key, const char *hash)
{
	int id = EVP_PKEY_get_base_id(key);

	if (id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448)
		return NULL;
	return EVP_get_digestbyname(hash ? hash : "SHA256");
}

struct pki_cert *pki_make(const struct pki_spec *spec)
{
	struct pki_cert *cert = calloc(1, sizeof(*cert));
	const struct pki_cert *issuer = spec->issuer ? spec->issuer : cert;
	int64_t from = spec->from ? spec->from : spec->now - PKI_DAY;
	int64_t until = spec->until ? spec->until : spec->now + 365 * (int64_t)PKI_DAY;
	char constraint[64] = "critical,CA:FALSE";
	X509_NAME *name;

	CHECK(cert);
	cert->next = all;
	all = cert;
	cert->issuer = spec->issuer;
	cert->key = spec->key_of ? spec->key_of->key : new_key(spec->key);
	cert->x509 = X509_new();
	CHECK(cert->key && cert->x509);
	if (spec->key_of)
		CHECK(EVP_PKEY_up_ref(cert->key) == 1);
	CHECK(X509_set_version(cert->x509, 2) == 1);
	CHECK(ASN1_INTEGER_set(X509_get_serialNumber(cert->x509), 0x1000 + ++serial) == 1);
	CHECK(ASN1_TIME_set(X509_getm_notBefore(cert->x509), from));
	CHECK(ASN1_TIME_set(X509_getm_notAfter(cert->x509), until));
	name = X509_get_subject_name(cert->x509);
	set_name(name, "C", "XX");
	set_name(name, "O", "Test Lab");
	set_name(name, "OU", spec->unit);
	set_name(name, "CN", spec->name);
	CHECK(X509_set_issuer_name(cert->x509, X509_get_subject_name(issuer->x509)) == 1);
	CHECK(X509_set_pubkey(cert->x509, cert->key) == 1);
	if (spec->ca && spec->path_len)
		snprintf(constraint, sizeof(constraint), "critical,CA:TRUE,pathlen:%d", spec->path_len - 1);
	else if (spec->ca)
		snprintf(constraint, sizeof(constraint), "critical,CA:TRUE");
	add_extension(cert->x509, issuer->x509, "basicConstraints", constraint);
	add_extension(cert->x509, issuer->x509, "keyUsage",
		      spec->usage ? spec->usage : spec->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	add_extension(cert->x509, issuer->x509, "subjectKeyIdentifier", "hash");
	add_extension(cert->x509, issuer->x509, "authorityKeyIdentifier", "keyid");
	add_extension(cert->x509, issuer->x509, "extendedKeyUsage", spec->eku);
	add_extension(cert->x509, issuer->x509, "subjectAltName", spec->names);
	add_extension(cert->x509, issuer->x509, "nameConstraints", spec->constraints);
	CHECK(X509_sign(cert->x509, issuer->key, hash_of(issuer->key, spec->hash)) > 0);
	if (spec->broken) {
		const ASN1_BIT_STRING *signature;

		X509_get0_signature(&signature, NULL, cert->x509);
		((ASN1_BIT_STRING *)(uintptr_t)signature)->data[signature->length - 1] ^= 1;
	}
	return cert;
}

void pki_done(void)
{
	while (all) {
		struct pki_cert *next = all->next;

		X509_free(all->x509);
		EVP_PKEY_free(all->key);
		free(all);
		all = next;
	}
	while (kept) {
		struct kept *next = kept->next;

		free(kept);
		kept = next;
	}
}

/* --- Files --- */

static struct pki_file keep(BIO *take_bio)
{
	char *octets;
	long len = BIO_get_mem_data(take_bio, &octets);
	struct kept *copy = malloc(sizeof(*copy) + (size_t)len + 1);

	CHECK(copy && len > 0);
	memcpy(copy->octets, octets, (size_t)len);
	copy->octets[len] = '\0';
	copy->next = kept;
	kept = copy;
	BIO_free(take_bio);
	return (struct pki_file){ copy->octets, (size_t)len };
}

static BIO *new_file(void)
{
	BIO *bio = BIO_new(BIO_s_mem());

	CHECK(bio);
	return bio;
}

struct pki_file pki_der(const struct pki_cert *cert)
{
	BIO *bio = new_file();

	CHECK(i2d_X509_bio(bio, cert->x509) == 1);
	return keep(bio);
}

struct pki_file pki_pem(const struct pki_cert *cert, const struct pki_cert *const *more)
{
	BIO *bio = new_file();

	CHECK(PEM_write_bio_X509(bio, cert->x509) == 1);
	for (; more && *more; more++)
		CHECK(PEM_write_bio_X509(bio, (*more)->x509) == 1);
	return keep(bio);
}

struct pki_file pki_key(const struct pki_cert *cert, enum pki_form form)
{
	static char words[] = PKI_PASSPHRASE;
	const EVP_CIPHER *cipher = EVP_aes_128_cbc();
	BIO *bio = new_file();

	switch (form) {
	case PKI_PKCS8_PEM:
		CHECK(PEM_write_bio_PKCS8PrivateKey(bio, cert->key, NULL, NULL, 0, NULL, NULL) == 1);
		break;
	case PKI_PKCS8_DER:
		CHECK(i2d_PKCS8PrivateKey_bio(bio, cert->key, NULL, NULL, 0, NULL, NULL) == 1);
		break;
	case PKI_PKCS8_LOCKED_PEM:
		CHECK(PEM_write_bio_PKCS8PrivateKey(bio, cert->key, cipher, words, sizeof(words) - 1, NULL,
						    NULL) == 1);
		break;
	case PKI_PKCS8_LOCKED_DER:
		CHECK(i2d_PKCS8PrivateKey_bio(bio, cert->key, cipher, words, sizeof(words) - 1, NULL, NULL) == 1);
		break;
	case PKI_OLD_PEM:
		CHECK(PEM_write_bio_PrivateKey_traditional(bio, cert->key, NULL, NULL, 0, NULL, NULL) == 1);
		break;
	default:
		CHECK(i2d_PrivateKey_bio(bio, cert->key) == 1);
		break;
	}
	return keep(bio);
}

struct pki_file pki_pkcs12(const struct pki_cert *cert, const struct pki_cert *ca)
{
	STACK_OF(X509) *others = sk_X509_new_null();
	BIO *bio = new_file();
	PKCS12 *p12;

	CHECK(others && sk_X509_push(others, ca->x509) > 0);
	p12 = PKCS12_create(PKI_PASSPHRASE, "test", cert->key, cert->x509, others, 0, 0, 0, 0, 0);
	CHECK(p12 && i2d_PKCS12_bio(bio, p12) == 1);
	PKCS12_free(p12);
	sk_X509_free(others);
	return keep(bio);
}

struct pki_file pki_crl(const struct pki_cert *ca, const struct pki_cert *revoked, int64_t from, int64_t until, bool pem)
{
	ASN1_TIME *a = ASN1_TIME_set(NULL, from), *b = ASN1_TIME_set(NULL, until);
	X509_CRL *crl = X509_CRL_new();
	BIO *bio = new_file();

	CHECK(a && b && crl);
	CHECK(X509_CRL_set_version(crl, 1) == 1);
	CHECK(X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->x509)) == 1);
	CHECK(X509_CRL_set1_lastUpdate(crl, a) == 1 && X509_CRL_set1_nextUpdate(crl, b) == 1);
	if (revoked) {
		X509_REVOKED *entry = X509_REVOKED_new();

		CHECK(entry);
		CHECK(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->x509)) == 1);
		CHECK(X509_REVOKED_set_revocationDate(entry, a) == 1);
		CHECK(X509_CRL_add0_revoked(crl, entry) == 1);
	}
	CHECK(X509_CRL_sort(crl) == 1);
	CHECK(X509_CRL_sign(crl, ca->key, hash_of(ca->key, NULL)) > 0);
	CHECK((pem ? PEM_write_bio_X509_CRL(bio, crl) : i2d_X509_CRL_bio(bio, crl)) == 1);
	X509_CRL_free(crl);
	ASN1_TIME_free(a);
	ASN1_TIME_free(b);
	return keep(bio);
}
