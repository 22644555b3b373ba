/* SPDX-License-Identifier: MIT */
/* INFORMATIONAL: RFC 7296 sections 1.4, 2.4. Deletes, probes, and what a peer has to tell. */
#include "exchange/rekey.h"

#include <cygnet/log.h>

static enum cyg_status on_delete(struct exchange *x);
static enum cyg_status on_notify(struct exchange *x);
static enum cyg_status on_farewell(struct exchange *x);
static enum cyg_status on_early(struct exchange *x);
static enum cyg_status on_request(struct exchange *x);
static enum cyg_status on_response(struct exchange *x);

/*
 * Before IKE_AUTH is over, who sends one has the SA's keys and has proved nothing else, so it is heard only if it ends the
 * attempt: a refusal of IKE_AUTH, or silence, would do as much. A gateway in whose EAP login we are has proved itself.
 */
static const struct exchange_row rows[] = {
	/* when the SA is  and gets   holding at least   run           then it is    */
	{ IKE_AUTH_SENT,   REQUEST,   HAS_DELETE_IKE,    on_farewell,  IKE_STATES },
	{ IKE_AUTH_SENT,   REQUEST,   HAS_N_FATAL,       on_farewell,  IKE_STATES },
	{ IKE_EAP_WANTED,  REQUEST,   HAS_DELETE_IKE,    on_farewell,  IKE_STATES },
	{ IKE_EAP_WANTED,  REQUEST,   HAS_N_FATAL,       on_farewell,  IKE_STATES },
	{ IKE_EAP_TURN,    REQUEST,   HAS_DELETE_IKE,    on_farewell,  IKE_STATES },
	{ IKE_EAP_TURN,    REQUEST,   HAS_N_FATAL,       on_farewell,  IKE_STATES },
	{ IKE_EAP_TURN,    REQUEST,   0,                 on_early,     IKE_STATES },
	{ IKE_EAP_SENT,    REQUEST,   HAS_DELETE_IKE,    on_farewell,  IKE_STATES },
	{ IKE_EAP_SENT,    REQUEST,   HAS_N_FATAL,       on_farewell,  IKE_STATES },
	{ IKE_EAP_SENT,    REQUEST,   0,                 on_early,     IKE_STATES },
	{ IKE_PROOF_TURN,  REQUEST,   HAS_DELETE_IKE,    on_farewell,  IKE_STATES },
	{ IKE_PROOF_TURN,  REQUEST,   HAS_N_FATAL,       on_farewell,  IKE_STATES },
	{ IKE_PROOF_TURN,  REQUEST,   0,                 on_early,     IKE_STATES },
	{ IKE_PROOF_SENT,  REQUEST,   HAS_DELETE_IKE,    on_farewell,  IKE_STATES },
	{ IKE_PROOF_SENT,  REQUEST,   HAS_N_FATAL,       on_farewell,  IKE_STATES },
	{ IKE_PROOF_SENT,  REQUEST,   0,                 on_early,     IKE_STATES },
	{ IKE_EAP,         REQUEST,   HAS_DELETE_IKE,    on_farewell,  IKE_STATES },
	{ IKE_EAP,         REQUEST,   HAS_N_FATAL,       on_farewell,  IKE_STATES },
	{ IKE_EAP_DONE,    REQUEST,   HAS_DELETE_IKE,    on_farewell,  IKE_STATES },
	{ IKE_EAP_DONE,    REQUEST,   HAS_N_FATAL,       on_farewell,  IKE_STATES },
	{ IKE_ESTABLISHED, REQUEST,   HAS_DELETE,        on_delete,    IKE_STATES },
	{ IKE_REKEYED,     REQUEST,   HAS_DELETE,        on_delete,    IKE_STATES },
	{ IKE_DELETING,    REQUEST,   HAS_DELETE,        on_delete,    IKE_STATES },
	{ IKE_ESTABLISHED, REQUEST,   HAS_N_ERROR,       on_notify,    IKE_STATES },
	{ IKE_ESTABLISHED, REQUEST,   0,                 on_request,   IKE_STATES },
	{ IKE_REKEYED,     REQUEST,   0,                 on_request,   IKE_STATES },
	{ IKE_DELETING,    REQUEST,   0,                 on_request,   IKE_STATES },
	{ IKE_ESTABLISHED, RESPONSE,  0,                 on_response,  IKE_STATES },
	{ IKE_REKEYED,     RESPONSE,  0,                 on_response,  IKE_STATES },
	{ IKE_DELETING,    RESPONSE,  0,                 on_response,  IKE_STATES },
};

/* A tunnel that lost its only child asks for another one, not at once. */
#define CHILD_AGAIN_MS 2000

void informational_child_lost(struct ike_sa *sa)
{
	if (!sa->children && tunnel_has(sa) && sa->state == IKE_ESTABLISHED &&
	    !(sa->wants & WANT_DELETE) && !(sa->profile && sa->profile->childless))
		sa->child_at = cyg_shard_now_ms(sa->shard) + CHILD_AGAIN_MS;
}

/* --- Of the peer --- */

/* One child; its SPI of ours goes into the answer, unless we are deleting it as well: RFC 7296 1.4.1. */
static void delete_child(struct exchange *x, uint32_t spi_out, uint32_t *answer, size_t *count)
{
	struct child_sa *child = child_by_out(x->sa, spi_out);

	if (!child)
		return;
	if (child->state != CHILD_DELETING && *count < DELETE_SPIS_MAX)
		answer[(*count)++] = child->d.spi_in;
	if (child->state != CHILD_REKEYED)
		cyg_log(life_log_level(x->sa->ike), "child.deleted", "{peer}: {id} deleted a child",
			F_ENDPOINT("peer", &x->sa->d.remote), F_IDENTITY("id", x->sa->remote_id),
			F_HEX64("spi_in", child->d.spi_in));
	child_close(child);
}

/* The initiator did not like our proof, and says so with its DELETE or alone: RFC 7296 2.21.2. */
static bool told_why(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	const char *meaning;

	if (sa->state != IKE_ESTABLISHED || !message_notify(x->msg, CYG_N_AUTHENTICATION_FAILED))
		return false;
	meaning = why_notify(sa->ike, CYG_N_AUTHENTICATION_FAILED, false);
	why_mend_proof(sa);
	why_log(sa, false, CYG_N_AUTHENTICATION_FAILED, "the peer ends the SA with AUTHENTICATION_FAILED: %s", meaning);
	return true;
}

static enum cyg_status on_delete(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	uint32_t answer[DELETE_SPIS_MAX];
	size_t count = 0;

	for (unsigned i = 0; i < x->msg->delete_count; i++) {
		const struct delete_payload *del = &x->msg->del[i];

		if (del->protocol == CYG_PROTO_IKE) {
			if (!told_why(x) && sa->state == IKE_ESTABLISHED)
				cyg_log(CYG_LOG_NOTICE, "ike.down", "{peer}: {id} is down: {why}",
					F_ENDPOINT("peer", &sa->d.remote),
					F_IDENTITY("id", sa->remote_id),
					F_HEX64("spi", ike_sa_spi(sa)),
					F_STR("why", "the peer deleted it"));
			rekey_deleted(sa);
			x->ends_sa = true;
			return CYG_OK; /* the answer is empty, and the children end with it */
		}
		if (del->protocol != CYG_PROTO_ESP || del->spi_len != 4)
			continue;
		for (size_t n = 0; n < del->count; n++)
			delete_child(x, delete_spi(del, n), answer, &count);
	}
	if (count)
		delete_write(x->out, CYG_PROTO_ESP, 4, answer, count);
	informational_child_lost(sa);
	return CYG_OK;
}

static enum cyg_status on_notify(struct exchange *x)
{
	x->ends_sa = told_why(x);
	return CYG_OK;
}

/* An initiator that does not go on with its login: it took us for somebody else, or its method did. */
static void tell_login_given_up(struct ike_sa *sa)
{
	why_mend(sa->ike, "the peer's log: our certificate, our identity or what the EAP method said did not suit it");
	why_log(sa, false, 0, "the peer gives its login by EAP up");
}

/* A responder that does not go on with ours. */
static void tell_sent_away(struct ike_sa *sa, uint16_t type)
{
	const char *meaning;
	char storage[16];

	if (type == CYG_N_NONE) {
		why_mend(sa->ike, "the peer's log: somebody cleared the SA there, or its configuration was changed");
		why_log(sa, false, 0, "the peer deletes the SA before IKE_AUTH is over");
		return;
	}
	meaning = why_notify(sa->ike, type, false);
	if (type == CYG_N_AUTHENTICATION_FAILED)
		why_mend_proof(sa);
	why_log(sa, false, type, "the peer ends IKE_AUTH with %s: %s", notify_name(type, storage), meaning);
}

/* The attempt ends at once; a tunnel tries again after the pause that any refusal costs. */
static enum cyg_status on_farewell(struct exchange *x)
{
	struct ike_sa *sa = x->sa;

	why_object(sa->ike, &sa->profile->head);
	if (sa->d.initiator)
		tell_sent_away(sa, exchange_fatal_notify(x->msg));
	else
		tell_login_given_up(sa);
	x->ends_sa = true;
	return CYG_OK;
}

/* The gateway has proved itself and may look whether we live: the empty answer says so. */
static enum cyg_status on_early(struct exchange *x)
{
	return CYG_OK;
}

static enum cyg_status on_request(struct exchange *x)
{
	struct ike_sa *sa = x->sa;

	ext_window_read(x);
	/* The peer renews its window: ours, if it is still to be told, goes with the answer. */
	if (sa->state == IKE_ESTABLISHED && message_notify(x->msg, CYG_N_SET_WINDOW_SIZE) &&
	    (sa->announce_at || sa->wants & WANT_WINDOW))
		ext_window_add(x);
	return CYG_OK; /* an empty answer says that we live */
}

/* --- Of ours --- */

static enum cyg_status begin(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	uint32_t spi = x->child_spi;

	if (x->want & WANT_DELETE) {
		if (sa->farewell)
			notify_write(x->out, CYG_PROTO_NONE, 0, 0, sa->farewell, cyg_bytes(NULL, 0));
		delete_write(x->out, CYG_PROTO_IKE, 0, NULL, 0);
		return CYG_OK;
	}
	if (spi) {
		if (!child_find(sa->ike, spi))
			return CYG_NOT_FOUND;
		delete_write(x->out, CYG_PROTO_ESP, 4, &spi, 1);
		return CYG_OK;
	}
	if (x->want & WANT_WINDOW) {
		ext_window_add(x);
		return CYG_OK;
	}
	sa->ike->counters.dpd_probes++;
	return CYG_OK;
}

static enum cyg_status on_response(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct child_sa *child = child_find(sa->ike, x->child_spi);

	if (x->want & WANT_DELETE) {
		life_drop(sa, "our DELETE was answered");
		return CYG_OK;
	}
	if (child) {
		child_close(child);
		informational_child_lost(sa);
	}
	ext_window_read(x);
	return CYG_OK;
}

static void failed(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;

	if (x->want & WANT_DELETE) {
		life_drop(sa, "our DELETE was not answered");
		return;
	}
	if (status == CYG_TIMEOUT)
		cyg_log(CYG_LOG_WARNING, "ike.dead",
			"{peer}: {id} does not answer any more; look at the path and the peer",
			F_ENDPOINT("peer", &sa->d.remote), F_IDENTITY("id", sa->remote_id));
	/* A delete that could not be said: the child ends all the same. */
	if (x->child_spi && child_find(sa->ike, x->child_spi))
		child_close(child_find(sa->ike, x->child_spi));
}

static const struct exchange_start starts[] = {
	{ IKE_STATES, begin, IKE_STATES },
};

const struct exchange_def exchange_informational = {
	.type = CYG_INFORMATIONAL,
	.rows = rows,
	.count = CYG_COUNT(rows),
	.starts = starts,
	.start_count = CYG_COUNT(starts),
	.failed = failed,
};
