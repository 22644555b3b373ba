/* SPDX-License-Identifier: MIT */
/*
 * Who may begin: the first look at an IKE_SA_INIT request, before anything is kept for it (RFC 7296
 * 2.6). Cookies, admission limits, and repeated requests. Owning shard.
 */
#ifndef EXCHANGE_COOKIE_H
#define EXCHANGE_COOKIE_H

#include "exchange/engine.h"

/*
 * Reads the datagram into ike->msg. The new SA that is to handle it, or NULL: it was dropped, answered
 * with a cookie, or answered before.
 */
struct ike_sa *cookie_admit(struct ike_shard *ike, struct cyg_datagram *d,
			    const struct ike_header *header);

#endif
