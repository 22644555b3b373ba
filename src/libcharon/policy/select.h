/* SPDX-License-Identifier: MIT */
/*
 * Which of our objects serves a peer: policy, profile, keyring peer, template or tunnel. Each
 * returns its result and, in the trace, why every other candidate was not it. Pure functions over a
 * configuration view; any thread that holds it. Results are borrowed from the snapshot. Where keys are selected the trace
 * may be NULL: nobody will ask.
 */
#ifndef POLICY_SELECT_H
#define POLICY_SELECT_H

#include "policy/trace.h"

#include <cygnet/cert.h>

/* By local address and front-door VRF, for both roles; the most specific, then the first. NULL: none. */
const struct config_policy *select_policy(const struct config_view *view, const struct cyg_ip *local,
					  const char *fvrf, struct trace *trace);

/*
 * Responder, at IKE_AUTH: exactly one profile whose VRF, local address and peer match. `cert` is the certificate that the
 * peer is about to prove itself with (NULL: it does not). CYG_NOT_FOUND: none, CYG_REFUSED: more than one.
 */
enum cyg_status select_profile(const struct config_view *view, const struct cyg_identity *remote,
			       const struct cyg_cert_info *cert, const struct cyg_ip *local, const char *fvrf,
			       const struct config_profile **out, struct trace *trace) CYG_MUST_CHECK;
/* Does the peer's identity, or the certificate that it proves itself with (may be NULL), satisfy a match line? */
bool profile_matches_peer(const struct config_profile *profile, const struct cyg_identity *remote,
			  const struct cyg_cert_info *cert);
/* One match line. */
bool id_match_holds(const struct id_match *match, const struct cyg_identity *id);

/* Whom we look a key up for. */
struct key_wanted {
	const struct cyg_identity *id;  /* responder: the peer's IKE identity; NULL: by host name and address */
	struct cyg_str hostname;        /* initiator: as configured, empty if an address is */
	struct cyg_ip address;
	bool local;                     /* the key we prove ourselves with, else the one the peer does */
};
/* By the lookup rule of the keyring; NULL: none. */
const struct config_peer *select_peer(const struct config_keyring *keyring,
				      const struct key_wanted *wanted, struct trace *trace);
/* The key of a profile for one direction: its own, or that of its keyring in the view (`*peer` then says whose). NULL: none.
 * Both belong to the configuration of the view. */
const struct cyg_secret *select_key(const struct config_view *view, const struct config_profile *profile,
				    const struct key_wanted *wanted, const struct config_peer **peer,
				    struct trace *trace);

/* Both keys, with one look-up (`wanted->local` does not matter); NULL: none. */
void select_keys(const struct config_view *view, const struct config_profile *profile, const struct key_wanted *wanted,
		 const struct cyg_secret **local, const struct cyg_secret **remote);

/* A method list by name; NULL. */
const struct config_method_list *find_method_list(const struct config_view *view, const char *name);
const struct config_interface *find_interface(const struct config_view *view, const char *name);
/*
 * The interface that takes the children of a responder's SA: the profile's virtual template, or the tunnel
 * whose destination is this peer and whose protection allows this profile. NULL: none.
 */
const struct config_interface *select_interface(const struct config_view *view,
						const struct config_profile *profile,
						const struct cyg_ip *local, const struct cyg_ip *remote,
						struct trace *trace);
/* The inner address of an interface, its own or that of the one it borrows from; unset if none. */
struct cyg_ip interface_address(const struct config_view *view, const struct config_interface *interface,
				uint8_t family);
/* Where a tunnel sends from: its source address or that of its source interface; unset: the system's choice. */
struct cyg_ip interface_source(const struct config_view *view, const struct config_interface *interface);

#endif
