/* SPDX-License-Identifier: MIT */
#include "tun.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

struct tun_hooks tun_hooks = { .broker_call = cyg_broker_call, .netlink_open = nl_open,
			       .offload = tun_link_offload, .path_mtu = path_mtu };

static const struct cyg_option options[] = {
	CYG_OPT_UINT(struct tun_conf, mtu, "mtu", "1400", 576, 9000,
		     "MTU of tunnel devices whose configuration names none. The longest outer packet is up to 80 "
		     "octets longer; 1400 passes through PPPoE and most tunnels on the way."),
	CYG_OPT_UINT(struct tun_conf, replay_window, "replay-window", "64", 32, REPLAY_WINDOW_MAX,
		     "Least size in packets of the window against replayed packets. The configuration may ask "
		     "for a larger one, or for none."),
	CYG_OPT_UINT(struct tun_conf, queue_length, "queue-length", "1000", 16, 100000,
		     "How many packets a tunnel device holds for us before the system drops more."),
	CYG_OPT_BOOL(struct tun_conf, clamp_mss, "clamp-mss", "yes",
		     "Lowers the segment size that TCP connections through tunnels agree on to what fits."),
	CYG_OPT_BOOL(struct tun_conf, copy_dscp, "copy-dscp", "yes",
		     "Copies the DSCP of a packet to the outer header, so that the way treats it alike. It can be seen there; and "
		     "where the way reorders by it, a larger replay-window is needed."),
	CYG_OPT_BOOL(struct tun_conf, fragment_inside, "fragment-inside", "yes",
		     "Fragments IPv4 packets without DF that are too long for the path before they are sealed, so that each "
		     "can be opened by itself and no fragments of ESP are on the way, which many networks drop."),
	CYG_OPT_END,
};

/* --- Devices --- */

static uint32_t device_mtu(struct cyg_plugin_ctx *ctx, struct cyg_shard *control)
{
	return CYG_CONF(ctx, control, struct tun_conf)->mtu;
}

static uint32_t device_queue_length(struct cyg_plugin_ctx *ctx, struct cyg_shard *control)
{
	return CYG_CONF(ctx, control, struct tun_conf)->queue_length;
}

static enum cyg_status device_broker(struct cyg_shard *control, const struct cyg_broker_request *request,
				     struct cyg_broker_reply *reply, struct cyg_op *op)
{
	return tun_hooks.broker_call(control, request, reply, op);
}

static int device_netlink(int protocol)
{
	return tun_hooks.netlink_open(protocol);
}

static struct devices *devices_of(struct cyg_plugin_ctx *ctx)
{
	return cyg_plugin_data(ctx);
}

static enum cyg_status device_attach(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				     struct device_attach *attach)
{
	struct tun_shard *s = tun_shard_of(ctx, shard);

	if (s)
		return tun_link_attach(s, attach);
	device_attach_close(attach);
	return CYG_OK;
}

static void device_detach(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t id)
{
	struct tun_shard *s = tun_shard_of(ctx, shard);

	if (s)
		tun_link_detach(s, id);
}

static const struct device_kind device_kind = {
	.mtu = device_mtu,
	.queue_length = device_queue_length,
	.broker_call = device_broker,
	.netlink_open = device_netlink,
	.of = devices_of,
	.attach = device_attach,
	.detach = device_detach,
};

static struct held *held_of(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct tun_shard *s = tun_shard_of(ctx, shard);

	return s ? &s->held : NULL;
}

static unsigned held_index(struct held *held, uint32_t interface_id)
{
	const struct tun_link *link = tun_link_find(CYG_CONTAINER(held, struct tun_shard, held), interface_id);

	return link && link->there ? link->index : 0;
}

static const struct held_owner held_owner = { .of = held_of, .device = held_index };

/* --- Life --- */

static enum cyg_status plugin_init(struct cyg_plugin_ctx *ctx)
{
	struct devices *devices = calloc(1, sizeof(*devices));

	if (!devices)
		return CYG_NOMEM;
	devices_init(devices, &device_kind, ctx);
	cyg_plugin_set_data(ctx, devices);
	return CYG_OK;
}

static void plugin_fini(struct cyg_plugin_ctx *ctx)
{
	struct devices *devices = cyg_plugin_data(ctx);

	if (!devices)
		return;
	devices_free(devices);
	cyg_plugin_set_data(ctx, NULL);
	free(devices);
}

static void shard_free(struct tun_shard *s)
{
	tun_children_free(s);
	tun_links_free(s);
	held_done(&s->held);
	nl_done(&s->nl);
	free(s->read_area);
	free(s->send_area);
	free(s);
}

static enum cyg_status shard_start(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct tun_shard *s;
	enum cyg_status status;

	if (cyg_shard_index(shard) == CYG_SHARD_CONTROL)
		return CYG_OK;
	s = calloc(1, sizeof(*s));
	if (!s)
		return CYG_NOMEM;
	s->shard = shard;
	s->ctx = ctx;
	s->raw[0].fd = s->raw[1].fd = -1;
	s->nl.fd = -1;
	s->generation = cyg_registry_generation(shard);
	s->held = (struct held){ .owner = &held_owner, .ctx = ctx, .shard = shard, .nl = &s->nl,
				 .outbox = &s->outbox };
	s->read_area = malloc(TUN_READ_AREA);
	s->send_area = malloc(TUN_SEND_AREA);
	if (outbox_init(&s->outbox, shard) != CYG_OK || !s->read_area || !s->send_area) {
		shard_free(s);
		return CYG_NOMEM;
	}
	status = nl_init(&s->nl, shard, tun_hooks.netlink_open(NETLINK_ROUTE));
	if (status != CYG_OK) {
		cyg_log(CYG_LOG_ERROR, "kernel.no-netlink", "no netlink socket: {error}",
			F_STR("error", strerror(errno)));
		shard_free(s);
		return status;
	}
	cyg_plugin_set_shard_data(ctx, shard, s);
	return CYG_OK;
}

static void shard_stop(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct tun_shard *s = tun_shard_of(ctx, shard);

	if (!s)
		return;
	cyg_plugin_set_shard_data(ctx, shard, NULL);
	s->stopping = true;
	shard_free(s);
}

/* --- The ops --- */

static enum cyg_status attach(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
			      const struct cyg_kernel_events *events)
{
	tun_shard_of(ctx, shard)->events = events;
	return CYG_OK;
}

static enum cyg_status can_do(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint16_t encr,
			      uint16_t key_bits, uint16_t integ, bool esn)
{
	return tun_can_do(tun_shard_of(ctx, shard), encr, key_bits, integ);
}

static enum cyg_status spi_alloc(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint8_t slot,
				 uint32_t *out, struct cyg_op *op)
{
	return spi_hand_out(&tun_shard_of(ctx, shard)->spis, shard, slot, out);
}

static void spi_free(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi)
{
	spi_take_back(&tun_shard_of(ctx, shard)->spis, spi);
}

static enum cyg_status child_add(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_kernel_child *child, enum cyg_direction what,
				 struct cyg_op *op)
{
	return tun_child_add(tun_shard_of(ctx, shard), child, what);
}

static enum cyg_status child_move(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi_in,
				  const struct cyg_endpoint *local, const struct cyg_endpoint *remote,
				  bool udp_encap, struct cyg_op *op)
{
	return tun_child_move(tun_shard_of(ctx, shard), spi_in, local, remote, udp_encap);
}

static void child_remove(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi_in,
			 enum cyg_direction what, struct cyg_kernel_counters *last)
{
	tun_child_remove(tun_shard_of(ctx, shard), spi_in, what, last);
}

static enum cyg_status child_query(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi_in,
				   struct cyg_kernel_counters *out, struct cyg_op *op)
{
	struct tun_child *child = tun_child_find(tun_shard_of(ctx, shard), spi_in);

	if (!child)
		return CYG_NOT_FOUND;
	tun_child_path_known(child);
	*out = child->counters;
	out->path_mtu = child->outer_mtu;
	out->inner_mtu = child->inner_mtu;
	return CYG_OK;
}

static enum cyg_status address_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				   uint32_t interface_id, const struct cyg_prefix *address, bool add,
				   struct cyg_op *op)
{
	struct tun_shard *s = tun_shard_of(ctx, shard);
	struct tun_link *link = tun_link_get(s, interface_id);

	if (!link)
		return CYG_NOMEM;
	return held_set(&s->held, HELD_ADDRESS, interface_id, address, 0, add, op);
}

static enum cyg_status route_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_route *route, bool add, struct cyg_op *op)
{
	struct tun_shard *s = tun_shard_of(ctx, shard);
	struct tun_link *link = tun_link_get(s, route->interface_id);
	struct tun_child *child = route->spi_in ? tun_child_find(s, route->spi_in) : NULL;
	enum cyg_status status;

	if (!link)
		return CYG_NOMEM;
	if (route->spi_in && !child && add)
		return CYG_NOT_FOUND;
	if (child) {
		status = tun_child_route(child, &route->to, add);
		if (status != CYG_OK)
			return status;
	}
	return held_set(&s->held, HELD_ROUTE, route->interface_id, &route->to, route->distance, add, op);
}

static const struct total {
	const char *name, *help;
	bool drop;
	size_t offset;
} total_names[] = {
#define TOTAL(member_, drop_, help_) { #member_, help_, drop_, offsetof(struct tun_counters, member_) }
	TOTAL(tun_read, false, "packets read from tunnel devices, large ones count once"),
	TOTAL(tun_written, false, "packets written to tunnel devices, likewise"),
	TOTAL(sealed, false, "ESP packets sealed"),
	TOTAL(opened, false, "ESP packets opened"),
	TOTAL(cut, false, "large packets from devices that were cut"),
	TOTAL(cut_into, false, "what they were cut into"),
	TOTAL(fragmented, false, "packets without DF that were fragmented, too long for the outer path"),
	TOTAL(fragments, false, "what they were fragmented into"),
	TOTAL(merged, false, "packets merged before they were written"),
	TOTAL(merged_into, false, "what they were merged into"),
	TOTAL(forwarded, false, "packets handed to the shard that has the SA"),
	TOTAL(forwarded_in, false, "packets got from other shards"),
	TOTAL(raw_sent, false, "raw ESP packets sent"),
	TOTAL(raw_send_calls, false, "the system calls that took"),
	TOTAL(raw_received, false, "raw ESP packets received"),
	TOTAL(raw_receive_calls, false, "the system calls that took"),
	TOTAL(raw_foreign, false, "raw ESP that is another shard's"),
	TOTAL(no_way, true, "out of a device, and no SA takes them"),
	TOTAL(not_ip, true, "out of a device, and not IPv4 or IPv6, or malformed"),
	TOTAL(too_big, true, "too long for the outer path; the sender was told"),
	TOTAL(area_full, true, "more in one turn than there is room for"),
	TOTAL(write_full, true, "a device's queue was full"),
	TOTAL(write_failed, true, "a device did not take them"),
	TOTAL(short_esp, true, "shorter than an ESP header"),
	TOTAL(unknown_spi, true, "ESP with an SPI that nobody has"),
	TOTAL(unused_spi, true, "ESP with an SPI that is not in use yet"),
	TOTAL(forward_lost, true, "for a shard that is too busy"),
	TOTAL(raw_send_failed, true, "raw ESP that the system refused"),
#undef TOTAL
};

_Static_assert(CYG_COUNT(total_names) <= CYG_KERNEL_TOTALS_MAX, "room at the caller");

static unsigned totals(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, struct cyg_kernel_total *out)
{
	const struct tun_counters *counters = &tun_shard_of(ctx, shard)->counters;

	for (size_t i = 0; i < CYG_COUNT(total_names); i++) {
		const struct total *t = &total_names[i];

		out[i] = (struct cyg_kernel_total){ t->name, t->help, t->drop,
						    *(const uint64_t *)((const char *)counters + t->offset) };
	}
	return CYG_COUNT(total_names);
}

static void esp_in_udp(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, struct cyg_datagram *datagrams,
		       size_t count)
{
	struct tun_shard *s = tun_shard_of(ctx, shard);
	struct tun_sealed packets[TUN_BATCH];
	unsigned n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct cyg_datagram *d = &datagrams[i];
		size_t segment = d->segment ? d->segment : d->len, at = 0;

		do {
			packets[n++] = (struct tun_sealed){ .esp = d->data + at,
							    .len = d->len - at < segment ? d->len - at : segment,
							    .local = &d->local, .remote = &d->remote,
							    .udp = true, .ecn = d->tos & 3 };
			if (n == TUN_BATCH) {
				tun_in(s, packets, n, false);
				n = 0;
			}
			at += segment;
		} while (at < d->len);
	}
	if (n)
		tun_in(s, packets, n, false);
	tun_in_end(s);
}

static enum cyg_status interface_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *control,
				     const struct cyg_kernel_interface *wanted, struct cyg_op *op)
{
	return devices_set(cyg_plugin_data(ctx), control, wanted, op);
}

static enum cyg_status interface_remove(struct cyg_plugin_ctx *ctx, struct cyg_shard *control,
					uint32_t interface_id, struct cyg_op *op)
{
	return devices_remove(cyg_plugin_data(ctx), control, interface_id, op);
}

static const struct cyg_kernel_ops ops = {
	.name = "kernel-tun",
	.features = CYG_KERNEL_CAN_RAW_ESP,
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
	.totals = totals,
	.esp_in_udp = esp_in_udp,
};

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_KERNEL(&ops),
	CYG_FEATURES_END,
};

static const struct cyg_need needs[] = {
	{ .kind = CYG_ESP },
	{ 0 },
};

CYG_PLUGIN(kernel_tun, "kernel-tun", .version = "1", .summary = "ESP in user space over TUN devices",
	   .provides = provides, .needs = needs, .options = options, .conf_size = sizeof(struct tun_conf),
	   .init = plugin_init, .fini = plugin_fini, .shard_start = shard_start, .shard_stop = shard_stop);
