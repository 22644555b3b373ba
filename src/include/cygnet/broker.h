/* SPDX-License-Identifier: MIT */
/*
 * What the daemon asks of the starter, which alone runs as root. One request, one reply, each a
 * single SOCK_SEQPACKET message with at most one descriptor. The starter answers only what it lists
 * (socket kinds, ports, device names, its own folder of configuration) and parses no configuration.
 * The functions are for the control thread.
 */
#ifndef CYGNET_BROKER_H
#define CYGNET_BROKER_H

#include <cygnet/ip.h>
#include <cygnet/shard.h>

#define CYG_BROKER_FD        3 /* the daemon's end, inherited */
#define CYG_BROKER_VERSION   1
#define CYG_BROKER_NAME_MAX  256 /* with the NUL */
#define CYG_BROKER_TEXT_MAX  256
#define CYG_BROKER_KEPT_MAX  256 /* descriptors that the starter keeps */
#define CYG_BROKER_PENDING_MAX 64 /* calls under way; one more is CYG_BUSY */
#define CYG_BROKER_CONFIG_MAX (64u << 20) /* octets of a startup-config: more than 100,000 peers with sealed keys have */

enum cyg_broker_verb {
	CYG_BROKER_HELLO = 1,      /* made by the client itself before the first call */
	CYG_BROKER_SOCKET,         /* reply: a descriptor. CYG_EXISTS: the port is somebody else's */
	CYG_BROKER_TUN,            /* one queue of the TUN device `name`, made if it is not there;
	                            * reply: a descriptor. CYG_UNSUPPORTED: no /dev/net/tun */
	CYG_BROKER_FILE_OPEN,      /* `name` below etc/cygnet, read only; reply: a descriptor of a regular
	                            * file. CYG_NOT_FOUND, CYG_REFUSED */
	CYG_BROKER_CONFIG_REPLACE, /* startup-config from the memfd sent along (sealed against writing
	                            * and shrinking), atomically */
	CYG_BROKER_KEEP,           /* keep the descriptor sent along under `name` across a crash, instead
	                            * of the one of that name; without a descriptor: forget it. CYG_LIMIT */
	CYG_BROKER_RETURN,         /* a duplicate of what is kept as `name`. CYG_NOT_FOUND */
	CYG_BROKER_READY,          /* started; `text` is the line that `cygnet status` shows */
	CYG_BROKER_ALIVE,          /* watchdog: every shard made progress. Once said, it must be said every
	                            * CYG_BROKER_ALIVE_S or sooner */
};
#define CYG_BROKER_VERBS (CYG_BROKER_ALIVE + 1)

#define CYG_BROKER_ALIVE_S    5  /* how often the daemon says so */
#define CYG_BROKER_SILENCE_S 30  /* after this long without, the starter kills and restarts it */

/* How the daemon ends. The starter does not bring back one that ended with one of the first four. */
enum daemon_exit {
	DAEMON_STOPPED = 0,     /* on request */
	DAEMON_USAGE = 2,
	DAEMON_BAD_OPTIONS = 3, /* cygnet.conf or a plugin's .conf has an error */
	DAEMON_PORT_BUSY = 4,   /* a UDP port is somebody else's */
	DAEMON_FAILED = 5,      /* anything else: may be tried again */
};

enum cyg_broker_socket_kind {
	CYG_SOCKET_UDP = 1,        /* IKE, ports 500 and 4500: bound, SO_REUSEPORT, packet info, CYG_FWMARK */
	CYG_SOCKET_RAW_ESP,        /* IP protocol 50, bound to `local`, CYG_FWMARK */
};

struct cyg_broker_socket {
	enum cyg_broker_socket_kind kind;
	struct cyg_endpoint local; /* unspecified address of the family: any; port 0 with raw ESP */
	bool udp_encap;            /* the kernel takes ESP out of it before us (UDP only) */
	bool dont_fragment;        /* DF set and the path MTU left to us; else the kernel may fragment */
};

struct cyg_broker_request {
	enum cyg_broker_verb verb;
	struct cyg_broker_socket socket;
	bool tun_vnet_hdr;              /* IFF_VNET_HDR: packets with a virtio header, up to 64 KB */
	char name[CYG_BROKER_NAME_MAX]; /* TUN device (cyg-vN, cyg-tN), file, kept name */
	char text[CYG_BROKER_TEXT_MAX];
	int fd;                         /* sent along (stays the caller's), or -1: mind that 0 is one */
};

struct cyg_broker_reply {
	enum cyg_status status;
	char text[CYG_BROKER_TEXT_MAX]; /* why not, and the mending command */
	int fd;                         /* the caller's from now on, or -1 */
};

/*
 * Asks. CYG_PENDING, then `op` completes with the status of the reply, or with CYG_IO when the starter
 * is gone, CYG_TIMEOUT when it did not answer in time. The request has been sent when the call returns:
 * its descriptor may be closed. `reply` must stay until the op has ended; after a cancel it is not touched
 * any more and a descriptor that comes late is closed, but one that was there already (`reply->fd` >= 0)
 * is the caller's to close. Calls are answered in the order they were made.
 *
 * At once, with `reply` filled in: CYG_UNSUPPORTED: this daemon has no starter (tests); CYG_IO: it is gone;
 * CYG_BUSY: CYG_BROKER_PENDING_MAX are under way; CYG_MALFORMED: a text of the request has no end.
 */
CYG_EXPORT enum cyg_status cyg_broker_call(struct cyg_shard *control,
					   const struct cyg_broker_request *request,
					   struct cyg_broker_reply *reply, struct cyg_op *op) CYG_MUST_CHECK;

#endif
