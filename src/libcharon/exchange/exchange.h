/* SPDX-License-Identifier: MIT */
/*
 * An exchange under way, and what its file and the driver agree on.
 *
 * Each exchange's file gives an exchange_def: the table of rows for what comes in, and a function for what
 * we begin. The driver has found SA and row, opened SK and parsed before `run` is called. `run`
 * returns CYG_OK (the driver moves to the row's next state and sends what was written to `x->out`),
 * CYG_PENDING (the driver parks the message; `x->resume` goes on when `x->op` is done) or a reason to refuse, said by
 * exchange_refuse(). A handler never sends and never sets the state. What it writes before it returns
 * CYG_PENDING is lost, so a response is written in the last step.
 *
 * Owning shard. An exchange belongs to its SA: `ours` from begin to response, `theirs` while its
 * request is being handled.
 */
#ifndef EXCHANGE_EXCHANGE_H
#define EXCHANGE_EXCHANGE_H

#include "exchange/engine.h"
#include "policy/proposal.h"

struct auth_work;
struct child_work;
struct exchange;
struct login;
struct pki_point;
struct rekey_work;

/* Bits beside enum message_has, for notifies and deletes that a table tells apart. */
#define HAS_N_COOKIE     (1u << 24)
#define HAS_N_INVALID_KE (1u << 25)
#define HAS_N_ERROR      (1u << 26) /* any error notify */
#define HAS_N_REKEY      (1u << 27)
#define HAS_N_FATAL      (1u << 28) /* one that ends an SA by itself: RFC 7296 2.21.2 */
#define HAS_DELETE_IKE   (1u << 29) /* a Delete of the IKE_SA */

enum exchange_part { REQUEST, RESPONSE };

struct exchange_row {
	uint8_t when;           /* enum ike_state */
	uint8_t gets;           /* enum exchange_part */
	uint32_t holding;       /* at least these payloads */
	enum cyg_status (*run)(struct exchange *x);
	uint8_t then;           /* enum ike_state */
};

/* A request of ours. */
struct exchange_start {
	uint8_t when;           /* enum ike_state; IKE_STATES: in any */
	/* Writes it to x->out. CYG_NOT_FOUND: there is nothing to ask after all. */
	enum cyg_status (*begin)(struct exchange *x);
	uint8_t begun;          /* enum ike_state once it is sent; IKE_STATES: as it was */
};

struct exchange_def {
	uint8_t type;           /* enum cyg_exchange_type */
	bool clear;             /* not encrypted: IKE_SA_INIT */
	const struct exchange_row *rows;
	size_t count;
	const struct exchange_start *starts;
	size_t start_count;
	/* Our request got no usable answer: it was refused, or nobody answered. May be NULL. */
	void (*failed)(struct exchange *x, enum cyg_status status);
};

extern const struct exchange_def exchange_ike_sa_init, exchange_ike_auth, exchange_create_child,
	exchange_informational;

/* One step of a handler that may wait: `begin` starts it, `done` (may be NULL) judges how it ended. */
struct exchange_stage {
	enum cyg_status (*begin)(struct exchange *x);
	enum cyg_status (*done)(struct exchange *x, enum cyg_status status);
};

/* A Diffie-Hellman or KEM half of ours. */
struct ke_work {
	struct cyg_ke ke;
	struct cyg_ke_key *key;         /* initiator, until the answer is there */
	struct ke_job *job;             /* a slow group on a helper thread */
	struct cyg_secret shared;
	uint16_t public_len;
	uint8_t *public_value;          /* malloc'ed */
	bool in_use;                    /* the provider is held */
};

struct exchange {
	struct ike_sa *sa;
	const struct exchange_def *def;
	const struct exchange_row *row; /* of the message at hand */
	bool ours;
	uint32_t message_id;
	struct cyg_endpoint local, remote;  /* theirs: where the request came from */
	const struct message *msg;      /* the peer's; NULL before our request was answered */
	struct message *parked;         /* own copy while it waits, and its octets behind it */
	struct chain_writer *out;

	struct cyg_op op;
	enum cyg_status (*resume)(struct exchange *x, enum cyg_status status);
	const struct exchange_stage *stages;
	unsigned stage, stage_count;

	uint16_t notify;                /* the refusal: notify for the peer, 0: none fits */
	uint8_t notify_protocol;
	uint32_t notify_spi;            /* 0: none goes with it */
	uint8_t notify_data[8], notify_len;
	struct cyg_bytes notify_eap;    /* goes before it; borrowed until the answer is written */
	uint8_t then;                   /* where the handler wants the SA, IKE_STATES: as its row says */
	bool ends_sa;                   /* after the answer was sent */
	bool again;                     /* the stage at hand is to run once more */
	bool goes_on;                   /* ours: the answer leads to another request (cookie, other group, EAP) */
	bool logged;
	bool fragmented;                /* theirs: its request came in fragments */

	/* What kinds of exchange need. */
	uint8_t nonce_i[NONCE_MAX], nonce_r[NONCE_MAX];
	uint16_t nonce_i_len, nonce_r_len;
	struct ke_work ke;
	uint32_t want;                  /* ours: which enum ike_want it serves */
	uint32_t child_spi;             /* ours: the child it is about (inbound SPI) */
	struct auth_work *auth;
	struct child_work *child;
	struct rekey_work *rekey;
	struct exchange *turn_next;     /* waits for its turn, too (turn.h) */
	uint8_t turn;
};

/* Why an answer to our IKE_SA_INIT was as if it had not come: nobody vouches for it, and yet it is all that there is to tell. */
enum unfit { UNFIT_NONE = 0, UNFIT_FORMAT, UNFIT_ADDRESS, UNFIT_COOKIE, UNFIT_GROUP, UNFIT_CHOICE, UNFIT_VALUE };

/* What is needed until IKE_AUTH is done. */
struct negotiation {
	struct offer offer;             /* initiator */
	const struct config_policy *policy; /* counted */
	uint16_t group;                 /* of the KE payload that we send */
	struct ke_work ke;
	uint8_t nonce_i[NONCE_MAX], nonce_r[NONCE_MAX];
	uint16_t nonce_i_len, nonce_r_len;
	uint8_t *init_request, *init_response; /* whole messages, for AUTH; malloc'ed */
	size_t init_request_len, init_response_len;
	uint32_t peer_hashes;           /* RFC 7427: a bit by number; 0: the peer knows the classic methods only */
	uint8_t *certreq;               /* initiator: hashes of the CAs that the responder knows; malloc'ed */
	uint16_t certreq_len;
	struct cyg_identity *asked_id;  /* responder: IDr, the identity of ours that the peer asks for; counted */
	uint8_t cookie[64];
	uint8_t cookie_len, cookie_turns, group_turns;
	struct login *login;            /* EAP is under way; NULL */
	uint8_t chosen_number;          /* responder: of the peer's proposal */
	bool told;                      /* an error in clear was told to the log */
	uint8_t unfit;                  /* initiator: enum unfit */
	uint16_t unfit_group;           /* that the peer asked for */
	struct cyg_ip unfit_from;       /* that answered in its place */
	bool peer_childless;            /* initiator: the peer takes an SA without a child (RFC 6023) */
};

/* --- The driver's service --- */

struct exchange *exchange_new(struct ike_sa *sa, const struct exchange_def *def);
void exchange_free(struct exchange *x);
/* Runs x->stages from x->stage on. */
enum cyg_status exchange_run_stages(struct exchange *x, const struct exchange_stage *stages,
				    unsigned count) CYG_MUST_CHECK;
/* Prepares x->op for a provider's call. */
struct cyg_op *exchange_op(struct exchange *x);
/* The exchange is over: refusal for the peer, explained once. Returns `status`. */
enum cyg_status exchange_refuse(struct exchange *x, enum cyg_status status, uint16_t notify,
				const char *format, ...) CYG_PRINTF(4, 5);
struct ike_shard *exchange_ike(const struct exchange *x);
/* The first notify that ends an SA which is being set up, without a Delete (RFC 7296 2.21.2), or CYG_N_NONE. */
uint16_t exchange_fatal_notify(const struct message *msg);

/* An answer to our IKE_SA_INIT that cannot be used (ike_sa_init.c). */
void init_unfit(struct ike_sa *sa, enum unfit why);

/* --- Explaining (explain.c) --- */

void why_reset(struct ike_shard *ike);
void why_object(struct ike_shard *ike, const struct config_head *object);
void why_nearest(struct ike_shard *ike, const struct trace *trace);
void why_mend(struct ike_shard *ike, const char *format, ...) CYG_PRINTF(2, 3);
struct cyg_strbuf why_offered(struct ike_shard *ike);
/* Logs event "ike.failed" or "child.failed" with all that was gathered. */
void why_log(struct ike_sa *sa, bool child, uint16_t notify, const char *format, ...) CYG_PRINTF(4, 5);
/* Event "ike.unfinished": we answered IKE_SA_INIT, and nothing came that could be read. */
void why_unfinished(struct ike_sa *sa);
/* The entry is about an algorithm that no loaded plugin provides: which one would. */
void why_unloaded(struct ike_shard *ike, const struct trace_entry *entry, bool esp);
/* The first usable object of a mode of the core that somebody wrote; else the built-in one, if it is there; NULL. */
const struct config_head *why_first_object(const struct config_view *view, const char *mode);
/* No policy serves this local address: the line by which the nearest would. */
void why_mend_policy(struct ike_shard *ike, const struct trace *trace, const struct cyg_ip *local);
/* What a profile lacks for this peer (NULL: for any), as the line that mends it. */
void why_mend_profile(struct ike_shard *ike, const struct config_profile *profile, const struct cyg_identity *peer);
/* More than one profile matches: the lines that one of them can do without. */
void why_mend_ambiguous(struct ike_shard *ike, const struct trace *trace, const struct cyg_identity *id,
			const struct cyg_cert_info *cert);
/* The nearest profile is for another VRF or address of ours: the line by which it would serve here. False: it is not. */
bool why_mend_place(struct ike_shard *ike, const struct trace_entry *nearest, const struct cyg_ip *local);
/*
 * A sequence of a certificate map by which it takes this subject, and the line of a profile that names the map (NULL: it is
 * named already).
 */
void why_mend_map(struct ike_shard *ike, const char *map, const char *subject, const char *profile);
/* What an interface with protection lacks, or its IPsec profile. */
void why_mend_idle_interface(struct ike_shard *ike, const struct config_interface *interface);
/* What is missing for the SA to have an interface. */
void why_mend_interface(struct ike_sa *sa);
/* The peer did not accept our proof: where the key stands that it was made with. Says nothing if that is no key. */
void why_mend_proof(struct ike_sa *sa);
/* The line by which we would be whom the peer asked for. False: it asked for nobody else. */
bool why_mend_asked_id(struct ike_sa *sa);
/* The mending command for proposals that differ. */
void why_mend_proposal(struct ike_shard *ike, const struct trace *trace, const struct sa_payload *sa);
/* A transform set, and one line in it. */
void why_mend_set(struct ike_shard *ike, const struct config_transform_set *set, const char *line);
/* What a peer's error notify means (a constant); says what to look at, too. */
const char *why_notify(struct ike_shard *ike, uint16_t type, bool child);

/* --- Key exchange (ke.c) --- */

/* Initiator: makes a private half. CYG_UNSUPPORTED: no plugin has the group. */
enum cyg_status ke_begin(struct ke_work *work, struct cyg_shard *shard, uint16_t group) CYG_MUST_CHECK;
/* Initiator: the shared secret; CYG_PENDING for slow groups. CYG_REFUSED: the peer's value is bad. */
enum cyg_status ke_finish(struct ke_work *work, struct cyg_shard *shard, struct cyg_bytes peer,
			  struct cyg_op *op) CYG_MUST_CHECK;
/* Responder: our value and the shared secret. */
enum cyg_status ke_respond(struct ke_work *work, struct cyg_shard *shard, uint16_t group,
			   struct cyg_bytes peer, struct cyg_op *op) CYG_MUST_CHECK;
void ke_done(struct ke_work *work, struct cyg_shard *shard);

/* --- How many requests may be under way (ext_window.c): listed in IKE_AUTH and INFORMATIONAL --- */

/* SET_WINDOW_SIZE as configured: so many requests of the peer we take before the first is answered. */
void ext_window_add(struct exchange *x);
/* The peer's; we send one at a time all the same. */
void ext_window_read(struct exchange *x);
/* A new IKE_SA took the place of an old one and begins with windows of one: ours is announced after `pause_ms`. */
void ext_window_renew(struct ike_sa *sa, uint32_t pause_ms);

/* --- NAT detection (ext_nat.c): listed in IKE_SA_INIT --- */

void ext_nat_add(struct exchange *x, uint64_t spi_i, uint64_t spi_r);
void ext_nat_read(struct exchange *x);

/* --- Signatures and CAs (ext_sig.c) --- */

/* In IKE_SA_INIT; a responder has read the request before. */
void ext_sig_add(struct exchange *x);
void ext_sig_read(struct exchange *x);
/* In IKE_AUTH: the CERTREQ of an initiator whose peer is to sign. */
void ext_sig_write_certreq(struct exchange *x);
/* Does the peer ask for a certificate that leads to one of this trustpoint's CAs? */
bool ext_sig_wants(const struct exchange *x, const struct pki_point *point);

#endif
