/* SPDX-License-Identifier: MIT */
/*
 * TACACS+: commands of a plugin that does not exist. They are kept as they are, with the warning
 * `needs-plugin`, and method lists that lead there are not used.
 */
#include "config/core.h"

#define MODE_TACACS_SERVER "tacacs-server"

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_TACACS_GROUP, .parent = MODE_GLOBAL, .prompt = "config-sg-tacacs+", .what = "TACACS+ server group" },
	{ .name = MODE_TACACS_SERVER, .parent = MODE_GLOBAL, .prompt = "config-server-tacacs", .what = "TACACS+ server" },
	{ 0 },
};

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "aaa group server tacacs+ <name:name>", "Opens a group of TACACS+ servers.",
	  .enters = MODE_TACACS_GROUP },
	{ MODE_TACACS_GROUP, "server name <name:name>", "Names a server.", .flags = CYG_CMD_LIST },
	{ MODE_TACACS_GROUP, "server <address:ip>", "Names a server.", .flags = CYG_CMD_LIST },
	{ MODE_TACACS_GROUP, "server-private <address:ip> [key <key:secret>]", "Adds a server of this group alone.",
	  .key = "address", .flags = CYG_CMD_LIST },
	{ MODE_TACACS_GROUP, "ip vrf forwarding <vrf:name>", "Reaches the servers in this VRF." },
	{ MODE_GLOBAL, "tacacs server <name:name>", "Opens a TACACS+ server.", .enters = MODE_TACACS_SERVER },
	{ MODE_TACACS_SERVER, "address {ipv4 <ip4:ip4> | ipv6 <ip6:ip6>}", "Sets where it is." },
	{ MODE_TACACS_SERVER, "key <key:secret>", "Sets the key shared with it." },
	{ MODE_TACACS_SERVER, "timeout <seconds:uint(1-1000)>", "Waits so long for an answer." },
	{ MODE_TACACS_SERVER, "port <port:uint(1-65535)>", "Sets its port." },
	{ MODE_TACACS_SERVER, "single-connection", "Keeps one connection." },
	{ MODE_GLOBAL, "tacacs-server host <address:ip> [key <key:secret>]", "Adds a TACACS+ server.",
	  .key = "address", .flags = CYG_CMD_LIST },
	{ MODE_GLOBAL, "tacacs-server key <key:secret>", "Sets the key shared with all of them." },
	{ MODE_GLOBAL, "tacacs-server timeout <seconds:uint(1-1000)>", "Waits so long for an answer." },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table config_tacacs_commands = { .modes = modes, .commands = commands };
