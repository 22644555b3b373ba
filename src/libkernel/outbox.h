/* SPDX-License-Identifier: MIT */
/*
 * Messages from one shard to the others that are never lost while both live: what a full mailbox refuses
 * waits here, in order, and is posted when there is room. Owning shard only.
 */
#ifndef LIBKERNEL_OUTBOX_H
#define LIBKERNEL_OUTBOX_H

#include <cygnet/shard.h>

/* For one other shard; oldest first. */
struct outbox_queue {
	struct cyg_msg *first, **last;
};

struct outbox {
	struct cyg_shard *shard;
	struct outbox_queue *queue; /* one a shard */
	struct cyg_timer timer;
};

enum cyg_status outbox_init(struct outbox *box, struct cyg_shard *shard) CYG_MUST_CHECK;
/* Drops what is left. A zeroed one is fine. */
void outbox_done(struct outbox *box);
/* Takes the message. */
void outbox_post(struct outbox *box, unsigned shard, struct cyg_msg *msg);

#endif
