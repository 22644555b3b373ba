/* SPDX-License-Identifier: MIT */
/*
 * IKE_AUTH: is there a path from the peer's certificate to a CA of one of the profile's trustpoints? Each refusal is
 * one line with what would mend it.
 */
#include "exchange/ike_auth.h"

#include "auth/pki.h"
#include "exchange/watch.h"
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
			work->map_refuses = use->trustpoint;
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

static enum cyg_status refuse_unjudged(struct exchange *x)
{
	struct auth_work *work = x->auth;
	const struct config_trustpoint *refuses = work->map_refuses;
	const char *profile = x->sa->profile->head.name;
	char storage[PEER_SUBJECT_TEXT];
	const char *who = peer_subject(peer_cert(x), storage);

	if (refuses) {
		why_object(exchange_ike(x), &refuses->head);
		why_mend_map(exchange_ike(x), refuses->maps[0].name, strlen(who) < sizeof(storage) - 1 ? who : "", NULL);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "`match certificate %s` of trustpoint %s does not take the certificate of %s",
				       refuses->maps[0].name, refuses->head.name, who);
	}
	why_object(exchange_ike(x), &x->sa->profile->head);
	if (work->no_judge)
		why_mend(exchange_ike(x), "%s", work->no_judge);
	else
		why_mend(exchange_ike(x), "crypto ikev2 profile %s / pki trustpoint NAME", profile);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "no trustpoint of profile %s can judge the peer's certificate", profile);
}

enum cyg_status trust_begin(struct exchange *x)
{
	struct auth_work *work = x->auth;
	const struct pki_point *point;
	enum cyg_status status;
	char who[PEER_SUBJECT_TEXT];

	if (!work->remote_method->signature)
		return CYG_OK;
	point = next_judge(x);
	if (!point && work->judged_by)
		return refuse_path(x);
	if (!point)
		return refuse_unjudged(x);
	work->judged_by = point;
	watch_pki(x->sa, "trustpoint %s judges the certificate of %s%s", point->name, peer_subject(peer_cert(x), who),
		  is_known(x, point) ? ": it did before" : "");
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

static const char *const verdicts[] = {
	[CYG_CERT_GOOD] = "good",
	[CYG_CERT_UNKNOWN_CA] = "its CA is not known here",
	[CYG_CERT_EXPIRED] = "expired",
	[CYG_CERT_NOT_YET_VALID] = "not valid yet",
	[CYG_CERT_REVOKED] = "revoked",
	[CYG_CERT_NO_CRL] = "there is no valid CRL",
	[CYG_CERT_BAD_SIGNATURE] = "its signature is wrong",
	[CYG_CERT_NO_CA] = "an issuer is no CA",
	[CYG_CERT_TOO_LONG] = "the path is too long",
	[CYG_CERT_WEAK] = "too weak",
	[CYG_CERT_NAME_CONSTRAINTS] = "its CA may not name it",
	[CYG_CERT_INVALID] = "invalid",
};

enum cyg_status trust_done(struct exchange *x, enum cyg_status status)
{
	struct auth_work *work = x->auth;

	if (status == CYG_OK && work->remote_method->signature)
		watch_pki(x->sa, "trustpoint %s: %s%s%s", work->judged_by->name, verdicts[work->judgement.verdict],
			  work->judgement.detail[0] ? ": " : "", work->judgement.detail);
	if (status != CYG_OK || !work->remote_method->signature || work->judgement.verdict == CYG_CERT_GOOD)
		return status;
	/* Another trustpoint may know the CA. */
	if (work->judgement.verdict == CYG_CERT_UNKNOWN_CA) {
		x->again = true;
		return CYG_OK;
	}
	return refuse_path(x);
}
