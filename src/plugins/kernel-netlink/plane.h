/* SPDX-License-Identifier: MIT */
/*
 * ESP by the kernel (xfrm): what the files of this plugin share.
 *
 *   child.c    the SAs of one shard: install, move, remove, query
 *   policy.c   policies in the kernel: which child a packet goes to; counted across shards
 *   report.c   what the kernel tells: limits, moved mappings, packets without an SA
 *   device.c   xfrm interfaces, their policies, and what an earlier run left
 *   probe.c    what this kernel can do, and which option it lacks
 *   xfrm.c pairs.c   messages and selectors, pure
 *
 * A struct plane_shard belongs to its shard's thread, a struct plane to the control thread but for its constant
 * members. Shards speak by messages only. Requests of a turn go to the kernel together (libkernel/netlink.h).
 *
 * How a packet finds its SA. The routes of a session lead to the interface of its template; the interface's number is
 * the `if_id` of policies and SAs. Outbound, a policy (selectors of both sides, the longest prefix first) names
 * the child by `reqid`, which is its inbound SPI: a rekey makes the policy name the new child. Inbound, an SA that has
 * one pair of selectors carries it, and one policy of the interface lets all of those in; one with more pairs has
 * policies of its own under a reqid that it hands down at a rekey.
 *
 * Transport mode has nothing to do with an interface: packets between the two hosts leave as they always did, and a
 * policy of the outer addresses (if_id 0) puts them into the SA that it names. Such a policy stands inbound, too, so that
 * the same traffic is not taken without ESP.
 */
#ifndef KERNEL_NETLINK_PLANE_H
#define KERNEL_NETLINK_PLANE_H

#include "xfrm.h"

#include "libkernel/device.h"
#include "libkernel/held.h"
#include "libkernel/spi.h"

#include <cygnet/plugin.h>

struct plane_conf {
	uint32_t mtu, replay_window;
};

/* An interface as one shard knows it; also before its device is there and after it is gone. */
struct plane_link {
	struct plane_link *next;
	uint32_t id;
	unsigned index; /* of the device, 0: not there */
};

/* A policy that a child wants, by its selectors, by routes or both. */
struct plane_want {
	struct plane_want *next;
	struct xfrm_policy_of policy;
	unsigned refs;
};

struct plane_task;

/* A CHILD_SA, both directions. */
struct plane_child {
	struct plane_shard *shard;
	uint32_t spi_in, spi_out, reqid_in, if_id;
	struct cyg_sa_handle owner;
	struct cyg_endpoint local, remote;
	bool udp_encap, transport;
	bool in, out;               /* directions that are installed, or about to be */
	struct plane_task *tasks;   /* under way */
	struct plane_want *wants;
	unsigned pair_count;
	struct pair pairs[];        /* all that its selectors let through */
};

/* One request of the engine; ends when everything it asked of the kernel is answered. */
struct plane_task {
	struct plane_task *next, **prev; /* of the child */
	struct plane_task *all_next, **all_prev; /* of the shard */
	struct plane_shard *shard;
	struct plane_child *child;  /* NULL: it is gone */
	struct cyg_op *op;          /* NULL: nobody waits */
	const char *what;
	enum cyg_direction added;   /* is taken back if anything fails */
	bool tolerant;              /* what is gone already is as good */
	unsigned asked;
	int error;
	char text[NL_TEXT_MAX];
};

struct plane_policies;

struct plane_shard {
	struct cyg_shard *shard;
	struct cyg_plugin_ctx *ctx;
	const struct cyg_kernel_events *events;
	struct spi_table spis;
	struct plane_link *links;
	struct plane_task *tasks;
	struct nl xfrm;             /* requests */
	struct nl question;         /* answered at once */
	struct nl route;
	struct held held;
	struct outbox outbox;
	struct plane_policies *policies; /* that this shard keeps count of */
	struct cyg_poll reports;    /* worker 0 */
	struct {
		uint16_t encr, key_bits, integ;
		bool esn, known, can;
	} suite[16];
};

struct plane {
	struct devices devices;
	struct nl xfrm;             /* control thread */
	bool probed;
};

static inline struct plane_shard *plane_of(struct cyg_plugin_ctx *ctx, const struct cyg_shard *shard)
{
	return cyg_plugin_shard_data(ctx, shard);
}

/* What tests put in place of the system. */
extern int (*plane_netlink_open)(int protocol);

/* --- netlink_plugin.c --- */

/* Opens the sockets of a shard, if they are not open. */
enum cyg_status plane_shard_open(struct plane_shard *s) CYG_MUST_CHECK;

/* --- child.c --- */

static inline struct plane_child *plane_child_find(struct plane_shard *s, uint32_t spi_in)
{
	return (struct plane_child *)spi_child(&s->spis, spi_in);
}
enum cyg_status plane_child_add(struct plane_shard *s, const struct cyg_kernel_child *wanted, enum cyg_direction what,
				struct cyg_op *op) CYG_MUST_CHECK;
enum cyg_status plane_child_move(struct plane_shard *s, uint32_t spi_in, const struct cyg_endpoint *local,
				 const struct cyg_endpoint *remote, bool udp_encap, struct cyg_op *op) CYG_MUST_CHECK;
void plane_child_remove(struct plane_shard *s, uint32_t spi_in, enum cyg_direction what,
			struct cyg_kernel_counters *last);
enum cyg_status plane_child_query(struct plane_shard *s, uint32_t spi_in, struct cyg_kernel_counters *out)
	CYG_MUST_CHECK;
/* Packets to `prefix` go to this child too. */
enum cyg_status plane_child_route(struct plane_child *child, const struct cyg_prefix *prefix, bool add)
	CYG_MUST_CHECK;
void plane_children_free(struct plane_shard *s);
/* The kernel's verdict about something a task asked for. */
void plane_task_answer(struct plane_task *task, int error, const char *text);

/* --- policy.c --- */

/* `child` (its inbound SPI) wants, or no longer wants, packets of this policy. With a task: it hears the outcome. */
enum cyg_status plane_policy_want(struct plane_shard *s, uint32_t child, const struct xfrm_policy_of *policy,
				  const struct xfrm_template *template, bool want, struct plane_task *task)
	CYG_MUST_CHECK;
enum cyg_status plane_policies_new(struct plane_shard *s) CYG_MUST_CHECK;
void plane_policies_free(struct plane_shard *s);

/* --- report.c --- */

/* Worker 0 listens for all; without it the engine hears nothing, which is logged. */
void plane_reports_start(struct plane_shard *s);
void plane_reports_stop(struct plane_shard *s);

/* --- device.c --- */

extern const struct device_kind plane_device_kind;
extern const struct held_owner plane_held_owner;
void plane_links_free(struct plane_shard *s);

/* --- probe.c --- */

/* Control thread: logs what is missing. */
enum cyg_status plane_probe(struct nl *xfrm, struct nl *route) CYG_MUST_CHECK;
enum cyg_status plane_can_do(struct plane_shard *s, uint16_t encr, uint16_t key_bits, uint16_t integ,
			     bool esn) CYG_MUST_CHECK;

#endif
