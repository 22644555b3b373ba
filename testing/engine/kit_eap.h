/* SPDX-License-Identifier: MIT */
/* Two engines of which one logs in at the other by EAP: PKI, plugins and texts. */
#ifndef TESTING_ENGINE_KIT_EAP_H
#define TESTING_ENGINE_KIT_EAP_H

#include "testing/engine/fake_eap.h"
#include "testing/engine/kit.h"

#define KIT_EAP_QUERY   1u              /* the gateway asks for the identity first */
#define KIT_EAP_NOBODY  2u              /* no plugin of the gateway serves EAP */
#define KIT_EAP_NOTHING 4u              /* no plugin of the client does EAP */
#define KIT_EAP_KEY_GATEWAY 8u          /* the gateway has MSCHAPv2 alone, */
#define KIT_EAP_MD5_CLIENT 16u          /* the client MD5 alone */
#define KIT_EAP_MD5_GATEWAY 32u

struct kit_eap {
	unsigned how;                   /* bits */
	const char *list;               /* methods of the gateway's list; NULL: "local" */
	const char *login;              /* behind `authentication local eap`; NULL: username alice password secret */
	const char *gateway_more, *client_more; /* lines behind those of the profile */
	struct kit_setup setup;
};

/* Configured on both sides, nothing has passed yet; `scene` may be NULL. Frees what the last one made. */
struct kit *kit_eap_new(const struct kit_eap *scene);
/* kit_free(), and no session is left. */
void kit_eap_free(struct kit *kit);

#endif
