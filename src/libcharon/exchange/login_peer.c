/* SPDX-License-Identifier: MIT */
/* A login by EAP, the initiator's side: what the gateway asks is answered, by a method or here. */
#include "exchange/login.h"

#include "registry/registry.h"

static struct login *login_of(const struct exchange *x)
{
	return x->sa->nego->login;
}

/* --- Which method --- */

/* Does the profile let us do this? */
static bool admitted(const struct exchange *x, const struct cyg_eap_method_ops *ops)
{
	uint8_t only = x->sa->profile->eap_type;

	return !only || ops->type == only;
}

static const struct cyg_eap_method_ops *find_client(const struct exchange *x, const struct eap_type *type,
						    struct cyg_plugin_ctx **ctx)
{
	const struct cyg_feature *feature;

	for (unsigned n = 0; (feature = cyg_get_feature(x->sa->shard, CYG_EAP_CLIENT, n, ctx)); n++) {
		if (eap_type_is(type, feature->eap_client))
			return feature->eap_client;
	}
	return NULL;
}

/* The methods that we would rather do. */
static struct cyg_bytes desired(const struct exchange *x, uint8_t *room, size_t size)
{
	struct wire_writer w = wire_writer(room, size);
	const struct cyg_feature *feature;
	struct cyg_plugin_ctx *ctx;

	for (unsigned n = 0; wire_room(&w) && (feature = cyg_get_feature(x->sa->shard, CYG_EAP_CLIENT, n, &ctx)); n++) {
		if (admitted(x, feature->eap_client) && feature->eap_client->type != CYG_EAP_EXPANDED)
			wire_put_u8(&w, feature->eap_client->type);
	}
	return wire_written(&w);
}

static enum cyg_status refuse_type(struct exchange *x, const struct eap_type *type, const struct cyg_eap_method_ops *ops)
{
	const struct config_profile *profile = x->sa->profile;
	char text[160];
	struct cyg_strbuf out = CYG_STRBUF(text);

	why_object(exchange_ike(x), &profile->head);
	if (ops) {
		why_mend(exchange_ike(x), "crypto ikev2 profile %s / authentication local eap %s", profile->head.name,
			 ops->name);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the peer asks for EAP method %s, which our profile does not let us do", ops->name);
	}
	registry_missing_text(x->sa->shard, CYG_EAP_CLIENT, type->type, 0, &out);
	why_mend(exchange_ike(x), "a plugin for it in the plugin folder (show plugins detail): %s", text);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "the peer asks for EAP method %u, which no loaded plugin does", type->type);
}

/* --- What we answer --- */

static enum cyg_status answer(struct exchange *x, uint8_t identifier, uint8_t type, struct cyg_bytes data)
{
	struct login *login = login_of(x);

	return eap_packet_write(CYG_EAP_RESPONSE, identifier, type, data, login->own, &login->packet);
}

static enum cyg_status begin_method(struct exchange *x, const struct eap_packet *packet)
{
	struct login *login = login_of(x);
	const struct config_profile *profile = x->sa->profile;
	struct cyg_plugin_ctx *ctx;
	const struct cyg_eap_method_ops *ops = find_client(x, &packet->type, &ctx);
	enum cyg_status status;

	if (!ops || !admitted(x, ops)) {
		uint8_t room[32];
		struct cyg_bytes types = desired(x, room, sizeof(room));

		if (!types.len || login->session)
			return refuse_type(x, &packet->type, ops);
		return answer(x, packet->identifier, CYG_EAP_NAK, types);
	}
	login->start.username = cyg_str(login->username);
	login->start.password = profile->eap_password.len ? &profile->eap_password : NULL;
	status = login_session_begin(x->sa, ops, ctx);
	return status == CYG_OK ? login_step(x, x->msg->eap) : status;
}

static void name_user(struct exchange *x)
{
	struct login *login = login_of(x);
	struct cyg_strbuf name = CYG_STRBUF(login->username);

	if (x->sa->profile->eap_username[0])
		cyg_strbuf_add(&name, cyg_str(x->sa->profile->eap_username));
	else
		cyg_identity_text(x->sa->local_id, &name);
}

static enum cyg_status on_request(struct exchange *x, const struct eap_packet *packet)
{
	struct login *login = login_of(x);

	switch (packet->type.type) {
	case CYG_EAP_IDENTITY:
		return answer(x, packet->identifier, CYG_EAP_IDENTITY,
			      cyg_bytes(login->username, strlen(login->username)));
	case CYG_EAP_NOTIFICATION:
		return answer(x, packet->identifier, CYG_EAP_NOTIFICATION, cyg_bytes(NULL, 0));
	default:
		if (login->session && eap_type_is(&packet->type, login->ops))
			return login_step(x, x->msg->eap);
		return begin_method(x, packet);
	}
}

/* --- Steps --- */

static enum cyg_status refuse_failure(struct exchange *x)
{
	struct login *login = login_of(x);

	exchange_ike(x)->counters.eap_failed++;
	why_object(exchange_ike(x), &x->sa->profile->head);
	why_mend(exchange_ike(x), "crypto ikev2 profile %s / authentication local eap username %s password PASSWORD, as the peer's "
				  "AAA server knows it",
		 x->sa->profile->head.name, login->username);
	return exchange_refuse(x, CYG_REFUSED, 0, "the peer refuses our EAP login as %s", login->username);
}

static enum cyg_status refuse_end(struct exchange *x)
{
	why_object(exchange_ike(x), &x->sa->profile->head);
	why_mend(exchange_ike(x), "the EAP method of the peer's AAA server: it must ask us for a proof");
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED, "the peer ends EAP before any method has begun");
}

enum cyg_status login_response_begin(struct exchange *x)
{
	struct eap_packet packet = { 0 };
	enum cyg_status status = login_of(x) ? CYG_OK : login_open(x, x->msg->idr.body, CYG_PAYLOAD_NONE);

	if (status != CYG_OK)
		return status;
	name_user(x);
	login_of(x)->stepped = false;
	status = login_count(x);
	if (status != CYG_OK)
		return status;
	status = eap_packet_read(x->msg->eap, &packet);
	login_of(x)->ended = status == CYG_OK && packet.code == CYG_EAP_CODE_SUCCESS;
	switch (status == CYG_OK ? packet.code : 0) {
	case CYG_EAP_REQUEST:
		return on_request(x, &packet);
	case CYG_EAP_CODE_SUCCESS:
		return login_of(x)->session ? login_step(x, x->msg->eap) : refuse_end(x);
	case CYG_EAP_CODE_FAILURE:
		return refuse_failure(x);
	default:
		why_mend(exchange_ike(x), "debug crypto ikev2 packet, at the peer too");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the peer's EAP packet is no request, or has more than %d octets",
				       CYG_EAP_PACKET_MAX);
	}
}

enum cyg_status login_response_done(struct exchange *x, enum cyg_status status)
{
	struct login *login = login_of(x);

	if (status != CYG_OK) {
		if (x->logged || !login || !login->ops)
			return status;
		why_mend(exchange_ike(x), "show plugins detail, and the log of method %s above", login->ops->name);
		return exchange_refuse(x, status, CYG_N_AUTHENTICATION_FAILED, "EAP method %s fails: %s", login->ops->name,
				       cyg_status_text(status));
	}
	x->goes_on = true;
	if (!login->stepped)
		return CYG_OK;
	/* Both must agree that it is over: a method that wants more is not done for by a Success. */
	switch (login->ended == (login->step.outcome == CYG_EAP_SUCCESS) ? login->step.outcome : CYG_EAP_FAILURE) {
	case CYG_EAP_CONTINUE:
		return login_step_fits(x, CYG_EAP_RESPONSE);
	case CYG_EAP_SUCCESS:
		x->sa->ike->counters.eap_passed++;
		x->then = IKE_PROOF_TURN;
		return login_take_key(x);
	default:
		exchange_ike(x)->counters.eap_failed++;
		why_object(exchange_ike(x), &x->sa->profile->head);
		why_mend(exchange_ike(x), "user name and password of `authentication local eap`, and the peer's AAA server");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "our EAP method %s does not accept what the peer's server says", login->ops->name);
	}
}

/* --- Our next request --- */

enum cyg_status login_begin_packet(struct exchange *x)
{
	eap_write(x->out, login_of(x)->packet);
	return CYG_OK;
}

enum cyg_status login_begin_proof(struct exchange *x)
{
	x->sa->d.auth_local = CYG_AUTH_METHOD_NONE;
	return login_write_auth(x);
}

enum cyg_status login_response_end(struct exchange *x)
{
	const struct login *login = login_of(x);

	return login_verify(x, cyg_bytes(login->chain, login->chain_len));
}
