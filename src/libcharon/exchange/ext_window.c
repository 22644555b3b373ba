/* SPDX-License-Identifier: MIT */
/*
 * SET_WINDOW_SIZE (RFC 7296 2.3), in IKE_AUTH. What we announce holds from there on until the IKE_SA is rekeyed. The new
 * one begins with windows of one (2.18), so each side that has a larger one announces it again, by an INFORMATIONAL under
 * the new keys or in the answer to the peer's. Structures are sized for IKE_WINDOW_MAX; our own requests go out one after
 * the other.
 */
#include "exchange/exchange.h"

#include <cygnet/cursor.h>

static uint32_t configured(const struct ike_sa *sa)
{
	const struct config_global *global = sa->ike->view ? sa->ike->view->global : NULL;
	uint32_t size = global ? global->window : 1;

	return size > IKE_WINDOW_MAX ? IKE_WINDOW_MAX : size;
}

void ext_window_add(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	uint32_t window = configured(sa);
	uint8_t size[4];
	struct wire_writer w = wire_writer(size, sizeof(size));

	sa->wants &= ~(uint32_t)WANT_WINDOW;
	sa->announce_at = 0;
	if (window < 2 || window < sa->d.recv_window)
		return; /* an SA's window never shrinks */
	sa->d.recv_window = (uint8_t)window;
	wire_put_u32(&w, window);
	notify_write(x->out, CYG_PROTO_NONE, 0, 0, CYG_N_SET_WINDOW_SIZE, wire_written(&w));
}

void ext_window_read(struct exchange *x)
{
	const struct notify_payload *n = message_notify(x->msg, CYG_N_SET_WINDOW_SIZE);
	struct wire_reader r;
	uint32_t size;

	if (!n)
		return;
	r = wire_reader_of(n->data);
	size = wire_u32(&r);
	if (wire_done(&r) && size > x->sa->d.send_window)
		x->sa->d.send_window = (uint8_t)(size > UINT8_MAX ? UINT8_MAX : size);
}

void ext_window_renew(struct ike_sa *sa, uint32_t pause_ms)
{
	if (configured(sa) > 1)
		sa->announce_at = cyg_shard_now_ms(sa->shard) + pause_ms;
}
