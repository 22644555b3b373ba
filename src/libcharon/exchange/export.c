/* SPDX-License-Identifier: MIT */
#include "exchange/export.h"

#include "exchange/engine.h"

#include <cygnet/secret.h>

#define LINE_MAX_OCTETS 1024

/* Wireshark's words for an algorithm: in the table of IKE, in that of ESP; NULL: it has none. */
struct words {
	uint16_t id, key_bits;
	const char *ike, *esp;
};

static const struct words ciphers[] = {
	{ CYG_ENCR_3DES, 0, "3DES [RFC2451]", "TripleDES-CBC [RFC2451]" },
	{ CYG_ENCR_NULL, 0, "NULL [RFC2410]", "NULL" },
	{ CYG_ENCR_AES_CBC, 128, "AES-CBC-128 [RFC3602]", "AES-CBC [RFC3602]" },
	{ CYG_ENCR_AES_CBC, 192, "AES-CBC-192 [RFC3602]", "AES-CBC [RFC3602]" },
	{ CYG_ENCR_AES_CBC, 256, "AES-CBC-256 [RFC3602]", "AES-CBC [RFC3602]" },
	{ CYG_ENCR_AES_GCM_16, 128, "AES-GCM-128 with 16 octet ICV [RFC5282]",
	  "AES-GCM with 16 octet ICV [RFC4106]" },
	{ CYG_ENCR_AES_GCM_16, 192, "AES-GCM-192 with 16 octet ICV [RFC5282]",
	  "AES-GCM with 16 octet ICV [RFC4106]" },
	{ CYG_ENCR_AES_GCM_16, 256, "AES-GCM-256 with 16 octet ICV [RFC5282]",
	  "AES-GCM with 16 octet ICV [RFC4106]" },
};

static const struct words macs[] = {
	{ CYG_AUTH_NONE, 0, "NONE [RFC4306]", "NULL" },
	{ CYG_AUTH_HMAC_MD5_96, 0, "HMAC_MD5_96 [RFC2403]", "HMAC-MD5-96 [RFC2403]" },
	{ CYG_AUTH_HMAC_SHA1_96, 0, "HMAC_SHA1_96 [RFC2404]", "HMAC-SHA-1-96 [RFC2404]" },
	{ CYG_AUTH_HMAC_SHA2_256_128, 0, "HMAC_SHA2_256_128 [RFC4868]", "HMAC-SHA-256-128 [RFC4868]" },
	{ CYG_AUTH_HMAC_SHA2_384_192, 0, "HMAC_SHA2_384_192 [RFC4868]", "HMAC-SHA-384-192 [RFC4868]" },
	{ CYG_AUTH_HMAC_SHA2_512_256, 0, "HMAC_SHA2_512_256 [RFC4868]", "HMAC-SHA-512-256 [RFC4868]" },
};

static const struct words *words_of(const struct words *table, size_t count, uint16_t id, uint16_t key_bits)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].id == id && table[i].key_bits == key_bits)
			return &table[i];
	}
	return NULL;
}

static void give(const struct key_export *to, enum key_table table, char *line, const struct cyg_strbuf *out)
{
	if (out->len < LINE_MAX_OCTETS - 1) /* else it was cut, and is of no use */
		to->write(to, table, cyg_bytes(line, out->len));
	cyg_wipe(line, LINE_MAX_OCTETS);
}

void export_ike(const struct ike_sa *sa)
{
	const struct key_export *to = sa->ike->options.export_keys;
	const struct suite_ids *ids = &sa->d.suite;
	const struct words *cipher = words_of(ciphers, CYG_COUNT(ciphers), ids->encr, ids->key_bits);
	const struct words *mac = words_of(macs, CYG_COUNT(macs), ids->integ, 0);
	char line[LINE_MAX_OCTETS];
	struct cyg_strbuf out = CYG_STRBUF(line);

	if (!to || !cipher || !mac)
		return;
	cyg_strbuf_addf(&out, "%016llx,%016llx,", (unsigned long long)sa->d.spi_i, (unsigned long long)sa->d.spi_r);
	for (unsigned responder = 0; responder < 2; responder++) {
		cyg_strbuf_add_hex(&out, cyg_bytes(ike_sa_sk_e(sa, !responder), sa->keys.e));
		cyg_strbuf_add(&out, CYG_STR(","));
	}
	cyg_strbuf_addf(&out, "\"%s\",", cipher->ike);
	for (unsigned responder = 0; responder < 2; responder++) {
		cyg_strbuf_add_hex(&out, cyg_bytes(ike_sa_sk_a(sa, !responder), sa->keys.a));
		cyg_strbuf_add(&out, CYG_STR(","));
	}
	cyg_strbuf_addf(&out, "\"%s\"\n", mac->ike);
	give(to, KEY_TABLE_IKE, line, &out);
}

/* Any address: behind a NAT the wire has others than we, and the SPI says enough. */
static void export_half(const struct child_sa *child, uint32_t spi, const uint8_t *key)
{
	const struct ike_sa *sa = child->ike_sa;
	const struct words *cipher = words_of(ciphers, CYG_COUNT(ciphers), child->d.encr, child->d.key_bits);
	const struct words *mac = words_of(macs, CYG_COUNT(macs), child->d.integ, 0);
	size_t cipher_len = child->d.key_len;
	char line[LINE_MAX_OCTETS];
	struct cyg_strbuf out = CYG_STRBUF(line);

	if (!cipher || !cipher->esp || !mac)
		return;
	/* The cipher's key with its salt, then the integrity key, as long as the hash. */
	if (child->d.integ != CYG_AUTH_NONE)
		cipher_len = child->d.encr == CYG_ENCR_3DES ? 24 : child->d.key_bits / 8u;
	if (cipher_len > child->d.key_len)
		return;
	cyg_strbuf_addf(&out, "\"%s\",\"*\",\"*\",\"0x%08x\",\"%s\",\"",
			sa->d.remote.ip.family == CYG_IPV6 ? "IPv6" : "IPv4", spi, cipher->esp);
	if (cipher_len) {
		cyg_strbuf_add(&out, CYG_STR("0x"));
		cyg_strbuf_add_hex(&out, cyg_bytes(key, cipher_len));
	}
	cyg_strbuf_addf(&out, "\",\"%s\",\"", mac->esp);
	if (child->d.key_len > cipher_len) {
		cyg_strbuf_add(&out, CYG_STR("0x"));
		cyg_strbuf_add_hex(&out, cyg_bytes(key + cipher_len, child->d.key_len - cipher_len));
	}
	/* Two fields more tell of ESN; a Wireshark that knows nothing of it has none of them. */
	cyg_strbuf_addf(&out, "\"%s\n", child->d.esn ? ",\"64-bit\",\"0x0\"" : "");
	give(sa->ike->options.export_keys, KEY_TABLE_ESP, line, &out);
}

void export_child(const struct child_sa *child)
{
	if (!child->ike_sa->ike->options.export_keys)
		return;
	export_half(child, child->d.spi_in, child->keys);
	export_half(child, child->d.spi_out, child->keys + child->d.key_len);
}
