/* SPDX-License-Identifier: MIT */
/* Addresses of a session go back where they came from. Owning shard. */
#ifndef EXCHANGE_LEASE_H
#define EXCHANGE_LEASE_H

#include "exchange/engine.h"

/* Gives leases back; takes an address given to us off the interface. */
void lease_return(struct ike_sa *sa);
/* Puts an address given to us on the interface, or takes it off. */
void lease_address_set(struct ike_sa *sa, const struct cyg_ip *ip, uint8_t prefix, bool add);

#endif
