/* SPDX-License-Identifier: MIT */
/*
 * One opened sink. Opened and closed by whoever configures, then handed to the writer, which alone uses
 * it.
 */
#ifndef LOG_SINK_H
#define LOG_SINK_H

#include "log/format.h"
#include "log/log.h"

/* One line as sinks get it. */
struct log_line {
	enum cyg_log_level level;
	const char *event;
	int64_t wall_us;
	struct cyg_str sentence;
	struct cyg_str fields; /* as in struct log_record */
};

struct sink {
	enum log_sink_kind kind;
	enum cyg_log_level level;
	bool json;
	char *path;
	int fd;                /* -1: a socket that is not connected */
};

/* CYG_NOMEM, CYG_IO with errno. */
enum cyg_status sink_open(const struct log_sink *wanted, struct sink *out) CYG_MUST_CHECK;
/* One more on the same place: a file is opened anew by its path, or, if that fails or it has none, its
 * descriptor is duplicated. CYG_IO: it was duplicated for want of the file, *out is usable; CYG_NOMEM: it is not. */
enum cyg_status sink_again(const struct sink *sink, struct sink *out) CYG_MUST_CHECK;
void sink_close(struct sink *sink);
/* False if the line is lost. */
bool sink_write(struct sink *sink, const struct log_line *line);
/* The line as standard error gets it, without a sink. */
void sink_write_stderr(const struct log_line *line);

/* How a line looks, for sinks and tests; that of syslog alone does not end with a newline. */
void line_text(const struct log_line *line, struct cyg_strbuf *out);
void line_json(const struct log_line *line, struct cyg_strbuf *out);
void line_syslog(const struct log_line *line, bool json, struct cyg_strbuf *out);
void line_journal(const struct log_line *line, struct cyg_strbuf *out);

#endif
