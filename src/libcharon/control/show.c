/* SPDX-License-Identifier: MIT */
#include "control/show.h"

#include "control/protocol.h"
#include "crypto/names.h"

#include <cygnet/cert.h>
#include <cygnet/numbers.h>

#include <stdio.h>

void put_json(json_t **row, const char *name, json_t *take_value)
{
	if (!*row) {
		json_decref(take_value);
		return;
	}
	if (json_object_set_new_nocheck(*row, name, take_value)) { /* names are ours, and ASCII */
		json_decref(*row);
		*row = NULL;
	}
}

void put_text(json_t **row, const char *name, const char *text)
{
	put_json(row, name, control_json_str(text));
}

void put_number(json_t **row, const char *name, uint64_t number)
{
	put_json(row, name, json_integer((json_int_t)number));
}

void put_flag(json_t **row, const char *name, bool flag)
{
	put_json(row, name, json_boolean(flag));
}

void put_ip(json_t **row, const char *name, const struct cyg_ip *ip)
{
	char text[CYG_IP_TEXT];

	if (cyg_ip_is_set(ip))
		put_text(row, name, cyg_ip_text(ip, text));
}

void put_hex(json_t **row, const char *name, uint64_t number, unsigned digits)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*llx", (int)digits, (unsigned long long)number);
	put_text(row, name, text);
}

const char *show_encr(uint16_t encr, uint16_t key_bits, unsigned *keysize)
{
	*keysize = key_bits;
	switch (encr) {
	case CYG_ENCR_AES_CBC:
		return "AES-CBC";
	case CYG_ENCR_AES_CTR:
		return "AES-CTR";
	case CYG_ENCR_AES_GCM_16:
		return "AES-GCM";
	case CYG_ENCR_3DES:
		*keysize = 168;
		return "3DES";
	case CYG_ENCR_NULL:
		return "NULL";
	case CYG_ENCR_NULL_AUTH_AES_GMAC:
		return "AES-GMAC";
	case CYG_ENCR_CHACHA20_POLY1305:
		*keysize = 256;
		return "CHACHA20-POLY1305";
	default:
		return "Unknown";
	}
}

const char *show_integ(uint16_t integ)
{
	switch (integ) {
	case CYG_AUTH_NONE:
		return "None";
	case CYG_AUTH_HMAC_MD5_96:
		return "MD596";
	case CYG_AUTH_HMAC_SHA1_96:
		return "SHA96";
	case CYG_AUTH_HMAC_SHA2_256_128:
		return "SHA256";
	case CYG_AUTH_HMAC_SHA2_384_192:
		return "SHA384";
	case CYG_AUTH_HMAC_SHA2_512_256:
		return "SHA512";
	default:
		return "Unknown";
	}
}

const char *show_prf(uint16_t prf)
{
	switch (prf) {
	case CYG_PRF_HMAC_MD5:
		return "MD5";
	case CYG_PRF_HMAC_SHA1:
		return "SHA1";
	case CYG_PRF_HMAC_SHA2_256:
		return "SHA256";
	case CYG_PRF_HMAC_SHA2_384:
		return "SHA384";
	case CYG_PRF_HMAC_SHA2_512:
		return "SHA512";
	default:
		return "Unknown";
	}
}

void show_group(struct cyg_strbuf *out, uint16_t group)
{
	const struct alg_name *alg = alg_by_id(CYG_TRANSFORM_KE, group, 0);
	struct cyg_str name = alg ? cyg_str(alg->name) : CYG_STR("UNKNOWN");
	size_t dash = cyg_str_span_until(name, "-");

	/* "MODP-2048" is DH_GROUP_2048_MODP. */
	cyg_strbuf_addf(out, "DH_GROUP_");
	if (dash < name.len)
		cyg_strbuf_addf(out, "%.*s_", (int)(name.len - dash - 1), name.ptr + dash + 1);
	cyg_strbuf_addf(out, "%.*s/Group %u", (int)dash, name.ptr, group);
}

const char *show_auth(uint8_t method, uint8_t key)
{
	if (method == CYG_AUTH_METHOD_DIGITAL_SIGNATURE && key == CYG_KEY_RSA)
		return "RSA";
	if (method == CYG_AUTH_METHOD_DIGITAL_SIGNATURE && key == CYG_KEY_ECDSA)
		return "ECDSA";
	if (method == CYG_AUTH_METHOD_DIGITAL_SIGNATURE && key == CYG_KEY_ED25519)
		return "Ed25519";
	if (method == CYG_AUTH_METHOD_DIGITAL_SIGNATURE && key == CYG_KEY_ED448)
		return "Ed448";
	switch (method) {
	case CYG_AUTH_METHOD_PSK:
		return "PSK";
	case CYG_AUTH_METHOD_RSA:
		return "RSA";
	case CYG_AUTH_METHOD_ECDSA_256:
	case CYG_AUTH_METHOD_ECDSA_384:
	case CYG_AUTH_METHOD_ECDSA_521:
		return "ECDSA";
	case CYG_AUTH_METHOD_DIGITAL_SIGNATURE:
		return "Digital signature";
	case CYG_AUTH_METHOD_NULL:
		return "NULL";
	case CYG_AUTH_METHOD_NONE:
		return "EAP";
	default:
		return "Unknown";
	}
}

void show_transform(struct cyg_strbuf *out, uint16_t encr, uint16_t key_bits, uint16_t integ)
{
	switch (encr) {
	case CYG_ENCR_AES_CBC:
		if (key_bits == 128)
			cyg_strbuf_addf(out, "esp-aes");
		else
			cyg_strbuf_addf(out, "esp-%u-aes", key_bits);
		break;
	case CYG_ENCR_AES_GCM_16:
		if (key_bits == 128)
			cyg_strbuf_addf(out, "esp-gcm");
		else
			cyg_strbuf_addf(out, "esp-gcm %u", key_bits);
		break;
	case CYG_ENCR_NULL_AUTH_AES_GMAC:
		if (key_bits == 128)
			cyg_strbuf_addf(out, "esp-gmac");
		else
			cyg_strbuf_addf(out, "esp-gmac %u", key_bits);
		break;
	case CYG_ENCR_3DES:
		cyg_strbuf_addf(out, "esp-3des");
		break;
	case CYG_ENCR_NULL:
		cyg_strbuf_addf(out, "esp-null");
		break;
	default:
		alg_name_add(out, CYG_TRANSFORM_ENCR, encr, key_bits);
		break;
	}
	switch (integ) {
	case CYG_AUTH_NONE:
		break;
	case CYG_AUTH_HMAC_MD5_96:
		cyg_strbuf_addf(out, " esp-md5-hmac");
		break;
	case CYG_AUTH_HMAC_SHA1_96:
		cyg_strbuf_addf(out, " esp-sha-hmac");
		break;
	case CYG_AUTH_HMAC_SHA2_256_128:
		cyg_strbuf_addf(out, " esp-sha256-hmac");
		break;
	case CYG_AUTH_HMAC_SHA2_384_192:
		cyg_strbuf_addf(out, " esp-sha384-hmac");
		break;
	case CYG_AUTH_HMAC_SHA2_512_256:
		cyg_strbuf_addf(out, " esp-sha512-hmac");
		break;
	default:
		cyg_strbuf_addf(out, " ");
		alg_name_add(out, CYG_TRANSFORM_INTEG, integ, 0);
		break;
	}
}
