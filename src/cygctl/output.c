/* SPDX-License-Identifier: MIT */
#include "output.h"

#include "rows.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MIN 20 /* a narrower terminal breaks lines itself */

struct printer {
	struct answer answer;
	const char *line;
	struct pager *pager; /* NULL: none */
	bool opened, first; /* the document has begun; no row is in it yet */
};

static int write_octets(const char *octets, size_t len, void *data)
{
	return fwrite(octets, 1, len, stdout) == len ? 0 : -1;
}

static void dump(const json_t *value)
{
	/* An error of standard output is told once, at the end (main). */
	if (json_dump_callback(value, write_octets, NULL, JSON_COMPACT | JSON_ENCODE_ANY))
		fflush(stdout);
}

static void dump_text(const char *text)
{
	json_t *value = json_string(text);

	if (!value)
		value = json_string("?"); /* no UTF-8 */
	dump(value);
	json_decref(value);
}

static void open_document(struct printer *printer)
{
	if (printer->opened)
		return;
	printer->opened = printer->first = true;
	fputs("{\"command\": ", stdout);
	dump_text(printer->line);
	fputs(", \"rows\": [", stdout);
}

static bool print_text(struct answer *answer, struct cyg_str text)
{
	struct printer *printer = (struct printer *)answer;

	if (printer->pager)
		return pager_text(printer->pager, text);
	fwrite(text.ptr, 1, text.len, stdout);
	return true;
}

static void print_rows(struct answer *answer, struct cyg_str rows)
{
	struct printer *printer = (struct printer *)answer;
	struct cyg_str row;

	open_document(printer);
	while (rows_next(&rows, &row)) {
		fputs(printer->first ? "\n  " : ",\n  ", stdout);
		printer->first = false;
		fwrite(row.ptr, 1, row.len, stdout);
	}
}

static void close_document(struct printer *printer)
{
	open_document(printer);
	printf("%s], \"status\": ", printer->first ? "" : "\n");
	dump_text(printer->answer.status);
	if (printer->answer.error[0]) {
		fputs(", \"error\": ", stdout);
		dump_text(printer->answer.error);
	}
	fputs("}\n", stdout);
}

/* Under the wrong word, where the terminal shows the line with its prompt; the line itself is shown otherwise. */
static void point_at(const struct connection *connection, const struct order *order, uint32_t column)
{
	const char *line = order->line;
	size_t before = 0;

	/* What is no command at all may be a line for somewhere else, with a secret in it. */
	if (order->interactive)
		before = strlen(connection_prompt(connection));
	else if (column == 1 && line[strcspn(line, " \t")])
		fprintf(stderr, "%.*s ...\n", (int)strcspn(line, " \t"), line);
	else
		fprintf(stderr, "%s\n", line);
	for (size_t i = 0; i < before; i++)
		fputc(' ', stderr);
	/* Columns count octets; one of a character's later octets takes no room on the screen. */
	for (uint32_t i = 0; i + 1 < column && line[i]; i++)
		if ((line[i] & 0xc0) != 0x80)
			fputc(line[i] == '\t' ? '\t' : ' ', stderr);
	fputs("^\n", stderr);
}

/* The columns of whoever reads standard error; 0: it is no terminal, or does not say. */
static size_t columns(void)
{
	struct winsize size;

	return isatty(STDERR_FILENO) && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* How many octets of the text fit: up to the last blank that does, or all that does if there is none. */
static size_t fitting(const char *text, size_t width)
{
	size_t blank = 0, at = 0;

	for (size_t seen = 0; text[at] && seen <= width; at++) {
		if (text[at] == ' ')
			blank = at;
		seen += ((text[at + 1] & 0xc0) != 0x80);
	}
	return !text[at] || !blank ? strlen(text) : blank;
}

/* An error is a sentence, often a long one: it is broken between words, where the terminal would break words. */
static void print_error(const char *text)
{
	size_t width = columns();
	const char *lead = "% ";

	while (width > WIDTH_MIN && strlen(text) > width - 2) {
		size_t len = fitting(text, width - 3);

		fprintf(stderr, "%s%.*s\n", lead, (int)len, text);
		text += len;
		text += strspn(text, " ");
		lead = "  ";
	}
	if (text[0])
		fprintf(stderr, "%s%s\n", lead, text);
}

static void still_reading(void *ctx)
{
	connection_wait(ctx);
}

enum output_result output_run(struct connection *connection, const struct order *order, struct output_end *end)
{
	struct printer printer = { .answer = { .text = print_text, .rows = print_rows }, .line = order->line,
				   .pager = order->json ? NULL : order->pager };
	struct answer *answer = &printer.answer;
	enum cyg_status status;
	bool ok;

	if (printer.pager)
		pager_begin(printer.pager, CONNECTION_WAIT_S, still_reading, connection);
	status = connection_run(connection, order, answer);
	if (printer.pager)
		pager_end(printer.pager);
	if (order->pager && status == CYG_OK && answer->length_said)
		order->pager->length = answer->length;
	ok = status == CYG_OK && strcmp(answer->status, "ok") == 0;
	if (status != CYG_OK) {
		snprintf(answer->status, sizeof(answer->status), "%s", cyg_status_text(status));
		snprintf(answer->error, sizeof(answer->error), "%s",
			 status == CYG_BUSY ? "stopped" : "the connection to the daemon broke");
	}
	if (end) {
		snprintf(end->question, sizeof(end->question), "%s", answer->question);
		end->secret = answer->secret;
		end->forget = answer->forget;
		end->leave = answer->leave;
		end->more = answer->more;
	}
	if (answer->json || printer.opened)
		close_document(&printer);
	fflush(stdout);
	if (ok)
		return OUTPUT_DONE;
	if (end && answer->question[0])
		return OUTPUT_REFUSED;
	/* The line is the terminal's already, or it is shown: then a secret in it would be, too. */
	if (answer->column && (order->interactive || !answer->forget))
		point_at(connection, order, answer->column);
	print_error(answer->error[0] ? answer->error : answer->status);
	return status == CYG_OK ? OUTPUT_REFUSED : status == CYG_BUSY ? OUTPUT_STOPPED : OUTPUT_LOST;
}

/* Colour for those who look at it, unless they ask for none (no-color.org). */
static bool in_colour(void)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(none && none[0]) && term && strcmp(term, "dumb") != 0;
}

static const char *colour_of(const char *level)
{
	if (strcmp(level, "error") == 0 || strcmp(level, "crit") == 0)
		return "\033[31m";
	if (strcmp(level, "warning") == 0)
		return "\033[33m";
	return strcmp(level, "debug") == 0 ? "\033[2m" : "";
}

static const char *member(const struct json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text ? text : "";
}

void output_log(const struct json_t *line, bool json)
{
	const char *time = member(line, "time"), *clock = strchr(time, 'T');
	const char *level = member(line, "level"), *colour = in_colour() ? colour_of(level) : "";

	if (json) {
		dump(line);
		fputc('\n', stdout);
	} else {
		/* The time of the day, to the millisecond: 2026-01-31T12:34:56.789012Z. */
		printf("%s%.12s %s %s: %s%s\n", colour, clock ? clock + 1 : time, level, member(line, "event"),
		       member(line, "message"), colour[0] ? "\033[0m" : "");
	}
	fflush(stdout);
}
