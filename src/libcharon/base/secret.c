/* SPDX-License-Identifier: MIT */
/*
 * Memory for secrets: slabs of locked pages that core dumps leave out, cut into blocks of one size
 * class each. A thread keeps a few free blocks of each class for itself, so that a handshake takes no
 * lock; the mutex guards the common store behind them. Slabs are kept for the life of the process.
 *
 * Locking may fail for lack of RLIMIT_MEMLOCK; the pages are used all the same.
 */
#include <cygnet/secret.h>

#include "base/compat.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SLAB_LEN    65536u
#define CLASSES     8u   /* 32, 64, ... 4096 octets */
#define SMALLEST    32u
#define CACHE_MAX   64u  /* free blocks of a class that a thread keeps */
#define CACHE_BATCH 32u  /* moved at once between a thread and the store */

struct block {
	struct block *next;
};

struct blocks {
	struct block *first;
	size_t count;
};

static pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER;
static struct blocks store[CLASSES]; /* under store_lock */

static _Thread_local struct blocks cache[CLASSES];
static _Thread_local bool cache_registered;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key;

static void push(struct blocks *list, struct block *block)
{
	block->next = list->first;
	list->first = block;
	list->count++;
}

static struct block *pop(struct blocks *list)
{
	struct block *block = list->first;

	if (block) {
		list->first = block->next;
		list->count--;
		block->next = NULL;
	}
	return block;
}

static void move(struct blocks *from, struct blocks *to, size_t count)
{
	struct block *block;

	while (count-- > 0 && (block = pop(from)))
		push(to, block);
}

static unsigned class_of(size_t len)
{
	unsigned n = 0;

	while (SMALLEST << n < len)
		n++;
	return n;
}

/* A thread ends: its blocks go back to the store. */
static void thread_ends(void *value)
{
	struct blocks *own = value;

	pthread_mutex_lock(&store_lock);
	for (unsigned n = 0; n < CLASSES; n++)
		move(&own[n], &store[n], SIZE_MAX);
	pthread_mutex_unlock(&store_lock);
}

static void make_key(void)
{
	/* Without a key the blocks of a thread that ends are lost; nothing else changes. */
	(void)pthread_key_create(&exit_key, thread_ends);
}

/* With the lock held. */
static bool add_slab(unsigned n)
{
	size_t size = (size_t)SMALLEST << n;
	uint8_t *slab = mmap(NULL, SLAB_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (slab == MAP_FAILED)
		return false;
	(void)madvise(slab, SLAB_LEN, MADV_DONTDUMP);
	(void)mlock(slab, SLAB_LEN);
	for (size_t at = 0; at < SLAB_LEN; at += size)
		push(&store[n], (struct block *)(void *)(slab + at));
	return true;
}

static void refill(unsigned n)
{
	pthread_once(&once, make_key);
	if (!cache_registered)
		cache_registered = pthread_setspecific(exit_key, cache) == 0;
	pthread_mutex_lock(&store_lock);
	if (store[n].count > 0 || add_slab(n))
		move(&store[n], &cache[n], CACHE_BATCH);
	pthread_mutex_unlock(&store_lock);
}

void *cyg_secret_alloc(size_t len)
{
	unsigned n;

	if (len == 0 || len > CYG_SECRET_MAX)
		return NULL;
	if (CYG_HEAP_IS_WATCHED)
		return calloc(1, len);
	n = class_of(len);
	if (!cache[n].first)
		refill(n);
	return pop(&cache[n]); /* zeroed when it was freed, but for the link that pop() cleared */
}

void cyg_secret_free(void *ptr, size_t len)
{
	unsigned n;

	if (!ptr)
		return;
	cyg_wipe(ptr, len);
	if (CYG_HEAP_IS_WATCHED) {
		free(ptr);
		return;
	}
	n = class_of(len);
	push(&cache[n], ptr);
	if (cache[n].count > CACHE_MAX) {
		pthread_mutex_lock(&store_lock);
		move(&cache[n], &store[n], CACHE_BATCH);
		pthread_mutex_unlock(&store_lock);
	}
}

enum cyg_status cyg_secret_init(struct cyg_secret *out, size_t len)
{
	uint8_t *ptr;

	if (len > CYG_SECRET_MAX)
		return CYG_LIMIT;
	/* An empty secret is one, too: it has a place of its own, so that `ptr` is never NULL. */
	ptr = cyg_secret_alloc(len ? len : 1);
	if (!ptr)
		return CYG_NOMEM;
	*out = (struct cyg_secret){ ptr, (uint32_t)len };
	return CYG_OK;
}

enum cyg_status cyg_secret_copy(struct cyg_secret *out, struct cyg_bytes octets)
{
	struct cyg_secret secret;
	enum cyg_status status = cyg_secret_init(&secret, octets.len);

	if (status != CYG_OK)
		return status;
	if (octets.len)
		memcpy(secret.ptr, octets.ptr, octets.len);
	*out = secret;
	return CYG_OK;
}

void cyg_secret_done(struct cyg_secret *secret)
{
	if (!secret)
		return;
	cyg_secret_free(secret->ptr, secret->len ? secret->len : 1);
	*secret = (struct cyg_secret){ 0 };
}
