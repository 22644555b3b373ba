/* SPDX-License-Identifier: MIT */
/*
 * The engine of one shard: IKE datagrams in, SAs out.
 *
 * Owning shard only, every function. The shard's `engine` member points at what ike_shard_new() made; it
 * sends through cyg_net_send() and reaches the data plane through the active kernel plugin. Control reaches it only by
 * posting a message to the shard, whose handler calls the functions here.
 */
#ifndef EXCHANGE_DRIVER_H
#define EXCHANGE_DRIVER_H

#include "config/objects.h"
#include "sa/rows.h"

#include <cygnet/net.h>

struct ike_shard;
struct pki;

#define IKE_PORT      500
#define IKE_NATT_PORT 4500

/* What does not come from the configuration in the command language. Zeroed: the defaults. */
struct key_export;

struct ike_options {
	/* The address that the system would send from; NULL: ask the system. */
	enum cyg_status (*source_for)(void *ctx, const struct cyg_ip *remote, struct cyg_ip *out);
	/* The MTU of the path as the system knows it, 0: it does not; NULL: ask the system. */
	size_t (*path_mtu)(void *ctx, const struct cyg_ip *local, const struct cyg_ip *remote);
	void *source_ctx;               /* of both */
	uint32_t retransmit_first_ms;   /* 0: 1,000; doubles each time */
	uint32_t retransmit_tries;      /* 0: 6 sendings in all */
	uint32_t half_open_max;         /* 0: 16,384 */
	uint32_t waiting_max;           /* 0: 50,000 SAs that wait for AAA */
	const struct key_export *export_keys; /* NULL: no key leaves the process (export.h) */
};

/* Sets shard->engine; attaches to the kernel plugin if one is active. */
enum cyg_status ike_shard_new(struct cyg_shard *shard, const struct ike_options *options,
			      struct ike_shard **out) CYG_MUST_CHECK;
/* Frees every SA without a word to the peers; children are removed from the kernel. NULL is fine. */
void ike_shard_free(struct ike_shard *ike);
/* Tells every peer that its SA ends (one DELETE each, no waiting for the answer): the daemon stops. */
void ike_shard_shutdown(struct ike_shard *ike);

/*
 * Takes a new snapshot: whatever is set up from now on goes by it. `config` is kept until the next one (counted); NULL in
 * tests that fill `view` by hand, which then must outlive the engine. The sessions that there are follow by
 * ike_shard_renew(), which the caller then calls, each turn once, until it says that nothing is left.
 */
void ike_shard_configure(struct ike_shard *ike, const struct cyg_config *config,
			 const struct config_view *view);
/*
 * Some sessions more: those whose profile, key or interface was removed or shut end, the others get the objects of the new
 * snapshot. Behind the last it starts and stops the configured tunnels of this shard (hash of the interface's name). False:
 * that was all.
 */
bool ike_shard_renew(struct ike_shard *ike);

/* Takes what the trustpoints hold (counted; NULL: nothing), before the snapshot that they belong to. */
void ike_shard_pki(struct ike_shard *ike, struct pki *pki);

/* A session that a configuration would end. */
struct ike_plan_row {
	uint32_t serial;
	struct cyg_endpoint remote;
	char profile[ROW_NAME_MAX];
	const char *why; /* a constant */
};
/* Of some sessions behind the cursor, those that this configuration would end: how many, the first `max` at `rows`. Again
 * until cursor->end. */
size_t ike_plan(struct ike_shard *ike, const struct cyg_config *config, const struct config_view *view, struct row_cursor *cursor,
		struct ike_plan_row *rows, size_t max);

/* One received IKE datagram (marker taken off). Its octets may be changed. */
void driver_input(struct ike_shard *ike, struct cyg_datagram *datagram);

/* The next page of SAs that match `filter` (NULL: all): how many rows were written, at most `max`. No more than ROWS_LOOKS
 * times as many SAs are looked at, so a page may be empty though cursor->end does not say that it is the last. */
size_t ike_rows(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
		struct ike_sa_row *rows, size_t max);
/* The children of matching SAs. */
size_t child_rows(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
		  struct child_sa_row *rows, size_t max);
/* Matching SAs, each with its children behind it: at most `max` rows together, so that a page may end between them. A
 * page may be empty and not the last: it has looked at enough. */
size_t session_rows(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
		    struct session_row *rows, size_t max);
/* The number that the youngest SA has: `clear` spares those above it. */
uint32_t ike_last_serial(const struct ike_shard *ike);
/*
 * Walks of many turns: each looks at up to `max` SAs behind the cursor with serial <= `last` (NULL: from the oldest on, and there
 * is no next turn) and does something to those that match. cursor->end says that there is no next turn. The whole walk costs
 * as much as there are SAs, whatever comes or goes between two turns.
 */
/* Begins to delete them; how many it began with. */
size_t ike_clear(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor, uint32_t last,
		 size_t max);
/* Asks for new keys, of them or of their children. How many will have some. */
size_t ike_rekey(struct ike_shard *ike, const struct ike_filter *filter, bool children,
		 struct row_cursor *cursor, uint32_t last, size_t max);
/* Begins to delete their children, and leaves the IKE_SAs alone. How many children. */
size_t ike_clear_children(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
			  uint32_t last, size_t max);

const struct ike_counters *ike_counters(struct ike_shard *ike);
void ike_counters_clear(struct ike_shard *ike);

#endif
