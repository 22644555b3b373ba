/* SPDX-License-Identifier: MIT */
/* Birth and end of an IKE_SA, and the deadlines between. */
#include "exchange/exchange.h"
#include "exchange/fragment.h"
#include "exchange/lease.h"
#include "exchange/login.h"
#include "exchange/watch.h"

#include <cygnet/cursor.h>

#include <stdlib.h>

#define DEFAULT_LIFETIME_S 86400

/* Our SPI: random but for the slot in its last octet on the wire. */
static uint64_t make_spi(struct ike_shard *ike, uint8_t slot)
{
	uint64_t spi;

	do {
		cyg_shard_random(ike->shard, &spi, sizeof(spi));
		spi = (spi & ~(uint64_t)0xff) | slot;
	} while (spi >> 8 == 0 || spi_table_get(&ike->sas, spi));
	return spi;
}

static void give_serial(void *object, uint32_t serial)
{
	struct ike_sa *sa = object;

	sa->serial = serial;
}

enum cyg_status life_new(struct ike_shard *ike, bool initiator, uint8_t slot, struct ike_sa **out)
{
	struct ike_sa *sa = ike_sa_new(ike->shard, ike);
	uint64_t spi = make_spi(ike, slot);
	enum cyg_status status;

	if (!sa)
		return CYG_NOMEM;
	sa->nego = calloc(1, sizeof(*sa->nego));
	if (!sa->nego) {
		ike_sa_free(sa);
		return CYG_NOMEM;
	}
	status = spi_table_add(&ike->sas, spi, sa);
	if (ike->serial == UINT32_MAX)
		ike->serial = serials_renumber(&ike->serials, give_serial);
	if (status == CYG_OK) {
		status = serials_add(&ike->serials, ike->serial + 1, sa);
		if (status != CYG_OK)
			spi_table_remove(&ike->sas, spi);
	}
	if (status != CYG_OK) {
		life_drop_negotiation(sa);
		ike_sa_free(sa);
		return status;
	}
	sa->d.initiator = initiator;
	if (initiator)
		sa->d.spi_i = spi;
	else
		sa->d.spi_r = spi;
	sa->serial = ++ike->serial;
	sa->generation = ++ike->generation;
	sa->prev = ike->newest;
	if (ike->newest)
		ike->newest->next = sa;
	else
		ike->oldest = sa;
	ike->newest = sa;
	*out = sa;
	return CYG_OK;
}

void life_drop_negotiation(struct ike_sa *sa)
{
	struct negotiation *nego = sa->nego;

	if (!nego)
		return;
	ke_done(&nego->ke, sa->shard);
	login_free(nego->login, sa);
	engine_let_go(sa->ike, nego->policy);
	free(nego->init_request);
	free(nego->init_response);
	free(nego->certreq);
	cyg_identity_unref(nego->asked_id);
	cyg_wipe(nego, sizeof(*nego));
	free(nego);
	sa->nego = NULL;
}

void life_free(struct ike_sa *sa)
{
	exchange_free(sa->ours);
	exchange_free(sa->theirs);
	sa->ours = sa->theirs = NULL;
	life_drop_negotiation(sa);
	engine_let_go(sa->ike, sa->profile);
	engine_let_go(sa->ike, sa->interface);
	ike_sa_free(sa);
}

void life_negotiating(struct ike_sa *sa, bool on)
{
	uint32_t *count = sa->d.initiator ? &sa->ike->negotiating_out : &sa->ike->negotiating_in;

	if (sa->negotiating == on)
		return;
	sa->negotiating = on;
	*count += on ? 1 : -1u;
}

static void set_waiting(struct ike_sa *sa, bool on)
{
	if (sa->waiting == on)
		return;
	sa->waiting = on;
	sa->ike->counters.waiting += on ? 1 : -(uint64_t)1;
}

void life_waiting(struct ike_sa *sa)
{
	half_open_remove(&sa->ike->half, sa);
	set_waiting(sa, true);
}

enum cyg_log_level life_log_level(const struct ike_shard *ike)
{
	const struct config_global *global = ike->view ? ike->view->global : NULL;

	return global && global->logging_ikev2 ? CYG_LOG_NOTICE : CYG_LOG_INFO;
}

/* `crypto logging session`: what a router writes, for those whose alerts know that line. */
static void log_session(const struct ike_sa *sa, const char *status)
{
	const struct config_global *global = sa->ike->view ? sa->ike->view->global : NULL;

	if (global && global->logging_session)
		cyg_log(CYG_LOG_NOTICE, "session.status",
			"%CRYPTO-5-IKEV2_SESSION_STATUS: Crypto tunnel v2 is {status}. Peer {peer} Id: {id}",
			F_STR("status", status), F_ENDPOINT("peer", &sa->d.remote), F_IDENTITY("id", sa->remote_id));
}

void life_login(struct ike_sa *sa, uint64_t deadline_ms)
{
	set_waiting(sa, false);
	half_open_remove(&sa->ike->half, sa);
	half_open_add(&sa->ike->half, &sa->ike->half.logins, sa);
	sa->expire_at = deadline_ms;
}

static void close_sa(struct ike_sa *sa, const char *why, bool tell)
{
	struct ike_shard *ike = sa->ike;

	if (sa->state == IKE_CLOSED)
		return;
	watch_closed(sa, why);
	if (sa->state >= IKE_ESTABLISHED && tell)
		cyg_log(CYG_LOG_NOTICE, "ike.down", "{peer}: {id} is down: {why}",
			F_ENDPOINT("peer", &sa->d.remote), F_IDENTITY("id", sa->remote_id),
			F_HEX64("spi", ike_sa_spi(sa)), F_STR("why", why));
	if (sa->is_session)
		log_session(sa, "DOWN");
	if (sa->notified_up)
		ike->counters.active--;
	else if (sa->d.initiator)
		ike->counters.failed_out++;
	else
		ike->counters.failed_in++;
	sa->state = IKE_CLOSED;
	unique_leave(sa);
	half_open_remove(&ike->half, sa);
	set_waiting(sa, false);
	life_negotiating(sa, false);
	cyg_timer_clear(sa->shard, &sa->timer);
	if (sa->ours)
		cyg_op_cancel(&sa->ours->op);
	if (sa->theirs)
		cyg_op_cancel(&sa->theirs->op);
	while (sa->children)
		child_close(sa->children);
	child_routes_end(sa);
	linger_end_all(sa);
	lease_return(sa);
	fragment_forget_all(sa);
	spi_table_remove(&ike->sas, ike_sa_spi(sa));
	serials_remove(&ike->serials, sa->serial);
	if (sa->prev)
		sa->prev->next = sa->next;
	else
		ike->oldest = sa->next;
	if (sa->next)
		sa->next->prev = sa->prev;
	else
		ike->newest = sa->prev;
	sa->next = ike->closed;
	sa->prev = NULL;
	ike->closed = sa;
	tunnel_lost(sa, NULL);
	cyg_shard_at_turn_end(ike->shard, &ike->reap);
}

void life_close(struct ike_sa *sa, const char *why)
{
	close_sa(sa, why, true);
}

void life_drop(struct ike_sa *sa, const char *why)
{
	close_sa(sa, why, false);
}

void life_set_deadlines(struct ike_sa *sa)
{
	const struct config_global *global = sa->ike->view ? sa->ike->view->global : NULL;
	const struct config_dpd *dpd = sa->profile && sa->profile->dpd.set ? &sa->profile->dpd :
				       global && global->dpd.set ? &global->dpd : NULL;
	uint32_t keepalive = sa->profile && sa->profile->nat_keepalive_s ?
				     sa->profile->nat_keepalive_s :
				     global ? global->nat_keepalive_s : 0;
	uint64_t now = cyg_shard_now_ms(sa->shard), life, margin;
	uint16_t jitter;

	sa->d.lifetime_s = sa->profile && sa->profile->lifetime_s ? sa->profile->lifetime_s :
								    DEFAULT_LIFETIME_S;
	life = (uint64_t)sa->d.lifetime_s * 1000;
	/* Rekeyed between 80 and 90 % of the lifetime, so that both sides seldom begin at once. */
	cyg_shard_random(sa->shard, &jitter, sizeof(jitter));
	margin = life / 10 + life / 10 * jitter / UINT16_MAX;
	sa->rekey_at = now + life - margin;
	sa->expire_at = now + life;
	sa->dpd_interval_ms = dpd ? dpd->interval_s * 1000 : 0;
	sa->dpd_retry_ms = dpd ? dpd->retry_s * 1000 : 0;
	sa->dpd_periodic = dpd && dpd->periodic;
	sa->dpd_at = dpd ? now + sa->dpd_interval_ms : 0;
	sa->keepalive_ms = sa->d.nat_local ? keepalive * 1000 : 0;
	sa->keepalive_at = sa->keepalive_ms ? now + sa->keepalive_ms : 0;
}

void life_schedule(struct ike_sa *sa)
{
	const uint64_t at[] = { sa->retransmit_at, sa->rekey_at,     sa->expire_at,
				sa->dpd_at,        sa->forget_at,    sa->keepalive_at,
				sa->child_at,      sa->fragments_at, sa->announce_at,
				sa->session ? sa->session->ends_at : 0 };
	uint64_t earliest = 0;

	if (sa->state == IKE_CLOSED)
		return;
	for (size_t i = 0; i < CYG_COUNT(at); i++) {
		if (at[i] && (!earliest || at[i] < earliest))
			earliest = at[i];
	}
	if (!earliest)
		cyg_timer_clear(sa->shard, &sa->timer);
	else if (!cyg_timer_is_set(&sa->timer) || sa->timer.deadline_ms != earliest)
		cyg_timer_set(sa->shard, &sa->timer, earliest, timers_fire);
}

/*
 * The peer asked for another identity of ours than the profile has. It may take ours all the same (RFC 7296 2.15); if it
 * does not, this is why.
 */
static void tell_asked_id(struct ike_sa *sa)
{
	struct cyg_identity *asked = sa->nego ? sa->nego->asked_id : NULL;
	struct ike_session *session;

	if (!asked || !sa->local_id || cyg_identity_equal(asked, sa->local_id))
		return;
	session = ike_sa_session(sa);
	if (!session)
		return;
	session->asked_id = asked;
	sa->nego->asked_id = NULL;
	why_reset(sa->ike);
	(void)why_mend_asked_id(sa);
	cyg_log(CYG_LOG_NOTICE, "ike.identity",
		"{peer}: {id} asked for {asked}, we answered as {ours} by profile {profile}; if it does not take that, try: {mend}",
		F_ENDPOINT("peer", &sa->d.remote), F_IDENTITY("id", sa->remote_id), F_IDENTITY("asked", asked),
		F_IDENTITY("ours", sa->local_id), F_STR("profile", sa->profile->head.name),
		F_STR("mend", sa->ike->why.mend));
}

void life_established(struct ike_sa *sa)
{
	struct ike_shard *ike = sa->ike;

	half_open_remove(&ike->half, sa);
	set_waiting(sa, false);
	life_negotiating(sa, false);
	sa->notified_up = true;
	unique_enter(sa);
	ike->counters.active++;
	if (sa->d.initiator)
		ike->counters.established_out++;
	else
		ike->counters.established_in++;
	tell_asked_id(sa);
	life_drop_negotiation(sa);
	ike_sa_forget_sk_p(sa);
	life_set_deadlines(sa);
	cyg_log(CYG_LOG_NOTICE, "ike.up", "{peer}: {id} is up by profile {profile}",
		F_ENDPOINT("peer", &sa->d.remote), F_ENDPOINT("local", &sa->d.local),
		F_IDENTITY("id", sa->remote_id),
		F_STR("profile", sa->profile ? sa->profile->head.name : "none"),
		F_HEX64("spi", ike_sa_spi(sa)));
	sa->is_session = true;
	log_session(sa, "UP");
	if (sa->d.initiator)
		tunnel_established(sa);
}

struct ike_sa *life_find(struct ike_shard *ike, struct cyg_sa_handle handle)
{
	struct ike_sa *sa = spi_table_get(&ike->sas, handle.spi);

	return sa && sa->generation == handle.generation ? sa : NULL;
}
