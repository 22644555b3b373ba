/* SPDX-License-Identifier: MIT */
#include "exchange/turn.h"

enum turn { TURN_NONE = 0, TURN_AWAITED, TURN_TAKEN };

static bool is_slow(const struct ike_shard *ike, uint16_t group)
{
	struct cyg_ke ke;

	return cyg_get_ke(ike->shard, group, &ke) == CYG_OK && ke.ops->slow;
}

bool turn_refused(const struct ike_shard *ike, uint16_t group)
{
	const struct config_global *global = ike->view ? ike->view->global : NULL;
	uint32_t max = global && global->queue_sa_init ? engine_share(ike, global->queue_sa_init) : TURN_QUEUE_MAX;

	return ike->turns.waiting >= max && is_slow(ike, group);
}

static void leave_queue(struct turn_queue *turns, struct exchange *x)
{
	struct exchange **at = &turns->first;

	while (*at != x)
		at = &(*at)->turn_next;
	*at = x->turn_next;
	if (!*at)
		turns->last = at;
	turns->waiting--;
	x->turn = TURN_NONE;
}

static void cancelled(struct cyg_op *op, void *state)
{
	struct exchange *x = state;

	leave_queue(&exchange_ike(x)->turns, x);
	exchange_ike(x)->counters.queue_left++;
}

enum cyg_status turn_begin(struct exchange *x)
{
	struct turn_queue *turns = &exchange_ike(x)->turns;

	if (!is_slow(exchange_ike(x), x->msg->ke.group))
		return CYG_OK;
	if (turns->taken < TURNS_AT_ONCE) {
		turns->taken++;
		x->turn = TURN_TAKEN;
		exchange_ike(x)->counters.queue_at_once++;
		return CYG_OK;
	}
	if (!turns->first)
		turns->last = &turns->first;
	x->turn = TURN_AWAITED;
	x->turn_next = NULL;
	*turns->last = x;
	turns->last = &x->turn_next;
	turns->waiting++;
	exchange_ike(x)->counters.queue_queued++;
	return cyg_op_pending(exchange_op(x), 0, cancelled, x);
}

void turn_end(struct exchange *x)
{
	struct turn_queue *turns = &exchange_ike(x)->turns;
	struct exchange *next;

	if (x->turn != TURN_TAKEN)
		return;
	x->turn = TURN_NONE;
	turns->taken--;
	next = turns->first;
	if (!next)
		return;
	leave_queue(turns, next);
	turns->taken++;
	next->turn = TURN_TAKEN;
	exchange_ike(x)->counters.queue_served++;
	cyg_op_complete(&next->op, CYG_OK);
}
