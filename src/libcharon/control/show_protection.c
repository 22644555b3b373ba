/* SPDX-License-Identifier: MIT */
/* show crypto ipsec transform-set, show crypto ipsec profile, show crypto map. */
#include "control/show_object.h"
#include "control/tables.h"

#include <stdio.h>

static const struct cyg_token_help tokens[] = {
	{ "transform-set", "Sets of algorithms for ESP" },
	{ "profile", "What tunnels are protected by" },
	{ "map", "What is protected by access lists" },
	{ "<name>", "Its name, or `default`" },
	{ 0 },
};

static const char *transform_text(const struct config_transform_set *set, char *out, size_t size)
{
	struct cyg_strbuf text = cyg_strbuf(out, size);

	show_transform(&text, set->encr.id, set->encr.key_bits, set->integ);
	return out;
}

static const char *yes(bool flag)
{
	return flag ? "Y" : "N";
}

/* --- Transform sets --- */

static void show_set(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	const struct config_transform_set *set = object;
	const char *mode = set->transport ? "Transport" : "Tunnel";
	char text[80];
	json_t *row;

	transform_text(set, text, sizeof(text));
	if (!cyg_exec_json(exec)) {
		cyg_exec_printf(exec, "Transform set %s: { %s  }\n", set->head.name, text);
		cyg_exec_printf(exec, "   will negotiate = { %s,%s  },\n", mode, set->transport_require ? " Require," : "");
		show_head(exec, &set->head);
		return;
	}
	row = json_object();
	put_head(&row, &set->head);
	put_text(&row, "transform", text);
	put_text(&row, "mode", set->transport ? "transport" : "tunnel");
	put_flag(&row, "require", set->transport_require);
	put_flag(&row, "esn", set->esn);
	cyg_exec_row(exec, row);
}

static enum cyg_status run_sets(struct cyg_exec *exec, const struct cyg_args *args)
{
	return show_each(exec, args, MODE_TRANSFORM_SET, "IPsec transform set", show_set);
}

/* --- IPsec profiles --- */

static void lifetime_text(char *out, size_t size, uint64_t kilobytes, uint32_t seconds)
{
	struct cyg_strbuf text = cyg_strbuf(out, size);

	if (kilobytes)
		cyg_strbuf_addf(&text, "%llu kilobytes/%u seconds", (unsigned long long)kilobytes, seconds);
	else
		cyg_strbuf_addf(&text, "%u seconds", seconds);
}

static void sets_text(struct cyg_exec *exec, const struct config_transform_set *const *sets, unsigned count)
{
	char text[80];

	cyg_exec_printf(exec, "\tTransform sets={ \n");
	for (unsigned i = 0; i < count; i++)
		cyg_exec_printf(exec, "\t\t%s:  { %s  } , \n", sets[i]->head.name,
				transform_text(sets[i], text, sizeof(text)));
	cyg_exec_printf(exec, "\t}\n");
}

static json_t *sets_json(const struct config_transform_set *const *sets, unsigned count)
{
	json_t *names = json_array();

	for (unsigned i = 0; i < count; i++)
		put_word(&names, sets[i]->head.name);
	return names;
}

static void show_profile(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	const struct config_ipsec_profile *p = object;
	char lifetime[80], group[64] = "none";
	struct cyg_strbuf text = CYG_STRBUF(group);
	json_t *row;

	lifetime_text(lifetime, sizeof(lifetime), p->lifetime_kb, p->lifetime_s);
	if (p->pfs_group)
		show_group(&text, p->pfs_group);
	if (!cyg_exec_json(exec)) {
		cyg_exec_printf(exec, "IPSEC profile %s\n", p->head.name);
		if (p->ikev2_profile_name[0])
			cyg_exec_printf(exec, "\tIKEv2 Profile: %s\n", p->ikev2_profile_name);
		cyg_exec_printf(exec, "\tSecurity association lifetime: %s\n", lifetime);
		if (p->idle_s)
			cyg_exec_printf(exec, "\tSecurity association idletime: %u seconds\n", p->idle_s);
		cyg_exec_printf(exec, "\tResponder-Only (Y/N): %s\n", yes(p->responder_only));
		cyg_exec_printf(exec, "\tPFS (Y/N): %s\n", yes(p->pfs_group != 0));
		if (p->pfs_group)
			cyg_exec_printf(exec, "\tDH group:  %s\n", group);
		cyg_exec_printf(exec, "\tMixed-mode : Disabled\n");
		sets_text(exec, p->set, p->set_count);
		show_head(exec, &p->head);
		return;
	}
	row = json_object();
	put_head(&row, &p->head);
	put_text(&row, "ikev2_profile", p->ikev2_profile_name);
	put_json(&row, "transform_sets", sets_json(p->set, p->set_count));
	put_number(&row, "lifetime", p->lifetime_s);
	put_number(&row, "lifetime_kilobytes", p->lifetime_kb);
	put_number(&row, "idle_time", p->idle_s);
	put_number(&row, "replay_window", p->replay_window);
	put_number(&row, "pfs_group", p->pfs_group);
	put_flag(&row, "responder_only", p->responder_only);
	cyg_exec_row(exec, row);
}

static enum cyg_status run_profiles(struct cyg_exec *exec, const struct cyg_args *args)
{
	return show_each(exec, args, MODE_IPSEC_PROFILE, "IPsec profile", show_profile);
}

/* --- Crypto maps --- */

static void map_text(struct cyg_exec *exec, const struct config_crypto_map *map)
{
	char lifetime[80], ip[CYG_IP_TEXT];

	cyg_exec_printf(exec, "Crypto Map \"%s\" %u ipsec-isakmp%s\n", map->map, map->sequence,
			map->dynamic ? " dynamic" : "");
	show_head(exec, &map->head);
	for (unsigned i = 0; i < map->peer_count; i++)
		cyg_exec_printf(exec, "\tPeer = %s\n", map->peer[i].name[0] ? map->peer[i].name
									     : cyg_ip_text(&map->peer[i].address, ip));
	if (map->ikev2_profile)
		cyg_exec_printf(exec, "\tIKEv2 Profile: %s\n", map->ikev2_profile->head.name);
	lifetime_text(lifetime, sizeof(lifetime), map->lifetime_kb, map->lifetime_s);
	cyg_exec_printf(exec, "\tSecurity association lifetime: %s\n\tPFS (Y/N): %s\n", lifetime,
			yes(map->pfs_group != 0));
	sets_text(exec, map->set, map->set_count);
}

static void show_map(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	const struct config_crypto_map *map = object;
	char ip[CYG_IP_TEXT];
	json_t *row, *peers;

	if (!cyg_exec_json(exec)) {
		map_text(exec, map);
		return;
	}
	row = json_object();
	peers = json_array();
	for (unsigned i = 0; i < map->peer_count; i++)
		put_word(&peers, map->peer[i].name[0] ? map->peer[i].name : cyg_ip_text(&map->peer[i].address, ip));
	put_head(&row, &map->head);
	put_text(&row, "map", map->map);
	put_number(&row, "sequence", map->sequence);
	put_flag(&row, "dynamic", map->dynamic);
	put_json(&row, "peers", peers);
	put_text(&row, "ikev2_profile", map->ikev2_profile ? map->ikev2_profile->head.name : "");
	put_json(&row, "transform_sets", sets_json(map->set, map->set_count));
	put_number(&row, "pfs_group", map->pfs_group);
	cyg_exec_row(exec, row);
}

static enum cyg_status run_maps(struct cyg_exec *exec, const struct cyg_args *args)
{
	return show_each(exec, args, MODE_CRYPTO_MAP, "crypto map", show_map);
}

static const struct cyg_command commands[] = {
	{ "exec", "show crypto ipsec transform-set [<name:ref(ipsec-transform-set)>]", "Shows transform sets, the default one too.", tokens,
	  .run = run_sets },
	{ "exec", "show crypto ipsec profile [<name:ref(ipsec-profile)>]", "Shows IPsec profiles, the default one too.", tokens,
	  .run = run_profiles },
	{ "exec", "show crypto map", "Shows crypto maps.", tokens, .run = run_maps },
	{ 0 },
};

const struct cyg_command_table control_protection_commands = { .commands = commands };
