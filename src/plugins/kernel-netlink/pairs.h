/* SPDX-License-Identifier: MIT */
/*
 * Traffic selectors (RFC 7296 3.13) as the kernel knows them: a prefix of each side, one protocol, ports under a
 * mask. Address and port ranges that are none are split. Pure.
 */
#ifndef KERNEL_NETLINK_PAIRS_H
#define KERNEL_NETLINK_PAIRS_H

#include <cygnet/kernel.h>

#define PAIRS_MAX 256 /* of one child */

struct pair_port {
	uint16_t port, mask; /* mask 0: any */
};

struct pair {
	struct cyg_prefix local, remote;
	uint8_t protocol; /* 0: any */
	/* ICMP: type and code of packets of either direction. */
	struct pair_port local_port, remote_port;
};

/*
 * All that two lists of selectors let through. CYG_LIMIT: more than `max`. CYG_UNSUPPORTED: what the kernel cannot
 * say (OPAQUE ports, ranges of ICMP types). CYG_REFUSED: nothing passes.
 */
enum cyg_status pairs_make(const struct cyg_selector *local, unsigned local_count, const struct cyg_selector *remote,
			   unsigned remote_count, struct pair *out, unsigned max, unsigned *count) CYG_MUST_CHECK;
/* Those whose remote side holds `prefix`, cut down to it; `out` has room for `count`. Returns how many. */
unsigned pairs_towards(const struct pair *pairs, unsigned count, const struct cyg_prefix *prefix, struct pair *out);
/* Every packet of its family. */
bool pair_is_any(const struct pair *pair);
bool pair_equal(const struct pair *a, const struct pair *b);

#endif
