/* SPDX-License-Identifier: MIT */
#include "control/pipe.h"

#include <ctype.h>
#include <stdio.h>

static const struct {
	const char *word;
	enum pipe_kind kind;
	bool json;
	const char *help;
} words[] = {
	{ "begin", PIPE_BEGIN, false, "From the first line on that matches" },
	{ "count", PIPE_COUNT, false, "How many lines match" },
	{ "exclude", PIPE_EXCLUDE, false, "Only lines that do not match" },
	{ "include", PIPE_INCLUDE, false, "Only lines that match" },
	{ "json", 0, true, "Rows for machines" },
	{ "section", PIPE_SECTION, false, "Lines that match, with those indented below them" },
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct cyg_str trim(struct cyg_str s)
{
	while (s.len && is_blank(s.ptr[0]))
		s = cyg_str_tail(s, 1);
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* Where the next filter begins: a | after a blank and, within a filter, before one too, so that
 * `include a|b` is one pattern. */
static size_t find_bar(struct cyg_str s, bool blank_after)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			quoted = !quoted;
		if (s.ptr[i] != '|' || (quoted && !blank_after))
			continue;
		if (i > 0 && !is_blank(s.ptr[i - 1]))
			continue;
		if (!blank_after || (i + 1 < s.len && is_blank(s.ptr[i + 1])))
			return i;
	}
	return s.len;
}

static enum cyg_status parse_one(struct cyg_str text, struct pipe_chain *chain, struct cyg_strbuf *why)
{
	struct cyg_str word = cyg_str_head(text, cyg_str_span_until(text, " \t"));
	struct cyg_str rest = trim(cyg_str_tail(text, word.len));
	const char *reason = "";
	struct pipe_filter *filter;
	size_t found = CYG_COUNT(words);

	for (size_t i = 0; word.len && i < CYG_COUNT(words); i++)
		if (cyg_str_equal_nocase(word, cyg_str_head(cyg_str(words[i].word), word.len)))
			found = i;
	if (found == CYG_COUNT(words)) {
		cyg_strbuf_addf(why, "after | one of begin, count, exclude, include, json or section "
				     "is expected, not '%.*s'",
				(int)(word.len < 40 ? word.len : 40), word.ptr);
		return CYG_MALFORMED;
	}
	if (words[found].json) {
		chain->json = true;
		return CYG_OK;
	}
	if (chain->count == PIPE_FILTERS_MAX) {
		cyg_strbuf_addf(why, "more than %d filters behind |", PIPE_FILTERS_MAX);
		return CYG_LIMIT;
	}
	filter = &chain->filter[chain->count];
	filter->kind = words[found].kind;
	if (!rest.len && filter->kind != PIPE_COUNT) {
		cyg_strbuf_addf(why, "| %s needs a pattern", words[found].word);
		return CYG_MALFORMED;
	}
	if (rest.len >= sizeof(filter->text)) {
		cyg_strbuf_addf(why, "the pattern is longer than %zu octets", sizeof(filter->text) - 1);
		return CYG_LIMIT;
	}
	if (rest.len)
		memcpy(filter->text, rest.ptr, rest.len);
	filter->text[rest.len] = '\0';
	if (pattern_parse(cyg_str(filter->text), &filter->pattern, &reason) != CYG_OK) {
		cyg_strbuf_addf(why, "'%s' is no pattern: %s", filter->text, reason);
		return CYG_MALFORMED;
	}
	chain->count++;
	return CYG_OK;
}

enum cyg_status pipe_section_first(struct pipe_chain *chain, struct cyg_str pattern, struct cyg_strbuf *why)
{
	char text[PIPE_PATTERN_MAX + 16];
	struct cyg_strbuf one = CYG_STRBUF(text);
	struct pipe_filter filter;
	enum cyg_status status;

	if (chain->json) {
		cyg_strbuf_addf(why, "a section is of the text: leave out either it or JSON");
		return CYG_MALFORMED;
	}
	cyg_strbuf_addf(&one, "section ");
	cyg_strbuf_add(&one, pattern);
	if (one.cut) {
		cyg_strbuf_addf(why, "the pattern is longer than %d octets", PIPE_PATTERN_MAX - 1);
		return CYG_LIMIT;
	}
	status = parse_one(cyg_str(text), chain, why);
	if (status != CYG_OK)
		return status;
	filter = chain->filter[chain->count - 1];
	memmove(&chain->filter[1], &chain->filter[0], (chain->count - 1) * sizeof(filter));
	chain->filter[0] = filter;
	return CYG_OK;
}

enum cyg_status pipe_parse(struct cyg_str line, struct cyg_str *command, struct pipe_chain *out,
			   struct cyg_strbuf *why)
{
	size_t bar = find_bar(line, false);
	struct cyg_str rest = cyg_str_tail(line, bar);

	memset(out, 0, sizeof(*out));
	*command = trim(cyg_str_head(line, bar));
	while (rest.len) {
		enum cyg_status status;
		size_t next;

		rest = trim(cyg_str_tail(rest, 1));
		next = find_bar(rest, true);
		status = parse_one(trim(cyg_str_head(rest, next)), out, why);
		if (status != CYG_OK)
			return status;
		rest = cyg_str_tail(rest, next);
	}
	if (out->json && out->count) {
		cyg_strbuf_addf(why, "| json takes no other filter beside it");
		return CYG_MALFORMED;
	}
	return CYG_OK;
}

/* Behind a filter's word: its pattern. */
static bool tell_pattern(struct cyg_str filter, void (*tell)(void *ctx, const char *word, const char *help), void *ctx)
{
	struct cyg_str word = cyg_str_head(filter, cyg_str_span_until(filter, " \t"));
	bool bare = trim(cyg_str_tail(filter, word.len)).len == 0;

	if (word.len == filter.len || word.len == 0)
		return false;
	for (size_t i = 0; i < CYG_COUNT(words); i++) {
		if (!cyg_str_equal_nocase(word, cyg_str_n(words[i].word, word.len)))
			continue;
		if (bare && !words[i].json)
			tell(ctx, "PATTERN", "What to look for: ^ $ . [set] * + ? and | between alternatives");
		if (!bare || words[i].json || words[i].kind == PIPE_COUNT)
			tell(ctx, "<cr>", "The line may end here.");
		return true;
	}
	return false;
}

bool pipe_complete(struct cyg_str line, bool help, void (*tell)(void *ctx, const char *word, const char *help), void *ctx)
{
	size_t bar = find_bar(line, false);
	struct cyg_str last;

	if (bar == line.len)
		return false;
	do {
		line = cyg_str_tail(line, bar + 1);
		bar = find_bar(line, true);
	} while (bar < line.len);
	last = line;
	while (last.len && is_blank(last.ptr[0]))
		last = cyg_str_tail(last, 1);
	if (help && tell_pattern(last, tell, ctx))
		return true;
	for (size_t i = 0; i < CYG_COUNT(words); i++)
		if (cyg_str_equal_nocase(last, cyg_str_head(cyg_str(words[i].word), last.len)))
			tell(ctx, words[i].word, words[i].help);
	return true;
}

static size_t indent_of(struct cyg_str line)
{
	size_t n = 0;

	while (n < line.len && is_blank(line.ptr[n]))
		n++;
	return n;
}

/* What ends the text that begins with this line of a configuration and goes on in the next one; "" if none does. */
static void open_text(struct cyg_str line, char *mark)
{
	struct cyg_str rest = cyg_str_tail(line, indent_of(line));
	size_t len;

	mark[0] = '\0';
	if (rest.len < 8 || memcmp(rest.ptr, "banner ", 7) != 0)
		return;
	rest = trim(cyg_str_tail(rest, 7));
	len = rest.len > 1 && memcmp(rest.ptr, "^C", 2) == 0 ? 2 : 1;
	if (rest.len < len || (len == 1 && isalnum((unsigned char)rest.ptr[0])))
		return; /* no delimiter: the text is this line's */
	if (memmem(rest.ptr + len, rest.len - len, rest.ptr, len))
		return;
	memcpy(mark, rest.ptr, len);
	mark[len] = '\0';
}

/* Does the line belong to the section that we are in? */
static bool goes_on(struct pipe_filter *filter, struct cyg_str line)
{
	if (filter->mark[0]) {
		if (memmem(line.ptr, line.len, filter->mark, strlen(filter->mark)))
			filter->mark[0] = '\0';
		return true;
	}
	if (!filter->on || line.len == 0 || indent_of(line) <= filter->indent)
		return false;
	open_text(line, filter->mark);
	return true;
}

bool pipe_passes(struct pipe_chain *chain, unsigned from, struct cyg_str line)
{
	for (unsigned i = from; i < chain->count; i++) {
		struct pipe_filter *filter = &chain->filter[i];
		bool hit;

		if (filter->kind == PIPE_BEGIN && filter->on)
			continue;
		if (filter->kind == PIPE_SECTION && goes_on(filter, line))
			continue;
		hit = pattern_matches(&filter->pattern, line);
		switch (filter->kind) {
		case PIPE_INCLUDE:
			break;
		case PIPE_EXCLUDE:
			hit = !hit;
			break;
		case PIPE_BEGIN:
			filter->on = hit;
			break;
		case PIPE_SECTION:
			filter->on = hit;
			filter->indent = indent_of(line);
			if (hit)
				open_text(line, filter->mark);
			break;
		case PIPE_COUNT:
			filter->counted += hit;
			return false;
		}
		if (!hit)
			return false;
	}
	return true;
}

void pipe_finish(struct pipe_chain *chain, void (*emit)(void *ctx, struct cyg_str line), void *ctx)
{
	for (unsigned i = 0; i < chain->count; i++) {
		char text[64];

		if (chain->filter[i].kind != PIPE_COUNT)
			continue;
		snprintf(text, sizeof(text), "Number of lines which match regexp = %llu",
			 (unsigned long long)chain->filter[i].counted);
		if (pipe_passes(chain, i + 1, cyg_str(text)))
			emit(ctx, cyg_str(text));
	}
}
