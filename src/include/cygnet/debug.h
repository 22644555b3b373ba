/* SPDX-License-Identifier: MIT */
/*
 * What the `debug` commands turn on: lines about single sessions, far too many for every day.
 *
 *   static const struct cyg_debug_who who = { .peer = &sa->remote.ip, .identity = sa->remote_id };
 *
 *   cyg_debug(CYG_DEBUG_IKEV2_PACKET, &who, "debug.packet", "{peer}: received {exchange} ...", F_...);
 *
 * While nothing is turned on such a line costs one atomic load, and its arguments are not looked at. It is logged
 * at level debug: a terminal that monitors and `show logging` get it always, a sink if its level admits it.
 * Any thread.
 */
#ifndef CYGNET_DEBUG_H
#define CYGNET_DEBUG_H

#include <cygnet/log.h>

enum cyg_debug_kind {
	CYG_DEBUG_IKEV2_ERROR,
	CYG_DEBUG_IKEV2_PACKET,
	CYG_DEBUG_IKEV2_INTERNAL,
	CYG_DEBUG_IKEV2_CLIENT,
	CYG_DEBUG_IPSEC,
	CYG_DEBUG_PKI,
	CYG_DEBUG_RADIUS,
	CYG_DEBUG_AAA,
	CYG_DEBUG_KINDS,
};

/* Whom a line speaks of, for `debug crypto condition`. What is not known (yet) is NULL. */
struct cyg_debug_who {
	const struct cyg_ip *peer;           /* its outer address */
	const struct cyg_identity *identity; /* who it is, or claims to be */
	const char *username;                /* by EAP */
	const char *fvrf;                    /* "" is the global one */
};

#define cyg_debug(kind_, who_, event_, sentence_, ...)                                    \
	do {                                                                              \
		if (cyg_debug_wanted((kind_), (who_)))                                    \
			cyg_log_emit(CYG_LOG_DEBUG, (event_), (sentence_),                \
				     (const struct cyg_field[]){ __VA_ARGS__ __VA_OPT__(,) { 0 } }); \
	} while (0)

/* Bit 1 << kind for each kind that is turned on. Set by debug_set() of the daemon alone. */
CYG_EXPORT extern _Atomic(unsigned) cyg_debug_mask;
/* Is it about somebody whom a condition names, or is there no condition? */
CYG_EXPORT bool cyg_debug_admits(const struct cyg_debug_who *who);

static inline bool cyg_debug_wanted(enum cyg_debug_kind kind, const struct cyg_debug_who *who)
{
	return (cyg_debug_mask & 1u << kind) != 0 && cyg_debug_admits(who);
}

#endif
