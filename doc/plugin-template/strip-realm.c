/* SPDX-License-Identifier: MIT */
/*
 * A whole plugin: a name mangler that looks "alice@example.com" up as "alice".
 *
 * Copy this folder, rename, and change what `provides` says. The registry reads the descriptor at the
 * end before any code here has run; which thread runs what is said in <cygnet/plugin.h>.
 */
#include <cygnet/plugin.h>

struct strip_realm_conf {
	const char *separators;
};

static const struct cyg_option options[] = {
	CYG_OPT_STRING(struct strip_realm_conf, separators, "separators", "@",
		       "The name ends before the first of these characters."),
	CYG_OPT_END,
};

static enum cyg_status strip_realm(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				   struct cyg_str mangler, const struct cyg_identity *id,
				   struct cyg_bytes eap, struct cyg_strbuf *out,
				   struct cyg_strbuf *why)
{
	const struct strip_realm_conf *conf = CYG_CONF(ctx, shard, struct strip_realm_conf);
	struct cyg_str name = cyg_str_n((const char *)id->octets, id->len);
	size_t keep = cyg_str_span_until(name, conf->separators);

	(void)mangler;
	(void)eap;
	if (keep == 0) { /* "@example.com" leaves nobody to look up */
		cyg_strbuf_add(why, CYG_STR("nothing stands before the separator"));
		return CYG_REFUSED;
	}
	return cyg_strbuf_set(out, cyg_str_head(name, keep));
}

static const struct cyg_name_mangler_ops ops = { .name = "strip-realm", .mangle = strip_realm };

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_NAME_MANGLER(&ops),
	CYG_FEATURES_END,
};

CYG_PLUGIN(strip_realm, "strip-realm", .version = "1.0",
	   .summary = "looks names up without their realm", .provides = provides,
	   .options = options, .conf_size = sizeof(struct strip_realm_conf));
