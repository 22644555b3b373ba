/* SPDX-License-Identifier: MIT */
/*
 * An EAP method that does as it is told, both sides of it, as MD5 (without a key), as MSCHAPv2 (with one) and, for the server, as a
 * pass-through. The peer answers every request with its password; the server wants "secret" and ends after some rounds.
 */
#ifndef TESTING_ENGINE_FAKE_EAP_H
#define TESTING_ENGINE_FAKE_EAP_H

#include <cygnet/plugin.h>

enum fake_eap_fault {
	FAKE_EAP_NONE,
	FAKE_EAP_OTHER_KEY,             /* peer: another MSK than the server's */
	FAKE_EAP_NO_KEY,                /* peer: none, where the server has one */
	FAKE_EAP_KEY_BREAKS,            /* the key cannot be had */
	FAKE_EAP_SERVER_BREAKS,         /* a step ends with an error, at the round told */
	FAKE_EAP_PEER_BREAKS,
	FAKE_EAP_SERVER_IO,             /* no server answers, at the round told */
	FAKE_EAP_ENDLESS,               /* the server never comes to an end */
	FAKE_EAP_PEER_REFUSES,          /* the peer does not accept the server */
	FAKE_EAP_SUCCESS_EARLY,         /* the server says Success at once, the method of the peer wants more */
	FAKE_EAP_PEER_HASTY,            /* the peer's method says that all is well before the server does */
	FAKE_EAP_RUBBISH,               /* the server makes a packet whose length is not its own */
	FAKE_EAP_NOTIFIES,              /* the server's first request is a notification */
	FAKE_EAP_OPENS_NOT,             /* there is no session to be had */
};

struct fake_eap {
	/* How to behave; fake_eap_reset() has the usual. */
	unsigned rounds;                /* requests of the method */
	enum fake_eap_fault fault;
	unsigned fault_round;
	size_t padding;                 /* octets that each packet is longer by */
	bool hold_server, hold_peer;    /* a step waits for fake_eap_release() */
	/* What there is. */
	unsigned sessions;
	unsigned steps;
	struct cyg_op *held;
	char asked[300];                /* the identity that the server's session was told last */
	char still[300];                /* the same when that session ended: it was lent so long */
	char group[64];                 /* and the group */
};

extern struct fake_eap fake_eap;

void fake_eap_reset(void);
void fake_eap_release(void);

/* All of it; MD5 alone; MSCHAPv2 alone. */
extern const struct cyg_plugin cyg_plugin_fake_eap, cyg_plugin_fake_eap_md5, cyg_plugin_fake_eap_key;

#endif
