/* SPDX-License-Identifier: MIT */
/*
 * The packets inside the tunnel: what is read of one (addresses, ports, ECN), whether selectors
 * take it (RFC 4301 4.4.1.1, RFC 7296 3.13), the ICMP errors we answer with, ECN between
 * inner and outer header (RFC 6040), outer path MTU and inner one. Pure; any thread.
 */
#ifndef KERNEL_TUN_INNER_H
#define KERNEL_TUN_INNER_H

#include <cygnet/esp.h>
#include <cygnet/kernel.h>

#define INNER_ERROR_MAX 1280 /* octets of the longest ICMP error we make */
#define INNER_MTU_MIN4  576
#define INNER_MTU_MIN6  1280

enum inner_ecn { ECN_NONE = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3 };

struct inner {
	struct cyg_ip source, destination;
	uint16_t len;       /* of the packet by its own header */
	uint16_t payload_at;/* where the upper layer begins, 0: not here (a later fragment) */
	uint8_t protocol;   /* upper layer */
	uint8_t tos;        /* type of service or traffic class, whole */
	uint8_t ecn;
	bool df;            /* IPv4 "don't fragment"; always so with IPv6 */
	bool has_ports;     /* else they count as OPAQUE */
	uint16_t source_port, destination_port; /* of ICMP both are type << 8 | code */
};

/* Takes padding and trailer off what was opened (RFC 4303 2.4 to 2.6); false if they are wrong. `*packet`
 * may have octets behind the packet that it begins with. */
bool inner_unwrap(struct cyg_bytes plain, struct cyg_bytes *packet, uint8_t *next);

/* CYG_MALFORMED if it is no whole IPv4 or IPv6 packet; octets behind it are allowed. */
enum cyg_status inner_read(struct cyg_bytes packet, struct inner *out) CYG_MUST_CHECK;

/* Do both sides' selectors take it? `local` holds the near address. */
bool inner_matches(const struct inner *in, bool outbound, const struct cyg_selector *local, unsigned local_count,
		   const struct cyg_selector *remote, unsigned remote_count);

/* The shortest prefix that holds a whole range. */
struct cyg_prefix inner_cover(const struct cyg_ip_range *range);

/* The longest inner packet that an outer path of `outer_mtu` octets takes in one piece. */
uint16_t inner_mtu(uint16_t outer_mtu, uint8_t outer_family, bool udp_encap, const struct cyg_esp_ops *ops);

/*
 * "Fragmentation needed" or "packet too big" (RFC 1191, RFC 4443) about a packet of ours that is too
 * long, into `out` of INNER_ERROR_MAX octets. Its source is the packet's destination, for a
 * packet that comes out of a tunnel must not have an address of this host. 0: none may be sent about this packet.
 */
size_t inner_too_big(struct cyg_bytes packet, const struct inner *in, uint16_t mtu, uint8_t *out);

/* Egress of RFC 6040 4.2: writes the resulting field into the inner packet; false: drop it. */
bool inner_ecn_out_of_tunnel(uint8_t *packet, struct inner *in, uint8_t outer_ecn);

#endif
