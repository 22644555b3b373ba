/* SPDX-License-Identifier: MIT */
/* The helper threads: see helpers.h. */
#include "config.h"

#include "shard/helpers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct helper_pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct cyg_msg *first, **last;
	unsigned waiting, limit, threads, running;
	bool stop;
	pthread_t thread[];
};

enum cyg_status helper_pool_new(unsigned threads, unsigned limit, struct helper_pool **out)
{
	struct helper_pool *pool = calloc(1, sizeof(*pool) + threads * sizeof(pool->thread[0]));

	if (!pool)
		return CYG_NOMEM;
	if (pthread_mutex_init(&pool->lock, NULL) != 0) {
		free(pool);
		return CYG_NOMEM;
	}
	if (pthread_cond_init(&pool->more, NULL) != 0) {
		pthread_mutex_destroy(&pool->lock);
		free(pool);
		return CYG_NOMEM;
	}
	pool->last = &pool->first;
	pool->threads = threads;
	pool->limit = limit;
	*out = pool;
	return CYG_OK;
}

static struct cyg_job *take(struct helper_pool *pool)
{
	struct cyg_msg *msg = pool->first;

	if (!msg)
		return NULL;
	pool->first = msg->next;
	if (!pool->first)
		pool->last = &pool->first;
	pool->waiting--;
	return CYG_CONTAINER(msg, struct cyg_job, msg);
}

static void *helper(void *arg)
{
	struct helper_pool *pool = arg;

	pthread_setname_np(pthread_self(), "cyg-helper");
	pthread_mutex_lock(&pool->lock);
	while (!pool->stop) {
		struct cyg_job *job = take(pool);

		if (!job) {
			pthread_cond_wait(&pool->more, &pool->lock);
			continue;
		}
		pthread_mutex_unlock(&pool->lock);
		job->work(job);
		/* Reserved: it is accepted always, or dropped if the shard is gone. */
		(void)!cyg_shard_post(job->home, &job->msg);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

enum cyg_status helper_pool_start(struct helper_pool *pool)
{
	sigset_t all, before;
	int error = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->running < pool->threads && !error) {
		error = pthread_create(&pool->thread[pool->running], NULL, helper, pool);
		if (!error)
			pool->running++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		return CYG_OK;
	helper_pool_stop(pool);
	pool->stop = false;
	errno = error;
	return CYG_IO;
}

enum cyg_status helper_pool_put(struct helper_pool *pool, struct cyg_job *job)
{
	enum cyg_status status = CYG_BUSY;

	pthread_mutex_lock(&pool->lock);
	if (!pool->stop && pool->waiting < pool->limit) {
		job->msg.next = NULL;
		*pool->last = &job->msg;
		pool->last = &job->msg.next;
		pool->waiting++;
		pthread_cond_signal(&pool->more);
		status = CYG_OK;
	}
	pthread_mutex_unlock(&pool->lock);
	return status;
}

bool helper_pool_remove(struct helper_pool *pool, struct cyg_job *job)
{
	bool found = false;

	pthread_mutex_lock(&pool->lock);
	for (struct cyg_msg **at = &pool->first; *at && !found; at = &(*at)->next) {
		if (*at != &job->msg)
			continue;
		*at = job->msg.next;
		if (!*at)
			pool->last = at;
		pool->waiting--;
		found = true;
		break;
	}
	pthread_mutex_unlock(&pool->lock);
	return found;
}

void helper_pool_stop(struct helper_pool *pool)
{
	struct cyg_job *job;

	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->more);
	pthread_mutex_unlock(&pool->lock);
	while (pool->running)
		pthread_join(pool->thread[--pool->running], NULL);
	while ((job = take(pool)))
		job->drop(job);
}

void helper_pool_free(struct helper_pool *pool)
{
	if (!pool)
		return;
	helper_pool_stop(pool);
	pthread_cond_destroy(&pool->more);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
