/* SPDX-License-Identifier: MIT */
#define CYG_MONOLITHIC
#include "testing/engine/fakes.h"

#include <stdlib.h>

/* --- Data plane --- */

static enum cyg_status kernel_start(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct fake_kernel *k = calloc(1, sizeof(*k));

	cyg_plugin_set_shard_data(ctx, shard, k);
	return k ? CYG_OK : CYG_NOMEM;
}

static void kernel_stop(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	free(cyg_plugin_shard_data(ctx, shard));
	cyg_plugin_set_shard_data(ctx, shard, NULL);
}

struct fake_kernel *fake_kernel(struct cyg_shard *shard)
{
	struct cyg_plugin_ctx *ctx;

	return cyg_get_feature(shard, CYG_KERNEL, 0, &ctx) ? cyg_plugin_shard_data(ctx, shard) : NULL;
}

static struct fake_kernel *of(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	return cyg_plugin_shard_data(ctx, shard);
}

static struct fake_child *find(struct fake_kernel *k, uint32_t spi)
{
	for (unsigned i = 0; i < FAKE_CHILDREN_MAX; i++) {
		if (k->child[i].used && k->child[i].spi_in == spi)
			return &k->child[i];
	}
	return NULL;
}

unsigned fake_children(struct cyg_shard *shard)
{
	struct fake_kernel *k = fake_kernel(shard);
	unsigned count = 0;

	for (unsigned i = 0; i < FAKE_CHILDREN_MAX; i++)
		count += k->child[i].used && !k->child[i].allocated && !k->child[i].lingers;
	return count;
}

unsigned fake_lingering(struct cyg_shard *shard)
{
	struct fake_kernel *k = fake_kernel(shard);
	unsigned count = 0;

	for (unsigned i = 0; i < FAKE_CHILDREN_MAX; i++)
		count += k->child[i].used && k->child[i].lingers;
	return count;
}

struct fake_child *fake_child(struct cyg_shard *shard, unsigned n)
{
	struct fake_kernel *k = fake_kernel(shard);

	for (unsigned i = 0; i < FAKE_CHILDREN_MAX; i++) {
		if (k->child[i].used && !k->child[i].allocated && n-- == 0)
			return &k->child[i];
	}
	return NULL;
}

struct fake_child *fake_active(struct cyg_shard *shard)
{
	struct fake_kernel *k = fake_kernel(shard);
	struct fake_child *active = NULL;

	for (unsigned i = 0; i < FAKE_CHILDREN_MAX; i++) {
		if (k->child[i].used && k->child[i].out &&
		    (!active || k->child[i].order > active->order))
			active = &k->child[i];
	}
	return active;
}

static enum cyg_status attach(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
			      const struct cyg_kernel_events *events)
{
	of(ctx, shard)->events = events;
	return CYG_OK;
}

static enum cyg_status can_do(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint16_t encr,
			      uint16_t key_bits, uint16_t integ, bool esn)
{
	const struct fake_kernel *k = of(ctx, shard);

	return encr == k->refuse_encr || (esn && encr == k->refuse_esn) ? CYG_UNSUPPORTED : CYG_OK;
}

static void held_cancel(struct cyg_op *op, void *state)
{
	struct fake_kernel *k = state;

	k->held = NULL;
}

static enum cyg_status maybe_hold(struct fake_kernel *k, struct cyg_op *op, enum cyg_status status)
{
	if (!k->hold || k->held)
		return status;
	k->held = op;
	k->held_status = status;
	return cyg_op_pending(op, 0, held_cancel, k);
}

void fake_release(struct fake_kernel *k)
{
	struct cyg_op *op = k->held;

	k->held = NULL;
	if (op)
		cyg_op_complete(op, k->held_status);
}

static enum cyg_status spi_alloc(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint8_t slot,
				 uint32_t *out, struct cyg_op *op)
{
	struct fake_kernel *k = of(ctx, shard);
	uint32_t spi;

	for (unsigned i = 0; !k->refuse_spi && i < FAKE_CHILDREN_MAX; i++) {
		if (k->child[i].used)
			continue;
		do {
			cyg_shard_random(shard, &spi, sizeof(spi));
			spi = (uint32_t)slot << 24 | (spi & 0xffffff);
		} while (spi < 256 || find(k, spi));
		k->child[i] = (struct fake_child){ .used = true, .allocated = true, .spi_in = spi };
		*out = spi;
		return maybe_hold(k, op, CYG_OK);
	}
	return CYG_LIMIT;
}

static void spi_free(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi)
{
	struct fake_child *child = find(of(ctx, shard), spi);

	if (child)
		child->used = false;
}

/* Where a route leads whose child is gone; no SPI of a child. */
#define NOWHERE 1

static void routes_go_over(struct fake_kernel *k, uint32_t from, uint32_t to)
{
	for (unsigned i = 0; from && i < k->route_count; i++) {
		if (k->route[i].spi_in == from)
			k->route[i].spi_in = to;
	}
}

static enum cyg_status child_add(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_kernel_child *c, enum cyg_direction what,
				 struct cyg_op *op)
{
	struct fake_kernel *k = of(ctx, shard);
	struct fake_child *child = find(k, c->spi_in);

	if (!child || c->key_in.len > sizeof(child->key_in))
		return CYG_NOT_FOUND;
	if (k->refuse_add)
		return CYG_IO;
	child->allocated = false;
	child->spi_out = c->spi_out;
	child->replaces = c->replaces;
	child->interface_id = c->interface_id;
	child->local = c->local;
	child->remote = c->remote;
	child->udp_encap = c->udp_encap;
	child->mode = c->mode;
	child->esn = c->esn;
	child->soft_octets = c->soft_octets;
	child->hard_octets = c->hard_octets;
	child->encr = c->encr;
	child->key_bits = c->key_bits;
	child->integ = c->integ;
	child->key_len = c->key_in.len;
	memcpy(child->key_in, c->key_in.ptr, c->key_in.len);
	memcpy(child->key_out, c->key_out.ptr, c->key_out.len);
	child->ts_local = *c->ts_local;
	child->ts_remote = *c->ts_remote;
	child->in |= (what & CYG_INBOUND) != 0;
	if (what & CYG_OUTBOUND) {
		child->out = true;
		child->order = ++k->order;
		routes_go_over(k, c->replaces, c->spi_in);
	}
	return maybe_hold(k, op, CYG_OK);
}

static enum cyg_status child_move(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				  uint32_t spi_in, const struct cyg_endpoint *local,
				  const struct cyg_endpoint *remote, bool udp_encap,
				  struct cyg_op *op)
{
	struct fake_child *child = find(of(ctx, shard), spi_in);

	if (!child)
		return CYG_NOT_FOUND;
	child->local = *local;
	child->remote = *remote;
	child->udp_encap = udp_encap;
	return CYG_OK;
}

static void child_remove(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi_in,
			 enum cyg_direction what, struct cyg_kernel_counters *last)
{
	struct fake_child *child = find(of(ctx, shard), spi_in);

	if (!child)
		return;
	if (last)
		*last = child->counters;
	child->in &= !(what & CYG_INBOUND);
	child->out &= !(what & CYG_OUTBOUND);
	if (what & CYG_OUTBOUND)
		routes_go_over(of(ctx, shard), spi_in, NOWHERE);
	child->used = child->in || child->out;
	child->lingers = child->used && !child->out;
}

static enum cyg_status child_query(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				   uint32_t spi_in, struct cyg_kernel_counters *out,
				   struct cyg_op *op)
{
	struct fake_child *child = find(of(ctx, shard), spi_in);

	if (!child)
		return CYG_NOT_FOUND;
	*out = child->counters;
	return CYG_OK;
}

static enum cyg_status address_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				   uint32_t interface_id, const struct cyg_prefix *address, bool add,
				   struct cyg_op *op)
{
	struct fake_kernel *k = of(ctx, shard);

	if (add && k->address_count < FAKE_ROUTES_MAX) {
		k->address[k->address_count++] = *address;
		return CYG_OK;
	}
	for (unsigned i = 0; !add && i < k->address_count; i++) {
		if (memcmp(&k->address[i], address, sizeof(*address)) == 0) {
			k->address[i] = k->address[--k->address_count];
			return CYG_OK;
		}
	}
	return add ? CYG_LIMIT : CYG_OK;
}

static enum cyg_status route_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_route *route, bool add, struct cyg_op *op)
{
	struct fake_kernel *k = of(ctx, shard);

	if (add && k->route_count < FAKE_ROUTES_MAX) {
		k->route[k->route_count++] = *route;
		return CYG_OK;
	}
	for (unsigned i = 0; !add && i < k->route_count; i++) {
		if (memcmp(&k->route[i].to, &route->to, sizeof(route->to)) == 0) {
			k->route[i] = k->route[--k->route_count];
			return CYG_OK;
		}
	}
	return add ? CYG_LIMIT : CYG_OK;
}

static enum cyg_status interface_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *control,
				     const struct cyg_kernel_interface *wanted, struct cyg_op *op)
{
	return CYG_OK;
}

static enum cyg_status interface_remove(struct cyg_plugin_ctx *ctx, struct cyg_shard *control,
					uint32_t interface_id, struct cyg_op *op)
{
	return CYG_OK;
}

#define KERNEL_OPS \
.attach = attach, \
	.can_do = can_do, \
	.spi_alloc = spi_alloc, \
	.spi_free = spi_free, \
	.child_add = child_add, \
	.child_move = child_move, \
	.child_remove = child_remove, \
	.child_query = child_query, \
	.address_set = address_set, \
	.route_set = route_set, \
	.interface_set = interface_set, \
	.interface_remove = interface_remove,

static const struct cyg_kernel_ops kernel_ops = {
	.name = "fake-kernel",
	.features = CYG_KERNEL_CAN_RAW_ESP | CYG_KERNEL_CAN_TRANSPORT,
	KERNEL_OPS
};

static const struct cyg_kernel_ops kernel_udp_ops = {
	.name = "fake-kernel-udp",
	KERNEL_OPS
};

static const struct cyg_feature kernel_provides[] = {
	CYG_PROVIDE_KERNEL(&kernel_ops),
	CYG_FEATURES_END,
};

CYG_PLUGIN(fake_kernel, "fake-kernel", .version = "0", .provides = kernel_provides,
	   .shard_start = kernel_start, .shard_stop = kernel_stop);

static const struct cyg_feature kernel_udp_provides[] = {
	CYG_PROVIDE_KERNEL(&kernel_udp_ops),
	CYG_FEATURES_END,
};

CYG_PLUGIN(fake_kernel_udp, "fake-kernel-udp", .version = "0", .provides = kernel_udp_provides,
	   .shard_start = kernel_start, .shard_stop = kernel_stop);

/* --- Address pool --- */

unsigned fake_leased, fake_released;
struct cyg_op *fake_slow_op;

void fake_reset(void)
{
	fake_leased = fake_released = 0;
	fake_slow_op = NULL;
}

static enum cyg_status lease(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
			     const struct cyg_lease_request *request, struct cyg_lease *out,
			     struct cyg_op *op)
{
	struct cyg_lease lease = { .ticket = 7 };

	if (cyg_str_equal(request->source, CYG_STR("empty")))
		return CYG_LIMIT;
	if (!cyg_str_equal(request->source, CYG_STR("clients")))
		return CYG_NOT_FOUND;
	if (request->family == CYG_IPV4) {
		lease.ip = (struct cyg_ip){ CYG_IPV4, { 10, 9, 0, (uint8_t)(1 + fake_leased) } };
		lease.prefix = 32;
	} else {
		lease.ip = (struct cyg_ip){ CYG_IPV6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 } };
		lease.prefix = 128;
	}
	fake_leased++;
	*out = lease;
	return CYG_OK;
}

static void release(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, const struct cyg_lease *l)
{
	if (l->ticket == 7)
		fake_released++;
}

static const struct cyg_address_ops pool_ops = { .name = "pool", .lease = lease, .release = release };
static const struct cyg_feature pool_provides[] = {
	CYG_PROVIDE_ADDRESS(&pool_ops),
	CYG_FEATURES_END,
};

CYG_PLUGIN(fake_pool, "fake-pool", .version = "0", .provides = pool_provides);

/* --- Authorization --- */

static void slow_cancel(struct cyg_op *op, void *state)
{
	fake_slow_op = NULL;
}

static enum cyg_status authorize(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_authz_request *request, struct cyg_authz *out,
				 struct cyg_op *op)
{
	bool empty = cyg_str_equal(request->name, CYG_STR("empty"));
	bool slow = cyg_str_equal(request->name, CYG_STR("slow"));
	bool limited = cyg_str_equal(request->name, CYG_STR("limited"));
	bool many = cyg_str_equal(request->name, CYG_STR("many"));
	bool inside = cyg_str_equal(request->name, CYG_STR("inside"));

	if (!empty && !slow && !limited && !many && !inside && !cyg_str_equal(request->name, CYG_STR("clients")))
		return CYG_NOT_FOUND;
	out->set = CYG_AZ_POOL4 | CYG_AZ_DNS4 | CYG_AZ_ROUTE_SET_INTERFACE | CYG_AZ_NETMASK;
	if (!empty) {
		out->set |= CYG_AZ_POOL6;
		memcpy(out->pool6, "clients", sizeof("clients"));
	}
	memcpy(out->pool4, empty ? "empty" : "clients", empty ? sizeof("empty") : sizeof("clients"));
	out->dns4[0] = (struct cyg_ip){ CYG_IPV4, { 10, 10, 0, 53 } };
	out->netmask = (struct cyg_ip){ CYG_IPV4, { 255, 255, 255, 255 } };
	out->routes[0] = (struct cyg_prefix){ { CYG_IPV4, { 10, 10 } }, 16 };
	out->route_count = 1;
	while (many && out->route_count < 20) {
		out->routes[out->route_count] = (struct cyg_prefix){ { CYG_IPV4, { 10, (uint8_t)(100 + out->route_count) } }, 16 };
		out->route_count++;
	}
	if (limited) {
		out->set |= CYG_AZ_FLOW_LIMIT | CYG_AZ_SESSION_LIFETIME;
		out->flow_limit = 1;
		out->session_lifetime_s = 600;
	}
	if (inside)
		memcpy(out->route_interface, "loopback9", sizeof("loopback9"));
	memcpy(out->policy, "clients", sizeof("clients"));
	if (!slow)
		return CYG_OK;
	fake_slow_op = op;
	return cyg_op_pending(op, 0, slow_cancel, NULL);
}

static const struct cyg_authz_ops authz_ops = { .method = "local", .authorize = authorize };
static const struct cyg_feature authz_provides[] = {
	{ .kind = CYG_AUTHZ, .authz = &authz_ops },
	CYG_FEATURES_END,
};

CYG_PLUGIN(fake_authz, "fake-authz", .version = "0", .provides = authz_provides);
