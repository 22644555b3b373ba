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

#define SUM_WIDE_LEAST 128 /* octets from which wide registers pay */

uint64_t sum_wide(uint64_t sum, const uint8_t *octets, size_t len);
uint64_t sum_wide_copy(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len);

/* In 32-bit words, of which 64 KB are 2^14, so nothing runs over. Two sums side by side wait for each other less. */
static inline uint64_t sum_words(uint64_t sum, const uint8_t *octets, size_t len)
{
	uint64_t other = 0, pair;
	uint8_t rest[2] = { 0 };
	uint32_t w;
	uint16_t half;

	for (; len >= sizeof(pair); len -= sizeof(pair), octets += sizeof(pair)) {
		memcpy(&pair, octets, sizeof(pair));
		sum += pair & 0xffffffff;
		other += pair >> 32;
	}
	if (len & 4) {
		memcpy(&w, octets, sizeof(w));
		sum += w;
		octets += sizeof(w);
	}
	if (len & 2) {
		memcpy(&half, octets, sizeof(half));
		sum += half;
		octets += sizeof(half);
	}
	if (len & 1) {
		rest[0] = *octets;
		memcpy(&half, rest, sizeof(half));
		sum += half;
	}
	return sum + other;
}

/* Adds octets that begin at an even place of what is summed. */
static inline uint64_t sum_add(uint64_t sum, const uint8_t *octets, size_t len)
{
	return len >= SUM_WIDE_LEAST ? sum_wide(sum, octets, len) : sum_words(sum, octets, len);
}

/* The same, and copies them to `to`, which does not overlap. */
static inline uint64_t sum_copy(uint64_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
	if (len >= SUM_WIDE_LEAST)
		return sum_wide_copy(sum, to, octets, len);
	if (len)
		memcpy(to, octets, len);
	return sum_words(sum, octets, len);
}

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

/* The sum in 16 bits: 0xffff over whatever holds its own right checksum. The half that is added to itself turned around has the carry in it. */
static inline uint16_t sum_fold(uint64_t sum)
{
	uint32_t half;

	sum += sum << 32 | sum >> 32;
	half = (uint32_t)(sum >> 32);
	half += half << 16 | half >> 16;
	return ntohs((uint16_t)(half >> 16));
}

/* What goes into a checksum field. */
static inline uint16_t sum_end(uint64_t sum)
{
	return (uint16_t)~sum_fold(sum);
}

#endif
