/* SPDX-License-Identifier: MIT */
/*
 * Requests to netlink (routes, links, xfrm) and their answers. One socket per owner (a shard or the control
 * thread), used on its thread only. Requests gather until the turn of the loop is over and go together; the system
 * works on them in order, within the call that sends them. Each ends with one call of `done`, never from inside
 * nl_send(). At most NL_PENDING_MAX that somebody waits for are under way.
 */
#ifndef LIBKERNEL_NETLINK_H
#define LIBKERNEL_NETLINK_H

#include <cygnet/ip.h>
#include <cygnet/shard.h>

#include <libmnl/libmnl.h>

#define NL_PENDING_MAX 1024
#define NL_REQUEST_MAX 2048
#define NL_BATCH_MAX   16384 /* octets that are sent in one call */
#define NL_TEXT_MAX    128

/* What the system said: an errno (0: done), its own words if it had any, a device's index. */
struct nl_answer {
	int error;
	unsigned index;
	char text[NL_TEXT_MAX];
	const struct nlmsghdr *message; /* what it answered with beside an error, borrowed; NULL: nothing */
};

typedef void nl_done_fn(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer);

struct nl_pending {
	struct nl_pending *next;
	uint32_t seq;
	bool acked;                 /* ends with a verdict; else with a message or an error */
	nl_done_fn *done;
	void *ctx;
};

struct nl {
	struct cyg_shard *shard;
	int fd;                     /* -1: closed */
	uint32_t seq;
	unsigned count;
	struct nl_pending *pending, **tail; /* oldest first */
	struct cyg_poll poll;
	struct cyg_turn_end turn_end;
	char *batch;                /* what waits for the end of this turn */
	size_t batch_used;
	bool send_failed;
};

/* Takes a socket; CYG_IO, CYG_NOMEM (then it is closed). */
enum cyg_status nl_init(struct nl *nl, struct cyg_shard *shard, int fd) CYG_MUST_CHECK;
/* Closes; what is pending ends without a call. A zeroed or closed one is fine. */
void nl_done(struct nl *nl);
/* Forgets the requests of one owner: `done` will not be called for them. */
void nl_forget(struct nl *nl, const void *ctx);
bool nl_is_open(const struct nl *nl);
/* A socket of the system (NETLINK_ROUTE, NETLINK_XFRM), or -1 with errno. */
int nl_open(int protocol);

/* A request under construction: mnl header and body in a fixed buffer. */
struct nl_message {
	union {
		struct nlmsghdr header;
		char octets[NL_REQUEST_MAX];
		uint64_t aligned; /* as the bodies of xfrm want it */
	};
};

/* A request of any type with room for `body` octets, which are returned; ends with an answer of its own. */
void *nl_begin(struct nl_message *m, uint16_t type, uint16_t flags, size_t body);
void nl_link_get(struct nl_message *m, const char *name);
void nl_link_delete(struct nl_message *m, const char *name);
/* Up or down, with MTU and queue length (0: as it is). */
void nl_link_set(struct nl_message *m, unsigned index, bool up, unsigned mtu, unsigned queue_length);
/* No IPv6 address of the system's own making on this device. */
void nl_link_no_autoaddress(struct nl_message *m, unsigned index);
void nl_address(struct nl_message *m, unsigned index, const struct cyg_prefix *address, bool add);
/* In the table of the tunnels. */
void nl_route(struct nl_message *m, unsigned index, const struct cyg_prefix *to, uint32_t metric, bool add);
/* One of NL_RULES rules per family that lead to that table. */
#define NL_RULES 3
void nl_rule(struct nl_message *m, uint8_t family, unsigned which, bool add);

/* CYG_OK: `done` will be called. CYG_BUSY, CYG_NOMEM, CYG_IO: it will not. `done` may be NULL: nobody cares, and there is
 * always room, so that what ends by the hundred in one turn is taken away. */
enum cyg_status nl_send(struct nl *nl, struct nl_message *m, nl_done_fn *done, void *ctx) CYG_MUST_CHECK;
/* Sends what waits, and reads what is answered; else this happens at the end of the turn. */
void nl_flush(struct nl *nl);
/* Sends and reads the answer at once, for questions that cost no more than a system call, and for the end of the
 * daemon when no loop runs any more; 0 or an errno. What waited goes first, and may be answered meanwhile. */
int nl_now(struct nl *nl, struct nl_message *m);
/* The same for a question that is answered with a message; it is copied (up to `room`), its length at *len. */
int nl_ask(struct nl *nl, struct nl_message *m, void *out, size_t room, size_t *len);
/* A dump: calls `each` with every message; what it says is ignored. Returns 0 or an errno. */
int nl_dump(struct nl *nl, struct nl_message *m, void (*each)(void *ctx, const struct nlmsghdr *message), void *ctx);

/* One datagram of answers: calls `done` of what it ends. For the fuzz target, too. */
void nl_read(struct nl *nl, const void *octets, size_t len);

#endif
