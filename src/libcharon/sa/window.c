/* SPDX-License-Identifier: MIT */
#include "sa/window.h"

#include <stdlib.h>

static unsigned width(const struct ike_durable *d)
{
	return d->recv_window == 0 ? 1 : d->recv_window > IKE_WINDOW_MAX ? IKE_WINDOW_MAX : d->recv_window;
}

enum window_verdict window_check(const struct ike_durable *d, uint32_t message_id)
{
	uint32_t ahead = message_id - d->recv_next;

	if (message_id < d->recv_next)
		return d->recv_next - message_id <= width(d) ? WINDOW_REPEATED : WINDOW_OUTSIDE;
	if (ahead >= width(d))
		return WINDOW_OUTSIDE;
	return d->recv_seen[ahead / 64] >> ahead % 64 & 1 ? WINDOW_REPEATED : WINDOW_NEW;
}

static void shift(struct ike_durable *d)
{
	for (unsigned i = 0; i < IKE_WINDOW_WORDS; i++) {
		d->recv_seen[i] >>= 1;
		if (i + 1 < IKE_WINDOW_WORDS)
			d->recv_seen[i] |= d->recv_seen[i + 1] << 63;
	}
	d->recv_next++;
}

void window_answered(struct ike_durable *d, uint32_t message_id)
{
	uint32_t ahead = message_id - d->recv_next;

	if (message_id < d->recv_next || ahead >= IKE_WINDOW_MAX)
		return;
	d->recv_seen[ahead / 64] |= (uint64_t)1 << ahead % 64;
	while (d->recv_seen[0] & 1)
		shift(d);
}

void window_keep(struct ike_sa *sa, uint32_t message_id, struct cyg_bytes response)
{
	struct kept_response *kept = malloc(sizeof(*kept) + response.len), **at;
	unsigned left = width(&sa->d);

	if (kept) {
		*kept = (struct kept_response){ .next = sa->kept,
						.message_id = message_id,
						.len = (uint32_t)response.len };
		memcpy(kept->octets, response.ptr, response.len);
		sa->kept = kept;
	}
	for (at = &sa->kept; *at && left; at = &(*at)->next)
		left--;
	while (*at) {
		kept = *at;
		*at = kept->next;
		free(kept);
	}
}

struct kept_response *window_kept(const struct ike_sa *sa, uint32_t message_id)
{
	struct kept_response *kept = sa->kept;

	while (kept && kept->message_id != message_id)
		kept = kept->next;
	return kept;
}

void window_keep_instead(struct ike_sa *sa, uint32_t message_id, struct cyg_bytes response)
{
	struct kept_response **at = &sa->kept, *made;

	while (*at && (*at)->message_id != message_id)
		at = &(*at)->next;
	made = *at ? malloc(sizeof(*made) + response.len) : NULL;
	if (!made)
		return;
	*made = **at;
	made->len = (uint32_t)response.len;
	memcpy(made->octets, response.ptr, response.len);
	free(*at);
	*at = made;
}

void window_forget(struct ike_sa *sa)
{
	while (sa->kept) {
		struct kept_response *next = sa->kept->next;

		free(sa->kept);
		sa->kept = next;
	}
}
