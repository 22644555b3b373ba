/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <string.h>

#define BLANKS " \t\r" /* a message is one line */

/* How many octets a string has whose quote is the first; 0: its end is missing. */
static size_t string_len(struct cyg_str text)
{
	struct cyg_str rest = cyg_str_tail(text, 1);

	while (rest.len) {
		const char *quote = memchr(rest.ptr, '"', rest.len), *slash = quote;

		if (!quote)
			break;
		while (slash > rest.ptr && slash[-1] == '\\')
			slash--;
		rest = cyg_str_tail(rest, (size_t)(quote - rest.ptr) + 1);
		if ((quote - slash) % 2 == 0) /* no backslash is left for it */
			return text.len - rest.len;
	}
	return 0;
}

/* How many octets the value at the beginning has; 0: there is none, or its end is missing. */
static size_t value_len(struct cyg_str text)
{
	size_t depth = 0, at = 0;

	while (at < text.len) {
		size_t len = 1;

		switch (text.ptr[at]) {
		case '"':
			len = string_len(cyg_str_tail(text, at));
			if (len == 0)
				return 0;
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (depth == 0)
				return at; /* of what a number or word stands in */
			depth--;
			break;
		case ',':
		case ':':
		case ' ':
		case '\t':
		case '\r':
			if (depth == 0)
				return at;
			break;
		default:
			/* A number or word goes on. */
			at++;
			continue;
		}
		at += len;
		if (depth == 0)
			return at;
	}
	return depth == 0 ? at : 0;
}

static struct cyg_str skip(struct cyg_str text, const char *what)
{
	size_t len = 0;

	while (len < text.len && text.ptr[len] && strchr(what, text.ptr[len]))
		len++;
	return cyg_str_tail(text, len);
}

bool rows_in(struct cyg_str message, struct cyg_str *rows)
{
	struct cyg_str rest = skip(message, BLANKS), name, value;

	if (rest.len == 0 || rest.ptr[0] != '{')
		return false;
	for (rest = cyg_str_tail(rest, 1);;) {
		rest = skip(rest, BLANKS ",");
		name = cyg_str_n(rest.ptr, value_len(rest));
		rest = skip(cyg_str_tail(rest, name.len), BLANKS ":");
		value = cyg_str_n(rest.ptr, value_len(rest));
		rest = cyg_str_tail(rest, value.len);
		if (name.len == 0 || value.len == 0)
			return false;
		if (cyg_str_equal(name, CYG_STR("\"rows\"")) && value.ptr[0] == '[') {
			*rows = cyg_str_n(value.ptr + 1, value.len - 2);
			return true;
		}
	}
}

bool rows_next(struct cyg_str *rows, struct cyg_str *row)
{
	struct cyg_str rest = skip(*rows, BLANKS ",");

	*row = cyg_str_n(rest.ptr, value_len(rest));
	*rows = cyg_str_tail(rest, row->len);
	return row->len != 0;
}
