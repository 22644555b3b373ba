/* SPDX-License-Identifier: MIT */
#include "config/findings.h"

#include <stdlib.h>

void config_findings_done(struct config_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->items[i].text);
	free(findings->items);
	*findings = (struct config_findings){ 0 };
}

static bool there(const struct config_findings *findings, uint32_t line, size_t column,
		  const char *code, const char *text)
{
	/* Lines come in order while a file is read, so what is there stands near the end. */
	for (size_t i = findings->count; i > 0 && findings->count - i < 64; i--) {
		const struct config_finding *f = &findings->items[i - 1];

		if (f->line == line && f->column == column && strcmp(f->code, code) == 0 &&
		    (line > 0 || strcmp(f->text, text) == 0))
			return true;
	}
	return false;
}

struct config_finding *findings_addv(struct config_findings *findings,
				     enum config_severity severity, uint32_t line, size_t column,
				     const char *code, const char *format, va_list args)
{
	struct config_finding *finding;
	char text[512];

	vsnprintf(text, sizeof(text), format, args);
	if (there(findings, line, column, code, text))
		return NULL;
	if (severity == CONFIG_ERROR)
		findings->errors++;
	else if (severity == CONFIG_WARNING)
		findings->warnings++;
	else
		findings->notes++;
	if (findings->count == findings->capacity && findings->count < CONFIG_FINDINGS_MAX) {
		size_t capacity = findings->capacity ? 2 * findings->capacity : 8;
		struct config_finding *items = realloc(findings->items, capacity * sizeof(*items));

		if (items) {
			findings->items = items;
			findings->capacity = capacity;
		}
	}
	if (findings->count == findings->capacity || findings->count >= CONFIG_FINDINGS_MAX) {
		findings->dropped++;
		return NULL;
	}
	finding = &findings->items[findings->count];
	*finding = (struct config_finding){
		.severity = severity,
		.line = line,
		.column = (uint32_t)column,
		.code = code,
		.text = cyg_str_dup(cyg_str(text)),
	};
	if (!finding->text) {
		findings->dropped++;
		return NULL;
	}
	findings->count++;
	return finding;
}

void findings_add(struct config_findings *findings, enum config_severity severity, uint32_t line,
		  size_t column, const char *code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)findings_addv(findings, severity, line, column, code, format, args);
	va_end(args);
}

struct numbered {
	struct config_finding finding;
	size_t number;
};

static int compare(const void *left, const void *right)
{
	const struct numbered *a = left, *b = right;

	if (a->finding.line != b->finding.line)
		return a->finding.line < b->finding.line ? -1 : 1;
	if (a->finding.column != b->finding.column)
		return a->finding.column < b->finding.column ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

void findings_forget(struct config_findings *findings, const char *code, const char *beginning)
{
	size_t kept = 0;

	for (size_t i = 0; i < findings->count; i++) {
		struct config_finding *f = &findings->items[i];

		if (f->severity == CONFIG_WARNING && strcmp(f->code, code) == 0 &&
		    strncmp(f->text, beginning, strlen(beginning)) == 0) {
			free(f->text);
			findings->warnings--;
		} else {
			findings->items[kept++] = *f;
		}
	}
	findings->count = kept;
}

void config_findings_sort(struct config_findings *findings)
{
	struct numbered *all = calloc(findings->count + 1, sizeof(*all));

	if (!all)
		return; /* they stay in the order in which they were found */
	for (size_t i = 0; i < findings->count; i++)
		all[i] = (struct numbered){ findings->items[i], i };
	qsort(all, findings->count, sizeof(*all), compare);
	for (size_t i = 0; i < findings->count; i++)
		findings->items[i] = all[i].finding;
	free(all);
}

const char *config_severity_text(enum config_severity severity)
{
	return severity == CONFIG_ERROR ? "error" : severity == CONFIG_WARNING ? "warning" : "note";
}

void config_findings_print(const struct config_findings *findings, const char *file, FILE *out)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct config_finding *f = &findings->items[i];

		if (file)
			fprintf(out, "%s:%u:%u: ", file, f->line, f->column);
		fprintf(out, "%s: %s [%s]\n", config_severity_text(f->severity), f->text, f->code);
	}
	if (findings->dropped)
		fprintf(out, "%s: %zu more\n", file ? file : "note", findings->dropped);
}
