/* SPDX-License-Identifier: MIT */
#include "pairs.h"

#include <cygnet/numbers.h>

#include <netinet/in.h>

#define PREFIXES_MAX 64 /* of one range; 254 would be the worst */
#define PORTS_MAX    30

typedef unsigned __int128 wide;

static wide to_wide(const struct cyg_ip *ip)
{
	wide value = 0;

	for (size_t i = 0; i < cyg_ip_len(ip); i++)
		value = value << 8 | ip->octets[i];
	return value;
}

static struct cyg_ip from_wide(wide value, uint8_t family)
{
	struct cyg_ip ip = { .family = family };

	for (size_t i = cyg_ip_len(&ip); i-- > 0; value >>= 8)
		ip.octets[i] = (uint8_t)value;
	return ip;
}

/*
 * The aligned blocks of `low` to `high`, biggest first at each place: calls `take` with the first value of each and
 * how many low bits it leaves open.
 */
struct split {
	wide at, high;
	unsigned bits;
	bool over;
};

static bool split_next(struct split *s, wide *first, unsigned *open)
{
	wide size = 1, all = s->bits == 128 ? ~(wide)0 : ((wide)1 << s->bits) - 1;

	if (s->over)
		return false;
	*first = s->at;
	for (*open = 0; *open < s->bits; ++*open, size <<= 1) {
		/* One bit more: aligned, and not past the end? */
		wide last = s->at | ((size << 1) - 1);

		if ((s->at & size) || last > s->high)
			break;
	}
	if (*open == s->bits || s->at + (size - 1) == s->high || s->at + (size - 1) == all)
		s->over = true;
	s->at += size;
	return true;
}

static enum cyg_status prefixes_of(const struct cyg_ip_range *range, struct cyg_prefix *out, unsigned *count)
{
	struct split s = { to_wide(&range->low), to_wide(&range->high), cyg_ip_bits(range->low.family), false };
	unsigned open;
	wide first;

	*count = 0;
	while (split_next(&s, &first, &open)) {
		if (*count == PREFIXES_MAX)
			return CYG_LIMIT;
		out[(*count)++] = (struct cyg_prefix){ from_wide(first, range->low.family),
						       (uint8_t)(s.bits - open) };
	}
	return CYG_OK;
}

static unsigned ports_of(const struct cyg_selector *selector, struct pair_port *out)
{
	struct split s = { selector->port_low, selector->port_high, 16, false };
	unsigned open, count = 0;
	wide first;

	while (count < PORTS_MAX && split_next(&s, &first, &open))
		out[count++] = (struct pair_port){ (uint16_t)first, (uint16_t)(UINT16_MAX << open) };
	return count;
}

static bool any_port(const struct cyg_selector *s)
{
	return s->port_low == 0 && s->port_high == UINT16_MAX;
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* Both sides say the same type and code, or one of them anything (RFC 7296 3.13.1). */
static enum cyg_status icmp_ports(const struct cyg_selector *local, const struct cyg_selector *remote,
				  struct pair *pair)
{
	const struct cyg_selector *s = any_port(remote) ? local : remote;

	if (any_port(s))
		return CYG_OK;
	if (s->port_low >> 8 != s->port_high >> 8)
		return CYG_UNSUPPORTED;
	pair->local_port = (struct pair_port){ s->port_low >> 8, UINT16_MAX };
	if (s->port_low == s->port_high)
		pair->remote_port = (struct pair_port){ s->port_low & 0xff, UINT16_MAX };
	else if ((s->port_low & 0xff) != 0 || (s->port_high & 0xff) != 0xff)
		return CYG_UNSUPPORTED;
	return CYG_OK;
}

struct sink {
	struct pair *out;
	unsigned max, count;
};

static enum cyg_status put(struct sink *sink, const struct pair *pair)
{
	if (sink->count == sink->max)
		return CYG_LIMIT;
	sink->out[sink->count++] = *pair;
	return CYG_OK;
}

static enum cyg_status put_ports(struct sink *sink, const struct cyg_selector *local,
				 const struct cyg_selector *remote, struct pair *pair)
{
	struct pair_port near[PORTS_MAX], far[PORTS_MAX];
	unsigned near_count = ports_of(local, near), far_count = ports_of(remote, far);
	enum cyg_status status;

	if (pair->protocol == 0 || is_icmp(pair->protocol)) {
		status = pair->protocol ? icmp_ports(local, remote, pair) : CYG_OK;
		return status == CYG_OK ? put(sink, pair) : status;
	}
	for (unsigned i = 0; i < near_count; i++) {
		for (unsigned j = 0; j < far_count; j++) {
			pair->local_port = near[i];
			pair->remote_port = far[j];
			status = put(sink, pair);
			if (status != CYG_OK)
				return status;
		}
	}
	return CYG_OK;
}

enum cyg_status pairs_make(const struct cyg_selector *local, unsigned local_count, const struct cyg_selector *remote,
			   unsigned remote_count, struct pair *out, unsigned max, unsigned *count)
{
	struct sink sink = { out, max, 0 };

	for (unsigned i = 0; i < local_count * remote_count; i++) {
		const struct cyg_selector *l = &local[i / remote_count], *r = &remote[i % remote_count];
		struct cyg_prefix near[PREFIXES_MAX], far[PREFIXES_MAX];
		unsigned near_count, far_count;
		enum cyg_status status;

		if (l->addr.low.family != r->addr.low.family ||
		    (l->protocol && r->protocol && l->protocol != r->protocol))
			continue;
		if (l->port_low > l->port_high || r->port_low > r->port_high)
			return CYG_UNSUPPORTED;
		status = prefixes_of(&l->addr, near, &near_count);
		if (status == CYG_OK)
			status = prefixes_of(&r->addr, far, &far_count);
		for (unsigned j = 0; status == CYG_OK && j < near_count * far_count; j++) {
			struct pair pair = { .local = near[j / far_count], .remote = far[j % far_count],
					     .protocol = l->protocol ? l->protocol : r->protocol };

			status = put_ports(&sink, l, r, &pair);
		}
		if (status != CYG_OK)
			return status;
	}
	*count = sink.count;
	return sink.count ? CYG_OK : CYG_REFUSED;
}

unsigned pairs_towards(const struct pair *pairs, unsigned count, const struct cyg_prefix *prefix, struct pair *out)
{
	unsigned found = 0;

	for (unsigned i = 0; i < count; i++) {
		if (pairs[i].remote.len > prefix->len || !cyg_prefix_holds(&pairs[i].remote, &prefix->ip))
			continue;
		out[found] = pairs[i];
		out[found++].remote = *prefix;
	}
	return found;
}

bool pair_is_any(const struct pair *p)
{
	return p->local.len == 0 && p->remote.len == 0 && p->protocol == 0;
}

bool pair_equal(const struct pair *a, const struct pair *b)
{
	return a->local.len == b->local.len && a->remote.len == b->remote.len && a->protocol == b->protocol &&
	       a->local_port.port == b->local_port.port && a->local_port.mask == b->local_port.mask &&
	       a->remote_port.port == b->remote_port.port && a->remote_port.mask == b->remote_port.mask &&
	       cyg_ip_equal(&a->local.ip, &b->local.ip) && cyg_ip_equal(&a->remote.ip, &b->remote.ip);
}
