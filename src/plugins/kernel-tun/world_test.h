/* SPDX-License-Identifier: MIT */
/*
 * Two gateways in one process: each a manual group of shards with the plugin and real ESP suites, TUN
 * devices and raw sockets that are socket pairs, a system that answers netlink requests as it is told,
 * and a wire between them on which datagrams wait until the test takes them on.
 */
#ifndef KERNEL_TUN_WORLD_TEST_H
#define KERNEL_TUN_WORLD_TEST_H

#include "packets_test.h"
#include "tun.h"

#include "registry/registry.h"
#include "shard/shard.h"

#define WORLD_SHARDS    2
#define WORLD_DATAGRAMS 512
#define WORLD_REQUESTS  256
#define WORLD_EVENTS    64

struct world_event {
	enum tun_event_kind kind;
	struct cyg_sa_handle owner;
	uint32_t spi;
	struct cyg_endpoint remote;
	struct cyg_ip destination;
};

struct side {
	struct shard_group *group;
	struct registry *reg;
	const struct cyg_kernel_ops *ops;
	struct cyg_plugin_ctx *ctx;
	unsigned workers, tuns;
	int tun[WORLD_SHARDS];        /* our end of each queue */
	int raw[2][WORLD_SHARDS];     /* our end of each raw socket: IPv4, IPv6 */
	unsigned raws[2];
	unsigned events;
	struct world_event event[WORLD_EVENTS];
	uint32_t remove_in_event;     /* this child is removed from within the event */
	bool no_tun, no_raw;          /* the broker refuses */
};

struct datagram {
	struct side *from;
	struct cyg_endpoint local, remote;
	size_t len;
	uint8_t tos;
	uint8_t octets[2048];
};

struct request {
	uint16_t type, flags;
	uint8_t body[512];
	size_t len;
	int fd;
	uint32_t seq;
};

struct world {
	struct side a, b;
	struct shard_clock clock;
	unsigned datagrams, runs;
	struct datagram *datagram;
	unsigned requests;
	struct request request[WORLD_REQUESTS];
	int netlink[16];
	unsigned netlinks;
	int refuse_type, refuse_error; /* a request of this type gets this error */
	bool refuse_ipv6;              /* only if it is about IPv6 */
	int ignore_type;               /* is not answered */
	int routes;                    /* added less removed */
	uint16_t path_mtu;             /* what the system knows */
	unsigned path_asked;
	bool merges;                   /* the devices take large packets; set before world_interface() */
	unsigned stale_rules;          /* so many RTM_DELRULE are answered with success */
};

extern struct world world;

void world_new(unsigned workers);
/* The same, with one interface on each side and an MTU of 1400. */
void world_begin(unsigned workers);
/* Ends both gateways and checks that nothing is left. */
void world_free(void);
/* Runs both gateways and the system until nothing moves. */
void world_run(void);
struct cyg_shard *worker(struct side *side, unsigned n);
/* The interface on a side, as control makes it. */
void world_interface(struct side *side, uint32_t id, uint16_t mtu);
/* Calls an operation's provider on behalf of the caller; the status after everything has run. */
extern enum cyg_status world_status;
struct cyg_op *world_op(struct cyg_shard *shard);
enum cyg_status world_wait(enum cyg_status status);

/* A suite and what a pair of children gets beyond the defaults. */
struct pair {
	uint16_t encr, key_bits, integ;
	bool esn, raw;
	uint32_t window;
	uint64_t seq_out, seq_in, soft, hard; /* sequence numbers of both sides */
	uint16_t mtu;
	struct cyg_selectors a, b;       /* count 0: 10.1.0.0/16, 2001:db8:1::/48 and 10.2.0.0/16, 2001:db8:2::/48 */
	unsigned worker_a, worker_b;
	uint32_t replaces_a;
	uint32_t spi_a, spi_b;           /* out: inbound ones */
	struct cyg_kernel_child child_a, child_b; /* out */
};
void world_connect(struct pair *pair);
void world_disconnect(struct pair *pair);
struct cyg_kernel_counters counters_of(struct side *side, unsigned worker, uint32_t spi);
struct tun_shard *tun_of(struct side *side, unsigned worker);

/* A packet into a side's device, at the queue of one shard. */
void tun_put(struct side *side, unsigned shard, const void *packet, size_t len);
void tun_put_large(struct side *side, unsigned shard, const struct vnet *vnet, const void *packet, size_t len);
/* The next packet that came out of it, or 0. */
size_t tun_get(struct side *side, unsigned shard, uint8_t *out, size_t size);
size_t tun_get_large(struct side *side, unsigned shard, struct vnet *vnet, uint8_t *out, size_t size);
/* One datagram from the wire into the other side's shard; -1: the right one. */
void wire_give(struct datagram *datagram, int shard);
/* All that waits and has the size of the first, as the run that the system merges. */
void wire_give_merged(void);
/* All that waits, in order; empties the wire. */
void wire_give_all(int shard);
struct datagram *wire_last(void);

/* Sends one packet from a to b and checks that it arrives as it was. */
void world_passes(const char *from, const char *to, size_t body);

#endif
