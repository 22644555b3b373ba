/* SPDX-License-Identifier: MIT */
#include "exchange/diagnose.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct entry {
	struct entry *next;
	struct diagnose_row row;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint max_entries;
static struct entry *oldest, **newest_next = &oldest; /* under the lock, by serial */
static unsigned entries;
static uint64_t serial, deleted;

static void drop_oldest(void)
{
	struct entry *gone = oldest;

	oldest = gone->next;
	if (!oldest)
		newest_next = &oldest;
	entries--;
	free(gone);
}

void diagnose_configure(unsigned max)
{
	pthread_mutex_lock(&lock);
	atomic_store(&max_entries, max);
	while (entries > max) {
		drop_oldest();
		deleted++;
	}
	if (!max)
		deleted = 0;
	pthread_mutex_unlock(&lock);
}

static struct entry *find(bool child, const char *what, const char *object)
{
	for (struct entry *e = oldest; e; e = e->next) {
		if (e->row.child == child && strncmp(e->row.what, what, sizeof(e->row.what) - 1) == 0 &&
		    strncmp(e->row.object, object, sizeof(e->row.object) - 1) == 0)
			return e;
	}
	return NULL;
}

static struct entry *append(bool child, const char *what, const char *object)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	if (entries == atomic_load(&max_entries)) {
		drop_oldest();
		deleted++;
	}
	e->row.serial = ++serial;
	e->row.child = child;
	snprintf(e->row.what, sizeof(e->row.what), "%s", what);
	snprintf(e->row.object, sizeof(e->row.object), "%s", object);
	*newest_next = e;
	newest_next = &e->next;
	entries++;
	return e;
}

void diagnose_note(bool child, const struct cyg_endpoint *peer, int64_t wall_s, const char *what, const char *object,
		   const char *line)
{
	struct entry *e;

	if (!atomic_load_explicit(&max_entries, memory_order_relaxed))
		return;
	pthread_mutex_lock(&lock);
	e = find(child, what, object);
	if (!e && atomic_load(&max_entries))
		e = append(child, what, object);
	if (e) {
		e->row.count++;
		e->row.last_wall_s = wall_s;
		e->row.peer = *peer;
		snprintf(e->row.line, sizeof(e->row.line), "%s", line);
	}
	pthread_mutex_unlock(&lock);
}

bool diagnose_next(uint64_t after, struct diagnose_row *out)
{
	struct entry *e;

	pthread_mutex_lock(&lock);
	for (e = oldest; e && e->row.serial <= after; e = e->next)
		continue;
	if (e)
		*out = e->row;
	pthread_mutex_unlock(&lock);
	return e != NULL;
}

struct diagnose_state diagnose_state(void)
{
	struct diagnose_state state;

	pthread_mutex_lock(&lock);
	state = (struct diagnose_state){ atomic_load(&max_entries), entries, deleted };
	pthread_mutex_unlock(&lock);
	return state;
}

void diagnose_clear(void)
{
	pthread_mutex_lock(&lock);
	while (entries)
		drop_oldest();
	deleted = 0;
	pthread_mutex_unlock(&lock);
}
