/* SPDX-License-Identifier: MIT */
/*
 * Requests of ours: which one comes next, made, sent, repeated, given up. One is under way at a time.
 * For the driver; others set what they want and call driver_pump(). Owning shard.
 */
#ifndef EXCHANGE_ASK_H
#define EXCHANGE_ASK_H

#include "exchange/engine.h"

struct exchange;

/* Makes the request of `x` (once more) and sends it. */
void ask_begin(struct exchange *x);
/* What making it came to, at once or when an operation ended. */
void ask_begun(struct exchange *x, enum cyg_status status);
/* It came to nothing: its file is told, and the next one begins. */
void ask_failed(struct exchange *x, enum cyg_status status);
/* Forgets the exchange and the request. */
void ask_free(struct ike_sa *sa);

#endif
