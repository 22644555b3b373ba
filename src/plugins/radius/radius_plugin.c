/* SPDX-License-Identifier: MIT */
/* RADIUS: its commands and objects. What a server would have to say is said by nobody yet, and the objects say so. */
#include "radius.h"

#include "config.h"

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_COMMANDS(&radius_commands),
	CYG_FEATURES_END,
};

CYG_PLUGIN(radius, "radius",
	   .version = PACKAGE_VERSION,
	   .summary = "RADIUS servers and groups of them.",
	   .provides = provides);
