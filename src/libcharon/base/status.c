/* SPDX-License-Identifier: MIT */
#include <cygnet/status.h>

#include <stdio.h>
#include <stdlib.h>

static const char *const texts[] = {
	[CYG_OK] = "ok",
	[CYG_PENDING] = "pending",
	[CYG_NOMEM] = "out of memory",
	[CYG_MALFORMED] = "malformed",
	[CYG_REFUSED] = "refused",
	[CYG_NOT_FOUND] = "not found",
	[CYG_LIMIT] = "limit reached",
	[CYG_BUSY] = "busy",
	[CYG_IO] = "input/output error",
	[CYG_TIMEOUT] = "timed out",
	[CYG_UNSUPPORTED] = "unsupported",
	[CYG_EXISTS] = "exists already",
};

const char *cyg_status_text(enum cyg_status status)
{
	if ((size_t)status >= CYG_COUNT(texts) || !texts[status])
		return "unknown status";
	return texts[status];
}

void cyg_assert_failed(const char *expr, const char *file, int line, const char *function)
{
	fprintf(stderr, "cygnet: %s:%d: %s: assertion '%s' failed\n", file, line, function, expr);
	abort();
}
