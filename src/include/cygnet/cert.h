/* SPDX-License-Identifier: MIT */
/*
 * Certificates, signatures and TLS: the seam behind which ASN.1, X.509, RSA and TLS stay a library's.
 * A private key is a cyg_signer_key of the signer that holds it (a file's key in memory, a key process, a PKCS#11
 * token), and signing is an operation. What is parsed is counted, immutable and may be held and read on any thread.
 * Loading from files is the control thread's; everything with a shard in its arguments runs there.
 */
#ifndef CYGNET_CERT_H
#define CYGNET_CERT_H

#include <cygnet/identity.h>
#include <cygnet/numbers.h>
#include <cygnet/secret.h>
#include <cygnet/shard.h>

struct cyg_plugin_ctx;

#define CYG_CERT_MAX          16384 /* octets of one certificate */
#define CYG_CERT_NAMES_MAX       64 /* subjectAltNames that are looked at */
#define CYG_CERT_CHAIN_MAX        8 /* certificates between a peer and a trust anchor, the peer's with them */
#define CYG_SIGNATURE_MAX      1024 /* octets; RSA with 8192 bits */
#define CYG_SIGNATURE_ALG_MAX   128 /* octets of an AlgorithmIdentifier; RFC 7427 has room for 255 */

enum cyg_key_type { CYG_KEY_NONE = 0, CYG_KEY_RSA, CYG_KEY_ECDSA, CYG_KEY_ED25519, CYG_KEY_ED448 };

/* How octets are signed. */
struct cyg_signature {
	enum cyg_key_type key;
	uint16_t hash;        /* CYG_HASH_* (RFC 7427); CYG_HASH_IDENTITY with Ed25519 and Ed448 */
	bool pss;             /* RSA: PSS, MGF1 with the same hash; else PKCS#1 v1.5 */
	uint16_t salt_len;    /* PSS: octets */
	bool raw;             /* ECDSA: r | s, each as long as the curve's order (RFC 4754); else DER */
};

struct cyg_signer_key;

struct cyg_signer_ops {
	const char *name;     /* "openssl", "pkcs11" */
	/* The key in a file: PEM (traditional or PKCS#8), DER or PKCS#12. `passphrase` may be NULL.
	 * CYG_NOT_FOUND: no key is in it; CYG_REFUSED: it is locked, and the passphrase is missing or wrong;
	 * CYG_UNSUPPORTED: a kind of key that cannot sign here; CYG_MALFORMED. */
	enum cyg_status (*key_load)(struct cyg_plugin_ctx *ctx, struct cyg_bytes encoded,
				    const struct cyg_secret *passphrase, struct cyg_signer_key **out);
	/* A key that this provider finds by a text of its own; NULL: it has none of those. */
	enum cyg_status (*key_locate)(struct cyg_plugin_ctx *ctx, struct cyg_str locator,
				      struct cyg_signer_key **out, struct cyg_op *op);
	struct cyg_signer_key *(*key_ref)(struct cyg_signer_key *key);
	void (*key_unref)(struct cyg_signer_key *key);
	enum cyg_key_type (*key_type)(const struct cyg_signer_key *key);
	unsigned (*key_bits)(const struct cyg_signer_key *key);
	/* SubjectPublicKeyInfo, DER; lives as long as the key. */
	struct cyg_bytes (*key_public)(const struct cyg_signer_key *key);
	/* At most CYG_SIGNATURE_MAX octets at `out`, which with *len must stay until the op has ended. A slow key
	 * returns CYG_PENDING; `data` is read before the call returns. CYG_UNSUPPORTED: not by this key. */
	enum cyg_status (*sign)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				struct cyg_signer_key *key, const struct cyg_signature *how,
				struct cyg_bytes data, uint8_t *out, size_t *len, struct cyg_op *op);
};

struct cyg_cert;
struct cyg_cert_store; /* what one trustpoint trusts */

enum cyg_cert_eku { /* extended key usage; 0: the certificate has no such extension */
	CYG_EKU_SERVER = 1, CYG_EKU_CLIENT = 2, CYG_EKU_IPSEC_IKE = 4, CYG_EKU_IKE_INTERMEDIATE = 8,
	CYG_EKU_ANY = 16, CYG_EKU_OTHER = 32,
};

struct cyg_cert_name {
	uint8_t type;         /* enum cyg_id_type: FQDN, RFC822, an address */
	struct cyg_bytes octets;
};

/* What a certificate says. Views live as long as the certificate. */
struct cyg_cert_info {
	struct cyg_bytes der, subject, issuer; /* DER; the names as Name */
	struct cyg_bytes public_key;           /* SubjectPublicKeyInfo, DER */
	struct cyg_bytes serial;               /* big-endian, without sign */
	uint8_t authority[20];                 /* SHA-1 of public_key: how CERTREQ names a CA (RFC 7296 3.7) */
	enum cyg_key_type key;
	uint16_t key_bits;                     /* of the curve's order with ECDSA: 256, 384, 521 */
	int64_t not_before, not_after;         /* seconds since 1970 */
	bool ca, self_issued;
	bool may_sign;                         /* key usage is absent, or has digitalSignature or nonRepudiation */
	uint32_t eku;                          /* bits of enum cyg_cert_eku */
	unsigned name_count;
	const struct cyg_cert_name *names;     /* subjectAltNames of the types above */
};

enum cyg_cert_verdict {
	CYG_CERT_GOOD = 0, CYG_CERT_UNKNOWN_CA, CYG_CERT_EXPIRED, CYG_CERT_NOT_YET_VALID,
	CYG_CERT_REVOKED, CYG_CERT_NO_CRL /* none, or none that is valid now */, CYG_CERT_BAD_SIGNATURE,
	CYG_CERT_NO_CA /* an issuer is none */, CYG_CERT_TOO_LONG, CYG_CERT_WEAK,
	CYG_CERT_NAME_CONSTRAINTS, CYG_CERT_INVALID,
};

struct cyg_cert_judgement {
	enum cyg_cert_verdict verdict;
	unsigned depth;       /* which certificate is at fault; 0: the end entity */
	int64_t until;        /* good: it will not be longer than that, unless the store changes */
	char detail[96];      /* the library's words */
};

struct cyg_cert_trust {
	struct cyg_cert *const *anchors;       /* trusted as they are, self-signed or not */
	size_t anchor_count;
	const struct cyg_bytes *crls;          /* files: PEM, one or more, or DER */
	size_t crl_count;
	bool crl_required;    /* without a valid CRL of its issuer an end entity is refused */
};

struct cyg_cert_ops {
	const char *name;
	/* One certificate, DER. CYG_MALFORMED, CYG_LIMIT, CYG_UNSUPPORTED (a kind of key we do not verify with). Any thread. */
	enum cyg_status (*parse)(struct cyg_plugin_ctx *ctx, struct cyg_bytes der, struct cyg_cert **out);
	/* All certificates of a file: PEM, DER or PKCS#12 (the end entity first); statuses as in key_load, CYG_LIMIT above `room`. */
	enum cyg_status (*load)(struct cyg_plugin_ctx *ctx, struct cyg_bytes encoded,
				const struct cyg_secret *passphrase, struct cyg_cert **out, size_t room,
				size_t *count);
	struct cyg_cert *(*ref)(struct cyg_cert *cert);
	void (*unref)(struct cyg_cert *cert);                 /* NULL is fine */
	const struct cyg_cert_info *(*info)(const struct cyg_cert *cert);
	/* Are these two Names (DER) the same, by the rules of X.509? Any thread. */
	bool (*same_name)(struct cyg_bytes a, struct cyg_bytes b);

	/* Control thread. CYG_MALFORMED: a CRL that is none; `why` then says which. */
	enum cyg_status (*store_new)(struct cyg_plugin_ctx *ctx, const struct cyg_cert_trust *trust,
				     struct cyg_cert_store **out, struct cyg_strbuf *why);
	struct cyg_cert_store *(*store_ref)(struct cyg_cert_store *store);
	void (*store_unref)(struct cyg_cert_store *store);
	/*
	 * Path validation (RFC 5280) at a time: chain[0] is the end entity, the others are what the peer sent along, in any order.
	 * CYG_OK or CYG_PENDING: the result is at `out`, which must stay until the op has ended; good or not, it is
	 * no failure of the call. Key usage of the end entity is the caller's to judge.
	 */
	enum cyg_status (*verify_chain)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
					struct cyg_cert_store *store, struct cyg_cert *const *chain,
					size_t count, int64_t at, struct cyg_cert_judgement *out,
					struct cyg_op *op);
	/* A signature by the certificate's key, with which it may keep what makes the next one faster. CYG_REFUSED: it is wrong; CYG_UNSUPPORTED: not by this key. */
	enum cyg_status (*verify)(struct cyg_plugin_ctx *ctx, struct cyg_cert *cert,
				  const struct cyg_signature *how, struct cyg_bytes data,
				  struct cyg_bytes signature);

	/* RFC 7427: from an AlgorithmIdentifier (DER) and back. CYG_MALFORMED, CYG_UNSUPPORTED. Any thread. */
	enum cyg_status (*algorithm_read)(struct cyg_bytes der, struct cyg_signature *out);
	enum cyg_status (*algorithm_write)(const struct cyg_signature *how,
					   uint8_t out[CYG_SIGNATURE_ALG_MAX], size_t *len);
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
