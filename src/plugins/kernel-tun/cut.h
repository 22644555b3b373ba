/* SPDX-License-Identifier: MIT */
/*
 * Packets with a virtio header, as a TUN device with IFF_VNET_HDR gives them: a packet whose checksum
 * is still to be completed, or a large TCP or UDP packet that stands for a row of segments, which are
 * written one by one where they are wanted. Pure; any thread.
 */
#ifndef KERNEL_TUN_CUT_H
#define KERNEL_TUN_CUT_H

#include "inner.h"

#define VNET_LEN       10     /* struct virtio_net_hdr */
#define CUT_PACKET_MAX 65535
#define CUT_COUNT_MAX  2048   /* segments of one packet */

/* Numbers of the virtio header (headers of older kernels do not have all). */
enum { VNET_NEEDS_SUM = 1 };
enum { VNET_TCP4 = 1, VNET_TCP6 = 4, VNET_UDP = 5, VNET_ECN = 0x80 };

/* The virtio header; all zero: a plain packet. */
struct vnet {
	uint8_t flags, type;
	uint16_t header_len, segment; /* the first is a hint */
	uint16_t sum_start, sum_offset;
};

/* A packet and how it is cut. Borrows the packet. */
struct cut {
	const uint8_t *packet;
	uint16_t len;
	uint16_t count;    /* segments, at least 1 */
	uint16_t headers;  /* octets that each segment begins with; 0: it is not cut */
	uint16_t payload;  /* octets of each segment but the last */
	uint16_t l4;       /* where TCP or UDP begins */
	uint16_t sum_start, sum_at; /* not cut: the checksum to complete, 0: none */
	uint8_t family, protocol;
	/* Sums over what is the same in each segment: IPv4 header; upper header and pseudo-header. */
	uint64_t ip_sum, upper_sum;
};

void vnet_read(const uint8_t octets[VNET_LEN], struct vnet *out);
void vnet_write(const struct vnet *vnet, uint8_t out[VNET_LEN]);

/* `in` is what inner_read() said of the packet. CYG_MALFORMED if header and packet do not fit together. */
enum cyg_status cut_read(const struct vnet *vnet, struct cyg_bytes packet, const struct inner *in,
			 struct cut *out) CYG_MUST_CHECK;
/* The length of the longest segment. */
uint16_t cut_longest(const struct cut *cut);
/* Writes segment `i` whole, its checksums computed, to `out`, which has room for the longest one. Its length. */
uint16_t cut_write(const struct cut *cut, unsigned i, uint8_t *out);

#endif
