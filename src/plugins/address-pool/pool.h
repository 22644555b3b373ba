/* SPDX-License-Identifier: MIT */
/*
 * One pool of addresses (or of IPv6 prefixes of one length): which are leased, and who had the free ones
 * before.
 *
 * What was never handed out costs nothing: each range has a mark below which every address has an entry. Of
 * free entries at most POOL_REMEMBERED are kept beyond need, so memory goes with the leases, not with
 * the size of the ranges. An address comes from, in this order: the peer's hint, what the same
 * identity had before, the mark, and what has been free for longest.
 *
 * Owning shard only. The pool owns its entries.
 */
#ifndef ADDRESS_POOL_POOL_H
#define ADDRESS_POOL_POOL_H

#include <cygnet/ip.h>

#define POOL_RANGES_MAX    64
#define POOL_REMEMBERED 16384

struct pool;

struct pool_count {
	uint64_t free, used; /* UINT64_MAX: that many or more */
};

/* `prefix` is the length of what is leased: 32 or 128 for single addresses. NULL if out of memory. */
struct pool *pool_new(uint8_t family, uint8_t prefix);
/* NULL is fine. */
void pool_free(struct pool *pool);
/*
 * The ranges from now on, of the pool's family and in order, not overlapping; CYG_LIMIT above
 * POOL_RANGES_MAX. Leases outside of them last until they are released and are then forgotten.
 */
enum cyg_status pool_set_ranges(struct pool *pool, const struct cyg_ip_range *ranges, size_t count)
	CYG_MUST_CHECK;
/*
 * The time from now on, in milliseconds of a clock that never goes back, and how long an address that was freed waits
 * before another identity than the one that had it may get it.
 */
void pool_set_time(struct pool *pool, uint64_t now_ms, uint64_t recycle_ms);
/*
 * `identity` tells peers apart (0: nobody); `wanted` may be unset. `*number` names this lease: it is what
 * releases it. CYG_LIMIT: nothing is free; CYG_NOMEM.
 */
enum cyg_status pool_lease(struct pool *pool, uint64_t identity, const struct cyg_ip *wanted,
			   struct cyg_ip *out, uint64_t *number) CYG_MUST_CHECK;
/* False if there is no such lease (it was released before). */
bool pool_release(struct pool *pool, const struct cyg_ip *ip, uint64_t number);
/* Leases of all ranges, those of ranges that are gone included. */
uint64_t pool_leases(const struct pool *pool);
/* The nth range and what is free in it; false after the last. */
bool pool_range(const struct pool *pool, size_t n, struct cyg_ip_range *range, struct pool_count *count);
/* How many addresses it remembers, leased or free: for tests. */
size_t pool_entries(const struct pool *pool);

#endif
