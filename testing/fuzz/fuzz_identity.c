/* SPDX-License-Identifier: MIT */
/* A peer's identity as text: the first octet is its type, the others its octets. */
#include "testing/fuzz/fuzz.h"

#include <cygnet/identity.h>

static void check_text(const struct cyg_identity *id, size_t capacity)
{
	char *text = malloc(capacity);
	struct cyg_strbuf out = cyg_strbuf(text, capacity);

	cyg_identity_text(id, &out);
	FUZZ_CHECK(out.len < capacity && text[out.len] == '\0' && strlen(text) == out.len);
	for (size_t i = 0; i < out.len; i++)
		FUZZ_CHECK(text[i] >= 0x20 && text[i] <= 0x7e); /* one line, no escapes of a terminal */
	FUZZ_PLANT(id->type == CYG_ID_DER_ASN1_DN && strstr(text, "cn=") && strstr(text, "ou="));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cyg_identity *id;

	if (size == 0 || cyg_identity_new(data[0], cyg_bytes(data + 1, size - 1), &id) != CYG_OK)
		return 0;
	check_text(id, 1);
	check_text(id, 40);
	check_text(id, 8192);
	FUZZ_CHECK(cyg_identity_equal(id, id));
	cyg_identity_unref(id);
	return 0;
}
