/* SPDX-License-Identifier: MIT */
/* Children from the kernel to the list and back; routes that lead to them; their deadlines. */
#include "exchange/engine.h"

#include <stdlib.h>

struct child_sa *child_find(struct ike_shard *ike, uint32_t spi_in)
{
	return spi_in ? spi_table_get(&ike->children, spi_in) : NULL;
}

struct child_sa *child_by_out(struct ike_sa *sa, uint32_t spi_out)
{
	struct child_sa *child = sa->children;

	while (child && child->d.spi_out != spi_out)
		child = child->next;
	return child;
}

enum cyg_status child_adopt(struct ike_sa *sa, struct child_sa *child)
{
	enum cyg_status status = spi_table_add(&sa->ike->children, child->d.spi_in, child);
	struct child_sa **at = &sa->children;

	if (status != CYG_OK)
		return status;
	while (*at)
		at = &(*at)->next;
	*at = child;
	child->next = NULL;
	child->ike_sa = sa;
	child->number = ++sa->ike->child_number;
	sa->child_count++;
	return CYG_OK;
}

/* --- Routes --- */

void child_route_set(struct ike_shard *ike, const struct cyg_route *route, bool add)
{
	struct cyg_op *op;

	if (engine_kernel(ike) != CYG_OK)
		return;
	op = detached_op(ike, add ? "adding a route" : "removing a route");
	if (op)
		detached_began(op, ike->kernel->route_set(ike->kernel_ctx, ike->shard, route, add, op));
}

static void add_route(struct ike_sa *sa, const struct cyg_prefix *to, uint32_t interface_id, uint32_t spi_in)
{
	struct ike_session *session = ike_sa_session(sa);
	struct cyg_route *routes, route = { .to = *to, .interface_id = interface_id, .spi_in = spi_in };

	if (!session || session->route_count == UINT16_MAX)
		return;
	for (unsigned i = 0; i < session->route_count; i++) {
		if (memcmp(&session->routes[i].to, to, sizeof(*to)) == 0)
			return;
	}
	routes = realloc(session->routes, (session->route_count + 1u) * sizeof(*routes));
	if (!routes)
		return;
	session->routes = routes;
	routes[session->route_count++] = route;
	child_route_set(sa->ike, &route, true);
}

static void add_subnets(struct ike_sa *sa, uint32_t interface_id, uint32_t spi_in)
{
	const struct ike_session *session = sa->session;

	for (unsigned i = 0; session && i < session->subnet_count; i++) {
		if (session->subnets[i].len)
			add_route(sa, &session->subnets[i], interface_id, spi_in);
	}
}

void child_routes_on_demand(struct ike_sa *sa)
{
	if (sa->interface)
		add_subnets(sa, config_interface_id(sa->interface->kind, sa->interface->number), 0);
}

void child_routes_end(struct ike_sa *sa)
{
	struct ike_session *session = sa->session;

	while (session && session->route_count)
		child_route_set(sa->ike, &session->routes[--session->route_count], false);
}

void child_routes(struct child_sa *child, uint32_t replaces)
{
	struct ike_session *session = child->ike_sa->session;
	const struct child_ts *ts = child->ts;

	for (unsigned i = 0; replaces && session && i < session->route_count; i++) {
		if (session->routes[i].spi_in == replaces)
			session->routes[i].spi_in = child->d.spi_in;
	}
	/* Without a tunnel packets to the peer go the way they always went. */
	for (unsigned i = ts->local; child->d.mode == CYG_MODE_TUNNEL && i < (unsigned)ts->local + ts->remote; i++) {
		struct cyg_prefix prefix;

		/* What leads everywhere is the administrator's business. */
		if (cyg_range_to_prefix(&ts->item[i].addr, &prefix) == CYG_OK && prefix.len)
			add_route(child->ike_sa, &prefix, child->d.interface_id, child->d.spi_in);
	}
	add_subnets(child->ike_sa, child->d.interface_id, child->d.spi_in);
}

/* Selectors that hold all of it; what the session has behind it goes by any of its children. */
static bool leads_to(const struct child_sa *child, const struct cyg_prefix *to)
{
	const struct cyg_ip_range wanted = cyg_prefix_range(to);
	const struct ike_session *session = child->ike_sa->session;
	const struct child_ts *ts = child->ts;

	for (unsigned i = 0; i < session->subnet_count; i++) {
		if (memcmp(&session->subnets[i], to, sizeof(*to)) == 0)
			return true;
	}
	for (unsigned i = ts->local; i < (unsigned)ts->local + ts->remote; i++) {
		if (cyg_ip_compare(&ts->item[i].addr.low, &wanted.low) <= 0 &&
		    cyg_ip_compare(&ts->item[i].addr.high, &wanted.high) >= 0)
			return true;
	}
	return false;
}

/* Another child of the SA that carries the same: the one that stays after both sides have rekeyed at once, or
 * the old one, which serves until ours is there. */
static const struct child_sa *heir_of(const struct child_sa *child, const struct cyg_prefix *to)
{
	const struct child_sa *other = child->ike_sa->state == IKE_CLOSED ? NULL : child->ike_sa->children;
	const struct child_sa *old = NULL;

	for (; other; other = other->next) {
		if (other == child || !leads_to(other, to))
			continue;
		if (other->state == CHILD_INSTALLED || other->state == CHILD_REKEYING)
			return other;
		if (other->state == CHILD_REKEYED)
			old = other;
	}
	return old;
}

static void drop_routes(struct child_sa *child)
{
	struct ike_shard *ike = child->ike_sa->ike;
	struct ike_session *session = child->ike_sa->session;
	unsigned kept = 0;

	if (!session)
		return;
	for (unsigned i = 0; i < session->route_count; i++) {
		struct cyg_route route = session->routes[i];
		const struct child_sa *heir = NULL;

		if (route.spi_in == child->d.spi_in) {
			heir = heir_of(child, &route.to);
			/* The new wish first, so that the system does not lose the route for a moment. */
			if (heir) {
				route.spi_in = heir->d.spi_in;
				child_route_set(ike, &route, true);
			}
			child_route_set(ike, &session->routes[i], false);
			if (!heir)
				continue;
		}
		session->routes[kept++] = route;
	}
	session->route_count = (uint16_t)kept;
}

/* --- Kernel --- */

enum cyg_status child_install(struct child_sa *child, enum cyg_direction what, uint32_t replaces,
			      struct cyg_op *op)
{
	struct ike_sa *sa = child->ike_sa;
	struct cyg_selectors local, remote;
	uint64_t octets = child->d.lifetime_kb * 1024, tenth = octets / 10;
	struct cyg_kernel_child k = {
		.spi_in = child->d.spi_in,
		.spi_out = child->d.spi_out,
		.owner = ike_sa_handle(sa),
		.replaces = replaces,
		.interface_id = child->d.interface_id,
		.local = sa->d.local,
		.remote = sa->d.remote,
		.udp_encap = child->d.udp_encap,
		.mode = child->d.mode,
		.encr = child->d.encr,
		.key_bits = child->d.key_bits,
		.integ = child->d.integ,
		.esn = child->d.esn,
		.replay_window = child->d.replay_window,
		.key_in = cyg_bytes(child->keys, child->d.key_len),
		.key_out = cyg_bytes(child->keys + child->d.key_len, child->d.key_len),
		.ts_local = &local,
		.ts_remote = &remote,
		/* Between 80 and 90 %, so that both sides seldom begin at once; the SPI is random. */
		.soft_octets = octets - tenth - tenth / UINT8_MAX * (child->d.spi_in & UINT8_MAX),
		.hard_octets = octets,
	};

	child_sa_get_ts(child, &local, &remote);
	return sa->ike->kernel->child_add(sa->ike->kernel_ctx, sa->shard, &k, what, op);
}

void child_turn_outbound(struct child_sa *child)
{
	struct ike_shard *ike = child->ike_sa->ike;
	struct cyg_op *op;

	if (!child->outbound_held)
		return;
	child->outbound_held = false;
	if (engine_kernel(ike) != CYG_OK)
		return;
	op = detached_op(ike, "turning traffic to a rekeyed child");
	if (op)
		detached_began(op, child_install(child, CYG_OUTBOUND, child->replaces, op));
}

void child_moved(struct ike_sa *sa)
{
	struct ike_shard *ike = sa->ike;

	if (!sa->children || engine_kernel(ike) != CYG_OK)
		return;
	for (struct child_sa *child = sa->children; child; child = child->next) {
		struct cyg_op *op = detached_op(ike, "moving a child to other endpoints");

		child->d.udp_encap = sa->d.nat_local || sa->d.nat_remote;
		if (op)
			detached_began(op, ike->kernel->child_move(ike->kernel_ctx, ike->shard,
								   child->d.spi_in, &sa->d.local,
								   &sa->d.remote, child->d.udp_encap,
								   op));
	}
}

void child_close(struct child_sa *child)
{
	struct ike_sa *sa = child->ike_sa;
	struct ike_shard *ike = sa->ike;
	struct child_sa **at = &sa->children, *successor = child_find(ike, child->successor);
	bool there = engine_kernel(ike) == CYG_OK;

	if (successor)
		child_turn_outbound(successor);
	drop_routes(child);
	cyg_timer_clear(sa->shard, &child->timer);
	if (there && successor && sa->state != IKE_CLOSED)
		linger_begin(sa, child->d.spi_in);
	else if (there)
		ike->kernel->child_remove(ike->kernel_ctx, ike->shard, child->d.spi_in, CYG_BOTH,
					  NULL);
	spi_table_remove(&ike->children, child->d.spi_in);
	while (*at != child)
		at = &(*at)->next;
	*at = child->next;
	sa->child_count--;
	ike->counters.child_deleted++;
	engine_let_go(ike, child->profile);
	child_sa_free(child);
}

void child_inherit(struct ike_sa *from, struct ike_sa *to)
{
	struct child_sa **at = &to->children;

	while (*at)
		at = &(*at)->next;
	*at = from->children;
	for (struct child_sa *child = *at; child; child = child->next) {
		child->ike_sa = to;
		child->number = ++to->ike->child_number;
	}
	to->child_count += from->child_count;
	from->children = NULL;
	from->child_count = 0;
	linger_inherit(from, to);
	if (!to->session) {
		to->session = from->session;
		from->session = NULL;
	}
}

void child_set_deadlines(struct child_sa *child)
{
	uint64_t now = cyg_shard_now_ms(child->ike_sa->shard), life;
	uint16_t jitter;

	child->soft_at = child->hard_at = 0;
	if (!child->d.lifetime_s)
		return;
	life = (uint64_t)child->d.lifetime_s * 1000;
	cyg_shard_random(child->ike_sa->shard, &jitter, sizeof(jitter));
	child->soft_at = now + life - life / 10 - life / 10 * jitter / UINT16_MAX;
	child->hard_at = now + life;
	cyg_timer_set(child->ike_sa->shard, &child->timer, child->soft_at, timers_child);
}
