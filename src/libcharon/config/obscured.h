/* SPDX-License-Identifier: MIT */
/*
 * Keys of type 7: characters mixed with a table that everybody knows, which hides them from a glance and
 * from nothing else. Routers write them, so they are read; they are never written.
 */
#ifndef CONFIG_OBSCURED_H
#define CONFIG_OBSCURED_H

#include <cygnet/secret.h>

/* Is it of that form, and could what it hides stand in a line as a key of type 0? CYG_MALFORMED: not of the form (two
 * decimal digits up to 52, then pairs of hexadecimal ones). CYG_REFUSED: there is a blank or a control character in
 * it, or an octet beyond ASCII. CYG_LIMIT: longer than CYG_SECRET_MAX. Any thread. */
enum cyg_status obscured_check(struct cyg_str text) CYG_MUST_CHECK;
/* What a text that passed the check hides, to be freed by the caller. The same failures, and CYG_NOMEM. */
enum cyg_status obscured_open(struct cyg_str text, struct cyg_secret *out) CYG_MUST_CHECK;

#endif
