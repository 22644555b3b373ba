/* SPDX-License-Identifier: MIT */
/* Answers of the system to requests of the data planes. */
#include "libkernel/netlink.h"
#include "testing/fuzz/fuzz.h"

#include <cygnet/status.h>

#include <errno.h>

static void on_answer(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
	bool *done = ctx;

	FUZZ_CHECK(!*done);
	*done = true;
	FUZZ_CHECK(answer->error >= 0 && answer->error < 4096);
	FUZZ_CHECK(memchr(answer->text, 0, sizeof(answer->text)));
	FUZZ_PLANT(answer->error == EPERM && answer->text[0] == 'n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nl nl = { .fd = -1 };
	bool done[3] = { false };

	for (uint32_t i = CYG_COUNT(done); i-- > 0;) {
		struct nl_pending *pending = calloc(1, sizeof(*pending));

		if (!pending)
			break;
		*pending = (struct nl_pending){ .next = nl.pending, .seq = i + 1, .done = on_answer,
						.ctx = &done[i] };
		nl.pending = pending;
		nl.count++;
	}
	nl_read(&nl, data, size);
	for (unsigned i = 0; i < CYG_COUNT(done); i++)
		nl_forget(&nl, &done[i]);
	FUZZ_CHECK(nl.count == 0 && !nl.pending);
	return 0;
}
