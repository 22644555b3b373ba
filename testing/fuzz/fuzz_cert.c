/* SPDX-License-Identifier: MIT */
/* A peer's certificate: what the glue over libcrypto makes of it, and what maps and texts make of that. */
#include "auth/sign.h"
#include "policy/cert_map.h"
#include "testing/fuzz/fuzz.h"

extern const struct cyg_cert_ops openssl_cert;

static void check_names(const struct cyg_cert_info *info)
{
	FUZZ_CHECK(info->name_count <= CYG_CERT_NAMES_MAX);
	for (unsigned i = 0; i < info->name_count; i++) {
		const struct cyg_cert_name *name = &info->names[i];

		FUZZ_CHECK(name->octets.len > 0);
		FUZZ_CHECK(name->type == CYG_ID_FQDN || name->type == CYG_ID_RFC822_ADDR ||
			   (name->type == CYG_ID_IPV4_ADDR && name->octets.len == 4) ||
			   (name->type == CYG_ID_IPV6_ADDR && name->octets.len == 16));
	}
}

static void check_maps(const struct cyg_cert_info *info)
{
	struct config_cert_map map = { .rule_count = 1 };
	struct cert_map_rule *rule = &map.rule[0];

	for (rule->field = CERT_MAP_SUBJECT; rule->field <= CERT_MAP_EXPIRES_ON; rule->field++) {
		bool like, unlike;

		rule->text[0] = 'e';
		rule->test = rule->field >= CERT_MAP_VALID_START ? CERT_MAP_GE : CERT_MAP_CO;
		like = cert_map_entry_holds(&map, info);
		rule->test = rule->field >= CERT_MAP_VALID_START ? CERT_MAP_LT : CERT_MAP_NC;
		unlike = cert_map_entry_holds(&map, info);
		FUZZ_CHECK(!like || !unlike);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cyg_signature ways[] = {
		{ CYG_KEY_RSA, CYG_HASH_SHA2_256, true, 32, false }, { CYG_KEY_ECDSA, CYG_HASH_SHA2_256, false, 0, true },
		{ CYG_KEY_ED25519, CYG_HASH_IDENTITY, false, 0, false },
	};
	const struct cyg_cert_info *info;
	struct cyg_cert *cert, *again;

	if (openssl_cert.parse(NULL, cyg_bytes(data, size), &cert) != CYG_OK)
		return 0;
	info = openssl_cert.info(cert);
	FUZZ_CHECK(info->der.len && info->der.len <= CYG_CERT_MAX && info->public_key.len);
	FUZZ_CHECK(info->key != CYG_KEY_NONE && sign_kind(info->key) != AUTH_NONE);
	check_names(info);
	check_maps(info);
	FUZZ_CHECK(openssl_cert.same_name(info->subject, info->subject));
	(void)openssl_cert.same_name(info->subject, info->issuer);
	for (size_t i = 0; i < CYG_COUNT(ways); i++)
		FUZZ_CHECK(openssl_cert.verify(NULL, cert, &ways[i], cyg_bytes(data, size), cyg_bytes(data, size / 2)) !=
			   CYG_OK);
	/* What it says of its own octets is what they say. */
	FUZZ_CHECK(openssl_cert.parse(NULL, info->der, &again) == CYG_OK);
	FUZZ_CHECK(cyg_bytes_equal(openssl_cert.info(again)->subject, info->subject));
	FUZZ_PLANT(info->name_count >= 2 && info->eku == CYG_EKU_SERVER && info->names[0].octets.ptr[0] != 'g');
	openssl_cert.unref(again);
	openssl_cert.unref(cert);
	return 0;
}
