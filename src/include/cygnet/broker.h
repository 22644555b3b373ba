/* SPDX-License-Identifier: MIT */
/*
 * What the daemon asks of the starter, which alone runs as root. One request, one reply, each a
 * single SOCK_SEQPACKET message with at most one descriptor; the starter answers only what its own
 * configuration lists. The functions are for the control thread.
 */
#ifndef CYGNET_BROKER_H
#define CYGNET_BROKER_H

#include <cygnet/ip.h>
#include <cygnet/shard.h>

#define CYG_BROKER_FD      3 /* the daemon's end, inherited */
#define CYG_BROKER_VERSION 1
#define CYG_BROKER_PATH_MAX 256
#define CYG_BROKER_TEXT_MAX 256

enum cyg_broker_verb {
	CYG_BROKER_HELLO = 1,      /* version; reply: version */
	CYG_BROKER_SOCKET,         /* reply: a descriptor */
	CYG_BROKER_TUN,            /* reply: one queue of a TUN device as a descriptor */
	CYG_BROKER_FILE_OPEN,      /* a configured file, read only; reply: a descriptor */
	CYG_BROKER_CONFIG_REPLACE, /* startup-config from the descriptor sent along, atomically */
	CYG_BROKER_KEEP,           /* keep the descriptor sent along under a name across a restart */
	CYG_BROKER_RETURN,         /* give back what was kept */
	CYG_BROKER_READY,          /* started; `text` is the status line */
	CYG_BROKER_ALIVE,          /* watchdog: all shards made progress */
};

enum cyg_broker_socket_kind {
	CYG_SOCKET_UDP = 1,        /* IKE: bound, SO_REUSEPORT, packet info, mark, DF as configured */
	CYG_SOCKET_RAW_ESP,        /* IP protocol 50 */
	CYG_SOCKET_TCP_LISTEN,
	CYG_SOCKET_ROUTE_NETLINK,
};

struct cyg_broker_socket {
	enum cyg_broker_socket_kind kind;
	struct cyg_endpoint local; /* unspecified address of the family: any */
	bool udp_encap;
};

struct cyg_broker_request {
	enum cyg_broker_verb verb;
	struct cyg_broker_socket socket;
	char name[CYG_BROKER_PATH_MAX]; /* TUN device, file, kept name */
	char text[CYG_BROKER_TEXT_MAX];
	int fd;                         /* sent along (stays the caller's), or -1 */
};

struct cyg_broker_reply {
	enum cyg_status status;
	char text[CYG_BROKER_TEXT_MAX]; /* why not, and the mending command */
	int fd;                         /* the caller's from now on, or -1 */
};

/* `request` is copied; `reply` must stay until the op has ended (after a cancel it is not touched and a
 * descriptor that comes late is closed). */
CYG_EXPORT enum cyg_status cyg_broker_call(struct cyg_shard *control,
					   const struct cyg_broker_request *request,
					   struct cyg_broker_reply *reply, struct cyg_op *op) CYG_MUST_CHECK;

#endif
