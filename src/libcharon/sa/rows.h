/* SPDX-License-Identifier: MIT */
/*
 * SAs as `show` sees them: plain values, copied on the owning shard, free to travel to the control
 * thread. Nothing in a row points anywhere.
 */
#ifndef SA_ROWS_H
#define SA_ROWS_H

#include <cygnet/kernel.h>

/* A page is made in one turn of a shard, between packets: it takes about as long as one set-up. */
#define ROWS_PAGE           64 /* rows of one page */
#define ROWS_LOOKS           8 /* SAs that may be looked at for each of them */
#define ROW_NAME_MAX        64
#define ROW_ID_TEXT_MAX    160
#define ROW_SELECTORS_MAX    4 /* selectors of one side that a row carries; the count says all */
#define ROW_SUBNETS_MAX     16
#define ROW_DNS_MAX          4

struct ike_sa_row {
	uint64_t spi_local, spi_remote;
	uint32_t serial;                /* the SA's number on its shard: `Tunnel-id` */
	uint16_t shard;
	uint8_t state;                  /* enum ike_state */
	bool initiator;                 /* we are the original initiator */
	struct cyg_endpoint local, remote;
	char fvrf[ROW_NAME_MAX], ivrf[ROW_NAME_MAX];
	char profile[ROW_NAME_MAX];
	char interface[ROW_NAME_MAX];   /* Tunnel or Virtual-Template it belongs to */
	uint16_t encr, key_bits, integ, prf, ke;
	uint8_t auth_local, auth_remote;/* enum cyg_auth_method; CYG_AUTH_METHOD_NONE is EAP */
	uint8_t auth_local_key, auth_remote_key; /* enum cyg_key_type, with a signature */
	char local_id[ROW_ID_TEXT_MAX], remote_id[ROW_ID_TEXT_MAX]; /* empty until known */
	char eap_id[ROW_ID_TEXT_MAX];   /* who logged in by EAP; empty */
	uint32_t lifetime_s, active_s;
	uint32_t local_request_id, local_next_id, remote_request_id, remote_next_id;
	uint32_t local_queued, remote_queued, local_window, remote_window;
	uint32_t dpd_interval_s, dpd_retry_s; /* 0: not configured */
	uint32_t nat_keepalive_s;       /* 0: we send none */
	bool fragmentation;
	bool nat_local, nat_remote;     /* a NAT is in front of us, of the peer */
	struct cyg_ip assigned4, assigned6; /* given to the peer, or (initiator) to us */
	unsigned dns_count;
	struct cyg_ip dns[ROW_DNS_MAX]; /* told to us */
	unsigned subnet_count;
	struct cyg_prefix subnet[ROW_SUBNETS_MAX]; /* remote subnets by configuration payload */
	char authorization[ROW_NAME_MAX];
	char peer_version[ROW_ID_TEXT_MAX]; /* APPLICATION_VERSION */
	uint32_t child_count;
};

struct child_sa_row {
	struct cyg_sa_handle owner;
	uint32_t owner_serial;
	uint16_t shard;
	uint8_t state;                  /* enum child_state */
	uint32_t spi_in, spi_out;
	struct cyg_endpoint local, remote;
	bool udp_encap, esn;
	enum cyg_ipsec_mode mode;
	uint16_t encr, key_bits, integ;
	uint16_t pfs_group;             /* 0: none */
	char interface[ROW_NAME_MAX];
	char profile[ROW_NAME_MAX];     /* IPsec profile */
	uint32_t interface_id;
	uint32_t lifetime_s, left_s;    /* 0: none */
	uint64_t lifetime_kb;           /* 0: none */
	uint32_t active_s;
	uint32_t replay_window;
	unsigned local_count, remote_count;
	struct cyg_selector ts_local[ROW_SELECTORS_MAX], ts_remote[ROW_SELECTORS_MAX];
	bool counters_known;
	struct cyg_kernel_counters counters;
};

/* An IKE_SA, or one of its children, which follow it. */
struct session_row {
	bool child_row;                 /* `child` is meant, else `ike` */
	union {
		struct ike_sa_row ike;
		struct child_sa_row child;
	};
};

/* Which SAs are meant; what is unset matches all. */
struct ike_filter {
	struct cyg_ip local, remote;
	uint32_t serial;                /* `psh N`, 0: any */
	uint64_t spi;                   /* our SPI, 0: any */
	char profile[ROW_NAME_MAX];
	char interface[ROW_NAME_MAX];
	char fvrf[ROW_NAME_MAX];
	bool families_only;             /* `family` below is meant */
	uint8_t family;                 /* outer */
};

/*
 * Where the next page begins; zeroed: at the first. It names numbers, which are never used again: SAs and children that come or
 * go between two pages move nobody else. Each row is consistent, the whole is no snapshot.
 */
struct row_cursor {
	uint32_t done;                  /* up to this serial all were told, or do not match */
	uint32_t inside;                /* serial of the SA whose children are being told; 0: none */
	uint64_t child;                 /* number of its child that was told last; 0: none */
	bool end;                       /* there is no next page */
};

/* Notifies are counted by type: those of errors, of states, and the others together (exchange/count.h). */
#define IKE_NOTIFIES_ERROR  64
#define IKE_NOTIFY_STATUS   16384 /* RFC 7296 3.10.1: from here on they tell no error */
#define IKE_NOTIFIES_STATUS 64
#define IKE_NOTIFIES        (IKE_NOTIFIES_ERROR + IKE_NOTIFIES_STATUS + 1)
#define IKE_CONFIG_TYPES    4 /* CFG_REQUEST, CFG_REPLY, CFG_SET, CFG_ACK */
enum ike_way { IKE_TX_REQUEST, IKE_TX_RESPONSE, IKE_RX_REQUEST, IKE_RX_RESPONSE, IKE_WAYS };

/* Plain counters of one shard, summed by whoever asks. */
struct ike_counters {
	uint64_t sa_in, sa_out;         /* begun by the peer, by us */
	uint64_t established_in, established_out;
	uint64_t failed_in, failed_out;
	uint64_t active, half_open, waiting; /* now */
	uint64_t negotiating_in, negotiating_out; /* now: not up yet, whoever is waited for */
	uint64_t child_created, child_rekeyed, child_deleted, child_failed;
	uint64_t ike_rekeyed;
	uint64_t messages_in, messages_out;
	uint64_t requests_in[4], responses_in[4], requests_out[4], responses_out[4]; /* by exchange - 34 */
	uint64_t retransmits_out, retransmits_in, responses_replayed;
	uint64_t gave_up;               /* a request that nobody answered */
	uint64_t dpd_probes, dpd_dead;
	uint64_t cookies_demanded, cookies_accepted, cookies_rejected;
	uint64_t invalid_ke_in, invalid_ke_out;
	uint64_t rejected_limit_negotiation, rejected_limit_sa, rejected_limit_queue;
	/* IKE_SA_INITs by groups of much work (exchange/turn.h): now; and what became of them. */
	uint64_t queue_waiting, queue_running;
	uint64_t queue_at_once, queue_queued, queue_served, queue_left;
	uint64_t half_open_dropped, half_open_expired;
	/* Messages that were dropped, by reason. */
	uint64_t drop_short, drop_version, drop_malformed, drop_unknown_spi, drop_auth, drop_state,
		drop_message_id, drop_critical, drop_exchange, drop_memory, drop_busy;
	uint64_t fragments_in, fragments_out, fragments_dropped;
	uint64_t auth_failed, auth_passed, eap_failed, eap_passed, authz_failed, authz_passed, lease_failed;
	uint64_t cert_known, cert_judged; /* certificates of peers: found good before; path validated now */
	uint64_t notifies[IKE_NOTIFIES][IKE_WAYS], config_payloads[IKE_CONFIG_TYPES][IKE_WAYS];
};

/* Where a notify of that type is counted, and the type that is counted there; 0: all others. */
static inline unsigned ike_notify_place(uint16_t type)
{
	if (type < IKE_NOTIFIES_ERROR)
		return type;
	if (type >= IKE_NOTIFY_STATUS && type - IKE_NOTIFY_STATUS < IKE_NOTIFIES_STATUS)
		return IKE_NOTIFIES_ERROR + type - IKE_NOTIFY_STATUS;
	return IKE_NOTIFIES - 1;
}

static inline uint16_t ike_notify_at(unsigned place)
{
	return (uint16_t)(place < IKE_NOTIFIES_ERROR ? place :
			  place < IKE_NOTIFIES - 1   ? IKE_NOTIFY_STATUS + place - IKE_NOTIFIES_ERROR : 0);
}

/* What people call an IKE_SA: the serial of its shard and the shard in one number, from 1. */
static inline uint64_t row_tunnel_id(uint32_t serial, unsigned shard, unsigned shard_count)
{
	return (uint64_t)(serial ? serial - 1 : 0) * shard_count + shard + 1;
}

#endif
