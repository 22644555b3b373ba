/* SPDX-License-Identifier: MIT */
/*
 * Finding a peer of a keyring. An index is made when the keyring is built and never changes after it, so that any thread
 * that holds the snapshot may look up, and a look-up costs the same however many peers there are: a hash of the name, or
 * one for each length of prefix that occurs. What two peers share belongs to the first of them.
 */
#ifndef CONFIG_KEYRING_H
#define CONFIG_KEYRING_H

#include "config/objects.h"

#include <cygnet/identity.h>

/* Makes the index of `peers`, which must stay as they are while it lives; there must be none yet. CYG_NOMEM, CYG_IO (no
 * random numbers): there is none, and nobody is found. Control thread. */
enum cyg_status keyring_index(struct config_keyring *keyring) CYG_MUST_CHECK;
void keyring_index_done(struct config_keyring *keyring);

/* Each: the peer, borrowed from the keyring, or NULL. Any thread. */

/* Exactly the identity (a host name serves as FQDN where there is no identity line), else its domain or the longest prefix
 * around it. */
const struct config_peer *keyring_by_identity(const struct config_keyring *keyring, const struct cyg_identity *id);
/* Without case. */
const struct config_peer *keyring_by_hostname(const struct config_keyring *keyring, struct cyg_str hostname);
/* The longest prefix. */
const struct config_peer *keyring_by_address(const struct config_keyring *keyring, const struct cyg_ip *address);

/* What stands behind the first dot of an FQDN, or behind the last @ of an address; empty if there is none, or of other types. */
struct cyg_str id_domain(const struct cyg_identity *id);
/* The address that an identity is; false if it is of another type. */
bool id_address(const struct cyg_identity *id, struct cyg_ip *out);

#endif
