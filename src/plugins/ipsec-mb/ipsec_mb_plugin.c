/* SPDX-License-Identifier: MIT */
/* ESP by libipsec-mb, on x86-64: AES-GCM by its one-shot calls, CBC and CTR with HMAC by batches of jobs. */
#include "esp.h"

#include "config.h"

static enum cyg_status plugin_init(struct cyg_plugin_ctx *ctx)
{
	enum cyg_status status = ipsec_mb_open();

	if (status == CYG_UNSUPPORTED)
		cyg_log(CYG_LOG_INFO, "esp.no-instructions",
			"ipsec-mb: this processor has no AES instructions; OpenSSL does ESP alone");
	else if (status == CYG_IO)
		cyg_log(CYG_LOG_ERROR, "esp.self-test-failed",
			"ipsec-mb: the library's own test fails on this processor; OpenSSL does ESP alone");
	return status;
}

static void plugin_fini(struct cyg_plugin_ctx *ctx)
{
	ipsec_mb_close();
}

static const struct cyg_feature provides[] = { IPSEC_MB_ESP_FEATURES, CYG_FEATURES_END };

CYG_PLUGIN(ipsec_mb, "ipsec-mb", .version = PACKAGE_VERSION, .summary = "ESP by libipsec-mb",
	   .provides = provides, .init = plugin_init, .fini = plugin_fini);
