/* SPDX-License-Identifier: MIT */
/*
 * The shapes a crypto backend fills in, one constant struct per algorithm.
 *
 * A backend keeps no per-SA objects: SAs hold raw keys. For each algorithm and shard there is one
 * *instance* (contexts fetched once, re-keyed per message), made by `instance_new` on the shard's thread at first
 * use, used on that thread only, and freed with the shard or when the plugin is drained. All calls
 * finish at once unless they take a struct cyg_op. The exception is a `slow` key exchange, whose calls run
 * on helper threads, several at once: its instance is constant once made. Lengths are in octets. A backend never logs and
 * never keeps a pointer that a call gave it.
 *
 * Every algorithm brings known-answer vectors; the registry runs them before it offers the algorithm.
 */
#ifndef CYGNET_CRYPTO_H
#define CYGNET_CRYPTO_H

#include <cygnet/numbers.h>
#include <cygnet/secret.h>
#include <cygnet/shard.h>

struct cyg_plugin_ctx;

#define CYG_PRF_MAX    64 /* longest PRF output */
#define CYG_ICV_MAX    64 /* longest untruncated MAC */
#define CYG_KEY_MAX    64 /* longest key of a cipher with its salt, of a MAC or a PRF's preferred key */
#define CYG_IV_MAX     16
#define CYG_KE_MAX   2048 /* longest public value of a key exchange (room for ML-KEM) */

/* A known answer: the meaning of the inputs is said beside each ops struct. NULL `out.ptr` ends a list. */
struct cyg_vector {
	struct cyg_bytes key, iv, aad, in, out;
};

/*
 * Encryption of the SK payload and of ESP (RFC 7296 3.3.2 type 1). AEAD when icv_len is not 0.
 * The instance is keyed by set_key(); the key stays until the next one. For AEAD the key includes
 * the trailing salt (RFC 5282: `salt_len` octets) and `iv` is the explicit IV of iv_len octets.
 * Vectors: key, iv, aad, in = plaintext, out = ciphertext followed by the tag.
 */
struct cyg_cipher_ops {
	uint16_t id;              /* CYG_ENCR_* */
	uint16_t key_bits;        /* without the salt; 0 if the algorithm has one length (no attribute) */
	const char *name;         /* "AES-GCM-128" */
	uint8_t key_len;          /* with the salt */
	uint8_t salt_len, iv_len, block_len, icv_len;
	const struct cyg_vector *vectors;

	enum cyg_status (*instance_new)(struct cyg_plugin_ctx *ctx, void **out);
	void (*instance_free)(void *instance);
	/* key.len == key_len */
	enum cyg_status (*set_key)(void *instance, struct cyg_bytes key);
	/* In place over `data` (whole blocks for CBC); writes icv_len octets at `tag` if AEAD. */
	enum cyg_status (*seal)(void *instance, const uint8_t *iv, struct cyg_bytes aad,
				uint8_t *data, size_t len, uint8_t *tag);
	/* In place. CYG_REFUSED if the tag is wrong; then `data` is undefined. */
	enum cyg_status (*open)(void *instance, const uint8_t *iv, struct cyg_bytes aad,
				uint8_t *data, size_t len, const uint8_t *tag);
};

/*
 * Integrity (type 3): a keyed MAC, cut to icv_len. Vectors: key, in, out.
 */
struct cyg_mac_ops {
	uint16_t id;              /* CYG_AUTH_* */
	const char *name;         /* "HMAC-SHA2-256-128" */
	uint8_t key_len, icv_len;
	const struct cyg_vector *vectors;

	enum cyg_status (*instance_new)(struct cyg_plugin_ctx *ctx, void **out);
	void (*instance_free)(void *instance);
	enum cyg_status (*set_key)(void *instance, struct cyg_bytes key);
	/* Over the concatenation of `count` parts, under the kept key; writes icv_len octets. */
	enum cyg_status (*compute)(void *instance, const struct cyg_bytes *parts, size_t count,
				   uint8_t *out);
};

/*
 * Pseudo-random function (type 2), keys of any length. Vectors: key, in, out.
 */
struct cyg_prf_ops {
	uint16_t id;              /* CYG_PRF_* */
	const char *name;         /* "PRF-HMAC-SHA2-256" */
	uint8_t key_len;          /* preferred length */
	uint8_t out_len;
	const struct cyg_vector *vectors;

	enum cyg_status (*instance_new)(struct cyg_plugin_ctx *ctx, void **out);
	void (*instance_free)(void *instance);
	enum cyg_status (*set_key)(void *instance, struct cyg_bytes key);
	/* prf(key, part | part | ...) under the kept key; writes out_len octets. */
	enum cyg_status (*compute)(void *instance, const struct cyg_bytes *parts, size_t count,
				   uint8_t *out);
};

/* A hash, for NAT detection (SHA-1), cookies, certificate caches and RFC 7427. Vectors: in, out. */
struct cyg_hash_ops {
	uint16_t id;              /* CYG_HASH_* (RFC 7427 numbers) */
	const char *name;
	uint8_t out_len;
	const struct cyg_vector *vectors;

	enum cyg_status (*instance_new)(struct cyg_plugin_ctx *ctx, void **out);
	void (*instance_free)(void *instance);
	enum cyg_status (*compute)(void *instance, const struct cyg_bytes *parts, size_t count,
				   uint8_t *out);
};

/*
 * Key exchange (type 4; also types 6-12 of RFC 9370). Shaped for Diffie-Hellman and for KEMs: what
 * the initiator sends may be longer or shorter than what the responder sends.
 * A cyg_ke_key is the private half, made and freed by the instance's backend; it is not tied to the
 * instance and may outlive it until freed with key_free. The shared secret is g^ir at full length
 * (RFC 7296 2.14). Peer values are validated (RFC 6989): CYG_REFUSED.
 * Vectors: key = private key in the backend's raw form is not portable, so a self-test is `initiate`
 * against `respond` plus, where `vectors` is set: key = private scalar, in = peer public, out = shared.
 */
struct cyg_ke_key;
struct cyg_ke_ops {
	uint16_t id;              /* CYG_KE_* */
	const char *name;         /* "X25519", "MODP-2048" */
	uint16_t initiator_len, responder_len, secret_len;
	bool slow;                /* over 200 microseconds a call: the engine runs it as a job */
	const struct cyg_vector *vectors;

	enum cyg_status (*instance_new)(struct cyg_plugin_ctx *ctx, void **out);
	void (*instance_free)(void *instance);
	/* Makes a private half and writes initiator_len octets at `public_value`. */
	enum cyg_status (*initiate)(void *instance, struct cyg_ke_key **out, uint8_t *public_value);
	/* The responder's whole part: from the initiator's value to ours and the secret. */
	enum cyg_status (*respond)(void *instance, struct cyg_bytes peer, uint8_t *public_value,
				   struct cyg_secret *secret);
	/* The initiator's second half. */
	enum cyg_status (*finish)(void *instance, struct cyg_ke_key *key, struct cyg_bytes peer,
				  struct cyg_secret *secret);
	void (*key_free)(struct cyg_ke_key *key);
	/* For vectors only; may be NULL: the shared secret of a given private scalar. */
	enum cyg_status (*derive_raw)(void *instance, struct cyg_bytes scalar, struct cyg_bytes peer,
				      struct cyg_secret *secret);
};

/* A source of unpredictable octets; the shard's pool is filled from the preferred one. Any thread. */
struct cyg_rng_ops {
	const char *name;
	enum cyg_status (*fill)(struct cyg_plugin_ctx *ctx, void *out, size_t len);
};

/*
 * One algorithm resolved on one shard: what the engine keeps and calls through. Valid until the
 * shard's registry generation changes (cyg_registry_generation()): then look it up again. What must live longer
 * (a cyg_ke_key between request and response, a job on a helper thread) takes a use of the provider:
 * cyg_plugin_use(ke.provider, shard) ... cyg_plugin_release(ke.provider, shard); until then its
 * instance stays.
 */
struct cyg_cipher { const struct cyg_cipher_ops *ops; void *instance; struct cyg_plugin_ctx *provider; };
struct cyg_mac    { const struct cyg_mac_ops *ops;    void *instance; struct cyg_plugin_ctx *provider; };
struct cyg_prf    { const struct cyg_prf_ops *ops;    void *instance; struct cyg_plugin_ctx *provider; };
struct cyg_hash   { const struct cyg_hash_ops *ops;   void *instance; struct cyg_plugin_ctx *provider; };
struct cyg_ke     { const struct cyg_ke_ops *ops;     void *instance; struct cyg_plugin_ctx *provider; };

#endif
