/* SPDX-License-Identifier: MIT */
/* `radius server`, `radius-server host` and what holds for all servers. Control thread only. */
#include "radius.h"

const char radius_no_client[] = "this version has no RADIUS client";

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

void radius_server_done(void *object)
{
	struct radius_server *server = object;

	cyg_secret_done(&server->key);
}

enum cyg_status radius_read_key(const struct cyg_args *args, const char *name, struct radius_server *server)
{
	enum cyg_status status;

	if (!cyg_args_has(args, name))
		return CYG_OK;
	cyg_secret_done(&server->key);
	server->has_key = true;
	status = cyg_args_secret(args, name, &server->key);
	server->sealed = cyg_args_sealed(args);
	return status == CYG_NOT_FOUND ? CYG_OK : status;
}

void radius_read_ports(const struct cyg_args *args, struct radius_server *server)
{
	server->auth_port = (uint16_t)cyg_args_uint(args, "auth", RADIUS_AUTH_PORT);
	server->acct_port = (uint16_t)cyg_args_uint(args, "acct", RADIUS_ACCT_PORT);
}

void radius_lacks(const struct radius_server *server, struct cyg_strbuf *out)
{
	if (!cyg_ip_is_set(&server->address))
		cyg_strbuf_addf(out, "`address`");
	if (!server->has_key && !server->tls)
		cyg_strbuf_addf(out, "%s`key`", out->len ? ", " : "");
	else if (server->sealed)
		cyg_strbuf_addf(out, "%s%s", out->len ? ", " : "", server->sealed);
}

static void server_init(void *object, struct cyg_str name)
{
	struct radius_server *server = object;
	struct cyg_strbuf text = CYG_STRBUF(server->name);

	cyg_strbuf_add(&text, name);
	server->auth_port = RADIUS_AUTH_PORT;
	server->acct_port = RADIUS_ACCT_PORT;
	server->timeout_s = server->retransmit = UINT32_MAX;
}

static void server_check(struct cyg_build *build, void *object, struct cyg_str name)
{
	const struct radius_server *server = object;
	char text[120];
	struct cyg_strbuf missing = CYG_STRBUF(text);

	(void)name;
	radius_lacks(server, &missing);
	if (text[0])
		cyg_build_incomplete(build, text);
}

APPLY(apply_address)
{
	struct radius_server *server = object;

	(void)build;
	server->address = cyg_args_ip(args, cyg_args_has(args, "ip6") ? "ip6" : "ip4");
	radius_read_ports(args, server);
	return CYG_OK;
}

APPLY(apply_key)
{
	(void)build;
	return radius_read_key(args, "key", object);
}

APPLY(apply_times)
{
	struct radius_server *server = object;

	(void)build;
	server->timeout_s = (uint32_t)cyg_args_uint(args, "seconds", server->timeout_s);
	server->retransmit = (uint32_t)cyg_args_uint(args, "times", server->retransmit);
	return CYG_OK;
}

APPLY(apply_tls)
{
	struct radius_server *server = object;

	(void)build;
	server->tls = true;
	if (cyg_args_has(args, "port"))
		server->tls_port = (uint16_t)cyg_args_uint(args, "port", RADIUS_TLS_PORT);
	else if (!server->tls_port)
		server->tls_port = RADIUS_TLS_PORT;
	return CYG_OK;
}

APPLY(apply_host)
{
	static const char *const once[] = { "auth", "acct", "seconds", "times", "key" };
	struct radius_server *server = object;

	for (size_t i = 0; i < CYG_COUNT(once); i++) {
		if (cyg_args_count(args, once[i]) < 2)
			continue;
		cyg_build_at(build, args, once[i], 1);
		cyg_build_error(build, "syntax", "this was given before in the same line");
		return CYG_OK;
	}
	server->address = cyg_args_ip(args, "address");
	radius_read_ports(args, server);
	server->timeout_s = (uint32_t)cyg_args_uint(args, "seconds", UINT32_MAX);
	server->retransmit = (uint32_t)cyg_args_uint(args, "times", UINT32_MAX);
	return radius_read_key(args, "key", server);
}

/* clang-format off */
#define SERVER_MODE(name_, prompt_, what_) \
	{ .name = (name_), .parent = "global", .prompt = (prompt_), .what = (what_), \
	  .object_size = sizeof(struct radius_server), .init = server_init, .check = server_check, \
	  .done = radius_server_done }

static const struct cyg_mode modes[] = {
	SERVER_MODE(MODE_SERVER, "config-radius-server", "RADIUS server"),
	SERVER_MODE(MODE_SERVER_HOST, "config", "RADIUS server"),
	{ 0 },
};

static const struct cyg_token_help tokens[] = {
	{ "radius", "Servers that are asked who a user is and what he may have" },
	{ "<name>", "Name of the server" },
	{ "<ip4>", "Address of the server" }, { "<ip6>", "Address of the server" },
	{ "<address>", "Address of the server" },
	{ "auth-port", "Where it is asked; 1812 if absent" },
	{ "acct-port", "Where sessions are told; 1813 if absent" },
	{ "<key>", "The secret shared with it" },
	{ "<seconds>", "Seconds" }, { "<times>", "How often" },
	{ "<trustpoint>", "Name of a trustpoint" },
	{ 0 },
};

#define PORTS "[auth-port <auth:uint(0-65535)>] [acct-port <acct:uint(0-65535)>]"
/* Nobody asks a server yet. */
#define LINE(syntax_, help_, apply_) { MODE_SERVER, (syntax_), (help_), tokens, .flags = CYG_CMD_IDLE, .apply = (apply_) }

static const struct cyg_command commands[] = {
	{ "global", "radius server <name:name>", "Opens a RADIUS server.", tokens, .enters = MODE_SERVER },
	LINE("address {ipv4 <ip4:ip4> | ipv6 <ip6:ip6>} " PORTS, "Sets where it is.", apply_address),
	LINE("key <key:secret>", "Sets the secret shared with it.", apply_key),
	LINE("timeout <seconds:uint(1-1000)>", "Waits so long for an answer.", apply_times),
	LINE("retransmit <times:uint(0-100)>", "Asks again so often.", apply_times),
	LINE("tls [port <port:uint(1-65535)>]", "Speaks RADIUS over TLS (RadSec).", apply_tls),
	LINE("tls trustpoint client <trustpoint:ref(pki-trustpoint)>", "Proves itself to it by this trustpoint.", apply_tls),
	LINE("tls trustpoint server <trustpoint:ref(pki-trustpoint)>", "Trusts it by this trustpoint.", apply_tls),
	{ "global",
	  "radius-server host <address:ip> [auth-port <auth:uint(0-65535)> | acct-port <acct:uint(0-65535)> | "
	  "timeout <seconds:uint(1-1000)> | retransmit <times:uint(0-100)> | key <key:secret>]...",
	  "Adds a RADIUS server by its address.", tokens, .key = "address,auth,acct", .defines = MODE_SERVER_HOST,
	  .flags = CYG_CMD_IDLE, .apply = apply_host },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table radius_commands = { .modes = modes, .commands = commands, .next = &radius_group_commands };
