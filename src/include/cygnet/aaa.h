/* SPDX-License-Identifier: MIT */
/*
 * Talking to an AAA server: pre-shared keys and attributes by name, and accounting. Authorization is
 * authz.h, EAP pass-through is eap.h; both may stand on a provider of this kind. Owning shard.
 */
#ifndef CYGNET_AAA_H
#define CYGNET_AAA_H

#include <cygnet/authz.h>
#include <cygnet/secret.h>

enum cyg_acct_event { CYG_ACCT_START, CYG_ACCT_INTERIM, CYG_ACCT_STOP };

/* One accounting record: values, copied by the provider. */
struct cyg_acct_record {
	enum cyg_acct_event event;
	struct cyg_str group, user, session_id, cause;
	const struct cyg_identity *remote_id;
	struct cyg_endpoint local, remote;
	struct cyg_ip address4, address6;
	struct cyg_kernel_counters counters;
	uint32_t seconds;
	struct cyg_bytes class_attribute;
};

struct cyg_aaa_ops {
	const char *name;    /* "radius" */
	/* Pre-shared keys of `name` (`keyring aaa`). `local` may stay empty: the same one. */
	enum cyg_status (*psk)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, struct cyg_str group,
			       struct cyg_str name, const struct cyg_secret *password,
			       struct cyg_secret *local, struct cyg_secret *remote, struct cyg_op *op);
	/* Accepted means kept until delivered or given up by the provider's own rule. */
	enum cyg_status (*account)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				   const struct cyg_acct_record *record);
};

#endif
