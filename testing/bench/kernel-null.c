/* SPDX-License-Identifier: MIT */
/*
 * A data plane that takes every request and carries nothing: for the initiating side of the bench
 * `setup`, so that thousands of tunnels need no device each. Never installed.
 */
#include "config.h"

#include <cygnet/plugin.h>

static const struct cyg_option options[] = {
	CYG_OPT_END,
};

static enum cyg_status attach(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
			      const struct cyg_kernel_events *events)
{
	return CYG_OK;
}

static enum cyg_status can_do(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint16_t encr,
			      uint16_t key_bits, uint16_t integ, bool esn)
{
	return esn ? CYG_UNSUPPORTED : CYG_OK;
}

static enum cyg_status spi_alloc(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint8_t slot,
				 uint32_t *out, struct cyg_op *op)
{
	uint32_t spi;

	/* 24 random octets beside the slot: no table here could tell of a clash, and none matters. */
	do {
		cyg_shard_random(shard, &spi, sizeof(spi));
		spi = (uint32_t)slot << 24 | (spi & 0xffffff);
	} while (spi < 256);
	*out = spi;
	return CYG_OK;
}

static void spi_free(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi)
{
}

static enum cyg_status child_add(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_kernel_child *child, enum cyg_direction what,
				 struct cyg_op *op)
{
	return CYG_OK;
}

static enum cyg_status child_move(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				  uint32_t spi_in, const struct cyg_endpoint *local,
				  const struct cyg_endpoint *remote, bool udp_encap,
				  struct cyg_op *op)
{
	return CYG_OK;
}

static void child_remove(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi_in,
			 enum cyg_direction what, struct cyg_kernel_counters *last)
{
	if (last)
		*last = (struct cyg_kernel_counters){ 0 };
}

static enum cyg_status child_query(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				   uint32_t spi_in, struct cyg_kernel_counters *out,
				   struct cyg_op *op)
{
	*out = (struct cyg_kernel_counters){ 0 };
	return CYG_OK;
}

static enum cyg_status address_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				   uint32_t interface_id, const struct cyg_prefix *address, bool add,
				   struct cyg_op *op)
{
	return CYG_OK;
}

static enum cyg_status route_set(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_route *route, bool add, struct cyg_op *op)
{
	return CYG_OK;
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

static void esp_in_udp(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
		       struct cyg_datagram *datagrams, size_t count)
{
}

static const struct cyg_kernel_ops ops = {
	.name = "kernel-null",
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
	.esp_in_udp = esp_in_udp,
};

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_KERNEL(&ops),
	CYG_FEATURES_END,
};

CYG_PLUGIN(kernel_null, "kernel-null", .version = PACKAGE_VERSION,
	   .summary = "takes every request and carries nothing (benches)", .provides = provides,
	   .options = options);
