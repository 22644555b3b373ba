/* SPDX-License-Identifier: MIT */
/*
 * IKE_AUTH, the peer's side of it: its method, its proof, and whether the certificate speaks for the identity that it
 * claims (RFC 7296 2.15; RFC 4945; RFC 7427). Each refusal is one line with what would mend it.
 */
#include "exchange/ike_auth.h"

#include "auth/method.h"
#include "auth/pki.h"
#include "auth/sign.h"
#include "policy/select.h"

#include <stdlib.h>

void auth_id_text(const struct cyg_identity *id, struct cyg_strbuf *out)
{
	cyg_strbuf_addf(out, "%s ", cyg_identity_type_text(id->type));
	cyg_identity_text(id, out);
}

/* --- The method --- */

static enum cyg_status refuse_method(struct exchange *x, const struct auth_method *method)
{
	struct ike_sa *sa = x->sa;
	char ours[96];
	struct cyg_strbuf text = CYG_STRBUF(ours);

	auth_kinds_text(sa->profile->auth_remote, &text);
	why_object(sa->ike, &sa->profile->head);
	if (method && method->kind == AUTH_EAP)
		why_mend(sa->ike, "crypto ikev2 profile %s / authentication remote eap / aaa authentication eap LIST",
			 sa->profile->head.name);
	else if (method)
		why_mend(sa->ike, "crypto ikev2 profile %s / authentication remote %s",
			 sa->profile->head.name, method->word);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "the peer proves itself by %s (method %u), we take %s",
			       method ? method->name : "a method that we do not have",
			       x->msg->auth.method, ours);
}

static enum cyg_status refuse_algorithm(struct exchange *x, enum cyg_status status, const struct sign_proof *proof)
{
	char words[64];
	struct cyg_strbuf how = CYG_STRBUF(words);

	if (proof->count)
		sign_text(&proof->how[0], &how);
	why_object(exchange_ike(x), &x->sa->profile->head);
	why_mend(exchange_ike(x), "the peer signs by RSA, RSA-PSS or ECDSA with SHA2-256, SHA2-384 or SHA2-512, or by Ed25519");
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       status == CYG_UNSUPPORTED ? "the peer signs by an algorithm that is not allowed%s%s" :
							   "the peer's AUTH payload cannot be read%s%s",
			       words[0] ? ": " : "", words);
}

enum cyg_status peer_take_method(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	const struct auth_payload *auth = &x->msg->auth;
	struct sign_proof proof = { 0 };
	/* No AUTH payload at all is what says EAP. */
	unsigned kinds = x->msg->has & HAS_AUTH ? ~(unsigned)AUTH_EAP : (unsigned)AUTH_EAP;
	const struct auth_method *method;
	enum cyg_status status;

	if (sign_is_signature(auth->method) && x->auth->pki && x->auth->pki->cert) {
		status = sign_read(x->auth->pki->cert, auth->method, auth->data, &proof);
		if (status != CYG_OK)
			return refuse_algorithm(x, status, &proof);
		kinds = sign_kind(proof.how[0].key);
	}
	method = auth_method_by_number(auth->method, kinds);
	if (!method || !(sa->profile->auth_remote & method->kind))
		return refuse_method(x, method);
	x->auth->remote_method = method;
	return CYG_OK;
}

/* --- The proof --- */

static enum cyg_status refuse_proof(struct exchange *x, const struct config_peer *peer)
{
	struct ike_sa *sa = x->sa;
	const struct auth_method *method = x->auth->remote_method;
	char whom[192];
	struct cyg_strbuf text = CYG_STRBUF(whom);

	sa->ike->counters.auth_failed++;
	auth_id_text(sa->remote_id, &text);
	why_object(sa->ike, peer ? &peer->head : &sa->profile->head);
	if (method->signature) {
		why_mend(sa->ike, "the private key that belongs to its certificate, at the peer");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the signature of %s does not fit the certificate it sent", whom);
	}
	if (peer)
		why_mend(sa->ike, "crypto ikev2 keyring %s / peer %s / pre-shared-key %sKEY, the same as at the peer",
			 sa->profile->keyring_name, peer->head.name,
			 peer->half_key_place ? "remote " : "");
	else
		why_mend(sa->ike, "crypto ikev2 profile %s / authentication remote pre-share key KEY, the same as at the peer",
			 sa->profile->head.name);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "%s proved itself with another %s than ours", whom, method->name);
}

static enum cyg_status verify_signature(struct exchange *x, const struct auth_input *in)
{
	struct auth_work *work = x->auth;
	const struct pki *pki = work->pki;
	const struct cyg_cert_info *info = peer_cert(x);
	struct sign_proof proof = { 0 };
	uint8_t *octets;
	size_t len;
	enum cyg_status status = sign_read(pki->cert, x->msg->auth.method, x->msg->auth.data, &proof);

	if (status != CYG_OK)
		return refuse_algorithm(x, status, &proof);
	if (proof.how[0].key != info->key || !sign_curve_fits(x->msg->auth.method, info->key_bits))
		return CYG_REFUSED;
	status = auth_signed_octets(in, &octets, &len);
	if (status != CYG_OK)
		return status;
	status = CYG_REFUSED;
	for (unsigned i = 0; i < proof.count && status == CYG_REFUSED; i++)
		status = pki->cert->verify(pki->cert_ctx, work->peer[0], &proof.how[i], cyg_bytes(octets, len),
					   proof.signature);
	free(octets);
	x->sa->d.auth_remote_key = (uint8_t)info->key;
	return status == CYG_UNSUPPORTED ? CYG_REFUSED : status;
}

/* --- What the certificate may be used for, and whom it names --- */

static enum cyg_status check_usage(struct exchange *x)
{
	const struct cyg_cert_info *info = peer_cert(x);
	char who[PEER_SUBJECT_TEXT];

	why_object(exchange_ike(x), &x->sa->profile->head);
	if (info->eku && !(info->eku & ~(uint32_t)CYG_EKU_OTHER)) {
		why_mend(exchange_ike(x), "a certificate with clientAuth, serverAuth or ipsecIKE, or with no extended key usage, at the peer");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the extended key usage of the certificate of %s is for other purposes only",
				       peer_subject(info, who));
	}
	if (!info->may_sign) {
		why_mend(exchange_ike(x), "a certificate with key usage digitalSignature at the peer");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the key usage of the certificate of %s does not let it sign",
				       peer_subject(info, who));
	}
	why_reset(exchange_ike(x));
	return CYG_OK;
}

bool peer_speaks_for(const struct cyg_cert_ops *ops, const struct cyg_cert_info *info, const struct cyg_identity *id)
{
	if (id->type == CYG_ID_DER_ASN1_DN)
		return ops->same_name(info->subject, cyg_bytes(id->octets, id->len));
	for (unsigned i = 0; i < info->name_count; i++) {
		struct cyg_identity *name;
		bool same;

		if (info->names[i].type != id->type ||
		    cyg_identity_new(info->names[i].type, info->names[i].octets, &name) != CYG_OK)
			continue;
		same = cyg_identity_equal(name, id);
		cyg_identity_unref(name);
		if (same)
			return true;
	}
	return false;
}

static enum cyg_status check_names(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	const struct cyg_cert_info *info = peer_cert(x);
	char whom[192], who[PEER_SUBJECT_TEXT], have[160];
	struct cyg_strbuf text = CYG_STRBUF(whom), names = CYG_STRBUF(have);

	if (peer_speaks_for(x->auth->pki->cert, info, sa->remote_id))
		return CYG_OK;
	auth_id_text(sa->remote_id, &text);
	for (unsigned i = 0; i < info->name_count; i++) {
		struct cyg_identity *name;

		if (cyg_identity_new(info->names[i].type, info->names[i].octets, &name) != CYG_OK)
			continue;
		cyg_strbuf_add(&names, names.len ? CYG_STR(", ") : CYG_STR(""));
		auth_id_text(name, &names);
		cyg_identity_unref(name);
	}
	why_object(sa->ike, &sa->profile->head);
	why_mend(sa->ike, "the peer identifies by its certificate's subject%s%s, or gets a certificate with this name",
		 names.len ? " or one of: " : "", have);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "the peer says that it is %s, which the certificate of %s does not say", whom,
			       peer_subject(info, who));
}

enum cyg_status peer_check(struct exchange *x, const struct id_payload *id)
{
	struct ike_sa *sa = x->sa;
	const struct auth_method *method = x->auth->remote_method;
	struct auth_input in = auth_input_of(sa, false, id->body);
	const struct config_peer *peer = NULL;
	enum cyg_status status;

	if (method->signature) {
		status = check_usage(x);
		if (status == CYG_OK)
			status = verify_signature(x, &in);
	} else {
		status = auth_find_key(x, false, &in.secret, &peer);
		if (status == CYG_OK)
			status = method->verify(&in, x->msg->auth.data);
	}
	if (x->logged)
		return status;
	if (status == CYG_REFUSED)
		return refuse_proof(x, peer);
	if (status == CYG_OK && method->signature)
		status = check_names(x);
	if (status != CYG_OK)
		return status;
	if (method->signature)
		peer_remember(x);
	sa->d.auth_remote = x->msg->auth.method;
	sa->ike->counters.auth_passed++;
	return CYG_OK;
}
