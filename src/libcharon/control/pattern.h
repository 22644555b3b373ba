/* SPDX-License-Identifier: MIT */
/*
 * Patterns of `| include` and its like: a small regular expression that is matched in time
 * proportional to pattern and line, whatever they are. Alternatives with |, and in each: ^ $ . [set] [^set]
 * \x * + ?. No groups. Matches anywhere in the line; letters differ by case. Any thread; no allocation.
 */
#ifndef CONTROL_PATTERN_H
#define CONTROL_PATTERN_H

#include <cygnet/bytes.h>

#define PATTERN_ATOMS_MAX 120

struct pattern_atom {
	uint8_t set[32];  /* which octets it takes */
	bool any_number;  /* * or + */
	bool optional;    /* * or ? */
	bool at_end;      /* $: takes no octet */
	bool last;        /* of its alternative */
};

struct pattern {
	unsigned count;
	struct pattern_atom atoms[PATTERN_ATOMS_MAX];
	unsigned starts;  /* alternatives: where each begins, and whether it is bound to the line's start */
	uint8_t start[PATTERN_ATOMS_MAX];
	bool anchored[PATTERN_ATOMS_MAX];
	bool matches_all; /* an alternative is empty */
};

/* CYG_MALFORMED with the reason at `why`, CYG_LIMIT for one that is too long. */
enum cyg_status pattern_parse(struct cyg_str text, struct pattern *out, const char **why) CYG_MUST_CHECK;
bool pattern_matches(const struct pattern *pattern, struct cyg_str line);

#endif
