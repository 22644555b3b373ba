/* SPDX-License-Identifier: MIT */
/*
 * Proposals (RFC 7296 2.7, 3.3): what we offer, what we choose of an offer, and whether an answer is
 * one of those we offered. The same code serves IKE and ESP: a `wish` says what one object of ours
 * takes. Owning shard (algorithms are looked up on it).
 */
#ifndef POLICY_PROPOSAL_H
#define POLICY_PROPOSAL_H

#include "policy/trace.h"
#include "sa/ike_sa.h"
#include "wire/message.h"

/* What one proposal or transform set admits; arrays are borrowed from it. */
struct wish {
	const struct config_head *object;
	uint8_t protocol;               /* CYG_PROTO_IKE or CYG_PROTO_ESP */
	const struct encr_choice *encr; unsigned encr_count;
	const uint16_t *integ; unsigned integ_count;
	const uint16_t *prf; unsigned prf_count;
	const uint16_t *group; unsigned group_count;
	bool group_optional;            /* ESP: without a key exchange of its own, too */
	bool group_ignored;             /* ESP in IKE_AUTH: groups are no matter there */
	bool esn;                       /* ESP: extended sequence numbers may be had */
	/* ESP: the data plane that is to carry it; NULL: whatever a plugin provides will do. */
	const struct cyg_kernel_ops *kernel;
	struct cyg_plugin_ctx *kernel_ctx;
};

struct chosen {
	uint8_t number;                 /* of the peer's proposal */
	uint8_t protocol, spi_len;
	uint64_t spi;                   /* the peer's */
	struct suite_ids ids;           /* integ and prf 0 where there is none, ke 0: no exchange */
	bool esn;
	const struct config_head *object; /* of ours, borrowed */
	unsigned wish;                  /* its index */
};

#define WISHES_MAX (CONFIG_POLICY_PROPOSALS_MAX)

struct wish wish_of_ike(const struct config_proposal *proposal);
struct wish wish_of_esp(const struct config_transform_set *set);
/* All of a policy; how many were written to `out` (room for WISHES_MAX). */
unsigned wishes_of_policy(const struct config_policy *policy, struct wish *out);

/* An offer with its transforms; `out[i].transforms` point into it, so it is not copied. */
#define OFFER_PROPOSALS_MAX (2 * WISHES_MAX)
#define OFFER_TRANSFORMS_MAX PROPOSAL_TRANSFORMS_MAX
struct offer {
	uint8_t protocol;
	unsigned count, transform_count;
	struct proposal_out out[OFFER_PROPOSALS_MAX];
	uint8_t wish[OFFER_PROPOSALS_MAX]; /* which wish each came from */
	struct transform transform[OFFER_TRANSFORMS_MAX];
};

/*
 * What we offer: for each wish one proposal, or two where AEAD and other ciphers are mixed. Algorithms
 * that no plugin provides are left out and traced. CYG_UNSUPPORTED if nothing remains; CYG_LIMIT. `spi` of
 * spi_len octets goes into each.
 */
enum cyg_status offer_build(struct cyg_shard *shard, const struct wish *wishes, unsigned count,
			    uint8_t spi_len, uint64_t spi, struct offer *out, struct trace *trace)
	CYG_MUST_CHECK;

/*
 * Responder: the first of the peer's proposals that one of ours admits, the peer's order winning
 * within each transform type; of key exchange methods, the one it sent a value for (`ke_sent`, 0: none) before all
 * others. CYG_NOT_FOUND with the reasons in the trace.
 */
enum cyg_status proposal_choose(struct cyg_shard *shard, const struct wish *wishes, unsigned count,
				const struct sa_payload *sa, uint16_t ke_sent, struct chosen *out,
				struct trace *trace) CYG_MUST_CHECK;

/* Initiator: the answer must be one proposal of ours with one transform of each type it offered. */
enum cyg_status proposal_confirm(const struct offer *offer, const struct sa_payload *sa,
				 struct chosen *out) CYG_MUST_CHECK;
/* The transforms of a chosen proposal, to be sent back; how many (at most 5). */
unsigned proposal_transforms(const struct chosen *chosen, struct transform out[5]);

/* Is the cipher an AEAD? */
bool encr_is_aead(uint16_t encr);
/* "AES-CBC-256/SHA2-256/.../group 19 | ...": what a peer offered. */
void proposal_offer_text(const struct sa_payload *sa, struct cyg_strbuf *out);
void wish_text(const struct wish *wish, struct cyg_strbuf *out);
void chosen_text(const struct chosen *chosen, struct cyg_strbuf *out);

#endif
