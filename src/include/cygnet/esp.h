/* SPDX-License-Identifier: MIT */
/*
 * ESP cryptography on batches (RFC 4303, RFC 4106, RFC 7634): up to 64 packets, each under its own
 * key, in one call. Keys of SAs are kept raw; expanded contexts belong to the instance, one per shard. A
 * run of packets whose `key.ptr` is the same is expanded once. No allocation on this way.
 */
#ifndef CYGNET_ESP_H
#define CYGNET_ESP_H

#include <cygnet/crypto.h>

#define CYG_ESP_BATCH      64
#define CYG_ESP_HEADER_LEN 8

/*
 * One packet. `esp` starts with SPI and sequence number, then IV, ciphertext and ICV, contiguous.
 * seal: SPI and sequence number are there; `in` (payload, padding and trailer, `len` octets, a multiple of
 *   block_len) may be esp + 8 + iv_len (in place) or elsewhere, not otherwise overlapping; writes IV, ciphertext and ICV.
 * open: the whole packet is at `esp`, `len` octets of ciphertext between IV and ICV; decrypts in place.
 */
struct cyg_esp_packet {
	struct cyg_bytes key;  /* raw: cipher key, its salt, then the integrity key */
	uint8_t *esp;
	const uint8_t *in;     /* seal only */
	size_t len;
	uint32_t seq_high;     /* ESN: high half of the sequence number */
	bool esn;              /* seq_high is authenticated (RFC 4303 2.2.1) */
	uint64_t iv;           /* seal, AEAD: the explicit IV, never twice under one key; CBC ignores it */
	enum cyg_status status;/* out: CYG_OK, CYG_REFUSED (ICV), CYG_IO */
};

struct cyg_esp_ops {
	uint16_t encr;            /* CYG_ENCR_* */
	uint16_t key_bits;
	uint16_t integ;           /* CYG_AUTH_*, CYG_AUTH_NONE for AEAD */
	const char *name;         /* "AES-GCM-128" */
	uint8_t key_len;          /* of the raw key as above */
	uint8_t iv_len, icv_len, block_len; /* block_len: a power of two */

	enum cyg_status (*instance_new)(struct cyg_plugin_ctx *ctx, void **out);
	void (*instance_free)(void *instance);
	/* count <= CYG_ESP_BATCH; each packet's status is set. */
	void (*seal)(void *instance, struct cyg_esp_packet *packets, size_t count);
	void (*open)(void *instance, struct cyg_esp_packet *packets, size_t count);
};

struct cyg_esp { const struct cyg_esp_ops *ops; void *instance; struct cyg_plugin_ctx *provider; };

#endif
