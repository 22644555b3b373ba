/* SPDX-License-Identifier: MIT */
/* show access-lists, show route-map, show vrf, show aaa method-lists. */
#include "control/show_object.h"
#include "control/tables.h"

#include <stdio.h>

static const struct cyg_token_help tokens[] = {
	{ "access-lists", "Which addresses are meant" },
	{ "route-map", "Which routes are meant" },
	{ "vrf", "Routing tables of their own" },
	{ "aaa", "Who is asked" },
	{ "<name>", "Its name" },
	{ 0 },
};

/* --- Access lists --- */

static void net_text(struct cyg_strbuf *out, const struct cyg_prefix *net)
{
	char ip[CYG_IP_TEXT];

	if (net->len == 0)
		cyg_strbuf_addf(out, "any");
	else if (net->len == cyg_ip_bits(net->ip.family))
		cyg_strbuf_addf(out, "host %s", cyg_ip_text(&net->ip, ip));
	else
		cyg_strbuf_addf(out, "%s/%u", cyg_ip_text(&net->ip, ip), net->len);
}

static void ports_text(struct cyg_strbuf *out, const struct cyg_port_range *ports)
{
	if (ports->low == ports->high)
		cyg_strbuf_addf(out, " eq %u", ports->low);
	else if (ports->low != 0 || ports->high != UINT16_MAX)
		cyg_strbuf_addf(out, " range %u %u", ports->low, ports->high);
}

static void entry_text(struct cyg_strbuf *out, const struct cyg_access_list *list, const struct cyg_access_entry *e)
{
	cyg_strbuf_addf(out, "%s ", e->permit ? "permit" : "deny");
	if (list->extended && e->protocol)
		cyg_strbuf_addf(out, "%u ", e->protocol);
	else if (list->extended)
		cyg_strbuf_addf(out, "%s ", list->family == CYG_IPV4 ? "ip" : "ipv6");
	net_text(out, &e->source);
	ports_text(out, &e->source_port);
	if (!list->extended)
		return;
	cyg_strbuf_addf(out, " ");
	net_text(out, &e->destination);
	ports_text(out, &e->destination_port);
}

static void show_list(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	const struct cyg_access_list *list = object;
	const char *kind = list->family == CYG_IPV6 ? "IPv6" : list->extended ? "Extended IP" : "Standard IP";
	json_t *row = json_object(), *entries = json_array();

	if (!cyg_exec_json(exec))
		cyg_exec_printf(exec, "%s access list %.*s\n", kind, (int)name.len, name.ptr);
	for (size_t i = 0; i < list->count; i++) {
		const struct cyg_access_entry *e = &list->entry[i];
		char store[240];
		struct cyg_strbuf text = CYG_STRBUF(store);
		json_t *entry = json_object();

		entry_text(&text, list, e);
		if (!cyg_exec_json(exec))
			cyg_exec_printf(exec, "    %u %s%s\n", e->sequence, store, e->skipped ? " (not usable)" : "");
		put_number(&entry, "sequence", e->sequence);
		put_text(&entry, "entry", store);
		put_flag(&entry, "usable", !e->skipped);
		if (!entry || !entries || json_array_append_new(entries, entry)) {
			json_decref(entries);
			entries = NULL;
		}
	}
	if (row && json_object_set_new(row, "name", json_stringn(name.ptr, name.len))) {
		json_decref(row);
		row = NULL;
	}
	put_text(&row, "kind", list->family == CYG_IPV6 ? "ipv6" : list->extended ? "extended" : "standard");
	put_json(&row, "entries", entries);
	cyg_exec_row(exec, row);
}

/* Lists of both families may have one name. */
static enum cyg_status run_lists(struct cyg_exec *exec, const struct cyg_args *args)
{
	const struct daemon *daemon = exec->ctx;
	struct cyg_str name = cyg_args_text(args, "name");
	bool six = name.len && cyg_config_object(daemon->config, CYG_MODE_ACCESS_LIST6, name, false);
	bool four = name.len && cyg_config_object(daemon->config, CYG_MODE_ACCESS_LIST, name, false);
	enum cyg_status status = CYG_OK;

	if (!name.len || four || !six)
		status = show_each(exec, args, CYG_MODE_ACCESS_LIST, "access list", show_list);
	if (status == CYG_OK && (!name.len || six))
		status = show_each(exec, args, CYG_MODE_ACCESS_LIST6, "access list", show_list);
	return status;
}

/* --- VRFs --- */

static void show_vrf(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	const struct cyg_vrf *vrf = object;
	json_t *row = json_object();

	if (!cyg_exec_json(exec))
		cyg_exec_printf(exec, "  %-32.*s %s%s%s\n", (int)name.len, name.ptr, vrf->ipv4 ? "ipv4" : "",
				vrf->ipv4 && vrf->ipv6 ? "," : "", vrf->ipv6 ? "ipv6" : "");
	if (row && json_object_set_new(row, "name", json_stringn(name.ptr, name.len))) {
		json_decref(row);
		row = NULL;
	}
	put_flag(&row, "ipv4", vrf->ipv4);
	put_flag(&row, "ipv6", vrf->ipv6);
	put_number(&row, "table", vrf->table);
	cyg_exec_row(exec, row);
}

static enum cyg_status run_vrfs(struct cyg_exec *exec, const struct cyg_args *args)
{
	if (!cyg_exec_json(exec))
		cyg_exec_printf(exec, "  %-32s %s\n", "Name", "Protocols");
	return show_each(exec, args, CYG_MODE_VRF, "VRF", show_vrf);
}

/* --- Method lists --- */

static void show_methods(struct cyg_exec *exec, const void *object, const char *kind)
{
	const struct config_method_list *list = object;
	json_t *row = json_object(), *methods = json_array();

	if (!cyg_exec_json(exec))
		cyg_exec_printf(exec, "%s list %s:", kind, list->head.name);
	for (unsigned i = 0; i < list->count; i++) {
		char word[CONFIG_NAME_MAX + 8];

		snprintf(word, sizeof(word), "%s%s", list->method[i].local ? "local" : "group ", list->method[i].group);
		if (!cyg_exec_json(exec))
			cyg_exec_printf(exec, "%s %s", i ? "," : "", word);
		put_word(&methods, word);
	}
	if (!cyg_exec_json(exec)) {
		cyg_exec_printf(exec, "\n");
		show_head(exec, &list->head);
	}
	put_head(&row, &list->head);
	put_text(&row, "kind", kind);
	put_json(&row, "methods", methods);
	cyg_exec_row(exec, row);
}

static void show_authentication(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	show_methods(exec, object, "authentication");
}

static void show_authorization(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	show_methods(exec, object, "authorization");
}

static void show_accounting(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	show_methods(exec, object, "accounting");
}

static enum cyg_status run_methods(struct cyg_exec *exec, const struct cyg_args *args)
{
	enum cyg_status status = show_each(exec, args, MODE_AAA_AUTHENTICATION, "list", show_authentication);

	if (status == CYG_OK)
		status = show_each(exec, args, MODE_AAA_AUTHORIZATION, "list", show_authorization);
	if (status == CYG_OK)
		status = show_each(exec, args, MODE_AAA_ACCOUNTING, "list", show_accounting);
	return status;
}

/* --- Route maps --- */

static void show_route_map(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	const struct cyg_route_map *map = object;
	struct cyg_str own = cyg_str_head(name, cyg_str_span_until(name, " "));
	const char *missing = cyg_config_object_missing(map);
	json_t *row = json_object();

	if (!cyg_exec_json(exec))
		cyg_exec_printf(exec, "route-map %.*s, %s, sequence %u\n  Match clauses: %u\n%s%s%s", (int)own.len,
				own.ptr, map->permit ? "permit" : "deny", map->sequence, map->count4 + map->count6,
				missing[0] ? "  Not used: " : "", missing, missing[0] ? "\n" : "");
	if (row && json_object_set_new(row, "name", json_stringn(own.ptr, own.len))) {
		json_decref(row);
		row = NULL;
	}
	put_number(&row, "sequence", map->sequence);
	put_flag(&row, "permit", map->permit);
	put_number(&row, "lists", map->count4 + map->count6);
	put_text(&row, "missing", missing);
	cyg_exec_row(exec, row);
}

static enum cyg_status run_route_maps(struct cyg_exec *exec, const struct cyg_args *args)
{
	return show_each(exec, args, CYG_MODE_ROUTE_MAP, "route map", show_route_map);
}

/* --- FlexVPN clients --- */

static void show_client(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	const char *missing = cyg_config_object_missing(object);
	json_t *row;

	cyg_exec_printf(exec, "Profile : %.*s\n", (int)name.len, name.ptr);
	cyg_exec_printf(exec, " Current state : %s\n", missing[0] ? "NOT USED" : "CONFIGURED");
	if (missing[0])
		cyg_exec_printf(exec, " Not used      : %s\n", missing);
	cyg_exec_printf(exec, "\n");
	if (!cyg_exec_json(exec))
		return;
	row = json_object();
	put_json(&row, "name", json_stringn(name.ptr, name.len));
	put_text(&row, "missing", missing);
	cyg_exec_row(exec, row);
}

static enum cyg_status run_clients(struct cyg_exec *exec, const struct cyg_args *args)
{
	return show_each(exec, args, "ikev2-client", "FlexVPN client", show_client);
}

/* --- Certificates by URL --- */

static enum cyg_status run_url_cache(struct cyg_exec *exec, const struct cyg_args *args)
{
	cyg_exec_printf(exec, "Nothing is cached: this version fetches no certificates from URLs. Those that peers sent\n"
			      "are counted by `show crypto ikev2 stats`.\n");
	return CYG_OK;
}

static const struct cyg_command commands[] = {
	{ "exec", "show crypto ikev2 client flexvpn [<name:ref(ikev2-client)>]", "Shows FlexVPN clients.", tokens,
	  .run = run_clients },
	{ "exec", "show crypto ikev2 certificate-cache", "Shows certificates that were fetched from URLs.", tokens,
	  .run = run_url_cache },
	{ "exec", "show access-lists [<name:name>]", "Shows access lists of both families.", tokens, .run = run_lists },
	{ "exec", "show route-map", "Shows route maps.", tokens, .run = run_route_maps },
	{ "exec", "show vrf [<name:ref(vrf)>]", "Shows VRFs.", tokens, .run = run_vrfs },
	{ "exec", "show aaa method-lists", "Shows who is asked, and in which order.", tokens, .run = run_methods },
	{ 0 },
};

const struct cyg_command_table control_lists_commands = { .commands = commands };
