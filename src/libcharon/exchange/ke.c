/* SPDX-License-Identifier: MIT */
/*
 * Key exchange halves. A fast group is done where it stands; a slow one (large MODP) runs on a helper
 * thread: the job owns its inputs and its result, which moves over when the job ends on the shard.
 */
#include "exchange/exchange.h"

#include <stdlib.h>

struct ke_job {
	struct cyg_job job;
	struct cyg_ke ke;
	struct cyg_shard *home;
	struct ke_work *work;           /* NULL once nobody waits */
	struct cyg_op *op;
	bool respond;
	struct cyg_ke_key *key;         /* finish: moved here */
	struct cyg_secret shared;
	enum cyg_status status;
	size_t peer_len;
	uint8_t *public_value;          /* respond */
	uint8_t peer[];
};

static void job_work(struct cyg_job *base)
{
	struct ke_job *job = CYG_CONTAINER(base, struct ke_job, job);
	struct cyg_bytes peer = cyg_bytes(job->peer, job->peer_len);

	if (job->respond)
		job->status = job->ke.ops->respond(job->ke.instance, peer, job->public_value,
						   &job->shared);
	else
		job->status = job->ke.ops->finish(job->ke.instance, job->key, peer, &job->shared);
}

static void job_finish(struct cyg_shard *shard, struct cyg_job *base)
{
	struct ke_job *job = CYG_CONTAINER(base, struct ke_job, job);
	struct ke_work *work = job->work;

	work->job = NULL;
	job->work = NULL;
	if (job->status != CYG_OK) {
		/* Another answer may be a good one. */
		work->key = job->key;
		job->key = NULL;
	} else {
		cyg_secret_done(&work->shared);
		work->shared = job->shared;
		job->shared = (struct cyg_secret){ 0 };
		if (job->respond) {
			free(work->public_value);
			work->public_value = job->public_value;
			job->public_value = NULL;
		}
	}
	cyg_op_complete(job->op, job->status);
}

/*
 * At home, or wherever it ends up once its shard has left the registry, which voids all uses. The job
 * has a use of its own: when it is cancelled a helper may still be in the provider's code.
 */
static void job_drop(struct cyg_job *base)
{
	struct ke_job *job = CYG_CONTAINER(base, struct ke_job, job);

	cyg_plugin_release(job->ke.provider, job->home);

	if (job->key)
		job->ke.ops->key_free(job->key);
	cyg_secret_done(&job->shared);
	free(job->public_value);
	free(job);
}

static void job_cancel(struct cyg_op *op, void *state)
{
	struct ke_job *job = state;

	if (job->work)
		job->work->job = NULL;
	job->work = NULL;
	cyg_job_cancel(&job->job);
}

static enum cyg_status start_job(struct ke_work *work, struct cyg_shard *shard, bool respond,
				 struct cyg_bytes peer, struct cyg_op *op)
{
	struct ke_job *job = malloc(sizeof(*job) + peer.len);
	enum cyg_status status;

	if (!job)
		return CYG_NOMEM;
	*job = (struct ke_job){ .job = { .work = job_work, .finish = job_finish, .drop = job_drop },
				.ke = work->ke,
				.home = shard,
				.work = work,
				.op = op,
				.respond = respond,
				.peer_len = peer.len };
	memcpy(job->peer, peer.ptr, peer.len);
	if (respond) {
		job->public_value = malloc(work->ke.ops->responder_len);
		if (!job->public_value) {
			free(job);
			return CYG_NOMEM;
		}
	}
	job->key = work->key;
	work->key = NULL;
	cyg_plugin_use(job->ke.provider, shard);
	status = cyg_job_start(shard, &job->job);
	if (status != CYG_OK) {
		work->key = job->key;
		job->key = NULL;
		job_drop(&job->job);
		return status;
	}
	work->job = job;
	return cyg_op_pending(op, 0, job_cancel, job);
}

static enum cyg_status look_up(struct ke_work *work, struct cyg_shard *shard, uint16_t group)
{
	enum cyg_status status;

	ke_done(work, shard);
	status = cyg_get_ke(shard, group, &work->ke);
	if (status != CYG_OK)
		return status;
	/* The private half outlives this turn, hence its provider must stay. */
	cyg_plugin_use(work->ke.provider, shard);
	work->in_use = true;
	return CYG_OK;
}

enum cyg_status ke_begin(struct ke_work *work, struct cyg_shard *shard, uint16_t group)
{
	enum cyg_status status = look_up(work, shard, group);

	if (status != CYG_OK)
		return status;
	work->public_len = work->ke.ops->initiator_len;
	work->public_value = malloc(work->public_len);
	if (!work->public_value)
		return CYG_NOMEM;
	return work->ke.ops->initiate(work->ke.instance, &work->key, work->public_value);
}

enum cyg_status ke_finish(struct ke_work *work, struct cyg_shard *shard, struct cyg_bytes peer,
			  struct cyg_op *op)
{
	if (!work->key || peer.len != work->ke.ops->responder_len)
		return CYG_REFUSED;
	if (work->ke.ops->slow)
		return start_job(work, shard, false, peer, op);
	return work->ke.ops->finish(work->ke.instance, work->key, peer, &work->shared);
}

enum cyg_status ke_respond(struct ke_work *work, struct cyg_shard *shard, uint16_t group,
			   struct cyg_bytes peer, struct cyg_op *op)
{
	enum cyg_status status = look_up(work, shard, group);

	if (status != CYG_OK)
		return status;
	if (peer.len != work->ke.ops->initiator_len)
		return CYG_REFUSED;
	work->public_len = work->ke.ops->responder_len;
	if (work->ke.ops->slow)
		return start_job(work, shard, true, peer, op);
	work->public_value = malloc(work->public_len);
	if (!work->public_value)
		return CYG_NOMEM;
	return work->ke.ops->respond(work->ke.instance, peer, work->public_value, &work->shared);
}

void ke_done(struct ke_work *work, struct cyg_shard *shard)
{
	if (work->job)
		cyg_op_cancel(work->job->op);
	if (work->key)
		work->ke.ops->key_free(work->key);
	cyg_secret_done(&work->shared);
	free(work->public_value);
	if (work->in_use)
		cyg_plugin_release(work->ke.provider, shard);
	*work = (struct ke_work){ 0 };
}
