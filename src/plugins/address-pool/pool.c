/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <stdlib.h>

#define BUCKETS_FIRST 64u

typedef unsigned __int128 address_t; /* an address as a number; IPv4 in its lowest 32 bits */

struct entry {
	struct entry *next_address, **prev_address;   /* of one bucket */
	struct entry *next_identity, **prev_identity; /* of one bucket; free entries only */
	struct entry *older, *newer;                  /* free entries, by when they became free */
	address_t address;
	uint64_t identity, number;
	uint64_t freed_ms;
	bool leased;
};

struct range {
	address_t low, high;
	address_t mark;  /* all below have an entry */
	bool spent;      /* the mark has passed `high` */
	uint64_t used;
};

struct pool {
	uint8_t family, prefix;
	address_t step;
	struct range range[POOL_RANGES_MAX];
	size_t range_count;
	struct entry **addresses, **identities; /* buckets */
	size_t buckets, entries, free_count;
	struct entry *oldest, *newest;          /* of the free ones */
	uint64_t leases, last_number;
	uint64_t now_ms, recycle_ms;
};

/* --- Addresses as numbers --- */

static address_t number_of(const struct cyg_ip *ip)
{
	address_t n = 0;

	for (size_t i = 0; i < cyg_ip_len(ip); i++)
		n = n << 8 | ip->octets[i];
	return n;
}

static struct cyg_ip ip_of(const struct pool *pool, address_t n)
{
	struct cyg_ip ip = { .family = pool->family };

	for (size_t i = cyg_ip_len(&ip); i > 0; n >>= 8)
		ip.octets[--i] = (uint8_t)n;
	return ip;
}

/* --- Entries --- */

static size_t bucket_of(const struct pool *pool, uint64_t high, uint64_t low)
{
	uint64_t mixed = (low ^ high * UINT64_C(0xff51afd7ed558ccd)) * UINT64_C(0x9e3779b97f4a7c15);

	return (mixed ^ mixed >> 32) & (pool->buckets - 1);
}

static struct entry **address_bucket(const struct pool *pool, address_t address)
{
	return &pool->addresses[bucket_of(pool, (uint64_t)(address >> 64), (uint64_t)address)];
}

static void link_address(struct pool *pool, struct entry *e)
{
	struct entry **bucket = address_bucket(pool, e->address);

	e->next_address = *bucket;
	e->prev_address = bucket;
	if (*bucket)
		(*bucket)->prev_address = &e->next_address;
	*bucket = e;
}

static void unlink_address(struct entry *e)
{
	*e->prev_address = e->next_address;
	if (e->next_address)
		e->next_address->prev_address = e->prev_address;
}

static void link_identity(struct pool *pool, struct entry *e)
{
	struct entry **bucket = &pool->identities[bucket_of(pool, 0, e->identity)];

	e->next_identity = *bucket;
	e->prev_identity = bucket;
	if (*bucket)
		(*bucket)->prev_identity = &e->next_identity;
	*bucket = e;
}

static void unlink_identity(struct entry *e)
{
	*e->prev_identity = e->next_identity;
	if (e->next_identity)
		e->next_identity->prev_identity = e->prev_identity;
}

/* Becomes the one that was freed last. */
static void make_free(struct pool *pool, struct entry *e)
{
	e->leased = false;
	e->freed_ms = pool->now_ms;
	e->newer = NULL;
	e->older = pool->newest;
	if (pool->newest)
		pool->newest->newer = e;
	else
		pool->oldest = e;
	pool->newest = e;
	pool->free_count++;
	link_identity(pool, e);
}

static void take_from_free(struct pool *pool, struct entry *e)
{
	if (e->older)
		e->older->newer = e->newer;
	else
		pool->oldest = e->newer;
	if (e->newer)
		e->newer->older = e->older;
	else
		pool->newest = e->older;
	pool->free_count--;
	unlink_identity(e);
}

static void forget(struct pool *pool, struct entry *e)
{
	unlink_address(e);
	pool->entries--;
	free(e);
}

static struct entry *find_address(const struct pool *pool, address_t address)
{
	struct entry *e = *address_bucket(pool, address);

	while (e && e->address != address)
		e = e->next_address;
	return e;
}

static struct entry *find_identity(const struct pool *pool, uint64_t identity)
{
	struct entry *e = pool->identities[bucket_of(pool, 0, identity)];

	while (e && e->identity != identity)
		e = e->next_identity;
	return e;
}

/* Twice the buckets. If memory is short the chains stay longer: slower, not wrong. */
static void grow(struct pool *pool)
{
	size_t old_count = pool->buckets, count = old_count * 2;
	struct entry **old = pool->addresses;
	struct entry **addresses = calloc(count, sizeof(*addresses));
	struct entry **identities = calloc(count, sizeof(*identities));

	if (!addresses || !identities) {
		free(addresses);
		free(identities);
		return;
	}
	free(pool->identities);
	pool->addresses = addresses;
	pool->identities = identities;
	pool->buckets = count;
	for (size_t i = 0; i < old_count; i++) {
		struct entry *e = old[i];

		while (e) {
			struct entry *next = e->next_address;

			link_address(pool, e);
			if (!e->leased)
				link_identity(pool, e);
			e = next;
		}
	}
	free(old);
}

/* A new entry; it is neither leased nor among the free ones yet. */
static struct entry *new_entry(struct pool *pool, address_t address)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	if (pool->entries >= pool->buckets)
		grow(pool);
	e->address = address;
	link_address(pool, e);
	pool->entries++;
	return e;
}

/* --- Ranges --- */

static struct range *range_of(struct pool *pool, address_t address)
{
	for (size_t i = 0; i < pool->range_count; i++) {
		if (address >= pool->range[i].low && address <= pool->range[i].high)
			return &pool->range[i];
	}
	return NULL;
}

/* An address that never had an entry, or NULL with *memory false if that is for want of memory. */
static struct entry *from_mark(struct pool *pool, bool *memory)
{
	for (size_t i = 0; i < pool->range_count; i++) {
		struct range *r = &pool->range[i];

		while (!r->spent) {
			address_t address = r->mark;
			struct entry *e = NULL;

			if (!find_address(pool, address)) {
				e = new_entry(pool, address);
				if (!e) {
					*memory = false;
					return NULL;
				}
			}
			if (r->high - r->mark < pool->step)
				r->spent = true;
			else
				r->mark += pool->step;
			if (e)
				return e;
		}
	}
	return NULL;
}

/* The peer's hint, if it is ours to give and nobody else is likely to come back for it. */
static struct entry *from_hint(struct pool *pool, const struct cyg_ip *wanted, uint64_t identity)
{
	struct entry *e;
	address_t address;

	if (!wanted || wanted->family != pool->family)
		return NULL;
	address = number_of(wanted) & ~(pool->step - 1);
	if (!range_of(pool, address))
		return NULL;
	e = find_address(pool, address);
	if (!e)
		return new_entry(pool, address);
	if (e->leased || e->identity != identity || !identity)
		return NULL;
	take_from_free(pool, e);
	return e;
}

static struct entry *from_free(struct pool *pool, struct entry *e)
{
	if (e)
		take_from_free(pool, e);
	return e;
}

/* The one that has been free for longest, once that is long enough. */
static struct entry *recycled(struct pool *pool)
{
	struct entry *e = pool->oldest;

	return e && pool->now_ms - e->freed_ms >= pool->recycle_ms ? e : NULL;
}

void pool_set_time(struct pool *pool, uint64_t now_ms, uint64_t recycle_ms)
{
	pool->now_ms = now_ms;
	pool->recycle_ms = recycle_ms;
}

enum cyg_status pool_lease(struct pool *pool, uint64_t identity, const struct cyg_ip *wanted,
			   struct cyg_ip *out, uint64_t *number)
{
	struct entry *e = from_hint(pool, wanted, identity);
	bool memory = true;

	if (!e && identity)
		e = from_free(pool, find_identity(pool, identity));
	if (!e && (pool->free_count < POOL_REMEMBERED || !recycled(pool)))
		e = from_mark(pool, &memory);
	if (!e)
		e = from_free(pool, recycled(pool));
	if (!e)
		return memory ? CYG_LIMIT : CYG_NOMEM;
	e->leased = true;
	e->identity = identity;
	e->number = ++pool->last_number;
	range_of(pool, e->address)->used++;
	pool->leases++;
	*out = ip_of(pool, e->address);
	*number = e->number;
	return CYG_OK;
}

bool pool_release(struct pool *pool, const struct cyg_ip *ip, uint64_t number)
{
	struct entry *e = find_address(pool, number_of(ip) & ~(pool->step - 1));
	struct range *r;

	if (!e || !e->leased || e->number != number)
		return false;
	pool->leases--;
	r = range_of(pool, e->address);
	if (!r) {
		forget(pool, e);
		return true;
	}
	r->used--;
	make_free(pool, e);
	return true;
}

uint64_t pool_leases(const struct pool *pool)
{
	return pool->leases;
}

size_t pool_entries(const struct pool *pool)
{
	return pool->entries;
}

bool pool_range(const struct pool *pool, size_t n, struct cyg_ip_range *range, struct pool_count *count)
{
	const struct range *r = &pool->range[n];
	address_t more, free_count;

	if (n >= pool->range_count)
		return false;
	more = (r->high - r->low) / pool->step; /* one less than there are, so that it cannot overflow */
	free_count = more - r->used + 1;
	range->low = ip_of(pool, r->low);
	range->high = ip_of(pool, r->high);
	count->used = r->used;
	count->free = r->used == 0 && more >= UINT64_MAX ? UINT64_MAX :
		      free_count > UINT64_MAX ? UINT64_MAX : (uint64_t)free_count;
	return true;
}

/* Where the mark of a new range may stand: as far as that of an old one that begins at the same place. */
static void keep_mark(const struct pool *pool, struct range *r)
{
	for (size_t i = 0; i < pool->range_count; i++) {
		const struct range *old = &pool->range[i];

		if (old->low != r->low)
			continue;
		if (old->spent && old->high >= r->high) {
			r->spent = true;
		} else if (old->spent) {
			r->mark = old->high + pool->step;
		} else if (old->mark > r->high) {
			r->spent = true;
		} else {
			r->mark = old->mark;
		}
	}
}

/* After the ranges changed: counts them anew and drops free entries that are in none. */
static void recount(struct pool *pool)
{
	for (size_t i = 0; i < pool->buckets; i++) {
		struct entry *e = pool->addresses[i];

		while (e) {
			struct entry *next = e->next_address;
			struct range *r = range_of(pool, e->address);

			if (r && e->leased)
				r->used++;
			if (!r && !e->leased) {
				take_from_free(pool, e);
				forget(pool, e);
			}
			e = next;
		}
	}
}

enum cyg_status pool_set_ranges(struct pool *pool, const struct cyg_ip_range *ranges, size_t count)
{
	struct range fresh[POOL_RANGES_MAX] = { { 0 } };

	if (count > POOL_RANGES_MAX)
		return CYG_LIMIT;
	for (size_t i = 0; i < count; i++) {
		struct range *r = &fresh[i];

		r->low = r->mark = number_of(&ranges[i].low) & ~(pool->step - 1);
		r->high = number_of(&ranges[i].high) & ~(pool->step - 1);
		keep_mark(pool, r);
	}
	memcpy(pool->range, fresh, sizeof(fresh));
	pool->range_count = count;
	recount(pool);
	return CYG_OK;
}

struct pool *pool_new(uint8_t family, uint8_t prefix)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->family = family;
	pool->prefix = prefix;
	pool->step = (address_t)1 << (cyg_ip_bits(family) - prefix);
	pool->buckets = BUCKETS_FIRST;
	pool->addresses = calloc(pool->buckets, sizeof(struct entry *));
	pool->identities = calloc(pool->buckets, sizeof(struct entry *));
	if (!pool->addresses || !pool->identities) {
		pool_free(pool);
		return NULL;
	}
	return pool;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; pool->addresses && i < pool->buckets; i++) {
		while (pool->addresses[i])
			forget(pool, pool->addresses[i]);
	}
	free(pool->addresses);
	free(pool->identities);
	free(pool);
}
