/* SPDX-License-Identifier: MIT */
#include "sa/ike_sa.h"

#include "crypto/keys.h"
#include "sa/window.h"

#include <cygnet/commands.h>

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

void ike_sa_free(struct ike_sa *sa)
{
	if (!sa)
		return;
	CYG_ASSERT(!sa->nego && !sa->ours && !sa->theirs && !sa->children);
	cyg_timer_clear(sa->shard, &sa->timer);
	cyg_secret_free(sa->keys, sizeof(*sa->keys));
	cyg_identity_unref(sa->local_id);
	cyg_identity_unref(sa->remote_id);
	if (sa->session)
		free(sa->session->routes);
	free(sa->session);
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
	static const char *const text[IKE_STATES] = {
		[IKE_NEW] = "IN-NEG",       [IKE_INIT_SENT] = "IN-NEG", [IKE_INIT_DONE] = "IN-NEG",
		[IKE_AUTH_SENT] = "IN-NEG", [IKE_ESTABLISHED] = "READY", [IKE_REKEYED] = "REKEYED",
		[IKE_DELETING] = "DELETE",  [IKE_CLOSED] = "DELETE",
	};

	return state < IKE_STATES ? text[state] : "UNKNOWN";
}
