/* SPDX-License-Identifier: MIT */
/*
 * IKEv2 profiles.
 */
#include "config/building.h"
#include "config/core.h"

#include <cygnet/eap.h>

#include <stdio.h>
#include <stdlib.h>

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

/* Modes of other tables that lines of a profile refer to. */
#define REF_VRF	       "ref(vrf)"
#define REF_CERT_MAP   "ref(" MODE_CERT_MAP ")"
#define REF_TRUSTPOINT "ref(" MODE_TRUSTPOINT ")"
#define REF_MANGLER    "ref(ikev2-name-mangler)"
#define REF_AUTHEN     "ref(aaa-authentication-login)"
#define REF_AUTHOR     "ref(" MODE_AAA_AUTHORIZATION ")"
#define REF_ACCOUNT    "ref(aaa-accounting-network)"

static void profile_init(void *object, struct cyg_str name)
{
	struct config_profile *p = object;

	core_init(object, name);
	p->lifetime_s = 86400;
	p->config_request = p->config_set_accept = p->config_set_send = true;
}

static bool room(struct cyg_build *build, unsigned count)
{
	if (count < CONFIG_MATCH_MAX)
		return true;
	cyg_build_error(build, "range", "a profile has at most %d of these lines",
			CONFIG_MATCH_MAX);
	return false;
}

/* A line that `dynamic` excludes. */
static void note_static(struct cyg_build *build, struct config_profile *p)
{
	const char *place = cyg_build_place(build);

	if (!p->static_place || core_earlier(place, p->static_place))
		p->static_place = place;
}

APPLY(apply_match_identity)
{
	struct config_profile *p = object;

	note_static(build, p);
	if (room(build, p->match_identity_count))
		core_id_match(build, args, &p->match_identity[p->match_identity_count++]);
	return CYG_OK;
}

APPLY(apply_match_certificate)
{
	struct config_profile *p = object;

	return core_take_map(build, args, p->match_certificate, &p->match_certificate_count);
}

APPLY(apply_match_fvrf)
{
	struct config_profile *p = object;

	if (cyg_args_has(args, "any"))
		snprintf(p->match_fvrf, sizeof(p->match_fvrf), "%s", CONFIG_VRF_ANY);
	else
		core_text(build, args, "vrf", p->match_fvrf, sizeof(p->match_fvrf));
	return CYG_OK;
}

APPLY(apply_match_address)
{
	struct config_profile *p = object;

	if (!room(build, p->match_address_count))
		return CYG_OK;
	if (cyg_args_has(args, "host")) {
		p->match_address[p->match_address_count++] = cyg_args_ip(args, "host");
		return CYG_OK;
	}
	/* Both addresses of the interface. */
	const struct config_interface *on =
		cyg_build_object(build, MODE_INTERFACE, cyg_args_text(args, "on"));

	p->match_interface = true;
	if (on && cyg_ip_is_set(&on->address4.ip))
		p->match_address[p->match_address_count++] = on->address4.ip;
	if (on && cyg_ip_is_set(&on->address6.ip) && room(build, p->match_address_count))
		p->match_address[p->match_address_count++] = on->address6.ip;
	return CYG_OK;
}

APPLY(apply_identity)
{
	struct config_profile *p = object;

	note_static(build, p);
	if (cyg_args_has(args, "dn")) {
		p->id_local_kind = ID_LOCAL_DN;
		return CYG_OK;
	}
	if (cyg_args_has(args, "address")) {
		p->id_local_kind = ID_LOCAL_ADDRESS;
		p->id_local_address = cyg_args_ip(args, "host");
		return CYG_OK;
	}
	core_text(build, args, "text", p->id_local_text, sizeof(p->id_local_text));
	p->id_local_kind = cyg_args_has(args, "email")	? ID_LOCAL_EMAIL
			   : cyg_args_has(args, "fqdn") ? ID_LOCAL_FQDN
							: ID_LOCAL_KEY_ID;
	return CYG_OK;
}

static enum auth_kind auth_of(const struct cyg_args *args)
{
	if (cyg_args_has(args, "rsa-sig"))
		return AUTH_RSA_SIG;
	if (cyg_args_has(args, "ecdsa-sig"))
		return AUTH_ECDSA_SIG;
	if (cyg_args_has(args, "pre-share"))
		return AUTH_PRE_SHARE;
	return cyg_args_has(args, "eap") ? AUTH_EAP : AUTH_ANYCONNECT_EAP;
}

static enum cyg_status read_key(struct config_profile *p, const struct cyg_args *args,
				struct cyg_secret *out)
{
	enum cyg_status status;

	if (!cyg_args_has(args, "secret"))
		return CYG_OK;
	cyg_secret_done(out);
	status = cyg_args_secret(args, "secret", out);
	if (status != CYG_NOT_FOUND)
		return status == CYG_OK ? CYG_OK : CYG_NOMEM;
	p->key_sealed = cyg_args_sealed(args);
	return CYG_OK;
}

/* The word that names a method, as its EAP type; 0: none is named. */
static uint8_t eap_type_of(const struct cyg_args *args)
{
	static const struct { const char *word; uint8_t type; } types[] = {
		{ "gtc", CYG_EAP_GTC }, { "md5", CYG_EAP_MD5 },
		{ "mschapv2", CYG_EAP_MSCHAPV2 }, { "ms-chapv2", CYG_EAP_MSCHAPV2 },
	};

	for (size_t i = 0; i < CYG_COUNT(types); i++) {
		if (cyg_args_has(args, types[i].word))
			return types[i].type;
	}
	return 0;
}

APPLY(apply_auth_local)
{
	struct config_profile *p = object;

	note_static(build, p);
	p->auth_local = auth_of(args);
	if (p->auth_local == AUTH_PRE_SHARE)
		return read_key(p, args, &p->key_local);
	if (p->auth_local != AUTH_EAP)
		return CYG_OK;
	p->eap_type = eap_type_of(args);
	core_text(build, args, "user", p->eap_username, sizeof(p->eap_username));
	return read_key(p, args, &p->eap_password);
}

APPLY(apply_auth_remote)
{
	struct config_profile *p = object;
	enum auth_kind kind = auth_of(args);

	note_static(build, p);
	p->auth_remote |= kind;
	if (kind == AUTH_EAP) {
		p->eap_query_identity = cyg_args_has(args, "query-identity");
		p->eap_timeout_s = (uint32_t)cyg_args_uint(args, "timeout", 90);
	}
	return kind == AUTH_PRE_SHARE ? read_key(p, args, &p->key_remote) : CYG_OK;
}

APPLY(apply_keyring)
{
	struct config_profile *p = object;

	if (!cyg_args_has(args, "local")) {
		const struct config_method_list *list =
			cyg_build_object(build, MODE_AAA_AUTHORIZATION, cyg_args_text(args, "methods"));
		bool servers = !list;

		for (unsigned i = 0; list && i < list->count; i++)
			servers |= !list->method[i].local;
		if (!servers) {
			cyg_build_at(build, args, "methods", 0);
			cyg_build_warning(build, "unsuitable",
					  "keys come from servers alone, and this list names none: add `group radius`");
		}
		p->keyring_aaa = true;
		core_text(build, args, "methods", p->keyring_list, sizeof(p->keyring_list));
		core_text(build, args, "mangler", p->keyring_mangler, sizeof(p->keyring_mangler));
		return CYG_OK;
	}
	core_text(build, args, "keyring", p->keyring_name, sizeof(p->keyring_name));
	p->keyring_usable = build_usable(build, MODE_KEYRING, cyg_args_text(args, "keyring"));
	return CYG_OK;
}

APPLY(apply_trustpoint)
{
	struct config_profile *p = object;
	struct config_trustpoint_use *use = &p->trustpoint[p->trustpoint_count];

	if (p->trustpoint_count == CONFIG_TRUSTPOINTS_MAX) {
		cyg_build_error(build, "range", "a profile has at most %d trustpoints",
				CONFIG_TRUSTPOINTS_MAX);
		return CYG_OK;
	}
	p->trustpoint_count++;
	core_text(build, args, "trustpoint", use->name, sizeof(use->name));
	use->trustpoint = cyg_build_object(build, MODE_TRUSTPOINT, cyg_args_text(args, "trustpoint"));
	use->sign = !cyg_args_has(args, "verify");
	use->verify = !cyg_args_has(args, "sign");
	return CYG_OK;
}

APPLY(apply_authentication)
{
	struct config_profile *p = object;

	if (cyg_args_has(args, "eap")) {
		core_text(build, args, "methods", p->eap_list, sizeof(p->eap_list));
		p->eap_methods = cyg_build_object(build, MODE_AAA_AUTHENTICATION, cyg_args_text(args, "methods"));
		return CYG_OK;
	}
	core_text(build, args, "methods", p->anyconnect_list, sizeof(p->anyconnect_list));
	return CYG_OK;
}

APPLY(apply_ivrf)
{
	struct config_profile *p = object;

	core_text(build, args, "vrf", p->ivrf, sizeof(p->ivrf));
	return CYG_OK;
}

/* Without a word the list is for all kinds of peers that have none of their own. */
APPLY(apply_accounting)
{
	static const char *const words[CONFIG_FOR_COUNT] = {
		[FOR_PSK] = "psk", [FOR_CERT] = "cert", [FOR_EAP] = "eap", [FOR_ANYCONNECT] = "anyconnect-eap",
	};
	struct config_profile *p = object;
	bool named = false;

	for (size_t i = 0; i < CONFIG_FOR_COUNT; i++)
		named |= cyg_args_has(args, words[i]);
	for (size_t i = 0; i < CONFIG_FOR_COUNT; i++) {
		if (named ? cyg_args_has(args, words[i]) : !p->accounting[i][0])
			core_text(build, args, "methods", p->accounting[i], sizeof(p->accounting[i]));
	}
	return CYG_OK;
}

static enum config_for for_whom(const struct cyg_args *args)
{
	return cyg_args_has(args, "psk")    ? FOR_PSK
	       : cyg_args_has(args, "cert") ? FOR_CERT
	       : cyg_args_has(args, "eap")  ? FOR_EAP
					    : FOR_ANYCONNECT;
}

APPLY(apply_authorization)
{
	struct config_profile *p = object;
	struct config_authz_use *use =
		&(cyg_args_has(args, "user") ? p->user : p->group)[for_whom(args)];
	const struct config_method_list *list;

	use->set = true;
	core_place(build, use->place);
	if (cyg_args_has(args, "cached")) {
		use->cached = true;
		return CYG_OK;
	}
	use->override = cyg_args_has(args, "override");
	core_text(build, args, "methods", use->list, sizeof(use->list));
	core_text(build, args, "policy", use->name, sizeof(use->name));
	core_text(build, args, "mangler", use->mangler, sizeof(use->mangler));
	/* The name in a list that asks us is that of an authorization policy. */
	list = cyg_build_object(build, MODE_AAA_AUTHORIZATION, cyg_args_text(args, "methods"));
	if (list && list->count && list->method[0].local && use->name[0]) {
		cyg_build_at(build, args, "policy", 0);
		(void)cyg_build_refer(build, MODE_AUTHZ_POLICY, cyg_args_text(args, "policy"));
	}
	return CYG_OK;
}

APPLY(apply_config_exchange)
{
	struct config_profile *p = object;
	bool on = !cyg_args_no(args);

	(void)build;
	if (cyg_args_has(args, "request"))
		p->config_request = on;
	else if (cyg_args_has(args, "accept"))
		p->config_set_accept = on;
	else
		p->config_set_send = on;
	return CYG_OK;
}

APPLY(apply_dpd)
{
	struct config_profile *p = object;

	(void)build;
	p->dpd = (struct config_dpd){
		.set = true,
		.interval_s = (uint32_t)cyg_args_uint(args, "interval", 0),
		.retry_s = (uint32_t)cyg_args_uint(args, "retry", 0),
		.periodic = cyg_args_has(args, "periodic"),
	};
	return CYG_OK;
}

APPLY(apply_number)
{
	struct config_profile *p = object;

	(void)build;
	if (cyg_args_has(args, "lifetime"))
		p->lifetime_s = (uint32_t)cyg_args_uint(args, "seconds", 86400);
	else
		p->nat_keepalive_s = (uint32_t)cyg_args_uint(args, "seconds", 0);
	return CYG_OK;
}

APPLY(apply_switch)
{
	struct config_profile *p = object;

	if (cyg_args_has(args, "shutdown"))
		p->shutdown = true;
	else if (cyg_args_has(args, "initial-contact"))
		p->initial_contact_force = true;
	else if (cyg_args_has(args, "force-encap"))
		p->force_encap = true;
	else if (cyg_args_has(args, "childless"))
		p->childless = true;
	else
		p->dynamic_place = cyg_build_place(build);
	p->dynamic = p->dynamic_place != NULL;
	return CYG_OK;
}

APPLY(apply_template)
{
	struct config_profile *p = object;
	char name[CONFIG_NAME_MAX];

	p->virtual_template = (uint32_t)cyg_args_uint(args, "number", 0);
	p->mode_auto = cyg_args_has(args, "auto");
	snprintf(name, sizeof(name), "Virtual-Template%u", p->virtual_template);
	cyg_build_at(build, args, "number", 0);
	(void)cyg_build_refer(build, MODE_INTERFACE, cyg_str(name));
	return CYG_OK;
}

/* --- The whole profile --- */

#define SIGNATURES ((unsigned)AUTH_RSA_SIG | (unsigned)AUTH_ECDSA_SIG)

static void lacks(const struct config_profile *p, struct cyg_strbuf *missing)
{
	unsigned all = p->auth_remote | p->auth_local;
	bool needs_key = (p->auth_local == AUTH_PRE_SHARE && !p->key_local.len) ||
			 ((p->auth_remote & AUTH_PRE_SHARE) && !p->key_remote.len);

	if (!p->match_identity_count && !p->match_certificate_count)
		core_lacks(missing, "`match identity remote` or `match certificate`");
	if (p->auth_local == AUTH_NONE)
		core_lacks(missing, "`authentication local`");
	if (!p->auth_remote)
		core_lacks(missing, "`authentication remote`");
	if (p->key_sealed)
		core_lacks(missing, p->key_sealed);
	else if (needs_key && !p->keyring_name[0] && !p->keyring_aaa)
		core_lacks(missing, "`keyring local`");
	if ((all & SIGNATURES) && !p->trustpoint_count)
		core_lacks(missing, "`pki trustpoint`");
	if ((p->auth_remote & AUTH_EAP) && !p->eap_list[0])
		core_lacks(missing, "`aaa authentication eap`");
	if ((p->auth_remote & AUTH_ANYCONNECT_EAP) && !p->anyconnect_list[0])
		core_lacks(missing, "`aaa authentication anyconnect-eap`");
}

static const char *unusable(const struct config_profile *p)
{
	bool signs = false, verifies = false;

	for (unsigned i = 0; i < p->trustpoint_count; i++) {
		if (!p->trustpoint[i].trustpoint)
			return "one of its trustpoints does not exist";
		signs |= p->trustpoint[i].sign;
		verifies |= p->trustpoint[i].verify;
	}
	if (((unsigned)p->auth_local & SIGNATURES) && p->trustpoint_count && !signs)
		return "none of its trustpoints may sign";
	if ((p->auth_remote & SIGNATURES) && p->trustpoint_count && !verifies)
		return "none of its trustpoints may verify";
	if (p->keyring_name[0] && !p->keyring_usable)
		return "its keyring does not exist";
	if (p->match_interface && !p->match_address_count)
		return "the interface of `match address local` has no address here";
	if ((p->auth_remote & AUTH_EAP) && p->eap_list[0] && !p->eap_methods)
		return "its list of `aaa authentication eap` does not exist";
	if (p->auth_remote & AUTH_ANYCONNECT_EAP)
		return "AnyConnect-EAP is not supported so far";
	if (p->keyring_aaa)
		return "keys from AAA are not supported so far";
	return "";
}

/* Static lines and `dynamic` exclude each other: the later one is wrong. */
static bool conflicts(struct cyg_build *build, const struct config_profile *p)
{
	if (!p->dynamic_place || !p->static_place)
		return false;
	cyg_build_at_place(build, core_earlier(p->static_place, p->dynamic_place)
					  ? p->dynamic_place
					  : p->static_place);
	cyg_build_error(
		build, "conflict",
		"`dynamic` excludes `authentication`, `identity local` and `match identity`");
	return true;
}

static void check_profile(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_profile *p = object;
	char text[240];
	struct cyg_strbuf missing = CYG_STRBUF(text);

	(void)name;
	if (conflicts(build, p))
		return;
	if ((p->auth_remote & AUTH_EAP) && p->auth_local != AUTH_NONE &&
	    !((unsigned)p->auth_local & SIGNATURES)) {
		cyg_build_error(
			build, "conflict",
			"`authentication remote eap` needs `authentication local rsa-sig` or "
			"`ecdsa-sig`");
		return;
	}
	if (!p->shutdown && !p->dynamic)
		lacks(p, &missing);
	core_finish(build, &p->head, text,
		    p->dynamic ? "`dynamic` is not supported so far" : unusable(p));
}

static void done_profile(void *object)
{
	struct config_profile *p = object;

	cyg_secret_done(&p->key_local);
	cyg_secret_done(&p->key_remote);
	cyg_secret_done(&p->eap_password);
	core_free_maps(p->match_certificate, p->match_certificate_count);
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_PROFILE, .parent = MODE_GLOBAL, .prompt = "config-ikev2-profile",
	  .what = "IKEv2 profile", .object_size = sizeof(struct config_profile), .init = profile_init,
	  .check = check_profile, .done = done_profile },
	{ 0 },
};

#define WHO_MAY "[name-mangler <mangler:" REF_MANGLER "> | <policy:name>]"
#define WHO     "{name-mangler <mangler:" REF_MANGLER "> | <policy:name>}"
#define AUTHORIZATION(syntax_) \
	{ MODE_PROFILE, "aaa authorization " syntax_, "Says what such a peer may have.", \
	  .apply = apply_authorization }
#define USER(kind_) \
	AUTHORIZATION("user " kind_ " cached"), \
	AUTHORIZATION("user " kind_ " list <methods:" REF_AUTHOR "> " WHO_MAY " [password <secret:secret>]")
#define GROUP(kind_) \
	AUTHORIZATION("group [override] " kind_ " list <methods:" REF_AUTHOR "> " WHO_MAY)

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "crypto ikev2 profile <name:name>", "Opens a profile of peers.",
	  .enters = MODE_PROFILE },
	{ MODE_PROFILE, "description <text:line>", "Says what it is for." },
	{ MODE_PROFILE, "match fvrf {any | <vrf:" REF_VRF ">}", "Serves this VRF of outer packets.",
	  .apply = apply_match_fvrf },
	{ MODE_PROFILE, "match address local {<host:ip> | interface <on:ref(" MODE_INTERFACE ")>}",
	  "Serves this local address.", .flags = CYG_CMD_LIST, .apply = apply_match_address },
	{ MODE_PROFILE,
	  "match identity remote {address <host:ip4> [<mask:mask>] | address <address6:prefix6> | "
	  "fqdn [domain] <text:word> | email [domain] <text:word> | key-id <text:word> | any}",
	  "Serves peers of this identity.", .flags = CYG_CMD_LIST, .apply = apply_match_identity },
	{ MODE_PROFILE, "match certificate <map:" REF_CERT_MAP ">", "Serves peers of these certificates.",
	  .flags = CYG_CMD_LIST, .apply = apply_match_certificate },
	{ MODE_PROFILE,
	  "identity local {address <host:ip> | dn | email <text:word> | fqdn <text:word> | "
	  "key-id <text:word>}",
	  "Sets how we identify.", .apply = apply_identity },
	{ MODE_PROFILE,
	  "authentication local {rsa-sig | ecdsa-sig | pre-share [key <secret:secret>] | eap "
	  "[gtc | md5 | mschapv2 | ms-chapv2] [username <user:word>] [password <secret:secret>]}",
	  "Sets how we prove ourselves.", .apply = apply_auth_local },
	{ MODE_PROFILE, "authentication remote rsa-sig", "Takes RSA signatures.",
	  .apply = apply_auth_remote },
	{ MODE_PROFILE, "authentication remote ecdsa-sig", "Takes ECDSA signatures.",
	  .apply = apply_auth_remote },
	{ MODE_PROFILE, "authentication remote pre-share [key <secret:secret>]",
	  "Takes pre-shared keys.", .apply = apply_auth_remote },
	{ MODE_PROFILE, "authentication remote eap [query-identity] [timeout <timeout:uint(45-180)>]",
	  "Takes EAP.", .apply = apply_auth_remote },
	{ MODE_PROFILE, "authentication remote anyconnect-eap aggregate [cert-request]",
	  "Takes AnyConnect-EAP.", .apply = apply_auth_remote },
	{ MODE_PROFILE,
	  "keyring {local <keyring:ref(" MODE_KEYRING ")> | aaa <methods:" REF_AUTHOR "> "
	  "[name-mangler <mangler:" REF_MANGLER ">] [password <secret:secret>]}",
	  "Says where pre-shared keys are.", .apply = apply_keyring },
	{ MODE_PROFILE, "keyring <keyring:name>", "", .flags = CYG_CMD_WEAK,
	  .spelling = "keyring local <keyring>" },
	{ MODE_PROFILE, "keyring ppk <ppk:ref(" MODE_KEYRING ")>", "Says where post-quantum keys are.",
	  .flags = CYG_CMD_IDLE },
	{ MODE_PROFILE, "pki trustpoint <trustpoint:" REF_TRUSTPOINT "> [sign | verify]",
	  "Names a trustpoint.", .flags = CYG_CMD_LIST, .apply = apply_trustpoint },
	{ MODE_PROFILE, "aaa authentication eap <methods:" REF_AUTHEN ">", "Says who checks EAP.",
	  .apply = apply_authentication },
	{ MODE_PROFILE, "aaa authentication anyconnect-eap <methods:" REF_AUTHEN ">",
	  "Says who checks AnyConnect-EAP.", .apply = apply_authentication },
	USER("psk"), USER("eap"), USER("anyconnect-eap"),
	AUTHORIZATION("user cert list <methods:" REF_AUTHOR "> " WHO " [password <secret:secret>]"),
	GROUP("psk"), GROUP("eap"), GROUP("anyconnect-eap"),
	AUTHORIZATION("group [override] cert list <methods:" REF_AUTHOR "> " WHO),
	{ MODE_PROFILE, "aaa accounting [psk | cert | eap | anyconnect-eap] <methods:" REF_ACCOUNT ">",
	  "Says who is told about sessions.", .flags = CYG_CMD_LIST | CYG_CMD_IDLE, .apply = apply_accounting },
	{ MODE_PROFILE, "config-exchange request", "Asks the peer for configuration, such as an address, when we call.",
	  .def = "config-exchange request", .flags = CYG_CMD_NO_SHOWN, .apply = apply_config_exchange },
	{ MODE_PROFILE, "config-exchange set accept", "Takes configuration that is sent unasked.",
	  .def = "config-exchange set accept", .flags = CYG_CMD_NO_SHOWN | CYG_CMD_IDLE,
	  .apply = apply_config_exchange },
	{ MODE_PROFILE, "config-exchange set send", "Sends configuration unasked.",
	  .def = "config-exchange set send", .flags = CYG_CMD_NO_SHOWN | CYG_CMD_IDLE, .apply = apply_config_exchange },
	{ MODE_PROFILE, "config-mode set", "", .flags = CYG_CMD_WEAK,
	  .spelling = "config-exchange set send" },
	{ MODE_PROFILE, "dpd <interval:uint(10-3600)> <retry:uint(2-60)> {on-demand | periodic}",
	  "Finds out whether a silent peer is alive.", .apply = apply_dpd },
	{ MODE_PROFILE, "nat keepalive <seconds:uint(5-3600)>", "Keeps a NAT's memory fresh.",
	  .apply = apply_number },
	{ MODE_PROFILE, "nat force-encap", "Encapsulates ESP in UDP always, when we begin.", .apply = apply_switch },
	{ MODE_PROFILE, "lifetime {<seconds:uint(120-86400)> | certificate}", "Rekeys before this time.",
	  .def = "lifetime 86400", .apply = apply_number },
	{ MODE_PROFILE, "initial-contact force", "Ends a peer's older sessions when it comes again.",
	  .apply = apply_switch },
	{ MODE_PROFILE, "initiate childless",
	  "Begins without a child where the peer announces that it may; one is made when there is traffic.",
	  .apply = apply_switch },
	{ MODE_PROFILE, "ivrf <vrf:" REF_VRF ">", "Sets the VRF of inner packets.", .flags = CYG_CMD_IDLE,
	  .apply = apply_ivrf },
	{ MODE_PROFILE, "virtual-template <number:uint(1-4095)> [mode auto]",
	  "Names the interface that sessions are cloned from.", .apply = apply_template },
	{ MODE_PROFILE, "anyconnect profile <profile:ref(anyconnect-profile)>",
	  "Offers a profile for download.", .flags = CYG_CMD_IDLE },
	{ MODE_PROFILE, "reconnect [timeout <timeout:uint(600-86400)>]", "Lets peers come back fast.",
	  .flags = CYG_CMD_IDLE },
	{ MODE_PROFILE, "redirect gateway auth", "May send a peer to another gateway.", .flags = CYG_CMD_IDLE },
	{ MODE_PROFILE, "dynamic", "Takes identity and keys from AAA.", .apply = apply_switch },
	{ MODE_PROFILE, "shutdown", "Never selects this profile.", .apply = apply_switch },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_profile_commands = { .modes = modes,
							 .commands = commands,
							 .next = &core_ipsec_commands };
