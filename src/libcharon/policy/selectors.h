/* SPDX-License-Identifier: MIT */
/*
 * Traffic selectors (RFC 7296 2.9): sets of address ranges, protocols and ports, and their
 * intersections. Pure functions; any thread.
 */
#ifndef POLICY_SELECTORS_H
#define POLICY_SELECTORS_H

#include <cygnet/kernel.h>

/* Appends; CYG_LIMIT when `list` is full. */
enum cyg_status selectors_add(struct cyg_selectors *list, const struct cyg_selector *selector)
	CYG_MUST_CHECK;
struct cyg_selector selector_of_ip(const struct cyg_ip *ip);
struct cyg_selector selector_of_prefix(const struct cyg_prefix *prefix);
/* All addresses of a family, any protocol and port. */
struct cyg_selector selector_any(uint8_t family);
bool selector_is_any(const struct cyg_selector *selector);
/* Does one of them hold everything of its family? */
bool selectors_have_any(const struct cyg_selectors *list);

/* What became of a selector that the peer wanted, in rising order of nearness. */
enum ts_why {
	TS_FAMILY,              /* none of ours is of its family */
	TS_ADDRESS,             /* no address in common */
	TS_PROTOCOL,            /* of other protocols */
	TS_PORT,                /* of other ports */
	TS_FULL,                /* there was room for no more */
	TS_NARROWED,
	TS_WHOLE,
};

#define TS_TRACE_MAX 8          /* selectors remembered: the first ones */
struct ts_trace {
	unsigned count, more;   /* more: selectors that are not remembered */
	bool lost;              /* one of them was not taken whole */
	struct {
		struct cyg_selector wanted;
		enum ts_why why;
	} entry[TS_TRACE_MAX];
};

/*
 * What both sides take: the intersection of each of `wanted` with each of `allowed`, in the order of
 * `wanted`, without repeats, added to what `*out` holds already (so that a list which came in parts can be narrowed).
 * What does not fit CYG_SELECTORS_MAX is left out. The trace says of each what became of it; it may be NULL.
 */
void selectors_narrow(const struct cyg_selectors *wanted, const struct cyg_selectors *allowed,
		      struct cyg_selectors *out, struct ts_trace *trace);
/* "10.0.0.0/8: narrowed; 10.9.0.0/16: no address in common; and 3 more": all but those taken whole. */
void ts_trace_text(const struct ts_trace *trace, struct cyg_strbuf *out);
/* Is every selector of `inner` inside one of `outer`? */
bool selectors_within(const struct cyg_selectors *inner, const struct cyg_selectors *outer);
bool selectors_equal(const struct cyg_selectors *a, const struct cyg_selectors *b);

/* "10.0.0.0-10.0.0.255 udp/500, ..." */
void selectors_text(const struct cyg_selectors *list, struct cyg_strbuf *out);
void selector_text(const struct cyg_selector *selector, struct cyg_strbuf *out);

#endif
