/* SPDX-License-Identifier: MIT */
#include "control/editing.h"

#include "control/change.h"
#include "control/kept.h"
#include "control/show.h"
#include "control/vault.h"

#include <cygnet/log.h>

#include <stdio.h>
#include <stdlib.h>

struct editing {
	struct change change;
	struct daemon *daemon;
	struct cyg_exec *exec;
	enum cyg_status (*run_exec)(struct cyg_exec *exec, struct cyg_str line);
	struct config_typed typed;
	struct cyg_op op; /* making keys for what is sealed in the line */
	char mode[64]; /* where the line was typed */
	bool in_call;  /* editing_line() is on the stack */
	bool over;
	enum cyg_status status;
	size_t len;
	char line[];
};

void editing_begin(struct daemon *daemon, struct control_session *session)
{
	session->configuring = true;
	session->position = (struct config_position){ 0 };
}

void editing_end(struct daemon *daemon, struct control_session *session)
{
	if (session->before)
		kept_add(daemon, session->before, "an editing", session);
	config_unref(session->before);
	session->before = NULL;
	free(session->open);
	session->open = NULL;
	session->configuring = false;
	session->position = (struct config_position){ 0 };
}

/* --- Telling --- */

static json_t *finding_row(const struct config_finding *finding)
{
	json_t *row = json_object();

	put_number(&row, "column", finding->column);
	put_text(&row, "severity", config_severity_text(finding->severity));
	put_text(&row, "code", finding->code);
	put_text(&row, "text", finding->text);
	return row;
}

/* The first error is the command's; what else there is to say comes before it. */
static void tell(struct cyg_exec *exec, const struct config_findings *findings)
{
	bool told = false;

	for (size_t i = 0; i < findings->count; i++) {
		const struct config_finding *finding = &findings->items[i];

		if (cyg_exec_json(exec))
			cyg_exec_row(exec, finding_row(finding));
		if (finding->severity == CONFIG_ERROR && !told) {
			told = true;
			cyg_exec_error(exec, "%s [%s]", finding->text, finding->code);
			exec->column = finding->column;
			continue;
		}
		cyg_exec_printf(exec, "%s: %s [%s]\n", config_severity_text(finding->severity), finding->text,
				finding->code);
	}
}

static void log_change(const struct editing *editing)
{
	const struct control_session *session = editing->exec->session;
	struct cyg_str said = cyg_str(editing->typed.said);

	cyg_log(CYG_LOG_NOTICE, "config.changed", "{user} (uid {uid}, pid {pid}, {terminal}) in {mode}: {line}",
		F_STR("user", session->user), F_UINT("uid", session->peer.uid),
		F_UINT("pid", (uint64_t)session->peer.pid),
		F_FOREIGN("terminal", session_terminal(session)),
		F_STR("mode", editing->mode), F_FOREIGN("line", cyg_bytes(said.ptr, said.len)));
}

/* --- One line --- */

static void forget(struct editing *editing)
{
	config_typed_done(&editing->typed);
	cyg_wipe(editing->line, editing->len);
	free(editing);
}

static void hold_match(void *hold)
{
	config_match_done(hold);
	free(hold);
}

/* A row of the mode that does something: it is run outside of the turn, as an exec command is. */
static enum cyg_status run_action(struct cyg_exec *exec, struct config_typed *typed)
{
	struct config_match *match = malloc(sizeof(*match));

	if (!match)
		return CYG_NOMEM;
	*match = typed->action;
	typed->action = (struct config_match){ 0 };
	exec->hold = match;
	exec->hold_free = hold_match;
	session_log_command(exec->session, typed->said);
	return match->command->run(exec, match->args);
}

/* The turn is over: what is left to do belongs to none. */
static enum cyg_status finish(struct cyg_exec *exec, void *arg)
{
	struct editing *take = arg;
	enum cyg_status status = take->status;

	if (status == CYG_OK && take->typed.kind == CONFIG_LINE_EXEC) {
		exec->column_base = (uint32_t)(take->len - take->typed.rest.len);
		status = take->run_exec(exec, take->typed.rest);
	} else if (status == CYG_OK && take->typed.kind == CONFIG_LINE_ACTION) {
		status = run_action(exec, &take->typed);
	}
	forget(take);
	return status;
}

static void end(struct editing *editing, enum cyg_status status)
{
	struct daemon *daemon = editing->daemon;

	editing->over = true;
	editing->status = status;
	if (!editing->in_call)
		exec_go_on(editing->exec, finish, editing);
	change_leave(daemon);
}

static void applied(struct daemon *daemon, void *ctx, enum cyg_status status)
{
	struct editing *editing = ctx;

	if (status == CYG_OK)
		log_change(editing);
	else
		cyg_exec_error(editing->exec, "memory is short: nothing was changed");
	end(editing, status);
}

/* The text goes on with the next line; what there is of it takes that line's place then. */
static enum cyg_status keep_open(struct editing *editing, struct control_session *session)
{
	if (!session->open)
		cyg_exec_printf(editing->exec, "Enter TEXT message.  End with the character '%.*s'.\n",
				(int)editing->typed.rest.len, editing->typed.rest.ptr);
	free(session->open);
	session->open = cyg_str_dup(cyg_str_n(editing->line, editing->len));
	session->open_len = editing->len;
	return session->open ? CYG_OK : CYG_NOMEM;
}

/* The session stood in an object that this line may have left; where a refused one stands does not change. */
static enum cyg_status apply(struct editing *editing)
{
	struct daemon *daemon = editing->daemon;
	struct control_session *session = editing->exec->session;
	struct config_findings findings = { 0 };
	enum cyg_status status;

	snprintf(editing->mode, sizeof(editing->mode), "%s",
		 config_prompt(config_grammar_of(daemon->config), &session->position));
	status = config_run_line(daemon->config, &session->position, cyg_str_n(editing->line, editing->len),
				 &findings, &editing->typed);
	editing->exec->forget |= editing->typed.secret;
	tell(editing->exec, &findings);
	config_findings_done(&findings);
	if (status == CYG_OK && editing->typed.kind == CONFIG_LINE_OPEN)
		return keep_open(editing, session);
	free(session->open);
	session->open = NULL;
	if (status != CYG_OK)
		editing->exec->forget |= config_may_hold_secret(cyg_str_n(editing->line, editing->len));
	if (status != CYG_OK)
		return status;
	if (editing->typed.kind == CONFIG_LINE_LEAVE)
		editing_end(daemon, session);
	if (!editing->typed.config)
		return CYG_OK;
	if (!session->before)
		session->before = config_ref(daemon->config);
	daemon->config_changed = true;
	change_apply(daemon, editing->typed.config, applied, editing);
	return CYG_PENDING;
}

static void go_on(struct editing *editing)
{
	enum cyg_status status = CYG_BUSY;

	if (exec_gone(editing->exec) || editing->daemon->stopping)
		cyg_exec_error(editing->exec, "the daemon stops");
	else
		status = apply(editing);
	if (status != CYG_PENDING)
		end(editing, status);
}

/* Without them the secret stays closed, and a finding says so. */
static void keys_made(struct cyg_op *op, enum cyg_status status)
{
	go_on(CYG_CONTAINER(op, struct editing, op));
}

static void run(struct daemon *daemon, struct change *change)
{
	struct editing *editing = CYG_CONTAINER(change, struct editing, change);

	cyg_op_init(&editing->op, daemon->control, keys_made);
	if (!daemon->vault ||
	    vault_prepare(daemon->vault, cyg_str_n(editing->line, editing->len), &editing->op) != CYG_PENDING)
		go_on(editing);
}

enum cyg_status editing_line(struct daemon *daemon, struct cyg_exec *exec, struct cyg_str line,
			     enum cyg_status (*run_exec)(struct cyg_exec *exec, struct cyg_str line))
{
	const struct control_session *session = exec->session;
	size_t before = session->open ? session->open_len + 1 : 0;
	struct editing *editing;

	if (!exec->session->enabled) {
		cyg_exec_error(exec, "you may not change anything any more: `end`, then `enable`");
		return CYG_REFUSED;
	}
	editing = calloc(1, sizeof(*editing) + before + line.len + 1);
	if (!editing)
		return CYG_NOMEM;
	editing->change.run = run;
	editing->daemon = daemon;
	editing->exec = exec;
	editing->run_exec = run_exec;
	editing->len = before + line.len;
	if (before) {
		memcpy(editing->line, session->open, before - 1);
		editing->line[before - 1] = '\n';
	}
	if (line.len)
		memcpy(editing->line + before, line.ptr, line.len);
	editing->in_call = true;
	change_enter(daemon, &editing->change);
	if (editing->over)
		return finish(exec, editing);
	editing->in_call = false;
	return CYG_PENDING;
}
