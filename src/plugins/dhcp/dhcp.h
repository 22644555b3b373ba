/* SPDX-License-Identifier: MIT */
/* The plugin's command table. */
#ifndef DHCP_DHCP_H
#define DHCP_DHCP_H

#include <cygnet/plugin.h>

extern const struct cyg_command_table dhcp_commands;

#endif
