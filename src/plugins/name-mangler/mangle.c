/* SPDX-License-Identifier: MIT */
/*
 * From an identity to a name. All octets are a peer's: a part with control characters in it, or without any, is no
 * name, and a name is never cut.
 */
#include "mangler.h"

#define DN_VALUES_MAX 32

static const struct {
	const char *word;     /* in the command language */
	const char *names[2]; /* in a DN */
} fields[DN_FIELDS] = {
	[DN_COMMON_NAME] = { "common-name", { "cn", NULL } },
	[DN_COUNTRY] = { "country", { "c", NULL } },
	[DN_DOMAIN] = { "domain", { "dc", NULL } },
	[DN_LOCALITY] = { "locality", { "l", NULL } },
	[DN_ORGANIZATION] = { "organization", { "o", NULL } },
	[DN_UNIT] = { "organization-unit", { "ou", NULL } },
	[DN_STATE] = { "state", { "st", "s" } },
};

const char *dn_field_text(enum dn_field field)
{
	return fields[field].word;
}

enum dn_field dn_field_of(struct cyg_str word)
{
	unsigned field = 0;

	while (field < DN_FIELDS && !cyg_str_equal(word, cyg_str(fields[field].word)))
		field++;
	return (enum dn_field)field;
}

/* --- Parts of a DN --- */

/* The values of one field in the order in which they were found. */
struct values {
	enum dn_field field;
	unsigned count;
	struct cyg_bytes value[DN_VALUES_MAX];
};

static void take(struct values *values, struct cyg_str name, struct cyg_bytes value)
{
	for (unsigned i = 0; i < 2; i++) {
		const char *wanted = fields[values->field].names[i];

		if (wanted && cyg_str_equal_nocase(name, cyg_str(wanted)) && values->count < DN_VALUES_MAX)
			values->value[values->count++] = value;
	}
}

static void take_attribute(void *ctx, const char *name, struct cyg_bytes value)
{
	take(ctx, cyg_str(name), value);
}

static bool add_name(struct cyg_bytes octets, struct cyg_strbuf *out)
{
	for (size_t i = 0; i < octets.len; i++) {
		if (octets.ptr[i] < 0x20 || octets.ptr[i] == 0x7f)
			return false;
	}
	cyg_strbuf_add(out, cyg_str_n((const char *)octets.ptr, octets.len));
	return octets.len > 0 && !out->cut;
}

/* `most_specific_first`: the order of the values. Domain components make a domain, whichever way they came. */
static bool add_field(const struct values *values, bool most_specific_first, struct cyg_strbuf *out)
{
	if (values->count == 0)
		return false;
	if (values->field != DN_DOMAIN)
		return add_name(values->value[most_specific_first ? 0 : values->count - 1], out);
	for (unsigned i = 0; i < values->count; i++) {
		if (i)
			cyg_strbuf_add(out, CYG_STR("."));
		if (!add_name(values->value[most_specific_first ? i : values->count - 1 - i], out))
			return false;
	}
	return true;
}

/* DER: the least specific attribute is first. */
static bool add_of_name(struct cyg_bytes der, enum dn_field field, struct cyg_strbuf *out)
{
	struct values values = { .field = field };

	return cyg_dn_each(der, take_attribute, &values) == CYG_OK && add_field(&values, false, out);
}

static struct cyg_str trim(struct cyg_str s)
{
	while (s.len && s.ptr[0] == ' ')
		s = cyg_str_tail(s, 1);
	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	return s;
}

/* Text, as in "CN=r1,OU=Eng,DC=example,DC=com": the most specific attribute is first (RFC 4514). */
static bool add_of_text(struct cyg_str text, enum dn_field field, struct cyg_strbuf *out)
{
	struct values values = { .field = field };

	while (text.len) {
		struct cyg_str part = cyg_str_head(text, cyg_str_span_until(text, ",+")), value;
		size_t equals = cyg_str_span_until(part, "=");

		text = cyg_str_tail(text, part.len + 1);
		if (equals == part.len)
			return false;
		value = trim(cyg_str_tail(part, equals + 1));
		take(&values, trim(cyg_str_head(part, equals)), cyg_bytes(value.ptr, value.len));
	}
	return add_field(&values, true, out);
}

/* --- Parts of other names --- */

static size_t find_first(struct cyg_bytes octets, char what)
{
	const uint8_t *at = octets.len ? memchr(octets.ptr, what, octets.len) : NULL;

	return at ? (size_t)(at - octets.ptr) : SIZE_MAX;
}

static size_t find_last(struct cyg_bytes octets, char what)
{
	size_t i = octets.len;

	while (i > 0) {
		if (octets.ptr[--i] == (uint8_t)what)
			return i;
	}
	return SIZE_MAX;
}

/* One side of the octet at `at`; nothing if there is none. */
static bool add_side(struct cyg_bytes octets, size_t at, bool before, struct cyg_strbuf *out)
{
	if (at == SIZE_MAX)
		return false;
	return add_name(before ? cyg_bytes(octets.ptr, at) : cyg_bytes(octets.ptr + at + 1, octets.len - at - 1), out);
}

static bool add_eap(const struct mangler *m, struct cyg_bytes eap, struct cyg_strbuf *out)
{
	switch (m->eap) {
	case MANGLE_ALL:
		return add_name(eap, out);
	case MANGLE_FIELD:
		return add_of_text(cyg_str_n((const char *)eap.ptr, eap.len), m->eap_field, out);
	default:
		return add_side(eap, find_first(eap, m->delimiter), m->eap == MANGLE_PREFIX, out);
	}
}

/* --- The whole --- */

static enum cyg_status refuse(struct cyg_strbuf *why, const char *line, bool missing)
{
	cyg_strbuf_addf(why, missing ? "it has no line `%s ...`" : "its line `%s ...` yields nothing here", line);
	return CYG_REFUSED;
}

enum cyg_status mangler_apply(const struct mangler *m, const struct cyg_identity *id, struct cyg_bytes eap,
			      struct cyg_strbuf *out, struct cyg_strbuf *why)
{
	struct cyg_bytes octets = cyg_bytes(id->octets, id->len);
	enum mangle_part part;
	const char *line;
	bool done;

	if (eap.len) {
		line = "eap";
		part = m->eap;
		done = part != MANGLE_NONE && add_eap(m, eap, out);
	} else if (id->type == CYG_ID_FQDN) {
		line = "fqdn";
		part = m->fqdn;
		done = part == MANGLE_ALL ? add_name(octets, out)
					  : add_side(octets, find_first(octets, '.'), part == MANGLE_HOST, out);
	} else if (id->type == CYG_ID_RFC822_ADDR) {
		line = "email";
		part = m->email;
		done = part == MANGLE_ALL ? add_name(octets, out)
					  : add_side(octets, find_last(octets, '@'), part == MANGLE_HOST, out);
	} else if (id->type == CYG_ID_DER_ASN1_DN) {
		line = "dn";
		part = m->dn;
		done = part != MANGLE_NONE && add_of_name(octets, m->dn_field, out);
	} else {
		cyg_strbuf_addf(why, "there is no line for identities of type %s: name no mangler for them",
				cyg_identity_type_text(id->type));
		return CYG_REFUSED;
	}
	if (part == MANGLE_NONE)
		return refuse(why, line, true);
	return done ? CYG_OK : refuse(why, line, false);
}
