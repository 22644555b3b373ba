/* SPDX-License-Identifier: MIT */
/* Certificates and keys in files: PEM, DER and PKCS#12. Files are the operator's; control thread. */
#include "x509.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <stdlib.h>

/* What the callback of PEM and PKCS#8 asks for; never a terminal. */
struct locked {
	const struct cyg_secret *passphrase;
	bool asked;
};

static int give_passphrase(char *buffer, int size, int writing, void *opaque)
{
	struct locked *locked = opaque;

	locked->asked = true;
	if (!locked->passphrase || !locked->passphrase->len || locked->passphrase->len > (size_t)size)
		return -1;
	memcpy(buffer, locked->passphrase->ptr, locked->passphrase->len);
	return (int)locked->passphrase->len;
}

bool files_is_pem(struct cyg_bytes encoded)
{
	static const char mark[] = "-----BEGIN ";

	return encoded.len > sizeof(mark) && memmem(encoded.ptr, encoded.len, mark, sizeof(mark) - 1);
}

static BIO *open_octets(struct cyg_bytes encoded)
{
	return encoded.len <= INT32_MAX ? BIO_new_mem_buf(encoded.ptr, (int)encoded.len) : NULL;
}

/* --- PKCS#12 --- */

static enum cyg_status read_pkcs12(struct cyg_bytes encoded, const struct cyg_secret *passphrase, EVP_PKEY **key,
				   X509 **cert, STACK_OF(X509) **others)
{
	const unsigned char *p = encoded.ptr;
	PKCS12 *p12 = encoded.len ? d2i_PKCS12(NULL, &p, (long)encoded.len) : NULL;
	char words[CYG_SECRET_MAX + 1] = "";
	enum cyg_status status = CYG_MALFORMED;

	if (!p12)
		goto out;
	if (passphrase && passphrase->len)
		memcpy(words, passphrase->ptr, passphrase->len);
	words[passphrase ? passphrase->len : 0] = '\0';
	status = CYG_REFUSED;
	if (PKCS12_mac_present(p12) && PKCS12_verify_mac(p12, words, -1) != 1 &&
	    (words[0] || PKCS12_verify_mac(p12, NULL, 0) != 1))
		goto out;
	/* An algorithm of old (RC2) is the other reason why this fails; libcrypto has it in a provider of its own. */
	status = PKCS12_parse(p12, words, key, cert, others) == 1 ? CYG_OK : CYG_UNSUPPORTED;
out:
	PKCS12_free(p12);
	OPENSSL_cleanse(words, sizeof(words));
	ERR_clear_error();
	return status;
}

/* --- Certificates --- */

struct pile {
	struct cyg_cert **out;
	size_t room, count;
};

static enum cyg_status pile_add(struct pile *pile, X509 *take_x509)
{
	enum cyg_status status;

	if (pile->count == pile->room) {
		X509_free(take_x509);
		return CYG_LIMIT;
	}
	status = cert_of_x509(take_x509, &pile->out[pile->count]);
	if (status == CYG_OK)
		pile->count++;
	return status;
}

static enum cyg_status certs_of_pem(struct cyg_bytes encoded, struct pile *pile)
{
	BIO *bio = open_octets(encoded);
	enum cyg_status status = bio ? CYG_OK : CYG_NOMEM;
	X509 *x509;

	while (status == CYG_OK && (x509 = PEM_read_bio_X509(bio, NULL, give_passphrase, &(struct locked){ 0 })))
		status = pile_add(pile, x509);
	/* "No start line" is the end of the file; anything else is a block that is broken. */
	if (status == CYG_OK && ERR_peek_last_error() &&
	    ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		status = CYG_MALFORMED;
	BIO_free(bio);
	ERR_clear_error();
	return status;
}

static enum cyg_status certs_of_pkcs12(struct cyg_bytes encoded, const struct cyg_secret *passphrase,
				       struct pile *pile)
{
	STACK_OF(X509) *others = NULL;
	EVP_PKEY *key = NULL;
	X509 *x509 = NULL;
	enum cyg_status status = read_pkcs12(encoded, passphrase, &key, &x509, &others);

	if (status == CYG_OK && x509)
		status = pile_add(pile, x509);
	else
		X509_free(x509);
	while (status == CYG_OK && others && sk_X509_num(others) > 0)
		status = pile_add(pile, sk_X509_shift(others));
	sk_X509_pop_free(others, X509_free);
	EVP_PKEY_free(key);
	return status;
}

enum cyg_status files_certs(struct cyg_plugin_ctx *ctx, struct cyg_bytes encoded,
			    const struct cyg_secret *passphrase, struct cyg_cert **out, size_t room,
			    size_t *count)
{
	struct pile pile = { .out = out, .room = room };
	enum cyg_status status;

	if (files_is_pem(encoded)) {
		status = certs_of_pem(encoded, &pile);
	} else {
		struct cyg_cert *one = NULL;

		status = room ? cert_parse(ctx, encoded, &one) : CYG_LIMIT;
		if (status == CYG_OK)
			out[pile.count++] = one;
		else if (status == CYG_MALFORMED || status == CYG_LIMIT)
			status = certs_of_pkcs12(encoded, passphrase, &pile);
	}
	if (status == CYG_OK && !pile.count)
		status = CYG_NOT_FOUND;
	if (status != CYG_OK) {
		while (pile.count)
			cert_unref(out[--pile.count]);
		return status;
	}
	*count = pile.count;
	return CYG_OK;
}

/* --- Keys --- */

static enum cyg_status key_of_pem(struct cyg_bytes encoded, struct locked *locked, EVP_PKEY **out)
{
	static const char mark[] = "PRIVATE KEY-----";
	BIO *bio;
	EVP_PKEY *key;

	if (!memmem(encoded.ptr, encoded.len, mark, sizeof(mark) - 1))
		return CYG_NOT_FOUND;
	bio = open_octets(encoded);
	if (!bio)
		return CYG_NOMEM;
	key = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, locked);
	BIO_free(bio);
	if (key) {
		*out = key;
		return CYG_OK;
	}
	return locked->asked ? CYG_REFUSED : CYG_MALFORMED;
}

static enum cyg_status key_of_der(struct cyg_bytes encoded, struct locked *locked, EVP_PKEY **out)
{
	const unsigned char *p = encoded.ptr;
	STACK_OF(X509) *others = NULL;
	X509 *x509 = NULL;
	enum cyg_status status;
	EVP_PKEY *key = encoded.len ? d2i_AutoPrivateKey(NULL, &p, (long)encoded.len) : NULL;
	BIO *bio;

	if (!key) {
		bio = open_octets(encoded);
		if (!bio)
			return CYG_NOMEM;
		key = d2i_PKCS8PrivateKey_bio(bio, NULL, give_passphrase, locked);
		BIO_free(bio);
	}
	if (key) {
		*out = key;
		return CYG_OK;
	}
	if (locked->asked)
		return CYG_REFUSED;
	status = read_pkcs12(encoded, locked->passphrase, out, &x509, &others);
	X509_free(x509);
	sk_X509_pop_free(others, X509_free);
	return status == CYG_OK && !*out ? CYG_NOT_FOUND : status;
}

enum cyg_status files_key(struct cyg_bytes encoded, const struct cyg_secret *passphrase, EVP_PKEY **out)
{
	struct locked locked = { .passphrase = passphrase };
	EVP_PKEY *key = NULL;
	enum cyg_status status;

	ERR_clear_error();
	status = files_is_pem(encoded) ? key_of_pem(encoded, &locked, &key) :
					 key_of_der(encoded, &locked, &key);
	ERR_clear_error();
	if (status == CYG_OK)
		*out = key;
	return status;
}
