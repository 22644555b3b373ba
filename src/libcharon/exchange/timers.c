/* SPDX-License-Identifier: MIT */
/*
 * What happens when time passes: retransmission, lifetimes, probes for a dead peer, keepalives, and
 * forgetting old answers. And what the data plane tells.
 */
#include "exchange/fragment.h"
#include "exchange/login.h"

#include <cygnet/log.h>

static bool due(uint64_t *deadline, uint64_t now)
{
	if (!*deadline || *deadline > now)
		return false;
	*deadline = 0;
	return true;
}

/* When did the data plane last hear of the peer, and when did we send to it? */
static void traffic(struct ike_sa *sa, uint64_t *in, uint64_t *out)
{
	struct ike_shard *ike = sa->ike;

	*in = sa->last_in_ms;
	*out = 0;
	if (engine_kernel(ike) != CYG_OK)
		return;
	for (struct child_sa *child = sa->children; child; child = child->next) {
		struct cyg_kernel_counters counters = { 0 };
		struct cyg_op op;
		enum cyg_status status;

		cyg_op_init(&op, ike->shard, NULL);
		status = ike->kernel->child_query(ike->kernel_ctx, ike->shard, child->d.spi_in, &counters,
						  &op);
		if (status == CYG_PENDING)
			cyg_op_cancel(&op); /* not known now: a probe does no harm */
		if (status != CYG_OK)
			continue;
		if (counters.last_in_ms > *in)
			*in = counters.last_in_ms;
		if (counters.last_out_ms > *out)
			*out = counters.last_out_ms;
	}
}

/* On demand: silence for the interval, and something was sent since. Periodic: silence alone. */
static void dpd(struct ike_sa *sa, uint64_t now)
{
	uint64_t in, out;

	if (sa->state != IKE_ESTABLISHED || !sa->dpd_interval_ms)
		return;
	traffic(sa, &in, &out);
	if (now - in < sa->dpd_interval_ms) {
		sa->dpd_at = in + sa->dpd_interval_ms;
		return;
	}
	if (!sa->dpd_periodic && out <= in) {
		/* Nothing was said that could have been answered; that may change at any time. */
		sa->dpd_at = now + sa->dpd_retry_ms;
		return;
	}
	sa->dpd_at = now + sa->dpd_interval_ms;
	if (!sa->sent)
		sa->wants |= WANT_DPD;
}

static void keepalive(struct ike_sa *sa, uint64_t now)
{
	static const uint8_t octet = 0xff; /* RFC 3948 2.3 */

	uint64_t in, out;

	/* Whatever goes out keeps the NAT's memory fresh. */
	traffic(sa, &in, &out);
	if (sa->last_out_ms > out)
		out = sa->last_out_ms;
	if (out + sa->keepalive_ms > now) {
		sa->keepalive_at = out + sa->keepalive_ms;
		return;
	}
	sa->keepalive_at = now + sa->keepalive_ms;
	if (sa->d.natt)
		cyg_net_send(sa->shard, &sa->d.local, &sa->d.remote, cyg_bytes(&octet, 1), false);
}

/* For debugging: what it has waited for. */
static const char *state_over(const struct ike_sa *sa)
{
	if (sa->state == IKE_REKEYED)
		return "the peer did not delete it after its rekeying";
	return sa->state == IKE_DELETING ? "our DELETE was not answered in time" : "it was not established in time";
}

void timers_fire(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct ike_sa *sa = CYG_CONTAINER(timer, struct ike_sa, timer);
	uint64_t now = cyg_shard_now_ms(shard);

	if (due(&sa->expire_at, now)) {
		if (sa->state == IKE_ESTABLISHED) {
			cyg_log(CYG_LOG_NOTICE, "ike.expired", "{peer}: {id} was not rekeyed in time",
				F_ENDPOINT("peer", &sa->d.remote), F_IDENTITY("id", sa->remote_id));
			driver_abandon(sa);
			sa->wants = WANT_DELETE;
		} else {
			login_expired(sa);
			life_drop(sa, state_over(sa));
			return;
		}
	}
	if (sa->session && due(&sa->session->ends_at, now) && sa->state == IKE_ESTABLISHED) {
		cyg_log(CYG_LOG_NOTICE, "ike.ended", "{peer}: the session ends: {why}",
			F_ENDPOINT("peer", &sa->d.remote),
			F_STR("why", "its authorized lifetime is over"));
		sa->wants |= WANT_DELETE;
	}
	if (due(&sa->forget_at, now))
		window_forget(sa);
	if (due(&sa->fragments_at, now))
		fragment_forget_all(sa);
	if (due(&sa->rekey_at, now) && sa->state == IKE_ESTABLISHED)
		sa->wants |= WANT_REKEY;
	if (due(&sa->child_at, now) && sa->state == IKE_ESTABLISHED && !sa->children)
		sa->wants |= WANT_CHILD;
	if (due(&sa->announce_at, now))
		sa->wants |= WANT_WINDOW;
	if (due(&sa->keepalive_at, now))
		keepalive(sa, now);
	if (due(&sa->dpd_at, now))
		dpd(sa, now);
	if (due(&sa->retransmit_at, now))
		driver_retransmit(sa);
	if (sa->state == IKE_CLOSED)
		return;
	driver_pump(sa);
	if (sa->state != IKE_CLOSED)
		life_schedule(sa);
}

void timers_half_open(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct ike_shard *ike = CYG_CONTAINER(timer, struct ike_shard, half_timer);
	uint64_t now = cyg_shard_now_ms(shard);

	while (ike->half.begun.oldest && ike->half.begun.oldest->born_ms + HALF_OPEN_LIFE_MS <= now) {
		ike->counters.half_open_expired++;
		why_unfinished(ike->half.begun.oldest);
		life_drop(ike->half.begun.oldest, "it was half-open for too long");
	}
	if (ike->half.begun.oldest)
		cyg_timer_set(shard, timer, ike->half.begun.oldest->born_ms + HALF_OPEN_LIFE_MS,
			      timers_half_open);
}

void timers_child(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct child_sa *child = CYG_CONTAINER(timer, struct child_sa, timer);
	struct ike_sa *sa = child->ike_sa;
	uint64_t now = cyg_shard_now_ms(shard);

	if (due(&child->hard_at, now)) {
		if (sa->state == IKE_ESTABLISHED)
			child->want_delete = true;
		else
			child_close(child);
	} else {
		if (due(&child->soft_at, now) && child->state == CHILD_INSTALLED &&
		    !child->profile->responder_only)
			child->want_rekey = true;
		cyg_timer_set(shard, &child->timer, child->hard_at, timers_child);
	}
	driver_pump(sa);
	if (sa->state != IKE_CLOSED)
		life_schedule(sa);
}

/* --- What the data plane tells --- */

static void on_expire(struct cyg_shard *shard, struct cyg_sa_handle owner, uint32_t spi_in, bool hard);
static void on_mapping(struct cyg_shard *shard, struct cyg_sa_handle owner, uint32_t spi_in,
		       const struct cyg_endpoint *remote);
static void on_acquire(struct cyg_shard *shard, uint32_t interface_id, const struct cyg_ip *source,
		       const struct cyg_ip *destination, uint8_t protocol);
static void on_unknown_spi(struct cyg_shard *shard, uint32_t spi, const struct cyg_endpoint *remote);

const struct cyg_kernel_events timers_kernel_events = {
	.expire = on_expire,
	.mapping = on_mapping,
	.acquire = on_acquire,
	.unknown_spi = on_unknown_spi,
};

/* By the SPI: the owner may have been rekeyed since the child was installed. */
static struct child_sa *told_child(struct cyg_shard *shard, uint32_t spi_in)
{
	struct ike_shard *ike = engine_of(shard);

	return ike ? child_find(ike, spi_in) : NULL;
}

static void on_expire(struct cyg_shard *shard, struct cyg_sa_handle owner, uint32_t spi_in, bool hard)
{
	struct child_sa *child = told_child(shard, spi_in);

	if (!child)
		return;
	if (hard)
		child->want_delete = true;
	else if (child->state == CHILD_INSTALLED && !child->profile->responder_only)
		child->want_rekey = true;
	driver_pump(child->ike_sa);
	life_schedule(child->ike_sa);
}

static void on_mapping(struct cyg_shard *shard, struct cyg_sa_handle owner, uint32_t spi_in,
		       const struct cyg_endpoint *remote)
{
	struct child_sa *child = told_child(shard, spi_in);

	/* The endpoint follows the newest authenticated packet of a peer behind a NAT. */
	if (!child || !child->ike_sa->d.nat_remote)
		return;
	child->ike_sa->d.remote = *remote;
	child_moved(child->ike_sa);
}

static void on_acquire(struct cyg_shard *shard, uint32_t interface_id, const struct cyg_ip *source,
		       const struct cyg_ip *destination, uint8_t protocol)
{
	if (engine_of(shard))
		tunnel_acquire(engine_of(shard), interface_id);
}

static void on_unknown_spi(struct cyg_shard *shard, uint32_t spi, const struct cyg_endpoint *remote)
{
	cyg_log_limited(CYG_LOG_INFO, "esp.unknown", "{peer}: ESP with SPI {spi}, which nobody has",
			F_ENDPOINT("peer", remote), F_HEX64("spi", spi));
}
