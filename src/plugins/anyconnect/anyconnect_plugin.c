/* SPDX-License-Identifier: MIT */
/* AnyConnect: commands and objects of the profile download. */
#include "anyconnect.h"

#include "config.h"

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_COMMANDS(&anyconnect_commands),
	CYG_FEATURES_END,
};

CYG_PLUGIN(anyconnect, "anyconnect",
	   .version = PACKAGE_VERSION,
	   .summary = "Profiles for AnyConnect clients, and where they are fetched.",
	   .provides = provides);
