/* SPDX-License-Identifier: MIT */
/*
 * An IKE_SA: what lives as long as the session, small, and what of it survives the process.
 *
 * `d` is the durable part (DESIGN, decision 7): plain values, no pointer. Everything else can be made
 * anew from it and the configuration. Whatever only a negotiation needs hangs on `nego` and `ours`/`theirs` and
 * is freed when the exchange ends; whatever only some sessions have hangs on `session`. Raw keys stand in secret
 * memory; expanded contexts belong to the shard (sa/suite.h).
 *
 * Owning shard only. An SA is born and freed by ike_sa_new() and ike_sa_free(); who wants to end one closes
 * it (exchange/) and it is freed at the end of the turn. The SA owns what its pointers name unless it says "borrowed".
 */
#ifndef SA_IKE_SA_H
#define SA_IKE_SA_H

#include <cygnet/address.h>
#include <cygnet/identity.h>
#include <cygnet/kernel.h>

struct child_sa;
struct config_interface;
struct config_profile;
struct cyg_authz;
struct exchange;
struct fragments;
struct half_open_list;
struct ike_keys;
struct ike_shard;
struct kept_response;
struct late_child;
struct negotiation;
struct sent_request;
struct suite;

enum ike_state {
	IKE_NEW = 0,      /* nothing was sent or answered yet */
	IKE_INIT_SENT,    /* initiator: IKE_SA_INIT waits for its response */
	IKE_INIT_DONE,    /* keys are there, nobody is authenticated; responder: half-open */
	IKE_AUTH_SENT,    /* initiator: IKE_AUTH waits for its response */
	IKE_EAP_WANTED,   /* initiator: the same without AUTH, since we want to log in by EAP */
	IKE_EAP_TURN,     /* initiator: the peer has proved itself, an EAP packet of ours is next */
	IKE_EAP_SENT,     /* initiator: it waits for its response */
	IKE_PROOF_TURN,   /* initiator: EAP ended well, our AUTH is next */
	IKE_PROOF_SENT,   /* initiator: it waits for its response */
	IKE_EAP,          /* responder: the peer logs in, its EAP packet is next */
	IKE_EAP_DONE,     /* responder: EAP ended well, the peer's AUTH is next */
	IKE_ESTABLISHED,
	IKE_REKEYED,      /* a newer one took over the children; waits for its DELETE */
	IKE_DELETING,     /* our DELETE is under way */
	IKE_CLOSED,       /* freed at the end of this turn */
	IKE_STATES,
};

#define IKE_WINDOW_MAX   200 /* requests under way at once, either way */
#define IKE_WINDOW_WORDS ((IKE_WINDOW_MAX + 63) / 64)

/* Numbers of the chosen proposal. integ is CYG_AUTH_NONE with an AEAD. */
struct suite_ids {
	uint16_t encr, key_bits, integ, prf, ke;
};

struct ike_durable {
	uint64_t spi_i, spi_r;
	struct cyg_endpoint local, remote;
	struct suite_ids suite;
	bool initiator;              /* we are the original initiator: SPIi is ours */
	bool nat_local, nat_remote;  /* a NAT in front of us, of the peer */
	bool natt;                   /* both sides moved to port 4500 */
	bool fragmentation;
	uint8_t auth_local, auth_remote; /* enum cyg_auth_method */
	uint8_t auth_local_key, auth_remote_key; /* enum cyg_key_type: of the certificates, if there were any */
	uint32_t send_next;          /* message ID of our next request */
	uint32_t recv_next;          /* lowest message ID of the peer that was not answered */
	uint64_t recv_seen[IKE_WINDOW_WORDS]; /* bit n: recv_next + n was answered already */
	uint8_t send_window, recv_window;
	uint64_t iv_next;            /* AEAD: explicit IV of the next SK payload we seal */
	int64_t created_wall_s;      /* since 1970, of the first IKE_SA of the session */
	uint32_t lifetime_s;
};

/*
 * Raw keys one after the other in secret memory, as long as the suite's algorithms have them: SK_d, SK_ei, SK_er, SK_ai,
 * SK_ar, and, until AUTH is done, SK_pi and SK_pr.
 */
struct sa_keys {
	uint8_t *octets;             /* NULL before IKE_SA_INIT is done */
	uint8_t d, e, a, p;          /* lengths; `a` is 0 with an AEAD, `p` once AUTH is done */
};

/* What only some sessions have. */
struct ike_session {
	struct cyg_lease *lease4, *lease6; /* from a provider, and go back to it; NULL: none */
	const char *source4, *source6; /* name of that provider; a constant */
	bool ours;                   /* the addresses were given to us, not to the peer */
	bool flow_limited;           /* `flow_limit` came by authorization */
	uint8_t prefix4, prefix6;    /* of the addresses */
	uint8_t dns_count, subnet_count;
	uint16_t route_count;
	struct cyg_ip address4, address6;
	uint32_t flow_limit;         /* children at most */
	uint64_t ends_at;            /* session lifetime by authorization (ms), 0: none */
	struct cyg_ip *dns;          /* told to us */
	struct cyg_prefix *subnets;  /* likewise: what is behind the peer; each child leads there */
	struct cyg_route *routes;    /* those we put into the system */
	char *authorization;         /* policy's name */
	struct cyg_identity *asked_id; /* responder: the peer asked for this identity of ours, and we have another; counted */
	char *peer_version;          /* APPLICATION_VERSION, made printable */
	char *eap_identity;          /* who logs in by EAP: octets of the peer's, and a NUL behind them */
	uint16_t eap_identity_len;
};

struct ike_sa {
	struct ike_durable d;
	struct ike_sa *next, *prev;  /* all SAs of the shard, oldest first */
	struct ike_shard *ike;       /* borrowed */
	struct cyg_shard *shard;     /* borrowed */
	uint32_t generation;         /* with our SPI: struct cyg_sa_handle */
	uint32_t serial;             /* the number people see */
	uint8_t state;               /* enum ike_state */
	bool half_open, waiting, negotiating; /* counted as such */
	bool notified_up;            /* counted as established */
	bool is_session;             /* the one SA of its session that its end is told of */
	bool by_identity;            /* in the table of identities */
	uint16_t farewell;           /* notify that goes with our DELETE, 0: none */
	uint32_t wants;              /* bits of enum ike_want: requests we are to make */

	struct sa_keys keys;
	const struct suite *suite;   /* borrowed from the shard; NULL likewise */
	struct cyg_identity *local_id, *remote_id;
	const struct config_profile *profile;     /* counted; NULL until chosen */
	const struct config_interface *interface; /* counted; its template or tunnel */
	uint32_t configured;         /* the engine's number of the configuration that both are of */
	struct ike_session *session; /* NULL if there is nothing to say */

	struct child_sa *children;   /* in order of birth */
	uint32_t child_count;
	struct late_child *lingering;    /* what is left of rekeyed children, oldest first */

	struct negotiation *nego;    /* until IKE_AUTH is done */
	struct exchange *ours, *theirs; /* the exchange we began, the peer's parked one */
	struct sent_request *sent;   /* waits for its response */
	struct kept_response *kept;  /* for a repeated request */
	struct fragments *fragments[2]; /* of a request, of a response that is not complete */

	struct cyg_timer timer;      /* the earliest of the deadlines (ms, 0: none) */
	uint64_t rekey_at, expire_at, dpd_at, retransmit_at, forget_at, keepalive_at, child_at,
		fragments_at, announce_at;
	uint64_t born_ms, last_in_ms, last_out_ms;
	uint32_t dpd_interval_ms, dpd_retry_ms, keepalive_ms;
	bool dpd_periodic;

	struct ike_sa *hash_next;    /* half-open: same bucket by the peer's SPI */
	struct ike_sa *open_next, *open_prev; /* half-open, oldest first */
	struct half_open_list *open_list;
	uint16_t open_prefix;        /* its source prefix's bucket */
};

static inline uint64_t ike_sa_spi(const struct ike_sa *sa)
{
	return sa->d.initiator ? sa->d.spi_i : sa->d.spi_r;
}

static inline uint64_t ike_sa_peer_spi(const struct ike_sa *sa)
{
	return sa->d.initiator ? sa->d.spi_r : sa->d.spi_i;
}

static inline struct cyg_sa_handle ike_sa_handle(const struct ike_sa *sa)
{
	return (struct cyg_sa_handle){ ike_sa_spi(sa), sa->generation };
}

/* A zeroed SA of this shard; NULL if out of memory. It is in no table yet. */
struct ike_sa *ike_sa_new(struct cyg_shard *shard, struct ike_shard *ike);
/* Frees the SA and what it owns but `children`, `nego`, `ours`, `theirs`, which exchange/ frees first. */
void ike_sa_free(struct ike_sa *sa);
/* Takes the keys over from what was derived for the SA's suite; CYG_NOMEM. */
enum cyg_status ike_sa_set_keys(struct ike_sa *sa, const struct ike_keys *keys) CYG_MUST_CHECK;
/* AUTH is done: SK_pi and SK_pr go. */
void ike_sa_forget_sk_p(struct ike_sa *sa);
static inline struct cyg_bytes ike_sa_sk_d(const struct ike_sa *sa)
{
	return cyg_bytes(sa->keys.octets, sa->keys.d);
}
/* Encryption, integrity and AUTH keys of the original initiator or of the responder. */
static inline const uint8_t *ike_sa_sk_e(const struct ike_sa *sa, bool initiator)
{
	return sa->keys.octets + sa->keys.d + (initiator ? 0 : sa->keys.e);
}
static inline const uint8_t *ike_sa_sk_a(const struct ike_sa *sa, bool initiator)
{
	return sa->keys.octets + sa->keys.d + 2 * sa->keys.e + (initiator ? 0 : sa->keys.a);
}
static inline const uint8_t *ike_sa_sk_p(const struct ike_sa *sa, bool initiator)
{
	return sa->keys.octets + sa->keys.d + 2 * sa->keys.e + 2 * sa->keys.a +
	       (initiator ? 0 : sa->keys.p);
}

/* The session part, made at first use; NULL if out of memory. */
struct ike_session *ike_sa_session(struct ike_sa *sa);
/* Each state by its name, for debugging: "AUTH-SENT", "READY". (What `show` says for them is coarser.) */
const char *ike_state_text(uint8_t state);

#endif
