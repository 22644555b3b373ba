/* SPDX-License-Identifier: MIT */
/*
 * Lines for people, on standard error: the terminal, the journal, or the log file once the starter
 * runs in the background. One thread.
 */
#ifndef STARTER_SAY_H
#define STARTER_SAY_H

#include <cygnet/status.h>

/* "cygnet: " and the text as one line. */
void say(const char *format, ...) CYG_PRINTF(1, 2);

#endif
