/* SPDX-License-Identifier: MIT */
#include "log/writer.h"

#include "log/ring.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* What passes through the queue: a line, or new sinks. */
struct item {
	struct item *next;
	struct sink *sinks;  /* malloc'ed; NULL: a line */
	size_t sink_count;
	enum cyg_log_level level;
	const char *event;
	int64_t wall_us;
	size_t sentence_len, fields_len;
	char text[];         /* sentence, then fields */
};

static _Atomic(struct item *) head; /* newest first */
static sem_t wake;
static pthread_t thread;
static atomic_bool running, stopping;
static atomic_uint waiting;         /* lines in the queue */
static atomic_uint_fast64_t accepted, handled, lost;

/* The writer's own, and while there is none, of whoever configures. */
static struct sink active[LOG_SINKS_MAX];
static size_t active_count;
static uint64_t lost_told;

static void put(struct item *item)
{
	struct item *first = atomic_load_explicit(&head, memory_order_relaxed);

	do {
		item->next = first;
	} while (!atomic_compare_exchange_weak(&head, &first, item));
	atomic_fetch_add(&accepted, 1);
	sem_post(&wake);
}

/* All that waits, oldest first. */
static struct item *take_all(void)
{
	struct item *newest = atomic_exchange(&head, NULL), *oldest = NULL;

	while (newest) {
		struct item *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

bool writer_take(const struct log_record *record)
{
	struct item *item;

	if (!atomic_load(&running))
		return false;
	if (atomic_fetch_add(&waiting, 1) >= LOG_QUEUE_MAX)
		goto lose;
	item = malloc(sizeof(*item) + record->sentence_len + record->fields_len);
	if (!item)
		goto lose;
	*item = (struct item){ .level = record->level, .event = record->event,
			       .wall_us = record->wall_us, .sentence_len = record->sentence_len,
			       .fields_len = record->fields_len };
	memcpy(item->text, record->sentence, record->sentence_len);
	memcpy(item->text + record->sentence_len, record->fields, record->fields_len);
	put(item);
	return true;
lose:
	atomic_fetch_sub(&waiting, 1);
	atomic_fetch_add(&lost, 1);
	return true;
}

/* False if no sink took it. */
static bool write_line(const struct log_line *line)
{
	bool taken = active_count == 0; /* told to keep silent */

	for (size_t i = 0; i < active_count; i++)
		taken |= sink_write(&active[i], line);
	return taken;
}

static void tell_lost(int64_t wall_us)
{
	uint64_t now = atomic_load(&lost), count = now - lost_told;
	const struct cyg_field fields[] = { F_UINT("count", count), { 0 } };
	struct log_record record;
	struct log_line line;

	if (!count)
		return;
	log_format(&record, CYG_LOG_WARNING, "log.lost", "{count} lines of the log were lost", fields);
	line = (struct log_line){ CYG_LOG_WARNING, record.event, wall_us,
				  cyg_str_n(record.sentence, record.sentence_len),
				  cyg_str_n(record.fields, record.fields_len) };
	if (write_line(&line))
		lost_told = now; /* else it is told with the next line */
}

static void close_sinks(void)
{
	for (size_t i = 0; i < active_count; i++)
		sink_close(&active[i]);
	active_count = 0;
}

static void use_sinks(const struct sink *sinks, size_t count)
{
	close_sinks();
	memcpy(active, sinks, count * sizeof(*sinks));
	active_count = count;
}

static void handle(struct item *item)
{
	if (item->sinks) {
		use_sinks(item->sinks, item->sink_count);
		free(item->sinks);
	} else {
		const struct log_line line = {
			item->level, item->event, item->wall_us,
			cyg_str_n(item->text, item->sentence_len),
			cyg_str_n(item->text + item->sentence_len, item->fields_len),
		};

		atomic_fetch_sub(&waiting, 1);
		if (!write_line(&line))
			atomic_fetch_add(&lost, 1);
		ring_keep(&line);
		tell_lost(line.wall_us);
	}
	free(item);
	atomic_fetch_add(&handled, 1);
}

static void *writer_main(void *unused)
{
	bool last;

	do {
		struct item *list;

		while (sem_wait(&wake) < 0 && errno == EINTR)
			;
		last = atomic_load(&stopping); /* before the queue: what was put before is in it */
		list = take_all();
		while (list) {
			struct item *item = list;

			list = item->next;
			handle(item);
		}
		ring_tell();
	} while (!last);
	return NULL;
}

static enum cyg_status start(void)
{
	sigset_t all, before;
	int error;

	atomic_store(&stopping, false);
	if (sem_init(&wake, 0, 0) < 0)
		return CYG_IO;
	/* Signals are for the threads that wait for them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, writer_main, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error) {
		sem_destroy(&wake);
		errno = error;
		return CYG_IO;
	}
	(void)pthread_setname_np(thread, "log");
	return CYG_OK;
}

enum cyg_status writer_configure(struct sink *sinks, size_t count)
{
	struct item *item;

	if (!atomic_load(&running)) {
		enum cyg_status status = start();

		if (status != CYG_OK)
			return status;
		use_sinks(sinks, count); /* the thread reads them after its first wake-up */
		atomic_store(&running, true);
		return CYG_OK;
	}
	item = calloc(1, sizeof(*item));
	if (item)
		item->sinks = calloc(LOG_SINKS_MAX, sizeof(*sinks));
	if (!item || !item->sinks) {
		free(item);
		return CYG_NOMEM;
	}
	memcpy(item->sinks, sinks, count * sizeof(*sinks));
	item->sink_count = count;
	put(item);
	return CYG_OK;
}

bool writer_flush(unsigned timeout_ms)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	uint64_t goal = atomic_load(&accepted);

	while (atomic_load(&running) && atomic_load(&handled) < goal) {
		if (timeout_ms-- == 0)
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

void writer_stop(void)
{
	struct item *late;

	if (!atomic_exchange(&running, false))
		return;
	atomic_store(&stopping, true);
	sem_post(&wake);
	pthread_join(thread, NULL);
	/* A thread that saw the writer running may have come late. */
	late = take_all();
	while (late) {
		struct item *item = late;

		late = item->next;
		handle(item);
	}
	close_sinks();
}

uint64_t writer_lost(void)
{
	return atomic_load(&lost);
}
