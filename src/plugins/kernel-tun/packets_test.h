/* SPDX-License-Identifier: MIT */
/* IPv4 and IPv6 packets for tests. */
#ifndef KERNEL_TUN_PACKETS_TEST_H
#define KERNEL_TUN_PACKETS_TEST_H

#include <cygnet/kernel.h>

#include <check.h>

#define PACKET_ROOM 2048

static inline struct cyg_ip test_ip(const char *text)
{
	struct cyg_ip ip;

	ck_assert_int_eq(cyg_ip_parse(cyg_str(text), &ip), CYG_OK);
	return ip;
}

/* 0 over what holds a right checksum. */
static inline uint16_t checksum(const uint8_t *octets, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? octets[i] : (uint32_t)octets[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline void packet_sum(uint8_t *packet)
{
	uint16_t sum;

	packet[10] = packet[11] = 0;
	sum = checksum(packet, 20, 0);
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
}

/* `body` octets behind the IP header: ports (or type and code), then a pattern. Returns the length. */
static inline size_t packet_make(uint8_t *packet, const char *from, const char *to, uint8_t protocol,
				 uint16_t source, uint16_t destination, size_t body)
{
	struct cyg_ip a = test_ip(from), b = test_ip(to);
	size_t header = a.family == CYG_IPV6 ? 40 : 20, len = header + body;

	memset(packet, 0, len);
	for (size_t i = 4; i < body; i++)
		packet[header + i] = (uint8_t)(i * 3);
	if (a.family == CYG_IPV6) {
		packet[0] = 0x60;
		packet[4] = (uint8_t)(body >> 8);
		packet[5] = (uint8_t)body;
		packet[6] = protocol;
		packet[7] = 64;
		memcpy(packet + 8, a.octets, 16);
		memcpy(packet + 24, b.octets, 16);
	} else {
		packet[0] = 0x45;
		packet[2] = (uint8_t)(len >> 8);
		packet[3] = (uint8_t)len;
		packet[8] = 64;
		packet[9] = protocol;
		memcpy(packet + 12, a.octets, 4);
		memcpy(packet + 16, b.octets, 4);
		packet_sum(packet);
	}
	packet[header] = (uint8_t)(source >> 8);
	packet[header + 1] = (uint8_t)source;
	packet[header + 2] = (uint8_t)(destination >> 8);
	packet[header + 3] = (uint8_t)destination;
	return len;
}

static inline void packet_set_df(uint8_t *packet)
{
	packet[6] |= 0x40;
	packet_sum(packet);
}

static inline void packet_set_ecn(uint8_t *packet, uint8_t ecn)
{
	if (packet[0] >> 4 == 6) {
		packet[1] = (uint8_t)((packet[1] & 0xcf) | ecn << 4);
	} else {
		packet[1] = (uint8_t)((packet[1] & 0xfc) | ecn);
		packet_sum(packet);
	}
}

static inline struct cyg_selector selector_of(const char *low, const char *high)
{
	return (struct cyg_selector){ .addr = { test_ip(low), test_ip(high) }, .port_high = UINT16_MAX };
}

#endif
