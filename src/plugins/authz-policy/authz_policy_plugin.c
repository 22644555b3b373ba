/* SPDX-License-Identifier: MIT */
/*
 * The method `local` of an authorization list: a name is that of a `crypto ikev2 authorization policy`. What
 * it grants stands in the snapshot of the shard that asks, so nothing ever waits.
 */
#include "policy.h"

#include "config.h"

static enum cyg_status authorize(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				 const struct cyg_authz_request *request, struct cyg_authz *out,
				 struct cyg_op *op)
{
	const struct cyg_config *snapshot = cyg_shard_config(shard);
	const struct authz_policy *policy = NULL;

	(void)ctx;
	(void)op;
	if (snapshot)
		policy = cyg_config_object(snapshot, MODE_AUTHZ_POLICY, request->name, true);
	if (!policy)
		return CYG_NOT_FOUND;
	*out = policy->granted;
	return CYG_OK;
}

static const struct cyg_authz_ops ops = { .method = "local", .authorize = authorize };

static const struct cyg_feature provides[] = {
	CYG_PROVIDE_AUTHZ(&ops),
	CYG_PROVIDE_COMMANDS(&authz_policy_commands),
	CYG_FEATURES_END,
};

CYG_PLUGIN(authz_policy, "authz-policy",
	   .version = PACKAGE_VERSION,
	   .summary = "Authorization by policies of the configuration.",
	   .provides = provides);
