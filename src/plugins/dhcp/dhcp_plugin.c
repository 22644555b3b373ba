/* SPDX-License-Identifier: MIT */
/* DHCP: the lines of an authorization policy that say whom to ask for addresses. */
#include "dhcp.h"

#include "config.h"

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_COMMANDS(&dhcp_commands),
	CYG_FEATURES_END,
};

CYG_PLUGIN(dhcp, "dhcp",
	   .version = PACKAGE_VERSION,
	   .summary = "Where an authorization policy finds a DHCP server.",
	   .provides = provides);
