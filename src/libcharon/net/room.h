/* SPDX-License-Identifier: MIT */
/*
 * What receive.c and send.c share of one shard's sockets. Owning shard only.
 *
 * Buffers: received octets live in `receive`, one slot per message of a receive call; what is sent is
 * copied to `arena` until the turn ends, but for runs of ESP, whose owner keeps them that long.
 */
#ifndef NET_ROOM_H
#define NET_ROOM_H

#include "net/net.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define NET_RECEIVE_BATCH  32  /* messages per receive call */
#define NET_RECEIVE_ROUNDS 8   /* calls per socket and turn, so that others get their turn */
#define NET_SEND_BATCH     64  /* messages per send call */
#define NET_ESP_BATCH      64  /* packets or runs given to the data plane at once */
#define NET_ARENA          (256u * 1024)
#define NET_LATE_MAX       256 /* datagrams or runs that wait for a full socket */
#define NET_LATE_OCTETS    (1024u * 1024)
#define NET_STRAY_OCTETS   (4u * 1024 * 1024) /* forwarded by one shard and not yet taken */
#define NET_RUN_SEGMENTS   64  /* that every kernel with UDP_SEGMENT takes */

#define NET_CONTROL_IN  160
#define NET_CONTROL_OUT 96

struct net_late;

/* A message waiting for the end of the turn. `control` holds packet info and TOS first, then the segment size. */
struct net_out {
	struct sockaddr_storage to;
	struct iovec octets;
	_Alignas(struct cmsghdr) uint8_t control[NET_CONTROL_OUT];
	uint16_t info_len; /* without the segment size */
	uint16_t segment;  /* 0: one datagram */
};

struct net_socket {
	struct cyg_poll poll;
	struct net_shard *net;
	struct cyg_endpoint bound;
	bool natt, segments;             /* the kernel cuts runs */
	uint32_t kernel_dropped;
	unsigned queued;
	struct mmsghdr header[NET_SEND_BATCH];
	struct net_out out[NET_SEND_BATCH];
	struct net_late *late, **late_tail; /* in order, while the socket is full */
	unsigned late_count;
	size_t late_octets;
};

/* How much one shard has forwarded that nobody has taken yet. Counted: the shard and each message. */
struct net_window {
	atomic_uint refs;
	atomic_size_t octets;
};

struct net_shard {
	struct cyg_shard *shard;
	struct net_counters counters;
	struct net_setup setup;          /* without the sockets */
	struct cyg_turn_end turn_end;
	struct net_window *window;

	uint8_t *receive;                /* mapped */
	size_t receive_size, slot_size, datagram_max;
	struct mmsghdr in[NET_RECEIVE_BATCH];
	struct iovec in_octets[NET_RECEIVE_BATCH];
	struct sockaddr_storage from[NET_RECEIVE_BATCH];
	_Alignas(struct cmsghdr) uint8_t in_control[NET_RECEIVE_BATCH][NET_CONTROL_IN];
	struct cyg_datagram esp[NET_ESP_BATCH];
	size_t esp_count;

	size_t arena_used;
	uint8_t arena[NET_ARENA];

	size_t count;
	struct net_socket socket[];
};

/* receive.c: reads what is there and hands it out. */
void net_receive(struct net_socket *s);
/* The octets of one message, pieces of `segment` octets unless 0. ESP stays in the batch; the octets have to
 * stay until net_flush_esp(). */
void net_take(struct net_socket *s, const struct cyg_datagram *whole, size_t segment);
void net_flush_esp(struct net_shard *net);
/* How many packets there are in one datagram or run. */
size_t net_pieces(const struct cyg_datagram *datagram);

/* send.c: the hooks behind cyg_net_send() and cyg_net_send_run(). */
void net_send(void *ctx, struct cyg_shard *shard, const struct cyg_endpoint *local,
	      const struct cyg_endpoint *remote, struct cyg_bytes octets, bool ike);
void net_send_run(void *ctx, struct cyg_shard *shard, const struct cyg_endpoint *local,
		  const struct cyg_endpoint *remote, struct cyg_bytes octets, size_t segment, uint8_t tos);
void net_flush(struct net_shard *net);
/* The socket takes datagrams again. */
void net_send_late(struct net_socket *s);
void net_drop_late(struct net_socket *s);

#endif
