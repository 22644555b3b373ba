/* SPDX-License-Identifier: MIT */
#include "registry/internal.h"

#include "crypto/names.h"

static const struct {
	const char *word;
	uint8_t transform; /* 0: its number is no transform's */
} kinds[CYG_FEATURE_KINDS] = {
	[CYG_CIPHER] = { "cipher", CYG_TRANSFORM_ENCR },
	[CYG_MAC] = { "integrity", CYG_TRANSFORM_INTEG },
	[CYG_PRF] = { "PRF", CYG_TRANSFORM_PRF },
	[CYG_HASH] = { "hash", 0 },
	[CYG_KE] = { "KE", CYG_TRANSFORM_KE },
	[CYG_RNG] = { "random source", 0 },
	[CYG_ESP] = { "ESP", CYG_TRANSFORM_ENCR },
	[CYG_SIGNER] = { "signer", 0 },
	[CYG_CERT] = { "certificates", 0 },
	[CYG_TLS] = { "TLS", 0 },
	[CYG_KERNEL] = { "kernel", 0 },
	[CYG_FETCH] = { "fetcher", 0 },
	[CYG_RESOLVE] = { "resolver", 0 },
	[CYG_EAP_CLIENT] = { "EAP client", 0 },
	[CYG_EAP_SERVER] = { "EAP server", 0 },
	[CYG_AAA] = { "AAA", 0 },
	[CYG_AUTHZ] = { "authorization", 0 },
	[CYG_NAME_MANGLER] = { "name mangler", 0 },
	[CYG_ADDRESS] = { "addresses", 0 },
	[CYG_CFG_ATTR] = { "configuration attributes", 0 },
	[CYG_COMMANDS] = { "commands", 0 },
	[CYG_LISTENER] = { "listener", 0 },
};

static const char *const hashes[] = {
	[CYG_HASH_SHA1] = "SHA1", [CYG_HASH_SHA2_256] = "SHA2-256", [CYG_HASH_SHA2_384] = "SHA2-384",
	[CYG_HASH_SHA2_512] = "SHA2-512", [CYG_HASH_IDENTITY] = "IDENTITY",
};

const char *registry_kind_text(enum cyg_feature_kind kind)
{
	if ((unsigned)kind >= CYG_FEATURE_KINDS || !kinds[kind].word)
		return "unknown kind";
	return kinds[kind].word;
}

bool kind_is_algorithm(enum cyg_feature_kind kind)
{
	return kind >= CYG_CIPHER && kind <= CYG_ESP && kind != CYG_RNG;
}

struct feature_key feature_key(const struct cyg_feature *f)
{
	struct feature_key key = { .kind = f->kind };

	switch (f->kind) {
	case CYG_CIPHER:
		key.id = f->cipher->id;
		key.key_bits = f->cipher->key_bits;
		break;
	case CYG_MAC:
		key.id = f->mac->id;
		break;
	case CYG_PRF:
		key.id = f->prf->id;
		break;
	case CYG_HASH:
		key.id = f->hash->id;
		break;
	case CYG_KE:
		key.id = f->ke->id;
		break;
	case CYG_ESP:
		key.id = f->esp->encr;
		key.key_bits = f->esp->key_bits;
		key.integ = f->esp->integ;
		break;
	case CYG_EAP_CLIENT:
	case CYG_EAP_SERVER:
		key.id = f->eap_server->type;
		break;
	default:
		break;
	}
	return key;
}

bool feature_key_equal(const struct feature_key *a, const struct feature_key *b)
{
	return a->kind == b->kind && a->id == b->id && a->key_bits == b->key_bits && a->integ == b->integ;
}

const char *feature_name(const struct cyg_feature *f)
{
	switch (f->kind) {
	case CYG_CIPHER:
		return f->cipher->name;
	case CYG_MAC:
		return f->mac->name;
	case CYG_PRF:
		return f->prf->name;
	case CYG_HASH:
		return f->hash->name;
	case CYG_KE:
		return f->ke->name;
	case CYG_RNG:
		return f->rng->name;
	case CYG_ESP:
		return f->esp->name;
	case CYG_SIGNER:
		return f->signer->name;
	case CYG_CERT:
		return f->cert->name;
	case CYG_TLS:
		return f->tls->name;
	case CYG_KERNEL:
		return f->kernel->name;
	case CYG_FETCH:
		return f->fetch->name;
	case CYG_RESOLVE:
		return f->resolve->name;
	case CYG_EAP_CLIENT:
	case CYG_EAP_SERVER:
		return f->eap_server->name;
	case CYG_AAA:
		return f->aaa->name;
	case CYG_AUTHZ:
		return f->authz->method;
	case CYG_NAME_MANGLER:
		return f->name_mangler->name;
	case CYG_ADDRESS:
		return f->address->name;
	case CYG_CFG_ATTR:
		return f->cfg_attr->name;
	case CYG_COMMANDS:
		return "commands";
	case CYG_LISTENER:
		return f->listener->name;
	case CYG_FEATURE_END:
	case CYG_FEATURE_KINDS:
		break;
	}
	return "?";
}

bool feature_meets(const struct feature_key *have, const struct cyg_need *need)
{
	return have->kind == need->kind && (!need->id || have->id == need->id);
}

void registry_feature_name(enum cyg_feature_kind kind, uint16_t id, uint16_t key_bits, struct cyg_strbuf *out)
{
	const char *word = registry_kind_text(kind);
	const struct alg_name *name = NULL;

	if ((unsigned)kind < CYG_FEATURE_KINDS && kinds[kind].transform)
		name = alg_by_id(kinds[kind].transform, id, key_bits);
	if (name)
		cyg_strbuf_addf(out, "%s (%s %u)", name->name, word, id);
	else if (kind == CYG_HASH && id < CYG_COUNT(hashes) && hashes[id])
		cyg_strbuf_addf(out, "%s (%s %u)", hashes[id], word, id);
	else if (id && key_bits)
		cyg_strbuf_addf(out, "%s %u with %u bits", word, id, key_bits);
	else if (id)
		cyg_strbuf_addf(out, "%s %u", word, id);
	else
		cyg_strbuf_addf(out, "any %s", word);
}

/* Which of our plugins have what: for messages only. Ids are a list ended by 0; none for any id. */
static const struct {
	const char *plugin;
	enum cyg_feature_kind kind;
	uint16_t ids[16];
} known[] = {
	{ "openssl", CYG_CIPHER, { CYG_ENCR_3DES, CYG_ENCR_AES_CBC, CYG_ENCR_AES_GCM_16,
				   CYG_ENCR_CHACHA20_POLY1305 } },
	{ "openssl", CYG_MAC, { CYG_AUTH_HMAC_MD5_96, CYG_AUTH_HMAC_SHA1_96, CYG_AUTH_HMAC_SHA2_256_128,
				CYG_AUTH_HMAC_SHA2_384_192, CYG_AUTH_HMAC_SHA2_512_256 } },
	{ "openssl", CYG_PRF, { CYG_PRF_HMAC_MD5, CYG_PRF_HMAC_SHA1, CYG_PRF_HMAC_SHA2_256,
				CYG_PRF_HMAC_SHA2_384, CYG_PRF_HMAC_SHA2_512 } },
	{ "openssl", CYG_HASH, { CYG_HASH_SHA1, CYG_HASH_SHA2_256, CYG_HASH_SHA2_384, CYG_HASH_SHA2_512 } },
	{ "openssl", CYG_KE, { CYG_KE_MODP_1024, CYG_KE_MODP_1536, CYG_KE_MODP_2048, CYG_KE_MODP_3072,
			       CYG_KE_MODP_4096, CYG_KE_ECP_256, CYG_KE_ECP_384, CYG_KE_ECP_521,
			       CYG_KE_X25519, CYG_KE_X448 } },
	{ "gmp", CYG_KE, { CYG_KE_MODP_768, CYG_KE_MODP_1024, CYG_KE_MODP_1536, CYG_KE_MODP_2048,
			   CYG_KE_MODP_3072, CYG_KE_MODP_4096, CYG_KE_MODP_6144, CYG_KE_MODP_8192 } },
	{ "openssl", CYG_RNG, { 0 } },
	{ "openssl", CYG_CERT, { 0 } },
	{ "openssl", CYG_SIGNER, { 0 } },
	{ "openssl", CYG_ESP, { CYG_ENCR_AES_CBC, CYG_ENCR_AES_GCM_16 } },
	{ "kernel-tun", CYG_KERNEL, { 0 } },
	{ "kernel-netlink", CYG_KERNEL, { 0 } },
	{ "address-pool", CYG_ADDRESS, { 0 } },
	{ "authz-policy", CYG_AUTHZ, { 0 } },
};

const char *feature_known_provider(enum cyg_feature_kind kind, uint16_t id, unsigned n)
{
	for (size_t i = 0; i < CYG_COUNT(known); i++) {
		bool has = !known[i].ids[0] || !id;

		if (known[i].kind != kind)
			continue;
		for (size_t j = 0; j < CYG_COUNT(known[i].ids) && known[i].ids[j] && !has; j++)
			has = known[i].ids[j] == id;
		if (has && n-- == 0)
			return known[i].plugin;
	}
	return NULL;
}

/* Also the order of preference when nothing else is configured. */
static const char *const our_order[] = {
	"ipsec-mb", "openssl", "gmp", "kernel-tun", "kernel-netlink", "address-pool", "authz-policy",
};

unsigned plugin_known_rank(const char *name)
{
	unsigned i = 0;

	while (i < CYG_COUNT(our_order) && strcmp(name, our_order[i]) != 0)
		i++;
	return i;
}
