/* SPDX-License-Identifier: MIT */
/* IKE_AUTH: RFC 7296 sections 1.2, 2.15, 2.19, 2.21.2. */
#include "exchange/ike_auth.h"

#include "exchange/child.h"
#include "exchange/login.h"
#include "exchange/watch.h"
#include "policy/select.h"

#include <cygnet/cursor.h>

#include <stdlib.h>

static enum cyg_status on_request(struct exchange *x);
static enum cyg_status on_childless(struct exchange *x);
static enum cyg_status on_login(struct exchange *x);
static enum cyg_status on_childless_login(struct exchange *x);
static enum cyg_status on_packet(struct exchange *x);
static enum cyg_status on_proof(struct exchange *x);
static enum cyg_status on_response(struct exchange *x);
static enum cyg_status on_login_wanted(struct exchange *x);
static enum cyg_status on_login_response(struct exchange *x);
static enum cyg_status on_packet_response(struct exchange *x);
static enum cyg_status on_proof_response(struct exchange *x);
static enum cyg_status on_error(struct exchange *x);
static enum cyg_status begin(struct exchange *x);

#define HAS_CHILD (HAS_SA | HAS_TSI | HAS_TSR)

static const struct exchange_row rows[] = {
	/* when the SA is  and gets   holding at least                run                 then it is    */
	{ IKE_INIT_DONE,   REQUEST,   HAS_IDI | HAS_AUTH | HAS_CHILD, on_request,         IKE_ESTABLISHED },
	{ IKE_INIT_DONE,   REQUEST,   HAS_IDI | HAS_AUTH,             on_childless,       IKE_ESTABLISHED },
	{ IKE_INIT_DONE,   REQUEST,   HAS_IDI | HAS_CHILD,            on_login,           IKE_EAP },
	{ IKE_INIT_DONE,   REQUEST,   HAS_IDI,                        on_childless_login, IKE_EAP },
	{ IKE_EAP,         REQUEST,   HAS_EAP,                        on_packet,          IKE_EAP },
	{ IKE_EAP_DONE,    REQUEST,   HAS_AUTH,                       on_proof,           IKE_ESTABLISHED },

	{ IKE_AUTH_SENT,   RESPONSE,  HAS_IDR | HAS_AUTH | HAS_EAP,   on_login_wanted,    IKE_AUTH_SENT },
	{ IKE_AUTH_SENT,   RESPONSE,  HAS_IDR | HAS_AUTH,             on_response,        IKE_ESTABLISHED },
	{ IKE_AUTH_SENT,   RESPONSE,  HAS_N_ERROR,                    on_error,           IKE_AUTH_SENT },
	{ IKE_EAP_WANTED,  RESPONSE,  HAS_IDR | HAS_AUTH | HAS_EAP,   on_login_response,  IKE_EAP_TURN },
	{ IKE_EAP_WANTED,  RESPONSE,  HAS_N_ERROR,                    on_error,           IKE_EAP_WANTED },
	{ IKE_EAP_SENT,    RESPONSE,  HAS_EAP,                        on_packet_response, IKE_EAP_TURN },
	{ IKE_EAP_SENT,    RESPONSE,  HAS_N_ERROR,                    on_error,           IKE_EAP_SENT },
	{ IKE_PROOF_SENT,  RESPONSE,  HAS_AUTH,                       on_proof_response,  IKE_ESTABLISHED },
	{ IKE_PROOF_SENT,  RESPONSE,  HAS_N_ERROR,                    on_error,           IKE_PROOF_SENT },
};

static const struct exchange_start starts[] = {
	{ IKE_INIT_DONE,   begin,              IKE_AUTH_SENT },
	{ IKE_EAP_TURN,    login_begin_packet, IKE_EAP_SENT },
	{ IKE_PROOF_TURN,  login_begin_proof,  IKE_PROOF_SENT },
};

/* --- Both roles --- */

/* The line of a profile that would match this identity. */
static void mend_identity(struct exchange *x, const char *profile)
{
	const struct cyg_identity *id = x->sa->remote_id;
	char text[192];
	struct cyg_strbuf out = CYG_STRBUF(text);

	if (id->type == CYG_ID_DER_ASN1_DN) {
		cyg_identity_text(id, &out);
		why_mend_map(exchange_ike(x), profile, out.cut ? "" : text, profile);
		return;
	}
	auth_id_text(id, &out);
	why_mend(exchange_ike(x), "crypto ikev2 profile %s / match identity remote %s", profile, text);
}

static enum cyg_status take_identity(struct exchange *x, const struct id_payload *payload)
{
	struct cyg_identity *id;
	enum cyg_status status = cyg_identity_new(payload->type, payload->data, &id);

	if (status != CYG_OK)
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the peer's identity is of no use (type %u, %zu octets)",
				       payload->type, payload->data.len);
	cyg_identity_unref(x->sa->remote_id);
	x->sa->remote_id = id;
	return CYG_OK;
}

/* --- Responder --- */

static enum cyg_status refuse_profile(struct exchange *x, enum cyg_status status,
				      const struct trace *trace)
{
	struct ike_shard *ike = exchange_ike(x);
	const struct trace_entry *nearest = trace_nearest(trace);
	char whom[192], all[512];
	struct cyg_strbuf id = CYG_STRBUF(whom), text = CYG_STRBUF(all);

	auth_id_text(x->sa->remote_id, &id);
	why_nearest(ike, trace);
	if (status == CYG_REFUSED) {
		trace_text(trace, &text);
		why_mend_ambiguous(ike, trace, x->sa->remote_id, peer_cert(x));
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "more than one profile matches %s, so none is taken: %s", whom, all);
	}
	if (nearest && (nearest->why == WHY_SHUTDOWN || nearest->why == WHY_INCOMPLETE))
		why_mend_profile(ike, CYG_CONTAINER(nearest->object, struct config_profile, head),
				 x->sa->remote_id);
	else if (!nearest || !why_mend_place(ike, nearest, &x->sa->d.local.ip))
		mend_identity(x, nearest ? nearest->object->name : "NAME");
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED, "no profile matches %s",
			       whom);
}

/* `identity local` has a word for these. */
static bool can_be_ours(uint8_t id_type)
{
	static const uint8_t types[] = { CYG_ID_IPV4_ADDR, CYG_ID_IPV6_ADDR,    CYG_ID_FQDN,
					 CYG_ID_KEY_ID,	   CYG_ID_RFC822_ADDR, CYG_ID_DER_ASN1_DN };

	return memchr(types, id_type, sizeof(types)) != NULL;
}

/* IDr: whom of us the peer wants to talk to. Ours is the profile's (RFC 7296 2.15); kept to explain why it leaves. */
static enum cyg_status take_asked_id(struct exchange *x)
{
	const struct id_payload *idr = &x->msg->idr;
	struct cyg_identity *id;
	enum cyg_status status;

	if (!(x->msg->has & HAS_IDR) || !can_be_ours(idr->type))
		return CYG_OK;
	status = cyg_identity_new(idr->type, idr->data, &id);
	if (status == CYG_NOMEM)
		return status;
	if (status != CYG_OK)
		return CYG_OK; /* of no use, and nobody needs it */
	cyg_identity_unref(x->sa->nego->asked_id);
	x->sa->nego->asked_id = id;
	return CYG_OK;
}

static enum cyg_status request_identify(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_shard *ike = sa->ike;
	const struct config_profile *profile = NULL;
	struct trace trace = { 0 };
	enum cyg_status status = take_identity(x, &x->msg->idi);

	if (status != CYG_OK)
		return status;
	status = take_asked_id(x);
	if (status == CYG_OK)
		status = peer_take_cert(x);
	if (status != CYG_OK)
		return status;
	status = select_profile(ike->view, sa->remote_id, peer_cert(x), &sa->d.local.ip, "", &profile, &trace);
	if (status != CYG_OK)
		return refuse_profile(x, status, &trace);
	sa->profile = engine_hold(ike, profile);
	sa->configured = ike->configured;
	watch_chosen(sa, "profile", profile->head.name);
	status = peer_take_method(x);
	return status == CYG_OK ? prove_choose(x) : status;
}

/* EAP: our proof comes first, the peer's is its login. */
static enum cyg_status request_login(struct exchange *x)
{
	enum cyg_status status = prove_local_id(x);

	return status == CYG_OK ? login_open(x, x->msg->inner, x->msg->sk.inner_first) : status;
}

static enum cyg_status request_check(struct exchange *x)
{
	return peer_check(x, &x->msg->idi);
}

/* Who it is is known from here on. */
static enum cyg_status request_known(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_shard *ike = sa->ike;
	struct trace trace = { 0 };

	sa->interface = engine_hold(ike, select_interface(ike->view, sa->profile, &sa->d.local.ip,
							  &sa->d.remote.ip, &trace));
	if (message_notify(x->msg, CYG_N_INITIAL_CONTACT) || sa->profile->initial_contact_force)
		unique_supersede(sa);
	config_mode_read_request(x);
	ext_window_read(x);
	return prove_local_id(x);
}

/* What authorization says of the session as a whole. */
static enum cyg_status take_limits(struct exchange *x)
{
	const struct cyg_authz *granted = &x->auth->granted;
	struct ike_session *session;

	if (!x->auth->granted_any)
		return CYG_OK;
	session = ike_sa_session(x->sa);
	if (!session)
		return CYG_NOMEM;
	free(session->authorization);
	session->authorization = cyg_str_dup(cyg_str(granted->policy));
	if (granted->set & CYG_AZ_FLOW_LIMIT) {
		session->flow_limited = true;
		session->flow_limit = granted->flow_limit;
	}
	if (granted->set & CYG_AZ_SESSION_LIFETIME && granted->session_lifetime_s)
		session->ends_at = cyg_shard_now_ms(x->sa->shard) +
				   (uint64_t)granted->session_lifetime_s * 1000;
	return CYG_OK;
}

static enum cyg_status request_child(struct exchange *x)
{
	enum cyg_status status = take_limits(x);

	if (status != CYG_OK || !(x->msg->has & HAS_SA))
		return status; /* childless */
	status = child_work_new(x, NULL);
	if (status != CYG_OK)
		return status;
	if (!x->child->failed)
		status = lease_check(x);
	if (status != CYG_OK || x->child->failed)
		return status;
	return child_choose(x);
}

static enum cyg_status request_write_proof(struct exchange *x)
{
	struct ike_sa *sa = x->sa;

	id_write(x->out, false, sa->local_id->type,
		 cyg_bytes(sa->local_id->octets, sa->local_id->len));
	prove_write_certs(x);
	return prove_write_auth(x);
}

static enum cyg_status request_write(struct exchange *x)
{
	const struct child_work *child = x->child;

	config_mode_write_reply(x);
	ext_window_add(x);
	if (!child)
		return CYG_OK; /* it asked for none */
	if (child->failed) {
		notify_write(x->out, CYG_PROTO_NONE, 0, 0, child->failed, cyg_bytes(NULL, 0));
		return CYG_OK;
	}
	child_write(x);
	ts_write(x->out, true, &child->remote);
	ts_write(x->out, false, &child->local);
	return CYG_OK;
}

static const struct exchange_stage request_stages[] = {
	{ request_identify, NULL },
	{ trust_begin, trust_done },
	{ request_check, NULL },
	{ request_known, NULL },
	{ authorize_begin, authorize_done },
	{ lease4_begin, lease4_done },
	{ lease6_begin, lease6_done },
	{ request_child, NULL },
	{ prove_begin, prove_done },
	{ child_spi_begin, child_spi_done },
	{ child_add_begin, child_add_done },
	{ request_write_proof, NULL },
	{ request_write, NULL },
};

static const struct exchange_stage login_stages[] = {
	{ request_identify, NULL },
	{ request_login, NULL },
	{ login_request_begin, login_request_done },
	{ prove_begin, prove_done },
	{ request_write_proof, NULL },
	{ login_answer, NULL },
};

static const struct exchange_stage packet_stages[] = {
	{ login_packet_begin, login_request_done },
	{ login_answer, NULL },
};

static const struct exchange_stage proof_stages[] = {
	{ login_end, NULL },
	{ request_known, NULL },
	{ authorize_begin, authorize_done },
	{ lease4_begin, lease4_done },
	{ lease6_begin, lease6_done },
	{ request_child, NULL },
	{ child_spi_begin, child_spi_done },
	{ child_add_begin, child_add_done },
	{ login_write_auth, NULL },
	{ request_write, NULL },
};

/* The first IKE_AUTH. */
static enum cyg_status begin_request(struct exchange *x, const struct exchange_stage *stages, unsigned count)
{
	if (x->sa->d.initiator) {
		x->notify = CYG_N_INVALID_SYNTAX;
		return CYG_MALFORMED;
	}
	if (!exchange_ike(x)->view)
		return CYG_BUSY;
	x->auth = auth_work_new(exchange_ike(x));
	if (!x->auth)
		return CYG_NOMEM;
	return exchange_run_stages(x, stages, count);
}

static enum cyg_status on_request(struct exchange *x)
{
	return begin_request(x, request_stages, CYG_COUNT(request_stages));
}

/* No AUTH payload: the peer wants EAP (RFC 7296 2.16). */
static enum cyg_status on_login(struct exchange *x)
{
	return begin_request(x, login_stages, CYG_COUNT(login_stages));
}

static enum cyg_status half_a_child(struct exchange *x)
{
	x->notify = CYG_N_INVALID_SYNTAX;
	return CYG_MALFORMED;
}

/* An IKE_SA alone, children come later: RFC 6023, which we announced. */
static enum cyg_status on_childless(struct exchange *x)
{
	return x->msg->has & HAS_CHILD ? half_a_child(x) : on_request(x);
}

static enum cyg_status on_childless_login(struct exchange *x)
{
	return x->msg->has & HAS_CHILD ? half_a_child(x) : on_login(x);
}

static enum cyg_status on_packet(struct exchange *x)
{
	return exchange_run_stages(x, packet_stages, CYG_COUNT(packet_stages));
}

static enum cyg_status on_proof(struct exchange *x)
{
	return exchange_run_stages(x, proof_stages, CYG_COUNT(proof_stages));
}

/* --- Initiator --- */

static bool by_login(const struct exchange *x)
{
	return x->sa->profile->auth_local == AUTH_EAP;
}

static enum cyg_status begin_write(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	enum cyg_status status;

	if (x->child && x->child->failed)
		return CYG_REFUSED; /* explained already */
	status = x->child ? child_offer(x) : CYG_OK;
	if (status != CYG_OK)
		return status;
	id_write(x->out, true, sa->local_id->type,
		 cyg_bytes(sa->local_id->octets, sa->local_id->len));
	if (!by_login(x))
		prove_write_certs(x);
	/* One session to a peer of a tunnel: whatever was before is gone. */
	notify_write(x->out, CYG_PROTO_NONE, 0, 0, CYG_N_INITIAL_CONTACT, cyg_bytes(NULL, 0));
	ext_sig_write_certreq(x);
	if (!by_login(x))
		status = prove_write_auth(x);
	if (status != CYG_OK)
		return status;
	config_mode_write_request(x);
	ext_window_add(x);
	if (!x->child)
		return CYG_OK;
	child_write_mode(x);
	sa_write(x->out, x->child->offer.out, x->child->offer.count);
	ts_write(x->out, true, &x->child->local);
	ts_write(x->out, false, &x->child->remote);
	return CYG_OK;
}

static const struct exchange_stage begin_stages[] = {
	{ prove_begin, prove_done },
	{ child_spi_begin, child_spi_done },
	{ begin_write, NULL },
};

/* Without AUTH: the peer asks for a login. */
static const struct exchange_stage begin_login_stages[] = {
	{ child_spi_begin, child_spi_done },
	{ begin_write, NULL },
};

/* Does it begin without a child, as its profile wants? Only where the peer announces that it takes that: RFC 6023 3. */
static bool begins_childless(const struct ike_sa *sa)
{
	if (!sa->profile->childless)
		return false;
	if (!sa->nego->peer_childless)
		cyg_log(CYG_LOG_INFO, "ike.childless", "{peer}: does not take an SA without a child; it begins with one",
			F_ENDPOINT("peer", &sa->d.remote));
	return sa->nego->peer_childless;
}

static enum cyg_status begin(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	enum cyg_status status;

	if (!sa->profile)
		return CYG_NOT_FOUND;
	x->auth = auth_work_new(exchange_ike(x));
	if (!x->auth)
		return CYG_NOMEM;
	status = prove_choose(x);
	if (status == CYG_OK)
		status = prove_local_id(x);
	if (status == CYG_OK && !begins_childless(sa))
		status = child_work_new(x, NULL);
	if (status != CYG_OK)
		return status;
	if (!by_login(x))
		return exchange_run_stages(x, begin_stages, CYG_COUNT(begin_stages));
	x->then = IKE_EAP_WANTED;
	return exchange_run_stages(x, begin_login_stages, CYG_COUNT(begin_login_stages));
}

/* What the peer says instead of a child. */
static enum cyg_status told_no_child(struct exchange *x)
{
	char storage[16];

	for (unsigned i = 0; i < x->msg->notify_count; i++) {
		uint16_t type = x->msg->notify[i].type;

		if (type >= CYG_N_INITIAL_CONTACT)
			continue;
		why_object(exchange_ike(x), &x->sa->interface->head);
		return child_refuse(x, type, "the peer refuses the child with %s: %s",
				    notify_name(type, storage), why_notify(exchange_ike(x), type, true));
	}
	return child_refuse(x, CYG_N_INVALID_SYNTAX, "the peer's answer holds no child");
}

static enum cyg_status response_identify(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	enum cyg_status status = take_identity(x, &x->msg->idr);

	if (status == CYG_OK)
		status = peer_take_cert(x);
	if (status != CYG_OK)
		return status;
	if (!profile_matches_peer(sa->profile, sa->remote_id, peer_cert(x))) {
		char whom[192];
		struct cyg_strbuf id = CYG_STRBUF(whom);

		auth_id_text(sa->remote_id, &id);
		why_object(sa->ike, &sa->profile->head);
		mend_identity(x, sa->profile->head.name);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the peer says that it is %s, which our profile does not match",
				       whom);
	}
	return peer_take_method(x);
}

static enum cyg_status response_check(struct exchange *x)
{
	return peer_check(x, &x->msg->idr);
}

static enum cyg_status response_known(struct exchange *x)
{
	enum cyg_status status;

	if (!x->child && x->msg->has & HAS_CHILD)
		return exchange_refuse(x, CYG_MALFORMED, CYG_N_INVALID_SYNTAX,
				       "the peer answers with a child that nobody asked for");
	if (x->child && (x->msg->has & HAS_CHILD) != HAS_CHILD)
		return told_no_child(x);
	ext_window_read(x);
	status = config_mode_read_reply(x);
	if (status != CYG_OK || !x->child || x->child->failed)
		return status;
	return child_confirm(x);
}

/* An SA without its child is of no use to a tunnel: it ends, and is tried again later. */
static enum cyg_status response_end(struct exchange *x)
{
	if (!x->child)
		child_routes_on_demand(x->sa);
	else if (x->child->failed)
		x->sa->wants |= WANT_DELETE;
	return CYG_OK;
}

static const struct exchange_stage response_stages[] = {
	{ response_identify, NULL },
	{ trust_begin, trust_done },
	{ response_check, NULL },
	{ response_known, NULL },
	{ child_add_begin, child_add_done },
	{ response_end, NULL },
};

static const struct exchange_stage login_response_stages[] = {
	{ response_identify, NULL },
	{ trust_begin, trust_done },
	{ response_check, NULL },
	{ login_response_begin, login_response_done },
};

static const struct exchange_stage packet_response_stages[] = {
	{ login_response_begin, login_response_done },
};

static const struct exchange_stage proof_response_stages[] = {
	{ login_response_end, NULL },
	{ response_known, NULL },
	{ child_add_begin, child_add_done },
	{ response_end, NULL },
};

static enum cyg_status on_response(struct exchange *x)
{
	return exchange_run_stages(x, response_stages, CYG_COUNT(response_stages));
}

/* We proved ourselves, and that is not enough. */
static enum cyg_status on_login_wanted(struct exchange *x)
{
	const struct config_profile *profile = x->sa->profile;

	why_object(exchange_ike(x), &profile->head);
	why_mend(exchange_ike(x), "crypto ikev2 profile %s / authentication local eap username NAME password PASSWORD",
		 profile->head.name);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "the peer wants us to log in by EAP, which our profile does not do");
}

static enum cyg_status on_login_response(struct exchange *x)
{
	return exchange_run_stages(x, login_response_stages, CYG_COUNT(login_response_stages));
}

static enum cyg_status on_packet_response(struct exchange *x)
{
	return exchange_run_stages(x, packet_response_stages, CYG_COUNT(packet_response_stages));
}

static enum cyg_status on_proof_response(struct exchange *x)
{
	return exchange_run_stages(x, proof_response_stages, CYG_COUNT(proof_response_stages));
}

/* The peer knows our keys, so it is the one we talked to; it has no SA now. */
static enum cyg_status on_error(struct exchange *x)
{
	const char *meaning;
	char storage[16];
	uint16_t type = CYG_N_NONE;

	for (unsigned i = 0; i < x->msg->notify_count && !type; i++) {
		if (x->msg->notify[i].type < CYG_N_INITIAL_CONTACT)
			type = x->msg->notify[i].type;
	}
	meaning = why_notify(exchange_ike(x), type, false);
	if (type == CYG_N_AUTHENTICATION_FAILED)
		why_mend_proof(x->sa);
	return exchange_refuse(x, CYG_REFUSED, 0, "the peer answers IKE_AUTH with %s: %s",
			       notify_name(type, storage), meaning);
}

static void failed(struct exchange *x, enum cyg_status status)
{
	if (x->logged)
		return;
	why_reset(exchange_ike(x));
	if (status == CYG_TIMEOUT) {
		why_mend(exchange_ike(x), "reachability of UDP %u, and of packets larger than the path's MTU",
			 (unsigned)x->sa->d.remote.port);
		why_log(x->sa, false, 0, "nobody answers IKE_AUTH");
	} else {
		why_log(x->sa, false, 0, "IKE_AUTH could not be made: %s", cyg_status_text(status));
	}
}

static void begin_failed(struct exchange *x, enum cyg_status status)
{
	failed(x, status);
	/* Nothing was sent, or nobody answers: there is no SA to go on with. */
	if (!x->msg)
		life_drop(x->sa, status == CYG_TIMEOUT ? "the peer does not answer" : cyg_status_text(status));
}

const struct exchange_def exchange_ike_auth = {
	.type = CYG_IKE_AUTH,
	.rows = rows,
	.count = CYG_COUNT(rows),
	.starts = starts,
	.start_count = CYG_COUNT(starts),
	.failed = begin_failed,
};
