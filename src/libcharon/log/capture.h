/* SPDX-License-Identifier: MIT */
/* The memory sink of tests; what tests call is in log.h. */
#ifndef LOG_CAPTURE_H
#define LOG_CAPTURE_H

#include "log/format.h"

/* Any thread. False if nothing is captured now. */
bool capture_take(const struct log_record *record);
bool capture_is_on(void);

#endif
