/* SPDX-License-Identifier: MIT */
/* A whole datagram as an unauthenticated peer sends it. */
#include "testing/fuzz/fuzz.h"
#include "wire/message.h"

/* Whatever the octets are, as a chain of any first type. */
static void summarize(const uint8_t *octets, size_t size)
{
	char text[200];
	struct cyg_strbuf out = CYG_STRBUF(text);

	message_summary(cyg_bytes(octets, size), octets[0], &out);
	FUZZ_CHECK(strlen(text) < sizeof(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message msg;
	uint8_t *octets = malloc(size);

	if (size && octets)
		memcpy(octets, data, size);
	if (size)
		summarize(octets, size);
	if (message_read(octets, size, &msg) == CYG_OK) {
		FUZZ_CHECK(msg.header.length == size);
		if (msg.has & (HAS_SK | HAS_SKF))
			FUZZ_CHECK(msg.sk.aad_len + msg.sk.body_len == size && msg.sk.body_len > 0);
		FUZZ_PLANT((msg.has & HAS_KE) && msg.notify_count == 3 && (msg.header.message_id & 0xff) > 3);
	}
	free(octets);
	return 0;
}
