/* SPDX-License-Identifier: MIT */
/*
 * Static routes. Each line is an object of its own, named by VRF, destination and way. The engine installs those into
 * tunnels; others are the system's.
 */
#include "config/core.h"

static enum cyg_status apply_route(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct config_route *route = object;

	route->to = cyg_args_prefix(args, "to", "mask");
	route->next_hop = cyg_args_ip(args, "next");
	core_text(build, args, "through", route->interface, sizeof(route->interface));
	core_text(build, args, "vrf", route->vrf, sizeof(route->vrf));
	route->distance = (uint8_t)cyg_args_uint(args, "distance", 1);
	route->tag = (uint32_t)cyg_args_uint(args, "tag", 0);
	return CYG_OK;
}

static void check_route(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_route *route = object;
	bool nowhere = strcmp(route->interface, CONFIG_NULL_INTERFACE) == 0;

	(void)name;
	core_finish(build, &route->head, "",
		    nowhere		   ? "routes into Null0 are the system's: `ip route add blackhole` there"
		    : route->vrf[0]	   ? "routes of a VRF are not installed so far"
		    : !route->interface[0] ? "routes over a gateway are the system's: `ip route` there"
					   : "");
}

static const struct cyg_mode modes[] = {
	{ .name = MODE_ROUTE, .parent = MODE_GLOBAL, .prompt = "config", .what = "static route",
	  .object_size = sizeof(struct config_route), .init = core_init, .check = check_route },
	{ 0 },
};

#define OPTIONS "[<distance:uint(1-255)>] [tag <tag:uint(1-4294967295)>] [name <label:word>]"

#define THROUGH(ip_) "{<next:" ip_ "> | <through:ref(" MODE_INTERFACE ")> [<next:" ip_ ">]} "
#define VRF	      "[vrf <vrf:ref(" CYG_MODE_VRF ")>] "

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "ip route " VRF "<to:ip4> <mask:mask> " THROUGH("ip4") OPTIONS, "Leads addresses somewhere.",
	  .key = "vrf,to,mask,through,next", .defines = MODE_ROUTE, .apply = apply_route },
	{ MODE_GLOBAL, "ipv6 route " VRF "<to:prefix6> " THROUGH("ip6") OPTIONS, "Leads IPv6 addresses somewhere.",
	  .key = "vrf,to,through,next", .defines = MODE_ROUTE, .apply = apply_route },
	{ 0 },
};

const struct cyg_command_table core_route_commands = {
	.modes = modes, .commands = commands, .next = &core_vrf_commands
};
