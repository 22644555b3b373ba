/* SPDX-License-Identifier: MIT */
#include "log/format.h"

#include <inttypes.h>

static const char *const level_words[] = {
	[CYG_LOG_CRIT] = "crit",     [CYG_LOG_ERROR] = "error", [CYG_LOG_WARNING] = "warning",
	[CYG_LOG_NOTICE] = "notice", [CYG_LOG_INFO] = "info",   [CYG_LOG_DEBUG] = "debug",
};

const char *log_level_text(enum cyg_log_level level)
{
	if ((size_t)level >= CYG_COUNT(level_words) || !level_words[level])
		return "unknown";
	return level_words[level];
}

enum cyg_status log_level_parse(struct cyg_str word, enum cyg_log_level *out)
{
	for (size_t i = CYG_LOG_CRIT; i < CYG_COUNT(level_words); i++) {
		if (cyg_str_equal_nocase(word, cyg_str(level_words[i]))) {
			*out = (enum cyg_log_level)i;
			return CYG_OK;
		}
	}
	return CYG_NOT_FOUND;
}

/* Appends a field's value; what our own text may hold is escaped as a peer's is, so that a line stays one. */
static void value_text(const struct cyg_field *field, struct cyg_strbuf *out)
{
	char text[CYG_ENDPOINT_TEXT];

	switch (field->type) {
	case CYG_F_STR:
		cyg_strbuf_add_foreign(out, cyg_bytes(field->str ? field->str : "-",
						      field->str ? strlen(field->str) : 1));
		break;
	case CYG_F_FOREIGN:
		cyg_strbuf_add_foreign(out, field->foreign);
		break;
	case CYG_F_UINT:
		cyg_strbuf_addf(out, "%" PRIu64, field->number);
		break;
	case CYG_F_HEX64:
		cyg_strbuf_addf(out, "%016" PRIx64, field->number);
		break;
	case CYG_F_IP:
		cyg_strbuf_add(out, field->ip ? cyg_str(cyg_ip_text(field->ip, text)) : CYG_STR("-"));
		break;
	case CYG_F_ENDPOINT:
		cyg_strbuf_add(out, field->endpoint ? cyg_str(cyg_endpoint_text(field->endpoint, text))
						    : CYG_STR("-"));
		break;
	case CYG_F_IDENTITY:
		if (field->identity)
			cyg_identity_text(field->identity, out);
		else
			cyg_strbuf_add(out, CYG_STR("-"));
		break;
	case CYG_F_STATUS:
		cyg_strbuf_add(out, cyg_str(cyg_status_text(field->status)));
		break;
	case CYG_F_BOOL:
		cyg_strbuf_add(out, field->number ? CYG_STR("true") : CYG_STR("false"));
		break;
	case CYG_F_END:
		break;
	}
}

static const struct cyg_field *find(const struct cyg_field *fields, struct cyg_str name)
{
	for (; fields->type != CYG_F_END; fields++) {
		if (cyg_str_equal(cyg_str(fields->name), name))
			return fields;
	}
	return NULL;
}

/* Only our own template has meaning: braces within a value are text. */
static void fill_sentence(struct cyg_strbuf *out, const char *template, const struct cyg_field *fields)
{
	struct cyg_str rest = cyg_str(template);

	while (rest.len > 0) {
		size_t plain = cyg_str_span_until(rest, "{"), name_len;
		const struct cyg_field *field;

		cyg_strbuf_add(out, cyg_str_head(rest, plain));
		rest = cyg_str_tail(rest, plain);
		if (!rest.len)
			break;
		name_len = cyg_str_span_until(cyg_str_tail(rest, 1), "}");
		field = find(fields, cyg_str_head(cyg_str_tail(rest, 1), name_len));
		if (!field) {
			cyg_strbuf_add(out, cyg_str_head(rest, 1));
			rest = cyg_str_tail(rest, 1);
			continue;
		}
		value_text(field, out);
		rest = cyg_str_tail(rest, name_len + 2);
	}
}

static char type_letter(const struct cyg_field *field)
{
	switch (field->type) {
	case CYG_F_UINT:
		return 'n';
	case CYG_F_BOOL:
		return 'b';
	default:
		return 's';
	}
}

void log_format(struct log_record *out, enum cyg_log_level level, const char *event,
		const char *sentence, const struct cyg_field *fields)
{
	struct cyg_strbuf line = CYG_STRBUF(out->sentence);

	out->level = level;
	out->event = event;
	out->wall_us = 0;
	fill_sentence(&line, sentence, fields);
	out->sentence_len = line.len;
	out->fields_len = 0;
	for (; fields->type != CYG_F_END; fields++) {
		char text[LOG_VALUE_MAX];
		struct cyg_strbuf value = CYG_STRBUF(text);
		size_t name_len = strlen(fields->name), at = out->fields_len;

		value_text(fields, &value);
		if (sizeof(out->fields) - at < name_len + value.len + 3)
			continue;
		memcpy(out->fields + at, fields->name, name_len + 1);
		out->fields[at + name_len + 1] = type_letter(fields);
		memcpy(out->fields + at + name_len + 2, text, value.len + 1);
		out->fields_len = at + name_len + value.len + 3;
	}
}

bool log_field_next(const char *fields, size_t len, size_t *at, const char **name, char *type,
		    const char **text)
{
	if (*at >= len)
		return false;
	*name = fields + *at;
	*at += strlen(*name) + 1;
	*type = fields[(*at)++];
	*text = fields + *at;
	*at += strlen(*text) + 1;
	return true;
}
