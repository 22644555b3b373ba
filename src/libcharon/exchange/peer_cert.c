/* SPDX-License-Identifier: MIT */
/*
 * IKE_AUTH: the certificates that the peer sends (RFC 7296 3.6), taken from the payloads or remembered from before, and
 * remembered once it has proved itself.
 */
#include "exchange/ike_auth.h"

#include "auth/pki.h"
#include "auth/sign.h"
#include "policy/cert_map.h"

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
enum cyg_status peer_take_others(struct exchange *x)
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
	const struct auth_work *work = x->auth;

	return work->peer_count ? work->pki->cert->info(work->peer[0]) : NULL;
}

const char *peer_subject(const struct cyg_cert_info *info, char storage[PEER_SUBJECT_TEXT])
{
	struct cyg_strbuf out = cyg_strbuf(storage, PEER_SUBJECT_TEXT);

	(void)cert_name_text(info->subject, &out);
	return storage[0] ? storage : "a subject of too many words";
}

/* It has proved itself: next time it will be faster. */
void peer_remember(struct exchange *x)
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

void auth_work_done_certs(struct auth_work *work)
{
	for (unsigned i = 0; i < work->peer_count; i++)
		work->pki->cert->unref(work->peer[i]);
	work->peer_count = 0;
	pki_unref(work->pki);
	work->pki = NULL;
}
