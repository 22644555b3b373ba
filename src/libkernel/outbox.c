/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include <stdlib.h>

#define RETRY_MS 1

static void run(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct outbox *box = CYG_CONTAINER(timer, struct outbox, timer);
	bool left = false;

	for (unsigned i = 0; i < cyg_shard_count(shard); i++) {
		struct outbox_queue *queue = &box->queue[i];
		struct cyg_shard *peer = cyg_shard_peer(shard, i);

		while (queue->first) {
			struct cyg_msg *msg = queue->first, *next = msg->next;

			if (!peer)
				msg->drop(msg);
			else if (cyg_shard_post(peer, msg) != CYG_OK)
				break;
			queue->first = next;
		}
		if (!queue->first)
			queue->last = NULL;
		left |= queue->first != NULL;
	}
	if (left)
		cyg_timer_set(shard, timer, cyg_shard_now_ms(shard) + RETRY_MS, run);
}

enum cyg_status outbox_init(struct outbox *box, struct cyg_shard *shard)
{
	*box = (struct outbox){ .shard = shard };
	box->queue = calloc(cyg_shard_count(shard), sizeof(*box->queue));
	return box->queue ? CYG_OK : CYG_NOMEM;
}

void outbox_post(struct outbox *box, unsigned shard, struct cyg_msg *msg)
{
	struct cyg_shard *peer = cyg_shard_peer(box->shard, shard);
	struct outbox_queue *queue = &box->queue[shard];

	if (!peer) {
		msg->drop(msg);
		return;
	}
	if (!queue->first && cyg_shard_post(peer, msg) == CYG_OK)
		return;
	msg->next = NULL;
	*(queue->first ? queue->last : &queue->first) = msg;
	queue->last = &msg->next;
	if (!cyg_timer_is_set(&box->timer))
		cyg_timer_set(box->shard, &box->timer, cyg_shard_now_ms(box->shard) + RETRY_MS, run);
}

void outbox_done(struct outbox *box)
{
	if (!box->queue)
		return;
	cyg_timer_clear(box->shard, &box->timer);
	for (unsigned i = 0; i < cyg_shard_count(box->shard); i++) {
		while (box->queue[i].first) {
			struct cyg_msg *msg = box->queue[i].first;

			box->queue[i].first = msg->next;
			msg->drop(msg);
		}
	}
	free(box->queue);
	box->queue = NULL;
}
