/* SPDX-License-Identifier: MIT */
/*
 * The way back from a lock-out: what was in force comes back by itself unless somebody confirms in time. Armed by
 * `configure terminal revert timer N` and by a replacement; survives the client that armed it. Control thread only.
 */
#ifndef CONTROL_REVERT_H
#define CONTROL_REVERT_H

#include "control/state.h"

/* From now on `seconds` are left to confirm; armed already: they begin anew, and where the way leads to stays. */
enum cyg_status revert_arm(struct daemon *daemon, uint32_t seconds, const char *user) CYG_MUST_CHECK;
bool revert_armed(const struct daemon *daemon);
/* CYG_NOT_FOUND: nothing is armed. */
enum cyg_status revert_confirm(struct daemon *daemon) CYG_MUST_CHECK;
/* At once; `exec` is ended. CYG_PENDING or CYG_NOT_FOUND. */
enum cyg_status revert_now(struct daemon *daemon, struct cyg_exec *exec) CYG_MUST_CHECK;
void revert_free(struct daemon *daemon);

#endif
