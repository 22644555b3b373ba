/* SPDX-License-Identifier: MIT */
/* From the caller's macro to the queue: what is wanted, what is too much, who takes it. */
#include "log/log.h"

#include "log/capture.h"
#include "log/writer.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#define LIMITED_EVENTS_MAX 64 /* per thread; beyond, the one that was quiet longest is forgotten */

static atomic_int threshold = CYG_LOG_INFO;

/* Sinks as they were handed over, for log_reopen(). Of the configuring thread. */
static struct sink shadow[LOG_SINKS_MAX];
static size_t shadow_count;

static int64_t (*test_clock)(void);

/* One event that is limited, on this thread. */
struct limit {
	const char *event;
	int64_t second;
	unsigned passed;
	uint64_t dropped;
};

static _Thread_local struct limit limits[LIMITED_EVENTS_MAX];

bool cyg_log_wanted(enum cyg_log_level level)
{
	return (int)level <= atomic_load_explicit(&threshold, memory_order_relaxed) || capture_is_on();
}

void log_set_clock(int64_t (*now_s)(void))
{
	test_clock = now_s;
}

static int64_t seconds(void)
{
	struct timespec now;

	if (test_clock)
		return test_clock();
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

static struct limit *limit_of(const char *event)
{
	struct limit *oldest = &limits[0];

	for (size_t i = 0; i < LIMITED_EVENTS_MAX; i++) {
		struct limit *l = &limits[i];

		if (!l->event || l->event == event || strcmp(l->event, event) == 0) {
			l->event = event;
			return l;
		}
		if (l->second < oldest->second)
			oldest = l;
	}
	*oldest = (struct limit){ .event = event };
	return oldest;
}

bool cyg_log_admit(enum cyg_log_level level, const char *event)
{
	struct limit *l = limit_of(event);
	int64_t now = seconds();
	uint64_t dropped;

	if (l->second != now) {
		l->second = now;
		l->passed = 0;
	}
	if (l->passed == CYG_LOG_BURST) {
		l->dropped++;
		return false;
	}
	l->passed++;
	dropped = l->dropped;
	l->dropped = 0;
	if (dropped)
		cyg_log(level, "log.suppressed", "{count} lines of {event} were not logged",
			F_UINT("count", dropped), F_STR("event", event));
	return true;
}

void cyg_log_emit(enum cyg_log_level level, const char *event, const char *sentence,
		  const struct cyg_field *fields)
{
	struct log_record record;
	struct log_line line;
	struct timespec now;

	log_format(&record, level, event, sentence, fields);
	clock_gettime(CLOCK_REALTIME, &now);
	record.wall_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	if (capture_take(&record) || writer_take(&record))
		return;
	line = (struct log_line){ level, event, record.wall_us,
				  cyg_str_n(record.sentence, record.sentence_len),
				  cyg_str_n(record.fields, record.fields_len) };
	sink_write_stderr(&line);
}

/* On success the writer has the sinks; else they stay the caller's. */
static enum cyg_status use(struct sink *sinks, size_t count)
{
	enum cyg_status status = writer_configure(sinks, count);
	int level = CYG_LOG_CRIT;

	if (status != CYG_OK)
		return status;
	/* From here on the writer closes them; paths and descriptors are only looked at. */
	memcpy(shadow, sinks, count * sizeof(*sinks));
	shadow_count = count;
	for (size_t i = 0; i < count; i++)
		level = (int)sinks[i].level > level ? (int)sinks[i].level : level;
	atomic_store(&threshold, level);
	return CYG_OK;
}

/* Descriptors that were given with `wanted` (NULL: none) stay open: they are the caller's again. */
static void close_all(struct sink *sinks, size_t count, const struct log_sink *wanted)
{
	for (size_t i = 0; i < count; i++) {
		if (wanted && wanted[i].fd > 0)
			sinks[i].fd = -1;
		sink_close(&sinks[i]);
	}
}

enum cyg_status log_configure(const struct log_sink *wanted, size_t count)
{
	struct sink sinks[LOG_SINKS_MAX];
	enum cyg_status status = CYG_OK;
	size_t opened = 0;

	if (count > LOG_SINKS_MAX)
		return CYG_LIMIT;
	while (opened < count && status == CYG_OK) {
		status = sink_open(&wanted[opened], &sinks[opened]);
		opened += status == CYG_OK;
	}
	if (status == CYG_OK)
		status = use(sinks, count);
	if (status != CYG_OK) {
		int saved = errno;

		close_all(sinks, opened, wanted);
		errno = saved;
	}
	return status;
}

enum cyg_status log_reopen(void)
{
	struct sink sinks[LOG_SINKS_MAX];
	enum cyg_status status = CYG_OK;
	bool missing = false;
	size_t opened = 0;

	while (opened < shadow_count && status != CYG_NOMEM) {
		status = sink_again(&shadow[opened], &sinks[opened]);
		missing |= status == CYG_IO;
		opened += status != CYG_NOMEM;
	}
	if (status != CYG_NOMEM)
		status = use(sinks, opened);
	if (status != CYG_OK) {
		close_all(sinks, opened, NULL);
		return status;
	}
	return missing ? CYG_IO : CYG_OK;
}

bool log_flush(unsigned timeout_ms)
{
	return writer_flush(timeout_ms);
}

void log_stop(void)
{
	writer_stop();
	shadow_count = 0;
	atomic_store(&threshold, CYG_LOG_INFO);
}

uint64_t log_lost(void)
{
	return writer_lost();
}
