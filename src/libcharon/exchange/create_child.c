/* SPDX-License-Identifier: MIT */
/* CREATE_CHILD_SA: RFC 7296 sections 1.3, 2.8, 2.17, 2.25. */
#include "exchange/child.h"
#include "exchange/rekey.h"

#include <cygnet/cursor.h>

static enum cyg_status on_rekey_child(struct exchange *x);
static enum cyg_status on_new_child(struct exchange *x);
static enum cyg_status on_too_late(struct exchange *x);
static enum cyg_status on_other_group(struct exchange *x);
static enum cyg_status on_error(struct exchange *x);
static enum cyg_status on_response(struct exchange *x);

#define HAS_CHILD (HAS_SA | HAS_NONCE | HAS_TSI | HAS_TSR)

static const struct exchange_row rows[] = {
	/* when the SA is  and gets   holding at least              run              then it is    */
	{ IKE_ESTABLISHED, REQUEST,   HAS_CHILD | HAS_N_REKEY,      on_rekey_child,  IKE_STATES },
	{ IKE_ESTABLISHED, REQUEST,   HAS_CHILD,                    on_new_child,    IKE_STATES },
	{ IKE_ESTABLISHED, REQUEST,   HAS_SA | HAS_NONCE | HAS_KE,  rekey_request,   IKE_STATES },
	{ IKE_REKEYED,     REQUEST,   0,                            on_too_late,     IKE_STATES },
	{ IKE_DELETING,    REQUEST,   0,                            on_too_late,     IKE_STATES },
	{ IKE_ESTABLISHED, RESPONSE,  HAS_N_INVALID_KE,             on_other_group,  IKE_STATES },
	{ IKE_ESTABLISHED, RESPONSE,  HAS_N_ERROR,                  on_error,        IKE_STATES },
	{ IKE_ESTABLISHED, RESPONSE,  HAS_SA | HAS_NONCE,           on_response,     IKE_STATES },
};

#define RETRY_MS 5000 /* after TEMPORARY_FAILURE: some seconds, see RFC 7296 2.25 */

/* --- Responder --- */

static enum cyg_status request_ke(struct exchange *x)
{
	struct child_work *work = x->child;

	if (!work->pfs)
		return CYG_OK;
	return ke_respond(&x->ke, x->sa->shard, x->msg->ke.group, x->msg->ke.data, exchange_op(x));
}

static enum cyg_status request_ke_done(struct exchange *x, enum cyg_status status)
{
	if (status == CYG_OK)
		return CYG_OK;
	return child_refuse(x, CYG_N_INVALID_SYNTAX, "the peer's key exchange value is bad (%s)",
			    cyg_status_text(status));
}

static enum cyg_status request_write(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct child_work *work = x->child;
	struct child_sa *old = child_find(sa->ike, work->old_spi);
	struct exchange *ours = sa->ours;

	if (old) {
		old->successor = work->made;
		/* The same child is being rekeyed by us: our answer decides (RFC 7296 2.8.1). */
		if (ours && ours->child && ours->child->old_spi == work->old_spi)
			ours->child->collided = work->made;
		else
			old->state = CHILD_REKEYED;
	}
	child_write(x);
	nonce_write(x->out, cyg_bytes(x->nonce_r, x->nonce_r_len));
	if (work->pfs)
		ke_write(x->out, work->chosen.ids.ke,
			 cyg_bytes(x->ke.public_value, x->ke.public_len));
	ts_write(x->out, true, &work->remote);
	ts_write(x->out, false, &work->local);
	return CYG_OK;
}

static const struct exchange_stage request_stages[] = {
	{ request_ke, request_ke_done },
	{ child_spi_begin, child_spi_done },
	{ child_add_begin, child_add_done },
	{ request_write, NULL },
};

static enum cyg_status respond(struct exchange *x, const struct child_sa *old)
{
	struct ike_sa *sa = x->sa;
	const struct message *msg = x->msg;
	struct child_work *work;
	enum cyg_status status;

	if (msg->nonce.len < 16 || msg->nonce.len > NONCE_MAX)
		return CYG_MALFORMED;
	/* The IKE_SA itself is being replaced: RFC 7296 2.25.2. */
	if (sa->wants & WANT_DELETE || (sa->ours && sa->ours->rekey)) {
		x->notify = CYG_N_TEMPORARY_FAILURE;
		return CYG_BUSY;
	}
	status = child_work_new(x, old);
	if (status != CYG_OK)
		return status;
	work = x->child;
	status = child_choose(x);
	if (status != CYG_OK)
		return status;
	if (work->pfs && (!(msg->has & HAS_KE) || msg->ke.group != work->chosen.ids.ke)) {
		struct wire_writer w = wire_writer(x->notify_data, sizeof(x->notify_data));

		wire_put_u16(&w, work->chosen.ids.ke);
		x->notify_len = 2;
		x->notify = CYG_N_INVALID_KE_PAYLOAD;
		sa->ike->counters.invalid_ke_out++;
		return CYG_REFUSED;
	}
	memcpy(x->nonce_i, msg->nonce.ptr, msg->nonce.len);
	x->nonce_i_len = (uint16_t)msg->nonce.len;
	cyg_shard_random(sa->shard, x->nonce_r, NONCE_LEN);
	x->nonce_r_len = NONCE_LEN;
	return exchange_run_stages(x, request_stages, CYG_COUNT(request_stages));
}

static enum cyg_status on_new_child(struct exchange *x)
{
	return respond(x, NULL);
}

static enum cyg_status on_rekey_child(struct exchange *x)
{
	const struct notify_payload *rekey = message_notify(x->msg, CYG_N_REKEY_SA);
	/* The SPI is the one on which the peer receives. */
	struct child_sa *old = rekey->protocol == CYG_PROTO_ESP && rekey->spi_len == 4 ?
				       child_by_out(x->sa, (uint32_t)rekey->spi) : NULL;

	if (!old || old->state == CHILD_REKEYED) {
		x->notify = CYG_N_CHILD_SA_NOT_FOUND;
		x->notify_protocol = CYG_PROTO_ESP;
		x->notify_spi = (uint32_t)rekey->spi;
		return CYG_REFUSED;
	}
	if (old->state == CHILD_DELETING) {
		x->notify = CYG_N_TEMPORARY_FAILURE;
		return CYG_BUSY;
	}
	return respond(x, old);
}

static enum cyg_status on_too_late(struct exchange *x)
{
	x->notify = CYG_N_TEMPORARY_FAILURE;
	return CYG_BUSY;
}

/* --- Initiator --- */

static enum cyg_status begin_write(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct child_work *work = x->child;
	enum cyg_status status;

	if (work->failed)
		return CYG_REFUSED;
	status = child_offer(x);
	if (status == CYG_OK && work->pfs)
		status = ke_begin(&x->ke, sa->shard, work->profile->pfs_group);
	if (status != CYG_OK)
		return status;
	cyg_shard_random(sa->shard, x->nonce_i, NONCE_LEN);
	x->nonce_i_len = NONCE_LEN;
	if (work->old_spi)
		notify_write(x->out, CYG_PROTO_ESP, 4, work->old_spi, CYG_N_REKEY_SA,
			     cyg_bytes(NULL, 0));
	child_write_mode(x);
	sa_write(x->out, work->offer.out, work->offer.count);
	nonce_write(x->out, cyg_bytes(x->nonce_i, x->nonce_i_len));
	if (work->pfs)
		ke_write(x->out, work->profile->pfs_group,
			 cyg_bytes(x->ke.public_value, x->ke.public_len));
	ts_write(x->out, true, &work->local);
	ts_write(x->out, false, &work->remote);
	return CYG_OK;
}

static const struct exchange_stage begin_stages[] = {
	{ child_spi_begin, child_spi_done },
	{ begin_write, NULL },
};

static enum cyg_status begin(struct exchange *x)
{
	const struct child_sa *old = child_find(exchange_ike(x), x->child_spi);
	enum cyg_status status;

	if (x->want & WANT_REKEY)
		return rekey_begin(x);
	if (x->child_spi && !old)
		return CYG_NOT_FOUND; /* it went away meanwhile */
	status = child_work_new(x, old);
	if (status != CYG_OK)
		return status;
	return exchange_run_stages(x, begin_stages, CYG_COUNT(begin_stages));
}

static enum cyg_status response_ke(struct exchange *x)
{
	if (!x->child->pfs)
		return CYG_OK;
	return ke_finish(&x->ke, x->sa->shard, x->msg->ke.data, exchange_op(x));
}

/* One of two colliding children goes: the one with the lowest nonce, by who made it: RFC 7296 2.8.1. */
static enum cyg_status response_end(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct child_work *work = x->child;
	struct child_sa *made = child_find(sa->ike, work->made);
	struct child_sa *old = child_find(sa->ike, work->old_spi);
	struct child_sa *collided = child_find(sa->ike, work->collided);

	if (!made)
		return CYG_OK;
	if (collided && child_goes(made, collided)) {
		made->want_delete = true;
		if (old)
			old->state = CHILD_REKEYED; /* the peer, whose child stays, deletes it */
		else
			child_turn_outbound(collided); /* it did already */
		return CYG_OK;
	}
	if (collided)
		collided->state = CHILD_REKEYED; /* likewise */
	if (old) {
		old->successor = made->d.spi_in;
		old->want_delete = true;
	}
	return CYG_OK;
}

static const struct exchange_stage response_stages[] = {
	{ response_ke, request_ke_done },
	{ child_add_begin, child_add_done },
	{ response_end, NULL },
};

static enum cyg_status on_response(struct exchange *x)
{
	const struct message *msg = x->msg;
	enum cyg_status status;

	if (x->rekey)
		return rekey_response(x);
	if (!x->child || (msg->has & HAS_CHILD) != HAS_CHILD || msg->nonce.len < 16 ||
	    msg->nonce.len > NONCE_MAX)
		return exchange_refuse(x, CYG_MALFORMED, 0, "the answer to CREATE_CHILD_SA lacks payloads");
	status = child_confirm(x);
	if (status != CYG_OK)
		return status;
	if (x->child->pfs && (!(msg->has & HAS_KE) || msg->ke.group != x->child->chosen.ids.ke))
		return child_refuse(x, CYG_N_INVALID_SYNTAX, "the answer lacks the key exchange");
	memcpy(x->nonce_r, msg->nonce.ptr, msg->nonce.len);
	x->nonce_r_len = (uint16_t)msg->nonce.len;
	return exchange_run_stages(x, response_stages, CYG_COUNT(response_stages));
}

static enum cyg_status on_other_group(struct exchange *x)
{
	const struct notify_payload *wanted = message_notify(x->msg, CYG_N_INVALID_KE_PAYLOAD);
	struct wire_reader r = wire_reader_of(wanted->data);
	uint16_t group = wire_u16(&r);
	struct ike_sa *made;

	if (!x->rekey || !wire_done(&r) || x->rekey->group_turns++ > 2 || group == x->rekey->group)
		return on_error(x);
	made = life_find(exchange_ike(x), x->rekey->made);
	for (unsigned i = 0; made && i < made->nego->offer.transform_count; i++) {
		const struct transform *t = &made->nego->offer.transform[i];

		if (t->type != CYG_TRANSFORM_KE || t->id != group)
			continue;
		x->rekey->group = group;
		exchange_ike(x)->counters.invalid_ke_in++;
		x->goes_on = true;
		return CYG_OK;
	}
	return on_error(x);
}

/* Do we still offer the suite that the child was made with? */
static bool is_offered(const struct config_ipsec_profile *profile, const struct child_sa *child)
{
	for (unsigned i = 0; profile && i < profile->set_count; i++) {
		const struct config_transform_set *set = profile->set[i];

		if (set->encr.id == child->d.encr && set->encr.key_bits == child->d.key_bits && set->integ == child->d.integ)
			return true;
	}
	return false;
}

/* The peer knows our keys; it says no. */
static enum cyg_status on_error(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct child_sa *old = child_find(sa->ike, x->child_spi);
	uint16_t type = CYG_N_NONE;
	const char *meaning;
	char storage[16];

	for (unsigned i = 0; i < x->msg->notify_count && !type; i++) {
		if (x->msg->notify[i].type < CYG_N_INITIAL_CONTACT)
			type = x->msg->notify[i].type;
	}
	if (type == CYG_N_CHILD_SA_NOT_FOUND && old) {
		/* It is gone over there: RFC 7296 2.25.1. */
		child_close(old);
		informational_child_lost(sa);
		x->logged = true;
		return CYG_NOT_FOUND;
	}
	if (type == CYG_N_TEMPORARY_FAILURE) {
		x->logged = true;
		return CYG_BUSY;
	}
	meaning = why_notify(sa->ike, type, true);
	/* If the suite was good enough for the child before, it is what a rekey adds: the key exchange. */
	if (old && x->child && is_offered(x->child->profile, old) &&
	    (type == CYG_N_NO_PROPOSAL_CHOSEN || type == CYG_N_INVALID_KE_PAYLOAD))
		why_mend(sa->ike, "crypto ipsec profile %s / set pfs GROUP, or no set pfs, as the peer has it",
			 x->child->profile->head.name);
	why_log(sa, true, type, "the peer answers CREATE_CHILD_SA with %s: %s", notify_name(type, storage), meaning);
	x->logged = true;
	return CYG_REFUSED;
}

static void failed(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;
	struct child_sa *old = child_find(sa->ike, x->child_spi);
	uint64_t retry = cyg_shard_now_ms(sa->shard) + RETRY_MS;
	uint16_t jitter;

	if (!x->logged && status != CYG_TIMEOUT && status != CYG_NOT_FOUND)
		why_log(sa, x->child != NULL, 0, "CREATE_CHILD_SA could not be made: %s",
			cyg_status_text(status));
	cyg_shard_random(sa->shard, &jitter, sizeof(jitter));
	retry += jitter % RETRY_MS;
	if (x->rekey) {
		rekey_failed(x);
		if (sa->state == IKE_ESTABLISHED && (!sa->rekey_at || retry < sa->rekey_at))
			sa->rekey_at = retry;
		return;
	}
	if (old && old->state == CHILD_REKEYING) {
		if (x->child && child_find(sa->ike, x->child->collided)) {
			old->state = CHILD_REKEYED;
			return;
		}
		old->state = CHILD_INSTALLED;
		if (!old->hard_at || retry < old->hard_at) {
			old->soft_at = retry;
			cyg_timer_set(sa->shard, &old->timer, retry, timers_child);
		}
	}
	if (!x->child_spi)
		sa->child_at = retry;
}

static const struct exchange_start starts[] = {
	{ IKE_STATES, begin, IKE_STATES },
};

const struct exchange_def exchange_create_child = {
	.type = CYG_CREATE_CHILD_SA,
	.rows = rows,
	.count = CYG_COUNT(rows),
	.starts = starts,
	.start_count = CYG_COUNT(starts),
	.failed = failed,
};
