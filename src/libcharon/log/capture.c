/* SPDX-License-Identifier: MIT */
#include "log/capture.h"
#include "log/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool on;
static struct log_record *kept[LOG_CAPTURE_MAX]; /* under the lock */
static size_t kept_count;

bool capture_is_on(void)
{
	return atomic_load_explicit(&on, memory_order_relaxed);
}

bool capture_take(const struct log_record *record)
{
	struct log_record *copy;

	if (!capture_is_on())
		return false;
	pthread_mutex_lock(&lock);
	copy = kept_count < LOG_CAPTURE_MAX ? malloc(sizeof(*copy)) : NULL;
	if (copy) {
		*copy = *record;
		kept[kept_count++] = copy;
	}
	pthread_mutex_unlock(&lock);
	return true;
}

static void forget(void)
{
	pthread_mutex_lock(&lock);
	while (kept_count > 0)
		free(kept[--kept_count]);
	pthread_mutex_unlock(&lock);
}

void log_capture_start(void)
{
	forget();
	atomic_store(&on, true);
}

void log_capture_stop(void)
{
	atomic_store(&on, false);
	forget();
}

/* The nth record of this event. */
static const struct log_record *find(const char *event, size_t n)
{
	const struct log_record *found = NULL;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < kept_count && !found; i++) {
		if (event && strcmp(kept[i]->event, event) != 0)
			continue;
		if (n-- == 0)
			found = kept[i];
	}
	pthread_mutex_unlock(&lock);
	return found;
}

size_t log_capture_count(const char *event)
{
	size_t count = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < kept_count; i++)
		count += !event || strcmp(kept[i]->event, event) == 0;
	pthread_mutex_unlock(&lock);
	return count;
}

const char *log_capture_line(const char *event, size_t n)
{
	const struct log_record *record = find(event, n);

	return record ? record->sentence : NULL;
}

const char *log_capture_last(const char *event)
{
	size_t count = log_capture_count(event);

	return count ? log_capture_line(event, count - 1) : NULL;
}

const char *log_capture_field(const char *event, size_t n, const char *field)
{
	const struct log_record *record = find(event, n);
	const char *name, *text;
	size_t at = 0;
	char type;

	while (record &&
	       log_field_next(record->fields, record->fields_len, &at, &name, &type, &text)) {
		if (strcmp(name, field) == 0)
			return text;
	}
	return NULL;
}
