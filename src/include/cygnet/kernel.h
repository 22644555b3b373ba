/* SPDX-License-Identifier: MIT */
/*
 * The seam to the data plane: ESP SAs with their selectors, interfaces, addresses and routes.
 *
 * Exactly one plugin with CYG_KERNEL is active in a daemon. Requests for SAs are made on the shard
 * that owns the SA, those for interfaces on the control thread. A request that returns CYG_PENDING
 * completes its op; requests of one shard take effect in the order they were made. Structs given are borrowed for the call
 * unless said otherwise.
 */
#ifndef CYGNET_KERNEL_H
#define CYGNET_KERNEL_H

#include <cygnet/esp.h>
#include <cygnet/net.h>

/* Names an IKE_SA across threads: our SPI and the number of its use. */
struct cyg_sa_handle {
	uint64_t spi;
	uint32_t generation;
};

#define CYG_SELECTORS_MAX 16 /* of one side of one CHILD_SA */

/* One traffic selector (RFC 7296 3.13). Ports are inclusive; ICMP type and code as there. */
struct cyg_selector {
	struct cyg_ip_range addr;
	uint8_t protocol;              /* 0: any */
	uint16_t port_low, port_high;  /* 0-65535: any; 65535-0: OPAQUE */
};

struct cyg_selectors {
	uint8_t count;
	struct cyg_selector item[CYG_SELECTORS_MAX];
};

enum cyg_ipsec_mode {
	CYG_MODE_TUNNEL = 0,
	CYG_MODE_TRANSPORT = 1,
};

/* What both directions of a CHILD_SA share, and each one's SPI and key. */
struct cyg_kernel_child {
	uint32_t spi_in, spi_out;       /* host byte order; spi_in names the child on its shard */
	struct cyg_sa_handle owner;
	uint32_t replaces;              /* spi_in of the child that it rekeys, 0: none; takes over its routes */
	uint32_t interface_id;          /* of the virtual access, see struct cyg_kernel_interface */
	struct cyg_endpoint local, remote; /* outer */
	bool udp_encap;
	enum cyg_ipsec_mode mode;
	uint16_t encr, key_bits, integ;
	bool esn;
	uint32_t replay_window;         /* packets; 0: no check */
	struct cyg_bytes key_in, key_out; /* raw: cipher key, salt, integrity key; copied */
	const struct cyg_selectors *ts_local, *ts_remote; /* copied */
	uint64_t soft_octets, hard_octets;   /* volume limits, 0: none */
	/* Of a restored SA: first outbound sequence number less one; the highest inbound one seen before,
	 * which and below which nothing is taken any more. */
	uint64_t seq_out, seq_in;
	uint16_t mtu;                   /* of the outer path, 0: unknown */
};

enum cyg_direction { CYG_INBOUND = 1, CYG_OUTBOUND = 2, CYG_BOTH = 3 };

struct cyg_kernel_counters {
	uint64_t packets_in, octets_in, packets_out, octets_out; /* inner octets */
	uint64_t drop_auth, drop_replay, drop_selector, drop_malformed, drop_other; /* inbound */
	uint64_t drop_out;
	uint64_t drop_too_big;        /* outbound, told to the sender */
	uint64_t last_in_ms, last_out_ms; /* monotonic, 0: never */
	uint16_t path_mtu, inner_mtu; /* of the outer path, and what it leaves for a packet inside; 0: unknown */
};

#define CYG_KERNEL_TOTALS_MAX 64

/* A counter of one shard's data plane that belongs to no child. The texts are constant. */
struct cyg_kernel_total {
	const char *name;               /* "tun_read", stable: for programs */
	const char *help;               /* "packets read from tunnel devices" */
	bool drop;                      /* it counts packets that were lost */
	uint64_t value;
};

/* One interface of ours: all sessions of one template and VRF share it. */
struct cyg_kernel_interface {
	uint32_t id;                    /* given by control, stable while the interface exists */
	char name[16];                  /* of the Linux device */
	uint16_t mtu;
	struct cyg_prefix address4, address6; /* unset: none; host part kept in `.ip` */
	bool up;
};

struct cyg_route {
	struct cyg_prefix to;
	uint32_t interface_id;
	uint32_t spi_in;                /* the child that takes packets to `to`; 0: by selectors alone */
	uint8_t distance;
	uint32_t tag;
};

/* What the data plane tells the engine; each runs on the shard that owns the SA. */
struct cyg_kernel_events {
	/* A volume limit was reached. */
	void (*expire)(struct cyg_shard *shard, struct cyg_sa_handle owner, uint32_t spi_in, bool hard);
	/* An authenticated packet came from another address or port (behind NAT). */
	void (*mapping)(struct cyg_shard *shard, struct cyg_sa_handle owner, uint32_t spi_in,
			const struct cyg_endpoint *remote);
	/* A packet wants out of an interface and no SA takes it. At most one a second and interface. */
	void (*acquire)(struct cyg_shard *shard, uint32_t interface_id, const struct cyg_ip *source,
			const struct cyg_ip *destination, uint8_t protocol);
	/* ESP with an SPI that nobody has (already rate-limited). */
	void (*unknown_spi)(struct cyg_shard *shard, uint32_t spi, const struct cyg_endpoint *remote);
};

struct cyg_kernel_ops {
	const char *name;                /* "kernel-tun" */
	uint32_t features;               /* CYG_KERNEL_CAN_* */

	/* Once on each shard before anything else. `events` lives as long as the daemon. */
	enum cyg_status (*attach)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				  const struct cyg_kernel_events *events);
	/* Can this suite be had, with extended sequence numbers if `esn`? CYG_UNSUPPORTED if not; never CYG_PENDING. */
	enum cyg_status (*can_do)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint16_t encr,
				  uint16_t key_bits, uint16_t integ, bool esn);
	/* A fresh inbound SPI (above 255, with `slot` in its highest octet) at *out. */
	enum cyg_status (*spi_alloc)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint8_t slot,
				     uint32_t *out, struct cyg_op *op);
	/* Gives back one that no child was installed with. */
	void (*spi_free)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi);
	/* Installs the named directions. A rekey installs the new child beside the old one; outbound
	 * traffic moves to the child whose outbound direction was installed last. */
	enum cyg_status (*child_add)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				     const struct cyg_kernel_child *child, enum cyg_direction what,
				     struct cyg_op *op);
	/* New outer endpoints (NAT mapping, MOBIKE). */
	enum cyg_status (*child_move)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				      uint32_t spi_in, const struct cyg_endpoint *local,
				      const struct cyg_endpoint *remote, bool udp_encap,
				      struct cyg_op *op);
	/* Removes the named directions: without its outbound one a child takes what is still on its way to it,
	 * and no packet leaves by it. With the last direction it is gone; final counters at *last if not NULL.
	 * Never fails, never waits. */
	void (*child_remove)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t spi_in,
			     enum cyg_direction what, struct cyg_kernel_counters *last);
	enum cyg_status (*child_query)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				       uint32_t spi_in, struct cyg_kernel_counters *out,
				       struct cyg_op *op);
	/* Inner addresses (given to us) and routes on an interface, on a worker shard. Removing what is not
	 * there is fine. A child is found by its remote selectors; a route with `spi_in` leads to that child
	 * as well (sessions with any-any selectors that share an interface) until the child is removed,
	 * and goes on to the one that replaces it. */
	enum cyg_status (*address_set)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				       uint32_t interface_id, const struct cyg_prefix *address, bool add,
				       struct cyg_op *op);
	enum cyg_status (*route_set)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				     const struct cyg_route *route, bool add, struct cyg_op *op);
	/* Control thread: makes or changes an interface of ours; removes one. */
	enum cyg_status (*interface_set)(struct cyg_plugin_ctx *ctx, struct cyg_shard *control,
					 const struct cyg_kernel_interface *wanted, struct cyg_op *op);
	enum cyg_status (*interface_remove)(struct cyg_plugin_ctx *ctx, struct cyg_shard *control,
					    uint32_t interface_id, struct cyg_op *op);
	/* The counters of this shard that belong to no child, into `out` of CYG_KERNEL_TOTALS_MAX. How many. NULL: none. */
	unsigned (*totals)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, struct cyg_kernel_total *out);
	/* ESP in UDP that net/ received on this shard, `count` datagrams or runs of one receive call. NULL if
	 * the kernel takes them before us. */
	void (*esp_in_udp)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
			   struct cyg_datagram *datagrams, size_t count);
	/* UDP sockets must carry UDP_ENCAP (kernel ESP). */
	bool wants_udp_encap;
};

#define CYG_KERNEL_CAN_TRANSPORT 1u
#define CYG_KERNEL_CAN_RAW_ESP   4u
#define CYG_KERNEL_CAN_DEVICE    8u /* real devices per session */

#endif
