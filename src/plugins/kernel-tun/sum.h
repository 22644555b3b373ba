/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum (RFC 1071): sums of 16-bit words as they lie in memory, which wraps around
 * alike in either octet order, folded and put into host order at the end. Pure; any thread.
 */
#ifndef KERNEL_TUN_SUM_H
#define KERNEL_TUN_SUM_H

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds octets that begin at an even place of what is summed. */
uint64_t sum_add(uint64_t sum, const uint8_t *octets, size_t len);
/* The same, and copies them to `to`, which does not overlap. */
uint64_t sum_copy(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len);

/* Over an IPv4 header without options. */
static inline uint64_t sum_ipv4(const uint8_t *header)
{
	uint32_t w[5];

	memcpy(w, header, sizeof(w));
	return (uint64_t)w[0] + w[1] + w[2] + w[3] + w[4];
}

/* Adds one number that stands there as 16 bits. */
static inline uint64_t sum_add_u16(uint64_t sum, uint16_t value)
{
	return sum + htons(value);
}

/* The sum in 16 bits: 0xffff over whatever holds its own right checksum. */
static inline uint16_t sum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ntohs((uint16_t)sum);
}

/* What goes into a checksum field. */
static inline uint16_t sum_end(uint64_t sum)
{
	return (uint16_t)~sum_fold(sum);
}

#endif
