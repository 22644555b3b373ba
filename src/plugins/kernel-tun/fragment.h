/* SPDX-License-Identifier: MIT */
/*
 * Inner IPv4 packets that are longer than the path inside takes and may be fragmented: before ESP, so that the peer opens
 * each by itself (RFC 4301 5.1, 8.1; RFC 791 3.2). Pure; any thread.
 */
#ifndef KERNEL_TUN_FRAGMENT_H
#define KERNEL_TUN_FRAGMENT_H

#include <cygnet/bytes.h>
#include <cygnet/status.h>

#define FRAGMENT_MTU_LEAST 68 /* RFC 791: what every link takes; longest header and eight octets */

/* A packet and how it is fragmented. Borrows the packet. */
struct fragments {
	struct cyg_bytes packet;
	uint16_t count;         /* at least 1 */
	uint16_t header;        /* of the first one, with all options */
	uint16_t header_later;  /* of the others, with those that are copied */
	uint16_t first, later;  /* octets behind the header of each but the last: multiples of eight */
	uint16_t offset;        /* of the packet, which may be a fragment, in units of eight octets */
	bool more;              /* it is, and not the last */
	uint8_t copied[60];     /* the header of the others, but for length, place and checksum */
};

/*
 * `packet` is IPv4 and as long as its header says (inner_read() has seen it). CYG_UNSUPPORTED: `mtu` is below the least;
 * CYG_MALFORMED: options that cannot be read, or it would end beyond what an offset can say.
 */
enum cyg_status fragment_plan(struct cyg_bytes packet, uint16_t mtu, struct fragments *out) CYG_MUST_CHECK;
/* Writes fragment `i`, at most `mtu` octets, to `out`. Its length. */
uint16_t fragment_write(const struct fragments *f, unsigned i, uint8_t *out);

#endif
