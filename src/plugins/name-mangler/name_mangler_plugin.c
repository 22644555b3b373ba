/* SPDX-License-Identifier: MIT */
/*
 * Name manglers of the configuration: what a name is made of stands in the snapshot of the shard that asks, so
 * nothing ever waits.
 */
#include "mangler.h"

#include "config.h"

static enum cyg_status mangle(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, struct cyg_str name,
			      const struct cyg_identity *id, struct cyg_bytes eap, struct cyg_strbuf *out,
			      struct cyg_strbuf *why)
{
	const struct cyg_config *snapshot = cyg_shard_config(shard);
	const struct mangler *mangler = snapshot ? cyg_config_object(snapshot, MODE_MANGLER, name, true) : NULL;

	(void)ctx;
	if (!mangler) {
		cyg_strbuf_addf(why, "it does not exist");
		return CYG_REFUSED;
	}
	return mangler_apply(mangler, id, eap, out, why);
}

static const struct cyg_name_mangler_ops ops = { .name = "name-mangler", .mangle = mangle };

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_NAME_MANGLER(&ops),
	CYG_PROVIDE_COMMANDS(&name_mangler_commands),
	CYG_FEATURES_END,
};

CYG_PLUGIN(name_mangler, "name-mangler",
	   .version = PACKAGE_VERSION,
	   .summary = "Names for AAA out of identities.",
	   .provides = provides);
