/* SPDX-License-Identifier: MIT */
/*
 * IKE_SA_INITs whose key exchange takes a helper's time (large MODP groups) take turns: a few are with the helpers, so
 * that strangers never crowd out the signatures and rekeys of those who are known, some wait, and what comes beyond is
 * dropped before anything is kept for it. Owning shard.
 */
#ifndef EXCHANGE_TURN_H
#define EXCHANGE_TURN_H

#include "exchange/exchange.h"

#define TURNS_AT_ONCE  16   /* with the helpers, of a shard */
#define TURN_QUEUE_MAX 1000 /* that wait, of a shard; or the configured number, shared by the shards */

/* Would a request by this group have to wait, and is there no room to? */
bool turn_refused(const struct ike_shard *ike, uint16_t group);
/* A stage of the responder's IKE_SA_INIT: until it is its turn. */
enum cyg_status turn_begin(struct exchange *x);
/* The exchange is over: the next one's turn. Twice is fine. */
void turn_end(struct exchange *x);

#endif
