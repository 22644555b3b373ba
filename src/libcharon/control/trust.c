/* SPDX-License-Identifier: MIT */
#include "control/trust.h"

#include "base/table.h"
#include "control/text_file.h"

#include <cygnet/broker.h>
#include <cygnet/log.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum slot { SLOT_CA, SLOT_CERT, SLOT_KEY, SLOT_BUNDLE, SLOT_CRL, SLOT_PASSPHRASE, SLOTS };

/* In the order in which they are looked for; the first that is there fills its slot. */
static const struct {
	enum slot slot;
	bool label;             /* in the folder of the keys, under the label of the trustpoint's key */
	const char *name;
} files[] = {
	{ SLOT_CA, false, "ca.pem" },	  { SLOT_CA, false, "ca.der" },
	{ SLOT_CERT, false, "cert.pem" }, { SLOT_CERT, false, "cert.der" },
	{ SLOT_KEY, true, ".pem" },	  { SLOT_KEY, true, ".der" },
	{ SLOT_KEY, false, "key.pem" },	  { SLOT_KEY, false, "key.der" },
	{ SLOT_BUNDLE, false, "bundle.p12" },
	{ SLOT_CRL, false, "crl.pem" },	  { SLOT_CRL, false, "crl.der" },
	{ SLOT_PASSPHRASE, false, "passphrase" },
};

struct loading {
	struct daemon *daemon;
	struct cyg_config *config; /* counted */
	const struct config_view *view;
	struct pki *pki;
	size_t point;              /* the trustpoint at hand */
	unsigned file;
	char *octets[SLOTS];
	size_t len[SLOTS];
	bool again, kept;          /* all files anew; nothing was new so far */
	struct cyg_op op;
	struct cyg_broker_reply reply;
	void (*done)(struct daemon *daemon, struct pki *take_pki, void *ctx);
	void *ctx;
};

static void forget_files(struct loading *load)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (load->octets[i])
			cyg_wipe(load->octets[i], load->len[i]);
		free(load->octets[i]);
		load->octets[i] = NULL;
		load->len[i] = 0;
	}
}

static void end(struct loading *load, struct pki *take_pki)
{
	struct daemon *daemon = load->daemon;
	void (*done)(struct daemon *daemon, struct pki *take_pki, void *ctx) = load->done;
	void *ctx = load->ctx;

	forget_files(load);
	if (take_pki != load->pki)
		pki_unref(load->pki);
	config_unref(load->config);
	free(load);
	done(daemon, take_pki, ctx);
}

/* --- One trustpoint --- */

/* Of the files' octets and of what the configuration says of them. */
static uint64_t print_of(const struct loading *load, const struct config_trustpoint *t)
{
	uint64_t seed[2] = { load->daemon->trust_seed[0], load->daemon->trust_seed[1] };

	for (unsigned i = 0; i < SLOTS; i++) {
		seed[0] = table_hash(seed, cyg_bytes(load->octets[i], load->len[i]));
		seed[1] ^= load->len[i] + i;
	}
	seed[0] = table_hash(seed, cyg_bytes(t->revocation, t->revocation_count * sizeof(t->revocation[0])));
	seed[0] = table_hash(seed, cyg_bytes(t->key_label, strlen(t->key_label)));
	return table_hash(seed, cyg_bytes(&t->key_ec, sizeof(t->key_ec)));
}

static struct cyg_bytes slot(const struct loading *load, enum slot n)
{
	return cyg_bytes(load->octets[n], load->len[n]);
}

/* The first line. */
static enum cyg_status read_passphrase(const struct loading *load, struct cyg_secret *out)
{
	struct cyg_str text = cyg_str_n(load->octets[SLOT_PASSPHRASE], load->len[SLOT_PASSPHRASE]);
	size_t len = text.len ? cyg_str_span_until(text, "\r\n") : 0;

	return len ? cyg_secret_copy(out, cyg_bytes(text.ptr, len)) : CYG_OK;
}

static enum cyg_status add_point(struct loading *load)
{
	const struct config_trustpoint *trustpoint = load->view->trustpoints[load->point];
	const struct pki *before = load->daemon->pki;
	struct pki_point *old = pki_find(before, trustpoint->head.name);
	uint64_t print = print_of(load, trustpoint);
	struct cyg_secret passphrase = { 0 };
	struct pki_files given = { .ca = slot(load, SLOT_CA), .cert = slot(load, SLOT_CERT),
				   .key = slot(load, SLOT_KEY), .bundle = slot(load, SLOT_BUNDLE),
				   .crl = slot(load, SLOT_CRL) };
	enum cyg_status status;

	if (old && old->print == print && before->cert == load->pki->cert && before->signer == load->pki->signer) {
		pki_add_kept(load->pki, old);
		return CYG_OK;
	}
	load->kept = false;
	status = read_passphrase(load, &passphrase);
	if (passphrase.len)
		given.passphrase = &passphrase;
	if (status == CYG_OK)
		status = pki_add(load->pki, trustpoint, &given);
	if (status == CYG_OK)
		load->pki->points[load->pki->count - 1]->print = print;
	cyg_secret_done(&passphrase);
	return status;
}

/* --- Files --- */

/* False: there is no such file for this trustpoint. */
static bool file_name(const struct loading *load, char name[CYG_BROKER_NAME_MAX])
{
	const struct config_trustpoint *trustpoint = load->view->trustpoints[load->point];
	const char *label = trustpoint->key_label;

	if (load->octets[files[load->file].slot])
		return false;
	if (!files[load->file].label) {
		snprintf(name, CYG_BROKER_NAME_MAX, "pki/%s/%s", trustpoint->head.name, files[load->file].name);
		return true;
	}
	if (!label[0] || label[0] == '.' || strchr(label, '/'))
		return false;
	snprintf(name, CYG_BROKER_NAME_MAX, "pki/keys/%s%s", label, files[load->file].name);
	return true;
}

static void take_fd(struct loading *load, const char *name, int fd)
{
	enum slot n = files[load->file].slot;
	enum cyg_status status = text_file_read_fd(fd, &load->octets[n], &load->len[n]);
	int error = errno;

	close(fd);
	if (status == CYG_OK)
		return;
	load->octets[n] = NULL;
	load->len[n] = 0;
	cyg_log(CYG_LOG_ERROR, "trust.unread", "{file} cannot be read: {why}", F_STR("file", name),
		F_STR("why", status == CYG_IO ? strerror(error) : cyg_status_text(status)));
}

static void opened(struct loading *load, const char *name, enum cyg_status status)
{
	if (status == CYG_OK) {
		take_fd(load, name, load->reply.fd);
		load->reply.fd = -1;
	} else if (status != CYG_NOT_FOUND) {
		cyg_log(CYG_LOG_ERROR, "trust.unread", "{file} cannot be read: {why}", F_STR("file", name),
			F_STR("why", load->reply.text[0] ? load->reply.text : cyg_status_text(status)));
	}
}

static void go(struct loading *load);

static void on_opened(struct cyg_op *op, enum cyg_status status)
{
	struct loading *load = CYG_CONTAINER(op, struct loading, op);
	char name[CYG_BROKER_NAME_MAX];

	if (file_name(load, name))
		opened(load, name, status);
	load->file++;
	go(load);
}

/* Without a starter: what we may read ourselves. */
static void open_here(struct loading *load, const char *name)
{
	char path[PATHS_LEN];
	enum slot n = files[load->file].slot;
	enum cyg_status status = paths_join(path, load->daemon->paths.etc, name);

	if (status == CYG_OK)
		status = text_file_read(path, &load->octets[n], &load->len[n]);
	if (status == CYG_OK)
		return;
	load->octets[n] = NULL;
	load->len[n] = 0;
	if (status != CYG_NOT_FOUND && errno != ENOTDIR)
		cyg_log(CYG_LOG_ERROR, "trust.unread", "{file} cannot be read: {why}", F_STR("file", path),
			F_STR("why", status == CYG_IO ? strerror(errno) : cyg_status_text(status)));
}

/* All files of the trustpoint at hand. CYG_PENDING: one is being opened. */
static enum cyg_status read_files(struct loading *load)
{
	for (; load->file < CYG_COUNT(files); load->file++) {
		struct cyg_broker_request request = { .verb = CYG_BROKER_FILE_OPEN, .fd = -1 };
		enum cyg_status status;

		if (!file_name(load, request.name))
			continue;
		load->reply = (struct cyg_broker_reply){ .fd = -1 };
		cyg_op_init(&load->op, load->daemon->control, on_opened);
		status = cyg_broker_call(load->daemon->control, &request, &load->reply, &load->op);
		if (status == CYG_PENDING)
			return status;
		if (status == CYG_UNSUPPORTED)
			open_here(load, request.name);
		else
			opened(load, request.name, status);
	}
	return CYG_OK;
}

/* The one that was in force, if nothing about it changed; its files are not looked at. */
static struct pki_point *unchanged(const struct loading *load)
{
	const struct config_trustpoint *now = load->view->trustpoints[load->point];
	const struct config_view *before = load->daemon->config ? config_view(load->daemon->config) : NULL;
	const struct pki *pki = load->daemon->pki;

	if (load->again || !before || !pki || pki->cert != load->pki->cert || pki->signer != load->pki->signer)
		return NULL;
	for (size_t i = 0; i < before->trustpoint_count; i++) {
		if (before->trustpoints[i] == now || (strcmp(before->trustpoints[i]->head.name, now->head.name) == 0 &&
						      cyg_config_object_same(before->trustpoints[i], now)))
			return pki_find(pki, now->head.name);
	}
	return NULL;
}

static void go(struct loading *load)
{
	struct pki *before = load->daemon->pki;

	for (; load->point < load->view->trustpoint_count; load->point++) {
		struct pki_point *old = unchanged(load);

		if (old) {
			pki_add_kept(load->pki, old);
			continue;
		}
		if (read_files(load) == CYG_PENDING)
			return;
		if (add_point(load) != CYG_OK) {
			end(load, NULL);
			return;
		}
		forget_files(load);
		load->file = 0;
	}
	/* The very same: caches of what was verified by it stay good. */
	if (load->kept && before && before->count == load->pki->count && before->cert == load->pki->cert &&
	    before->signer == load->pki->signer)
		end(load, pki_ref(before));
	else
		end(load, load->pki);
}

void trust_load(struct daemon *daemon, struct cyg_config *config,
		void (*done)(struct daemon *daemon, struct pki *take_pki, void *ctx), void *ctx)
{
	struct loading *load = calloc(1, sizeof(*load));
	const struct config_view *view = config_view(config);

	if (load)
		load->pki = pki_new(daemon->control, view->trustpoint_count);
	if (!load || !load->pki) {
		free(load);
		done(daemon, NULL, ctx);
		return;
	}
	if (!daemon->trust_seed[0])
		cyg_shard_random(daemon->control, daemon->trust_seed, sizeof(daemon->trust_seed));
	load->daemon = daemon;
	load->config = config_ref(config);
	load->view = view;
	load->again = daemon->trust_stale;
	load->kept = true;
	load->done = done;
	load->ctx = ctx;
	daemon->trust_stale = false;
	go(load);
}

/* --- What is wrong --- */

#define SOON_S (30 * 24 * 3600)

struct judging {
	int64_t now;
	void (*tell)(void *ctx, enum trust_problem problem, const struct pki_point *point, const char *place,
		     const char *text);
	void *ctx;
};

static void CYG_PRINTF(4, 5) unsuitable(const struct judging *j, const struct pki_point *point, const char *place,
					const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	j->tell(j->ctx, TRUST_UNSUITABLE, point, place, text);
}

static const char *day(int64_t at, char storage[16])
{
	time_t t = (time_t)at;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(storage, 16, "%Y-%m-%d", &tm))
		return "?";
	return storage;
}

/* Our certificate, as the peers will see it. */
static void judge_own(const struct judging *j, const struct pki_point *point, const struct config_profile *profile)
{
	const struct cyg_cert_info *own = pki_own(point);
	char when[16];

	if (!own)
		return;
	if (j->now < own->not_before)
		unsuitable(j, point, point->place, "its certificate is not valid before %s: set the time, or replace it",
			   day(own->not_before, when));
	else if (j->now >= own->not_after)
		unsuitable(j, point, point->place, "its certificate expired on %s: replace pki/%s/cert.pem",
			   day(own->not_after, when), point->name);
	else if (own->not_after - j->now < SOON_S)
		unsuitable(j, point, point->place, "its certificate expires on %s: replace pki/%s/cert.pem before",
			   day(own->not_after, when), point->name);
	if (own->key == CYG_KEY_RSA && own->key_bits < 2048)
		unsuitable(j, point, point->place, "its RSA key has %u bits, which peers refuse: 2048 or more",
			   own->key_bits);
	if (!profile->virtual_template)
		return;
	if (!(own->eku & (CYG_EKU_SERVER | CYG_EKU_ANY)))
		unsuitable(j, point, profile->head.place,
			   "its certificate lacks the extended key usage serverAuth, which Windows and AnyConnect demand");
	if (!own->name_count)
		unsuitable(j, point, profile->head.place,
			   "its certificate has no subjectAltName with the name or address that clients dial");
}

void trust_judge(const struct config_view *view, const struct pki *pki, int64_t now,
		 void (*tell)(void *ctx, enum trust_problem problem, const struct pki_point *point, const char *place,
			      const char *text),
		 void *ctx)
{
	const struct judging j = { now, tell, ctx };

	for (size_t i = 0; pki && i < pki->count; i++) {
		const struct pki_point *point = pki->points[i];
		bool sign = false, verify = false;

		for (size_t p = 0; p < view->profile_count; p++) {
			const struct config_profile *profile = view->profiles[p];

			for (unsigned k = 0; k < profile->trustpoint_count; k++) {
				bool signs = profile->auth_local == AUTH_RSA_SIG || profile->auth_local == AUTH_ECDSA_SIG;

				if (strcmp(profile->trustpoint[k].name, point->name) != 0)
					continue;
				verify |= profile->trustpoint[k].verify &&
					  (profile->auth_remote & (AUTH_RSA_SIG | AUTH_ECDSA_SIG));
				if (!profile->trustpoint[k].sign || !signs || sign)
					continue;
				sign = true;
				judge_own(&j, point, profile);
			}
		}
		if (sign && !point->key)
			tell(ctx, TRUST_NO_SIGN, point, point->place, point->no_sign);
		if (verify && !point->store)
			tell(ctx, TRUST_NO_VERIFY, point, point->place, point->no_verify);
		if (verify && point->store && point->crl_required && !point->revoked_lists) {
			char text[192];

			snprintf(text, sizeof(text),
				 "it demands a CRL and has none, so it refuses every peer: pki/%s/crl.pem, or "
				 "revocation-check crl none", point->name);
			tell(ctx, TRUST_NO_VERIFY, point, point->place, text);
		}
	}
}

static void log_problem(void *ctx, enum trust_problem problem, const struct pki_point *point, const char *place,
			const char *text)
{
	static const char *const words[] = { "cannot sign", "cannot verify peers", "is unsuitable" };

	cyg_log(problem == TRUST_UNSUITABLE ? CYG_LOG_WARNING : CYG_LOG_ERROR, "trust.problem",
		"{place}: trustpoint {trustpoint} {what}: {why}", F_STR("place", place),
		F_STR("trustpoint", point->name), F_STR("what", words[problem]), F_STR("why", text));
}

void trust_log(const struct config_view *view, const struct pki *pki, int64_t now)
{
	trust_judge(view, pki, now, log_problem, NULL);
}
