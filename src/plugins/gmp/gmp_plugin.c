/* SPDX-License-Identifier: MIT */
/* The MODP groups by GMP: a second provider beside OpenSSL. */
#include "ke.h"

#include <cygnet/plugin.h>

#include "config.h"

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_KE(&gmp_modp_768),
	CYG_PROVIDE_KE(&gmp_modp_1024),
	CYG_PROVIDE_KE(&gmp_modp_1536),
	CYG_PROVIDE_KE(&gmp_modp_2048),
	CYG_PROVIDE_KE(&gmp_modp_3072),
	CYG_PROVIDE_KE(&gmp_modp_4096),
	CYG_PROVIDE_KE(&gmp_modp_6144),
	CYG_PROVIDE_KE(&gmp_modp_8192),
	CYG_PROVIDE_KE(&gmp_modp_2048_256),
	CYG_FEATURES_END,
};

CYG_PLUGIN(gmp, "gmp", .version = PACKAGE_VERSION, .summary = "MODP groups by GMP", .provides = provides);
