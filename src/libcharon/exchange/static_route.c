/* SPDX-License-Identifier: MIT */
/*
 * `ip route ... TunnelN`: asked for when the configuration is taken over, taken away when the line or the
 * tunnel goes.
 */
#include "exchange/exchange.h"

#include <stdlib.h>

static bool same(const struct cyg_route *a, const struct cyg_route *b)
{
	return memcmp(&a->to, &b->to, sizeof(a->to)) == 0 && a->distance == b->distance &&
	       a->tag == b->tag && a->interface_id == b->interface_id;
}

static bool holds(const struct cyg_route *list, unsigned count, const struct cyg_route *route)
{
	for (unsigned i = 0; i < count; i++) {
		if (same(&list[i], route))
			return true;
	}
	return false;
}

void static_routes_sync(struct tunnel *tunnel, const struct config_view *view)
{
	const struct config_interface *interface = tunnel->interface;
	size_t room = view ? view->route_count : 0;
	struct cyg_route *now = calloc(room + 1, sizeof(*now));
	unsigned count = 0;

	if (!now)
		return; /* what stands stays; the next configuration tries again */
	for (size_t i = 0; i < room; i++) {
		const struct config_route *route = view->routes[i];

		if (strcmp(route->interface, interface->head.name) != 0)
			continue;
		now[count++] = (struct cyg_route){
			.to = route->to,
			.interface_id = config_interface_id(interface->kind, interface->number),
			.distance = route->distance,
			.tag = route->tag,
		};
	}
	for (unsigned i = 0; i < tunnel->route_count; i++) {
		if (!holds(now, count, &tunnel->routes[i]))
			child_route_set(tunnel->ike, &tunnel->routes[i], false);
	}
	for (unsigned i = 0; i < count; i++) {
		if (!holds(tunnel->routes, tunnel->route_count, &now[i]))
			child_route_set(tunnel->ike, &now[i], true);
	}
	free(tunnel->routes);
	tunnel->routes = count ? now : NULL;
	tunnel->route_count = count;
	if (!count)
		free(now);
}
