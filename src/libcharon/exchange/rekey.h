/* SPDX-License-Identifier: MIT */
/* A new IKE_SA in place of an old one (RFC 7296 1.3.2, 2.8, 2.18). Owning shard. */
#ifndef EXCHANGE_REKEY_H
#define EXCHANGE_REKEY_H

#include "exchange/exchange.h"

struct rekey_work {
	struct cyg_sa_handle made;      /* the new SA, without keys until the exchange is over */
	struct cyg_sa_handle theirs;    /* ours: what the peer made at the same time, spi 0: nothing */
	uint8_t theirs_low[32];         /* head of the lower nonce of its exchange */
	struct chosen chosen;
	uint16_t group;
	uint8_t group_turns;
};

void rekey_work_free(struct rekey_work *work, struct ike_sa *sa);

/* Initiator: SA, Ni, KEi. */
enum cyg_status rekey_begin(struct exchange *x);
enum cyg_status rekey_response(struct exchange *x);
/* The peer deletes the SA that both were rekeying: its new one stays, ours never came to be (RFC 7296 2.25.2). */
void rekey_deleted(struct ike_sa *sa);
/* Our request came to nothing. */
void rekey_failed(struct exchange *x);
/* Responder. */
enum cyg_status rekey_request(struct exchange *x);

#endif
