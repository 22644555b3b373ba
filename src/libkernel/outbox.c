/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include <stdlib.h>

#define RETRY_MS 1

static void again(struct cyg_shard *shard, struct cyg_timer *timer);

static void post_all(struct cyg_shard *shard, struct outbox *box)
{
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
		cyg_timer_set(shard, &box->timer, cyg_shard_now_ms(shard) + RETRY_MS, again);
}

static void again(struct cyg_shard *shard, struct cyg_timer *timer)
{
	post_all(shard, CYG_CONTAINER(timer, struct outbox, timer));
}

static void turn_is_over(struct cyg_shard *shard, struct cyg_turn_end *end)
{
	post_all(shard, CYG_CONTAINER(end, struct outbox, turn_end));
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
	if (peer == box->shard && !queue->first && cyg_shard_post(peer, msg) == CYG_OK)
		return;
	msg->next = NULL;
	*(queue->first ? queue->last : &queue->first) = msg;
	queue->last = &msg->next;
	box->turn_end.run = turn_is_over;
	if (!cyg_timer_is_set(&box->timer))
		cyg_shard_at_turn_end(box->shard, &box->turn_end);
}

void outbox_done(struct outbox *box)
{
	if (!box->queue)
		return;
	cyg_timer_clear(box->shard, &box->timer);
	cyg_turn_end_clear(box->shard, &box->turn_end);
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
