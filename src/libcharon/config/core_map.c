/* SPDX-License-Identifier: MIT */
/*
 * Crypto maps: what is protected is said by an access list. Each entry is an object, "NAME SEQUENCE".
 */
#include "config/core.h"

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

static void map_init(void *object, struct cyg_str name)
{
	struct config_crypto_map *map = object;

	core_init(object, name);
	map->lifetime_s = 3600;
	map->lifetime_kb = 4608000;
}

APPLY(apply_open)
{
	struct config_crypto_map *map = object;

	map->sequence = (uint32_t)cyg_args_uint(args, "sequence", 0);
	map->dynamic = cyg_args_has(args, "dynamic");
	core_text(build, args, "name", map->map, sizeof(map->map));
	return CYG_OK;
}

APPLY(apply_address)
{
	struct config_crypto_map *map = object;

	map->has_list = true;
	map->list = cyg_build_object(build, CYG_MODE_ACCESS_LIST, cyg_args_text(args, "list"));
	if (!map->list)
		cyg_build_unusable(build, "its access list cannot be used");
	return CYG_OK;
}

APPLY(apply_peer)
{
	struct config_crypto_map *map = object;

	if (map->peer_count == CONFIG_MAP_PEERS_MAX) {
		cyg_build_error(build, "range", "an entry has at most %d peers", CONFIG_MAP_PEERS_MAX);
		return CYG_OK;
	}
	map->peer[map->peer_count].address = cyg_args_ip(args, "address");
	core_text(build, args, "host", map->peer[map->peer_count].name, sizeof(map->peer[0].name));
	map->peer_count++;
	return CYG_OK;
}

APPLY(apply_sets)
{
	struct config_crypto_map *map = object;

	map->set_lines = (unsigned)cyg_args_count(args, "set");
	map->set_count = 0;
	if (map->set_lines > CONFIG_IPSEC_SETS_MAX) {
		cyg_build_at(build, args, "set", CONFIG_IPSEC_SETS_MAX);
		cyg_build_error(build, "range", "an entry has at most %d transform sets", CONFIG_IPSEC_SETS_MAX);
		return CYG_OK;
	}
	for (size_t n = 0; n < map->set_lines; n++) {
		const struct config_transform_set *set =
			cyg_build_object(build, MODE_TRANSFORM_SET, cyg_args_nth(args, "set", n));

		if (set)
			map->set[map->set_count++] = set;
	}
	return CYG_OK;
}

APPLY(apply_profile)
{
	struct config_crypto_map *map = object;

	map->has_profile = true;
	map->ikev2_profile = cyg_build_object(build, MODE_PROFILE, cyg_args_text(args, "profile"));
	return CYG_OK;
}

APPLY(apply_pfs)
{
	struct config_crypto_map *map = object;

	map->pfs_group = core_pfs(build, args);
	return CYG_OK;
}

APPLY(apply_lifetime)
{
	struct config_crypto_map *map = object;

	(void)build;
	if (cyg_args_has(args, "kilobytes"))
		map->lifetime_kb = cyg_args_uint(args, "amount", 0); /* `disable`: none */
	else if (cyg_args_has(args, "days"))
		map->lifetime_s = (uint32_t)cyg_args_uint(args, "number", 0) * 86400;
	else
		map->lifetime_s = (uint32_t)cyg_args_uint(args, "time", 0);
	return CYG_OK;
}

APPLY(apply_reverse)
{
	struct config_crypto_map *map = object;

	(void)build;
	(void)args;
	map->reverse_route = true;
	return CYG_OK;
}

static void check_map(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_crypto_map *map = object;
	char text[160];
	struct cyg_strbuf missing = CYG_STRBUF(text);
	const char *why = "crypto maps are not supported so far: use a tunnel interface with "
			  "`tunnel protection`";

	(void)name;
	if (!map->has_list)
		core_lacks(&missing, "`match address`");
	if (!map->peer_count && !map->dynamic)
		core_lacks(&missing, "`set peer`");
	if (!map->set_lines)
		core_lacks(&missing, "`set transform-set`");
	if (!map->has_profile)
		core_lacks(&missing, "`set ikev2-profile` (IKEv1 is not spoken)");
	core_finish(build, &map->head, text, why);
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_CRYPTO_MAP, .parent = MODE_GLOBAL, .prompt = "config-crypto-map", .what = "crypto map entry",
	  .sequence = true, .object_size = sizeof(struct config_crypto_map), .init = map_init, .check = check_map },
	{ 0 },
};

static const struct cyg_token_help tokens[] = {
	{ "map", "Protects by access list" },
	{ "<name>", "Name of the crypto map" },
	{ "<sequence>", "Order among the entries of a map" },
	{ "<address>", "Outer address of the peer" },
	{ "<host>", "Its name" },
	{ "<list>", "Name or number of an access list" },
	{ 0 },
};

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "crypto map <name:name> <sequence:uint(1-65535)> ipsec-isakmp [dynamic <dynamic:name>]",
	  "Opens an entry of a crypto map.", tokens, .key = "name,sequence", .enters = MODE_CRYPTO_MAP,
	  .apply = apply_open },
	{ MODE_CRYPTO_MAP, "description <text:line>", "Says what it is for." },
	{ MODE_CRYPTO_MAP, "match address <list:ref(" CYG_MODE_ACCESS_LIST ")>", "Protects what a list permits.",
	  tokens, .apply = apply_address },
	{ MODE_CRYPTO_MAP, "set peer {<address:ip> | <host:word>} [default]", "Names the other end.", tokens,
	  .key = "address,host", .flags = CYG_CMD_LIST, .apply = apply_peer },
	{ MODE_CRYPTO_MAP, "set transform-set <set:ref(" MODE_TRANSFORM_SET ")>...",
	  "Names transform sets, the preferred one first.", tokens, .apply = apply_sets },
	{ MODE_CRYPTO_MAP, "set ikev2-profile <profile:ref(" MODE_PROFILE ")>", "Names the IKEv2 profile.", tokens,
	  .apply = apply_profile },
	{ MODE_CRYPTO_MAP, "set pfs [<group:choice(" CORE_GROUPS ")>]", "Exchanges keys anew for each SA.", tokens,
	  .apply = apply_pfs },
	{ MODE_CRYPTO_MAP,
	  "set security-association lifetime {seconds <time:uint(120-2592000)> | days <number:uint(1-30)>}",
	  "Rekeys before this time.", .apply = apply_lifetime },
	{ MODE_CRYPTO_MAP,
	  "set security-association lifetime kilobytes {<amount:uint(2560-4294967295)> | disable}",
	  "Rekeys before this much traffic.", .apply = apply_lifetime },
	{ MODE_CRYPTO_MAP, "reverse-route [static]", "Installs routes to what the peer protects.",
	  .apply = apply_reverse },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_map_commands = { .modes = modes, .commands = commands, .next = &core_client_commands };
