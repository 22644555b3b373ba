/* SPDX-License-Identifier: MIT */
/* The line that would complete an object of ours, as it would be typed. */
#include "exchange/exchange.h"

#include "auth/pki.h"
#include "exchange/ike_auth.h"
#include "policy/cert_map.h"
#include "policy/select.h"

#define SIGNATURES ((unsigned)AUTH_RSA_SIG | (unsigned)AUTH_ECDSA_SIG)

/* --- Policy --- */

const struct config_head *why_first_object(const struct config_view *view, const char *mode)
{
	const struct config_head *head, *built_in = NULL;
	uint64_t at = 0;

	while (view->config && (head = cyg_config_next(view->config, mode, &at, NULL))) {
		if (!head->complete)
			continue;
		if (strcmp(head->name, "default") != 0)
			return head;
		built_in = head;
	}
	return built_in;
}

void why_mend_policy(struct ike_shard *ike, const struct trace *trace, const struct cyg_ip *local)
{
	const struct trace_entry *nearest = trace_nearest(trace);
	const struct config_head *proposal = ike->view ? why_first_object(ike->view, MODE_PROPOSAL) : NULL;
	const char *name = nearest ? nearest->object->name : "default";
	char address[CYG_IP_TEXT];

	why_nearest(ike, trace);
	if (!proposal)
		why_mend(ike, "default crypto ikev2 proposal");
	else if (!nearest)
		why_mend(ike, "default crypto ikev2 policy");
	else if (nearest->why == WHY_FVRF)
		why_mend(ike, "crypto ikev2 policy %s / match fvrf any", name);
	else if (nearest->why == WHY_LOCAL_ADDRESS)
		why_mend(ike, "crypto ikev2 policy %s / match address local %s", name, cyg_ip_text(local, address));
	else
		why_mend(ike, "crypto ikev2 policy %s / proposal %s", name, proposal->name);
}

/* --- Profile --- */

static const char *first_keyring(const struct config_view *view)
{
	for (size_t i = 0; i < view->profile_count; i++) {
		if (view->profiles[i]->keyring_name[0])
			return view->profiles[i]->keyring_name;
	}
	return view->keyring_count ? view->keyrings[0]->head.name : "NAME";
}

static const char *missing_trustpoint(const struct config_profile *p)
{
	for (unsigned i = 0; i < p->trustpoint_count; i++) {
		if (!p->trustpoint[i].trustpoint)
			return p->trustpoint[i].name;
	}
	return NULL;
}

/* It names a trustpoint that does not exist; the one that does is meant, if there is only one. */
static void mend_trustpoint(struct ike_shard *ike, const struct config_profile *p, const char *missing)
{
	const struct config_view *view = ike->view;

	if (view->trustpoint_count == 1)
		why_mend(ike, "crypto ikev2 profile %s / no pki trustpoint %s / pki trustpoint %s", p->head.name, missing,
			 view->trustpoints[0]->head.name);
	else
		why_mend(ike, "crypto pki trustpoint %s, and pki/%s/ca.pem, cert.pem, key.pem", missing, missing);
}

/* There is no trustpoint at all, but keys are: they are meant. */
static void mend_methods(struct ike_shard *ike, const struct config_profile *p)
{
	bool rsa = p->auth_remote & AUTH_RSA_SIG, ecdsa = p->auth_remote & AUTH_ECDSA_SIG;

	why_mend(ike, "crypto ikev2 profile %s%s%s%s%s", p->head.name,
		 (unsigned)p->auth_local & SIGNATURES ? " / authentication local pre-share" : "",
		 rsa ? " / no authentication remote rsa-sig" : "", ecdsa ? " / no authentication remote ecdsa-sig" : "",
		 (rsa || ecdsa) && !(p->auth_remote & AUTH_PRE_SHARE) ? " / authentication remote pre-share" : "");
}

void why_mend_profile(struct ike_shard *ike, const struct config_profile *p, const struct cyg_identity *peer)
{
	const struct config_view *view = ike->view;
	const char *name = p->head.name, *method = p->trustpoint_count ? "rsa-sig" : "pre-share";
	bool pre_share = p->auth_local == AUTH_PRE_SHARE || (p->auth_remote & AUTH_PRE_SHARE);
	bool signature = ((unsigned)p->auth_local | p->auth_remote) & SIGNATURES;
	char text[192];
	struct cyg_strbuf id = CYG_STRBUF(text);

	why_object(ike, &p->head);
	if (p->head.complete && p->shutdown) {
		why_mend(ike, "crypto ikev2 profile %s / no shutdown", name);
	} else if (!p->match_identity_count && !p->match_certificate_count) {
		if (peer)
			auth_id_text(peer, &id);
		why_mend(ike, "crypto ikev2 profile %s / match identity remote %s", name, peer ? text : "any");
	} else if (p->auth_local == AUTH_NONE) {
		why_mend(ike, "crypto ikev2 profile %s / authentication local %s", name, method);
	} else if (!p->auth_remote) {
		why_mend(ike, "crypto ikev2 profile %s / authentication remote %s", name, method);
	} else if (pre_share && !p->keyring_name[0] && !p->keyring_aaa) {
		why_mend(ike, "crypto ikev2 profile %s / keyring local %s", name, first_keyring(view));
	} else if (p->keyring_name[0] && !p->keyring_usable) {
		if (view->keyring_count)
			why_mend(ike, "crypto ikev2 profile %s / keyring local %s", name, first_keyring(view));
		else
			why_mend(ike, "crypto ikev2 keyring %s / peer NAME / address ADDRESS / pre-shared-key KEY",
				 p->keyring_name);
	} else if (signature && !p->trustpoint_count && !view->trustpoint_count && view->keyring_count) {
		mend_methods(ike, p);
	} else if (signature && !p->trustpoint_count) {
		why_mend(ike, "crypto ikev2 profile %s / pki trustpoint %s", name,
			 view->trustpoint_count ? view->trustpoints[0]->head.name : "NAME");
	} else if (missing_trustpoint(p)) {
		mend_trustpoint(ike, p, missing_trustpoint(p));
	} else if ((p->auth_remote & AUTH_EAP) && !p->eap_list[0]) {
		const struct config_head *list = why_first_object(view, MODE_AAA_AUTHENTICATION);

		why_mend(ike, "crypto ikev2 profile %s / aaa authentication eap %s%s", name, list ? list->name : "LIST",
			 list ? "" : ", and aaa authentication login LIST local");
	} else if ((p->auth_remote & AUTH_EAP) && !p->eap_methods) {
		why_mend(ike, "aaa authentication login %s local", p->eap_list);
	} else {
		why_mend(ike, "show crypto ikev2 profile %s (%s)", name, p->head.missing);
	}
}

/* Why no profile was taken, or why none of several. */

static const char *const match_words[] = {
	[ID_MATCH_FQDN] = "fqdn",	[ID_MATCH_FQDN_DOMAIN] = "fqdn domain",	  [ID_MATCH_EMAIL] = "email",
	[ID_MATCH_KEY_ID] = "key-id",	[ID_MATCH_EMAIL_DOMAIN] = "email domain",
};

/* Takes the line away. False: how it was written is not known. */
static bool take_away(const struct id_match *match, struct cyg_strbuf *out)
{
	bool v4 = match->address.ip.family == CYG_IPV4;
	char address[CYG_IP_TEXT], mask[CYG_IP_TEXT];
	struct cyg_ip netmask;

	cyg_strbuf_add(out, CYG_STR(" / no match identity remote "));
	if (match->kind == ID_MATCH_ANY) {
		cyg_strbuf_add(out, CYG_STR("any"));
	} else if (match->kind != ID_MATCH_ADDRESS) {
		cyg_strbuf_addf(out, "%s %s", match_words[match->kind], match->text);
	} else if (!v4) {
		cyg_strbuf_addf(out, "address %s/%u", cyg_ip_text(&match->address.ip, address), match->address.len);
	} else if (match->address.len == 32) {
		cyg_strbuf_addf(out, "address %s", cyg_ip_text(&match->address.ip, address));
	} else {
		netmask = cyg_netmask(match->address.len);
		cyg_strbuf_addf(out, "address %s %s", cyg_ip_text(&match->address.ip, address),
				cyg_ip_text(&netmask, mask));
	}
	return match->kind != ID_MATCH_ADDRESS || match->address.len != 0;
}

/* The larger, the more exactly it names somebody. */
static unsigned exactness(const struct id_match *match)
{
	switch (match->kind) {
	case ID_MATCH_ANY:
		return 1;
	case ID_MATCH_FQDN_DOMAIN:
	case ID_MATCH_EMAIL_DOMAIN:
		return 3;
	case ID_MATCH_ADDRESS:
		return match->address.len < cyg_ip_bits(match->address.ip.family) ? 3 : 4;
	default:
		return 4;
	}
}

static unsigned profile_exactness(const struct config_profile *p, const struct cyg_identity *id)
{
	unsigned most = 0;

	for (unsigned i = 0; i < p->match_identity_count; i++) {
		if (id_match_holds(&p->match_identity[i], id) && exactness(&p->match_identity[i]) > most)
			most = exactness(&p->match_identity[i]);
	}
	return most ? most : 2; /* by a certificate map, which seldom means one alone */
}

void why_mend_ambiguous(struct ike_shard *ike, const struct trace *trace, const struct cyg_identity *id,
			const struct cyg_cert_info *cert)
{
	const struct config_profile *p = NULL;
	char text[200];
	struct cyg_strbuf out = CYG_STRBUF(text);
	bool known = true;

	/* The one that means this peer least, the later one if they mean it alike. */
	for (unsigned i = 0; i < trace->count; i++) {
		const struct config_profile *other;

		if (trace->entry[i].why != WHY_AMBIGUOUS)
			continue;
		other = CYG_CONTAINER(trace->entry[i].object, struct config_profile, head);
		if (!p || profile_exactness(other, id) <= profile_exactness(p, id))
			p = other;
	}
	if (!p)
		return;
	for (unsigned i = 0; i < p->match_identity_count; i++) {
		if (id_match_holds(&p->match_identity[i], id))
			known &= take_away(&p->match_identity[i], &out);
	}
	for (unsigned i = 0; cert && i < p->match_certificate_count; i++) {
		if (cert_maps_hold(&p->match_certificate[i], 1, cert))
			cyg_strbuf_addf(&out, " / no match certificate %s", p->match_certificate[i].name);
	}
	why_object(ike, &p->head);
	why_mend(ike, "crypto ikev2 profile %s%s", p->head.name, known && !out.cut ? text : " / shutdown");
}

bool why_mend_place(struct ike_shard *ike, const struct trace_entry *nearest, const struct cyg_ip *local)
{
	char address[CYG_IP_TEXT];

	if (nearest->why == WHY_FVRF)
		why_mend(ike, "crypto ikev2 profile %s / match fvrf any", nearest->object->name);
	else if (nearest->why == WHY_LOCAL_ADDRESS)
		why_mend(ike, "crypto ikev2 profile %s / match address local %s", nearest->object->name,
			 cyg_ip_text(local, address));
	else
		return false;
	return true;
}

/* Can it be typed as it stands? */
static bool is_typeable(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c < ' ' || *c > '~' || strchr("\\\"?|", *c))
			return false;
	}
	return text[0] != '\0' && !strstr(text, " / ");
}

void why_mend_map(struct ike_shard *ike, const char *map, const char *subject, const char *profile)
{
	char text[sizeof(ike->why.mend)];
	struct cyg_strbuf out = CYG_STRBUF(text);

	/* Sequences are alternatives: the last one takes nothing from those that are there. */
	cyg_strbuf_addf(&out, "crypto pki certificate map %s 65535 / subject-name eq %s", map, subject);
	if (profile)
		cyg_strbuf_addf(&out, " / crypto ikev2 profile %s / match certificate %s", profile, map);
	if (!out.cut && is_typeable(subject))
		why_mend(ike, "%s", text);
	else if (profile)
		why_mend(ike, "crypto ikev2 profile %s / match certificate MAP", profile);
	else
		why_mend(ike, "a line of certificate map %s that suits its subject", map);
}

/* --- Identities and keys --- */

bool why_mend_asked_id(struct ike_sa *sa)
{
	const struct cyg_identity *asked = sa->session ? sa->session->asked_id : NULL;
	char text[192];
	struct cyg_strbuf id = CYG_STRBUF(text);

	if (!asked || !sa->profile)
		return false;
	if (asked->type == CYG_ID_DER_ASN1_DN) {
		why_mend(sa->ike, "crypto ikev2 profile %s / identity local dn, with that subject in our certificate",
			 sa->profile->head.name);
		return true;
	}
	auth_id_text(asked, &id);
	why_mend(sa->ike, "crypto ikev2 profile %s / identity local %s", sa->profile->head.name, text);
	return true;
}

/* Our own certificate does not say that it is us: a name that it does say. */
static void mend_own_name(struct ike_sa *sa)
{
	const struct config_profile *p = sa->profile;
	const struct pki_point *point = NULL;
	const struct cyg_cert_info *own;
	char text[192] = "";
	struct cyg_strbuf out = CYG_STRBUF(text);

	for (unsigned i = 0; i < p->trustpoint_count && !point; i++) {
		if (p->trustpoint[i].sign)
			point = pki_find(sa->ike->pki, p->trustpoint[i].name);
	}
	own = point ? pki_own(point) : NULL;
	if (!own || !sa->local_id || peer_speaks_for(point->cert, own, sa->local_id))
		return;
	for (unsigned i = 0; i < own->name_count && !out.len; i++) {
		struct cyg_identity *name;

		if (cyg_identity_new(own->names[i].type, own->names[i].octets, &name) != CYG_OK)
			continue;
		auth_id_text(name, &out);
		cyg_identity_unref(name);
	}
	why_mend(sa->ike, "crypto ikev2 profile %s / identity local %s (our certificate says it)", p->head.name,
		 out.len && !out.cut ? text : "dn");
}

void why_mend_proof(struct ike_sa *sa)
{
	const struct config_peer *peer = NULL;
	struct key_wanted wanted;
	struct trace trace = { 0 };

	if (why_mend_asked_id(sa))
		return; /* our proof is good, but not that of whom it wants */
	if (sa->profile && ((unsigned)sa->profile->auth_local & SIGNATURES))
		mend_own_name(sa);
	if (!sa->profile || sa->profile->auth_local != AUTH_PRE_SHARE)
		return;
	wanted = auth_key_wanted(sa, true);
	if (!select_key(sa->ike->view, sa->profile, &wanted, &peer, &trace) || !peer)
		return;
	why_mend(sa->ike, "crypto ikev2 keyring %s / peer %s / pre-shared-key %sKEY, the same as at the peer; if it is, "
			  "crypto ikev2 profile %s / identity local as the peer's match lines have it",
		 sa->profile->keyring_name, peer->head.name, peer->half_key_place ? "local " : "",
		 sa->profile->head.name);
}
