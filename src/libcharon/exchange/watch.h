/* SPDX-License-Identifier: MIT */
/*
 * What `debug crypto ikev2` shows of the engine. Each call costs one load while nothing is turned on. The shard's
 * thread.
 */
#ifndef EXCHANGE_WATCH_H
#define EXCHANGE_WATCH_H

#include "exchange/engine.h"
#include "exchange/exchange.h"

#include <cygnet/debug.h>

/* A message that goes out: its payloads in clear, the first of them of type `first`. */
void watch_sent(const struct exchange *x, uint8_t first, struct cyg_bytes chain);
/* One that came in; `sa` is NULL for a stranger's. */
void watch_received(const struct ike_sa *sa, const struct cyg_datagram *d, const struct ike_header *header,
		    uint8_t first, struct cyg_bytes chain);
/* One that was dropped: which counter tells. */
void watch_dropped(const struct ike_shard *ike, const struct cyg_datagram *d, const struct ike_counters *before);
void watch_state(const struct ike_sa *sa, uint8_t before);
void watch_closed(const struct ike_sa *sa, const char *why);
/* Something chosen: "profile", "clients (startup-config:24)". */
void watch_chosen(const struct ike_sa *sa, const char *what, const char *which);

/* `debug crypto ikev2 client`: a tunnel that we begin. `debug aaa`, `debug crypto pki`: a step of an SA. */
void watch_client(const struct config_interface *tunnel, const char *format, ...) CYG_PRINTF(2, 3);
void watch_aaa(const struct ike_sa *sa, const char *format, ...) CYG_PRINTF(2, 3);
void watch_pki(const struct ike_sa *sa, const char *format, ...) CYG_PRINTF(2, 3);

static inline bool watch_packets(void)
{
	return (cyg_debug_mask & 1u << CYG_DEBUG_IKEV2_PACKET) != 0;
}
static inline bool watch_errors(void)
{
	return (cyg_debug_mask & 1u << CYG_DEBUG_IKEV2_ERROR) != 0;
}

#endif
