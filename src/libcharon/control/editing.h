/* SPDX-License-Identifier: MIT */
/*
 * `configure terminal`: configuration lines of a client, each a transaction of its own. A line is parsed on top of what is in force
 * when its turn has come; an error leaves all as it was. Control thread only.
 */
#ifndef CONTROL_EDITING_H
#define CONTROL_EDITING_H

#include "control/state.h"

void editing_begin(struct daemon *daemon, struct control_session *session);
/* The session leaves configuration, or its client is gone: what was in force before it is kept. */
void editing_end(struct daemon *daemon, struct control_session *session);
/* One line as it was typed; `do` runs the rest of it by `run_exec`. CYG_PENDING, or its result at once. */
enum cyg_status editing_line(struct daemon *daemon, struct cyg_exec *exec, struct cyg_str line,
			     enum cyg_status (*run_exec)(struct cyg_exec *exec, struct cyg_str line)) CYG_MUST_CHECK;

#endif
