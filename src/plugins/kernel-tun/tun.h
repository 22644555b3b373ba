/* SPDX-License-Identifier: MIT */
/*
 * ESP in user space over TUN devices: what the files of this plugin share.
 *
 *   child.c    the SAs of one shard: install, move, remove, query; which of them takes a packet
 *   out.c      batches of inner packets: look-up, trailer, sealing, sending
 *   in.c       batches of ESP packets: look-up, opening, checks, writing to the device
 *   link.c     a shard's side of an interface: its TUN queue, raw ESP sockets, other shards' prefixes
 *   path.c     the outer path's MTU, and what TCP inside hears of it
 *   cut.c fragment.c merge.c sum.c inner.c   packets, pure
 *   ways.c replay.c               tables, pure
 *
 * Devices, addresses, routes and SPIs are libkernel's, which every data plane shares.
 *
 * Every function here that takes a struct tun_shard belongs to that shard's thread; struct tun_plugin
 * belongs to the control thread but for its constant members. Shards speak by messages only.
 *
 * Events to the engine are kept until a batch is over, because the engine may remove children in them.
 */
#ifndef KERNEL_TUN_TUN_H
#define KERNEL_TUN_TUN_H

#include "cut.h"
#include "fragment.h"
#include "inner.h"
#include "merge.h"
#include "path.h"
#include "replay.h"
#include "ways.h"

#include "libkernel/device.h"
#include "libkernel/held.h"
#include "libkernel/spi.h"

#include <cygnet/broker.h>
#include <cygnet/plugin.h>

#define TUN_BATCH        CYG_ESP_BATCH
#define TUN_PACKET_MAX   9216       /* longest inner packet that is not cut */
#define TUN_READ_MAX     (VNET_LEN + CUT_PACKET_MAX)
#define TUN_MTU_DEFAULT  1400
#define TUN_READ_AREA    (512 * 1024)
#define TUN_SEND_AREA    (1024 * 1024) /* sealed packets of one turn */
#define TUN_SEND_LEAST   (128 * 1024)  /* room in it without which nothing is read */
#define TUN_RUN_OCTETS   65000      /* of one run: what UDP segmentation takes, with room to spare */
#define TUN_RUN_COUNT    64         /* packets of one run, likewise */
#define TUN_RAW_BATCH    32
#define TUN_RAW_SLOT     (TUN_PACKET_MAX + 256)
#define TUN_SUITES_MAX   32
#define TUN_SEQ_SOFT     UINT32_C(0xf0000000) /* a 32-bit number space that is nearly used up */
#define TUN_EVENTS_MAX   128
#define TUN_ERRORS_PER_S 100        /* ICMP errors of one interface */
#define TUN_UNKNOWN_PER_S 10        /* unknown_spi events of one shard */
#define TUN_PATH_MS      2000       /* between two questions for the path's MTU of a child with traffic */
#define TUN_MAPPING_MS   1000       /* between two events about the same mapping of one child */

struct tun_conf {
	uint32_t mtu, replay_window, queue_length;
	bool clamp_mss, copy_dscp, fragment_inside;
};

/* One suite as it is resolved on this shard now. */
struct tun_suite {
	uint16_t encr, key_bits, integ;
	bool there;
	struct cyg_esp esp;
};

/* Packets that were dropped, by reason, where no child counts them. */
struct tun_counters {
	uint64_t tun_read, tun_written, sealed, opened;
	uint64_t cut, cut_into, merged, merged_into;
	uint64_t fragmented, fragments;
	uint64_t no_way, not_ip, too_big, write_full, write_failed, area_full;
	uint64_t short_esp, unknown_spi, unused_spi;
	uint64_t forwarded, forwarded_in, forward_lost;
	uint64_t raw_sent, raw_send_calls, raw_received, raw_receive_calls;
	uint64_t raw_foreign, raw_send_failed;
};

/* An interface as one shard knows it; also before its device is there and after it is gone. */
struct tun_link {
	struct tun_link *next;
	struct tun_shard *shard;
	uint32_t id;
	uint32_t children;
	bool there;                 /* control has made it */
	char name[16];
	uint16_t mtu;
	unsigned index;             /* of the device */
	int fd;                     /* this shard's queue, or -1 */
	bool merges_tcp, merges_udp;/* what the device takes merged */
	struct cyg_poll poll;
	struct ways ways;
	uint64_t acquire_after_ms, errors_since_ms;
	unsigned errors;
};

/* A CHILD_SA, both directions. */
struct tun_child {
	struct tun_shard *shard;
	struct tun_link *link;
	struct tun_suite *suite;
	uint32_t spi_in, spi_out;
	struct cyg_sa_handle owner;
	struct cyg_endpoint local, remote;
	bool udp_encap, esn;
	bool any_ports;             /* its selectors take packets without ports, too: fragments */
	bool in, out;               /* directions that are installed */
	bool soft_told, hard_told;  /* hard: nothing passes any more */
	uint16_t told_mtu;          /* of the outer path, by the engine; 0: none */
	bool path_asked;            /* is it known of this path? */
	uint16_t outer_mtu, inner_mtu; /* as it was when it was asked for; 0: unknown */
	uint64_t path_asked_ms;
	uint8_t *keys;              /* locked memory: the inbound key, then the outbound one */
	uint32_t key_in_len, key_out_len;
	uint64_t seq_out;
	struct replay replay;
	uint64_t soft_octets, hard_octets;
	struct cyg_kernel_counters counters;
	struct cyg_endpoint told;   /* the mapping that was last reported */
	uint64_t told_ms;
	struct way *ways;
	/* While a batch is at work: its packets of this child, and the next child with some. */
	int batch_first, batch_last;
	struct tun_child *batch_next;
	uint8_t local_count, remote_count;
	struct cyg_selector selectors[]; /* local ones, then remote ones */
};

enum tun_event_kind { TUN_EXPIRE_SOFT, TUN_EXPIRE_HARD, TUN_MAPPING, TUN_ACQUIRE, TUN_UNKNOWN_SPI };

struct tun_event {
	enum tun_event_kind kind;
	struct cyg_sa_handle owner;
	uint32_t spi;               /* or the interface */
	struct cyg_endpoint remote;
	struct cyg_ip source, destination;
	uint8_t protocol;
};

/* Sockets for ESP without UDP, one per family, of one shard. */
struct tun_raw {
	struct tun_shard *shard;
	int fd;                     /* -1: none */
	uint8_t family;
	struct cyg_poll poll;
};

struct tun_shard {
	struct cyg_shard *shard;
	struct cyg_plugin_ctx *ctx;
	const struct cyg_kernel_events *events;
	struct spi_table spis;
	struct tun_link *links;
	struct tun_suite suites[TUN_SUITES_MAX];
	unsigned suite_count;
	uint32_t generation;
	uint32_t child_count;
	struct tun_raw raw[2];      /* IPv4, IPv6 */
	uint8_t *raw_area;
	uint8_t *read_area;
	uint8_t *send_area;
	size_t send_used;
	bool send_turn_over;        /* what is in the send area has gone out */
	struct cyg_turn_end turn_end;
	struct tun_event event[TUN_EVENTS_MAX];
	unsigned event_count;
	bool delivering;
	bool stopping;              /* what goes now goes with the shard: nobody needs to be told */
	uint64_t unknown_since_ms;
	unsigned unknown;
	struct nl nl;
	struct held held;           /* addresses and routes in the system that this shard keeps count of */
	struct outbox outbox;
	struct tun_link *merging;   /* the interface that `merge` is for, NULL: none is at work */
	uint32_t merging_of;        /* and the inbound SPI of the child whose packet began it */
	struct merge merge;
	struct tun_counters counters;
};

/* What tests put in place of the world. */
struct tun_hooks {
	enum cyg_status (*broker_call)(struct cyg_shard *control, const struct cyg_broker_request *request,
				       struct cyg_broker_reply *reply, struct cyg_op *op);
	int (*netlink_open)(int protocol);
	/* Asks a TUN queue for large packets; what it may be given, too. */
	void (*offload)(int fd, bool *tcp, bool *udp);
	uint16_t (*path_mtu)(const struct cyg_endpoint *local, const struct cyg_endpoint *remote);
};
extern struct tun_hooks tun_hooks;

static inline struct tun_shard *tun_shard_of(struct cyg_plugin_ctx *ctx, const struct cyg_shard *shard)
{
	return cyg_plugin_shard_data(ctx, shard);
}

/* --- child.c --- */

enum cyg_status tun_can_do(struct tun_shard *s, uint16_t encr, uint16_t key_bits, uint16_t integ);
enum cyg_status tun_child_add(struct tun_shard *s, const struct cyg_kernel_child *child,
			      enum cyg_direction what) CYG_MUST_CHECK;
enum cyg_status tun_child_move(struct tun_shard *s, uint32_t spi_in, const struct cyg_endpoint *local,
			       const struct cyg_endpoint *remote, bool udp_encap) CYG_MUST_CHECK;
void tun_child_remove(struct tun_shard *s, uint32_t spi_in, enum cyg_direction what,
		      struct cyg_kernel_counters *last);
static inline struct tun_child *tun_child_find(struct tun_shard *s, uint32_t spi_in)
{
	return (struct tun_child *)spi_child(&s->spis, spi_in);
}
/* Packets to `prefix` go to this child too; the other shards are told. */
enum cyg_status tun_child_route(struct tun_child *child, const struct cyg_prefix *prefix, bool add) CYG_MUST_CHECK;
void tun_children_free(struct tun_shard *s);
/* Looks the suites up again if the registry changed. Before each batch. */
void tun_suites_refresh(struct tun_shard *s);

struct tun_target {
	struct tun_child *child;    /* NULL: none here */
	int shard;                  /* the other shard that may have it, or -1 */
};
struct tun_target tun_child_for(struct tun_link *link, const struct inner *in);
/* Asks for the MTU of the outer path, if it is time to. */
void tun_child_path(struct tun_child *child, uint64_t now_ms);
/* ..., if nobody has: the first packet does, or who looks. */
void tun_child_path_known(struct tun_child *child);
/* The longest packet inside that the device and the path take. */
uint16_t tun_child_mtu(struct tun_child *child);
void tun_child_limits(struct tun_child *child, uint64_t total);
/* After octets passed in the direction whose total is now `total`. */
static inline void tun_child_volume(struct tun_child *child, uint64_t total)
{
	if ((child->soft_octets && total >= child->soft_octets) || (child->hard_octets && total >= child->hard_octets) ||
	    child->seq_out >= TUN_SEQ_SOFT)
		tun_child_limits(child, total);
}

/* --- out.c --- */

struct tun_packet {             /* an inner packet, or a large one that stands for a row of them */
	uint8_t *octets;
	size_t len;
	struct vnet vnet;
};
/* `count` <= TUN_BATCH. `relayed`: another shard sent them here, so they go no further. */
void tun_out(struct tun_link *link, struct tun_packet *packets, unsigned count, bool relayed);

/* --- in.c --- */

struct tun_sealed {
	uint8_t *esp;
	size_t len;
	const struct cyg_endpoint *local, *remote;
	bool udp;
	uint8_t ecn;                /* of the outer header, where it is known */
};
/* `count` <= TUN_BATCH. What they hold may stay borrowed until tun_in_end(), after which nothing is. */
void tun_in(struct tun_shard *s, struct tun_sealed *packets, unsigned count, bool relayed);
void tun_in_end(struct tun_shard *s);

/* --- link.c --- */

/* The shard's knowledge of an interface, made if needed. NULL: no memory. */
struct tun_link *tun_link_get(struct tun_shard *s, uint32_t id);
struct tun_link *tun_link_find(struct tun_shard *s, uint32_t id);
/* One packet to the device: parts of it, the first of which is a virtio header. */
void tun_link_write(struct tun_link *link, const struct iovec *parts, unsigned count);
/* Asks the system for large packets: tun_hooks.offload. */
void tun_link_offload(int fd, bool *tcp, bool *udp);
/* An ICMP error about a packet that does not fit, rate-limited. */
void tun_link_too_big(struct tun_link *link, const struct tun_packet *packet, const struct inner *in,
		      uint16_t mtu);
/* Tells the other shards that this one has, or no longer has, children at these prefixes. */
enum cyg_status tun_announce(struct tun_link *link, const struct cyg_prefix *prefixes, unsigned count,
			     bool add) CYG_MUST_CHECK;
/* Hands packets to another shard; what it does not take is lost and counted. */
void tun_relay_plain(struct tun_link *link, unsigned shard, const struct tun_packet *packets, unsigned count);
void tun_relay_sealed(struct tun_shard *s, unsigned shard, const struct tun_sealed *packets, unsigned count);
/* Sends ESP without UDP; `sizes` of packets that lie behind each other. */
void tun_raw_send(struct tun_shard *s, const struct cyg_endpoint *local, const struct cyg_endpoint *remote,
		  const uint8_t *octets, const uint16_t *sizes, const uint8_t *tos, unsigned count);
/* The first room of a turn. */
uint8_t *tun_send_first(struct tun_shard *s, size_t len);
/* Room in the send area, in which what is sealed stays until the turn is over; NULL: there is none. */
static inline uint8_t *tun_send_room(struct tun_shard *s, size_t len)
{
	uint8_t *room = s->send_area + s->send_used;

	if (s->send_turn_over || s->send_used == 0)
		return tun_send_first(s, len);
	if (len > TUN_SEND_AREA - s->send_used)
		return NULL;
	s->send_used += len;
	return room;
}
/* Gives back what of it is behind `end`. */
static inline void tun_send_cut(struct tun_shard *s, const uint8_t *end)
{
	s->send_used = (size_t)(end - s->send_area);
}
static inline size_t tun_send_left(const struct tun_shard *s)
{
	return s->send_turn_over ? TUN_SEND_AREA : TUN_SEND_AREA - s->send_used;
}
/* The last `len` octets of it, for what is not sent itself and may be overwritten by what is; NULL: there is no room. */
static inline uint8_t *tun_send_tail(struct tun_shard *s, size_t len)
{
	return len <= tun_send_left(s) ? s->send_area + TUN_SEND_AREA - len : NULL;
}
void tun_event(struct tun_shard *s, const struct tun_event *event);
/* Tells the engine; no pointer to a child may be held across it. */
void tun_events_deliver(struct tun_shard *s);
void tun_links_free(struct tun_shard *s);
/* From control: an interface appears or changes, or goes away. */
/* Owns the descriptors. */
enum cyg_status tun_link_attach(struct tun_shard *s, struct device_attach *attach);
void tun_link_detach(struct tun_shard *s, uint32_t id);

#endif
