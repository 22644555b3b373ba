/* SPDX-License-Identifier: MIT */
/* The configuration in force becomes startup-config: `write memory`. Control thread only. */
#ifndef CONTROL_STORE_H
#define CONTROL_STORE_H

#include "control/state.h"

/* Through the starter if there is one; in one step, the old file stays whole if it fails. Ends the command:
 * CYG_PENDING, or why not at once. */
enum cyg_status store_run(struct daemon *daemon, struct cyg_exec *exec) CYG_MUST_CHECK;

#endif
