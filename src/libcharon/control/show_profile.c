/* SPDX-License-Identifier: MIT */
/* show crypto ikev2 profile. */
#include "control/show_object.h"
#include "control/tables.h"

#include <stdio.h>

static const struct cyg_token_help tokens[] = {
	{ "profile", "IKEv2 profiles" },
	{ "<name>", "Its name" },
	{ 0 },
};

static void match_text(struct cyg_strbuf *out, const struct id_match *match)
{
	char ip[CYG_IP_TEXT];

	switch (match->kind) {
	case ID_MATCH_ADDRESS:
		if (match->address.ip.family == CYG_IPV4) {
			struct cyg_ip mask = cyg_netmask(match->address.len);

			cyg_strbuf_addf(out, "address %s ", cyg_ip_text(&match->address.ip, ip));
			cyg_strbuf_addf(out, "%s", cyg_ip_text(&mask, ip));
		} else {
			cyg_strbuf_addf(out, "address %s/%u", cyg_ip_text(&match->address.ip, ip),
					match->address.len);
		}
		break;
	case ID_MATCH_FQDN:
		cyg_strbuf_addf(out, "fqdn %s", match->text);
		break;
	case ID_MATCH_FQDN_DOMAIN:
		cyg_strbuf_addf(out, "fqdn domain %s", match->text);
		break;
	case ID_MATCH_EMAIL:
		cyg_strbuf_addf(out, "email %s", match->text);
		break;
	case ID_MATCH_EMAIL_DOMAIN:
		cyg_strbuf_addf(out, "email domain %s", match->text);
		break;
	case ID_MATCH_KEY_ID:
		cyg_strbuf_addf(out, "key-id %s", match->text);
		break;
	case ID_MATCH_ANY:
		cyg_strbuf_addf(out, "any");
		break;
	case ID_MATCH_NONE:
		cyg_strbuf_addf(out, "none");
		break;
	}
}

static void local_identity_text(struct cyg_strbuf *out, const struct config_profile *profile)
{
	static const char *const words[] = {
		[ID_LOCAL_DEFAULT] = "none", [ID_LOCAL_ADDRESS] = "address", [ID_LOCAL_DN] = "DN",
		[ID_LOCAL_EMAIL] = "email",  [ID_LOCAL_FQDN] = "fqdn",       [ID_LOCAL_KEY_ID] = "key-id",
	};
	char ip[CYG_IP_TEXT];

	cyg_strbuf_addf(out, "%s", words[profile->id_local_kind]);
	if (profile->id_local_kind == ID_LOCAL_ADDRESS)
		cyg_strbuf_addf(out, " %s", cyg_ip_text(&profile->id_local_address, ip));
	else if (profile->id_local_text[0])
		cyg_strbuf_addf(out, " %s", profile->id_local_text);
}

static void methods_text(struct cyg_strbuf *out, unsigned methods)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = { { AUTH_RSA_SIG, "rsa-sig" }, { AUTH_ECDSA_SIG, "ecdsa-sig" },
		      { AUTH_PRE_SHARE, "pre-share" }, { AUTH_EAP, "eap" },
		      { AUTH_ANYCONNECT_EAP, "anyconnect-eap" } };

	for (size_t i = 0; i < CYG_COUNT(words); i++)
		if (methods & words[i].bit)
			cyg_strbuf_addf(out, "%s%s", out->len ? " " : "", words[i].word);
	if (out->len == 0)
		cyg_strbuf_addf(out, "none");
}

static const char *or_none(const char *name)
{
	return name[0] ? name : "none";
}

static const char *const whom[CONFIG_FOR_COUNT] = { "psk", "cert", "eap", "anyconnect-eap" };

static void accounting_text(struct cyg_exec *exec, const struct config_profile *profile)
{
	bool any = false;

	for (unsigned i = 0; i < CONFIG_FOR_COUNT; i++) {
		if (!profile->accounting[i][0])
			continue;
		any = true;
		cyg_exec_printf(exec, " AAA Accounting: %s %s\n", whom[i], profile->accounting[i]);
	}
	if (!any)
		cyg_exec_printf(exec, " AAA Accounting: none\n");
}

static json_t *accounting_json(const struct config_profile *profile)
{
	json_t *lists = json_object();

	for (unsigned i = 0; i < CONFIG_FOR_COUNT; i++) {
		if (profile->accounting[i][0])
			put_text(&lists, whom[i], profile->accounting[i]);
	}
	return lists;
}

static json_t *authorization_json(const struct config_authz_use *uses)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < CONFIG_FOR_COUNT; i++) {
		json_t *one;

		if (!uses[i].set)
			continue;
		one = json_object();
		put_flag(&one, "cached", uses[i].cached);
		put_flag(&one, "override", uses[i].override);
		put_text(&one, "list", uses[i].list);
		put_text(&one, "name", uses[i].name);
		put_text(&one, "name_mangler", uses[i].mangler);
		put_json(&all, whom[i], one);
	}
	return all;
}

static void authorization_text(struct cyg_exec *exec, const char *label, const struct config_authz_use *uses)
{
	bool any = false;

	for (unsigned i = 0; i < CONFIG_FOR_COUNT; i++) {
		const struct config_authz_use *use = &uses[i];

		if (!use->set)
			continue;
		any = true;
		cyg_exec_printf(exec, " %s: %s%s", label, whom[i], use->override ? " override" : "");
		if (use->cached)
			cyg_exec_printf(exec, " cached");
		if (use->list[0])
			cyg_exec_printf(exec, " list %s", use->list);
		if (use->name[0])
			cyg_exec_printf(exec, " %s", use->name);
		if (use->mangler[0])
			cyg_exec_printf(exec, " name-mangler %s", use->mangler);
		cyg_exec_printf(exec, "\n");
	}
	if (!any)
		cyg_exec_printf(exec, " %s: none\n", label);
}

/* What a session of this profile works with: its own line, else the global one. */
static const struct config_dpd *dpd_of(const struct cyg_exec *exec, const struct config_profile *profile, bool *global)
{
	const struct daemon *daemon = exec->ctx;
	const struct config_global *all = config_view(daemon->config)->global;

	*global = !profile->dpd.set && all && all->dpd.set;
	return *global ? &all->dpd : &profile->dpd;
}

static uint32_t keepalive_of(const struct cyg_exec *exec, const struct config_profile *profile, bool *global)
{
	const struct daemon *daemon = exec->ctx;
	const struct config_global *all = config_view(daemon->config)->global;

	*global = !profile->nat_keepalive_s && all && all->nat_keepalive_s;
	return *global ? all->nat_keepalive_s : profile->nat_keepalive_s;
}

static void timers_text(struct cyg_exec *exec, const struct config_profile *profile)
{
	bool global;
	const struct config_dpd *dpd = dpd_of(exec, profile, &global);
	uint32_t keepalive_s;

	if (dpd->set)
		cyg_exec_printf(exec, " DPD: interval %u, retry-interval %u, %s%s\n", dpd->interval_s, dpd->retry_s,
				dpd->periodic ? "periodic" : "on-demand", global ? " (global)" : "");
	else
		cyg_exec_printf(exec, " DPD: disabled\n");
	keepalive_s = keepalive_of(exec, profile, &global);
	if (keepalive_s)
		cyg_exec_printf(exec, " NAT-keepalive: %u seconds%s\n", keepalive_s, global ? " (global)" : "");
	else
		cyg_exec_printf(exec, " NAT-keepalive: disabled\n");
}

static void trustpoints_text(struct cyg_exec *exec, const struct config_profile *profile)
{
	cyg_exec_printf(exec, " Trustpoint(s): %s", profile->trustpoint_count ? "" : "none");
	for (unsigned i = 0; i < profile->trustpoint_count; i++) {
		const struct config_trustpoint_use *use = &profile->trustpoint[i];

		cyg_exec_printf(exec, "%s%s%s", i ? ", " : "", use->name,
				!use->verify ? " (sign)" : !use->sign ? " (verify)" : "");
	}
	cyg_exec_printf(exec, "\n");
}

static void maps_text(struct cyg_exec *exec, const struct config_profile *profile)
{
	cyg_exec_printf(exec, "  Certificate maps: %s\n", profile->match_certificate_count ? "" : "none");
	for (unsigned i = 0; i < profile->match_certificate_count; i++)
		cyg_exec_printf(exec, "   %s\n", profile->match_certificate[i].name);
}

static void profile_text(struct cyg_exec *exec, const struct config_profile *profile)
{
	char local_id[320], local_method[64], remote_methods[96], ip[CYG_IP_TEXT];
	struct cyg_strbuf id = CYG_STRBUF(local_id), local = CYG_STRBUF(local_method),
			  remote = CYG_STRBUF(remote_methods);

	local_identity_text(&id, profile);
	methods_text(&local, profile->auth_local);
	methods_text(&remote, profile->auth_remote);
	cyg_exec_printf(exec, "IKEv2 profile: %s\n", profile->head.name);
	show_head(exec, &profile->head);
	cyg_exec_printf(exec, " Shutdown : %s\n", profile->shutdown ? "Yes" : "No");
	cyg_exec_printf(exec, " Ref Count: %u\n", config_object_refs(profile));
	cyg_exec_printf(exec, " Match criteria: \n");
	cyg_exec_printf(exec, "  Fvrf: %s\n", profile->match_fvrf[0] ? profile->match_fvrf : "global");
	cyg_exec_printf(exec, "  Local address/interface: %s\n", profile->match_address_count ? "" : "none");
	for (unsigned i = 0; i < profile->match_address_count; i++)
		cyg_exec_printf(exec, "   %s\n", cyg_ip_text(&profile->match_address[i], ip));
	cyg_exec_printf(exec, "  Identities: %s\n", profile->match_identity_count ? "" : "none");
	for (unsigned i = 0; i < profile->match_identity_count; i++) {
		char match[320];
		struct cyg_strbuf text = CYG_STRBUF(match);

		match_text(&text, &profile->match_identity[i]);
		cyg_exec_printf(exec, "   %s\n", match);
	}
	maps_text(exec, profile);
	cyg_exec_printf(exec, " Local identity: %s\n", local_id);
	cyg_exec_printf(exec, " Remote identity: none\n");
	cyg_exec_printf(exec, " Local authentication method: %s\n", local_method);
	cyg_exec_printf(exec, " Remote authentication method(s): %s\n", remote_methods);
	if (profile->auth_remote & AUTH_EAP)
		cyg_exec_printf(exec, " EAP options: %stimeout %u\n",
				profile->eap_query_identity ? "query-identity, " : "", profile->eap_timeout_s);
	else
		cyg_exec_printf(exec, " EAP options: none\n");
	if (profile->keyring_aaa)
		cyg_exec_printf(exec, " Keyring: aaa %s%s%s\n", profile->keyring_list,
				profile->keyring_mangler[0] ? " name-mangler " : "", profile->keyring_mangler);
	else
		cyg_exec_printf(exec, " Keyring: %s\n", or_none(profile->keyring_name));
	trustpoints_text(exec, profile);
	cyg_exec_printf(exec, " Lifetime: %u seconds\n", profile->lifetime_s);
	timers_text(exec, profile);
	cyg_exec_printf(exec, " Ivrf: %s\n", or_none(profile->ivrf));
	if (profile->virtual_template)
		cyg_exec_printf(exec, " Virtual-template: %u\n", profile->virtual_template);
	else
		cyg_exec_printf(exec, " Virtual-template: none\n");
	cyg_exec_printf(exec, " mode auto: %s\n", profile->mode_auto ? "Enabled" : "none");
	cyg_exec_printf(exec, " AAA AnyConnect EAP authentication mlist: %s\n", or_none(profile->anyconnect_list));
	cyg_exec_printf(exec, " AAA EAP authentication mlist: %s\n", or_none(profile->eap_list));
	cyg_exec_printf(exec, " AAA authentication mlist: none\n");
	accounting_text(exec, profile);
	authorization_text(exec, "AAA group authorization", profile->group);
	authorization_text(exec, "AAA user authorization", profile->user);
}

static json_t *matches_json(const struct config_profile *profile)
{
	json_t *matches = json_array();

	for (unsigned i = 0; i < profile->match_identity_count; i++) {
		char match[320];
		struct cyg_strbuf text = CYG_STRBUF(match);

		match_text(&text, &profile->match_identity[i]);
		put_word(&matches, match);
	}
	return matches;
}

static json_t *addresses_json(const struct config_profile *profile)
{
	json_t *addresses = json_array();
	char ip[CYG_IP_TEXT];

	for (unsigned i = 0; i < profile->match_address_count; i++)
		put_word(&addresses, cyg_ip_text(&profile->match_address[i], ip));
	return addresses;
}

static json_t *maps_json(const struct config_profile *profile)
{
	json_t *maps = json_array();

	for (unsigned i = 0; i < profile->match_certificate_count; i++)
		put_word(&maps, profile->match_certificate[i].name);
	return maps;
}

static json_t *trustpoints_json(const struct config_profile *profile)
{
	json_t *points = json_array();

	for (unsigned i = 0; points && i < profile->trustpoint_count; i++) {
		const struct config_trustpoint_use *use = &profile->trustpoint[i];
		json_t *point = json_object();

		put_text(&point, "name", use->name);
		put_flag(&point, "sign", use->sign);
		put_flag(&point, "verify", use->verify);
		if (json_array_append_new(points, point)) {
			json_decref(points);
			points = NULL;
		}
	}
	return points;
}

static void put_timers(const struct cyg_exec *exec, json_t **row, const struct config_profile *profile)
{
	bool global;
	const struct config_dpd *dpd = dpd_of(exec, profile, &global);

	put_number(row, "dpd_interval", dpd->set ? dpd->interval_s : 0);
	put_number(row, "dpd_retry", dpd->set ? dpd->retry_s : 0);
	put_flag(row, "dpd_periodic", dpd->set && dpd->periodic);
	put_number(row, "nat_keepalive", keepalive_of(exec, profile, &global));
}

static void show_profile(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	const struct config_profile *profile = object;
	char local_id[320], local_method[64], remote_methods[96];
	struct cyg_strbuf id = CYG_STRBUF(local_id), local = CYG_STRBUF(local_method),
			  remote = CYG_STRBUF(remote_methods);
	json_t *row;

	if (!cyg_exec_json(exec)) {
		profile_text(exec, profile);
		return;
	}
	local_identity_text(&id, profile);
	methods_text(&local, profile->auth_local);
	methods_text(&remote, profile->auth_remote);
	row = json_object();
	put_head(&row, &profile->head);
	put_flag(&row, "shutdown", profile->shutdown);
	put_number(&row, "ref_count", config_object_refs(profile));
	put_text(&row, "fvrf", profile->match_fvrf[0] ? profile->match_fvrf : "global");
	put_json(&row, "local_addresses", addresses_json(profile));
	put_json(&row, "identities", matches_json(profile));
	put_json(&row, "certificate_maps", maps_json(profile));
	put_text(&row, "local_identity", local_id);
	put_text(&row, "local_authentication", local_method);
	put_text(&row, "remote_authentication", remote_methods);
	put_flag(&row, "eap_query_identity", profile->eap_query_identity);
	put_number(&row, "eap_timeout", profile->auth_remote & AUTH_EAP ? profile->eap_timeout_s : 0);
	put_text(&row, "keyring", profile->keyring_name);
	put_json(&row, "trustpoints", trustpoints_json(profile));
	put_number(&row, "lifetime", profile->lifetime_s);
	put_timers(exec, &row, profile);
	put_number(&row, "virtual_template", profile->virtual_template);
	put_flag(&row, "mode_auto", profile->mode_auto);
	put_text(&row, "ivrf", profile->ivrf);
	put_text(&row, "keyring_aaa", profile->keyring_list);
	put_text(&row, "eap_list", profile->eap_list);
	put_text(&row, "anyconnect_eap_list", profile->anyconnect_list);
	put_json(&row, "accounting", accounting_json(profile));
	put_json(&row, "user_authorization", authorization_json(profile->user));
	put_json(&row, "group_authorization", authorization_json(profile->group));
	cyg_exec_row(exec, row);
}

static enum cyg_status run_profile(struct cyg_exec *exec, const struct cyg_args *args)
{
	return show_each(exec, args, MODE_PROFILE, "IKEv2 profile", show_profile);
}

static const struct cyg_command commands[] = {
	{ .mode = "exec",
	  .syntax = "show crypto ikev2 profile [<name:ref(ikev2-profile)>]",
	  .help = "Shows IKEv2 profiles.",
	  .tokens = tokens,
	  .run = run_profile },
	{ 0 },
};

const struct cyg_command_table control_profile_commands = { .commands = commands };
