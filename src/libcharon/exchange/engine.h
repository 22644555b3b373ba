/* SPDX-License-Identifier: MIT */
/*
 * The engine of one shard from the inside: what the files of this room share. Others see driver.h.
 * Owning shard only.
 */
#ifndef EXCHANGE_ENGINE_H
#define EXCHANGE_ENGINE_H

#include "auth/cert_cache.h"
#include "base/table.h"
#include "exchange/driver.h"
#include "policy/select.h"
#include "policy/trace.h"
#include "sa/child_sa.h"
#include "sa/half_open.h"
#include "sa/serials.h"
#include "sa/suite.h"
#include "sa/table.h"
#include "sa/window.h"
#include "wire/message.h"

#include <cygnet/plugin.h>

#define COOKIE_SECRET_LEN  32
#define COOKIE_ROTATE_MS   (60 * 1000)
#define FORGET_RESPONSE_MS (5 * 60 * 1000) /* RFC 7296 2.1: after several minutes */
#define REFUSED_MAX        64
#define NONCE_LEN          32
#define NONCE_MAX          256
#define TUNNEL_RETRY_MIN_MS 2000
#define TUNNEL_RETRY_MAX_MS 60000

/* Requests that an SA is to make; children carry their own. In rising order of urgency. */
enum ike_want {
	WANT_DPD = 1u << 0,
	WANT_WINDOW = 1u << 1,    /* to announce how many requests we take at once */
	WANT_CHILD = 1u << 2,     /* a tunnel has lost its child */
	WANT_REKEY = 1u << 3,
	WANT_DELETE = 1u << 4,
};

/* Our request as it went out, until it is answered. */
struct sent_request {
	uint32_t message_id;
	uint8_t exchange;
	uint8_t tries;                  /* sendings so far */
	uint8_t tries_max;
	uint32_t interval_ms;           /* to the next sending */
	bool steady;                    /* the interval does not double: a probe for a dead peer */
	size_t len;
	uint8_t octets[];               /* a message, or its fragments one behind the other */
};

/* A configured tunnel that this shard keeps up. */
struct tunnel {
	struct tunnel *next;
	struct ike_shard *ike;
	const struct config_interface *interface; /* counted */
	struct cyg_sa_handle sa;        /* spi 0: none */
	struct cyg_timer timer;         /* the next attempt */
	uint32_t backoff_ms;
	struct cyg_route *routes;       /* static ones that were asked for */
	unsigned route_count;
	bool wanted;                    /* while a configuration is taken over */
};

/* What a dead end is explained by; filled by whoever knows, logged once. */
struct dead_end {
	const struct config_head *object; /* of ours; copied into the text when it is logged */
	char what[384], offered[512], nearest[384], mend[256];
};

struct detached;

/* IKE_SA_INITs that take turns (turn.h). */
struct turn_queue {
	struct exchange *first, **last; /* that wait, in their order */
	unsigned waiting, taken;
};

/* A new configuration on its way to the sessions: those behind `done` still have what they began with. */
struct renewal {
	bool on;
	const struct cyg_config *before;      /* counted, NULL in tests */
	const struct config_view *view;       /* of it; NULL: there was none */
	uint32_t done;                        /* serial of the SA that was judged last */
};

struct ike_shard {
	struct cyg_shard *shard;
	struct ike_options options;
	struct spi_table sas;           /* our SPI to struct ike_sa */
	struct spi_table children;      /* inbound ESP SPI to struct child_sa */
	struct table identities;        /* of established SAs, by the peer's identity */
	uint64_t identity_seed[2];
	struct ike_sa *oldest, *newest; /* all that are not closed */
	struct serials serials;         /* the same by their serials */
	struct ike_sa *closed;          /* to be freed at the end of this turn */
	struct cyg_turn_end reap;
	struct half_open half;
	struct cyg_timer half_timer;
	struct turn_queue turns;
	struct suite_cache suites;
	struct ike_counters counters;
	uint32_t serial, generation;
	uint64_t child_number;
	uint32_t negotiating_in, negotiating_out;

	const struct cyg_config *config;      /* counted, may be NULL in tests */
	const struct config_view *view;
	uint32_t configured;                  /* number of the configuration in force; it may wrap */
	struct renewal renewal;
	struct pki *pki;                      /* counted; NULL: nothing was loaded */
	struct cert_cache certs;              /* of peers, found good by `pki` */
	struct tunnel *tunnels;
	struct detached *detached;

	const struct cyg_kernel_ops *kernel;  /* NULL: none is loaded */
	struct cyg_plugin_ctx *kernel_ctx;
	bool kernel_attached;

	uint8_t cookie_secret[2][COOKIE_SECRET_LEN]; /* [version & 1] */
	uint8_t cookie_version;
	uint64_t cookie_rotate_at;

	uint64_t notify_second;         /* bare notifies to strangers: so many in this second */
	unsigned notify_count;

	uint64_t refused[REFUSED_MAX];  /* initiator SPIs of IKE_SA_INITs refused last */
	unsigned refused_next;
	struct dead_end why;
	struct chain_writer writer;     /* over `out` */
	struct message msg;             /* of the datagram at hand */
	uint8_t out[MESSAGE_MAX];       /* the message being written */
	uint8_t flight[2 * MESSAGE_MAX]; /* its fragments, one behind the other */
	size_t fragment_octets;         /* of messages that are not complete, of all SAs */
};

/* --- Objects of the configuration --- */

/* An SA holds what it uses; with a view made by hand nothing is counted. */
const void *engine_hold(struct ike_shard *ike, const void *object);
void engine_let_go(struct ike_shard *ike, const void *object);
/* This shard's part of a limit of the daemon; the parts add up to it. */
uint32_t engine_share(const struct ike_shard *ike, uint32_t limit);
/* What ike_shard_new() made for this shard; NULL. */
struct ike_shard *engine_of(const struct cyg_shard *shard);
/* The kernel plugin in force on this shard, attached at first use. CYG_UNSUPPORTED. */
enum cyg_status engine_kernel(struct ike_shard *ike) CYG_MUST_CHECK;

/* --- Requests that nobody waits for (detached.c) --- */

/* An op for a kernel request whose end is of interest only if it fails: `what` (a constant) then goes
 * to the log. NULL if out of memory. */
struct cyg_op *detached_op(struct ike_shard *ike, const char *what);
/* After the provider's call, with what it returned. */
void detached_began(struct cyg_op *op, enum cyg_status status);
void detached_cancel_all(struct ike_shard *ike);

/* --- Life of an SA (life.c) --- */

/* A new SA in the tables with a fresh SPI of ours in `slot`; CYG_NOMEM. */
enum cyg_status life_new(struct ike_shard *ike, bool initiator, uint8_t slot, struct ike_sa **out)
	CYG_MUST_CHECK;
/* Ends it here: children leave the kernel, leases go back, operations are cancelled. Freed at the end
 * of the turn. `why` goes to the log if it was established. Twice is fine. */
void life_close(struct ike_sa *sa, const char *why);
/* The same without that line: whoever closes has told of it, or it is worth none. `why` is for debugging. */
void life_drop(struct ike_sa *sa, const char *why);
/* Took its first valid IKE_AUTH: counted, told to the log, deadlines set. */
void life_established(struct ike_sa *sa);
/* Of what goes on inside a session: `crypto logging ikev2` makes it worth a notice. */
enum cyg_log_level life_log_level(const struct ike_shard *ike);
/* Answered or asked, the SA is still being negotiated. */
void life_negotiating(struct ike_sa *sa, bool on);
/* Lifetimes and DPD by the profile, from now on. */
void life_set_deadlines(struct ike_sa *sa);
/* The timer by the earliest deadline. */
void life_schedule(struct ike_sa *sa);
struct ike_sa *life_find(struct ike_shard *ike, struct cyg_sa_handle handle);
void life_drop_negotiation(struct ike_sa *sa);
/* It waits for somebody else (AAA, an address): no longer half-open, counted by itself. */
void life_waiting(struct ike_sa *sa);
/* It logs in by EAP, and the peer's next packet is due by `deadline_ms`: half-open again. */
void life_login(struct ike_sa *sa, uint64_t deadline_ms);
/* Frees a closed SA with all that hangs on it; at the end of a turn. */
void life_free(struct ike_sa *sa);

/* --- Children (child.c, child_life.c) --- */

/* Into the SA's list and the shard's table. CYG_EXISTS, CYG_NOMEM. */
enum cyg_status child_adopt(struct ike_sa *sa, struct child_sa *child) CYG_MUST_CHECK;
/* Out of list, table and kernel, and freed. One that was replaced goes on hearing for a while. */
void child_close(struct child_sa *child);
/* All children of `from` become `to`'s. */
void child_inherit(struct ike_sa *from, struct ike_sa *to);
struct child_sa *child_find(struct ike_shard *ike, uint32_t spi_in);
/* The child of this SA that sends with this SPI. */
struct child_sa *child_by_out(struct ike_sa *sa, uint32_t spi_out);
void child_set_deadlines(struct child_sa *child);
/* A tunnel whose last child is gone gets another one after a pause, or when there is traffic (informational.c). */
void informational_child_lost(struct ike_sa *sa);
/* Outer addresses changed: tell the kernel of every child. */
void child_moved(struct ike_sa *sa);
/* Puts the named directions into the kernel; `replaces` is the inbound SPI of the child it rekeys. */
enum cyg_status child_install(struct child_sa *child, enum cyg_direction what, uint32_t replaces,
			      struct cyg_op *op) CYG_MUST_CHECK;
/* linger.c: the data plane keeps the inbound half of a child that was rekeyed for a while. */
void linger_begin(struct ike_sa *sa, uint32_t spi_in);
void linger_inherit(struct ike_sa *from, struct ike_sa *to);
void linger_end_all(struct ike_sa *sa);
/* Traffic moves to this child, whose outbound direction was held back. */
void child_turn_outbound(struct child_sa *child);
/* Routes to its remote selectors and to what the peer said is behind it; those of `replaces` become its own. */
void child_routes(struct child_sa *child, uint32_t replaces);
/* An SA without a child: the latter alone, so that there can be traffic that asks for a child. */
void child_routes_on_demand(struct ike_sa *sa);
/* The session ends: whatever no child took away. */
void child_routes_end(struct ike_sa *sa);

/* Asks the kernel for a route or to take it away; a failure is told by the log. */
void child_route_set(struct ike_shard *ike, const struct cyg_route *route, bool add);

/* --- A new configuration (renew.c) --- */
/* Behind a change of the engine's configuration, from `before` (NULL: it is the first; the reference is taken over). */
void renew_begin(struct ike_shard *ike, const struct cyg_config *take_before, const struct config_view *view);
/* The engine ends. */
void renew_done(struct ike_shard *ike);
/* What the SA looks its key up by (prove.c). */
struct key_wanted auth_key_wanted(const struct ike_sa *sa, bool local);

/* --- Tunnels (tunnel.c, static_route.c) --- */

/*
 * The configured routes into a tunnel stay while the tunnel is configured, up or down: what is meant for
 * it never leaves in clear. `view` NULL takes all away.
 */
void static_routes_sync(struct tunnel *tunnel, const struct config_view *view);

void tunnel_configure(struct ike_shard *ike);
/* Why a tunnel that we keep up would end this SA of it when its interface becomes this one; NULL: it would not. */
const char *tunnel_ends(const struct ike_sa *sa, const struct config_interface *interface);
/* An SA of a tunnel ended or was replaced by `successor` (NULL: none). */
void tunnel_lost(struct ike_sa *sa, const struct ike_sa *successor);
void tunnel_established(struct ike_sa *sa);
/* Is it the SA of a tunnel that we keep up? */
bool tunnel_has(const struct ike_sa *sa);
/* There is traffic for a tunnel that nothing carries: it is begun, or its SA gets a child. */
void tunnel_acquire(struct ike_shard *ike, uint32_t interface_id);
void tunnel_done(struct ike_shard *ike);

/* --- Timers (timers.c) --- */

void timers_fire(struct cyg_shard *shard, struct cyg_timer *timer);
void timers_half_open(struct cyg_shard *shard, struct cyg_timer *timer);
void timers_child(struct cyg_shard *shard, struct cyg_timer *timer);
extern const struct cyg_kernel_events timers_kernel_events;

/* --- Sending what is due (driver.c) --- */

/* Makes the next request that the SA wants, if none is under way. */
void driver_pump(struct ike_sa *sa);
/* The request of the peer that is being worked on is refused: exchange_refuse() said why. What it waits for is cancelled. */
void driver_give_up(struct ike_sa *sa, enum cyg_status status);
/* Forgets the request under way, whatever it is. */
void driver_abandon(struct ike_sa *sa);
/* The request at hand once more. */
void driver_retransmit(struct ike_sa *sa);
/* Octets as they are, not kept. */
void driver_send(struct ike_sa *sa, struct cyg_bytes octets);

/* --- Other shards --- */

/* INITIAL_CONTACT: ends all other SAs of this identity, here and on the other shards. */
void unique_supersede(struct ike_sa *sa);
/* An established SA can be found by its peer's identity; until it is closed. */
void unique_enter(struct ike_sa *sa);
void unique_leave(struct ike_sa *sa);

#endif
