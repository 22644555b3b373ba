/* SPDX-License-Identifier: MIT */
#include "sa/ike_sa.h"

#include "sa/suite.h"
#include "sa/window.h"

#include <cygnet/cursor.h>

#include <stdlib.h>

struct ike_sa *ike_sa_new(struct cyg_shard *shard, struct ike_shard *ike)
{
	struct ike_sa *sa = calloc(1, sizeof(*sa));

	if (!sa)
		return NULL;
	sa->shard = shard;
	sa->ike = ike;
	sa->d.send_window = 1;
	sa->d.recv_window = 1;
	sa->born_ms = sa->last_in_ms = cyg_shard_now_ms(shard);
	sa->d.created_wall_s = cyg_shard_wall_s(shard);
	return sa;
}

static size_t keys_len(const struct sa_keys *keys)
{
	return keys->d + 2 * ((size_t)keys->e + keys->a + keys->p);
}

enum cyg_status ike_sa_set_keys(struct ike_sa *sa, const struct ike_keys *keys)
{
	const struct ike_algs *algs = &sa->suite->algs;
	struct sa_keys made = {
		.d = algs->prf.ops->key_len,
		.e = algs->cipher.ops->key_len,
		.a = algs->mac.ops ? algs->mac.ops->key_len : 0,
		.p = algs->prf.ops->key_len,
	};
	struct wire_writer w;

	made.octets = cyg_secret_alloc(keys_len(&made));
	if (!made.octets)
		return CYG_NOMEM;
	w = wire_writer(made.octets, keys_len(&made));
	wire_put(&w, keys->d, made.d);
	wire_put(&w, keys->ei, made.e);
	wire_put(&w, keys->er, made.e);
	wire_put(&w, keys->ai, made.a);
	wire_put(&w, keys->ar, made.a);
	wire_put(&w, keys->pi, made.p);
	wire_put(&w, keys->pr, made.p);
	cyg_secret_free(sa->keys.octets, keys_len(&sa->keys));
	sa->keys = made;
	return CYG_OK;
}

void ike_sa_forget_sk_p(struct ike_sa *sa)
{
	struct sa_keys kept = sa->keys;

	kept.p = 0;
	kept.octets = cyg_secret_alloc(keys_len(&kept));
	if (kept.octets) {
		memcpy(kept.octets, sa->keys.octets, keys_len(&kept));
		cyg_secret_free(sa->keys.octets, keys_len(&sa->keys));
		sa->keys = kept;
	} else { /* no room to make it smaller: the keys go all the same */
		cyg_wipe((uint8_t *)ike_sa_sk_p(sa, true), 2 * (size_t)sa->keys.p);
	}
}

static void free_session(struct ike_session *session)
{
	if (!session)
		return;
	free(session->lease4);
	free(session->lease6);
	free(session->dns);
	free(session->subnets);
	free(session->routes);
	free(session->authorization);
	cyg_identity_unref(session->asked_id);
	free(session->peer_version);
	free(session->eap_identity);
	free(session);
}

void ike_sa_free(struct ike_sa *sa)
{
	if (!sa)
		return;
	CYG_ASSERT(!sa->nego && !sa->ours && !sa->theirs && !sa->children);
	cyg_timer_clear(sa->shard, &sa->timer);
	cyg_secret_free(sa->keys.octets, keys_len(&sa->keys));
	cyg_identity_unref(sa->local_id);
	cyg_identity_unref(sa->remote_id);
	free_session(sa->session);
	free(sa->sent);
	window_forget(sa);
	free(sa);
}

struct ike_session *ike_sa_session(struct ike_sa *sa)
{
	if (!sa->session)
		sa->session = calloc(1, sizeof(*sa->session));
	return sa->session;
}

const char *ike_state_text(uint8_t state)
{
	static const char *const name[IKE_STATES] = {
		[IKE_NEW] = "NEW",             [IKE_INIT_SENT] = "INIT-SENT",   [IKE_INIT_DONE] = "INIT-DONE",
		[IKE_AUTH_SENT] = "AUTH-SENT", [IKE_EAP_WANTED] = "EAP-WANTED", [IKE_EAP_TURN] = "EAP-TURN",
		[IKE_EAP_SENT] = "EAP-SENT",   [IKE_PROOF_TURN] = "PROOF-TURN", [IKE_PROOF_SENT] = "PROOF-SENT",
		[IKE_EAP] = "EAP",             [IKE_EAP_DONE] = "EAP-DONE",     [IKE_ESTABLISHED] = "READY",
		[IKE_REKEYED] = "REKEYED",     [IKE_DELETING] = "DELETE",       [IKE_CLOSED] = "CLOSED",
	};

	return state < IKE_STATES ? name[state] : "UNKNOWN";
}
