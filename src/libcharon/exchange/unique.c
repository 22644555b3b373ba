/* SPDX-License-Identifier: MIT */
/*
 * INITIAL_CONTACT (RFC 7296 2.4): the peer says that this is its only SA, so that all others of its
 * identity are dead. They may live on any shard: each is sent the identity and ends its own.
 */
#include "exchange/engine.h"
#include "shard/shard.h"

#include <stdlib.h>

struct supersede_msg {
	struct cyg_msg msg;
	struct cyg_identity *id;
};

static void supersede_here(struct ike_shard *ike, const struct cyg_identity *id,
			   const struct ike_sa *except)
{
	struct ike_sa *sa, *next;

	for (sa = ike->oldest; sa; sa = next) {
		next = sa->next;
		if (sa == except || sa->state < IKE_ESTABLISHED || !sa->remote_id ||
		    !cyg_identity_equal(sa->remote_id, id))
			continue;
		life_close(sa, "the peer came anew");
	}
}

static void drop(struct cyg_msg *msg)
{
	struct supersede_msg *m = CYG_CONTAINER(msg, struct supersede_msg, msg);

	cyg_identity_unref(m->id);
	free(m);
}

static void run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct supersede_msg *m = CYG_CONTAINER(msg, struct supersede_msg, msg);

	if (shard->engine)
		supersede_here(shard->engine, m->id, NULL);
	drop(msg);
}

void unique_supersede(struct ike_sa *sa)
{
	supersede_here(sa->ike, sa->remote_id, sa);
	for (unsigned i = 0; i < cyg_shard_count(sa->shard); i++) {
		struct cyg_shard *peer = cyg_shard_peer(sa->shard, i);
		struct supersede_msg *m;

		if (!peer || peer == sa->shard)
			continue;
		m = calloc(1, sizeof(*m));
		if (!m)
			return; /* the stale SA ends by DPD */
		m->msg.run = run;
		m->msg.drop = drop;
		m->id = cyg_identity_ref(sa->remote_id);
		if (cyg_shard_post(peer, &m->msg) != CYG_OK)
			drop(&m->msg);
	}
}
