/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

/* What a letter behind a backslash stands for; '\0': more than one octet has to be looked at, or it stands for nothing. */
static char meant_by(char letter)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *at = letter ? strchr(letters, letter) : NULL;

	return at ? meant[at - letters] : '\0';
}

/* How many octets there are before the next backslash. */
static size_t plain_len(struct cyg_str s)
{
	const char *escape = s.len ? memchr(s.ptr, '\\', s.len) : NULL;

	return escape ? (size_t)(escape - s.ptr) : s.len;
}

/* Can it stand between two quotes, with nothing but one-letter escapes in it? */
static bool is_simple(struct cyg_str s)
{
	while (s.len) {
		size_t plain = plain_len(s);

		if (plain && memchr(s.ptr, '"', plain))
			return false;
		s = cyg_str_tail(s, plain);
		if (s.len == 0)
			return true;
		if (s.len == 1 || !meant_by(s.ptr[1]))
			return false;
		s = cyg_str_tail(s, 2);
	}
	return true;
}

static size_t unescape(char *octets, size_t len)
{
	struct cyg_str rest = cyg_str_n(octets, len);
	char *to = octets;

	while (rest.len) {
		size_t plain = plain_len(rest);

		memmove(to, rest.ptr, plain);
		to += plain;
		rest = cyg_str_tail(rest, plain);
		if (rest.len) {
			*to++ = meant_by(rest.ptr[1]);
			rest = cyg_str_tail(rest, 2);
		}
	}
	return (size_t)(to - octets);
}

static bool take(struct cyg_str *rest, const char *what)
{
	size_t len = strlen(what);

	if (rest->len < len || memcmp(rest->ptr, what, len) != 0)
		return false;
	*rest = cyg_str_tail(*rest, len);
	return true;
}

bool text_in(char *message, size_t len, struct cyg_str *text)
{
	static const char end[] = "\"}";
	struct cyg_str rest = cyg_str_n(message, len);
	char *octets;

	if (!take(&rest, "{\"id\":"))
		return false;
	while (rest.len && rest.ptr[0] >= '0' && rest.ptr[0] <= '9')
		rest = cyg_str_tail(rest, 1);
	if (!take(&rest, ",\"text\":\"") || rest.len < strlen(end))
		return false;
	rest = cyg_str_head(rest, rest.len - strlen(end));
	if (memcmp(rest.ptr + rest.len, end, strlen(end)) != 0 || !is_simple(rest))
		return false;
	octets = message + (rest.ptr - message);
	*text = cyg_str_n(octets, unescape(octets, rest.len));
	return true;
}
