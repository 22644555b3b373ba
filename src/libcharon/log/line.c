/* SPDX-License-Identifier: MIT */
/* How each kind of sink wants a line. */
#include "log/sink.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#define FACILITY_DAEMON 3 /* RFC 3164 section 4.1.1 */

static void add_time(int64_t wall_us, struct cyg_strbuf *out)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;
	char text[32];

	if (!gmtime_r(&seconds, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	cyg_strbuf_addf(out, "%s.%06dZ", text, (int)(wall_us % 1000000));
}

/* Ends with a newline whatever was cut. */
static void end_line(struct cyg_strbuf *out)
{
	if (out->len + 1 >= out->capacity)
		out->ptr[out->len - 1] = '\n';
	else
		cyg_strbuf_add(out, CYG_STR("\n"));
}

void line_text(const struct log_line *line, struct cyg_strbuf *out)
{
	add_time(line->wall_us, out);
	cyg_strbuf_addf(out, " %s %s: ", log_level_text(line->level), line->event);
	cyg_strbuf_add(out, line->sentence);
	end_line(out);
}

static void add_json_string(struct cyg_str s, struct cyg_strbuf *out)
{
	cyg_strbuf_add(out, CYG_STR("\""));
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '"' || c == '\\')
			cyg_strbuf_addf(out, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			cyg_strbuf_addf(out, "\\u%04x", c);
		else
			cyg_strbuf_add(out, cyg_str_n(s.ptr + i, 1));
	}
	cyg_strbuf_add(out, CYG_STR("\""));
}

/* Without a newline; there is room for one behind it. */
static void add_object(const struct log_line *line, struct cyg_strbuf *out)
{
	const char *name, *text, *comma = "";
	size_t at = 0;
	char type;

	cyg_strbuf_add(out, CYG_STR("{\"time\":\""));
	add_time(line->wall_us, out);
	cyg_strbuf_addf(out, "\",\"level\":\"%s\",\"event\":\"%s\",\"message\":",
			log_level_text(line->level), line->event);
	add_json_string(line->sentence, out);
	cyg_strbuf_add(out, CYG_STR(",\"fields\":{"));
	while (log_field_next(line->fields.ptr, line->fields.len, &at, &name, &type, &text)) {
		struct cyg_strbuf before = *out;

		cyg_strbuf_add(out, cyg_str(comma));
		add_json_string(cyg_str(name), out);
		cyg_strbuf_add(out, CYG_STR(":"));
		if (type == 's')
			add_json_string(cyg_str(text), out);
		else
			cyg_strbuf_add(out, cyg_str(text));
		/* Room for the end: better a field less than a line that is no JSON. */
		if (out->cut || out->capacity - out->len < 4) {
			*out = before;
			out->ptr[out->len] = '\0';
			break;
		}
		comma = ",";
	}
	cyg_strbuf_add(out, CYG_STR("}}"));
}

void line_json(const struct log_line *line, struct cyg_strbuf *out)
{
	add_object(line, out);
	cyg_strbuf_add(out, CYG_STR("\n"));
}

void line_syslog(const struct log_line *line, bool json, struct cyg_strbuf *out)
{
	cyg_strbuf_addf(out, "<%d>cygnet[%ld]: ", FACILITY_DAEMON * 8 + (int)line->level, (long)getpid());
	if (json) {
		add_object(line, out);
		return;
	}
	cyg_strbuf_addf(out, "%s: ", line->event);
	cyg_strbuf_add(out, line->sentence);
}

/* CYGNET_PEER from "peer": capital letters, digits and underscores. */
static void add_journal_name(const char *name, struct cyg_strbuf *out)
{
	cyg_strbuf_add(out, CYG_STR("CYGNET_"));
	for (; *name; name++) {
		char c = *name;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
			c = '_';
		cyg_strbuf_add(out, cyg_str_n(&c, 1));
	}
}

/* No value holds a newline: values are escaped when they are formatted. */
void line_journal(const struct log_line *line, struct cyg_strbuf *out)
{
	const char *name, *text;
	size_t at = 0;
	char type;

	cyg_strbuf_addf(out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=cygnet\nCYGNET_EVENT=%s\nMESSAGE=%s: ",
			(int)line->level, line->event, line->event);
	cyg_strbuf_add(out, line->sentence);
	cyg_strbuf_add(out, CYG_STR("\n"));
	while (log_field_next(line->fields.ptr, line->fields.len, &at, &name, &type, &text)) {
		struct cyg_strbuf before = *out;

		add_journal_name(name, out);
		cyg_strbuf_addf(out, "=%s\n", text);
		if (out->cut) {
			*out = before; /* better a field less than half of one */
			break;
		}
	}
}
