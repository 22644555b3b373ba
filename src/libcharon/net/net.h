/* SPDX-License-Identifier: MIT */
/*
 * The UDP sockets of one shard: datagrams in, told apart as IKE, ESP in UDP and keepalives and steered to the shard
 * they belong to; datagrams out, gathered over a turn.
 *
 * Owning shard only, but for the functions on sockets, which the control thread calls before it hands
 * them out. The shard's `net`, `send` and `send_run` members are set by net_shard_new() and cleared by
 * net_shard_free().
 *
 * Steering is speed, never correctness: where the socket filter is missing or errs, the datagram is
 * forwarded once, by message, to the shard that its SPI names.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "shard/shard.h"

#include <cygnet/net.h>

struct mmsghdr;

#define NET_SOCKETS_MAX  16    /* of one shard */
#define NET_DATAGRAM_MAX 65507 /* octets of payload that UDP over IPv4 carries */

struct net_socket_setup {
	int fd;    /* bound, UDP; -1: the caller could not get it, which is an error here */
	bool natt; /* the NAT traversal port: markers and ESP */
};

struct net_setup {
	const struct net_socket_setup *sockets;
	size_t count;
	/* An IKE datagram for this shard, its marker taken off: driver_input() of the engine. */
	void (*ike_input)(void *ctx, struct cyg_shard *shard, struct cyg_datagram *datagram);
	void *ike_ctx;
	/* ESP in UDP for this shard, of one receive call: net_esp_to_kernel(), or NULL to count and drop. */
	void (*esp_input)(void *ctx, struct cyg_shard *shard, struct cyg_datagram *datagrams,
			  size_t count);
	void *esp_ctx;
	/* For tests. */
	size_t datagram_max; /* longer ones are truncated, hence dropped; 0: what UDP can carry */
	int (*sendmmsg)(int fd, struct mmsghdr *messages, unsigned count, int flags); /* NULL: the system's */
};

/* All plain counts since the shard began. */
struct net_counters {
	uint64_t datagrams_in, octets_in, receive_calls;
	uint64_t ike_in, esp_in, keepalives_in;
	uint64_t truncated, too_short, no_address, not_unicast; /* dropped */
	uint64_t esp_unwanted;                                  /* dropped: no data plane takes it */
	uint64_t receive_errors;
	uint64_t kernel_dropped;                                /* before us: a receive buffer was full */
	uint64_t forwarded, forwarded_in, forward_dropped;      /* to and from other shards */
	uint64_t datagrams_out, octets_out, send_calls;         /* segments of a run count each */
	uint64_t runs_out, runs_split;                          /* given whole to the kernel; one by one */
	uint64_t send_refused, send_no_socket, send_too_long;   /* lost */
	uint64_t send_delayed, send_overflow;                   /* socket full: sent later; lost */
	int last_send_errno;
};

/*
 * Takes the sockets: net_shard_free() closes them (on failure they stay the caller's). On failure `why`
 * says which socket and what to do. CYG_NOT_FOUND: none, or a missing one; CYG_REFUSED: no bound UDP
 * socket; CYG_LIMIT; CYG_NOMEM; CYG_IO.
 */
enum cyg_status net_shard_new(struct cyg_shard *shard, const struct net_setup *setup,
			      struct net_shard **out, struct cyg_strbuf *why) CYG_MUST_CHECK;
/* What this turn has queued is sent before. NULL is fine. */
void net_shard_free(struct net_shard *net);
const struct net_counters *net_counters(const struct net_shard *net);

/* As `esp_input`: to the active kernel plugin. `ctx` is not used. */
void net_esp_to_kernel(void *ctx, struct cyg_shard *shard, struct cyg_datagram *datagrams, size_t count);

/* Options that need no privilege: packet info, counting of losses, and merged receive on the NAT
 * traversal port. net_shard_new() does it, too. CYG_IO with errno set. */
enum cyg_status net_socket_prepare(int fd, bool natt) CYG_MUST_CHECK;

/* --- Steering --- */

/*
 * Makes the kernel deal datagrams of a SO_REUSEPORT group to its sockets as net_steer_ike() and
 * net_steer_esp() say; once per group, through any of its sockets. The group must have been bound in
 * the order of the shards, one socket each, and none may be closed singly. CYG_UNSUPPORTED or CYG_IO with
 * errno set: everything works on, with more forwarding.
 */
enum cyg_status net_steer_attach(int fd, bool natt, const struct cyg_shard *shard) CYG_MUST_CHECK;
/* The worker that an IKE message (from its header on) belongs to; `shard`'s own index when it is too
 * short to tell. */
unsigned net_steer_ike(const struct cyg_shard *shard, struct cyg_bytes message);
unsigned net_steer_esp(const struct cyg_shard *shard, struct cyg_bytes packet);

#endif
