/* SPDX-License-Identifier: MIT */
/*
 * IKE messages in fragments (RFC 7383), so that no IP fragment is needed on a path that drops them.
 *
 * Out: a message longer than the limit of its way is sealed piece by piece; the result is the messages one behind
 * the other (a flight), each as long as its header says. A message that went out whole can be cut later, since we
 * can open what we sealed ourselves. In: a fragment is kept once its ICV was right, one message per
 * direction and IKE_SA, within the limits below, for as long as FRAGMENTS_LIFE_MS.
 * Owning shard.
 */
#ifndef EXCHANGE_FRAGMENT_H
#define EXCHANGE_FRAGMENT_H

#include "exchange/engine.h"

struct exchange;

#define FRAGMENTS_MAX          128                /* of one message, in and out */
#define FRAGMENTS_UNPROVEN_MAX (20 * 1024)        /* octets kept for a peer that is not authenticated */
#define FRAGMENTS_SHARD_MAX    (16 * 1024 * 1024) /* octets kept by a shard in all */
#define FRAGMENTS_LIFE_MS      30000

/* --- In IKE_SA_INIT --- */

/* Says that we take fragments, unless the configuration forbids it. */
void fragment_add(struct exchange *x);
/* Both have said so: the SA may use them. */
void fragment_read(struct exchange *x);

/* --- Out --- */

/* How long a message to this endpoint may be; SIZE_MAX: as long as it likes. `len` is what it would have,
 * `fragmented` says that it answers a fragmented one. */
size_t fragment_limit(const struct ike_sa *sa, const struct cyg_endpoint *remote, size_t len,
		      bool fragmented);
/* The limit for a message that seems to get lost for its size. */
size_t fragment_small_limit(const struct ike_sa *sa, const struct cyg_endpoint *remote);
/* The flight of a chain of payloads; empty if it cannot be. It lives until the next one of the shard. */
struct cyg_bytes fragment_seal(struct ike_sa *sa, const struct ike_header *header, uint8_t first,
			       struct cyg_bytes plain, size_t limit);
/* The flight of a message that we sealed before; empty if it is no single message with SK. */
struct cyg_bytes fragment_again(struct ike_sa *sa, struct cyg_bytes message, size_t limit);

/* --- In --- */

/*
 * Keeps an opened fragment. CYG_OK: the message is complete, *octets (malloc'ed, the caller's) is a message whose SK
 * payload holds the plain text as it is. CYG_PENDING: others are missing; anything else: dropped.
 */
enum cyg_status fragment_take(struct ike_sa *sa, const struct message *msg, struct cyg_bytes plain,
			      uint8_t **octets, size_t *len) CYG_MUST_CHECK;
/* What was kept of a message that is not needed any more. */
void fragment_forget(struct ike_sa *sa, bool response);
void fragment_forget_all(struct ike_sa *sa);

#endif
