/* SPDX-License-Identifier: MIT */
/* Opening what came in, and answering what cannot be read. Owning shard. */
#ifndef EXCHANGE_RECEIVE_H
#define EXCHANGE_RECEIVE_H

#include "exchange/engine.h"

struct exchange_def;

/* Where the plaintext stands within the datagram. */
struct opened {
	bool authentic;                 /* its ICV was right */
	bool sealed;
	size_t plain_at, plain_len;
	bool waits;                     /* a fragment: others are missing, or it was dropped */
	uint8_t *joined;                /* of fragments: the octets of the message (malloc'ed), NULL if it came whole */
};

/*
 * Reads the datagram into `msg`, opening SK by the SA's keys; of a message that is not `fresh` no fragment is kept. The status is what reading said;
 * opened->authentic whether anybody vouches for the message. opened->joined is to be freed after `msg`.
 */
enum cyg_status receive_open(struct ike_sa *sa, struct cyg_datagram *d, struct message *msg,
			     bool fresh, struct opened *opened) CYG_MUST_CHECK;
/* An authentic message that could not be read (`status`) or is of no exchange we know (CYG_OK). */
void receive_bad(struct ike_sa *sa, const struct cyg_datagram *d, const struct ike_header *header,
		 enum cyg_status status, const struct exchange_def *def);
/* Says that a message holds a critical payload that we do not know: `ike->msg` has which. */
void receive_tell_critical(const struct ike_shard *ike, const struct cyg_datagram *d);
/* Another version than ours, which is told; who speaks a newer one is answered: RFC 7296 2.5. */
void receive_other_version(struct ike_shard *ike, const struct cyg_datagram *d,
			   const struct ike_header *header);
/* One notify in clear to a stranger, so many a second. */
void receive_notify(struct ike_shard *ike, const struct cyg_datagram *d,
		    const struct ike_header *header, uint16_t type, struct cyg_bytes data);

/* driver.c */
void driver_answer_bad(struct ike_sa *sa, const struct cyg_datagram *d, const struct ike_header *header,
		       const struct exchange_def *def, uint16_t notify, uint8_t data, bool with_data);

#endif
