/* SPDX-License-Identifier: MIT */
/*
 * IKE_AUTH, the peer's side of it: its certificate, the path to a CA of ours, its proof, and whether the certificate
 * speaks for the identity that it claims (RFC 7296 2.15, 3.6; RFC 4945; RFC 7427). Each refusal is one line with what
 * would mend it.
 */
#include "exchange/ike_auth.h"

#include "auth/method.h"
#include "auth/pki.h"
#include "auth/sign.h"
#include "policy/cert_map.h"
#include "policy/select.h"

#include <stdlib.h>
#include <time.h>

#define SUBJECT_TEXT 160

void auth_id_text(const struct cyg_identity *id, struct cyg_strbuf *out)
{
	cyg_strbuf_addf(out, "%s ", cyg_identity_type_text(id->type));
	cyg_identity_text(id, out);
}

static const struct cyg_cert_info *peer_info(const struct auth_work *work)
{
	return work->peer_count ? work->pki->cert->info(work->peer[0]) : NULL;
}

static const char *subject_text(const struct cyg_cert_info *info, char storage[SUBJECT_TEXT])
{
	struct cyg_strbuf out = cyg_strbuf(storage, SUBJECT_TEXT);

	(void)cert_name_text(info->subject, &out);
	return storage[0] ? storage : "a subject of too many words";
}

/* --- The certificates that it sends --- */

static enum cyg_status hash_of(struct exchange *x, struct cyg_bytes octets, uint8_t out[CERT_HASH_LEN])
{
	struct cyg_hash sha;
	enum cyg_status status = cyg_get_hash(x->sa->shard, CYG_HASH_SHA2_256, &sha);

	return status == CYG_OK ? sha.ops->compute(sha.instance, &octets, 1, out) : status;
}

/* One certificate, remembered or parsed; it is a reference of the caller's. */
static enum cyg_status take_cert(struct exchange *x, struct cyg_bytes der, uint8_t hash[CERT_HASH_LEN],
				 struct cyg_cert **out, const struct cert_entry **known)
{
	const struct pki *pki = x->auth->pki;
	enum cyg_status status = hash_of(x, der, hash);

	if (status != CYG_OK)
		return status;
	*known = cert_cache_find(&exchange_ike(x)->certs, hash);
	if (!*known)
		return pki->cert->parse(pki->cert_ctx, der, out);
	*out = pki->cert->ref((*known)->cert);
	return CYG_OK;
}

/* The first one is the peer's own (RFC 7296 3.6). */
enum cyg_status peer_take_cert(struct exchange *x)
{
	struct auth_work *work = x->auth;
	const struct message *msg = x->msg;
	const struct cert_entry *known = NULL;
	bool other = false;

	if (!sign_is_signature(msg->auth.method) || !work->pki || !work->pki->cert)
		return CYG_OK;
	for (unsigned i = 0; i < msg->cert_count; i++) {
		enum cyg_status status;

		if (msg->cert[i].encoding != CYG_CERT_X509_SIGNATURE) {
			other = true;
			continue;
		}
		status = take_cert(x, msg->cert[i].data, work->peer_hash[0], &work->peer[0], &known);
		if (status == CYG_NOMEM)
			return status;
		if (status != CYG_OK) {
			why_mend(exchange_ike(x), "another certificate at the peer: X.509, RSA up to 8192 bits, P-256, "
						  "P-384, P-521, Ed25519 or Ed448");
			return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
					       "the peer's certificate cannot be used (%s)", cyg_status_text(status));
		}
		work->peer_count = 1;
		if (known && known->store) {
			work->known_store = known->store;
			work->known_since = known->since;
			work->known_until = known->until;
		}
		return CYG_OK;
	}
	if (!other) {
		why_mend(exchange_ike(x), "the peer sends its certificate with IKE_AUTH (in strongSwan: send_cert = always)");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the peer proves itself by a signature and sends no certificate");
	}
	why_mend(exchange_ike(x), "the peer sends its certificate itself, as X.509, not where it can be fetched");
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "the peer sends its certificate in an encoding that we do not take");
}

/* Those between it and a CA; what cannot be parsed is left out. */
static enum cyg_status take_others(struct exchange *x)
{
	struct auth_work *work = x->auth;
	const struct message *msg = x->msg;
	bool first = true;

	for (unsigned i = 0; i < msg->cert_count && work->peer_count < CYG_CERT_CHAIN_MAX; i++) {
		const struct cert_entry *known;
		enum cyg_status status;

		if (msg->cert[i].encoding != CYG_CERT_X509_SIGNATURE)
			continue;
		if (first) {
			first = false;
			continue;
		}
		status = take_cert(x, msg->cert[i].data, work->peer_hash[work->peer_count],
				   &work->peer[work->peer_count], &known);
		if (status == CYG_NOMEM)
			return status;
		if (status == CYG_OK)
			work->peer_count++;
	}
	return CYG_OK;
}

const struct cyg_cert_info *peer_cert(const struct exchange *x)
{
	return peer_info(x->auth);
}

/* --- The method --- */

static enum cyg_status refuse_method(struct exchange *x, const struct auth_method *method)
{
	struct ike_sa *sa = x->sa;
	char ours[96];
	struct cyg_strbuf text = CYG_STRBUF(ours);

	auth_kinds_text(sa->profile->auth_remote, &text);
	why_object(sa->ike, &sa->profile->head);
	if (method)
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
	unsigned kinds = ~0u;
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

/* --- The path to a CA --- */

static const char *date(int64_t at, char storage[40])
{
	time_t t = (time_t)at;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(storage, 40, "%Y-%m-%d %H:%M:%S UTC", &tm))
		return "a time beyond all calendars";
	return storage;
}

static enum cyg_status refuse_path(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct auth_work *work = x->auth;
	const struct cyg_cert_judgement *j = &work->judgement;
	const struct pki_point *point = work->judged_by;
	const struct cyg_cert_info *info = peer_info(work);
	const struct cyg_cert_info *at = j->depth < work->peer_count ? work->pki->cert->info(work->peer[j->depth]) : info;
	char who[SUBJECT_TEXT], by[SUBJECT_TEXT], when[40], now[40];
	struct cyg_strbuf issuer = CYG_STRBUF(by);
	const char *subject = subject_text(info, who), *what = j->depth ? "one above the certificate of" : "the certificate of";

	(void)cert_name_text(info->issuer, &issuer);
	(void)date(cyg_shard_wall_s(sa->shard), now);
	why_object(sa->ike, &sa->profile->head);
#define REFUSE(...) \
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED, __VA_ARGS__)
	switch (j->verdict) {
	case CYG_CERT_UNKNOWN_CA:
		why_mend(sa->ike, "that CA in pki/%s/ca.pem and reload, or the certificates between it and the peer's, sent by the peer",
			 point->name);
		REFUSE("the certificate of %s leads to no CA that we trust: it was issued by %s", subject, by);
	case CYG_CERT_EXPIRED:
		why_mend(sa->ike, "a new certificate at the peer, or the right time here (it is %s)", now);
		REFUSE("%s %s expired at %s", what, subject, date(at->not_after, when));
	case CYG_CERT_NOT_YET_VALID:
		why_mend(sa->ike, "the right time here (it is %s), or another certificate at the peer", now);
		REFUSE("%s %s is not valid before %s", what, subject, date(at->not_before, when));
	case CYG_CERT_REVOKED:
		why_mend(sa->ike, "a new certificate at the peer; pki/%s/crl.pem lists this one", point->name);
		REFUSE("%s %s was revoked by its CA", what, subject);
	case CYG_CERT_NO_CRL:
		why_mend(sa->ike, "a new pki/%s/crl.pem and reload, or crypto pki trustpoint %s / revocation-check crl none",
			 point->name, point->name);
		REFUSE("there is no valid CRL of %s to look %s up in (%s)", by, subject, j->detail);
	case CYG_CERT_WEAK:
		why_mend(sa->ike, "a certificate of RSA with 2048 bits or more, or ECDSA, signed with SHA-2");
		REFUSE("%s %s is too weak (%s)", what, subject, j->detail);
	default:
		why_mend(sa->ike, "another certificate at the peer");
		REFUSE("%s %s is not accepted: %s", what, subject, j->detail);
	}
#undef REFUSE
}

/* The next trustpoint of the profile that may judge this certificate. */
static const struct pki_point *next_judge(struct exchange *x)
{
	struct auth_work *work = x->auth;
	const struct config_profile *profile = x->sa->profile;
	const struct cyg_cert_info *info = peer_info(work);

	while (work->trust_at < profile->trustpoint_count) {
		const struct config_trustpoint_use *use = &profile->trustpoint[work->trust_at++];
		const struct pki_point *point = pki_find(work->pki, use->name);

		if (!use->verify)
			continue;
		if (!point || !point->store) {
			if (!work->no_judge)
				work->no_judge = point ? point->no_verify : "it was not read";
			continue;
		}
		if (use->trustpoint && use->trustpoint->map_count &&
		    !cert_maps_hold(use->trustpoint->maps, use->trustpoint->map_count, info)) {
			work->no_judge = "its `match certificate` does not match this certificate";
			continue;
		}
		return point;
	}
	return NULL;
}

static bool is_known(struct exchange *x, const struct pki_point *point)
{
	struct auth_work *work = x->auth;
	int64_t now = cyg_shard_wall_s(x->sa->shard);

	return work->known_store && work->known_store == point->store && now >= work->known_since &&
	       now < work->known_until;
}

enum cyg_status trust_begin(struct exchange *x)
{
	struct auth_work *work = x->auth;
	const struct pki_point *point;
	enum cyg_status status;

	if (!work->remote_method->signature)
		return CYG_OK;
	point = next_judge(x);
	if (!point && work->judged_by)
		return refuse_path(x);
	if (!point) {
		why_object(exchange_ike(x), &x->sa->profile->head);
		why_mend(exchange_ike(x), "%s", work->no_judge ? work->no_judge : "crypto ikev2 profile NAME / pki trustpoint NAME");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "no trustpoint of profile %s can judge the peer's certificate",
				       x->sa->profile->head.name);
	}
	work->judged_by = point;
	if (is_known(x, point)) {
		exchange_ike(x)->counters.cert_known++;
		work->judgement = (struct cyg_cert_judgement){ .until = work->known_until };
		return CYG_OK;
	}
	if (work->peer_count == 1) {
		status = take_others(x);
		if (status != CYG_OK)
			return status;
	}
	work->judged_at = cyg_shard_wall_s(x->sa->shard);
	work->judgement = (struct cyg_cert_judgement){ .verdict = CYG_CERT_INVALID };
	return point->cert->verify_chain(point->cert_ctx, x->sa->shard, point->store, work->peer, work->peer_count,
					 work->judged_at, &work->judgement, exchange_op(x));
}

enum cyg_status trust_done(struct exchange *x, enum cyg_status status)
{
	struct auth_work *work = x->auth;

	if (status != CYG_OK || !work->remote_method->signature || work->judgement.verdict == CYG_CERT_GOOD)
		return status;
	/* Another trustpoint may know the CA. */
	if (work->judgement.verdict == CYG_CERT_UNKNOWN_CA) {
		x->again = true;
		return CYG_OK;
	}
	return refuse_path(x);
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
			 sa->profile->keyring->head.name, peer->head.name,
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
	const struct cyg_cert_info *info = peer_info(work);
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
	const struct cyg_cert_info *info = peer_info(x->auth);
	char who[SUBJECT_TEXT];

	why_object(exchange_ike(x), &x->sa->profile->head);
	if (info->eku && !(info->eku & ~(uint32_t)CYG_EKU_OTHER)) {
		why_mend(exchange_ike(x), "a certificate with clientAuth, serverAuth or ipsecIKE, or with no extended key usage, at the peer");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the extended key usage of the certificate of %s is for other purposes only",
				       subject_text(info, who));
	}
	if (!info->may_sign) {
		why_mend(exchange_ike(x), "a certificate with key usage digitalSignature at the peer");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "the key usage of the certificate of %s does not let it sign",
				       subject_text(info, who));
	}
	why_reset(exchange_ike(x));
	return CYG_OK;
}

static bool speaks_for(const struct cyg_cert_ops *ops, const struct cyg_cert_info *info, const struct cyg_identity *id)
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
	const struct cyg_cert_info *info = peer_info(x->auth);
	char whom[192], who[SUBJECT_TEXT], have[160];
	struct cyg_strbuf text = CYG_STRBUF(whom), names = CYG_STRBUF(have);

	if (speaks_for(x->auth->pki->cert, info, sa->remote_id))
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
			       subject_text(info, who));
}

/* It has proved itself: next time it will be faster. */
static void remember(struct exchange *x)
{
	struct auth_work *work = x->auth;
	struct cert_cache *cache = &exchange_ike(x)->certs;

	/* What was judged by trust that is no longer in force is no news to keep. */
	if (work->pki != exchange_ike(x)->pki || (work->known_store == work->judged_by->store && !work->judged_at))
		return;
	for (unsigned i = 1; i < work->peer_count; i++)
		cert_cache_put(cache, work->pki->cert, work->peer_hash[i], work->peer[i], NULL, 0, 0);
	cert_cache_put(cache, work->pki->cert, work->peer_hash[0], work->peer[0], work->judged_by->store,
		       work->judged_at, work->judgement.until);
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
		remember(x);
	sa->d.auth_remote = x->msg->auth.method;
	sa->ike->counters.auth_passed++;
	return CYG_OK;
}

void auth_work_done_certs(struct auth_work *work)
{
	for (unsigned i = 0; i < work->peer_count; i++)
		work->pki->cert->unref(work->peer[i]);
	work->peer_count = 0;
	pki_unref(work->pki);
	work->pki = NULL;
}
