/* SPDX-License-Identifier: MIT */
#include <cygnet/ip.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

bool cyg_ip_is_any(const struct cyg_ip *ip)
{
	static const uint8_t zero[16];

	return memcmp(ip->octets, zero, cyg_ip_len(ip)) == 0;
}

bool cyg_ip_equal(const struct cyg_ip *a, const struct cyg_ip *b)
{
	return cyg_ip_compare(a, b) == 0;
}

int cyg_ip_compare(const struct cyg_ip *a, const struct cyg_ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->octets, b->octets, cyg_ip_len(a));
}

bool cyg_endpoint_equal(const struct cyg_endpoint *a, const struct cyg_endpoint *b)
{
	return a->port == b->port && a->scope == b->scope && cyg_ip_equal(&a->ip, &b->ip);
}

enum cyg_status cyg_ip_from_bytes(struct cyg_bytes octets, struct cyg_ip *out)
{
	struct cyg_ip ip = { 0 };

	if (octets.len != 4 && octets.len != 16)
		return CYG_MALFORMED;
	ip.family = octets.len == 4 ? CYG_IPV4 : CYG_IPV6;
	memcpy(ip.octets, octets.ptr, octets.len);
	*out = ip;
	return CYG_OK;
}

enum cyg_status cyg_ip_parse(struct cyg_str text, struct cyg_ip *out)
{
	char terminated[CYG_IP_TEXT];
	struct cyg_ip ip = { 0 };

	if (text.len == 0 || text.len >= sizeof(terminated) || memchr(text.ptr, '\0', text.len))
		return CYG_MALFORMED;
	memcpy(terminated, text.ptr, text.len);
	terminated[text.len] = '\0';
	if (inet_pton(AF_INET, terminated, ip.octets) == 1)
		ip.family = CYG_IPV4;
	else if (inet_pton(AF_INET6, terminated, ip.octets) == 1)
		ip.family = CYG_IPV6;
	else
		return CYG_MALFORMED;
	*out = ip;
	return CYG_OK;
}

const char *cyg_ip_text(const struct cyg_ip *ip, char *out)
{
	int family = ip->family == CYG_IPV4 ? AF_INET : AF_INET6;

	if (!cyg_ip_len(ip) || !inet_ntop(family, ip->octets, out, CYG_IP_TEXT))
		memcpy(out, "-", 2);
	return out;
}

const char *cyg_endpoint_text(const struct cyg_endpoint *e, char *out)
{
	char ip[CYG_IP_TEXT];

	cyg_ip_text(&e->ip, ip);
	snprintf(out, CYG_ENDPOINT_TEXT, e->ip.family == CYG_IPV6 ? "[%s]:%u" : "%s:%u", ip,
		 (unsigned)e->port);
	return out;
}

enum cyg_status cyg_endpoint_from_sockaddr(const struct sockaddr *sa, socklen_t len,
					   struct cyg_endpoint *out)
{
	struct cyg_endpoint e = { 0 };
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (len < (socklen_t)sizeof(sa->sa_family))
		return CYG_MALFORMED;
	if (sa->sa_family == AF_INET && len >= (socklen_t)sizeof(in)) {
		memcpy(&in, sa, sizeof(in));
		e.ip.family = CYG_IPV4;
		memcpy(e.ip.octets, &in.sin_addr, 4);
		e.port = ntohs(in.sin_port);
	} else if (sa->sa_family == AF_INET6 && len >= (socklen_t)sizeof(in6)) {
		memcpy(&in6, sa, sizeof(in6));
		e.ip.family = CYG_IPV6;
		memcpy(e.ip.octets, &in6.sin6_addr, 16);
		e.port = ntohs(in6.sin6_port);
		e.scope = in6.sin6_scope_id;
	} else {
		return CYG_MALFORMED;
	}
	*out = e;
	return CYG_OK;
}

socklen_t cyg_endpoint_to_sockaddr(const struct cyg_endpoint *e, struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(e->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(e->port) };

	memset(out, 0, sizeof(*out));
	switch (e->ip.family) {
	case CYG_IPV4:
		memcpy(&in.sin_addr, e->ip.octets, 4);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	case CYG_IPV6:
		memcpy(&in6.sin6_addr, e->ip.octets, 16);
		in6.sin6_scope_id = e->scope;
		memcpy(out, &in6, sizeof(in6));
		return sizeof(in6);
	default:
		return 0;
	}
}

/* Clears (or sets) all bits behind the first `len`. */
static void fill_host(struct cyg_ip *ip, unsigned len, bool set)
{
	for (unsigned i = 0; i < cyg_ip_len(ip); i++) {
		unsigned kept = len <= i * 8 ? 0 : len >= i * 8 + 8 ? 8 : len - i * 8;
		uint8_t mask = (uint8_t)(0xff00u >> kept);

		ip->octets[i] = (uint8_t)((ip->octets[i] & mask) | (set ? ~mask : 0));
	}
}

enum cyg_status cyg_prefix_make(const struct cyg_ip *ip, unsigned len, struct cyg_prefix *out)
{
	struct cyg_prefix p = { .ip = *ip, .len = (uint8_t)len };

	if (!cyg_ip_is_set(ip) || len > cyg_ip_bits(ip->family))
		return CYG_MALFORMED;
	fill_host(&p.ip, len, false);
	*out = p;
	return CYG_OK;
}

bool cyg_prefix_holds(const struct cyg_prefix *p, const struct cyg_ip *ip)
{
	struct cyg_ip network = *ip;

	if (ip->family != p->ip.family)
		return false;
	fill_host(&network, p->len, false);
	return cyg_ip_equal(&network, &p->ip);
}

struct cyg_ip_range cyg_prefix_range(const struct cyg_prefix *p)
{
	struct cyg_ip_range range = { p->ip, p->ip };

	fill_host(&range.low, p->len, false);
	fill_host(&range.high, p->len, true);
	return range;
}

enum cyg_status cyg_range_to_prefix(const struct cyg_ip_range *range, struct cyg_prefix *out)
{
	unsigned bits = cyg_ip_bits(range->low.family), len = 0;
	struct cyg_ip_range whole;
	struct cyg_prefix p;

	if (!bits || range->low.family != range->high.family)
		return CYG_NOT_FOUND;
	while (len < bits) {
		unsigned shift = 7 - len % 8;

		if ((range->low.octets[len / 8] ^ range->high.octets[len / 8]) >> shift & 1)
			break;
		len++;
	}
	p = (struct cyg_prefix){ .ip = range->low, .len = (uint8_t)len };
	whole = cyg_prefix_range(&p);
	if (!cyg_ip_equal(&whole.low, &range->low) || !cyg_ip_equal(&whole.high, &range->high))
		return CYG_NOT_FOUND;
	*out = p;
	return CYG_OK;
}

enum cyg_status cyg_netmask_len(const struct cyg_ip *mask, unsigned *out)
{
	unsigned len = 0, bits = cyg_ip_bits(mask->family);
	struct cyg_ip full = *mask;

	if (!bits)
		return CYG_MALFORMED;
	while (len < bits && mask->octets[len / 8] >> (7 - len % 8) & 1)
		len++;
	fill_host(&full, len, false);
	if (!cyg_ip_equal(&full, mask))
		return CYG_MALFORMED;
	*out = len;
	return CYG_OK;
}

struct cyg_ip cyg_netmask(unsigned len)
{
	struct cyg_ip mask = { .family = CYG_IPV4, .octets = { 255, 255, 255, 255 } };

	fill_host(&mask, len, false);
	return mask;
}

bool cyg_ip_next(struct cyg_ip *ip)
{
	size_t len = cyg_ip_len(ip);
	struct cyg_ip next = *ip;

	while (len > 0) {
		if (++next.octets[--len] != 0) {
			*ip = next;
			return true;
		}
	}
	return false;
}
