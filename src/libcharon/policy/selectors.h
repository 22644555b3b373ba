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

/*
 * What both sides take: the intersection of each of `wanted` with each of `allowed`, in the order of
 * `wanted`, without repeats. CYG_NOT_FOUND if it is empty. What does not fit CYG_SELECTORS_MAX is left out and
 * `*cut` says so (if not NULL).
 */
enum cyg_status selectors_narrow(const struct cyg_selectors *wanted, const struct cyg_selectors *allowed,
				 struct cyg_selectors *out, bool *cut) CYG_MUST_CHECK;
/* Is every selector of `inner` inside one of `outer`? */
bool selectors_within(const struct cyg_selectors *inner, const struct cyg_selectors *outer);
bool selectors_equal(const struct cyg_selectors *a, const struct cyg_selectors *b);

/* "10.0.0.0-10.0.0.255 udp/500, ..." */
void selectors_text(const struct cyg_selectors *list, struct cyg_strbuf *out);

#endif
