/* SPDX-License-Identifier: MIT */
/*
 * Messages from one shard to the others that are never lost while both live. Those of a turn are posted when it ends, so that
 * many of them wake their receiver once; what a full mailbox refuses waits on, in order, until there is room. Owning shard only.
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
	struct cyg_turn_end turn_end;
	struct cyg_timer timer;     /* set: a mailbox was full */
};

enum cyg_status outbox_init(struct outbox *box, struct cyg_shard *shard) CYG_MUST_CHECK;
/* Drops what is left. A zeroed one is fine. */
void outbox_done(struct outbox *box);
/* Takes the message. */
void outbox_post(struct outbox *box, unsigned shard, struct cyg_msg *msg);

#endif
