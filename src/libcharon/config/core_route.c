/* SPDX-License-Identifier: MIT */
/*
 * Static routes into tunnels. Each line is an object of its own, named by destination and interface.
 */
#include "config/core.h"

static enum cyg_status apply_route(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct config_route *route = object;

	route->to = cyg_args_prefix(args, "to", "mask");
	core_text(build, args, "through", route->interface, sizeof(route->interface));
	route->distance = (uint8_t)cyg_args_uint(args, "distance", 1);
	route->tag = (uint32_t)cyg_args_uint(args, "tag", 0);
	return CYG_OK;
}

static void check_route(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_route *route = object;

	(void)name;
	core_finish(build, &route->head, "", "");
}

static const struct cyg_mode modes[] = {
	{ .name = MODE_ROUTE, .parent = MODE_GLOBAL, .prompt = "config", .what = "static route",
	  .object_size = sizeof(struct config_route), .init = core_init, .check = check_route },
	{ 0 },
};

#define OPTIONS "[<distance:uint(1-255)>] [tag <tag:uint(1-4294967295)>] [name <label:word>]"

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "ip route <to:ip4> <mask:mask> <through:ref(" MODE_INTERFACE ")> " OPTIONS,
	  "Leads addresses into a tunnel.", .key = "to,mask,through", .defines = MODE_ROUTE,
	  .apply = apply_route },
	{ MODE_GLOBAL, "ipv6 route <to:prefix6> <through:ref(" MODE_INTERFACE ")> " OPTIONS,
	  "Leads IPv6 addresses into a tunnel.", .key = "to,through", .defines = MODE_ROUTE,
	  .apply = apply_route },
	{ 0 },
};

const struct cyg_command_table core_route_commands = {
	.modes = modes, .commands = commands, .next = &core_vrf_commands
};
