/* SPDX-License-Identifier: MIT */
/*
 * Certificate maps: does a certificate have what one asks for? Names are compared as they are printed
 * (cyg_identity_text()), without case, blanks around commas and `=`, and for `eq` in either order of their parts. Pure
 * functions; any thread.
 */
#ifndef POLICY_CERT_MAP_H
#define POLICY_CERT_MAP_H

#include "config/objects.h"

#include <cygnet/cert.h>

/* All lines of one sequence. */
bool cert_map_entry_holds(const struct config_cert_map *map, const struct cyg_cert_info *cert);
/* One of the sequences of one of the maps. */
bool cert_maps_hold(const struct config_cert_map_use *uses, unsigned count, const struct cyg_cert_info *cert);
/* The printed form of a Name (DER), as maps see it but for case. False: it is too long to be compared. */
bool cert_name_text(struct cyg_bytes der, struct cyg_strbuf *out);

#endif
