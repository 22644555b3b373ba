/* SPDX-License-Identifier: MIT */
#include "policy/select.h"

#include "config/keyring.h"
#include "policy/cert_map.h"

#include <strings.h>

static bool ip_equal(const struct cyg_ip *a, const struct cyg_ip *b)
{
	return a->family == b->family && memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

static bool ip_is_any(const struct cyg_ip *ip)
{
	static const uint8_t zero[16];

	return memcmp(ip->octets, zero, sizeof(zero)) == 0;
}

/* --- Policy --- */

/* 0: no match; the larger, the more specific. */
static unsigned policy_fit(const struct config_policy *policy, const struct cyg_ip *local,
			   const char *fvrf, enum trace_why *why)
{
	bool any_vrf = strcmp(policy->fvrf, CONFIG_VRF_ANY) == 0, found = !policy->address_count;

	if (!any_vrf && strcmp(policy->fvrf, fvrf) != 0) {
		*why = WHY_FVRF;
		return 0;
	}
	for (unsigned i = 0; i < policy->address_count && !found; i++)
		found = ip_equal(&policy->address[i], local);
	if (!found) {
		*why = WHY_LOCAL_ADDRESS;
		return 0;
	}
	*why = WHY_CHOSEN;
	return 1 + (any_vrf ? 0 : 1) + (policy->address_count ? 2 : 0);
}

const struct config_policy *select_policy(const struct config_view *view, const struct cyg_ip *local,
					  const char *fvrf, struct trace *trace)
{
	const struct config_policy *best = NULL;
	unsigned best_fit = 0;

	/* The default policy stands last and is asked only if no policy of the user matches. */
	for (size_t i = 0; i < view->policy_count; i++) {
		const struct config_policy *policy = view->policies[i];
		bool is_default = strcmp(policy->head.name, "default") == 0;
		enum trace_why why = WHY_NONE;
		unsigned fit;

		if (!policy->proposal_count) {
			trace_add(trace, &policy->head, WHY_INCOMPLETE);
			continue;
		}
		fit = policy_fit(policy, local, fvrf, &why);
		if (why != WHY_CHOSEN)
			trace_add(trace, &policy->head, why);
		if (is_default && best)
			continue;
		if (fit > best_fit) {
			best = policy;
			best_fit = fit;
		}
	}
	/* Those that would serve if they were whole. */
	for (size_t i = 0; i < view->idle_policy_count; i++) {
		const struct config_policy *policy = view->idle_policies[i];
		enum trace_why why = WHY_NONE;

		trace_add(trace, &policy->head, policy_fit(policy, local, fvrf, &why) ? WHY_INCOMPLETE : why);
	}
	if (best)
		trace_add(trace, &best->head, WHY_CHOSEN);
	return best;
}

/* --- Identities --- */

static struct cyg_str id_text(const struct cyg_identity *id)
{
	return cyg_str_n((const char *)id->octets, id->len);
}

bool id_match_holds(const struct id_match *match, const struct cyg_identity *id)
{
	struct cyg_str text = id_text(id), wanted = cyg_str(match->text);
	struct cyg_ip ip;

	switch (match->kind) {
	case ID_MATCH_NONE:
		return false;
	case ID_MATCH_ANY:
		return true;
	case ID_MATCH_ADDRESS:
		return id_address(id, &ip) && ip.family == match->address.ip.family &&
		       cyg_prefix_holds(&match->address, &ip);
	case ID_MATCH_FQDN:
		return id->type == CYG_ID_FQDN && cyg_str_equal_nocase(text, wanted);
	case ID_MATCH_FQDN_DOMAIN:
		return id->type == CYG_ID_FQDN && cyg_str_equal_nocase(id_domain(id), wanted);
	case ID_MATCH_EMAIL:
		return id->type == CYG_ID_RFC822_ADDR && cyg_str_equal_nocase(text, wanted);
	case ID_MATCH_EMAIL_DOMAIN:
		return id->type == CYG_ID_RFC822_ADDR &&
		       cyg_str_equal_nocase(id_domain(id), wanted);
	case ID_MATCH_KEY_ID:
		return (id->type == CYG_ID_KEY_ID || id->type == CYG_ID_GROUP_NAME) &&
		       cyg_str_equal(text, wanted);
	}
	return false;
}

/* --- Profile --- */

bool profile_matches_peer(const struct config_profile *profile, const struct cyg_identity *remote,
			  const struct cyg_cert_info *cert)
{
	if (cert && cert_maps_hold(profile->match_certificate, profile->match_certificate_count, cert))
		return true;
	for (unsigned i = 0; i < profile->match_identity_count; i++) {
		if (id_match_holds(&profile->match_identity[i], remote))
			return true;
	}
	return false;
}

static enum trace_why profile_fit(const struct config_profile *profile, const struct cyg_identity *remote,
				  const struct cyg_cert_info *cert, const struct cyg_ip *local,
				  const char *fvrf)
{
	bool found = !profile->match_address_count, silent;

	if (strcmp(profile->match_fvrf, CONFIG_VRF_ANY) != 0 && strcmp(profile->match_fvrf, fvrf) != 0)
		return WHY_FVRF;
	for (unsigned i = 0; i < profile->match_address_count && !found; i++)
		found = ip_equal(&profile->match_address[i], local);
	if (!found)
		return WHY_LOCAL_ADDRESS;
	silent = !profile->match_identity_count && !profile->match_certificate_count;
	if (silent && profile->head.complete)
		return WHY_NO_MATCH_LINE;
	if (silent || profile_matches_peer(profile, remote, cert)) {
		if (!profile->head.complete)
			return WHY_INCOMPLETE;
		return profile->shutdown ? WHY_SHUTDOWN : WHY_CHOSEN;
	}
	return profile->match_identity_count ? WHY_IDENTITY : WHY_CERTIFICATE;
}

enum cyg_status select_profile(const struct config_view *view, const struct cyg_identity *remote,
			       const struct cyg_cert_info *cert, const struct cyg_ip *local, const char *fvrf,
			       const struct config_profile **out, struct trace *trace)
{
	const struct config_profile *only = NULL;
	bool several = false;

	for (size_t i = 0; i < view->profile_count; i++) {
		const struct config_profile *profile = view->profiles[i];
		enum trace_why why = profile_fit(profile, remote, cert, local, fvrf);

		if (why != WHY_CHOSEN) {
			trace_add(trace, &profile->head, why);
			continue;
		}
		if (only) {
			trace_add(trace, &only->head, WHY_AMBIGUOUS);
			trace_add(trace, &profile->head, WHY_AMBIGUOUS);
			several = true;
			continue;
		}
		only = profile;
	}
	if (several)
		return CYG_REFUSED;
	if (!only) {
		for (size_t i = 0; i < view->idle_profile_count; i++)
			trace_add(trace, &view->idle_profiles[i]->head,
				  profile_fit(view->idle_profiles[i], remote, cert, local, fvrf));
		return CYG_NOT_FOUND;
	}
	trace_add(trace, &only->head, WHY_CHOSEN);
	*out = only;
	return CYG_OK;
}

/* --- Keyring --- */

static const struct cyg_secret *peer_key(const struct config_peer *peer, bool local)
{
	const struct cyg_secret *key = local ? &peer->key_local : &peer->key_remote;

	return key->len ? key : NULL;
}

const struct config_peer *select_peer(const struct config_keyring *keyring,
				      const struct key_wanted *wanted, struct trace *trace)
{
	const struct config_peer *peer = NULL, *others[TRACE_MAX + 1];
	size_t count;

	if (wanted->id)
		peer = keyring_by_identity(keyring, wanted->id);
	else if (wanted->hostname.len)
		peer = keyring_by_hostname(keyring, wanted->hostname);
	if (!peer && wanted->address.family)
		peer = keyring_by_address(keyring, &wanted->address);
	if (!trace)
		return peer;
	/* All of the others are as near as each other: more than a trace holds would not get into it. */
	count = keyring_first(keyring, others, CYG_COUNT(others));
	for (size_t i = 0, told = 0; i < count && told < TRACE_MAX; i++) {
		if (others[i] == peer)
			continue;
		trace_add(trace, &others[i]->head, wanted->id ? WHY_IDENTITY : WHY_ADDRESS);
		told++;
	}
	if (peer)
		trace_add(trace, &peer->head, peer_key(peer, wanted->local) ? WHY_CHOSEN : WHY_NO_KEY);
	return peer;
}

const struct cyg_secret *select_key(const struct config_view *view, const struct config_profile *profile,
				    const struct key_wanted *wanted, const struct config_peer **peer,
				    struct trace *trace)
{
	const struct cyg_secret *own = wanted->local ? &profile->key_local : &profile->key_remote;
	const struct config_keyring *keyring;

	*peer = NULL;
	if (own->len)
		return own;
	keyring = config_view_keyring(view, profile->keyring_name);
	if (!keyring)
		return NULL;
	*peer = select_peer(keyring, wanted, trace);
	return *peer ? peer_key(*peer, wanted->local) : NULL;
}

void select_keys(const struct config_view *view, const struct config_profile *profile, const struct key_wanted *wanted,
		 const struct cyg_secret **local, const struct cyg_secret **remote)
{
	const struct config_keyring *keyring = NULL;
	const struct config_peer *peer = NULL;

	*local = profile->key_local.len ? &profile->key_local : NULL;
	*remote = profile->key_remote.len ? &profile->key_remote : NULL;
	if (!*local || !*remote)
		keyring = config_view_keyring(view, profile->keyring_name);
	if (keyring)
		peer = select_peer(keyring, wanted, NULL);
	if (peer && !*local)
		*local = peer_key(peer, true);
	if (peer && !*remote)
		*remote = peer_key(peer, false);
}

/* --- Lists and interfaces --- */

const struct config_method_list *find_method_list(const struct config_view *view, const char *name)
{
	for (size_t i = 0; i < view->method_list_count; i++) {
		if (strcmp(view->method_lists[i]->head.name, name) == 0)
			return view->method_lists[i];
	}
	return NULL;
}

const struct config_interface *find_interface(const struct config_view *view, const char *name)
{
	for (size_t i = 0; name[0] && i < view->interface_count; i++) {
		if (strcasecmp(view->interfaces[i]->head.name, name) == 0)
			return view->interfaces[i];
	}
	return NULL;
}

struct cyg_ip interface_address(const struct config_view *view, const struct config_interface *interface,
				uint8_t family)
{
	bool v4 = family == CYG_IPV4;
	const struct cyg_prefix *own = v4 ? &interface->address4 : &interface->address6;
	const struct config_interface *lender =
		find_interface(view, v4 ? interface->unnumbered4 : interface->unnumbered6);

	if (own->ip.family == family)
		return own->ip;
	if (lender)
		return v4 ? lender->address4.ip : lender->address6.ip;
	return (struct cyg_ip){ 0 };
}

struct cyg_ip interface_source(const struct config_view *view, const struct config_interface *interface)
{
	const struct config_interface *source;

	if (interface->source.family)
		return interface->source;
	source = find_interface(view, interface->source_interface);
	if (!source)
		return (struct cyg_ip){ 0 };
	if (interface->destination.family == CYG_IPV6)
		return source->address6.ip;
	return source->address4.ip;
}

static bool tunnel_fits(const struct config_view *view, const struct config_interface *tunnel,
			const struct config_profile *profile, const struct cyg_ip *local,
			const struct cyg_ip *remote)
{
	struct cyg_ip source = interface_source(view, tunnel);

	if (tunnel->kind != IF_TUNNEL || tunnel->shutdown || !tunnel->protection)
		return false;
	if (!ip_equal(&tunnel->destination, remote))
		return false;
	if (source.family && !ip_is_any(&source) && !ip_equal(&source, local))
		return false;
	/* `set ikev2-profile` is optional on a responder. */
	return !tunnel->protection->ikev2_profile ||
	       strcmp(tunnel->protection->ikev2_profile->head.name, profile->head.name) == 0;
}

const struct config_interface *select_interface(const struct config_view *view,
						const struct config_profile *profile,
						const struct cyg_ip *local, const struct cyg_ip *remote,
						struct trace *trace)
{
	const struct config_interface *template = NULL;

	for (size_t i = 0; i < view->interface_count; i++) {
		const struct config_interface *interface = view->interfaces[i];

		if (tunnel_fits(view, interface, profile, local, remote)) {
			trace_add(trace, &interface->head, WHY_CHOSEN);
			return interface;
		}
		if (interface->kind == IF_TUNNEL && interface->protection)
			trace_add(trace, &interface->head,
				  interface->shutdown ? WHY_SHUTDOWN : WHY_ADDRESS);
		if (interface->kind != IF_VIRTUAL_TEMPLATE || !profile->virtual_template ||
		    interface->number != profile->virtual_template)
			continue;
		if (!interface->protection)
			trace_add(trace, &interface->head, WHY_INCOMPLETE);
		else if (interface->shutdown)
			trace_add(trace, &interface->head, WHY_SHUTDOWN);
		else
			template = interface;
	}
	if (template)
		trace_add(trace, &template->head, WHY_CHOSEN);
	return template;
}
