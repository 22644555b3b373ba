/* SPDX-License-Identifier: MIT */
/* `crypto ikev2 authorization policy`, its lines, and what shows it. Control thread only. */
#include "policy.h"

#include <jansson.h>

#define ROUTE_TAG      1
#define ROUTE_DISTANCE 2

static void init(void *object, struct cyg_str name)
{
	struct authz_policy *policy = object;
	struct cyg_strbuf text = CYG_STRBUF(policy->granted.policy);

	cyg_strbuf_add(&text, name);
}

/* A text that the session keeps in place: what is longer is refused, not cut. */
static enum cyg_status set_text(struct cyg_build *build, const struct cyg_args *args, const char *name,
				char *storage, size_t capacity, struct cyg_authz *granted, uint32_t bit)
{
	struct cyg_strbuf text = cyg_strbuf(storage, capacity);

	if (cyg_strbuf_set(&text, cyg_args_text(args, name)) != CYG_OK) {
		cyg_build_at(build, args, name, 0);
		cyg_build_error(build, "range", "at most %zu characters", capacity - 1);
		return CYG_OK;
	}
	granted->set |= bit;
	return CYG_OK;
}

static enum cyg_status apply_pool(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	return set_text(build, args, "pool", granted->pool4, sizeof(granted->pool4), granted, CYG_AZ_POOL4);
}

static enum cyg_status apply_pool6(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	return set_text(build, args, "pool", granted->pool6, sizeof(granted->pool6), granted, CYG_AZ_POOL6);
}

static enum cyg_status apply_domain(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	return set_text(build, args, "domain", granted->def_domain, sizeof(granted->def_domain), granted,
			CYG_AZ_DEF_DOMAIN);
}

static enum cyg_status apply_banner(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	return set_text(build, args, "text", granted->banner, sizeof(granted->banner), granted,
			CYG_AZ_BANNER);
}

/* One server or two. */
static void set_servers(struct cyg_ip servers[2], const struct cyg_args *args)
{
	servers[0] = cyg_args_ip(args, "first");
	servers[1] = cyg_args_ip(args, "second");
}

static enum cyg_status apply_dns(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	set_servers(granted->dns4, args);
	granted->set |= CYG_AZ_DNS4;
	return CYG_OK;
}

static enum cyg_status apply_dns6(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	set_servers(granted->dns6, args);
	granted->set |= CYG_AZ_DNS6;
	return CYG_OK;
}

static enum cyg_status apply_wins(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	set_servers(granted->wins, args);
	granted->set |= CYG_AZ_WINS;
	return CYG_OK;
}

static enum cyg_status apply_netmask(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	granted->netmask = cyg_args_ip(args, "mask");
	granted->set |= CYG_AZ_NETMASK;
	return CYG_OK;
}

static enum cyg_status apply_prefix6(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	granted->prefix6 = (uint8_t)cyg_args_uint(args, "length", 128);
	granted->set |= CYG_AZ_PREFIX6;
	return CYG_OK;
}

static enum cyg_status apply_lifetime(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	granted->session_lifetime_s = (uint32_t)cyg_args_uint(args, "seconds", 0);
	granted->set |= CYG_AZ_SESSION_LIFETIME;
	return CYG_OK;
}

static enum cyg_status apply_flow_limit(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	granted->flow_limit = (uint32_t)cyg_args_uint(args, "number", 0);
	granted->set |= CYG_AZ_FLOW_LIMIT;
	return CYG_OK;
}

static enum cyg_status apply_flag(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	granted->set |= cyg_args_has(args, "pfs") ? CYG_AZ_PFS :
			cyg_args_has(args, "include-local-lan") ? CYG_AZ_INCLUDE_LOCAL_LAN :
								  CYG_AZ_SMARTCARD;
	return CYG_OK;
}

static enum cyg_status apply_route_interface(struct cyg_build *build, void *object,
					     const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	(void)args;
	granted->set |= CYG_AZ_ROUTE_SET_INTERFACE;
	return CYG_OK;
}

static enum cyg_status apply_route_accept(struct cyg_build *build, void *object,
					  const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	granted->route_tag = (uint32_t)cyg_args_uint(args, "value", ROUTE_TAG);
	granted->route_distance = (uint8_t)cyg_args_uint(args, "metric", ROUTE_DISTANCE);
	granted->set |= CYG_AZ_ROUTE_ACCEPT;
	return CYG_OK;
}

static enum cyg_status apply_route_remote(struct cyg_build *build, void *object,
					  const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	if (granted->route_count == CYG_AUTHZ_ROUTES_MAX) {
		cyg_build_error(build, "range", "a policy pushes at most %d networks",
				CYG_AUTHZ_ROUTES_MAX);
		return CYG_OK;
	}
	granted->routes[granted->route_count++] =
		cyg_args_has(args, "network") ? cyg_args_prefix(args, "network", "mask")
					      : cyg_args_prefix(args, "prefix", NULL);
	return CYG_OK;
}

static const char *const default_names[] = { "default", NULL };
static const char *const default_lines[] = {
	"route set interface\n"
	"route accept any tag 1 distance 2",
};

static const struct cyg_mode modes[] = {
	{ .name = MODE_AUTHZ_POLICY, .parent = "global", .prompt = "config-ikev2-author-policy",
	  .what = "IKEv2 authorization policy", .object_size = sizeof(struct authz_policy),
	  .init = init, .smart_defaults = default_names, .default_lines = default_lines },
	{ 0 },
};

/* --- show --- */

/* A line of text, or a member of the row, or both: each setting is told once. */
struct view {
	struct cyg_exec *exec; /* NULL: JSON is wanted, and only `row` filled */
	json_t *row;
};

static void put(const struct view *view, const char *key, json_t *take_value)
{
	if (take_value)
		json_object_set_new(view->row, key, take_value);
}

static void view_text(const struct view *view, const char *key, const char *label, const char *text)
{
	put(view, key, json_string(text));
	if (view->exec)
		cyg_exec_printf(view->exec, " %s : %s\n", label, text);
}

static void view_number(const struct view *view, const char *key, const char *label, uint64_t number)
{
	put(view, key, json_integer((json_int_t)number));
	if (view->exec)
		cyg_exec_printf(view->exec, " %s : %llu\n", label, (unsigned long long)number);
}

static void view_flag(const struct view *view, const char *key, const char *label)
{
	put(view, key, json_true());
	if (view->exec)
		cyg_exec_printf(view->exec, " %s\n", label);
}

static void view_servers(const struct view *view, const char *key, const char *label,
			 const struct cyg_ip servers[2])
{
	char line[2 * CYG_IP_TEXT], text[CYG_IP_TEXT];
	struct cyg_strbuf out = CYG_STRBUF(line);
	json_t *array = json_array();

	for (unsigned i = 0; i < 2 && cyg_ip_is_set(&servers[i]); i++) {
		cyg_ip_text(&servers[i], text);
		if (array)
			json_array_append_new(array, json_string(text));
		cyg_strbuf_addf(&out, i ? " %s" : "%s", text);
	}
	put(view, key, array);
	if (view->exec)
		cyg_exec_printf(view->exec, " %s : %s\n", label, line);
}

static void view_routes(const struct view *view, const struct cyg_authz *granted)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < granted->route_count; i++) {
		const struct cyg_prefix *p = &granted->routes[i];
		char text[CYG_IP_TEXT], line[CYG_IP_TEXT + 8];
		struct cyg_strbuf out = CYG_STRBUF(line);

		cyg_strbuf_addf(&out, "%s/%u", cyg_ip_text(&p->ip, text), p->len);
		if (array)
			json_array_append_new(array, json_string(line));
		if (view->exec)
			cyg_exec_printf(view->exec, " route set remote : %s\n", line);
	}
	put(view, "routes", array);
}

static void view_policy(const struct view *view, const struct cyg_authz *granted)
{
	char text[CYG_IP_TEXT];

	if (granted->set & CYG_AZ_POOL4)
		view_text(view, "pool", "pool", granted->pool4);
	if (granted->set & CYG_AZ_POOL6)
		view_text(view, "ipv6-pool", "ipv6 pool", granted->pool6);
	if (granted->set & CYG_AZ_NETMASK)
		view_text(view, "netmask", "netmask", cyg_ip_text(&granted->netmask, text));
	if (granted->set & CYG_AZ_PREFIX6)
		view_number(view, "ipv6-prefix", "ipv6 prefix", granted->prefix6);
	if (granted->set & CYG_AZ_DNS4)
		view_servers(view, "dns", "dns", granted->dns4);
	if (granted->set & CYG_AZ_DNS6)
		view_servers(view, "ipv6-dns", "ipv6 dns", granted->dns6);
	if (granted->set & CYG_AZ_WINS)
		view_servers(view, "wins", "wins", granted->wins);
	if (granted->set & CYG_AZ_DEF_DOMAIN)
		view_text(view, "def-domain", "def-domain", granted->def_domain);
	if (granted->set & CYG_AZ_BANNER)
		view_text(view, "banner", "banner", granted->banner);
	if (granted->set & CYG_AZ_SESSION_LIFETIME)
		view_number(view, "session-lifetime", "session-lifetime", granted->session_lifetime_s);
	if (granted->set & CYG_AZ_FLOW_LIMIT)
		view_number(view, "flow-limit", "ipsec flow-limit", granted->flow_limit);
	if (granted->set & CYG_AZ_PFS)
		view_flag(view, "pfs", "pfs");
	if (granted->set & CYG_AZ_INCLUDE_LOCAL_LAN)
		view_flag(view, "include-local-lan", "include-local-lan");
	if (granted->set & CYG_AZ_SMARTCARD)
		view_flag(view, "smartcard-removal-disconnect", "smartcard-removal-disconnect");
	if (granted->set & CYG_AZ_ROUTE_SET_INTERFACE)
		view_flag(view, "route-set-interface", "route set interface");
	view_routes(view, granted);
	if (granted->set & CYG_AZ_ROUTE_ACCEPT) {
		put(view, "route-accept", json_pack("{s:i, s:i}", "tag", (int)granted->route_tag,
						    "distance", (int)granted->route_distance));
		if (view->exec)
			cyg_exec_printf(view->exec, " route accept any tag : %u distance : %u\n",
					granted->route_tag, granted->route_distance);
	}
}

static void show_policy(struct cyg_exec *exec, const struct authz_policy *policy)
{
	const char *missing = cyg_config_object_missing(policy);
	struct view view = { cyg_exec_json(exec) ? NULL : exec, json_object() };

	if (view.exec)
		cyg_exec_printf(exec, "IKEv2 Authorization policy: %s\n", policy->granted.policy);
	put(&view, "name", json_string(policy->granted.policy));
	view_policy(&view, &policy->granted);
	if (missing[0])
		view_text(&view, "not-used", "Not used", missing);
	cyg_exec_row(exec, view.row);
}

static enum cyg_status run_show(struct cyg_exec *exec, const struct cyg_args *args)
{
	const struct cyg_config *snapshot = cyg_shard_config(cyg_exec_shard(exec));
	struct cyg_str wanted = cyg_args_text(args, "name"), name;
	const struct authz_policy *policy;
	size_t shown = 0;

	for (size_t n = 0; snapshot; n++) {
		policy = cyg_config_nth(snapshot, MODE_AUTHZ_POLICY, n, &name);
		if (!policy)
			break;
		if (wanted.len && !cyg_str_equal(wanted, name))
			continue;
		show_policy(exec, policy);
		shown++;
	}
	if (wanted.len && !shown) {
		cyg_exec_error(exec, "there is no IKEv2 authorization policy '%.*s'",
			       (int)(wanted.len < 64 ? wanted.len : 64), wanted.ptr);
		return CYG_NOT_FOUND;
	}
	return CYG_OK;
}

/* --- The table --- */

static const struct cyg_token_help tokens[] = {
	{ "authorization", "What an authenticated peer may have" },
	{ "policy", "A policy of this gateway's own" },
	{ "<name>", "Its name, or `default`" },
	{ "<pool>", "Name of a pool" },
	{ "<first>", "First server" },
	{ "<second>", "Second server" },
	{ "<mask>", "Netmask" },
	{ "<length>", "Length of the prefix" },
	{ "<domain>", "Name of the domain" },
	{ "<text>", "Text between two delimiters" },
	{ "<seconds>", "How long a session may last" },
	{ "<number>", "How many" },
	{ "set", "Networks that the peer is told to reach through the tunnel" },
	{ "accept", "Networks that the peer tells us" },
	{ "interface", "The address of the session's interface" },
	{ "remote", "A network behind this gateway" },
	{ "any", "Whatever it tells" },
	{ "tag", "Tag of the routes" },
	{ "distance", "Metric of the routes" },
	{ "<network>", "Address of the network" },
	{ "<prefix>", "Address and length of the network" },
	{ 0 },
};

#define LINE(syntax_, help_, ...) \
	{ MODE_AUTHZ_POLICY, (syntax_), (help_), .tokens = tokens, __VA_ARGS__ }

static const struct cyg_command commands[] = {
	{ "global", "crypto ikev2 authorization policy <name:name>",
	  "Says what a peer may have once it is authenticated.", .tokens = tokens,
	  .enters = MODE_AUTHZ_POLICY },
	LINE("description <text:line>", "Says what the policy is for."),
	LINE("pool <pool:ref(ip-local-pool)>", "Gives the peer an IPv4 address.", .apply = apply_pool),
	LINE("ipv6 pool <pool:ref(ipv6-local-pool)>", "Gives the peer an IPv6 address.",
	     .apply = apply_pool6),
	LINE("netmask <mask:mask>", "Sets the netmask that goes with the IPv4 address.",
	     .apply = apply_netmask),
	LINE("ipv6 prefix <length:uint(1-128)>", "Sets the prefix length that goes with the IPv6 address.",
	     .apply = apply_prefix6),
	LINE("dns <first:ip4> [<second:ip4>]", "Names the peer's DNS servers.", .apply = apply_dns),
	LINE("ipv6 dns <first:ip6> [<second:ip6>]", "Names the peer's DNS servers.", .apply = apply_dns6),
	LINE("wins <first:ip4> [<second:ip4>]", "Names the peer's NetBIOS name servers.",
	     .apply = apply_wins),
	LINE("def-domain <domain:word>", "Names the peer's default domain.", .apply = apply_domain),
	LINE("banner <text:delimited>", "Greets the peer's user.", .apply = apply_banner),
	LINE("session-lifetime <seconds:uint(120-25920000)>", "Ends a session after so long.",
	     .apply = apply_lifetime),
	LINE("ipsec flow-limit <number:uint(0-50000)>", "Limits the IPsec SAs of a session.",
	     .apply = apply_flow_limit),
	LINE("pfs", "Tells the peer to use a key exchange of its own for each IPsec SA.",
	     .apply = apply_flag),
	LINE("include-local-lan", "Lets the peer reach its own network beside the tunnel.",
	     .apply = apply_flag),
	LINE("smartcard-removal-disconnect", "Ends the session when the peer's smart card is removed.",
	     .apply = apply_flag),
	LINE("route set interface", "Tells the peer the address of the session's interface.",
	     .apply = apply_route_interface),
	LINE("route set remote ipv4 <network:ip4> <mask:mask>", "Tells the peer a network behind us.",
	     .flags = CYG_CMD_LIST, .apply = apply_route_remote),
	LINE("route set remote ipv6 <prefix:prefix6>", "Tells the peer a network behind us.",
	     .flags = CYG_CMD_LIST, .apply = apply_route_remote),
	LINE("route accept any [tag <value:uint(1-497777)>] [distance <metric:uint(1-255)>]",
	     "Takes the networks that the peer tells us as routes.", .apply = apply_route_accept),
	{ "exec", "show crypto ikev2 authorization policy [<name:name>]",
	  "Shows authorization policies.", .tokens = tokens, .run = run_show },
	{ 0 },
};

const struct cyg_command_table authz_policy_commands = { .modes = modes, .commands = commands };
