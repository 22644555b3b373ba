/* SPDX-License-Identifier: MIT */
/* The tables of exec commands in this room, one per file. Constant. */
#ifndef CONTROL_TABLES_H
#define CONTROL_TABLES_H

#include <cygnet/commands.h>

extern const struct cyg_command_table control_system_commands; /* show_system.c */
extern const struct cyg_command_table control_configure_commands; /* configure.c */
extern const struct cyg_command_table control_interface_commands; /* show_interfaces.c */
extern const struct cyg_command_table control_ikev2_commands;  /* show_ikev2.c */
extern const struct cyg_command_table control_session_commands; /* show_session.c */
extern const struct cyg_command_table control_stats_commands;  /* show_stats.c */
extern const struct cyg_command_table control_objects_commands; /* show_objects.c */
extern const struct cyg_command_table control_profile_commands; /* show_profile.c */
extern const struct cyg_command_table control_pki_commands;    /* show_pki.c */
extern const struct cyg_command_table control_ipsec_commands;  /* show_ipsec.c */
extern const struct cyg_command_table control_protection_commands; /* show_protection.c */
extern const struct cyg_command_table control_lists_commands;  /* show_lists.c */
extern const struct cyg_command_table control_vault_commands;  /* vault_commands.c */

extern const struct cyg_command_table control_debug_commands;  /* show_debug.c */

#endif
