/* SPDX-License-Identifier: MIT */
/*
 * A shard's mailbox: any thread puts messages in, the owning shard takes them out in the order they
 * came. Bounded; reserved messages (completions) always fit, since their requests were counted.
 *
 * It is a lock-free stack that the owner empties with one exchange and turns around, rather than a
 * mutex and a list: a poster that is preempted halfway never holds up the shard, and the shard never
 * holds up a poster. Only the owner takes, so there is no ABA problem.
 *
 * Putting and looking whether it is empty are of one order with the owner's `progress` (all sequentially consistent): an owner that
 * says that it sleeps and then finds the mailbox empty is seen asleep by whoever puts something in later.
 *
 * A message belongs to the mailbox from the moment it is accepted until it is taken or dropped.
 */
#ifndef SHARD_MAILBOX_H
#define SHARD_MAILBOX_H

#include <cygnet/shard.h>

#include <stdatomic.h>

struct mailbox {
	_Atomic(struct cyg_msg *) head;  /* newest first; a mark of its own once closed */
	atomic_uint waiting;             /* accepted and not taken, without the reserved ones */
	unsigned limit;
	struct cyg_msg *taken;           /* the owner's: in order, not yet handed out */
};

void mailbox_init(struct mailbox *box, unsigned limit);
/* Any thread. `*wake` tells whether the owner may be asleep and has to be woken. CYG_BUSY: full, the message
 * stays with the caller. After mailbox_close() the message is dropped, and CYG_OK. */
enum cyg_status mailbox_put(struct mailbox *box, struct cyg_msg *msg, bool *wake) CYG_MUST_CHECK;
/* The owner: the oldest message, or NULL. */
struct cyg_msg *mailbox_take(struct mailbox *box);
/* The owner: nothing to take. */
bool mailbox_empty(const struct mailbox *box);
/* The owner: drops what is in it; all that comes later is dropped at once. */
void mailbox_close(struct mailbox *box);

#endif
