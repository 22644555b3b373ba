/* SPDX-License-Identifier: MIT */
/*
 * SET_WINDOW_SIZE (RFC 7296 2.3), in IKE_AUTH. What we announce holds from there on until the IKE_SA is rekeyed, when both windows
 * are one again. Structures are sized for IKE_WINDOW_MAX; our own requests go out one after the other.
 */
#include "exchange/exchange.h"

#include <cygnet/cursor.h>

void ext_window_add(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	const struct config_global *global = sa->ike->view ? sa->ike->view->global : NULL;
	uint8_t size[4];
	struct wire_writer w = wire_writer(size, sizeof(size));

	if (!global || global->window < 2)
		return;
	sa->d.recv_window = (uint8_t)(global->window > IKE_WINDOW_MAX ? IKE_WINDOW_MAX : global->window);
	wire_put_u32(&w, sa->d.recv_window);
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
	if (wire_done(&r) && size > 0)
		x->sa->d.send_window = (uint8_t)(size > UINT8_MAX ? UINT8_MAX : size);
}
