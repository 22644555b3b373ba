/* SPDX-License-Identifier: MIT */
/*
 * Trustpoints and certificate maps. What is in a trustpoint's files is no question of the text: they are
 * read when a configuration comes into force (auth/pki.h).
 */
#include "config/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

/* --- Trustpoints --- */

APPLY(apply_enrollment)
{
	struct config_trustpoint *t = object;
	struct cyg_strbuf out = CYG_STRBUF(t->url);

	t->enrollment = cyg_args_has(args, "url")	   ? ENROLLMENT_URL
			: cyg_args_has(args, "selfsigned") ? ENROLLMENT_SELFSIGNED
			: cyg_args_has(args, "pkcs12")	   ? ENROLLMENT_PKCS12
							   : ENROLLMENT_TERMINAL;
	if (t->enrollment != ENROLLMENT_URL)
		return CYG_OK;
	/* An URL that blanks broke is joined. */
	for (size_t i = 0; i < cyg_args_count(args, "url"); i++) {
		cyg_strbuf_add(&out, cyg_args_nth(args, "url", i));
		if (out.cut) {
			cyg_build_at(build, args, "url", i);
			cyg_build_error(build, "range", "this URL is longer than %zu octets",
					sizeof(t->url) - 1);
			return CYG_OK;
		}
	}
	if (cyg_args_count(args, "url") > 1) {
		cyg_build_at(build, args, "url", 1);
		cyg_build_warning(build, "spelling", "taken as `enrollment url %s`", t->url);
	}
	return CYG_OK;
}

APPLY(apply_revocation)
{
	struct config_trustpoint *t = object;

	t->revocation_count = 0;
	for (size_t i = 0; i < cyg_args_count(args, "how"); i++) {
		struct cyg_str word = cyg_args_nth(args, "how", i);
		enum revocation_kind kind = cyg_str_equal(word, CYG_STR("none"))  ? REVOCATION_NONE
					    : cyg_str_equal(word, CYG_STR("crl")) ? REVOCATION_CRL
										  : REVOCATION_OCSP;

		if (t->revocation_count == CONFIG_REVOCATION_MAX) {
			cyg_build_at(build, args, "how", i);
			cyg_build_error(build, "range", "at most %d methods are tried",
					CONFIG_REVOCATION_MAX);
			return CYG_OK;
		}
		t->revocation[t->revocation_count++] = kind;
		if (kind == REVOCATION_NONE) {
			cyg_build_at(build, args, "how", i);
			cyg_build_warning(build, "insecure", i ?
					  "a revoked certificate is taken while no method above answers" :
					  "a revoked certificate is taken");
		}
	}
	return CYG_OK;
}

APPLY(apply_key)
{
	struct config_trustpoint *t = object;

	core_text(build, args, "label", t->key_label, sizeof(t->key_label));
	t->key_ec = cyg_args_has(args, "eckeypair");
	t->key_bits = (uint32_t)cyg_args_uint(args, "bits", 0);
	if (t->key_bits && t->key_bits < 2048) {
		cyg_build_at(build, args, "bits", 0);
		cyg_build_warning(build, "weak-algorithm", "%u bits are few: 2048 or more", t->key_bits);
	}
	return CYG_OK;
}

APPLY(apply_trust_name)
{
	struct config_trustpoint *t = object;

	if (cyg_args_has(args, "subject-name"))
		core_text(build, args, "dn", t->subject, sizeof(t->subject));
	else
		core_text(build, args, "name", t->fqdn, sizeof(t->fqdn));
	return CYG_OK;
}

/* The sequences of a map, in their order. */
static enum cyg_status take_map(struct cyg_build *build, struct cyg_str name, struct config_cert_map_use *out)
{
	const void *entries[CONFIG_CERT_MAP_ENTRIES_MAX];
	size_t count = cyg_build_sequence(build, MODE_CERT_MAP, name, entries, CYG_COUNT(entries));
	struct cyg_strbuf text = CYG_STRBUF(out->name);

	cyg_strbuf_add(&text, name);
	if (count > CYG_COUNT(entries)) {
		cyg_build_error(build, "range", "a certificate map has at most %d sequences",
				CONFIG_CERT_MAP_ENTRIES_MAX);
		count = CYG_COUNT(entries);
	}
	out->entries = calloc(count ? count : 1, sizeof(*out->entries));
	if (!out->entries)
		return CYG_NOMEM;
	for (size_t i = 0; i < count; i++) {
		if (entries[i])
			out->entries[out->entry_count++] = entries[i];
	}
	return CYG_OK;
}

enum cyg_status core_take_map(struct cyg_build *build, const struct cyg_args *args,
			      struct config_cert_map_use *uses, unsigned *count)
{
	enum cyg_status status;

	if (*count == CONFIG_CERT_MAPS_MAX) {
		cyg_build_error(build, "range", "there are at most %d of these lines", CONFIG_CERT_MAPS_MAX);
		return CYG_OK;
	}
	status = take_map(build, cyg_args_text(args, "map"), &uses[*count]);
	if (status == CYG_OK)
		(*count)++;
	return status;
}

void core_free_maps(struct config_cert_map_use *uses, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		free((void *)uses[i].entries);
}

APPLY(apply_trust_map)
{
	struct config_trustpoint *t = object;

	return core_take_map(build, args, t->maps, &t->map_count);
}

static void check_trustpoint(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_trustpoint *t = object;

	(void)name;
	/* The names of files in a folder of that name. */
	core_finish(build, &t->head, "",
		    strchr(t->head.name, '/') || t->head.name[0] == '.'
			    ? "its name cannot be that of a folder: no `/`, and no dot at its beginning"
			    : "");
}

static void done_trustpoint(void *object)
{
	struct config_trustpoint *t = object;

	core_free_maps(t->maps, t->map_count);
}

/* --- Certificate maps --- */

static enum cert_map_test test_of(const struct cyg_args *args)
{
	return cyg_args_has(args, "eq")	  ? CERT_MAP_EQ
	       : cyg_args_has(args, "ne") ? CERT_MAP_NE
	       : cyg_args_has(args, "co") ? CERT_MAP_CO
	       : cyg_args_has(args, "nc") ? CERT_MAP_NC
	       : cyg_args_has(args, "lt") ? CERT_MAP_LT
					  : CERT_MAP_GE;
}

static struct cert_map_rule *new_rule(struct cyg_build *build, struct config_cert_map *map,
				      const struct cyg_args *args)
{
	struct cert_map_rule *rule = &map->rule[map->rule_count];

	if (map->rule_count == CONFIG_CERT_MAP_RULES_MAX) {
		cyg_build_error(build, "range", "a sequence has at most %d lines", CONFIG_CERT_MAP_RULES_MAX);
		return NULL;
	}
	rule->test = test_of(args);
	map->rule_count++;
	return rule;
}

APPLY(apply_rule_text)
{
	static const struct { const char *word; enum cert_map_field field; } fields[] = {
		{ "subject-name", CERT_MAP_SUBJECT },
		{ "issuer-name", CERT_MAP_ISSUER },
		{ "alt-subject-name", CERT_MAP_ALT_NAME },
		{ "unstructured-subject-name", CERT_MAP_UNSTRUCTURED },
		{ "name", CERT_MAP_NAME },
		{ "serial-number", CERT_MAP_SERIAL },
	};
	struct cert_map_rule *rule = new_rule(build, object, args);

	if (!rule)
		return CYG_OK;
	for (size_t i = 0; i < CYG_COUNT(fields); i++) {
		if (cyg_args_has(args, fields[i].word))
			rule->field = fields[i].field;
	}
	core_text(build, args, "value", rule->text, sizeof(rule->text));
	return CYG_OK;
}

/* "Jan 02 2030 12:00:00" and "02 01 2030 12:00:00" as routers have them, the time first, or no time: UTC. */
static bool read_time(const char *text, int64_t *out)
{
	static const char *const forms[] = { "%b %d %Y %H:%M:%S", "%d %m %Y %H:%M:%S", "%b %d %Y %H:%M",
					     "%H:%M:%S %b %d %Y", "%H:%M %b %d %Y", "%b %d %Y",
					     "%H:%M:%S %d %b %Y", "%d %b %Y", "%Y-%m-%d" };

	for (size_t i = 0; i < CYG_COUNT(forms); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);
		time_t at;

		if (!end || *end)
			continue;
		at = timegm(&tm);
		if (at < 0)
			continue;
		*out = at;
		return true;
	}
	return false;
}

APPLY(apply_rule_time)
{
	struct cert_map_rule *rule = new_rule(build, object, args);

	if (!rule)
		return CYG_OK;
	rule->field = cyg_args_has(args, "valid-start") ? CERT_MAP_VALID_START : CERT_MAP_EXPIRES_ON;
	core_text(build, args, "time", rule->text, sizeof(rule->text));
	if (!read_time(rule->text, &rule->time)) {
		cyg_build_at(build, args, "time", 0);
		cyg_build_error(build, "syntax", "'%.40s' is no time; expected: Mon DD YYYY HH:MM:SS", rule->text);
	}
	return CYG_OK;
}

static void check_map(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_cert_map *map = object;

	(void)name;
	core_finish(build, &map->head, map->rule_count ? "" : "a criterion, as `subject-name co TEXT`", "");
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_TRUSTPOINT, .parent = MODE_GLOBAL, .prompt = "ca-trustpoint", .what = "trustpoint",
	  .object_size = sizeof(struct config_trustpoint), .init = core_init, .check = check_trustpoint,
	  .done = done_trustpoint },
	{ .name = MODE_CERT_MAP, .parent = MODE_GLOBAL, .prompt = "ca-certificate-map",
	  .what = "certificate map", .object_size = sizeof(struct config_cert_map), .sequence = true,
	  .init = core_init, .check = check_map },
	{ 0 },
};

#define RULE(field_, help_) \
	{ MODE_CERT_MAP, field_ " {eq | ne | co | nc} <value:line>", help_, .flags = CYG_CMD_LIST, \
	  .apply = apply_rule_text }
#define TIME(field_, help_) \
	{ MODE_CERT_MAP, field_ " {eq | ne | lt | ge} <time:line>", help_, .flags = CYG_CMD_LIST, \
	  .apply = apply_rule_time }

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "crypto pki trustpoint <name:name>",
	  "Opens a trustpoint: a CA, our certificate of it, and the key.", .enters = MODE_TRUSTPOINT },
	{ MODE_GLOBAL, "crypto ca trustpoint <name:name>", "", .flags = CYG_CMD_WEAK, .spelling = "crypto pki trustpoint <name>" },
	{ MODE_TRUSTPOINT, "enrollment {url <url:word>... | terminal [pem] | selfsigned | pkcs12}",
	  "Says where our certificate comes from.", .idle = "url", .flags = CYG_CMD_IDLE, .apply = apply_enrollment },
	{ MODE_TRUSTPOINT, "enrollment {mode ra | retry {count <count:uint(1-100)> | period <minutes:uint(1-60)>}}",
	  "Sets how enrollment goes on.", .flags = CYG_CMD_LIST | CYG_CMD_IDLE },
	{ MODE_TRUSTPOINT, "revocation-check <how:choice(none|crl|ocsp)>...",
	  "Sets how revoked certificates are found, tried in this order.", .def = "revocation-check crl",
	  .apply = apply_revocation },
	{ MODE_TRUSTPOINT, "subject-name <dn:line>", "Sets the name in our certificate.",
	  .apply = apply_trust_name },
	{ MODE_TRUSTPOINT, "fqdn {none | <name:word>}", "Sets the host name in our certificate.",
	  .apply = apply_trust_name },
	{ MODE_TRUSTPOINT, "ip-address {none | <address:ip> | <interface:interface>}",
	  "Sets the address in our certificate.", .flags = CYG_CMD_IDLE },
	{ MODE_TRUSTPOINT, "serial-number [none]", "Puts a serial number into our certificate or leaves it out.", .flags = CYG_CMD_IDLE },
	{ MODE_TRUSTPOINT, "rsakeypair <label:name> [<bits:uint(360-8192)>]", "Names our RSA key.",
	  .apply = apply_key },
	{ MODE_TRUSTPOINT, "eckeypair <label:name>", "Names our elliptic-curve key.", .apply = apply_key },
	{ MODE_TRUSTPOINT, "chain-validation [stop | continue [<parent:name>]]",
	  "Sets how far a chain is validated.", .flags = CYG_CMD_IDLE },
	{ MODE_TRUSTPOINT, "match certificate <map:ref(" MODE_CERT_MAP ")>",
	  "Serves certificates that this map matches.", .flags = CYG_CMD_LIST, .apply = apply_trust_map },
	{ MODE_TRUSTPOINT, "description <text:line>", "Says what it is for." },
	{ MODE_GLOBAL, "crypto pki certificate map <name:name> <number:uint(1-65535)>",
	  "Opens one sequence of a certificate map.", .key = "name,number", .enters = MODE_CERT_MAP },
	{ MODE_GLOBAL, "crypto ca certificate map <name:name> <number:uint(1-65535)>", "", .flags = CYG_CMD_WEAK,
	  .spelling = "crypto pki certificate map <name> <number>" },
	RULE("subject-name", "Looks at the subject."),
	RULE("issuer-name", "Looks at the issuer."),
	RULE("alt-subject-name", "Looks at the alternative names."),
	RULE("unstructured-subject-name", "Looks at the subject's unstructured name."),
	RULE("name", "Looks at all names of the subject."),
	RULE("serial-number", "Looks at the serial number."),
	TIME("valid-start", "Looks at the beginning of validity."),
	TIME("expires-on", "Looks at the end of validity."),
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_pki_commands = { .modes = modes, .commands = commands,
						     .next = &core_profile_commands };
