/* SPDX-License-Identifier: MIT */
/*
 * EAP methods (RFC 3748), as a peer (initiator) and as a server (responder); a RADIUS pass-through is a
 * server that takes every method. Owning shard; each step is an operation.
 */
#ifndef CYGNET_EAP_H
#define CYGNET_EAP_H

#include <cygnet/cursor.h>
#include <cygnet/identity.h>
#include <cygnet/secret.h>
#include <cygnet/shard.h>

#define CYG_EAP_PACKET_MAX 65535

struct cyg_eap_session;

/* What a session starts from; borrowed until it is freed. */
struct cyg_eap_start {
	const struct cyg_identity *peer_id;  /* IKE identity of the other side */
	struct cyg_str identity;             /* EAP identity if known already */
	struct cyg_str list;                 /* server: the `aaa authentication` list */
	struct cyg_str username;             /* peer: configured */
	const struct cyg_secret *password;   /* peer: configured */
	struct cyg_str trustpoint;           /* TLS methods */
	uint64_t session_id;                 /* for accounting and logs */
};

enum cyg_eap_outcome { CYG_EAP_CONTINUE, CYG_EAP_SUCCESS, CYG_EAP_FAILURE };

/* Result of a step; owned by the session, valid until the next step. */
struct cyg_eap_step {
	enum cyg_eap_outcome outcome;
	struct cyg_bytes packet;             /* to send: a whole EAP packet; may be empty for a peer's end */
};

/* The peer side and the server side have the same shape. */
struct cyg_eap_method_ops {
	uint8_t type;                        /* EAP type; 0: any (pass-through) */
	uint32_t vendor, vendor_type;        /* expanded types */
	const char *name;
	bool exports_key;                    /* gives an MSK (RFC 7296 2.16) */
	enum cyg_status (*session_new)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				       const struct cyg_eap_start *start, struct cyg_eap_session **out);
	/* `in` is a whole EAP packet, empty for a server's first step. */
	enum cyg_status (*step)(struct cyg_eap_session *session, struct cyg_bytes in,
				struct cyg_eap_step *out, struct cyg_op *op);
	/* After success; CYG_NOT_FOUND if there is none. */
	enum cyg_status (*msk)(struct cyg_eap_session *session, struct cyg_secret *out);
	void (*session_free)(struct cyg_eap_session *session);
};

#endif
