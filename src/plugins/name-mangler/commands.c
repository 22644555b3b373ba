/* SPDX-License-Identifier: MIT */
/* `crypto ikev2 name-mangler`, its lines, and what shows it. Control thread only. */
#include "mangler.h"

#include <jansson.h>

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

static enum mangle_part part_of(const struct cyg_args *args)
{
	return cyg_args_has(args, "all")      ? MANGLE_ALL
	       : cyg_args_has(args, "domain") ? MANGLE_DOMAIN
	       : cyg_args_has(args, "field")  ? MANGLE_FIELD
	       : cyg_args_has(args, "prefix") ? MANGLE_PREFIX
	       : cyg_args_has(args, "suffix") ? MANGLE_SUFFIX
					      : MANGLE_HOST;
}

APPLY(apply_fqdn)
{
	struct mangler *m = object;

	(void)build;
	m->fqdn = part_of(args);
	return CYG_OK;
}

APPLY(apply_email)
{
	struct mangler *m = object;

	(void)build;
	m->email = part_of(args);
	return CYG_OK;
}

APPLY(apply_dn)
{
	struct mangler *m = object;

	(void)build;
	m->dn = MANGLE_FIELD;
	m->dn_field = dn_field_of(cyg_args_text(args, "field"));
	return CYG_OK;
}

APPLY(apply_eap)
{
	struct mangler *m = object;
	struct cyg_str delimiter = cyg_args_text(args, "delimiter");

	(void)build;
	m->eap = part_of(args);
	m->delimiter = delimiter.len ? delimiter.ptr[0] : '\0';
	if (m->eap == MANGLE_FIELD)
		m->eap_field = dn_field_of(cyg_args_text(args, "field"));
	return CYG_OK;
}

static const struct cyg_mode modes[] = {
	{ .name = MODE_MANGLER, .parent = "global", .prompt = "config-ikev2-name-mangler",
	  .what = "name mangler", .object_size = sizeof(struct mangler) },
	{ 0 },
};

/* --- show --- */

static void show_line(struct cyg_exec *exec, json_t *row, const char *type, enum mangle_part part, const char *word,
		      char delimiter)
{
	char text[80];
	struct cyg_strbuf out = CYG_STRBUF(text);

	if (part == MANGLE_NONE)
		return;
	cyg_strbuf_addf(&out, "%s", word);
	if (delimiter)
		cyg_strbuf_addf(&out, " delimiter %c", delimiter);
	json_object_set_new(row, type, json_string(text));
	if (!cyg_exec_json(exec))
		cyg_exec_printf(exec, " %s : %s\n", type, text);
}

static void show_mangler(struct cyg_exec *exec, struct cyg_str name, const struct mangler *m)
{
	static const char *const words[] = {
		[MANGLE_NONE] = "", [MANGLE_ALL] = "all", [MANGLE_HOST] = "hostname", [MANGLE_DOMAIN] = "domain",
		[MANGLE_FIELD] = "", [MANGLE_PREFIX] = "prefix", [MANGLE_SUFFIX] = "suffix",
	};
	const char *missing = cyg_config_object_missing(m);
	json_t *row = json_object();
	char eap[40];
	struct cyg_strbuf out = CYG_STRBUF(eap);

	if (!row) {
		cyg_exec_row(exec, row);
		return;
	}
	if (!cyg_exec_json(exec))
		cyg_exec_printf(exec, "IKEv2 name mangler: %.*s\n", (int)name.len, name.ptr);
	json_object_set_new(row, "name", json_stringn(name.ptr, name.len));
	show_line(exec, row, "fqdn", m->fqdn, words[m->fqdn], 0);
	show_line(exec, row, "email", m->email, m->email == MANGLE_HOST ? "username" : words[m->email], 0);
	show_line(exec, row, "dn", m->dn, dn_field_text(m->dn_field), 0);
	if (m->eap == MANGLE_FIELD)
		cyg_strbuf_addf(&out, "dn %s", dn_field_text(m->eap_field));
	else
		cyg_strbuf_addf(&out, "%s", words[m->eap]);
	show_line(exec, row, "eap", m->eap, eap, m->delimiter);
	if (missing[0]) {
		json_object_set_new(row, "not-used", json_string(missing));
		if (!cyg_exec_json(exec))
			cyg_exec_printf(exec, " Not used : %s\n", missing);
	}
	cyg_exec_row(exec, row);
}

static enum cyg_status run_show(struct cyg_exec *exec, const struct cyg_args *args)
{
	const struct cyg_config *snapshot = cyg_shard_config(cyg_exec_shard(exec));
	struct cyg_str wanted = cyg_args_text(args, "name"), name;
	const struct mangler *m;
	size_t shown = 0;

	for (uint64_t at = 0; snapshot && (m = cyg_config_next(snapshot, MODE_MANGLER, &at, &name));) {
		if (wanted.len && !cyg_str_equal(wanted, name))
			continue;
		show_mangler(exec, name, m);
		shown++;
	}
	if (wanted.len && !shown) {
		cyg_exec_error(exec, "there is no IKEv2 name mangler '%.*s'",
			       (int)(wanted.len < 64 ? wanted.len : 64), wanted.ptr);
		return CYG_NOT_FOUND;
	}
	return CYG_OK;
}

/* --- The table --- */

static const struct cyg_token_help tokens[] = {
	{ "name-mangler", "Makes names for AAA out of identities" },
	{ "<name>", "Its name" },
	{ "all", "The whole identity" },
	{ "domain", "What stands behind the first dot, or the @" },
	{ "hostname", "What stands before the first dot" },
	{ "username", "What stands before the @" },
	{ "<field>", "A part of the distinguished name" },
	{ "prefix", "What stands before the delimiter" },
	{ "suffix", "What stands behind the delimiter" },
	{ "<delimiter>", "Where the identity is cut, the first time" },
	{ 0 },
};

#define FIELD "<field:choice(common-name|country|domain|locality|organization|organization-unit|state)>"
#define LINE(syntax_, help_, apply_) \
	{ MODE_MANGLER, (syntax_), (help_), .tokens = tokens, .apply = (apply_) }

static const struct cyg_command commands[] = {
	{ "global", "crypto ikev2 name-mangler <name:name>", "Makes names for AAA out of identities.",
	  .tokens = tokens, .enters = MODE_MANGLER },
	LINE("dn " FIELD, "Takes a part of a distinguished name.", apply_dn),
	LINE("eap {all | dn " FIELD " | {prefix | suffix} delimiter <delimiter:choice(.|@|\\)>}",
	     "Takes a part of an EAP identity.", apply_eap),
	LINE("email {all | domain | username}", "Takes a part of a mail address.", apply_email),
	LINE("fqdn {all | domain | hostname}", "Takes a part of a host name.", apply_fqdn),
	{ "exec", "show crypto ikev2 name-mangler [<name:ref(ikev2-name-mangler)>]", "Shows name manglers.", .tokens = tokens,
	  .run = run_show },
	{ 0 },
};

const struct cyg_command_table name_mangler_commands = { .modes = modes, .commands = commands };
