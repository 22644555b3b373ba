/* SPDX-License-Identifier: MIT */
/* Certificates, keys and signatures: each kind once as it should be, and every way that it should not. */
#include "testing/pki/pki.h"
#include "testing/unit/harness.h"

#include <check.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_openssl;

#define NOW 1800000000

static struct harness *h;
static const struct cyg_cert_ops *certs;
static const struct cyg_signer_ops *signer;
static struct cyg_plugin_ctx *ctx;

static void open_stage(void)
{
	h = harness_start(&cyg_plugin_openssl, NULL);
	certs = harness_feature(h, CYG_CERT, &ctx)->cert;
	signer = harness_feature(h, CYG_SIGNER, &ctx)->signer;
}

static void close_stage(void)
{
	harness_stop(h);
	pki_done();
}

static struct cyg_bytes view(struct pki_file file)
{
	return cyg_bytes(file.octets, file.len);
}

static struct cyg_cert *parsed(const struct pki_cert *cert)
{
	struct cyg_cert *out = NULL;

	ck_assert_int_eq(certs->parse(ctx, view(pki_der(cert)), &out), CYG_OK);
	return out;
}

static struct cyg_signer_key *loaded(const struct pki_cert *cert)
{
	struct cyg_signer_key *out = NULL;

	ck_assert_int_eq(signer->key_load(ctx, view(pki_key(cert, PKI_PKCS8_PEM)), NULL, &out), CYG_OK);
	return out;
}

static struct pki_cert *leaf(const struct pki_cert *ca, enum pki_key key)
{
	return pki_make(&(struct pki_spec){ .name = "leaf", .unit = "a unit", .key = key, .issuer = ca, .now = NOW,
					    .eku = "serverAuth,1.3.6.1.5.5.8.2.2",
					    .names = "DNS:gw.example.org,email:a@example.org,IP:192.0.2.7,"
						     "IP:2001:db8::7,URI:http://x" });
}

static struct pki_cert *authority(enum pki_key key)
{
	return pki_make(&(struct pki_spec){ .name = "ca", .key = key, .now = NOW, .ca = true });
}

/* --- What a certificate says --- */

START_TEST(a_certificate_comes_out_as_plain_data)
{
	struct cyg_cert *cert = parsed(leaf(authority(PKI_P384), PKI_P256));
	const struct cyg_cert_info *info = certs->info(cert);

	ck_assert_int_eq(info->key, CYG_KEY_ECDSA);
	ck_assert_uint_eq(info->key_bits, 256);
	ck_assert_int_eq(info->not_before, NOW - PKI_DAY);
	ck_assert_int_eq(info->not_after, NOW + 365 * PKI_DAY);
	ck_assert(!info->ca && !info->self_issued && info->may_sign);
	ck_assert_uint_eq(info->eku, CYG_EKU_SERVER | CYG_EKU_IKE_INTERMEDIATE);
	ck_assert_uint_eq(info->name_count, 4);
	ck_assert_uint_eq(info->names[0].type, CYG_ID_FQDN);
	ck_assert(cyg_bytes_equal(info->names[0].octets, cyg_bytes("gw.example.org", 14)));
	ck_assert_uint_eq(info->names[1].type, CYG_ID_RFC822_ADDR);
	ck_assert_uint_eq(info->names[2].type, CYG_ID_IPV4_ADDR);
	ck_assert_uint_eq(info->names[3].octets.len, 16);
	ck_assert(certs->same_name(info->issuer, info->issuer));
	ck_assert(!certs->same_name(info->issuer, info->subject));
	ck_assert(!certs->same_name(info->issuer, cyg_bytes("\x30\x01", 2)));
	certs->unref(certs->ref(cert));
	certs->unref(cert);
}
END_TEST

START_TEST(octets_that_are_no_certificate_are_refused)
{
	struct pki_file der = pki_der(authority(PKI_P256));
	struct cyg_cert *out = NULL;

	for (size_t cut = 0; cut < der.len; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);

		memcpy(exact, der.octets, cut);
		ck_assert_int_eq(certs->parse(ctx, cyg_bytes(exact, cut), &out), CYG_MALFORMED);
		free(exact);
	}
	/* One octet behind it (a file's buffer has one to spare). */
	ck_assert_int_eq(certs->parse(ctx, cyg_bytes(der.octets, der.len + 1), &out), CYG_MALFORMED);
	ck_assert_ptr_null(out);
}
END_TEST

/* --- Files --- */

START_TEST(a_key_is_read_from_every_form_of_file)
{
	static const enum pki_key kinds[] = { PKI_P256, PKI_ED25519, PKI_RSA2048 };
	struct cyg_secret right = { 0 }, wrong = { 0 };

	ck_assert_int_eq(cyg_secret_copy(&right, cyg_bytes(PKI_PASSPHRASE, strlen(PKI_PASSPHRASE))), CYG_OK);
	ck_assert_int_eq(cyg_secret_copy(&wrong, cyg_bytes("wrong horse", 11)), CYG_OK);
	for (size_t k = 0; k < CYG_COUNT(kinds); k++) {
		struct pki_cert *cert = authority(kinds[k]);
		struct cyg_cert *public = parsed(cert);

		for (int form = 0; form < PKI_FORMS; form++) {
			struct cyg_bytes file;
			bool locked = form == PKI_PKCS8_LOCKED_PEM || form == PKI_PKCS8_LOCKED_DER;
			struct cyg_signer_key *key = NULL;

			if (form >= PKI_OLD_PEM && kinds[k] == PKI_ED25519)
				continue; /* it came too late to have one */
			file = view(pki_key(cert, form));
			if (locked) {
				ck_assert_int_eq(signer->key_load(ctx, file, NULL, &key), CYG_REFUSED);
				ck_assert_int_eq(signer->key_load(ctx, file, &wrong, &key), CYG_REFUSED);
			}
			ck_assert_msg(signer->key_load(ctx, file, locked ? &right : NULL, &key) == CYG_OK,
				      "kind %zu form %d", k, form);
			ck_assert(cyg_bytes_equal(signer->key_public(key), certs->info(public)->public_key));
			signer->key_unref(key);
		}
		certs->unref(public);
	}
	cyg_secret_done(&right);
	cyg_secret_done(&wrong);
}
END_TEST

START_TEST(pkcs12_gives_key_certificate_and_ca_with_its_passphrase_only)
{
	struct pki_cert *ca = authority(PKI_P256), *cert = leaf(ca, PKI_RSA2048);
	struct cyg_bytes file = view(pki_pkcs12(cert, ca));
	struct cyg_secret right = { 0 };
	struct cyg_signer_key *key = NULL;
	struct cyg_cert *out[4];
	size_t count = 77;

	ck_assert_int_eq(cyg_secret_copy(&right, cyg_bytes(PKI_PASSPHRASE, strlen(PKI_PASSPHRASE))), CYG_OK);
	ck_assert_int_eq(signer->key_load(ctx, file, NULL, &key), CYG_REFUSED);
	ck_assert_int_eq(certs->load(ctx, file, NULL, out, 4, &count), CYG_REFUSED);
	ck_assert_uint_eq(count, 77);
	ck_assert_int_eq(signer->key_load(ctx, file, &right, &key), CYG_OK);
	ck_assert_int_eq(certs->load(ctx, file, &right, out, 4, &count), CYG_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert(cyg_bytes_equal(signer->key_public(key), certs->info(out[0])->public_key));
	ck_assert(certs->info(out[1])->ca);
	certs->unref(out[0]);
	certs->unref(out[1]);
	ck_assert_int_eq(certs->load(ctx, file, &right, out, 1, &count), CYG_LIMIT);
	signer->key_unref(key);
	cyg_secret_done(&right);
}
END_TEST

START_TEST(files_that_hold_something_else_say_so)
{
	struct pki_cert *ca = authority(PKI_P256), *cert = leaf(ca, PKI_P256);
	const struct pki_cert *more[] = { ca, NULL };
	struct cyg_signer_key *key = NULL;
	struct cyg_cert *out[4];
	size_t count = 0;

	ck_assert_int_eq(signer->key_load(ctx, view(pki_pem(cert, NULL)), NULL, &key), CYG_NOT_FOUND);
	ck_assert_int_eq(certs->load(ctx, view(pki_key(cert, PKI_PKCS8_PEM)), NULL, out, 4, &count), CYG_NOT_FOUND);
	ck_assert_int_eq(certs->load(ctx, cyg_bytes("hello", 5), NULL, out, 4, &count), CYG_MALFORMED);
	ck_assert_int_eq(signer->key_load(ctx, cyg_bytes("hello", 5), NULL, &key), CYG_MALFORMED);
	ck_assert_int_eq(signer->key_load(ctx, cyg_bytes("", 0), NULL, &key), CYG_MALFORMED);
	ck_assert_int_eq(certs->load(ctx, view(pki_pem(cert, more)), NULL, out, 4, &count), CYG_OK);
	ck_assert_uint_eq(count, 2);
	certs->unref(out[0]);
	certs->unref(out[1]);
}
END_TEST

/* --- Signatures --- */

static const struct {
	enum pki_key key;
	struct cyg_signature how;
	bool waits;
} methods[] = {
	{ PKI_RSA2048, { CYG_KEY_RSA, CYG_HASH_SHA1, false, 0, false }, true },
	{ PKI_RSA2048, { CYG_KEY_RSA, CYG_HASH_SHA2_256, false, 0, false }, true },
	{ PKI_RSA3072, { CYG_KEY_RSA, CYG_HASH_SHA2_512, false, 0, false }, true },
	{ PKI_RSA2048, { CYG_KEY_RSA, CYG_HASH_SHA2_256, true, 32, false }, true },
	{ PKI_RSA2048, { CYG_KEY_RSA, CYG_HASH_SHA2_384, true, 48, false }, true },
	{ PKI_RSA4096, { CYG_KEY_RSA, CYG_HASH_SHA2_512, true, 64, false }, true },
	{ PKI_P256, { CYG_KEY_ECDSA, CYG_HASH_SHA2_256, false, 0, true }, false },
	{ PKI_P256, { CYG_KEY_ECDSA, CYG_HASH_SHA2_384, false, 0, false }, false },
	{ PKI_P384, { CYG_KEY_ECDSA, CYG_HASH_SHA2_384, false, 0, true }, true },
	{ PKI_P521, { CYG_KEY_ECDSA, CYG_HASH_SHA2_512, false, 0, true }, true },
	{ PKI_P521, { CYG_KEY_ECDSA, CYG_HASH_SHA2_512, false, 0, false }, true },
	{ PKI_ED25519, { CYG_KEY_ED25519, CYG_HASH_IDENTITY, false, 0, false }, false },
	{ PKI_ED448, { CYG_KEY_ED448, CYG_HASH_IDENTITY, false, 0, false }, true },
};

static enum cyg_status ended;

static void on_done(struct cyg_op *op, enum cyg_status status)
{
	ended = status;
}

START_TEST(what_is_signed_is_verified_and_nothing_else_is)
{
	const struct cyg_signature *how = &methods[_i].how;
	struct pki_cert *made = authority(methods[_i].key);
	struct cyg_cert *cert = parsed(made), *other = parsed(authority(methods[_i].key));
	struct cyg_signer_key *key = loaded(made);
	struct cyg_bytes data = cyg_bytes("what is signed", 14);
	uint8_t out[CYG_SIGNATURE_MAX];
	struct cyg_op op = { 0 };
	size_t len = 0;
	enum cyg_status status;

	cyg_op_init(&op, h->shard, on_done);
	status = signer->sign(ctx, h->shard, key, how, data, out, &len, &op);
	ck_assert_int_eq(status, methods[_i].waits ? CYG_PENDING : CYG_OK);
	ended = CYG_OK;
	if (status == CYG_PENDING)
		harness_step(h, 5);
	ck_assert_int_eq(ended, CYG_OK);
	ck_assert_uint_gt(len, 0);
	if (how->raw)
		ck_assert_uint_eq(len, 2u * ((signer->key_bits(key) + 7) / 8));
	ck_assert_int_eq(certs->verify(ctx, cert, how, data, cyg_bytes(out, len)), CYG_OK);
	ck_assert_int_eq(certs->verify(ctx, other, how, data, cyg_bytes(out, len)), CYG_REFUSED);
	ck_assert_int_eq(certs->verify(ctx, cert, how, cyg_bytes("What is signed", 14), cyg_bytes(out, len)),
			 CYG_REFUSED);
	ck_assert_int_eq(certs->verify(ctx, cert, how, data, cyg_bytes(out, len - 1)), CYG_REFUSED);
	ck_assert_int_eq(certs->verify(ctx, cert, how, data, cyg_bytes(out, 0)), CYG_REFUSED);
	out[len / 2] ^= 1;
	ck_assert_int_eq(certs->verify(ctx, cert, how, data, cyg_bytes(out, len)), CYG_REFUSED);
	certs->unref(cert);
	certs->unref(other);
	signer->key_unref(key);
}
END_TEST

START_TEST(a_key_signs_and_verifies_in_its_own_ways_only)
{
	for (size_t i = 0; i < CYG_COUNT(methods); i++) {
		struct cyg_cert *cert = parsed(authority(PKI_P256));

		if (methods[i].how.key != CYG_KEY_ECDSA)
			ck_assert_int_eq(certs->verify(ctx, cert, &methods[i].how, cyg_bytes("x", 1), cyg_bytes("y", 1)),
					 CYG_UNSUPPORTED);
		certs->unref(cert);
	}
}
END_TEST

/* The way that a key was first used in is kept; every other one works beside it. */
START_TEST(a_key_that_signed_in_one_way_signs_in_another)
{
	static const struct cyg_signature ways[] = {
		{ CYG_KEY_ECDSA, CYG_HASH_SHA2_256, false, 0, false },
		{ CYG_KEY_ECDSA, CYG_HASH_SHA2_512, false, 0, false },
		{ CYG_KEY_ECDSA, CYG_HASH_SHA2_256, false, 0, true },
	};
	struct pki_cert *made = authority(PKI_P256);
	struct cyg_cert *cert = parsed(made);
	struct cyg_signer_key *key = loaded(made);
	struct cyg_op op = { 0 };

	cyg_op_init(&op, h->shard, on_done);
	for (unsigned i = 0; i < 3 * CYG_COUNT(ways); i++) {
		const struct cyg_signature *how = &ways[i % CYG_COUNT(ways)];
		uint8_t out[CYG_SIGNATURE_MAX], octets[4] = { (uint8_t)i };
		struct cyg_bytes data = cyg_bytes(octets, sizeof(octets));
		size_t len = 0;

		ck_assert_int_eq(signer->sign(ctx, h->shard, key, how, data, out, &len, &op), CYG_OK);
		for (unsigned k = 0; k < CYG_COUNT(ways); k++)
			ck_assert_int_eq(certs->verify(ctx, cert, &ways[k], data, cyg_bytes(out, len)),
					 how == &ways[k] ? CYG_OK : CYG_REFUSED);
		octets[1] = 1;
		ck_assert_int_eq(certs->verify(ctx, cert, how, data, cyg_bytes(out, len)), CYG_REFUSED);
	}
	certs->unref(cert);
	signer->key_unref(key);
}
END_TEST

START_TEST(a_signature_that_is_given_up_leaves_nothing)
{
	struct pki_cert *made = authority(PKI_RSA2048);
	struct cyg_signer_key *key = loaded(made);
	uint8_t out[CYG_SIGNATURE_MAX] = { 0 };
	struct cyg_op op = { 0 };
	size_t len = 0;

	cyg_op_init(&op, h->shard, on_done);
	ck_assert_int_eq(signer->sign(ctx, h->shard, key, &methods[1].how, cyg_bytes("x", 1), out, &len, &op),
			 CYG_PENDING);
	signer->key_unref(key);
	cyg_op_cancel(&op);
	harness_step(h, 5);
	ck_assert_uint_eq(len, 0);
}
END_TEST

/* --- RFC 7427 --- */

START_TEST(algorithm_identifiers_go_there_and_back)
{
	uint8_t der[CYG_SIGNATURE_ALG_MAX];
	struct cyg_signature back;
	size_t len;

	for (size_t i = 0; i < CYG_COUNT(methods); i++) {
		struct cyg_signature how = methods[i].how;

		how.raw = false;
		ck_assert_int_eq(certs->algorithm_write(&how, der, &len), CYG_OK);
		ck_assert_int_eq(certs->algorithm_read(cyg_bytes(der, len), &back), CYG_OK);
		ck_assert(back.key == how.key && back.hash == how.hash && back.pss == how.pss &&
			  back.salt_len == how.salt_len && !back.raw);
		for (size_t cut = 0; cut < len; cut++) {
			uint8_t *exact = malloc(cut ? cut : 1);

			memcpy(exact, der, cut);
			ck_assert_int_eq(certs->algorithm_read(cyg_bytes(exact, cut), &back), CYG_MALFORMED);
			free(exact);
		}
	}
}
END_TEST

/* RFC 7427, A.4 (RSASSA-PSS with SHA-256) and A.3 (ecdsa-with-sha256). */
static const uint8_t pss_sha256[] = {
	0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30,
	0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a,
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
	0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x20,
};
static const uint8_t ecdsa_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
static const uint8_t pss_bare[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				    0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x00 };

START_TEST(algorithm_identifiers_are_the_octets_of_the_rfc)
{
	struct cyg_signature how = { CYG_KEY_ECDSA, CYG_HASH_SHA2_256, false, 0, false };
	uint8_t der[CYG_SIGNATURE_ALG_MAX];
	size_t len;

	ck_assert_int_eq(certs->algorithm_write(&how, der, &len), CYG_OK);
	ck_assert(cyg_bytes_equal(cyg_bytes(der, len), cyg_bytes(ecdsa_sha256, sizeof(ecdsa_sha256))));
	how = (struct cyg_signature){ CYG_KEY_RSA, CYG_HASH_SHA2_256, true, 32, false };
	ck_assert_int_eq(certs->algorithm_write(&how, der, &len), CYG_OK);
	ck_assert_uint_eq(len, sizeof(pss_sha256));
	ck_assert_mem_eq(der, pss_sha256, len);
	/* Empty parameters mean SHA-1. */
	ck_assert_int_eq(certs->algorithm_read(cyg_bytes(pss_bare, sizeof(pss_bare)), &how), CYG_OK);
	ck_assert_uint_eq(how.hash, CYG_HASH_SHA1);
	ck_assert_uint_eq(how.salt_len, 20);
}
END_TEST

START_TEST(algorithm_identifiers_of_other_kinds_are_refused)
{
	/* MD5 with RSA; PSS whose mask is made by another hash than the one that signs. */
	static const uint8_t md5[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 0x01, 0x01, 0x04, 0x05, 0x00 };
	uint8_t mixed[sizeof(pss_sha256)];
	struct cyg_signature how;

	memcpy(mixed, pss_sha256, sizeof(mixed));
	mixed[29] = 0x02; /* SHA-384 */
	ck_assert_int_eq(certs->algorithm_read(cyg_bytes(md5, sizeof(md5)), &how), CYG_UNSUPPORTED);
	ck_assert_int_eq(certs->algorithm_read(cyg_bytes(mixed, sizeof(mixed)), &how), CYG_UNSUPPORTED);
}
END_TEST

/* --- Paths --- */

struct path {
	struct pki_cert *ca;            /* NULL: a new one */
	struct pki_cert *chain[4];
	bool crl, required;
	struct pki_file crl_file;
	int64_t at;
};

static struct cyg_cert_judgement judged(const struct path *path)
{
	struct cyg_cert *anchor = parsed(path->ca), *chain[4];
	struct cyg_bytes crl = view(path->crl_file);
	struct cyg_cert_trust trust = { .anchors = &anchor, .anchor_count = 1, .crls = &crl,
					.crl_count = path->crl, .crl_required = path->required };
	struct cyg_cert_judgement out = { .verdict = CYG_CERT_INVALID };
	char why[100];
	struct cyg_strbuf text = CYG_STRBUF(why);
	struct cyg_cert_store *store = NULL;
	struct cyg_op op;
	size_t count = 0;

	ck_assert_msg(certs->store_new(ctx, &trust, &store, &text) == CYG_OK, "%s", why);
	for (; count < 4 && path->chain[count]; count++)
		chain[count] = parsed(path->chain[count]);
	cyg_op_init(&op, h->shard, on_done);
	ended = CYG_IO;
	ck_assert_int_eq(certs->verify_chain(ctx, h->shard, store, chain, count, path->at ? path->at : NOW, &out, &op),
			 CYG_PENDING);
	certs->store_unref(store);
	certs->unref(anchor);
	while (count)
		certs->unref(chain[--count]);
	harness_step(h, 5);
	ck_assert_int_eq(ended, CYG_OK);
	return out;
}

static struct pki_cert *middle(const struct pki_cert *ca, int path_len)
{
	/* Names of their own: what a CA issues to itself does not count in the path's length. */
	return pki_make(&(struct pki_spec){ .name = path_len ? "middle" : "below the middle", .key = PKI_P256, .issuer = ca, .now = NOW, .ca = true,
					    .path_len = path_len });
}

START_TEST(a_good_path_is_good_until_its_first_end)
{
	struct pki_cert *ca = authority(PKI_P256), *between = middle(ca, 1);
	struct pki_cert *end = pki_make(&(struct pki_spec){ .name = "end", .key = PKI_P256, .issuer = between,
							    .now = NOW, .until = NOW + 100 });
	struct cyg_cert_judgement out;

	out = judged(&(struct path){ .ca = ca, .chain = { leaf(ca, PKI_RSA2048) } });
	ck_assert_msg(out.verdict == CYG_CERT_GOOD, "%s", out.detail);
	ck_assert_int_eq(out.until, NOW + 365 * PKI_DAY);
	out = judged(&(struct path){ .ca = ca, .chain = { end, between } });
	ck_assert_int_eq(out.verdict, CYG_CERT_GOOD);
	ck_assert_int_eq(out.until, NOW + 100);
	/* An anchor need not be a root; the root may be sent along. */
	out = judged(&(struct path){ .ca = between, .chain = { end, ca } });
	ck_assert_int_eq(out.verdict, CYG_CERT_GOOD);
}
END_TEST

START_TEST(a_path_without_a_trusted_end_is_of_an_unknown_ca)
{
	struct pki_cert *ca = authority(PKI_P256), *stranger = authority(PKI_P256), *between = middle(ca, 1);
	struct pki_cert *end = leaf(between, PKI_P256);

	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { end } }).verdict, CYG_CERT_UNKNOWN_CA);
	ck_assert_int_eq(judged(&(struct path){ .ca = stranger, .chain = { end, between, ca } }).verdict,
			 CYG_CERT_UNKNOWN_CA);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { stranger } }).verdict, CYG_CERT_UNKNOWN_CA);
}
END_TEST

START_TEST(time_is_the_callers)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "ca", .key = PKI_P256, .ca = true, .from = 1,
							   .until = NOW + 4000LL * PKI_DAY, .now = NOW });
	struct path path = { .ca = ca, .chain = { leaf(ca, PKI_P256) } };

	path.at = NOW - PKI_DAY - 1;
	ck_assert_int_eq(judged(&path).verdict, CYG_CERT_NOT_YET_VALID);
	path.at = NOW - PKI_DAY + 1;
	ck_assert_int_eq(judged(&path).verdict, CYG_CERT_GOOD);
	path.at = NOW + 365 * PKI_DAY + 1;
	ck_assert_int_eq(judged(&path).verdict, CYG_CERT_EXPIRED);
}
END_TEST

START_TEST(paths_against_the_rules_are_refused)
{
	struct pki_cert *ca = authority(PKI_P256), *between = middle(ca, 1), *below = middle(between, 0);
	struct pki_cert *no_ca = leaf(ca, PKI_P256);
	struct pki_cert *unsigning = pki_make(&(struct pki_spec){ .name = "x", .key = PKI_P256, .issuer = ca, .ca = true,
								  .now = NOW, .usage = "critical,digitalSignature" });
	struct pki_cert *broken = pki_make(&(struct pki_spec){ .name = "x", .key = PKI_P256, .issuer = ca, .now = NOW,
							       .broken = true });
	struct pki_cert *small = pki_make(&(struct pki_spec){ .name = "x", .key = PKI_RSA1024, .issuer = ca,
							      .now = NOW });
	struct pki_cert *old = pki_make(&(struct pki_spec){ .name = "x", .key = PKI_P256, .issuer = ca, .now = NOW,
							    .hash = "SHA1" });
	struct pki_cert *narrow = pki_make(&(struct pki_spec){ .name = "x", .key = PKI_P256, .issuer = ca, .ca = true,
							       .now = NOW,
							       .constraints = "critical,permitted;DNS:example.com" });
	struct cyg_cert_judgement out;

	out = judged(&(struct path){ .ca = ca, .chain = { leaf(below, PKI_P256), below, between } });
	ck_assert_int_eq(out.verdict, CYG_CERT_TOO_LONG);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { leaf(no_ca, PKI_P256), no_ca } }).verdict,
			 CYG_CERT_NO_CA);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { leaf(unsigning, PKI_P256), unsigning } }).verdict,
			 CYG_CERT_NO_CA);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { broken } }).verdict, CYG_CERT_BAD_SIGNATURE);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { small } }).verdict, CYG_CERT_WEAK);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { old } }).verdict, CYG_CERT_WEAK);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { leaf(narrow, PKI_P256), narrow } }).verdict,
			 CYG_CERT_NAME_CONSTRAINTS);
}
END_TEST

START_TEST(revoked_ones_are_refused_and_crls_are_demanded_or_not)
{
	struct pki_cert *ca = authority(PKI_P256), *bad = leaf(ca, PKI_P256), *good = leaf(ca, PKI_P256);
	struct pki_file fresh = pki_crl(ca, bad, NOW - 10, NOW + 50, true);
	struct pki_file stale = pki_crl(ca, bad, NOW - 50, NOW - 10, false);
	struct cyg_cert_judgement out;

	out = judged(&(struct path){ .ca = ca, .chain = { good }, .crl = true, .required = true, .crl_file = fresh });
	ck_assert_int_eq(out.verdict, CYG_CERT_GOOD);
	ck_assert_int_eq(out.until, NOW + 50);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { bad }, .crl = true, .crl_file = fresh }).verdict,
			 CYG_CERT_REVOKED);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { good }, .required = true }).verdict,
			 CYG_CERT_NO_CRL);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { good } }).verdict, CYG_CERT_GOOD);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { good }, .crl = true, .required = true,
						.crl_file = stale }).verdict, CYG_CERT_NO_CRL);
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { good }, .crl = true, .crl_file = stale }).verdict,
			 CYG_CERT_GOOD);
	/* What an old list says counts. */
	ck_assert_int_eq(judged(&(struct path){ .ca = ca, .chain = { bad }, .crl = true, .crl_file = stale }).verdict,
			 CYG_CERT_REVOKED);
	/* An intermediate's own list is not demanded. */
	out = judged(&(struct path){ .ca = ca, .chain = { leaf(middle(ca, 0), PKI_P256) }, .crl = true,
				     .required = true, .crl_file = fresh });
	ck_assert_int_eq(out.verdict, CYG_CERT_UNKNOWN_CA);
}
END_TEST

START_TEST(a_crl_that_is_none_is_told)
{
	struct cyg_bytes crl = cyg_bytes("-----BEGIN NOTHING-----\n", 24);
	struct cyg_cert_trust trust = { .crls = &crl, .crl_count = 1 };
	struct cyg_cert_store *store = NULL;
	char why[100];
	struct cyg_strbuf text = CYG_STRBUF(why);

	ck_assert_int_eq(certs->store_new(ctx, &trust, &store, &text), CYG_MALFORMED);
	ck_assert(strstr(why, "CRL"));
	ck_assert_ptr_null(store);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("certificates");
	TCase *tests = tcase_create("certificates");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, open_stage, close_stage);
	tcase_add_test(tests, a_certificate_comes_out_as_plain_data);
	tcase_add_test(tests, octets_that_are_no_certificate_are_refused);
	tcase_add_test(tests, a_key_is_read_from_every_form_of_file);
	tcase_add_test(tests, pkcs12_gives_key_certificate_and_ca_with_its_passphrase_only);
	tcase_add_test(tests, files_that_hold_something_else_say_so);
	tcase_add_loop_test(tests, what_is_signed_is_verified_and_nothing_else_is, 0, CYG_COUNT(methods));
	tcase_add_test(tests, a_key_signs_and_verifies_in_its_own_ways_only);
	tcase_add_test(tests, a_key_that_signed_in_one_way_signs_in_another);
	tcase_add_test(tests, a_signature_that_is_given_up_leaves_nothing);
	tcase_add_test(tests, algorithm_identifiers_go_there_and_back);
	tcase_add_test(tests, algorithm_identifiers_are_the_octets_of_the_rfc);
	tcase_add_test(tests, algorithm_identifiers_of_other_kinds_are_refused);
	tcase_add_test(tests, a_good_path_is_good_until_its_first_end);
	tcase_add_test(tests, a_path_without_a_trusted_end_is_of_an_unknown_ca);
	tcase_add_test(tests, time_is_the_callers);
	tcase_add_test(tests, paths_against_the_rules_are_refused);
	tcase_add_test(tests, revoked_ones_are_refused_and_crls_are_demanded_or_not);
	tcase_add_test(tests, a_crl_that_is_none_is_told);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
