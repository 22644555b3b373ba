/* SPDX-License-Identifier: MIT */
/*
 * IPv4 and IPv6 addresses, endpoints, prefixes and ranges as plain values in network byte order.
 * Any thread; no allocation.
 */
#ifndef CYGNET_IP_H
#define CYGNET_IP_H

#include <cygnet/bytes.h>

#include <sys/socket.h>

enum cyg_family {
	CYG_IP_NONE = 0,
	CYG_IPV4 = 4,
	CYG_IPV6 = 6,
};

struct cyg_ip {
	uint8_t family;     /* enum cyg_family */
	uint8_t octets[16]; /* the first 4 for IPv4, the rest zero */
};

struct cyg_endpoint {
	struct cyg_ip ip;
	uint16_t port;      /* host byte order */
	uint32_t scope;     /* interface index of a link-local IPv6 address, else 0 */
};

struct cyg_prefix {
	struct cyg_ip ip;   /* host bits are zero */
	uint8_t len;
};

struct cyg_ip_range {
	struct cyg_ip low, high; /* of one family, low <= high, both inclusive */
};

#define CYG_IP_TEXT       46 /* longest address with its NUL */
#define CYG_ENDPOINT_TEXT 56 /* "[address]:port" */

static inline size_t cyg_ip_len(const struct cyg_ip *ip)
{
	return ip->family == CYG_IPV4 ? 4 : ip->family == CYG_IPV6 ? 16 : 0;
}

static inline bool cyg_ip_is_set(const struct cyg_ip *ip)
{
	return ip->family != CYG_IP_NONE;
}

/* 0.0.0.0 or :: (or none). */
CYG_EXPORT bool cyg_ip_is_any(const struct cyg_ip *ip);
CYG_EXPORT bool cyg_ip_equal(const struct cyg_ip *a, const struct cyg_ip *b);
/* By family, then by octets: negative, zero, positive. */
CYG_EXPORT int cyg_ip_compare(const struct cyg_ip *a, const struct cyg_ip *b);
CYG_EXPORT bool cyg_endpoint_equal(const struct cyg_endpoint *a, const struct cyg_endpoint *b);
/* From 4 or 16 octets; CYG_MALFORMED for another length. */
CYG_EXPORT enum cyg_status cyg_ip_from_bytes(struct cyg_bytes octets, struct cyg_ip *out) CYG_MUST_CHECK;
/* "192.0.2.1" or "2001:db8::1"; nothing around it. */
CYG_EXPORT enum cyg_status cyg_ip_parse(struct cyg_str text, struct cyg_ip *out) CYG_MUST_CHECK;
/* Into at least CYG_IP_TEXT octets; returns `out`. "-" when unset. */
CYG_EXPORT const char *cyg_ip_text(const struct cyg_ip *ip, char *out);
/* "192.0.2.1:500", "[2001:db8::1]:500" into at least CYG_ENDPOINT_TEXT octets; returns `out`. */
CYG_EXPORT const char *cyg_endpoint_text(const struct cyg_endpoint *e, char *out);
CYG_EXPORT enum cyg_status cyg_endpoint_from_sockaddr(const struct sockaddr *sa, socklen_t len,
						      struct cyg_endpoint *out) CYG_MUST_CHECK;
/* Returns the length used in `out`, 0 when `e` is unset. */
CYG_EXPORT socklen_t cyg_endpoint_to_sockaddr(const struct cyg_endpoint *e, struct sockaddr_storage *out);
/* Longest prefix of the family: 32 or 128. */
static inline unsigned cyg_ip_bits(uint8_t family)
{
	return family == CYG_IPV4 ? 32 : family == CYG_IPV6 ? 128 : 0;
}
/* fe80::/10: means nothing without the link it is on (RFC 4291 2.5.6). */
static inline bool cyg_ip_is_link_local(const struct cyg_ip *ip)
{
	return ip->family == CYG_IPV6 && ip->octets[0] == 0xfe && (ip->octets[1] & 0xc0) == 0x80;
}
/* Clears the host bits. CYG_MALFORMED if len is longer than the family allows. */
CYG_EXPORT enum cyg_status cyg_prefix_make(const struct cyg_ip *ip, unsigned len, struct cyg_prefix *out)
	CYG_MUST_CHECK;
CYG_EXPORT bool cyg_prefix_holds(const struct cyg_prefix *p, const struct cyg_ip *ip);
/* First and last address of a prefix. */
CYG_EXPORT struct cyg_ip_range cyg_prefix_range(const struct cyg_prefix *p);
/* The prefix that is exactly this range, or CYG_NOT_FOUND if the range is none. */
CYG_EXPORT enum cyg_status cyg_range_to_prefix(const struct cyg_ip_range *range, struct cyg_prefix *out)
	CYG_MUST_CHECK;
/* A netmask (255.255.255.0) as a length; CYG_MALFORMED if it has holes. */
CYG_EXPORT enum cyg_status cyg_netmask_len(const struct cyg_ip *mask, unsigned *out) CYG_MUST_CHECK;
/* The IPv4 netmask of a length of up to 32. */
CYG_EXPORT struct cyg_ip cyg_netmask(unsigned len);
/* The next address; false (and unchanged) after the last of the family. */
CYG_EXPORT bool cyg_ip_next(struct cyg_ip *ip);

#endif
