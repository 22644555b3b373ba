/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

enum cyg_status sandbox_close(enum sandbox_mode mode, struct cyg_strbuf *why)
{
	return CYG_OK;
}
