/* SPDX-License-Identifier: MIT */
/* `crypto ssl policy` and `crypto ssl profile`. Control thread only. */
#include "anyconnect.h"

#include <stdlib.h>

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

static void set(char *storage, size_t capacity, struct cyg_str text)
{
	struct cyg_strbuf out = cyg_strbuf(storage, capacity);

	cyg_strbuf_add(&out, text); /* names have their limit already */
}

APPLY(apply_trustpoint)
{
	struct ssl_policy *policy = object;

	(void)build;
	set(policy->trustpoint, sizeof(policy->trustpoint), cyg_args_text(args, "trustpoint"));
	return CYG_OK;
}

APPLY(apply_local)
{
	struct ssl_policy *policy = object;

	if (policy->count == ANYCONNECT_ADDRESSES_MAX) {
		cyg_build_error(build, "range", "a policy has at most %d addresses", ANYCONNECT_ADDRESSES_MAX);
		return CYG_OK;
	}
	policy->local[policy->count].address = cyg_args_ip(args, "address");
	policy->local[policy->count].port = (uint16_t)cyg_args_uint(args, "port", 443);
	set(policy->local[policy->count].interface, sizeof(policy->local[0].interface), cyg_args_text(args, "interface"));
	set(policy->local[policy->count].vrf, sizeof(policy->local[0].vrf), cyg_args_text(args, "vrf"));
	policy->count++;
	return CYG_OK;
}

APPLY(apply_shutdown)
{
	struct ssl_policy *policy = object;

	policy->on = cyg_args_no(args);
	policy->on_place = cyg_build_place(build);
	return CYG_OK;
}

static uint64_t line_of(const char *place)
{
	const char *colon = strrchr(place, ':');

	return colon ? strtoull(colon + 1, NULL, 10) : 0;
}

/* Two listeners for one thing: the later line is wrong. */
static void check_http(struct cyg_build *build, const struct ssl_policy *policy)
{
	const struct http_server *http = cyg_build_object(build, MODE_HTTP, CYG_STR(""));

	if (!http || !http->place)
		return;
	cyg_build_at_place(build, line_of(http->place) > line_of(policy->on_place) ? http->place : policy->on_place);
	cyg_build_error(build, "conflict", "`ip http` and a `crypto ssl policy` that is not shut down exclude each other");
}

static void check_policy(struct cyg_build *build, void *object, struct cyg_str name)
{
	const struct ssl_policy *policy = object;
	char text[100];
	struct cyg_strbuf missing = CYG_STRBUF(text);

	(void)name;
	if (!policy->on)
		return;
	check_http(build, policy);
	if (!policy->trustpoint[0])
		cyg_strbuf_addf(&missing, "`pki trustpoint`");
	if (!policy->count)
		cyg_strbuf_addf(&missing, "%s`ip address local` or `ip interface local`", text[0] ? ", " : "");
	if (text[0])
		cyg_build_incomplete(build, text);
	cyg_build_unusable(build, anyconnect_no_listener);
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_SSL_POLICY, .parent = "global", .prompt = "config-crypto-ssl-policy", .what = "SSL policy",
	  .object_size = sizeof(struct ssl_policy), .check = check_policy },
	{ .name = MODE_SSL_PROFILE, .parent = "global", .prompt = "config-crypto-ssl-profile", .what = "SSL profile" },
	{ 0 },
};

static const struct cyg_token_help tokens[] = {
	{ "ssl", "The listener that profiles are fetched from" },
	{ "<name>", "Its name" },
	{ "<trustpoint>", "Name of the trustpoint that it proves itself by" },
	{ "<address>", "Where it listens" },
	{ "<port>", "Its port; 443 if absent" },
	{ 0 },
};

/* Nobody listens yet. */
#define POLICY(syntax_, help_, ...)  { MODE_SSL_POLICY, (syntax_), (help_), tokens, __VA_ARGS__ }
#define PROFILE(syntax_, help_, ...) { MODE_SSL_PROFILE, (syntax_), (help_), tokens, __VA_ARGS__ }

static const struct cyg_command commands[] = {
	{ "global", "crypto ssl policy <name:name>", "Opens a TLS listener.", tokens, .enters = MODE_SSL_POLICY },
	POLICY("pki trustpoint <trustpoint:ref(pki-trustpoint)> [sign]", "Proves itself by this trustpoint.",
	       .flags = CYG_CMD_IDLE, .apply = apply_trustpoint),
	POLICY("ip address local <address:ip> [vrf <vrf:ref(" CYG_MODE_VRF ")>] [port <port:uint(1-65535)>]",
	       "Listens on this address.", .flags = CYG_CMD_IDLE | CYG_CMD_LIST, .apply = apply_local),
	POLICY("ip interface local <interface:ref(interface)> [vrf <vrf:ref(" CYG_MODE_VRF ")>] [port <port:uint(1-65535)>]",
	       "Listens on the address of this interface.", .flags = CYG_CMD_IDLE | CYG_CMD_LIST, .apply = apply_local),
	POLICY("ssl proposal <proposal:name>", "Is kept; TLS 1.2 and 1.3 are spoken.", .flags = CYG_CMD_IDLE),
	POLICY("standby <group:name>", "Is kept and does nothing.", .flags = CYG_CMD_IDLE),
	POLICY("shutdown", "Does not listen.", .def = "shutdown", .flags = CYG_CMD_NO_SHOWN | CYG_CMD_IDLE_NO, .apply = apply_shutdown),

	{ "global", "crypto ssl profile <name:name>", "Opens a profile of TLS clients; a download needs none.", tokens,
	  .enters = MODE_SSL_PROFILE },
	PROFILE("match policy <policy:ref(" MODE_SSL_POLICY ")>", "Serves what comes to this listener.", .flags = CYG_CMD_IDLE),
	PROFILE("match url <url:word>", "Serves this URL.", .flags = CYG_CMD_IDLE | CYG_CMD_LIST),
	PROFILE("aaa authentication {list <login:ref(aaa-authentication-login)> | user-pass list <login:ref(aaa-authentication-login)>}",
		"Says who checks passwords.", .flags = CYG_CMD_IDLE),
	PROFILE("aaa authorization {user | group} [override] {user-pass | cert} list <network:ref(aaa-authorization-network)> <policy:name>",
		"Says what a client may have.", .flags = CYG_CMD_IDLE | CYG_CMD_LIST),
	PROFILE("aaa accounting [user-pass | cert] list <accounting:ref(aaa-accounting-network)>", "Says who is told about sessions.",
		.flags = CYG_CMD_IDLE | CYG_CMD_LIST),
	PROFILE("authentication remote {user-credentials | certificate | pubkey | any-certificate}", "Says how a client proves itself.",
		.flags = CYG_CMD_IDLE | CYG_CMD_LIST),
	PROFILE("max-users <number:uint(1-10000)>", "Limits the clients.", .flags = CYG_CMD_IDLE),
	PROFILE("shutdown", "Serves nobody.", .def = NULL),
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table anyconnect_ssl_commands = { .modes = modes, .commands = commands };
