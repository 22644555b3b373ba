/* SPDX-License-Identifier: MIT */
/*
 * Two engines in one process, joined by a wire that a test writes down: it sees every datagram and lets it
 * pass, drops it, doubles it, holds it, or changes it. Time passes only when the test says so. Everything
 * but the data plane, the pool and the authorization is real: registry, openssl plugin, configuration.
 *
 *   struct kit *kit = kit_new(&(struct kit_setup){ .shards = 2 });
 *   kit_configure(kit_gateway(kit), gateway_text); kit_configure(kit_client(kit), client_text);
 *   kit_pass(kit, 1000);
 *   ck_assert(kit_is_up(kit_client(kit)));
 *   kit_free(kit);
 *
 * kit_free() fails the test if an engine left a timer, a child or an SPI in the data plane.
 */
#ifndef TESTING_ENGINE_KIT_H
#define TESTING_ENGINE_KIT_H

#include "auth/pki.h"
#include "config/config.h"
#include "exchange/driver.h"
#include "exchange/engine.h"
#include "log/log.h"
#include "registry/registry.h"
#include "shard/shard.h"
#include "testing/engine/fakes.h"

#include <stdio.h>
#include <stdlib.h>

#define KIT_GATEWAY 0
#define KIT_CLIENT  1
#define KIT_SIDES   2

struct kit;

/* What the kit itself expects; a program that is no unit test may use it as well. */
#define KIT_CHECK(condition_)                                                              \
	do {                                                                               \
		if (!(condition_)) {                                                       \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition_);   \
			abort();                                                           \
		}                                                                          \
	} while (0)

struct kit_packet {
	struct kit_packet *next;
	unsigned number;                /* from 1, in the order they were sent */
	unsigned from, to;              /* KIT_GATEWAY, KIT_CLIENT */
	struct cyg_endpoint local, remote; /* as the receiver sees them */
	bool natt;
	struct ike_header header;
	size_t len;
	uint8_t octets[];
};

enum kit_verdict { KIT_PASS, KIT_DROP, KIT_DOUBLE, KIT_HOLD };

/* What lies in a trustpoint's folder. */
struct kit_trust {
	const char *name;
	struct pki_files files;
};
#define KIT_TRUST_MAX 4

struct kit_side {
	struct kit *kit;
	unsigned index;
	struct cyg_ip address;
	struct shard_group *group;
	unsigned shards;
	struct registry *reg;
	struct cyg_config *config;
	struct ike_shard *ike[2];
	struct kit_trust trust[KIT_TRUST_MAX]; /* read by kit_configure() */
};

struct kit_setup {
	unsigned shards;                /* of the gateway; 0: 1 */
	bool natted_client;             /* a NAT between, in front of the client */
	bool no_kernel;                 /* the gateway has no data plane */
	bool hold_jobs;                 /* the gateway's jobs run by shard_manual_run_job() only */
	bool no_raw_esp;                /* the gateway's data plane has UDP encapsulation and tunnel mode only */
	uint64_t seed;                  /* other random octets; 0: the usual */
	const char *openssl_conf;       /* of the gateway */
	const char *client_openssl_conf;
	const struct cyg_plugin *eap[KIT_SIDES]; /* EAP methods of each side; NULL: none */
	struct ike_options options;     /* of both */
};

struct kit {
	struct shard_clock clock;
	struct kit_side side[KIT_SIDES];
	bool natted;
	struct kit_packet *wire, **wire_tail; /* on their way */
	struct kit_packet *held;        /* newest first */
	unsigned sent, keepalives;
	size_t path_mtu;                /* what the system says of the path; 0: nothing */
	/* The script: asked for each datagram; NULL: all pass. It may change the octets. */
	enum kit_verdict (*script)(struct kit *kit, struct kit_packet *packet, void *ctx);
	void *ctx;
	struct config_grammar *grammar;
};

struct kit *kit_new(const struct kit_setup *setup);
void kit_free(struct kit *kit);
static inline struct kit_side *kit_gateway(struct kit *kit)
{
	return &kit->side[KIT_GATEWAY];
}
static inline struct kit_side *kit_client(struct kit *kit)
{
	return &kit->side[KIT_CLIENT];
}

/* Puts a text in force on one side; an error in it fails the test. */
void kit_configure(struct kit_side *side, const char *text);
/* The same for what is set up from now on; the sessions that there are follow by ike_shard_renew(). */
void kit_switch(struct kit_side *side, const char *text);
/* Common texts: a gateway for clients with a pool, a client, each with a line of difference. */
const char *kit_gateway_text(const char *proposal, const char *set, const char *more);
const char *kit_client_text(const char *proposal, const char *set, const char *more);
/* Both in force, with these proposal and transform set lines on both sides. */
void kit_configure_both(struct kit *kit, const char *proposal, const char *set);

/* Everything that is due now happens, datagrams included. */
void kit_settle(struct kit *kit);
/* `ms` milliseconds pass. */
void kit_pass(struct kit *kit, uint64_t ms);
/* A datagram comes in at `to` as if from the other side. */
void kit_inject(struct kit *kit, unsigned to, const void *octets, size_t len, bool natt);
/* A request or response as `from`'s SA would send it, around any chain of payloads; not sent. How long it is. */
size_t kit_forge(struct kit_side *from, const struct ike_sa *sa, uint8_t exchange, bool response,
		 uint32_t message_id, uint8_t first, struct cyg_bytes inner, uint8_t *out, size_t room);
/* One fragment of it (RFC 7383); total 0: the whole. */
size_t kit_forge_fragment(struct kit_side *from, const struct ike_sa *sa, uint8_t exchange, bool response,
			  uint32_t message_id, uint16_t number, uint16_t total, uint8_t first,
			  struct cyg_bytes inner, uint8_t *out, size_t room);
/* What the next datagram that `from` sends holds, opened by the receiver's SA: the first notify's type, or 0. */
uint16_t kit_opened_notify(const struct ike_sa *receiver, struct kit_packet *packet, struct message *msg);
/*
 * A request of the client whose payloads a script changes on the way: each is handed to `write`, which puts what it
 * wants into `out` in its place; then all is sealed anew and comes in at the gateway. `packet` is to be dropped.
 */
void kit_rewrite(struct kit *kit, struct kit_packet *packet,
		 void (*write)(struct chain_writer *out, uint8_t type, struct cyg_bytes body, void *ctx), void *ctx);
/* A datagram that the caller took off the wire (and owned) goes on. */
void kit_send_on(struct kit *kit, struct kit_packet *packet);
struct kit_packet *kit_packet_copy(const struct kit_packet *packet);
/* What was held goes on its way, the newest first (reordered), or the oldest first. */
void kit_release(struct kit *kit, bool newest_first);

struct cyg_shard *kit_shard(struct kit_side *side, unsigned n);
/* SAs of a side, established ones, children in the data plane: over its shards. */
unsigned kit_sas(struct kit_side *side);
unsigned kit_up(struct kit_side *side);
unsigned kit_children(struct kit_side *side);
/* The first SA that is up, or any if none is; NULL. */
struct ike_sa *kit_sa(struct kit_side *side);
struct ike_counters kit_counters(struct kit_side *side);
/* One IKE_SA up on each side, one child each, and their keys fit crosswise. */
bool kit_connected(struct kit *kit);
/* Does a line of this event hold this text? */
bool kit_said(const char *event, const char *text);
/* Prints what was logged (to look at while writing a test). */
void kit_print_log(void);

#endif
