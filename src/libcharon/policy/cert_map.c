/* SPDX-License-Identifier: MIT */
#include "policy/cert_map.h"

#define TEXT_MAX (4 * CYG_IDENTITY_MAX + 256) /* octets of a name as it is compared: all escaped */

bool cert_name_text(struct cyg_bytes der, struct cyg_strbuf *out)
{
	struct cyg_identity *id;

	if (cyg_identity_new(CYG_ID_DER_ASN1_DN, der, &id) != CYG_OK)
		return false;
	cyg_identity_text(id, out);
	cyg_identity_unref(id);
	return !out->cut;
}

/* Lower case, no blanks beside what stands between parts. */
static void plain(struct cyg_str text, char out[TEXT_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len < TEXT_MAX - 1; i++) {
		char c = text.ptr[i];
		char before = len ? out[len - 1] : ',';
		bool mark = c == ',' || c == '=' || c == '+';

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c == ' ' && (before == ',' || before == '=' || before == '+'))
			continue;
		while (mark && len && out[len - 1] == ' ')
			len--;
		out[len++] = c;
	}
	while (len && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
}

/* "a,b,c" to "c,b,a". */
static void turned(const char *text, char out[TEXT_MAX])
{
	size_t end = strlen(text), len = 0;

	while (end) {
		size_t from = end;

		while (from && text[from - 1] != ',')
			from--;
		if (len)
			out[len++] = ',';
		memcpy(out + len, text + from, end - from);
		len += end - from;
		end = from ? from - 1 : 0;
	}
	out[len] = '\0';
}

/* What a rule of names says of a certificate: what cannot be compared whole satisfies neither it nor its opposite. */
enum likeness { UNLIKE = 0, LIKE, UNKNOWN };

/* `eq` or `co`; the other two are their opposites. */
static bool is_like(const struct cert_map_rule *rule, struct cyg_str text)
{
	char have[TEXT_MAX], want[TEXT_MAX], other[TEXT_MAX];

	plain(text, have);
	plain(cyg_str(rule->text), want);
	if (rule->test == CERT_MAP_CO || rule->test == CERT_MAP_NC)
		return strstr(have, want) != NULL;
	turned(want, other);
	return strcmp(have, want) == 0 || strcmp(have, other) == 0;
}

static enum likeness subject_like(const struct cert_map_rule *rule, struct cyg_bytes der)
{
	char text[TEXT_MAX];
	struct cyg_strbuf out = CYG_STRBUF(text);

	if (!cert_name_text(der, &out))
		return UNKNOWN;
	return is_like(rule, cyg_str_n(text, out.len)) ? LIKE : UNLIKE;
}

static enum likeness alt_name_like(const struct cert_map_rule *rule, const struct cyg_cert_info *cert)
{
	for (unsigned i = 0; i < cert->name_count; i++) {
		struct cyg_identity *id;
		char text[TEXT_MAX];
		struct cyg_strbuf out = CYG_STRBUF(text);

		if (cyg_identity_new(cert->names[i].type, cert->names[i].octets, &id) != CYG_OK)
			return UNKNOWN;
		cyg_identity_text(id, &out);
		cyg_identity_unref(id);
		if (out.cut)
			return UNKNOWN;
		if (is_like(rule, cyg_str_n(text, out.len)))
			return LIKE;
	}
	return cert->name_count == CYG_CERT_NAMES_MAX ? UNKNOWN : UNLIKE;
}

static enum likeness unstructured_like(const struct cert_map_rule *rule, const struct cyg_cert_info *cert)
{
	static const char mark[] = "unstructuredName=";
	char text[TEXT_MAX];
	struct cyg_strbuf out = CYG_STRBUF(text);
	const char *at;

	if (!cert_name_text(cert->subject, &out))
		return UNKNOWN;
	for (at = strstr(text, mark); at; at = strstr(at, mark)) {
		at += sizeof(mark) - 1;
		if (is_like(rule, cyg_str_n(at, cyg_str_span_until(cyg_str(at), ",+"))))
			return LIKE;
	}
	return UNLIKE;
}

static enum likeness any_like(const struct cert_map_rule *rule, const struct cyg_cert_info *cert)
{
	enum likeness subject = subject_like(rule, cert->subject), alt = alt_name_like(rule, cert);
	enum likeness other = unstructured_like(rule, cert);

	if (subject == LIKE || alt == LIKE || other == LIKE)
		return LIKE;
	return subject == UNLIKE && alt == UNLIKE && other == UNLIKE ? UNLIKE : UNKNOWN;
}

static enum likeness serial_like(const struct cert_map_rule *rule, struct cyg_bytes serial)
{
	struct cert_map_rule digits = { .test = rule->test };
	char text[2 * 64 + 1];
	struct cyg_strbuf out = CYG_STRBUF(text);
	size_t len = 0;

	for (const char *c = rule->text; *c; c++) {
		if (*c != ' ' && *c != ':')
			digits.text[len++] = *c;
	}
	digits.text[len] = '\0';
	cyg_strbuf_add_hex(&out, cyg_bytes(serial.ptr, serial.len < 64 ? serial.len : 64));
	if (len > 2 && digits.text[0] == '0' && (digits.text[1] == 'x' || digits.text[1] == 'X'))
		memmove(digits.text, digits.text + 2, len - 1);
	return serial.len > 64 ? UNKNOWN : is_like(&digits, cyg_str_n(text, out.len)) ? LIKE : UNLIKE;
}

static bool time_holds(const struct cert_map_rule *rule, int64_t at)
{
	switch (rule->test) {
	case CERT_MAP_EQ:
		return at == rule->time;
	case CERT_MAP_NE:
		return at != rule->time;
	case CERT_MAP_LT:
		return at < rule->time;
	default:
		return at >= rule->time;
	}
}

static bool rule_holds(const struct cert_map_rule *rule, const struct cyg_cert_info *cert)
{
	bool not = rule->test == CERT_MAP_NE || rule->test == CERT_MAP_NC;
	enum likeness like = UNKNOWN;

	switch (rule->field) {
	case CERT_MAP_SUBJECT:
		like = subject_like(rule, cert->subject);
		break;
	case CERT_MAP_ISSUER:
		like = subject_like(rule, cert->issuer);
		break;
	case CERT_MAP_ALT_NAME:
		like = alt_name_like(rule, cert);
		break;
	case CERT_MAP_UNSTRUCTURED:
		like = unstructured_like(rule, cert);
		break;
	case CERT_MAP_NAME:
		like = any_like(rule, cert);
		break;
	case CERT_MAP_SERIAL:
		like = serial_like(rule, cert->serial);
		break;
	case CERT_MAP_VALID_START:
		return time_holds(rule, cert->not_before);
	case CERT_MAP_EXPIRES_ON:
		return time_holds(rule, cert->not_after);
	}
	return like == (not ? UNLIKE : LIKE);
}

bool cert_map_entry_holds(const struct config_cert_map *map, const struct cyg_cert_info *cert)
{
	for (unsigned i = 0; i < map->rule_count; i++) {
		if (!rule_holds(&map->rule[i], cert))
			return false;
	}
	return map->rule_count > 0;
}

bool cert_maps_hold(const struct config_cert_map_use *uses, unsigned count, const struct cyg_cert_info *cert)
{
	for (unsigned i = 0; i < count; i++) {
		for (size_t n = 0; n < uses[i].entry_count; n++) {
			if (cert_map_entry_holds(uses[i].entries[n], cert))
				return true;
		}
	}
	return false;
}
