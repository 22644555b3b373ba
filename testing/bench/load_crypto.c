/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <cygnet/cursor.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>

static struct {
	uint8_t pad[32]; /* prf(key, "Key Pad for IKEv2") */
	EVP_MAC_CTX *mac;
	EVP_CIPHER *gcm;
	EVP_CIPHER_CTX *cipher;
	EVP_MD *sha1;
	EVP_MD_CTX *md;
	EVP_PKEY *mine;
	uint8_t public_value[32];
	EVP_PKEY *signer; /* NULL: shared key */
	struct cyg_bytes *certs;
	unsigned cert_count;
} l;

/* AlgorithmIdentifiers of RFC 7427, appendix A. */
static const uint8_t rsa_sha256[] = { 15, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11, 5, 0 };
static const uint8_t ecdsa_sha256[] = { 12, 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 };

static FILE *open_in(const char *folder, const char *name)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	MUST((file = fopen(path, "r")));
	return file;
}

static void read_folder(const char *folder)
{
	FILE *key = open_in(folder, "client.key"), *certs = open_in(folder, "clients.pem");
	char *name, *header;
	unsigned char *der;
	long len;

	MUST((l.signer = PEM_read_PrivateKey(key, NULL, NULL, NULL)));
	while (PEM_read(certs, &name, &header, &der, &len) == 1) {
		MUST((l.certs = realloc(l.certs, (l.cert_count + 1) * sizeof(*l.certs))));
		l.certs[l.cert_count++] = cyg_bytes(der, (size_t)len);
		OPENSSL_free(name);
		OPENSSL_free(header);
	}
	MUST(l.cert_count > 0);
	fclose(key);
	fclose(certs);
}

void load_crypto_init(const char *key)
{
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
				 OSSL_PARAM_construct_end() };
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	size_t len = 32;

	MUST(mac && (l.mac = EVP_MAC_CTX_new(mac)) && EVP_MAC_CTX_set_params(l.mac, params) == 1);
	EVP_MAC_free(mac);
	MUST((l.gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL)) && (l.cipher = EVP_CIPHER_CTX_new()));
	MUST((l.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL)) && (l.md = EVP_MD_CTX_new()));
	MUST((l.mine = EVP_PKEY_Q_keygen(NULL, NULL, "X25519")));
	MUST(EVP_PKEY_get_raw_public_key(l.mine, l.public_value, &len) == 1);
	if (strchr(key, '/')) {
		read_folder(key);
		return;
	}
	MUST(EVP_MAC_init(l.mac, (const uint8_t *)key, strlen(key), NULL) == 1);
	MUST(EVP_MAC_update(l.mac, (const uint8_t *)"Key Pad for IKEv2", 17) == 1);
	MUST(EVP_MAC_final(l.mac, l.pad, &len, 32) == 1);
}

void load_prf(const uint8_t *key, size_t key_len, const struct cyg_bytes *parts, size_t count, uint8_t out[32])
{
	size_t len;

	MUST(EVP_MAC_init(l.mac, key, key_len, NULL) == 1);
	for (size_t i = 0; i < count; i++)
		MUST(EVP_MAC_update(l.mac, parts[i].ptr, parts[i].len) == 1);
	MUST(EVP_MAC_final(l.mac, out, &len, 32) == 1);
}

void load_derive(struct load_keys *keys, struct cyg_bytes peer, const uint8_t nonce_i[LOAD_NONCE],
		 struct cyg_bytes nonce_r, uint64_t spi_i, uint64_t spi_r)
{
	EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, peer.ptr, peer.len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, l.mine, NULL);
	uint8_t shared[32], nonces[LOAD_NONCE + 256], seed[32], stream[32 * 5], spis[16], block[32];
	size_t len = sizeof(shared), have = 0;
	struct wire_writer w = wire_writer(spis, sizeof(spis));

	MUST(theirs && ctx && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer_ex(ctx, theirs, 0) == 1 &&
	     EVP_PKEY_derive(ctx, shared, &len) == 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(theirs);
	memcpy(nonces, nonce_i, LOAD_NONCE);
	memcpy(nonces + LOAD_NONCE, nonce_r.ptr, nonce_r.len);
	wire_put_u64(&w, spi_i);
	wire_put_u64(&w, spi_r);
	load_prf(nonces, LOAD_NONCE + nonce_r.len, &(struct cyg_bytes){ shared, 32 }, 1, seed);
	for (uint8_t n = 1; have < sizeof(stream); n++) {
		struct cyg_bytes parts[] = { { block, have ? 32 : 0 }, { nonces, LOAD_NONCE + nonce_r.len }, { spis, 16 },
					     { &n, 1 } };

		load_prf(seed, 32, parts, 4, block);
		memcpy(stream + have, block, 32);
		have += 32;
	}
	memcpy(keys->d, stream, 32);
	memcpy(keys->ai, stream + 32, 20);
	memcpy(keys->ar, stream + 52, 20);
	memcpy(keys->pi, stream + 72, 32);
	memcpy(keys->pr, stream + 104, 32);
}

bool load_gcm(const uint8_t key[20], const uint8_t iv[8], struct cyg_bytes aad, uint8_t *text, size_t len, bool seal)
{
	uint8_t nonce[12];
	int out;

	memcpy(nonce, key + 16, 4);
	memcpy(nonce + 4, iv, 8);
	MUST(EVP_CipherInit_ex2(l.cipher, l.gcm, key, nonce, seal, NULL) == 1);
	MUST(EVP_CipherUpdate(l.cipher, NULL, &out, aad.ptr, (int)aad.len) == 1);
	MUST(EVP_CipherUpdate(l.cipher, text, &out, text, (int)len) == 1);
	if (!seal)
		MUST(EVP_CIPHER_CTX_ctrl(l.cipher, EVP_CTRL_AEAD_SET_TAG, 16, text + len) == 1);
	if (EVP_CipherFinal_ex(l.cipher, text + len, &out) != 1)
		return false;
	return !seal || EVP_CIPHER_CTX_ctrl(l.cipher, EVP_CTRL_AEAD_GET_TAG, 16, text + len) == 1;
}

const uint8_t *load_public_value(void)
{
	return l.public_value;
}

void load_sha1(const uint8_t *octets, size_t len, uint8_t out[20])
{
	MUST(EVP_DigestInit_ex2(l.md, l.sha1, NULL) == 1 && EVP_DigestUpdate(l.md, octets, len) == 1 &&
	     EVP_DigestFinal_ex(l.md, out, NULL) == 1);
}

bool load_certificates(void)
{
	return l.signer != NULL;
}

struct cyg_bytes load_cert(unsigned number)
{
	return l.signer ? l.certs[number % l.cert_count] : cyg_bytes(NULL, 0);
}

unsigned load_identity(unsigned number)
{
	return l.signer ? number % l.cert_count : number;
}

size_t load_auth(const struct cyg_bytes parts[3], uint8_t out[LOAD_AUTH_MAX])
{
	bool rsa = l.signer && EVP_PKEY_get_base_id(l.signer) == EVP_PKEY_RSA;
	struct wire_writer w = wire_writer(out, LOAD_AUTH_MAX);
	EVP_MD_CTX *md;
	size_t len;

	if (!l.signer) {
		load_prf(l.pad, 32, parts, 3, out);
		return 32;
	}
	wire_put(&w, rsa ? rsa_sha256 : ecdsa_sha256, rsa ? sizeof(rsa_sha256) : sizeof(ecdsa_sha256));
	len = LOAD_AUTH_MAX - wire_len(&w);
	MUST((md = EVP_MD_CTX_new()) && EVP_DigestSignInit_ex(md, NULL, "SHA256", NULL, NULL, l.signer, NULL) == 1);
	for (unsigned i = 0; i < 3; i++)
		MUST(EVP_DigestSignUpdate(md, parts[i].ptr, parts[i].len) == 1);
	MUST(EVP_DigestSignFinal(md, out + wire_len(&w), &len) == 1);
	EVP_MD_CTX_free(md);
	return wire_len(&w) + len;
}
