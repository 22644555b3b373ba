/* SPDX-License-Identifier: MIT */
/* ESP in UDP to whichever kernel plugin is active. Owning shard. */
#include "net/room.h"

#include <cygnet/kernel.h>
#include <cygnet/plugin.h>

void net_esp_to_kernel(void *ctx, struct cyg_shard *shard, struct cyg_datagram *datagrams, size_t count)
{
	struct cyg_plugin_ctx *plugin;
	/* Asked each time: a look-up is an index, and no pointer outlives a plugin that is unloaded. */
	const struct cyg_feature *kernel = cyg_get_feature(shard, CYG_KERNEL, 0, &plugin);

	if (kernel && kernel->kernel->esp_in_udp)
		kernel->kernel->esp_in_udp(plugin, shard, datagrams, count);
	else if (shard->net)
		for (size_t i = 0; i < count; i++)
			shard->net->counters.esp_unwanted += net_pieces(&datagrams[i]);
}
