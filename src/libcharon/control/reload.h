/* SPDX-License-Identifier: MIT */
/*
 * Reading startup-config again and bringing it into force, as one transaction. With an error in it, in
 * cygnet.conf or in a plugin's .conf, all that was in force stays. Control thread only.
 */
#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

#include "control/state.h"

/*
 * Reloads; `exec` (may be NULL: by signal) is answered and ended. CYG_PENDING, CYG_BUSY while the daemon starts or stops,
 * CYG_NOMEM.
 */
enum cyg_status reload_start(struct daemon *daemon, struct cyg_exec *exec) CYG_MUST_CHECK;

#endif
