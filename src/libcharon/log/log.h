/* SPDX-License-Identifier: MIT */
/*
 * Where log lines go. What writes them is <cygnet/log.h>.
 *
 * Until log_configure() is called each line is written to standard error by the thread that logs
 * (tools, tests, a starting daemon). From then on lines pass through a bounded queue to a writer
 * thread, which owns the sinks: no caller waits for a disk or a socket. A line that finds the queue full is
 * dropped; how many were is logged as `log.lost` when there is room again.
 *
 * log_configure(), log_reopen() and log_stop() are called by one thread (control, or a tool's only
 * one); the others by any.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <cygnet/log.h>

#define LOG_SINKS_MAX 8
#define LOG_QUEUE_MAX 4096 /* lines waiting for the writer */
#define LOG_LINE_MAX  8192 /* octets of a line with all its fields */

enum log_sink_kind {
	LOG_SINK_STDERR,
	LOG_SINK_FILE,
	LOG_SINK_SYSLOG,  /* datagrams to /dev/log */
	LOG_SINK_JOURNAL, /* the journal's own protocol, with fields */
};

struct log_sink {
	enum log_sink_kind kind;
	enum cyg_log_level level; /* this one and those more important */
	bool json;                /* all but the journal, which has the fields anyway: one JSON object per line */
	const char *path;         /* of the file, or of the socket (NULL: the usual one); copied */
	int fd;                   /* file: above 0 an open one, taken over on success */
};

/*
 * Replaces all sinks; the first call starts the writer. What was logged before goes to the old ones.
 * CYG_LIMIT, CYG_NOMEM, or CYG_IO with errno, and then nothing has changed. A socket that is not there
 * is no error: it is tried again with each line.
 */
enum cyg_status log_configure(const struct log_sink *sinks, size_t count) CYG_MUST_CHECK;
/* Opens files that have a path anew (after a rotation); one that fails keeps its old file. CYG_IO if any did. */
enum cyg_status log_reopen(void) CYG_MUST_CHECK;
/* Waits until what was logged before has been written; false after `timeout_ms`. */
bool log_flush(unsigned timeout_ms);
/* Writes what waits, ends the writer and closes the sinks: back to standard error. */
void log_stop(void);
/* Lines that never reached a sink: the queue was full, memory was short, or no sink took them. */
uint64_t log_lost(void);

/* --- The newest lines, in memory --- */

/*
 * Kept by the writer, whatever sinks there are; numbered from 0. `wake` is called by the writer's thread when there
 * are new ones: it only tells whoever reads, and returns at once. NULL: nobody.
 */
#define LOG_RING_MAX 1024
void log_ring_listen(void (*wake)(void *ctx), void *ctx);
/* Number of the line to come. Any thread, as for the reader: */
uint64_t log_ring_next(void);
/*
 * The first kept line from *number on, with a newline at its end; *number becomes its number. False if there is none
 * yet. `out` needs room for LOG_LINE_MAX octets.
 */
bool log_ring_read(uint64_t *number, bool json, enum cyg_log_level *level, struct cyg_strbuf *out);
void log_ring_forget(void);

/* --- For tests --- */

/*
 * From here on lines of all levels are kept in memory (up to LOG_CAPTURE_MAX of them) and go nowhere
 * else. Starting again forgets what was kept. Texts live until the next start or stop.
 */
#define LOG_CAPTURE_MAX 4096
void log_capture_start(void);
void log_capture_stop(void);
/* How many lines of this event; NULL: of any. */
size_t log_capture_count(const char *event);
/* The sentence of the nth line of this event (NULL: of any), from 0; NULL if there are not so many. */
const char *log_capture_line(const char *event, size_t n);
/* The last one. */
const char *log_capture_last(const char *event);
/* A field of that line as text, or NULL. */
const char *log_capture_field(const char *event, size_t n, const char *field);
/* The seconds that cyg_log_admit() goes by; NULL: the system's. */
void log_set_clock(int64_t (*now_s)(void));

#endif
