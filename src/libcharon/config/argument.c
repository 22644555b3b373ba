/* SPDX-License-Identifier: MIT */
/*
 * One argument of a row at a word of a line: does it fit, how many words does it take, and what is its
 * canonical text? Control thread.
 */
#include "config/match.h"
#include "config/obscured.h"

/* --- Interfaces --- */

/* A type, and how short it may be written; two have a short form that is not their beginning. */
static const struct {
	const char *type;
	unsigned least;
	const char *other;
} interface_types[] = {
	{ "Tunnel", 2, NULL },
	{ "Virtual-Template", 9, "Vt" },
	{ "Loopback", 2, NULL },
	{ "Ethernet", 2, NULL },
	{ "FastEthernet", 2, NULL },
	{ "GigabitEthernet", 2, NULL },
	{ "TwoGigabitEthernet", 3, NULL },
	{ "FiveGigabitEthernet", 2, NULL },
	{ "TenGigabitEthernet", 2, NULL },
	{ "TwentyFiveGigE", 3, NULL },
	{ "FortyGigabitEthernet", 2, NULL },
	{ "HundredGigE", 2, NULL },
	{ "AppGigabitEthernet", 3, NULL },
	{ "Port-channel", 2, NULL },
	{ "Vlan", 2, NULL },
	{ "BDI", 2, NULL },
	{ "Serial", 2, NULL },
	{ "Dialer", 2, NULL },
	{ "Cellular", 2, NULL },
	{ "Virtual-Access", 9, "Vi" },
	{ "VirtualPortGroup", 8, NULL },
	{ "Null", 2, NULL },
	{ "Multilink", 2, NULL },
	{ "ATM", 3, NULL },
	{ "BRI", 3, NULL },
	{ "Bluetooth", 9, NULL },
	{ "Dot11Radio", 10, NULL },
	{ "Embedded-Service-Engine", 23, NULL },
	{ "Group-Async", 11, NULL },
	{ "POS", 3, NULL },
	{ "Service-Engine", 14, NULL },
	{ "SM", 2, NULL },
	{ "ucse", 4, NULL },
	{ "Wlan-GigabitEthernet", 20, NULL },
};

/* With a number, names that Linux gives to devices: no abbreviations. */
static bool is_device_word(struct cyg_str word)
{
	static const char *const words[] = { "eth", "tun", "team", "ap" };

	for (size_t i = 0; i < CYG_COUNT(words); i++) {
		if (cyg_str_equal(word, cyg_str(words[i])))
			return true;
	}
	return false;
}

/* The whole name of a type, or NULL. */
static const char *interface_type(struct cyg_str word, bool slash)
{
	for (size_t i = 0; i < CYG_COUNT(interface_types); i++) {
		if (word_is(word, interface_types[i].type))
			return interface_types[i].type;
	}
	if (!slash && is_device_word(word))
		return NULL;
	for (size_t i = 0; i < CYG_COUNT(interface_types); i++) {
		if ((word.len >= interface_types[i].least && word_abbreviates(word, interface_types[i].type)) ||
		    (interface_types[i].other && word_is(word, interface_types[i].other)))
			return interface_types[i].type;
	}
	return NULL;
}

static bool is_number(struct cyg_str s)
{
	if (s.len == 0 || s.len > 16 || s.ptr[0] < '0' || s.ptr[0] > '9')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!(s.ptr[i] >= '0' && s.ptr[i] <= '9') && !memchr("/.:", s.ptr[i], 3))
			return false;
	}
	return true;
}

/* "Tunnel01" is Tunnel1: one number, one name. */
static struct cyg_str without_zeros(struct cyg_str number)
{
	while (number.len > 1 && number.ptr[0] == '0' && number.ptr[1] >= '0' &&
	       number.ptr[1] <= '9')
		number = cyg_str_tail(number, 1);
	return number;
}

enum arg_outcome interface_canonical(struct cyg_str type, struct cyg_str number,
				     struct cyg_strbuf *out)
{
	const char *whole;
	size_t letters = 0;

	if (number.len == 0) {
		/* The number may stand at the end of the word. */
		while (letters < type.len &&
		       !(type.ptr[letters] >= '0' && type.ptr[letters] <= '9'))
			letters++;
		number = cyg_str_tail(type, letters);
	} else {
		letters = type.len;
	}
	if (is_number(number)) {
		whole = interface_type(cyg_str_head(type, letters), memchr(number.ptr, '/', number.len));
		if (whole && out) {
			cyg_strbuf_add(out, cyg_str(whole));
			cyg_strbuf_add(out, without_zeros(number));
		}
		if (whole)
			return ARG_FITS;
	}
	/* A Linux name, as it stands. */
	if (letters == type.len && number.len && number.ptr != type.ptr + letters)
		return ARG_KIND;
	if (type.len == 0 || type.len > 15)
		return ARG_KIND;
	for (size_t i = 0; i < type.len; i++) {
		char ch = type.ptr[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		      (ch >= '0' && ch <= '9') || memchr("_-.:@", ch, 5)))
			return ARG_KIND;
	}
	if (out)
		cyg_strbuf_add(out, type);
	return ARG_FITS;
}

static enum arg_outcome read_interface(const struct grammar_arg *arg, const struct words *words, size_t i,
				       struct arg_read *out, struct cyg_strbuf *text)
{
	struct cyg_str type = word_text(words, i);
	const char *whole = interface_type(type, false);
	bool number = i + 1 < words->count && is_number(word_text(words, i + 1));

	/* A router's `interface range` is no name. */
	if (word_is(type, "range"))
		return ARG_KIND;
	/* "lo 5" is the device `lo` and what follows, if anything may; a type that is written in full has its number. */
	if (whole && !number && word_is(type, whole))
		return ARG_KIND;
	if (whole && number && (arg->last || !cyg_str_equal(type, CYG_STR("lo")))) {
		out->count = 2;
		return interface_canonical(type, word_text(words, i + 1), text);
	}
	return interface_canonical(type, cyg_str_n("", 0), text);
}

/* --- Other arguments --- */

static struct cyg_str rest_of_line(const struct words *words, size_t i)
{
	struct cyg_str rest = cyg_str_tail(words->text, words->at[i].offset);

	while (rest.len && strchr(" \t\r\n", rest.ptr[rest.len - 1]))
		rest.len--;
	return rest;
}

/* How many words of the line begin before `offset`, from word `i` on. */
static size_t words_before(const struct words *words, size_t i, size_t offset)
{
	size_t count = 0;

	while (i + count < words->count && words->at[i + count].offset < offset)
		count++;
	return count;
}

static enum arg_outcome read_string(const struct words *words, size_t i, struct arg_read *out,
				    struct cyg_strbuf *text)
{
	struct cyg_str rest = rest_of_line(words, i);
	size_t end;

	if (rest.ptr[0] != '"') {
		if (text)
			cyg_strbuf_add(text, word_text(words, i));
		return ARG_FITS;
	}
	rest = cyg_str_tail(rest, 1);
	end = cyg_str_span_until(rest, "\"");
	if (end == rest.len)
		return ARG_KIND;
	if (end + 1 < rest.len && !strchr(" \t\r\n", rest.ptr[end + 1]))
		return ARG_KIND;
	out->count = words_before(words, i, words->at[i].offset + 1 + end + 1);
	if (text)
		cyg_strbuf_add(text, cyg_str_head(rest, end));
	return ARG_FITS;
}

static enum arg_outcome read_delimited(const struct words *words, size_t i, struct arg_read *out,
				       struct cyg_strbuf *text)
{
	struct cyg_str rest = cyg_str_tail(words->text, words->at[i].offset);
	char first = rest.ptr[0];
	size_t len = 1, end = 0;

	if ((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ||
	    (first >= '0' && first <= '9') || (unsigned char)first >= 0x80) {
		/* A departure from routers: what begins with a letter is the whole line. */
		rest = rest_of_line(words, i);
		rest.len = cyg_str_span_until(rest, "\n");
		out->count = words->count - i;
		if (text)
			cyg_strbuf_add(text, rest);
		return ARG_FITS;
	}
	if (first == '^' && rest.len > 1 && (rest.ptr[1] == 'C' || rest.ptr[1] == 'c'))
		len = 2;
	for (end = len; end + len <= rest.len; end++) {
		if (memcmp(rest.ptr + end, rest.ptr, len) == 0)
			break;
	}
	if (end + len > rest.len)
		return ARG_OPEN;
	/* What stands behind the end is no part of it. */
	for (size_t k = end + len; k < rest.len; k++) {
		if (!strchr(" \t\r\n", rest.ptr[k]))
			return ARG_KIND;
	}
	out->count = words->count - i;
	if (text)
		cyg_strbuf_add(text, cyg_str_n(rest.ptr + len, end - len));
	return ARG_FITS;
}

static enum arg_outcome read_address(enum arg_type type, struct cyg_str word,
				     struct cyg_strbuf *text)
{
	struct cyg_ip ip;
	char shown[CYG_IP_TEXT];

	if (cyg_ip_parse(word, &ip) != CYG_OK)
		return ARG_KIND;
	if ((type == ARG_IP6) != (ip.family == CYG_IPV6) && type != ARG_IP)
		return ARG_KIND;
	if (type == ARG_MASK || type == ARG_OWNMASK) {
		unsigned len;

		if (cyg_netmask_len(&ip, &len) != CYG_OK)
			return ARG_RANGE;
	}
	if (text)
		cyg_strbuf_add(text, cyg_str(cyg_ip_text(&ip, shown)));
	return ARG_FITS;
}

static enum arg_outcome read_prefix6(enum arg_type type, struct cyg_str word, struct arg_read *out,
				     struct cyg_strbuf *text)
{
	size_t slash = cyg_str_span_until(word, "/");
	char shown[CYG_IP_TEXT];
	struct cyg_prefix prefix;
	struct cyg_ip ip;
	uint64_t len;

	if (slash == word.len || cyg_ip_parse(cyg_str_head(word, slash), &ip) != CYG_OK ||
	    ip.family != CYG_IPV6 ||
	    cyg_str_to_u64(cyg_str_tail(word, slash + 1), 0, UINT64_MAX, &len) != CYG_OK)
		return ARG_KIND;
	if (len > 128 || cyg_prefix_make(&ip, (unsigned)len, &prefix) != CYG_OK)
		return ARG_RANGE;
	out->host_bits = type == ARG_PREFIX6 && !cyg_ip_equal(&ip, &prefix.ip);
	if (text) {
		cyg_strbuf_add(text,
			       cyg_str(cyg_ip_text(type == ARG_OWN6 ? &ip : &prefix.ip, shown)));
		cyg_strbuf_addf(text, "/%u", (unsigned)len);
	}
	return ARG_FITS;
}

static enum arg_outcome read_uint(const struct grammar_arg *arg, struct cyg_str word,
				  struct cyg_strbuf *text)
{
	uint64_t value;

	if (word.len == 0)
		return ARG_KIND;
	for (size_t i = 0; i < word.len; i++) {
		if (word.ptr[i] < '0' || word.ptr[i] > '9')
			return ARG_KIND;
	}
	if (cyg_str_to_u64(word, arg->low, arg->high, &value) != CYG_OK)
		return ARG_RANGE;
	if (text)
		cyg_strbuf_addf(text, "%llu", (unsigned long long)value);
	return ARG_FITS;
}

static enum arg_outcome read_choice(const struct grammar_arg *arg, struct cyg_str word,
				    struct arg_read *out, struct cyg_strbuf *text)
{
	const struct grammar_word *found = NULL;

	for (size_t i = 0; i < arg->word_count; i++) {
		const struct grammar_word *w = &arg->words[i];

		if (word_is(word, w->word)) {
			found = w;
			break;
		}
		/* Old spellings are taken whole only, so that they make nothing ambiguous. */
		if (w->word != w->canonical || !word_abbreviates(word, w->word))
			continue;
		if (found)
			return ARG_KIND;
		found = w;
	}
	if (!found)
		return ARG_KIND;
	out->old_spelling = found->word != found->canonical;
	if (text)
		cyg_strbuf_add(text, cyg_str(found->canonical));
	return ARG_FITS;
}

static enum arg_outcome read_secret(const struct words *words, size_t i, struct arg_read *out)
{
	struct cyg_str word = word_text(words, i);
	enum cyg_status status;

	out->secret = word;
	if (word.len == 1 && strchr("067", word.ptr[0]) && i + 1 < words->count) {
		out->secret_type = (uint8_t)(word.ptr[0] - '0');
		out->secret = word_text(words, i + 1);
		out->count = 2;
	}
	if (out->secret_type == 7) {
		status = obscured_check(out->secret);
		return status == CYG_OK ? ARG_FITS : status == CYG_MALFORMED ? ARG_KIND : ARG_RANGE;
	}
	if (out->secret_type == 6)
		return out->secret.len <= CONFIG_SEALED_MAX ? ARG_FITS : ARG_RANGE;
	return out->secret.len <= CYG_SECRET_MAX ? ARG_FITS : ARG_RANGE;
}

static enum arg_outcome read_hex(const struct words *words, size_t at, struct arg_read *out)
{
	struct cyg_str word = word_text(words, at);

	if (word.len == 1 && (word.ptr[0] == '0' || word.ptr[0] == '6') && at + 1 < words->count) {
		out->secret_type = (uint8_t)(word.ptr[0] - '0');
		word = word_text(words, at + 1);
		out->count = 2;
	}
	out->secret = word;
	if (out->secret_type == 6)
		return word.len <= CONFIG_SEALED_MAX ? ARG_FITS : ARG_RANGE;
	for (size_t i = 0; i < word.len; i++) {
		if (!memchr("0123456789abcdefABCDEF", word.ptr[i], 22))
			return ARG_KIND;
	}
	if (word.len % 2 || word.len / 2 > CYG_SECRET_MAX)
		return ARG_RANGE;
	return ARG_FITS;
}

static enum arg_outcome read_name(struct cyg_str word, struct cyg_strbuf *text)
{
	if (word.len > 63)
		return ARG_RANGE;
	if (text)
		cyg_strbuf_add(text, word);
	return ARG_FITS;
}

enum arg_outcome arg_read(const struct grammar_arg *arg, const struct words *words, size_t i,
			  struct arg_read *out, struct cyg_strbuf *text)
{
	struct cyg_str word = word_text(words, i);

	*out = (struct arg_read){ .count = 1 };
	switch (arg->type) {
	case ARG_UINT:
		return read_uint(arg, word, text);
	case ARG_CHOICE:
		return read_choice(arg, word, out, text);
	case ARG_WORD:
		if (text)
			cyg_strbuf_add(text, word);
		return ARG_FITS;
	case ARG_NAME:
		return read_name(word, text);
	case ARG_REF:
		if (arg->ref_mode && arg->ref_mode->names_interfaces)
			return read_interface(arg, words, i, out, text);
		return read_name(word, text);
	case ARG_INTERFACE:
		return read_interface(arg, words, i, out, text);
	case ARG_STRING:
		return read_string(words, i, out, text);
	case ARG_LINE:
		out->count = words->count - i;
		if (text)
			cyg_strbuf_add(text, rest_of_line(words, i));
		return ARG_FITS;
	case ARG_DELIMITED:
		return read_delimited(words, i, out, text);
	case ARG_IP4:
	case ARG_IP6:
	case ARG_IP:
	case ARG_MASK:
	case ARG_OWNMASK:
	case ARG_WILDCARD:
		return read_address(arg->type, word, text);
	case ARG_PREFIX6:
	case ARG_OWN6:
		return read_prefix6(arg->type, word, out, text);
	case ARG_SECRET:
		return read_secret(words, i, out);
	case ARG_HEX:
		return read_hex(words, i, out);
	}
	return ARG_KIND;
}
