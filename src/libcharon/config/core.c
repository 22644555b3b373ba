/* SPDX-License-Identifier: MIT */
/*
 * Single lines at the top of a file, and what the core's tables share.
 */
#include "config/building.h"
#include "config/core.h"
#include "config/tree.h"

#include <stdio.h>
#include <stdlib.h>

/* --- Shared --- */

void core_init(void *object, struct cyg_str name)
{
	struct config_head *head = object;

	snprintf(head->name, sizeof(head->name), "%.*s", (int)name.len, name.ptr);
}

void core_text(struct cyg_build *build, const struct cyg_args *args, const char *name, char *out,
	       size_t size)
{
	struct cyg_strbuf buffer = cyg_strbuf(out, size);

	if (cyg_strbuf_set(&buffer, cyg_args_text(args, name)) == CYG_OK)
		return;
	cyg_build_at(build, args, name, 0);
	cyg_build_error(build, "range", "this is longer than %zu octets", size - 1);
}

void core_place(const struct cyg_build *build, char out[CONFIG_PLACE_MAX])
{
	snprintf(out, CONFIG_PLACE_MAX, "%s", cyg_build_place(build));
}

void core_finish(struct cyg_build *build, struct config_head *head, const char *missing,
		 const char *unusable)
{
	core_place(build, head->place);
	if (missing[0])
		cyg_build_incomplete(build, missing);
	if (unusable[0])
		cyg_build_unusable(build, unusable);
	head->complete = !missing[0] && !unusable[0];
	snprintf(head->missing, sizeof(head->missing), "%s", missing[0] ? missing : unusable);
}

void core_lacks(struct cyg_strbuf *missing, const char *what)
{
	cyg_strbuf_addf(missing, "%s%s", missing->len ? ", " : "", what);
}

static uint64_t line_of(const char *place)
{
	const char *colon = place ? strrchr(place, ':') : NULL;
	uint64_t line;

	if (!colon || cyg_str_to_u64(cyg_str(colon + 1), 0, UINT32_MAX, &line) != CYG_OK)
		return UINT64_MAX;
	return line;
}

bool core_earlier(const char *a, const char *b)
{
	return line_of(a) < line_of(b);
}

void core_id_match(struct cyg_build *build, const struct cyg_args *args, struct id_match *out)
{
	bool domain = cyg_args_has(args, "domain");

	*out = (struct id_match){ 0 };
	core_place(build, out->place);
	if (cyg_args_has(args, "any")) {
		out->kind = ID_MATCH_ANY;
		return;
	}
	if (cyg_args_has(args, "address6")) {
		out->kind = ID_MATCH_ADDRESS;
		out->address = cyg_args_prefix(args, "address6", NULL);
		return;
	}
	if (cyg_args_has(args, "address")) {
		out->kind = ID_MATCH_ADDRESS;
		out->address = cyg_args_prefix(args, "host", "mask");
		/* 0.0.0.0 without a mask is any IPv4 address. */
		if (!cyg_args_has(args, "mask") && cyg_ip_is_any(&out->address.ip))
			out->address.len = 0;
		return;
	}
	core_text(build, args, "text", out->text, sizeof(out->text));
	if (cyg_args_has(args, "fqdn"))
		out->kind = domain ? ID_MATCH_FQDN_DOMAIN : ID_MATCH_FQDN;
	else if (cyg_args_has(args, "email"))
		out->kind = domain ? ID_MATCH_EMAIL_DOMAIN : ID_MATCH_EMAIL;
	else
		out->kind = ID_MATCH_KEY_ID;
}

bool core_group_is_weak(uint64_t group)
{
	return group == 1 || group == 2 || group == 5 || group == 24;
}

bool core_outer_address(struct cyg_build *build, const struct cyg_args *args, const char *address, const char *word)
{
	struct cyg_ip ip = cyg_args_ip(args, address);
	struct cyg_str text = word ? cyg_args_text(args, word) : cyg_str_n("", 0);
	const char *token = address;

	if (!ip.family && text.len && memchr(text.ptr, '%', text.len)) {
		token = word;
		text.len = (size_t)((const char *)memchr(text.ptr, '%', text.len) - text.ptr);
		if (cyg_ip_parse(text, &ip) != CYG_OK)
			ip = (struct cyg_ip){ 0 };
	}
	if (!cyg_ip_is_link_local(&ip))
		return true;
	cyg_build_at(build, args, token, 0);
	cyg_build_error(build, "unsupported",
			"a link-local address means another host on each link: take a global or a unique local one "
			"(fc00::/7)");
	return false;
}

bool core_group(struct cyg_build *build, uint64_t group)
{
	static const uint8_t known[] = { 1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 24, 31, 32 };

	if (!memchr(known, (int)group, sizeof(known))) {
		cyg_build_error(
			build, "range",
			"there is no group %llu here: 1, 2, 5, 14 to 21, 24, 31, 32",
			(unsigned long long)group);
		return false;
	}
	if (core_group_is_weak(group))
		cyg_build_warning(build, "weak-algorithm", "group %llu is weak",
				  (unsigned long long)group);
	return true;
}

uint16_t core_pfs(struct cyg_build *build, const struct cyg_args *args)
{
	struct cyg_str group = cyg_args_text(args, "group");
	uint64_t number = CYG_KE_MODP_2048;

	if (group.len &&
	    cyg_str_to_u64(cyg_str_tail(group, strlen("group")), 1, 64, &number) != CYG_OK)
		return 0;
	cyg_build_at(build, args, "group", 0);
	return core_group(build, number) ? (uint16_t)number : 0;
}

/* --- Global lines --- */

static void global_init(void *object, struct cyg_str name)
{
	struct config_global *g = object;

	(void)name;
	snprintf(g->hostname, sizeof(g->hostname), "cygnet");
	g->cookie_challenge = -1;
	g->window = 5;
	g->fragmentation = true;
}

static void global_check(struct cyg_build *build, void *object, struct cyg_str name)
{
	const struct config_global *g = object;

	(void)name;
	core_check_new_model(build, g);
	core_check_http_url(build, g);
}

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

APPLY(apply_hostname)
{
	struct config_global *g = object;

	core_text(build, args, "name", g->hostname, sizeof(g->hostname));
	return CYG_OK;
}

APPLY(apply_new_model)
{
	struct config_global *g = object;

	(void)build;
	(void)args;
	g->aaa_new_model = true;
	return CYG_OK;
}

APPLY(apply_dpd)
{
	struct config_global *g = object;

	(void)build;
	g->dpd = (struct config_dpd){
		.set = true,
		.interval_s = (uint32_t)cyg_args_uint(args, "interval", 0),
		.retry_s = (uint32_t)cyg_args_uint(args, "retry", 0),
		.periodic = cyg_args_has(args, "periodic"),
	};
	return CYG_OK;
}

APPLY(apply_cookie)
{
	struct config_global *g = object;

	g->cookie_challenge = cyg_args_no(args) ? -2 : (int)cyg_args_uint(args, "number", 0);
	if (cyg_args_no(args))
		cyg_build_warning(build, "insecure",
				  "without cookies anyone can fill the table of SAs");
	return CYG_OK;
}

APPLY(apply_fragmentation)
{
	struct config_global *g = object;

	g->fragmentation = g->fragmentation_configured = !cyg_args_no(args);
	g->fragmentation_mtu = (uint16_t)cyg_args_uint(args, "mtu", 0);
	if (g->fragmentation_mtu && g->fragmentation_mtu < 576) {
		cyg_build_at(build, args, "mtu", 0);
		cyg_build_warning(build, "small-mtu",
				  "%u is below 576, which every IPv4 path carries",
				  g->fragmentation_mtu);
	}
	return CYG_OK;
}

APPLY(apply_limit)
{
	struct config_global *g = object;
	uint32_t number = (uint32_t)cyg_args_uint(args, "number", 0);

	(void)build;
	if (cyg_args_has(args, "max-sa"))
		g->max_sa = number;
	else if (cyg_args_has(args, "queue"))
		g->queue_sa_init = number;
	else if (cyg_args_has(args, "incoming"))
		g->max_negotiation_in = number;
	else if (cyg_args_has(args, "outgoing"))
		g->max_negotiation_out = number;
	else
		g->max_negotiation_in = g->max_negotiation_out = number;
	return CYG_OK;
}

APPLY(apply_number)
{
	struct config_global *g = object;
	uint32_t number = (uint32_t)cyg_args_uint(args, "number", 0);

	(void)build;
	if (cyg_args_has(args, "window"))
		g->window = number;
	else
		g->diagnose = number;
	return CYG_OK;
}

APPLY(apply_nat_keepalive)
{
	struct config_global *g = object;

	g->nat_keepalive_s = (uint32_t)cyg_args_uint(args, "seconds", 0);
	return CYG_OK;
}

APPLY(apply_switch)
{
	struct config_global *g = object;

	if (cyg_args_has(args, "http-url")) {
		g->http_url_cert = !cyg_args_no(args);
		g->http_url_place = cyg_build_place(build);
	} else if (cyg_args_has(args, "encryption")) {
		g->seal_secrets = true;
	} else if (cyg_args_has(args, "session")) {
		g->logging_session = true;
	} else {
		g->logging_ikev2 = true;
	}
	return CYG_OK;
}

APPLY(apply_enable_secret)
{
	struct config_global *g = object;
	enum cyg_status status;

	(void)build;
	cyg_secret_done(&g->enable_secret);
	status = cyg_args_secret(args, "key", &g->enable_secret);
	/* Sealed, and the master key is gone: then nobody but root may change anything. */
	if (status == CYG_NOT_FOUND)
		status = cyg_secret_init(&g->enable_secret, CYG_SECRET_MAX);
	return status;
}

static void global_done(void *object)
{
	struct config_global *g = object;

	cyg_secret_done(&g->enable_secret);
	core_overlaps_done(g);
}

static void global_inherit(void *object, const void *before)
{
	core_overlaps_inherit(object, before);
}

static void global_inner(struct cyg_build *build, void *object, const struct cyg_inner *change)
{
	core_overlaps_inner(build, object, change);
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_GLOBAL, .prompt = "config", .what = "configuration",
	  .object_size = sizeof(struct config_global), .init = global_init, .check = global_check,
	  .inherit = global_inherit, .inner = global_inner, .done = global_done },
	{ 0 },
};

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "hostname <name:name>", "Sets the name of this gateway.", .apply = apply_hostname },
	{ MODE_GLOBAL, "enable secret <key:secret>",
	  "Is asked of who is not root before anything can be changed.", .apply = apply_enable_secret },
	{ MODE_GLOBAL, "password encryption aes",
	  "Writes secrets as type 6, sealed under the master key.", .apply = apply_switch },
	{ MODE_GLOBAL, "ip domain name <domain:word>", "Sets the domain of unqualified names.", .flags = CYG_CMD_IDLE },
	{ MODE_GLOBAL, "ip domain-name <domain:word>", "", .flags = CYG_CMD_WEAK, .spelling = "ip domain name <domain>" },
	{ MODE_GLOBAL, "aaa new-model", "Switches on AAA lists.", .apply = apply_new_model },
	{ MODE_GLOBAL, "crypto ikev2 certificate-cache <number:uint(0-65535)>",
	  "Keeps certificates fetched from HTTP URLs.", .flags = CYG_CMD_IDLE },
	{ MODE_GLOBAL, "crypto ikev2 cookie-challenge <number:uint(0-1000)>",
	  "Demands cookies above this number of half-open SAs.", .flags = CYG_CMD_NO_SHOWN,
	  .apply = apply_cookie },
	{ MODE_GLOBAL, "crypto ikev2 diagnose error <number:uint(1-1000)>",
	  "Keeps the reasons of this many failures.", .apply = apply_number },
	{ MODE_GLOBAL,
	  "crypto ikev2 dpd <interval:uint(10-3600)> <retry:uint(2-60)> {on-demand | periodic}",
	  "Finds out whether a silent peer is alive.", .apply = apply_dpd },
	{ MODE_GLOBAL, "crypto ikev2 fragmentation [mtu <mtu:uint(96-1500)>]",
	  "Fragments IKE messages above this size.", .flags = CYG_CMD_NO_SHOWN,
	  .apply = apply_fragmentation },
	{ MODE_GLOBAL, "crypto ikev2 http-url cert", "Takes certificates by URL.",
	  .def = "no crypto ikev2 http-url cert", .flags = CYG_CMD_NO_SHOWN | CYG_CMD_IDLE, .apply = apply_switch },
	{ MODE_GLOBAL, "crypto ikev2 limit max-in-negotiation-sa <number:uint(1-9999)>",
	  "Limits SAs under negotiation.", .apply = apply_limit },
	{ MODE_GLOBAL, "crypto ikev2 limit max-in-negotiation-sa <number:uint(1-9999)> incoming",
	  "Limits SAs under negotiation that peers began.", .apply = apply_limit },
	{ MODE_GLOBAL, "crypto ikev2 limit max-in-negotiation-sa <number:uint(1-9999)> outgoing",
	  "Limits SAs under negotiation that we began.", .apply = apply_limit },
	{ MODE_GLOBAL, "crypto ikev2 limit max-sa <number:uint(1-9999)>", "Limits SAs.",
	  .apply = apply_limit },
	{ MODE_GLOBAL, "crypto ikev2 limit queue sa-init <number:uint(100-100000)>",
	  "Limits requests that wait for their key exchange.", .apply = apply_limit },
	{ MODE_GLOBAL, "crypto ikev2 disconnect-revoked-peers",
	  "Ends sessions whose certificate has been revoked.", .flags = CYG_CMD_IDLE },
	{ MODE_GLOBAL, "crypto ikev2 reconnect key <number:uint(1-2)> [active] <key:secret>",
	  "Sets a key that returning clients are known by.", .key = "number",
	  .flags = CYG_CMD_LIST | CYG_CMD_IDLE },
	{ MODE_GLOBAL, "crypto ikev2 redirect gateway {init | auth}", "May send peers to another gateway.", .flags = CYG_CMD_IDLE },
	{ MODE_GLOBAL, "crypto ikev2 redirect client [max-redirects <number:uint(1-255)>]",
	  "Follows a gateway that sends us elsewhere.", .flags = CYG_CMD_IDLE },
	{ MODE_GLOBAL, "crypto ikev2 nat keepalive <seconds:uint(5-3600)>",
	  "Keeps the memory of a NAT before us fresh.", .apply = apply_nat_keepalive },
	{ MODE_GLOBAL, "crypto ikev2 window <number:uint(1-200)>",
	  "Sets how many requests may be under way.", .def = "crypto ikev2 window 5",
	  .apply = apply_number },
	{ MODE_GLOBAL, "crypto logging ikev2", "Logs new keys and ended children as notices too.", .apply = apply_switch },
	{ MODE_GLOBAL, "crypto logging session", "Logs sessions that come up and go down as a router does.",
	  .apply = apply_switch },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table config_core_commands = { .modes = modes,
							.commands = commands,
							.next = &core_aaa_commands };
