/* SPDX-License-Identifier: MIT */
/*
 * Messages of ours: begun in the shard's buffer, sealed in place, handed to the wire. For the driver
 * and ask.c alone; no handler sends. Owning shard.
 */
#ifndef EXCHANGE_SEND_H
#define EXCHANGE_SEND_H

#include "exchange/engine.h"

struct exchange;

/* Makes x->out ready for payloads; what was begun before is lost. */
void send_begin(struct exchange *x);
/* Header, SK payload around what was written, sealed. Empty if it did not fit or could not be sealed; lives until
 * the next send_begin() of the shard. */
struct cyg_bytes send_finish(struct exchange *x);
/* A fresh IV for whatever this SA seals next. */
void send_iv(struct ike_sa *sa, uint8_t iv[CYG_IV_MAX]);
/* A message, or several one behind the other. */
void send_to(struct ike_sa *sa, const struct cyg_endpoint *local, const struct cyg_endpoint *remote,
	     struct cyg_bytes octets);

/* Index of an exchange in the counters. */
static inline unsigned counter_of(uint8_t exchange)
{
	return (exchange - (unsigned)CYG_IKE_SA_INIT) % CYG_COUNT(((struct ike_counters *)0)->requests_in);
}

#endif
