/* SPDX-License-Identifier: MIT */
#include "log/format.h"

#include <stdio.h>

static _Atomic int threshold = CYG_LOG_INFO;

bool cyg_log_wanted(enum cyg_log_level level)
{
	return (int)level <= threshold;
}

bool cyg_log_admit(enum cyg_log_level level, const char *event)
{
	return true;
}

void cyg_log_emit(enum cyg_log_level level, const char *event, const char *sentence,
		  const struct cyg_field *fields)
{
	struct log_record record;

	log_format(&record, level, event, sentence, fields);
	fprintf(stderr, "%s %s: %s\n", log_level_text(level), event, record.sentence);
}
