/* SPDX-License-Identifier: MIT */
/*
 * The configurations of before: each change of the whole (a reload, a replacement, an editing at a prompt that changed
 * something) leaves the one that was in force as number 1; the ten last are kept, in
 * /var/lib/cygnet as kept-1 ... kept-10, readable by the daemon alone. Control thread only.
 */
#ifndef CONTROL_KEPT_H
#define CONTROL_KEPT_H

#include "control/state.h"

#define KEPT_MAX 10

/* Failures are logged: a full disk must not keep anybody from changing the configuration. */
void kept_add(struct daemon *daemon, const struct cyg_config *config, const char *what,
	      const struct control_session *session);
/* Lists them as a command's answer. */
void kept_tell(struct daemon *daemon, struct cyg_exec *exec);
/* The text of one; CYG_NOT_FOUND. To be wiped and freed. */
enum cyg_status kept_text(const struct daemon *daemon, unsigned number, char **text, size_t *len) CYG_MUST_CHECK;

/* --- Secrets of type 6 in them, and in the copy of the last good configuration --- */

struct vault_salts;
/* Adds the salts of all of them. */
void kept_salts(const struct daemon *daemon, struct vault_salts *salts);
/* The master key was changed: seals them anew, those of them that the key of before opens. Failures are logged. */
void kept_reseal(const struct daemon *daemon);

#endif
