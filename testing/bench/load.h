/* SPDX-License-Identifier: MIT */
/* The cryptography of the bench `load`: everything fetched and parsed once. Any failure ends the process. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <cygnet/bytes.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOAD_NONCE    32
#define LOAD_AUTH_MAX 1100

#define MUST(expr_)                                                                    \
	do {                                                                           \
		if (!(expr_)) {                                                        \
			fprintf(stderr, "load: %s failed: %s\n", #expr_, strerror(errno)); \
			exit(1);                                                       \
		}                                                                      \
	} while (0)

struct load_keys {
	uint8_t d[32], ai[20], ar[20], pi[32], pr[32];
};

/* A shared key, or (with a slash in it) a folder of `make_pki FOLDER KIND COUNT`. */
void load_crypto_init(const char *key);
const uint8_t *load_public_value(void); /* 32 octets of X25519 */
void load_prf(const uint8_t *key, size_t key_len, const struct cyg_bytes *parts, size_t count, uint8_t out[32]);
void load_sha1(const uint8_t *octets, size_t len, uint8_t out[20]);
void load_derive(struct load_keys *keys, struct cyg_bytes peer, const uint8_t nonce_i[LOAD_NONCE],
		 struct cyg_bytes nonce_r, uint64_t spi_i, uint64_t spi_r);
/* In place; the tag is behind the text. Opening: is it right? */
bool load_gcm(const uint8_t key[20], const uint8_t iv[8], struct cyg_bytes aad, uint8_t *text, size_t len, bool seal);

bool load_certificates(void);
struct cyg_bytes load_cert(unsigned number); /* empty: shared key */
unsigned load_identity(unsigned number);     /* which name its certificate has */
/* AUTH data over three parts. */
size_t load_auth(const struct cyg_bytes parts[3], uint8_t out[LOAD_AUTH_MAX]);

#endif
