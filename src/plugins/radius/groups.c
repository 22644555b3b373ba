/* SPDX-License-Identifier: MIT */
/* `aaa group server radius` and `aaa server radius dynamic-author`. Control thread only. */
#include "radius.h"

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

static bool room(struct cyg_build *build, unsigned count, unsigned max)
{
	if (count < max)
		return true;
	cyg_build_error(build, "range", "at most %u of these lines", max);
	return false;
}

/* --- Groups --- */

APPLY(apply_server_name)
{
	struct radius_group *group = object;
	const struct radius_server *server = cyg_build_object(build, MODE_SERVER, cyg_args_text(args, "name"));

	group->line_count++;
	if (server && room(build, group->count, RADIUS_GROUP_MAX))
		group->server[group->count++] = server;
	return CYG_OK;
}

/* A `radius-server host` of that address, and of those ports if they are given: its object is named by them. */
static const struct radius_server *find_host(struct cyg_build *build, const struct cyg_args *args, bool *there)
{
	struct cyg_ip address = cyg_args_ip(args, "address");
	struct cyg_str name;

	*there = false;
	for (size_t n = 0;; n++) {
		const struct radius_server *server = cyg_build_nth(build, MODE_SERVER_HOST, n, &name);
		struct cyg_str host = cyg_str_head(name, cyg_str_span_until(name, " "));
		struct cyg_ip ip;

		if (name.len == 0)
			return NULL;
		if (cyg_ip_parse(host, &ip) != CYG_OK || !cyg_ip_equal(&ip, &address))
			continue;
		if (server && ((cyg_args_has(args, "auth") && server->auth_port != cyg_args_uint(args, "auth", 0)) ||
			       (cyg_args_has(args, "acct") && server->acct_port != cyg_args_uint(args, "acct", 0))))
			continue;
		*there = true; /* incomplete, perhaps */
		return server;
	}
}

APPLY(apply_server_address)
{
	struct radius_group *group = object;
	struct cyg_str address = cyg_args_text(args, "address");
	bool there;
	const struct radius_server *server = find_host(build, args, &there);

	group->line_count++;
	if (!there) {
		cyg_build_at(build, args, "address", 0);
		cyg_build_warning(build, "undefined-reference", "there is no `radius-server host %.*s` with these ports",
				  (int)address.len, address.ptr);
	}
	if (server && room(build, group->count, RADIUS_GROUP_MAX))
		group->server[group->count++] = server;
	return CYG_OK;
}

APPLY(apply_private)
{
	struct radius_group *group = object;
	struct radius_server *server = &group->own[group->private_count];
	struct cyg_strbuf name;
	enum cyg_status status;

	group->line_count++;
	if (!room(build, group->private_count, RADIUS_GROUP_MAX) || !room(build, group->count, RADIUS_GROUP_MAX))
		return CYG_OK;
	group->private_count++;
	name = CYG_STRBUF(server->name);
	cyg_strbuf_add(&name, cyg_args_text(args, "address"));
	server->address = cyg_args_ip(args, "address");
	server->timeout_s = server->retransmit = UINT32_MAX;
	radius_read_ports(args, server);
	status = radius_read_key(args, "key", server);
	if (status != CYG_OK)
		return status;
	if (server->sealed)
		cyg_build_incomplete(build, server->sealed);
	else
		group->server[group->count++] = server;
	return CYG_OK;
}

APPLY(apply_vrf)
{
	struct radius_group *group = object;
	struct cyg_strbuf vrf = CYG_STRBUF(group->vrf);

	(void)build;
	cyg_strbuf_add(&vrf, cyg_args_text(args, "vrf"));
	return CYG_OK;
}

APPLY(apply_deadtime)
{
	struct radius_group *group = object;

	(void)build;
	group->deadtime_min = (uint32_t)cyg_args_uint(args, "minutes", 0);
	return CYG_OK;
}

static void group_check(struct cyg_build *build, void *object, struct cyg_str name)
{
	const struct radius_group *group = object;

	(void)name;
	if (!group->line_count)
		cyg_build_incomplete(build, "`server`");
	else if (!group->count)
		cyg_build_unusable(build, "none of its servers can be used");
	else
		cyg_build_unusable(build, radius_no_client);
}

static void group_done(void *object)
{
	struct radius_group *group = object;

	for (unsigned i = 0; i < group->private_count; i++)
		radius_server_done(&group->own[i]);
}

/* --- Dynamic authorization --- */

APPLY(apply_client)
{
	struct radius_author *author = object;
	enum cyg_status status;

	if (!room(build, author->count, RADIUS_CLIENTS_MAX))
		return CYG_OK;
	author->client[author->count].address = cyg_args_ip(args, "address");
	status = cyg_args_secret(args, "key", &author->client[author->count++].key);
	if (status == CYG_NOT_FOUND)
		cyg_build_incomplete(build, cyg_args_sealed(args));
	return status == CYG_NOT_FOUND ? CYG_OK : status;
}

APPLY(apply_port)
{
	struct radius_author *author = object;

	(void)build;
	author->port = (uint16_t)cyg_args_uint(args, "port", 0);
	return CYG_OK;
}

APPLY(apply_auth_type)
{
	struct radius_author *author = object;

	(void)build;
	author->match = cyg_args_has(args, "any")	    ? RADIUS_AUTHOR_ANY
			: cyg_args_has(args, "session-key") ? RADIUS_AUTHOR_SESSION_KEY
							    : RADIUS_AUTHOR_ALL;
	return CYG_OK;
}

static void author_check(struct cyg_build *build, void *object, struct cyg_str name)
{
	(void)object;
	(void)name;
	cyg_build_unusable(build, radius_no_client);
}

static void author_done(void *object)
{
	struct radius_author *author = object;

	for (unsigned i = 0; i < author->count; i++)
		cyg_secret_done(&author->client[i].key);
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_GROUP, .parent = "global", .prompt = "config-sg-radius", .what = "AAA server group",
	  .object_size = sizeof(struct radius_group), .check = group_check, .done = group_done },
	{ .name = MODE_AUTHOR, .parent = "global", .prompt = "config-locsvr-da-radius",
	  .what = "RADIUS dynamic authorization server", .object_size = sizeof(struct radius_author),
	  .check = author_check, .done = author_done },
	{ 0 },
};

static const struct cyg_token_help tokens[] = {
	{ "group", "Servers that stand in for each other" },
	{ "<name>", "Its name" },
	{ "<address>", "Its address" },
	{ "<key>", "The secret shared with it" },
	{ "<minutes>", "How long a server that did not answer is left alone" },
	{ "<port>", "Where requests are awaited; 3799 and 1700 if absent" },
	{ "auth-type", "What of a request must name the session" },
	{ 0 },
};

#define PORTS "[auth-port <auth:uint(0-65535)>] [acct-port <acct:uint(0-65535)>]"
/* Nobody asks these servers, nor listens to them, yet. */
#define LINE(mode_, syntax_, help_, apply_, flags_, ...) \
	{ mode_, (syntax_), (help_), tokens, .apply = (apply_), .flags = CYG_CMD_IDLE | (flags_), __VA_ARGS__ }

static const struct cyg_command commands[] = {
	{ "global", "aaa group server radius <name:name>", "Opens a group of RADIUS servers.", tokens, .enters = MODE_GROUP },
	LINE(MODE_GROUP, "server name <name:ref(" MODE_SERVER ")>", "Adds a server by its name.", apply_server_name,
	     CYG_CMD_LIST, .key = NULL),
	LINE(MODE_GROUP, "server <address:ip> " PORTS, "Adds a server by its address.", apply_server_address,
	     CYG_CMD_LIST, .key = NULL),
	LINE(MODE_GROUP, "server-private <address:ip> " PORTS " key <key:secret>", "Adds a server of this group alone.",
	     apply_private, CYG_CMD_LIST, .key = "address,auth,acct"),
	LINE(MODE_GROUP, "ip vrf forwarding <vrf:ref(" CYG_MODE_VRF ")>", "Reaches the servers in this VRF.", apply_vrf, 0, .def = NULL),
	LINE(MODE_GROUP, "deadtime <minutes:uint(1-1440)>", "Leaves a dead server alone for so long.", apply_deadtime, 0, .def = NULL),
	{ "global", "aaa server radius dynamic-author", "Lets servers change and end sessions.", tokens, .enters = MODE_AUTHOR },
	LINE(MODE_AUTHOR, "client <address:ip> server-key <key:secret>", "Names a server that may.", apply_client,
	     CYG_CMD_LIST, .key = "address"),
	LINE(MODE_AUTHOR, "port <port:uint(1-65535)>", "Listens on this port alone.", apply_port, 0, .def = NULL),
	LINE(MODE_AUTHOR, "auth-type {any | all | session-key}", "Says how a session is named.", apply_auth_type, 0,
	     .def = "auth-type all"),
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table radius_group_commands = { .modes = modes, .commands = commands, .next = &radius_show_commands };
