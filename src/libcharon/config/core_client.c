/* SPDX-License-Identifier: MIT */
/*
 * FlexVPN clients: which gateway a tunnel calls, and when.
 */
#include "config/core.h"

#define MODE_CLIENT "ikev2-client"

struct client {
	struct config_head head;
	unsigned peers;
	bool tunnel;
};

static enum cyg_status apply_peer(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct client *client = object;

	(void)build;
	(void)args;
	client->peers++;
	return CYG_OK;
}

static enum cyg_status apply_tunnel(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct client *client = object;

	(void)build;
	(void)args;
	client->tunnel = true;
	return CYG_OK;
}

static void check_client(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct client *client = object;
	char text[80];
	struct cyg_strbuf missing = CYG_STRBUF(text);

	(void)name;
	if (!client->peers)
		core_lacks(&missing, "`peer`");
	if (!client->tunnel)
		core_lacks(&missing, "`client connect`");
	core_finish(build, &client->head, text,
		    "FlexVPN clients are not supported so far: name the gateway by `tunnel destination`");
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_CLIENT, .parent = MODE_GLOBAL, .prompt = "config-ikev2-flexvpn", .what = "FlexVPN client",
	  .object_size = sizeof(struct client), .init = core_init, .check = check_client },
	{ 0 },
};

#define IFACE "ref(" MODE_INTERFACE ")"

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "crypto ikev2 client flexvpn <name:name>", "Opens a client.", .enters = MODE_CLIENT },
	{ MODE_CLIENT, "description <text:line>", "Says what it is for." },
	{ MODE_CLIENT,
	  "peer <sequence:uint(1-255)> {<address:ip> | fqdn <host:word> [dynamic]} [track <object:uint(1-1000)> [up | down]]",
	  "Names a gateway; the lowest number is called first.", .key = "sequence", .flags = CYG_CMD_LIST,
	  .apply = apply_peer },
	{ MODE_CLIENT, "peer reactivate", "Goes back to the first gateway when it is there again." },
	{ MODE_CLIENT, "client connect <tunnel:" IFACE ">", "Names the tunnel that calls.", .apply = apply_tunnel },
	{ MODE_CLIENT, "client inside <inside:" IFACE ">", "Names an inner interface.", .flags = CYG_CMD_LIST },
	{ MODE_CLIENT, "connect {manual | auto | track <object:uint(1-1000)> [up | down]}", "Says when it calls.",
	  .def = "connect auto" },
	{ MODE_CLIENT, "backup group {default | <group:uint(0-65535)>}",
	  "Clients of one group call different gateways." },
	{ MODE_CLIENT, "source <sequence:uint(1-255)> <source:" IFACE "> [track <object:uint(1-1000)>]",
	  "Names the outer interface.", .key = "sequence", .flags = CYG_CMD_LIST },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_client_commands = { .modes = modes, .commands = commands };
