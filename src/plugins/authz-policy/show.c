/* SPDX-License-Identifier: MIT */
/* `show crypto ikev2 authorization policy`. Control thread only. */
#include "policy.h"

#include <jansson.h>

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

static void view_list(const struct view *view, const char *key, const char *label, const char (*list)[CYG_AUTHZ_HOST_MAX],
		      unsigned count)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < count; i++) {
		if (array)
			json_array_append_new(array, json_string(list[i]));
		if (view->exec)
			cyg_exec_printf(view->exec, " %s : %s\n", label, list[i]);
	}
	put(view, key, array);
}

static void view_redistribute(const struct view *view, const struct cyg_authz *granted)
{
	static const struct {
		uint8_t bit;
		const char *word;
	} sources[] = { { CYG_REDISTRIBUTE_CONNECTED, "connected" }, { CYG_REDISTRIBUTE_STATIC, "static" } };
	json_t *array = json_array();

	for (size_t i = 0; i < CYG_COUNT(sources); i++) {
		const char *map = i ? granted->route_map_static : granted->route_map_connected;

		if (!(granted->redistribute & sources[i].bit))
			continue;
		if (array)
			json_array_append_new(array, json_pack("{s:s, s:s}", "source", sources[i].word, "route-map", map));
		if (view->exec)
			cyg_exec_printf(view->exec, " route redistribute : %s%s%s\n", sources[i].word,
					map[0] ? " route-map " : "", map);
	}
	put(view, "redistribute", array);
}

/* What asks a server comes with a version to come: until then whoever wrote these lines is told. */
static void view_dhcp(const struct view *view, const struct cyg_authz *granted)
{
	bool any = cyg_ip_is_set(&granted->dhcp_server) || granted->dhcp_host[0] ||
		   cyg_ip_is_set(&granted->dhcp_giaddr) || granted->dhcp_timeout_s;
	char text[CYG_IP_TEXT];

	if (cyg_ip_is_set(&granted->dhcp_server))
		view_text(view, "dhcp-server", "dhcp server", cyg_ip_text(&granted->dhcp_server, text));
	else if (granted->dhcp_host[0])
		view_text(view, "dhcp-server", "dhcp server", granted->dhcp_host);
	if (cyg_ip_is_set(&granted->dhcp_giaddr))
		view_text(view, "dhcp-giaddr", "dhcp giaddr", cyg_ip_text(&granted->dhcp_giaddr, text));
	if (granted->dhcp_timeout_s)
		view_number(view, "dhcp-timeout", "dhcp timeout", granted->dhcp_timeout_s);
	if (any)
		view_text(view, "dhcp-unused", "dhcp", "not used: this version asks no server for addresses");
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
	if (granted->set & CYG_AZ_SPLIT_DNS)
		view_list(view, "split-dns", "split-dns", granted->split_dns, granted->split_dns_count);
	if (granted->set & CYG_AZ_BACKUP_GATEWAYS)
		view_list(view, "backup-gateways", "backup-gateway", granted->backup_gateway,
			  granted->backup_gateway_count);
	if (granted->set & CYG_AZ_CONFIG_URL)
		view_text(view, "configuration-url", "configuration url", granted->config_url);
	if (granted->set & CYG_AZ_CONFIG_VERSION)
		view_number(view, "configuration-version", "configuration version", granted->config_version);
	if (granted->set & CYG_AZ_ATTRIBUTE_LIST)
		view_text(view, "attribute-list", "aaa attribute list", granted->attribute_list);
	if (granted->set & CYG_AZ_DHCP)
		view_dhcp(view, granted);
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
	if ((granted->set & CYG_AZ_ROUTE_SET_INTERFACE) && granted->route_interface[0])
		view_text(view, "route-set-interface", "route set interface", granted->route_interface);
	else if (granted->set & CYG_AZ_ROUTE_SET_INTERFACE)
		view_flag(view, "route-set-interface", "route set interface");
	if (granted->set & CYG_AZ_REDISTRIBUTE)
		view_redistribute(view, granted);
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

	for (uint64_t at = 0; snapshot && (policy = cyg_config_next(snapshot, MODE_AUTHZ_POLICY, &at, &name));) {
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

static const struct cyg_token_help tokens[] = {
	{ "authorization", "What an authenticated peer may have" },
	{ "policy", "A policy of this gateway's own" },
	{ "<name>", "Its name, or `default`" },
	{ 0 },
};

static const struct cyg_command commands[] = {
	{ "exec", "show crypto ikev2 authorization policy [<name:ref(ikev2-authorization-policy)>]",
	  "Shows authorization policies.", .tokens = tokens, .run = run_show },
	{ 0 },
};

const struct cyg_command_table authz_show_commands = { .commands = commands };
