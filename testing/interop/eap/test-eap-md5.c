/* SPDX-License-Identifier: MIT */
/* EAP-MD5 (RFC 3748 5.4), both sides, for the tests alone: it has no key and proves nothing of the server. */
#include <cygnet/plugin.h>

#include <openssl/evp.h>
#include <stdlib.h>

#define CHALLENGE_LEN 16
#define DIGEST_LEN    16

struct cyg_eap_session {
	struct cyg_shard *shard;
	bool server;
	uint8_t identifier;
	bool asked;
	char user[256];
	struct cyg_secret password;     /* peer */
	uint8_t challenge[CHALLENGE_LEN];
	uint8_t packet[64];
};

static bool digest(uint8_t identifier, struct cyg_bytes password, struct cyg_bytes challenge, uint8_t out[DIGEST_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = ctx && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) && EVP_DigestUpdate(ctx, &identifier, 1) &&
		    EVP_DigestUpdate(ctx, password.ptr, password.len) &&
		    EVP_DigestUpdate(ctx, challenge.ptr, challenge.len) && EVP_DigestFinal_ex(ctx, out, NULL);

	EVP_MD_CTX_free(ctx);
	return done;
}

static enum cyg_status session_new(struct cyg_shard *shard, const struct cyg_eap_start *start, bool server,
				   struct cyg_eap_session **out)
{
	struct cyg_eap_session *s = calloc(1, sizeof(*s));
	struct cyg_strbuf user;

	if (!s)
		return CYG_NOMEM;
	user = CYG_STRBUF(s->user);
	s->shard = shard;
	s->server = server;
	s->identifier = start->identifier;
	cyg_strbuf_add(&user, cyg_str_n((const char *)start->identity.ptr, start->identity.len));
	if (start->password && cyg_secret_copy(&s->password, cyg_secret_bytes(start->password)) != CYG_OK) {
		free(s);
		return CYG_NOMEM;
	}
	*out = s;
	return CYG_OK;
}

static enum cyg_status server_new(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, const struct cyg_eap_start *start,
				  struct cyg_eap_session **out)
{
	return session_new(shard, start, true, out);
}

static enum cyg_status peer_new(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, const struct cyg_eap_start *start,
				struct cyg_eap_session **out)
{
	return session_new(shard, start, false, out);
}

static void session_free(struct cyg_eap_session *s)
{
	cyg_secret_done(&s->password);
	free(s);
}

/* A request or response around 16 octets, or Success or Failure. */
static struct cyg_bytes packet(struct cyg_eap_session *s, uint8_t code, uint8_t identifier, const uint8_t *value)
{
	struct wire_writer w = wire_writer(s->packet, sizeof(s->packet));

	wire_put_u8(&w, code);
	wire_put_u8(&w, identifier);
	wire_put_u16(&w, value ? 6 + DIGEST_LEN : 4);
	if (value) {
		wire_put_u8(&w, CYG_EAP_MD5);
		wire_put_u8(&w, DIGEST_LEN);
		wire_put(&w, value, DIGEST_LEN);
	}
	return wire_written(&w);
}

/* The value behind the header; empty if there is none. */
static struct cyg_bytes value_of(struct cyg_bytes in)
{
	struct wire_reader r = wire_reader_of(in);
	struct cyg_bytes value;

	wire_skip(&r, 5);
	value = wire_view(&r, wire_u8(&r));
	return wire_ok(&r) ? value : cyg_bytes(NULL, 0);
}

static enum cyg_status serve(struct cyg_eap_session *s, struct cyg_bytes in, struct cyg_eap_step *out)
{
	const struct cyg_local_user *user =
		cyg_config_object(cyg_shard_config(s->shard), CYG_MODE_USER, cyg_str(s->user), true);
	uint8_t expected[DIGEST_LEN];
	bool good;

	if (!s->asked) {
		s->asked = true;
		cyg_shard_random(s->shard, s->challenge, sizeof(s->challenge));
		out->packet = packet(s, CYG_EAP_REQUEST, s->identifier, s->challenge);
		return CYG_OK;
	}
	good = user && digest(s->identifier, cyg_secret_bytes(&user->password), cyg_bytes(s->challenge, CHALLENGE_LEN), expected) &&
	       cyg_bytes_equal_ct(cyg_bytes(expected, DIGEST_LEN), value_of(in));
	out->outcome = good ? CYG_EAP_SUCCESS : CYG_EAP_FAILURE;
	out->packet = packet(s, good ? CYG_EAP_CODE_SUCCESS : CYG_EAP_CODE_FAILURE, s->identifier, NULL);
	return CYG_OK;
}

static enum cyg_status answer(struct cyg_eap_session *s, struct cyg_bytes in, struct cyg_eap_step *out)
{
	uint8_t value[DIGEST_LEN];

	if (in.ptr[0] == CYG_EAP_CODE_SUCCESS) {
		out->outcome = s->asked ? CYG_EAP_SUCCESS : CYG_EAP_FAILURE;
		return CYG_OK;
	}
	s->asked = true;
	if (!digest(in.ptr[1], cyg_secret_bytes(&s->password), value_of(in), value))
		return CYG_IO;
	out->packet = packet(s, CYG_EAP_RESPONSE, in.ptr[1], value);
	return CYG_OK;
}

static enum cyg_status step(struct cyg_eap_session *s, struct cyg_bytes in, struct cyg_eap_step *out, struct cyg_op *op)
{
	return s->server ? serve(s, in, out) : answer(s, in, out);
}

static enum cyg_status msk(struct cyg_eap_session *s, struct cyg_secret *out)
{
	return CYG_NOT_FOUND;
}

static const struct cyg_eap_method_ops server = { .type = CYG_EAP_MD5, .name = "md5", .session_new = server_new,
						  .step = step, .msk = msk, .session_free = session_free };
static const struct cyg_eap_method_ops peer = { .type = CYG_EAP_MD5, .name = "md5", .session_new = peer_new,
						.step = step, .msk = msk, .session_free = session_free };
static const struct cyg_feature provides[] = {
	CYG_PROVIDE_EAP_SERVER(&server),
	CYG_PROVIDE_EAP_CLIENT(&peer),
	CYG_FEATURES_END,
};

CYG_PLUGIN(test_eap_md5, "test-eap-md5", .version = "0", .summary = "EAP-MD5 for tests", .provides = provides);
