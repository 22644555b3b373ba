/* SPDX-License-Identifier: MIT */
/*
 * What stands around the engine in its tests: a data plane that remembers, an address pool and an
 * authorization provider that do as they are told. Each is a real plugin in the real registry; state is per shard.
 */
#ifndef TESTING_ENGINE_FAKES_H
#define TESTING_ENGINE_FAKES_H

#include <cygnet/plugin.h>

#define FAKE_CHILDREN_MAX 64
#define FAKE_ROUTES_MAX   64

struct fake_child {
	bool used, allocated, in, out;
	bool lingers;                   /* it hears, and never sends again */
	uint32_t spi_in, spi_out, replaces, interface_id;
	struct cyg_endpoint local, remote;
	bool udp_encap, esn;
	enum cyg_ipsec_mode mode;
	uint16_t encr, key_bits, integ;
	size_t key_len;
	uint8_t key_in[160], key_out[160];
	struct cyg_selectors ts_local, ts_remote;
	struct cyg_kernel_counters counters;
	uint64_t soft_octets, hard_octets;
	unsigned order;                 /* of the outbound direction: the highest has the traffic */
};

struct fake_kernel {
	struct fake_child child[FAKE_CHILDREN_MAX];
	/* One entry for each wish; `spi_in` is the child that it leads to now, 0: to whoever has the selectors. */
	struct cyg_route route[FAKE_ROUTES_MAX];
	unsigned route_count;
	struct cyg_prefix address[FAKE_ROUTES_MAX];
	unsigned address_count;
	unsigned order;
	const struct cyg_kernel_events *events;
	/* How to behave. */
	bool refuse_add, refuse_spi;
	uint16_t refuse_encr;           /* this cipher it cannot do; 0: it can do all */
	uint16_t refuse_esn;            /* this one not with extended sequence numbers */
	bool hold;                      /* operations wait for fake_release() */
	struct cyg_op *held;            /* the one that waits */
	enum cyg_status held_status;
};

/* The state on this shard. */
struct fake_kernel *fake_kernel(struct cyg_shard *shard);
/* Those that are whole or will be; those that linger. */
unsigned fake_children(struct cyg_shard *shard);
unsigned fake_lingering(struct cyg_shard *shard);
struct fake_child *fake_child(struct cyg_shard *shard, unsigned n);
/* The child that has the outbound traffic. */
struct fake_child *fake_active(struct cyg_shard *shard);
/* Lets the held operation of this kernel end. */
void fake_release(struct fake_kernel *kernel);

/* Leases out and given back, over all shards; reset by fake_reset(). */
extern unsigned fake_leased, fake_released;
/* "slow" as authorization name waits for this. */
extern struct cyg_op *fake_slow_op;
void fake_reset(void);

extern const struct cyg_plugin cyg_plugin_fake_kernel, cyg_plugin_fake_kernel_udp, cyg_plugin_fake_pool,
	 cyg_plugin_fake_authz;

#endif
