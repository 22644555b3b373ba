/* SPDX-License-Identifier: MIT */
/* Kernel requests that nobody waits for: routes, addresses, moved endpoints, outbound halves. */
#include "exchange/engine.h"

#include <cygnet/log.h>

#include <stdlib.h>

struct detached {
	struct cyg_op op;
	struct ike_shard *ike;
	struct detached *next, **prev;
	const char *what;
};

static void forget(struct detached *d)
{
	*d->prev = d->next;
	if (d->next)
		d->next->prev = d->prev;
	free(d);
}

static void over(struct detached *d, enum cyg_status status)
{
	if (status != CYG_OK)
		cyg_log_limited(CYG_LOG_ERROR, "kernel.failed", "the data plane failed: {what}: {status}",
				F_STR("what", d->what), F_STATUS("status", status));
	forget(d);
}

static void done(struct cyg_op *op, enum cyg_status status)
{
	over(CYG_CONTAINER(op, struct detached, op), status);
}

struct cyg_op *detached_op(struct ike_shard *ike, const char *what)
{
	struct detached *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	cyg_op_init(&d->op, ike->shard, done);
	d->ike = ike;
	d->what = what;
	d->next = ike->detached;
	d->prev = &ike->detached;
	if (d->next)
		d->next->prev = &d->next;
	ike->detached = d;
	return &d->op;
}

void detached_began(struct cyg_op *op, enum cyg_status status)
{
	if (status != CYG_PENDING)
		over(CYG_CONTAINER(op, struct detached, op), status);
}

void detached_cancel_all(struct ike_shard *ike)
{
	while (ike->detached) {
		cyg_op_cancel(&ike->detached->op);
		forget(ike->detached);
	}
}
