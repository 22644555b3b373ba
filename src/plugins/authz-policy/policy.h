/* SPDX-License-Identifier: MIT */
/* The object of the mode ikev2-authorization-policy, and the plugin's command table. */
#ifndef AUTHZ_POLICY_POLICY_H
#define AUTHZ_POLICY_POLICY_H

#include <cygnet/plugin.h>

#define MODE_AUTHZ_POLICY "ikev2-authorization-policy"

/* Immutable once published: what is granted, as the provider copies it out. */
struct authz_policy {
	struct cyg_authz granted;
};

extern const struct cyg_command_table authz_policy_commands;

#endif
