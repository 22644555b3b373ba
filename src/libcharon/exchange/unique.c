/* SPDX-License-Identifier: MIT */
/*
 * INITIAL_CONTACT (RFC 7296 2.4): the peer says that this is its only SA, so that all others of its
 * identity are dead. They may live on any shard: each is sent the identity and ends its own, which it
 * finds in its table of established SAs by identity. Who logged in by EAP has proved that name and not the IKE
 * identity, which it may share with others: both must be the same.
 */
#include "base/table.h"
#include "exchange/engine.h"
#include "shard/shard.h"

#include <stdlib.h>

struct supersede_msg {
	struct cyg_msg msg;
	struct cyg_identity *id;
	size_t login_len;
	uint8_t login[]; /* the name by EAP; empty: nobody said one */
};

/* Without case, as identities may compare; equal ones have equal hashes. */
static uint64_t hash_of(const struct ike_shard *ike, const struct cyg_identity *id)
{
	uint8_t lower[CYG_IDENTITY_MAX];
	size_t len = id->len < sizeof(lower) ? id->len : sizeof(lower);

	for (size_t i = 0; i < len; i++) {
		uint8_t c = id->octets[i];

		lower[i] = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
	}
	return table_hash(ike->identity_seed, cyg_bytes(lower, len));
}

void unique_enter(struct ike_sa *sa)
{
	if (!sa->remote_id || sa->by_identity)
		return;
	/* Out of memory: it is not superseded, and ends by DPD. */
	sa->by_identity = table_add(&sa->ike->identities, hash_of(sa->ike, sa->remote_id), sa) == CYG_OK;
}

void unique_leave(struct ike_sa *sa)
{
	if (sa->by_identity)
		(void)table_remove(&sa->ike->identities, hash_of(sa->ike, sa->remote_id), sa);
	sa->by_identity = false;
}

struct other {
	const struct cyg_identity *id;
	struct cyg_bytes login;
	const struct ike_sa *than;
};

static struct cyg_bytes login_of(const struct ike_sa *sa)
{
	const struct ike_session *session = sa->session;

	return session && session->eap_identity ? cyg_bytes(session->eap_identity, session->eap_identity_len) :
						  cyg_bytes(NULL, 0);
}

static bool same_login(struct cyg_bytes a, struct cyg_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool is_other(const void *item, const void *key)
{
	const struct ike_sa *sa = item;
	const struct other *other = key;

	return sa != other->than && cyg_identity_equal(sa->remote_id, other->id) &&
	       same_login(login_of(sa), other->login);
}

static void supersede_here(struct ike_shard *ike, const struct cyg_identity *id, struct cyg_bytes login,
			   const struct ike_sa *except)
{
	const struct other other = { id, login, except };
	uint64_t hash = hash_of(ike, id);
	struct ike_sa *sa;

	while ((sa = table_find(&ike->identities, hash, is_other, &other)))
		life_close(sa, "the peer came anew");
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
		supersede_here(shard->engine, m->id, cyg_bytes(m->login, m->login_len), NULL);
	drop(msg);
}

void unique_supersede(struct ike_sa *sa)
{
	const struct cyg_bytes login = login_of(sa);

	supersede_here(sa->ike, sa->remote_id, login, sa);
	for (unsigned i = 0; i < cyg_shard_count(sa->shard); i++) {
		struct cyg_shard *peer = cyg_shard_peer(sa->shard, i);
		struct supersede_msg *m;

		if (!peer || peer == sa->shard)
			continue;
		m = calloc(1, sizeof(*m) + login.len);
		if (!m)
			return; /* the stale SA ends by DPD */
		m->login_len = login.len;
		if (login.len)
			memcpy(m->login, login.ptr, login.len);
		m->msg.run = run;
		m->msg.drop = drop;
		m->id = cyg_identity_ref(sa->remote_id);
		if (cyg_shard_post(peer, &m->msg) != CYG_OK)
			drop(&m->msg);
	}
}
