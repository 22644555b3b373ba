/* SPDX-License-Identifier: MIT */
#include "sa/child_sa.h"

#include <cygnet/secret.h>

#include <stdlib.h>

struct child_sa *child_sa_new(void)
{
	return calloc(1, sizeof(struct child_sa));
}

void child_sa_free(struct child_sa *child)
{
	if (!child)
		return;
	CYG_ASSERT(!cyg_timer_is_set(&child->timer));
	cyg_secret_free(child->keys, 2 * (size_t)child->d.key_len);
	free(child->ts);
	free(child);
}

enum cyg_status child_sa_set_ts(struct child_sa *child, const struct cyg_selectors *local,
				const struct cyg_selectors *remote)
{
	struct child_ts *ts = malloc(sizeof(*ts) +
				     ((size_t)local->count + remote->count) * sizeof(ts->item[0]));

	if (!ts)
		return CYG_NOMEM;
	ts->local = local->count;
	ts->remote = remote->count;
	memcpy(ts->item, local->item, local->count * sizeof(ts->item[0]));
	memcpy(ts->item + local->count, remote->item, remote->count * sizeof(ts->item[0]));
	free(child->ts);
	child->ts = ts;
	return CYG_OK;
}

void child_sa_get_ts(const struct child_sa *child, struct cyg_selectors *local,
		     struct cyg_selectors *remote)
{
	const struct child_ts *ts = child->ts;

	*local = *remote = (struct cyg_selectors){ 0 };
	if (!ts)
		return;
	local->count = ts->local;
	remote->count = ts->remote;
	memcpy(local->item, ts->item, ts->local * sizeof(ts->item[0]));
	memcpy(remote->item, ts->item + ts->local, ts->remote * sizeof(ts->item[0]));
}

enum cyg_status child_sa_set_keys(struct child_sa *child, struct cyg_bytes in, struct cyg_bytes out)
{
	uint8_t *keys;

	CYG_ASSERT(in.len == out.len && in.len <= UINT16_MAX);
	keys = cyg_secret_alloc(in.len + out.len);
	if (!keys)
		return CYG_NOMEM;
	memcpy(keys, in.ptr, in.len);
	memcpy(keys + in.len, out.ptr, out.len);
	cyg_secret_free(child->keys, 2 * (size_t)child->d.key_len);
	child->keys = keys;
	child->d.key_len = (uint16_t)in.len;
	return CYG_OK;
}

const char *child_state_text(uint8_t state)
{
	static const char *const text[CHILD_STATES] = {
		[CHILD_NEW] = "NEW",         [CHILD_INSTALLED] = "ACTIVE",
		[CHILD_REKEYING] = "ACTIVE", [CHILD_REKEYED] = "REKEYED",
		[CHILD_DELETING] = "DELETE",
	};

	return state < CHILD_STATES ? text[state] : "UNKNOWN";
}
