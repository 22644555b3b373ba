/* SPDX-License-Identifier: MIT */
/* A login by EAP, the responder's side: who serves it, the peer's packets one after the other, and its AUTH. */
#include "exchange/login.h"

#include "exchange/watch.h"
#include "registry/registry.h"

#include <stdlib.h>

static struct login *login_of(const struct exchange *x)
{
	return x->sa->nego->login;
}

/* --- Who it is --- */

static enum cyg_status ask_identity(struct exchange *x)
{
	struct login *login = login_of(x);
	enum cyg_status status;

	cyg_shard_random(x->sa->shard, &login->identifier, sizeof(login->identifier));
	status = eap_packet_write(CYG_EAP_REQUEST, login->identifier, CYG_EAP_IDENTITY, cyg_bytes(NULL, 0), login->own,
				  &login->packet);
	return status;
}

static enum cyg_status take_identity(struct exchange *x, struct cyg_bytes identity)
{
	struct ike_session *session = ike_sa_session(x->sa);
	char *copy;

	if (identity.len > EAP_IDENTITY_MAX) {
		why_mend(exchange_ike(x), "a user name of at most %d octets at the peer", EAP_IDENTITY_MAX);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the peer's EAP identity has %zu octets", identity.len);
	}
	copy = cyg_str_dup(cyg_str_n((const char *)identity.ptr, identity.len));
	if (!session || !copy) {
		free(copy);
		return CYG_NOMEM;
	}
	free(session->eap_identity);
	session->eap_identity = copy;
	session->eap_identity_len = (uint16_t)identity.len;
	return CYG_OK;
}

/* --- Who serves it --- */

/* A pass-through for a group of servers, else the first one of this type (NULL: of any). */
static const struct cyg_eap_method_ops *find_server(struct cyg_shard *shard, bool pass_through, const struct eap_type *type,
						    struct cyg_plugin_ctx **ctx)
{
	const struct cyg_feature *feature;

	for (unsigned n = 0; (feature = cyg_get_feature(shard, CYG_EAP_SERVER, n, ctx)); n++) {
		const struct cyg_eap_method_ops *ops = feature->eap_server;

		if ((ops->type == 0) == pass_through && (!type || eap_type_is(type, ops)))
			return ops;
	}
	return NULL;
}

static enum cyg_status refuse_unserved(struct exchange *x, const struct config_method_list *list, const char *method)
{
	char text[160];
	struct cyg_strbuf out = CYG_STRBUF(text);

	registry_missing_text(x->sa->shard, CYG_EAP_SERVER, 0, 0, &out);
	why_object(exchange_ike(x), &list->head);
	why_mend(exchange_ike(x), "a plugin for it in the plugin folder (show plugins detail): %s", text);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "the peer wants to log in by EAP, and no loaded plugin serves `%s` of list %s", method,
			       list->head.name);
}

/* What a method's session starts from is lent until that ends, and the server may tell a better name before. */
static enum cyg_status lend_identity(struct ike_sa *sa)
{
	struct login *login = sa->nego->login;
	const struct ike_session *session = sa->session;

	login_session_end(sa);
	free(login->lent);
	login->lent = NULL;
	login->start.identity = cyg_bytes(NULL, 0);
	if (!session || !session->eap_identity)
		return CYG_OK;
	login->lent = cyg_str_dup(cyg_str_n(session->eap_identity, session->eap_identity_len));
	if (!login->lent)
		return CYG_NOMEM;
	login->start.identity = cyg_bytes(login->lent, session->eap_identity_len);
	return CYG_OK;
}

static enum cyg_status begin_method(struct exchange *x, const struct eap_type *type)
{
	struct ike_sa *sa = x->sa;
	struct login *login = login_of(x);
	const struct config_method_list *list = sa->profile->eap_methods;
	const struct cyg_eap_method_ops *ops;
	struct cyg_plugin_ctx *ctx;
	bool local = list->method[login->method].local;
	const char *group = local ? "local" : list->method[login->method].group;
	enum cyg_status status;

	ops = find_server(sa->shard, !local, type, &ctx);
	if (!ops)
		return refuse_unserved(x, list, group);
	watch_aaa(x->sa, "list %s: EAP by %s%s%s", list->head.name, ops->name, local ? "" : " at group ", local ? "" : group);
	login->start.group = local ? CYG_STR("") : cyg_str(group);
	login->start.identifier = (uint8_t)(login->identifier + 1);
	login->fresh = true;
	status = lend_identity(sa);
	if (status == CYG_OK)
		status = login_session_begin(sa, ops, ctx);
	if (status != CYG_OK)
		return status;
	return login_step(x, ops->type == 0 ? x->msg->eap : cyg_bytes(NULL, 0));
}

/* The peer would rather do something else: a method of ours that it names (RFC 3748 5.3.1). */
static enum cyg_status begin_desired(struct exchange *x, struct cyg_bytes types)
{
	struct wire_reader r = wire_reader_of(types);
	struct login *login = login_of(x);
	struct cyg_plugin_ctx *ctx;

	while (wire_left(&r)) {
		struct eap_type type = { .type = wire_u8(&r) };

		if (type.type > CYG_EAP_NAK && type.type != login->ops->type &&
		    find_server(x->sa->shard, false, &type, &ctx))
			return begin_method(x, &type);
	}
	why_object(exchange_ike(x), &x->sa->profile->head);
	why_mend(exchange_ike(x), "EAP method %s at the peer, or the plugin of another one here (show plugins detail)",
		 login->ops->name);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "the peer does not log in by EAP method %s, nor by another one that is loaded",
			       login->ops->name);
}

/* --- Steps --- */

enum cyg_status login_request_begin(struct exchange *x)
{
	struct login *login = login_of(x);

	login->stepped = login->again = false;
	return x->sa->profile->eap_query_identity ? ask_identity(x) : begin_method(x, NULL);
}

/* Does the packet answer what we asked last? */
static enum cyg_status read_answer(struct exchange *x, struct eap_packet *packet)
{
	enum cyg_status status = login_count(x);

	if (status != CYG_OK)
		return status;
	status = eap_packet_read(x->msg->eap, packet);
	if (status == CYG_OK && packet->code == CYG_EAP_RESPONSE && packet->identifier == login_of(x)->identifier)
		return CYG_OK;
	why_mend(exchange_ike(x), "debug crypto ikev2 packet, at the peer too");
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       status == CYG_LIMIT ? "the peer's EAP packet has more than %d octets" :
						     "the peer's EAP packet does not answer ours (of at most %d octets)",
			       CYG_EAP_PACKET_MAX);
}

enum cyg_status login_packet_begin(struct exchange *x)
{
	struct login *login = login_of(x);
	struct eap_packet packet;
	enum cyg_status status;

	login->stepped = false;
	if (login->again) {
		login->again = false;
		return begin_method(x, NULL);
	}
	x->sa->expire_at = login->deadline_ms; /* the peer has done its part */
	status = read_answer(x, &packet);
	if (status != CYG_OK)
		return status;
	if (login->session) {
		bool other = packet.type.type == CYG_EAP_NAK && login->fresh && login->ops->type != 0;

		login->fresh = false;
		return other ? begin_desired(x, packet.data) : login_step(x, x->msg->eap);
	}
	if (packet.type.type != CYG_EAP_IDENTITY) {
		why_mend(exchange_ike(x), "crypto ikev2 profile %s / authentication remote eap (without query-identity)",
			 x->sa->profile->head.name);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the peer does not say by EAP who it is");
	}
	status = take_identity(x, packet.data);
	return status == CYG_OK ? begin_method(x, NULL) : status;
}

static enum cyg_status refuse_login(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct login *login = login_of(x);
	const struct config_method_list *list = sa->profile->eap_methods;
	char whom[192];
	struct cyg_strbuf text = CYG_STRBUF(whom);

	sa->ike->counters.eap_failed++;
	login_whom(sa, &text);
	why_object(sa->ike, &list->head);
	if (list->method[login->method].local)
		why_mend(sa->ike, "username %s password PASSWORD, the same as at the peer", whom);
	else
		why_mend(sa->ike, "user name and password at the peer; what the servers of group %s say of it",
			 list->method[login->method].group);
	x->notify_eap = login->packet;
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED, "EAP method %s refuses %s", login->ops->name,
			       whom);
}

static enum cyg_status failed_step(struct exchange *x, enum cyg_status status)
{
	struct login *login = login_of(x);
	const struct config_method_list *list = x->sa->profile->eap_methods;

	if (x->logged || !login->ops)
		return status;
	/* The server, not the peer: the next one may do better. */
	if ((status == CYG_IO || status == CYG_TIMEOUT) && login->fresh && login->method + 1 < list->count) {
		login->method++;
		login->again = x->again = true;
		return CYG_OK;
	}
	why_object(exchange_ike(x), &list->head);
	why_mend(exchange_ike(x), "show plugins detail, and the log of method %s above", login->ops->name);
	return exchange_refuse(x, status, CYG_N_AUTHENTICATION_FAILED, "EAP method %s fails: %s", login->ops->name,
			       cyg_status_text(status));
}

enum cyg_status login_request_done(struct exchange *x, enum cyg_status status)
{
	static const uint8_t codes[] = {
		[CYG_EAP_CONTINUE] = CYG_EAP_REQUEST,
		[CYG_EAP_SUCCESS] = CYG_EAP_CODE_SUCCESS,
		[CYG_EAP_FAILURE] = CYG_EAP_CODE_FAILURE,
	};
	struct login *login = login_of(x);
	struct wire_reader r;

	if (status != CYG_OK)
		return failed_step(x, status);
	if (!login->stepped)
		return CYG_OK; /* the question for the identity */
	status = login_step_fits(x, codes[login->step.outcome]);
	if (status == CYG_OK && login->step.identity.len)
		status = take_identity(x, login->step.identity);
	if (status != CYG_OK)
		return status;
	r = wire_reader_of(login->packet);
	wire_skip(&r, 1);
	login->identifier = wire_u8(&r);
	switch (login->step.outcome) {
	case CYG_EAP_CONTINUE:
		return CYG_OK;
	case CYG_EAP_SUCCESS:
		x->sa->ike->counters.eap_passed++;
		x->then = IKE_EAP_DONE;
		return login_take_key(x);
	default:
		return refuse_login(x);
	}
}

enum cyg_status login_answer(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct login *login = login_of(x);
	uint64_t due = cyg_shard_now_ms(sa->shard) + (uint64_t)sa->profile->eap_timeout_s * 1000;

	eap_write(x->out, login->packet);
	if (x->auth) {
		login->auth = x->auth;
		x->auth = NULL;
	}
	life_login(sa, due < login->deadline_ms ? due : login->deadline_ms);
	return CYG_OK;
}

enum cyg_status login_end(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct login *login = login_of(x);
	struct message *first = calloc(1, sizeof(*first) + login->chain_len);
	enum cyg_status status;

	if (!first)
		return CYG_NOMEM;
	first->header = x->msg->header;
	memcpy(first + 1, login->chain, login->chain_len);
	status = message_read_inner(cyg_bytes(first + 1, login->chain_len), login->first, first);
	if (status == CYG_OK)
		status = login_verify(x, first->idi.body);
	if (status != CYG_OK) {
		free(first);
		return status;
	}
	sa->d.auth_remote = CYG_AUTH_METHOD_NONE;
	sa->ike->counters.auth_passed++;
	sa->expire_at = login->deadline_ms;
	x->auth = login->auth;
	login->auth = NULL;
	free(x->parked);
	x->parked = first;
	x->msg = first;
	return CYG_OK;
}
