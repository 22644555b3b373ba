/* SPDX-License-Identifier: MIT */
/*
 * Rows of SAs from the shards, a page at a time: a cursor goes to a shard by message, 64 copied
 * rows come back, and the next page is asked for when the client has room. No shard ever waits.
 * Also: a filter to every shard for `clear` and `rekey`, and the sum of their counters. Control thread only.
 *
 * Each of these ends its command itself with cyg_exec_done().
 */
#ifndef CONTROL_PAGES_H
#define CONTROL_PAGES_H

#include "control/state.h"
#include "sa/rows.h"

enum page_kind {
	PAGE_IKE,
	PAGE_CHILD,
	PAGE_SESSION,          /* `ike`, then `child` for each of its own */
};

struct page_job {
	enum page_kind kind;
	struct ike_filter filter;
	bool by_family;        /* IPv4 first, then IPv6, with `heading` before each */
	bool detailed;
	void (*heading)(struct cyg_exec *exec, uint8_t family);
	void (*ike)(struct cyg_exec *exec, struct page_job *job, const struct ike_sa_row *row);
	void (*child)(struct cyg_exec *exec, struct page_job *job, const struct child_sa_row *row);
	void (*end)(struct cyg_exec *exec, struct page_job *job, uint64_t rows);
	/* For the callbacks. */
	uint64_t rows;         /* told so far */
	unsigned shard_count;
	char interface[ROW_NAME_MAX];
};

/* `job` is copied. CYG_PENDING, or why not. */
enum cyg_status pages_run(struct cyg_exec *exec, const struct page_job *job) CYG_MUST_CHECK;
/* Sets the filter to the SA of that number; CYG_NOT_FOUND if none can have it. `shard`: the only one to ask. */
enum cyg_status pages_filter_tunnel(struct ike_filter *filter, uint64_t tunnel_id, unsigned shard_count,
				    unsigned *shard) CYG_MUST_CHECK;

/* Clears what matches now; younger SAs survive. `only`: this shard alone, or -1. */
enum cyg_status pages_clear(struct cyg_exec *exec, const struct ike_filter *filter, int only)
	CYG_MUST_CHECK;

/* Ends the children of what matches now; the IKE_SAs stay. */
enum cyg_status pages_clear_children(struct cyg_exec *exec, const struct ike_filter *filter) CYG_MUST_CHECK;

/* Asks for new keys of what matches now, or of its children. */
enum cyg_status pages_rekey(struct cyg_exec *exec, const struct ike_filter *filter, bool children, int only)
	CYG_MUST_CHECK;

/* One row as text or JSON (show_ikev2.c, show_ipsec.c). */
void show_ike_row(struct cyg_exec *exec, struct page_job *job, const struct ike_sa_row *row);
void show_child_row(struct cyg_exec *exec, struct page_job *job, const struct child_sa_row *row);

/* The same as `show crypto ikev2 session` and as `show crypto session` have them (show_session.c). */
void show_ikev2_session_ike(struct cyg_exec *exec, struct page_job *job, const struct ike_sa_row *row);
void show_ikev2_session_child(struct cyg_exec *exec, struct page_job *job, const struct child_sa_row *row);
void show_session_ike(struct cyg_exec *exec, struct page_job *job, const struct ike_sa_row *row);
void show_session_child(struct cyg_exec *exec, struct page_job *job, const struct child_sa_row *row);
/* "UP-ACTIVE", "UP-IDLE", "DOWN-NEGOTIATING", "DOWN" (show_session.c). */
const char *show_session_status(const struct ike_sa_row *row);
/* Packets that came in and were dropped (show_ipsec.c). */
uint64_t show_drops_in(const struct cyg_kernel_counters *c);

/* Sums the counters of all shards and hands them to `tell`; `reset` zeroes them after that. */
enum cyg_status pages_counters(struct cyg_exec *exec, bool reset,
			       void (*tell)(struct cyg_exec *exec, const struct ike_counters *sum))
	CYG_MUST_CHECK;

/* Sums as `show crypto ikev2 stats exchange`, `timeout` and `priority-queue` have them (show_stats.c). */
void show_exchange_counters(struct cyg_exec *exec, const struct ike_counters *sum);
void show_timeout_counters(struct cyg_exec *exec, const struct ike_counters *sum);
void show_queue_counters(struct cyg_exec *exec, const struct ike_counters *sum);

#define PAGES_TOTALS_MAX (2 * CYG_KERNEL_TOTALS_MAX)

/* Counters of the data plane and of the sockets, of all shards, summed by name. */
enum cyg_status pages_totals(struct cyg_exec *exec, void (*tell)(struct cyg_exec *exec,
								 const struct cyg_kernel_total *totals, unsigned count))
	CYG_MUST_CHECK;

#endif
