/* SPDX-License-Identifier: MIT */
#include "sa/half_open.h"

static size_t bucket_of(const struct half_open *half, uint64_t value)
{
	value ^= half->seed;
	value *= 0x9e3779b97f4a7c15u;
	value ^= value >> 29;
	value *= 0xbf58476d1ce4e5b9u;
	return (size_t)(value >> 40) & (HALF_OPEN_BUCKETS - 1);
}

static size_t prefix_bucket(const struct half_open *half, const struct cyg_ip *ip)
{
	unsigned octets = ip->family == CYG_IPV4 ? 3 : 7;
	uint64_t prefix = ip->family;

	for (unsigned i = 0; i < octets; i++)
		prefix = prefix << 8 | ip->octets[i];
	return bucket_of(half, prefix);
}

void half_open_add(struct half_open *half, struct half_open_list *list, struct ike_sa *sa)
{
	size_t at = bucket_of(half, sa->d.spi_i);

	CYG_ASSERT(!sa->half_open);
	sa->half_open = true;
	sa->hash_next = half->bucket[at];
	half->bucket[at] = sa;
	sa->open_next = NULL;
	sa->open_list = list;
	sa->open_prev = list->newest;
	if (list->newest)
		list->newest->open_next = sa;
	else
		list->oldest = sa;
	list->newest = sa;
	half->count++;
	/* Kept, since the address may change before the SA leaves. */
	sa->open_prefix = (uint16_t)prefix_bucket(half, &sa->d.remote.ip);
	half->prefix[sa->open_prefix]++;
}

void half_open_remove(struct half_open *half, struct ike_sa *sa)
{
	struct ike_sa **at = &half->bucket[bucket_of(half, sa->d.spi_i)];

	if (!sa->half_open)
		return;
	while (*at != sa)
		at = &(*at)->hash_next;
	*at = sa->hash_next;
	if (sa->open_prev)
		sa->open_prev->open_next = sa->open_next;
	else
		sa->open_list->oldest = sa->open_next;
	if (sa->open_next)
		sa->open_next->open_prev = sa->open_prev;
	else
		sa->open_list->newest = sa->open_prev;
	sa->hash_next = sa->open_next = sa->open_prev = NULL;
	sa->half_open = false;
	half->count--;
	half->prefix[sa->open_prefix]--;
}

struct ike_sa *half_open_find(const struct half_open *half, uint64_t spi_i, const struct ike_sa *after)
{
	struct ike_sa *sa = after ? after->hash_next : half->bucket[bucket_of(half, spi_i)];

	while (sa && sa->d.spi_i != spi_i)
		sa = sa->hash_next;
	return sa;
}

unsigned half_open_of_prefix(const struct half_open *half, const struct cyg_ip *ip)
{
	return half->prefix[prefix_bucket(half, ip)];
}
