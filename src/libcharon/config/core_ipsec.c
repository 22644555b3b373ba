/* SPDX-License-Identifier: MIT */
/*
 * Transform sets and IPsec profiles.
 */
#include "config/core.h"
#include "config/tree.h"

#include <stdio.h>

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

/* --- Transform set --- */

static const struct {
	const char *word;
	uint16_t encr, key_bits, integ;
	bool weak, unsupported;
} transforms[] = {
	{ "esp-3des", CYG_ENCR_3DES, 0, 0, true, false },
	{ "esp-des", 0, 0, 0, false, true },
	{ "esp-seal", 0, 0, 0, false, true },
	{ "esp-aes", CYG_ENCR_AES_CBC, 128, 0, false, false },
	{ "esp-gcm", CYG_ENCR_AES_GCM_16, 128, 0, false, false },
	{ "esp-chacha20-poly1305", CYG_ENCR_CHACHA20_POLY1305, 0, 0, false, false },
	{ "esp-gmac", CYG_ENCR_NULL_AUTH_AES_GMAC, 128, 0, false, false },
	{ "esp-null", CYG_ENCR_NULL, 0, 0, true, false },
	{ "esp-md5-hmac", 0, 0, CYG_AUTH_HMAC_MD5_96, true, false },
	{ "esp-sha-hmac", 0, 0, CYG_AUTH_HMAC_SHA1_96, false, false },
	{ "esp-sha256-hmac", 0, 0, CYG_AUTH_HMAC_SHA2_256_128, false, false },
	{ "esp-sha384-hmac", 0, 0, CYG_AUTH_HMAC_SHA2_384_192, false, false },
	{ "esp-sha512-hmac", 0, 0, CYG_AUTH_HMAC_SHA2_512_256, false, false },
	{ "ah-md5-hmac", 0, 0, 0, false, true },
	{ "ah-sha-hmac", 0, 0, 0, false, true },
	{ "ah-sha256-hmac", 0, 0, 0, false, true },
	{ "ah-sha384-hmac", 0, 0, 0, false, true },
	{ "ah-sha512-hmac", 0, 0, 0, false, true },
	{ "comp-lzs", 0, 0, 0, false, true },
};

static void apply_transform(struct cyg_build *build, struct config_transform_set *set,
			    const struct cyg_args *args, size_t index)
{
	struct cyg_str word = statement_word(args, index);
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)word.len, word.ptr);
	for (size_t i = 0; i < CYG_COUNT(transforms); i++) {
		if (strcmp(name, transforms[i].word) != 0)
			continue;
		cyg_build_at(build, args, name, 0);
		if (transforms[i].unsupported) {
			cyg_build_error(build, "unsupported", "%s is not supported", name);
			return;
		}
		if ((transforms[i].encr && set->encr.id) || (transforms[i].integ && set->integ)) {
			cyg_build_error(build, "conflict", "%s: a set has one cipher and one hash",
					name);
			return;
		}
		if (transforms[i].weak)
			cyg_build_warning(build, "weak-algorithm", "%s is weak", name);
		if (transforms[i].encr)
			set->encr =
				(struct encr_choice){ transforms[i].encr, transforms[i].key_bits };
		else
			set->integ = transforms[i].integ;
		return;
	}
}

APPLY(apply_set)
{
	struct config_transform_set *set = object;

	for (size_t i = 0; i < args->step_count; i++) {
		struct cyg_str word = statement_word(args, i);
		uint64_t bits;

		if (statement_op(args, i)->kind != OP_KEYWORD)
			continue;
		if (cyg_str_to_u64(word, 128, 256, &bits) == CYG_OK)
			set->encr.key_bits = (uint16_t)bits;
		else
			apply_transform(build, set, args, i);
	}
	return CYG_OK;
}

APPLY(apply_mode)
{
	struct config_transform_set *set = object;

	(void)build;
	set->transport = cyg_args_has(args, "transport");
	set->transport_require = cyg_args_has(args, "require");
	return CYG_OK;
}

APPLY(apply_esn)
{
	struct config_transform_set *set = object;

	(void)build;
	(void)args;
	set->esn = true;
	return CYG_OK;
}

static void check_set(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_transform_set *set = object;
	char text[120];
	struct cyg_strbuf missing = CYG_STRBUF(text);
	bool aead =
		set->encr.id == CYG_ENCR_AES_GCM_16 || set->encr.id == CYG_ENCR_NULL_AUTH_AES_GMAC ||
		set->encr.id == CYG_ENCR_CHACHA20_POLY1305;

	(void)name;
	if (aead && set->integ) {
		cyg_build_error(build, "conflict",
				"esp-gcm, esp-gmac and esp-chacha20-poly1305 protect by themselves: "
				"no hash");
		return;
	}
	if (!set->encr.id)
		core_lacks(&missing, "a cipher (esp-aes, esp-gcm)");
	else if (!aead && !set->integ)
		core_lacks(&missing, "a hash (esp-sha256-hmac)");
	core_finish(build, &set->head, text, "");
}

/* --- IPsec profile --- */

static void profile_init(void *object, struct cyg_str name)
{
	struct config_ipsec_profile *p = object;

	core_init(object, name);
	p->lifetime_s = 3600;
	p->lifetime_kb = 4608000;
	p->replay_window = 64;
	p->flow_limit = UINT32_MAX;
}

APPLY(apply_sets)
{
	struct config_ipsec_profile *p = object;
	size_t count = cyg_args_count(args, "set");

	p->line_count = (unsigned)count;
	p->set_count = 0;
	if (count > CONFIG_IPSEC_SETS_MAX) {
		cyg_build_at(build, args, "set", CONFIG_IPSEC_SETS_MAX);
		cyg_build_error(build, "range", "a profile has at most %d transform sets",
				CONFIG_IPSEC_SETS_MAX);
		return CYG_OK;
	}
	for (size_t n = 0; n < count; n++) {
		const struct config_transform_set *set =
			cyg_build_object(build, MODE_TRANSFORM_SET, cyg_args_nth(args, "set", n));

		if (set)
			p->set[p->set_count++] = set;
	}
	return CYG_OK;
}

APPLY(apply_ikev2_profile)
{
	struct config_ipsec_profile *p = object;

	core_text(build, args, "profile", p->ikev2_profile_name, sizeof(p->ikev2_profile_name));
	p->ikev2_profile = cyg_build_object(build, MODE_PROFILE, cyg_args_text(args, "profile"));
	return CYG_OK;
}

APPLY(apply_pfs)
{
	struct config_ipsec_profile *p = object;

	p->pfs_group = core_pfs(build, args);
	return CYG_OK;
}

APPLY(apply_lifetime)
{
	struct config_ipsec_profile *p = object;

	(void)build;
	if (cyg_args_has(args, "kilobytes"))
		p->lifetime_kb = cyg_args_uint(args, "amount", 0); /* `disable`: none */
	else if (cyg_args_has(args, "days"))
		p->lifetime_s = (uint32_t)cyg_args_uint(args, "number", 0) * 86400;
	else if (cyg_args_has(args, "idle-time"))
		p->idle_s = (uint32_t)cyg_args_uint(args, "time", 0);
	else
		p->lifetime_s = (uint32_t)cyg_args_uint(args, "time", 0);
	return CYG_OK;
}

APPLY(apply_replay)
{
	struct config_ipsec_profile *p = object;

	(void)build;
	p->replay_window = (uint32_t)cyg_args_uint(args, "size", 0); /* `disable`: none */
	return CYG_OK;
}

APPLY(apply_flow_limit)
{
	struct config_ipsec_profile *p = object;

	(void)build;
	p->flow_limit = (uint32_t)cyg_args_uint(args, "number", 0);
	return CYG_OK;
}

APPLY(apply_responder_only)
{
	struct config_ipsec_profile *p = object;

	(void)build;
	(void)args;
	p->responder_only = true;
	return CYG_OK;
}

static void check_profile(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_ipsec_profile *p = object;
	const char *why = "";

	(void)name;
	if (p->line_count == 0) {
		p->set[0] = cyg_build_object(build, MODE_TRANSFORM_SET, CYG_STR("default"));
		p->set_count = p->set[0] != NULL;
	}
	if (p->set_count == 0)
		why = "none of its transform sets can be used";
	else if (p->ikev2_profile_name[0] && !p->ikev2_profile)
		why = "its IKEv2 profile cannot be used";
	core_finish(build, &p->head, "", why);
}

static const char *const default_name[] = { "default", NULL };
static const char *const default_set[] = { " esp-aes esp-sha-hmac\nmode transport", NULL };
static const char *const default_profile[] = { "set transform-set default", NULL };

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_TRANSFORM_SET, .parent = MODE_GLOBAL, .prompt = "cfg-crypto-trans",
	  .what = "IPsec transform set", .object_size = sizeof(struct config_transform_set),
	  .init = core_init, .check = check_set, .smart_defaults = default_name,
	  .default_lines = default_set },
	{ .name = MODE_IPSEC_PROFILE, .parent = MODE_GLOBAL, .prompt = "ipsec-profile",
	  .what = "IPsec profile", .object_size = sizeof(struct config_ipsec_profile),
	  .init = profile_init, .check = check_profile, .smart_defaults = default_name,
	  .default_lines = default_profile },
	{ 0 },
};

#define HASHES(before_) \
	before_ "-md5-hmac | " before_ "-sha-hmac | " before_ "-sha256-hmac | " before_ \
	"-sha384-hmac | " before_ "-sha512-hmac"

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL,
	  "crypto ipsec transform-set <name:name> {esp-3des | esp-des | esp-seal | "
	  "esp-aes [128 | 192 | 256] | esp-gcm [128 | 192 | 256] | esp-gmac [128 | 192 | 256] | "
	  "esp-chacha20-poly1305 | esp-null | " HASHES("esp") " | " HASHES("ah") " | comp-lzs}...",
	  "Opens a set of algorithms for ESP.", .enters = MODE_TRANSFORM_SET, .apply = apply_set },
	{ MODE_TRANSFORM_SET, "mode {tunnel | transport [require]}", "Sets the mode.",
	  .def = "mode tunnel", .apply = apply_mode },
	{ MODE_TRANSFORM_SET, "esn", "Uses sequence numbers of 64 bits.", .apply = apply_esn },

	{ MODE_GLOBAL, "crypto ipsec profile <name:name>", "Opens an IPsec profile.",
	  .enters = MODE_IPSEC_PROFILE },
	{ MODE_IPSEC_PROFILE, "description <text:line>", "Says what it is for." },
	{ MODE_IPSEC_PROFILE, "set transform-set <set:ref(" MODE_TRANSFORM_SET ")>...",
	  "Names transform sets, the preferred one first.", .apply = apply_sets },
	{ MODE_IPSEC_PROFILE, "set ikev2-profile <profile:ref(" MODE_PROFILE ")>",
	  "Names the IKEv2 profile.", .apply = apply_ikev2_profile },
	{ MODE_IPSEC_PROFILE, "set pfs [<group:choice(" CORE_GROUPS ")>]",
	  "Exchanges keys anew for each SA.", .apply = apply_pfs },
	{ MODE_IPSEC_PROFILE,
	  "set security-association lifetime {seconds <time:uint(120-2592000)> | "
	  "days <number:uint(1-30)>}",
	  "Rekeys before this time.", .def = "set security-association lifetime seconds 3600",
	  .apply = apply_lifetime },
	{ MODE_IPSEC_PROFILE,
	  "set security-association lifetime kilobytes {<amount:uint(2560-4294967295)> | disable}",
	  "Rekeys before this much traffic.",
	  .def = "set security-association lifetime kilobytes 4608000", .apply = apply_lifetime },
	{ MODE_IPSEC_PROFILE, "set security-association idle-time <time:uint(60-86400)>",
	  "Ends an SA that carries nothing.", .flags = CYG_CMD_IDLE, .apply = apply_lifetime },
	{ MODE_IPSEC_PROFILE,
	  "set security-association replay {disable | window-size <size:choice(64|128|256|512|1024)>}",
	  "Refuses packets that come twice.", .apply = apply_replay },
	{ MODE_IPSEC_PROFILE, "set security-association dfbit {clear | copy | set}",
	  "Sets the DF bit of outer packets.", .flags = CYG_CMD_IDLE },
	{ MODE_IPSEC_PROFILE, "set security-policy limit <number:uint(0-50000)>",
	  "Limits the SAs of a session.", .apply = apply_flow_limit },
	{ MODE_IPSEC_PROFILE, "max flow limit <number:uint(0-50000)>", "", .flags = CYG_CMD_WEAK,
	  .spelling = "set security-policy limit <number>" },
	{ MODE_IPSEC_PROFILE, "set max-flow-limit <number:uint(0-50000)>", "", .flags = CYG_CMD_WEAK,
	  .spelling = "set security-policy limit <number>" },
	{ MODE_IPSEC_PROFILE, "set mixed-mode", "Carries IPv4 and IPv6 in one tunnel.", .flags = CYG_CMD_IDLE },
	{ MODE_IPSEC_PROFILE, "set reverse-route distance <distance:uint(1-255)>", "Sets the distance of routes to peers.",
	  .flags = CYG_CMD_IDLE },
	{ MODE_IPSEC_PROFILE, "set reverse-route tag <tag:uint(1-4294967295)>", "Sets the tag of routes to peers.",
	  .flags = CYG_CMD_IDLE },
	{ MODE_IPSEC_PROFILE, "responder-only", "Never calls.", .apply = apply_responder_only },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_ipsec_commands = { .modes = modes,
						       .commands = commands,
						       .next = &core_interface_commands };
