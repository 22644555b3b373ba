/* SPDX-License-Identifier: MIT */
#define CYG_MONOLITHIC
#include "testing/engine/fake_eap.h"

#include <stdio.h>
#include <stdlib.h>

#define PACKET_MAX (CYG_EAP_PACKET_MAX + 64)

struct fake_eap fake_eap;

struct cyg_eap_session {
	bool server;
	uint8_t type;                   /* on the wire */
	bool key, pass_through;
	uint8_t identifier;
	unsigned round;
	char password[64];
	struct cyg_eap_start start;     /* lent until the end */
	struct cyg_eap_step result, *out; /* held */
	uint8_t packet[PACKET_MAX];
};

void fake_eap_reset(void)
{
	fake_eap = (struct fake_eap){ .rounds = 2 };
}

static void identity_text(char *out, size_t room, const struct cyg_eap_start *start)
{
	snprintf(out, room, "%.*s", (int)start->identity.len, start->identity.len ? (const char *)start->identity.ptr : "");
}

static enum cyg_status session_new(const struct cyg_eap_start *start, bool server, uint8_t type, bool key,
				   struct cyg_eap_session **out)
{
	struct cyg_eap_session *session;

	if (fake_eap.fault == FAKE_EAP_OPENS_NOT)
		return CYG_BUSY;
	session = calloc(1, sizeof(*session));
	if (!session)
		return CYG_NOMEM;
	session->server = server;
	session->pass_through = server && start->group.len;
	session->type = type;
	session->key = key;
	session->identifier = start->identifier;
	session->start = *start;
	if (start->password)
		memcpy(session->password, start->password->ptr, start->password->len);
	if (server) {
		identity_text(fake_eap.asked, sizeof(fake_eap.asked), start);
		snprintf(fake_eap.group, sizeof(fake_eap.group), "%.*s", (int)start->group.len, start->group.ptr);
	}
	fake_eap.sessions++;
	*out = session;
	return CYG_OK;
}

static void session_free(struct cyg_eap_session *session)
{
	fake_eap.sessions--;
	if (session->server)
		identity_text(fake_eap.still, sizeof(fake_eap.still), &session->start);
	free(session);
}

static struct cyg_bytes packet(struct cyg_eap_session *s, uint8_t code, const char *text)
{
	struct wire_writer w = wire_writer(s->packet, sizeof(s->packet));
	bool typed = code <= CYG_EAP_RESPONSE;
	bool notifies = s->server && fake_eap.fault == FAKE_EAP_NOTIFIES && s->round == 1;
	size_t len = 4 + (typed ? 1 + strlen(text) + fake_eap.padding : 0);

	wire_put_u8(&w, code);
	wire_put_u8(&w, s->identifier);
	wire_put_u16(&w, (uint16_t)(len + (s->server && fake_eap.fault == FAKE_EAP_RUBBISH)));
	if (typed) {
		wire_put_u8(&w, notifies ? CYG_EAP_NOTIFICATION : s->type);
		wire_put(&w, text, strlen(text));
		wire_put_zero(&w, fake_eap.padding);
	}
	return wire_written(&w);
}

static bool says_secret(struct cyg_bytes in)
{
	return in.len >= 5 + 6 && memcmp(in.ptr + 5, "secret", 6) == 0;
}

static enum cyg_status serve(struct cyg_eap_session *s, struct cyg_bytes in, struct cyg_eap_step *out)
{
	bool answer = in.len > 4 && in.ptr[4] != CYG_EAP_IDENTITY;
	bool notification = in.len > 4 && in.ptr[4] == CYG_EAP_NOTIFICATION;

	if (fake_eap.fault == FAKE_EAP_SERVER_BREAKS && fake_eap.fault_round == s->round)
		return CYG_REFUSED;
	if (fake_eap.fault == FAKE_EAP_SERVER_IO && fake_eap.fault_round == s->round && s->pass_through)
		return CYG_IO;
	if (answer && !notification && !says_secret(in)) {
		*out = (struct cyg_eap_step){ CYG_EAP_FAILURE, packet(s, CYG_EAP_CODE_FAILURE, ""), { 0 } };
		return CYG_OK;
	}
	if ((s->round >= fake_eap.rounds && fake_eap.fault != FAKE_EAP_ENDLESS) ||
	    (s->round == 1 && fake_eap.fault == FAKE_EAP_SUCCESS_EARLY)) {
		*out = (struct cyg_eap_step){ CYG_EAP_SUCCESS, packet(s, CYG_EAP_CODE_SUCCESS, ""), { 0 } };
		if (s->pass_through)
			out->identity = cyg_bytes("learnt", 6);
		return CYG_OK;
	}
	if (s->round++)
		s->identifier++;
	*out = (struct cyg_eap_step){ CYG_EAP_CONTINUE, packet(s, CYG_EAP_REQUEST, "?"), { 0 } };
	return CYG_OK;
}

static enum cyg_status answer(struct cyg_eap_session *s, struct cyg_bytes in, struct cyg_eap_step *out)
{
	if (fake_eap.fault == FAKE_EAP_PEER_BREAKS)
		return CYG_REFUSED;
	s->identifier = in.ptr[1];
	s->round++;
	if (in.ptr[0] == CYG_EAP_CODE_SUCCESS) {
		bool more = fake_eap.fault == FAKE_EAP_SUCCESS_EARLY;

		*out = (struct cyg_eap_step){ more ? CYG_EAP_CONTINUE : CYG_EAP_SUCCESS, { 0 }, { 0 } };
		return CYG_OK;
	}
	*out = (struct cyg_eap_step){ fake_eap.fault == FAKE_EAP_PEER_REFUSES ? CYG_EAP_FAILURE :
				      fake_eap.fault == FAKE_EAP_PEER_HASTY   ? CYG_EAP_SUCCESS :
										CYG_EAP_CONTINUE,
				      packet(s, CYG_EAP_RESPONSE, s->password), { 0 } };
	return CYG_OK;
}

static void held_cancel(struct cyg_op *op, void *state)
{
	fake_eap.held = NULL;
}

void fake_eap_release(void)
{
	struct cyg_op *op = fake_eap.held;

	fake_eap.held = NULL;
	if (op) {
		struct cyg_eap_session *s = op->provider_state;

		*s->out = s->result;
		cyg_op_complete(op, CYG_OK);
	}
}

static enum cyg_status step(struct cyg_eap_session *s, struct cyg_bytes in, struct cyg_eap_step *out, struct cyg_op *op)
{
	enum cyg_status status = s->server ? serve(s, in, &s->result) : answer(s, in, &s->result);

	fake_eap.steps++;
	if (status != CYG_OK)
		return status;
	if (!(s->server ? fake_eap.hold_server : fake_eap.hold_peer) || fake_eap.held) {
		*out = s->result;
		return CYG_OK;
	}
	s->out = out;
	fake_eap.held = op;
	return cyg_op_pending(op, 0, held_cancel, s);
}

static enum cyg_status msk(struct cyg_eap_session *s, struct cyg_secret *out)
{
	char key[65];

	if (fake_eap.fault == FAKE_EAP_KEY_BREAKS)
		return CYG_IO;
	if (!s->key || (!s->server && fake_eap.fault == FAKE_EAP_NO_KEY))
		return CYG_NOT_FOUND;
	memset(key, !s->server && fake_eap.fault == FAKE_EAP_OTHER_KEY ? 'o' : 'k', 64);
	return cyg_secret_copy(out, cyg_bytes(key, 64));
}

#define SESSION_NEW(name_, server_, type_, key_)                                                            \
	static enum cyg_status name_(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,                   \
				     const struct cyg_eap_start *start, struct cyg_eap_session **out)       \
	{                                                                                                   \
		return session_new(start, (server_), (type_), (key_), out);                                 \
	}

SESSION_NEW(server_md5, true, CYG_EAP_MD5, false)
SESSION_NEW(server_key, true, CYG_EAP_MSCHAPV2, true)
SESSION_NEW(client_md5, false, CYG_EAP_MD5, false)
SESSION_NEW(client_key, false, CYG_EAP_MSCHAPV2, true)

#define OPS(type_, name_, key_, new_)                                                                       \
	{ .type = (type_), .name = (name_), .exports_key = (key_), .session_new = (new_), .step = step,     \
	  .msk = msk, .session_free = session_free }

static const struct cyg_eap_method_ops
	server_md5_ops = OPS(CYG_EAP_MD5, "md5", false, server_md5),
	server_key_ops = OPS(CYG_EAP_MSCHAPV2, "mschapv2", true, server_key),
	server_any_ops = OPS(0, "radius", true, server_key),
	client_md5_ops = OPS(CYG_EAP_MD5, "md5", false, client_md5),
	client_key_ops = OPS(CYG_EAP_MSCHAPV2, "mschapv2", true, client_key);

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_EAP_SERVER(&server_key_ops), CYG_PROVIDE_EAP_SERVER(&server_md5_ops),
	CYG_PROVIDE_EAP_SERVER(&server_any_ops), CYG_PROVIDE_EAP_CLIENT(&client_key_ops),
	CYG_PROVIDE_EAP_CLIENT(&client_md5_ops), CYG_FEATURES_END,
};
static const struct cyg_feature md5_provides[] = {
	CYG_PROVIDE_EAP_SERVER(&server_md5_ops), CYG_PROVIDE_EAP_CLIENT(&client_md5_ops), CYG_FEATURES_END,
};
static const struct cyg_feature key_provides[] = {
	CYG_PROVIDE_EAP_SERVER(&server_key_ops), CYG_PROVIDE_EAP_CLIENT(&client_key_ops), CYG_FEATURES_END,
};

CYG_PLUGIN(fake_eap, "fake-eap", .version = "0", .provides = provides);
CYG_PLUGIN(fake_eap_md5, "fake-eap-md5", .version = "0", .provides = md5_provides);
CYG_PLUGIN(fake_eap_key, "fake-eap-key", .version = "0", .provides = key_provides);
