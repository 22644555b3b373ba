/* SPDX-License-Identifier: MIT */
/*
 * The way back of cut.h: TCP or UDP packets that follow each other in one stream become one large
 * packet with a virtio header, whose payload stays where it lies. Only what could be cut into the very
 * same packets again is merged, and only after its checksum was found right: behind a merge nobody
 * checks it any more. Pure; any thread.
 */
#ifndef KERNEL_TUN_MERGE_H
#define KERNEL_TUN_MERGE_H

#include "cut.h"

#include <sys/uio.h>

#define MERGE_MAX     128 /* packets */
#define MERGE_UDP_MAX 64  /* of UDP: what every kernel cuts */

/* At work while `count` is not 0. The packets are borrowed until then, and their headers may change. */
struct merge {
	unsigned count;
	struct iovec part[1 + MERGE_MAX]; /* virtio header, first packet, payloads */
	uint8_t vnet[VNET_LEN];
	uint8_t *packet;                  /* the first one */
	uint32_t len;                     /* of all, as one packet */
	uint16_t l4, headers, payload;
	uint8_t family, protocol;
	bool full;                        /* nothing follows any more */
	uint32_t next_seq;
	uint16_t next_id;
	uint64_t pseudo;                  /* sum over the pseudo-header, without the length */
	bool df;
};

/* Begins with a packet, which need not be one that can be merged. `tcp`, `udp`: what may be. */
void merge_begin(struct merge *m, uint8_t *packet, const struct inner *in, bool tcp, bool udp);
/*
 * Octets that begin with a packet and may have more behind it. Its length: it is part of the merge now, and all that is looked at of
 * addresses, protocol, ports, ECN and flags is the same as in the first. 0: it does not go on where the merge ends.
 */
uint16_t merge_add(struct merge *m, struct cyg_bytes packet);
/* Writes the headers; the parts can be written as one packet. How many parts. */
unsigned merge_end(struct merge *m);

#endif
