/* SPDX-License-Identifier: MIT */
#include "exchange/exchange.h"

#include "exchange/child.h"
#include "exchange/ike_auth.h"
#include "exchange/rekey.h"
#include "exchange/turn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct exchange *exchange_new(struct ike_sa *sa, const struct exchange_def *def)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->sa = sa;
	x->def = def;
	x->then = IKE_STATES;
	cyg_op_init(&x->op, sa->shard, NULL);
	return x;
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	cyg_op_cancel(&x->op);
	turn_end(x);
	ke_done(&x->ke, x->sa->shard);
	auth_work_free(x->auth, x->sa);
	child_work_free(x->child, x->sa);
	rekey_work_free(x->rekey, x->sa);
	cyg_wipe(x->nonce_i, sizeof(x->nonce_i));
	cyg_wipe(x->nonce_r, sizeof(x->nonce_r));
	free(x->parked);
	free(x);
}

struct ike_shard *exchange_ike(const struct exchange *x)
{
	return x->sa->ike;
}

uint16_t exchange_fatal_notify(const struct message *msg)
{
	for (unsigned i = 0; i < msg->notify_count; i++) {
		uint16_t type = msg->notify[i].type;

		if (type == CYG_N_AUTHENTICATION_FAILED || type == CYG_N_INVALID_SYNTAX ||
		    type == CYG_N_UNSUPPORTED_CRITICAL_PAYLOAD)
			return type;
	}
	return CYG_N_NONE;
}

static enum cyg_status run_stages(struct exchange *x)
{
	while (x->stage < x->stage_count) {
		const struct exchange_stage *stage = &x->stages[x->stage];
		enum cyg_status status = stage->begin(x);

		if (status == CYG_PENDING)
			return status;
		if (stage->done)
			status = stage->done(x, status);
		if (status != CYG_OK)
			return status;
		if (!x->again)
			x->stage++;
		x->again = false;
	}
	return CYG_OK;
}

static enum cyg_status stage_ended(struct exchange *x, enum cyg_status status)
{
	const struct exchange_stage *stage = &x->stages[x->stage];

	if (stage->done)
		status = stage->done(x, status);
	if (status != CYG_OK)
		return status;
	if (!x->again)
		x->stage++;
	x->again = false;
	return run_stages(x);
}

enum cyg_status exchange_run_stages(struct exchange *x, const struct exchange_stage *stages,
				    unsigned count)
{
	x->stages = stages;
	x->stage = 0;
	x->stage_count = count;
	x->resume = stage_ended;
	return run_stages(x);
}

enum cyg_status exchange_refuse(struct exchange *x, enum cyg_status status, uint16_t notify,
				const char *format, ...)
{
	char what[384];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	x->notify = notify;
	if (!x->logged)
		why_log(x->sa, x->sa->state >= IKE_ESTABLISHED && x->child, notify, "%s", what);
	x->logged = true;
	return status;
}
