/* SPDX-License-Identifier: MIT */
#include "auth/pki.h"

#include "auth/sign.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LOAD_MAX (PKI_ANCHORS_MAX + CYG_CERT_CHAIN_MAX)

static void CYG_PRINTF(2, 3) say(char why[PKI_WHY_MAX], const char *format, ...)
{
	va_list args;

	if (why[0])
		return; /* the first reason is the one to mend */
	va_start(args, format);
	vsnprintf(why, PKI_WHY_MAX, format, args);
	va_end(args);
}

/* What keeps a file from being read, with the name of the folder in front of it. */
static void say_file(char why[PKI_WHY_MAX], const struct pki_point *point, const char *file, const char *what,
		     enum cyg_status status)
{
	switch (status) {
	case CYG_NOT_FOUND:
		say(why, "pki/%s/%s holds no %s", point->name, file, what);
		break;
	case CYG_REFUSED:
		say(why, "pki/%s/%s is locked: put the right passphrase into pki/%s/passphrase", point->name, file,
		    point->name);
		break;
	case CYG_UNSUPPORTED:
		say(why, "pki/%s/%s has a kind of key or encryption that is not supported: RSA up to 8192 bits, "
			 "P-256, P-384, P-521, Ed25519 or Ed448, locked by PBES2",
		    point->name, file);
		break;
	case CYG_LIMIT:
		say(why, "pki/%s/%s holds more than fits: %d CAs and a chain of %d", point->name, file,
		    PKI_ANCHORS_MAX, CYG_CERT_CHAIN_MAX);
		break;
	default:
		say(why, "pki/%s/%s is neither PEM nor DER of a %s (%s)", point->name, file, what,
		    cyg_status_text(status));
		break;
	}
}

static void drop(const struct cyg_cert_ops *ops, struct cyg_cert **certs, size_t count)
{
	while (count)
		ops->unref(certs[--count]);
}

/* --- Trust --- */

static bool checks_crl(const struct config_trustpoint *trustpoint)
{
	return !trustpoint->revocation_count || trustpoint->revocation[0] != REVOCATION_NONE;
}

static bool has_none(const struct config_trustpoint *trustpoint)
{
	for (unsigned i = 0; i < trustpoint->revocation_count; i++) {
		if (trustpoint->revocation[i] == REVOCATION_NONE)
			return true;
	}
	return false;
}

static void take_anchors(struct pki_point *point, const struct pki_files *files)
{
	size_t count = 0;
	enum cyg_status status;

	if (!files->ca.len)
		return;
	status = point->cert->load(point->cert_ctx, files->ca, files->passphrase, point->anchors, PKI_ANCHORS_MAX,
				   &count);
	if (status != CYG_OK)
		say_file(point->no_verify, point, "ca.pem", "certificate", status);
	else
		point->anchor_count = (unsigned)count;
}

static void make_store(struct pki_point *point, const struct config_trustpoint *trustpoint,
		       const struct pki_files *files)
{
	bool check = checks_crl(trustpoint);
	struct cyg_cert_trust trust = { .anchors = point->anchors, .anchor_count = point->anchor_count,
					.crls = &files->crl, .crl_count = check && files->crl.len ? 1 : 0,
					.crl_required = check && !has_none(trustpoint) };
	char words[128];
	struct cyg_strbuf why = CYG_STRBUF(words);
	enum cyg_status status;

	point->revoked_lists = (unsigned)trust.crl_count;
	point->crl_required = trust.crl_required;
	if (!point->anchor_count) {
		say(point->no_verify, "there is no CA to trust: put it into pki/%s/ca.pem", point->name);
		return;
	}
	status = point->cert->store_new(point->cert_ctx, &trust, &point->store, &why);
	if (status != CYG_OK)
		say(point->no_verify, "pki/%s/crl.pem: %s", point->name, words[0] ? words : cyg_status_text(status));
}

/* --- Our own --- */

/* Of what a bundle holds: CAs that issued themselves are trusted, the others are our chain. */
static void sort_bundle(struct pki_point *point, struct cyg_cert **certs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct cyg_cert_info *info = point->cert->info(certs[i]);
		bool anchor = i > 0 && info->ca && info->self_issued;

		if (anchor && point->anchor_count < PKI_ANCHORS_MAX)
			point->anchors[point->anchor_count++] = certs[i];
		else if (!anchor && point->chain_count < CYG_CERT_CHAIN_MAX)
			point->chain[point->chain_count++] = certs[i];
		else
			point->cert->unref(certs[i]);
	}
}

static void take_chain(struct pki_point *point, const struct pki_files *files)
{
	struct cyg_bytes file = files->cert.len ? files->cert : files->bundle;
	const char *name = files->cert.len ? "cert.pem" : "bundle.p12";
	struct cyg_cert *certs[LOAD_MAX];
	size_t count = 0;
	enum cyg_status status;

	if (!file.len) {
		say(point->no_sign, "there is no certificate of ours: put it into pki/%s/cert.pem", point->name);
		return;
	}
	status = point->cert->load(point->cert_ctx, file, files->passphrase, certs, LOAD_MAX, &count);
	if (status != CYG_OK) {
		say_file(point->no_sign, point, name, "certificate", status);
		return;
	}
	if (!files->cert.len) {
		sort_bundle(point, certs, count);
		return;
	}
	if (count > CYG_CERT_CHAIN_MAX) {
		drop(point->cert, certs, count);
		say_file(point->no_sign, point, name, "certificate", CYG_LIMIT);
		return;
	}
	memcpy(point->chain, certs, count * sizeof(certs[0]));
	point->chain_count = (unsigned)count;
}

static const char *key_word(enum cyg_key_type key)
{
	return key == CYG_KEY_RSA ? "an RSA key" : "an elliptic-curve key";
}

static void take_key(struct pki_point *point, const struct config_trustpoint *trustpoint, const struct pki_files *files)
{
	struct cyg_bytes file = files->key.len ? files->key : files->bundle;
	char name[CONFIG_NAME_MAX + 32];
	struct cyg_signer_key *key = NULL;
	const struct cyg_cert_info *own = pki_own(point);
	enum cyg_status status;

	snprintf(name, sizeof(name), "%s", files->key.len ? "key.pem" : "bundle.p12");
	if (files->key.len && trustpoint->key_label[0])
		snprintf(name, sizeof(name), "../keys/%s.pem", trustpoint->key_label);
	if (!point->signer) {
		say(point->no_sign, "no loaded plugin signs: plugins/openssl.conf, load = yes");
		return;
	}
	if (!file.len) {
		if (trustpoint->key_label[0])
			say(point->no_sign, "there is no key: put it into pki/keys/%s.pem or pki/%s/key.pem",
			    trustpoint->key_label, point->name);
		else
			say(point->no_sign, "there is no key: put it into pki/%s/key.pem", point->name);
		return;
	}
	status = point->signer->key_load(point->signer_ctx, file, files->passphrase, &key);
	if (status != CYG_OK) {
		say_file(point->no_sign, point, name, "private key", status);
		return;
	}
	if (own && !cyg_bytes_equal(point->signer->key_public(key), own->public_key)) {
		say(point->no_sign, "pki/%s/%s is not the key of the certificate: put the one that belongs to it there",
		    point->name, name);
	} else if (own && !own->may_sign) {
		say(point->no_sign, "the key usage of our certificate has no digitalSignature: get one that has it");
	} else if (trustpoint->key_label[0] &&
		   trustpoint->key_ec == (point->signer->key_type(key) == CYG_KEY_RSA)) {
		say(point->no_sign, "pki/%s/%s is %s: crypto pki trustpoint %s / %s %s", point->name, name,
		    key_word(point->signer->key_type(key)), point->name,
		    trustpoint->key_ec ? "rsakeypair" : "eckeypair", trustpoint->key_label);
	}
	if (!point->no_sign[0] && own)
		point->key = key;
	else
		point->signer->key_unref(key);
}

/* --- Points and sets --- */

struct pki_point *pki_point_ref(struct pki_point *point)
{
	__atomic_fetch_add(&point->refs, 1, __ATOMIC_RELAXED);
	return point;
}

void pki_point_unref(struct pki_point *point)
{
	if (!point || __atomic_fetch_sub(&point->refs, 1, __ATOMIC_ACQ_REL) != 1)
		return;
	if (point->key)
		point->signer->key_unref(point->key);
	if (point->store)
		point->cert->store_unref(point->store);
	if (point->cert) {
		drop(point->cert, point->anchors, point->anchor_count);
		drop(point->cert, point->chain, point->chain_count);
	}
	free(point);
}

struct pki *pki_new(struct cyg_shard *control, size_t count)
{
	struct pki *pki = calloc(1, sizeof(*pki) + count * sizeof(pki->points[0]));
	const struct cyg_feature *feature;

	if (!pki)
		return NULL;
	pki->refs = 1;
	feature = cyg_get_feature(control, CYG_CERT, 0, &pki->cert_ctx);
	pki->cert = feature ? feature->cert : NULL;
	feature = cyg_get_feature(control, CYG_SIGNER, 0, &pki->signer_ctx);
	pki->signer = feature ? feature->signer : NULL;
	return pki;
}

enum cyg_status pki_add(struct pki *pki, const struct config_trustpoint *trustpoint, const struct pki_files *files)
{
	struct pki_point *point = calloc(1, sizeof(*point));

	if (!point)
		return CYG_NOMEM;
	point->refs = 1;
	snprintf(point->name, sizeof(point->name), "%s", trustpoint->head.name);
	snprintf(point->place, sizeof(point->place), "%s", trustpoint->head.place);
	point->cert = pki->cert;
	point->cert_ctx = pki->cert_ctx;
	point->signer = pki->signer;
	point->signer_ctx = pki->signer_ctx;
	if (point->cert) {
		take_anchors(point, files);
		take_chain(point, files);
		make_store(point, trustpoint, files);
		take_key(point, trustpoint, files);
	} else {
		say(point->no_sign, "no loaded plugin does certificates: plugins/openssl.conf, load = yes");
		say(point->no_verify, "%s", point->no_sign);
	}
	pki->points[pki->count++] = point;
	return CYG_OK;
}

void pki_add_kept(struct pki *pki, struct pki_point *point)
{
	pki->points[pki->count++] = pki_point_ref(point);
}

struct pki *pki_ref(struct pki *pki)
{
	__atomic_fetch_add(&pki->refs, 1, __ATOMIC_RELAXED);
	return pki;
}

void pki_unref(struct pki *pki)
{
	if (!pki || __atomic_fetch_sub(&pki->refs, 1, __ATOMIC_ACQ_REL) != 1)
		return;
	for (size_t i = 0; i < pki->count; i++)
		pki_point_unref(pki->points[i]);
	free(pki);
}

struct pki_point *pki_find(const struct pki *pki, const char *name)
{
	for (size_t i = 0; pki && i < pki->count; i++) {
		if (strcmp(pki->points[i]->name, name) == 0)
			return pki->points[i];
	}
	return NULL;
}
