/* SPDX-License-Identifier: MIT */
/* IKE_AUTH, our side of it: with which key we prove ourselves (RFC 7296 2.15, RFC 7427), and the proof. */
#include "exchange/ike_auth.h"

#include "auth/method.h"
#include "auth/pki.h"
#include "auth/sign.h"
#include "exchange/watch.h"
#include "policy/select.h"

#include <stdlib.h>

#define SIGNATURES ((unsigned)AUTH_RSA_SIG | (unsigned)AUTH_ECDSA_SIG)

/* --- What is signed --- */

struct auth_input auth_input_of(const struct ike_sa *sa, bool local, struct cyg_bytes id_body)
{
	const struct negotiation *nego = sa->nego;
	struct auth_input in = { .suite = sa->suite, .id_body = id_body };

	/* The initiator signs its request and the responder's nonce, the responder the other way round. */
	if (sa->d.initiator == local) {
		in.sk_p = ike_sa_sk_p(sa, true);
		in.message = cyg_bytes(nego->init_request, nego->init_request_len);
		in.nonce = cyg_bytes(nego->nonce_r, nego->nonce_r_len);
	} else {
		in.sk_p = ike_sa_sk_p(sa, false);
		in.message = cyg_bytes(nego->init_response, nego->init_response_len);
		in.nonce = cyg_bytes(nego->nonce_i, nego->nonce_i_len);
	}
	return in;
}

enum cyg_status auth_signed_octets(const struct auth_input *in, uint8_t **out, size_t *len)
{
	const struct cyg_prf *prf = &in->suite->algs.prf;
	uint8_t id[CYG_PRF_MAX], *octets;
	struct wire_writer w;
	enum cyg_status status = keys_maced_id(prf, cyg_bytes(in->sk_p, prf->ops->key_len), in->id_body, id);

	if (status != CYG_OK)
		return status;
	*len = in->message.len + in->nonce.len + prf->ops->out_len + in->int_auth.len;
	octets = malloc(*len);
	if (!octets)
		return CYG_NOMEM;
	w = wire_writer(octets, *len);
	wire_put_bytes(&w, in->message);
	wire_put_bytes(&w, in->nonce);
	wire_put(&w, id, prf->ops->out_len);
	wire_put_bytes(&w, in->int_auth);
	*out = octets;
	return CYG_OK;
}

/* --- Shared keys --- */

struct key_wanted auth_key_wanted(const struct ike_sa *sa, bool local)
{
	struct key_wanted wanted = { .address = sa->d.remote.ip, .local = local };

	if (!sa->d.initiator)
		wanted.id = sa->remote_id;
	else if (sa->interface)
		wanted.hostname = cyg_str(sa->interface->destination_name);
	return wanted;
}

enum cyg_status auth_find_key(struct exchange *x, bool local, const struct cyg_secret **out,
			      const struct config_peer **peer)
{
	struct ike_sa *sa = x->sa;
	const struct config_profile *profile = sa->profile;
	const struct config_keyring *keyring;
	struct key_wanted wanted = auth_key_wanted(sa, local);
	struct trace trace = { 0 };
	char whom[192];
	struct cyg_strbuf text = CYG_STRBUF(whom);

	*out = select_key(sa->ike->view, profile, &wanted, peer, &trace);
	if (*out)
		return CYG_OK;
	if (wanted.id)
		cyg_identity_text(wanted.id, &text);
	else
		cyg_strbuf_addf(&text, "%s", cyg_ip_text(&wanted.address, (char[CYG_IP_TEXT]){ 0 }));
	keyring = config_view_keyring(sa->ike->view, profile->keyring_name);
	why_object(sa->ike, keyring ? &keyring->head : &profile->head);
	why_nearest(sa->ike, &trace);
	if (keyring)
		why_mend(sa->ike, "crypto ikev2 keyring %s / peer NAME / address %s / pre-shared-key KEY",
			 keyring->head.name,
			 cyg_ip_text(&wanted.address, (char[CYG_IP_TEXT]){ 0 }));
	else
		why_mend(sa->ike, "crypto ikev2 profile %s / keyring local NAME", profile->head.name);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "no %s pre-shared key for %s", local ? "local" : "remote", whom);
}

/* --- Our certificate --- */

/* The first trustpoint that may sign and can, whose CA the peer asks for if there is such a one. */
enum cyg_status prove_choose(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	const struct config_profile *profile = sa->profile;
	const struct pki_point *first = NULL, *wanted = NULL;
	const char *name = NULL, *why = "it was not read"; /* NULL: its key is of the other kind */
	bool rsa = profile->auth_local == AUTH_RSA_SIG;

	if (!((unsigned)profile->auth_local & SIGNATURES))
		return CYG_OK;
	for (unsigned i = 0; i < profile->trustpoint_count; i++) {
		const struct pki_point *point = pki_find(sa->ike->pki, profile->trustpoint[i].name);

		if (!profile->trustpoint[i].sign)
			continue;
		if (!point || !point->key) {
			if (!name) {
				name = profile->trustpoint[i].name;
				why = point ? point->no_sign : why;
			}
			continue;
		}
		if (sign_kind(point->signer->key_type(point->key)) != profile->auth_local) {
			if (!name) {
				name = point->name;
				why = NULL;
			}
			continue;
		}
		if (!first)
			first = point;
		if (!wanted && ext_sig_wants(x, point))
			wanted = point;
	}
	if (!first) {
		why_object(sa->ike, &profile->head);
		if (why) {
			why_mend(sa->ike, "%s", why);
			return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
					       "our trustpoint %s cannot sign", name ? name : "");
		}
		why_mend(sa->ike, "crypto ikev2 profile %s / authentication local %s", profile->head.name,
			 rsa ? "ecdsa-sig" : "rsa-sig");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "our trustpoint %s cannot sign by %s: its key is %s", name,
				       rsa ? "rsa-sig" : "ecdsa-sig", rsa ? "an elliptic-curve one" : "an RSA key");
	}
	x->auth->own = wanted ? wanted : first;
	watch_pki(sa, "trustpoint %s signs%s", x->auth->own->name, wanted ? ": the peer asks for its CA" : "");
	return CYG_OK;
}

enum cyg_status prove_local_id(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	const struct cyg_cert_info *own = x->auth->own ? pki_own(x->auth->own) : NULL;
	enum cyg_status status;

	if (sa->local_id)
		return CYG_OK;
	status = auth_local_id(sa->profile, &sa->d.local.ip, own, &sa->local_id);
	if (status != CYG_NOT_FOUND && status != CYG_LIMIT)
		return status;
	why_object(sa->ike, &sa->profile->head);
	why_mend(sa->ike, "crypto ikev2 profile %s / identity local fqdn NAME", sa->profile->head.name);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       status == CYG_LIMIT ? "the subject of our certificate is too long for an identity" :
						     "`identity local dn` needs a certificate of ours");
}

/* --- The proof --- */

static enum cyg_status sign_begin(struct exchange *x, const struct auth_input *in)
{
	struct auth_work *work = x->auth;
	const struct pki_point *own = work->own;
	size_t len;
	uint8_t *octets;
	enum cyg_status status = sign_choose(own->signer->key_type(own->key), own->signer->key_bits(own->key),
					     x->sa->nego->peer_hashes, &work->local_number, &work->local_how);

	if (status == CYG_UNSUPPORTED) {
		why_object(x->sa->ike, &x->sa->profile->head);
		why_mend(x->sa->ike, "an RSA or ECDSA certificate for trustpoint %s, or a peer with RFC 8420",
			 own->name);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the peer cannot verify a signature by the key of our trustpoint %s", own->name);
	}
	if (status == CYG_OK)
		status = auth_signed_octets(in, &octets, &len);
	if (status != CYG_OK)
		return status;
	work->signature_len = 0;
	status = own->signer->sign(own->signer_ctx, x->sa->shard, own->key, &work->local_how,
				   cyg_bytes(octets, len), work->signature, &work->signature_len, exchange_op(x));
	free(octets);
	return status;
}

enum cyg_status prove_begin(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct auth_work *work = x->auth;
	const struct auth_method *method = auth_method_by_kind(sa->profile->auth_local);
	uint8_t body[4 + CYG_IDENTITY_MAX];
	struct wire_writer w = wire_writer(body, sizeof(body));
	const struct config_peer *peer;
	struct auth_input in;
	enum cyg_status status;

	if (!method || (!method->signature && !method->make)) {
		why_object(sa->ike, &sa->profile->head);
		why_mend(sa->ike, "crypto ikev2 profile %s / authentication local pre-share",
			 sa->profile->head.name);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "our own authentication method is not available");
	}
	wire_put_u8(&w, sa->local_id->type);
	wire_put_zero(&w, 3);
	wire_put(&w, sa->local_id->octets, sa->local_id->len);
	in = auth_input_of(sa, true, wire_written(&w));
	if (method->signature)
		return sign_begin(x, &in);
	if (method->needs_secret) {
		status = auth_find_key(x, true, &in.secret, &peer);
		if (status != CYG_OK)
			return status;
	}
	work->local_number = method->number;
	return method->make(&in, work->signature, &work->signature_len);
}

enum cyg_status prove_done(struct exchange *x, enum cyg_status status)
{
	const struct pki_point *own = x->auth->own;

	if (status == CYG_OK || x->logged)
		return status;
	if (own) {
		why_object(exchange_ike(x), &x->sa->profile->head);
		why_mend(exchange_ike(x), "the key of trustpoint %s (show crypto pki trustpoints)", own->name);
	}
	return exchange_refuse(x, status, CYG_N_AUTHENTICATION_FAILED, "our own proof could not be made: %s",
			       cyg_status_text(status));
}

void prove_write_certs(struct exchange *x)
{
	const struct pki_point *own = x->auth->own;

	for (unsigned i = 0; own && i < own->chain_count; i++) {
		const struct cyg_cert_info *info = own->cert->info(own->chain[i]);

		/* A root of its own making convinces nobody. */
		if (i == 0 || !info->self_issued)
			cert_write(x->out, CYG_CERT_X509_SIGNATURE, info->der);
	}
}

enum cyg_status prove_write_auth(struct exchange *x)
{
	struct auth_work *work = x->auth;
	struct ike_sa *sa = x->sa;
	uint8_t data[SIGN_DATA_MAX], algorithm[CYG_SIGNATURE_ALG_MAX];
	struct wire_writer w = wire_writer(data, sizeof(data));
	size_t len = 0;
	enum cyg_status status = CYG_OK;

	if (work->local_number == CYG_AUTH_METHOD_DIGITAL_SIGNATURE) {
		status = work->own->cert->algorithm_write(&work->local_how, algorithm, &len);
		if (status != CYG_OK)
			return status;
		wire_put_u8(&w, (uint8_t)len);
		wire_put(&w, algorithm, len);
	}
	wire_put(&w, work->signature, work->signature_len);
	auth_write(x->out, work->local_number, wire_written(&w));
	sa->d.auth_local = work->local_number;
	sa->d.auth_local_key = (uint8_t)work->local_how.key;
	cyg_wipe(work->signature, sizeof(work->signature));
	cyg_wipe(data, sizeof(data));
	return status;
}
