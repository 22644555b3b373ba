/* SPDX-License-Identifier: MIT */
/*
 * Message IDs and windows (RFC 7296 2.2 and 2.3) over the durable part of an IKE_SA, and the
 * responses kept for repeated requests. We send one request at a time; what we accept may be wider.
 * Owning shard only.
 */
#ifndef SA_WINDOW_H
#define SA_WINDOW_H

#include "sa/ike_sa.h"

#include <cygnet/bytes.h>

/* A response as it went out, for the same request again; forgotten after minutes. */
struct kept_response {
	struct kept_response *next;  /* older */
	uint32_t message_id;
	uint32_t len;
	uint32_t repeats;            /* so often it was sent again */
	uint8_t octets[];            /* a message, or its fragments one behind the other */
};

enum window_verdict {
	WINDOW_NEW,      /* to be handled */
	WINDOW_REPEATED, /* answered before: the kept response again, if it is still kept */
	WINDOW_OUTSIDE,  /* to be dropped */
};

enum window_verdict window_check(const struct ike_durable *d, uint32_t message_id);
/* The request was answered; the window moves over all that are answered in a row. */
void window_answered(struct ike_durable *d, uint32_t message_id);

/* Keeps a copy and drops what the window left behind. Out of memory: nothing is kept, and the
 * repeated request will be ignored. */
void window_keep(struct ike_sa *sa, uint32_t message_id, struct cyg_bytes response);
struct kept_response *window_kept(const struct ike_sa *sa, uint32_t message_id);
/* The same response in another form. Out of memory: as it was. */
void window_keep_instead(struct ike_sa *sa, uint32_t message_id, struct cyg_bytes response);
void window_forget(struct ike_sa *sa);

#endif
