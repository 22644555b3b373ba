/* SPDX-License-Identifier: MIT */
/*
 * EAP methods (RFC 3748), as a peer (initiator) and as a server (responder); a RADIUS pass-through is a
 * server that takes every method. Owning shard; each step is an operation.
 *
 * The engine carries packets and knows none of the methods. It asks for an identity and answers that question,
 * answers a notification, and finds the method: a server's by the list of the profile and by what the
 * peer would rather do (Nak), a peer's by what it is asked for and what is configured. Everything else is the method's. A
 * packet that the engine hands on has a length field that fits and at most CYG_EAP_PACKET_MAX octets.
 *
 * A session takes a use of its plugin (cyg_plugin_use()) from session_new() to session_free(); the engine does that.
 */
#ifndef CYGNET_EAP_H
#define CYGNET_EAP_H

#include <cygnet/cursor.h>
#include <cygnet/identity.h>
#include <cygnet/secret.h>
#include <cygnet/shard.h>

#define CYG_EAP_PACKET_MAX 16384 /* octets of a packet, either way; a longer one is refused */

enum cyg_eap_code { CYG_EAP_REQUEST = 1, CYG_EAP_RESPONSE = 2, CYG_EAP_CODE_SUCCESS = 3, CYG_EAP_CODE_FAILURE = 4 };

enum cyg_eap_type {
	CYG_EAP_IDENTITY = 1,
	CYG_EAP_NOTIFICATION = 2,
	CYG_EAP_NAK = 3,
	CYG_EAP_MD5 = 4,
	CYG_EAP_GTC = 6,
	CYG_EAP_MSCHAPV2 = 26,
	CYG_EAP_EXPANDED = 254,
};

struct cyg_eap_session;

/* What a session starts from; borrowed until it is freed. */
struct cyg_eap_start {
	const struct cyg_identity *peer_id;  /* IKE identity of the other side */
	struct cyg_bytes identity;           /* server: EAP identity if known already, octets of the peer's */
	struct cyg_str group;                /* server: the group of AAA servers to ask; "": our own users */
	uint8_t identifier;                  /* server: of its first request; each further one is one higher */
	struct cyg_str username;             /* peer: configured, or the text of our IKE identity */
	const struct cyg_secret *password;   /* peer: configured; NULL: there is none */
	struct cyg_str trustpoint;           /* TLS methods; "": none is configured */
	uint64_t session_id;                 /* for accounting and logs */
};

enum cyg_eap_outcome { CYG_EAP_CONTINUE, CYG_EAP_SUCCESS, CYG_EAP_FAILURE };

/* Result of a step; owned by the session, valid until the next step. */
struct cyg_eap_step {
	enum cyg_eap_outcome outcome;
	struct cyg_bytes packet;             /* to send: a whole EAP packet; empty for a peer's end */
	struct cyg_bytes identity;           /* a server that learnt a better one (RADIUS User-Name); else empty */
};

/* The peer side and the server side have the same shape. */
struct cyg_eap_method_ops {
	uint8_t type;                        /* EAP type; 0: any (pass-through) */
	uint32_t vendor, vendor_type;        /* with CYG_EAP_EXPANDED */
	const char *name;
	bool exports_key;                    /* gives an MSK (RFC 7296 2.16) */
	enum cyg_status (*session_new)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				       const struct cyg_eap_start *start, struct cyg_eap_session **out);
	/*
	 * `in` is a whole EAP packet, borrowed for the call. A server's first step gets none; a pass-through gets the peer's identity response if
	 * there is one. A peer gets requests of its type, and Success or Failure: it is the method that knows
	 * whether it may end so. CYG_OK with *out filled, or CYG_PENDING and *out is filled when `op` completes;
	 * CYG_IO or CYG_TIMEOUT at a server's first step: the next method of the list is tried. Any other status
	 * ends the login. `op` and `out` are untouched after cyg_op_cancel().
	 */
	enum cyg_status (*step)(struct cyg_eap_session *session, struct cyg_bytes in,
				struct cyg_eap_step *out, struct cyg_op *op);
	/* After success; CYG_NOT_FOUND if there is none. */
	enum cyg_status (*msk)(struct cyg_eap_session *session, struct cyg_secret *out);
	void (*session_free)(struct cyg_eap_session *session);
};

#endif
