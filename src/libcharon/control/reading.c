/* SPDX-License-Identifier: MIT */
#include "control/reading.h"

#include "control/broker_client.h"
#include "control/show.h"
#include "control/text_file.h"
#include "control/vault.h"

#include <cygnet/log.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


/* --- Reading --- */

enum cyg_status config_reading_judge(struct config_reading *reading)
{
	const struct daemon *daemon = reading->daemon;
	enum cyg_status status;

	config_findings_done(&reading->findings);
	config_unref(reading->config);
	reading->config = NULL;
	status = config_parse_how(daemon->grammar, reading->how, reading->name,
				  cyg_str_n(reading->text, reading->text_len), daemon->config, &reading->findings,
				  &reading->config);
	config_findings_sort(&reading->findings);
	return status;
}

static void reading_parse(struct config_reading *reading)
{
	enum cyg_status status = config_reading_judge(reading);

	if (status != CYG_OK && status != CYG_REFUSED)
		snprintf(reading->why, sizeof(reading->why), "%s: %s", reading->name, cyg_status_text(status));
	reading->done(reading, status);
}

/* With its keys or without them: what they would open then stays closed, and its findings say so. */
static void reading_keys(struct cyg_op *op, enum cyg_status status)
{
	reading_parse(CYG_CONTAINER(op, struct config_reading, op));
}

static void reading_prepare(struct config_reading *reading)
{
	struct daemon *daemon = reading->daemon;
	struct cyg_str text = cyg_str_n(reading->text, reading->text_len);

	cyg_op_init(&reading->op, daemon->control, reading_keys);
	if (!daemon->vault || vault_prepare(daemon->vault, text, &reading->op) != CYG_PENDING)
		reading_parse(reading);
}

static void reading_text(struct config_reading *reading, enum cyg_status status, const char *why)
{
	if (status == CYG_OK) {
		reading_prepare(reading);
		return;
	}
	if (status == CYG_LIMIT) {
		why = "it is larger than 64 MB";
	} else if (status == CYG_BUSY) {
		why = "it was written to while it was read: try again";
		status = CYG_IO;
	}
	snprintf(reading->why, sizeof(reading->why), "%s/%s: %s", reading->daemon->paths.etc, reading->name, why);
	reading->done(reading, status);
}

static void reading_opened(struct cyg_op *op, enum cyg_status status)
{
	struct config_reading *reading = CYG_CONTAINER(op, struct config_reading, op);
	int fd = reading->reply->fd, error;

	if (status != CYG_OK) {
		snprintf(reading->why, sizeof(reading->why), "%s", reading->reply->text);
		/* Refused is a text with errors; this is no text at all. */
		reading->done(reading, status == CYG_REFUSED ? CYG_IO : status);
		return;
	}
	reading->reply->fd = -1;
	status = text_file_read_fd(fd, &reading->text, &reading->text_len);
	error = errno;
	close(fd);
	reading_text(reading, status, strerror(error));
}

void config_reading_start(struct config_reading *reading)
{
	struct cyg_broker_request request = { .verb = CYG_BROKER_FILE_OPEN, .fd = -1 };
	char path[PATHS_LEN];
	enum cyg_status status;

	if (reading->text) {
		reading_prepare(reading);
		return;
	}
	if (!reading->name[0])
		snprintf(reading->name, sizeof(reading->name), "%s", STARTUP_CONFIG);
	snprintf(request.name, sizeof(request.name), "%s", reading->name);
	reading->reply = calloc(1, sizeof(*reading->reply));
	if (!reading->reply) {
		reading_text(reading, CYG_NOMEM, "memory is short");
		return;
	}
	reading->reply->fd = -1;
	cyg_op_init(&reading->op, reading->daemon->control, reading_opened);
	status = cyg_broker_call(reading->daemon->control, &request, reading->reply, &reading->op);
	if (status == CYG_PENDING)
		return;
	if (status == CYG_UNSUPPORTED) { /* no starter: what we may read ourselves */
		status = paths_join(path, reading->daemon->paths.etc, reading->name);
		errno = ENAMETOOLONG;
		if (status == CYG_OK)
			status = text_file_read(path, &reading->text, &reading->text_len);
		reading_text(reading, status, status == CYG_NOT_FOUND ? "there is no such file" : strerror(errno));
		return;
	}
	reading_text(reading, status, cyg_status_text(status));
}

void config_reading_done(struct config_reading *reading)
{
	cyg_op_cancel(&reading->op);
	if (reading->reply && reading->reply->fd >= 0)
		close(reading->reply->fd);
	free(reading->reply);
	if (reading->text)
		cyg_wipe(reading->text, reading->text_len);
	free(reading->text);
	config_findings_done(&reading->findings);
	config_unref(reading->config);
	reading->reply = NULL;
	reading->text = NULL;
	reading->config = NULL;
}

/* --- Findings --- */

void findings_tell(struct cyg_exec *exec, const char *file, const struct config_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct config_finding *finding = &findings->items[i];
		json_t *row;

		cyg_exec_printf(exec, "%s:%u:%u: %s: %s [%s]\n", file, finding->line, finding->column,
				config_severity_text(finding->severity), finding->text, finding->code);
		if (!cyg_exec_json(exec))
			continue;
		row = json_object();
		put_text(&row, "file", file);
		put_number(&row, "line", finding->line);
		put_number(&row, "column", finding->column);
		put_text(&row, "severity", config_severity_text(finding->severity));
		put_text(&row, "code", finding->code);
		put_text(&row, "text", finding->text);
		cyg_exec_row(exec, row);
	}
	if (findings->dropped)
		cyg_exec_printf(exec, "%s: and %zu more\n", file, findings->dropped);
}

void findings_log(const char *file, const struct config_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct config_finding *finding = &findings->items[i];
		enum cyg_log_level level = finding->severity == CONFIG_ERROR	  ? CYG_LOG_ERROR
					   : finding->severity == CONFIG_WARNING ? CYG_LOG_WARNING
										  : CYG_LOG_DEBUG;

		cyg_log(level, "config.finding", "{file}:{line}:{column}: {severity}: {text} [{code}]",
			F_STR("file", file), F_UINT("line", finding->line), F_UINT("column", finding->column),
			F_STR("severity", config_severity_text(finding->severity)), F_STR("text", finding->text),
			F_STR("code", finding->code));
	}
}

/* --- The last good copy --- */

void last_good_keep(struct daemon *daemon, struct cyg_str text)
{
	char path[PATHS_LEN];

	if (paths_join(path, daemon->paths.lib, LAST_GOOD) != CYG_OK)
		return;
	if (text_file_replace(path, text) != CYG_OK)
		cyg_log(CYG_LOG_WARNING, "config.unkept",
			"{path} cannot be written ({why}): a start with a broken startup-config will find nothing "
			"to fall back to",
			F_STR("path", path), F_STR("why", strerror(errno)));
}

enum cyg_status last_good_load(struct daemon *daemon, struct cyg_config **out)
{
	struct config_findings findings = { 0 };
	char path[PATHS_LEN], *text;
	size_t len;
	enum cyg_status status = paths_join(path, daemon->paths.lib, LAST_GOOD);

	if (status == CYG_OK)
		status = text_file_read(path, &text, &len);
	if (status != CYG_OK)
		return status;
	status = config_parse_text(daemon->grammar, LAST_GOOD, cyg_str_n(text, len), NULL, &findings, out);
	config_findings_done(&findings);
	cyg_wipe(text, len);
	free(text);
	return status;
}
