/* SPDX-License-Identifier: MIT */
/*
 * All shards of one daemon. What stands here is written before the first thread starts and constant
 * from then on, but for the jobs, which guard themselves.
 */
#ifndef SHARD_GROUP_H
#define SHARD_GROUP_H

#include "shard/shard.h"

struct helper_pool;

struct shard_group {
	unsigned workers;
	struct cyg_shard *control;
	struct cyg_shard *worker[CYG_SHARDS_MAX];
	struct shard_steer steer;

	struct helper_pool *helpers;    /* driven */

	struct shard_clock *clock;      /* manual */
	struct shard_clock own_clock;
	struct cyg_msg *jobs, **jobs_tail;
	unsigned jobs_waiting, jobs_limit;
	bool hold_jobs, real_fds;
};

/* Allocates the group and its shards; each gets `driver`, whose `done` must cope with `impl` NULL.
 * `seed` 0: real random. */
enum cyg_status group_new(unsigned workers, unsigned mailbox_limit, uint64_t seed,
			  const struct shard_driver *driver, struct shard_group **out) CYG_MUST_CHECK;
/* Closes the mailboxes and frees. No thread of the group runs any more. */
void group_free(struct shard_group *group);

/* After the last turn: messages are dropped; completed operations and turn-ends, whose owners are gone by now,
 * are forgotten. */
void shard_close(struct cyg_shard *shard);

#endif
