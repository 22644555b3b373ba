/* SPDX-License-Identifier: MIT */
/*
 * What an IKE_AUTH exchange keeps while it waits: what the peer asked for by configuration payload, whose
 * authorization is being asked, what was granted. Owning shard.
 */
#ifndef EXCHANGE_IKE_AUTH_H
#define EXCHANGE_IKE_AUTH_H

#include "exchange/exchange.h"

#include <cygnet/authz.h>

struct auth_method;

struct auth_work {
	const struct auth_method *remote_method;

	/* The peer's configuration request. */
	bool cp, want4, want6, want_version, want_supported;
	struct cyg_ip hint4, hint6;

	/* Authorization. */
	struct cyg_authz granted;       /* merged */
	struct cyg_authz answer;        /* of the one that is being asked */
	bool granted_any, user_done, group_done;
	const struct config_authz_use *use;      /* borrowed from the profile */
	const struct config_method_list *list;   /* counted */
	unsigned method;                /* index into it */
	struct cyg_authz_request request;
	char name[256];

	/* Addresses. */
	struct cyg_lease lease;
	struct cyg_lease_request lease_request;
	struct cyg_plugin_ctx *lease_ctx;
	const struct cyg_address_ops *lease_ops;
	const char *lease_source;       /* its name, a constant */
};

void auth_work_free(struct auth_work *work, struct ike_sa *sa);

/* --- authorize.c: stages of the responder --- */
enum cyg_status authorize_begin(struct exchange *x);
enum cyg_status authorize_done(struct exchange *x, enum cyg_status status);

/* --- lease.c --- */
enum cyg_status lease4_begin(struct exchange *x);
enum cyg_status lease4_done(struct exchange *x, enum cyg_status status);
enum cyg_status lease6_begin(struct exchange *x);
enum cyg_status lease6_done(struct exchange *x, enum cyg_status status);
/* Is an address wanted that nobody gave? Then there will be no child. */
enum cyg_status lease_check(struct exchange *x);

/* --- config_mode.c --- */
/* Responder: reads the CFG_REQUEST of x->msg. */
void config_mode_read_request(struct exchange *x);
/* Responder: the CFG_REPLY, if there is anything to say. */
void config_mode_write_reply(struct exchange *x);
/* Initiator: the CFG_REQUEST of an interface whose address is negotiated. */
void config_mode_write_request(struct exchange *x);
/* Initiator: takes what the peer gave into the session. */
enum cyg_status config_mode_read_reply(struct exchange *x) CYG_MUST_CHECK;

#endif
