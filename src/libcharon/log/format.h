/* SPDX-License-Identifier: MIT */
/*
 * One event as text: its sentence with the fields filled in, and the fields by themselves for
 * structured sinks. Made in the thread that logs; pure functions, no allocation.
 */
#ifndef LOG_FORMAT_H
#define LOG_FORMAT_H

#include <cygnet/log.h>

#define LOG_SENTENCE_MAX 1024 /* with the NUL; what is longer is cut */
#define LOG_FIELDS_MAX   2048
#define LOG_VALUE_MAX     640 /* of one field */

/*
 * `fields` holds, for each field: its name, NUL, 's' (text), 'n' (a number) or 'b' (true, false),
 * its text, NUL. A field that does not fit is left out whole.
 */
struct log_record {
	enum cyg_log_level level;
	const char *event;
	int64_t wall_us;       /* microseconds since 1970 */
	char sentence[LOG_SENTENCE_MAX];
	size_t sentence_len;
	char fields[LOG_FIELDS_MAX];
	size_t fields_len;
};

void log_format(struct log_record *out, enum cyg_log_level level, const char *event,
		const char *sentence, const struct cyg_field *fields);
/* "crit", "error", "warning", "notice", "info", "debug". */
const char *log_level_text(enum cyg_log_level level);
/* The level of such a word; CYG_NOT_FOUND. */
enum cyg_status log_level_parse(struct cyg_str word, enum cyg_log_level *out) CYG_MUST_CHECK;
/* Walks `fields`: start with *at = 0; false at the end. */
bool log_field_next(const char *fields, size_t len, size_t *at, const char **name, char *type,
		    const char **text);

#endif
