/* SPDX-License-Identifier: MIT */
#include "exchange/rekey.h"

#include "exchange/export.h"
#include "exchange/watch.h"
#include "policy/select.h"

#include <cygnet/cursor.h>
#include <cygnet/log.h>

#include <stdlib.h>

#define REKEYED_LINGER_MS 60000 /* for the DELETE of the one that rekeyed */
#define ANNOUNCE_PAUSE_MS 1000  /* until the one that rekeyed is sure to have our answer */
#define TURNS_MAX 3

void rekey_work_free(struct rekey_work *work, struct ike_sa *sa)
{
	struct ike_sa *made;

	if (!work)
		return;
	/* The exchange came to no end: nobody else knows of the new SA. */
	made = life_find(sa->ike, work->made);
	if (made && made->state < IKE_ESTABLISHED)
		life_drop(made, "the rekeying came to no end");
	free(work);
}

static struct ike_sa *made_of(const struct exchange *x)
{
	return life_find(exchange_ike(x), x->rekey->made);
}

/* A new SA beside the old one, in the same slot, with all that does not change. */
static enum cyg_status make(struct exchange *x, bool initiator)
{
	struct ike_sa *sa = x->sa, *made;
	struct ike_shard *ike = sa->ike;
	enum cyg_status status;

	x->rekey = calloc(1, sizeof(*x->rekey));
	if (!x->rekey)
		return CYG_NOMEM;
	status = life_new(ike, initiator, (uint8_t)ike_sa_spi(sa), &made);
	if (status != CYG_OK)
		return status;
	made->d.local = sa->d.local;
	made->d.remote = sa->d.remote;
	made->d.nat_local = sa->d.nat_local;
	made->d.nat_remote = sa->d.nat_remote;
	made->d.natt = sa->d.natt;
	made->d.fragmentation = sa->d.fragmentation;
	made->d.auth_local = sa->d.auth_local;
	made->d.auth_remote = sa->d.auth_remote;
	made->d.auth_local_key = sa->d.auth_local_key;
	made->d.auth_remote_key = sa->d.auth_remote_key;
	made->d.created_wall_s = sa->d.created_wall_s;
	made->profile = engine_hold(ike, sa->profile);
	made->configured = sa->configured;
	made->interface = engine_hold(ike, sa->interface);
	made->local_id = sa->local_id ? cyg_identity_ref(sa->local_id) : NULL;
	made->remote_id = sa->remote_id ? cyg_identity_ref(sa->remote_id) : NULL;
	x->rekey->made = ike_sa_handle(made);
	return CYG_OK;
}

/* SKEYSEED from the old SK_d: RFC 7296 2.18. */
static enum cyg_status derive(struct exchange *x, struct ike_sa *made)
{
	struct ike_sa *sa = x->sa;
	const struct cyg_prf *prf = &sa->suite->algs.prf;
	struct cyg_bytes ni = cyg_bytes(x->nonce_i, x->nonce_i_len);
	struct cyg_bytes nr = cyg_bytes(x->nonce_r, x->nonce_r_len);
	uint8_t seed[CYG_PRF_MAX], spis[16], missing;
	struct wire_writer w = wire_writer(spis, sizeof(spis));
	struct ike_keys keys = { 0 };
	enum cyg_status status;

	made->d.suite = x->rekey->chosen.ids;
	status = suite_get(&sa->ike->suites, &made->d.suite, &made->suite, &missing);
	if (status != CYG_OK)
		return status;
	wire_put_u64(&w, made->d.spi_i);
	wire_put_u64(&w, made->d.spi_r);
	status = keys_skeyseed_rekey(prf, ike_sa_sk_d(sa), cyg_secret_bytes(&x->ke.shared), ni, nr, seed);
	if (status == CYG_OK)
		status = keys_derive(&made->suite->algs, cyg_bytes(seed, prf->ops->out_len), ni, nr, spis,
				     spis + 8, &keys);
	if (status == CYG_OK)
		status = ike_sa_set_keys(made, &keys);
	if (status == CYG_OK) {
		ike_sa_forget_sk_p(made); /* nobody proves anything again */
		export_ike(made);
	}
	keys_wipe(&keys);
	cyg_wipe(seed, sizeof(seed));
	return status;
}

/* The new SA may be used. */
static void take_up(struct exchange *x, struct ike_sa *made)
{
	struct ike_shard *ike = exchange_ike(x);
	const uint8_t before = made->state;

	life_drop_negotiation(made);
	made->state = IKE_ESTABLISHED;
	watch_state(made, before);
	made->notified_up = true;
	unique_enter(made);
	ike->counters.active++;
	life_set_deadlines(made);
	life_schedule(made);
}

/* `from` gives all it has to `to`. The peer may not know `to` before it has read our answer. */
static void hand_over(struct ike_sa *from, struct ike_sa *to)
{
	child_inherit(from, to);
	tunnel_lost(from, to);
	informational_child_lost(to); /* if it was to ask for another one */
	ext_window_renew(to, to->d.initiator ? 0 : ANNOUNCE_PAUSE_MS);
	life_schedule(to); /* the session's deadlines came along */
	from->rekey_at = from->dpd_at = from->keepalive_at = from->announce_at = 0;
	from->ike->counters.ike_rekeyed++;
	to->is_session |= from->is_session;
	from->is_session = false;
	cyg_log(life_log_level(to->ike), "ike.rekeyed", "{peer}: {id} has new keys",
		F_ENDPOINT("peer", &to->d.remote), F_IDENTITY("id", to->remote_id),
		F_HEX64("old", ike_sa_spi(from)), F_HEX64("new", ike_sa_spi(to)));
}

/* It waits for the DELETE of the peer, but not for ever. */
static void linger(struct ike_sa *sa)
{
	const uint8_t before = sa->state;

	sa->state = IKE_REKEYED;
	watch_state(sa, before);
	sa->rekey_at = sa->dpd_at = sa->keepalive_at = sa->announce_at = 0;
	sa->expire_at = cyg_shard_now_ms(sa->shard) + REKEYED_LINGER_MS;
	life_schedule(sa);
}

void rekey_deleted(struct ike_sa *sa)
{
	struct ike_sa *theirs = sa->ours && sa->ours->rekey ?
					life_find(sa->ike, sa->ours->rekey->theirs) : NULL;

	if (theirs)
		hand_over(sa, theirs);
}

static void low_nonce(const struct exchange *x, uint8_t out[32])
{
	memcpy(out, memcmp(x->nonce_i, x->nonce_r, 32) < 0 ? x->nonce_i : x->nonce_r, 32);
}

/* --- Initiator --- */

enum cyg_status rekey_begin(struct exchange *x)
{
	struct ike_sa *sa = x->sa, *made;
	struct ike_shard *ike = sa->ike;
	const struct config_policy *policy;
	struct wish wishes[WISHES_MAX];
	struct trace trace = { 0 };
	enum cyg_status status = CYG_OK;

	if (!x->rekey) {
		status = make(x, true);
		if (status != CYG_OK)
			return status;
		made = made_of(x);
		policy = ike->view ? select_policy(ike->view, &sa->d.local.ip, "", &trace) : NULL;
		if (!policy || offer_build(sa->shard, wishes, wishes_of_policy(policy, wishes), 8,
					   ike_sa_spi(made), &made->nego->offer, &trace) != CYG_OK) {
			if (policy)
				why_nearest(ike, &trace);
			else
				why_mend_policy(ike, &trace, &sa->d.local.ip);
			return exchange_refuse(x, CYG_UNSUPPORTED, 0, "no policy of ours can rekey it");
		}
		x->rekey->group = 0;
		for (unsigned i = 0; i < made->nego->offer.transform_count; i++) {
			const struct transform *t = &made->nego->offer.transform[i];

			/* The old group is the one both are known to have. */
			if (t->type == CYG_TRANSFORM_KE &&
			    (!x->rekey->group || t->id == sa->d.suite.ke))
				x->rekey->group = t->id;
		}
		cyg_shard_random(sa->shard, x->nonce_i, NONCE_LEN);
		x->nonce_i_len = NONCE_LEN;
	}
	made = made_of(x);
	if (!made)
		return CYG_NOT_FOUND;
	status = ke_begin(&x->ke, sa->shard, x->rekey->group);
	if (status != CYG_OK)
		return status;
	sa_write(x->out, made->nego->offer.out, made->nego->offer.count);
	nonce_write(x->out, cyg_bytes(x->nonce_i, x->nonce_i_len));
	ke_write(x->out, x->rekey->group, cyg_bytes(x->ke.public_value, x->ke.public_len));
	return CYG_OK;
}

static enum cyg_status response_ke(struct exchange *x)
{
	return ke_finish(&x->ke, x->sa->shard, x->msg->ke.data, exchange_op(x));
}

/* Both sides rekeyed at once: the SA with the lowest nonce goes, by the hand of who made it: RFC 7296 2.8.1. */
static enum cyg_status response_end(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa, *made = made_of(x), *theirs;
	uint8_t ours_low[32];

	if (status == CYG_OK && !made)
		status = CYG_NOT_FOUND;
	if (status == CYG_OK) {
		made->d.spi_r = x->rekey->chosen.spi;
		status = derive(x, made);
	}
	if (status != CYG_OK)
		return exchange_refuse(x, status, 0, "the new IKE_SA has no keys (%s)",
				       cyg_status_text(status));
	take_up(x, made);
	theirs = life_find(sa->ike, x->rekey->theirs);
	x->rekey->made.spi = 0; /* it stands by itself now */
	low_nonce(x, ours_low);
	if (theirs && memcmp(ours_low, x->rekey->theirs_low, sizeof(ours_low)) < 0) {
		hand_over(sa, theirs);
		made->wants |= WANT_DELETE;
		driver_pump(made);
		life_schedule(made);
		/* The peer, whose SA stays, deletes the old one. */
		x->then = IKE_REKEYED;
		sa->expire_at = cyg_shard_now_ms(sa->shard) + REKEYED_LINGER_MS;
		return CYG_OK;
	}
	hand_over(sa, made);
	sa->wants = WANT_DELETE;
	if (theirs)
		linger(theirs); /* the peer deletes it, if it ever learns of it */
	return CYG_OK;
}

static const struct exchange_stage response_stages[] = {
	{ response_ke, response_end },
};

enum cyg_status rekey_response(struct exchange *x)
{
	struct ike_sa *made = made_of(x);
	const struct message *msg = x->msg;

	if (!made)
		return CYG_NOT_FOUND;
	if (!(msg->has & HAS_KE) || msg->nonce.len < 16 || msg->nonce.len > NONCE_MAX)
		return exchange_refuse(x, CYG_MALFORMED, 0, "the answer to a rekey lacks KE or nonce");
	if (proposal_confirm(&made->nego->offer, &msg->sa, &x->rekey->chosen) != CYG_OK ||
	    x->rekey->chosen.spi_len != 8 || x->rekey->chosen.spi == 0 ||
	    msg->ke.group != x->rekey->chosen.ids.ke || msg->ke.group != x->rekey->group)
		return exchange_refuse(x, CYG_MALFORMED, 0,
				       "the peer chose an IKE proposal that we did not offer");
	memcpy(x->nonce_r, msg->nonce.ptr, msg->nonce.len);
	x->nonce_r_len = (uint16_t)msg->nonce.len;
	return exchange_run_stages(x, response_stages, CYG_COUNT(response_stages));
}

void rekey_failed(struct exchange *x)
{
	struct ike_sa *sa = x->sa, *made = made_of(x), *theirs;

	if (made)
		life_drop(made, "the rekeying failed");
	theirs = life_find(sa->ike, x->rekey->theirs);
	if (theirs && theirs->state == IKE_ESTABLISHED) {
		hand_over(sa, theirs);
		linger(sa);
	}
}

/* --- Responder --- */

static enum cyg_status request_ke(struct exchange *x)
{
	return ke_respond(&x->ke, x->sa->shard, x->msg->ke.group, x->msg->ke.data, exchange_op(x));
}

static enum cyg_status request_end(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa, *made = made_of(x);
	struct exchange *ours = sa->ours;
	struct transform transforms[5];
	struct proposal_out out = { .number = x->rekey->chosen.number,
				    .protocol = CYG_PROTO_IKE,
				    .spi_len = 8,
				    .transforms = transforms };

	if (status == CYG_OK && !made)
		status = CYG_NOT_FOUND;
	if (status == CYG_OK) {
		made->d.spi_i = x->rekey->chosen.spi;
		cyg_shard_random(sa->shard, x->nonce_r, NONCE_LEN);
		x->nonce_r_len = NONCE_LEN;
		status = derive(x, made);
	}
	if (status != CYG_OK) {
		if (made)
			life_drop(made, "the rekeying was refused");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_NO_PROPOSAL_CHOSEN,
				       "the IKE_SA could not be rekeyed (%s)", cyg_status_text(status));
	}
	take_up(x, made);
	if (ours && ours->rekey) {
		/* Ours is under way as well: its answer will say which of the two stays. */
		ours->rekey->theirs = ike_sa_handle(made);
		low_nonce(x, ours->rekey->theirs_low);
	} else {
		hand_over(sa, made);
		x->then = IKE_REKEYED;
		sa->wants = 0;
		sa->expire_at = cyg_shard_now_ms(sa->shard) + REKEYED_LINGER_MS;
	}
	out.spi = made->d.spi_r;
	out.count = proposal_transforms(&x->rekey->chosen, transforms);
	sa_write(x->out, &out, 1);
	nonce_write(x->out, cyg_bytes(x->nonce_r, x->nonce_r_len));
	ke_write(x->out, x->rekey->chosen.ids.ke, cyg_bytes(x->ke.public_value, x->ke.public_len));
	return CYG_OK;
}

static const struct exchange_stage request_stages[] = {
	{ request_ke, request_end },
};

enum cyg_status rekey_request(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_shard *ike = sa->ike;
	const struct message *msg = x->msg;
	const struct config_policy *policy;
	struct wish wishes[WISHES_MAX];
	struct trace trace = { 0 };
	struct chosen chosen;
	enum cyg_status status;

	if (msg->nonce.len < 16 || msg->nonce.len > NONCE_MAX)
		return CYG_MALFORMED;
	/* Work on its children is under way: RFC 7296 2.25.2. */
	if (sa->ours && (sa->ours->child || sa->ours->child_spi)) {
		x->notify = CYG_N_TEMPORARY_FAILURE;
		return CYG_BUSY;
	}
	policy = ike->view ? select_policy(ike->view, &sa->d.local.ip, "", &trace) : NULL;
	trace.count = 0;
	status = policy ? proposal_choose(sa->shard, wishes, wishes_of_policy(policy, wishes), &msg->sa,
					  msg->ke.group, &chosen, &trace) :
			  CYG_NOT_FOUND;
	if (status != CYG_OK || chosen.spi_len != 8 || chosen.spi == 0) {
		struct cyg_strbuf offered = why_offered(ike);

		if (policy)
			why_object(ike, &policy->head);
		proposal_offer_text(&msg->sa, &offered);
		why_nearest(ike, &trace);
		why_mend_proposal(ike, &trace, &msg->sa);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_NO_PROPOSAL_CHOSEN,
				       "no proposal of the peer suits us for a rekey");
	}
	if (msg->ke.group != chosen.ids.ke) {
		struct wire_writer w = wire_writer(x->notify_data, sizeof(x->notify_data));

		wire_put_u16(&w, chosen.ids.ke);
		x->notify_len = 2;
		x->notify = CYG_N_INVALID_KE_PAYLOAD;
		ike->counters.invalid_ke_out++;
		return CYG_REFUSED;
	}
	status = make(x, false);
	if (status != CYG_OK)
		return status;
	x->rekey->chosen = chosen;
	memcpy(x->nonce_i, msg->nonce.ptr, msg->nonce.len);
	x->nonce_i_len = (uint16_t)msg->nonce.len;
	return exchange_run_stages(x, request_stages, CYG_COUNT(request_stages));
}
