/* SPDX-License-Identifier: MIT */
/*
 * Which debug lines are wanted, and of whom (<cygnet/debug.h>). Changes come from one thread (control); any may
 * ask. Conditions are read under a lock: who has turned debugging on has time.
 */
#ifndef LOG_DEBUG_H
#define LOG_DEBUG_H

#include <cygnet/debug.h>

#define DEBUG_CONDITIONS_MAX 16
#define DEBUG_WORD_MAX       128

enum debug_condition_kind {
	DEBUG_PEER_PREFIX, /* the peer's outer address is within */
	DEBUG_USERNAME,    /* the EAP user, or the text of the identity, is the word */
	DEBUG_FVRF,
};

struct debug_condition {
	enum debug_condition_kind kind;
	struct cyg_prefix prefix;
	char word[DEBUG_WORD_MAX];
};

/* Turns kinds (bits 1 << kind) on or off. */
void debug_set(unsigned kinds, bool on);
/* CYG_EXISTS, CYG_LIMIT. */
enum cyg_status debug_condition_add(const struct debug_condition *condition) CYG_MUST_CHECK;
/* CYG_NOT_FOUND. */
enum cyg_status debug_condition_remove(const struct debug_condition *condition) CYG_MUST_CHECK;
void debug_conditions_clear(void);
/* Copies up to `room` conditions; how many there are. */
unsigned debug_conditions(struct debug_condition *out, unsigned room);

#endif
