/* SPDX-License-Identifier: MIT */
/*
 * Name manglers: from an identity to the name that AAA is asked for. Owning shard.
 */
#ifndef CYGNET_NAME_MANGLER_H
#define CYGNET_NAME_MANGLER_H

#include <cygnet/identity.h>
#include <cygnet/shard.h>

struct cyg_name_mangler_ops {
	const char *name;
	/*
	 * `mangler` is the configured object's name, `id` the IKE identity; `eap` is the EAP identity
	 * (empty if there is none). Writes the name to `out`. CYG_REFUSED if nothing is left of it or
	 * the mangler has no line for this type; `why` then says which line is missing.
	 */
	enum cyg_status (*mangle)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				  struct cyg_str mangler, const struct cyg_identity *id,
				  struct cyg_bytes eap, struct cyg_strbuf *out,
				  struct cyg_strbuf *why);
};

#endif
