/* SPDX-License-Identifier: MIT */
/*
 * A maker of certificates for tests: CAs, end entities good and bad, CRLs, keys, made anew each time, valid around
 * a time that the test says. The same set serves unit tests (in memory) and scenarios (make_pki writes it into a
 * folder). Any failure ends the process.
 */
#ifndef TESTING_PKI_PKI_H
#define TESTING_PKI_PKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pki_cert;

enum pki_key { PKI_P256 = 0, PKI_P384, PKI_P521, PKI_ED25519, PKI_ED448, PKI_RSA1024, PKI_RSA2048, PKI_RSA3072,
	       PKI_RSA4096, PKI_KEYS };

#define PKI_DAY (24 * 3600)

struct pki_spec {
	const char *name;            /* CN; O is "Test Lab", OU `unit` if there is one */
	const char *unit;
	enum pki_key key;
	const struct pki_cert *issuer; /* NULL: signs itself */
	int64_t from, until;         /* since 1970; 0: a day before `now`, a year after */
	int64_t now;
	bool ca;
	int path_len;                /* with ca: plus one; 0: none */
	const char *eku;             /* as OpenSSL writes them, "serverAuth,clientAuth"; NULL: no such extension */
	const char *usage;           /* NULL: digitalSignature, or keyCertSign and cRLSign */
	const char *names;           /* "DNS:gw.example.org,IP:192.0.2.1"; NULL: none */
	const char *constraints;     /* nameConstraints; NULL: none */
	const char *hash;            /* NULL: SHA256; nothing with Ed25519 */
	const struct pki_cert *key_of; /* the key of that one; NULL: a new one */
	bool broken;                 /* an octet of the signature is another one */
};

/* Lives until pki_done(). */
struct pki_cert *pki_make(const struct pki_spec *spec);
void pki_done(void);

/* What a file would hold, in memory that lives until pki_done(). `len` is set. */
struct pki_file {
	uint8_t *octets;
	size_t len;
};
struct pki_file pki_der(const struct pki_cert *cert);
/* The certificate, and those that the list names behind it (NULL-terminated, may be NULL). */
struct pki_file pki_pem(const struct pki_cert *cert, const struct pki_cert *const *more);

enum pki_form { PKI_PKCS8_PEM, PKI_PKCS8_DER, PKI_PKCS8_LOCKED_PEM, PKI_PKCS8_LOCKED_DER, PKI_OLD_PEM, PKI_OLD_DER,
		PKI_FORMS };
#define PKI_PASSPHRASE "correct horse"
struct pki_file pki_key(const struct pki_cert *cert, enum pki_form form);
/* Key, certificate and `ca`, locked by PKI_PASSPHRASE. */
struct pki_file pki_pkcs12(const struct pki_cert *cert, const struct pki_cert *ca);
/* A CRL of `ca`: which certificate it revokes (NULL: none), made at `from`, valid until `until`; PEM or DER. */
struct pki_file pki_crl(const struct pki_cert *ca, const struct pki_cert *revoked, int64_t from, int64_t until, bool pem);

#endif
