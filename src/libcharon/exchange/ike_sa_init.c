/* SPDX-License-Identifier: MIT */
/* IKE_SA_INIT: RFC 7296 sections 1.2, 2.6, 2.7, 2.14 and 2.23. */
#include "exchange/exchange.h"
#include "exchange/fragment.h"
#include "exchange/turn.h"

#include "crypto/names.h"
#include "exchange/export.h"
#include "policy/select.h"

#include <cygnet/cursor.h>

#include <stdlib.h>

static enum cyg_status on_request(struct exchange *x);
static enum cyg_status on_cookie(struct exchange *x);
static enum cyg_status on_other_group(struct exchange *x);
static enum cyg_status on_error(struct exchange *x);
static enum cyg_status on_response(struct exchange *x);

static const struct exchange_row rows[] = {
	/* when the SA is  and gets   holding at least              run              then it is    */
	{ IKE_NEW,         REQUEST,   HAS_SA | HAS_KE | HAS_NONCE,  on_request,      IKE_INIT_DONE },
	{ IKE_INIT_SENT,   RESPONSE,  HAS_N_COOKIE,                 on_cookie,       IKE_INIT_SENT },
	{ IKE_INIT_SENT,   RESPONSE,  HAS_N_INVALID_KE,             on_other_group,  IKE_INIT_SENT },
	{ IKE_INIT_SENT,   RESPONSE,  HAS_N_ERROR,                  on_error,        IKE_INIT_SENT },
	{ IKE_INIT_SENT,   RESPONSE,  HAS_SA | HAS_KE | HAS_NONCE,  on_response,     IKE_INIT_DONE },
};

#define TURNS_MAX 3 /* cookies or other groups that we follow in a row */
#define FVRF_GLOBAL ""

static enum cyg_status copy(uint8_t **out, size_t *len, struct cyg_bytes octets)
{
	uint8_t *made = malloc(octets.len ? octets.len : 1);

	if (!made)
		return CYG_NOMEM;
	memcpy(made, octets.ptr, octets.len);
	free(*out);
	*out = made;
	*len = octets.len;
	return CYG_OK;
}

/* SKEYSEED and the seven keys: RFC 7296 2.14. */
static enum cyg_status derive(struct ike_sa *sa, struct cyg_secret *shared)
{
	struct negotiation *nego = sa->nego;
	const struct cyg_prf *prf = &sa->suite->algs.prf;
	struct cyg_bytes ni = cyg_bytes(nego->nonce_i, nego->nonce_i_len);
	struct cyg_bytes nr = cyg_bytes(nego->nonce_r, nego->nonce_r_len);
	uint8_t seed[CYG_PRF_MAX], spis[16];
	struct wire_writer w = wire_writer(spis, sizeof(spis));
	struct ike_keys keys = { 0 };
	enum cyg_status status;

	wire_put_u64(&w, sa->d.spi_i);
	wire_put_u64(&w, sa->d.spi_r);
	status = keys_skeyseed(prf, ni, nr, cyg_secret_bytes(shared), seed);
	if (status == CYG_OK)
		status = keys_derive(&sa->suite->algs, cyg_bytes(seed, prf->ops->out_len), ni, nr, spis,
				     spis + 8, &keys);
	if (status == CYG_OK)
		status = ike_sa_set_keys(sa, &keys);
	if (status == CYG_OK)
		export_ike(sa);
	keys_wipe(&keys);
	cyg_wipe(seed, sizeof(seed));
	cyg_secret_done(shared);
	return status;
}

/* --- Responder --- */

static enum cyg_status request_ke(struct exchange *x)
{
	return ke_respond(&x->ke, x->sa->shard, x->msg->ke.group, x->msg->ke.data, exchange_op(x));
}

static enum cyg_status request_answer(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;
	struct negotiation *nego = sa->nego;
	struct chosen chosen = { .number = nego->chosen_number,
				 .protocol = CYG_PROTO_IKE,
				 .ids = sa->d.suite };
	struct transform transforms[5];
	struct proposal_out out = { .number = chosen.number, .protocol = CYG_PROTO_IKE };

	if (status != CYG_OK)
		return exchange_refuse(x, CYG_REFUSED, CYG_N_NO_PROPOSAL_CHOSEN,
				       "the peer's key exchange value is bad (%s)",
				       cyg_status_text(status));
	cyg_shard_random(sa->shard, nego->nonce_r, NONCE_LEN);
	nego->nonce_r_len = NONCE_LEN;
	ext_nat_read(x);
	ext_sig_read(x);
	fragment_read(x);
	status = derive(sa, &x->ke.shared);
	if (status != CYG_OK)
		return status;
	out.transforms = transforms;
	out.count = proposal_transforms(&chosen, transforms);
	sa_write(x->out, &out, 1);
	ke_write(x->out, sa->d.suite.ke, cyg_bytes(x->ke.public_value, x->ke.public_len));
	nonce_write(x->out, cyg_bytes(nego->nonce_r, nego->nonce_r_len));
	ext_nat_add(x, sa->d.spi_i, sa->d.spi_r);
	ext_sig_add(x);
	fragment_add(x);
	notify_write(x->out, CYG_PROTO_NONE, 0, 0, CYG_N_CHILDLESS_IKEV2_SUPPORTED, cyg_bytes(NULL, 0));
	return CYG_OK;
}

static const struct exchange_stage request_stages[] = {
	{ turn_begin, NULL },
	{ request_ke, request_answer },
};

static bool refused_before(struct ike_shard *ike, uint64_t spi_i)
{
	for (unsigned i = 0; i < REFUSED_MAX; i++) {
		if (ike->refused[i] == spi_i)
			return true;
	}
	ike->refused[ike->refused_next++ % REFUSED_MAX] = spi_i;
	return false;
}

/* The default policy serves because the one that somebody wrote is not whole: that is told, too. */
static void tell_idle_policy(struct ike_shard *ike, const struct trace_entry *idle)
{
	size_t used = strlen(ike->why.nearest);
	struct cyg_strbuf out = cyg_strbuf(ike->why.nearest + used, sizeof(ike->why.nearest) - used);

	cyg_strbuf_addf(&out, "%spolicy %s (%s) ", used ? "; " : "", idle->object->name, idle->object->place);
	trace_entry_text(idle, &out);
}

static enum cyg_status refuse_proposal(struct exchange *x, const struct config_policy *policy,
				       const struct trace *policies, const struct trace *trace)
{
	struct ike_shard *ike = exchange_ike(x);
	struct cyg_strbuf offered = why_offered(ike);

	/* The peer asks again and again: it is told each time, the log once. */
	x->logged = refused_before(ike, x->sa->d.spi_i);
	why_object(ike, &policy->head);
	proposal_offer_text(&x->msg->sa, &offered);
	why_nearest(ike, trace);
	for (unsigned i = 0; strcmp(policy->head.name, "default") == 0 && i < policies->count; i++) {
		if (policies->entry[i].why == WHY_INCOMPLETE)
			tell_idle_policy(ike, &policies->entry[i]);
	}
	why_mend_proposal(ike, trace, &x->msg->sa);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_NO_PROPOSAL_CHOSEN,
			       "no proposal of the peer suits us: policy %s", policy->head.name);
}

/* The responder chooses, or asks for the group that it would choose. */
static enum cyg_status on_request(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_shard *ike = sa->ike;
	struct negotiation *nego = sa->nego;
	const struct message *msg = x->msg;
	const struct config_policy *policy;
	struct wish wishes[WISHES_MAX];
	struct trace policies = { 0 }, trace = { 0 };
	struct chosen chosen;
	enum cyg_status status;
	uint8_t missing;

	policy = ike->view ? select_policy(ike->view, &sa->d.local.ip, FVRF_GLOBAL, &policies) : NULL;
	if (!policy) {
		why_mend_policy(ike, &policies, &sa->d.local.ip);
		x->logged = refused_before(ike, sa->d.spi_i);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_NO_PROPOSAL_CHOSEN,
				       "no policy of ours is for this local address");
	}
	status = proposal_choose(sa->shard, wishes, wishes_of_policy(policy, wishes), &msg->sa,
				 msg->ke.group, &chosen, &trace);
	if (status != CYG_OK)
		return refuse_proposal(x, policy, &policies, &trace);
	if (msg->ke.group != chosen.ids.ke) {
		struct wire_writer w = wire_writer(x->notify_data, sizeof(x->notify_data));

		/* No failure: the peer comes again with the right one. */
		wire_put_u16(&w, chosen.ids.ke);
		x->notify_len = 2;
		x->notify = CYG_N_INVALID_KE_PAYLOAD;
		ike->counters.invalid_ke_out++;
		return CYG_REFUSED;
	}
	status = suite_get(&ike->suites, &chosen.ids, &sa->suite, &missing);
	if (status != CYG_OK)
		return status;
	sa->d.suite = chosen.ids;
	nego->chosen_number = chosen.number;
	nego->policy = engine_hold(ike, policy);
	memcpy(nego->nonce_i, msg->nonce.ptr, msg->nonce.len);
	nego->nonce_i_len = (uint16_t)msg->nonce.len;
	status = copy(&nego->init_request, &nego->init_request_len, msg->raw);
	if (status != CYG_OK)
		return status;
	return exchange_run_stages(x, request_stages, CYG_COUNT(request_stages));
}

/* --- Initiator --- */

void init_unfit(struct ike_sa *sa, enum unfit why)
{
	if (sa->nego && why > sa->nego->unfit)
		sa->nego->unfit = (uint8_t)why;
}

/* Nothing came that could be used. */
static void tell_unfit(struct ike_sa *sa)
{
	static const char *const whats[] = {
		[UNFIT_FORMAT] = "it breaks the format, or lacks payloads",
		[UNFIT_ADDRESS] = "it comes from another address",
		[UNFIT_COOKIE] = "it asks for cookies without an end",
		[UNFIT_GROUP] = "it asks for another group than those that we offered",
		[UNFIT_CHOICE] = "it chooses what we did not offer",
		[UNFIT_VALUE] = "its key exchange value is bad",
	};
	const struct negotiation *nego = sa->nego;
	const struct alg_name *group = alg_by_id(CYG_TRANSFORM_KE, nego->unfit_group, 0);
	char address[CYG_IP_TEXT];

	if (nego->policy)
		why_object(sa->ike, &nego->policy->head);
	if (nego->unfit == UNFIT_ADDRESS && sa->interface)
		why_mend(sa->ike, "interface %s / tunnel destination %s", sa->interface->head.name,
			 cyg_ip_text(&nego->unfit_from, address));
	else if (nego->unfit == UNFIT_GROUP && group && group->word && nego->policy)
		why_mend(sa->ike, "crypto ikev2 proposal %s / group %s", nego->policy->proposal[0]->head.name, group->word);
	else
		why_mend(sa->ike, "debug crypto ikev2 packet, at the peer too");
	why_log(sa, false, 0, "no answer to IKE_SA_INIT can be used: %s", whats[nego->unfit]);
}

static enum cyg_status begin_first(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_shard *ike = sa->ike;
	struct negotiation *nego = sa->nego;
	const struct config_policy *policy;
	struct wish wishes[WISHES_MAX];
	struct trace trace = { 0 };
	enum cyg_status status;

	policy = ike->view ? select_policy(ike->view, &sa->d.local.ip, FVRF_GLOBAL, &trace) : NULL;
	if (!policy) {
		why_mend_policy(ike, &trace, &sa->d.local.ip);
		return exchange_refuse(x, CYG_NOT_FOUND, 0, "no policy of ours is for this local address");
	}
	trace.count = 0;
	status = offer_build(sa->shard, wishes, wishes_of_policy(policy, wishes), 0, 0, &nego->offer,
			     &trace);
	if (status != CYG_OK) {
		why_object(ike, &policy->head);
		why_nearest(ike, &trace);
		if (trace_nearest(&trace))
			why_unloaded(ike, trace_nearest(&trace), false);
		return exchange_refuse(x, status, 0, "policy %s leaves nothing to offer",
				       policy->head.name);
	}
	nego->policy = engine_hold(ike, policy);
	for (unsigned i = 0; i < nego->offer.transform_count && !nego->group; i++) {
		if (nego->offer.transform[i].type == CYG_TRANSFORM_KE)
			nego->group = nego->offer.transform[i].id;
	}
	cyg_shard_random(sa->shard, nego->nonce_i, NONCE_LEN);
	nego->nonce_i_len = NONCE_LEN;
	life_negotiating(sa, true);
	ike->counters.sa_out++;
	return ke_begin(&nego->ke, sa->shard, nego->group);
}

static enum cyg_status begin(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct negotiation *nego = sa->nego;
	enum cyg_status status = CYG_OK;

	if (!nego->offer.count)
		status = begin_first(x);
	else if (!nego->ke.key)
		status = ke_begin(&nego->ke, sa->shard, nego->group);
	if (status != CYG_OK)
		return status;
	if (nego->cookie_len)
		notify_write(x->out, CYG_PROTO_NONE, 0, 0, CYG_N_COOKIE,
			     cyg_bytes(nego->cookie, nego->cookie_len));
	sa_write(x->out, nego->offer.out, nego->offer.count);
	ke_write(x->out, nego->group, cyg_bytes(nego->ke.public_value, nego->ke.public_len));
	nonce_write(x->out, cyg_bytes(nego->nonce_i, nego->nonce_i_len));
	ext_nat_add(x, sa->d.spi_i, 0);
	ext_sig_add(x);
	fragment_add(x);
	return CYG_OK;
}

static enum cyg_status on_cookie(struct exchange *x)
{
	const struct notify_payload *cookie = message_notify(x->msg, CYG_N_COOKIE);
	struct negotiation *nego = x->sa->nego;

	if (cookie->data.len == 0 || cookie->data.len > sizeof(nego->cookie) ||
	    nego->cookie_turns == TURNS_MAX) {
		init_unfit(x->sa, UNFIT_COOKIE);
		return CYG_REFUSED;
	}
	nego->cookie_turns++;
	memcpy(nego->cookie, cookie->data.ptr, cookie->data.len);
	nego->cookie_len = (uint8_t)cookie->data.len;
	x->goes_on = true;
	return CYG_OK;
}

static bool group_offered(const struct offer *offer, uint16_t group)
{
	for (unsigned i = 0; i < offer->transform_count; i++) {
		if (offer->transform[i].type == CYG_TRANSFORM_KE && offer->transform[i].id == group)
			return true;
	}
	return false;
}

static enum cyg_status on_other_group(struct exchange *x)
{
	const struct notify_payload *wanted = message_notify(x->msg, CYG_N_INVALID_KE_PAYLOAD);
	struct negotiation *nego = x->sa->nego;
	struct wire_reader r = wire_reader_of(wanted->data);
	uint16_t group = wire_u16(&r);

	if (!wire_done(&r) || !group_offered(&nego->offer, group) || group == nego->group ||
	    nego->group_turns == TURNS_MAX) {
		init_unfit(x->sa, UNFIT_GROUP);
		nego->unfit_group = group;
		return CYG_REFUSED;
	}
	nego->group_turns++;
	nego->group = group;
	exchange_ike(x)->counters.invalid_ke_in++;
	ke_done(&nego->ke, x->sa->shard);
	x->goes_on = true;
	return CYG_OK;
}

/* Anybody could have sent it: it is told once, and we wait on for a good answer. */
static enum cyg_status on_error(struct exchange *x)
{
	struct negotiation *nego = x->sa->nego;
	char storage[16];

	for (unsigned i = 0; i < x->msg->notify_count && !nego->told; i++) {
		uint16_t type = x->msg->notify[i].type;

		if (type >= CYG_N_INITIAL_CONTACT)
			continue;
		nego->told = true;
		if (nego->policy)
			why_object(exchange_ike(x), &nego->policy->head);
		why_log(x->sa, false, type, "the peer answers IKE_SA_INIT with %s: %s",
			notify_name(type, storage), why_notify(exchange_ike(x), type, false));
	}
	return CYG_REFUSED;
}

static enum cyg_status response_ke(struct exchange *x)
{
	struct negotiation *nego = x->sa->nego;

	return ke_finish(&nego->ke, x->sa->shard, x->msg->ke.data, exchange_op(x));
}

static enum cyg_status response_keys(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;
	struct negotiation *nego = sa->nego;
	const struct message *msg = x->msg;
	uint8_t missing;

	if (status != CYG_OK) {
		init_unfit(sa, UNFIT_VALUE);
		return status; /* nobody vouches for it: wait on */
	}
	status = suite_get(&sa->ike->suites, &sa->d.suite, &sa->suite, &missing);
	if (status == CYG_OK)
		status = copy(&nego->init_request, &nego->init_request_len,
			      cyg_bytes(sa->sent->octets, sa->sent->len));
	if (status == CYG_OK)
		status = copy(&nego->init_response, &nego->init_response_len, msg->raw);
	if (status != CYG_OK) {
		x->ends_sa = true;
		return status;
	}
	memcpy(nego->nonce_r, msg->nonce.ptr, msg->nonce.len);
	nego->nonce_r_len = (uint16_t)msg->nonce.len;
	sa->d.spi_r = msg->header.spi_r;
	ext_nat_read(x);
	ext_sig_read(x);
	fragment_read(x);
	nego->peer_childless = message_notify(msg, CYG_N_CHILDLESS_IKEV2_SUPPORTED) != NULL;
	if (sa->d.nat_local || sa->d.nat_remote) {
		sa->d.local.port = sa->d.remote.port = IKE_NATT_PORT;
		sa->d.natt = true;
	}
	return derive(sa, &nego->ke.shared);
}

static const struct exchange_stage response_stages[] = {
	{ response_ke, response_keys },
};

static enum cyg_status on_response(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct negotiation *nego = sa->nego;
	const struct message *msg = x->msg;
	struct chosen chosen;

	if (msg->header.spi_r == 0 || msg->nonce.len < 16 || msg->nonce.len > NONCE_MAX)
		return CYG_MALFORMED;
	if (proposal_confirm(&nego->offer, &msg->sa, &chosen) != CYG_OK ||
	    msg->ke.group != chosen.ids.ke || chosen.ids.ke != nego->group ||
	    msg->ke.data.len != nego->ke.ke.ops->responder_len) {
		init_unfit(sa, UNFIT_CHOICE);
		return CYG_REFUSED; /* nobody vouches for it: wait on */
	}
	sa->d.suite = chosen.ids;
	return exchange_run_stages(x, response_stages, CYG_COUNT(response_stages));
}

static void failed(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;

	if (status == CYG_TIMEOUT && sa->nego && !sa->nego->told && sa->nego->unfit) {
		why_reset(sa->ike);
		tell_unfit(sa);
	} else if (status == CYG_TIMEOUT && !(sa->nego && sa->nego->told)) {
		why_reset(sa->ike);
		if (sa->interface)
			why_object(sa->ike, &sa->interface->head);
		why_mend(sa->ike, "reachability of UDP 500 and 4500, and `tunnel destination`");
		why_log(sa, false, 0, "nobody answers IKE_SA_INIT");
	} else if (!x->logged && status != CYG_TIMEOUT) {
		why_log(sa, false, 0, "IKE_SA_INIT could not be made: %s", cyg_status_text(status));
	}
	life_drop(sa, status == CYG_TIMEOUT ? "nobody answers IKE_SA_INIT" : cyg_status_text(status));
}

static const struct exchange_start starts[] = {
	{ IKE_STATES, begin, IKE_INIT_SENT },
};

const struct exchange_def exchange_ike_sa_init = {
	.type = CYG_IKE_SA_INIT,
	.clear = true,
	.rows = rows,
	.count = CYG_COUNT(rows),
	.starts = starts,
	.start_count = CYG_COUNT(starts),
	.failed = failed,
};
