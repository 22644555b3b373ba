/* SPDX-License-Identifier: MIT */
/*
 * What an IKE_AUTH exchange keeps while it waits: what the peer asked for by configuration payload, whose
 * authorization is being asked, what was granted. Owning shard.
 */
#ifndef EXCHANGE_IKE_AUTH_H
#define EXCHANGE_IKE_AUTH_H

#include "exchange/exchange.h"

#include "auth/cert_cache.h"
#include "auth/method.h"
#include "auth/sign.h"

#include <cygnet/authz.h>

struct pki;
struct pki_point;

struct auth_work {
	struct pki *pki;                /* counted: what was in force when it began; NULL: nothing */

	/* Our proof. */
	const struct pki_point *own;    /* whose key signs; NULL with a shared key */
	uint8_t local_number;           /* enum cyg_auth_method */
	struct cyg_signature local_how;
	uint8_t signature[CYG_SIGNATURE_MAX];
	size_t signature_len;

	/* The peer's. */
	const struct auth_method *remote_method;
	unsigned peer_count;
	struct cyg_cert *peer[CYG_CERT_CHAIN_MAX]; /* its own first; counted */
	uint8_t peer_hash[CYG_CERT_CHAIN_MAX][CERT_HASH_LEN];
	const struct cyg_cert_store *known_store; /* by which it was found good before; compared only */
	int64_t known_since, known_until;
	unsigned trust_at;              /* the profile's next trustpoint */
	const struct pki_point *judged_by;
	int64_t judged_at;
	const char *no_judge;           /* why a trustpoint could not */
	const struct config_trustpoint *map_refuses; /* whose `match certificate` does not take it */
	struct cyg_cert_judgement judgement;

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

/* With what is in force now; NULL if out of memory. */
struct auth_work *auth_work_new(struct ike_shard *ike);
void auth_work_free(struct auth_work *work, struct ike_sa *sa);

/* --- prove.c: our side --- */
/* What the signer of one side signs; `local`: that is us. */
struct auth_input auth_input_of(const struct ike_sa *sa, bool local, struct cyg_bytes id_body);
/* The same in one piece, malloc'ed. */
enum cyg_status auth_signed_octets(const struct auth_input *in, uint8_t **out, size_t *len) CYG_MUST_CHECK;
/* The shared key for one direction, or the line that would give it. */
enum cyg_status auth_find_key(struct exchange *x, bool local, const struct cyg_secret **out,
			      const struct config_peer **peer) CYG_MUST_CHECK;
/* Chooses the trustpoint that signs; after that our identity is known. */
enum cyg_status prove_choose(struct exchange *x) CYG_MUST_CHECK;
enum cyg_status prove_local_id(struct exchange *x) CYG_MUST_CHECK;
/* A stage: makes the proof, which the other two write. */
enum cyg_status prove_begin(struct exchange *x);
enum cyg_status prove_done(struct exchange *x, enum cyg_status status);
void prove_write_certs(struct exchange *x);
enum cyg_status prove_write_auth(struct exchange *x) CYG_MUST_CHECK;

/* --- peer_cert.c: the certificates that the peer sends --- */
#define PEER_SUBJECT_TEXT 160
/* Its own certificate, if it signs. */
enum cyg_status peer_take_cert(struct exchange *x) CYG_MUST_CHECK;
/* Those between it and a CA; what cannot be parsed is left out. CYG_NOMEM. */
enum cyg_status peer_take_others(struct exchange *x) CYG_MUST_CHECK;
/* What its own says; NULL if there is none. */
const struct cyg_cert_info *peer_cert(const struct exchange *x);
/* Whose certificate it is, in `storage` or a constant. */
const char *peer_subject(const struct cyg_cert_info *info, char storage[PEER_SUBJECT_TEXT]);
/* It has proved itself: next time it will be faster. */
void peer_remember(struct exchange *x);
void auth_work_done_certs(struct auth_work *work);

/* --- peer_trust.c: a stage: is there a path from its certificate to a CA of the profile's trustpoints? --- */
enum cyg_status trust_begin(struct exchange *x);
enum cyg_status trust_done(struct exchange *x, enum cyg_status status);

/* --- peer_auth.c: the peer's proof --- */
void auth_id_text(const struct cyg_identity *id, struct cyg_strbuf *out);
/* Does a certificate say that it is whoever this is: by its subject, or by one of its other names? */
bool peer_speaks_for(const struct cyg_cert_ops *ops, const struct cyg_cert_info *info, const struct cyg_identity *id);
/* Its method, which must be one of the profile's. */
enum cyg_status peer_take_method(struct exchange *x) CYG_MUST_CHECK;
/* Its proof, then whether the certificate is meant for this and names it. */
enum cyg_status peer_check(struct exchange *x, const struct id_payload *id) CYG_MUST_CHECK;

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
