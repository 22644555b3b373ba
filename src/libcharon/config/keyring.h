/* SPDX-License-Identifier: MIT */
/*
 * Finding a peer of a keyring. The index is made while the keyring is built and never changes after it, so that any thread
 * that holds the snapshot may look up; a keyring of which a peer has changed begins with a copy of the index before, which
 * shares all else. A look-up costs the same however many peers there are: a hash of the name, or one for each length of
 * prefix that occurs. What two peers share belongs to the one that was opened first.
 */
#ifndef CONFIG_KEYRING_H
#define CONFIG_KEYRING_H

#include "config/objects.h"

#include <cygnet/identity.h>

/* An index without peers: a new one, or a copy of the one that `from` has. There must be none yet. CYG_NOMEM, CYG_IO (no random
 * numbers): there is none, and nobody is found. Control thread, here and below. */
enum cyg_status keyring_begin(struct config_keyring *keyring, const struct config_keyring *from) CYG_MUST_CHECK;
/* A peer (which must live as long as the keyring) and its place, which no other one has. `stamp`: see map.h. */
enum cyg_status keyring_add(struct config_keyring *keyring, uint64_t stamp, const struct config_peer *peer,
			    uint64_t place) CYG_MUST_CHECK;
/* The peer that was added there, as it was. */
enum cyg_status keyring_remove(struct config_keyring *keyring, uint64_t stamp, const struct config_peer *peer,
			       uint64_t place) CYG_MUST_CHECK;
void keyring_done(struct config_keyring *keyring);

/* The first peers in their order, at most `room`; how many. Any thread. */
size_t keyring_first(const struct config_keyring *keyring, const struct config_peer **peers, size_t room);
/* Another peer than that one with just the identity, or the address, of `peer`; NULL: none has. Control thread. */
const struct config_peer *keyring_same_identity(const struct config_keyring *keyring, const struct config_peer *peer);
const struct config_peer *keyring_same_address(const struct config_keyring *keyring, const struct config_peer *peer);

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
