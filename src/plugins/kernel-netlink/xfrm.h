/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's IPsec is told and what it tells: requests for SAs and policies, and its reports. Pure.
 */
#ifndef KERNEL_NETLINK_XFRM_H
#define KERNEL_NETLINK_XFRM_H

#include "pairs.h"

#include "libkernel/netlink.h"

#include <linux/xfrm.h>

/* What inbound SAs carry whose selectors the kernel checks by itself; one policy of an interface takes them all. */
#define XFRM_REQID_COMMON 1u

struct xfrm_sa {
	uint32_t spi;
	struct cyg_endpoint from, to; /* outer, in the direction of the packets */
	bool inbound, udp_encap, esn, transport;
	uint32_t reqid;
	uint32_t if_id;               /* in transport mode only a sign of whose it is */
	uint16_t encr, key_bits, integ;
	struct cyg_bytes key;
	uint32_t replay_window;
	uint64_t seq;                 /* last used or, inbound, highest seen */
	uint64_t soft_octets, hard_octets;
	const struct pair *selector;  /* inbound: the only one, or NULL: any */
};

/* CYG_UNSUPPORTED: the kernel has no name for the suite, or the key is not of its length. The message holds the key. */
enum cyg_status xfrm_sa_add(struct nl_message *m, const struct xfrm_sa *sa) CYG_MUST_CHECK;
void xfrm_sa_delete(struct nl_message *m, const struct cyg_ip *to, uint32_t spi);
/* Answered with XFRM_MSG_NEWSA. */
void xfrm_sa_get(struct nl_message *m, const struct cyg_ip *to, uint32_t spi);
void xfrm_sa_dump(struct nl_message *m);
/* Key length of a suite in octets (cipher, salt, integrity), 0: the kernel has no name for it. */
size_t xfrm_key_len(uint16_t encr, uint16_t key_bits, uint16_t integ);

/* The state of an SA, out of what the kernel answered. */
struct xfrm_usage {
	uint64_t packets, octets;
	uint64_t replayed, forged; /* dropped */
	uint64_t used_s;           /* when last, in seconds since 1970; 0: never */
};
enum cyg_status xfrm_sa_read(const struct nlmsghdr *message, size_t len, struct xfrm_usage *out) CYG_MUST_CHECK;
/*
 * The same SA between other endpoints: from the kernel's answer, with its keys, sequence number, window and counters.
 * An outbound number jumps ahead by as many packets as may have left since.
 */
enum cyg_status xfrm_sa_moved(struct nl_message *m, const struct nlmsghdr *message, size_t len,
			      const struct cyg_endpoint *from, const struct cyg_endpoint *to, bool inbound,
			      bool udp_encap) CYG_MUST_CHECK;

enum xfrm_way { XFRM_WAY_IN, XFRM_WAY_OUT, XFRM_WAY_FORWARD };

struct xfrm_policy_of {
	enum xfrm_way way;
	struct pair pair;
	uint32_t if_id;       /* 0: of packets that go through no interface of ours: transport mode */
};
struct xfrm_template {
	uint32_t reqid;       /* 0: any */
	struct cyg_ip from, to; /* outer; unset: any */
	uint32_t transport;   /* mode, and the interface whose it is; 0: a tunnel */
};
/* Sets it, or sets it anew. */
void xfrm_policy_set(struct nl_message *m, const struct xfrm_policy_of *policy, const struct xfrm_template *template,
		     uint32_t priority);
void xfrm_policy_delete(struct nl_message *m, const struct xfrm_policy_of *policy);
void xfrm_policy_dump(struct nl_message *m);
/* The longer the prefix towards the destination, the earlier. */
uint32_t xfrm_priority(const struct pair *pair, enum xfrm_way way);
#define XFRM_PRIORITY_COMMON  200000u
#define XFRM_PRIORITY_ACQUIRE 300000u

/* Out of a dump: does it belong to this interface, in either mode? Then the request that deletes it. */
bool xfrm_dumped(const struct nlmsghdr *message, uint32_t if_id, struct nl_message *deletion);

/* --- Reports --- */

enum xfrm_report_kind { XFRM_REPORT_NONE, XFRM_REPORT_EXPIRE, XFRM_REPORT_MAPPING, XFRM_REPORT_ACQUIRE };
struct xfrm_report {
	enum xfrm_report_kind kind;
	uint32_t spi, reqid, if_id;
	bool hard;
	struct cyg_endpoint remote;       /* MAPPING: where it is now */
	struct cyg_ip source, destination;/* ACQUIRE: of the packet */
	uint8_t protocol;
};
/* One message of the kernel; kind NONE for what is none of ours or broken. `len` octets are there. */
struct xfrm_report xfrm_report_read(const struct nlmsghdr *message, size_t len);

#endif
