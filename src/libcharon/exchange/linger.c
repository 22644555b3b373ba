/* SPDX-License-Identifier: MIT */
/*
 * A rekeyed child goes on hearing for some seconds after it was deleted: what the peer sealed before it turned to
 * the new one may arrive behind the DELETE or its answer, because datagrams overtake each other on the
 * way and inside of peers with many threads (RFC 7296 2.8: an SA is kept as long as it may be used). Its outbound
 * half goes at once. With the IKE_SA all of it ends.
 */
#include "exchange/engine.h"

#include <stdlib.h>

#define LINGER_MS  5000
#define LINGER_MAX 4 /* of one IKE_SA; beyond that the oldest goes */

struct late_child {
	struct late_child *next; /* the younger one */
	struct ike_sa *sa;
	struct cyg_timer timer;
	uint32_t spi_in;
};

static void end(struct late_child *late)
{
	struct ike_sa *sa = late->sa;
	struct ike_shard *ike = sa->ike;
	struct late_child **at = &sa->lingering;

	while (*at != late)
		at = &(*at)->next;
	*at = late->next;
	cyg_timer_clear(sa->shard, &late->timer);
	if (engine_kernel(ike) == CYG_OK)
		ike->kernel->child_remove(ike->kernel_ctx, ike->shard, late->spi_in, CYG_BOTH, NULL);
	free(late);
}

static void timer_fired(struct cyg_shard *shard, struct cyg_timer *timer)
{
	end(CYG_CONTAINER(timer, struct late_child, timer));
}

void linger_begin(struct ike_sa *sa, uint32_t spi_in)
{
	struct ike_shard *ike = sa->ike;
	struct late_child *late = calloc(1, sizeof(*late)), **at = &sa->lingering;
	unsigned count = 0;

	ike->kernel->child_remove(ike->kernel_ctx, ike->shard, spi_in, late ? CYG_OUTBOUND : CYG_BOTH, NULL);
	if (!late)
		return;
	late->sa = sa;
	late->spi_in = spi_in;
	for (; *at; at = &(*at)->next)
		count++;
	*at = late;
	cyg_timer_set(sa->shard, &late->timer, cyg_shard_now_ms(sa->shard) + LINGER_MS, timer_fired);
	if (count == LINGER_MAX)
		end(sa->lingering);
}

void linger_inherit(struct ike_sa *from, struct ike_sa *to)
{
	struct late_child **at = &to->lingering;

	while (*at)
		at = &(*at)->next;
	*at = from->lingering;
	from->lingering = NULL;
	for (struct late_child *late = *at; late; late = late->next)
		late->sa = to;
}

void linger_end_all(struct ike_sa *sa)
{
	while (sa->lingering)
		end(sa->lingering);
}
