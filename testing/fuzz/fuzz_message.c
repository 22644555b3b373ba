/* SPDX-License-Identifier: MIT */
/* A whole datagram as an unauthenticated peer sends it. */
#include "testing/fuzz/fuzz.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message msg;
	uint8_t *octets = malloc(size);

	if (size && octets)
		memcpy(octets, data, size);
	if (message_read(octets, size, &msg) == CYG_OK) {
		FUZZ_CHECK(msg.header.length == size);
		if (msg.has & (HAS_SK | HAS_SKF))
			FUZZ_CHECK(msg.sk.aad_len + msg.sk.body_len == size && msg.sk.body_len > 0);
		FUZZ_PLANT((msg.has & HAS_KE) && msg.notify_count == 3 && (msg.header.message_id & 0xff) > 3);
	}
	free(octets);
	return 0;
}
