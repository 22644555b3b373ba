/* SPDX-License-Identifier: MIT */
/* `dhcp` lines of an authorization policy. Control thread only. */
#include "dhcp.h"

/* The object of that mode begins with what is granted (<cygnet/authz.h>). */

static enum cyg_status apply_server(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = object;
	struct cyg_strbuf host = CYG_STRBUF(granted->dhcp_host);

	granted->set |= CYG_AZ_DHCP;
	granted->dhcp_server = cyg_args_ip(args, "address");
	if (cyg_strbuf_set(&host, cyg_args_text(args, "host")) != CYG_OK) {
		cyg_build_at(build, args, "host", 0);
		cyg_build_error(build, "range", "at most %d characters", CYG_AUTHZ_HOST_MAX - 1);
	}
	return CYG_OK;
}

static enum cyg_status apply_giaddr(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = object;

	(void)build;
	granted->set |= CYG_AZ_DHCP;
	granted->dhcp_giaddr = cyg_args_ip(args, "address");
	return CYG_OK;
}

static enum cyg_status apply_timeout(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = object;

	(void)build;
	granted->set |= CYG_AZ_DHCP;
	granted->dhcp_timeout_s = (uint8_t)cyg_args_uint(args, "seconds", 0);
	return CYG_OK;
}

static const struct cyg_token_help tokens[] = {
	{ "dhcp", "Addresses that a server of the network gives" },
	{ "<address>", "An address" },
	{ "<host>", "Name of the server" },
	{ "giaddr", "The address that the server knows us by" },
	{ "<seconds>", "Seconds" },
	{ 0 },
};

/* Nobody asks a server yet. */
#define IDLE .tokens = tokens, .flags = CYG_CMD_IDLE

static const struct cyg_command commands[] = {
	{ CYG_MODE_AUTHZ_POLICY, "dhcp server {<address:ip4> | <host:word>}", "Asks this server for addresses.",
	  IDLE, .apply = apply_server },
	{ CYG_MODE_AUTHZ_POLICY, "dhcp giaddr <address:ip4>", "Asks in the name of this address.", IDLE,
	  .apply = apply_giaddr },
	{ CYG_MODE_AUTHZ_POLICY, "dhcp timeout <seconds:uint(4-30)>", "Waits so long for an answer.", IDLE,
	  .apply = apply_timeout },
	{ 0 },
};

const struct cyg_command_table dhcp_commands = { .commands = commands };
