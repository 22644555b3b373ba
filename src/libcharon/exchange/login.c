/* SPDX-License-Identifier: MIT */
#include "exchange/login.h"

#include "auth/psk.h"

#include <stdlib.h>

enum cyg_status login_open(struct exchange *x, struct cyg_bytes chain, uint8_t first)
{
	struct ike_sa *sa = x->sa;
	struct login *login = calloc(1, sizeof(*login));

	if (!login)
		return CYG_NOMEM;
	login->chain = malloc(chain.len ? chain.len : 1);
	if (!login->chain) {
		free(login);
		return CYG_NOMEM;
	}
	if (chain.len)
		memcpy(login->chain, chain.ptr, chain.len);
	login->chain_len = chain.len;
	login->first = first;
	login->deadline_ms = cyg_shard_now_ms(sa->shard) + EAP_LOGIN_LIFE_MS;
	sa->expire_at = login->deadline_ms;
	sa->nego->login = login;
	life_schedule(sa);
	return CYG_OK;
}

void login_free(struct login *login, struct ike_sa *sa)
{
	if (!login)
		return;
	login_session_end(sa);
	auth_work_free(login->auth, sa);
	cyg_secret_done(&login->msk);
	cyg_wipe(login->own, sizeof(login->own));
	free(login->lent);
	free(login->chain);
	free(login);
}

/* --- The method --- */

enum cyg_status login_session_begin(struct ike_sa *sa, const struct cyg_eap_method_ops *ops, struct cyg_plugin_ctx *ctx)
{
	struct login *login = sa->nego->login;
	enum cyg_status status;

	login_session_end(sa);
	login->start.peer_id = sa->remote_id;
	login->start.session_id = ike_sa_spi(sa);
	login->ops = ops;
	login->ctx = ctx;
	status = ops->session_new(ctx, sa->shard, &login->start, &login->session);
	if (status != CYG_OK)
		return status;
	cyg_plugin_use(ctx, sa->shard);
	return CYG_OK;
}

void login_session_end(struct ike_sa *sa)
{
	struct login *login = sa->nego->login;

	if (!login->session)
		return;
	login->ops->session_free(login->session);
	login->session = NULL;
	cyg_plugin_release(login->ctx, sa->shard);
}

enum cyg_status login_step(struct exchange *x, struct cyg_bytes in)
{
	struct login *login = x->sa->nego->login;

	login->step = (struct cyg_eap_step){ 0 };
	login->stepped = true;
	return login->ops->step(login->session, in, &login->step, exchange_op(x));
}

enum cyg_status login_step_fits(struct exchange *x, uint8_t code)
{
	struct login *login = x->sa->nego->login;
	struct eap_packet packet;
	enum cyg_status status = eap_packet_read(login->step.packet, &packet);

	if (status == CYG_OK && packet.code == code) {
		login->packet = login->step.packet;
		return CYG_OK;
	}
	why_mend(exchange_ike(x), "show plugins detail: the plugin of method %s, another version of it", login->ops->name);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "EAP method %s made a packet that cannot be sent", login->ops->name);
}

enum cyg_status login_take_key(struct exchange *x)
{
	struct login *login = x->sa->nego->login;
	enum cyg_status status = login->ops->msk(login->session, &login->msk);

	if (status == CYG_OK || status == CYG_NOT_FOUND)
		return CYG_OK;
	why_mend(exchange_ike(x), "show plugins detail, and the log of method %s above", login->ops->name);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED, "EAP method %s gives no key: %s",
			       login->ops->name, cyg_status_text(status));
}

enum cyg_status login_count(struct exchange *x)
{
	if (++x->sa->nego->login->rounds <= EAP_ROUNDS_MAX)
		return CYG_OK;
	why_mend(exchange_ike(x), "an EAP method that ends sooner, or shorter certificates in it");
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED, "EAP has not ended after %d packets",
			       EAP_ROUNDS_MAX);
}

/* --- AUTH --- */

enum cyg_status login_prove(struct exchange *x, bool local, struct cyg_bytes id_body, uint8_t out[AUTH_DATA_MAX], size_t *len)
{
	const struct ike_sa *sa = x->sa;
	const struct login *login = sa->nego->login;
	struct auth_input in = auth_input_of(sa, local, id_body);
	/* Borrowed: the one that signs uses its own SK_p. */
	struct cyg_secret sk_p = { (uint8_t *)in.sk_p, (uint32_t)sa->suite->algs.prf.ops->key_len };

	in.secret = login->msk.len ? &login->msk : &sk_p;
	return psk_make(&in, out, len);
}

enum cyg_status login_write_auth(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	uint8_t body[4 + CYG_IDENTITY_MAX], data[AUTH_DATA_MAX];
	struct wire_writer w = wire_writer(body, sizeof(body));
	size_t len = 0;
	enum cyg_status status;

	wire_put_u8(&w, sa->local_id->type);
	wire_put_zero(&w, 3);
	wire_put(&w, sa->local_id->octets, sa->local_id->len);
	status = login_prove(x, true, wire_written(&w), data, &len);
	if (status == CYG_OK)
		auth_write(x->out, CYG_AUTH_METHOD_PSK, cyg_bytes(data, len));
	cyg_wipe(data, sizeof(data));
	return status;
}

enum cyg_status login_verify(struct exchange *x, struct cyg_bytes id_body)
{
	struct ike_sa *sa = x->sa;
	const struct login *login = sa->nego->login;
	const struct auth_payload *auth = &x->msg->auth;
	uint8_t expected[AUTH_DATA_MAX];
	char whom[192];
	struct cyg_strbuf text = CYG_STRBUF(whom);
	size_t len = 0;
	enum cyg_status status = login_prove(x, false, id_body, expected, &len);

	if (status == CYG_OK && (auth->method != CYG_AUTH_METHOD_PSK ||
				 !cyg_bytes_equal_ct(cyg_bytes(expected, len), auth->data)))
		status = CYG_REFUSED;
	cyg_wipe(expected, sizeof(expected));
	if (status != CYG_REFUSED)
		return status;
	sa->ike->counters.auth_failed++;
	login_whom(sa, &text);
	why_object(sa->ike, &sa->profile->head);
	why_mend(sa->ike, "an EAP method that gives both sides %s (here it was %s)",
		 login->msk.len ? "the same key" : "a key, or none", login->ops->name);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "after EAP %s proved itself by another key than ours", whom);
}

/* --- Telling --- */

void login_whom(const struct ike_sa *sa, struct cyg_strbuf *out)
{
	if (sa->session && sa->session->eap_identity)
		cyg_strbuf_add_foreign(out, cyg_bytes(sa->session->eap_identity, sa->session->eap_identity_len));
	else
		auth_id_text(sa->remote_id, out);
}

/* So long the peer had for its packet. */
static void tell_silence(struct ike_sa *sa)
{
	char whom[192];
	struct cyg_strbuf text = CYG_STRBUF(whom);

	login_whom(sa, &text);
	why_object(sa->ike, &sa->profile->head);
	if (sa->d.initiator)
		why_mend(sa->ike, "the log of the peer, and of the server that it asks");
	else
		why_mend(sa->ike, "crypto ikev2 profile %s / authentication remote eap%s timeout 180",
			 sa->profile->head.name, sa->profile->eap_query_identity ? " query-identity" : "");
	why_log(sa, false, 0, "%s did not end its EAP login in time", whom);
}

void login_expired(struct ike_sa *sa)
{
	struct exchange *x = sa->theirs;

	if (!sa->nego || !sa->nego->login)
		return;
	why_reset(sa->ike);
	if (!x) {
		tell_silence(sa);
		return;
	}
	why_object(sa->ike, &sa->profile->head);
	why_mend(sa->ike, "the servers of its AAA list (show plugins detail): they answer too late");
	driver_give_up(sa, exchange_refuse(x, CYG_TIMEOUT, CYG_N_AUTHENTICATION_FAILED,
					   "the login by EAP did not end within %d s", EAP_LOGIN_LIFE_MS / 1000));
}
