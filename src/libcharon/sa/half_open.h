/* SPDX-License-Identifier: MIT */
/*
 * Half-open SAs of a shard: those whose IKE_SA_INIT we answered and that have not yet brought a
 * valid IKE_AUTH. They live HALF_OPEN_LIFE_MS, the oldest is dropped when there are too many, and
 * their number (in all, and for a source prefix) says when cookies are demanded. Found by the
 * initiator's SPI, so that a repeated request meets the entry it started. Who logs in by EAP is half-open whenever
 * the next message is the peer's. Owning shard only; SAs are borrowed.
 */
#ifndef SA_HALF_OPEN_H
#define SA_HALF_OPEN_H

#include "sa/ike_sa.h"

#define HALF_OPEN_LIFE_MS     30000
#define HALF_OPEN_MAX         16384 /* of one shard */
#define HALF_OPEN_COOKIES       256 /* automatic rule: cookies above this many of a shard */
#define HALF_OPEN_COOKIES_PREFIX 16 /* or above this many of one /24 or /56 */
#define HALF_OPEN_BUCKETS      4096

struct half_open_list {
	struct ike_sa *oldest, *newest;
};

struct half_open {
	struct half_open_list begun;    /* wait for the first IKE_AUTH; all live equally long */
	struct half_open_list logins;   /* wait for the next packet of EAP; each has a deadline of its own */
	size_t count;                   /* of both */
	struct ike_sa *bucket[HALF_OPEN_BUCKETS]; /* by the peer's SPI, chained by hash_next */
	uint16_t prefix[HALF_OPEN_BUCKETS];       /* how many by hash of the source's prefix */
	uint64_t seed;                            /* random: nobody chooses a bucket */
};

/* Adds the youngest of a list. */
void half_open_add(struct half_open *half, struct half_open_list *list, struct ike_sa *sa);
/* An SA that is not half-open is fine. */
void half_open_remove(struct half_open *half, struct ike_sa *sa);
/* The next SA with this initiator SPI behind `after` (NULL: the first). */
struct ike_sa *half_open_find(const struct half_open *half, uint64_t spi_i, const struct ike_sa *after);
/* How many come from the prefix of `ip` (at least; prefixes that share a bucket count together). */
unsigned half_open_of_prefix(const struct half_open *half, const struct cyg_ip *ip);

#endif
