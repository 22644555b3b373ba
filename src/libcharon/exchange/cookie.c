/* SPDX-License-Identifier: MIT */
#include "exchange/cookie.h"

#include "exchange/exchange.h"
#include "exchange/receive.h"
#include "exchange/turn.h"
#include "shard/shard.h"

#include <cygnet/cursor.h>

#define NONCE_MIN 16
#define COOKIE_NEVER (-2)
#define COOKIE_AUTOMATIC (-1)

uint32_t engine_share(const struct ike_shard *ike, uint32_t limit)
{
	unsigned count = cyg_shard_count(ike->shard), index = cyg_shard_index(ike->shard);

	return limit / count + (index < limit % count ? 1 : 0);
}

static bool cookies_wanted(const struct ike_shard *ike, const struct cyg_endpoint *from)
{
	int above = ike->view && ike->view->global ? ike->view->global->cookie_challenge :
						     COOKIE_AUTOMATIC;

	if (above == COOKIE_NEVER)
		return false;
	if (above >= 0)
		return ike->half.count > engine_share(ike, (uint32_t)above);
	return ike->half.count > HALF_OPEN_COOKIES ||
	       half_open_of_prefix(&ike->half, &from->ip) > HALF_OPEN_COOKIES_PREFIX;
}

/* Two secrets are valid at a time, so that a cookie lives at least one interval. */
static void rotate(struct ike_shard *ike)
{
	uint64_t now = cyg_shard_now_ms(ike->shard);

	if (now < ike->cookie_rotate_at)
		return;
	/* After a pause the one before is as old as it may be. */
	if (now >= ike->cookie_rotate_at + COOKIE_ROTATE_MS)
		cyg_shard_random(ike->shard, ike->cookie_secret[ike->cookie_version & 1],
				 COOKIE_SECRET_LEN);
	ike->cookie_version++;
	cyg_shard_random(ike->shard, ike->cookie_secret[ike->cookie_version & 1], COOKIE_SECRET_LEN);
	ike->cookie_rotate_at = now + COOKIE_ROTATE_MS;
}

static enum cyg_status make(struct ike_shard *ike, uint8_t version, const struct cyg_datagram *d,
			    uint8_t out[COOKIE_LEN])
{
	uint8_t spi[8];
	struct wire_writer w = wire_writer(spi, sizeof(spi));
	struct cyg_prf prf;
	enum cyg_status status = cyg_get_prf(ike->shard, CYG_PRF_HMAC_SHA2_256, &prf);

	if (status != CYG_OK)
		return status;
	wire_put_u64(&w, ike->msg.header.spi_i);
	return cookie_make(&prf, cyg_bytes(ike->cookie_secret[version & 1], COOKIE_SECRET_LEN), version,
			   ike->msg.nonce, &d->remote, spi, out);
}

/* True: it may go on. */
static bool check(struct ike_shard *ike, const struct cyg_datagram *d, const struct ike_header *header)
{
	const struct notify_payload *cookie = message_notify(&ike->msg, CYG_N_COOKIE);
	uint8_t expected[COOKIE_LEN], version;

	rotate(ike);
	if (cookie && cookie->data.len == COOKIE_LEN) {
		version = cookie->data.ptr[0];
		if ((version == ike->cookie_version || version == (uint8_t)(ike->cookie_version - 1)) &&
		    make(ike, version, d, expected) == CYG_OK &&
		    cyg_bytes_equal_ct(cyg_bytes(expected, COOKIE_LEN), cookie->data)) {
			ike->counters.cookies_accepted++;
			return true;
		}
	}
	if (cookie)
		ike->counters.cookies_rejected++;
	if (make(ike, ike->cookie_version, d, expected) != CYG_OK)
		return true; /* no PRF is loaded: the negotiation will say so */
	ike->counters.cookies_demanded++;
	receive_notify(ike, d, header, CYG_N_COOKIE, cyg_bytes(expected, COOKIE_LEN));
	return false;
}

/* The request that began this half-open SA once more: its answer again, if it is made already. */
static bool repeated(struct ike_shard *ike, const struct cyg_datagram *d, const struct ike_header *header)
{
	struct ike_sa *sa = NULL;
	const struct kept_response *kept;

	while ((sa = half_open_find(&ike->half, header->spi_i, sa))) {
		if (!sa->nego || !cyg_bytes_equal(cyg_bytes(sa->nego->nonce_i, sa->nego->nonce_i_len),
						  ike->msg.nonce))
			continue;
		ike->counters.retransmits_in++;
		kept = window_kept(sa, 0);
		if (kept) {
			ike->counters.responses_replayed++;
			cyg_net_send(ike->shard, &d->local, &d->remote,
				     cyg_bytes(kept->octets, kept->len), true);
		}
		return true;
	}
	return false;
}

static bool within_limits(struct ike_shard *ike, const struct cyg_datagram *d)
{
	const struct config_global *global = ike->view ? ike->view->global : NULL;

	if (turn_refused(ike, ike->msg.ke.group)) {
		ike->counters.rejected_limit_queue++;
		cyg_log_limited(CYG_LOG_WARNING, "ike.limit",
				"{peer}: dropped, {count} requests wait for their key exchange; try: crypto ikev2 limit queue sa-init, "
				"or a group of less work",
				F_ENDPOINT("peer", &d->remote), F_UINT("count", ike->turns.waiting));
		return false;
	}
	if (!global)
		return true;
	if (global->max_sa && ike->sas.count >= engine_share(ike, global->max_sa)) {
		ike->counters.rejected_limit_sa++;
		cyg_log_limited(CYG_LOG_WARNING, "ike.limit",
				"{peer}: dropped, there are {count} SAs already; try: crypto ikev2 limit max-sa",
				F_ENDPOINT("peer", &d->remote), F_UINT("count", ike->sas.count));
		return false;
	}
	if (global->max_negotiation_in &&
	    ike->negotiating_in >= engine_share(ike, global->max_negotiation_in)) {
		ike->counters.rejected_limit_negotiation++;
		cyg_log_limited(CYG_LOG_WARNING, "ike.limit",
				"{peer}: dropped, {count} SAs are in negotiation; try: crypto ikev2 limit max-in-negotiation-sa",
				F_ENDPOINT("peer", &d->remote), F_UINT("count", ike->negotiating_in));
		return false;
	}
	return true;
}

struct ike_sa *cookie_admit(struct ike_shard *ike, struct cyg_datagram *d,
			    const struct ike_header *header)
{
	const uint32_t needed = HAS_SA | HAS_KE | HAS_NONCE;
	enum cyg_status status = message_read(d->data, d->len, &ike->msg);
	uint8_t spi[8], slot;
	struct wire_writer w = wire_writer(spi, sizeof(spi));
	struct ike_sa *sa;

	if (status == CYG_UNSUPPORTED) {
		ike->counters.drop_critical++;
		receive_tell_critical(ike, d);
		receive_notify(ike, d, header, CYG_N_UNSUPPORTED_CRITICAL_PAYLOAD,
			       cyg_bytes(&ike->msg.critical_type, 1));
		return NULL;
	}
	if (status != CYG_OK || header->spi_i == 0 || header->spi_r != 0 ||
	    !(header->flags & CYG_FLAG_INITIATOR) || (ike->msg.has & needed) != needed ||
	    ike->msg.nonce.len < NONCE_MIN || ike->msg.nonce.len > NONCE_MAX) {
		ike->counters.drop_malformed++;
		return NULL;
	}
	if (cyg_ip_is_link_local(&d->remote.ip)) {
		/* Neither the data plane's SAs nor a keyring know of links. */
		ike->counters.drop_state++;
		cyg_log_limited(CYG_LOG_WARNING, "ike.link-local",
				"{peer}: dropped, it calls from a link-local address; try: a global or a unique local "
				"address (fc00::/7) at both ends",
				F_ENDPOINT("peer", &d->remote));
		return NULL;
	}
	if (repeated(ike, d, header) || !within_limits(ike, d))
		return NULL;
	if (cookies_wanted(ike, &d->remote) && !check(ike, d, header))
		return NULL;
	if (ike->half.count >= ike->options.half_open_max) {
		ike->counters.half_open_dropped++;
		life_drop(ike->half.begun.oldest ? ike->half.begun.oldest : ike->half.logins.oldest,
			  "too many are half-open: the oldest makes room");
	}
	wire_put_u64(&w, header->spi_i);
	slot = shard_slot_of_init(ike->shard, spi);
	if (cyg_shard_of_slot(ike->shard, slot) != cyg_shard_index(ike->shard))
		slot = shard_own_slot(ike->shard); /* it came here all the same */
	if (life_new(ike, false, slot, &sa) != CYG_OK) {
		ike->counters.drop_memory++;
		return NULL;
	}
	sa->d.spi_i = header->spi_i;
	sa->d.local = d->local;
	sa->d.remote = d->remote;
	sa->d.natt = d->natt;
	half_open_add(&ike->half, &ike->half.begun, sa);
	if (!cyg_timer_is_set(&ike->half_timer))
		cyg_timer_set(ike->shard, &ike->half_timer, sa->born_ms + HALF_OPEN_LIFE_MS,
			      timers_half_open);
	life_negotiating(sa, true);
	ike->counters.sa_in++;
	return sa;
}
