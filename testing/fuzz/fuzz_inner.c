/* SPDX-License-Identifier: MIT */
/* The chain inside an SK payload: its first octet is the type of the first payload. */
#include "testing/fuzz/fuzz.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message msg;

	if (size == 0)
		return 0;
	memset(&msg, 0, sizeof(msg));
	if (message_read_inner(cyg_bytes(data + 1, size - 1), data[0], &msg) != CYG_OK)
		return 0;
	for (unsigned i = 0; i < msg.delete_count; i++) {
		for (unsigned n = 0; n < msg.del[i].count; n++)
			(void)delete_spi(&msg.del[i], n);
	}
	FUZZ_PLANT((msg.has & HAS_IDI) && (msg.has & HAS_AUTH) && msg.auth.method == 3);
	return 0;
}
