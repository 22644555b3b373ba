/* SPDX-License-Identifier: MIT */
/* The line that would complete an object of ours, as it would be typed. */
#include "exchange/exchange.h"

#include "exchange/ike_auth.h"
#include "policy/select.h"

static const char *first_keyring(const struct config_view *view)
{
	for (size_t i = 0; i < view->profile_count; i++) {
		if (view->profiles[i]->keyring_name[0])
			return view->profiles[i]->keyring_name;
	}
	return view->keyring_count ? view->keyrings[0]->head.name : "NAME";
}

void why_mend_profile(struct ike_shard *ike, const struct config_profile *p, const struct cyg_identity *peer)
{
	const struct config_view *view = ike->view;
	const char *name = p->head.name, *method = p->trustpoint_count ? "rsa-sig" : "pre-share";
	bool pre_share = p->auth_local == AUTH_PRE_SHARE || (p->auth_remote & AUTH_PRE_SHARE);
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
		why_mend(ike, "crypto ikev2 keyring %s / peer NAME / pre-shared-key KEY", p->keyring_name);
	} else if (!pre_share && !p->trustpoint_count) {
		why_mend(ike, "crypto ikev2 profile %s / pki trustpoint %s", name,
			 view->trustpoint_count ? view->trustpoints[0]->head.name : "NAME");
	} else {
		why_mend(ike, "show crypto ikev2 profile %s (%s)", name, p->head.missing);
	}
}

/* The first template, and the first IPsec profile that somebody wrote. */
static const struct config_interface *first_template(const struct config_view *view)
{
	for (size_t i = 0; i < view->interface_count; i++) {
		if (view->interfaces[i]->kind == IF_VIRTUAL_TEMPLATE)
			return view->interfaces[i];
	}
	return NULL;
}

static const char *first_ipsec_profile(const struct config_view *view)
{
	for (size_t i = 0; i < view->ipsec_profile_count; i++) {
		if (strcmp(view->ipsec_profiles[i]->head.name, "default") != 0)
			return view->ipsec_profiles[i]->head.name;
	}
	return "default";
}

static const struct config_interface *template_of(const struct config_view *view, uint32_t number)
{
	for (size_t i = 0; i < view->interface_count; i++) {
		if (view->interfaces[i]->kind == IF_VIRTUAL_TEMPLATE && view->interfaces[i]->number == number)
			return view->interfaces[i];
	}
	return NULL;
}

void why_mend_interface(struct ike_shard *ike, const struct config_profile *p)
{
	const struct config_view *view = ike->view;
	const struct config_interface *template = first_template(view);

	if (p)
		why_object(ike, &p->head);
	if (p && p->virtual_template) {
		const struct config_interface *mine = template_of(view, p->virtual_template);

		if (mine && !mine->protection)
			why_mend(ike, "interface %s / tunnel protection ipsec profile %s", mine->head.name,
				 first_ipsec_profile(view));
		else if (mine && mine->shutdown)
			why_mend(ike, "interface %s / no shutdown", mine->head.name);
		else if (mine && mine->head.complete)
			why_mend(ike, "clear crypto ikev2 sa of this peer: its session is older than what %s is now",
				 mine->head.name);
		else
			why_mend(ike, "interface Virtual-Template%u type tunnel / ip unnumbered INTERFACE / "
				      "tunnel protection ipsec profile %s",
				 (unsigned)p->virtual_template, first_ipsec_profile(view));
	} else if (template) {
		why_mend(ike, "crypto ikev2 profile %s / virtual-template %u", p ? p->head.name : "NAME",
			 (unsigned)template->number);
	} else {
		why_mend(ike, "crypto ikev2 profile %s / virtual-template N, or interface Tunnel N / tunnel "
			      "destination of this peer",
			 p ? p->head.name : "NAME");
	}
}

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

void why_mend_proof(struct ike_sa *sa)
{
	const struct config_peer *peer = NULL;
	struct key_wanted wanted;
	struct trace trace = { 0 };

	if (why_mend_asked_id(sa))
		return; /* our proof is good, but not that of whom it wants */
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
