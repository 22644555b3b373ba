/* SPDX-License-Identifier: MIT */
/*
 * Configuration attributes beyond the standard ones (Unity, FlexVPN): a provider adds its own to a
 * CFG_REPLY or CFG_SET for the peers they are meant for, and reads those that a peer sent. Owning shard.
 */
#ifndef CYGNET_CFG_ATTR_H
#define CYGNET_CFG_ATTR_H

#include <cygnet/authz.h>
#include <cygnet/cursor.h>

enum cyg_peer_class {
	CYG_PEER_OTHER = 0,
	CYG_PEER_ANYCONNECT,
	CYG_PEER_FLEXVPN,
	CYG_PEER_WINDOWS,
	CYG_PEER_APPLE,
};

struct cyg_cfg_attr_ops {
	const char *name;
	/* Appends whole attributes (RFC 7296 3.15.1) to `out`. Must not fail for lack of something to say. */
	enum cyg_status (*add)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
			       enum cyg_peer_class peer, const struct cyg_authz *granted,
			       struct wire_writer *out);
	/* One attribute a peer sent. CYG_NOT_FOUND: not one of ours. */
	enum cyg_status (*read)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				enum cyg_peer_class peer, uint16_t type, struct cyg_bytes value,
				struct cyg_strbuf *text);
};

#endif
