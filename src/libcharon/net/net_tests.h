/* SPDX-License-Identifier: MIT */
/*
 * The suites of net_tests and what they share: manual shards with real sockets on loopback, on ports
 * that the system picks, and peers that are plain sockets.
 */
#ifndef NET_NET_TESTS_H
#define NET_NET_TESTS_H

#include "net/net.h"

#include <check.h>

#define RIG_SEEN    8192
#define RIG_WORKERS 4

enum { PORT_IKE4, PORT_NATT4, PORT_IKE6, PORT_NATT6, PORTS };

struct rig_seen {
	struct cyg_datagram datagram; /* without `data` */
	unsigned worker;
	bool ike;
	uint8_t first[16];
	size_t call;                  /* which call brought it */
};

struct rig {
	struct shard_group *group;
	unsigned workers;
	struct cyg_shard *shard[RIG_WORKERS];
	struct net_shard *net[RIG_WORKERS];
	struct cyg_endpoint at[PORTS]; /* where our sockets listen */
	bool has6;
	struct rig_seen seen[RIG_SEEN];
	size_t count, calls;
	bool echo;                     /* IKE is answered with what came */
};

struct rig_options {
	unsigned workers;              /* 0: 1; more than one share their ports */
	bool steer;
	size_t datagram_max;
	bool no_esp;
	int (*sendmmsg)(int fd, struct mmsghdr *messages, unsigned count, int flags);
	struct cyg_ip local4;          /* unset: any */
};

void rig_open(struct rig *rig, const struct rig_options *options);
void rig_close(struct rig *rig);
/* Steps all shards until nothing moves. */
void rig_settle(struct rig *rig);

/* A UDP socket bound to `ip` (loopback if unset) and a port of the system's choice. */
int peer_open(uint8_t family, const struct cyg_ip *ip, struct cyg_endpoint *at);
void peer_send(int fd, const struct cyg_endpoint *to, const void *octets, size_t len);
/* What waits at a peer, or -1; `from` may be NULL. */
ssize_t peer_receive(int fd, void *octets, size_t size, struct cyg_endpoint *from);
/* Where `at` (which may be any address) is reached on this machine. */
struct cyg_endpoint reach(const struct cyg_endpoint *at);
struct cyg_ip loopback(uint8_t family);

/* An IKE message with these SPIs, `len` octets (28 at least), after the marker if `natt`. */
size_t make_ike(uint8_t *out, bool natt, uint64_t spi_i, uint64_t spi_r, bool initiator, size_t len);

Suite *receive_suite(void);
Suite *send_suite(void);
Suite *steer_suite(void);

#endif
