/* SPDX-License-Identifier: MIT */
/*
 * What the trustpoints' files hold, parsed once when a configuration comes into force: trust anchors with their CRLs, our
 * certificate with the ones above it, the key. Made on the control thread, then immutable and counted; shards hold it.
 *
 * A trustpoint NAME has a folder pki/NAME beside startup-config. Forms are told from the octets: PEM or DER.
 *
 *   ca.pem         the CAs that it trusts         cert.pem     our certificate, then those between it and a CA
 *   bundle.p12     all of it in one               key.pem      our key; or pki/keys/LABEL.pem with `rsakeypair LABEL`
 *   crl.pem        revoked certificates           passphrase   of key or bundle: its first line
 */
#ifndef AUTH_PKI_H
#define AUTH_PKI_H

#include "config/objects.h"

#include <cygnet/plugin.h>

#define PKI_ANCHORS_MAX 64
#define PKI_WHY_MAX     256

/* Files of one trustpoint; an empty view: there is none. */
struct pki_files {
	struct cyg_bytes ca, cert, key, bundle, crl;
	const struct cyg_secret *passphrase; /* NULL: none */
};

struct pki_point {
	uint32_t refs;                  /* atomic */
	char name[CONFIG_NAME_MAX];
	char place[CONFIG_PLACE_MAX];
	uint64_t print;                 /* of its files and lines: whoever loads it compares */
	unsigned anchor_count, chain_count;
	struct cyg_cert *anchors[PKI_ANCHORS_MAX];
	struct cyg_cert *chain[CYG_CERT_CHAIN_MAX]; /* ours, then the ones above it */
	struct cyg_signer_key *key;     /* NULL: cannot sign, see no_sign */
	struct cyg_cert_store *store;   /* NULL: cannot verify, see no_verify */
	unsigned revoked_lists;         /* CRL files */
	bool crl_required;
	/* Why not, and what would mend it; "" if it can. */
	char no_sign[PKI_WHY_MAX], no_verify[PKI_WHY_MAX];
	const struct cyg_cert_ops *cert;
	const struct cyg_signer_ops *signer;
	struct cyg_plugin_ctx *cert_ctx, *signer_ctx;
};

struct pki {
	uint32_t refs;                  /* atomic */
	const struct cyg_cert_ops *cert; /* NULL: no plugin does certificates */
	const struct cyg_signer_ops *signer;
	struct cyg_plugin_ctx *cert_ctx, *signer_ctx;
	size_t count;
	struct pki_point *points[];     /* counted */
};

/* An empty set with room for `count` points, by the preferred providers on this (the control) shard. NULL if out of memory. */
struct pki *pki_new(struct cyg_shard *control, size_t count);
/* One trustpoint more. What is wrong with its files is kept in it. CYG_NOMEM. */
enum cyg_status pki_add(struct pki *pki, const struct config_trustpoint *trustpoint,
			const struct pki_files *files) CYG_MUST_CHECK;
/* One that has not changed. */
void pki_add_kept(struct pki *pki, struct pki_point *point);
struct pki *pki_ref(struct pki *pki);
void pki_unref(struct pki *pki); /* NULL is fine. Any thread. */
struct pki_point *pki_point_ref(struct pki_point *point);
void pki_point_unref(struct pki_point *point);
/* NULL: there is none of that name. */
struct pki_point *pki_find(const struct pki *pki, const char *name);

/* Our certificate; NULL. */
static inline const struct cyg_cert_info *pki_own(const struct pki_point *point)
{
	return point->chain_count ? point->cert->info(point->chain[0]) : NULL;
}

#endif
