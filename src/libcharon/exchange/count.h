/* SPDX-License-Identifier: MIT */
/*
 * Notifies and configuration payloads, counted by type and by the way that they went: `show crypto ikev2 stats
 * exchange`. Owning shard.
 */
#ifndef EXCHANGE_COUNT_H
#define EXCHANGE_COUNT_H

#include "exchange/engine.h"

/* One of ours that goes out in no exchange. */
void count_notify(struct ike_shard *ike, enum ike_way way, uint16_t type);
/* The payloads of a message of ours, in clear; the first of them is of type `first`. */
void count_sent(struct ike_shard *ike, bool response, uint8_t first, struct cyg_bytes chain);
/* A message that a handler gets to see. */
void count_received(struct ike_shard *ike, bool response, const struct message *msg);

#endif
