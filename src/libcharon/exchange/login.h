/* SPDX-License-Identifier: MIT */
/*
 * A login by EAP within IKE_AUTH (RFC 7296 2.16): the packets are carried, and nobody here knows what is in them but the identity,
 * a notification and a Nak. The method comes from the registry; each of its steps is an operation. What proves the peer in
 * the end is an AUTH payload by the method's MSK, or by SK_pi and SK_pr if it has none.
 *
 *   responder: IKE_AUTH #1 without AUTH is kept (login->chain); each further one is a step; the last one has AUTH and goes on
 *   with what #1 asked for. Between two requests the SA is half-open, with a deadline.
 *   initiator: one exchange of ours with a request after the other, until the AUTH of both sides fits.
 *
 * Owning shard. Hangs on the negotiation; login_free() cancels nothing: the operation is the exchange's.
 */
#ifndef EXCHANGE_LOGIN_H
#define EXCHANGE_LOGIN_H

#include "auth/eap_packet.h"
#include "exchange/ike_auth.h"

#define EAP_ROUNDS_MAX     64               /* packets of the other side in one login */
#define EAP_LOGIN_LIFE_MS  (10 * 60 * 1000) /* a whole login, whoever is slow */

struct login {
	const struct cyg_eap_method_ops *ops;   /* of the session, or of the one that was tried last */
	struct cyg_plugin_ctx *ctx;
	struct cyg_eap_session *session;        /* NULL: no method has begun, or it has ended */
	struct cyg_eap_start start;
	char *lent;                             /* responder: start.identity; that of the session may change under it */
	struct cyg_eap_step step;
	struct cyg_bytes packet;                /* of ours, to be sent next */
	uint8_t own[EAP_OWN_MAX];               /* where it is unless the method made it */
	struct cyg_secret msk;                  /* empty: the method has none */
	uint64_t deadline_ms;
	unsigned rounds;
	uint8_t identifier;                     /* responder: of our last request */
	bool ended;                             /* initiator: the peer said Success */
	bool stepped;                           /* the stage at hand asked the method */
	bool fresh;                             /* responder: no packet of the method was answered yet */
	bool again;                             /* responder: the next method of the list, with the same packet */
	unsigned method;                        /* responder: index into the profile's list */
	struct auth_work *auth;                 /* responder: between two requests */
	uint8_t first;                          /* type of the first payload of `chain` */
	uint8_t *chain;                         /* malloc'ed; responder: the inside of the first IKE_AUTH, */
	size_t chain_len;                       /* initiator: the body of the peer's IDr */
	char username[256];                     /* initiator */
};

/* --- Both (login.c) --- */

/* Begins; keeps a copy of `chain`. Its deadline is set. */
enum cyg_status login_open(struct exchange *x, struct cyg_bytes chain, uint8_t first) CYG_MUST_CHECK;
void login_free(struct login *login, struct ike_sa *sa);
/* A session of this method, by login->start. */
enum cyg_status login_session_begin(struct ike_sa *sa, const struct cyg_eap_method_ops *ops, struct cyg_plugin_ctx *ctx)
	CYG_MUST_CHECK;
void login_session_end(struct ike_sa *sa);
/* One step of it, for a stage. */
enum cyg_status login_step(struct exchange *x, struct cyg_bytes in) CYG_MUST_CHECK;
/* Is what the step gave to send a packet of this kind? Explains. */
enum cyg_status login_step_fits(struct exchange *x, uint8_t code) CYG_MUST_CHECK;
/* It succeeded: takes the key. The session stays until the login is freed, since the packet is its. */
enum cyg_status login_take_key(struct exchange *x) CYG_MUST_CHECK;
/* One packet more of the other side; too many are refused. */
enum cyg_status login_count(struct exchange *x) CYG_MUST_CHECK;
/* AUTH of one side, by the key that EAP gave. */
enum cyg_status login_prove(struct exchange *x, bool local, struct cyg_bytes id_body, uint8_t out[AUTH_DATA_MAX],
			    size_t *len) CYG_MUST_CHECK;
enum cyg_status login_write_auth(struct exchange *x) CYG_MUST_CHECK;
/* CYG_REFUSED, explained, if that is not the other side's. */
enum cyg_status login_verify(struct exchange *x, struct cyg_bytes id_body) CYG_MUST_CHECK;
/* Whoever logs in, for a line: the EAP identity, else the IKE identity. */
void login_whom(const struct ike_sa *sa, struct cyg_strbuf *out);
/* The SA's deadline has come: tells why it ends, and the peer if it waits for us. Without a login nothing happens. */
void login_expired(struct ike_sa *sa);

/* --- Responder (login_server.c): stages --- */

enum cyg_status login_request_begin(struct exchange *x);
enum cyg_status login_packet_begin(struct exchange *x);
enum cyg_status login_request_done(struct exchange *x, enum cyg_status status);
/* Writes the packet; the SA waits for the peer's. */
enum cyg_status login_answer(struct exchange *x);
/* The AUTH that ends it; after that x->msg is IKE_AUTH #1. */
enum cyg_status login_end(struct exchange *x);

/* --- Initiator (login_peer.c): stages, and what our next request holds --- */

enum cyg_status login_response_begin(struct exchange *x);
enum cyg_status login_response_done(struct exchange *x, enum cyg_status status);
enum cyg_status login_begin_packet(struct exchange *x);
enum cyg_status login_begin_proof(struct exchange *x);
enum cyg_status login_response_end(struct exchange *x);

#endif
