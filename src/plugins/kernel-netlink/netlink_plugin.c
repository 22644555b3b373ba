/* SPDX-License-Identifier: MIT */
#include "plane.h"
#include "totals.h"

#include <cygnet/log.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int (*plane_netlink_open)(int protocol) = nl_open;

static const struct cyg_option options[] = {
	CYG_OPT_UINT(struct plane_conf, mtu, "mtu", "1400", 576, 9000,
		     "MTU of tunnel devices whose configuration names none. The longest outer packet is up to 80 "
		     "octets longer; 1400 passes through PPPoE and most tunnels on the way."),
	CYG_OPT_UINT(struct plane_conf, replay_window, "replay-window", "64", 32, 4096,
		     "Least size in packets of the window against replayed packets. The configuration may ask "
		     "for a larger one, or for none."),
	CYG_OPT_END,
};

/* --- Life. Nothing is opened before the engine uses this plane: another one may be preferred. --- */

static enum cyg_status plugin_init(struct cyg_plugin_ctx *ctx)
{
	struct plane *plane = calloc(1, sizeof(*plane));

	if (!plane)
		return CYG_NOMEM;
	devices_init(&plane->devices, &plane_device_kind, ctx);
	plane->xfrm.fd = -1;
	cyg_plugin_set_data(ctx, plane);
	return CYG_OK;
}

static void plugin_fini(struct cyg_plugin_ctx *ctx)
{
	struct plane *plane = cyg_plugin_data(ctx);

	if (!plane)
		return;
	devices_free(&plane->devices);
	nl_done(&plane->xfrm);
	cyg_plugin_set_data(ctx, NULL);
	free(plane);
}

static void shard_free(struct plane_shard *s)
{
	plane_children_free(s);
	plane_policies_free(s);
	while (s->tasks) { /* their answers will not be read */
		struct plane_task *task = s->tasks;

		s->tasks = task->all_next;
		free(task);
	}
	plane_reports_stop(s);
	held_done(&s->held);
	outbox_done(&s->outbox);
	nl_done(&s->xfrm);
	nl_done(&s->question);
	nl_done(&s->route);
	plane_links_free(s);
	free(s);
}

static enum cyg_status shard_start(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct plane_shard *s;

	if (cyg_shard_index(shard) == CYG_SHARD_CONTROL)
		return CYG_OK;
	s = calloc(1, sizeof(*s));
	if (!s)
		return CYG_NOMEM;
	s->shard = shard;
	s->ctx = ctx;
	s->xfrm.fd = s->question.fd = s->route.fd = s->reports.fd = -1;
	s->held = (struct held){ .owner = &plane_held_owner, .ctx = ctx, .shard = shard, .nl = &s->route,
				 .outbox = &s->outbox };
	if (outbox_init(&s->outbox, shard) != CYG_OK || plane_policies_new(s) != CYG_OK) {
		shard_free(s);
		return CYG_NOMEM;
	}
	cyg_plugin_set_shard_data(ctx, shard, s);
	return CYG_OK;
}

static void shard_stop(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct plane_shard *s = plane_of(ctx, shard);

	if (!s)
		return;
	cyg_plugin_set_shard_data(ctx, shard, NULL);
	shard_free(s);
}

static enum cyg_status open_sockets(struct plane_shard *s)
{
	struct {
		struct nl *nl;
		int protocol;
	} sockets[] = { { &s->xfrm, NETLINK_XFRM }, { &s->question, NETLINK_XFRM }, { &s->route, NETLINK_ROUTE } };

	for (size_t i = 0; i < CYG_COUNT(sockets); i++) {
		enum cyg_status status;
		int fd;

		if (nl_is_open(sockets[i].nl))
			continue;
		fd = plane_netlink_open(sockets[i].protocol);
		if (fd < 0) {
			cyg_log(CYG_LOG_ERROR, "kernel.no-netlink", "no netlink socket: {error}",
				F_STR("error", errno == EPROTONOSUPPORT ? "this kernel has no CONFIG_XFRM_USER"
									: strerror(errno)));
			return CYG_UNSUPPORTED;
		}
		status = nl_init(sockets[i].nl, s->shard, fd);
		if (status != CYG_OK)
			return status;
	}
	return CYG_OK;
}

enum cyg_status plane_shard_open(struct plane_shard *s)
{
	enum cyg_status status = open_sockets(s);

	if (status == CYG_OK && cyg_shard_index(s->shard) == 0 && s->reports.fd < 0)
		plane_reports_start(s);
	return status;
}

/* --- The ops --- */

static enum cyg_status attach(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
			      const struct cyg_kernel_events *events)
{
	struct plane_shard *s = plane_of(ctx, shard);

	s->events = events;
	return plane_shard_open(s);
}

static enum cyg_status can_do(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint16_t encr,
			      uint16_t key_bits, uint16_t integ, bool esn)
{
	return plane_can_do(plane_of(ctx, shard), encr, key_bits, integ, esn);
}

static enum cyg_status spi_alloc(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint8_t slot,
				 uint32_t *out, struct cyg_op *op)
{
	return spi_hand_out(&plane_of(ctx, shard)->spis, shard, slot, out);
}

static void spi_free(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi)
{
	spi_take_back(&plane_of(ctx, shard)->spis, spi);
}

static enum cyg_status child_add(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_kernel_child *child, enum cyg_direction what,
				 struct cyg_op *op)
{
	return plane_child_add(plane_of(ctx, shard), child, what, op);
}

static enum cyg_status child_move(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi_in,
				  const struct cyg_endpoint *local, const struct cyg_endpoint *remote,
				  bool udp_encap, struct cyg_op *op)
{
	return plane_child_move(plane_of(ctx, shard), spi_in, local, remote, udp_encap, op);
}

static void child_remove(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi_in,
			 enum cyg_direction what, struct cyg_kernel_counters *last)
{
	plane_child_remove(plane_of(ctx, shard), spi_in, what, last);
}

/* At once: the kernel answers within the call. */
static enum cyg_status child_query(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi_in,
				   struct cyg_kernel_counters *out, struct cyg_op *op)
{
	return plane_child_query(plane_of(ctx, shard), spi_in, out);
}

static enum cyg_status address_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				   uint32_t interface_id, const struct cyg_prefix *address, bool add,
				   struct cyg_op *op)
{
	return held_set(&plane_of(ctx, shard)->held, HELD_ADDRESS, interface_id, address, 0, add, op);
}

static enum cyg_status route_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_route *route, bool add, struct cyg_op *op)
{
	struct plane_shard *s = plane_of(ctx, shard);
	struct plane_child *child = route->spi_in ? plane_child_find(s, route->spi_in) : NULL;

	if (route->spi_in && !child && add)
		return CYG_NOT_FOUND;
	if (child) {
		enum cyg_status status = plane_child_route(child, &route->to, add);

		if (status != CYG_OK)
			return status;
	}
	return held_set(&s->held, HELD_ROUTE, route->interface_id, &route->to, route->distance, add, op);
}

/* The kernel counts for all shards at once, and for other users of IPsec beside us: the first shard tells it. */
static unsigned totals(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, struct cyg_kernel_total *out)
{
	char text[TOTALS_TEXT_MAX];
	ssize_t len;
	int fd;

	if (cyg_shard_index(shard) != 0)
		return 0;
	fd = open("/proc/net/xfrm_stat", O_RDONLY | O_CLOEXEC);
	if (fd < 0) /* CONFIG_XFRM_STATISTICS is missing */
		return 0;
	len = read(fd, text, sizeof(text));
	(void)close(fd);
	return len > 0 ? totals_read(cyg_str_n(text, (size_t)len), out) : 0;
}

static enum cyg_status interface_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *control,
				     const struct cyg_kernel_interface *wanted, struct cyg_op *op)
{
	struct plane *plane = cyg_plugin_data(ctx);

	return devices_set(&plane->devices, control, wanted, op);
}

static enum cyg_status interface_remove(struct cyg_plugin_ctx *ctx, struct cyg_shard *control,
					uint32_t interface_id, struct cyg_op *op)
{
	struct plane *plane = cyg_plugin_data(ctx);

	return devices_remove(&plane->devices, control, interface_id, op);
}

static const struct cyg_kernel_ops ops = {
	.name = "kernel-netlink",
	.features = CYG_KERNEL_CAN_RAW_ESP | CYG_KERNEL_CAN_TRANSPORT,
	.attach = attach,
	.can_do = can_do,
	.spi_alloc = spi_alloc,
	.spi_free = spi_free,
	.child_add = child_add,
	.child_move = child_move,
	.child_remove = child_remove,
	.child_query = child_query,
	.address_set = address_set,
	.route_set = route_set,
	.interface_set = interface_set,
	.interface_remove = interface_remove,
	.wants_udp_encap = true,
	.totals = totals,
};

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_KERNEL(&ops),
	CYG_FEATURES_END,
};

CYG_PLUGIN(kernel_netlink, "kernel-netlink", .version = "1", .summary = "ESP by the Linux kernel (xfrm)",
	   .provides = provides, .options = options, .conf_size = sizeof(struct plane_conf), .init = plugin_init,
	   .fini = plugin_fini, .shard_start = shard_start, .shard_stop = shard_stop);
