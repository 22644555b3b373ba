/* SPDX-License-Identifier: MIT */
#include "auth/method.h"

#include "auth/psk.h"

static const struct auth_method methods[] = {
	{ .number = CYG_AUTH_METHOD_PSK, .kind = AUTH_PRE_SHARE, .use = FOR_PSK,
	  .name = "pre-shared key", .word = "pre-share", .needs_secret = true,
	  .make = psk_make, .verify = psk_verify },
	{ .number = CYG_AUTH_METHOD_DIGITAL_SIGNATURE, .kind = AUTH_RSA_SIG, .use = FOR_CERT,
	  .name = "RSA signature", .word = "rsa-sig", .signature = true },
	{ .number = CYG_AUTH_METHOD_DIGITAL_SIGNATURE, .kind = AUTH_ECDSA_SIG, .use = FOR_CERT,
	  .name = "elliptic-curve signature", .word = "ecdsa-sig", .signature = true },
	{ .number = CYG_AUTH_METHOD_RSA, .kind = AUTH_RSA_SIG, .use = FOR_CERT,
	  .name = "RSA signature", .word = "rsa-sig", .signature = true },
	{ .number = CYG_AUTH_METHOD_ECDSA_256, .kind = AUTH_ECDSA_SIG, .use = FOR_CERT,
	  .name = "ECDSA signature (P-256)", .word = "ecdsa-sig", .signature = true },
	{ .number = CYG_AUTH_METHOD_ECDSA_384, .kind = AUTH_ECDSA_SIG, .use = FOR_CERT,
	  .name = "ECDSA signature (P-384)", .word = "ecdsa-sig", .signature = true },
	{ .number = CYG_AUTH_METHOD_ECDSA_521, .kind = AUTH_ECDSA_SIG, .use = FOR_CERT,
	  .name = "ECDSA signature (P-521)", .word = "ecdsa-sig", .signature = true },
	/* No AUTH payload stands for it; what proves the peer in the end is exchange/login.h. */
	{ .number = CYG_AUTH_METHOD_NONE, .kind = AUTH_EAP, .use = FOR_EAP, .name = "EAP", .word = "eap" },
};

const struct auth_method *auth_method_by_number(uint8_t number, unsigned kinds)
{
	for (size_t i = 0; i < CYG_COUNT(methods); i++) {
		if (methods[i].number == number && (methods[i].kind & kinds))
			return &methods[i];
	}
	return NULL;
}

const struct auth_method *auth_method_by_kind(enum auth_kind kind)
{
	for (size_t i = 0; i < CYG_COUNT(methods); i++) {
		if (methods[i].kind == kind)
			return &methods[i];
	}
	return NULL;
}

void auth_kinds_text(unsigned kinds, struct cyg_strbuf *out)
{
	static const struct { enum auth_kind kind; const char *word; } words[] = {
		{ AUTH_RSA_SIG, "rsa-sig" },       { AUTH_ECDSA_SIG, "ecdsa-sig" },
		{ AUTH_PRE_SHARE, "pre-share" },   { AUTH_EAP, "eap" },
		{ AUTH_ANYCONNECT_EAP, "anyconnect-eap" },
	};
	bool first = true;

	for (size_t i = 0; i < CYG_COUNT(words); i++) {
		if (!(kinds & words[i].kind))
			continue;
		cyg_strbuf_addf(out, "%s%s", first ? "" : ", ", words[i].word);
		first = false;
	}
	if (first)
		cyg_strbuf_add(out, CYG_STR("none"));
}

enum cyg_status auth_local_id(const struct config_profile *profile, const struct cyg_ip *local,
			      const struct cyg_cert_info *own, struct cyg_identity **out)
{
	struct cyg_bytes text = cyg_bytes(profile->id_local_text, strlen(profile->id_local_text));

	switch (profile->id_local_kind) {
	case ID_LOCAL_ADDRESS:
		return cyg_identity_of_ip(&profile->id_local_address, out);
	case ID_LOCAL_EMAIL:
		return cyg_identity_new(CYG_ID_RFC822_ADDR, text, out);
	case ID_LOCAL_FQDN:
		return cyg_identity_new(CYG_ID_FQDN, text, out);
	case ID_LOCAL_KEY_ID:
		return cyg_identity_new(CYG_ID_KEY_ID, text, out);
	case ID_LOCAL_DN:
		return own ? cyg_identity_new(CYG_ID_DER_ASN1_DN, own->subject, out) : CYG_NOT_FOUND;
	case ID_LOCAL_DEFAULT:
		if (own)
			return cyg_identity_new(CYG_ID_DER_ASN1_DN, own->subject, out);
		break;
	}
	return cyg_identity_of_ip(local, out);
}
