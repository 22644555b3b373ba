/* SPDX-License-Identifier: MIT */
/*
 * The queue and the thread behind it. A lock-free stack that the writer empties with one exchange and
 * turns around: whoever logs never waits, not even for another one who logs.
 */
#ifndef LOG_WRITER_H
#define LOG_WRITER_H

#include "log/sink.h"

/* Any thread. False while there is no writer; then the line is the caller's to write. A line that does
 * not fit is counted as lost, and true. */
bool writer_take(const struct log_record *record);
/* Hands over sinks (on success; the caller closes them otherwise) and starts the thread if need be. */
enum cyg_status writer_configure(struct sink *sinks, size_t count) CYG_MUST_CHECK;
bool writer_flush(unsigned timeout_ms);
void writer_stop(void);
uint64_t writer_lost(void);

#endif
