/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_NAME "test"

/* Stands where the control room has its own. */
struct cyg_exec {
	struct commands *c;
	bool json, done;
	FILE *out;
};

struct cyg_shard *cyg_exec_shard(struct cyg_exec *exec)
{
	return exec->c->h->control;
}

bool cyg_exec_json(const struct cyg_exec *exec)
{
	return exec->json;
}

void cyg_exec_printf(struct cyg_exec *exec, const char *format, ...)
{
	va_list args;

	ck_assert_msg(!exec->done, "output after the end");
	va_start(args, format);
	vfprintf(exec->out, format, args);
	va_end(args);
}

void cyg_exec_row(struct cyg_exec *exec, struct json_t *take_row)
{
	ck_assert_msg(!exec->done, "a row after the end");
	ck_assert_ptr_nonnull(take_row);
	json_array_append_new(exec->c->rows, take_row);
}

void cyg_exec_error(struct cyg_exec *exec, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(exec->c->error, sizeof(exec->c->error), format, args);
	va_end(args);
}

void cyg_exec_done(struct cyg_exec *exec, enum cyg_status status)
{
	ck_assert_msg(!exec->done, "the command ended twice");
	exec->done = true;
	exec->c->status = status;
}

struct commands *commands_start(struct harness *h, const struct cyg_command_table *table)
{
	const struct config_table tables[] = {
		{ &config_core_commands, NULL, true },
		{ table, "plugin", true },
	};
	struct commands *c = calloc(1, sizeof(*c));
	char text[256];
	struct cyg_strbuf why = CYG_STRBUF(text);

	ck_assert_ptr_nonnull(c);
	c->h = h;
	ck_assert_msg(config_grammar_new(tables, CYG_COUNT(tables), &c->grammar, &why) == CYG_OK, "%s", text);
	commands_load(c, "");
	return c;
}

static void publish(struct commands *c, struct cyg_config *config)
{
	c->h->control->config = c->h->shard->config = c->h->other->config = config;
	config_unref(c->config);
	c->config = config;
}

static char *findings_text(struct config_findings *findings)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	config_findings_sort(findings);
	config_findings_print(findings, FILE_NAME, out);
	fclose(out);
	config_findings_done(findings);
	return text;
}

void commands_load(struct commands *c, const char *text)
{
	struct config_findings findings = { 0 };
	struct cyg_config *config;
	enum cyg_status status = config_parse_text(c->grammar, FILE_NAME, cyg_str(text), c->config,
						   &findings, &config);
	char *found = findings_text(&findings);

	ck_assert_msg(status == CYG_OK, "%s", found);
	free(found);
	publish(c, config);
}

char *commands_judge(struct commands *c, const char *text)
{
	struct config_findings findings = { 0 };
	struct cyg_config *config;

	if (config_parse_text(c->grammar, FILE_NAME, cyg_str(text), c->config, &findings, &config) == CYG_OK)
		config_unref(config);
	return findings_text(&findings);
}

void commands_expect(struct commands *c, const char *text, const char *want)
{
	char *found = commands_judge(c, text), *at = found;
	char got[1000];
	struct cyg_strbuf out = CYG_STRBUF(got);

	while (*at) {
		unsigned line, column;
		char severity[16];
		char *end = strchr(at, '\n'), *code = end;

		*end = '\0';
		ck_assert_int_eq(sscanf(at, "test:%u:%u: %15[a-z]:", &line, &column, severity), 3);
		while (*code != '[')
			code--;
		cyg_strbuf_addf(&out, "%u %s %.*s\n", line, severity, (int)strcspn(code + 1, "]"), code + 1);
		at = end + 1;
	}
	ck_assert_msg(strcmp(got, want) == 0, "for\n%s\nexpected\n%s\ngot\n%s", text, want, got);
	free(found);
}

char *commands_render(struct commands *c)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(config_render(c->config, CONFIG_RENDER_SECRETS, out), CYG_OK);
	fclose(out);
	return text;
}

static void forget_output(struct commands *c)
{
	free(c->text);
	c->text = NULL;
	json_decref(c->rows);
	c->rows = NULL;
	c->error[0] = '\0';
}

const char *commands_run(struct commands *c, const char *line, bool json)
{
	struct cyg_exec exec = { .c = c, .json = json };
	struct config_findings findings = { 0 };
	struct config_match match;
	enum cyg_status status;
	size_t len;

	forget_output(c);
	c->rows = json_array();
	exec.out = open_memstream(&c->text, &len);
	ck_assert_ptr_nonnull(exec.out);
	status = config_match_exec(c->grammar, cyg_str(line), &match, &findings);
	if (status != CYG_OK)
		ck_abort_msg("%s", findings_text(&findings));
	status = match.command->run(&exec, match.args);
	if (status != CYG_PENDING && !exec.done)
		cyg_exec_done(&exec, status);
	for (unsigned turns = 0; !exec.done && turns < 1000; turns++)
		harness_step(c->h, 1);
	ck_assert_msg(exec.done, "%s has not ended", line);
	config_match_done(&match);
	config_findings_done(&findings);
	fclose(exec.out);
	return c->text;
}

void commands_end(struct commands *c)
{
	forget_output(c);
	publish(c, NULL);
	config_grammar_unref(c->grammar);
	free(c);
}
