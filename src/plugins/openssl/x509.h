/* SPDX-License-Identifier: MIT */
/*
 * Certificates and keys by libcrypto: what x509.c, files.c, store.c, signature.c and signer.c share.
 * OpenSSL's own objects are counted and may be read on any thread.
 */
#ifndef OPENSSL_X509_GLUE_H
#define OPENSSL_X509_GLUE_H

#include <cygnet/plugin.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdatomic.h>

/* The context that a key last signed or verified in, before data: a copy costs less than looking all up anew. */
struct keyed;
typedef _Atomic(struct keyed *) keyed_slot;

struct cyg_cert {
	atomic_uint refs;
	X509 *x509;
	EVP_PKEY *key;                  /* borrowed from x509 */
	keyed_slot verifying;
	struct cyg_cert_info info;
	uint8_t *der, *subject, *issuer, *public_key, *serial;
	struct cyg_cert_name names[];
};

extern const struct cyg_cert_ops openssl_cert;
extern const struct cyg_signer_ops openssl_signer;

/* --- x509.c --- */

/* Takes `x509` over, on failure too. CYG_UNSUPPORTED, CYG_LIMIT, CYG_NOMEM, CYG_MALFORMED. */
enum cyg_status cert_of_x509(X509 *take_x509, struct cyg_cert **out) CYG_MUST_CHECK;
enum cyg_status cert_parse(struct cyg_plugin_ctx *ctx, struct cyg_bytes der, struct cyg_cert **out) CYG_MUST_CHECK;
struct cyg_cert *cert_ref(struct cyg_cert *cert);
void cert_unref(struct cyg_cert *cert);
/* What kind of key it is and how long; CYG_KEY_NONE: none that signs here. */
enum cyg_key_type key_kind(const EVP_PKEY *key, unsigned *bits);
/* DER by one of the i2d functions into memory of malloc(); 0 octets on failure. */
struct cyg_bytes take_der(unsigned char *from_openssl, int len, uint8_t **keep);

/* --- files.c: what stands in files --- */

enum cyg_status files_certs(struct cyg_plugin_ctx *ctx, struct cyg_bytes encoded,
			    const struct cyg_secret *passphrase, struct cyg_cert **out, size_t room,
			    size_t *count) CYG_MUST_CHECK;
enum cyg_status files_key(struct cyg_bytes encoded, const struct cyg_secret *passphrase,
			  EVP_PKEY **out) CYG_MUST_CHECK;
bool files_is_pem(struct cyg_bytes encoded);

/* --- store.c --- */

enum cyg_status store_new(struct cyg_plugin_ctx *ctx, const struct cyg_cert_trust *trust,
			  struct cyg_cert_store **out, struct cyg_strbuf *why) CYG_MUST_CHECK;
struct cyg_cert_store *store_ref(struct cyg_cert_store *store);
void store_unref(struct cyg_cert_store *store);
enum cyg_status store_verify_chain(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				   struct cyg_cert_store *store, struct cyg_cert *const *chain, size_t count,
				   int64_t at, struct cyg_cert_judgement *out, struct cyg_op *op) CYG_MUST_CHECK;

/* --- signature.c --- */

/* One signature. CYG_UNSUPPORTED: this key does not sign so. `slot` belongs to the key; any thread. */
enum cyg_status signature_make(EVP_PKEY *key, keyed_slot *slot, const struct cyg_signature *how, struct cyg_bytes data,
			       uint8_t out[CYG_SIGNATURE_MAX], size_t *len) CYG_MUST_CHECK;
void keyed_free(struct keyed *keyed);
enum cyg_status signature_verify(struct cyg_plugin_ctx *ctx, struct cyg_cert *cert,
				 const struct cyg_signature *how, struct cyg_bytes data,
				 struct cyg_bytes signature) CYG_MUST_CHECK;
enum cyg_status algorithm_read(struct cyg_bytes der, struct cyg_signature *out) CYG_MUST_CHECK;
enum cyg_status algorithm_write(const struct cyg_signature *how, uint8_t out[CYG_SIGNATURE_ALG_MAX],
				size_t *len) CYG_MUST_CHECK;

#endif
