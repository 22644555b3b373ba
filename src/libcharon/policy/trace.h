/* SPDX-License-Identifier: MIT */
/*
 * Why a candidate was not chosen. Every selection of this room fills one beside its result: a
 * reason for each candidate, as numbers; text is made only when somebody asks (a failure, `show
 * crypto ikev2 diagnose error`). Any thread; the objects named are borrowed.
 */
#ifndef POLICY_TRACE_H
#define POLICY_TRACE_H

#include "config/objects.h"

#define TRACE_MAX 24 /* candidates remembered; of more, the nearest are kept */

/* In rising order of nearness: the later, the more of the candidate had matched. */
enum trace_why {
	WHY_NONE = 0,
	WHY_FVRF,
	WHY_LOCAL_ADDRESS,
	WHY_NO_MATCH_LINE,
	WHY_IDENTITY,
	WHY_CERTIFICATE,     /* it matches by certificate only, and not this one */
	WHY_ADDRESS,
	WHY_NO_KEY,          /* the peer has no key for this direction */
	WHY_INCOMPLETE,      /* a line is missing; the others match */
	WHY_SHUTDOWN,        /* likewise */
	WHY_PROTOCOL,
	WHY_UNKNOWN_TRANSFORM,
	WHY_ENCR,
	WHY_INTEG,
	WHY_PRF,
	WHY_KE,
	WHY_ESN,
	WHY_UNLOADED,        /* all matched, but no plugin offers the algorithm */
	WHY_KERNEL,          /* nor does the data plane */
	WHY_AMBIGUOUS,       /* it matched, as did another */
	WHY_CHOSEN,
};

struct trace_entry {
	const struct config_head *object;
	enum trace_why why;
	uint16_t number;     /* of the transform that mattered, or of the proposal */
	uint16_t key_bits;
	uint8_t transform;   /* its type */
};

struct trace {
	unsigned count;
	struct trace_entry entry[TRACE_MAX];
};

/* `trace` NULL: nobody will ask. */
void trace_add(struct trace *trace, const struct config_head *object, enum trace_why why);
void trace_add_transform(struct trace *trace, const struct config_head *object, enum trace_why why,
			 uint8_t transform, uint16_t number, uint16_t key_bits);
/* The candidate that came nearest; NULL if there was none. */
const struct trace_entry *trace_nearest(const struct trace *trace);
/* "differs in encryption", "has no line for this identity": what is said of an entry. */
void trace_entry_text(const struct trace_entry *entry, struct cyg_strbuf *out);
/* All entries: "NAME (FILE:LINE): why; ...". */
void trace_text(const struct trace *trace, struct cyg_strbuf *out);

#endif
