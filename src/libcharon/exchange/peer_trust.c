/* SPDX-License-Identifier: MIT */
/*
 * IKE_AUTH: is there a path from the peer's certificate to a CA of one of the profile's trustpoints? Each refusal is
 * one line with what would mend it.
 */
#include "exchange/ike_auth.h"

#include "auth/pki.h"
#include "policy/cert_map.h"

#include <time.h>

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
	const struct cyg_cert_info *info = peer_cert(x);
	const struct cyg_cert_info *at = j->depth < work->peer_count ? work->pki->cert->info(work->peer[j->depth]) : info;
	char who[PEER_SUBJECT_TEXT], by[PEER_SUBJECT_TEXT], when[40], now[40];
	struct cyg_strbuf issuer = CYG_STRBUF(by);
	const char *subject = peer_subject(info, who), *what = j->depth ? "one above the certificate of" : "the certificate of";

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
	const struct cyg_cert_info *info = peer_cert(x);

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
		status = peer_take_others(x);
		if (status != CYG_OK)
			return status;
	}
	exchange_ike(x)->counters.cert_judged++;
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
