/* SPDX-License-Identifier: MIT */
/*
 * The helper threads of a group: slow arithmetic away from the shards. A bounded queue under a mutex, which
 * is held for a few instructions only; what is finished goes home through the shard's mailbox.
 * Jobs belong to the pool from helper_pool_put() until they are posted home or dropped.
 */
#ifndef SHARD_HELPERS_H
#define SHARD_HELPERS_H

#include <cygnet/shard.h>

struct helper_pool;

enum cyg_status helper_pool_new(unsigned threads, unsigned limit, struct helper_pool **out) CYG_MUST_CHECK;
/* Starts the threads; CYG_OK at once if they run. CYG_IO with errno set, and none runs. */
enum cyg_status helper_pool_start(struct helper_pool *pool) CYG_MUST_CHECK;
/* Any thread. CYG_BUSY: full or stopped, the job stays the caller's. */
enum cyg_status helper_pool_put(struct helper_pool *pool, struct cyg_job *job) CYG_MUST_CHECK;
/* Any thread: takes a job that no helper has begun out of the queue; false if it is not there. */
bool helper_pool_remove(struct helper_pool *pool, struct cyg_job *job);
/* Waits for jobs that run; drops those that wait. */
void helper_pool_stop(struct helper_pool *pool);
void helper_pool_free(struct helper_pool *pool);

#endif
