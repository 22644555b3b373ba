/* SPDX-License-Identifier: MIT */
#include "auth/sign.h"

#include <cygnet/cursor.h>

static uint16_t hash_len(uint16_t hash)
{
	return hash == CYG_HASH_SHA1 ? 20 : hash == CYG_HASH_SHA2_256 ? 32 : hash == CYG_HASH_SHA2_384 ? 48 : 64;
}

/* The hash that is as strong as the key if the peer has it, else the next better, else the best that it has. */
static uint16_t hash_for(unsigned wanted, uint32_t peer_hashes)
{
	for (unsigned hash = wanted; hash <= CYG_HASH_SHA2_512; hash++) {
		if (peer_hashes & SIGN_HASHES_OURS & SIGN_HASH(hash))
			return (uint16_t)hash;
	}
	for (unsigned hash = wanted; hash >= CYG_HASH_SHA2_256; hash--) {
		if (peer_hashes & SIGN_HASHES_OURS & SIGN_HASH(hash))
			return (uint16_t)hash;
	}
	return 0;
}

static unsigned hash_of_strength(enum cyg_key_type key, unsigned bits)
{
	if (key == CYG_KEY_RSA)
		return bits > 7680 ? CYG_HASH_SHA2_512 : bits > 3072 ? CYG_HASH_SHA2_384 : CYG_HASH_SHA2_256;
	return bits > 384 ? CYG_HASH_SHA2_512 : bits > 256 ? CYG_HASH_SHA2_384 : CYG_HASH_SHA2_256;
}

enum cyg_status sign_choose(enum cyg_key_type key, unsigned bits, uint32_t peer_hashes, uint8_t *method,
			    struct cyg_signature *out)
{
	struct cyg_signature how = { .key = key };
	bool eddsa = key == CYG_KEY_ED25519 || key == CYG_KEY_ED448;

	if (eddsa && !(peer_hashes & SIGN_HASH(CYG_HASH_IDENTITY)))
		return CYG_UNSUPPORTED;
	how.hash = eddsa ? CYG_HASH_IDENTITY : hash_for(hash_of_strength(key, bits), peer_hashes);
	if (how.hash) {
		*method = CYG_AUTH_METHOD_DIGITAL_SIGNATURE;
		how.pss = key == CYG_KEY_RSA;
		how.salt_len = how.pss ? hash_len(how.hash) : 0;
	} else if (key == CYG_KEY_RSA) {
		*method = CYG_AUTH_METHOD_RSA;
		how.hash = CYG_HASH_SHA1; /* RFC 7296 3.8: what every peer takes */
	} else {
		*method = bits > 384 ? CYG_AUTH_METHOD_ECDSA_521 :
			  bits > 256 ? CYG_AUTH_METHOD_ECDSA_384 : CYG_AUTH_METHOD_ECDSA_256;
		how.hash = (uint16_t)hash_of_strength(key, bits);
		how.raw = true;
	}
	*out = how;
	return CYG_OK;
}

bool sign_is_signature(uint8_t method)
{
	return method == CYG_AUTH_METHOD_RSA || method == CYG_AUTH_METHOD_DIGITAL_SIGNATURE ||
	       (method >= CYG_AUTH_METHOD_ECDSA_256 && method <= CYG_AUTH_METHOD_ECDSA_521);
}

enum cyg_status sign_read(const struct cyg_cert_ops *ops, uint8_t method, struct cyg_bytes data,
			  struct sign_proof *out)
{
	struct sign_proof proof = { .count = 1, .signature = data };
	struct wire_reader r = wire_reader_of(data);
	struct cyg_bytes algorithm;
	enum cyg_status status = CYG_OK;

	switch (method) {
	case CYG_AUTH_METHOD_RSA:
		for (proof.count = 0; proof.count < SIGN_WAYS_MAX; proof.count++)
			proof.how[proof.count] = (struct cyg_signature){
				.key = CYG_KEY_RSA, .hash = (uint16_t)(CYG_HASH_SHA1 + proof.count) };
		break;
	case CYG_AUTH_METHOD_ECDSA_256:
	case CYG_AUTH_METHOD_ECDSA_384:
	case CYG_AUTH_METHOD_ECDSA_521:
		proof.how[0] = (struct cyg_signature){
			.key = CYG_KEY_ECDSA, .raw = true,
			.hash = (uint16_t)(CYG_HASH_SHA2_256 + method - CYG_AUTH_METHOD_ECDSA_256) };
		break;
	case CYG_AUTH_METHOD_DIGITAL_SIGNATURE:
		algorithm = wire_view(&r, wire_u8(&r));
		proof.signature = wire_rest(&r);
		if (!wire_done(&r))
			return CYG_MALFORMED;
		status = ops->algorithm_read(algorithm, &proof.how[0]);
		if (status != CYG_OK)
			return status;
		if (!(SIGN_HASHES_OURS & SIGN_HASH(proof.how[0].hash)))
			status = CYG_UNSUPPORTED;
		break;
	default:
		return CYG_UNSUPPORTED;
	}
	if (!proof.signature.len)
		return CYG_MALFORMED;
	*out = proof;
	return status;
}

bool sign_curve_fits(uint8_t method, unsigned bits)
{
	switch (method) {
	case CYG_AUTH_METHOD_ECDSA_256:
		return bits == 256;
	case CYG_AUTH_METHOD_ECDSA_384:
		return bits == 384;
	case CYG_AUTH_METHOD_ECDSA_521:
		return bits == 521;
	default:
		return true;
	}
}

enum auth_kind sign_kind(enum cyg_key_type key)
{
	return key == CYG_KEY_NONE ? AUTH_NONE : key == CYG_KEY_RSA ? AUTH_RSA_SIG : AUTH_ECDSA_SIG;
}

void sign_text(const struct cyg_signature *how, struct cyg_strbuf *out)
{
	static const char *const hashes[] = { "", "SHA1", "SHA2-256", "SHA2-384", "SHA2-512" };

	switch (how->key) {
	case CYG_KEY_ED25519:
		cyg_strbuf_add(out, CYG_STR("Ed25519"));
		return;
	case CYG_KEY_ED448:
		cyg_strbuf_add(out, CYG_STR("Ed448"));
		return;
	case CYG_KEY_RSA:
		cyg_strbuf_add(out, cyg_str(how->pss ? "RSA-PSS" : "RSA"));
		break;
	default:
		cyg_strbuf_add(out, CYG_STR("ECDSA"));
		break;
	}
	if (how->hash < CYG_COUNT(hashes))
		cyg_strbuf_addf(out, " with %s", hashes[how->hash]);
}
