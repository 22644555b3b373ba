/* SPDX-License-Identifier: MIT */
/* `crypto ikev2 authorization policy` and its lines. Control thread only. */
#include "policy.h"

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

	return set_text(build, args, "interface", granted->route_interface, sizeof(granted->route_interface),
			granted, CYG_AZ_ROUTE_SET_INTERFACE);
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

static bool add_route(struct cyg_build *build, struct cyg_authz *granted, struct cyg_prefix route)
{
	if (granted->route_count == CYG_AUTHZ_ROUTES_MAX) {
		cyg_build_error(build, "range", "a policy pushes at most %d networks",
				CYG_AUTHZ_ROUTES_MAX);
		return false;
	}
	granted->routes[granted->route_count++] = route;
	return true;
}

static enum cyg_status apply_route_remote(struct cyg_build *build, void *object,
					  const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)add_route(build, granted, cyg_args_has(args, "network") ? cyg_args_prefix(args, "network", "mask")
								      : cyg_args_prefix(args, "prefix", NULL));
	return CYG_OK;
}

/* What a list permits is pushed: its sources; of an IPv6 list, those whose destination is anywhere. */
static void push_list(struct cyg_build *build, struct cyg_authz *granted, const struct cyg_access_list *list)
{
	bool denies = false;

	if (list->family == CYG_IPV4 && list->extended) {
		cyg_build_warning(build, "unsuitable", "an extended list says nothing here: name a standard one");
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct cyg_access_entry *entry = &list->entry[i];

		denies |= !entry->permit;
		if (entry->permit && !entry->skipped && entry->destination.len == 0 &&
		    !add_route(build, granted, entry->source))
			return;
	}
	if (denies)
		cyg_build_warning(build, "unsuitable", "`deny` entries of the list are left aside: what it permits is pushed");
}

/* A word of digits is the number of a standard list. */
static bool right_number(struct cyg_build *build, struct cyg_str name)
{
	uint64_t number;

	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] < '0' || name.ptr[i] > '9')
			return true;
	}
	if (cyg_str_to_u64(name, 1, 99, &number) == CYG_OK || cyg_str_to_u64(name, 1300, 1999, &number) == CYG_OK)
		return true;
	cyg_build_error(build, "range", "%.*s is no number of a standard list (1-99, 1300-1999)", (int)name.len,
			name.ptr);
	return false;
}

static enum cyg_status apply_route_list(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;
	bool ipv6 = cyg_args_has(args, "ipv6");
	const char *mode = ipv6 ? CYG_MODE_ACCESS_LIST6 : CYG_MODE_ACCESS_LIST;
	struct cyg_str name = cyg_args_text(args, "list");
	const struct cyg_access_list *list;

	cyg_build_at(build, args, "list", 0);
	if ((!ipv6 && !right_number(build, name)) || !cyg_build_refer(build, mode, name))
		return CYG_OK;
	list = cyg_build_object(build, mode, name);
	cyg_build_at(build, args, "list", 0);
	if (list)
		push_list(build, granted, list);
	return CYG_OK;
}

static enum cyg_status apply_redistribute(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;
	bool connected = cyg_str_equal(cyg_args_text(args, "source"), CYG_STR("connected"));
	struct cyg_str map = cyg_args_text(args, "map");

	granted->redistribute |= connected ? CYG_REDISTRIBUTE_CONNECTED : CYG_REDISTRIBUTE_STATIC;
	if (map.len) {
		cyg_build_at(build, args, "map", 0);
		(void)cyg_build_refer(build, CYG_MODE_ROUTE_MAP, map);
	}
	return set_text(build, args, "map",
			connected ? granted->route_map_connected : granted->route_map_static,
			CYG_AUTHZ_NAME_MAX, granted, CYG_AZ_REDISTRIBUTE);
}

static enum cyg_status add_text(struct cyg_build *build, const struct cyg_args *args, const char *name,
				char (*list)[CYG_AUTHZ_HOST_MAX], uint8_t *count, struct cyg_authz *granted, uint32_t bit)
{
	if (*count == CYG_AUTHZ_LIST_MAX) {
		cyg_build_error(build, "range", "a policy has at most %d of these lines", CYG_AUTHZ_LIST_MAX);
		return CYG_OK;
	}
	return set_text(build, args, name, list[(*count)++], CYG_AUTHZ_HOST_MAX, granted, bit);
}

static enum cyg_status apply_split_dns(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	return add_text(build, args, "domain", granted->split_dns, &granted->split_dns_count, granted,
			CYG_AZ_SPLIT_DNS);
}

static enum cyg_status apply_backup(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	return add_text(build, args, "gateway", granted->backup_gateway, &granted->backup_gateway_count, granted,
			CYG_AZ_BACKUP_GATEWAYS);
}

static enum cyg_status apply_url(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	static const char *const schemes[] = { "http:",  "https:", "ftp:",   "tftp:",	   "scp:",   "sftp:", "rcp:",
					       "flash:", "usb0:",  "nvram:", "bootflash:", "disk0:", "disk1:" };
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;
	struct cyg_str url = cyg_args_text(args, "url");
	bool known = false;

	for (size_t i = 0; i < CYG_COUNT(schemes); i++)
		known |= cyg_str_equal_nocase(cyg_str_head(url, strlen(schemes[i])), cyg_str(schemes[i]));
	if (!known) {
		cyg_build_at(build, args, "url", 0);
		cyg_build_error(build, "syntax", "this is no URL that a client knows: http://, https://, ftp:// ...");
		return CYG_OK;
	}
	return set_text(build, args, "url", granted->config_url, sizeof(granted->config_url), granted,
			CYG_AZ_CONFIG_URL);
}

static enum cyg_status apply_version(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	(void)build;
	granted->config_version = (uint16_t)cyg_args_uint(args, "version", 0);
	granted->set |= CYG_AZ_CONFIG_VERSION;
	return CYG_OK;
}

static enum cyg_status apply_attributes(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_authz *granted = &((struct authz_policy *)object)->granted;

	return set_text(build, args, "attributes", granted->attribute_list, sizeof(granted->attribute_list), granted,
			CYG_AZ_ATTRIBUTE_LIST);
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
	{ "<domain>", "Name of a domain" },
	{ "<gateway>", "Address or name of a gateway" },
	{ "<list>", "Name or number of an access list" },
	{ "<attributes>", "Name of an attribute list" },
	{ "<url>", "Where it lies" },
	{ "<version>", "Its number" },
	{ "<map>", "Name of a route map" },
	{ "any", "Whatever it tells" },
	{ "tag", "Tag of the routes" },
	{ "distance", "Metric of the routes" },
	{ "<network>", "Address of the network" },
	{ "<prefix>", "Address and length of the network" },
	{ 0 },
};

#define LINE(syntax_, help_, ...) \
	{ MODE_AUTHZ_POLICY, (syntax_), (help_), .tokens = tokens, __VA_ARGS__ }

/* Nothing sends it to a peer or asks for it yet. */
#define IDLE(syntax_, help_, ...) LINE(syntax_, help_, .flags = CYG_CMD_IDLE, __VA_ARGS__)
#define IDLE_LIST(syntax_, help_, ...) LINE(syntax_, help_, .flags = CYG_CMD_IDLE | CYG_CMD_LIST, __VA_ARGS__)

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
	IDLE("ipv6 prefix <length:uint(1-128)>", "Sets the prefix length that goes with the IPv6 address.",
	     .apply = apply_prefix6),
	LINE("dns <first:ip4> [<second:ip4>]", "Names the peer's DNS servers.", .apply = apply_dns),
	LINE("ipv6 dns <first:ip6> [<second:ip6>]", "Names the peer's DNS servers.", .apply = apply_dns6),
	LINE("wins <first:ip4> [<second:ip4>]", "Names the peer's NetBIOS name servers.",
	     .apply = apply_wins),
	IDLE_LIST("split-dns <domain:word>", "Names a domain that the peer resolves through the tunnel.", .apply = apply_split_dns),
	IDLE("def-domain <domain:word>", "Names the peer's default domain.", .apply = apply_domain),
	IDLE("banner <text:delimited>", "Greets the peer's user.", .apply = apply_banner),
	IDLE_LIST("backup-gateway <gateway:word>", "Names a gateway that the peer tries when this one is gone.", .apply = apply_backup),
	IDLE("configuration url <url:word>", "Says where the peer finds its configuration.", .apply = apply_url),
	IDLE("configuration version <version:uint(1-32767)>", "Numbers that configuration.",
	     .apply = apply_version),
	IDLE("aaa attribute list <attributes:ref(" MODE_ATTRIBUTES ")>", "Adds attributes that have no command.",
	     .apply = apply_attributes),
	LINE("session-lifetime <seconds:uint(120-25920000)>", "Ends a session after so long.",
	     .apply = apply_lifetime),
	LINE("ipsec flow-limit <number:uint(0-50000)>", "Limits the IPsec SAs of a session.",
	     .apply = apply_flow_limit),
	LINE("max flow limit <number:uint(0-50000)>", "", .flags = CYG_CMD_WEAK,
	     .spelling = "ipsec flow-limit <number>"),
	IDLE("pfs", "Tells the peer to use a key exchange of its own for each IPsec SA.",
	     .apply = apply_flag),
	IDLE("include-local-lan", "Lets the peer reach its own network beside the tunnel.",
	     .apply = apply_flag),
	IDLE("smartcard-removal-disconnect", "Ends the session when the peer's smart card is removed.",
	     .apply = apply_flag),
	LINE("route set interface [<interface:ref(interface)>]",
	     "Tells the peer the address of the session's interface, or of another one.",
	     .apply = apply_route_interface),
	LINE("route set access-list {<list:name> | ipv6 <list:name>}", "Tells the peer the networks of a list.",
	     .flags = CYG_CMD_LIST, .apply = apply_route_list),
	LINE("subnet-acl <list:name>", "", .flags = CYG_CMD_WEAK, .spelling = "route set access-list <list>"),
	LINE("ipv6 subnet-acl <list:name>", "", .flags = CYG_CMD_WEAK,
	     .spelling = "route set access-list ipv6 <list>"),
	IDLE_LIST("route set local {ipv4 <network:ip4> <mask:mask> | ipv6 <prefix:prefix6>}",
	     "Names a network of this side; kept for peers that ask."),
	IDLE_LIST("route redistribute <source:choice(connected|static)> [route-map <map:name>]",
	     "Tells the peer routes of this system.", .key = "source",
	     .apply = apply_redistribute),
	LINE("route set remote ipv4 <network:ip4> <mask:mask>", "Tells the peer a network behind us.",
	     .flags = CYG_CMD_LIST, .apply = apply_route_remote),
	LINE("route set remote ipv6 <prefix:prefix6>", "Tells the peer a network behind us.",
	     .flags = CYG_CMD_LIST, .apply = apply_route_remote),
	IDLE("route accept any [tag <value:uint(1-497777)>] [distance <metric:uint(1-255)>]",
	     "Takes the networks that the peer tells us as routes.", .apply = apply_route_accept),
	{ 0 },
};

const struct cyg_command_table authz_policy_commands = { .modes = modes,
							 .commands = commands,
							 .next = &authz_attribute_commands };
