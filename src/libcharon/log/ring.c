/* SPDX-License-Identifier: MIT */
#include "log/ring.h"

#include <pthread.h>
#include <stdlib.h>

struct kept {
	enum cyg_log_level level;
	const char *event;
	int64_t wall_us;
	size_t sentence_len, fields_len;
	char text[]; /* sentence, then fields */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept *ring[LOG_RING_MAX]; /* under the lock, with what follows */
static uint64_t next;                   /* number of the line to come */
static void (*listener)(void *ctx);
static void *listener_ctx;

void ring_keep(const struct log_line *line)
{
	struct kept *kept = malloc(sizeof(*kept) + line->sentence.len + line->fields.len), *old;

	if (kept) {
		*kept = (struct kept){ .level = line->level, .event = line->event, .wall_us = line->wall_us,
				       .sentence_len = line->sentence.len, .fields_len = line->fields.len };
		memcpy(kept->text, line->sentence.ptr, line->sentence.len);
		memcpy(kept->text + line->sentence.len, line->fields.ptr, line->fields.len);
	}
	pthread_mutex_lock(&lock);
	old = ring[next % LOG_RING_MAX];
	ring[next++ % LOG_RING_MAX] = kept;
	pthread_mutex_unlock(&lock);
	free(old);
}

void ring_tell(void)
{
	pthread_mutex_lock(&lock);
	if (listener)
		listener(listener_ctx);
	pthread_mutex_unlock(&lock);
}

void log_ring_listen(void (*wake)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&lock);
	listener = wake;
	listener_ctx = ctx;
	pthread_mutex_unlock(&lock);
}

uint64_t log_ring_next(void)
{
	uint64_t number;

	pthread_mutex_lock(&lock);
	number = next;
	pthread_mutex_unlock(&lock);
	return number;
}

bool log_ring_read(uint64_t *number, bool json, enum cyg_log_level *level, struct cyg_strbuf *out)
{
	bool found = false;

	pthread_mutex_lock(&lock);
	if (next > LOG_RING_MAX && *number < next - LOG_RING_MAX)
		*number = next - LOG_RING_MAX;
	while (*number < next && !found) {
		const struct kept *kept = ring[*number % LOG_RING_MAX];

		if (kept) {
			const struct log_line line = {
				kept->level, kept->event, kept->wall_us,
				cyg_str_n(kept->text, kept->sentence_len),
				cyg_str_n(kept->text + kept->sentence_len, kept->fields_len),
			};

			*level = kept->level;
			(json ? line_json : line_text)(&line, out);
			found = true;
		}
		*number += !found;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

void log_ring_forget(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < LOG_RING_MAX; i++) {
		free(ring[i]);
		ring[i] = NULL;
	}
	pthread_mutex_unlock(&lock);
}
