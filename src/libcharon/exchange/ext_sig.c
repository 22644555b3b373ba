/* SPDX-License-Identifier: MIT */
/*
 * What IKE_SA_INIT says of certificates: the hashes that signatures may be made with (RFC 7427 section 4), and the
 * responder's CERTREQ (RFC 7296 3.7), which must fit whichever profile the peer turns out to belong to.
 */
#include "exchange/exchange.h"

#include "auth/pki.h"
#include "auth/sign.h"

#include <cygnet/cursor.h>

#include <stdlib.h>

#define SIGNATURES ((unsigned)AUTH_RSA_SIG | (unsigned)AUTH_ECDSA_SIG)
#define AUTHORITY_LEN 20 /* SHA-1 */
#define AUTHORITIES_MAX 24 /* named in one CERTREQ: an answer to a stranger stays small */
#define CERTREQ_KEPT_MAX (AUTHORITY_LEN * 100)

/* The CAs that may vouch for peers of this profile, each once. */
static size_t add_authorities(const struct pki *pki, const struct config_profile *profile, uint8_t *out, size_t count)
{
	for (unsigned i = 0; i < profile->trustpoint_count; i++) {
		const struct pki_point *point = pki_find(pki, profile->trustpoint[i].name);

		if (!point || !point->store || !profile->trustpoint[i].verify)
			continue;
		for (unsigned n = 0; n < point->anchor_count && count < AUTHORITIES_MAX; n++) {
			const uint8_t *hash = point->cert->info(point->anchors[n])->authority;
			bool there = false;

			for (size_t k = 0; k < count && !there; k++)
				there = memcmp(out + k * AUTHORITY_LEN, hash, AUTHORITY_LEN) == 0;
			if (!there)
				memcpy(out + count++ * AUTHORITY_LEN, hash, AUTHORITY_LEN);
		}
	}
	return count;
}

static void write_certreq(struct exchange *x, const uint8_t *authorities, size_t count)
{
	if (count)
		certreq_write(x->out, CYG_CERT_X509_SIGNATURE, cyg_bytes(authorities, count * AUTHORITY_LEN));
}

void ext_sig_write_certreq(struct exchange *x)
{
	uint8_t authorities[AUTHORITIES_MAX * AUTHORITY_LEN];
	const struct config_profile *profile = x->sa->profile;

	if (profile->auth_remote & SIGNATURES)
		write_certreq(x, authorities, add_authorities(exchange_ike(x)->pki, profile, authorities, 0));
}

static void write_hashes(struct exchange *x)
{
	uint8_t list[2 * 8];
	struct wire_writer w = wire_writer(list, sizeof(list));

	for (uint16_t hash = CYG_HASH_SHA2_256; hash <= CYG_HASH_IDENTITY; hash++) {
		if (SIGN_HASHES_OURS & SIGN_HASH(hash))
			wire_put_u16(&w, hash);
	}
	notify_write(x->out, CYG_PROTO_NONE, 0, 0, CYG_N_SIGNATURE_HASH_ALGORITHMS, wire_written(&w));
}

void ext_sig_add(struct exchange *x)
{
	uint8_t authorities[AUTHORITIES_MAX * AUTHORITY_LEN];
	struct ike_sa *sa = x->sa;
	struct ike_shard *ike = sa->ike;
	bool used = false;
	size_t count = 0;

	if (!ike->pki || !ike->pki->cert)
		return;
	if (x->ours) {
		if (((unsigned)sa->profile->auth_local | sa->profile->auth_remote) & SIGNATURES)
			write_hashes(x);
		return;
	}
	for (size_t i = 0; i < ike->view->profile_count; i++) {
		const struct config_profile *profile = ike->view->profiles[i];

		used |= (((unsigned)profile->auth_local | profile->auth_remote) & SIGNATURES) != 0;
		if (profile->auth_remote & SIGNATURES)
			count = add_authorities(ike->pki, profile, authorities, count);
	}
	write_certreq(x, authorities, count);
	if (used && sa->nego->peer_hashes)
		write_hashes(x);
}

void ext_sig_read(struct exchange *x)
{
	const struct notify_payload *hashes = message_notify(x->msg, CYG_N_SIGNATURE_HASH_ALGORITHMS);
	struct negotiation *nego = x->sa->nego;

	if (hashes) {
		struct wire_reader r = wire_reader_of(hashes->data);

		while (wire_left(&r) >= 2) {
			uint16_t hash = wire_u16(&r);

			if (hash < 32)
				nego->peer_hashes |= SIGN_HASH(hash);
		}
	}
	/* The responder's CAs are asked for when we sign, which is in the next message. */
	for (unsigned i = 0; x->ours && i < x->msg->certreq_count; i++) {
		const struct cert_payload *certreq = &x->msg->certreq[i];
		size_t len = certreq->data.len < CERTREQ_KEPT_MAX ? certreq->data.len : CERTREQ_KEPT_MAX;

		if (certreq->encoding != CYG_CERT_X509_SIGNATURE || nego->certreq || len == 0)
			continue;
		nego->certreq = malloc(len);
		if (!nego->certreq)
			return; /* then any certificate of ours will do */
		memcpy(nego->certreq, certreq->data.ptr, len);
		nego->certreq_len = (uint16_t)len;
	}
}

static bool names(struct cyg_bytes list, const uint8_t *authority)
{
	for (size_t at = 0; at + AUTHORITY_LEN <= list.len; at += AUTHORITY_LEN) {
		if (memcmp(list.ptr + at, authority, AUTHORITY_LEN) == 0)
			return true;
	}
	return false;
}

static bool names_one_of(struct cyg_bytes list, const struct pki_point *point)
{
	for (unsigned i = 0; i < point->anchor_count; i++) {
		if (names(list, point->cert->info(point->anchors[i])->authority))
			return true;
	}
	for (unsigned i = 1; i < point->chain_count; i++) {
		if (names(list, point->cert->info(point->chain[i])->authority))
			return true;
	}
	return false;
}

bool ext_sig_wants(const struct exchange *x, const struct pki_point *point)
{
	const struct negotiation *nego = x->sa->nego;

	if (x->ours)
		return nego->certreq && names_one_of(cyg_bytes(nego->certreq, nego->certreq_len), point);
	for (unsigned i = 0; i < x->msg->certreq_count; i++) {
		if (x->msg->certreq[i].encoding == CYG_CERT_X509_SIGNATURE &&
		    names_one_of(x->msg->certreq[i].data, point))
			return true;
	}
	return false;
}
