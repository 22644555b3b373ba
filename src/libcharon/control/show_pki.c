/* SPDX-License-Identifier: MIT */
/* show crypto pki trustpoints, certificates: what was read from the trustpoints' files. */
#include "auth/pki.h"
#include "control/exec.h"
#include "control/show.h"
#include "control/state.h"
#include "control/tables.h"
#include "policy/cert_map.h"

#include <time.h>

static const struct cyg_token_help tokens[] = {
	{ "pki", "Certificates" },
	{ "trustpoints", "What each trustpoint can do, and what it lacks" },
	{ "certificates", "The certificates of the trustpoints" },
	{ "<name>", "A trustpoint" },
	{ 0 },
};

#define NAME_TEXT 1024

static const char *name_text(struct cyg_bytes der, char storage[NAME_TEXT])
{
	struct cyg_strbuf out = cyg_strbuf(storage, NAME_TEXT);

	(void)cert_name_text(der, &out);
	return storage;
}

static const char *serial_text(const struct cyg_cert_info *info, char storage[80])
{
	struct cyg_strbuf out = cyg_strbuf(storage, 80);

	cyg_strbuf_add_hex(&out, info->serial);
	return storage;
}

static const char *key_text(enum cyg_key_type key)
{
	static const char *const words[] = { "none", "RSA", "ECDSA", "Ed25519", "Ed448" };

	return (unsigned)key < CYG_COUNT(words) ? words[key] : words[0];
}

static const char *time_text(int64_t at, bool json, char storage[40])
{
	time_t t = (time_t)at;
	struct tm tm;
	size_t len;

	if (!gmtime_r(&t, &tm))
		return "unknown";
	len = json ? strftime(storage, 40, "%Y-%m-%dT%H:%M:%SZ", &tm) :
		     strftime(storage, 40, "%H:%M:%S UTC %b %d %Y", &tm);
	return len ? storage : "unknown";
}

/* Calls `show` for the trustpoint that is named, or for each. */
static enum cyg_status each_point(struct cyg_exec *exec, const struct cyg_args *args,
				  void (*show)(struct cyg_exec *exec, const struct pki_point *point))
{
	const struct daemon *daemon = exec->ctx;
	struct cyg_str wanted = cyg_args_text(args, "name");
	bool shown = false;

	for (size_t i = 0; daemon->pki && i < daemon->pki->count; i++) {
		const struct pki_point *point = daemon->pki->points[i];

		if (wanted.len && !cyg_str_equal(wanted, cyg_str(point->name)))
			continue;
		show(exec, point);
		shown = true;
	}
	if (!wanted.len || shown)
		return CYG_OK;
	cyg_exec_error(exec, "there is no trustpoint '%.*s'", (int)(wanted.len < 64 ? wanted.len : 64), wanted.ptr);
	return CYG_NOT_FOUND;
}

/* --- Trustpoints --- */

static void trustpoint_text(struct cyg_exec *exec, const struct pki_point *point)
{
	const struct cyg_cert_info *own = pki_own(point);
	char name[NAME_TEXT], serial[80];

	cyg_exec_printf(exec, "Trustpoint %s:\n", point->name);
	for (unsigned i = 0; i < point->anchor_count; i++) {
		const struct cyg_cert_info *ca = point->cert->info(point->anchors[i]);

		cyg_exec_printf(exec, "    Subject Name:\n    %s\n          Serial Number (hex): %s\n",
				name_text(ca->subject, name), serial_text(ca, serial));
	}
	if (own)
		cyg_exec_printf(exec, "    Certificate configured: %s\n", name_text(own->subject, name));
	if (point->key)
		cyg_exec_printf(exec, "    Signs by: %s %u bits\n", key_text(point->signer->key_type(point->key)),
				point->signer->key_bits(point->key));
	else
		cyg_exec_printf(exec, "    Cannot sign: %s\n", point->no_sign);
	if (point->store)
		cyg_exec_printf(exec, "    Verifies peers: CRL %s, %s\n", point->revoked_lists ? "loaded" : "not loaded",
				point->crl_required ? "required" : "not required");
	else
		cyg_exec_printf(exec, "    Cannot verify peers: %s\n", point->no_verify);
}

static void show_trustpoint(struct cyg_exec *exec, const struct pki_point *point)
{
	const struct cyg_cert_info *own = pki_own(point);
	char name[NAME_TEXT];
	json_t *row;

	if (!cyg_exec_json(exec)) {
		trustpoint_text(exec, point);
		return;
	}
	row = json_object();
	put_text(&row, "name", point->name);
	put_text(&row, "place", point->place);
	put_flag(&row, "signs", point->key != NULL);
	put_text(&row, "no_sign", point->key ? "" : point->no_sign);
	put_flag(&row, "verifies", point->store != NULL);
	put_text(&row, "no_verify", point->store ? "" : point->no_verify);
	put_text(&row, "key", point->key ? key_text(point->signer->key_type(point->key)) : "");
	put_number(&row, "key_bits", point->key ? point->signer->key_bits(point->key) : 0);
	put_text(&row, "subject", own ? name_text(own->subject, name) : "");
	put_number(&row, "authorities", point->anchor_count);
	put_flag(&row, "crl", point->revoked_lists > 0);
	put_flag(&row, "crl_required", point->crl_required);
	cyg_exec_row(exec, row);
}

static enum cyg_status run_trustpoints(struct cyg_exec *exec, const struct cyg_args *args)
{
	return each_point(exec, args, show_trustpoint);
}

/* --- Certificates --- */

static void certificate_text(struct cyg_exec *exec, const struct pki_point *point, const struct cyg_cert_info *info,
			     const char *title)
{
	char name[NAME_TEXT], serial[80], when[40];

	cyg_exec_printf(exec, "%s\n  Status: Available\n  Certificate Serial Number (hex): %s\n", title,
			serial_text(info, serial));
	cyg_exec_printf(exec, "  Key: %s %u bits\n", key_text(info->key), info->key_bits);
	cyg_exec_printf(exec, "  Issuer:\n    %s\n", name_text(info->issuer, name));
	cyg_exec_printf(exec, "  Subject:\n    %s\n", name_text(info->subject, name));
	for (unsigned i = 0; i < info->name_count; i++) {
		struct cyg_identity *id;
		struct cyg_strbuf out = CYG_STRBUF(name);

		if (cyg_identity_new(info->names[i].type, info->names[i].octets, &id) != CYG_OK)
			continue;
		cyg_identity_text(id, &out);
		cyg_exec_printf(exec, "    Name: %s %s\n", cyg_identity_type_text(id->type), name);
		cyg_identity_unref(id);
	}
	cyg_exec_printf(exec, "  Validity Date:\n    start date: %s\n", time_text(info->not_before, false, when));
	cyg_exec_printf(exec, "    end   date: %s\n", time_text(info->not_after, false, when));
	cyg_exec_printf(exec, "  Associated Trustpoints: %s\n\n", point->name);
}

static json_t *names_json(const struct cyg_cert_info *info)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < info->name_count; i++) {
		struct cyg_identity *id;
		char text[NAME_TEXT];
		struct cyg_strbuf out = CYG_STRBUF(text);

		if (cyg_identity_new(info->names[i].type, info->names[i].octets, &id) != CYG_OK)
			continue;
		cyg_identity_text(id, &out);
		cyg_identity_unref(id);
		if (json_array_append_new(list, json_string(text))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static void show_one(struct cyg_exec *exec, const struct pki_point *point, struct cyg_cert *cert, const char *kind,
		     const char *title)
{
	const struct cyg_cert_info *info = point->cert->info(cert);
	char name[NAME_TEXT], serial[80], when[40];
	json_t *row;

	if (!cyg_exec_json(exec)) {
		certificate_text(exec, point, info, title);
		return;
	}
	row = json_object();
	put_text(&row, "trustpoint", point->name);
	put_text(&row, "kind", kind);
	put_text(&row, "subject", name_text(info->subject, name));
	put_text(&row, "issuer", name_text(info->issuer, name));
	put_text(&row, "serial", serial_text(info, serial));
	put_text(&row, "key", key_text(info->key));
	put_number(&row, "key_bits", info->key_bits);
	put_text(&row, "not_before", time_text(info->not_before, true, when));
	put_text(&row, "not_after", time_text(info->not_after, true, when));
	put_json(&row, "names", names_json(info));
	cyg_exec_row(exec, row);
}

static void show_certificates(struct cyg_exec *exec, const struct pki_point *point)
{
	for (unsigned i = 0; i < point->chain_count; i++)
		show_one(exec, point, point->chain[i], i ? "intermediate" : "own",
			 i ? "Intermediate Certificate" : "Certificate");
	for (unsigned i = 0; i < point->anchor_count; i++)
		show_one(exec, point, point->anchors[i], "ca", "CA Certificate");
}

static enum cyg_status run_certificates(struct cyg_exec *exec, const struct cyg_args *args)
{
	return each_point(exec, args, show_certificates);
}

static const struct cyg_command commands[] = {
	{ "exec", "show crypto pki trustpoints [<name:ref(pki-trustpoint)>]", "Shows what each trustpoint can do.", tokens,
	  .run = run_trustpoints },
	{ "exec", "show crypto pki certificates [<name:ref(pki-trustpoint)>]", "Shows the certificates of the trustpoints.", tokens,
	  .run = run_certificates },
	{ 0 },
};

const struct cyg_command_table control_pki_commands = { .commands = commands };
