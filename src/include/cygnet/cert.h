/* SPDX-License-Identifier: MIT */
/*
 * Certificates, signatures and TLS: the seam behind which ASN.1, X.509, RSA and TLS stay a library's.
 * A private key is a cyg_signer_key, named by the signer that holds it (a file's key in memory, a key
 * process, a PKCS#11 token), and signing is an operation. Owning shard unless said otherwise.
 */
#ifndef CYGNET_CERT_H
#define CYGNET_CERT_H

#include <cygnet/identity.h>
#include <cygnet/secret.h>
#include <cygnet/shard.h>

enum cyg_key_type { CYG_KEY_RSA, CYG_KEY_ECDSA, CYG_KEY_ED25519, CYG_KEY_ED448 };

struct cyg_signer_key; /* counted by its provider; any thread may hold, shards use */

struct cyg_signer_ops {
	const char *name;    /* "openssl", "pkcs11" */
	/* Control thread: from DER or PEM octets, or from a provider's own locator text. */
	enum cyg_status (*key_load)(struct cyg_plugin_ctx *ctx, struct cyg_bytes encoded,
				    const struct cyg_secret *passphrase, struct cyg_signer_key **out);
	enum cyg_status (*key_locate)(struct cyg_plugin_ctx *ctx, struct cyg_str locator,
				      struct cyg_signer_key **out, struct cyg_op *op);
	void (*key_unref)(struct cyg_signer_key *key);
	enum cyg_key_type (*key_type)(const struct cyg_signer_key *key);
	/* SubjectPublicKeyInfo, DER; lives as long as the key. */
	struct cyg_bytes (*key_public)(const struct cyg_signer_key *key);
	/* RFC 7427 hash and, for RSA, PSS or PKCS#1 v1.5; IKEv2's older ECDSA methods with `raw`
	 * (r | s). Writes at most *len octets at `out`, sets *len. Slow keys return CYG_PENDING. */
	enum cyg_status (*sign)(struct cyg_signer_key *key, uint16_t hash, bool pss, bool raw,
				struct cyg_bytes data, uint8_t *out, size_t *len, struct cyg_op *op);
};

struct cyg_cert;       /* a parsed certificate; counted, immutable, any thread */
struct cyg_cert_store; /* trust anchors and CRLs of one trustpoint; immutable once published */

/* Why a chain or an end entity was refused. */
enum cyg_cert_verdict {
	CYG_CERT_GOOD = 0, CYG_CERT_UNKNOWN_CA, CYG_CERT_EXPIRED, CYG_CERT_NOT_YET_VALID,
	CYG_CERT_REVOKED, CYG_CERT_BAD_SIGNATURE, CYG_CERT_WRONG_EKU, CYG_CERT_WRONG_USAGE,
	CYG_CERT_TOO_LONG, CYG_CERT_WEAK, CYG_CERT_NAME_CONSTRAINTS,
};

struct cyg_cert_ops {
	const char *name;
	enum cyg_status (*parse)(struct cyg_plugin_ctx *ctx, struct cyg_bytes der, struct cyg_cert **out);
	void (*unref)(struct cyg_cert *cert);
	struct cyg_bytes (*der)(const struct cyg_cert *cert);
	struct cyg_bytes (*public_key)(const struct cyg_cert *cert);
	enum cyg_key_type (*key_type)(const struct cyg_cert *cert);
	/* Subject as DER, as text; the nth subjectAltName as identity (CYG_NOT_FOUND after the last). */
	struct cyg_bytes (*subject)(const struct cyg_cert *cert);
	void (*subject_text)(const struct cyg_cert *cert, struct cyg_strbuf *out);
	enum cyg_status (*alt_name)(const struct cyg_cert *cert, unsigned n, struct cyg_identity **out);
	int64_t (*not_after)(const struct cyg_cert *cert);
	enum cyg_status (*store_new)(struct cyg_plugin_ctx *ctx, const struct cyg_bytes *anchors,
				     size_t count, struct cyg_cert_store **out);
	void (*store_free)(struct cyg_cert_store *store);
	/* chain[0] is the end entity. The verdict is the result; CYG_PENDING while a CRL is fetched. */
	enum cyg_status (*verify_chain)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
					const struct cyg_cert_store *store, struct cyg_cert *const *chain,
					size_t count, int64_t at, enum cyg_cert_verdict *out,
					struct cyg_op *op);
	enum cyg_status (*verify)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				  const struct cyg_cert *cert, uint16_t hash, bool pss, bool raw,
				  struct cyg_bytes data, struct cyg_bytes signature);
};

struct cyg_tls;        /* one connection over memory: octets in, octets out */

struct cyg_tls_ops {
	const char *name;
	enum cyg_status (*session_new)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, bool server,
				       struct cyg_signer_key *key, struct cyg_cert *const *chain,
				       size_t count, const struct cyg_cert_store *trust,
				       struct cyg_tls **out);
	void (*session_free)(struct cyg_tls *tls);
	/* Octets from the peer; what is to be sent is at *to_peer until the next call. */
	enum cyg_status (*feed)(struct cyg_tls *tls, struct cyg_bytes from_peer, struct cyg_bytes *to_peer);
	enum cyg_status (*read)(struct cyg_tls *tls, void *out, size_t *len);
	enum cyg_status (*write)(struct cyg_tls *tls, struct cyg_bytes plain, struct cyg_bytes *to_peer);
	bool (*is_established)(const struct cyg_tls *tls);
	/* RFC 5705, for EAP-TLS keys. */
	enum cyg_status (*export_key)(struct cyg_tls *tls, const char *label, struct cyg_bytes context,
				      struct cyg_secret *out, size_t len);
};

#endif
