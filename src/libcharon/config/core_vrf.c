/* SPDX-License-Identifier: MIT */
/*
 * VRFs: which address families they have. A VRF is the Linux device of that name.
 */
#include "config/core.h"

#define MODE_VRF_FAMILY "vrf-address-family"

struct family {
	bool ipv6;
};

static enum cyg_status apply_table(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_vrf *vrf = object;

	(void)build;
	vrf->table = (uint32_t)cyg_args_uint(args, "table", 0);
	return CYG_OK;
}

static enum cyg_status apply_family(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct family *family = object;

	(void)build;
	family->ipv6 = cyg_str_equal(cyg_args_text(args, "family"), CYG_STR("ipv6"));
	return CYG_OK;
}

static void check_vrf(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct cyg_vrf *vrf = object;
	struct cyg_str inner;

	(void)name;
	for (size_t n = 0;; n++) {
		const struct family *family = cyg_build_inner(build, MODE_VRF_FAMILY, n, &inner);

		if (!family && inner.len == 0)
			break;
		if (family && family->ipv6)
			vrf->ipv6 = true;
		else if (family)
			vrf->ipv4 = true;
	}
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = CYG_MODE_VRF, .parent = MODE_GLOBAL, .prompt = "config-vrf", .what = "VRF",
	  .object_size = sizeof(struct cyg_vrf), .check = check_vrf },
	{ .name = MODE_VRF_FAMILY, .parent = CYG_MODE_VRF, .prompt = "config-vrf-af",
	  .what = "address family", .object_size = sizeof(struct family) },
	{ 0 },
};

static const struct cyg_token_help tokens[] = {
	{ "definition", "A routing table of its own, with its interfaces" },
	{ "<name>", "Its name: that of the VRF device" },
	{ "<table>", "Number of the routing table" },
	{ "<family>", "Which addresses it carries" },
	{ "<distinguisher>", "NUMBER:NUMBER; kept, does nothing here" },
	{ "<target>", "NUMBER:NUMBER; kept, does nothing here" },
	{ 0 },
};

#define TARGET "route-target {import | export | both} <target:word>"

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "vrf definition <name:name>", "Opens a VRF.", tokens, .enters = CYG_MODE_VRF },
	{ MODE_GLOBAL, "ip vrf <name:name>", "", .flags = CYG_CMD_WEAK,
	  .spelling = "vrf definition <name>\naddress-family ipv4\nexit" },
	{ CYG_MODE_VRF, "description <text:line>", "Says what it is for." },
	{ CYG_MODE_VRF, "rd <distinguisher:word>", "Is kept and does nothing here.", tokens },
	{ CYG_MODE_VRF, TARGET, "Is kept and does nothing here.", tokens, .flags = CYG_CMD_LIST },
	{ CYG_MODE_VRF, "table <table:uint(1-4294967295)>",
	  "Sets its routing table if the device has to be made.", tokens, .apply = apply_table },
	{ CYG_MODE_VRF, "address-family <family:choice(ipv4|ipv6)>", "Carries addresses of this family.",
	  tokens, .key = "family", .enters = MODE_VRF_FAMILY, .apply = apply_family },
	{ MODE_VRF_FAMILY, TARGET, "Is kept and does nothing here.", tokens, .flags = CYG_CMD_LIST },
	{ MODE_VRF_FAMILY, "exit-address-family", "Leaves the address family.", .flags = CYG_CMD_LEAVES },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_vrf_commands = { .modes = modes, .commands = commands, .next = &core_acl_commands };
