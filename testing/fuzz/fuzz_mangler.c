/* SPDX-License-Identifier: MIT */
/* Names out of a peer's identities: the first octet says which mangler and which kind of identity, the others are the
 * identity. */
#include "testing/fuzz/fuzz.h"

#include "name-mangler/mangler.h"

#include <stdlib.h>

static const uint8_t types[] = { CYG_ID_FQDN, CYG_ID_RFC822_ADDR, CYG_ID_DER_ASN1_DN, CYG_ID_KEY_ID, CYG_ID_NONE };

static void apply(const struct mangler *m, uint8_t type, struct cyg_bytes octets)
{
	struct cyg_identity *id;
	char name[64], why[160];
	struct cyg_strbuf out = CYG_STRBUF(name), reason = CYG_STRBUF(why);
	bool eap = type == CYG_ID_NONE;
	struct cyg_bytes none = { 0 };

	if (cyg_identity_new(eap ? CYG_ID_KEY_ID : type, eap ? cyg_bytes("x", 1) : octets, &id) != CYG_OK)
		return;
	if (mangler_apply(m, id, eap ? octets : none, &out, &reason) == CYG_OK) {
		FUZZ_CHECK(out.len > 0 && !out.cut && strlen(name) == out.len);
		for (size_t i = 0; i < out.len; i++)
			FUZZ_CHECK((uint8_t)name[i] >= 0x20 && name[i] != 0x7f);
		FUZZ_PLANT(type == CYG_ID_DER_ASN1_DN && m->dn_field == DN_COUNTRY);
	} else {
		FUZZ_CHECK(reason.len > 0);
	}
	cyg_identity_unref(id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mangler m = { .delimiter = '@' };

	if (size < 2)
		return 0;
	/* An exact copy: what is read behind the end is seen. */
	uint8_t *octets = malloc(size - 1);

	FUZZ_CHECK(octets != NULL);
	memcpy(octets, data + 1, size - 1);
	m.fqdn = m.email = data[0] & 1 ? MANGLE_HOST : data[0] & 2 ? MANGLE_DOMAIN : MANGLE_ALL;
	m.dn = MANGLE_FIELD;
	m.dn_field = m.eap_field = (enum dn_field)(data[0] % DN_FIELDS);
	m.eap = (enum mangle_part)(data[0] % (MANGLE_SUFFIX + 1));
	for (size_t i = 0; i < CYG_COUNT(types); i++)
		apply(&m, types[i], cyg_bytes(octets, size - 1));
	free(octets);
	return 0;
}
