/* SPDX-License-Identifier: MIT */
/* `show aaa servers`. Control thread only. */
#include "radius.h"

#include <jansson.h>

static void show_server(struct cyg_exec *exec, const struct radius_server *server)
{
	const char *why = cyg_config_object_missing(server);
	char ip[CYG_IP_TEXT];

	if (!why[0])
		why = radius_no_client;
	cyg_ip_text(&server->address, ip);
	if (!cyg_exec_json(exec))
		cyg_exec_printf(exec, "RADIUS: %s, host %s, auth-port %u, acct-port %u%s\n     Not used: %s\n", server->name,
				ip, server->auth_port, server->acct_port, server->tls ? ", TLS" : "", why);
	cyg_exec_row(exec, json_pack("{s:s, s:s, s:i, s:i, s:b, s:s}", "name", server->name, "address", ip, "auth-port",
				     (int)server->auth_port, "acct-port", (int)server->acct_port, "tls",
				     (int)server->tls, "not-used", why));
}

static enum cyg_status run_show(struct cyg_exec *exec, const struct cyg_args *args)
{
	static const char *const modes[] = { MODE_SERVER, MODE_SERVER_HOST };
	const struct cyg_config *snapshot = cyg_shard_config(cyg_exec_shard(exec));
	const struct radius_server *server;

	(void)args;
	for (size_t i = 0; snapshot && i < CYG_COUNT(modes); i++) {
		for (uint64_t at = 0; (server = cyg_config_next(snapshot, modes[i], &at, NULL));)
			show_server(exec, server);
	}
	return CYG_OK;
}

static const struct cyg_command commands[] = {
	{ "exec", "show aaa servers", "Shows the servers that are configured.", .run = run_show },
	{ 0 },
};

const struct cyg_command_table radius_show_commands = { .commands = commands };
