/* SPDX-License-Identifier: MIT */
/*
 * Datagrams as the engine and kernel plugins see them. Owning shard only.
 */
#ifndef CYGNET_NET_H
#define CYGNET_NET_H

#include <cygnet/ip.h>
#include <cygnet/shard.h>

/*
 * One received UDP datagram. On port 4500 the non-ESP marker has been taken off already: `data`
 * starts with the IKE header, or with the ESP SPI for ESP in UDP. The octets are the shard's receive buffer: they
 * may be changed in place and are gone when the callee returns.
 */
struct cyg_datagram {
	struct cyg_endpoint local, remote;
	uint8_t *data;
	size_t len;
	bool natt;   /* it came on the NAT traversal port */
	uint8_t tos; /* type of service or traffic class of the outer header; 0 where it is not known */
	/* ESP only: `data` is a run of packets of this size, the last may be shorter. 0: it is one packet. */
	uint16_t segment;
};

/*
 * Queues one datagram from `local` (address and port of ours that answers) to `remote`; the octets
 * are copied; all of a turn go out together. From the NAT traversal port, `ike` puts the
 * four-octet marker in front (RFC 7296 2.23, RFC 3948). Losses are the network's: no error is
 * returned, but what the socket refused is counted.
 */
CYG_EXPORT void cyg_net_send(struct cyg_shard *shard, const struct cyg_endpoint *local,
			     const struct cyg_endpoint *remote, struct cyg_bytes octets, bool ike);
/*
 * Queues a run of ESP packets of one size (the last may be shorter), contiguous at `octets`, for ESP
 * in UDP, with `tos` in the outer header. Not copied: they must stay until the end of this turn.
 */
CYG_EXPORT void cyg_net_send_run(struct cyg_shard *shard, const struct cyg_endpoint *local,
				 const struct cyg_endpoint *remote, struct cyg_bytes octets,
				 size_t segment, uint8_t tos);

/* The mark of all outer packets: routes into tunnels stand behind `not fwmark` (no loops). */
#define CYG_FWMARK      0xc6u
#define CYG_ROUTE_TABLE 73
#define CYG_ROUTE_PROTO 73

#endif
