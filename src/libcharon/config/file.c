/* SPDX-License-Identifier: MIT */
/*
 * Whole files. A line is held in a buffer of fixed size, whatever its length; what is no text ends
 * the reading.
 */
#include "config/idle.h"
#include "config/parse.h"

#include <cygnet/broker.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE 65536
#define FILE_MAX  CYG_BROKER_CONFIG_MAX

struct reading {
	struct candidate c;
	uint32_t line;
	size_t len;
	bool too_long, stop;
	char text[CONFIG_LINE_MAX];
};

static void unreadable(struct reading *r, size_t column, const char *what)
{
	findings_add(r->c.findings, CONFIG_ERROR, r->line ? r->line : 1, column, "unreadable", "%s",
		     what);
	r->stop = true;
}

/* Octets of the UTF-8 character at `at`, 0 if there is none. */
static size_t character(const uint8_t *at, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = at[0] < 0x80	? 1
		     : at[0] >> 5 == 6	? 2
		     : at[0] >> 4 == 14 ? 3
		     : at[0] >> 3 == 30 ? 4
					: 0;
	uint32_t value = len == 0 ? 0 : len == 1 ? at[0] : at[0] & (0x7fu >> len);

	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (at[i] >> 6 != 2)
			return 0;
		value = value << 6 | (at[i] & 0x3fu);
	}
	if (len > 1 &&
	    (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)))
		return 0;
	return len;
}

/* Tabs and the delimiter of banners are the only control characters of a text. */
static bool is_text(struct reading *r)
{
	const uint8_t *text = (const uint8_t *)r->text;

	for (size_t i = 0; i < r->len;) {
		size_t len = character(text + i, r->len - i);

		if (len == 0) {
			unreadable(r, i + 1, "an octet here is no UTF-8 text");
			return false;
		}
		if ((text[i] < 0x20 && text[i] != '\t' && text[i] != 3) || text[i] == 0x7f) {
			unreadable(r, i + 1,
				   text[i] ? "a control character stands here"
					   : "a NUL octet stands here: this is no text");
			return false;
		}
		i += len;
	}
	return true;
}

static enum cyg_status end_of_line(struct reading *r)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };
	enum cyg_status status = CYG_OK;

	r->line++;
	if (r->len && r->text[r->len - 1] == '\r')
		r->len--;
	/* Editors of other systems begin a UTF-8 text with a byte order mark. */
	if (r->line == 1 && r->len >= sizeof(mark) && memcmp(r->text, mark, sizeof(mark)) == 0) {
		r->len -= sizeof(mark);
		memmove(r->text, r->text + sizeof(mark), r->len);
	}
	if (r->too_long)
		findings_add(r->c.findings, CONFIG_ERROR, r->line, 1, "syntax",
			     "the line is longer than %d octets", CONFIG_LINE_MAX);
	else if (is_text(r))
		status = candidate_line(&r->c, cyg_str_n(r->text, r->len), r->line);
	r->len = 0;
	r->too_long = false;
	return status;
}

static enum cyg_status feed(struct reading *r, const char *text, size_t len)
{
	while (len && !r->stop) {
		const char *newline = memchr(text, '\n', len);
		size_t part = newline ? (size_t)(newline - text) : len;
		size_t room = sizeof(r->text) - r->len;
		size_t kept = part < room ? part : room;

		/* What does not fit any more is dropped, and its text is not looked at. */
		r->too_long |= kept < part;
		memcpy(r->text + r->len, text, kept);
		r->len += kept;
		/* An endless line of NUL octets ends here, too. */
		if (!newline && r->len == sizeof(r->text) && memchr(r->text, 0, r->len)) {
			r->line++;
			(void)is_text(r);
			break;
		}
		text += part;
		len -= part;
		if (newline) {
			enum cyg_status status;

			text++;
			len--;
			status = end_of_line(r);
			if (status != CYG_OK)
				return status;
		}
	}
	return CYG_OK;
}

static enum cyg_status begin(struct config_grammar *grammar, const struct node *root, const char *name,
			     struct config_findings *findings, struct reading **out)
{
	struct reading *r = calloc(1, sizeof(*r));
	enum cyg_status status;

	if (!r)
		return CYG_NOMEM;
	status = candidate_init(&r->c, grammar, root, name, findings);
	if (status != CYG_OK) {
		free(r);
		return status;
	}
	r->c.in_file = true;
	*out = r;
	return CYG_OK;
}

static enum cyg_status finish(struct reading *take_r, enum cyg_status status,
			      const struct cyg_config *previous, struct cyg_config **out)
{
	struct reading *r = take_r;

	if (status == CYG_OK && !r->stop && (r->len || r->too_long))
		status = end_of_line(r);
	if (status == CYG_OK) {
		candidate_end(&r->c);
		if (r->stop)
			r->c.skip_errors = false;
		if (!r->c.merge)
			candidate_adopt(&r->c, previous);
		status = candidate_commit(&r->c, out);
	}
	config_findings_sort(r->c.findings);
	candidate_done(&r->c);
	cyg_wipe(r, sizeof(*r));
	free(r);
	return status;
}

enum cyg_status config_parse_how(struct config_grammar *grammar, unsigned how, const char *name,
				 struct cyg_str text, const struct cyg_config *previous,
				 struct config_findings *findings, struct cyg_config **out)
{
	/* One of another language cannot be written on. */
	bool merge = (how & CONFIG_MERGE) && previous && previous->grammar == grammar;
	struct reading *r;
	enum cyg_status status;

	if ((how & CONFIG_MERGE) && !merge)
		return CYG_UNSUPPORTED;
	status = begin(grammar, merge ? previous->root : grammar->origin, name, findings, &r);
	if (status != CYG_OK)
		return status;
	r->c.merge = merge;
	r->c.base = merge ? previous : NULL;
	r->c.skip_errors = how & CONFIG_SKIP_ERRORS;
	status = feed(r, text.ptr, text.len);
	return finish(r, status, previous, out);
}

enum cyg_status config_parse_text(struct config_grammar *grammar, const char *name,
				  struct cyg_str text, const struct cyg_config *previous,
				  struct config_findings *findings, struct cyg_config **out)
{
	return config_parse_how(grammar, 0, name, text, previous, findings, out);
}

enum cyg_status config_empty(struct config_grammar *grammar, struct cyg_config **out)
{
	struct config_findings findings = { 0 };
	enum cyg_status status =
		config_parse_text(grammar, "empty", cyg_str_n("", 0), NULL, &findings, out);

	config_findings_done(&findings);
	return status;
}

/* Is the file as it was before it was read? What is no file (a pipe) has no before. */
static bool unchanged(int fd, const struct stat *before)
{
	struct stat now;

	if (!S_ISREG(before->st_mode))
		return true;
	return fstat(fd, &now) == 0 && now.st_size == before->st_size &&
	       now.st_mtim.tv_sec == before->st_mtim.tv_sec && now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

enum cyg_status config_parse_fd(struct config_grammar *grammar, const char *name, int fd,
				const struct cyg_config *previous, struct config_findings *findings,
				struct cyg_config **out)
{
	char *buffer = malloc(READ_SIZE);
	struct reading *r = NULL;
	enum cyg_status status = buffer ? begin(grammar, grammar->origin, name, findings, &r) : CYG_NOMEM;
	struct stat before = { 0 };
	size_t total = 0;

	if (fstat(fd, &before) != 0)
		before.st_mode = 0; /* the reading will tell */
	while (status == CYG_OK && !r->stop) {
		ssize_t got = read(fd, buffer, READ_SIZE);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			r->line = 0;
			unreadable(r, 1, errno == EISDIR ? "it is a directory" : strerror(errno));
		} else if (got == 0 && !unchanged(fd, &before)) {
			r->line = 0;
			unreadable(r, 1, "it was written to while it was read: try again");
		}
		if (got <= 0)
			break;
		total += (size_t)got;
		if (total > FILE_MAX)
			unreadable(r, 1, "it is larger than 64 MB");
		else
			status = feed(r, buffer, (size_t)got);
	}
	if (r)
		status = finish(r, status, previous, out);
	if (buffer)
		cyg_wipe(buffer, READ_SIZE);
	free(buffer);
	return status;
}

enum cyg_status config_parse_file(struct config_grammar *grammar, const char *path,
				  const struct cyg_config *previous,
				  struct config_findings *findings, struct cyg_config **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum cyg_status status;

	if (fd < 0) {
		findings_add(findings, CONFIG_ERROR, 1, 1, "unreadable", "it cannot be opened: %s",
			     strerror(errno));
		return CYG_REFUSED;
	}
	status = config_parse_fd(grammar, path, fd, previous, findings, out);
	close(fd);
	return status;
}

int config_check_file(struct config_grammar *grammar, const char *path, FILE *out)
{
	struct config_findings findings = { 0 };
	struct cyg_config *config = NULL;
	enum cyg_status status = config_parse_file(grammar, path, NULL, &findings, &config);

	config_findings_print(&findings, path, out);
	/* No findings: the text is right, and a later version will act on it. */
	if (status == CYG_OK && config)
		config_idle_print(config, path, stderr);
	if (status == CYG_NOMEM)
		fprintf(out, "%s:1:1: error: out of memory [unreadable]\n", path);
	config_findings_done(&findings);
	config_unref(config);
	return status == CYG_OK ? 0 : 1;
}
