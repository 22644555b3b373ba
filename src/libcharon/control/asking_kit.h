/* SPDX-License-Identifier: MIT */
/* A client of the control server, for tests of commands: it asks one thing at a time of a daemon without plugins, whose shards are stepped by hand. */
#ifndef CONTROL_ASKING_KIT_H
#define CONTROL_ASKING_KIT_H

#include "control/state.h"

#include <check.h>

extern struct daemon asking_daemon;
extern enum control_access asking_grant; /* what the client may; all of it at first */
extern char asking_answer[1 << 18];      /* all messages of the last ask() */

/* Around each test; `run` takes the lines (language_run()). */
void asking_begin(enum cyg_status (*run)(void *ctx, struct cyg_exec *exec, struct cyg_str line));
void asking_end(void);
void set_config(const char *text);
/* Connects with the right in `asking_grant`, asks one thing ("run", "complete", "help"), and keeps all that is answered. */
void ask(const char *verb, const char *line, bool json);
bool answered(const char *text);

#define HAS(text_) ck_assert_msg(answered(text_), "no '%s' in: %s", (text_), asking_answer)
#define HAS_NOT(text_) ck_assert_msg(!answered(text_), "'%s' in: %s", (text_), asking_answer)

#endif
