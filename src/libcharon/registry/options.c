/* SPDX-License-Identifier: MIT */
#include "registry/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Memory that lives as long as the conf: one chunk a string or an array. */
struct chunk {
	struct chunk *next;
	max_align_t data[];
};

struct cyg_conf {
	atomic_uint refs;
	struct chunk *chunks;
	size_t count;
	void *data[CONF_PARTS_MAX];
};

struct reader {
	const struct conf_part *parts;
	size_t part_count;
	struct cyg_conf *conf;
	const char *place;
	struct cyg_strbuf *errors;
	unsigned error_count;
	bool out_of_memory;
	bool known_only; /* what no table knows is left alone */
	/* One flag per option of all parts, in order: it was given; on which line. */
	unsigned *given;
	/* The block we are in. */
	const struct cyg_option *map;
	size_t map_part;
	unsigned map_line;
	struct cyg_option_pair *pairs;
	size_t pair_count;
};

/* One line, cut into what matters; `column` counts from 1. */
struct line {
	const char *ptr;
	size_t len, at;
	unsigned number;
};

static void *conf_alloc(struct cyg_conf *conf, size_t len)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk) + (len ? len : 1));

	if (!chunk)
		return NULL;
	chunk->next = conf->chunks;
	conf->chunks = chunk;
	return chunk->data;
}

static char *conf_string(struct reader *r, const char *ptr, size_t len)
{
	char *copy = conf_alloc(r->conf, len + 1);

	if (!copy) {
		r->out_of_memory = true;
		return NULL;
	}
	memcpy(copy, ptr, len);
	return copy;
}

static void fail(struct reader *r, unsigned line, size_t column, const char *format, ...) CYG_PRINTF(4, 5);
static void fail(struct reader *r, unsigned line, size_t column, const char *format, ...)
{
	char text[512];
	va_list args;

	r->error_count++;
	if (!r->errors || r->error_count > CONF_ERRORS_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cyg_strbuf_addf(r->errors, "%s:%u:%zu: %s\n", r->place, line, column, text);
}

/* What stands in the file, fit to print in a message. */
struct shown { char text[96]; };
static const char *show(struct shown *shown, const char *ptr, size_t len)
{
	struct cyg_strbuf b = CYG_STRBUF(shown->text);

	cyg_strbuf_add_foreign(&b, cyg_bytes(ptr, len < 64 ? len : 64));
	if (len > 64)
		cyg_strbuf_add(&b, CYG_STR("..."));
	return shown->text;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_' || c == '.';
}

static void skip_blanks(struct line *l)
{
	while (l->at < l->len && is_blank(l->ptr[l->at]))
		l->at++;
	/* A comment is the end: at the start, or after a blank. */
	if (l->at < l->len && l->ptr[l->at] == '#' && (l->at == 0 || is_blank(l->ptr[l->at - 1])))
		l->len = l->at;
}

static struct cyg_str read_name(struct line *l)
{
	size_t from = l->at;

	while (l->at < l->len && is_name(l->ptr[l->at]))
		l->at++;
	return cyg_str_n(l->ptr + from, l->at - from);
}

/* --- Values --- */

/*
 * The next value of the line into `out` (of CONF_LINE_MAX): quoted, or up to a comment, the end or, in a
 * list, a comma; blanks around it are not part of it. False: an error was told.
 */
static bool read_value(struct reader *r, struct line *l, bool list, char *out, size_t *len, size_t *column)
{
	size_t n = 0;

	skip_blanks(l);
	*column = l->at + 1;
	if (l->at < l->len && l->ptr[l->at] == '"') {
		l->at++;
		for (;;) {
			if (l->at == l->len) {
				fail(r, l->number, *column, "the quote is not closed");
				return false;
			}
			if (l->ptr[l->at] == '"')
				break;
			if (l->ptr[l->at] == '\\') {
				if (l->at + 1 == l->len || (l->ptr[l->at + 1] != '"' && l->ptr[l->at + 1] != '\\')) {
					fail(r, l->number, l->at + 1,
					     "a backslash in quotes stands before \" or \\ only");
					return false;
				}
				l->at++;
			}
			out[n++] = l->ptr[l->at++];
		}
		l->at++;
		skip_blanks(l);
		if (l->at < l->len && !(list && l->ptr[l->at] == ',')) {
			fail(r, l->number, l->at + 1, "nothing may follow the closing quote%s",
			     list ? " but a comma" : "");
			return false;
		}
		*len = n;
		return true;
	}
	while (l->at < l->len && !(list && l->ptr[l->at] == ',')) {
		if (l->ptr[l->at] == '#' && l->at && is_blank(l->ptr[l->at - 1])) {
			l->len = l->at;
			break;
		}
		out[n++] = l->ptr[l->at++];
	}
	while (n && is_blank(out[n - 1]))
		n--;
	*len = n;
	return true;
}

static const struct { const char *unit; uint32_t ms; } units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
};

static void duration_text(uint32_t ms, char *out, size_t room)
{
	size_t unit = 0;

	for (size_t i = 0; ms && i < CYG_COUNT(units); i++) {
		if (ms % units[i].ms == 0)
			unit = i;
	}
	snprintf(out, room, "%u%s", ms / units[unit].ms, ms ? units[unit].unit : "");
}

static bool read_duration(struct cyg_str text, uint32_t *out)
{
	size_t digits = cyg_str_span_until(text, "mshd");
	struct cyg_str unit = cyg_str_tail(text, digits);
	uint64_t number;

	if (cyg_str_to_u64(cyg_str_head(text, digits), 0, UINT32_MAX, &number) != CYG_OK)
		return false;
	if (!unit.len) {
		*out = 0;
		return number == 0;
	}
	for (size_t i = 0; i < CYG_COUNT(units); i++) {
		if (cyg_str_equal(unit, cyg_str(units[i].unit))) {
			number *= units[i].ms;
			if (number > UINT32_MAX)
				return false;
			*out = (uint32_t)number;
			return true;
		}
	}
	return false;
}

static size_t count_words(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

static void fail_word(struct reader *r, const struct line *l, size_t column, const char *name,
		      struct cyg_str value, const char *const *words)
{
	size_t count = count_words(words);
	const char *nearest = cyg_str_nearest(value, words, count);
	struct shown shown;
	char list[256];
	struct cyg_strbuf b = CYG_STRBUF(list);

	for (size_t i = 0; i < count; i++)
		cyg_strbuf_addf(&b, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", words[i]);
	if (nearest)
		fail(r, l->number, column, "'%s' must be %s, not '%s' (did you mean '%s'?)", name, list,
		     show(&shown, value.ptr, value.len), nearest);
	else
		fail(r, l->number, column, "'%s' must be %s, not '%s'", name, list,
		     show(&shown, value.ptr, value.len));
}

static void *member(struct reader *r, size_t part, const struct cyg_option *o)
{
	return (char *)r->conf->data[part] + o->offset;
}

static void set_list(struct reader *r, struct line *l, size_t part, const struct cyg_option *o)
{
	char value[CONF_LINE_MAX];
	const char *items[CONF_ITEMS_MAX];
	size_t count = 0, len, column;
	const char **copy;

	for (;;) {
		if (!read_value(r, l, true, value, &len, &column))
			return;
		if (!len && count == 0 && l->at == l->len)
			break; /* "name =": the empty list */
		if (!len) {
			fail(r, l->number, column, "'%s': an item of the list is missing", o->name);
			return;
		}
		if (count == CONF_ITEMS_MAX) {
			fail(r, l->number, column, "'%s' has more than %u items", o->name, CONF_ITEMS_MAX);
			return;
		}
		items[count] = conf_string(r, value, len);
		if (!items[count++])
			return;
		if (l->at == l->len)
			break;
		l->at++; /* the comma */
	}
	copy = conf_alloc(r->conf, (count + 1) * sizeof(*copy));
	if (!copy) {
		r->out_of_memory = true;
		return;
	}
	memcpy(copy, items, count * sizeof(*copy));
	*(const char *const **)member(r, part, o) = copy;
}

static void set_value(struct reader *r, struct line *l, size_t part, const struct cyg_option *o)
{
	static const char *const yes_no[] = { "yes", "no", NULL };
	char value[CONF_LINE_MAX], low[24], high[24];
	struct shown shown;
	size_t len, column;
	struct cyg_str text;
	uint32_t ms = 0;
	uint64_t number;

	if (o->type == CYG_OPTION_LIST) {
		set_list(r, l, part, o);
		return;
	}
	if (!read_value(r, l, false, value, &len, &column))
		return;
	text = cyg_str_n(value, len);
	switch (o->type) {
	case CYG_OPTION_BOOL:
		if (cyg_str_equal(text, CYG_STR("yes")))
			*(bool *)member(r, part, o) = true;
		else if (cyg_str_equal(text, CYG_STR("no")))
			*(bool *)member(r, part, o) = false;
		else
			fail_word(r, l, column, o->name, text, yes_no);
		return;
	case CYG_OPTION_UINT:
		if (cyg_str_to_u64(text, o->min, o->max, &number) == CYG_OK)
			*(uint32_t *)member(r, part, o) = (uint32_t)number;
		else
			fail(r, l->number, column, "'%s' must be a number from %u to %u, not '%s'", o->name,
			     o->min, o->max, show(&shown, value, len));
		return;
	case CYG_OPTION_DURATION:
		duration_text(o->min, low, sizeof(low));
		duration_text(o->max, high, sizeof(high));
		if (!read_duration(text, &ms))
			fail(r, l->number, column,
			     "'%s' must be a time with its unit (ms, s, m, h, d) from %s to %s, not '%s'",
			     o->name, low, high, show(&shown, value, len));
		else if (ms < o->min || ms > o->max)
			fail(r, l->number, column, "'%s' must be from %s to %s, not '%s'", o->name, low, high,
			     show(&shown, value, len));
		else
			*(uint32_t *)member(r, part, o) = ms;
		return;
	case CYG_OPTION_STRING:
		*(const char **)member(r, part, o) = conf_string(r, value, len);
		return;
	case CYG_OPTION_ENUM:
		for (int i = 0; o->words[i]; i++) {
			if (cyg_str_equal(text, cyg_str(o->words[i]))) {
				*(int *)member(r, part, o) = i;
				return;
			}
		}
		fail_word(r, l, column, o->name, text, o->words);
		return;
	case CYG_OPTION_LIST:
	case CYG_OPTION_MAP:
	case CYG_OPTION_END:
		break;
	}
}

/* --- Lines --- */

static const struct cyg_option *find(struct reader *r, struct cyg_str name, size_t *part, size_t *index)
{
	size_t n = 0;

	for (size_t i = 0; i < r->part_count; i++) {
		const struct cyg_option *o = r->parts[i].table;

		for (; o && o->type != CYG_OPTION_END; o++, n++) {
			if (cyg_str_equal(name, cyg_str(o->name))) {
				*part = i;
				*index = n;
				return o;
			}
		}
	}
	return NULL;
}

static void fail_unknown(struct reader *r, const struct line *l, size_t column, struct cyg_str name)
{
	const char *known[256];
	size_t count = 0;
	const char *nearest;
	struct shown shown;

	for (size_t i = 0; i < r->part_count; i++) {
		const struct cyg_option *o = r->parts[i].table;

		for (; o && o->type != CYG_OPTION_END && count < CYG_COUNT(known); o++)
			known[count++] = o->name;
	}
	nearest = cyg_str_nearest(name, known, count);
	if (nearest)
		fail(r, l->number, column, "unknown option '%s' (did you mean '%s'?)",
		     show(&shown, name.ptr, name.len), nearest);
	else
		fail(r, l->number, column, "unknown option '%s'", show(&shown, name.ptr, name.len));
}

static void end_map(struct reader *r)
{
	struct cyg_option_pair *copy = conf_alloc(r->conf, (r->pair_count + 1) * sizeof(*copy));

	if (!copy)
		r->out_of_memory = true;
	else if (r->pair_count)
		memcpy(copy, r->pairs, r->pair_count * sizeof(*copy));
	if (copy)
		*(const struct cyg_option_pair **)member(r, r->map_part, r->map) = copy;
	r->map = NULL;
	r->pair_count = 0;
}

static void read_pair(struct reader *r, struct line *l)
{
	char value[CONF_LINE_MAX];
	struct cyg_option_pair pair;
	struct shown shown;
	size_t len, column, key_column;
	struct cyg_str key;

	if (l->ptr[l->at] == '}') {
		l->at++;
		skip_blanks(l);
		if (l->at < l->len)
			fail(r, l->number, l->at + 1, "nothing may follow '}' on its line");
		end_map(r);
		return;
	}
	key_column = l->at + 1;
	key = cyg_str_n(l->ptr + l->at, 0);
	while (l->at < l->len && l->ptr[l->at] != '=' && !is_blank(l->ptr[l->at]))
		l->at++;
	key.len = (size_t)(l->ptr + l->at - key.ptr);
	skip_blanks(l);
	if (!key.len || l->at == l->len || l->ptr[l->at] != '=') {
		fail(r, l->number, l->at + 1, "expected KEY = VALUE or '}' in '%s'", r->map->name);
		return;
	}
	l->at++;
	if (!read_value(r, l, false, value, &len, &column))
		return;
	for (size_t i = 0; i < r->pair_count; i++) {
		if (cyg_str_equal(key, cyg_str(r->pairs[i].key))) {
			fail(r, l->number, key_column, "'%s' has the key '%s' twice", r->map->name,
			     show(&shown, key.ptr, key.len));
			return;
		}
	}
	if (r->pair_count == CONF_ITEMS_MAX) {
		fail(r, l->number, key_column, "'%s' has more than %u keys", r->map->name, CONF_ITEMS_MAX);
		return;
	}
	pair.key = conf_string(r, key.ptr, key.len);
	pair.value = conf_string(r, value, len);
	if (pair.key && pair.value)
		r->pairs[r->pair_count++] = pair;
}

static void read_option(struct reader *r, struct line *l)
{
	size_t column = l->at + 1, part, index;
	struct cyg_str name = read_name(l);
	const struct cyg_option *o;
	struct shown shown;

	if (!name.len && r->known_only)
		return;
	if (!name.len) {
		fail(r, l->number, column, "expected NAME = VALUE, not '%s'",
		     show(&shown, l->ptr + l->at, l->len - l->at));
		return;
	}
	o = find(r, name, &part, &index);
	skip_blanks(l);
	if (!o) {
		if (!r->known_only)
			fail_unknown(r, l, column, name);
		/* What is inside a block of an unknown name is not judged line by line. */
		if (l->at < l->len && l->ptr[l->at] == '{') {
			static const struct cyg_option nobody = { .type = CYG_OPTION_END, .name = "" };

			r->map = &nobody;
			r->map_line = l->number;
		}
		return;
	}
	if (r->given[index]) {
		fail(r, l->number, column, "'%s' was given on line %u already", o->name, r->given[index]);
		if (o->type != CYG_OPTION_MAP)
			return;
	}
	r->given[index] = l->number;
	if (o->type == CYG_OPTION_MAP) {
		if (l->at == l->len || l->ptr[l->at] != '{') {
			fail(r, l->number, l->at + 1, "'%s' is a block: %s { KEY = VALUE ... }", o->name, o->name);
			return;
		}
		l->at++;
		skip_blanks(l);
		r->map = o;
		r->map_part = part;
		r->map_line = l->number;
		r->pair_count = 0;
		if (l->at == l->len)
			return;
		if (l->ptr[l->at] == '}')
			read_pair(r, l); /* "name { }" */
		else
			fail(r, l->number, l->at + 1, "the keys of '%s' begin on the next line", o->name);
		return;
	}
	if (l->at == l->len || l->ptr[l->at] != '=') {
		fail(r, l->number, l->at + 1, "expected '=' after '%s'", o->name);
		return;
	}
	l->at++;
	set_value(r, l, part, o);
}

static bool in_known_map(const struct reader *r)
{
	return r->map && r->map->type != CYG_OPTION_END;
}

static void read_line(struct reader *r, struct line *l)
{
	const char *nul = memchr(l->ptr, '\0', l->len);

	if (r->known_only && !in_known_map(r) && (nul || l->len >= CONF_LINE_MAX))
		return;
	if (nul) {
		fail(r, l->number, (size_t)(nul - l->ptr) + 1, "a NUL octet: this is no text file");
		return;
	}
	if (l->len >= CONF_LINE_MAX) {
		fail(r, l->number, CONF_LINE_MAX, "the line is longer than %u octets", CONF_LINE_MAX - 1);
		return;
	}
	skip_blanks(l);
	if (l->at == l->len)
		return;
	if (r->map && !in_known_map(r)) {
		if (l->ptr[l->at] == '}')
			r->map = NULL;
	} else if (r->map) {
		read_pair(r, l);
	} else {
		read_option(r, l);
	}
}

/* What was not given is read from the table as if it stood in the file. */
static void read_defaults(struct reader *r)
{
	static const char *const no_list[] = { NULL };
	static const struct cyg_option_pair no_map[] = { { NULL, NULL } };
	size_t n = 0;

	for (size_t i = 0; i < r->part_count; i++) {
		const struct cyg_option *o = r->parts[i].table;

		for (; o && o->type != CYG_OPTION_END; o++, n++) {
			if (r->given[n])
				continue;
			if (o->def) {
				struct line l = { o->def, strlen(o->def), 0, 0 };

				if (l.len >= CONF_LINE_MAX)
					fail(r, 0, 0, "the default of '%s' is too long: a fault of its table",
					     o->name);
				else
					set_value(r, &l, i, o);
			} else if (o->type == CYG_OPTION_LIST) {
				*(const char *const **)member(r, i, o) = no_list;
			} else if (o->type == CYG_OPTION_MAP) {
				*(const struct cyg_option_pair **)member(r, i, o) = no_map;
			}
		}
	}
}

static enum cyg_status read_text(const struct conf_part *parts, size_t count, const char *place,
				 struct cyg_str text, struct cyg_strbuf *errors, bool known_only,
				 struct cyg_conf **out)
{
	struct reader r = { .parts = parts, .part_count = count, .place = place, .errors = errors,
			    .known_only = known_only };
	size_t options = 0, at = 0;
	enum cyg_status status = CYG_NOMEM;

	CYG_ASSERT(count <= CONF_PARTS_MAX);
	r.conf = calloc(1, sizeof(*r.conf));
	if (!r.conf)
		return CYG_NOMEM;
	atomic_init(&r.conf->refs, 1);
	r.conf->count = count;
	for (size_t i = 0; i < count; i++) {
		const struct cyg_option *o = parts[i].table;

		r.conf->data[i] = conf_alloc(r.conf, parts[i].size);
		if (!r.conf->data[i])
			goto out;
		for (; o && o->type != CYG_OPTION_END; o++)
			options++;
	}
	r.given = calloc(options + 1, sizeof(*r.given));
	r.pairs = calloc(CONF_ITEMS_MAX, sizeof(*r.pairs));
	if (!r.given || !r.pairs)
		goto out;

	for (unsigned number = 1; at < text.len; number++) {
		const char *from = text.ptr + at;
		const char *end = memchr(from, '\n', text.len - at);
		struct line l = { from, end ? (size_t)(end - from) : text.len - at, 0, number };

		at += l.len + 1;
		read_line(&r, &l);
		if (r.out_of_memory)
			goto out;
	}
	if (r.map && (!known_only || in_known_map(&r)))
		fail(&r, r.map_line, 1, "the block '%s' is not closed by '}'", r.map->name);
	read_defaults(&r);
	if (r.out_of_memory)
		goto out;
	if (errors && r.error_count > CONF_ERRORS_MAX)
		cyg_strbuf_addf(errors, "%s: %u more errors\n", place, r.error_count - CONF_ERRORS_MAX);
	status = r.error_count ? CYG_MALFORMED : CYG_OK;
out:
	free(r.given);
	free(r.pairs);
	if (status == CYG_OK)
		*out = r.conf;
	else
		conf_unref(r.conf);
	return status;
}

enum cyg_status conf_read(const struct conf_part *parts, size_t count, const char *place,
			  struct cyg_str text, struct cyg_strbuf *errors, struct cyg_conf **out)
{
	return read_text(parts, count, place, text, errors, false, out);
}

enum cyg_status conf_read_known(const struct conf_part *parts, size_t count, const char *place,
				struct cyg_str text, struct cyg_strbuf *errors, struct cyg_conf **out)
{
	return read_text(parts, count, place, text, errors, true, out);
}

enum cyg_status conf_read_file(const char *path, const char *place, struct cyg_strbuf *errors,
			       char **text, size_t *len)
{
	enum cyg_status status = CYG_IO;
	const char *why = NULL;
	char *octets = NULL;
	size_t have = 0;
	struct stat st;
	int fd;

	/* Not blocking: a FIFO in its place must not stop us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		if (errno == ENOENT)
			return CYG_NOT_FOUND;
		why = strerror(errno);
		goto out;
	}
	if (fstat(fd, &st) < 0) {
		why = strerror(errno);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		why = S_ISDIR(st.st_mode) ? "is a directory, not a file" : "is no regular file";
		goto out;
	}
	octets = malloc(CONF_FILE_MAX + 1);
	if (!octets) {
		status = CYG_NOMEM;
		why = "out of memory";
		goto out;
	}
	while (have <= CONF_FILE_MAX) {
		ssize_t n = read(fd, octets + have, CONF_FILE_MAX + 1 - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			why = strerror(errno);
			goto out;
		}
		if (n == 0)
			break;
		have += (size_t)n;
	}
	if (have > CONF_FILE_MAX) {
		status = CYG_LIMIT;
		why = "is longer than 65536 octets";
		goto out;
	}
	*text = octets;
	*len = have;
	octets = NULL;
	status = CYG_OK;
out:
	if (status != CYG_OK && errors)
		cyg_strbuf_addf(errors, "%s: %s\n", place, why);
	free(octets);
	if (fd >= 0)
		close(fd);
	return status;
}

const void *conf_data(const struct cyg_conf *conf, size_t part)
{
	CYG_ASSERT(part < conf->count);
	return conf->data[part];
}

struct cyg_conf *conf_ref(struct cyg_conf *conf)
{
	atomic_fetch_add_explicit(&conf->refs, 1, memory_order_relaxed);
	return conf;
}

void conf_unref(struct cyg_conf *conf)
{
	if (!conf || atomic_fetch_sub_explicit(&conf->refs, 1, memory_order_acq_rel) != 1)
		return;
	while (conf->chunks) {
		struct chunk *chunk = conf->chunks;

		conf->chunks = chunk->next;
		free(chunk);
	}
	free(conf);
}

/* --- Sample files --- */

static void print_wrapped(FILE *out, const char *text)
{
	while (*text) {
		size_t take = strlen(text);

		if (take > 76) {
			take = 76;
			while (take && text[take] != ' ')
				take--;
			if (!take)
				take = strcspn(text, " ");
		}
		fprintf(out, "# %.*s\n", (int)take, text);
		text += take;
		while (*text == ' ')
			text++;
	}
}

static void print_option(FILE *out, const struct cyg_option *o)
{
	char low[24], high[24];

	fputc('\n', out);
	print_wrapped(out, o->help);
	switch (o->type) {
	case CYG_OPTION_UINT:
		fprintf(out, "# From %u to %u.\n", o->min, o->max);
		break;
	case CYG_OPTION_DURATION:
		duration_text(o->min, low, sizeof(low));
		duration_text(o->max, high, sizeof(high));
		fprintf(out, "# From %s to %s.\n", low, high);
		break;
	case CYG_OPTION_ENUM:
		fputs("# One of:", out);
		for (size_t i = 0; o->words[i]; i++)
			fprintf(out, "%s %s", i ? "," : "", o->words[i]);
		fputs(".\n", out);
		break;
	default:
		break;
	}
	if (o->type == CYG_OPTION_MAP)
		fprintf(out, "#%s {\n#    KEY = VALUE\n#}\n", o->name);
	else
		fprintf(out, "#%s =%s%s\n", o->name, o->def && o->def[0] ? " " : "", o->def ? o->def : "");
}

void conf_sample(FILE *out, const char *title, const struct conf_part *parts, size_t count)
{
	print_wrapped(out, title);
	fputs("#\n# Every option stands here with its default. Remove the '#' to change one.\n", out);
	for (size_t i = 0; i < count; i++) {
		const struct cyg_option *o = parts[i].table;

		for (; o && o->type != CYG_OPTION_END; o++)
			print_option(out, o);
	}
}
